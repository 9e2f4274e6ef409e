//! Configurations as operators write them: what is accepted, and what each mistake is told.

#![allow(clippy::unwrap_used, reason = "a test that can't set itself up must fail")]

use settings::{Encryption, LogFormat, Origin, Place, Settings, example_toml};
use std::fs;
use std::path::{Path, PathBuf};

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A folder of one test's own, empty at first.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    /// A file only its owner can read.
    fn with(self, name: &str, content: &str) -> Self {
        fs::write(self.0.join(name), content).unwrap();
        self.mode(name, 0o600)
    }
    fn mode(self, name: &str, mode: u32) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(self.0.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        self
    }
    fn load(&self, environment: &[(&str, &str)]) -> Result<Settings, Vec<settings::Problem>> {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::load(&self.0.join("lumoauth.toml"), environment)
    }
    /// Every problem as a line, with the folder's path left out.
    fn problems(&self, environment: &[(&str, &str)]) -> Vec<String> {
        let folder = format!("{}/", self.0.display());
        let lines =
            |problems: Vec<settings::Problem>| problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect();
        self.load(environment).err().map(lines).unwrap_or_default()
    }
}

fn minimal() -> String {
    format!(
        "public_url = 'https://id.example.com'\ndatabase.url = 'sqlite:data.db'\nmaster_key.value = '{KEY}'\nproxy.trusted = ['10.0.0.1']\n"
    )
}

#[test]
fn a_minimal_configuration_has_sound_defaults() {
    let folder = Folder::new("minimal").with("lumoauth.toml", &minimal());
    let settings = folder.load(&[]).unwrap();
    assert_eq!(settings.base_url(), "https://id.example.com");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.database.url.expose(), format!("sqlite:{}", folder.0.join("data.db").display()));
    assert_eq!(settings.proxy.trusted.first().unwrap().to_string(), "10.0.0.1/32");
    assert_eq!((settings.log.level, settings.log.format), ("info", LogFormat::Text));
    assert_eq!((settings.limits.body, settings.limits.credential.unwrap().burst.get()), (1 << 20, 30));
    assert!(settings.hashing.threads >= 1 && settings.hashing.queue == 256);
    assert!(settings.tls.is_none() && settings.mail.is_none() && settings.dangers.is_empty());
    assert!(settings.master_keys.previous.is_empty());
}

#[test]
fn a_full_configuration_is_taken_as_it_stands() {
    let folder = Folder::new("full")
        .with("master.key", KEY)
        .with("old.key", &format!("{OTHER_KEY}\n"))
        .with("chain.pem", "chain")
        .with("key.pem", "key")
        .with("ca.pem", "ca")
        .with(
            "lumoauth.toml",
            r#"
public_url = "https://id.example.com:8443/"
listen = "[::]:8443"
[database]
url = "env:DB"
connections = 1_0
[master_key]
file = "master.key"
previous = ["file:old.key"]
[tls]
certificate = "chain.pem"
private_key = "key.pem"
client_certificates = "request"
[mail]
smtp_url = "smtp://user:p%40ss@smtp.example.com"
from = "Example ID <no-reply@id.example.com>"
[outbound]
allow_hosts = ["localhost:9000"]
deny_hosts = ["*.example.net"]
ca_file = "ca.pem"
[proxy]
trusted = ["10.0.0.0/8", "::1"]
client_certificate_header = "Client-Cert"
[log]
level = "debug"
format = "json"
[limits]
token = "unlimited"
body = "64 KiB"
[hashing]
threads = 3
"#,
        );
    let settings = folder.load(&[("DB", "postgres://lumo:secret@db/lumo")]).unwrap();
    assert_eq!(settings.base_url(), "https://id.example.com:8443");
    assert_eq!((settings.database.url.expose(), settings.database.connections), ("postgres://lumo:secret@db/lumo", 10));
    assert_eq!(settings.master_keys.previous.len(), 1);
    assert_eq!(settings.tls.as_ref().unwrap().private_key, folder.0.join("key.pem"));
    let mail = settings.mail.as_ref().unwrap();
    assert_eq!((mail.smtp.port, mail.smtp.encryption), (587, Encryption::StartTls));
    assert_eq!(settings.outbound.ca_pem.as_deref(), Some(b"ca".as_slice()));
    assert_eq!(settings.outbound.allow_hosts, ["localhost:9000"]);
    assert_eq!(settings.proxy.client_certificate_header.as_deref(), Some("client-cert"));
    assert_eq!((settings.limits.token, settings.limits.body, settings.hashing.threads), (None, 65536, 3));
}

