//! Every statement of the product: prepared on both databases, kept to its organization, found through an index.

use crate::database::{Database, on_both};
use crate::source::{File, Placed, Word, closing, product};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tokio_postgres::types::Type;

/// A statement and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Statement {
    place: String,
    kind: Kind,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// `org_sql!`
    Org,
    /// `platform_sql!`
    Platform,
    /// Inside `store`, which checks itself.
    Store,
}

/// What only one database is told, and what isn't a statement by itself.
const APART: [&str; 3] = ["crates/store/src/dialect.rs", "crates/store/src/migrate.rs", "crates/store/src/sql.rs"];

fn statements(files: &[File]) -> Vec<Statement> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !APART.contains(&file.path.as_str())) {
        for (at, (word, line)) in file.words.iter().enumerate() {
            let Word::Text(text) = word else { continue };
            let kind = match (made_by(&file.words, at), file.path.starts_with("crates/store/")) {
                (Some("org_sql"), _) => Kind::Org,
                (Some("platform_sql"), _) => Kind::Platform,
                (_, true) if is_sql(text) => Kind::Store,
                _ => continue,
            };
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            found.push(Statement { place: format!("{}:{line}", file.path), kind, text });
        }
    }
    found
}

/// The macro whose argument a word is, if it is one.
fn made_by(words: &[Placed], at: usize) -> Option<&str> {
    match words.get(at.checked_sub(3)?..at)? {
        [(Word::Name(name), _), (Word::Mark('!'), _), (Word::Mark('('), _)] => Some(name),
        _ => None,
    }
}

fn is_sql(text: &str) -> bool {
    ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "].iter().any(|verb| text.trim_start().starts_with(verb))
}

/// Texts put together at run time ([`store::Filter`]): each crate's beginnings with each of its pieces. Not every piece fits every
/// beginning; those that fit one must fit it on both databases, and every piece must fit at least one.
struct Combined {
    texts: Vec<Statement>,
    pieces: Vec<Statement>,
}

fn combined(files: &[File], statements: &[Statement]) -> Combined {
    let mut texts = Vec::new();
    let mut pieces = Vec::new();
    let crates: BTreeSet<String> = files.iter().map(|file| crate_of(&file.path)).collect();
    for name in crates {
        let own = || files.iter().filter(|file| crate_of(&file.path) == name && !file.path.starts_with("crates/store/"));
        let conditions: Vec<Statement> = own().flat_map(|file| texts_in_calls(file, "and")).collect();
        let mut clauses: Vec<Statement> = own().flat_map(|file| texts_in_calls(file, "then")).collect();
        clauses
            .extend(own().flat_map(|file| texts_where(file, |text| text.starts_with("ORDER BY ") || text.starts_with("LIMIT "))));
        if conditions.is_empty() && clauses.is_empty() {
            continue;
        }
        let in_crate = |statement: &&Statement| crate_of(&statement.place) == name;
        for beginning in statements.iter().filter(in_crate).filter(|statement| statement.kind == Kind::Org) {
            for condition in &conditions {
                let both = format!("{} AND {}", beginning.text, condition.text);
                texts.push(Statement {
                    place: format!("{} with {}", beginning.place, condition.place),
                    text: both,
                    ..*beginning
                });
            }
            for clause in &clauses {
                let both = format!("{} {}", beginning.text, clause.text);
                texts.push(Statement { place: format!("{} with {}", beginning.place, clause.place), text: both, ..*beginning });
            }
        }
        pieces.extend(conditions);
        pieces.extend(clauses);
    }
    Combined { texts, pieces }
}

fn crate_of(path: &str) -> String {
    path.split_once("/src/").map_or(path, |(name, _)| name).to_owned()
}

/// The texts that begin an argument of `.name(…)` and look like SQL.
fn texts_in_calls(file: &File, name: &str) -> Vec<Statement> {
    let calls = file.words.windows(3).enumerate().filter(
        |(_, words)| matches!(words, [(Word::Mark('.'), _), (Word::Name(called), _), (Word::Mark('('), _)] if called == name),
    );
    let within = calls.flat_map(|(at, _)| &file.words[at + 2..closing(&file.words, at + 2)]);
    texts_of(file, within, |text| text.contains(' ') && text.chars().any(|c| c.is_ascii_uppercase() || c == '='))
}

