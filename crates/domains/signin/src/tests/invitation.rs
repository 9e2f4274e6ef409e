//! Being invited into a company.

use crate::testing::{ADA, Browser, PASSWORD, Seen, World, databases, together};
use identity::admin_companies::{CreateCompany, Invite};
use identity::admin_invitations::InviteUser;
use identity::companies;
use identity::invitations::{INVITATION_LIFETIME, InvitationMail, renew_invitation};
use kernel::Actor;
use std::time::Duration;
use store::platform_sql;

const PAGE: &str = "/orgs/acme-corp/invitation";
const NEW: &str = "new@example.com";
const MEMBERS: store::PlatformSql = platform_sql!("SELECT count(*) AS a FROM company_members");

impl World {
    /// With the company Globex, into which that address was invited; the link of the mail.
    async fn invite(&self, email: &str) -> String {
        let company: CreateCompany = read(r#"{"name":"Globex"}"#, &[]);
        flow::act(&self.services, Some(self.org.clone()), Actor::Operator, company).await.unwrap();
        let invite: Invite = read(&format!(r#"{{"email":"{email}"}}"#), &[("organizationId", "globex")]);
        flow::act(&self.services, Some(self.org.clone()), Actor::Operator, invite).await.unwrap();
        self.latest_link().await
    }
    async fn members(&self) -> i64 {
        self.number(MEMBERS).await
    }
}

fn read<T: flow::Parse>(body: &str, path: &[(&str, &str)]) -> T {
    let own = |text: &str| text.to_owned();
    T::parse(&flow::Incoming {
        headers: vec![(own("content-type"), own("application/json"))],
        body: body.as_bytes().to_vec(),
        path_params: path.iter().map(|(name, value)| (own(name), own(value))).collect(),
        ..flow::Incoming::default()
    })
    .unwrap()
}

async fn accept(browser: &mut Browser<'_>, page: &Seen) -> Seen {
    browser.submit(page, &[("decision", "accept")]).await
}

#[tokio::test]
async fn whoever_has_an_account_signs_in_and_accepts() {
    let world = World::with_ada().await;
    let link = world.invite("Ada@example.com").await;
    let mail = world.mails().await.pop().unwrap();
    assert_eq!((mail.recipient.as_str(), mail.subject.as_str()), ("Ada@example.com", "You are invited to join Globex"));
    let mut browser = world.browser();
    let page = browser.get(&link).await;
    assert!(page.shows("sign-in-link") && page.shows("register-link") && !page.shows("accept"));
    let sign_in = page.text.split("id=\"sign-in-link\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let back = browser.fill(&sign_in, &[("identifier", ADA), ("password", PASSWORD)]).await;
    assert_eq!(back.location(), link);
    let page = browser.get(&link).await;
    assert!(page.shows("accept") && page.text.contains("Globex") && page.text.contains("Member"));
    let joined = accept(&mut browser, &page).await;
    assert_eq!(joined.location(), "/orgs/acme-corp/account?notice=joined");
    assert!(browser.get(joined.location()).await.shows("notice"));
    assert_eq!(world.members().await, 1);
    assert_eq!(browser.get(&link).await.status, 410, "a link works once");
    let leaf = world.events().await.into_iter().find(|(name, ..)| name == "companies.invitation_accepted").unwrap().2;
    let (ada, leaf) = (world.user(ADA).await.unwrap().id, leaf.to_string());
    assert!(leaf.contains(ada.as_str()) && leaf.contains("member") && !leaf.to_lowercase().contains(ADA), "{leaf}");
}

#[tokio::test]
async fn whoever_has_none_makes_one_and_the_address_is_theirs_at_once() {
    let world = World::start().await;
    // Whether people may register by themselves makes no difference.
    world.settings(r#"{"branding":{"self_registration_enabled":false}}"#).await;
    let link = world.invite(NEW).await;
    let mut browser = world.browser();
    let page = browser.get(&link.replace("/invitation?", "/invitation/register?")).await;
    assert!(page.text.contains(NEW) && page.text.contains("Globex"));
    let short = browser.submit(&page, &[("password", "short")]).await;
    assert!(short.status == 400 && short.shows("problem"));
    let filled = [("given_name", "Nina"), ("family_name", "New"), ("password", PASSWORD)];
    assert_eq!(browser.submit(&page, &filled).await.location(), "/orgs/acme-corp/account?notice=joined");
    assert_eq!(browser.get("/orgs/acme-corp/account").await.status, 200, "they are signed in");
    let user = world.user(NEW).await.unwrap();
    assert!(user.email_verified && user.is_active && user.name.as_deref() == Some("Nina New"));
    assert_eq!(world.members().await, 1);
    assert_eq!(world.browser().sign_in(NEW, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn an_invitation_of_somebody_who_may_make_no_users_keeps_to_the_allowed_mail_domains() {
    let world = World::start().await;
    let link = world.invite(NEW).await;
    world.sql(platform_sql!("UPDATE invitations SET may_register = 0"), &[]).await;
    let register = link.replace("/invitation?", "/invitation/register?");
    let (open, page) = (r#""branding":{"self_registration_enabled":true}"#, world.browser().get(&register).await);
    assert_eq!(page.status, 200);
    world.settings(&format!(r#"{{{open},"authentication":{{"allowed_email_domains":["other.example"]}}}}"#)).await;
    assert_eq!(world.browser().get(&register).await.status, 410);
    assert!(!world.browser().get(&link).await.shows("register-link"));
    let mut browser = world.browser();
    browser.get(&link).await;
    let sent = browser.submit(&page, &[("password", PASSWORD)]).await;
    assert_ne!(sent.status, 303);
    assert!(world.user(NEW).await.is_none());
    world.settings(&format!(r#"{{{open},"authentication":{{"allowed_email_domains":["example.com"]}}}}"#)).await;
    assert_eq!(world.browser().get(&register).await.status, 200);
}

#[tokio::test]
async fn nobody_can_prepare_an_account_for_somebody_who_will_be_invited() {
    let world = World::start().await;
    let mut attacker = world.browser();
    let typed = [("email", NEW), ("given_name", "Mallory"), ("password", "the attackers own password")];
    assert_eq!(attacker.fill("/orgs/acme-corp/register", &typed).await.status, 200);
    let link = world.invite(NEW).await;
    let mut browser = world.browser();
    let page = browser.get(&link.replace("/invitation?", "/invitation/register?")).await;
    assert_eq!(browser.submit(&page, &[("given_name", "Nina"), ("password", PASSWORD)]).await.status, 303);
    assert_eq!(attacker.sign_in(NEW, "the attackers own password").await.status, 401);
    assert_eq!(world.browser().sign_in(NEW, PASSWORD).await.status, 303);
    assert_eq!(world.user(NEW).await.unwrap().given_name.as_deref(), Some("Nina"));
}

#[tokio::test]
async fn an_account_in_use_is_not_taken_over_by_registering_again() {
    let world = World::with_ada().await;
    let link = world.invite(ADA).await;
    let mut browser = world.browser();
    let page = browser.get(&link.replace("/invitation?", "/invitation/register?")).await;
    let again = browser.submit(&page, &[("password", "another good password")]).await;
    assert!(again.status == 409 && again.shows("problem"));
    assert_eq!(world.members().await, 0);
    assert_eq!(world.browser().sign_in(ADA, PASSWORD).await.status, 303);
    assert_eq!(world.browser().get(&link).await.status, 200, "the invitation still waits");
}

#[tokio::test]
async fn the_page_is_the_same_whether_the_address_has_an_account_or_not() {
    let mut seen = Vec::new();
    for email in [ADA, NEW] {
        let world = World::with_ada().await;
        let link = world.invite(email).await;
        let page = world.browser().get(&link).await;
        let (token, csrf) = (link.split_once('=').unwrap().1.to_owned(), page.hidden("csrf"));
        assert!(!page.text.contains(email));
        seen.push((page.status, page.text.replace(&token, "…").replace(&csrf, "…")));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn somebody_else_is_told_so_calmly_and_can_come_back_with_the_right_account() {
    let world = World::with_ada().await;
    world.person("eve@example.com", PASSWORD).await;
    let link = world.invite(ADA).await;
    let mut browser = world.signed_in("eve@example.com").await;
    let page = browser.get(&link).await;
    assert!(page.status == 200 && page.shows("other-address") && !page.shows("accept") && !page.text.contains(ADA));
    assert_eq!(accept(&mut browser, &page).await.status, 403);
    assert_eq!(world.latest_events(1).await, ["companies.invitation_refused refused"]);
    assert_eq!(world.members().await, 0);
    let switched = browser.submit(&page, &[("decision", "switch")]).await;
    let back = browser.fill(switched.location(), &[("identifier", ADA), ("password", PASSWORD)]).await;
    assert_eq!(back.location(), link);
    let page = browser.get(&link).await;
    assert_eq!(accept(&mut browser, &page).await.status, 303);
    assert_eq!(world.members().await, 1);
}

#[tokio::test]
async fn an_invitation_is_declined_without_signing_in() {
    let world = World::start().await;
    let link = world.invite(NEW).await;
    let mut browser = world.browser();
    let page = browser.get(&link).await;
    let declined = browser.submit(&page, &[("decision", "decline")]).await;
    assert!(browser.get(declined.location()).await.shows("invitation-declined"));
    assert_eq!(browser.get(&link).await.status, 410);
    assert_eq!((world.members().await, world.user(NEW).await.is_none()), (0, true));
}

#[tokio::test]
async fn a_link_ends_with_its_time_its_revocation_and_the_next_one() {
    let world = World::with_ada().await;
    let first = world.invite(ADA).await;
    assert_eq!(world.browser().get(&first).await.status, 200);
    world.clock.advance(Duration::from_mins(5));
    let now = kernel::Clock::now(&*world.clock);
    let renewed = world.write(move |mut tx| {
        Box::pin(async move {
            let company = companies::load_company(&mut tx, "globex").await.unwrap().id;
            let renewed = renew_invitation(&mut tx, Some(&company), 1, INVITATION_LIFETIME, now).await;
            (tx, renewed)
        })
    });
    assert!(renewed.await);
    assert_eq!(world.browser().get(&first).await.status, 410, "before the second mail is written");
    let job = InvitationMail { invitation: 1 };
    flow::Job::perform(job, &world.services, &world.org).await.unwrap();
    let second = world.latest_link().await;
    assert_eq!((world.browser().get(&first).await.status, world.browser().get(&second).await.status), (410, 200));
    world.sql(platform_sql!("UPDATE companies SET is_active = 0"), &[]).await;
    assert_eq!(world.browser().get(&second).await.status, 410, "a company that is switched off takes nobody");
    world.sql(platform_sql!("UPDATE companies SET is_active = 1"), &[]).await;
    world.clock.advance(Duration::from_hours(7 * 24));
    assert_eq!(world.browser().get(&second).await.status, 410);
    for dead in ["", "?token=", "?token=1.x", "?token=x", &format!("?token=1.{}", "a".repeat(43))] {
        assert_eq!(world.browser().get(&format!("{PAGE}{dead}")).await.status, 410, "{dead}");
        let register = format!("{PAGE}/register{dead}");
        assert_eq!(world.browser().get(&register).await.status, 410, "{dead}");
    }
}

#[tokio::test]
async fn an_invitation_accepted_fifty_times_at_once_is_accepted_once() {
    for database in databases() {
        let world = World::with_ada_on(database).await;
        let link = world.invite(ADA).await;
        let mut browser = world.signed_in(ADA).await;
        let page = browser.get(&link).await;
        let attempts = (0..50).map(|_| {
            let (mut browser, page) = (browser.clone(), &page);
            async move { accept(&mut browser, page).await.status }
        });
        let mut statuses = together(attempts).await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1]), (303, 410), "{database:?}");
        assert_eq!(world.members().await, 1, "{database:?}");
        let accepted = world.events().await.into_iter().filter(|(name, ..)| name == "companies.invitation_accepted").count();
        assert_eq!(accepted, 1, "{database:?}");
    }
}

#[tokio::test]
async fn a_form_of_another_browser_answers_nothing() {
    let world = World::with_ada().await;
    let link = world.invite(ADA).await;
    let page = world.signed_in(ADA).await.get(&link).await;
    let mut other = world.signed_in(ADA).await;
    for decision in ["accept", "decline", "switch"] {
        assert_eq!(other.submit(&page, &[("decision", decision)]).await.status, 403, "{decision}");
    }
    let join = world.browser().get(&link.replace("/invitation?", "/invitation/register?")).await;
    assert_eq!(other.submit(&join, &[("password", PASSWORD)]).await.status, 403);
    assert_eq!(world.members().await, 0);
}

/// An invitation into the organization itself, with the roles that were given; the link of the mail.
async fn invite_here(world: &World, by: Actor, email: &str, roles: &[&str]) -> String {
    let roles = roles.iter().map(|role| format!("\"{role}\"")).collect::<Vec<_>>().join(",");
    let body = format!(r#"{{"email":"{email}","name":"Nina van New","roles":[{roles}]}}"#);
    flow::act(&world.services, Some(world.org.clone()), by, read::<InviteUser>(&body, &[])).await.unwrap();
    world.latest_link().await
}

async fn roles_of(world: &World, email: &str) -> Vec<String> {
    let user = world.user(email).await.unwrap().id;
    let held = world.write(move |mut tx| {
        let user = user.clone();
        Box::pin(async move {
            let held = identity::roles::list_of_user(&mut tx, &user).await;
            (tx, held)
        })
    });
    held.await.into_iter().map(|role| role.slug).collect()
}

#[tokio::test]
async fn an_invitation_into_the_organization_makes_an_account_with_its_roles() {
    let world = World::start().await;
    world.settings(r#"{"branding":{"self_registration_enabled":false}}"#).await;
    let link = invite_here(&world, Actor::Operator, NEW, &["admin"]).await;
    let mut browser = world.browser();
    let page = browser.get(&link).await;
    assert!(page.shows("sign-in-link") && page.shows("register-link") && page.text.contains(world.org.name()));
    let page = browser.get(&link.replace("/invitation?", "/invitation/register?")).await;
    assert!(page.text.contains("value=\"Nina van\"") && page.text.contains("value=\"New\""), "the name is there to be corrected");
    assert_eq!(browser.submit(&page, &[("given_name", "Nina"), ("password", PASSWORD)]).await.status, 303);
    assert_eq!(roles_of(&world, NEW).await, ["admin", "user"]);
    assert!(world.user(NEW).await.unwrap().email_verified);
    assert_eq!(world.browser().get(&link).await.status, 410, "a link works once");
    let accepted = world.events().await.into_iter().filter(|(name, ..)| name == "invitations.accepted").count();
    assert_eq!((accepted, world.members().await), (1, 0));
}

#[tokio::test]
async fn whoever_came_to_an_account_meanwhile_signs_in_and_gets_the_roles() {
    let world = World::start().await;
    let link = invite_here(&world, Actor::Operator, ADA, &["admin"]).await;
    world.person(ADA, PASSWORD).await;
    let mut browser = world.signed_in(ADA).await;
    let page = browser.get(&link).await;
    assert_eq!(accept(&mut browser, &page).await.status, 303);
    assert!(roles_of(&world, ADA).await.contains(&"admin".to_owned()));
}

#[tokio::test]
async fn a_program_gives_what_it_may_give_on_the_day_its_invitation_is_accepted() {
    let admin = r#"{"client_id":"client_sync","scopes":"admin"}"#;
    let users_only = r#"{"client_id":"client_sync","scopes":"admin:users"}"#;
    for (is_active, metadata, expected) in
        [("1", admin, &["admin", "user"][..]), ("0", admin, &["user"]), ("1", users_only, &["user"])]
    {
        let world = World::start().await;
        let made = platform_sql!(
            "INSERT INTO clients (org_id, id, name, is_confidential, metadata, created_at, updated_at)
             SELECT id, 'client_sync', 'Sync', 1, :metadata, 0, 0 FROM organizations WHERE slug = 'acme-corp'"
        );
        world.sql(made, &[(":metadata", admin.to_owned())]).await;
        let scopes = kernel::Scopes::parse("admin").unwrap();
        let program = Actor::Client { client: "client_sync".into(), scopes };
        let link = invite_here(&world, program, NEW, &["admin"]).await;
        let changed = platform_sql!("UPDATE clients SET is_active = CAST(:is_active AS BIGINT), metadata = :metadata");
        world.sql(changed, &[(":is_active", is_active.to_owned()), (":metadata", metadata.to_owned())]).await;
        let mut browser = world.browser();
        let page = browser.get(&link.replace("/invitation?", "/invitation/register?")).await;
        assert_eq!(browser.submit(&page, &[("password", PASSWORD)]).await.status, 303);
        assert_eq!(roles_of(&world, NEW).await, expected, "{is_active} {metadata}");
    }
}

#[tokio::test]
async fn an_inviter_who_was_shut_out_gives_nothing_any_more() {
    let world = World::with_ada().await;
    let ada = world.user(ADA).await.unwrap().id;
    let link = invite_here(&world, Actor::Operator, "first@example.com", &["admin"]).await;
    let sql = platform_sql!("UPDATE invitations SET invited_by = :ada, inviter_kind = 'user', inviter = :ada");
    world.sql(sql, &[(":ada", ada.to_string())]).await;
    let mut browser = world.browser();
    let page = browser.get(&link.replace("/invitation?", "/invitation/register?")).await;
    assert_eq!(browser.submit(&page, &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(roles_of(&world, "first@example.com").await, ["user"], "Ada is no administrator");
    let leaf = world.events().await.into_iter().find(|(name, ..)| name == "invitations.accepted").unwrap().2.to_string();
    assert!(leaf.contains("withheld") && leaf.contains("admin"), "{leaf}");
}

#[tokio::test]
async fn an_invitation_that_may_not_make_an_account_leads_to_signing_in_alone() {
    let world = World::start().await;
    world.settings(r#"{"branding":{"self_registration_enabled":false}}"#).await;
    let link = world.invite(NEW).await;
    world.sql(platform_sql!("UPDATE invitations SET may_register = 0"), &[]).await;
    let page = world.browser().get(&link).await;
    assert!(page.status == 200 && page.shows("sign-in-link") && !page.shows("register-link"));
    assert_eq!(world.browser().get(&link.replace("/invitation?", "/invitation/register?")).await.status, 410);
    world.settings(r#"{"branding":{"self_registration_enabled":true}}"#).await;
    assert_eq!(world.browser().get(&link.replace("/invitation?", "/invitation/register?")).await.status, 200);
}
