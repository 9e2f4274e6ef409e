use super::*;
use std::net::IpAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a test's name server says. `rebind.example` is a public name for inner addresses.
#[expect(clippy::needless_pass_by_value, reason = "the shape of a lookup")]
fn names(name: Name) -> LookingUp {
    let addresses: &[&str] = match name.as_str() {
        "rebind.example" => &["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1"],
        "half-dead.example" => &["127.0.0.2", "127.0.0.1"],
        "mixed.example" => &["169.254.169.254", "192.0.66.1", "fe80::1", "2606:4700::1"],
        _ => &[],
    };
    let addresses = addresses.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect();
    Box::pin(std::future::ready(Ok(addresses)))
}

fn outbound(allow: &[&str]) -> Outbound {
    let allow_hosts = allow.iter().map(|host| (*host).to_owned()).collect();
    Outbound::with_lookup(&OutboundPolicy { allow_hosts, max_bytes: 1000, ..OutboundPolicy::default() }, names).unwrap()
}

async fn get(outbound: &Outbound, url: &str) -> Result<Fetched, OutboundFault> {
    outbound.get(&Url::parse(url).unwrap(), "application/json").await
}

async fn why_blocked(outbound: &Outbound, url: &str) -> Option<Blocked> {
    match get(outbound, url).await {
        Err(OutboundFault::Blocked { why, .. }) => Some(why),
        _ => None,
    }
}

/// A server on loopback that sends `answer` to every request, then closes or, if it `stalls`, never does.
async fn server(answer: &str, stalls: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let answer = answer.to_owned();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            if stalls {
                open.push(stream);
            }
        }
    });
    host
}

#[tokio::test]
async fn inner_addresses_are_blocked_however_they_are_spelled() {
    let outbound = outbound(&[]);
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "2852039166",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "224.0.0.1",
        "255.255.255.255",
        "①②⑦.0.0.1",
        "127。0。0。1",
    ] {
        assert_eq!(why_blocked(&outbound, &format!("https://{host}/keys")).await, Some(Blocked::Address), "{host}");
        assert_eq!(why_blocked(&outbound, &format!("https://{host}:8443/keys")).await, Some(Blocked::Address), "{host}");
    }
}

#[tokio::test]
async fn a_public_name_for_an_inner_address_is_blocked_after_resolution() {
    assert_eq!(why_blocked(&outbound(&[]), "https://rebind.example/keys").await, Some(Blocked::Address));
}

#[tokio::test]
async fn only_checked_addresses_are_handed_to_the_connector() {
    let addresses = Guard(names).resolve("mixed.example".parse().unwrap()).await.unwrap();
    let addresses: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
    assert_eq!(addresses, ["192.0.66.1".parse::<IpAddr>().unwrap(), "2606:4700::1".parse().unwrap()]);
}

#[tokio::test]
async fn the_system_resolver_leads_localhost_nowhere() {
    let outbound = Outbound::new(&OutboundPolicy::default()).unwrap();
    assert_eq!(why_blocked(&outbound, "https://localhost/").await, Some(Blocked::Address));
}

#[tokio::test]
async fn other_schemes_and_credentials_are_blocked() {
    let outbound = outbound(&["localhost"]);
    for (url, why) in [
        ("http://public.example/", Blocked::Scheme),
        ("http://8.8.8.8/", Blocked::Scheme),
        ("ftp://public.example/", Blocked::Scheme),
        ("ftp://localhost/", Blocked::Scheme),
        ("file:///etc/passwd", Blocked::Scheme),
        ("data:text/plain,x", Blocked::Scheme),
        ("https://user@public.example/", Blocked::Credentials),
        ("https://:secret@public.example/", Blocked::Credentials),
    ] {
        assert_eq!(why_blocked(&outbound, url).await, Some(why), "{url}");
    }
}

#[tokio::test]
async fn allowing_one_port_opens_no_other() {
    let host = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", false).await;
    let outbound = outbound(&[&host]);
    assert_eq!(get(&outbound, &format!("http://{host}/")).await.unwrap().body, b"{}");
    assert_eq!(why_blocked(&outbound, "https://127.0.0.1:1/").await, Some(Blocked::Address));
    assert_eq!(why_blocked(&outbound, "http://127.0.0.1:1/").await, Some(Blocked::Scheme));
}

