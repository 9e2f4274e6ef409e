//! What people are searched by: the beginnings of the words of their name, address, username and telephone number.

use kernel::{Fault, UserId};
use store::{Arg, OneOrg, Tx, Writes, args, org_sql};
use unicode_normalization::UnicodeNormalization;

/// Characters of a word that count.
const LONGEST: usize = 64;
/// Words of one part of a person that count.
const MOST_OF_A_PART: usize = 6;
/// Words of a search that count: the longest ones.
const MOST_SOUGHT: usize = 4;
/// Fewer digits than this are no telephone number.
const FEWEST_DIGITS: usize = 3;

/// The parts of a person that searches look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spoken<'a> {
    pub(crate) email: &'a str,
    pub(crate) username: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) given_name: Option<&'a str>,
    pub(crate) family_name: Option<&'a str>,
    pub(crate) phone_number: Option<&'a str>,
}

impl Spoken<'_> {
    /// The words, sorted; a word that another one begins with is left out, because whoever searches for it finds the other.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = of_address(&folded(self.email));
        for part in [self.username, self.name, self.given_name, self.family_name].into_iter().flatten() {
            words.extend(of_text(&folded(part)));
        }
        words.extend(self.phone_number.map(of_number).unwrap_or_default());
        words.sort_unstable();
        words.dedup();
        let longer = words.iter().skip(1).map(Some).chain([None]);
        let is_within = words.iter().zip(longer).map(|(word, next)| next.is_some_and(|next| next.starts_with(word.as_str())));
        let is_within: Vec<bool> = is_within.collect();
        words.into_iter().zip(is_within).filter(|(_, is_within)| !is_within).map(|(word, _)| word).collect()
    }
}

/// What a search asks for: words of a person must begin with each of these. None where there is no letter and no digit in it.
pub(crate) fn sought(text: &str) -> Vec<String> {
    let text = folded(text);
    let is_number = text.starts_with(['+', '(']) || text.contains(char::is_whitespace);
    if is_number && text.chars().all(|c| c.is_ascii_digit() || "+-()./ ".contains(c)) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        if digits.len() >= FEWEST_DIGITS {
            return vec![cut(digits)];
        }
    }
    let tokens = text.split_whitespace().map(|token| token.trim_start_matches(|c: char| !c.is_alphanumeric()));
    let mut words: Vec<String> = tokens.filter(|token| !token.is_empty()).map(cut).collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.dedup();
    words.truncate(MOST_SOUGHT);
    words
}

/// Behind every text that begins with the word.
pub(crate) fn behind(word: &str) -> String {
    format!("{word}\u{10FFFF}")
}

