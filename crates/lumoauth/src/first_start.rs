//! What a development server begins with.

use crate::command::user::hash;
use crate::notes::DevNotes;
use crate::operator::{MakeApiKey, MakeClient, MakeOrganization, MakePerson};
use anyhow::Context;
use flow::{Body, Services, act};
use identity::organizations::Slug;
use identity::users::{Email, find_user_by_email};
use kernel::{Actor, OrgId, Scopes, Secret};
use op::clients::Agent;
use op::keys::Kind;
use op::provision::NewClient;
use std::sync::Arc;
use store::{OneOrg, Org};

/// Make what isn't there yet: the organization, people, an API key, clients and an agent. What is there stays as it
/// is, so that it can be called at every start.
///
/// # Errors
/// If something can't be made; what was made before stays.
pub async fn provision(services: &Arc<Services>, notes: &mut DevNotes) -> anyhow::Result<()> {
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
    make_organization(services, None, slug, name, &Kind::FIRST).await
}

/// Make the platform's own organization, unless it is there. Its log takes what belongs to no other: it has the id that events
/// were given before it existed.
pub(crate) async fn platform(services: &Arc<Services>) -> anyhow::Result<()> {
    if services.store.find_org_by_id(&services.platform).await?.is_none() {
        // Nobody signs in there at first; a key that applications ask for is made when the first of them does.
        make_organization(services, Some(services.platform.clone()), "platform", "Platform", &[Kind::P256]).await?;
    }
    Ok(())
}

async fn make_organization(
    services: &Arc<Services>,
    id: Option<OrgId>,
    slug: &str,
    name: &str,
    kinds: &[Kind],
) -> anyhow::Result<Org> {
    let slug = Slug::parse(slug)
        .with_context(|| format!("{slug} can't be a slug: it takes 2 to 63 lower-case letters, digits and inner hyphens"))?;
    let found = services.store.find_org(slug.as_str()).await?;
    let keys = if found.is_none() { op::keys::generate(kinds, services.clock.now(), &*services.rng).await? } else { Vec::new() };
    let make = MakeOrganization { id, slug: slug.clone(), name: name.to_owned(), keys };
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
    let password = hash(services, org, email, &Secret::new(password)).await?;
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
    let make = async |client: NewClient, agent: Option<Agent>| {
        act(services, Some(org.clone()), Actor::Operator, MakeClient { client, agent }).await
    };
    let scopes = |text: &str| Scopes::from(text.to_owned());
    let people = scopes("openid profile email address phone offline_access authz:read authz:check admin");
    let demo = format!("{}/dev/app", notes.base_url);

    let of = &notes.web_client;
    let web = NewClient::web(&*of.client_id, "Demo web application", Secret::new(&*of.client_secret), of.redirect_uris.clone());
    let after = vec![demo.clone(), "http://localhost/".to_owned()];
    make(web.with_scopes(people.clone()).with_post_logout_redirect_uris(after), None).await?;

    let of = &notes.spa_client;
    let spa = NewClient::public(&*of.client_id, "Demo single-page application", of.redirect_uris.clone());
    make(spa.with_scopes(people), None).await?;

    let app = NewClient::public(op::demo::CLIENT_ID, "Demo app", vec![format!("{demo}/callback")]);
    make(app.with_scopes(scopes("openid profile email")).with_post_logout_redirect_uris(vec![demo]), None).await?;

    let mut tv = NewClient::public(op::demo::television::CLIENT_ID, "Demo television", Vec::new());
    tv.metadata.grant_types = vec![oauth::grant::DEVICE_CODE.to_owned()];
    tv.metadata.response_types = Vec::new();
    make(tv.with_scopes(scopes(op::demo::television::SCOPES)), None).await?;

    let of = &notes.service_client;
    let allowed = scopes("reports:read reports:write");
    make(NewClient::service(&*of.client_id, "Demo service", Secret::new(&*of.client_secret), allowed), None).await?;

    let of = &notes.agent;
    let capabilities = scopes("delegate:on_behalf documents:read documents:write");
    let agent = Agent {
        id: of.agent_id.as_str().into(),
        name: "Demo agent".to_owned(),
        capabilities: capabilities.clone(),
        budget_policy: None,
    };
    make(NewClient::service(&*of.client_id, "Demo agent", Secret::new(&*of.client_secret), capabilities), Some(agent)).await?;
    Ok(())
}
