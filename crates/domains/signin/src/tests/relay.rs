//! Mail by an organization's own server: a real one, on loopback.

use crate::SendMail;
use crate::testing::{ADA, Database, World};
use flow::testing::play;
use flow::{Job, Jobs, OutboundPolicy};
use jose::encoding::base64url;
use kernel::{Fault, FaultKind};
use pages::mail::Mail;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use store::{Org, platform_sql};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const PASSWORD: &str = "hunter2 ünïcode";

/// A mail server on an address of its own, and what it was told.
struct Sink {
    ip: Ipv4Addr,
    ca_pem: Vec<u8>,
    said: Arc<Mutex<Vec<String>>>,
}

/// How a mail server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Tls,
    StartTls,
    /// It speaks no TLS, whoever asks.
    Plain,
    /// It takes no mail for the time being.
    Busy,
    /// It never stops talking.
    Endless,
    /// Somebody on the way puts answers behind the one to `STARTTLS`.
    Tapped,
    /// It repeats the password it was told.
    Talkative,
    /// It takes the mail, and has nothing to say to a farewell.
    Unmannered,
    /// It takes the mail, and refuses to let go.
    Clinging,
    /// It takes the connection and says nothing at all.
    Silent,
}

impl Sink {
    /// Loopback has sixteen million addresses: each server gets one, so that the usual ports are free.
    async fn open(manner: Manner) -> Self {
        static NUMBER: AtomicU8 = AtomicU8::new(1);
        let [.., high, low] = std::process::id().to_be_bytes();
        let ip = Ipv4Addr::new(127, high.max(1), low, NUMBER.fetch_add(1, Ordering::SeqCst));
        let made = rcgen::generate_simple_self_signed(vec![ip.to_string()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((ip, 2525)).await.unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = said.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, acceptor.clone(), manner, heard.clone()));
            }
        });
        Self { ip, ca_pem: made.cert.pem().into_bytes(), said }
    }
    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
    fn has_heard(&self, line: &str) -> bool {
        self.said().iter().any(|said| said == line)
    }
    /// What the operator allows so that it can be reached.
    fn policy(&self) -> OutboundPolicy {
        let allow_hosts = vec![format!("{}:2525", self.ip)];
        OutboundPolicy { allow_hosts, ca_pem: Some(self.ca_pem.clone()), ..OutboundPolicy::default() }
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, manner: Manner, said: Arc<Mutex<Vec<String>>>) {
    if matches!(manner, Manner::Tls | Manner::Busy | Manner::Talkative | Manner::Unmannered | Manner::Clinging) {
        let Ok(stream) = acceptor.accept(stream).await else { return };
        drop(talk(BufStream::new(stream), manner, true, &said).await);
        return;
    }
    if let Ok(Some(stream)) = talk(BufStream::new(stream), manner, true, &said).await
        && let Ok(stream) = acceptor.accept(stream.into_inner()).await
    {
        drop(talk(BufStream::new(stream), manner, false, &said).await);
    }
}

