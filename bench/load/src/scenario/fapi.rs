//! FAPI 2.0: clients that prove themselves with assertions and their keys with proofs, and push what they ask for.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use jose::alg::Algorithm;
use jose::jws::{sign, sign_with_header};
use jose::key::SigningKey;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::contains;
use crate::dev::{CODE_CHALLENGE, CODE_VERIFIER, Server};
use crate::measure::Client;
use crate::wire::request::form;
use crate::wire::{Browser, Connection};

/// Nobody has to be there: the browser stops before it.
const REDIRECT_URI: &str = "https://bank.example/callback";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client under `fapi2_security`, with `private_key_jwt` and DPoP; everything is signed with ES256, its ID tokens too.
struct Bank {
    server: Server,
    id: String,
    assertions: SigningKey,
    proofs: SigningKey,
    proof_header: Map<String, Value>,
    count: Cell<u64>,
}

impl Bank {
    async fn register(server: &Server) -> Result<Rc<Self>> {
        #[derive(Deserialize)]
        struct Made {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            #[serde(rename = "clientId")]
            client_id: String,
        }
        let (assertions, proofs) =
            (SigningKey::generate(Algorithm::ES256, "bench")?, SigningKey::generate(Algorithm::ES256, "proof")?);
        let body = json!({
            "name": "Bank", "fapiProfile": "fapi2_security", "redirectUris": [REDIRECT_URI], "scopes": ["openid", "email", "reports:read"],
            "grantTypes": ["authorization_code", "client_credentials"], "tokenEndpointAuthMethod": "private_key_jwt",
            "jwks": { "keys": [assertions.public()] }, "dpopBoundAccessTokens": true, "idTokenSignedResponseAlg": "ES256"
        });
        let request = server.origin.post_json(&server.api("admin/clients"), &server.api_key(), &body.to_string());
        let mut connection = Connection::new(server.origin.address());
        let made: Made = connection.exchange(&request).await?.expect(201).context("registering a client")?.json()?;
        let header = json!({ "typ": "dpop+jwt", "jwk": proofs.public().bare() });
        Ok(Rc::new(Self {
            server: server.clone(),
            id: made.data.client_id,
            assertions,
            proofs,
            proof_header: header.as_object().cloned().unwrap_or_default(),
            count: Cell::new(0),
        }))
    }

    /// A name that was never used, and the time.
    fn fresh(&self) -> Result<(String, u64)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let count = self.count.get();
        self.count.set(count.wrapping_add(1));
        Ok((format!("{}-{}-{count}", self.id, now.as_nanos()), now.as_secs()))
    }

    fn assertion(&self) -> Result<String> {
        let (jti, now) = self.fresh()?;
        let claims =
            json!({ "iss": self.id, "sub": self.id, "aud": self.server.dev.issuer, "jti": jti, "iat": now, "exp": now + 60 });
        Ok(sign(&self.assertions, "JWT", &claims)?)
    }

    /// A request to an endpoint, with a fresh assertion and a fresh proof.
    fn request(&self, endpoint: &str, fields: &[(&str, &str)]) -> Result<Vec<u8>> {
        let path = self.server.api(endpoint);
        let (jti, now) = self.fresh()?;
        let htu = format!("{}{path}", self.server.dev.base_url);
        let claims = json!({ "jti": jti, "htm": "POST", "htu": htu, "iat": now });
        let proof = sign_with_header(&self.proofs, &self.proof_header, claims.to_string().as_bytes())?;
        let assertion = self.assertion()?;
        let proven = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
        let body = form(fields.iter().copied().chain(proven));
        Ok(self.server.origin.post_form(&path, &format!("dpop: {proof}\r\n"), &body))
    }
}

/// One connection asking for one bound token after another. The generator signs twice for each.
pub struct FapiTokens {
    bank: Rc<Bank>,
    connection: Connection,
}

impl FapiTokens {
    /// `count` connections of one client.
    pub async fn of(server: &Server, count: usize) -> Result<Vec<Self>> {
        let bank = Bank::register(server).await?;
        let one = || Self { bank: bank.clone(), connection: Connection::new(server.origin.address()) };
        Ok(std::iter::repeat_with(one).take(count).collect())
    }
}

impl Client for FapiTokens {
    async fn exchange(&mut self) -> Result<()> {
        let request = self.bank.request("oauth/token", &[("grant_type", "client_credentials")])?;
        let reply = self.connection.exchange(&request).await?.expect(200)?;
        ensure!(contains(reply.body, r#""token_type":"DPoP""#), "not a bound token");
        Ok(())
    }
}

/// One signed-in browser and its application: push, authorize (people are asked each time), token.
pub struct FapiFlow {
    bank: Rc<Bank>,
    browser: Browser,
    connection: Connection,
}

impl FapiFlow {
    /// `count` browsers, each signed in.
    pub async fn of(server: &Server, count: usize) -> Result<Vec<Self>> {
        let bank = Bank::register(server).await?;
        let mut flows = Vec::with_capacity(count);
        for _ in 0..count {
            let (browser, connection) = (Browser::new(server.origin.clone()), Connection::new(server.origin.address()));
            let mut flow = Self { bank: bank.clone(), browser, connection };
            flow.exchange().await?;
            flow.browser.disconnect();
            flow.connection.close();
            flows.push(flow);
        }
        Ok(flows)
    }
}

impl Client for FapiFlow {
    async fn exchange(&mut self) -> Result<()> {
        let server = &self.bank.server;
        let asked = [
            ("client_id", self.bank.id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid email"),
            ("state", "bench"),
            ("nonce", "bench"),
            ("code_challenge", CODE_CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let pushed = self.connection.exchange(&self.bank.request("oauth/par", &asked)?).await?.expect(201).context("pushing")?;
        let request_uri = pushed.string_member("request_uri").context("no request_uri")?.to_owned();
        let query = form([("client_id", self.bank.id.as_str()), ("request_uri", request_uri.as_str())]);
        let url = server.origin.join(&format!("{}?{query}", server.api("oauth/authorize")))?;
        let code = self.browser.authorize(&url, &server.person(), REDIRECT_URI).await?;
        let redemption = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", CODE_VERIFIER),
        ];
        let reply = self.connection.exchange(&self.bank.request("oauth/token", &redemption)?).await?;
        let reply = reply.expect(200).context("redeeming a code")?;
        ensure!(contains(reply.body, r#""token_type":"DPoP""#) && contains(reply.body, r#""id_token""#), "not a bound token");
        Ok(())
    }
}
