//! A reader of the HTML these pages are written in: strict about what we write, and no more than tests need.

/// A tag with its attributes, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub is_end: bool,
    pub attributes: Vec<(String, String)>,
    /// The text up to the next tag, decoded.
    pub text: String,
}

impl Tag {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    pub fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }
    pub fn is(&self, name: &str) -> bool {
        self.name == name && !self.is_end
    }
}

/// Every tag of a document, in order. Panics where a tag, attribute or quote is not closed.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html.strip_prefix("<!doctype html>").expect("a doctype");
    while let Some((_, source)) = rest.split_once('<') {
        let (tag, after) = read_tag(source);
        let text = after.split('<').next().unwrap_or_default();
        tags.push(Tag { text: decode(text), ..tag });
        rest = after;
    }
    tags
}

/// Panics unless every element is closed in the order it was opened.
pub fn assert_nested(tags: &[Tag], page: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in tags {
        if tag.is_end {
            assert_eq!(open.pop(), Some(tag.name.as_str()), "{page}: </{}>", tag.name);
        } else if !is_void(&tag.name) {
            open.push(&tag.name);
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "{page}");
}

/// The text inside the element that begins at `index`.
pub fn inner_text(tags: &[Tag], index: usize) -> String {
    let mut depth = 0;
    let mut text = String::new();
    for tag in &tags[index..] {
        match (is_void(&tag.name), tag.is_end) {
            (true, _) => {}
            (false, false) => depth += 1,
            (false, true) => depth -= 1,
        }
        if depth == 0 {
            break;
        }
        text.push_str(&tag.text);
    }
    text.trim().to_owned()
}

fn is_void(name: &str) -> bool {
    matches!(name, "meta" | "link" | "img" | "input" | "br" | "wbr" | "path" | "circle" | "rect")
}

fn read_tag(source: &str) -> (Tag, &str) {
    let (is_end, source) = source.strip_prefix('/').map_or((false, source), |rest| (true, rest));
    let name_end = source.find(|c: char| !c.is_ascii_alphanumeric()).expect("a tag has an end");
    let (name, mut rest) = source.split_at(name_end);
    assert!(!name.is_empty(), "a stray < before {:?}", source.chars().take(20).collect::<String>());
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return (Tag { name: name.to_owned(), is_end, attributes, text: String::new() }, after);
        }
        let key_end =
            rest.find(|c: char| c == '=' || c == '>' || c == '/' || c.is_whitespace()).expect("an attribute has an end");
        let (key, after) = rest.split_at(key_end);
        assert!(key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-' || b.is_ascii_digit()), "attribute {key:?}");
        if let Some(value) = after.strip_prefix("=\"") {
            let (value, after) = value.split_once('"').expect("a closing quote");
            attributes.push((key.to_owned(), decode(value)));
            rest = after;
        } else {
            assert!(!after.starts_with('='), "an unquoted value of {key}");
            attributes.push((key.to_owned(), String::new()));
            rest = after;
        }
    }
}

fn decode(text: &str) -> String {
    assert!(!text.contains('>') || !text.contains('<'), "{text}");
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&")
}
