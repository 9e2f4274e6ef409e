//! The console: what an administrator does on a Monday.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use kernel::Access;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use suite_journeys::admin::get;
use suite_journeys::pages::{at, has_id, press, sign_in};
use suite_journeys::{admin, people, record};
use testkit::{Answered, Browser, TestApp, databases};

async fn administrator(app: &TestApp) -> Browser<'_> {
    let mut browser = app.browser();
    sign_in(app, &mut browser, &app.notes.admin).await;
    browser
}

/// Whether the page says so.
fn says(page: &Answered, text: &str) -> bool {
    page.text().contains(text)
}

#[tokio::test]
async fn every_page_of_the_console_shows_itself_and_leads_on() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let mut browser = administrator(&app).await;
        let mut seen = vec![at(&app, "portal")];
        let mut next = 0;
        let mut blank = Vec::new();
        while next < seen.len() {
            let page = browser.open(&seen[next]).await;
            assert_eq!(page.status, 200, "{}: {}", seen[next], page.text());
            let html = page.text();
            // A mail as it would look stands apart from the console.
            let is_apart = seen[next].ends_with("/preview");
            assert!(is_apart || html.contains("aria-current=\"page\""), "{}", seen[next]);
            let is_squeezed = html.split("<input ").skip(1).filter_map(|rest| rest.split('>').next()).any(is_list_in_a_line);
            assert!(!is_squeezed, "a list is written one entry to a line: {}", seen[next]);
            // The browser of these tests has no address and no name.
            let expected = if seen[next].ends_with("/sessions") { vec!["From", "With"] } else { Vec::new() };
            let columns = blank_columns(&html).into_iter().filter(|column| !expected.contains(&column.as_str()));
            blank.extend(columns.map(|column| format!("{} at {column}", seen[next])));
            for link in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                // One page of each kind will do.
                let is_new = link.starts_with("/orgs/")
                    && link.contains("/portal")
                    && !link.contains('?')
                    && !seen.iter().any(|known| known == link);
                if is_new && seen.len() < 80 {
                    seen.push(link.to_owned());
                }
            }
            next += 1;
        }
        assert!(seen.len() > 30, "{seen:?}");
        assert!(blank.is_empty(), "no row has anything in these columns: {blank:?}");
    }
}

fn is_list_in_a_line(input: &str) -> bool {
    input.contains("type=\"text\"") && input.contains("value=\"[")
}

/// Columns of tables in which no row has anything.
fn blank_columns(html: &str) -> Vec<String> {
    let mut blank = Vec::new();
    for table in html.split("<table>").skip(1).filter_map(|rest| rest.split("</table>").next()) {
        let cells = table.split("<td data-label=\"").skip(1).filter_map(|rest| rest.split("</td>").next()?.split_once("\">"));
        let mut columns = BTreeMap::new();
        for (column, content) in cells {
            *columns.entry(column).or_insert(true) &= content.contains("quiet-text") && content.contains(">–<");
        }
        blank.extend(columns.into_iter().filter(|(_, is_blank)| *is_blank).map(|(column, _)| column.to_owned()));
    }
    blank
}

#[tokio::test]
async fn an_administrator_makes_changes_and_removes_somebody() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let mut browser = administrator(&app).await;
        let form = browser.open(&at(&app, "portal/users/new")).await.expect(200);
        let fields = [("email", "rosa@people.example"), ("name", "Rosa"), ("roles", "user\nadmin\n")];
        let made = press(&mut browser, &form, "create-user-form", &fields).await;
        let page = browser.follow(made).await.expect(200);
        assert!(has_id(&page, "news") && says(&page, "rosa@people.example"), "{}", page.text());
        let shown = get(&app, "/admin/users/rosa%40people.example").await.expect(200).json();
        assert_eq!((&shown["data"]["name"], &shown["data"]["isAdmin"]), (&json!("Rosa"), &json!(true)));

        let changed =
            press(&mut browser, &page, "change-user-form", &[("name", ""), ("locale", "fr"), ("isActive", "false")]).await;
        let page = browser.follow(changed).await.expect(200);
        let shown = get(&app, "/admin/users/rosa%40people.example").await.expect(200).json();
        assert_eq!(
            (&shown["data"]["name"], &shown["data"]["locale"], &shown["data"]["isActive"]),
            (&json!(null), &json!("fr"), &json!(false))
        );
        let blocked = press(&mut browser, &page, "block-user-form", &[]).await;
        let page = browser.follow(blocked).await.expect(200);
        assert!(says(&page, "blocked"));
        let deleted = press(&mut browser, &page, "delete-user-form", &[]).await;
        let list = browser.follow(deleted).await.expect(200);
        assert!(!says(&list, "rosa@people.example"));
        get(&app, "/admin/users/rosa%40people.example").await.expect(404);
        for name in ["users.created", "users.updated", "users.blocked", "users.deleted"] {
            assert!(!record::entries(&app, name).await.is_empty(), "{name} is in the log, as if a program had done it");
        }
    }
}

