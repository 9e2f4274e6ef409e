//! What the file and the environment say, before anyone asks what it means.

use crate::key::Meta;
use crate::keys::ALL;
use crate::nearest::{distance, nearest};
use crate::problem::{Place, Problem};
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It isn't set.
    Default,
    /// A line of the configuration file.
    Line(usize),
    /// An environment variable.
    Environment(String),
}

/// A value as it was given.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) value: Raw,
    pub(crate) origin: Origin,
}

#[derive(Clone)]
pub(crate) enum Raw {
    One(String),
    Many(Vec<String>),
}

/// Everything given, by path.
pub(crate) type AllGiven = BTreeMap<&'static str, Given>;

/// Read the file's text. Keys nobody knows are problems; text that isn't TOML is an error, as nothing after it can be trusted.
pub(crate) fn from_toml(file: &Path, text: &str, problems: &mut Vec<Problem>) -> Result<AllGiven, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let not_toml = errors.iter().map(|error| Problem {
        place: Place::Line(file.to_owned(), error.span().map_or(1, |span| line(text, span.start))),
        key: None,
        message: format!("not valid TOML: {}", error.message()),
    });
    let not_toml: Vec<Problem> = not_toml.collect();
    if !not_toml.is_empty() {
        return Err(not_toml);
    }
    let mut reading = Reading { file, text, problems, given: AllGiven::new() };
    for (key, value) in table.get_ref() {
        match value.get_ref() {
            DeValue::Table(section) => reading.section(key, section),
            _ => reading.value(key.get_ref(), key, value),
        }
    }
    Ok(reading.given)
}

struct Reading<'a> {
    file: &'a Path,
    text: &'a str,
    problems: &'a mut Vec<Problem>,
    given: AllGiven,
}

impl Reading<'_> {
    fn section(&mut self, name: &Spanned<std::borrow::Cow<'_, str>>, section: &DeTable<'_>) {
        if ALL.iter().all(|meta| meta.section() != name.get_ref()) {
            let what = if ALL.iter().any(|meta| meta.path == name.get_ref()) {
                "is a single value, not a section"
            } else {
                "is no section"
            };
            let sections = ALL.iter().map(|meta| meta.section()).filter(|section| !section.is_empty());
            let hint = nearest(name.get_ref(), sections).map(|near| format!("; did you mean [{near}]?")).unwrap_or_default();
            return self.problem(name.span().start, name.get_ref(), format!("{what}{hint}"));
        }
        for (key, value) in section {
            self.value(&format!("{}.{}", name.get_ref(), key.get_ref()), key, value);
        }
    }
    fn value(&mut self, path: &str, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let Some(meta) = ALL.iter().find(|meta| meta.path == path) else {
            let is_section = ALL.iter().any(|meta| meta.section() == path);
            let section = || format!("is a section: write [{path}] and its keys below");
            let message = if is_section { section() } else { unknown(path, ALL.iter().map(|meta| meta.path)) };
            return self.problem(key.span().start, path, message);
        };
        match raw(value.get_ref()) {
            Some(value) => {
                let origin = Origin::Line(line(self.text, key.span().start));
                self.given.insert(meta.path, Given { value, origin });
            }
            None => {
                self.problem(value.span().start, path, "must be text, a number, true or false, or a list of texts".to_owned());
            }
        }
    }
    fn problem(&mut self, start: usize, path: &str, message: String) {
        let place = Place::Line(self.file.to_owned(), line(self.text, start));
        self.problems.push(Problem { place, key: Some(path.to_owned()), message });
    }
}

/// Put what the environment says over what the file says. An empty variable says nothing.
pub(crate) fn overlay(given: &mut AllGiven, environment: &BTreeMap<String, String>, problems: &mut Vec<Problem>) {
    let variables: Vec<(String, &Meta)> = ALL.iter().map(|meta| (meta.variable(), *meta)).collect();
    let referenced: Vec<String> = given.iter().flat_map(|(path, given)| references(path, &given.value)).collect();
    for (name, text) in environment.iter().filter(|(name, text)| name.starts_with("LUMOAUTH_") && !text.is_empty()) {
        match variables.iter().find(|(variable, _)| variable == name) {
            Some((_, meta)) => {
                let items = || text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
                let value = if meta.form.is_list() { Raw::Many(items()) } else { Raw::One(text.clone()) };
                given.insert(meta.path, Given { value, origin: Origin::Environment(name.clone()) });
            }
            None if is_meant_for_us(name, &variables) && !referenced.contains(name) => {
                let message = unknown(name, variables.iter().map(|(variable, _)| variable.as_str()));
                problems.push(Problem { place: Place::Environment(name.clone()), key: None, message });
            }
            None => {}
        }
    }
}

/// The variables the file itself names.
fn references(path: &str, value: &Raw) -> Vec<String> {
    let texts = match value {
        Raw::One(text) => std::slice::from_ref(text),
        Raw::Many(texts) => texts.as_slice(),
    };
    let named =
        |text: &String| if path == "master_key.env" { Some(text.clone()) } else { text.strip_prefix("env:").map(str::to_owned) };
    texts.iter().filter_map(named).collect()
}

/// Others use the prefix too: client libraries, and Kubernetes for a service of that name. A variable counts as mistyped if it
/// lies in one of our sections or is almost one of ours.
fn is_meant_for_us(name: &str, variables: &[(String, &Meta)]) -> bool {
    let is_service_link =
        name.contains("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_PORT_") || name.ends_with("_PORT");
    let is_in_section = |meta: &Meta| {
        let section = meta.section().to_ascii_uppercase();
        !section.is_empty()
            && name
                .strip_prefix("LUMOAUTH_")
                .and_then(|rest| rest.strip_prefix(&section))
                .is_some_and(|rest| rest.starts_with('_'))
    };
    !is_service_link && variables.iter().any(|(variable, meta)| is_in_section(meta) || distance(name, variable) <= 2)
}

fn unknown<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or_else(|| "is not known".to_owned(), |near| format!("is not known; did you mean {near}?"))
}

fn raw(value: &DeValue<'_>) -> Option<Raw> {
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    };
    match value {
        DeValue::Array(items) => items.iter().map(|item| one(item.get_ref())).collect::<Option<_>>().map(Raw::Many),
        value => one(value).map(Raw::One),
    }
}

/// The line of a byte offset, counted from 1.
fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