#[tokio::test]
async fn what_strangers_choose_reaches_nothing_that_is_allowed_for_others() {
    let host = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", false).await;
    let outbound = outbound(&[&host, "localhost"]);
    assert!(get(&outbound, &format!("http://{host}/")).await.is_ok());
    let for_strangers = outbound.public_only().within(Duration::from_secs(1), 100);
    assert_eq!(why_blocked(&for_strangers, &format!("http://{host}/")).await, Some(Blocked::Scheme));
    assert_eq!(why_blocked(&for_strangers, &format!("https://{host}/")).await, Some(Blocked::Address));
    assert!(for_strangers.get(&Url::parse("https://localhost:1/").unwrap(), "*/*").await.is_err());
    assert_eq!(why_blocked(&for_strangers, "http://localhost:1/").await, Some(Blocked::Scheme));
}

#[tokio::test]
async fn denied_hosts_are_denied_even_if_allowed() {
    let policy = OutboundPolicy {
        allow_hosts: vec!["localhost".into()],
        deny_hosts: vec!["localhost".into(), "*.evil.example".into()],
        ..OutboundPolicy::default()
    };
    let outbound = Outbound::with_lookup(&policy, names).unwrap();
    for url in ["http://localhost:1/", "https://evil.example/", "https://a.evil.example./"] {
        assert_eq!(why_blocked(&outbound, url).await, Some(Blocked::Denied), "{url}");
    }
}

#[tokio::test]
async fn an_answer_comes_with_its_media_type_and_lifetime() {
    let host = server(
        "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncache-control: max-age=60\r\ncontent-length: 2\r\n\r\n{}",
        false,
    )
    .await;
    let fetched = get(&outbound(&[&host]), &format!("http://{host}/")).await.unwrap();
    assert_eq!((fetched.status, fetched.body.as_slice()), (404, b"{}".as_slice()));
    assert_eq!(fetched.content_type.as_deref(), Some("application/json"));
    assert_eq!(fetched.cache_control.as_deref(), Some("max-age=60"));
    assert_eq!(format!("{fetched:?}"), "Fetched(404, Some(\"application/json\"), 2 bytes)");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let inner = server("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret", false).await;
    let host = server(&format!("HTTP/1.1 302 Found\r\nlocation: http://{inner}/\r\ncontent-length: 0\r\n\r\n"), false).await;
    let fetched = get(&outbound(&[&host, &inner]), &format!("http://{host}/")).await.unwrap();
    assert_eq!((fetched.status, fetched.body.len()), (302, 0));
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_the_end() {
    let announced = server("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n", true).await;
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n{}\r\n", "x".repeat(1001));
    let chunked = server(&chunked, true).await;
    for host in [announced, chunked] {
        let fault = get(&outbound(&[&host]), &format!("http://{host}/")).await.unwrap_err();
        assert_eq!(fault, OutboundFault::TooLarge { host: "127.0.0.1".into(), limit: 1000 });
    }
    let exact = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}", "x".repeat(1000));
    let exact = server(&exact, false).await;
    assert_eq!(get(&outbound(&[&exact]), &format!("http://{exact}/")).await.unwrap().body.len(), 1000);
}

#[tokio::test]
async fn tighter_bounds_hold_and_wider_ones_do_not() {
    let host = server("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", true).await;
    let outbound = outbound(&[&host]);
    let tight = outbound.within(Duration::from_secs(1), 499);
    let fault = get(&tight, &format!("http://{host}/")).await.unwrap_err();
    assert_eq!(fault, OutboundFault::TooLarge { host: "127.0.0.1".into(), limit: 499 });
    let wide = outbound.within(Duration::MAX, usize::MAX);
    assert_eq!((wide.timeout, wide.max_bytes), (outbound.timeout, outbound.max_bytes));
}

