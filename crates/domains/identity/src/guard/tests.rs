use super::*;
use crate::api_keys::NewApiKey;
use crate::permissions::{ADMIN_ROLE, USERS_READ, USERS_WRITE};
use crate::sessions::NewSession;
use crate::testing::{World, play};
use crate::users::User;
use kernel::{AgentId, Authentication, ClientId, FaultKind, Scopes};

/// Knows tokens of the form `user:<id>:<scopes>`, `agent::<scopes>` and `client::<scopes>` with `+` between scopes.
struct Prover(Org);

impl ProveToken for Prover {
    fn prove<'a>(
        &'a self,
        _: &'a Arc<Services>,
        _: Option<&'a Org>,
        _: TokenScheme,
        token: &'a Secret,
        _: &'a Incoming,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<ProvenToken, Fault>> {
        let parts: Vec<&str> = token.expose().split('/').collect();
        let client = ClientId::from("client_web");
        let scopes = Scopes::parse(&parts.get(2).unwrap_or(&"").replace('+', " ").replace('~', ":")).unwrap();
        let actor = match parts[0] {
            "user" => Some(Actor::User { user: UserId::from(parts[1]), client, scopes, session: None }),
            "agent" => Some(Actor::Agent { agent: AgentId::from("agt_1"), client, scopes }),
            "client" => Some(Actor::Client { client, scopes }),
            _ => None,
        };
        let proven = actor.map(|actor| ProvenToken { actor, org: self.0.clone(), single_use: Vec::new(), authentication: None });
        Box::pin(async move { proven.ok_or_else(|| invalid_token("unknown")) })
    }
}

impl ProveClient for Prover {
    fn prove<'a>(
        &'a self,
        _: &'a Arc<Services>,
        org: &'a Org,
        incoming: &'a Incoming,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        Box::pin(async move {
            let _ = incoming.header("authorization").ok_or_else(|| Fault::unauthenticated("invalid_client", "Who?"))?;
            let actor = Actor::Client { client: ClientId::from("client_web"), scopes: Scopes::default() };
            Ok(Caller { actor, org: Some(org.clone()), single_use: Vec::new() })
        })
    }
}

struct Door {
    world: World,
    guard: Guard,
    admin: User,
    person: User,
}

impl Door {
    async fn build() -> Self {
        let world = World::start().await;
        let prover = Arc::new(Prover(world.org.clone()));
        let guard = Guard::new(prover.clone(), prover);
        let admin = world.user_with_role("root@example.com", ADMIN_ROLE).await;
        let person = world.user("ada@example.com").await;
        Self { world, guard, admin, person }
    }

    async fn knock(&self, access: Access, method: &str, headers: &[(&str, &str)]) -> Result<Caller, Fault> {
        self.knock_at(Some(&self.world.org), access, method, headers).await
    }