#[test]
fn the_environment_wins_over_the_file_and_an_empty_variable_says_nothing() {
    let folder = Folder::new("environment").with("lumoauth.toml", &minimal());
    let environment = [
        ("LUMOAUTH_LISTEN", "0.0.0.0:80"),
        ("LUMOAUTH_PROXY_TRUSTED", "10.0.0.0/8, 192.168.0.1"),
        ("LUMOAUTH_LOG_LEVEL", ""),
        ("PATH", "/bin"),
    ];
    let settings = folder.load(&environment).unwrap();
    assert_eq!(settings.listen.to_string(), "0.0.0.0:80");
    assert_eq!(settings.proxy.trusted.len(), 2);
    assert_eq!(settings.log.level, "info");
    let origin = |key: &str| settings.explain().rows.iter().find(|row| row.key == key).unwrap().origin.clone();
    assert_eq!(origin("listen"), Origin::Environment("LUMOAUTH_LISTEN".to_owned()));
    assert_eq!(origin("database.url"), Origin::Line(2));
    assert_eq!(origin("log.level"), Origin::Default);
}

#[test]
fn everything_wrong_is_told_at_once_with_key_and_line() {
    let folder = Folder::new("wrong").with(
        "lumoauth.toml",
        "public_ur = 'https://id.example.com'\nlisten = 'everywhere'\n\n[databse]\nurl = 'sqlite:a'\n[log]\nlevel = 'loud'\nformat = ['text']\n\
         colour = true\n[limits]\nbody = 1.5\n[proxy]\ntrusted = '10.0.0.0/8'\n",
    );
    let problems = folder.problems(&[("LUMOAUTH_DATABASE_CONNECTION", "5"), ("LUMOAUTH_HASHING_THREADS", "many")]);
    let starts = [
        "lumoauth.toml:1: public_ur: is not known; did you mean public_url?",
        "lumoauth.toml:2: listen: must be an address and a port, such as 0.0.0.0:8443 or [::]:8443; it is \"everywhere\"",
        "lumoauth.toml:4: databse: is no section; did you mean [database]?",
        "lumoauth.toml:7: log.level: must be error, warn, info, debug or trace; it is \"loud\"",
        "lumoauth.toml:8: log.format: is a single value, not a list",
        "lumoauth.toml:9: log.colour: is not known",
        "lumoauth.toml:11: limits.body: must be text, a number, true or false, or a list of texts",
        "lumoauth.toml:13: proxy.trusted: is a list, such as [\"…\"]",
        "lumoauth.toml: public_url: is needed. The address people",
        "lumoauth.toml: database.url: is needed. The database",
        "lumoauth.toml: master_key.file: a master key is needed",
        "environment variable LUMOAUTH_DATABASE_CONNECTION: is not known; did you mean LUMOAUTH_DATABASE_CONNECTIONS?",
        "environment variable LUMOAUTH_HASHING_THREADS: hashing.threads: must be a number from 1 to 256; it is \"many\"",
    ];
    assert_eq!(problems.len(), starts.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
    }
}

#[test]
fn text_that_is_not_toml_is_told_by_line_without_quoting_it() {
    let folder = Folder::new("syntax").with("lumoauth.toml", "listen = '1.2.3.4:5'\ndatabase.url = 'postgres://u:hunter2@h/n\n");
    let problems = folder.load(&[]).unwrap_err();
    assert!(matches!(&problems.first().unwrap().place, Place::Line(_, 2)), "{problems:?}");
    assert!(problems.iter().all(|problem| !problem.to_string().contains("hunter2")), "{problems:?}");
}

#[test]
fn a_key_given_twice_is_a_mistake() {
    let folder = Folder::new("twice").with("lumoauth.toml", &format!("{}public_url = 'https://other.example.com'\n", minimal()));
    assert!(folder.problems(&[]).iter().any(|problem| problem.starts_with("lumoauth.toml:5: not valid TOML: duplicate key")));
}

