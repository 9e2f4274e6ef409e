//! Agents, and chains of them.

use super::*;

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