#[tokio::test]
async fn a_colleague_is_invited_and_comes_in_with_the_roles_that_were_given() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let closed = json!({ "self_registration_enabled": false });
        admin::call(&app, "PUT", "/admin/settings/branding", Some(&closed)).await.expect(200);
        let mut browser = administrator(&app).await;
        let form = browser.open(&at(&app, "portal/invitations/new")).await.expect(200);
        let refused = press(&mut browser, &form, "invite-form", &[("email", "kim"), ("name", "Kim Example")]).await.expect(400);
        assert!(says(&refused, "value=\"Kim Example\""), "what was typed is still there");
        let fields = [("email", "kim@people.example"), ("roles", "admin")];
        let sent = press(&mut browser, &refused, "invite-form", &fields).await;
        let list = browser.follow(sent).await.expect(200);
        assert!(has_id(&list, "news") && says(&list, "kim@people.example") && says(&list, "waiting"), "{}", list.text());
        let first = people::latest_link(&app, "kim@people.example").await;
        app.clock.advance(Duration::from_secs(1));
        press(&mut browser, &list, "resend-invitation-1-form", &[]).await.expect(303);
        let again = press(&mut browser, &list, "resend-invitation-1-form", &[]).await;
        assert_eq!(again.status, 429, "the second mail has hardly arrived");

        let link = people::latest_link(&app, "kim@people.example").await;
        assert_ne!(link, first);
        let mut kim = app.browser();
        let page = kim.open(&link.replace("/invitation?", "/invitation/register?")).await.expect(200);
        press(&mut kim, &page, "register-form", &[("password", "seven patient orange kettles")]).await.expect(303);
        kim.open(&at(&app, "portal")).await.expect(200);
        let list = browser.open(&at(&app, "portal/invitations?status=accepted")).await.expect(200);
        assert!(says(&list, "kim@people.example"), "{}", list.text());
        for name in ["invitations.created", "invitations.accepted"] {
            assert_eq!(record::entries(&app, name).await.len(), 1, "{name}");
        }
    }
}

#[tokio::test]
async fn several_colleagues_are_invited_and_whoever_needs_no_invitation_is_named() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let form = browser.open(&at(&app, "portal/invitations/new")).await.expect(200);
    let emails = format!("a@people.example\r\n{}\r\nb@people.example", app.notes.user.email);
    let sent = press(&mut browser, &form, "invite-several-form", &[("emails", &emails)]).await.expect(200);
    assert!(says(&sent, &app.notes.user.email) && !says(&sent, "b@people.example"), "{}", sent.text());
    let list = browser.open(&at(&app, "portal/invitations?status=pending")).await.expect(200);
    let gone = press(&mut browser, &list, "revoke-invitation-1-form", &[]).await;
    browser.follow(gone).await.expect(200);
    let left = browser.open(&at(&app, "portal/invitations?status=pending")).await.expect(200);
    assert!(!says(&left, "a@people.example") && says(&left, "b@people.example"), "{}", left.text());
}

