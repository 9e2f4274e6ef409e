//! What is exchanged, for what, and what never is.

use super::*;
use crate::access_token::Claims;
use crate::client::{AccessTokenFormat, AudienceMatch, AuthMethod, ClientType, ExchangeMode};
use crate::client_authentication::AuthenticatedClient;
use crate::client_authentication::tests::authenticated;
use crate::confirmation::Confirmation;
use crate::grant::tests_support::{issuance, settled, settled_for_client};
use crate::grant::{Refresh, Subject, TokenPlan};
use crate::id_jag::Target;
use crate::private_key_jwt::tests::{NOW, issuer};
use crate::{ClientMetadata, ErrorCode, Params};
use kernel::{AgentId, Authentication, FamilyId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

fn parsed(pairs: &[(&str, &str)]) -> Result<Request, ProtocolError> {
    parse(&Params::collect(pairs.iter().copied()).unwrap())
}

fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap()
}

/// A gateway that exchanges a token which a web application got for it.
#[derive(Clone)]
struct Case {
    request: Request,
    client: Box<ClientMetadata>,
    agent: Option<AgentId>,
    actor: Option<ActorFacts>,
    is_authenticated: bool,
    shown: Confirmation,
    subject: Option<Box<SubjectFacts>>,
    allowed: Option<ExchangeMode>,
    target: Option<Target>,
}

impl Case {
    fn run(&self) -> Result<Exchanged, Refused> {
        let client = authenticated((*self.client).clone());
        let facts = Facts {
            subject: self.subject.as_deref(),
            caller: Caller {
                client: &client,
                agent: self.agent.as_ref(),
                actor: self.actor.clone(),
                is_authenticated: self.is_authenticated,
                shown: &self.shown,
            },
            allowed: self.allowed,
            target: self.target.as_ref(),
            issuer: &issuer(),
            family: &FamilyId::from("new"),
            now: NOW,
        };
        decide(&self.request, &facts)
    }
    fn plan(&self) -> TokenPlan {
        self.run().unwrap().plan
    }
    fn refusal(&self) -> &'static str {
        self.run().unwrap_err().code()
    }
    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut case = self.clone();
        change(&mut case);
        case
    }
    fn subject(&self, change: impl FnOnce(&mut SubjectFacts)) -> Self {
        self.with(|case| change(case.subject.as_mut().unwrap()))
    }
}

fn request() -> Request {
    parsed(&[("subject_token", "s"), ("subject_token_type", ACCESS)]).unwrap()
}

fn subject() -> SubjectFacts {
    SubjectFacts {
        subject: Subject::User("u1".into()),
        client_id: "web".into(),
        agent: None,
        audience: vec!["https://gateway.example".into()],
        scopes: scopes("openid notes:read notes:write offline_access"),
        authorization_details: Details::default(),
        authentication: Some(Authentication { at: Timestamp::from_secs(5), acr: "a".into(), amr: vec!["pwd".into()] }),
        session: Some("s1".into()),
        act: None,
        may_act: None,
        confirmation: Confirmation::default(),
        expires_at: NOW.plus(Duration::from_mins(10)),
        origins: 0,
    }
}

fn of_client() -> Case {
    let client = ClientMetadata {
        grant_types: vec![GRANT_TYPE.to_owned()],
        scopes: scopes("openid notes:read reports:read"),
        resource_uris: vec!["https://gateway.example".into()],
        audience_uris: vec!["https://notes.example".into()],
        ..ClientMetadata::new("gateway")
    };
    Case {
        request: request(),
        client: Box::new(client),
        agent: None,
        actor: None,
        is_authenticated: true,
        shown: Confirmation::default(),
        subject: Some(Box::new(subject())),
        allowed: Some(ExchangeMode::Impersonation),
        target: None,
    }
}

