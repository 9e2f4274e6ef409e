//! The known name closest to a mistyped one.

/// The name of `known` that was probably meant by `typed`: at most a third of it mistyped, or the same last part.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
    let ranked = known.into_iter().map(|name| {
        let steps = distance(typed, name);
        let is_misplaced = last(typed) == last(name);
        (if is_misplaced { 0 } else { steps }, steps, name)
    });
    let (rank, _, name) = ranked.min()?;
    (rank <= (typed.chars().count() / 3).max(2)).then_some(name)
}

/// How many characters must be inserted, removed or replaced to turn one into the other (Levenshtein).
pub(crate) fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (index, character) in from.chars().enumerate() {
        let (mut diagonal, mut left) = (index, index + 1);
        let mut row = vec![left];
        for (other, &up) in to.iter().zip(above.iter().skip(1)) {
            left = (diagonal + usize::from(character != *other)).min(up + 1).min(left + 1);
            diagonal = up;
            row.push(left);
        }
        above = row;
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_character_edits() {
        for (from, to, steps) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("ü", "u", 1)] {
            assert_eq!((distance(from, to), distance(to, from)), (steps, steps), "{from} {to}");
        }
    }

    #[test]
    fn a_mistyped_or_misplaced_name_is_recognized_and_a_foreign_one_is_not() {
        let known = ["public_url", "database.url", "database.connections", "mail.from"];
        for (typed, meant) in [
            ("pubic_url", Some("public_url")),
            ("databse.connections", Some("database.connections")),
            ("connections", Some("database.connections")),
            ("database.uri", Some("database.url")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
    }
}
