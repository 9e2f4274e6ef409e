//! The configuration explained: a loaded one key by key, and all keys for the documentation.

use crate::given::Origin;
use crate::key::{Absent, Form, Meta};
use crate::keys::ALL;
use std::fmt::{self, Write};
use std::path::PathBuf;
use url::Url;

/// A loaded configuration, key by key.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The configuration file.
    pub file: PathBuf,
    /// Every key, in the order of the reference.
    pub rows: Vec<Explained>,
}

/// One key of a loaded configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// `database.url`.
    pub key: &'static str,
    /// Its value, with secrets left out; in parentheses what it means that there is none.
    pub value: String,
    /// Where the value comes from.
    pub origin: Origin,
    /// What the key means.
    pub meaning: &'static str,
}

/// As a table for people.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let origin = match &row.origin {
                Origin::Default => "default".to_owned(),
                Origin::Line(line) => format!("{}:{line}", self.file.display()),
                Origin::Environment(name) => format!("environment variable {name}"),
            };
            writeln!(f, "{} = {}\n    from {origin}\n    {}\n", row.key, row.value, row.meaning)?;
        }
        Ok(())
    }
}

/// The reference page of all keys, as Markdown.
pub fn reference_markdown() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         `lumoauth serve --config FILE` reads one TOML file. Every key can also be set by an environment variable, which wins; items \
         of a list are separated by commas there, and an empty variable counts as not set. `lumoauth config check` names everything \
         that is wrong, `lumoauth config explain` shows every value and where it comes from.\n\n\
         Relative paths start at the folder of the configuration file. Secrets (the master keys, `database.url`, `mail.smtp_url`) \
         may stand elsewhere: `file:PATH` or `env:NAME` in place of the value. A file with a secret that every user of the machine \
         can read is refused.\n",
    );
    let ordinary = |meta: &&&Meta| !meta.is_danger();
    let mut section = None;
    for meta in ALL.iter().filter(ordinary) {
        if section != Some(meta.section()) {
            section = Some(meta.section());
            let title = if meta.section().is_empty() { "Top level".to_owned() } else { format!("`[{}]`", meta.section()) };
            table_head(&mut page, &title);
        }
        table_row(&mut page, meta);
    }
    table_head(&mut page, "Dangerous options");
    ALL.iter().filter(|meta| meta.is_danger()).for_each(|meta| table_row(&mut page, meta));
    page.push_str("\nThese weaken the server. The ones that are on are shown at start and in the console.\n");
    page
}

/// A configuration file to start from: what is needed stands there, the rest is commented out.
pub fn example_toml() -> String {
    let mut file = String::from("# LumoAuth. `lumoauth config check --config THIS_FILE` says what is missing.\n");
    let mut section = "";
    for meta in ALL.iter().filter(|meta| !meta.is_danger()) {
        if section != meta.section() {
            section = meta.section();
            let _ = write!(file, "\n[{section}]\n");
        }
        let is_needed = meta.absent == Absent::Refused || meta.path == "master_key.file";
        let mark = if is_needed { "" } else { "# " };
        let value = match meta.absent {
            Absent::Default(text) => text,
            _ => meta.example,
        };
        let _ = write!(file, "\n{}{mark}{} = {}\n", comment(meta.meaning), meta.name(), literal(meta.form, value));
    }
    file
}

/// A value as it may be shown.
pub(crate) fn shown(form: Form, text: &str) -> String {
    let is_reference = text.starts_with("file:") || text.starts_with("env:");
    match form {
        Form::Secret | Form::SecretList if !is_reference => "[secret]".to_owned(),
        Form::SecretUrl if !is_reference && !text.starts_with("sqlite:") => without_secrets(text),
        _ => text.to_owned(),
    }
}

/// A URL without its password and without its query, where passwords may stand as well.
fn without_secrets(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return "[secret]".to_owned() };
    if url.cannot_be_a_base() || (url.password().is_some() && url.set_password(Some("***")).is_err()) {
        return "[secret]".to_owned();
    }
    let is_harmless = url.query().is_none_or(|query| !query.contains("password"));
    if !is_harmless {
        url.set_query(Some("***"));
    }
    if url.password().is_none() && is_harmless { text.to_owned() } else { url.into() }
}

