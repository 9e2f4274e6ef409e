//! The accounts elsewhere by which a user may sign in.

use crate::envelope::One;
use crate::identities::{self, Kind, Link, NO_PROVIDER};
use crate::permissions::USERS_READ;
use crate::users::{UserRef, load_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Mode, Tx};

flow::input! {
    /// List a user's identities.
    #[derive(Clone, Debug)]
    pub struct ListIdentities {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

/// How a user signs in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Identities {
    /// The kind of upstream that owns the account: `saml` or `ldap`; null for accounts of this server.
    auth_source: Option<String>,
    /// Whether only a directory may check the password.
    ldap_only: bool,
    /// Links to accounts elsewhere.
    bindings: Vec<Binding>,
}

/// A link to an account elsewhere.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Binding {
    /// `saml`, `ldap` or `social`.
    #[serde(rename = "type")]
    kind: String,
    /// A SAML identity provider's number; null where the link names none.
    idp_id: Option<i64>,
    /// Who they are there, by SAML.
    name_id: Option<String>,
    /// Whether it is a SAML link that names no provider.
    legacy: bool,
    /// A directory's number.
    ldap_config_id: Option<i64>,
    /// Who they are there, by LDAP.
    dn: Option<String>,
    /// The upstream's name.
    provider: Option<String>,
}

impl Identities {
    /// Of a user, as they are now.
    pub async fn of<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Self, Fault> {
        let links = identities::list_of_user(tx, user).await?;
        let owner = links.iter().find(|link| link.kind != Kind::Social.as_str());
        Ok(Self {
            auth_source: owner.map(|link| link.kind.clone()),
            ldap_only: links.iter().any(|link| link.is_exclusive),
            bindings: links.into_iter().map(Binding::from).collect(),
        })
    }
}

impl From<Link> for Binding {
    fn from(link: Link) -> Self {
        let (is_saml, is_ldap) = (link.kind == Kind::Saml.as_str(), link.kind == Kind::Ldap.as_str());
        let number = Some(link.provider).filter(|number| *number != NO_PROVIDER);
        let of = |is_kind: bool| Some(link.subject.clone()).filter(|_| is_kind);
        Self {
            idp_id: number.filter(|_| is_saml),
            name_id: of(is_saml),
            legacy: is_saml && number.is_none(),
            ldap_config_id: number.filter(|_| is_ldap),
            dn: of(is_ldap),
            provider: link.provider_name,
            kind: link.kind,
        }
    }
}

impl Operation for ListIdentities {
    const ID: &'static str = "users.list_identities";
    const SUMMARY: &'static str = "The accounts elsewhere by which a user may sign in.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users/{userId}/identities");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<Identities>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        let data = Identities::of(&mut cx.tx, &user.id).await?;
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
