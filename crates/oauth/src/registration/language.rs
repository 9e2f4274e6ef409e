//! Members in several languages (RFC 7591 §2.2): `client_name#de`.

use super::{Member, Problem};
use crate::ClientMetadata;
use serde_json::{Map, Value};

/// The members people see, which may be said in several languages.
const HUMAN: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];
/// Most of them in one registration.
const MAX_TAGGED: usize = 100;

/// Take the language-tagged members of a document in place of those there were.
pub(super) fn read(document: &Map<String, Value>, metadata: &mut ClientMetadata, problems: &mut Vec<Problem>) {
    metadata.localized.clear();
    for (name, value) in document {
        let Some((member, tag)) = split(name) else { continue };
        let mut scratch = ClientMetadata::new("");
        match member.set(&mut scratch, value) {
            Err(message) => problems.push(Problem::new(member.name, format!("in {tag} {message}"))),
            Ok(()) => {
                if let Some(text) = value.as_str() {
                    metadata.localized.insert(name.clone(), text.to_owned());
                }
            }
        }
    }
    if metadata.localized.len() > MAX_TAGGED {
        problems.push(Problem::new("client_name", format!("and its like must have at most {MAX_TAGGED} languages in all")));
    }
}

/// Member and language (BCP 47) of a tagged name. What has no tag, or one of another form, is none.
fn split(name: &str) -> Option<(&'static Member, &str)> {
    let (name, tag) = name.split_once('#')?;
    let is_tag = (2..=35).contains(&tag.len()) && tag.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    if is_tag && HUMAN.contains(&name) { Some((Member::find(name)?, tag)) } else { None }
}

impl ClientMetadata {
    /// What a member people see says in one of these languages, the first that is there; else what it says without a language.
    /// A language stands for all its regions.
    pub fn in_language<'a>(&'a self, name: &str, untagged: Option<&'a str>, languages: &[&str]) -> Option<&'a str> {
        let tagged = |wanted: &&str| {
            self.localized.iter().find_map(|(known, value)| {
                let (member, tag) = known.split_once('#')?;
                let (primary, _) = tag.split_once('-').unwrap_or((tag, ""));
                let fits = tag.eq_ignore_ascii_case(wanted) || primary.eq_ignore_ascii_case(wanted);
                (member == name && fits).then_some(value.as_str())
            })
        };
        languages.iter().find_map(tagged).or(untagged)
    }
}
