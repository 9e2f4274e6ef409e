//! The command line: clear words, honest exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod program;

use program::command;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

fn run(args: &[&str]) -> (bool, String) {
    let output = command().args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_version_is_told() {
    assert_eq!(run(&["--version"]), (true, format!("lumoauth {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_configuration_that_is_half_there_is_refused_with_every_reason() {
    let folder = std::env::temp_dir().join(format!("lumoauth_cli_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("lumoauth.toml");
    std::fs::write(&file, "public_url = \"http://id.example.com\"\npublik_url = 1\n").unwrap();
    for verb in [&["config", "check", "--config"][..], &["serve", "--config"], &["doctor", "--config"]] {
        let mut args = verb.to_vec();
        args.push(file.to_str().unwrap());
        let (went_well, said) = run(&args);
        assert!(!went_well, "{said}");
        for reason in ["publik_url", "public_url", "master_key", "database.url", "lumoauth.toml"] {
            assert!(said.contains(reason), "{verb:?} does not mention {reason}:\n{said}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// The head of what a server answers to this address.
fn asked(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn metrics_are_served_on_their_own_listener_and_nowhere_else() {
    let folder = std::env::temp_dir().join(format!("lumoauth_metrics_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // Both at once, so that they differ.
    let [public, metrics] = {
        let free = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
        free.map(|listener| listener.local_addr().unwrap().port())
    };
    let file = folder.join("lumoauth.toml");
    let configuration = format!(
        "public_url = 'http://localhost:{public}'\nlisten = '127.0.0.1:{public}'\ndatabase.url = 'sqlite:a.db'\n\
         master_key.value = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='\ndanger_readable_secrets = true\n\
         metrics.listen = '127.0.0.1:{metrics}'\n"
    );
    std::fs::write(&file, configuration).unwrap();
    assert!(command().args(["migrate", "--config"]).arg(&file).output().unwrap().status.success());
    let mut server = command().args(["serve", "--config"]).arg(&file).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    while !said.contains("listens on") {
        assert_ne!(output.read_line(&mut said).unwrap(), 0, "the program ended: {said}");
    }
    let counted = asked(metrics, "/metrics");
    let seen =
        [asked(metrics, "/health/ready"), asked(metrics, "/docs"), asked(public, "/health/ready"), asked(public, "/metrics")];
    server.kill().unwrap();
    server.wait().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    assert!(counted.starts_with("HTTP/1.1 200") && counted.contains("lumoauth_request_seconds"), "{counted}");
    let statuses = seen.each_ref().map(|answer| answer.get(9..12).unwrap_or_default());
    assert_eq!(statuses, ["200", "404", "200", "404"]);
}

#[test]
fn a_log_that_is_not_one_does_not_hold() {
    let file = std::env::temp_dir().join(format!("lumoauth_not_a_log_{}", std::process::id()));
    std::fs::write(&file, "hello\n").unwrap();
    let (went_well, said) = run(&["audit", "verify", file.to_str().unwrap()]);
    assert!(!went_well && said.contains("does NOT hold"), "{said}");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let (went_well, said) = run(&["completions", shell]);
        assert!(went_well && said.contains("lumoauth"));
    }
}
