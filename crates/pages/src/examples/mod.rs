//! Every page with example data, in every language: for tests that hold for all pages, and for looking at them.

mod approval;
mod brand;
mod console;
mod data;
mod device;
mod invitation;
mod reference;
mod television;

use crate::views::{
    Account, ChangePassword, CheckMail, ChooseAccount, Client, ConfirmEmail, Consent, DemoHome, DemoSignedIn, Details,
    EmailVerified, ErrorPage, ForgotPassword, FormPost, Frame, KnownAccount, Landing, MailLine, MailPage, MailPurpose, Mailbox,
    OrgFront, Profile, Register, ResetPassword, Scope, SignIn, SignOut, SignedOut, Stranger, Trouble, Verification,
};
use crate::{Brand, Form, Notice, Problem, Shell, Words, fields, words};
use data::{form, history, hours_ago, notes, payment};
use std::borrow::Cow;

/// A page with example data.
pub struct Example {
    /// What it shows: `sign-in`, `sign-in-wrong-password`.
    pub name: &'static str,
    /// Language tag.
    pub language: &'static str,
    pub html: String,
    /// Its `Content-Security-Policy`.
    pub policy: Cow<'static, str>,
}

/// Every page, in every state that looks different, in every language.
pub fn all_examples() -> Vec<Example> {
    words::ALL.into_iter().flat_map(|words| Examples { words, found: Vec::new() }.collect()).collect()
}

/// A page of the console with every kind of block. It speaks English, and its fields and ids follow from what it administers.
pub fn console_example() -> Example {
    console::example(Shell::new(Words::choose(Some("en"), None), Brand::named("Acme")))
}

/// The API reference with an operation of each kind. It speaks English too.
pub fn reference_example() -> Example {
    reference::example(Shell::new(Words::choose(Some("en"), None), Brand::named("LumoAuth")))
}

struct Examples {
    words: &'static Words,
    found: Vec<Example>,
}

/// Takes any page: they share two methods, but no trait that users would have to import.
macro_rules! show {
    ($examples:ident, $name:literal, $page:expr) => {{
        let page = $page;
        let (language, html, policy) = ($examples.words.tag, page.html(), page.policy().into());
        $examples.found.push(Example { name: $name, language, html, policy });
    }};
}

use show;

impl Examples {
    fn collect(mut self) -> Vec<Example> {
        self.sign_in();
        self.register();
        self.companies();
        self.invitation();
        self.authorize();
        self.device();
        self.approval();
        self.sign_out();
        self.passwords();
        self.account();
        self.details();
        self.trouble();
        self.front();
        self.dev();
        self.found
    }

    fn shell(&self) -> Shell {
        Shell::new(self.words, Brand::named("Acme"))
    }

    fn coloured(&self) -> Shell {
        let logo = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' \
                    height='32' rx='8' fill='%23d6336c'/%3E%3Cpath d='M9 23l7-14 7 14z' fill='%23fff'/%3E%3C/svg%3E";
        Shell::new(
            self.words,
            Brand { logo_url: Some(logo.into()), colour: Some("#d6336c".into()), ..Brand::named("Rosa Reisen") },
        )
    }

    fn sign_in(&mut self) {
        let plain = SignIn {
            shell: self.shell(),
            form: form("/orgs/acme/login"),
            client: None,
            identifier: String::new(),
            may_be_remembered: true,
            remember: false,
            register_url: Some("/orgs/acme/register".into()),
            forgot_url: Some("/orgs/acme/forgot-password".into()),
            may_cancel: false,
        };
        let for_client = SignIn { client: Some(notes()), may_cancel: true, ..plain.clone() };
        show!(self, "sign-in", plain.clone());
        show!(
            self,
            "sign-in-wrong-password",
            SignIn {
                form: form("/orgs/acme/login").with_problem(Problem::WrongCredentials),
                identifier: "person@example.com".into(),
                remember: true,
                ..plain.clone()
            }
        );
        show!(self, "sign-in-again", SignIn { shell: self.coloured().with_notice(Notice::SignInAgain), ..for_client.clone() });
        show!(self, "sign-in-in-own-style", SignIn { shell: self.styled(), ..for_client.clone() });
        show!(self, "sign-in-on-a-picture", SignIn { shell: self.on_a_picture(), ..plain.clone() });
        show!(self, "sign-in-for-app", for_client);
    }

