//! What can be done to somebody.

use crate::action::{Done, Then, acts, segment};
use crate::ask::text;
use crate::form::Asking;
use crate::frame::News;
use identity::admin_users::{BlockUser, CreateUser, DeleteUser, MarkVerified, SendPasswordReset, UnblockUser, UpdateUser};
use pages::ConsoleWords;
use serde_json::Value;

fn to_person(done: &Done<'_>, news: News) -> Then {
    Then::Go(done.about("users", "userId"), news)
}

pub(super) fn new_person(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.users, &words.things);
    let fields = [("email", t.email), ("name", t.name), ("username", w.username), ("password", w.password), ("roles", t.roles)];
    Asking::of(w.new_title, &fields).with_hint(w.new_hint).with_button(w.new_button)
}

pub(super) fn profile(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.users, &words.things);
    let fields = [
        ("name", t.name),
        ("givenName", w.given_name),
        ("familyName", w.family_name),
        ("username", w.username),
        ("phoneNumber", w.telephone),
        ("locale", w.language),
        ("zoneinfo", w.time_zone),
        ("isActive", w.may_be_used),
        ("roles", t.roles),
        ("groups", t.groups),
    ];
    Asking::of(w.profile, &fields).with_changes_only()
}

acts! {
    in Users;
    /// Make somebody.
    CreatePerson = "console.create_user", "/orgs/{org}/portal/users", CreateUser, asking new_person, |done| {
        let id = text(done.answer.get("data").unwrap_or(&Value::Null), "id");
        Then::Go(done.path(&format!("users/{}", segment(&id))), News::Created)
    };
    /// Change somebody.
    ChangePerson = "console.change_user", "/orgs/{org}/portal/users/{userId}", UpdateUser, asking profile, |done| to_person(done, News::Saved);
    /// Shut somebody out.
    BlockPerson = "console.block_user", "/orgs/{org}/portal/users/{userId}/block", BlockUser, |done| to_person(done, News::Saved);
    /// Let somebody in again.
    UnblockPerson = "console.unblock_user", "/orgs/{org}/portal/users/{userId}/unblock", UnblockUser, |done| to_person(done, News::Saved);
    /// Note that an address is known to be somebody's.
    VerifyPerson = "console.verify_user", "/orgs/{org}/portal/users/{userId}/verify", MarkVerified, |done| to_person(done, News::Saved);
    /// Send somebody a link to choose a password.
    SendReset = "console.send_password_reset", "/orgs/{org}/portal/users/{userId}/password-reset", SendPasswordReset, |done| to_person(done, News::Sent);
    /// Remove somebody.
    DeletePerson = "console.delete_user", "/orgs/{org}/portal/users/{userId}/delete", DeleteUser, |done| Then::Go(done.path("users"), News::Deleted);
}
