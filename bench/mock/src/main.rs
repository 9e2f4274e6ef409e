//! The ceiling: a token endpoint that reads three rows of SQLite, signs one ES256 access token, and does nothing else. It
//! authenticates nobody, logs nothing and writes nothing, so no honest server on the same parts can be faster.
//!
//! usage: bench-mock DIRECTORY HOST:PORT
#![allow(clippy::disallowed_methods, reason = "a mock with the machine's own clock")]

use std::cell::OnceCell;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(directory), Some(listen)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bench-mock DIRECTORY HOST:PORT".into());
    };
    let database = Path::new(&directory).join("mock.db");
    prepare(&database)?;
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let mock = Arc::new(Mock { key, random: SystemRandom::new(), database });
    let routes = Router::new().route("/health/ready", get(|| async { "ready" })).route("/token", post(token)).with_state(mock);
    axum::serve(tokio::net::TcpListener::bind(&listen).await?, routes).await?;
    Ok(())
}

struct Mock {
    key: EcdsaKeyPair,
    random: SystemRandom,
    database: PathBuf,
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
}

/// Grants a token to everybody.
async fn token(State(mock): State<Arc<Mock>>, Form(request): Form<TokenRequest>) -> Result<Json<Value>, StatusCode> {
    mock.grant(&request).map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

impl Mock {
    /// Reads an "organization", a "client" and a "key", and signs.
    fn grant(&self, request: &TokenRequest) -> Result<Value, Box<dyn Error>> {
        let read = self.row(7)?.len() + self.row(8)?.len() + self.row(9)?.len();
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let claims = json!({
            "iss": "https://id.example.com", "sub": "bench", "client_id": "bench", "aud": "https://api.example.com", "scope": "read write",
            "jti": format!("{:026}", now.as_nanos()), "iat": now.as_secs(), "exp": now.as_secs() + 300,
            "read": read, "gty": request.grant_type,
        });
        let mut token = URL_SAFE_NO_PAD.encode(br#"{"alg":"ES256","typ":"at+jwt","kid":"mock"}"#);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature = self.key.sign(&self.random, token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": "read write" }))
    }

    fn row(&self, id: i64) -> Result<String, Box<dyn Error>> {
        thread_local! { static CONNECTION: OnceCell<Connection> = const { OnceCell::new() }; }
        CONNECTION.with(|cell| {
            if cell.get().is_none() {
                let connection = Connection::open(&self.database)?;
                connection.execute_batch("PRAGMA mmap_size=268435456")?;
                let _ = cell.set(connection);
            }
            let connection = cell.get().ok_or("no connection")?;
            let mut statement = connection.prepare_cached("SELECT value FROM item WHERE id = ?1")?;
            Ok(statement.query_row([id], |row| row.get(0))?)
        })
    }
}

/// A thousand rows of the size of a client.
fn prepare(database: &Path) -> rusqlite::Result<()> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, value TEXT NOT NULL)",
    )?;
    let transaction = connection.transaction()?;
    for id in 0..1000 {
        transaction.execute("INSERT OR IGNORE INTO item VALUES (?1, ?2)", (id, "x".repeat(300)))?;
    }
    transaction.commit()
}
