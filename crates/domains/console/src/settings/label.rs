//! Names of settings as labels.

/// Words that aren't spelt like others.
const SPELT: [(&str, &str); 22] = [
    ("cimd", "CIMD"),
    ("css", "CSS"),
    ("dpop", "DPoP"),
    ("fapi", "FAPI"),
    ("html", "HTML"),
    ("id", "ID"),
    ("ip", "IP"),
    ("jarm", "JARM"),
    ("jwt", "JWT"),
    ("ldap", "LDAP"),
    ("mfa", "MFA"),
    ("oauth", "OAuth"),
    ("par", "PAR"),
    ("scim", "SCIM"),
    ("sms", "SMS"),
    ("smtp", "SMTP"),
    ("tls", "TLS"),
    ("uri", "URI"),
    ("uris", "URIs"),
    ("url", "URL"),
    ("voip", "VoIP"),
    ("xaa", "Cross-app access"),
];

/// `Lockout duration seconds` of `lockout_duration_seconds`, `Display name` of `displayName`.
pub(super) fn label(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for piece in name.split(['_', '.']) {
        let mut word = String::new();
        for letter in piece.chars() {
            if letter.is_uppercase() && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word.extend(letter.to_lowercase());
        }
        words.push(word);
    }
    let spelt = words.iter().enumerate().map(|(at, word)| match SPELT.iter().find(|(known, _)| known == word) {
        Some((_, spelt)) => (*spelt).to_owned(),
        None if at == 0 => capitalized(word),
        None => word.clone(),
    });
    spelt.collect::<Vec<_>>().join(" ")
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn names_read_like_labels() {
        assert_eq!(label("lockout_duration_seconds"), "Lockout duration seconds");
        assert_eq!(label("displayName"), "Display name");
        assert_eq!(label("password_policy.min_length"), "Password policy min length");
        assert_eq!(label("dpop_require_nonce"), "DPoP require nonce");
    }
}
