//! Setting somebody's password, or asking them to choose one.

use crate::envelope::Message;
use crate::mail_requests::{MailRequest, UserMail};
use crate::permissions::USERS_WRITE;
use crate::privilege::subordinate;
use crate::settings::Settings;
use crate::users::{UserRef, end_access, is_reused, load_user_by, recent_password_hashes, reused, set_password_hash};
use flow::{Cx, Json, OneOrg, Operation, PasswordHash, Prep, Prepare, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, Secret, UserId};

flow::input! {
    /// What a request to set a password holds.
    #[derive(Clone, Debug)]
    pub struct SetPasswordForm {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// The new password: as the settings demand, and none of the last ones.
        body "password" => password: Secret,
    }
    /// Send a link to choose a new password.
    #[derive(Clone, Debug)]
    pub struct SendPasswordReset {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

/// Set a user's password.
#[derive(Clone, Debug)]
pub struct SetPassword {
    user: UserRef,
    hash: PasswordHash,
}

kernel::events! {
    /// What setting a password records.
    pub enum PasswordSetting {
        /// An administrator set a user's password; the user's sessions and tokens ended.
        Set = "users.password_set", Warning { about user: UserId, personal email: String };
    }
    /// What asking for a reset records.
    pub enum ResetRequest {
        /// An administrator had a link to choose a new password sent to a user.
        Requested = "users.password_reset_sent", Info { about user: UserId, personal email: String };
    }
}

impl Prepare<SetPassword> for SetPasswordForm {
    /// Who may not act on the user learns nothing here about the passwords they had.
    async fn prepare(self, prep: &Prep) -> Result<SetPassword, Fault> {
        let (who, actor, org) = (&self.user, &prep.actor, prep.organization()?);
        let found = prep.read(|mut tx| async move {
            let found = match subordinate(&mut tx, actor, who).await {
                Ok((user, _)) => recent_password_hashes(&mut tx, &user.id).await.map(|recent| (user, recent)),
                Err(fault) => Err(fault),
            };
            (tx, Ok(found))
        });
        let (user, recent) = found.await??;
        let about = [user.email.as_str(), user.display_name(), user.username.as_deref().unwrap_or_default()];
        let policy = &Settings::of(org).authentication.password_policy;
        let password = policy.accept_field(org, "password", &self.password, &about)?;
        if is_reused(prep.hashing(), &password, &recent).await? {
            return Err(reused("password"));
        }
        Ok(SetPassword { user: self.user, hash: prep.hashing().hash(password, prep.rng()).await? })
    }
}

impl Operation for SetPassword {
    const ID: &'static str = "users.set_password";
    const SUMMARY: &'static str = "Set a user's password; their sessions and tokens end at once.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/users/{userId}/password");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/api/v1/admin/users/{userId}/password")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = SetPasswordForm;
    type Output = Json<Message>;
    type Event = PasswordSetting;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, PasswordSetting>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        set_password_hash(&mut cx.tx, &user.id, &self.hash, cx.now).await?;
        end_access(&mut cx.tx, &user.id, cx.now, "password set").await?;
        let event = PasswordSetting::Set { user: user.id, email: user.email };
        Ok(Verdict::Done(Json(Message { message: "Password set." }), event))
    }
}

impl Operation for SendPasswordReset {
    const ID: &'static str = "users.send_password_reset";
    const SUMMARY: &'static str = "Send a user a link to choose a new password.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/password-reset");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = ResetRequest;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ResetRequest>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        cx.enqueue(&MailRequest { user: user.id.clone(), mail: UserMail::ResetPassword }).await?;
        let event = ResetRequest::Requested { user: user.id, email: user.email };
        Ok(Verdict::Done(Json(Message { message: "Password reset e-mail sent." }), event))
    }
}