    fn register(&mut self) {
        let plain = Register {
            shell: self.shell(),
            form: form("/orgs/acme/register"),
            client: None,
            given_name: String::new(),
            family_name: String::new(),
            email: String::new(),
            sign_in_url: "/orgs/acme/login".into(),
            terms_url: Some("https://acme.example/terms".into()),
            policy_url: Some("https://acme.example/privacy".into()),
            least_password: 8,
        };
        show!(self, "register", plain.clone());
        show!(
            self,
            "register-short-password",
            Register {
                form: form("/orgs/acme/register").with_problem(Problem::PasswordTooShort(8)),
                client: Some(notes()),
                given_name: "Example".into(),
                family_name: "Person".into(),
                email: "person@example.com".into(),
                ..plain
            }
        );
        let check = CheckMail {
            shell: self.shell(),
            purpose: MailPurpose::Verify,
            email: "person@example.com".into(),
            resend: Some(form("/orgs/acme/verify-email/resend")),
            sign_in_url: None,
        };
        show!(self, "check-mail-verify", check.clone());
        let sign_in_url = Some("/orgs/acme/login".into());
        show!(self, "check-mail-reset", CheckMail { purpose: MailPurpose::Reset, resend: None, sign_in_url, ..check });
        let confirm =
            ConfirmEmail { shell: self.shell(), form: form("/orgs/acme/verify-email"), email: "person@example.com".into() };
        show!(self, "confirm-email", confirm);
        let verified = EmailVerified {
            shell: self.shell(),
            outcome: Verification::Confirmed,
            continue_url: Some("/orgs/acme/login".into()),
            resend: None,
        };
        show!(self, "email-verified", verified.clone());
        let resend = Some(form("/orgs/acme/verify-email/resend"));
        show!(self, "email-link-expired", EmailVerified { outcome: Verification::Expired, resend, ..verified });
    }

    fn authorize(&mut self) {
        let consent = Consent {
            shell: self.shell(),
            form: form("/orgs/acme/api/v1/oauth/authorize"),
            client: notes(),
            account: "person@example.com".into(),
            switch_url: Some("/orgs/acme/login?prompt=login".into()),
            scopes: vec![
                Scope::named("openid"),
                Scope::named("profile"),
                Scope::named("email"),
                Scope { name: "notes:write".into(), description: Some("Write notes for you".into()) },
                Scope::named("offline_access"),
            ],
            details: vec![payment()],
        };
        show!(self, "consent", consent.clone());
        let unknown = Client {
            name: "<b>Bold</b> & \"quoted\"".into(),
            destination: "com.example.app".into(),
            stranger: Some(Stranger { host: "app.example".into(), is_local: true }),
            ..Client::default()
        };
        show!(
            self,
            "consent-bare",
            Consent { client: unknown, scopes: vec![Scope::named("openid")], switch_url: None, ..consent }
        );
        let chooser = ChooseAccount {
            shell: self.shell(),
            form: form("/orgs/acme/choose-account"),
            client: Some(notes()),
            accounts: vec![
                KnownAccount { id: "u1".into(), name: Some("Example Person".into()), login: "person@example.com".into() },
                KnownAccount { id: "u2".into(), name: None, login: "other@example.com".into() },
            ],
            other_url: "/orgs/acme/signin?account=other".into(),
            sign_out_url: "/orgs/acme/accounts/signout".into(),
        };
        show!(self, "choose-account", chooser.clone());
        show!(self, "accounts", ChooseAccount { form: form("/orgs/acme/accounts"), client: None, ..chooser });
        let post = FormPost {
            shell: self.shell(),
            action: "https://notes.example.com/callback".into(),
            fields: vec![("code".into(), "c0de".into()), ("state".into(), "\"><script>".into())],
            client_name: "Acme Notes".into(),
        };
        show!(self, "form-post", post.clone());
        show!(self, "form-post-refused", FormPost { action: "javascript:alert(1)".into(), ..post });
    }