    async fn knock_at(&self, org: Option<&Org>, access: Access, method: &str, headers: &[(&str, &str)]) -> Result<Caller, Fault> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let incoming = Incoming { method: method.to_owned(), headers, ..Incoming::default() };
        self.guard.authenticate(&self.world.services, access, org, &incoming, self.world.now()).await
    }

    async fn api_key(&self, user: &User, scopes: &str) -> String {
        let new = NewApiKey {
            user: user.id.clone(),
            name: "k".to_owned(),
            scopes: Scopes::parse(scopes).unwrap(),
            expires_at: None,
            made_with: None,
        };
        let world = &self.world;
        let (_, secret) = play!(world, |cx, new| {
            let services = cx.services().clone();
            api_keys::create(&mut cx.tx, &services, new, cx.now).await
        })
        .unwrap();
        secret.expose().to_owned()
    }

    async fn cookie(&self, user: &User) -> String {
        let authentication = Authentication { at: self.world.now(), acr: "1".to_owned(), amr: Vec::new() };
        let new = NewSession { user: user.id.clone(), authentication, is_remembered: false };
        let world = &self.world;
        let (_, [cookie, _]) = play!(world, |cx, new| sessions::create(cx, new).await).unwrap();
        format!("{}={}", sessions::COOKIE, cookie.value.expose())
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn every_rule_wants_its_own_proof() {
    let door = Door::build().await;
    let (token, key, cookie) =
        (bearer("client//admin"), door.api_key(&door.admin, "admin").await, door.cookie(&door.admin).await);
    let nothing: &[(&str, &str)] = &[];
    let token: &[(&str, &str)] = &[("authorization", &token)];
    let key: &[(&str, &str)] = &[("x-api-key", &key)];
    let cookie: &[(&str, &str)] = &[("cookie", &cookie)];
    let rules = [
        Access::Public("why"),
        Access::Browser,
        Access::Session,
        Access::Client,
        Access::Token,
        Access::TokenOrKey,
        Access::Permission(USERS_READ),
        Access::Operator,
    ];
    for (headers, expected) in [
        (
            nothing,
            [
                "anonymous",
                "anonymous",
                "session_required",
                "invalid_client",
                "unauthorized",
                "unauthorized",
                "unauthorized",
                "forbidden",
            ],
        ),
        (token, ["anonymous", "anonymous", "session_required", "client", "client", "client", "client", "forbidden"]),
        (
            key,
            ["anonymous", "anonymous", "session_required", "invalid_client", "unauthorized", "api_key", "api_key", "forbidden"],
        ),
        (cookie, ["anonymous", "user", "user", "invalid_client", "unauthorized", "unauthorized", "user", "forbidden"]),
    ] {
        for (access, expected) in rules.into_iter().zip(expected) {
            let met = match door.knock(access, "GET", headers).await {
                Ok(caller) => caller.actor.kind(),
                Err(fault) => fault.code,
            };
            assert_eq!(met, expected, "{access:?} {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_token_of_a_person_that_does_not_say_how_they_signed_in_passes_no_step_up_rule() {
    let mut door = Door::build().await;
    let (person, program) = (bearer(&format!("user/{}/admin", door.admin.id)), bearer("client//admin"));
    let person: &[(&str, &str)] = &[("authorization", &person)];
    let program: &[(&str, &str)] = &[("authorization", &program)];
    let access = Access::Permission(USERS_READ);
    for rules in [r#"[{"scope":"users.read","acr":"urn:lumoauth:acr:1fa"}]"#, r#"[{"scope":"users.read","max_age":300}]"#] {
        door.world.keep_settings(&format!(r#"{{"security":{{"step_up":{rules}}}}}"#)).await;
        let org = door.world.services.store.find_org(door.world.org.slug()).await.unwrap().unwrap();
        let prover = Arc::new(Prover(org.clone()));
        door.guard = Guard::new(prover.clone(), prover);
        let refused = door.knock_at(Some(&org), access, "GET", person).await.unwrap_err();
        assert_eq!(refused.code, "insufficient_user_authentication", "{rules}");
        assert!(door.knock_at(Some(&org), access, "GET", program).await.is_ok(), "programs sign nobody in");
    }
    let prover = Arc::new(Prover(door.world.org.clone()));
    door.guard = Guard::new(prover.clone(), prover);
    assert!(door.knock(access, "GET", person).await.is_ok(), "without a rule");
}

#[tokio::test]
async fn a_permission_wants_the_scope_of_the_credential_and_the_permission_of_the_person() {
    let door = Door::build().await;
    let (admin, person) = (door.admin.id.as_str(), door.person.id.as_str());
    for (token, access, expected) in [
        (format!("user/{admin}/openid+admin"), USERS_WRITE, "user"),
        (format!("user/{admin}/admin~users"), USERS_WRITE, "user"),
        (format!("user/{admin}/admin~read"), USERS_READ, "user"),
        (format!("user/{admin}/admin~read"), USERS_WRITE, "Insufficient scope: admin:users or admin is required."),
        (format!("user/{admin}/openid"), USERS_READ, "Insufficient scope: admin:users or admin is required."),
        (format!("user/{person}/admin"), USERS_READ, "You need the permission users.read for this."),
        ("user/nobody/admin".to_owned(), USERS_READ, "You need the permission users.read for this."),
        ("client//admin~users".to_owned(), USERS_WRITE, "client"),
        ("client//openid".to_owned(), USERS_READ, "Insufficient scope: admin:users or admin is required."),
        ("agent//admin~users".to_owned(), USERS_READ, "agent"),
        ("agent//".to_owned(), USERS_READ, "Insufficient scope: admin:users or admin is required."),
    ] {
        let met = match door.knock(Access::Permission(access), "POST", &[("authorization", &bearer(&token))]).await {
            Ok(caller) => caller.actor.kind().to_owned(),
            Err(fault) => {
                assert_eq!((fault.kind, fault.code), (FaultKind::Forbidden, "forbidden"));
                fault.hint.into_owned()
            }
        };
        assert_eq!(met, expected, "{token} {}", access.slug);
    }
}

#[tokio::test]
async fn a_key_reaches_no_further_than_its_scopes_and_its_person() {
    let door = Door::build().await;
    for (user, scopes, expected) in [
        (&door.admin, "admin:users", Ok("api_key")),
        (&door.admin, "admin:read", Err("forbidden")),
        (&door.admin, "admin:clients", Err("forbidden")),
        (&door.person, "admin", Err("forbidden")),
    ] {
        let key = door.api_key(user, scopes).await;
        let met = door.knock(Access::Permission(USERS_WRITE), "POST", &[("authorization", &format!("ApiKey {key}"))]).await;
        assert_eq!(met.map(|caller| caller.actor.kind()).map_err(|fault| fault.code), expected, "{scopes}");
    }
}

#[tokio::test]
async fn a_blocked_administrator_opens_nothing_with_whatever_they_still_have() {
    let door = Door::build().await;
    let (key, cookie) = (door.api_key(&door.admin, "admin").await, door.cookie(&door.admin).await);
    let token = bearer(&format!("user/{}/admin", door.admin.id));
    let (world, id) = (&door.world, door.admin.id.clone());
    play!(world, |cx, id| crate::users::block(&mut cx.tx, &id, cx.now).await).unwrap();
    for header in [("x-api-key", key.as_str()), ("cookie", &cookie), ("authorization", &token)] {
        assert!(door.knock(Access::Permission(USERS_READ), "GET", &[header]).await.is_err(), "{}", header.0);
    }
}

#[tokio::test]
async fn a_credential_of_another_organization_proves_nothing() {
    let door = Door::build().await;
    let other = door.world.another_org("globex").await;
    let (key, cookie) = (door.api_key(&door.admin, "admin").await, door.cookie(&door.admin).await);
    for (header, code) in [
        (("authorization", "Bearer client//admin"), "invalid_token"),
        (("x-api-key", key.as_str()), "unauthorized"),
        (("cookie", cookie.as_str()), "unauthorized"),
    ] {
        let met = door.knock_at(Some(&other), Access::Permission(USERS_READ), "GET", &[header]).await;
        assert_eq!(met.unwrap_err().code, code, "{}", header.0);
    }
}

#[tokio::test]
async fn where_the_path_names_no_organization_the_credential_does() {
    let door = Door::build().await;
    let key = door.api_key(&door.admin, "authz:check").await;
    for header in [("authorization", "Bearer client//"), ("x-api-key", key.as_str())] {
        let caller = door.knock_at(None, Access::TokenOrKey, "POST", &[header]).await.unwrap();
        assert_eq!(caller.org.unwrap().id(), door.world.org.id());
    }
    for header in [("x-api-key", "lmk_x.y"), ("x-api-key", &*format!("lmk_0.{}", "A".repeat(43)))] {
        assert_eq!(door.knock_at(None, Access::TokenOrKey, "POST", &[header]).await.unwrap_err().code, "unauthorized");
    }
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing_because_other_sites_can_make_browsers_send_it() {
    let door = Door::build().await;
    let cookie = door.cookie(&door.admin).await;
    let write = Access::Permission(USERS_WRITE);
    assert_eq!(door.knock(write, "POST", &[("cookie", &cookie)]).await.unwrap_err().code, "csrf");
    let first = Incoming { headers: vec![("cookie".to_owned(), cookie.clone())], ..Incoming::default() };
    let (_, named) = browser::csrf_token(&door.world.services, &door.world.org, &first);
    let cookies = format!("{cookie}; {}={}", browser::COOKIE, named.unwrap().value.expose());
    let incoming = Incoming { headers: vec![("cookie".to_owned(), cookies.clone())], ..Incoming::default() };
    let (csrf, _) = browser::csrf_token(&door.world.services, &door.world.org, &incoming);
    assert!(door.knock(write, "POST", &[("cookie", &cookies), (CSRF_HEADER, &csrf)]).await.is_ok());
}

#[tokio::test]
async fn a_session_in_use_stays_alive() {
    let door = Door::build().await;
    let cookie = door.cookie(&door.person).await;
    for _ in 0..10 {
        door.world.clock.advance(std::time::Duration::from_mins(15));
        assert!(door.knock(Access::Session, "GET", &[("cookie", &cookie)]).await.is_ok());
    }
    door.world.clock.advance(std::time::Duration::from_mins(30));
    assert_eq!(door.knock(Access::Session, "GET", &[("cookie", &cookie)]).await.unwrap_err().code, "session_required");
}
