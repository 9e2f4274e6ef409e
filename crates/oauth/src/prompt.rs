//! `prompt`: what the person must be asked, or must not be.
//!
//! OpenID Connect Core §3.1.2.1, Initiating User Registration via OpenID Connect 1.0 (`create`).

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{Params, ProtocolError};
use serde::{Deserialize, Serialize};

/// This room.
pub const ROOM: Room = Room {
    name: "prompt",
    title: "prompt, and Initiating User Registration",
    source: "OpenID Connect Core 1.0 §3.1.2.1, Initiating User Registration via OpenID Connect 1.0",
    status: Status::Final,
    support: "none, login, consent, select_account, create",
    visits: &[(Endpoint::Authorization, Stage::Parse), (Endpoint::PushedAuthorization, Stage::Parse)],
    metadata,
};

const SUPPORTED: [&str; 5] = ["none", "login", "consent", "select_account", "create"];

/// The values of `prompt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of five independent wire values")]
pub struct Prompt {
    /// Show nothing: answer at once or refuse.
    pub none: bool,
    /// Ask for a new proof of identity, though a session lives.
    pub login: bool,
    /// Ask for consent, though it is remembered.
    pub consent: bool,
    /// Let the person choose an account.
    pub select_account: bool,
    /// Begin with registration.
    pub create: bool,
}

/// The `prompt` parameter.
///
/// # Errors
/// `invalid_request` for an unknown value, or `none` beside another.
pub fn parse(params: &Params) -> Result<Prompt, ProtocolError> {
    let mut prompt = Prompt::default();
    let mut count = 0;
    for value in params.one("prompt")?.unwrap_or_default().split_ascii_whitespace() {
        count += 1;
        match value {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            "create" => prompt.create = true,
            _ => return Err(ProtocolError::invalid_request("The prompt value is not supported.")),
        }
    }
    if prompt.none && count > 1 {
        return Err(ProtocolError::invalid_request("prompt=none must not be combined with another value."));
    }
    Ok(prompt)
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.set_openid("prompt_values_supported", SUPPORTED.to_vec());
    // Pages fit into any window, so `display` changes nothing about them.
    document.set_openid("display_values_supported", ["page", "popup", "touch"].to_vec());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(prompt: &str) -> Result<Prompt, ProtocolError> {
        parse(&Params::collect([("prompt", prompt)]).unwrap())
    }

    #[test]
    fn values_combine_except_none() {
        let both = parsed("login consent").unwrap();
        assert!(both.login && both.consent && !both.none);
        assert!(parsed("none").unwrap().none);
        assert_eq!(parsed("").unwrap(), Prompt::default());
        for refused in ["none login", "none none", "maybe", "Login"] {
            assert!(parsed(refused).is_err(), "{refused}");
        }
        assert!(SUPPORTED.iter().all(|value| parsed(value).is_ok()));
    }
}
