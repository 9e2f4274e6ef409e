//! The types settings are made of.

use super::setting::{Setting, Taking};
use serde_json::{Value, json};
use std::time::Duration;

/// A whole number within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Number<MIN, MAX> {
    /// This number, or the bound it would cross.
    pub const fn of(number: u32) -> Self {
        if number < MIN {
            Self(MIN)
        } else if number > MAX {
            Self(MAX)
        } else {
            Self(number)
        }
    }
    /// The number.
    pub fn value(self) -> u32 {
        self.0
    }
    /// So many seconds.
    pub fn seconds(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

impl<const MIN: u32, const MAX: u32> Setting for Number<MIN, MAX> {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        let number = sent.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| (MIN..=MAX).contains(number));
        number.map(Self).or_else(|| taking.refuse(format!("must be a whole number from {MIN} to {MAX}")))
    }
    fn store(&self) -> Value {
        json!(self.0)
    }
    /// What was kept under other bounds is brought within these.
    fn load(stored: &Value) -> Option<Self> {
        stored.as_u64().map(|number| Self::of(u32::try_from(number).unwrap_or(u32::MAX)))
    }
}

/// Settings that are text of some form: each has a `parse` that says what is wrong.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident ($max:literal) $(as $format:literal)? : $parse:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);
        impl $name {
            /// Parse it; space around it is ignored.
            ///
            /// # Errors
            /// What is wrong, for the caller.
            pub fn parse(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Result<String, String> = $parse;
                let text = text.trim();
                if text.is_empty() {
                    return Err("must not be empty".to_owned());
                }
                if text.chars().count() > $max {
                    return Err(format!("must have at most {} characters", $max));
                }
                if text.chars().any(|c| c.is_control() && c != '\n') {
                    return Err("must not contain control characters".to_owned());
                }
                parse(text).map(Self)
            }
            /// A text that is known to be of that form.
            #[allow(dead_code, reason = "not every text is a default somewhere")]
            pub(super) fn of(text: &'static str) -> Self {
                Self(text.to_owned())
            }
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl Setting for $name {
            fn schema() -> Value {
                #[allow(unused_mut, reason = "not every text has a format")]
                let mut schema = json!({ "type": "string", "minLength": 1, "maxLength": $max });
                $(if let Some(members) = schema.as_object_mut() { members.insert("format".to_owned(), json!($format)); })?
                schema
            }
            fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
                match sent.as_str().map(Self::parse) {
                    Some(Ok(text)) => Some(text),
                    Some(Err(problem)) => taking.refuse(problem),
                    None => taking.refuse("must be a string"),
                }
            }
            fn store(&self) -> Value {
                json!(self.0)
            }
            fn load(stored: &Value) -> Option<Self> {
                Self::parse(stored.as_str()?).ok()
            }
        }
    )*};
}

texts! {
    /// One line.
    Line (200): one_line;
    /// A sentence or two.
    Sentence (500): one_line;
    /// An address on the web that browsers may load or follow: `https`, without a user, a password or a fragment.
    WebUrl (2048) as "uri": |text| web_url(text).ok_or_else(|| "must be an https address".to_owned());
    /// The origin of a web application (RFC 6454): scheme, host and port.
    Origin (2048): |text| origin(text).ok_or_else(|| "must be an origin like https://app.example.com".to_owned());
    /// A picture: an `https` address or a path of this site.
    PictureUrl (2048) as "uri-reference": |text| picture_url(text).ok_or_else(|| "must be an https address or a path of this site".to_owned());
    /// A colour: `#rgb` or `#rrggbb`.
    Colour (7): |text| pages::Colour::parse(text)
        .map(|colour| colour.to_string()).ok_or_else(|| "must be a colour like #0b6b66".to_owned());
    /// The domain of e-mail addresses: `example.com`.
    MailDomain (253): |text| mail_domain(text).ok_or_else(|| "must be a domain like example.com".to_owned());
    /// A name of a host or an IPv4 address: `mail.example.com`.
    Host (253): |text| host(text).ok_or_else(|| "must be the name of a host like mail.example.com".to_owned());
    /// A host, or `*.` and the domain whose hosts are meant.
    HostPattern (255): |text| host_pattern(text).ok_or_else(|| "must be a host like app.example.com, or *.example.com".to_owned());
    /// An e-mail address.
    Address (254) as "email": |text| crate::users::Email::parse(text)
        .map(|email| email.as_str().to_owned()).ok_or_else(|| "must be an e-mail address".to_owned());
    /// A language this server speaks, perhaps as spoken somewhere: `fr`, `fr-CA`.
    Language (35): language;
    /// A time zone of the IANA database: `Europe/Paris`.
    TimeZone (64): |text| pages::Zone::parse(text).map(|_| text.to_owned())
        .ok_or_else(|| "must be a time zone of the IANA database like Europe/Paris".to_owned());
    /// A country (ISO 3166-1): `FR`.
    Country (2): |text| Some(text.to_ascii_uppercase()).filter(|code| code.len() == 2 && code.chars().all(|c| c.is_ascii_uppercase()))
        .ok_or_else(|| "must be a country code of two letters like FR".to_owned());
    /// A word of lower-case letters, digits, `_`, `-`, `.` and `:`.
    Word (64): |text| Some(text.to_owned()).filter(|text| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.:".contains(c)))
        .ok_or_else(|| "must consist of lower-case letters, digits and the characters _ - . :".to_owned());
    /// A certificate in PEM (RFC 7468).
    Certificate (16384): |text| Some(text.to_owned())
        .filter(|text| text.starts_with("-----BEGIN CERTIFICATE-----") && text.ends_with("-----END CERTIFICATE-----"))
        .ok_or_else(|| "must be a certificate in PEM".to_owned());
    /// Certificates of authorities in PEM, one after the other.
    Authorities (65536): |text| jose::x509::Authorities::parse_pem(text.as_bytes())
        .map(|_| text.to_owned()).map_err(|_| "must be certificates of authorities in PEM".to_owned());
}

fn one_line(text: &str) -> Result<String, String> {
    if text.contains('\n') { Err("must be a single line".to_owned()) } else { Ok(text.to_owned()) }
}

fn web_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://")?;
    let authority = rest.split(['/', '?']).next()?;
    let (name, port) = authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    (host(name).is_some() && is_port && is_plain(rest)).then(|| text.to_owned())
}

