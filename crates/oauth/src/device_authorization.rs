//! Devices without a keyboard: a person grants on another device what this one asks for.
//!
//! RFC 8628. Supported: the whole of it, for public and confidential clients, with resource indicators and keys shown at the token
//! endpoint (DPoP, mutual TLS). Beyond it: authorization details (RFC 9396), and a PKCE challenge sent along is demanded again at the token
//! endpoint. A client needs the grant in its registration, and an organization can switch devices off altogether.

use crate::decoupled::Asked;
use crate::grant::DEVICE_CODE;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError, pkce, rar, resource, scope};
use kernel::{Rng, Scopes, Secret};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "device_authorization",
    title: "OAuth 2.0 Device Authorization Grant",
    source: "RFC 8628",
    status: Status::Final,
    support: "user codes of eight letters, verification_uri_complete, slow_down",
    visits: &[
        (Endpoint::Token, Stage::Parse),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Token, Stage::Settle),
        (Endpoint::DeviceAuthorization, Stage::Parse),
        (Endpoint::DeviceAuthorization, Stage::Check),
        (Endpoint::DeviceAuthorization, Stage::Respond),
    ],
    metadata,
};

/// How long a device waits for its person (RFC 8628 §3.2 `expires_in`).
pub const LIFETIME: Duration = Duration::from_mins(10);
/// Letters of user codes: no vowels, so that no code is a word, and none that is taken for another or for a digit (§6.1).
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters of a user code.
const LENGTH: usize = 8;

/// Read what a device asks for, as far as its client may.
///
/// # Errors
/// `unauthorized_client` without the grant; `invalid_scope`, `invalid_target`, `invalid_authorization_details` or `invalid_request` for what
/// can't be asked. Whether the organization knows the details is for the caller to check.
pub fn parse(params: &Params, client: &ClientMetadata) -> Result<Asked, ProtocolError> {
    if !client.may_use_grant(DEVICE_CODE) {
        return Err(unauthorized());
    }
    let resources = resource::parse(params)?;
    resource::check_registered(&resources, client)?;
    let has_challenge = params.has("code_challenge") || params.has("code_challenge_method");
    let authorization_details = rar::parse(params)?.unwrap_or_default();
    let scopes = match scope::parse(params)? {
        // Whoever says exactly what is wanted need not ask for anything else.
        None if !authorization_details.is_empty() => Scopes::default(),
        asked => scope::for_authorization(asked.as_ref(), client)?,
    };
    Ok(Asked {
        scopes,
        resources,
        authorization_details,
        challenge: if has_challenge { pkce::parse(params, client)? } else { None },
        acr_values: Vec::new(),
    })
}

/// The answer to a client that may not use the grant, or whose organization has switched it off.
pub fn unauthorized() -> ProtocolError {
    ProtocolError::new(ErrorCode::UnauthorizedClient, "This client may not use the device authorization grant.")
}

/// The code a person types: eight letters. Twenty letters eight times over make 34 bits, good for ten minutes against guesses that
/// are counted (RFC 8628 §5.1).
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// A new one, each letter as likely as any other.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut letters = String::with_capacity(LENGTH);
        while letters.len() < LENGTH {
            let mut bytes = [0; 4 * LENGTH];
            rng.fill(&mut bytes);
            // 240 is the last multiple of twenty a byte holds: beyond it some letters would come more often.
            let fair = bytes.iter().filter(|byte| **byte < 240);
            letters.extend(fair.filter_map(|byte| ALPHABET.get(usize::from(byte % 20)).copied().map(char::from)));
        }
        Self(letters.chars().take(LENGTH).collect())
    }
    /// What somebody typed, in whatever case, with hyphens and spaces wherever they put them (§6.1); `None` if it is no code.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let letters: String =
            text.chars().filter(|c| !matches!(c, '-' | ' ' | '\u{2010}'..='\u{2015}')).map(|c| c.to_ascii_uppercase()).collect();
        let is_code = letters.len() == LENGTH && letters.bytes().all(|letter| ALPHABET.contains(&letter));
        is_code.then_some(Self(letters))
    }
    /// As people see it: `WDJB-MJHT`.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(LENGTH / 2);
        format!("{first}-{second}")
    }
    /// The letters alone, for hashing.
    pub fn secret(&self) -> Secret {
        Secret::new(self.0.clone())
    }
}