/// One conversation; the stream comes back where TLS is to begin.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufStream<S>,
    manner: Manner,
    greets: bool,
    said: &Mutex<Vec<String>>,
) -> std::io::Result<Option<BufStream<S>>> {
    if manner == Manner::Endless {
        loop {
            stream.write_all(&[b'x'; 4096]).await?;
        }
    }
    if manner == Manner::Silent {
        return std::future::pending().await;
    }
    if greets {
        stream.write_all(b"220 sink ready\r\n").await?;
    }
    let (mut line, mut is_mail) = (String::new(), false);
    loop {
        stream.flush().await?;
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let text = line.trim_end().to_owned();
        said.lock().unwrap().push(text.clone());
        let offers_tls = matches!(manner, Manner::StartTls | Manner::Tapped) && greets;
        let answer: &str = match text.split(' ').next().unwrap_or_default() {
            "." => {
                is_mail = false;
                "250 kept\r\n"
            }
            _ if is_mail => continue,
            "EHLO" if offers_tls => "250-sink\r\n250 STARTTLS\r\n",
            "EHLO" => "250-sink\r\n250 AUTH PLAIN LOGIN\r\n",
            "STARTTLS" if offers_tls => {
                let behind = if manner == Manner::Tapped { "250-sink\r\n250 AUTH PLAIN LOGIN\r\n" } else { "" };
                stream.write_all(format!("220 go\r\n{behind}").as_bytes()).await?;
                stream.flush().await?;
                return Ok(Some(stream));
            }
            "AUTH" if manner == Manner::Talkative => "535 hunter2 is not it\r\n",
            "AUTH" => "235 welcome\r\n",
            "QUIT" if manner == Manner::Unmannered => return std::future::pending().await,
            "QUIT" if manner == Manner::Clinging => "500 stay\r\n",
            "RCPT" if manner == Manner::Busy => "451 try later\r\n",
            "DATA" => {
                is_mail = true;
                "354 go on\r\n"
            }
            _ => "250 fine\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Settings of an organization that sends by this server.
async fn sends_by(world: &World, host: &str, others: Value) {
    let context = format!("setting {} email.smtp_password", world.org.id());
    let sealed = base64url(world.services.master_keys.seal(&context, PASSWORD.as_bytes(), &*world.services.rng));
    let mut email = json!({
        "smtp_host": host, "smtp_port": 2525, "smtp_security": "tls", "from_address": "hello@acme.example", "from_name": "Acme Ltd",
        "reply_to": "answers@acme.example", "smtp_username": "postman", "smtp_password": sealed
    });
    email.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    world.settings(&json!({ "email": email }).to_string()).await;
}

async fn world_with(policy: &OutboundPolicy) -> World {
    let world = World::start_with(Database::Sqlite, policy).await;
    world.person(ADA, crate::testing::PASSWORD).await;
    world
}

fn mail(world: &World, org: &Org) -> SendMail {
    let mail = Mail { subject: "Hello".into(), text: "plain words".into(), html: "<p>rich words</p>".into() };
    SendMail::new(&world.services, org.id(), "test", ADA, mail).unwrap()
}

/// Let one mail of an organization wait for whoever hands it over.
async fn queue_mail(world: &World, org: &Org) {
    let sending = mail(world, org);
    let queued = play(&world.services, org, move |cx| {
        let sending = sending.clone();
        Box::pin(async move {
            let services = cx.services().clone();
            sending.queue(&mut cx.tx, &services, cx.now).await
        })
    });
    queued.await.unwrap();
}

/// Hand one mail over.
async fn send(world: &World) -> Result<(), Fault> {
    let sending = mail(world, &world.org);
    let org = world.services.store.find_org("acme-corp").await.unwrap().unwrap();
    sending.perform(&world.services, &org).await.map(drop)
}

async fn caught(world: &World) -> i64 {
    world.number(platform_sql!("SELECT count(*) AS a FROM mailbox")).await
}

#[tokio::test]
async fn mails_leave_by_the_organizations_own_server_from_its_own_address() {
    for (manner, security) in [(Manner::Tls, "tls"), (Manner::StartTls, "starttls")] {
        let sink = Sink::open(manner).await;
        let world = world_with(&sink.policy()).await;
        sends_by(&world, &sink.ip.to_string(), json!({ "smtp_security": security })).await;
        world.browser().fill("/orgs/acme-corp/forgot-password", &[("email", ADA)]).await;
        world.work().await;
        let plain = base64_of(&format!("\0postman\0{PASSWORD}"));
        for line in [
            "EHLO id.example.com",
            &format!("AUTH PLAIN {plain}"),
            "MAIL FROM:<hello@acme.example>",
            "RCPT TO:<ada@example.com>",
            "From: \"Acme Ltd\" <hello@acme.example>",
            "Reply-To: answers@acme.example",
            "To: ada@example.com",
            "QUIT",
        ] {
            assert!(sink.has_heard(line), "{manner:?}: {line}\n{:#?}", sink.said());
        }
        assert_eq!(caught(&world).await, 0, "and by no other way");
        assert!(world.latest_events(1).await[0].starts_with("mail.sent"), "{manner:?}");
    }
}

fn base64_of(text: &str) -> String {
    let url = base64url(text);
    let padding = "=".repeat((4 - url.len() % 4) % 4);
    url.replace('-', "+").replace('_', "/") + &padding
}

#[tokio::test]
async fn without_a_server_of_its_own_mail_leaves_by_the_installations() {
    let world = World::with_ada().await;
    world.settings(r#"{"email":{"from_name":"Acme Ltd","reply_to":"answers@acme.example"}}"#).await;
    send(&world).await.unwrap();
    assert_eq!(caught(&world).await, 1);
}

#[tokio::test]
async fn a_server_that_takes_no_mail_for_now_loses_none_and_holds_up_no_other_organization() {
    let sink = Sink::open(Manner::Busy).await;
    let world = world_with(&sink.policy()).await;
    sends_by(&world, &sink.ip.to_string(), json!({})).await;
    world.browser().fill("/orgs/acme-corp/forgot-password", &[("email", ADA)]).await;
    world.work().await;
    assert!(sink.has_heard("RCPT TO:<ada@example.com>"));
    let lane =
        world.number(platform_sql!("SELECT count(*) AS a FROM jobs WHERE kind = 'mail.send' AND lane LIKE 'mail of %'")).await;
    let waiting =
        world.number(platform_sql!("SELECT count(*) AS a FROM jobs WHERE kind = 'mail.send' AND failed_at IS NULL")).await;
    assert_eq!((lane, waiting), (1, 1), "it waits in a lane of its own");
    world.settings("{}").await;
    world.clock.advance(std::time::Duration::from_mins(5));
    world.work().await;
    assert_eq!(caught(&world).await, 1, "settings are those of the moment it leaves");
}

#[tokio::test]
async fn one_organizations_slow_server_delays_nobody_elses_mail() {
    let sink = Sink::open(Manner::Silent).await;
    let world = world_with(&sink.policy()).await;
    sends_by(&world, &sink.ip.to_string(), json!({ "smtp_security": "starttls" })).await;
    let other = world.another_org("beta").await;
    for org in [&world.org, &world.org, &world.org, &other] {
        queue_mail(&world, org).await;
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    let arrived = async {
        while caught(&world).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = crate::jobs(Jobs::default()).work(world.services.clone()) => {}
        () = arrived => {}
    }
    let under_way = platform_sql!(
        "SELECT count(*) AS a FROM jobs JOIN organizations ON organizations.id = jobs.org_id
         WHERE slug = 'acme-corp' AND attempts = 1 AND last_error IS NULL"
    );
    assert_eq!(world.number(under_way).await, 2, "the first two still wait for the silent server");
}

#[tokio::test]
async fn mail_waits_in_the_lane_of_its_organization_whichever_server_it_leaves_by() {
    let world = World::with_ada().await;
    let other = world.another_org("beta").await;
    queue_mail(&world, &other).await;
    queue_mail(&world, &world.org).await;
    sends_by(&world, "mail.acme.example", json!({})).await;
    queue_mail(&world, &world.services.store.find_org("acme-corp").await.unwrap().unwrap()).await;
    let lanes =
        world.number(platform_sql!("SELECT count(DISTINCT lane) AS a FROM jobs WHERE kind = 'mail.send' AND lane <> ''")).await;
    let pairs =
        platform_sql!("SELECT count(*) AS a FROM (SELECT DISTINCT lane, org_id FROM jobs WHERE kind = 'mail.send') AS pairs");
    assert_eq!((lanes, world.number(pairs).await), (2, 2));
}

#[tokio::test]
async fn a_mail_that_was_taken_is_sent_whatever_becomes_of_the_farewell() {
    for manner in [Manner::Unmannered, Manner::Clinging] {
        let sink = Sink::open(manner).await;
        let world = world_with(&sink.policy()).await;
        sends_by(&world, &sink.ip.to_string(), json!({})).await;
        world.browser().fill("/orgs/acme-corp/forgot-password", &[("email", ADA)]).await;
        world.work().await;
        assert!(sink.has_heard("QUIT"), "{manner:?}: {:#?}", sink.said());
        assert!(world.latest_events(1).await[0].starts_with("mail.sent"), "{manner:?}");
        let mails = sink.said().iter().filter(|line| line.starts_with("MAIL FROM")).count();
        assert_eq!(mails, 1, "{manner:?}: it is not sent again");
    }
}

#[tokio::test]
async fn a_mail_server_is_no_way_into_the_internal_network() {
    let sink = Sink::open(Manner::Tls).await;
    for security in ["tls", "starttls"] {
        let strict = world_with(&OutboundPolicy { ca_pem: Some(sink.ca_pem.clone()), ..OutboundPolicy::default() }).await;
        for host in [&*sink.ip.to_string(), "localhost", "2130706433", "10.0.0.1", "169.254.169.254"] {
            sends_by(&strict, host, json!({ "smtp_security": security })).await;
            let fault = send(&strict).await.unwrap_err();
            assert_eq!(fault.kind, FaultKind::Unavailable, "{host}");
            assert!(format!("{fault:?}").contains("not on the public internet"), "{host}: {fault:?}");
        }
    }
    assert_eq!(sink.said(), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_told_to_a_server_that_can_not_prove_who_it_is() {
    for (manner, security) in [(Manner::Tls, "tls"), (Manner::StartTls, "starttls"), (Manner::Plain, "starttls")] {
        let sink = Sink::open(manner).await;
        let world = world_with(&OutboundPolicy { ca_pem: None, ..sink.policy() }).await;
        sends_by(&world, &sink.ip.to_string(), json!({ "smtp_security": security })).await;
        assert_eq!(send(&world).await.unwrap_err().kind, FaultKind::Unavailable, "{manner:?}");
        let told = sink.said();
        assert!(!told.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{manner:?}: {told:?}");
    }
}

#[tokio::test]
async fn answers_put_before_tls_are_none_within_it() {
    let sink = Sink::open(Manner::Tapped).await;
    let world = world_with(&sink.policy()).await;
    sends_by(&world, &sink.ip.to_string(), json!({ "smtp_security": "starttls" })).await;
    assert_eq!(send(&world).await.unwrap_err().kind, FaultKind::Unavailable);
    let said = sink.said();
    assert_eq!(said.last().map(String::as_str), Some("STARTTLS"), "{said:?}");
}

#[tokio::test]
async fn a_server_can_not_have_its_words_logged() {
    let sink = Sink::open(Manner::Talkative).await;
    let world = world_with(&sink.policy()).await;
    sends_by(&world, &sink.ip.to_string(), json!({})).await;
    let fault = format!("{:?}", send(&world).await.unwrap_err());
    assert!(fault.contains("535") && !fault.contains("hunter2"), "{fault}");
}

#[tokio::test]
async fn a_server_that_never_stops_talking_is_left() {
    let sink = Sink::open(Manner::Endless).await;
    let world = world_with(&OutboundPolicy { max_bytes: 100_000, ..sink.policy() }).await;
    sends_by(&world, &sink.ip.to_string(), json!({ "smtp_security": "starttls" })).await;
    let fault = send(&world).await.unwrap_err();
    assert!(format!("{fault:?}").contains("sends too much"), "{fault:?}");
}
