//! The HTML of a mail: a small, strict part of the language, read into pieces and written anew from them.
//!
//! What isn't listed here is refused, so that a mail runs nothing, sends nothing by itself, and hides nothing. A link leads where it
//! says or where the mail is about; a picture's address never holds anything about the reader.

mod lines;
mod references;

use lines::Lines;
use references::{decode, escape, escape_text};

use super::kind::MailKind;
use super::words::{Phrase, Values};

/// A mail's HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Html(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Doctype,
    Open { tag: &'static str, attributes: Vec<(String, Phrase)> },
    Close(&'static str),
    Text(Phrase),
}

/// Elements a mail may consist of.
const TAGS: [&str; 46] = [
    "a",
    "abbr",
    "address",
    "article",
    "b",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "div",
    "em",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "main",
    "meta",
    "ol",
    "p",
    "pre",
    "s",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "title",
    "tr",
];
const MORE_TAGS: [&str; 2] = ["u", "ul"];
/// Elements without an end.
const VOID: [&str; 4] = ["br", "hr", "img", "meta"];
/// Attributes of any element.
const ATTRIBUTES: [&str; 26] = [
    "align",
    "aria-hidden",
    "aria-label",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "charset",
    "class",
    "color",
    "colspan",
    "content",
    "dir",
    "face",
    "height",
    "id",
    "lang",
    "name",
    "role",
    "rowspan",
    "scope",
    "size",
    "style",
    "title",
    "valign",
    "width",
];

impl Html {
    /// Parse it.
    ///
    /// # Errors
    /// What is wrong, for the caller.
    pub(super) fn parse(kind: MailKind, text: &str) -> Result<Self, String> {
        let mut reader = Reader { kind, rest: text, pieces: Vec::new(), open: Vec::new() };
        while !reader.rest.is_empty() {
            reader.take_piece()?;
        }
        match reader.open.last() {
            Some(tag) => Err(format!("has a <{tag}> without its </{tag}>")),
            None => Ok(Self(reader.pieces)),
        }
    }
    /// The variables it names.
    pub(super) fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|piece| match piece {
            Piece::Text(text) => text.variables().collect::<Vec<_>>(),
            Piece::Open { attributes, .. } => attributes.iter().flat_map(|(_, value)| value.variables()).collect(),
            Piece::Doctype | Piece::Close(_) => Vec::new(),
        })
    }
    /// As it is sent.
    pub(super) fn render(&self, values: &Values) -> String {
        let mut html = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Doctype => html.push_str("<!doctype html>"),
                Piece::Close(tag) => {
                    html.push_str("</");
                    html.push_str(tag);
                    html.push('>');
                }
                Piece::Text(text) => html.push_str(&text.render(values, escape_text, escape)),
                Piece::Open { tag, attributes } => {
                    html.push('<');
                    html.push_str(tag);
                    for (name, value) in attributes {
                        html.push(' ');
                        html.push_str(name);
                        html.push_str("=\"");
                        html.push_str(&value.render(values, escape_text, escape));
                        html.push('"');
                    }
                    html.push('>');
                }
            }
        }
        html
    }
    /// The same as plain text: blocks become lines, and links are written out.
    pub(super) fn plain(&self, values: &Values) -> String {
        let (mut lines, mut hidden, mut targets) = (Lines::default(), 0_usize, Vec::new());
        for piece in &self.0 {
            match piece {
                Piece::Open { tag, .. } if *tag == "head" => hidden += 1,
                Piece::Close("head") => hidden = hidden.saturating_sub(1),
                _ if hidden > 0 => {}
                Piece::Doctype => {}
                Piece::Text(text) => lines.add(&text.render(values, decode, str::to_owned)),
                Piece::Open { tag: "a", attributes } => {
                    let href = attributes.iter().find(|(name, _)| name == "href");
                    targets.push(href.map(|(_, value)| value.render(values, decode, str::to_owned)));
                }
                Piece::Close("a") => {
                    if let Some(href) = targets.pop().flatten().filter(|href| !lines.current.ends_with(href.as_str())) {
                        lines.add(&format!(": {href} "));
                    }
                }
                Piece::Open { tag, .. } | Piece::Close(tag) => lines.end_with(tag),
            }
        }
        lines.finish()
    }
}

struct Reader<'a> {
    kind: MailKind,
    rest: &'a str,
    pieces: Vec<Piece>,
    open: Vec<&'static str>,
}

