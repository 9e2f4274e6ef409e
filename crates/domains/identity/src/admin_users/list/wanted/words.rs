//! The words that were asked for, and how many have them.

use super::{FEW, Source, Wanted};
use crate::users::words;
use kernel::Fault;
use store::{Mode, OneOrg, Tx, args, org_sql};

/// Letters of a word beside the rarest one, where that one is common.
const FEWEST_LETTERS: usize = 3;

impl Wanted {
    pub(super) async fn put_rarest_word_first<M: Mode>(
        &mut self,
        tx: &mut Tx<OneOrg, M>,
        sizes: &mut Vec<(i64, Source)>,
    ) -> Result<(), Fault> {
        let mut found = Vec::new();
        for (word, behind) in std::mem::take(&mut self.words) {
            found.push((size(tx, &word, &behind).await?, (word, behind)));
        }
        found.sort_by_key(|(size, _)| *size);
        sizes.extend(found.first().map(|(size, _)| (*size, Source::GatheredByWord)));
        self.words = worth_seeking(found);
        Ok(())
    }

    /// The word that begins like one of those asked for and is the only one to: whoever has it is found in the order of their ids.
    /// What was asked for comes first then.
    pub(super) async fn put_only_form_first<M: Mode>(&mut self, tx: &mut Tx<OneOrg, M>) -> Result<Option<String>, Fault> {
        for at in 0..self.words.len() {
            let Some((word, behind)) = self.words.get(at) else { break };
            let sql = org_sql!(
                "SELECT (SELECT w.word FROM user_words w WHERE w.org_id = :org AND w.word >= :from AND w.word < :until
                         ORDER BY w.word LIMIT 1) AS a,
                     (SELECT w.word FROM user_words w WHERE w.org_id = :org AND w.word >= :from AND w.word < :until
                         ORDER BY w.word DESC LIMIT 1) AS b"
            );
            let (first, last) =
                tx.fetch_one::<(Option<String>, Option<String>)>(sql, args! { from: word, until: behind }).await?;
            if let Some(form) = first.filter(|first| last.as_ref() == Some(first)) {
                self.words.swap(0, at);
                return Ok(Some(form));
            }
        }
        Ok(None)
    }
}

/// How many users have such words; of those that are not few, the words are counted, as far as one more than are gathered.
async fn size<M: Mode>(tx: &mut Tx<OneOrg, M>, word: &str, behind: &str) -> Result<i64, Fault> {
    let few = org_sql!(
        "SELECT count(DISTINCT d.user_id) AS a, count(*) AS b FROM (
             SELECT f.user_id FROM user_words f WHERE f.org_id = :org AND f.word >= :from AND f.word < :until LIMIT 1001) d"
    );
    let more = org_sql!(
        "SELECT count(*) AS a FROM (
             SELECT f.user_id FROM user_words f WHERE f.org_id = :org AND f.word >= :from AND f.word < :until LIMIT 10001) d"
    );
    let (users, words) = tx.fetch_one::<(i64, i64)>(few, args! { from: word, until: behind }).await?;
    if words <= FEW {
        return Ok(users);
    }
    Ok(tx.fetch_one::<(i64,)>(more, args! { from: word, until: behind }).await?.0)
}

/// The words to look for, the rarest first. Where even that one begins many people's words, further ones of a letter or two are left out: nearly
/// everybody has such words, and to find the few who have all of them everybody would be looked at.
fn worth_seeking(found: Vec<(i64, (String, String))>) -> Vec<(String, String)> {
    let is_rare = found.first().is_some_and(|(size, _)| *size <= FEW);
    let is_worth = |place: usize, word: &str| place == 0 || is_rare || word.chars().count() >= FEWEST_LETTERS;
    let words = found.into_iter().map(|(_, word)| word).enumerate();
    words.filter(|(place, (word, _))| is_worth(*place, word)).map(|(_, word)| word).collect()
}

/// A beginning, and what lies behind all words with it.
pub(super) fn with_end(word: String) -> (String, String) {
    let behind = words::behind(&word);
    (word, behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_common_beginnings_short_ones_are_sought_beside_a_rare_one_only() {
        let sought = |sizes: [i64; 3]| {
            let found = ["mar", "j", "gar"].map(|word| with_end(word.to_owned()));
            worth_seeking(sizes.into_iter().zip(found).collect()).into_iter().map(|(word, _)| word).collect::<Vec<_>>()
        };
        assert_eq!(sought([1000, 1001, 1001]), ["mar", "j", "gar"]);
        assert_eq!(sought([1001, 1001, 1001]), ["mar", "gar"]);
        assert!(worth_seeking(Vec::new()).is_empty());
    }
}