#[test]
fn a_missing_file_is_told() {
    let problems = Folder::new("missing").problems(&[]);
    assert!(problems.len() == 1 && problems[0].starts_with("lumoauth.toml: can't be read:"), "{problems:?}");
}

#[test]
fn a_section_and_a_value_are_not_confused() {
    let folder = Folder::new("confused").with("lumoauth.toml", &format!("tls = true\n{}[listen]\nport = 1\n", minimal()));
    let problems = folder.problems(&[]);
    assert_eq!(
        problems,
        [
            "lumoauth.toml:1: tls: is a section: write [tls] and its keys below",
            "lumoauth.toml:6: listen: is a single value, not a section",
        ]
    );
}

#[test]
fn variables_of_others_are_left_alone_and_mistyped_ones_are_not() {
    let folder = Folder::new("others").with("lumoauth.toml", &minimal());
    let others = [
        ("LUMOAUTH_URL", "x"),
        ("LUMOAUTH_ORG_ID", "x"),
        ("LUMOAUTH_SERVICE_HOST", "x"),
        ("LUMOAUTH_PORT", "x"),
        ("LUMOAUTH_DATABASE_SERVICE_PORT", "x"),
        ("LUMOAUTH_DATABASE_PORT_5432_TCP", "x"),
        ("LUMOAUTH_DEV_DATABASE", "x"),
    ];
    assert_eq!(folder.problems(&others), Vec::<String>::new());
    for mistyped in ["LUMOAUTH_LISTN", "LUMOAUTH_MAIL_SENDER", "LUMOAUTH_MASTER_KEY_OLD", "LUMOAUTH_MASTERKEY"] {
        let problems = folder.problems(&[(mistyped, "x")]);
        assert!(problems.len() == 1 && problems[0].contains(mistyped), "{mistyped}: {problems:?}");
    }
}

#[test]
fn a_public_url_is_https_unless_it_is_loopback_or_danger_is_accepted() {
    let with = |url: &str, danger: &str| {
        let text = format!("public_url = '{url}'\ndatabase.url = 'sqlite:a'\nmaster_key.value = '{KEY}'\n{danger}\n");
        Folder::new("http").with("lumoauth.toml", &text)
    };
    for url in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
        assert_eq!(with(url, "").problems(&[]), Vec::<String>::new(), "{url}");
    }
    let refused = with("http://id.example.com", "").problems(&[]);
    assert!(refused.len() == 1 && refused[0].starts_with("lumoauth.toml:1: public_url: must be https"), "{refused:?}");
    let settings = with("http://id.example.com", "danger_plain_http = true").load(&[]).unwrap();
    assert_eq!(settings.dangers, ["danger_plain_http"]);
}

#[test]
fn https_needs_someone_who_does_tls() {
    let text = format!("public_url = 'https://id.example.com'\ndatabase.url = 'sqlite:a'\nmaster_key.value = '{KEY}'\n");
    let problems = Folder::new("no-tls").with("lumoauth.toml", &text).problems(&[]);
    assert!(
        problems.len() == 1 && problems[0].starts_with("lumoauth.toml:1: public_url: is https, but nothing does TLS"),
        "{problems:?}"
    );
}

