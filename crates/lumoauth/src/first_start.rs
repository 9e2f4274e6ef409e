//! What a development server begins with.

use crate::command::user::hash;
use crate::notes::DevNotes;
use crate::operator::{MakeApiKey, MakeClient, MakeOrganization, MakePerson};
use anyhow::Context;
use flow::{Body, Services, act};
use identity::organizations::Slug;
use identity::users::{Email, find_user_by_email};
use kernel::{Actor, ClientId, Scopes, Secret};
use oauth::ClientMetadata;
use oauth::client::{AuthMethod, ClientType};
use oauth::grant::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN};
use op::clients::Agent;
use std::sync::Arc;
use store::{OneOrg, Org};

/// Make what isn't there yet: the platform, the organization, people, an API key, clients and an agent. What is there stays as it
/// is, so that it can be called at every start.
///
/// # Errors
/// If something can't be made; what was made before stays.
pub async fn provision(services: &Arc<Services>, notes: &mut DevNotes) -> anyhow::Result<()> {
    organization(services, "platform", "Platform").await?;
    let org = organization(services, &notes.org, "Acme Corp").await?;
    person(services, &org, &notes.admin.email, &notes.admin.password, "Administrator", &["admin"]).await?;
    person(services, &org, &notes.user.email, &notes.user.password, "Demo User", &[]).await?;
    if notes.api_key.is_empty() {
        notes.api_key = api_key(services, &org, &notes.admin.email).await?;
    }
    clients(services, &org, notes).await
}

/// Make an organization with everything it needs, or complete the one of that slug.
pub(crate) async fn organization(services: &Arc<Services>, slug: &str, name: &str) -> anyhow::Result<Org> {
    let slug = Slug::parse(slug)
        .with_context(|| format!("{slug} can't be a slug: it takes 2 to 63 lower-case letters, digits and inner hyphens"))?;
    let found = services.store.find_org(slug.as_str()).await?;
    let keys = if found.is_none() {
        op::keys::generate(&op::keys::ALGORITHMS, services.clock.now(), &*services.rng).await?
    } else {
        Vec::new()
    };
    let make = MakeOrganization { slug: slug.clone(), name: name.to_owned(), keys };
    act(services, None, Actor::Operator, make).await?;
    services.store.find_org(slug.as_str()).await?.context("the organization was just made")
}

async fn person(
    services: &Arc<Services>,
    org: &Org,
    email: &str,
    password: &str,
    name: &str,
    roles: &[&str],
) -> anyhow::Result<()> {
    let address = Email::parse(email).context("an address of the first start")?;
    if is_known(services, org, &address).await? {
        return Ok(());
    }
    let password = hash(services, &Secret::new(password)).await?;
    let roles = roles.iter().map(ToString::to_string).collect();
    let make = MakePerson { email: address, name: Some(name.to_owned()), password, roles };
    act(services, Some(org.clone()), Actor::Operator, make).await?;
    Ok(())
}

async fn is_known(services: &Services, org: &Org, email: &Email) -> anyhow::Result<bool> {
    let key = email.key();
    let found = services.store.read(OneOrg::new(org.clone()), move |mut tx| {
        let key = key.clone();
        async move {
            let found = find_user_by_email(&mut tx, &key).await;
            (tx, found)
        }
    });
    Ok(found.await??.is_some())
}

async fn api_key(services: &Arc<Services>, org: &Org, admin: &str) -> anyhow::Result<String> {
    let user = Email::parse(admin).context("an address of the first start")?;
    let scopes = ["admin", "authz:check"].into_iter().collect();
    let answer =
        act(services, Some(org.clone()), Actor::Operator, MakeApiKey { user, name: "Development".to_owned(), scopes }).await?;
    match answer.body {
        Body::Bytes(_, key) => Ok(String::from_utf8(key)?),
        _ => anyhow::bail!("no API key was made"),
    }
}

async fn clients(services: &Arc<Services>, org: &Org, notes: &DevNotes) -> anyhow::Result<()> {
    let make = async |metadata: ClientMetadata, secret: Option<&str>, agent: Option<Agent>| {
        let make = MakeClient { metadata, secret: secret.map(Secret::new), agent };
        act(services, Some(org.clone()), Actor::Operator, make).await
    };
    let people = Scopes::from("openid profile email address phone offline_access authz:read authz:check admin".to_owned());

    let mut web = named(&notes.web_client.client_id, "Demo web application", &people);
    web.redirect_uris.clone_from(&notes.web_client.redirect_uris);
    web.post_logout_redirect_uris = vec![format!("{}/dev/app", notes.base_url), "http://localhost/".to_owned()];
    web.grant_types = grants(&[AUTHORIZATION_CODE, REFRESH_TOKEN]);
    make(web, Some(&notes.web_client.client_secret), None).await?;

    let mut spa = named(&notes.spa_client.client_id, "Demo single-page application", &people);
    spa.redirect_uris.clone_from(&notes.spa_client.redirect_uris);
    spa.client_type = ClientType::Public;
    spa.token_endpoint_auth_method = AuthMethod::None;
    spa.grant_types = grants(&[AUTHORIZATION_CODE, REFRESH_TOKEN]);
    make(spa, None, None).await?;

    let mut demo = named(op::demo::CLIENT_ID, "Demo application", &Scopes::from(op::demo::SCOPES.to_owned()));
    demo.redirect_uris = vec![op::demo::redirect_uri(&notes.base_url)];
    demo.post_logout_redirect_uris = vec![op::demo::post_logout_redirect_uri(&notes.base_url)];
    demo.client_type = ClientType::Public;
    demo.token_endpoint_auth_method = AuthMethod::None;
    demo.grant_types = grants(&[AUTHORIZATION_CODE]);
    make(demo, None, None).await?;

    let mut service =
        named(&notes.service_client.client_id, "Demo service", &Scopes::from("reports:read reports:write".to_owned()));
    service.grant_types = grants(&[CLIENT_CREDENTIALS]);
    make(service, Some(&notes.service_client.client_secret), None).await?;

    let capabilities = Scopes::from("documents:read documents:write".to_owned());
    let mut agent = named(&notes.agent.client_id, "Demo agent", &capabilities);
    agent.grant_types = grants(&[CLIENT_CREDENTIALS]);
    let behind =
        Agent { id: notes.agent.agent_id.as_str().into(), name: "Demo agent".to_owned(), capabilities, budget_policy: None };
    make(agent, Some(&notes.agent.client_secret), Some(behind)).await?;
    Ok(())
}

fn named(id: &str, name: &str, scopes: &Scopes) -> ClientMetadata {
    let mut metadata = ClientMetadata::new(ClientId::from(id));
    name.clone_into(&mut metadata.client_name);
    metadata.scopes.clone_from(scopes);
    metadata
}

fn grants(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