#[tokio::test]
async fn a_group_is_made_filled_and_emptied() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let form = browser.open(&at(&app, "portal/groups/new")).await.expect(200);
    let made = press(&mut browser, &form, "create-group-form", &[("name", "Night crew"), ("roles", "user")]).await;
    let page = browser.follow(made).await.expect(200);
    let email = app.notes.user.email.as_str();
    let joined = press(&mut browser, &page, "add-members-form", &[("userIds", email)]).await;
    let page = browser.follow(joined).await.expect(200);
    assert!(says(&page, email), "{}", page.text());
    let renamed = press(&mut browser, &page, "change-group-form", &[("name", "Day crew"), ("roles", "")]).await;
    let page = browser.follow(renamed).await.expect(200);
    let group = get(&app, "/admin/groups/night-crew").await.expect(200).json();
    assert_eq!((&group["data"]["name"], &group["data"]["roles"]), (&json!("Day crew"), &json!([])), "an emptied list is empty");
    let user = admin::user_id(&app, email).await;
    let left = press(&mut browser, &page, &format!("remove-member-{user}-form"), &[]).await;
    let page = browser.follow(left).await.expect(200);
    assert!(!says(&page, email) && says(&page, "Nobody belongs to it yet."), "{}", page.text());
    let gone = press(&mut browser, &page, "delete-group-form", &[]).await;
    browser.follow(gone).await.expect(200);
    get(&app, "/admin/groups/night-crew").await.expect(404);
}

#[tokio::test]
async fn a_session_is_found_and_ended() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let mut user = app.browser();
    sign_in(&app, &mut user, &app.notes.user).await;
    let page = browser.open(&at(&app, &format!("portal/sessions?userId={}", app.notes.user.email))).await.expect(200);
    let html = page.text();
    let ends: Vec<&str> = html.split("id=\"end-session-").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ends.iter().filter(|id| id.ends_with("-form")).count(), 1, "only theirs: {ends:?}");
    let form = format!("end-session-{}", ends.iter().find(|id| id.ends_with("-form")).unwrap());
    let ended = press(&mut browser, &page, &form, &[]).await;
    browser.follow(ended).await.expect(200);
    assert!(!suite_journeys::pages::is_signed_in(&app, &mut user).await);
    let page = browser.open(&at(&app, "portal/sessions")).await.expect(200);
    let unsure = press(&mut browser, &page, "end-all-sessions-form", &[("confirm", "")]).await.expect(400);
    let all = press(&mut browser, &unsure, "end-all-sessions-form", &[("confirm", "true")]).await.expect(303);
    assert!(all.location().contains("/portal/sessions"));
    assert!(!suite_journeys::pages::is_signed_in(&app, &mut browser).await, "the administrator as well");
}

#[tokio::test]
async fn every_section_of_the_settings_is_saved_as_it_is_without_a_change() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let before = get(&app, "/admin/settings").await.expect(200).json();
    let list = browser.open(&at(&app, "portal/settings")).await.expect(200).text();
    let sections: Vec<&str> = list.split("/portal/settings/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(sections.len() >= 6, "{sections:?}");
    assert!(!sections.contains(&"scim"), "nothing of it does anything");
    browser.open(&at(&app, "portal/settings/scim")).await.expect(404);
    for section in sections {
        let mut saved = 0;
        let page = browser.open(&at(&app, &format!("portal/settings/{section}"))).await.expect(200);
        let html = page.text();
        for form in html.split("<form").skip(1).filter_map(|tag| tag.split(" id=\"").nth(1)?.split('"').next()) {
            if form.starts_with("settings") {
                let done = press(&mut browser, &page, form, &[]).await;
                assert_eq!(done.status, 303, "{section} {form}: {}", done.text());
                saved += 1;
            }
        }
        assert!(saved > 0, "{section} has nothing to decide");
    }
    assert_eq!(get(&app, "/admin/settings").await.json(), before);
    let page = browser.open(&at(&app, "portal/settings/authentication")).await.expect(200);
    assert!(!page.text().contains("mfa_policy"), "nobody is asked for what does nothing");
    let fields = [("password_policy.min_length", "14")];
    let done = press(&mut browser, &page, "settings-password-policy-form", &fields).await;
    browser.follow(done).await.expect(200);
    let kept = get(&app, "/admin/settings/authentication").await.json();
    assert_eq!(kept["data"]["password_policy"]["min_length"], json!(14), "{kept}");
    let fields = [("password_policy.min_length", "3")];
    let refused = press(&mut browser, &page, "settings-password-policy-form", &fields).await.expect(400);
    assert!(says(&refused, "whole number from"), "{}", refused.text());
}

