//! How many documents are fetched at a time: of one host, for one organization, and in all. Whoever doesn't answer holds a turn until our
//! patience ends; so no host uses up those of its organization, and no organization uses up everybody's.

use kernel::OrgId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const OF_A_HOST: usize = 4;
const OF_AN_ORGANIZATION: usize = 8;
const IN_ALL: usize = 32;

/// The turns that are taken.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<OrgId, HashMap<Box<str>, usize>>>);

/// A turn, until it is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    org: OrgId,
    host: Box<str>,
}

impl Turns {
    /// Take one, if one is left.
    pub(super) fn take(&self, org: &OrgId, host: &str) -> Option<Turn<'_>> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().flat_map(HashMap::values).sum::<usize>() >= IN_ALL {
            return None;
        }
        let hosts = taken.entry(org.clone()).or_default();
        let of_host = hosts.get(host).copied().unwrap_or_default();
        if of_host >= OF_A_HOST || hosts.values().sum::<usize>() >= OF_AN_ORGANIZATION {
            return None;
        }
        hosts.insert(Box::from(host), of_host + 1);
        Some(Turn { turns: self, org: org.clone(), host: Box::from(host) })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut taken = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(hosts) = taken.get_mut(&self.org) else { return };
        match hosts.get_mut(&self.host) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(hosts.remove(&self.host)),
        }
        if hosts.is_empty() {
            taken.remove(&self.org);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_the_turns_of_all() {
        let turns = Turns::default();
        let (ours, theirs) = (OrgId::from("o"), OrgId::from("p"));
        let mut slow: Vec<Turn<'_>> = (0..9).filter_map(|_| turns.take(&ours, "slow.example")).collect();
        assert_eq!(slow.len(), 4, "one host");
        slow.extend((0..9).filter_map(|n| turns.take(&ours, &format!("h{n}.example"))));
        assert_eq!(slow.len(), 8, "one organization");
        assert!(turns.take(&theirs, "slow.example").is_some());
        slow.pop();
        assert!(turns.take(&ours, "other.example").is_some() && turns.take(&ours, "slow.example").is_none());
        drop(slow);
        assert!(turns.0.lock().unwrap().is_empty(), "nothing is kept of turns that are over");
        let many: Vec<OrgId> = (0..50).map(|n| OrgId::from(format!("org{n}"))).collect();
        let all: Vec<Turn<'_>> = many.iter().filter_map(|org| turns.take(org, "app.example")).collect();
        assert_eq!(all.len(), 32);
    }
}
