use super::*;

/// Hashes that others made, each with its password: the Argon2 reference implementation's tests, RFC 7914 §11 and §12,
/// `crypt_blowfish`'s tests, and Python's `hashlib`.
const IMPORTED: [(&str, &str); 9] = [
    ("password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
    ("password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"),
    ("password", "$argon2d$v=19$m=65536,t=2,p=1$YzI5dFpYTmhiSFFBQUFBQUFBQUFBQQ$Jxy74cswY2mq9y+u+iJcJy8EqOp4t/C7DWDzGwGB3IM"),
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    (
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    ),
    (
        "Password",
        "$pbkdf2-sha256$i=80000,l=64$TmFDbA$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ",
    ),
    (
        "Password",
        "$pbkdf2-sha256$80000$TmFDbA$TdzY9guYviGDDO5e8icB.WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ",
    ),
    (
        "passwordPASSWORDpassword",
        "$pbkdf2-sha512$i=4096$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$jAUR9Mbll8asYxXY8DYuIl88UBSVuiO4aMAFF03E7nERW1n55gzZUy+jPg91rv4wIlxYOhhs2CvU2uqXJKPTuA",
    ),
    ("correct horse", "pbkdf2_sha256$1000$Zm9vYmFyc2FsdA$KT1Z8SOoxYFuY5/j7UL+jBo/bfeD+BTY/HPHjCz4CT4="),
];

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

fn matches(hash: &PasswordHash, text: &str) -> bool {
    hash.matches(&password(text), &mut Memory::default()).unwrap()
}

#[test]
fn imported_hashes_match_their_password_and_no_other() {
    for (text, stored) in IMPORTED {
        let hash = PasswordHash::parse(stored).unwrap();
        assert!(matches(&hash, text), "{stored}");
        assert!(!matches(&hash, &format!("{text}x")), "{stored}");
        assert_eq!(hash.expose(), stored);
        assert!(hash.needs_rehash(), "{stored}");
    }
}

#[test]
fn the_three_bcrypt_prefixes_mean_the_same_for_ascii() {
    for prefix in ["2b", "2x", "2y"] {
        let stored = format!("${prefix}$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        assert!(matches(&PasswordHash::parse(&stored).unwrap(), "U*U"), "{prefix}");
    }
}

#[test]
fn a_new_hash_reads_back_matches_and_is_up_to_date() {
    let mut memory = Memory::default();
    let fresh = PasswordHash::compute(&password("correct horse"), [7; 16], &mut memory).unwrap();
    assert!(fresh.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$"), "{}", fresh.expose());
    let stored = PasswordHash::parse(fresh.expose()).unwrap();
    assert!(!stored.needs_rehash() && !fresh.needs_rehash());
    assert!(stored.matches(&password("correct horse"), &mut memory).unwrap());
    assert!(!stored.matches(&password("correct house"), &mut memory).unwrap());
}

#[test]
fn memory_used_before_gives_the_same_hash() {
    let mut used = Memory::default();
    let first = PasswordHash::compute(&password("a"), [1; 16], &mut used).unwrap();
    PasswordHash::compute(&password("b"), [2; 16], &mut used).unwrap();
    let again = PasswordHash::compute(&password("a"), [1; 16], &mut used).unwrap();
    assert_eq!(first.expose(), again.expose());
}

#[test]
fn other_parameters_than_ours_are_hashed_again() {
    let output = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let salt = "BwcHBwcHBwcHBwcHBwcHBw";
    for (head, is_ours) in [
        ("$argon2id$v=19$m=19456,t=2,p=1", true),
        ("$argon2id$v=19$m=19456,t=3,p=1", false),
        ("$argon2id$v=19$m=65536,t=2,p=1", false),
        ("$argon2id$v=19$m=19456,t=2,p=2", false),
        ("$argon2id$v=16$m=19456,t=2,p=1", false),
        ("$argon2id$m=19456,t=2,p=1", false),
        ("$argon2i$v=19$m=19456,t=2,p=1", false),
    ] {
        let hash = PasswordHash::parse(&format!("{head}${salt}${output}")).unwrap();
        assert_eq!(hash.needs_rehash(), !is_ours, "{head}");
    }
    let short_salt = PasswordHash::parse(&format!("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ${output}")).unwrap();
    assert!(short_salt.needs_rehash());
}

#[test]
fn a_hash_that_would_cost_minutes_or_gigabytes_is_refused() {
    let output = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    for head in [
        "$argon2id$v=19$m=262145,t=1,p=1",
        "$argon2id$v=19$m=4294967295,t=1,p=1",
        "$argon2id$v=19$m=65536,t=17,p=1",
        "$argon2id$v=19$m=8,t=4294967295,p=1",
        "$argon2id$v=19$m=19456,t=2,p=256",
        "$scrypt$ln=19,r=8,p=1",
        "$scrypt$ln=63,r=8,p=1",
        "$scrypt$ln=17,r=8,p=3",
        "$scrypt$ln=1,r=4294967295,p=4294967295",
        "$scrypt$ln=1,r=1,p=1000000",
        "$pbkdf2-sha256$i=2000001",
        "$pbkdf2-sha512$4294967295",
    ] {
        let refused = PasswordHash::parse(&format!("{head}$c29tZXNhbHQ${output}")).unwrap_err();
        assert!(matches!(refused, HashRefused::TooExpensive(_)), "{head}: {refused:?}");
    }
    let bcrypt = PasswordHash::parse("$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    assert_eq!(bcrypt.unwrap_err(), HashRefused::TooExpensive("bcrypt"));
    let two_blocks = PasswordHash::parse(&format!("$pbkdf2-sha256$i=1000001$TmFDbA${}", "A".repeat(86)));
    assert_eq!(two_blocks.unwrap_err(), HashRefused::TooExpensive("pbkdf2"));
}

#[test]
fn damaged_hashes_are_refused() {
    for stored in [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQ",
        "$argon2id$v=19$m=256,t=2,p=1$c29t$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=20$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=64$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=1,keyid=8PDw8A$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOé",
        "$scrypt$ln=64,r=8,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$scrypt$ln=0,r=8,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$scrypt$ln=4,r=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$pbkdf2-sha256$i=0$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$pbkdf2-sha256$i=1,l=31$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "pbkdf2_sha256$many$salt$KT1Z8SOoxYFuY5/j7UL+jBo/bfeD+BTY/HPHjCz4CT4=",
        "pbkdf2_sha256$1$$KT1Z8SOoxYFuY5/j7UL+jBo/bfeD+BTY/HPHjCz4CT4=",
    ] {
        let refused = PasswordHash::parse(stored).unwrap_err();
        assert!(matches!(refused, HashRefused::Malformed(_)), "{stored}: {refused:?}");
    }
}

#[test]
fn what_is_no_hash_is_refused() {
    for stored in ["", "password", "$", "$1$salt$hash", "$5$rounds=5000$a$b", "5f4dcc3b5aa765d61d8327deb882cf99", "{SSHA}abc"] {
        assert_eq!(PasswordHash::parse(stored).unwrap_err(), HashRefused::Unknown, "{stored}");
    }
    assert_eq!(PasswordHash::parse(&format!("$2a${}", "0".repeat(600))).unwrap_err(), HashRefused::Unknown);
}

#[test]
fn debug_shows_the_kind_and_nothing_else() {
    let shown: Vec<String> = IMPORTED.iter().map(|(_, stored)| format!("{:?}", PasswordHash::parse(stored).unwrap())).collect();
    assert_eq!(shown.first().unwrap(), "PasswordHash(argon2id)");
    assert!(shown.iter().all(|shown| shown.len() < 32), "{shown:?}");
}
