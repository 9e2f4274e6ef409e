//! What people and applications typed stays text.

use super::html::{Tag, assert_nested, tags};
use crate::mail;
use crate::views::{
    Account, Activity, Approval, ApprovalRequest, Client, ConnectedApp, Consent, DemoHome, DemoSignedIn, Detail, Details,
    DeviceConsent, ErrorPage, FormPost, Frame, Happening, MailLine, MailPage, Mailbox, Profile, Scope, Session, SignIn, SignOut,
    SignedOut, Stranger, TelevisionCode, TelevisionOff, TelevisionOn, Trouble,
};
use crate::{Brand, Form, Ground, Help, Look, Panel, Problem, Shell, fields, words};
use kernel::Timestamp;

const ATTACKS: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</title></textarea><svg/onload=alert(1)>",
    "&lt;b&gt; &#60;i&#62; {{ 7 * 7 }}",
    "\u{202e}-->\u{0}]]>",
];

/// Names and order of tags and attributes: all that a text must not change.
fn structure(tags: &[Tag]) -> Vec<(String, bool, Vec<String>)> {
    let keys = |tag: &Tag| tag.attributes.iter().map(|(key, _)| key.clone()).collect();
    tags.iter().map(|tag| (tag.name.clone(), tag.is_end, keys(tag))).collect()
}

#[test]
fn no_text_changes_the_structure_of_a_page() {
    let plain = pages_saying("plain");
    for attack in ATTACKS {
        for ((name, html), (_, plain)) in pages_saying(attack).into_iter().zip(&plain) {
            let (found, expected) = (tags(&html), tags(plain));
            assert_nested(&found, name);
            assert_eq!(structure(&found), structure(&expected), "{name} saying {attack}");
        }
    }
}

#[test]
fn every_text_arrives_as_it_was_typed() {
    for attack in ATTACKS {
        for (name, html) in pages_saying(attack) {
            let found = tags(&html);
            let shown = found
                .iter()
                .any(|tag| tag.text.contains(attack) || tag.attributes.iter().any(|(_, value)| value.contains(attack)));
            assert!(shown, "{name} saying {attack}");
        }
    }
}

#[test]
fn addresses_that_are_not_of_the_web_never_become_links() {
    for url in
        ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "//evil.example"]
    {
        for (name, html) in pages_linking_to(url) {
            for tag in tags(&html) {
                for key in ["href", "src", "action"] {
                    assert_ne!(tag.attribute(key), Some(url), "{name}: {tag:?}");
                }
            }
        }
    }
}

#[test]
fn a_colour_is_not_a_way_into_the_page() {
    for colour in ["red;}body{display:none", "#fff\"><script>", "url(https://evil.example)"] {
        let mut page = sign_in("Acme");
        let plain = Look { ground: Ground::Plain, ..*page.shell.brand.look.clone() };
        for ground in [Ground::Colour(colour.into()), Ground::Gradient([colour.into(), "#fff".into()])] {
            *page.shell.brand.look = Look { ground, ..plain.clone() };
            let strange = page.html();
            *page.shell.brand.look = plain.clone();
            assert_eq!(strange, page.html(), "{colour}");
        }
    }
    for colour in ["red;}body{display:none", "#fff\"><script>", "url(https://evil.example)"] {
        let mut page = sign_in("Acme");
        page.shell.brand.colour = Some(colour.into());
        assert_eq!(page.html(), sign_in("Acme").html(), "{colour}");
    }
}

#[test]
fn mails_escape_names_too() {
    for attack in ATTACKS {
        let mail = mail::VerifyEmail {
            words: words::ALL[0],
            brand: Brand::named(attack),
            name: Some(attack.into()),
            link: "https://id.example/v".into(),
            valid_minutes: 60,
        }
        .mail();
        let found = tags(&mail.html);
        assert!(found.iter().all(|tag| !tag.is("script") && !tag.is("img") && !tag.is("svg")), "{attack}");
        assert!(!mail.subject.contains(char::is_control), "{attack}");
    }
}