#[test]
fn halves_of_a_pair_are_refused() {
    for (section, start) in [
        ("tls.certificate = 'lumoauth.toml'", "lumoauth.toml:5: tls.certificate: needs tls.private_key"),
        ("tls.private_key = 'lumoauth.toml'", "lumoauth.toml:5: tls.private_key: needs tls.certificate"),
        (
            "mtls.listen = '127.0.0.1:9443'\nmtls.public_url = 'https://m.example'",
            "lumoauth.toml:5: mtls.listen: needs tls.certificate",
        ),
        ("mtls.public_url = 'http://localhost:1'", "lumoauth.toml:5: mtls.public_url: must be https"),
        (
            "mtls.authorities_file = 'lumoauth.toml'",
            "lumoauth.toml:5: mtls.authorities_file: must be a file of certificates in PEM",
        ),
        ("metrics.listen = '127.0.0.1:8080'", "lumoauth.toml:5: metrics.listen: is the address of `listen`"),
        ("tls.client_certificates = 'request'", "lumoauth.toml:5: tls.client_certificates: needs tls.certificate"),
        ("mail.from = 'a@b.example'", "lumoauth.toml:5: mail.from: needs mail.smtp_url"),
        ("mail.smtp_url = 'smtps://h.example'", "lumoauth.toml:5: mail.smtp_url: needs mail.from"),
        ("master_key.env = 'X'", "lumoauth.toml:5: master_key.env: there is more than one master key"),
        ("master_key.file = 'x'", "lumoauth.toml:5: master_key.file: there is more than one master key"),
        ("outbound.ca_file = 'nowhere.pem'", "lumoauth.toml:5: outbound.ca_file: nowhere.pem can't be read"),
    ] {
        let problems = Folder::new("halves").with("lumoauth.toml", &format!("{}{section}\n", minimal())).problems(&[]);
        assert!(problems.len() == 1 && problems[0].starts_with(start), "{section}: {problems:?}");
    }
    let header = minimal().replace("proxy.trusted = ['10.0.0.1']", "proxy.client_certificate_header = 'client-cert'");
    let problems = Folder::new("halves").with("lumoauth.toml", &header).problems(&[]);
    assert!(problems[1].starts_with("lumoauth.toml:4: proxy.client_certificate_header: needs proxy.trusted"), "{problems:?}");
}

