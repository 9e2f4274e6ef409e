//! Takes values out of what was given, one key at a time, and collects what is wrong with them.

use crate::explain::{Explained, shown};
use crate::given::{AllGiven, Given, Origin, Raw};
use crate::key::{Absent, Form, Key, Meta};
use crate::problem::{Place, Problem};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) struct Reader<'a> {
    pub(crate) file: &'a Path,
    pub(crate) given: AllGiven,
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) explained: Vec<Explained>,
    /// Files that hold secrets, with the key each is used for.
    secret_files: Vec<(&'static Meta, PathBuf)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        file: &'a Path,
        given: AllGiven,
        environment: &'a BTreeMap<String, String>,
        problems: Vec<Problem>,
    ) -> Self {
        Self { file, given, environment, problems, explained: Vec::new(), secret_files: Vec::new() }
    }
    /// A single value: as given, or the default. `None` if it isn't set, or wrong (then there is a problem too).
    pub(crate) fn one<T>(&mut self, key: &Key<T>) -> Option<T> {
        let meta = key.meta;
        let Some(given) = self.given.get(meta.path).cloned() else {
            return self.absent(key);
        };
        self.explain(meta, &given);
        match &given.value {
            Raw::One(text) => self.read(key, text, &given.origin),
            Raw::Many(_) => self.wrong(meta, &given.origin, "is a single value, not a list"),
        }
    }
    /// All values of a list. Wrong ones are left out (and there is a problem).
    pub(crate) fn list<T>(&mut self, key: &Key<T>) -> Vec<T> {
        let Some(given) = self.given.get(key.meta.path).cloned() else {
            self.absent(key);
            return Vec::new();
        };
        self.explain(key.meta, &given);
        match &given.value {
            Raw::Many(items) => items.iter().filter_map(|text| self.read(key, text, &given.origin)).collect(),
            Raw::One(_) => self.wrong(key.meta, &given.origin, "is a list, such as [\"…\"]").into_iter().collect(),
        }
    }
    /// Add a problem with a key, where it is set, or else with the file that should set it.
    pub(crate) fn wrong<T>(&mut self, meta: &Meta, origin: &Origin, message: impl Into<String>) -> Option<T> {
        let place = match origin {
            Origin::Line(line) => Place::Line(self.file.to_owned(), *line),
            Origin::Environment(name) => Place::Environment(name.clone()),
            Origin::Default => Place::File(self.file.to_owned()),
        };
        self.problems.push(Problem { place, key: Some(meta.path.to_owned()), message: message.into() });
        None
    }
    /// The same, looking up where the key is set.
    pub(crate) fn wrong_key<T>(&mut self, key: &Key<T>, message: impl Into<String>) {
        let origin = self.given.get(key.meta.path).map_or(Origin::Default, |given| given.origin.clone());
        self.wrong::<()>(key.meta, &origin, message);
    }
    pub(crate) fn is_set<T>(&self, key: &Key<T>) -> bool {
        self.given.contains_key(key.meta.path)
    }
    /// A path as it stands in the configuration: relative ones start at the folder of the configuration file.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        let path = self.file.parent().unwrap_or(Path::new("")).join(path);
        std::path::absolute(&path).unwrap_or(path)
    }
    /// The content of a file a key names.
    pub(crate) fn content<T>(&mut self, key: &Key<T>, path: &Path) -> Option<Vec<u8>> {
        let origin = self.given.get(key.meta.path).map_or(Origin::Default, |given| given.origin.clone());
        let path = self.resolve(path);
        match fs::read(&path) {
            Ok(content) => Some(content),
            Err(error) => self.wrong(key.meta, &origin, format!("{} can't be read: {error}", path.display())),
        }
    }
    /// The text of a file that holds a secret, and nothing else but space around it.
    pub(crate) fn secret_content<T>(&mut self, key: &Key<T>, path: &Path) -> Option<String> {
        self.secret_files.push((key.meta, self.resolve(path)));
        let content = self.content(key, path)?;
        if let Ok(text) = String::from_utf8(content) {
            return Some(text.trim().to_owned());
        }
        self.wrong_key(key, "names a file that isn't text");
        None
    }
    /// Note that a file holds a secret, though its content is read by someone else.
    pub(crate) fn note_secret_file<T>(&mut self, key: &Key<T>, path: &Path) {
        self.secret_files.push((key.meta, self.resolve(path)));
    }
    /// Every file that holds a secret and can be read by every user of this machine is a problem.
    pub(crate) fn check_secret_files(&mut self) {
        for (meta, path) in std::mem::take(&mut self.secret_files) {
            if is_readable_by_all(&path) {
                let origin = self.given.get(meta.path).map_or(Origin::Default, |given| given.origin.clone());
                let advice = format!("chmod o= {}", path.display());
                let message =
                    format!("{} holds a secret and can be read by every user of this machine; run `{advice}`", path.display());
                self.wrong::<()>(meta, &origin, message);
            }
        }
    }

    fn absent<T>(&mut self, key: &Key<T>) -> Option<T> {
        let meta = key.meta;
        let value = match meta.absent {
            Absent::Default(text) => text.to_owned(),
            Absent::Nothing(means) => format!("({means})"),
            Absent::Refused => return self.wrong(meta, &Origin::Default, format!("is needed. {}", meta.meaning)),
        };
        self.explained.push(Explained { key: meta.path, value, origin: Origin::Default, meaning: meta.meaning });
        match meta.absent {
            Absent::Default(text) => (key.read)(text).ok(),
            _ => None,
        }
    }
    fn read<T>(&mut self, key: &Key<T>, text: &str, origin: &Origin) -> Option<T> {
        let is_secret = matches!(key.meta.form, Form::Secret | Form::SecretUrl | Form::SecretList);
        let text = if is_secret { self.follow(key, text, origin)? } else { Cow::Borrowed(text) };
        match (key.read)(&text) {
            Ok(value) => Some(value),
            // Even the name of a variable may turn out to be the master key, set in the wrong place.
            Err(message) if is_secret || key.meta.section() == "master_key" => self.wrong(key.meta, origin, message),
            Err(message) => self.wrong(key.meta, origin, format!("{message}; it is {text:?}")),
        }
    }
    /// The secret itself, or the one a `file:` or `env:` reference leads to.
    fn follow<'t, T>(&mut self, key: &Key<T>, text: &'t str, origin: &Origin) -> Option<Cow<'t, str>> {
        if let Some(path) = text.strip_prefix("file:") {
            return self.secret_content(key, Path::new(path)).map(Cow::Owned);
        }
        if let Some(name) = text.strip_prefix("env:") {
            return match self.environment.get(name) {
                Some(value) => Some(Cow::Owned(value.trim().to_owned())),
                None => self.wrong(key.meta, origin, format!("the environment variable {name} isn't set")),
            };
        }
        let holds_secret = key.meta.form != Form::SecretUrl || shown(key.meta.form, text) != text;
        if holds_secret && matches!(origin, Origin::Line(_)) {
            let file = std::path::absolute(self.file).unwrap_or_else(|_| self.file.to_owned());
            self.secret_files.push((key.meta, file));
        }
        Some(Cow::Borrowed(text))
    }
    fn explain(&mut self, meta: &'static Meta, given: &Given) {
        let value = match &given.value {
            Raw::One(text) => shown(meta.form, text),
            Raw::Many(items) => items.iter().map(|item| shown(meta.form, item)).collect::<Vec<_>>().join(", "),
        };
        self.explained.push(Explained { key: meta.path, value, origin: given.origin.clone(), meaning: meta.meaning });
    }
}

#[cfg(unix)]
fn is_readable_by_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

/// Elsewhere files have no permission for everyone that could be looked at this simply.
#[cfg(not(unix))]
fn is_readable_by_all(_: &Path) -> bool {
    false
}