#[tokio::test]
async fn settings_speak_the_language_of_the_organization_where_the_reader_asks_for_none() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let languages = [
        ("de", "Erste Sperre eines Kontos in Sekunden", "Von 60 bis 86400.", "Gespeichert."),
        ("fr", "Premier verrouillage d’un compte, en secondes", "De 60 à 86400.", "Enregistré."),
        ("es", "Primer bloqueo de una cuenta, en segundos", "De 60 a 86400.", "Guardado."),
    ];
    for (language, label, bounds, saved) in languages {
        let spoken = json!({ "locale": language });
        admin::call(&app, "PATCH", "/admin/settings/general", Some(&spoken)).await.expect(200);
        let page = browser.open(&at(&app, "portal/settings/security")).await.expect(200);
        for said in [&format!("<html lang=\"{language}\""), label, bounds] {
            assert!(says(&page, said), "{said}: {}", page.text());
        }
        for english in ["in seconds", "as it is", "Lists are", ">yes<", ">Save<"] {
            assert!(!says(&page, english), "{language}: {english}");
        }
        let refused = press(&mut browser, &page, "settings-form", &[("lockout_threshold", "99")]).await.expect(400);
        assert!(has_id(&refused, "change-settings-security-form") && says(&refused, label), "{}", refused.text());
        let done = press(&mut browser, &page, "settings-form", &[]).await;
        assert!(says(&browser.follow(done).await, saved));
        let page = browser.open(&at(&app, "portal/settings/branding")).await.expect(200);
        assert!(!page.text().contains("custom_css"), "what takes nothing is not asked for");
    }
}

#[tokio::test]
async fn who_signed_in_is_found_by_day() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let today = app.services.clock.now().to_iso();
    let day = today.split('T').next().unwrap();
    let path = format!("portal/audit-log?search=&eventType=users.signed_in&result=&from={day}&to={day}");
    let page = browser.open(&at(&app, &path)).await.expect(200);
    assert!(says(&page, "A person signed in.") && !says(&page, "No entry"), "{}", page.text());
    assert!(!says(&page, "was changed") && !says(&page, "Tokens were issued"), "only sign-ins: {}", page.text());
    let path = "portal/audit-log?eventType=users.signed_in&from=2001-01-01&to=2001-01-01";
    assert!(says(&browser.open(&at(&app, path)).await.expect(200), "No entry of the log fits."));
}

#[tokio::test]
async fn an_application_is_registered_and_its_secret_shown_once() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let form = browser.open(&at(&app, "portal/applications/new")).await.expect(200);
    let fields =
        [("name", "Notes"), ("redirectUris", "https://notes.example/cb\nhttps://notes.example/other"), ("isPublic", "false")];
    let made = press(&mut browser, &form, "create-client-form", &fields).await.expect(200);
    assert!(says(&made, "client_secret") && has_id(&made, "back"), "{}", made.text());
    let html = made.text();
    let id = html
        .split("<code>")
        .find_map(|rest| rest.split('<').next().filter(|text| text.starts_with("client_")))
        .unwrap()
        .to_owned();
    let page = browser.open(&at(&app, &format!("portal/applications/{id}"))).await.expect(200);
    assert!(says(&page, "https://notes.example/other") && !says(&page, "client_secret"));
    let again = press(&mut browser, &page, "rotate-client-secret-form", &[]).await.expect(200);
    assert!(says(&again, "client_secret"));
}

