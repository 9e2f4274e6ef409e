//! What can be done to somebody.

use crate::action::{Act, Done, Then, segment};
use crate::ask::text;
use crate::frame::News;
use flow::Route;
use identity::admin_users::{BlockUser, CreateUser, DeleteUser, MarkVerified, SendPasswordReset, UnblockUser, UpdateUser};
use serde_json::Value;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $route:literal, $operation:ty, $then:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl Act for $name {
            const ID: &'static str = $id;
            const ROUTE: Route = Route::post($route);
            type Operation = $operation;

            fn then(done: &Done<'_>) -> Then {
                let then: fn(&Done<'_>) -> Then = $then;
                then(done)
            }
        }
    )*};
}
pub(crate) use acts;

fn to_person(done: &Done<'_>, news: News) -> Then {
    Then::Go(done.about("users", "userId"), news)
}

acts! {
    /// Make somebody.
    CreatePerson = "console.create_user", "/orgs/{org}/portal/users", CreateUser, |done| {
        let id = text(done.answer.get("data").unwrap_or(&Value::Null), "id");
        Then::Go(done.path(&format!("users/{}", segment(&id))), News::Created)
    };
    /// Change somebody.
    ChangePerson = "console.change_user", "/orgs/{org}/portal/users/{userId}", UpdateUser, |done| to_person(done, News::Saved);
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
