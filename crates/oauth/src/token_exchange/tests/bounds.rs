//! Nothing goes beyond what it was made from.

use super::*;

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