    fn sign_out(&mut self) {
        let ask = SignOut {
            shell: self.shell(),
            form: form("/orgs/acme/api/v1/oauth/logout"),
            account: "person@example.com".into(),
            client_name: Some("Acme Notes".into()),
        };
        show!(self, "sign-out", ask.clone());
        show!(self, "sign-out-own", SignOut { client_name: None, ..ask });
        let done = SignedOut {
            shell: self.shell(),
            sign_in_url: Some("/orgs/acme/login".into()),
            back_to: None,
            leads_on: false,
            frames: Vec::new(),
        };
        show!(self, "signed-out", done.clone());
        let back_to = Some(("Acme Notes".into(), "https://notes.example.com/".into()));
        show!(self, "signed-out-back-to-app", SignedOut { back_to: back_to.clone(), ..done.clone() });
        let frame = |origin: &str| Frame { src: format!("{origin}/signed-out?sid=1"), origin: origin.into() };
        let frames = vec![frame("https://notes.example.com"), frame("https://wiki.example.com")];
        show!(self, "signed-out-telling-apps", SignedOut { back_to, leads_on: true, frames, ..done });
    }

    fn passwords(&mut self) {
        let forgot = ForgotPassword {
            shell: self.shell(),
            form: form("/orgs/acme/forgot-password"),
            email: String::new(),
            sign_in_url: "/orgs/acme/login".into(),
        };
        show!(self, "forgot-password", forgot.clone());
        let faulty = form("/orgs/acme/forgot-password").with_problem(Problem::EmailInvalid);
        show!(self, "forgot-password-invalid", ForgotPassword { form: faulty, email: "mia".into(), ..forgot });
        show!(
            self,
            "reset-password",
            ResetPassword {
                shell: self.shell(),
                form: Form { hidden: vec![("token".into(), "t0ken".into())], ..form("/orgs/acme/reset-password") },
                account: "person@example.com".into(),
                least_password: 12,
            }
        );
        show!(
            self,
            "change-password",
            ChangePassword {
                shell: self.shell(),
                form: form("/orgs/acme/account/password").with_problem(Problem::PasswordWrong),
                account: "person@example.com".into(),
                least_password: 8,
                back_url: "/orgs/acme/account".into(),
            }
        );
    }

    fn account(&mut self) {
        let (sessions, apps, activity) = history();
        let full = Account {
            shell: self.shell().with_notice(Notice::ProfileSaved),
            profile: Profile {
                form: form("/orgs/acme/account/profile"),
                given_name: "Example".into(),
                family_name: "Person".into(),
                email: "person@example.com".into(),
                is_email_confirmed: true,
                confirm: None,
            },
            details_url: "/orgs/acme/account/details".into(),
            approvals_url: "/orgs/acme/account/requests".into(),
            approval_code_url: "/orgs/acme/account/approval-code".into(),
            change_password_url: "/orgs/acme/account/password".into(),
            password_changed_at: Some(hours_ago(2_000)),
            sessions,
            revoke: form("/orgs/acme/account/sessions/revoke"),
            apps,
            disconnect: form("/orgs/acme/account/apps/disconnect"),
            activity,
            accounts_url: "/orgs/acme/accounts".into(),
            sign_out: form("/orgs/acme/logout"),
        };
        show!(self, "account", full.clone());
        show!(
            self,
            "account-new",
            Account {
                shell: self.coloured(),
                profile: Profile {
                    given_name: String::new(),
                    family_name: String::new(),
                    is_email_confirmed: false,
                    confirm: Some(form("/orgs/acme/account/confirm-email")),
                    ..full.profile
                },
                password_changed_at: None,
                sessions: full.sessions.into_iter().take(1).collect(),
                apps: Vec::new(),
                activity: Vec::new(),
                ..full
            }
        );
    }

    fn details(&mut self) {
        let filled = [
            (fields::NICKNAME, "Mia"),
            (fields::BIRTHDATE, "0000-12-10"),
            (fields::PHONE_NUMBER, "+41 44 555 12 34"),
            (fields::LOCALE, "de-CH"),
            (fields::STREET_ADDRESS, "Bahnhofstrasse 1"),
            (fields::LOCALITY, "Zürich"),
        ];
        let page = Details {
            shell: self.shell(),
            form: form("/orgs/acme/account/details"),
            values: filled.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
            back_url: "/orgs/acme/account".into(),
        };
        show!(self, "details", page.clone());
        let form = form("/orgs/acme/account/details").with_problem(Problem::Unreadable(fields::ZONEINFO));
        show!(self, "details-refused", Details { shell: self.coloured(), form, ..page });
    }