fn table_head(page: &mut String, title: &str) {
    let _ = write!(page, "\n## {title}\n\n| key | environment variable | default | meaning |\n|---|---|---|---|\n");
}

fn table_row(page: &mut String, meta: &Meta) {
    let default = match meta.absent {
        Absent::Refused => "must be set".to_owned(),
        Absent::Nothing(means) => means.to_owned(),
        Absent::Default(text) => format!("`{text}`"),
    };
    let example = format!(" For example `{} = {}`.", meta.name(), literal(meta.form, meta.example));
    let example = if matches!(meta.absent, Absent::Default(text) if text == meta.example) { String::new() } else { example };
    let meaning = meta.meaning.replace('|', "\\|");
    let _ = writeln!(page, "| `{}` | `{}` | {default} | {meaning}{example} |", meta.path, meta.variable());
}

fn literal(form: Form, text: &str) -> String {
    match form {
        Form::Number | Form::Flag => text.to_owned(),
        Form::List | Form::SecretList => {
            format!("[{}]", text.split(',').map(|item| format!("\"{}\"", item.trim())).collect::<Vec<_>>().join(", "))
        }
        Form::Text | Form::Secret | Form::SecretUrl => format!("\"{text}\""),
    }
}

/// Lines of a comment, wrapped.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    let mut width = usize::MAX;
    for word in text.split_whitespace() {
        if width.saturating_add(word.len()) > 100 {
            lines.push_str(if lines.is_empty() { "#" } else { "\n#" });
            width = 0;
        }
        lines.push(' ');
        lines.push_str(word);
        width += word.len() + 1;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::from_toml;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn secrets_are_not_shown_but_where_they_stand_is() {
        for (form, text, expected) in [
            (Form::Secret, "hunter2", "[secret]"),
            (Form::Secret, "file:/run/key", "file:/run/key"),
            (Form::SecretList, "env:OLD", "env:OLD"),
            (Form::SecretUrl, "sqlite:a.db", "sqlite:a.db"),
            (Form::SecretUrl, "postgres://u:p@h/n", "postgres://u:***@h/n"),
            (Form::SecretUrl, "postgres://u@h/n?password=p", "postgres://u@h/n?***"),
            (Form::SecretUrl, "postgres://u@h/n?sslmode=require", "postgres://u@h/n?sslmode=require"),
            (Form::SecretUrl, "smtps://u:p@h", "smtps://u:***@h"),
            (Form::SecretUrl, "u:p@h", "[secret]"),
            (Form::SecretUrl, "hunter2", "[secret]"),
            (Form::Text, "info", "info"),
        ] {
            assert_eq!(shown(form, text), expected, "{text}");
        }
    }

    #[test]
    fn every_key_has_a_variable_of_its_own() {
        let variables: BTreeSet<String> = ALL.iter().map(|meta| meta.variable()).collect();
        assert_eq!(variables.len(), ALL.len());
        assert!(variables.contains("LUMOAUTH_MASTER_KEY") && variables.contains("LUMOAUTH_DATABASE_URL"));
    }

    #[test]
    fn every_key_is_in_the_reference_and_dangers_stand_apart() {
        let page = reference_markdown();
        let dangers = page.find("## Dangerous options").unwrap();
        for meta in ALL {
            let row = page.find(&format!("| `{}` | `{}` |", meta.path, meta.variable())).unwrap();
            assert_eq!(row > dangers, meta.is_danger(), "{}", meta.path);
        }
    }

    #[test]
    fn the_example_names_every_key_and_is_valid_with_all_of_them() {
        let example = example_toml();
        let text = example.lines().map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(name, _)| ALL.iter().any(|meta| meta.name() == name)) => {
                rest.to_owned()
            }
            _ => line.to_owned(),
        });
        let text: String = text.map(|line| line + "\n").collect();
        let mut problems = Vec::new();
        let given = from_toml(Path::new("example.toml"), &text, &mut problems).unwrap();
        assert_eq!(problems, []);
        let expected: BTreeSet<&str> = ALL.iter().filter(|meta| !meta.is_danger()).map(|meta| meta.path).collect();
        assert_eq!(given.keys().copied().collect::<BTreeSet<_>>(), expected);
    }
}
