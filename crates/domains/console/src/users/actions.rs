//! What can be done to somebody.

use crate::action::{Done, Then, acts, segment};
use crate::ask::text;
use crate::form::Asking;
use crate::frame::News;
use identity::admin_users::{BlockUser, CreateUser, DeleteUser, MarkVerified, SendPasswordReset, UnblockUser, UpdateUser};
use serde_json::Value;

fn to_person(done: &Done<'_>, news: News) -> Then {
    Then::Go(done.about("users", "userId"), news)
}

pub(super) fn new_person() -> Asking {
    let fields = [("email", "E-mail"), ("name", "Name"), ("username", "Username"), ("password", "Password"), ("roles", "Roles")];
    Asking::of("Who is it?", &fields)
        .with_hint("Without a password they choose one by mail: the next page sends them the link.")
        .with_button("Create user")
}

pub(super) fn profile() -> Asking {
    let fields = [
        ("name", "Name"),
        ("givenName", "Given name"),
        ("familyName", "Family name"),
        ("username", "Username"),
        ("phoneNumber", "Telephone"),
        ("locale", "Language"),
        ("zoneinfo", "Time zone"),
        ("isActive", "May be used"),
        ("roles", "Roles"),
        ("groups", "Groups"),
    ];
    Asking::of("Profile", &fields).with_changes_only()
}

acts! {
    in Users;
    /// Make somebody.
    CreatePerson = "console.create_user", "/orgs/{org}/portal/users", CreateUser, asking new_person(), |done| {
        let id = text(done.answer.get("data").unwrap_or(&Value::Null), "id");
        Then::Go(done.path(&format!("users/{}", segment(&id))), News::Created)
    };
    /// Change somebody.
    ChangePerson = "console.change_user", "/orgs/{org}/portal/users/{userId}", UpdateUser, asking profile(), |done| to_person(done, News::Saved);
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
