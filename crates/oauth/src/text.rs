//! Text that people are to read.

/// Whether a character can't be seen, or makes the text around it look like something else: then two texts can look alike that aren't.
///
/// Controls, separators of lines, whatever turns the direction of writing, and what Unicode has shown as nothing
/// (`Default_Ignorable_Code_Point`): joiners, fillers, variation selectors and tags among it.
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_deceptive_and_what_people_write_is_not() {
        for (c, what) in [
            ('\n', "a line break"),
            ('\u{7f}', "a control"),
            ('\u{ad}', "a soft hyphen"),
            ('\u{61c}', "a mark of Arabic direction"),
            ('\u{115f}', "a Hangul filler"),
            ('\u{180e}', "a Mongolian separator"),
            ('\u{200b}', "a space without width"),
            ('\u{200d}', "a joiner"),
            ('\u{2028}', "a line separator"),
            ('\u{2029}', "a paragraph separator"),
            ('\u{202e}', "an override of direction"),
            ('\u{2066}', "an isolate"),
            ('\u{206a}', "a deprecated format character"),
            ('\u{3164}', "another filler"),
            ('\u{fe0f}', "a variation selector"),
            ('\u{feff}', "a byte order mark"),
            ('\u{fff9}', "an annotation"),
            ('\u{e0041}', "a tag"),
            ('\u{e0100}', "a supplementary variation selector"),
        ] {
            assert!(is_deceptive(c), "{what}");
        }
        for c in "Zürich 1.234,50 € \u{a0}品川 서울 العربية हिन्दी 👍🏿 -–—'’\"„“".chars()
        {
            assert!(!is_deceptive(c), "{c:?}");
        }
    }
}
