//! Who acts for whom: `act` and `may_act` (RFC 8693 §4.1, §4.4).

use crate::Issuer;
use serde::{Deserialize, Serialize};

/// The actor of a token, and who acted before it: the outermost is the one that holds the token. Only [`Act::over`] makes a chain longer,
/// and nothing makes one shorter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Who acts: `agent_…` or `client_…`, as introspection calls them.
    pub sub: String,
    /// For whom: the actor before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act: Option<Box<Act>>,
}

impl Act {
    /// `actor` acts, after whoever acted so far. Where it is the one that acts already, the chain stays as it is.
    pub fn over(actor: &str, before: Option<&Self>) -> Self {
        match before {
            Some(before) if before.sub == actor => before.clone(),
            before => Self { sub: actor.to_owned(), act: before.cloned().map(Box::new) },
        }
    }
    /// All actors, the outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self), |act| act.act.as_deref()).map(|act| act.sub.as_str())
    }
    /// How many actors it names.
    pub fn depth(&self) -> usize {
        self.chain().count()
    }
}

/// The only one who may act for the token's subject. A member this version doesn't know makes the token unreadable, for a condition that
/// is overlooked is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MayAct {
    /// Who: an agent's or client's id, with or without its prefix.
    pub sub: String,
    /// Of which issuer, if not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
}

impl MayAct {
    /// Only this one.
    pub fn only(sub: impl Into<String>) -> Self {
        Self { sub: sub.into(), iss: None }
    }
    /// Whether somebody of this issuer who goes by these names is the one.
    pub fn is(&self, names: &[String], issuer: &Issuer) -> bool {
        names.contains(&self.sub) && self.iss.as_ref().is_none_or(|iss| iss == issuer.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_chain_reads_as_rfc_8693_section_4_1_writes_it() {
        let json = json!({"sub": "https://service16.example.com", "act": {"sub": "https://service77.example.com"}});
        let read: Act = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(read.chain().collect::<Vec<_>>(), ["https://service16.example.com", "https://service77.example.com"]);
        assert_eq!(
            serde_json::to_value(Act::over(
                "https://service16.example.com",
                Some(&Act::over("https://service77.example.com", None))
            ))
            .unwrap(),
            json
        );
    }

    #[test]
    fn an_actor_is_put_in_front_once() {
        let one = Act::over("agent_a", None);
        let two = Act::over("agent_b", Some(&one));
        assert_eq!((one.depth(), two.depth(), Act::over("agent_b", Some(&two)).depth()), (1, 2, 2));
        assert_eq!(Act::over("agent_a", Some(&two)).chain().collect::<Vec<_>>(), ["agent_a", "agent_b", "agent_a"]);
    }

    #[test]
    fn who_may_act_is_compared_by_name_and_issuer() {
        let issuer = Issuer::of_org("https://id.example", "acme");
        let names = ["agent_a".to_owned(), "a".to_owned()];
        // RFC 8693 §4.4.
        let read: MayAct = serde_json::from_value(json!({"sub": "a"})).unwrap();
        assert!(read.is(&names, &issuer) && !MayAct::only("b").is(&names, &issuer));
        let of = |iss: &str| MayAct { sub: "a".into(), iss: Some(iss.into()) };
        assert!(of(issuer.as_str()).is(&names, &issuer) && !of("https://other.example").is(&names, &issuer));
        assert!(
            serde_json::from_value::<MayAct>(json!({"sub": "a", "only_on": "mondays"})).is_err(),
            "a condition nobody would check"
        );
    }
}
