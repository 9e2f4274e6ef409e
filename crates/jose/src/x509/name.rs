//! Distinguished names, in certificates and as text (RFC 4514).

use x509_parser::x509::{RelativeDistinguishedName, X509Name};

const MAX_LENGTH: usize = 1024;

/// A distinguished name. Two are the same if they have the same attributes with the same values, character by character, in the same
/// order; how they were escaped and whether types were named or numbered makes no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<Attribute>>);

/// An attribute: the number of its type, and its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Attribute {
    oid: String,
    value: String,
}

/// Names of types: those RFC 4514 §3 demands, and what else certificates of clients hold.
const TYPES: [(&str, &str); 25] = [
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("SN", "2.5.4.4"),
    ("surname", "2.5.4.4"),
    ("GN", "2.5.4.42"),
    ("givenName", "2.5.4.42"),
    ("title", "2.5.4.12"),
    ("serialNumber", "2.5.4.5"),
    ("businessCategory", "2.5.4.15"),
    ("postalCode", "2.5.4.17"),
    ("name", "2.5.4.41"),
    ("dnQualifier", "2.5.4.46"),
    ("organizationIdentifier", "2.5.4.97"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
    ("E", "1.2.840.113549.1.9.1"),
    ("jurisdictionL", "1.3.6.1.4.1.311.60.2.1.1"),
    ("jurisdictionST", "1.3.6.1.4.1.311.60.2.1.2"),
    ("jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"),
];

impl DistinguishedName {
    /// Parse text as RFC 4514 writes it: the most specific part first. `None` for the empty name, unknown types, values that aren't
    /// text (`#…`), and anything malformed.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut parts = vec![Vec::new()];
        let mut rest = Scanner(text);
        loop {
            let (attribute, end) = rest.attribute()?;
            parts.last_mut()?.push(attribute);
            match end {
                End::Plus => {}
                End::Comma => parts.push(Vec::new()),
                End::Text => break,
            }
        }
        parts.reverse();
        Some(Self::new(parts))
    }

    /// The name in a certificate; `None` if it is empty or not all of it is text.
    pub(super) fn of(name: &X509Name<'_>) -> Option<Self> {
        let parts: Option<Vec<_>> = name.iter().map(part).collect();
        parts.filter(|parts| !parts.is_empty()).map(Self::new)
    }

    /// Within a part the order means nothing: it is a set.
    fn new(mut parts: Vec<Vec<Attribute>>) -> Self {
        for part in &mut parts {
            part.sort_unstable();
        }
        Self(parts)
    }
}

fn part(part: &RelativeDistinguishedName<'_>) -> Option<Vec<Attribute>> {
    part.iter()
        .map(|attribute| {
            let (oid, value) = (attribute.attr_type().to_id_string(), attribute.as_str().ok()?.to_owned());
            Some(Attribute { oid, value })
        })
        .collect()
}

/// What ends an attribute.
enum End {
    Plus,
    Comma,
    Text,
}

/// The text not yet read.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    fn attribute(&mut self) -> Option<(Attribute, End)> {
        let (name, rest) = self.0.split_once('=')?;
        self.0 = rest.trim_start_matches(' ');
        let oid = oid(name.trim_matches(' '))?;
        if self.0.starts_with('#') {
            return None;
        }
        let (value, end) = self.value()?;
        Some((Attribute { oid, value }, end))
    }

    /// RFC 4514 §3: `string`, up to whatever isn't escaped. Spaces that end it are dropped unless they are.
    fn value(&mut self) -> Option<(String, End)> {
        let mut octets = Vec::new();
        let mut kept = 0;
        let mut chars = self.0.chars();
        let end = loop {
            match chars.next() {
                None => break End::Text,
                Some(',') => break End::Comma,
                Some('+') => break End::Plus,
                Some('"' | ';' | '<' | '>' | '\0') => return None,
                Some('\\') => {
                    octets.push(escaped(&mut chars)?);
                    kept = octets.len();
                }
                Some(' ') => octets.push(b' '),
                Some(other) => {
                    octets.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                    kept = octets.len();
                }
            }
        };
        self.0 = chars.as_str();
        octets.truncate(kept);
        let value = String::from_utf8(octets).ok().filter(|value| !value.is_empty() && !value.contains('\0'))?;
        Some((value, end))
    }
}

