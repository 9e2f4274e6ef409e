//! An application with an address of its own, where the server can reach it.

use crate::code::{Ask, CALLBACK, authorize};
use crate::tokens::{Client, Tokens};
use jose::encoding::base64url;
use kernel::{Actor, Secret};
use lumoauth::notes::Login;
use lumoauth::operator::MakeClient;
use oauth::ClientMetadata;
use op::provision::NewClient;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use testkit::{Browser, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An application that remembers what it is told.
pub struct Rp {
    /// As the server knows it.
    pub client: Client,
    /// Where it listens: `http://127.0.0.1:1234`.
    pub address: String,
    heard: Arc<Mutex<Vec<(String, String)>>>,
    status: Arc<AtomicU16>,
}

impl Rp {
    /// Listen, and register with what `edit` makes of the usual registration; it is given the address.
    pub async fn start(app: &TestApp, id: &str, edit: impl FnOnce(&mut ClientMetadata, &str)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (heard, status) = (Arc::<Mutex<Vec<(String, String)>>>::default(), Arc::new(AtomicU16::new(200)));
        tokio::spawn(listen(listener, heard.clone(), status.clone()));
        let secret = base64url(format!("the secret of {id}, as long as secrets are"));
        let mut new = NewClient::web(id, &format!("The {id} application"), Secret::new(&*secret), vec![CALLBACK.to_owned()]);
        new.metadata.scopes = "openid email offline_access".to_owned().into();
        edit(&mut new.metadata, &address);
        let org = app.services.store.find_org(&app.notes.org).await.unwrap();
        flow::act(&app.services, org, Actor::Operator, MakeClient { client: new, agent: None }).await.unwrap();
        Self { client: Client { id: id.to_owned(), secret: Some(secret) }, address, heard, status }
    }

    /// One that takes logout tokens.
    pub async fn with_backchannel(app: &TestApp, id: &str) -> Self {
        Self::start(app, id, |metadata, address| {
            metadata.backchannel_logout_uri = Some(format!("{address}/backchannel"));
            metadata.backchannel_logout_session_required = true;
        })
        .await
    }

    /// Tokens for the demo user, who signs in where needed.
    pub async fn sign_in(&self, app: &TestApp, browser: &mut Browser<'_>) -> Tokens {
        self.sign_in_as(app, browser, &app.notes.user, "openid").await
    }
    /// The same for this person and these scopes.
    pub async fn sign_in_as(&self, app: &TestApp, browser: &mut Browser<'_>, login: &Login, scope: &str) -> Tokens {
        let ask = Ask::of(&self.client.id, CALLBACK).with("scope", scope).with("prompt", "consent");
        let code = authorize(app, browser, login, &ask).await.code();
        Tokens::of(self.client.redeem(app, &code).await)
    }

    /// From now on answer with this status; 0: take what comes and say nothing.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
    /// The bodies that came since it was asked last.
    pub fn heard(&self) -> Vec<String> {
        self.requests().into_iter().map(|(_, body)| body).collect()
    }
    /// The requests that came since it was asked last: head and body.
    pub fn requests(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

async fn listen(listener: TcpListener, heard: Arc<Mutex<Vec<(String, String)>>>, status: Arc<AtomicU16>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, heard.clone(), status.clone()));
    }
}

async fn serve(mut stream: TcpStream, heard: Arc<Mutex<Vec<(String, String)>>>, status: Arc<AtomicU16>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let told = loop {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        }
    };
    heard.lock().unwrap().push(told);
    match status.load(Ordering::SeqCst) {
        0 => std::future::pending().await,
        status => {
            stream
                .write_all(
                    format!(
                        "HTTP/1.1 {status} Said\r\nlocation: /elsewhere\r\nconnection: close\r\ncontent-length: 4\r\n\r\nwell"
                    )
                    .as_bytes(),
                )
                .await
        }
    }
}