fn shell(text: &str) -> Shell {
    let some = |text: &str| Some(text.to_owned());
    let panel = Panel {
        is_last: false,
        title: some(text),
        text: some(text),
        picture_url: Some(format!("https://acme.example/p/{text}")),
    };
    let look = Look {
        ground: Ground::Picture { url: format!("https://acme.example/g/{text}"), veil: 40 },
        favicon_url: Some(format!("https://acme.example/f/{text}")),
        title: some(text),
        subtitle: some(text),
        button: some(text),
        foot: some(text),
        panel: Some(panel),
        ..Look::default()
    };
    let brand = Brand {
        logo_url: Some(format!("https://acme.example/{text}")),
        help: Help { email: some(text), url: Some(format!("https://acme.example/help/{text}")) },
        look: Box::new(look),
        ..Brand::named(text)
    };
    Shell::new(words::ALL[0], brand)
}

fn form(text: &str) -> Form {
    Form {
        action: format!("/act?{text}"),
        csrf: text.into(),
        hidden: vec![("state".into(), text.into()), (text.into(), "value".into())],
        problem: Some(Problem::Said(text.into())),
    }
}

fn client(text: &str) -> Client {
    Client {
        name: text.into(),
        logo_url: Some(format!("https://app.example/{text}")),
        policy_url: Some(format!("https://app.example/privacy?{text}")),
        terms_url: Some(format!("https://app.example/terms?{text}")),
        publisher: Some(text.into()),
        stranger: Some(Stranger { host: text.into(), is_local: true }),
        destination: text.into(),
    }
}

fn sign_in(text: &str) -> SignIn {
    SignIn {
        shell: shell(text),
        form: form(text),
        client: Some(client(text)),
        identifier: text.into(),
        may_be_remembered: true,
        remember: false,
        register_url: Some(format!("/register?{text}")),
        forgot_url: None,
        may_cancel: true,
    }
}

fn consent(text: &str) -> Consent {
    let scopes = vec![Scope::named(text), Scope { name: "notes".into(), description: Some(text.into()) }];
    let (client, account, details) = (client(text), text.into(), exactly(text));
    Consent { shell: shell(text), form: form(text), client, account, switch_url: None, scopes, details }
}

fn exactly(text: &str) -> Vec<Detail> {
    let rows = vec![(text.into(), text.into())];
    vec![Detail { name: text.into(), title: text.into(), description: Some(text.into()), rows }]
}

fn device_consent(text: &str) -> DeviceConsent {
    DeviceConsent {
        shell: shell(text),
        form: form(text),
        client: client(text),
        account: text.into(),
        user_code: text.into(),
        device: text.into(),
        place: Some(text.into()),
        at: Timestamp::from_secs(0),
        scopes: vec![Scope::named(text)],
        details: exactly(text),
    }
}

fn approval(text: &str) -> Approval {
    let at = Timestamp::from_secs(0);
    let request = ApprovalRequest {
        url: format!("/orgs/acme/account/requests/{text}"),
        client: client(text),
        binding_message: Some(text.into()),
        scopes: vec![Scope::named(text)],
        details: exactly(text),
        at,
        until: at,
    };
    let back_url = "/orgs/acme/account".into();
    Approval { shell: shell(text), form: form(text), request, is_too_weak: false, account: text.into(), back_url }
}

fn account(text: &str) -> Account {
    let at = Timestamp::from_secs(0);
    Account {
        shell: shell(text),
        profile: Profile {
            form: form(text),
            given_name: text.into(),
            family_name: text.into(),
            email: text.into(),
            is_email_confirmed: true,
            confirm: None,
        },
        details_url: format!("/details?{text}"),
        approvals_url: "/a".into(),
        approval_code_url: "/c".into(),
        change_password_url: format!("/password?{text}"),
        password_changed_at: Some(at),
        sessions: vec![Session {
            id: text.into(),
            device: text.into(),
            place: Some(text.into()),
            last_active: at,
            is_current: false,
        }],
        revoke: Form::new("/revoke", text),
        apps: vec![ConnectedApp {
            id: text.into(),
            name: text.into(),
            logo_url: None,
            scopes: vec![Scope::named(text)],
            since: at,
        }],
        disconnect: Form::new("/disconnect", text),
        activity: vec![Activity { what: Happening::AppConnected(text.into()), at, place: Some(text.into()) }],
        accounts_url: "/accounts".into(),
        sign_out: Form::new("/sign-out", text),
    }
}