fn texts_where(file: &File, wanted: impl Fn(&str) -> bool) -> Vec<Statement> {
    texts_of(file, file.words.iter(), wanted)
}

fn texts_of<'a>(file: &File, words: impl Iterator<Item = &'a Placed>, wanted: impl Fn(&str) -> bool) -> Vec<Statement> {
    let texts = words.filter_map(|(word, line)| match word {
        Word::Text(text) if wanted(text) => Some(Statement {
            place: format!("{}:{line}", file.path),
            kind: Kind::Org,
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        }),
        _ => None,
    });
    texts.collect()
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Prepare as the store does. The kinds of parameters and columns, where PostgreSQL works them out.
async fn prepare(database: &Prepared, text: &str) -> Result<(), String> {
    match database {
        Prepared::Sqlite(raw) => raw.lock().unwrap().prepare(text).map(drop).map_err(|e| e.to_string()),
        Prepared::Postgres(raw) => {
            let (numbered, names) = store::numbered(Box::leak(text.to_owned().into_boxed_str()));
            let statement = raw
                .prepare(numbered)
                .await
                .map_err(|e| e.as_db_error().map_or_else(|| e.to_string(), |e| e.message().to_owned()))?;
            for (name, kind) in names.iter().zip(statement.params()) {
                if !matches!(*kind, Type::INT8 | Type::INT4 | Type::BOOL | Type::TEXT | Type::VARCHAR | Type::BYTEA) {
                    return Err(format!("{name} would have to be bound as {kind}"));
                }
            }
            for column in statement.columns() {
                if !matches!(*column.type_(), Type::INT8 | Type::INT4 | Type::BOOL | Type::TEXT | Type::VARCHAR | Type::BYTEA) {
                    return Err(format!("the column {} would be read as {}", column.name(), column.type_()));
                }
            }
            Ok(())
        }
    }
}

enum Prepared {
    Sqlite(Mutex<rusqlite::Connection>),
    Postgres(tokio_postgres::Client),
}

async fn prepared(database: &Database) -> Prepared {
    drop(database.open().await);
    if database.is_postgres() {
        Prepared::Postgres(database.raw_postgres().await)
    } else {
        Prepared::Sqlite(Mutex::new(database.raw_sqlite()))
    }
}

/// Whether a text needs no other piece to be completed.
fn is_complete(text: &str) -> bool {
    text.matches('(').count() == text.matches(')').count()
}

on_both! {
    async fn every_statement_prepares(database) {
        let files = product();
        let statements = statements(&files);
        assert!(statements.len() > 100, "{} statements were found", statements.len());
        let target = prepared(&database).await;
        let mut problems = Vec::new();
        let is_meant = |place: &str| database.is_postgres() || !place.starts_with("crates/store/src/postgres");
        for statement in statements.iter().filter(|statement| is_complete(&statement.text) && is_meant(&statement.place)) {
            if let Err(error) = prepare(&target, &statement.text).await {
                problems.push(format!("{}: {error}\n    {}", statement.place, statement.text));
            }
        }
        report(&problems);
    }

    async fn every_piece_of_a_statement_fits_one(database) {
        let files = product();
        let Combined { texts, pieces } = combined(&files, &statements(&files));
        let target = prepared(&database).await;
        let mut fitting = BTreeSet::new();
        for text in texts.iter().filter(|text| is_complete(&text.text)) {
            if prepare(&target, &text.text).await.is_ok() {
                fitting.insert(text.place.split_once(" with ").unwrap().1.to_owned());
            }
        }
        // Pieces of pieces (`concat!`) are beyond this test.
        let whole = pieces.iter().filter(|piece| !piece.text.ends_with('.'));
        let unfit = whole.filter(|piece| !fitting.contains(&piece.place)).map(|piece| format!("{}: {}", piece.place, piece.text));
        report(&unfit.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn every_piece_of_a_statement_fits_the_same_one_on_both() {
    let Some(postgres) = Database::postgres().await else { return };
    let story = |postgres: Arc<Database>| async move {
        let files = product();
        let Combined { texts, pieces } = combined(&files, &statements(&files));
        let sqlite = Database::sqlite();
        let (one, other) = (prepared(&sqlite).await, prepared(&postgres).await);
        // By piece: what PostgreSQL said to texts that SQLite takes; none once one was good for both.
        let mut refused: BTreeMap<String, Option<Vec<String>>> = BTreeMap::new();
        for text in texts.iter().filter(|text| is_complete(&text.text)) {
            let piece = text.place.split_once(" with ").unwrap().1.to_owned();
            if prepare(&one, &text.text).await.is_err() {
                continue;
            }
            let entry = refused.entry(piece).or_insert_with(|| Some(Vec::new()));
            match prepare(&other, &text.text).await {
                Ok(()) => *entry = None,
                Err(error) => entry.iter_mut().for_each(|errors| errors.push(format!("{error}: {}", text.text))),
            }
        }
        drop(one);
        std::fs::remove_dir_all(sqlite.path().parent().unwrap()).unwrap();
        let texts: BTreeMap<&str, &str> = pieces.iter().map(|piece| (piece.place.as_str(), piece.text.as_str())).collect();
        let problems = refused.iter().filter_map(|(place, errors)| {
            errors.as_ref().map(|errors| format!("{place}: {}\n    {}", texts[place.as_str()], errors.join("\n    ")))
        });
        report(&problems.collect::<Vec<_>>());
    };
    postgres.run(story).await;
}

#[test]
fn sql_stands_in_the_checked_macros_only() {
    let mut problems = Vec::new();
    for file in product().iter().filter(|file| !file.path.starts_with("crates/store/")) {
        for (at, (word, line)) in file.words.iter().enumerate() {
            match word {
                Word::Text(text) if is_sql(text) && made_by(&file.words, at).is_none_or(|name| !name.ends_with("_sql")) => {
                    problems.push(format!("{}:{line}: {text}", file.path));
                }
                Word::Name(name) if is_called_without_literal(&file.words, at) => {
                    problems.push(format!("{}:{line}: {name}! without a literal", file.path));
                }
                _ => {}
            }
        }
    }
    report(&problems);
}

/// Whether the word is `…_sql!` in front of something else than a literal.
fn is_called_without_literal(words: &[Placed], at: usize) -> bool {
    let Some([(Word::Name(name), _), (Word::Mark('!'), _), _, (argument, _)]) = words.get(at..at + 4) else { return false };
    name.ends_with("_sql") && !matches!(argument, Word::Text(_))
}

/// `platform_sql!` over rows of organizations: where, which tables, why. It may only shrink; a new entry is a decision.
const ACROSS: &[(&str, &[&str], &str)] = &[
    ("crates/domains/identity/src/api_keys.rs", &["api_keys"], "the key is what tells the organization"),
    (
        "crates/domains/identity/src/organizations.rs",
        &["permissions", "roles", "role_permissions"],
        "an organization is being set up, and nobody can hold it yet",
    ),
    (
        "crates/domains/op/src/issued/note.rs",
        &["issued_tokens"],
        "what clients of all organizations got for themselves is written down together",
    ),
    ("crates/domains/op/src/keys/rows.rs", &["signing_keys"], "an organization is being set up, and nobody can hold it yet"),
    (
        "crates/domains/signals/src/checkpoints.rs",
        &["log_heads", "log_checkpoints"],
        "the logs of all organizations are checkpointed",
    ),
    ("crates/domains/signals/src/key.rs", &["signing_keys"], "the log's key belongs to the platform's organization"),
    ("crates/domains/signals/src/sequencer.rs", &["log_heads"], "the events of all organizations are sequenced together"),
    (
        "crates/domains/signals/src/sequencer/write.rs",
        &["log_days", "log_entries", "log_nodes", "log_heads"],
        "the events of all organizations are sequenced together",
    ),
    ("crates/domains/signin/src/mail/mailer.rs", &["mailbox"], "development only: caught mail"),
    ("crates/domains/signin/src/mailbox.rs", &["mailbox"], "development only: caught mail"),
    ("crates/flow/src/jobs.rs", &["jobs"], "a worker takes up whatever job is due"),
    (
        "crates/store/src/expiry.rs",
        &[
            "authorization_codes",
            "clients",
            "consents",
            "decoupled_requests",
            "grant_families",
            "guess_counters",
            "invitations",
            "issued_tokens",
            "jobs",
            "logout_deliveries",
            "user_imports",
            "mail_links",
            "pushed_requests",
            "refresh_tokens",
            "revoked_tokens",
            "session_clients",
            "sessions",
            "single_use",
            "token_origins",
            "transactions",
            "used_proofs",
        ],
        "what has ended is forgotten in all organizations",
    ),
];

#[test]
fn rows_of_organizations_are_touched_by_statements_that_name_the_organization() {
    let files = product();
    let fenced = tables_of_organizations();
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for statement in statements(&files).iter().filter(|statement| statement.kind == Kind::Platform) {
        let file = statement.place.split(':').next().unwrap();
        for (table, _) in tables(&statement.text).iter().filter(|(table, _)| fenced.contains(table)) {
            match ACROSS.iter().find(|(known, tables, _)| *known == file && tables.contains(&table.as_str())) {
                Some((file, ..)) => drop(used.insert((*file, table.clone()))),
                None => problems.push(format!(
                    "{}: platform_sql! over {table}, which belongs to organizations: {}",
                    statement.place, statement.text
                )),
            }
        }
    }
    let entries = ACROSS.iter().flat_map(|(file, tables, _)| tables.iter().map(|table| (*file, (*table).to_owned())));
    problems.extend(
        entries.filter(|entry| !used.contains(entry)).map(|(file, table)| format!("{file} no longer touches {table}: remove it")),
    );
    report(&problems);
}

/// Tables with an `org_id`, from the migrations.
fn tables_of_organizations() -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/store/migrations");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for table in text.split("CREATE TABLE ").skip(1) {
            let (name, columns) = table.split_once(" (").unwrap();
            if columns.split(';').next().unwrap().lines().any(|line| line.trim_start().starts_with("org_id ")) {
                found.insert(name.to_owned());
            }
        }
    }
    assert!(found.len() > 25, "the migrations were read");
    found
}

/// The tables a statement touches, each with the name it goes by.
fn tables(text: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':' || c == '.'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if !matches!(*word, "FROM" | "JOIN" | "UPDATE" | "INTO") {
            continue;
        }
        let Some(table) = words.get(at + 1).filter(|table| table.chars().all(|c| c.is_ascii_lowercase() || c == '_')) else {
            continue;
        };
        let alias = match words.get(at + 2..) {
            Some(["AS", alias, ..]) => alias,
            Some([alias, ..]) if alias.chars().all(|c| c.is_ascii_lowercase() || c == '_') => alias,
            _ => table,
        };
        found.push(((*table).to_owned(), (*alias).to_owned()));
    }
    found
}