fn vouching() -> Case {
    let asked = [
        ("subject_token", "s"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"),
        ("audience", "https://chat.example"),
    ];
    let target = Target { issuer: "https://chat.example".into(), client_id: "there".into(), scopes: scopes("chat.read") };
    let case = of_client().subject(|subject| {
        subject.client_id = "gateway".into();
        subject.audience = vec!["gateway".into()];
    });
    case.with(|case| {
        case.request = parsed(&asked).unwrap();
        case.target = Some(target);
        case.allowed = None;
    })
}

#[test]
fn a_client_takes_an_assertion_where_it_may_go_and_nowhere_else() {
    let Exchanged { plan, manner } = vouching().with(|case| case.request.scopes = Some(scopes("chat.read"))).run().unwrap();
    assert_eq!((manner, plan.family, plan.audience), (Manner::Vouching, None, vec!["https://chat.example".to_owned()]));
    assert_eq!((plan.scopes, plan.access_token_lifetime), (scopes("chat.read"), Duration::from_mins(5)));
    assert_eq!(vouching().plan().scopes, Scopes::default());
    for (case, code, what) in [
        (vouching().with(|case| case.target = None), "invalid_target", "a server that isn't listed"),
        (vouching().with(|case| case.request.scopes = Some(scopes("chat.write"))), "invalid_scope", "more than is listed"),
        (vouching().with(|case| case.client.grant_types.clear()), "unauthorized_client", "not registered for it"),
        (vouching().with(|case| case.is_authenticated = false), "unauthorized_client", "nobody authenticated"),
        (vouching().subject(|subject| subject.client_id = "web".into()), "invalid_grant", "another client's ID token"),
        (vouching().with(|case| case.request.subject.token_type = TokenType::AccessToken), "invalid_request", "an access token"),
        (vouching().with(|case| case.subject = None), "invalid_grant", "no such token"),
    ] {
        assert_eq!(case.refusal(), code, "{what}");
    }
    let wanted = |pairs: &[(&str, &str)]| {
        let usual = [
            ("subject_token", "s"),
            ("subject_token_type", ACCESS),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"),
        ];
        parsed(&[&usual, pairs].concat()).unwrap_err().code
    };
    assert_eq!(wanted(&[]), ErrorCode::InvalidRequest, "for nobody");
    assert_eq!(
        wanted(&[("audience", "https://a.example"), ("audience", "https://b.example")]),
        ErrorCode::InvalidRequest,
        "for two"
    );
}

fn of_agent() -> Case {
    let client = ClientMetadata { scopes: scopes("notes:read delegate:on_behalf"), ..ClientMetadata::new("client_a") };
    let actor = ActorFacts {
        subject: Subject::Client("client_a".into()),
        client_id: "client_a".into(),
        scopes: scopes("notes:read delegate:on_behalf"),
        act: None,
        confirmation: Confirmation::default(),
        expires_at: NOW.plus(Duration::from_hours(1)),
    };
    let mut subject = subject();
    subject.audience = vec!["web".into()];
    Case {
        client: Box::new(client),
        agent: Some("agt_a".into()),
        actor: Some(actor),
        is_authenticated: false,
        subject: Some(Box::new(subject)),
        allowed: None,
        ..of_client()
    }
}

fn of_agent_itself() -> Case {
    of_agent().with(|case| {
        case.actor = None;
        let subject = case.subject.as_mut().unwrap();
        subject.subject = Subject::Client("client_a".into());
        subject.client_id = "client_a".into();
        subject.agent = Some("agt_a".into());
        subject.audience = vec!["client_a".into()];
        subject.scopes = scopes("notes:read delegate:on_behalf");
        subject.authentication = None;
        subject.session = None;
        case.client.audience_uris = vec!["https://mcp.example/mcp".into()];
    })
}

#[test]
fn the_example_of_rfc_8693_section_2_3_is_read() {
    let request = parsed(&[
        ("grant_type", GRANT_TYPE),
        ("resource", "https://backend.example.com/api"),
        ("subject_token", "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC"),
        ("subject_token_type", ACCESS),
    ])
    .unwrap();
    assert_eq!(request.resources, ["https://backend.example.com/api"]);
    assert_eq!((request.subject.token_type, &request.wanted), (TokenType::AccessToken, &Wanted::AccessToken));
    assert!(request.actor.is_none() && request.scopes.is_none());
    assert!(!format!("{request:?}").contains("accVkjcJ"));
}

#[test]
fn requests_that_break_section_2_1_are_invalid() {
    let subject = ("subject_token", "s");
    let named = ("subject_token_type", ACCESS);
    let refresh = ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token");
    for (pairs, what) in [
        (&[][..], "nothing"),
        (&[named], "no subject token"),
        (&[subject], "no type"),
        (&[subject, ("subject_token_type", "access_token")], "a type by a short name"),
        (&[subject, ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")], "a SAML assertion"),
        (&[subject, named, ("actor_token", "a")], "an actor without its type"),
        (&[subject, named, ("actor_token_type", ACCESS)], "a type without an actor"),
        (
            &[subject, named, ("actor_token", "a"), ("actor_token_type", "urn:ietf:params:oauth:token-type:id_token")],
            "a person acts",
        ),
        (&[subject, refresh, ("actor_token", "a"), ("actor_token_type", ACCESS)], "a refresh token for an actor"),
        (&[subject, named, ("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")], "a refresh token wanted"),
        (&[subject, named, ("requested_token_type", "urn:ietf:params:oauth:token-type:id_token")], "an ID token wanted"),
        (&[subject, named, ("requested_token_type", "x")], "something unknown wanted"),
    ] {
        assert_eq!(parsed(pairs).unwrap_err().code, ErrorCode::InvalidRequest, "{what}");
    }
    let fragment = parsed(&[subject, named, ("resource", "https://a.example/#x")]);
    assert_eq!(fragment.unwrap_err().code, ErrorCode::InvalidTarget);
}

#[test]
fn a_client_that_a_token_is_meant_for_acts_for_its_subject() {
    let Exchanged { plan, manner } = of_client().run().unwrap();
    assert_eq!(manner, Manner::Delegation, "unless it was set up for more");
    assert_eq!(plan.act, Some(Act::over("client_gateway", None)));
    assert_eq!((plan.subject, plan.client_id.as_str()), (Subject::User("u1".into()), "gateway"));
    assert_eq!(plan.scopes, scopes("openid notes:read"), "what both have, and nothing that outlives it");
    assert_eq!(plan.audience, ["gateway"]);
    assert_eq!(plan.access_token_lifetime, Duration::from_mins(10), "not longer than the subject token");
    assert_eq!((plan.session, plan.family), (Some("s1".into()), Some("new".into())));
    assert_eq!((plan.is_openid, plan.refresh), (false, Refresh::Nothing));
    assert_eq!(plan.authentication.unwrap().at, Timestamp::from_secs(5));
}

#[test]
fn impersonation_takes_the_word_of_organization_and_registration() {
    let set_up = of_client().with(|case| case.client.token_exchange = ExchangeMode::Impersonation);
    let Exchanged { plan, manner } = set_up.run().unwrap();
    assert_eq!((manner, plan.act), (Manner::Impersonation, None));
    let capped = set_up.with(|case| case.allowed = Some(ExchangeMode::Delegation));
    assert_eq!(capped.run().unwrap().manner, Manner::Delegation);
    assert_eq!(set_up.with(|case| case.allowed = None).refusal(), "unauthorized_client");
}

#[test]
fn an_agent_acts_for_a_person_by_its_own_token_alone() {
    let Exchanged { plan, manner } = of_agent().run().unwrap();
    assert_eq!((manner, plan.act), (Manner::Delegation, Some(Act::over("agent_agt_a", None))));
    assert_eq!(plan.audience, ["agt_a"], "without a resource it is for the agent itself");
    assert_eq!((plan.client_id.as_str(), plan.scopes), ("client_a", scopes("notes:read")));
    let own = of_agent().subject(|subject| {
        subject.client_id = "client_a".into();
        subject.audience = vec!["client_a".into()];
    });
    assert_eq!(own.plan().act, Some(Act::over("agent_agt_a", None)), "also with what a person granted to itself");
}

#[test]
fn an_agent_gets_a_narrower_token_of_its_own() {
    let case = of_agent_itself().with(|case| case.request.resources = vec!["https://mcp.example/mcp".into()]);
    let Exchanged { plan, manner } = case.run().unwrap();
    assert_eq!((manner, plan.act, plan.family), (Manner::Narrowing, None, None));
    assert_eq!(plan.audience, ["https://mcp.example/mcp"]);
    assert_eq!(plan.subject, Subject::Client("client_a".into()));
}

#[test]
fn attack_26_what_a_token_is_exchanged_for_never_goes_beyond_it() {
    let ask = |text| of_client().with(|case| case.request.scopes = Some(scopes(text)));
    assert_eq!(ask("notes:read").plan().scopes, scopes("notes:read"));
    let go = |resource: &str| of_client().with(|case| case.request.resources = vec![resource.to_owned()]);
    assert_eq!(go("https://notes.example").plan().audience, ["https://notes.example"]);
    assert_eq!(go("https://gateway.example").plan().audience, ["https://gateway.example"]);
    let elsewhere = |audience: &[&str]| {
        let audience: Vec<String> = audience.iter().map(|text| (*text).to_owned()).collect();
        go("https://notes.example").subject(|subject| {
            subject.client_id = "gateway".into();
            subject.audience = audience;
        })
    };
    assert_eq!(elsewhere(&["gateway"]).plan().audience, ["https://notes.example"]);
    let prefix = elsewhere(&["gateway"]).with(|case| {
        case.request.resources = vec!["https://notes.example/1".into()];
        case.client.audience_match = AudienceMatch::PathPrefix;
    });
    assert_eq!(prefix.plan().audience, ["https://notes.example/1"]);
    for (case, code) in [
        (ask("notes:write"), "invalid_scope"),
        (ask("reports:read"), "invalid_scope"),
        (ask("offline_access"), "invalid_scope"),
        (ask("admin"), "invalid_scope"),
        (go("https://evil.example"), "invalid_target"),
        (elsewhere(&["https://other.example"]), "invalid_target"),
        (elsewhere(&["gateway", "https://other.example"]), "invalid_target"),
    ] {
        assert_eq!(case.refusal(), code, "{:?} {:?}", case.request.scopes, case.request.resources);
    }
    let kept = of_client().subject(|subject| {
        subject.client_id = "gateway".into();
        subject.audience = vec!["https://other.example".into()];
    });
    assert_eq!(kept.plan().audience, ["https://other.example"], "a token for others stays theirs");
}

#[test]
fn details_go_on_as_far_as_they_are_the_callers_to_ask_for_and_never_further() {
    let of = |actions: &[&str]| json!({ "type": "payment", "actions": actions });
    let details = |value: Value| Details::from_json(value).unwrap();
    let both = details(json!([of(&["initiate", "status"]), { "type": "account" }]));
    let case = |types: &[&str], asked: Option<Value>| {
        let case = of_client().subject(|subject| subject.authorization_details = both.clone());
        case.with(|case| {
            case.client.authorization_details_types = types.iter().map(|name| (*name).to_owned()).collect();
            case.request.authorization_details = asked.map(details);
        })
    };
    for (types, asked, expected) in [
        (&[][..], None, None),
        (&["other"], None, None),
        (&["payment"], None, Some(json!([of(&["initiate", "status"])]))),
        (&["payment", "account"], None, Some(json!([of(&["initiate", "status"]), { "type": "account" }]))),
        (&["payment", "account"], Some(json!([of(&["status"])])), Some(json!([of(&["status"])]))),
    ] {
        let plan = case(types, asked.clone()).plan();
        assert_eq!(plan.authorization_details, expected.map(details).unwrap_or_default(), "{types:?} {asked:?}");
    }
    for (types, asked) in [
        (&["payment"][..], json!([of(&["refund"])])),
        (&["payment"], json!([of(&["initiate", "status", "refund"])])),
        (&["payment"], json!([of(&[])])),
        (&["payment"], json!([{ "type": "payment" }])),
        (&["payment"], json!([{ "type": "account" }])),
        (&[], json!([of(&["status"])])),
    ] {
        assert_eq!(case(types, Some(asked.clone())).refusal(), "invalid_authorization_details", "{types:?} {asked}");
    }
    assert_eq!(
        of_client().with(|case| case.request.authorization_details = Some(both.clone())).refusal(),
        "invalid_authorization_details"
    );
    let vouched = parsed(&[
        ("subject_token", "s"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"),
        ("audience", "https://chat.example"),
        ("authorization_details", r#"[{"type":"payment"}]"#),
    ]);
    assert_eq!(vouched.unwrap_err().code, ErrorCode::InvalidAuthorizationDetails);
}

#[test]
fn every_exchange_that_is_not_allowed_is_refused() {
    let (client, agent, itself) = (of_client(), of_agent(), of_agent_itself());
    let bound = Confirmation { jkt: Some("k".into()), x5t_s256: None };
    let certificate = Confirmation { jkt: None, x5t_s256: Some("c".into()) };
    let other_key = Confirmation { jkt: Some("l".into()), x5t_s256: None };
    for (case, code, what) in [
        (client.with(|case| case.subject = None), "invalid_grant", "no such token"),
        (client.subject(|subject| subject.expires_at = NOW), "invalid_grant", "it has ended"),
        (client.subject(|subject| subject.expires_at = NOW.plus(Duration::from_millis(900))), "invalid_grant", "it ends now"),
        (client.subject(|subject| subject.origins = 16), "invalid_grant", "exchanged again and again"),
        (client.subject(|subject| subject.audience = vec!["web".into()]), "invalid_grant", "meant for another client"),
        (
            client.subject(|subject| subject.audience = vec!["https://notes.example".into()]),
            "invalid_grant",
            "for another resource",
        ),
        (client.subject(|subject| subject.subject = Subject::Client("web".into())), "invalid_grant", "another program's own"),
        (client.subject(|subject| subject.confirmation = bound.clone()), "invalid_grant", "a bound token without its proof"),
        (client.subject(|subject| subject.confirmation = certificate.clone()), "invalid_grant", "without its certificate"),
        (
            client.with(|case| case.shown = other_key.clone()).subject(|subject| subject.confirmation = bound.clone()),
            "invalid_grant",
            "with the proof of another key",
        ),
        (client.subject(|subject| subject.may_act = Some(MayAct::only("other"))), "delegation_not_allowed", "may_act is another"),
        (client.with(|case| case.client.grant_types.clear()), "unauthorized_client", "not registered for it"),
        (client.with(|case| case.allowed = None), "unauthorized_client", "switched off"),
        (
            client.with(|case| {
                case.client.client_type = ClientType::Public;
                case.client.token_endpoint_auth_method = AuthMethod::None;
            }),
            "unauthorized_client",
            "a public client",
        ),
        (agent.with(|case| case.client.scopes = scopes("notes:read")), "delegation_not_allowed", "the agent lacks the ability"),
        (
            agent.with(|case| case.actor.as_mut().unwrap().scopes = scopes("notes:read")),
            "delegation_not_allowed",
            "its token lacks the ability",
        ),
        (agent.with(|case| case.actor.as_mut().unwrap().client_id = "other".into()), "invalid_grant", "another's actor token"),
        (
            agent.with(|case| case.actor.as_mut().unwrap().subject = Subject::User("u2".into())),
            "invalid_grant",
            "a person as actor",
        ),
        (
            agent.with(|case| case.actor.as_mut().unwrap().act = Some(Act::over("agent_b", None))),
            "invalid_grant",
            "an actor token that somebody acts with",
        ),
        (agent.with(|case| case.actor.as_mut().unwrap().expires_at = NOW), "invalid_grant", "an actor token that has ended"),
        (
            agent.with(|case| case.actor.as_mut().unwrap().confirmation = bound.clone()),
            "invalid_grant",
            "a bound actor token without its proof",
        ),
        (
            agent.subject(|subject| subject.may_act = Some(MayAct::only("agt_b"))),
            "delegation_not_allowed",
            "may_act is another agent",
        ),
        (
            agent.with(|case| {
                case.actor = None;
                case.is_authenticated = true;
            }),
            "invalid_grant",
            "an agent without actor token, by a token for somebody else",
        ),
        (itself.with(|case| case.actor = of_agent().actor), "invalid_request", "an actor for itself"),
        (itself.with(|case| case.agent = None), "invalid_client", "a program that isn't an agent and doesn't authenticate"),
        (itself.with(|case| case.request.scopes = Some(scopes("reports:read"))), "invalid_scope", "more than the agent has"),
        (
            itself.with(|case| case.request.resources = vec!["https://evil.example".into()]),
            "invalid_target",
            "a resource that isn't registered for the agent",
        ),
        (
            agent.with(|case| case.actor = None).subject(|subject| subject.client_id = "client_a".into()),
            "invalid_client",
            "a person's token as the only proof",
        ),
    ] {
        assert_eq!(case.refusal(), code, "{what}");
    }
}

#[test]
fn attack_26_a_chain_of_actors_is_neither_shortened_nor_made_too_long() {
    let one = Act::over("agent_agt_x", None);
    let two = Act::over("agent_agt_y", Some(&one));
    let three = Act::over("agent_agt_z", Some(&two));
    let after = |act: &Act| of_agent().subject(|subject| subject.act = Some(act.clone()));
    let chain: Vec<String> = after(&two).plan().act.unwrap().chain().map(str::to_owned).collect();
    assert_eq!(chain, ["agent_agt_a", "agent_agt_y", "agent_agt_x"], "outermost first");
    assert_eq!(after(&three).run(), Err(Refused::TooDeep));
    let fault = kernel::Fault::from(Refused::TooDeep);
    assert_eq!((fault.code, fault.kind, fault.max_depth), ("delegation_depth_exceeded", kernel::FaultKind::Forbidden, Some(3)));
    let impersonating = of_client()
        .with(|case| case.client.token_exchange = ExchangeMode::Impersonation)
        .subject(|subject| subject.act = Some(one.clone()));
    let Exchanged { plan, manner } = impersonating.run().unwrap();
    assert_eq!((manner, plan.act.unwrap().depth()), (Manner::Delegation, 2), "nobody hides behind another's chain");
    let narrowed = of_client().subject(|subject| {
        subject.client_id = "gateway".into();
        subject.act = Some(two.clone());
    });
    assert_eq!(narrowed.plan().act, Some(two));
}

#[test]
fn attack_26_an_agent_does_not_carry_a_token_elsewhere_in_two_steps() {
    let mcp = vec!["https://mcp.example/mcp".to_owned()];
    let limited = |audience: &[&str]| {
        let audience: Vec<String> = audience.iter().map(|text| (*text).to_owned()).collect();
        let agent = of_agent().with(|case| case.client.audience_uris.clone_from(&mcp));
        agent.subject(|subject| subject.audience = audience)
    };
    for audience in [&["https://notes.example"][..], &["web", "https://notes.example"]] {
        let first = limited(audience);
        assert_eq!(first.plan().audience, audience, "a token for others stays theirs in whosever hands");
        let second = first.subject(|subject| {
            subject.client_id = "client_a".into();
            subject.agent = Some("agt_a".into());
            subject.audience = first.plan().audience;
            subject.act = first.plan().act;
        });
        let elsewhere = second.with(|case| case.request.resources.clone_from(&mcp));
        assert_eq!(elsewhere.refusal(), "invalid_target");
        let narrowed = elsewhere.with(|case| {
            case.actor = None;
            case.is_authenticated = true;
        });
        assert_eq!(narrowed.refusal(), "invalid_target", "nor as its holder");
    }
    assert_eq!(limited(&["web"]).plan().audience, ["agt_a"], "what is for no server in particular goes with the agent");
    let meant = limited(&["https://notes.example"]).with(|case| case.client.resource_uris = vec!["https://notes.example".into()]);
    assert_eq!(meant.plan().audience, ["agt_a"], "as what is for the agent itself");
}

#[test]
fn a_program_that_is_no_agent_authenticates_whatever_it_shows() {
    let own = of_agent().actor.map(|actor| ActorFacts {
        client_id: "gateway".into(),
        subject: Subject::Client("gateway".into()),
        ..actor
    });
    for case in [of_client(), of_client().with(|case| case.actor = own)] {
        assert!(case.run().is_ok());
        assert_eq!(case.with(|case| case.is_authenticated = false).refusal(), "invalid_client");
    }
}

#[test]
fn whom_may_act_names_may_act_and_the_name_goes_on() {
    for name in ["agt_a", "agent_agt_a", "client_a"] {
        let case = of_agent().subject(|subject| subject.may_act = Some(MayAct::only(name)));
        assert_eq!(case.plan().may_act, Some(MayAct::only(name)));
    }
    let elsewhere = of_client().subject(|subject| {
        subject.audience = vec!["web".into()];
        subject.may_act = Some(MayAct::only("gateway"));
    });
    assert_eq!(elsewhere.plan().act, Some(Act::over("client_gateway", None)), "also a token that isn't for it");
}

#[test]
fn a_bound_token_leads_to_one_that_is_bound_alike() {
    let both = Confirmation { jkt: Some("k".into()), x5t_s256: Some("c".into()) };
    let case = of_client().with(|case| case.shown = both.clone()).subject(|subject| subject.confirmation = both.clone());
    assert_eq!(case.plan().confirmation, both, "although the client isn't registered for it");
}

#[test]
fn no_token_outlives_the_actors_and_a_jwt_is_one() {
    let short = of_agent().with(|case| case.actor.as_mut().unwrap().expires_at = NOW.plus(Duration::from_secs(90)));
    assert_eq!(short.plan().access_token_lifetime, Duration::from_secs(90));
    let own = of_client().with(|case| case.client.lifetimes.access_token = Some(60));
    assert_eq!(own.plan().access_token_lifetime, Duration::from_mins(1));
    let opaque = of_client().with(|case| case.client.access_token_format = AccessTokenFormat::Opaque);
    assert_eq!(opaque.plan().access_token_format, AccessTokenFormat::Opaque);
    assert_eq!(opaque.with(|case| case.request.wanted = Wanted::Jwt).plan().access_token_format, AccessTokenFormat::Jwt);
}

#[test]
fn only_an_own_token_stands_for_its_client() {
    let metadata = Arc::new(ClientMetadata::new("c"));
    let issuer = issuer();
    let own = Claims::of(&settled_for_client(""), &issuance(&issuer, &metadata, "c"), "j");
    assert!(AuthenticatedClient::by_own_token(&metadata, &own).is_some());
    let of_person = Claims::of(&settled("openid"), &issuance(&issuer, &metadata, "u1"), "j");
    let mut delegated = own.clone();
    delegated.act = Some(Act::over("agent_a", None));
    let off = Arc::new(ClientMetadata { is_active: false, ..ClientMetadata::new("c") });
    for (metadata, claims) in
        [(&metadata, &of_person), (&metadata, &delegated), (&off, &own), (&Arc::new(ClientMetadata::new("d")), &own)]
    {
        assert!(AuthenticatedClient::by_own_token(metadata, claims).is_none());
    }
}

proptest! {
    #![proptest_config(crate::fixed_seed())]

    #[test]
    fn whatever_is_asked_for_the_token_is_no_more_than_both_have(
        requested in proptest::option::of("[a-e]( [a-e]){0,3}"), held in "[a-e]( [a-e]){0,3}", own in "[a-e]( [a-e]){0,3}", seconds in 1_u64..10_000,
    ) {
        let case = of_client()
            .with(|case| {
                case.request.scopes = requested.as_deref().map(scopes);
                case.client.scopes = scopes(&own);
            })
            .subject(|subject| {
                subject.scopes = scopes(&held);
                subject.expires_at = NOW.plus(Duration::from_secs(seconds));
            });
        if let Ok(Exchanged { plan, .. }) = case.run() {
            prop_assert!(plan.scopes.is_subset(&scopes(&held)) && plan.scopes.is_subset(&scopes(&own)));
            prop_assert!(NOW.plus(plan.access_token_lifetime) <= case.subject.unwrap().expires_at);
        }
    }
}
