//! Clients: delegation, impersonation, identity assertions.

use super::*;

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