/// One Unicode form, in which compatible characters are one (NFKC), in lower case.
fn folded(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

fn cut(word: &str) -> String {
    word.chars().take(LONGEST).collect()
}

/// The rests of a text from each of its words on: of `anne-marie`, that and `marie`.
fn rests(token: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    token.char_indices().filter_map(move |(at, c)| {
        let begins = c.is_alphanumeric() && !is_inside;
        is_inside = c.is_alphanumeric();
        begins.then(|| token.get(at..)).flatten()
    })
}

fn of_text(text: &str) -> Vec<String> {
    text.split_whitespace().flat_map(rests).take(MOST_OF_A_PART).map(cut).collect()
}

/// As any text, but for the end of the domain, which says nothing.
fn of_address(address: &str) -> Vec<String> {
    let is_telling = |rest: &&str| rest.contains('.') || !address.contains('.');
    rests(address).filter(is_telling).take(MOST_OF_A_PART).map(cut).collect()
}

/// The digits from each group on, so that a number is found with and without what countries and cities put in front.
fn of_number(number: &str) -> Vec<String> {
    let digits = |rest: &str| rest.chars().filter(char::is_ascii_digit).collect::<String>();
    rests(number).map(digits).filter(|digits| digits.len() >= FEWEST_DIGITS).take(MOST_OF_A_PART).collect()
}

/// Keep the words of people who have none yet.
pub(crate) async fn insert(tx: &mut Tx<OneOrg, Writes>, people: &[(&UserId, Spoken<'_>)]) -> Result<(), Fault> {
    let sql = org_sql!("INSERT INTO user_words (org_id, user_id, word) VALUES (:org, :user, :word)");
    let words: Vec<_> = people.iter().flat_map(|(id, spoken)| spoken.words().into_iter().map(move |word| (*id, word))).collect();
    let rows: Vec<_> = words.iter().map(|(id, word)| [Arg::from(*id), Arg::from(word)]).collect();
    tx.execute_each(sql, [":user", ":word"], &rows).await?;
    Ok(())
}

/// Forget the words of a person and keep these.
pub(crate) async fn replace(tx: &mut Tx<OneOrg, Writes>, user: &UserId, spoken: Spoken<'_>) -> Result<(), Fault> {
    tx.execute(org_sql!("DELETE FROM user_words WHERE org_id = :org AND user_id = :user"), args! { user: user }).await?;
    insert(tx, &[(user, spoken)]).await?;
    let done = org_sql!("UPDATE users SET has_words = 1 WHERE org_id = :org AND id = :user AND has_words = 0");
    tx.execute(done, args! { user: user }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Spoken<'static> = Spoken {
        email: "Ada.Lovelace@Mail.Example.com",
        username: Some("ada"),
        name: Some("Ada Maria  King-Noel"),
        given_name: Some("Ada"),
        family_name: Some("Ｋing\u{2011}Noël"),
        phone_number: Some("+44 (0)20 7946-0018"),
    };

    #[test]
    fn a_person_is_known_by_the_rests_of_their_words() {
        let expected = [
            "02079460018",
            "0018",
            "442079460018",
            "44020794600",
            "79460018",
            "ada.lovelace@mail.example.com",
            "example.com",
            "king-noel",
            "king\u{2010}noël",
            "lovelace@mail.example.com",
            "mail.example.com",
            "maria",
            "noel",
            "noël",
        ];
        let words = ADA.words();
        for word in expected.iter().filter(|word| !["442079460018", "44020794600"].contains(word)) {
            assert!(words.iter().any(|known| known == word), "{word} in {words:?}");
        }
        assert!(words.iter().any(|word| word == "4402079460018"), "{words:?}");
        assert!(!words.iter().any(|word| word == "ada" || word == "com"), "{words:?}");
    }

    #[test]
    fn what_is_typed_finds_what_begins_with_it() {
        let finds = |text: &str| {
            let words = ADA.words();
            let sought = sought(text);
            !sought.is_empty() && sought.iter().all(|word| words.iter().any(|known| known.starts_with(word.as_str())))
        };
        for text in
            ["ada", "ADA.LOVE", "lovelace@mail", "@mail.example", "king ada", "noe", "ｎoël", "020 7946 00", "+44020", "79460018"]
        {
            assert!(finds(text), "{text}");
        }
        for text in ["da", "lace", "com", "%", "ada%", "ada x", "_", "!", "", "   ", "7946 9"] {
            assert!(!finds(text), "{text}");
        }
    }

    #[test]
    fn nobody_has_words_without_end() {
        let long = "a-b ".repeat(50);
        let huge = "x".repeat(200);
        let spoken =
            Spoken { name: Some(&long), family_name: Some(&huge), given_name: None, username: None, phone_number: None, ..ADA };
        let words = spoken.words();
        assert!(words.len() <= 5 * MOST_OF_A_PART && words.iter().all(|word| word.chars().count() <= LONGEST), "{words:?}");
        assert_eq!(sought(&long).len(), 1);
        assert_eq!(sought("one two three fours fivesix").len(), MOST_SOUGHT);
        assert!(behind("ada").as_str() > "ada\u{10FFFE}z" && "adb" > behind("ada").as_str());
    }
}