#[tokio::test]
async fn a_slow_drip_ends_at_the_deadline() {
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nx"] {
        let host = server(answer, true).await;
        let outbound = outbound(&[&host]).within(Duration::from_millis(40), 1000);
        let fault = get(&outbound, &format!("http://{host}/")).await.unwrap_err();
        assert_eq!(fault, OutboundFault::TimedOut { host: "127.0.0.1".into() }, "{answer}");
    }
}

#[tokio::test]
async fn a_broken_answer_is_not_echoed() {
    let host = server("SSH-2.0-internal-secret\r\n", false).await;
    let fault = get(&outbound(&[&host]), &format!("http://{host}/")).await.unwrap_err();
    assert_eq!(fault, OutboundFault::Unreachable { host: "127.0.0.1".into() });
    assert!(!format!("{fault:?} {fault}").contains("secret"));
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let fault = get(&outbound(&[&host]), &format!("http://{host}/")).await.unwrap_err();
    assert_eq!(fault, OutboundFault::Unreachable { host: "127.0.0.1".into() });
}

#[tokio::test]
async fn a_post_carries_body_type_and_headers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let received = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"hello") {
            assert!(stream.read_buf(&mut request).await.unwrap() > 0);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        String::from_utf8(request).unwrap()
    });
    let url = Url::parse(&format!("http://{host}/hook?x=1#fragment")).unwrap();
    let headers = [("x-signature", "sha256=abc")];
    let fetched = outbound(&[&host]).post(&url, "application/secevent+jwt", b"hello".to_vec(), &headers).await.unwrap();
    assert_eq!(fetched.status, 204);
    let received = received.await.unwrap();
    assert!(received.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{received}");
    assert!(received.contains("content-type: application/secevent+jwt\r\nx-signature: sha256=abc\r\n"), "{received}");
    assert!(!received.contains("accept-encoding") && !received.contains("referer"), "{received}");
    let split = [("x-signature", "a\r\nx-evil: b")];
    let fault = outbound(&[&host]).post(&url, "text/plain", Vec::new(), &split).await.unwrap_err();
    assert_eq!(fault, OutboundFault::Unsendable { host: "127.0.0.1".into() });
}

/// A TLS server on loopback, and the certificate to trust it by.
async fn tls_server() -> (String, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (host, made.cert.pem().into_bytes())
}

#[tokio::test]
async fn a_certificate_is_trusted_only_with_its_root() {
    let (host, ca_pem) = tls_server().await;
    let url = format!("https://{host}/");
    let trusting = OutboundPolicy { allow_hosts: vec![host.clone()], ca_pem: Some(ca_pem), ..OutboundPolicy::default() };
    let strict = OutboundPolicy { ca_pem: None, ..trusting.clone() };
    assert_eq!(get(&Outbound::new(&trusting).unwrap(), &url).await.unwrap().body, b"{}");
    let fault = get(&Outbound::new(&strict).unwrap(), &url).await.unwrap_err();
    assert_eq!(fault, OutboundFault::Tls { host: "localhost".into() });
}

#[tokio::test]
async fn a_host_without_tls_is_a_tls_fault() {
    let host = server("HTTP/1.1 400 Bad Request\r\n\r\n", false).await;
    let fault = get(&outbound(&[&host]), &format!("https://{host}/")).await.unwrap_err();
    assert_eq!(fault, OutboundFault::Tls { host: "127.0.0.1".into() });
}

#[test]
fn a_policy_that_can_not_be_read_is_refused() {
    let default = OutboundPolicy::default();
    for policy in [
        OutboundPolicy { allow_hosts: vec!["*".into()], ..default.clone() },
        OutboundPolicy { deny_hosts: vec!["*".into()], ..default.clone() },
        OutboundPolicy { ca_pem: Some(b"not a certificate".to_vec()), ..default.clone() },
    ] {
        assert!(Outbound::new(&policy).is_err(), "{policy:?}");
    }
}

/// Whether a plain connection comes about.
async fn connects(outbound: &Outbound, host: &str, port: u16) -> Result<(), OutboundFault> {
    outbound.connect(host, port).await.map(drop)
}

