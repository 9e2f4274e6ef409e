use super::kind::MailKind;
use super::template::Template;
use super::*;
use crate::testing::{World, as_client};
use kernel::Actor;
use pages::Brand;
use serde_json::{Value, json};

const PLACE: &str = "/admin/email-templates";
const GOOD: &str = "<h1>Welcome to {{ tenant.name }}!</h1>\n<p>Hi {{user.firstName}},</p>\n<p><a href=\"{{ action_url }}\" style=\"background: #4F46E5; color: white\">Verify</a></p><!-- by hand --><img src='https://cdn.example/logo.png' alt='Logo of {{ tenant.name }}'><br/>";

fn admin() -> Actor {
    as_client("admin")
}

fn sample() -> Values {
    let mut values = MailKind::EmailVerification.samples();
    values.insert("user.firstName", "<b>Eve</b> \"x\" & {{ action_url }}".to_owned());
    values.insert("action_url", "https://id.example/verify?token=a.b&x=\"><script>".to_owned());
    values
}

#[test]
fn values_are_text_wherever_they_stand() {
    let template = Template::parse(MailKind::EmailVerification, "For {{ user.firstName }}", GOOD).unwrap();
    let mail = template.render(&sample());
    assert_eq!(mail.subject, "For <b>Eve</b> \"x\" & {{ action_url }}");
    assert!(mail.html.contains("<p>Hi &lt;b&gt;Eve&lt;/b&gt; &quot;x&quot; &amp; {{ action_url }},</p>"), "{}", mail.html);
    assert!(mail.html.contains("href=\"https://id.example/verify?token=a.b&amp;x=&quot;&gt;&lt;script&gt;\""), "{}", mail.html);
    assert!(!mail.html.contains("<script") && !mail.html.contains("by hand"));
    assert!(mail.html.contains("<img src=\"https://cdn.example/logo.png\" alt=\"Logo of Acme Corporation\">"), "{}", mail.html);
    let text = "Welcome to Acme Corporation!\n\nHi <b>Eve</b> \"x\" & {{ action_url }},\n\nVerify: https://id.example/verify?token=a.b&x=\"><script>\n";
    assert_eq!(mail.text, text);
}

#[test]
fn a_name_starts_no_header() {
    let template = Template::parse(MailKind::EmailVerification, "Hello {{ user.firstName }}", GOOD).unwrap();
    let mut values = sample();
    values.insert("user.firstName", "Eve\r\nBcc: all@example.com".to_owned());
    assert_eq!(template.render(&values).subject, "Hello Eve Bcc: all@example.com");
}

#[test]
fn every_built_in_mail_is_a_template_that_makes_itself() {
    for kind in MailKind::ALL {
        for tag in Words::languages() {
            let words = Words::by_tag(tag).unwrap();
            let brand = Brand { colour: Some("#ffe600".to_owned()), ..Brand::default() };
            let (subject, body) = kind.built_in(words, &brand);
            let template =
                Template::parse(kind, &subject, &body).unwrap_or_else(|fault| panic!("{kind:?} {tag}: {:?}", fault.fields));
            let mail = template.render(&kind.samples());
            assert!(
                mail.html.contains("Robin") && mail.html.contains("href=\"https://id.example.com/orgs/acme-corp/…\""),
                "{}",
                mail.html
            );
            assert!(mail.text.contains("Acme Corporation") && mail.text.contains("https://id.example.com/"), "{}", mail.text);
            for rest in ["{{", "}}", "&#38;", "<"] {
                assert!(!mail.text.contains(rest), "{}", mail.text);
            }
        }
    }
}

