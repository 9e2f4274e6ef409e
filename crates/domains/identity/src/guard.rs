//! Who may call: the proof behind every [`Access`] rule.
//!
//! | rule | proof |
//! |---|---|
//! | `Public`, `Operator` | none; an operator's operation is never served over the network |
//! | `Browser`, `Session` | the session cookie |
//! | `Client` | client authentication ([`ProveClient`]) |
//! | `Token` | an access token ([`ProveToken`]) |
//! | `TokenOrKey` | an access token or an API key |
//! | `Permission` | an access token, an API key, or the session cookie of a person who holds the permission |
//! | `Console` | the session cookie of a person who holds the permission |
//! | `Registration` | none, an initial access token, or what `Permission` takes but for the cookie |
//! | `Registered` | a registration access token ([`ProveClient`]) |

mod presented;

use crate::permissions::{self, ADMIN_SCOPE, scope_opens};
use crate::sessions::{self, Session};
use crate::{api_keys, browser, step_up};
use flow::{Authenticator, BoxFuture, Caller, Incoming, Services, SingleUse};
use kernel::{Access, Actor, Authentication, Fault, Permission, Secret, Timestamp, UserId};
pub use oauth::bearer::Scheme as TokenScheme;
use presented::Presented;
use std::sync::Arc;
use store::{Decision, OneOrg, Org, Platform, Tx, Writes};

/// An access token that has been proven: signature or lookup, lifetime, revocation, binding to its sender, and that its
/// user, client and agent are still active.
#[derive(Clone, Debug)]
pub struct ProvenToken {
    /// Whose it is.
    pub actor: Actor,
    /// The organization that issued it.
    pub org: Org,
    /// What must not have been used before: the proof of possession.
    pub single_use: Vec<SingleUse>,
    /// How its person signed in, if it is of a person.
    pub authentication: Option<Authentication>,
}

/// Proves access tokens.
pub trait ProveToken: Send + Sync {
    /// Prove it. With `org` given, a token of another organization proves nothing.
    ///
    /// # Errors
    /// 401 `invalid_token`.
    fn prove<'a>(
        &'a self,
        services: &'a Arc<Services>,
        org: Option<&'a Org>,
        scheme: TokenScheme,
        token: &'a Secret,
        incoming: &'a Incoming,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<ProvenToken, Fault>>;
}

/// Proves clients (RFC 6749 §2.3).
pub trait ProveClient: Send + Sync {
    /// Prove which client calls, by whichever method it is registered for.
    ///
    /// # Errors
    /// 401 `invalid_client`.
    fn prove<'a>(
        &'a self,
        services: &'a Arc<Services>,
        org: &'a Org,
        incoming: &'a Incoming,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>>;

    /// Prove which client calls by the registration access token of the client that the path names (RFC 7592 §2).
    ///
    /// # Errors
    /// 401 `invalid_token`, whether or not there is such a client.
    fn prove_registered<'a>(
        &'a self,
        _services: &'a Arc<Services>,
        _org: &'a Org,
        _incoming: &'a Incoming,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        Box::pin(async { Err(invalid_token("nobody here issues registration access tokens")) })
    }
}

/// The authenticator of the server.
pub struct Guard {
    tokens: Arc<dyn ProveToken>,
    clients: Arc<dyn ProveClient>,
}

impl Guard {
    /// With these provers.
    pub fn new(tokens: Arc<dyn ProveToken>, clients: Arc<dyn ProveClient>) -> Self {
        Self { tokens, clients }
    }
}

impl Authenticator for Guard {
    fn authenticate<'a>(
        &'a self,
        services: &'a Arc<Services>,
        access: Access,
        org: Option<&'a Org>,
        incoming: &'a Incoming,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        let visit = Visit { guard: self, services, org, incoming, now };
        Box::pin(async move {
            match access {
                Access::Public(_) => Ok(visit.anonymous()),
                Access::Browser => Ok(visit.session().await?.map_or_else(|| visit.anonymous(), |session| visit.person(&session))),
                Access::Session => {
                    visit.session().await?.map(|session| visit.person(&session)).ok_or_else(sessions::session_required)
                }
                Access::Client => visit.client().await,
                Access::Token => match presented::read(incoming)? {
                    Presented::Token(scheme, token) => visit.token(scheme, &token).await.map(bearer),
                    Presented::Key(_) | Presented::Nothing => Err(credential_required("an access token")),
                },
                Access::TokenOrKey => visit.token_or_key().await,
                Access::Permission(permission) => visit.permitted(permission).await,
                Access::Console(permission) => visit.at_console(permission).await,
                Access::Registration(permission) => visit.registrar(permission).await,
                Access::Registered => visit.registered().await,
                Access::Operator => Err(Fault::forbidden("forbidden", "This is for the operator's command line only.")),
            }
        })
    }
}