#[tokio::test]
async fn connections_of_other_protocols_are_guarded_like_fetches() {
    let (listener, closed) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (port, other) = (listener.local_addr().unwrap().port(), closed.local_addr().unwrap().port());
    drop(closed);
    let strict = outbound(&[]);
    for host in ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "rebind.example", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"]
    {
        for tls in [false, true] {
            let tried = if tls { strict.connect_tls(host, port).await.map(drop) } else { connects(&strict, host, port).await };
            let blocked = matches!(&tried, Err(OutboundFault::Blocked { why: Blocked::Address, .. }));
            assert!(blocked, "{host}: {tried:?}");
        }
    }
    for host in ["", "a b", "user@public.example", "public.example/x", "public.example:25", "https://public.example"] {
        assert!(matches!(connects(&strict, host, port).await, Err(OutboundFault::Blocked { .. })), "{host}");
    }
    let allowing = outbound(&[&format!("rebind.example:{port}")]);
    assert_eq!(connects(&allowing, "rebind.example", port).await, Ok(()));
    let fault = connects(&allowing, "rebind.example", other).await;
    assert!(matches!(fault, Err(OutboundFault::Blocked { why: Blocked::Address, .. })), "another port: {fault:?}");
    let policy =
        OutboundPolicy { allow_hosts: vec!["localhost".into()], deny_hosts: vec!["localhost".into()], ..Default::default() };
    let denying = Outbound::new(&policy).unwrap();
    assert!(matches!(connects(&denying, "localhost", port).await, Err(OutboundFault::Blocked { why: Blocked::Denied, .. })));
}

/// Two addresses with one port: at the first nobody takes up a connection, for its queue is full; the second works.
async fn half_dead_host() -> (u16, (TcpListener, TcpStream), TcpListener) {
    let silent = TcpSocket::new_v4().unwrap();
    silent.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let silent = silent.listen(0).unwrap();
    let waiting = TcpStream::connect(silent.local_addr().unwrap()).await.unwrap();
    let port = silent.local_addr().unwrap().port();
    (port, (silent, waiting), TcpListener::bind(("127.0.0.1", port)).await.unwrap())
}

#[tokio::test]
async fn an_address_that_says_nothing_leaves_time_for_the_next() {
    let (port, _silent, _listener) = half_dead_host().await;
    let outbound = outbound(&[&format!("half-dead.example:{port}")]).within(Duration::from_millis(200), 1000);
    let connection = outbound.connect("half-dead.example", port).await.unwrap();
    assert_eq!(connection.peer_addr(), SocketAddr::from(([127, 0, 0, 1], port)));
}

#[tokio::test]
async fn a_connection_brings_so_many_bytes_and_no_more() {
    let host = server(&"x".repeat(2000), true).await;
    let (name, port) = host.rsplit_once(':').unwrap();
    let mut connection = outbound(&[&host]).connect(name, port.parse().unwrap()).await.unwrap();
    connection.write_all(b"go").await.unwrap();
    let mut brought = Vec::new();
    let fault = connection.read_to_end(&mut brought).await.unwrap_err();
    assert!(brought.len() <= 1000, "{fault}");
}

#[tokio::test]
async fn a_secured_connection_is_with_the_host_that_was_named() {
    let (host, ca_pem) = tls_server().await;
    let port: u16 = host.rsplit_once(':').unwrap().1.parse().unwrap();
    let allow_hosts = vec!["localhost".into(), "127.0.0.1".into()];
    let trusting = OutboundPolicy { allow_hosts, ca_pem: Some(ca_pem), ..OutboundPolicy::default() };
    let strict = OutboundPolicy { ca_pem: None, ..trusting.clone() };
    let trusting = Outbound::new(&trusting).unwrap();
    let mut connection = trusting.connect_tls("localhost", port).await.unwrap();
    connection.write_all(b"hello").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    for (outbound, name) in [(trusting, "127.0.0.1"), (Outbound::new(&strict).unwrap(), "localhost")] {
        let fault = outbound.connect_tls(name, port).await.map(drop).unwrap_err();
        assert_eq!(fault, OutboundFault::Tls { host: name.into() });
    }
}
