//! The built program, as a child process with a data folder of its own.
#![allow(dead_code, reason = "each test file uses its part")]

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A running development server.
pub struct Program {
    child: Child,
    pub data: PathBuf,
}

impl Program {
    /// Start it on a fresh folder and a free port.
    pub fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("lumoauth_life_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let data = std::env::temp_dir().join(name);
        drop(std::fs::remove_dir_all(&data));
        Self::on(data)
    }

    /// Start it on the folder of a program that ended.
    pub fn start_again(&self) -> Self {
        Self::on(self.data.clone())
    }

    fn on(data: PathBuf) -> Self {
        let child =
            command().args(["dev", "--listen", "127.0.0.1:0", "--data"]).arg(&data).stdout(Stdio::piped()).spawn().unwrap();
        let mut program = Self { child, data };
        program.wait_for_the_banner();
        program
    }

    /// The banner is printed once the port is open and `dev.json` is written.
    fn wait_for_the_banner(&mut self) {
        let mut seen = Vec::new();
        let mut byte = [0];
        let output = self.child.stdout.as_mut().unwrap();
        while !String::from_utf8_lossy(&seen).contains("Ctrl-C") {
            assert_eq!(output.read(&mut byte).unwrap(), 1, "the program ended: {}", String::from_utf8_lossy(&seen));
            seen.push(byte[0]);
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and insist that it ends well.
    pub fn stop(&mut self) {
        let status = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(status.success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Something that can ask it for tokens, also from other threads.
    pub fn client(&self) -> Client {
        let notes: Value = serde_json::from_slice(&std::fs::read(self.data.join("dev.json")).unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Client {
            address: text(&notes["base_url"]).replace("http://localhost", "127.0.0.1"),
            id: text(&notes["service_client"]["client_id"]),
            secret: text(&notes["service_client"]["client_secret"]),
        }
    }

    /// The whole log of the demo organization, through the command line.
    pub fn export(&self) -> Vec<u8> {
        let file = self.data.join("export.jsonl");
        let exported = command()
            .args(["audit", "export", "--org", "acme-corp", "--data"])
            .arg(&self.data)
            .arg("--output")
            .arg(&file)
            .output()
            .unwrap();
        assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
        let verified = command().args(["audit", "verify"]).arg(&file).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        std::fs::read(file).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The built program.
pub fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lumoauth"))
}

/// A program that asks for tokens.
pub struct Client {
    address: String,
    id: String,
    secret: String,
}

impl Client {
    /// One client-credentials grant; `None` once the server is gone.
    pub fn client_credentials(&self) -> Option<String> {
        let body = format!("grant_type=client_credentials&client_id={}&client_secret={}", self.id, self.secret);
        let request = format!(
            "POST /orgs/acme-corp/api/v1/oauth/token HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address.rsplit(':').next()?,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8(answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        let body: Value = serde_json::from_str(body).ok()?;
        Some(body["access_token"].as_str()?.to_owned())
    }
}

/// The `jti` of a JWT.
pub fn jti(token: &str) -> String {
    let claims = jose::encoding::decode_base64url(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["jti"].as_str().unwrap().to_owned()
}
