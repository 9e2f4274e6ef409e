//! Linking a user to an account elsewhere, and unlinking them.

use super::identities::Identities;
use crate::envelope::One;
use crate::identities::{self, Kind, NewLink};
use crate::mail_requests::{MailRequest, UserMail};
use crate::named::Key;
use crate::permissions::USERS_WRITE;
use crate::privilege::subordinate;
use crate::users::{UserRef, end_access};
use flow::{Created, Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault, UserId};

flow::input! {
    /// Link a user to an account elsewhere.
    #[derive(Clone, Debug)]
    pub struct LinkIdentity {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// `saml` or `ldap`.
        body "type" => kind: Text<1, 20>,
        /// The SAML identity provider's number.
        body "idp_id" => idp: Option<i64>,
        /// Who they are there: the `NameID`.
        body "name_id" => name_id: Option<Text<1, 1024>>,
        /// The directory's number.
        body "ldap_config_id" => directory: Option<i64>,
        /// Who they are there: the distinguished name.
        body "dn" => dn: Option<Text<1, 1024>>,
        /// Whether the directory is the only one to check their password.
        body "ldap_only" => is_exclusive: Option<bool>,
    }
    /// Unlink a user from an account elsewhere.
    #[derive(Clone, Debug)]
    pub struct UnlinkIdentity {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// `saml`, `ldap` or `social`.
        path "type" => kind: Key,
    }
}

kernel::events! {
    /// What linking an account elsewhere records.
    pub enum Linking {
        /// An account elsewhere was linked to a user, whose sessions and tokens ended.
        Created = "identity.link.created", Warning { about user: UserId, public kind: &'static str, public provider: i64, personal subject: String, personal email: String };
        /// The accounts of one kind were unlinked from a user, whose sessions and tokens ended.
        Removed = "identity.link.removed", Warning { about user: UserId, public kind: &'static str, personal email: String };
    }
}

impl LinkIdentity {
    /// Kind, provider and subject, as the kind wants them.
    fn link(&self) -> Result<NewLink<'_>, Fault> {
        let is_exclusive = self.is_exclusive.unwrap_or(false);
        let (kind, provider, subject, names) = match self.kind.as_str() {
            "saml" if !is_exclusive => (Kind::Saml, self.idp, self.name_id.as_ref(), ["idp_id", "name_id"]),
            "saml" => return Err(unprocessable("ldap_only", "is for directories")),
            "ldap" => (Kind::Ldap, self.directory, self.dn.as_ref(), ["ldap_config_id", "dn"]),
            _ => return Err(unprocessable("type", "must be saml or ldap")),
        };
        let provider = provider.ok_or_else(|| unprocessable(names[0], "is required"))?;
        let subject = subject.ok_or_else(|| unprocessable(names[1], "is required"))?.as_str();
        Ok(NewLink { kind, provider, subject, is_exclusive })
    }
}

fn unprocessable(field: &'static str, problem: &str) -> Fault {
    Fault { fields: vec![(field.to_owned(), problem.to_owned())], ..UNPROCESSABLE.into() }
}

const UNPROCESSABLE: Denial = Denial::unprocessable("validation_error", "Some fields of the request need attention.");
/// Only one source of accounts may speak for a user.
const OTHER_SOURCE: Denial =
    Denial::conflict("identities.other_source", "Unlink the user from their other source of accounts first.");

impl Operation for LinkIdentity {
    const ID: &'static str = "users.link_identity";
    const SUMMARY: &'static str =
        "Link a user to a SAML or LDAP account, in place of the one they had; their sessions and tokens end.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/identities");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[OTHER_SOURCE, identities::TAKEN, UNPROCESSABLE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<One<Identities>>;
    type Event = Linking;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Linking>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let new = self.link()?;
        identities::load_provider(&mut cx.tx, new.kind, new.provider).await?;
        let other = if new.kind == Kind::Saml { Kind::Ldap } else { Kind::Saml };
        if identities::list_of_user(&mut cx.tx, &user.id).await?.iter().any(|link| link.kind == other.as_str()) {
            return Err(OTHER_SOURCE.into());
        }
        identities::link(&mut cx.tx, &user.id, &new, cx.now).await?;
        end_access(&mut cx.tx, &user.id, cx.now, "identity linked").await?;
        cx.enqueue(&MailRequest { user: user.id.clone(), mail: UserMail::IdentityLinked }).await?;
        let data = Identities::of(&mut cx.tx, &user.id).await?;
        let (kind, provider, subject) = (new.kind.as_str(), new.provider, new.subject.to_owned());
        let event = Linking::Created { user: user.id, kind, provider, subject, email: user.email };
        Ok(Verdict::Done(Created(One { data }), event))
    }
}

impl Operation for UnlinkIdentity {
    const ID: &'static str = "users.unlink_identity";
    const SUMMARY: &'static str = "Unlink a user from their SAML, LDAP or social accounts; their sessions and tokens end.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/users/{userId}/identities/{type}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[UNPROCESSABLE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<One<Identities>>;
    type Event = Linking;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Linking>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let kind = Kind::parse(self.kind.as_str()).ok_or_else(|| unprocessable("type", "must be saml, ldap or social"))?;
        if identities::unlink(&mut cx.tx, &user.id, kind).await? == 0 {
            return Err(Fault::not_found("identities.not_found", "The user has no such account elsewhere."));
        }
        end_access(&mut cx.tx, &user.id, cx.now, "identity unlinked").await?;
        cx.enqueue(&MailRequest { user: user.id.clone(), mail: UserMail::IdentityUnlinked }).await?;
        let data = Identities::of(&mut cx.tx, &user.id).await?;
        let event = Linking::Removed { user: user.id, kind: kind.as_str(), email: user.email };
        Ok(Verdict::Done(Json(One { data }), event))
    }
}
