//! What the forms about companies ask for.

use crate::form::Asking;
use pages::ConsoleWords;

pub(super) fn new_company(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.companies, &words.things);
    let fields = [("name", t.name), ("slug", t.slug), ("displayName", w.display_name), ("description", t.description)];
    Asking::of(w.new_title, &fields).with_button(w.new_button)
}

pub(super) fn changed_company(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.companies, &words.things);
    let fields = [
        ("name", t.name),
        ("slug", t.slug),
        ("displayName", w.display_name),
        ("description", t.description),
        ("logoUrl", w.logo),
        ("isActive", w.is_active),
        ("metadata", w.metadata),
    ];
    Asking::of(w.profile, &fields).with_changes_only()
}

pub(super) fn new_member(words: &'static ConsoleWords) -> Asking {
    let w = &words.companies;
    Asking::of(w.add, &[("userId", w.user), ("role", w.role)]).with_hint(w.add_hint).with_button(w.add_button)
}

pub(super) fn new_role(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.companies, &words.things);
    let fields = [("name", t.name), ("slug", t.slug), ("description", t.description), ("isDefault", w.is_default)];
    Asking::of(w.add_role, &fields).with_button(w.add_role_button)
}

pub(super) fn new_invitation(words: &'static ConsoleWords) -> Asking {
    let w = &words.companies;
    let fields = [("email", words.things.email), ("role", w.role)];
    Asking::of(w.invite, &fields).with_hint(w.invite_hint).with_button(words.invitations.invite)
}
