//! Parse, don't validate: an operation's input either is what it says or doesn't exist.

use crate::{BodyFields, Field, Incoming};
use kernel::Fault;
use serde_json::Value;

/// A type a request can be parsed into.
pub trait Parse: Sized + Send {
    /// Parse the request.
    ///
    /// # Errors
    /// A fault that names each field and what is wrong with it.
    fn parse(incoming: &Incoming) -> Result<Self, Fault>;
    /// What it takes, for documentation and tests.
    fn parameters() -> Vec<Parameter>;
    /// Media types of a body that is taken as it is: a file rather than fields.
    fn raw_bodies() -> &'static [&'static str] {
        &[]
    }
}

/// One field of an input, as documentation and tests see it.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub source: Source,
    /// Whether it must be there.
    pub is_required: bool,
    /// JSON schema of the value.
    pub schema: Value,
    /// What it is, for people.
    pub description: &'static str,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In the JSON or form body.
    Body,
    /// In a cookie.
    Cookie,
}

/// The input of an operation that takes nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoInput;
impl Parse for NoInput {
    fn parse(_: &Incoming) -> Result<Self, Fault> {
        Ok(Self)
    }
    fn parameters() -> Vec<Parameter> {
        Vec::new()
    }
}

/// The fields of a request while they are being taken. Collects every problem before it complains.
pub struct Fields<'a> {
    incoming: &'a Incoming,
    query: Vec<(String, String)>,
    body: BodyFields,
    known: Vec<&'static str>,
    problems: Vec<(String, String)>,
}

impl<'a> Fields<'a> {
    /// Read the request's query and body.
    ///
    /// # Errors
    /// If either can't be understood at all.
    pub fn of(incoming: &'a Incoming) -> Result<Self, Fault> {
        Ok(Self {
            incoming,
            query: incoming.query_pairs()?,
            body: incoming.body_fields()?,
            known: Vec::new(),
            problems: Vec::new(),
        })
    }

    /// Take one field. `None` only if a problem was noted; [`Fields::finish`] will report it.
    pub fn take<T: Field>(&mut self, source: Source, name: &'static str) -> Option<T> {
        if source == Source::Body {
            self.known.push(name);
        }
        let found = match (source, &self.body) {
            (Source::Path, _) => self.incoming.path_param(name).map(T::from_text),
            (Source::Cookie, _) => self.incoming.cookie(name).map(T::from_text),
            (Source::Query, _) => only(&self.query, name).map(|text| text.and_then(T::from_text)),
            (Source::Body, BodyFields::Form(pairs)) => only(pairs, name).map(|text| text.and_then(T::from_text)),
            (Source::Body, BodyFields::Json(map)) => map.get(name).map(T::from_json),
            (Source::Body, BodyFields::Empty) => None,
        };
        match found.or_else(|| T::absent().map(Ok)) {
            Some(Ok(value)) => Some(value),
            Some(Err(problem)) => self.problem(name, problem),
            None => self.problem(name, "is required".to_owned()),
        }
    }

    fn problem<T>(&mut self, name: &str, problem: String) -> Option<T> {
        self.problems.push((name.to_owned(), problem));
        None
    }

    /// Complain about everything at once: what was wrong, and body fields nobody asked for.
    ///
    /// # Errors
    /// `validation_error` with messages by field, if there was anything.
    pub fn finish(mut self) -> Result<(), Fault> {
        let sent: Vec<&str> = match &self.body {
            BodyFields::Empty => Vec::new(),
            BodyFields::Json(map) => map.keys().map(String::as_str).collect(),
            BodyFields::Form(pairs) => pairs.iter().map(|(name, _)| name.as_str()).collect(),
        };
        for name in sent {
            if !self.known.contains(&name) {
                let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
                self.problems.push((shown, unknown_field(name, &self.known)));
            }
        }
        if self.problems.is_empty() { Ok(()) } else { Err(Fault::fields(self.problems)) }
    }
}

/// The one value of that name; two are a problem.
fn only<'a>(pairs: &'a [(String, String)], name: &str) -> Option<Result<&'a str, String>> {
    let mut values = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let first = values.next()?;
    Some(if values.next().is_some() { Err("must be sent only once".to_owned()) } else { Ok(first) })
}