/// One request on its way past the guard.
struct Visit<'a> {
    guard: &'a Guard,
    services: &'a Arc<Services>,
    org: Option<&'a Org>,
    incoming: &'a Incoming,
    now: Timestamp,
}

impl Visit<'_> {
    fn anonymous(&self) -> Caller {
        Caller { actor: Actor::Anonymous, org: self.org.cloned(), single_use: Vec::new() }
    }

    fn person(&self, session: &Session) -> Caller {
        Caller { actor: session.actor(), org: self.org.cloned(), single_use: Vec::new() }
    }

    async fn client(&self) -> Result<Caller, Fault> {
        let org = self.org.ok_or_else(|| Fault::internal("a client can only be proven within an organization"))?;
        self.guard.clients.prove(self.services, org, self.incoming, self.now).await
    }

    async fn registered(&self) -> Result<Caller, Fault> {
        let org = self.org.ok_or_else(|| Fault::internal("a client can only be proven within an organization"))?;
        self.guard.clients.prove_registered(self.services, org, self.incoming).await
    }

    /// A cookie counts for nothing here: applications register, not browsers.
    async fn registrar(&self, permission: Permission) -> Result<Caller, Fault> {
        match presented::read(self.incoming)? {
            Presented::Nothing => Ok(self.anonymous()),
            Presented::Token(TokenScheme::Bearer, token) if token.expose().starts_with(INITIAL_TOKEN_PREFIX) => {
                Ok(self.anonymous())
            }
            Presented::Token(..) | Presented::Key(_) => self.permitted(permission).await,
        }
    }

    async fn token(&self, scheme: TokenScheme, token: &Secret) -> Result<ProvenToken, Fault> {
        let proven = self.guard.tokens.prove(self.services, self.org, scheme, token, self.incoming, self.now).await?;
        if self.org.is_some_and(|org| org.id() != proven.org.id()) {
            return Err(invalid_token("the token belongs to another organization"));
        }
        Ok(proven)
    }

    async fn token_or_key(&self) -> Result<Caller, Fault> {
        match presented::read(self.incoming)? {
            Presented::Token(scheme, token) => self.token(scheme, &token).await.map(bearer),
            Presented::Key(key) => self.key(&key).await,
            Presented::Nothing => Err(credential_required("an access token or an API key")),
        }
    }

    async fn key(&self, key: &Secret) -> Result<Caller, Fault> {
        let org = match self.org {
            Some(org) => org.clone(),
            None => self.org_of_key(key).await?.ok_or_else(invalid_key)?,
        };
        let (services, now) = (self.services, self.now);
        let found = services.store.read(OneOrg::new(org.clone()), |mut tx| async move {
            let found = api_keys::find_by_secret(&mut tx, services, key, now).await;
            (tx, found)
        });
        let found = found.await??.ok_or_else(invalid_key)?;
        let actor = Actor::ApiKey { key: found.id, user: found.user, scopes: found.scopes };
        Ok(Caller { actor, org: Some(org), single_use: Vec::new() })
    }

    async fn org_of_key(&self, key: &Secret) -> Result<Option<Org>, Fault> {
        let id = self.services.store.read(Platform, |mut tx| async move {
            let id = api_keys::find_org_of(&mut tx, key).await;
            (tx, id)
        });
        match id.await?? {
            Some(id) => Ok(self.services.store.find_org_by_id(&id).await?),
            None => Ok(None),
        }
    }

    /// The live session behind the cookie. It is noted that it is in use, at most once a minute.
    async fn session(&self) -> Result<Option<Session>, Fault> {
        let (Some(org), Some(cookie)) = (self.org, self.incoming.cookie(sessions::COOKIE)) else { return Ok(None) };
        let (services, now) = (self.services, self.now);
        let found = services.store.read(OneOrg::new(org.clone()), |mut tx| async move {
            let found = sessions::find_by_cookie(&mut tx, services, cookie, now).await;
            (tx, found)
        });
        let found = found.await??;
        if let Some(session) = found.as_ref().filter(|session| session.is_due_for_touch(now)) {
            self.touch(org, session).await?;
        }
        Ok(found)
    }

    async fn touch(&self, org: &Org, session: &Session) -> Result<(), Fault> {
        let (id, now) = (session.id.clone(), self.now);
        let work = move |mut tx: Tx<OneOrg, Writes>| {
            let id = id.clone();
            async move {
                let touched = sessions::touch(&mut tx, &id, now).await;
                (tx, Decision::KeepUnrecorded(touched, "being in use is no event"))
            }
        };
        self.services.store.write(OneOrg::new(org.clone()), work).await?
    }

    async fn permitted(&self, permission: Permission) -> Result<Caller, Fault> {
        let (caller, authentication) = match presented::read(self.incoming)? {
            Presented::Token(scheme, token) => {
                let mut proven = self.token(scheme, &token).await?;
                let authentication = proven.authentication.take();
                let is_of_person = matches!(proven.actor, Actor::User { .. });
                (bearer(proven), authentication.or_else(|| is_of_person.then(unknown_sign_in)))
            }
            // Programs sign nobody in.
            Presented::Key(key) => (self.key(&key).await?, None),
            Presented::Nothing => {
                let caller = self.console().await?;
                let authentication = match &caller.actor {
                    Actor::Session { authentication, .. } => Some(authentication.clone()),
                    _ => None,
                };
                (caller, authentication)
            }
        };
        if let Some(scopes) = caller.actor.scopes().filter(|scopes| !scope_opens(scopes, &permission)) {
            return Err(Fault::insufficient_scope(&[permission.scope, ADMIN_SCOPE], scopes));
        }
        match &caller.actor {
            Actor::Session { user, .. } | Actor::User { user, .. } | Actor::ApiKey { user, .. } => {
                self.holds(caller.org.as_ref(), user, permission.slug).await?;
            }
            Actor::Client { .. } | Actor::Agent { .. } => {}
            Actor::Anonymous | Actor::System(_) | Actor::Operator => return Err(forbidden(permission.slug)),
        }
        if let (Some(org), Some(authentication)) = (&caller.org, &authentication) {
            step_up::check(org, &permission, authentication, self.now)?;
        }
        Ok(caller)
    }

    /// A page of the console. Its forms carry their token themselves, as those of all pages do. Whatever changes something, and the forms
    /// for it, is held to the rules for recent and strong sign-ins, as the API is.
    async fn at_console(&self, permission: Permission) -> Result<Caller, Fault> {
        let session = self.session().await?.ok_or_else(sessions::session_required)?;
        self.holds(self.org, &session.user, permission.slug).await?;
        if let Some(org) = self.org.filter(|_| permission.writes) {
            step_up::check(org, &permission, &session.authentication, self.now)?;
        }
        Ok(self.person(&session))
    }

    /// A person's script in the console: their cookie, and for anything but a look the token of a form, since browsers send cookies
    /// along with requests other sites make.
    async fn console(&self) -> Result<Caller, Fault> {
        let (Some(org), Some(session)) = (self.org, self.session().await?) else {
            return Err(credential_required("an access token or an API key"));
        };
        if self.incoming.method != "GET" && self.incoming.method != "HEAD" {
            let sent = Secret::new(self.incoming.header(CSRF_HEADER).unwrap_or_default());
            browser::check_csrf(self.services, org, self.incoming, &sent)?;
        }
        Ok(self.person(&session))
    }

    async fn holds(&self, org: Option<&Org>, user: &UserId, slug: &'static str) -> Result<(), Fault> {
        let org = org.ok_or_else(|| Fault::internal("a person was proven without an organization"))?;
        let holds = self.services.store.read(OneOrg::new(org.clone()), |mut tx| async move {
            let holds = permissions::holds(&mut tx, user, slug).await;
            (tx, holds)
        });
        if holds.await?? { Ok(()) } else { Err(forbidden(slug)) }
    }
}