#[tokio::test]
async fn an_api_key_is_made_shown_once_and_revoked_after_a_question() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let form = browser.open(&at(&app, "portal/api-keys/new")).await.expect(200);
    assert!(says(&form, "Users and invitations") && !says(&form, "authz:read"), "{}", form.text());
    let fields = [("name", "Nightly sync"), ("expiresInDays", "30")];
    let refused = press(&mut browser, &form, "create-api-key-form", &fields).await.expect(400);
    assert!(has_id(&refused, "create-api-key-scopes-problem") && says(&refused, "value=\"Nightly sync\""), "{}", refused.text());
    let fields = [("name", "Nightly sync"), ("scopes", "admin:users"), ("scopes", "admin:roles"), ("expiresInDays", "30")];
    let made = press(&mut browser, &refused, "create-api-key-form", &fields).await.expect(200);
    let html = made.text();
    let key = html.split("<code>").find_map(|rest| rest.split('<').next().filter(|text| text.starts_with("lmk_"))).unwrap();
    app.get(&app.api("/admin/roles")).api_key(key).send().await.expect(200);
    app.get(&app.api("/admin/groups")).api_key(key).send().await.expect(403);
    let list = browser.open(&at(&app, "portal/api-keys")).await.expect(200);
    assert!(says(&list, "Roles and permissions, Users and invitations") && !says(&list, key), "{}", list.text());
    let id = key.trim_start_matches("lmk_").split('.').next().unwrap();
    let page = at(&app, &format!("portal/api-keys/{id}"));
    assert!(says(&browser.open(&page).await.expect(200), "/revoke\">Revoke this key</a>"));
    let question = browser.open(&format!("{page}/revoke")).await.expect(200);
    assert!(says(&question, "Revoke “Nightly sync”?"), "{}", question.text());
    app.get(&app.api("/admin/roles")).api_key(key).send().await.expect(200);
    let revoked = press(&mut browser, &question, "revoke-api-key-form", &[]).await.expect(303);
    assert!(!says(&browser.follow(revoked).await.expect(200), "Nightly sync"));
    app.get(&app.api("/admin/roles")).api_key(key).send().await.expect(401);
    press(&mut browser, &question, "revoke-api-key-form", &[]).await.expect(404);
}

#[tokio::test]
async fn a_form_for_api_keys_offers_what_its_reader_may_give() {
    let app = TestApp::start().await;
    let clerk = admin::login("clerk");
    admin::make_user(&app, &clerk, json!({})).await;
    let role = json!({ "name": "Clerk", "permissions": ["api_keys.read", "api_keys.write", "users.read", "users.write"] });
    let role = admin::call(&app, "POST", "/admin/roles", Some(&role)).await.expect(201).json();
    let given = json!({ "userId": admin::user_id(&app, &clerk.email).await });
    let path = format!("/admin/roles/{}/users", role["data"]["id"].as_str().unwrap());
    admin::call(&app, "POST", &path, Some(&given)).await.expect(200);
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &clerk).await;
    let form = browser.open(&at(&app, "portal/api-keys/new")).await.expect(200);
    let offered: Vec<String> =
        form.text().split("type=\"checkbox\"").skip(1).map(|rest| rest.split('"').nth(3).unwrap().to_owned()).collect();
    assert_eq!(offered, ["admin:users", "admin:api_keys"]);
    let fields = [("name", "More"), ("scopes", "admin:roles")];
    press(&mut browser, &form, "create-api-key-form", &fields).await.expect(403);
}

#[tokio::test]
async fn what_is_refused_says_what_to_mend_and_changes_nothing() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let form = browser.open(&at(&app, "portal/users/new")).await.expect(200);
    let refused = press(&mut browser, &form, "create-user-form", &[("email", "nobody"), ("roles", "pope")]).await.expect(400);
    assert!(says(&refused, "Must be an e-mail address."), "{}", refused.text());
    assert!(says(&refused, "value=\"nobody\"") && says(&refused, ">pope</textarea>"), "what was typed is still there");
    assert!(says(&refused, "aria-current=\"page\"") && has_id(&refused, "problem"), "{}", refused.text());
    let mended =
        press(&mut browser, &refused, "create-user-form", &[("email", "nobody@people.example"), ("roles", "pope")]).await;
    assert!(says(&mended.expect(400), "pope"), "a role nobody knows");
    let again = [("email", app.notes.user.email.as_str()), ("name", "Twice")];
    let taken = press(&mut browser, &form, "create-user-form", &again).await.expect(409);
    assert!(has_id(&taken, "problem") && says(&taken, "value=\"Twice\""), "{}", taken.text());
    let forged = vec![("email".to_owned(), "x@people.example".to_owned())];
    let answered = browser.post(&at(&app, "portal/users"), &forged).await;
    assert!((400..404).contains(&answered.status), "a form of another site: {}", answered.status);
    get(&app, "/admin/users/x%40people.example").await.expect(404);
}