/// `org_sql!` that looks at all of an organization's rows in a table: where, which tables, why. It may only shrink.
const WHOLE: &[(&str, &[&str], &str)] = &[
    ("crates/domains/signals/src/analytics/census.rs", &["clients", "users"], "the figures say how many there are"),
    ("crates/domains/identity/src/admin_companies/list.rs", &["companies"], "the list shows how many there are"),
    ("crates/domains/identity/src/admin_groups/list.rs", &["groups"], "the list shows how many there are"),
    ("crates/domains/identity/src/admin_permissions/list.rs", &["permissions"], "the list shows how many there are"),
    ("crates/domains/identity/src/admin_roles/list.rs", &["roles"], "the list shows how many there are"),
    ("crates/domains/identity/src/admin_sessions/figures.rs", &["sessions"], "the figures say how many there are"),
    ("crates/domains/identity/src/admin_sessions/list.rs", &["sessions"], "the list shows how many there are"),
    (
        "crates/domains/identity/src/admin_users/list/wanted/rows.rs",
        &["users"],
        "the beginning of statements that go on with conditions, in the order of an index",
    ),
    ("crates/domains/identity/src/api_keys.rs", &["api_keys"], "an organization has few, and all are shown"),
    ("crates/domains/identity/src/email_templates/rows.rs", &["email_templates"], "there are few, and all are shown"),
    (
        "crates/domains/identity/src/sessions/ending.rs",
        &["authorization_codes", "grant_families", "session_clients", "sessions"],
        "every session of the organization ends",
    ),
    ("crates/domains/identity/src/users/state.rs", &["authorization_codes"], "a person is removed; codes are kept for a day"),
    ("crates/domains/identity/src/scopes.rs", &["scopes"], "an organization has a handful, and all are shown"),
    ("crates/domains/op/src/clients/admin/list.rs", &["clients"], "the list shows how many there are"),
    ("crates/domains/op/src/families.rs", &["grant_families"], "everything of a client ends, which is most of it"),
    ("crates/domains/op/src/issued/list.rs", &["issued_tokens"], "the list shows how many there are"),
    ("crates/domains/op/src/keys/rows.rs", &["signing_keys"], "an organization has a handful"),
    ("crates/domains/op/src/logout/list.rs", &["logout_deliveries"], "the list shows how many there are"),
    ("crates/domains/signals/src/checkpoints.rs", &["log_checkpoints", "log_heads"], "the last one, by its key"),
    ("crates/domains/signals/src/entries.rs", &["log_entries"], "the beginning of statements that go on with conditions"),
    ("crates/domains/signals/src/key.rs", &["signing_keys"], "an organization has a handful"),
    ("crates/domains/signals/src/list.rs", &["log_heads", "log_entries"], "the list shows how many there are"),
];