    fn trouble(&mut self) {
        let page = ErrorPage {
            shell: self.shell(),
            trouble: Trouble::ReturnAddress,
            code: Some("invalid_request".into()),
            description: Some("redirect_uri \"https://evil.example/<script>\" is not registered for this client".into()),
            request_id: "0193a7c2-5b1e-7d60-9f3c-2a4b6c8d0e1f".into(),
            back_url: None,
        };
        let plain = ErrorPage { code: None, description: None, ..page.clone() };
        let at = |trouble| ErrorPage { trouble, ..plain.clone() };
        show!(self, "error-request", ErrorPage { trouble: Trouble::Request, ..page.clone() });
        show!(self, "error-unknown-app", ErrorPage { trouble: Trouble::UnknownApp, ..page.clone() });
        show!(self, "error-return-address", page);
        show!(self, "error-expired", ErrorPage { back_url: Some("/orgs/acme/login".into()), ..at(Trouble::Expired) });
        show!(
            self,
            "error-dead-link",
            ErrorPage { back_url: Some("/orgs/acme/forgot-password".into()), ..at(Trouble::DeadLink) }
        );
        show!(
            self,
            "error-dead-invitation",
            ErrorPage { back_url: Some("/orgs/acme/account".into()), ..at(Trouble::DeadInvitation) }
        );
        show!(self, "error-not-found", at(Trouble::NotFound));
        show!(self, "error-forbidden", at(Trouble::Forbidden));
        show!(self, "error-too-many", at(Trouble::TooMany));
        show!(self, "error-unavailable", at(Trouble::Unavailable));
        show!(self, "error-server", at(Trouble::Server));
    }

    fn front(&mut self) {
        let landing = Landing {
            shell: Shell::new(self.words, Brand::named("LumoAuth")),
            sign_in_url: Some("/orgs/acme/login".into()),
            docs_url: Some("/docs".into()),
            discovery_url: Some("/orgs/acme/api/v1/.well-known/openid-configuration".into()),
            demo_url: Some("/dev/app".into()),
            mailbox_url: Some("/dev/mailbox".into()),
            version: "0.1.0".into(),
        };
        show!(self, "landing", landing.clone());
        show!(self, "landing-production", Landing { demo_url: None, mailbox_url: None, sign_in_url: None, ..landing });
        let org = OrgFront {
            shell: self.coloured(),
            sign_in_url: "/orgs/rosa/login".into(),
            register_url: Some("/orgs/rosa/register".into()),
            account: None,
            account_url: "/orgs/rosa/account".into(),
        };
        show!(self, "org-front", org.clone());
        show!(self, "org-front-signed-in", OrgFront { account: Some("person@example.com".into()), ..org });
    }

    fn dev(&mut self) {
        let mail = |url: &str, subject: &str, hours| MailLine {
            url: url.into(),
            to: "person@example.com".into(),
            subject: subject.into(),
            at: hours_ago(hours),
        };
        let mails = vec![
            mail("/dev/mailbox/2", "Choose a new password for Acme", 1),
            mail("/dev/mailbox/1", "Confirm your email address for Acme", 26),
        ];
        show!(self, "mailbox", Mailbox { shell: self.shell(), mails });
        show!(self, "mailbox-empty", Mailbox { shell: self.shell(), mails: Vec::new() });
        show!(
            self,
            "mail",
            MailPage {
                shell: self.shell(),
                to: "person@example.com".into(),
                subject: "Choose a new password for Acme".into(),
                at: hours_ago(1),
                text: "Hello,\n\nSomebody, hopefully you, asked for a new password at Acme. Choose it here:\n\n\
                       https://id.example/orgs/acme/reset-password?token=t0ken&lang=en\n\nThe link works once, for 30 minutes.\n"
                    .into(),
                back_url: "/dev/mailbox".into(),
            }
        );
        let home = DemoHome { shell: self.shell(), login_url: "/dev/app/login".into(), error: None };
        show!(self, "demo-app", home.clone());
        let error = Some(("access_denied".into(), "The person said no.".into()));
        show!(self, "demo-app-denied", DemoHome { error, ..home });
        let claim = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        show!(
            self,
            "demo-app-signed-in",
            DemoSignedIn {
                shell: self.shell(),
                name: "Example Person".into(),
                claims: vec![
                    claim("name", "Example Person"),
                    claim("email", "person@example.com"),
                    claim("email_verified", "true"),
                    claim("updated_at", "1772700659"),
                    claim("sub", "0193a7c2-5b1e-7d60-9f3c-2a4b6c8d0e1f"),
                    claim("iss", "https://id.example/orgs/acme/api/v1"),
                    claim("https://acme.example/team", "<i>Blue</i>"),
                ],
                logout: form("/dev/app/logout"),
            }
        );
        self.television();
    }
}