/// An address with something in each of its placeholders.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_form_of_the_console_needs_its_token() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let user = suite_journeys::admin::user_id(&app, &app.notes.user.email).await;
    let client = app.notes.web_client.client_id.clone();
    let before = get(&app, "/admin/users").await.text();
    let catalogue = lumoauth::assemble::catalogue(true);
    let mut asked = 0;
    for entry in catalogue.entries().iter().filter(|entry| matches!(entry.access, Access::Console(_))) {
        for route in entry.routes.iter().filter(|route| route.method == flow::Method::Post) {
            let path = route.path.replace("{org}", &app.notes.org).replace("{userId}", &user).replace("{clientId}", &client);
            let path = filled(&path.replace("{roleId}", "user").replace("{groupId}", "crew"));
            for token in [None, Some("x")] {
                let takes = |name: &str| {
                    (entry.parameters)().iter().any(|known| known.name == name && known.source == flow::Source::Body)
                };
                let known = [("email", "x@people.example"), ("name", "Mallory")].into_iter().filter(|(name, _)| takes(name));
                let fields = known.chain(token.map(|token| ("csrf", token)));
                let fields: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                let answered = browser.post(&path, &fields).await;
                assert!([400, 403].contains(&answered.status), "{path}: {}", answered.status);
                asked += 1;
            }
        }
    }
    assert!(asked > 20, "{asked}");
    assert_eq!(get(&app, "/admin/users").await.text(), before);
    get(&app, &format!("/admin/clients/{client}")).await.expect(200);
}

#[tokio::test]
async fn nobody_sees_more_of_the_console_than_they_may() {
    let app = TestApp::start().await;
    let catalogue = lumoauth::assemble::catalogue(true);
    let console: Vec<_> = catalogue.entries().iter().filter(|entry| matches!(entry.access, Access::Console(_))).collect();
    assert!(console.len() > 25, "{}", console.len());
    let mut stranger = app.browser();
    let mut user = app.browser();
    sign_in(&app, &mut user, &app.notes.user).await;
    for entry in console {
        for route in &entry.routes {
            let path = route.path.replace("{org}", &app.notes.org).replace("{userId}", "x").replace("{roleId}", "x");
            let path = filled(&path);
            let (from_stranger, from_user) = if route.method == flow::Method::Get {
                (stranger.open(&path).await, user.open(&path).await)
            } else {
                (stranger.post(&path, &[]).await, user.post(&path, &[]).await)
            };
            assert!(
                from_stranger.status == 303 && from_stranger.location().contains(&at(&app, "signin")),
                "{path}: {}",
                from_stranger.status
            );
            assert_eq!(from_user.status, 403, "{path}");
        }
    }
    assert_eq!(admin::get(&app, "/admin/users").await.status, 200);
}

#[tokio::test]
async fn an_entry_of_the_log_carries_its_proof_and_a_damaged_one_does_not() {
    let app = TestApp::start().await;
    let mut browser = administrator(&app).await;
    let page = browser.open(&at(&app, "portal/audit-log/1")).await.expect(200);
    assert!(says(&page, "proven: part of the log"), "{}", page.text());
    let work = |mut tx: store::Tx<store::Platform, store::Writes>| async move {
        let sql = store::platform_sql!("UPDATE events SET leaf = replace(leaf, 'created', 'crooked')");
        let changed = tx.execute(sql, &[]).await;
        (tx, store::Decision::KeepUnrecorded(changed, "a test tampers"))
    };
    app.services.store.write(store::Platform, work).await.unwrap().unwrap();
    let page = browser.open(&at(&app, "portal/audit-log/1")).await.expect(200);
    assert!(says(&page, "be proven: it is not what the log recorded"), "{}", page.text());
}

#[tokio::test]
async fn the_overview_shows_no_number_its_reader_may_not_ask_for() {
    let app = TestApp::start().await;
    let role = json!({ "name": "Reception", "slug": "reception", "permissions": ["users.read"] });
    admin::call(&app, "POST", "/admin/roles", Some(&role)).await.expect(201);
    let rosa = admin::login("rosa");
    admin::make_user(&app, &rosa, json!({ "roles": ["user", "reception"] })).await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &rosa).await;
    let page = browser.open(&at(&app, "portal")).await.expect(200);
    assert!(says(&page, "Users") && !says(&page, "Applications") && !says(&page, "Entries in the log"), "{}", page.text());
    let whole = administrator(&app).await.open(&at(&app, "portal")).await.expect(200);
    assert!(says(&whole, "Applications") && says(&whole, "Entries in the log"));
}
