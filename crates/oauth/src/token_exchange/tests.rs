//! What is exchanged, for what, and what never is.

mod agents;
mod bounds;
mod clients;
mod requests;

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