/// What is assumed of a person's token that doesn't say how they signed in: as weakly and as long ago as can be.
fn unknown_sign_in() -> Authentication {
    Authentication { at: Timestamp::from_secs(0), acr: String::new(), amr: Vec::new() }
}

fn bearer(proven: ProvenToken) -> Caller {
    Caller { actor: proven.actor, org: Some(proven.org), single_use: proven.single_use }
}

/// What initial access tokens begin with (RFC 7591 §3).
pub const INITIAL_TOKEN_PREFIX: &str = "lmi_";

/// The header in which the console's scripts send the token of a form.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// 401 `invalid_token` (RFC 6750 §3.1); the reason is for the operator.
pub fn invalid_token(reason: &'static str) -> Fault {
    Fault::unauthenticated("invalid_token", "The access token is missing, expired or not valid here.").because(reason)
}

fn invalid_key() -> Fault {
    Fault::unauthenticated("unauthorized", "The API key is not valid: it may have been revoked, or belong elsewhere.")
}

fn credential_required(what: &'static str) -> Fault {
    Fault::unauthenticated("unauthorized", format!("Please authenticate with {what}."))
}

fn forbidden(slug: &'static str) -> Fault {
    Fault::forbidden("forbidden", format!("You need the permission {slug} for this."))
}

#[cfg(test)]
mod tests;