fn details(text: &str) -> Details {
    let typed = [fields::NICKNAME, fields::BIRTHDATE, fields::PICTURE, fields::COUNTRY];
    let values = typed.map(|name| (name, text.to_owned())).into();
    Details { shell: shell(text), form: form(text), values, back_url: format!("/back?{text}") }
}

fn pages_saying(text: &str) -> Vec<(&'static str, String)> {
    let t = || text.to_owned();
    let at = Timestamp::from_secs(0);
    let error = ErrorPage {
        shell: shell(text),
        trouble: Trouble::Request,
        code: Some(t()),
        description: Some(t()),
        request_id: t(),
        back_url: None,
    };
    let post = FormPost {
        shell: shell(text),
        action: format!("https://app.example/?{text}"),
        fields: vec![(t(), t())],
        client_name: t(),
    };
    let back_to = Some((t(), format!("https://app.example/?{text}")));
    let frame = Frame { src: format!("https://app.example/out?{text}"), origin: "https://app.example".into() };
    let line = MailLine { url: format!("/dev/mailbox/{text}"), to: t(), subject: t(), at };
    let mail = MailPage {
        shell: shell(text),
        to: t(),
        subject: t(),
        at,
        text: format!("before {text} after"),
        back_url: "/dev/mailbox".into(),
    };
    vec![
        ("sign-in", sign_in(text).html()),
        ("consent", consent(text).html()),
        ("device-consent", device_consent(text).html()),
        ("approval", approval(text).html()),
        ("account", account(text).html()),
        ("details", details(text).html()),
        ("error", error.html()),
        ("form-post", post.html()),
        ("sign-out", SignOut { shell: shell(text), form: form(text), account: t(), client_name: Some(t()) }.html()),
        ("signed-out", SignedOut { shell: shell(text), sign_in_url: None, back_to, leads_on: true, frames: vec![frame] }.html()),
        ("mailbox", Mailbox { shell: shell(text), mails: vec![line] }.html()),
        ("mail", mail.html()),
        ("television-off", TelevisionOff { shell: shell(text), connect_url: "/on".into(), error: Some((t(), t())) }.html()),
        (
            "television-code",
            TelevisionCode {
                shell: shell(text),
                user_code: t(),
                address: format!("https://app.example/?{text}"),
                qr: crate::Qr::of("the same"),
                interval: 5,
            }
            .html(),
        ),
        (
            "television-on",
            TelevisionOn { shell: shell(text), name: t(), claims: vec![(t(), t())], connect_url: "/on".into() }.html(),
        ),
        ("demo-app", DemoHome { shell: shell(text), login_url: "/login".into(), error: Some((t(), t())) }.html()),
        (
            "demo-app-signed-in",
            DemoSignedIn { shell: shell(text), name: t(), claims: vec![(t(), t())], logout: form(text) }.html(),
        ),
    ]
}

fn pages_linking_to(url: &str) -> Vec<(&'static str, String)> {
    let u = || Some(url.to_owned());
    let client = Client { logo_url: u(), policy_url: u(), terms_url: u(), ..client("App") };
    let mut branded = sign_in("Acme");
    branded.shell.brand.logo_url = u();
    let mut account = account("Acme");
    account.apps[0].logo_url = u();
    let mail = MailPage {
        shell: shell("Acme"),
        to: "mia".into(),
        subject: "Hello".into(),
        at: Timestamp::from_secs(0),
        text: format!("look at {url} now"),
        back_url: "/dev/mailbox".into(),
    };
    vec![
        ("sign-in", SignIn { client: Some(client.clone()), ..branded }.html()),
        ("consent", Consent { client, ..consent("App") }.html()),
        ("account", account.html()),
        ("mail", mail.html()),
        (
            "form-post",
            FormPost { shell: shell("Acme"), action: url.into(), fields: Vec::new(), client_name: "App".into() }.html(),
        ),
        (
            "signed-out",
            SignedOut {
                shell: shell("Acme"),
                sign_in_url: None,
                back_to: Some(("App".into(), url.into())),
                leads_on: true,
                frames: Vec::new(),
            }
            .html(),
        ),
    ]
}