impl std::fmt::Debug for UserCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserCode")
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    if facts.has_device_authorization {
        document.set("device_authorization_endpoint", facts.issuer.endpoint("oauth/device_authorization"));
        document.add("grant_types_supported", [DEVICE_CODE]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Rng;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicU8, Ordering};

    #[derive(Default)]
    struct Counting(AtomicU8);
    impl Rng for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(7, Ordering::SeqCst));
        }
    }

    const DETAILS: &str = r#"[{"type":"payment"}]"#;

    fn client() -> ClientMetadata {
        ClientMetadata {
            grant_types: vec![DEVICE_CODE.into()],
            audience_uris: vec!["https://api.example".into()],
            ..ClientMetadata::new("c")
        }
    }
    fn parsed(pairs: &[(&str, &str)], client: &ClientMetadata) -> Result<Asked, ErrorCode> {
        parse(&Params::collect(pairs.iter().copied()).unwrap(), client).map_err(|error| error.code)
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        // RFC 8628 §3.2 and §6.1 show this code.
        for typed in ["WDJB-MJHT", "wdjb-mjht", "WDJBMJHT", " wd jb mj ht ", "W-D-J-B-M-J-H-T", "wdjb\u{2011}mjht"] {
            assert_eq!(UserCode::parse(typed).unwrap().shown(), "WDJB-MJHT", "{typed}");
        }
        let long = "W".repeat(100);
        for typed in ["", "WDJB", "WDJB-MJHTX", "WDJB-MJHA", "WDJB-MJH1", "WDJB_MJHT", "WDJB-MJH\u{212a}", &long] {
            assert!(UserCode::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn every_letter_comes_and_no_other() {
        let rng = Counting::default();
        let seen: BTreeSet<char> = (0..100).flat_map(|_| UserCode::generate(&rng).0.chars().collect::<Vec<_>>()).collect();
        assert_eq!(seen, ALPHABET.iter().copied().map(char::from).collect());
        let code = UserCode::generate(&rng);
        assert_eq!((code.0.len(), UserCode::parse(&code.shown())), (LENGTH, Some(code.clone())));
        assert!(!format!("{code:?}").contains(&code.0));
    }

    #[test]
    fn a_device_asks_for_what_its_client_may_have() {
        let asked = parsed(&[("scope", "openid unknown"), ("resource", "https://api.example")], &client()).unwrap();
        assert_eq!((asked.scopes.to_string().as_str(), asked.resources.len(), asked.challenge), ("openid", 1, None));
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let with_pkce = parsed(&[("code_challenge", challenge), ("code_challenge_method", "S256")], &client()).unwrap();
        assert!(with_pkce.challenge.is_some());
        for (pairs, client, expected) in [
            (&[][..], ClientMetadata::new("c"), ErrorCode::UnauthorizedClient),
            (&[("scope", "unknown")], client(), ErrorCode::InvalidScope),
            (&[("resource", "https://other.example")], client(), ErrorCode::InvalidTarget),
            (&[("code_challenge", "short"), ("code_challenge_method", "S256")], client(), ErrorCode::InvalidRequest),
            (&[("code_challenge_method", "S256")], client(), ErrorCode::InvalidRequest),
            (&[("authorization_details", "{}")], client(), ErrorCode::InvalidAuthorizationDetails),
            (&[("authorization_details", "[]")], client(), ErrorCode::InvalidAuthorizationDetails),
            (&[("scope", "unknown"), ("authorization_details", DETAILS)], client(), ErrorCode::InvalidScope),
        ] {
            assert_eq!(parsed(pairs, &client), Err(expected), "{pairs:?}");
        }
        let exactly = parsed(&[("authorization_details", DETAILS)], &client()).unwrap();
        assert!(exactly.scopes.is_empty() && exactly.authorization_details.types().eq(["payment"]));
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_text_is_a_code_or_none(text in "\\PC{0,80}") {
            if let Some(code) = UserCode::parse(&text) {
                prop_assert_eq!(UserCode::parse(&code.shown()), Some(code));
            }
        }
    }
}
