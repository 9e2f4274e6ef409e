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