/// As browsers spell it: plain `http` only on the machine itself, no default port, no path.
fn origin(text: &str) -> Option<String> {
    let (scheme, authority) = text.split_once("://")?;
    let (name, port) = authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)));
    let is_local = name == "localhost" || name == "127.0.0.1";
    let is_scheme = scheme == "https" || scheme == "http" && is_local;
    let is_default = matches!((scheme, port), ("https", Some("443")) | ("http", Some("80")));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number != 0 && number.to_string() == port));
    (host(name).as_deref() == Some(name) && is_scheme && is_port && !is_default).then(|| text.to_owned())
}

/// A path of this site starts with one slash: with two it would be another site.
fn picture_url(text: &str) -> Option<String> {
    let is_path = text.strip_prefix('/').is_some_and(|rest| !rest.starts_with('/') && is_plain(rest));
    if is_path { Some(text.to_owned()) } else { web_url(text) }
}

/// Characters that mean the same wherever an address is written.
fn is_plain(rest: &str) -> bool {
    rest.chars().all(|c| c.is_ascii_graphic() && !"\"'<>\\^`{|}#@()".contains(c))
        && !rest.split(['/', '?']).any(|part| part == "..")
}

fn host(text: &str) -> Option<String> {
    let name = text.to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    (name.len() <= 253 && name.split('.').all(is_label)).then_some(name)
}

fn host_pattern(text: &str) -> Option<String> {
    let (prefix, name) = text.strip_prefix("*.").map_or(("", text), |name| ("*.", name));
    Some(format!("{prefix}{}", host(name).filter(|name| name.contains('.'))?))
}

fn mail_domain(text: &str) -> Option<String> {
    host(text.strip_prefix('@').unwrap_or(text)).filter(|domain| domain.contains('.'))
}

fn language(text: &str) -> Result<String, String> {
    let tag = crate::users::Locale::parse(text)?;
    if pages::Words::by_tag(tag.as_str()).is_some() {
        return Ok(tag.into_string());
    }
    let known: Vec<&str> = pages::Words::languages().collect();
    Err(format!("must be a language this server speaks: {}", known.join(", ")))
}

/// Settings that are one of a few words.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[doc = $meaning:literal])* $variant:ident = $word:literal),+ $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $meaning])* $variant),+ }
        impl $name {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            /// The one with this word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
        impl $crate::settings::setting::Setting for $name {
            fn schema() -> serde_json::Value {
                serde_json::json!({ "type": "string", "enum": Self::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>() })
            }
            fn take(
                sent: &serde_json::Value,
                _: Option<&Self>,
                taking: &mut $crate::settings::setting::Taking<'_>,
            ) -> Option<Self> {
                sent.as_str().and_then(Self::parse).or_else(|| {
                    let words: Vec<&str> = Self::ALL.iter().map(|known| known.as_str()).collect();
                    taking.refuse(format!("must be one of {}", words.join(", ")))
                })
            }
            fn store(&self) -> serde_json::Value {
                serde_json::json!(self.as_str())
            }
            fn load(stored: &serde_json::Value) -> Option<Self> {
                stored.as_str().and_then(Self::parse)
            }
        }
    )*};
}
pub(crate) use choices;

/// A value the server sets itself: it may be sent back as it was shown, and not otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed<T>(pub T);

impl<T: Setting> Setting for Fixed<T> {
    const TAKES_NULL: bool = true;
    const IS_FIXED: bool = true;

    fn schema() -> Value {
        let mut schema = T::schema();
        if let Some(members) = schema.as_object_mut() {
            members.insert("readOnly".to_owned(), json!(true));
        }
        schema
    }
    fn shown_schema() -> Value {
        T::shown_schema()
    }
    fn take(sent: &Value, before: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        match before {
            Some(before) if !taking.is_for_good() || *sent == before.show() => Some(before.clone()),
            _ => taking.refuse("is set by the server"),
        }
    }
    fn store(&self) -> Value {
        self.0.store()
    }
    fn load(stored: &Value) -> Option<Self> {
        T::load(stored).map(Self)
    }
    fn show(&self) -> Value {
        self.0.show()
    }
}