#[test]
fn what_runs_loads_or_leads_elsewhere_is_refused() {
    let needed = "<a href=\"{{ action_url }}\">go</a>";
    for bad in [
        "<script>alert(1)</script>",
        "<style>@import 'https://evil.example'</style>",
        "<iframe src=\"https://evil.example\"></iframe>",
        "<form action=\"https://evil.example\"><input name=\"x\"></form>",
        "<svg onload=\"x\"></svg>",
        "<base href=\"https://evil.example\">",
        "<link rel=\"stylesheet\" href=\"https://evil.example\">",
        "<meta http-equiv=\"refresh\" content=\"0\">",
        "<p onclick=\"x()\">x</p>",
        "<p style=\"background:url(https://evil.example)\">x</p>",
        "<p style=\"background:u\\72l(x)\">x</p>",
        "<p style=\"color:{{ user.email }}\">x</p>",
        "<p id=\"{{ action_url }}\">x</p>",
        "<img src=\"https://evil.example/?{{ action_url }}\">",
        "<img src=\"{{ action_url }}\">",
        "<img src=\"http://evil.example/x.png\">",
        "<img src=\"data:image/png;base64,AAAA\">",
        "<img srcset=\"https://evil.example/x.png 2x\">",
        "<a href=\"https://evil.example/?u={{ action_url }}\">x</a>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\" https://evil.example\">x</a>",
        "<a href=\"{{ user.email }}\">x</a>",
        "<a href=https://example.com>x</a>",
        "<a href=\"https://example.com\" href=\"{{ action_url }}\">x</a>",
        "<p>unclosed",
        "</p>",
        "<b><i>x</b></i>",
        "<p/ x>",
        "1 < 2",
        "<!-- unclosed",
        "<p title=\"x>y</p>",
        "{{ user.password }}",
        "{{ user.email | safe }}",
        "{{ user.email",
        "user.email }}",
        "{% for x in y %}",
        "{{}}",
        "<?php x ?>",
        "<![CDATA[x]]>",
    ] {
        let fault = Template::parse(MailKind::PasswordReset, "Hello", &format!("{needed}{bad}")).map(|_| bad).unwrap_err();
        assert_eq!((fault.code, fault.fields[0].0.as_str()), ("validation_error", "body_html"), "{bad}");
    }
    assert!(Template::parse(MailKind::PasswordReset, "Hello", "<p>no link</p>").is_err(), "a mail without its link is useless");
    assert!(Template::parse(MailKind::PasswordReset, "{{ nobody }}", needed).is_err());
    assert!(Template::parse(MailKind::PasswordReset, "{{ changed_at }}", needed).is_err(), "a variable of another mail");
}

#[tokio::test]
async fn a_template_is_written_previewed_used_and_forgotten() {
    let world = World::start().await;
    let call = async |method: &str, path: &str, body: Value| world.call(&admin(), method, &format!("{PLACE}{path}"), body).await;
    let list = call("GET", "", Value::Null).await.unwrap();
    assert_eq!(list["email_templates"], list["data"]);
    assert_eq!(list["data"].as_array().unwrap().len(), MailKind::ALL.len());
    let built_in = call("GET", "/email_verification", Value::Null).await.unwrap();
    assert_eq!((&built_in["is_custom"], &built_in["created_at"]), (&json!(false), &Value::Null));
    assert!(list["data"][0].get("body_html").is_none() && built_in["body_html"].is_string());

    let saved = call("PUT", "/email-verification", json!({ "subject": "Hi {{ user.name }}", "body_html": GOOD })).await.unwrap();
    assert_eq!(
        (&saved["is_custom"], &saved["is_active"], &saved["type"]),
        (&json!(true), &json!(true), &json!("email_verification"))
    );
    assert_eq!(call("GET", "/email_verification", Value::Null).await.unwrap(), saved);
    let preview = call("POST", "/email_verification/preview", json!({ "subject": "Now: {{ expiration }}" })).await.unwrap();
    assert_eq!(preview["subject"], "Now: 24 hours");
    assert!(preview["html"].as_str().unwrap().contains("<h1>Welcome to ACME-CORP!</h1>"), "{preview}");
    let names = call("GET", "/email_verification/variables", Value::Null).await.unwrap();
    assert!(names["variables"]["action_url"].is_string());

    let german = json!({ "subject": "Hallo", "body_html": GOOD, "is_active": false });
    call("PUT", "/email_verification?language=de", german).await.unwrap();
    assert_eq!(call("GET", "", Value::Null).await.unwrap()["data"].as_array().unwrap().len(), MailKind::ALL.len() + 1);
    let used = async |tag: &'static str| {
        let used = world.play(&world.org, move |cx| {
            Box::pin(async move {
                in_own_words(&mut cx.tx, MailKind::EmailVerification, Words::by_tag(tag).unwrap(), &sample()).await
            })
        });
        used.await.unwrap().map(|mail| mail.subject)
    };
    assert_eq!(used("de").await.unwrap(), "Hi Robin Example", "what isn't active isn't used");
    call("PUT", "/email_verification?language=de", json!({ "subject": "Hallo", "body_html": GOOD, "is_active": true }))
        .await
        .unwrap();
    assert_eq!((used("de").await.unwrap().as_str(), used("fr").await.unwrap().as_str()), ("Hallo", "Hi Robin Example"));
    assert_eq!(
        call("DELETE", "/email_verification", Value::Null).await.unwrap()["message"],
        "Template deleted; the built-in one is used again."
    );
    assert_eq!((used("de").await.unwrap().as_str(), used("fr").await), ("Hallo", None));
    assert_eq!(call("GET", "/email_verification", Value::Null).await.unwrap(), built_in);
    let names = world.event_names().await;
    assert_eq!(names.iter().filter(|name| name.starts_with("email_templates.")).count(), 4, "{names:?}");
}