#[test]
fn the_master_key_comes_from_one_of_three_places() {
    let base = minimal().replace(&format!("master_key.value = '{KEY}'\n"), "");
    let id = Folder::new("key").with("lumoauth.toml", &minimal()).load(&[]).unwrap().master_keys.current.id();
    let folder =
        |line: &str| Folder::new("key").with("k", &format!("\n{KEY}\n")).with("lumoauth.toml", &format!("{base}{line}\n"));
    let loaded = |line: &str, environment: &[(&str, &str)]| folder(line).load(environment).unwrap().master_keys.current.id();
    assert_eq!(loaded("master_key.file = 'k'", &[]), id);
    assert_eq!(loaded("master_key.env = 'LUMOAUTH_MASTER_KEY_NOW'", &[("LUMOAUTH_MASTER_KEY_NOW", KEY)]), id);
    assert_eq!(loaded("", &[("LUMOAUTH_MASTER_KEY", KEY)]), id);
    for (line, start) in [
        ("", "lumoauth.toml: master_key.file: a master key is needed"),
        ("master_key.file = 'lumoauth.toml'", "lumoauth.toml:4: master_key.file: what is in the file must be 32 random bytes"),
        ("master_key.file = 'nowhere'", "lumoauth.toml:4: master_key.file: nowhere can't be read"),
        ("master_key.env = 'NOWHERE'", "lumoauth.toml:4: master_key.env: the environment variable NOWHERE isn't set"),
        ("master_key.env = 'SHORT'", "lumoauth.toml:4: master_key.env: what is in SHORT must be 32 random bytes"),
        ("master_key.env = 'hunter2=='", "lumoauth.toml:4: master_key.env: must be the name of an environment variable"),
        ("master_key.value = 'hunter2'", "lumoauth.toml:4: master_key.value: must be 32 random bytes"),
        ("master_key.value = 'env:SHORT'", "lumoauth.toml:4: master_key.value: must be 32 random bytes"),
    ] {
        let problems = folder(line).problems(&[("SHORT", "hunter2")]);
        assert!(problems.len() == 1 && problems[0].starts_with(start), "{line}: {problems:?}");
        assert!(!problems[0].contains("hunter2"), "{problems:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_secret_every_user_can_read_is_refused() {
    let secret_in = |text: &str| Folder::new("readable").with("lumoauth.toml", text).mode("lumoauth.toml", 0o644);
    let problems = secret_in(&minimal()).problems(&[]);
    assert!(
        problems.len() == 1 && problems[0].starts_with("lumoauth.toml:3: master_key.value: lumoauth.toml holds a secret"),
        "{problems:?}"
    );

    let elsewhere = minimal().replace(&format!("master_key.value = '{KEY}'"), "master_key.file = 'k'");
    let folder = secret_in(&elsewhere).with("k", KEY);
    assert_eq!(folder.problems(&[]), Vec::<String>::new(), "a configuration without secrets may be readable");
    let problems = folder.mode("k", 0o604).problems(&[]);
    assert!(problems.len() == 1 && problems[0].starts_with("lumoauth.toml:3: master_key.file: k holds a secret"), "{problems:?}");

    let with_password = elsewhere.replace("sqlite:data.db", "postgres://u:hunter2@h/n");
    let problems = secret_in(&with_password).with("k", KEY).problems(&[]);
    assert!(problems.len() == 1 && problems[0].starts_with("lumoauth.toml:2: database.url:"), "{problems:?}");
    let without_password = elsewhere.replace("sqlite:data.db", "postgres://u@h/n");
    assert_eq!(secret_in(&without_password).with("k", KEY).problems(&[]), Vec::<String>::new());

    let tls = format!("{elsewhere}[tls]\ncertificate = 'chain.pem'\nprivate_key = 'key.pem'\n");
    let folder = secret_in(&tls).with("k", KEY).with("chain.pem", "").with("key.pem", "").mode("chain.pem", 0o644);
    assert_eq!(folder.problems(&[]), Vec::<String>::new());
    let problems = folder.mode("key.pem", 0o644).problems(&[]);
    assert!(
        problems.len() == 1 && problems[0].starts_with("lumoauth.toml:7: tls.private_key: key.pem holds a secret"),
        "{problems:?}"
    );

    let accepted = secret_in(&format!("danger_readable_secrets = true\n{}", minimal())).load(&[]).unwrap();
    assert_eq!(accepted.dangers, ["danger_readable_secrets"]);
}

#[test]
fn plain_mail_stays_on_this_machine_unless_danger_is_accepted() {
    let with = |host: &str, danger: &str| {
        let text = format!("{}{danger}\n[mail]\nfrom = 'a@b.example'\nsmtp_url = 'smtp://{host}?tls=none'\n", minimal());
        Folder::new("mail").with("lumoauth.toml", &text)
    };
    assert_eq!(with("localhost:1025", "").problems(&[]), Vec::<String>::new());
    assert!(with("smtp.example.com", "").problems(&[])[0].starts_with("lumoauth.toml:8: mail.smtp_url: tls=none is for"));
    assert_eq!(with("smtp.example.com", "danger_plain_smtp = true").load(&[]).unwrap().dangers, ["danger_plain_smtp"]);
}

#[test]
fn the_explanation_covers_every_key_and_shows_no_secret() {
    let text = minimal().replace("sqlite:data.db", "postgres://u:hunter2@h/n");
    let folder = Folder::new("explain").with("lumoauth.toml", &text);
    let settings =
        folder.load(&[("LUMOAUTH_MAIL_SMTP_URL", "smtps://u:hunter2@h"), ("LUMOAUTH_MAIL_FROM", "a@b.example")]).unwrap();
    let explained = settings.explain().to_string();
    assert!(explained.contains("database.url = postgres://u:***@h/n"), "{explained}");
    assert!(
        explained.contains("mail.smtp_url = smtps://u:***@h\n    from environment variable LUMOAUTH_MAIL_SMTP_URL"),
        "{explained}"
    );
    assert!(explained.contains("master_key.value = [secret]"), "{explained}");
    for secret in [KEY, "hunter2"] {
        assert!(!explained.contains(secret) && !format!("{settings:?}").contains(secret));
    }
    let reference = settings::reference_markdown();
    for row in &settings.explain().rows {
        assert!(reference.contains(&format!("| `{}` |", row.key)), "{}", row.key);
    }
    assert_eq!(settings.explain().rows.len(), reference.lines().filter(|line| line.starts_with("| `")).count());
}

#[test]
fn the_example_starts_a_server_once_its_key_and_proxy_are_there() {
    let example = example_toml().replace("/run/secrets/lumoauth_master_key", "k").replace("# trusted", "trusted");
    let folder = Folder::new("example").with("k", KEY).with("lumoauth.toml", &example);
    assert_eq!(folder.problems(&[]), Vec::<String>::new());
}
