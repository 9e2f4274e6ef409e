//! Sites where clients that nobody registered describe themselves.

use crate::code::Ask;
use crate::organizations::set_settings;
use crate::tokens::Client;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use testkit::{TestApp, web_certificate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// A site on the web, over TLS. It remembers what it was asked for.
pub struct Site {
    /// `https://localhost:port`.
    pub origin: String,
    answers: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// One with nothing on it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (answers, asked) = (Arc::<Mutex<HashMap<String, String>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let site = Self { origin, answers: answers.clone(), asked: asked.clone() };
        let acceptor = acceptor();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 4096];
                let length = stream.read(&mut request).await.unwrap_or_default();
                let line = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                let said = answers.lock().unwrap().get(&path).cloned();
                asked.lock().unwrap().push(path);
                let said =
                    said.unwrap_or_else(|| "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned());
                let _ = stream.write_all(said.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        site
    }
    /// From now on this is answered at `path`: status, header lines, body.
    pub fn answer(&self, path: &str, status: &str, headers: &str, body: &str) {
        let length = body.len();
        let said = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}");
        self.answers.lock().unwrap().insert(path.to_owned(), said);
    }
    /// From now on this JSON lies there.
    pub fn put(&self, path: &str, document: &Value) {
        self.answer(path, "200 OK", "content-type: application/json\r\n", &document.to_string());
    }
    /// How often it was asked for that.
    pub fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }
    /// An address on it.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
    /// The document of a client at [`NOTES`], with these members instead or besides.
    pub fn notes(&self, more: &Value) -> Value {
        let mut document = json!({
            "client_id": self.at(NOTES), "client_name": "Notes", "redirect_uris": [self.at("/cb")], "scope": "openid email offline_access",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"]
        });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document
    }
    /// The public client at [`NOTES`].
    pub fn client(&self) -> Client {
        Client { id: self.at(NOTES), secret: None }
    }
    /// What that client asks for.
    pub fn ask(&self) -> Ask {
        Ask::of(&self.at(NOTES), &self.at("/cb")).with("scope", "openid email offline_access")
    }
}

/// Where the document of [`Site::notes`] lies.
pub const NOTES: &str = "/notes.json";

/// Let clients be known by their documents; `more` overrides other settings of that area.
pub async fn allow(app: &TestApp, more: Value) {
    let mut settings = json!({ "cimd_enabled": true });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    set_settings(app, &json!({ "authentication": settings })).await;
}

fn acceptor() -> TlsAcceptor {
    let made = web_certificate();
    let key = PrivatePkcs8KeyDer::from(made.key.clone());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.certificate.clone().into()], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
