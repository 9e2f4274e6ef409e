//! The product's source as words, so that every SQL text in it can be found with its place.

use std::fs;
use std::path::{Path, PathBuf};

/// One word of Rust, as far as it matters here.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    Name(String),
    /// A string literal, its escapes resolved.
    Text(String),
    Mark(char),
}

/// A word and the line it stands on.
pub type Placed = (Word, usize);

/// One file of the product: its path from the top of the repository, and its words without those of its tests.
pub struct File {
    pub path: String,
    pub words: Vec<Placed>,
}

/// Every file of the product.
pub fn product() -> Vec<File> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut paths = Vec::new();
    collect(&top.join("crates"), &mut paths);
    paths.sort();
    let files = paths.into_iter().map(|path| File {
        words: without_tests(&words(&fs::read_to_string(&path).unwrap())),
        path: path.strip_prefix(&top).unwrap().display().to_string(),
    });
    files.collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !matches!(name, "tests" | "examples" | "benches" | "target") {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !matches!(name, "tests.rs" | "testing.rs") {
            found.push(path);
        }
    }
}

/// The words of a file.
pub fn words(source: &str) -> Vec<Placed> {
    let mut reader = Reader { rest: source, line: 1 };
    let mut found = Vec::new();
    while let Some(c) = reader.rest.chars().next() {
        let line = reader.line;
        if reader.rest.starts_with("//") {
            reader.take_while(|c| c != '\n');
        } else if reader.rest.starts_with("/*") {
            reader.take_comment();
        } else if let Some(text) = reader.take_raw_text() {
            found.push((Word::Text(text), line));
        } else if c == '"' {
            reader.take(1);
            found.push((Word::Text(reader.take_text()), line));
        } else if c == '\'' {
            reader.take_character_or_lifetime();
        } else if c.is_alphanumeric() || c == '_' {
            found.push((Word::Name(reader.take_while(|c| c.is_alphanumeric() || c == '_')), line));
        } else {
            reader.take(c.len_utf8());
            if !c.is_whitespace() {
                found.push((Word::Mark(c), line));
            }
        }
    }
    found
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    fn take(&mut self, bytes: usize) -> String {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken.to_owned()
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        self.take(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()))
    }

    fn take_comment(&mut self) {
        let mut depth = 0;
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.take(2);
            } else {
                self.take(self.rest.chars().next().expect("a comment ends").len_utf8());
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// `r"…"`, `r#"…"#`, also with a `b` or `c` before it.
    fn take_raw_text(&mut self) -> Option<String> {
        let after =
            self.rest.strip_prefix("br").or_else(|| self.rest.strip_prefix("cr")).or_else(|| self.rest.strip_prefix('r'))?;
        let hashes = after.len() - after.trim_start_matches('#').len();
        after.trim_start_matches('#').strip_prefix('"')?;
        self.take(self.rest.len() - after.len() + hashes + 1);
        let end = format!("\"{}", "#".repeat(hashes));
        let text = self.take(self.rest.find(&end).expect("a raw string ends"));
        self.take(end.len());
        Some(text)
    }

    /// What follows an opening quotation mark.
    fn take_text(&mut self) -> String {
        let mut text = String::new();
        loop {
            text.push_str(&self.take_while(|c| c != '"' && c != '\\'));
            if self.take(1) == "\"" {
                return text;
            }
            let escaped = self.rest.chars().next().expect("an escape says what it escapes");
            self.take(escaped.len_utf8());
            match escaped {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                '0' => text.push('\0'),
                '\n' => drop(self.take_while(char::is_whitespace)),
                'x' => drop(self.take(2)),
                'u' => drop(self.take_while(|c| c != '}')),
                other => text.push(other),
            }
        }
    }

    fn take_character_or_lifetime(&mut self) {
        self.take(1);
        let mut characters = self.rest.chars();
        let (first, second) = (characters.next(), characters.next());
        if first == Some('\\') {
            self.take(2);
            self.take_while(|c| c != '\'');
            self.take(1);
        } else if second == Some('\'') {
            self.take(first.map_or(0, char::len_utf8) + 1);
        }
    }
}

/// Leave out what is only compiled for tests: the item after each `#[cfg(test)]`.
fn without_tests(words: &[Placed]) -> Vec<Placed> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let spells = |text: &[&str]| {
            text.iter().enumerate().all(|(offset, expected)| match words.get(at + offset) {
                Some((Word::Name(name), _)) => name == expected,
                Some((Word::Mark(mark), _)) => mark.to_string() == *expected,
                _ => false,
            })
        };
        if spells(&["#", "[", "cfg", "(", "test", ")", "]"]) {
            at = end_of_item(words, at + 7);
        } else {
            kept.push(words[at].clone());
            at += 1;
        }
    }
    kept
}

/// Where the item that begins here ends: after its braces, or after its semicolon.
fn end_of_item(words: &[Placed], start: usize) -> usize {
    let end = (start..words.len()).find(|at| matches!(words[*at].0, Word::Mark('{' | ';'))).expect("an item ends");
    if words[end].0 == Word::Mark('{') { closing(words, end) + 1 } else { end + 1 }
}

/// Where what opens here closes.
pub fn closing(words: &[Placed], open: usize) -> usize {
    let mut depth = 0;
    for (at, (word, _)) in words.iter().enumerate().skip(open) {
        match word {
            Word::Mark('(' | '[' | '{') => depth += 1,
            Word::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    panic!("what opens closes")
}

#[test]
fn source_is_read_as_rust_reads_it() {
    let source = r##"
        // a "comment"
        /* /* "nested" */ */
        fn f<'a>(c: char) -> &'a str { let x = ['"', '\'', 'x', '\u{1F600}']; "one \
            line \"quoted\" \n" }
        const RAW: &str = r#"a "raw" one"#;
        #[cfg(test)]
        mod tests { fn g() { "hidden"; } }
        const LAST: &str = "last";
    "##;
    let all = words(source);
    let texts = |words: &[Placed]| -> Vec<(String, usize)> {
        words
            .iter()
            .filter_map(|(word, line)| if let Word::Text(text) = word { Some((text.clone(), *line)) } else { None })
            .collect()
    };
    let expected = [("one line \"quoted\" \n", 4), ("a \"raw\" one", 6), ("hidden", 8), ("last", 9)];
    assert_eq!(texts(&all), expected.map(|(text, line)| (text.to_owned(), line)));
    let kept = texts(&without_tests(&all));
    assert_eq!(
        kept.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(),
        ["one line \"quoted\" \n", "a \"raw\" one", "last"]
    );
}
