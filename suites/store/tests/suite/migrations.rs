//! The schema: taken once, alike on both databases.

use crate::database::{Database, NOW, all, count, on_both, run};
use std::collections::BTreeSet;
use store::Arg;

on_both! {
    async fn every_step_is_taken_once(database) {
        let store = database.open_as_it_is().await;
        let pending = store.pending_migrations().await.unwrap().len();
        assert!(pending > 0);
        assert_eq!(store.migrate(NOW).await.unwrap().len(), pending);
        assert!(store.migrate(NOW).await.unwrap().is_empty(), "a second time there is nothing to do");
        drop(store);
        let reopened = database.open_as_it_is().await;
        assert!(reopened.pending_migrations().await.unwrap().is_empty(), "it stays taken");
        assert_eq!(usize::try_from(count(&reopened, "SELECT count(*) AS a FROM migrations").await).unwrap(), pending);
    }

    async fn nodes_that_start_together_take_each_step_once(database) {
        let nodes = futures(4, || { let database = database.clone(); async move { database.open_as_it_is().await.migrate(NOW).await.unwrap().len() } }).await;
        let store = database.open_as_it_is().await;
        assert!(store.pending_migrations().await.unwrap().is_empty());
        assert_eq!(nodes.iter().sum::<usize>(), usize::try_from(count(&store, "SELECT count(*) AS a FROM migrations").await).unwrap());
    }

    async fn a_database_of_a_newer_version_is_refused(database) {
        let store = database.open().await;
        let newer = vec![(":now", Arg::from(NOW))];
        run(&store, vec![("INSERT INTO migrations (number, name, applied_at) VALUES (9999, 'tomorrow', :now)", newer)]).await;
        let error = store.migrate(NOW).await.unwrap_err().to_string();
        assert!(error.contains("9999") && error.contains("newer version"), "{error}");
    }

    async fn the_first_value_of_an_installation_is_kept(database) {
        let store = database.open().await;
        assert_eq!(store.installation_value("hash", "one".to_owned()).await.unwrap(), "one");
        assert_eq!(store.installation_value("hash", "two".to_owned()).await.unwrap(), "one");
        let nodes = futures(16, || { let store = store.clone(); async move { store.installation_value("name", format!("{:p}", &raw const store)).await.unwrap() } }).await;
        assert_eq!(nodes.into_iter().collect::<BTreeSet<_>>().len(), 1, "nodes that start together agree");
    }
}