/// What follows a backslash: a special character, or two hexadecimal digits.
fn escaped(chars: &mut std::str::Chars<'_>) -> Option<u8> {
    let first = chars.next()?;
    if matches!(first, ' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\') {
        return u8::try_from(first).ok();
    }
    let digits = first.to_digit(16)? * 16 + chars.next()?.to_digit(16)?;
    u8::try_from(digits).ok()
}

fn oid(name: &str) -> Option<String> {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        let is_number =
            |arc: &str| !arc.is_empty() && arc.bytes().all(|c| c.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'));
        return (name.split('.').count() > 1 && name.split('.').all(is_number)).then(|| name.to_owned());
    }
    TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, oid)| (*oid).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Vec<Vec<(String, String)>>> {
        let attributes = |part: Vec<Attribute>| part.into_iter().map(|attribute| (attribute.oid, attribute.value)).collect();
        DistinguishedName::parse(text).map(|name| name.0.into_iter().map(attributes).collect())
    }
    fn value(text: &str) -> Option<String> {
        parsed(text)?.pop()?.pop().map(|(_, value)| value)
    }

    #[test]
    fn the_examples_of_rfc_4514_are_read() {
        // RFC 4514 §4.
        let name = parsed("UID=jsmith,DC=example,DC=net").unwrap();
        let values: Vec<&str> = name.iter().map(|part| part[0].1.as_str()).collect();
        assert_eq!(values, ["net", "example", "jsmith"], "the order of certificates is the other way round");
        let several = parsed("OU=Sales+CN=J.  Smith,DC=example,DC=net").unwrap();
        assert_eq!(several.last().unwrap().iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["Sales", "J.  Smith"]);
        assert_eq!(value(r#"CN=James \"Jim\" Smith\, III"#).as_deref(), Some(r#"James "Jim" Smith, III"#));
        assert_eq!(value(r"CN=Before\0dAfter").as_deref(), Some("Before\rAfter"));
        assert_eq!(value(r"CN=Lu\C4\8Di\C4\87").as_deref(), Some("Lučić"));
    }

    #[test]
    fn spellings_of_one_name_are_the_same_and_others_are_not() {
        let name = DistinguishedName::parse("CN=client,O=Example Bank,C=DE").unwrap();
        for same in [
            "cn=client,o=Example Bank,c=DE",
            "CN=client, O=Example Bank, C=DE",
            "CN = client , O = Example Bank,C=DE",
            "2.5.4.3=client,O=Example Bank,C=DE",
            r"CN=cl\69ent,O=Example\20Bank,C=DE",
        ] {
            assert_eq!(DistinguishedName::parse(same).as_ref(), Some(&name), "{same}");
        }
        for other in [
            "C=DE,O=Example Bank,CN=client",
            "CN=Client,O=Example Bank,C=DE",
            "CN=client,O=Example  Bank,C=DE",
            "CN=client,O=Example Bank",
            "CN=client+O=Example Bank,C=DE",
            r"CN=client\,O=Example Bank,C=DE",
            "CN=client,CN=client,O=Example Bank,C=DE",
        ] {
            assert_ne!(DistinguishedName::parse(other).as_ref(), Some(&name), "{other}");
        }
        assert_eq!(DistinguishedName::parse("CN=a+OU=b"), DistinguishedName::parse("OU=b+CN=a"), "a part is a set");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "x",
            "=x",
            "CN",
            "CN=",
            "CN=a,",
            "CN=a,,O=b",
            "CN=a+",
            ",CN=a",
            "nobody=a",
            "2=a",
            "2.05=a",
            "2..5=a",
            "CN=#0403666f6f",
            "CN=a;O=b",
            "CN=\"a\"",
            "CN=<a>",
            r"CN=a\",
            r"CN=\zz",
            r"CN=\c3",
            r"CN=a\00",
            "CN=a\0",
            "CN= ",
        ] {
            assert_eq!(DistinguishedName::parse(text), None, "{text}");
        }
        assert_eq!(DistinguishedName::parse(&format!("CN={}", "a".repeat(2000))), None);
    }
}