/// What is said of a field nobody asked for: with the name that was probably meant.
pub fn unknown_field(name: &str, known: &[&'static str]) -> String {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let near = known.iter().find(|candidate| {
        let (a, b) = (plain(candidate), plain(name));
        a == b || (a.len() > 3 && b.len() > 3 && (a.starts_with(&b) || b.starts_with(&a)))
    });
    near.map_or_else(
        || "is not a field of this request".to_owned(),
        |near| format!("is not a field of this request; did you mean {near}?"),
    )
}

/// Declare an input: a struct whose fields say where they come from.
///
/// ```
/// flow::input! {
///     /// Block a user.
///     #[derive(Clone, Debug)]
///     pub struct BlockUser {
///         /// Who.
///         path "userId" => user: kernel::UserId,
///         /// Why, for the log.
///         body "reason" => reason: Option<flow::Text<1, 500>>,
///     }
/// }
/// use flow::Parse;
/// assert_eq!(BlockUser::parameters().len(), 2);
/// ```
#[macro_export]
macro_rules! input {
    ($(
        $(#[$attribute:meta])* $vis:vis struct $name:ident {
            $($(#[doc = $doc:literal])* $source:ident $wire:literal => $field:ident : $type:ty),* $(,)?
        }
    )*) => {$(
        $(#[$attribute])*
        $vis struct $name { $($(#[doc = $doc])* pub $field: $type),* }
        impl $crate::Parse for $name {
            fn parse(incoming: &$crate::Incoming) -> Result<Self, kernel::Fault> {
                let mut fields = $crate::Fields::of(incoming)?;
                $(let $field = fields.take::<$type>($crate::input!(@source $source), $wire);)*
                fields.finish()?;
                match ($($field,)*) {
                    ($(Some($field),)*) => Ok(Self { $($field),* }),
                    #[allow(unreachable_patterns, reason = "an input without fields has nothing to miss")]
                    _ => Err(kernel::Fault::internal("a field was neither parsed nor reported")),
                }
            }
            fn parameters() -> Vec<$crate::Parameter> {
                vec![$($crate::Parameter {
                    name: $wire,
                    source: $crate::input!(@source $source),
                    is_required: <$type as $crate::Field>::absent().is_none(),
                    schema: <$type as $crate::Field>::schema(),
                    description: concat!($($doc, "\n"),*),
                }),*]
            }
        }
    )*};
    (@source path) => { $crate::Source::Path };
    (@source query) => { $crate::Source::Query };
    (@source body) => { $crate::Source::Body };
    (@source cookie) => { $crate::Source::Cookie };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Text;

    input! {
        /// Try it.
        #[derive(Clone, Debug)]
        struct Example {
            /// A name.
            path "id" => id: kernel::UserId,
            /// A page.
            query "page" => page: Option<u32>,
            /// A text.
            body "displayName" => name: Text<1, 5>,
        }
    }

    fn request(query: &str, body: &str) -> Incoming {
        Incoming {
            path_params: vec![("id".into(), "u1".into())],
            query: query.into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
            ..Incoming::default()
        }
    }

    #[test]
    fn a_good_request_becomes_its_input() {
        let input = Example::parse(&request("page=2", r#"{"displayName":"Ada"}"#)).unwrap();
        assert_eq!((input.id.as_str(), input.page, input.name.as_str()), ("u1", Some(2), "Ada"));
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let fault = Example::parse(&request("page=x", r#"{"display_name":"Ada"}"#)).unwrap_err();
        let fields: Vec<&str> = fault.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(fields, ["page", "displayName", "display_name"]);
        assert!(fault.fields.iter().any(|(_, message)| message.contains("did you mean displayName?")));
    }

    #[test]
    fn a_parameter_sent_twice_is_a_problem() {
        let fault = Example::parse(&request("page=1&page=1", r#"{"displayName":"Ada"}"#)).unwrap_err();
        assert_eq!(fault.fields, [("page".to_owned(), "must be sent only once".to_owned())]);
    }
}