/// How SQLite would find the rows: every table of organizations must be searched by `org_id` first, which proves both that no
/// other organization's rows are looked at and that there is an index for it.
#[tokio::test]
async fn rows_are_found_by_their_organization_through_an_index() {
    let database = Database::sqlite();
    drop(database.open().await);
    let raw = database.raw_sqlite();
    let fenced = tables_of_organizations();
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    let files = product();
    let statements = statements(&files);
    for statement in statements.iter().filter(|statement| statement.kind == Kind::Org && is_complete(&statement.text)) {
        let file = statement.place.split(':').next().unwrap();
        let names: BTreeMap<String, String> = tables(&statement.text).into_iter().map(|(table, alias)| (alias, table)).collect();
        for step in plan(&raw, &statement.text) {
            let mut words = step.split_whitespace();
            let (how, name) = (words.next().unwrap(), words.next().unwrap_or_default());
            let Some(table) = names.get(name).filter(|table| fenced.contains(*table)) else { continue };
            let by = step.split_once(" (").map_or("", |(_, by)| by.trim_end_matches(')'));
            if how == "SEARCH" && (by.starts_with("org_id=? AND") || by.starts_with("rowid")) && !step.contains("AUTOMATIC") {
                continue;
            }
            match WHOLE.iter().find(|(known, tables, _)| *known == file && tables.contains(&table.as_str())) {
                Some((file, ..)) if by.starts_with("org_id=?") => drop(used.insert((*file, table.clone()))),
                _ => problems.push(format!("{}: {step}\n    {}", statement.place, statement.text)),
            }
        }
    }
    let entries = WHOLE.iter().flat_map(|(file, tables, _)| tables.iter().map(|table| (*file, (*table).to_owned())));
    problems.extend(
        entries
            .filter(|entry| !used.contains(entry))
            .map(|(file, table)| format!("{file} no longer looks at all of {table}: remove it")),
    );
    drop(raw);
    std::fs::remove_dir_all(database.path().parent().unwrap()).unwrap();
    report(&problems);
}

