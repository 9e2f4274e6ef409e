//! What a device does: ask for a code, and then ask again and again what became of it (RFC 8628 §3.1, §3.4).

use super::{CLIENT_ID, SCOPES, Screen};
use crate::demo::callback::{ROOM, name, shown};
use crate::demo::memory::Trouble;
use crate::demo::provider::{FORM, Provider, address, object, unusable};
use jose::claims::required_text;
use kernel::{Secret, Timestamp};
use oauth::grant::DEVICE_CODE;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;
use url::form_urlencoded::Serializer;

/// By how much a device slows down when it is told to (§3.5).
const STEP: u32 = 5;
/// What it waits if the answer doesn't say (§3.2).
const USUAL: u32 = 5;

/// A device that waits for its person.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Waiting {
    device_code: String,
    user_code: String,
    address: String,
    address_with_code: String,
    interval: u32,
    /// When it asked last, in seconds since 1970.
    asked_at: i64,
}

impl Waiting {
    pub(super) fn user_code(&self) -> &str {
        &self.user_code
    }
    pub(super) fn address(&self) -> &str {
        &self.address
    }
    pub(super) fn address_with_code(&self) -> &str {
        &self.address_with_code
    }
    pub(super) fn interval(&self) -> u32 {
        self.interval
    }

    /// Ask for a code (§3.1).
    pub(super) async fn begin(provider: &Provider<'_>) -> Result<Self, Trouble> {
        let answer = post(provider, "oauth/device_authorization", &[("scope", SCOPES)]).await?;
        Self::read(&answer, provider.prep.now)
    }

    /// From the answer (§3.2).
    fn read(answer: &Map<String, Value>, now: Timestamp) -> Result<Self, Trouble> {
        let text = |name| required_text(answer, name).map(str::to_owned).map_err(|error| unusable("code", error));
        let address = text("verification_uri")?;
        let with_code = answer.get("verification_uri_complete").and_then(Value::as_str);
        let interval = answer.get("interval").and_then(Value::as_u64).and_then(|seconds| u32::try_from(seconds).ok());
        Ok(Self {
            device_code: text("device_code")?,
            user_code: text("user_code")?,
            address_with_code: with_code.unwrap_or(&address).to_owned(),
            address,
            interval: interval.unwrap_or(USUAL),
            asked_at: now.as_secs(),
        })
    }

    /// What is on after asking, if it is time to ask (§3.4).
    pub(super) async fn ask(self, provider: &Provider<'_>) -> Screen {
        if !self.is_due(provider.prep.now) {
            return Screen::Waiting(self);
        }
        let form = [("grant_type", DEVICE_CODE), ("device_code", self.device_code.as_str())];
        let answer = post(provider, "oauth/token", &form).await;
        match self.after(answer, provider.prep.now) {
            Next::Wait(waiting) => Screen::Waiting(waiting),
            Next::Stop(trouble) => Screen::Failed(trouble),
            Next::Greet(access_token) => match provider.claims(&access_token).await {
                Ok(claims) => Screen::Connected { name: name(&claims), claims: shown(&claims, ROOM) },
                Err(trouble) => Screen::Failed(trouble),
            },
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        now >= Timestamp::from_secs(self.asked_at).plus(Duration::from_secs(self.interval.into()))
    }

    /// What an answer of the token endpoint comes to (§3.5).
    fn after(self, answer: Result<Map<String, Value>, Trouble>, now: Timestamp) -> Next {
        let asked_at = now.as_secs();
        match answer {
            Ok(answer) => match required_text(&answer, "access_token") {
                Ok(token) => Next::Greet(Secret::new(token)),
                Err(error) => Next::Stop(unusable("token", error)),
            },
            Err(trouble) => match trouble.code.as_str() {
                "authorization_pending" => Next::Wait(Self { asked_at, ..self }),
                "slow_down" => Next::Wait(Self { asked_at, interval: self.interval.saturating_add(STEP), ..self }),
                // A connection that broke says nothing about the person (§3.5).
                "provider_unreachable" => {
                    Next::Wait(Self { asked_at, interval: self.interval.saturating_mul(2).min(60), ..self })
                }
                _ => Next::Stop(trouble),
            },
        }
    }
}

/// What to do after an answer.
enum Next {
    Wait(Waiting),
    Stop(Trouble),
    /// There is a token.
    Greet(Secret),
}

/// A form from the television. It passes on what the browser it is shown in calls itself, for the person to compare.
async fn post(provider: &Provider<'_>, endpoint: &str, pairs: &[(&str, &str)]) -> Result<Map<String, Value>, Trouble> {
    let form = Serializer::new(String::new()).append_pair("client_id", CLIENT_ID).extend_pairs(pairs).finish();
    let url = address(&provider.issuer.endpoint(endpoint))?;
    let agent = provider.prep.request.user_agent();
    let headers: Vec<(&str, &str)> = agent.iter().map(|agent| ("user-agent", agent.as_str())).collect();
    object(provider.prep.outbound().post(&url, FORM, form.into_bytes(), &headers).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }
    fn waiting() -> Waiting {
        // The example of RFC 8628 §3.2.
        let answer = json!({
            "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS", "user_code": "WDJB-MJHT",
            "verification_uri": "https://example.com/device",
            "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT", "expires_in": 1800, "interval": 5
        });
        Waiting::read(&object(&answer), NOW).map_err(|trouble| trouble.code).unwrap()
    }
    fn after(answer: Result<Value, &str>) -> Result<u32, String> {
        let answer = answer.map(|answer| object(&answer)).map_err(|code| Trouble::new(code, ""));
        match waiting().after(answer, NOW.plus(Duration::from_secs(7))) {
            Next::Wait(waiting) => {
                assert!(!waiting.is_due(NOW.plus(Duration::from_secs(7))), "it waits anew");
                Ok(waiting.interval)
            }
            Next::Stop(trouble) => Err(trouble.code),
            Next::Greet(token) => Err(token.expose().to_owned()),
        }
    }

    #[test]
    fn the_example_of_section_3_2_is_shown_as_it_is() {
        let waiting = waiting();
        assert_eq!((waiting.user_code(), waiting.address(), waiting.interval()), ("WDJB-MJHT", "https://example.com/device", 5));
        assert_eq!(waiting.address_with_code(), "https://example.com/device?user_code=WDJB-MJHT");
        assert!(!waiting.is_due(NOW.plus(Duration::from_secs(4))) && waiting.is_due(NOW.plus(Duration::from_secs(5))));
        let least = json!({ "device_code": "d", "user_code": "u", "verification_uri": "https://example.com/device" });
        let least = Waiting::read(&object(&least), NOW).map_err(|trouble| trouble.code).unwrap();
        assert_eq!((least.interval(), least.address_with_code()), (5, "https://example.com/device"));
        assert!(Waiting::read(&object(&json!({ "user_code": "u" })), NOW).is_err());
    }

    #[test]
    fn it_waits_slows_down_or_stops_as_it_is_told() {
        assert_eq!(after(Err("authorization_pending")), Ok(5));
        assert_eq!(after(Err("slow_down")), Ok(10));
        assert_eq!(after(Err("provider_unreachable")), Ok(10));
        for code in ["access_denied", "expired_token", "invalid_grant", "invalid_response"] {
            assert_eq!(after(Err(code)), Err(code.to_owned()));
        }
        assert_eq!(after(Ok(json!({ "access_token": "a1" }))), Err("a1".to_owned()));
        assert_eq!(after(Ok(json!({}))), Err("invalid_response".to_owned()));
    }
}