async fn futures<T: Send + 'static, F: Future<Output = T> + Send + 'static>(number: usize, make: impl Fn() -> F) -> Vec<T> {
    let running: Vec<_> = (0..number).map(|_| tokio::spawn(make())).collect();
    let mut done = Vec::new();
    for one in running {
        done.push(one.await.unwrap());
    }
    done
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_file_and_its_log() {
    use std::os::unix::fs::PermissionsExt;
    let story = |database: std::sync::Arc<Database>| async move {
        let _store = database.open().await;
        for suffix in ["", "-wal", "-shm"] {
            let path = format!("{}{suffix}", database.path().display());
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
        }
    };
    Database::sqlite().run(story).await;
}

/// Table, column, type, whether it may be null.
type Columns = BTreeSet<(String, String, &'static str, bool)>;
/// Table, whether it is unique, columns.
type Indexes = BTreeSet<(String, bool, String)>;

#[tokio::test]
async fn both_schemas_agree() {
    let Some(postgres) = Database::postgres().await else { return };
    let story = |postgres: std::sync::Arc<Database>| async move {
        let sqlite = Database::sqlite();
        sqlite.open().await;
        postgres.open().await;
        let (columns, indexes, references) = sqlite_schema(&sqlite);
        let (mut pg_columns, mut pg_indexes, pg_references) = postgres_schema(&postgres).await;
        // The one difference there is: PostgreSQL notes which transaction appended a row, and finds it by that.
        assert!(pg_columns.remove(&("events".to_owned(), "tx".to_owned(), "integer", false)));
        assert!(pg_indexes.remove(&("events".to_owned(), true, "tx seq".to_owned())));
        assert_eq!(columns, pg_columns);
        assert_eq!(indexes, pg_indexes);
        assert_eq!(references, pg_references);
        assert!(columns.len() > 200 && indexes.len() > 50 && references.len() > 20, "the schema was read");
        std::fs::remove_dir_all(sqlite.path().parent().unwrap()).unwrap();
    };
    postgres.run(story).await;
}

/// Without an index, removing the other row looks at every row of the organization: these have few, or keep them for an hour.
const SMALL: [&str; 2] = ["agents", "transactions"];

#[tokio::test]
async fn what_refers_to_others_is_found_from_there() {
    let story = |database: std::sync::Arc<Database>| async move {
        database.open().await;
        let (_, indexes, references) = sqlite_schema(&database);
        let mut problems = Vec::new();
        for reference in &references {
            let mut words = reference.split(' ');
            let (table, _) = (words.next().unwrap(), words.next().unwrap());
            let columns: Vec<&str> = words.filter_map(|pair| pair.split_once('>')).map(|(from, _)| from).collect();
            let columns = columns.join(" ");
            let is_found = indexes.iter().any(|(of, _, by)| of == table && format!("{by} ").starts_with(&format!("{columns} ")));
            if !is_found && !SMALL.contains(&table) {
                problems.push(format!("{table} has no index that begins with {columns}"));
            }
        }
        assert!(problems.is_empty(), "{problems:#?}");
    };
    Database::sqlite().run(story).await;
}

fn sqlite_schema(database: &Database) -> (Columns, Indexes, BTreeSet<String>) {
    let raw = database.raw_sqlite();
    let query = |text: &str| -> Vec<(String, String, String, i64)> {
        let mut statement = raw.prepare(text).unwrap();
        statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let columns = query(&format!(
        "SELECT t.name, c.name, c.type, c.\"notnull\" OR c.type = 'INTEGER' FROM ({tables}) t JOIN pragma_table_xinfo(t.name) c"
    ));
    // Expressions have no name; they are compared by their place.
    let indexes = query(&format!(
        "SELECT t.name, (SELECT group_concat(COALESCE(x.name, '(…)'), ' ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) x),
             i.origin, i.\"unique\" FROM ({tables}) t JOIN pragma_index_list(t.name) i"
    ));
    let references = query(&format!(
        "SELECT t.name, f.\"table\", group_concat(f.\"from\" || '>' || f.\"to\", ' ') || ' ' || f.on_delete, f.id
             FROM ({tables}) t JOIN (SELECT 1) JOIN pragma_foreign_key_list(t.name) f GROUP BY t.name, f.id ORDER BY f.seq"
    ));
    let mut indexes: Indexes = indexes.into_iter().map(|(table, columns, _, unique)| (table, unique == 1, columns)).collect();
    // A key of one integer column is the table itself in SQLite, without an index.
    indexes.extend(
        columns
            .iter()
            .filter(|(_, _, kind, _)| kind == "INTEGER")
            .map(|(table, column, ..)| (table.clone(), true, column.clone())),
    );
    let columns =
        columns.into_iter().map(|(table, column, kind, is_required)| (table, column, family(&kind), is_required == 0)).collect();
    (columns, indexes, references.into_iter().map(|(table, other, pairs, _)| format!("{table} {other} {pairs}")).collect())
}

async fn postgres_schema(database: &Database) -> (Columns, Indexes, BTreeSet<String>) {
    let raw = database.raw_postgres().await;
    let columns = raw
        .query(
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
             FROM information_schema.columns WHERE table_schema = 'public'",
            &[],
        )
        .await
        .unwrap();
    let indexes = raw
        .query(
            "SELECT c.relname::text, i.indisunique,
                 (SELECT string_agg(COALESCE(a.attname, '(…)'), ' ' ORDER BY k.place)
                  FROM unnest(i.indkey) WITH ORDINALITY k (attribute, place)
                  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attribute)
             FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace",
            &[],
        )
        .await
        .unwrap();
    let references = raw
        .query(
            "SELECT f.conrelid::regclass::text, f.confrelid::regclass::text,
                 (SELECT string_agg(a.attname || '>' || b.attname, ' ' ORDER BY k.place)
                  FROM unnest(f.conkey, f.confkey) WITH ORDINALITY k (here, there, place)
                  JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.here
                  JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.there),
                 CASE f.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'a' THEN 'NO ACTION' ELSE f.confdeltype::text END
             FROM pg_constraint f WHERE f.contype = 'f'",
            &[],
        )
        .await
        .unwrap();
    (
        columns.iter().map(|row| (row.get(0), row.get(1), family(row.get(2)), row.get(3))).collect(),
        indexes.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect(),
        references
            .iter()
            .map(|row| {
                format!(
                    "{} {} {} {}",
                    row.get::<_, String>(0),
                    row.get::<_, String>(1),
                    row.get::<_, String>(2),
                    row.get::<_, String>(3)
                )
            })
            .collect(),
    )
}

/// What a column's type means in both languages.
fn family(kind: &str) -> &'static str {
    match kind {
        "INTEGER" | "BIGINT" | "bigint" => "integer",
        "TEXT" | "text" => "text",
        "BLOB" | "bytea" => "bytes",
        other => panic!("no column should be of type {other}"),
    }
}

on_both! {
    async fn text_is_ordered_by_its_bytes_by_declaration(database) {
        let store = database.open().await;
        if database.is_postgres() {
            let others = "SELECT table_name::text AS a, column_name::text AS b FROM information_schema.columns \
                          WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' AND table_name <> 'migrations'";
            assert_eq!(all::<(String, String)>(&store, others, Vec::new()).await, []);
        }
    }
}