fn plan(raw: &rusqlite::Connection, text: &str) -> Vec<String> {
    let mut statement = raw.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get::<_, String>("detail").unwrap());
    }
    steps
}

#[tokio::test]
async fn what_both_databases_would_read_differently_is_not_said() {
    let database = Database::sqlite();
    drop(database.open().await);
    let raw = database.raw_sqlite();
    let nullable = nullable_columns(&raw);
    let mut problems = Vec::new();
    for statement in statements(&product()) {
        let text = &statement.text;
        if text.matches(" LIKE ").count() != text.matches(" ESCAPE ").count() {
            problems.push(format!("{}: LIKE without ESCAPE: only PostgreSQL has one by itself: {text}", statement.place));
        }
        for order in text.split("ORDER BY ").skip(1) {
            let end = [" LIMIT", ")", " FOR "].iter().filter_map(|end| order.find(end)).min().unwrap_or(order.len());
            for key in order.split_at(end).0.split(", ") {
                let column = key.split_whitespace().next().unwrap_or_default().rsplit('.').next().unwrap();
                let is_nullable = tables(text).iter().any(|(table, _)| nullable.contains(&(table.clone(), column.to_owned())));
                if is_nullable && !key.contains("NULLS") {
                    problems.push(format!(
                        "{}: {column} may be null, and the databases put nulls at different ends: {text}",
                        statement.place
                    ));
                }
            }
        }
    }
    drop(raw);
    std::fs::remove_dir_all(database.path().parent().unwrap()).unwrap();
    report(&problems);
}

fn nullable_columns(raw: &rusqlite::Connection) -> BTreeSet<(String, String)> {
    let text = "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.\"notnull\" = 0 AND c.pk = 0";
    let mut statement = raw.prepare(text).unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}
