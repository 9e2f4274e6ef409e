//! Everything in which the two databases differ.

/// Which database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Put this database's words for the tokens of a migration.
    pub(crate) fn migration(self, text: &str) -> String {
        let words: [(&str, &str); 7] = match self {
            Self::Sqlite => [
                (" TEXT", " TEXT"),
                ("{serial}", "INTEGER PRIMARY KEY"),
                ("{bytes}", "BLOB"),
                ("{without_rowid}", " WITHOUT ROWID"),
                ("{generated}", "VIRTUAL"),
                ("{event_transaction}", ""),
                ("{invitations_go_on}", ""),
            ],
            Self::Postgres => [
                // Bytes decide on equality and order, as in SQLite, whatever language the server speaks.
                (" TEXT", " TEXT COLLATE \"C\""),
                ("{serial}", "BIGSERIAL PRIMARY KEY"),
                ("{bytes}", "BYTEA"),
                ("{without_rowid}", ""),
                ("{generated}", "STORED"),
                // Which transaction appended the row: rows below every running transaction's number can't get a new neighbour.
                (
                    "{event_transaction}",
                    ",\n    tx BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),\n    UNIQUE (tx, seq)",
                ),
                // Rows that were copied with their numbers don't count for the sequence.
                (
                    "{invitations_go_on}",
                    "SELECT setval('invitations_number_seq', COALESCE((SELECT max(number) FROM invitations), 0) + 1, false);",
                ),
            ],
        };
        words.iter().fold(text.to_owned(), |text, (token, word)| text.replace(token, word))
    }

    /// How a migration begins.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            // At once for writing, so that two processes don't both begin.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// What ends every migration.
    ///
    /// On PostgreSQL the second fence around each organization's rows: a connection sees the rows of the organization it was last
    /// told about, all rows where it was told `*`, and none where it was told nothing. The role that owns the tables is bound too.
    ///
    /// On SQLite what the planner must know. It never measures by itself, and without knowledge takes an organization to have ten
    /// rows in each table; so it is told that there are many, and that everything else narrows down further. What it then
    /// chooses doesn't depend on what happens to be stored.
    pub(crate) fn finish(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "ANALYZE sqlite_schema;
                DELETE FROM sqlite_stat1;
                INSERT INTO sqlite_stat1 (tbl, idx, stat)
                SELECT t.name, CASE WHEN i.origin = 'pk' AND t.wr THEN t.name ELSE i.name END, '1000000' || (
                    SELECT group_concat(CASE
                        WHEN i.\"unique\" AND c.seqno = (SELECT max(l.seqno) FROM pragma_index_info(i.name) l) THEN ' 1'
                        WHEN c.seqno = 0 AND c.name = 'org_id' THEN ' 100000'
                        WHEN c.seqno < 2 THEN ' 20'
                        ELSE ' 10' END, '')
                    FROM (SELECT seqno, name FROM pragma_index_info(i.name) ORDER BY seqno) c)
                FROM pragma_table_list t JOIN pragma_index_list(t.name) i WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%';
                ANALYZE sqlite_schema;"
            }
            Self::Postgres => {
                "DO $fence$
                DECLARE
                    fenced record;
                BEGIN
                    FOR fenced IN
                        SELECT c.relname AS name, a.attname AS org
                        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
                        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relforcerowsecurity
                          AND a.attname = CASE c.relname WHEN 'organizations' THEN 'id' ELSE 'org_id' END
                    LOOP
                        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', fenced.name);
                        EXECUTE format('CREATE POLICY one_organization ON %I USING (%I = current_setting(''lumoauth.org'', true)
                            OR current_setting(''lumoauth.org'', true) = ''*'')', fenced.name, fenced.org);
                    END LOOP;
                END $fence$;"
            }
        }
    }

    /// The next events to be given a place in the log, in commit order: those after `:seq`/`:tx`, at most `:limit`.
    pub(crate) fn unsequenced_events(self) -> &'static str {
        match self {
            // One writer: the order of row ids is the order of commits.
            Self::Sqlite => {
                "SELECT seq, 0 AS tx, org_id, leaf FROM events WHERE seq > :seq AND :tx >= 0 ORDER BY seq LIMIT :limit"
            }
            // Many writers commit in any order: take only what lies below every transaction still running.
            Self::Postgres => {
                "SELECT seq, tx, org_id, leaf FROM events WHERE (tx, seq) > (:tx::bigint, :seq::bigint) \
                 AND tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY tx, seq LIMIT :limit::bigint"
            }
        }
    }

    /// The last event in commit order that is committed, whether or not it can be given its place yet.
    pub(crate) fn last_event(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT seq AS a, 0 AS b FROM events ORDER BY seq DESC LIMIT 1",
            Self::Postgres => "SELECT seq AS a, tx AS b FROM events ORDER BY tx DESC, seq DESC LIMIT 1",
        }
    }

    /// Rewrite `:name` parameters as this database numbers them; returns the text and the names in order.
    pub(crate) fn positional(text: &str) -> (String, Vec<String>) {
        let mut out = String::with_capacity(text.len());
        let mut names: Vec<String> = Vec::new();
        let mut chars = text.chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            if c == '\'' {
                quoted = !quoted;
            }
            if c != ':' || quoted {
                out.push(c);
                continue;
            }
            if chars.peek() == Some(&':') {
                out.push_str("::");
                chars.next();
                continue;
            }
            let mut name = String::from(":");
            while let Some(next) = chars.peek().copied().filter(|n| n.is_ascii_alphanumeric() || *n == '_') {
                name.push(next);
                chars.next();
            }
            let position = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            out.push('$');
            out.push_str(&(position + 1).to_string());
        }
        (out, names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_positions_and_casts_and_quotes_stay() {
        let (text, names) = Dialect::positional("SELECT ':no', x::text FROM t WHERE a = :org AND b = :id OR c = :org");
        assert_eq!(text, "SELECT ':no', x::text FROM t WHERE a = $1 AND b = $2 OR c = $1");
        assert_eq!(names, [":org", ":id"]);
    }
}