#[tokio::test]
async fn what_can_not_be_a_template_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let put = async |path: &str, body: Value| world.call(&admin(), "PUT", &format!("{PLACE}{path}"), body).await.unwrap_err();
    for (path, body, kind) in [
        ("/nothing", json!({ "subject": "x", "body_html": GOOD }), kernel::FaultKind::NotFound),
        ("/email_verification", json!({ "subject": "x" }), kernel::FaultKind::Invalid),
        ("/email_verification", json!({ "subject": "x\ny", "body_html": GOOD }), kernel::FaultKind::Invalid),
        ("/email_verification", json!({ "subject": "x", "body_html": GOOD, "html": "x" }), kernel::FaultKind::Invalid),
        ("/email_verification?language=tlh", json!({ "subject": "x", "body_html": GOOD }), kernel::FaultKind::Invalid),
        ("/email_verification", json!({ "subject": "x", "body_html": "<p>x</p>" }), kernel::FaultKind::Unprocessable),
        ("/email_verification", json!({ "subject": "{{ x }}", "body_html": "<script>" }), kernel::FaultKind::Unprocessable),
    ] {
        assert_eq!(put(path, body.clone()).await.kind, kind, "{path} {body}");
    }
    let list = world.call(&admin(), "GET", PLACE, Value::Null).await.unwrap();
    assert!(list["data"].as_array().unwrap().iter().all(|template| template["is_custom"] == false));
    for (method, path) in
        [("GET", "/nothing"), ("DELETE", "/nothing"), ("DELETE", "/password_reset"), ("POST", "/nothing/preview")]
    {
        let fault = world.call(&admin(), method, &format!("{PLACE}{path}"), Value::Null).await.unwrap_err();
        assert_eq!(fault.code, "email_templates.not_found", "{method} {path}");
    }
}

#[tokio::test]
async fn an_organization_sees_no_templates_of_another() {
    let world = World::start().await;
    world
        .call(&admin(), "PUT", "/admin/email-templates/password_reset", json!({ "subject": "x", "body_html": GOOD }))
        .await
        .unwrap();
    let own = world.call(&admin(), "GET", "/admin/email-templates/password_reset", Value::Null).await.unwrap();
    assert_eq!(own["is_custom"], true);
    let other = world.another_org("globex").await;
    let found = world.play(&other, |cx| {
        Box::pin(async move {
            in_own_words(&mut cx.tx, MailKind::PasswordReset, Words::by_tag("en").unwrap(), &MailKind::PasswordReset.samples())
                .await
        })
    });
    assert!(found.await.unwrap().is_none());
}