impl Reader<'_> {
    fn take_piece(&mut self) -> Result<(), String> {
        if let Some(rest) = self.rest.strip_prefix("<!--") {
            self.rest = rest.split_once("-->").ok_or("has a comment without its end")?.1;
            return Ok(());
        }
        if let Some(doctype) = self.rest.get(..15).filter(|start| start.eq_ignore_ascii_case("<!doctype html>")) {
            self.pieces.push(Piece::Doctype);
            self.rest = self.rest.get(doctype.len()..).unwrap_or_default();
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix("</") {
            let (name, rest) = rest.split_once('>').ok_or("has a < without its >")?;
            let tag = known_tag(name.trim())?;
            self.rest = rest;
            return self.close(tag);
        }
        if let Some(rest) = self.rest.strip_prefix('<') {
            self.rest = rest;
            return self.take_tag();
        }
        let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
        self.pieces.push(Piece::Text(Phrase::parse(self.kind, text)?));
        self.rest = rest;
        Ok(())
    }

    fn close(&mut self, tag: &'static str) -> Result<(), String> {
        if self.open.pop() != Some(tag) {
            return Err(format!("has a </{tag}> where another element ends"));
        }
        self.pieces.push(Piece::Close(tag));
        Ok(())
    }

    fn take_tag(&mut self) -> Result<(), String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let tag = known_tag(name)?;
        self.rest = rest;
        let mut attributes: Vec<(String, Phrase)> = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix("/>").or_else(|| self.rest.strip_prefix('>')) {
                let is_closed = self.rest.starts_with('/');
                self.rest = rest;
                self.pieces.push(Piece::Open { tag, attributes });
                if VOID.contains(&tag) {
                    return Ok(());
                }
                self.open.push(tag);
                return if is_closed { self.close(tag) } else { Ok(()) };
            }
            let (name, value) = self.take_attribute(tag)?;
            if attributes.iter().any(|(known, _)| *known == name) {
                return Err(format!("has a <{tag}> with two attributes {name}"));
            }
            attributes.push((name, value));
        }
    }

    fn take_attribute(&mut self, tag: &str) -> Result<(String, Phrase), String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let name = name.to_ascii_lowercase();
        let quoted = || format!("has a <{tag}> with something that is no attribute: they look like name=\"value\"");
        let rest = rest.strip_prefix('=').filter(|_| !name.is_empty()).ok_or_else(quoted)?;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(quoted)?;
        let (value, rest) = rest.get(1..).and_then(|rest| rest.split_once(quote)).ok_or_else(quoted)?;
        self.rest = rest;
        let phrase = Phrase::parse(self.kind, value)?;
        check_attribute(self.kind, tag, &name, value, &phrase)?;
        Ok((name, phrase))
    }
}

fn known_tag(name: &str) -> Result<&'static str, String> {
    let lower = name.to_ascii_lowercase();
    TAGS.into_iter().chain(MORE_TAGS).find(|known| *known == lower).ok_or_else(|| {
        let shown: String = name.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
        if shown.is_empty() {
            "has a < that begins no element: write &lt;".to_owned()
        } else {
            format!("has a <{shown}>, which mails can't have")
        }
    })
}

fn check_attribute(kind: MailKind, tag: &str, name: &str, value: &str, phrase: &Phrase) -> Result<(), String> {
    let has_variables = phrase.variables().next().is_some();
    let is_link = |variable: &str| kind.variables().iter().any(|known| known.name == variable && known.is_link);
    match (tag, name) {
        ("a", "href") if phrase.only_variable().is_some_and(is_link) => Ok(()),
        ("a", "href") if !has_variables && is_address(value, &["https://", "http://", "mailto:", "tel:"]) => Ok(()),
        ("a", "href") => {
            Err("has a link that leads neither to {{ action_url }} nor to a fixed https, mailto or tel address".to_owned())
        }
        ("img", "src") if !has_variables && is_address(value, &["https://"]) => Ok(()),
        ("img", "src") => Err("has a picture whose address is not a fixed https address".to_owned()),
        ("a", "target") if value == "_blank" => Ok(()),
        ("a", "rel") | ("meta", "name" | "content" | "charset") | ("img", "alt") if !has_variables => Ok(()),
        (_, "style") if !has_variables && is_plain_style(value) => Ok(()),
        (_, "style") => Err("has a style that loads something or isn't plain".to_owned()),
        (_, "title" | "alt" | "aria-label") => Ok(()),
        (_, "content" | "charset") => Err(format!("has a <{tag}> with the attribute {name}, which mails can't have")),
        _ if has_variables => Err(format!("has a placeholder in the attribute {name}")),
        _ if ATTRIBUTES.contains(&name) => Ok(()),
        _ => {
            let shown: String = name.chars().take(20).collect();
            Err(format!("has a <{tag}> with the attribute {shown}, which mails can't have"))
        }
    }
}

fn is_address(value: &str, schemes: &[&str]) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_known = schemes.iter().any(|scheme| lower.starts_with(scheme) && lower.len() > scheme.len());
    is_known && value.chars().all(|c| c.is_ascii_graphic() && !"\"'<>\\^`{|}".contains(c))
}

/// Declarations that load nothing and can't be read otherwise than they look.
fn is_plain_style(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let loads =
        ["url", "image(", "expression", "import", "behavior", "binding", "javascript", "\\", "/*", "<", ">", "&", "@", "{", "}"];
    !loads.iter().any(|mark| lower.contains(mark))
}
