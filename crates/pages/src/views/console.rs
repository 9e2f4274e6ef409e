//! The console: every page of the administration, put together from a few kinds of blocks.
//!
//! What a page shows is data; how it looks is decided once, in `templates/console.html`. It speaks the reader's language.

use crate::{Form, Shell, document::document, link};
use askama::{Template, filters::Safe};
use kernel::Timestamp;

/// A page of the console.
#[derive(Clone, Template)]
#[template(path = "console.html")]
pub struct Console {
    pub shell: Shell,
    /// The sections, as far as the reader may see them.
    pub nav: Vec<NavItem>,
    /// Who is signed in.
    pub account: String,
    pub account_url: String,
    pub sign_out: Form,
    /// The page this one belongs to.
    pub back: Option<Link>,
    pub title: String,
    pub lead: Option<String>,
    /// What was just done.
    pub news: Option<String>,
    pub blocks: Vec<Block>,
}
document!(Console);

/// A section of the console.
#[derive(Clone, Debug)]
pub struct NavItem {
    pub label: &'static str,
    pub href: String,
    pub is_current: bool,
}

/// A place to go to.
#[derive(Clone, Debug)]
pub struct Link {
    pub text: String,
    pub href: String,
}

/// A part of a page.
#[derive(Clone)]
pub enum Block {
    /// Numbers at a glance.
    Figures(Vec<Figure>),
    /// What is known about one thing.
    Facts {
        title: String,
        facts: Vec<(String, Cell)>,
    },
    Table(Table),
    Entry(EntryForm),
    /// Buttons that each do one thing.
    Actions {
        title: String,
        actions: Vec<Action>,
    },
    /// Something that is shown once.
    Secret {
        title: String,
        hint: String,
        values: Vec<(String, String)>,
    },
    /// How much there was each day, as bars; a table says the same.
    Bars {
        title: String,
        /// The first day and the last, and how much there was at most.
        extent: (String, String, String),
        bars: Vec<Bar>,
    },
    /// Where to begin: what can be done, and where.
    Ways {
        title: String,
        ways: Vec<Link>,
    },
    /// A sentence.
    Said(String),
}

/// A day in a row of bars.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The day, and how much there was.
    pub text: String,
    /// From 0 to 100.
    pub height: u32,
}

/// A number and what it counts.
#[derive(Clone, Debug)]
pub struct Figure {
    pub label: &'static str,
    pub value: String,
    pub href: Option<String>,
}

/// A list.
#[derive(Clone, Default)]
pub struct Table {
    /// Its element id.
    pub id: &'static str,
    pub title: String,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
    /// What to say where there is nothing.
    pub empty: String,
    pub search: Option<Search>,
    pub pager: Option<Pager>,
    /// What can be made here.
    pub create: Option<Link>,
}

impl Table {
    /// Cells of a row beside the names of their columns, which stand before them on a phone.
    fn labelled<'a>(&'a self, row: &'a [Cell]) -> Vec<(&'static str, &'a Cell)> {
        self.columns.iter().copied().zip(row).collect()
    }
}

/// A cell of a table, or the value of a fact.
#[derive(Clone, Debug)]
pub enum Cell {
    Text(String),
    /// An identifier.
    Code(String),
    Link(Link),
    /// A link with what the log says happened; the log speaks English.
    Event(Link),
    /// A link that leaves the console; shown as text unless it leads to the web.
    Web(String),
    Time(Timestamp),
    Good(String),
    Warn(String),
    /// A button for this row.
    Act(Action),
    Nothing,
}

impl Cell {
    /// A text, or nothing.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }
    /// A link to another page of the console.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link(Link { text: text.into(), href: href.into() })
    }
    /// What the log says happened, and where its entry is.
    pub fn event(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Event(Link { text: text.into(), href: href.into() })
    }
    fn moment(&self, shell: &Shell) -> Safe<String> {
        if let Self::Time(at) = self { shell.time(*at) } else { Safe(String::new()) }
    }
    fn is_web(url: &str) -> bool {
        link::is_web(url)
    }
}

/// A button that does one thing.
#[derive(Clone)]
pub struct Action {
    /// Its element id.
    pub id: String,
    pub label: String,
    /// What it does to what, for those who don't see where it stands.
    pub name: String,
    pub form: Form,
    pub is_danger: bool,
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Action({})", self.id)
    }
}

/// A search field above a list, and what else narrows it. It keeps the list's other parameters.
#[derive(Clone, Debug)]
pub struct Search {
    pub action: String,
    /// The name of its parameter.
    pub field: &'static str,
    pub value: String,
    pub label: &'static str,
    pub narrowed: Vec<Narrow>,
    pub kept: Vec<(String, String)>,
}

impl Search {
    /// By one field, empty.
    pub fn of(action: impl Into<String>, field: &'static str, label: &'static str) -> Self {
        Self { action: action.into(), field, value: String::new(), label, narrowed: Vec::new(), kept: Vec::new() }
    }
    /// With what was searched for.
    #[must_use]
    pub fn with_value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }
}

/// Something that narrows a list.
#[derive(Clone, Debug)]
pub struct Narrow {
    /// The name of its parameter.
    pub field: &'static str,
    pub label: &'static str,
    pub value: String,
    /// Value and label of each choice; a day of the calendar, if there is none.
    pub choices: Vec<(&'static str, &'static str)>,
}

/// Where a list goes on.
#[derive(Clone, Debug)]
pub struct Pager {
    pub summary: String,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// A form with fields.
#[derive(Clone)]
pub struct EntryForm {
    /// Its element id; those of its fields begin with it.
    pub id: String,
    pub title: String,
    pub hint: Option<String>,
    pub form: Form,
    pub fields: Vec<Entry>,
    pub button: String,
    pub is_danger: bool,
}

/// A field.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub label: String,
    pub hint: Option<String>,
    pub is_required: bool,
    pub kind: EntryKind,
    pub value: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl Entry {
    /// Lines shown at once of a field that takes several.
    fn rows(&self) -> usize {
        self.value.lines().count().clamp(2, 8)
    }
    /// Whether one of several is chosen.
    fn has(&self, value: &str) -> bool {
        self.value.lines().any(|chosen| chosen == value)
    }
    /// The ids of what describes the field, in the form of this id.
    fn described_by(&self, form: &str) -> String {
        let ids = [("problem", self.problem.is_some()), ("hint", self.hint.is_some())];
        let ids = ids.into_iter().filter(|(_, is_there)| *is_there).map(|(what, _)| format!("{form}-{}-{what}", self.name));
        ids.collect::<Vec<_>>().join(" ")
    }
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    Text,
    Number,
    Email,
    Password,
    /// Several lines.
    Lines,
    /// One of these: value and label.
    Choice(Vec<(String, String)>),
    /// Any of these: value and label. The field's value has each of those that are chosen in a line.
    Several(Vec<(String, String)>),
}

impl EntryKind {
    fn input_type(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Email => "email",
            Self::Password => "password",
            Self::Text | Self::Lines | Self::Choice(_) | Self::Several(_) => "text",
        }
    }
}
