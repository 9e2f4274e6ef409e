//! Transactions: over one organization or the platform, reading or writing. There is no public commit.

use crate::dialect::Dialect;
use crate::postgres::PgConnection;
use crate::sqlite::SqliteConnection;
use crate::{Arg, FromRow, Org, OrgSql, PlatformSql, Row, StoreError, Topic};
use kernel::{JobId, OrgId, Timestamp};
use std::marker::PhantomData;
use std::pin::Pin;

/// What a transaction ranges over. Sealed.
pub trait Scope: sealed::Sealed + Clone + Send + Sync + 'static {
    /// The kind of statement it takes.
    type Sql: Copy + Send;
    /// The organization, if it ranges over one; bound as `:org` to every statement.
    fn org(&self) -> Option<&OrgId>;
    /// The statement's text.
    fn text(sql: Self::Sql) -> &'static str;
}

/// One organization's data, and nobody else's.
#[derive(Clone, Debug)]
pub struct OneOrg(Org);

impl OneOrg {
    /// Over this organization.
    pub fn new(org: Org) -> Self {
        Self(org)
    }
    /// The organization.
    pub fn organization(&self) -> &Org {
        &self.0
    }
}

/// The installation's own tables, or several organizations at once.
#[derive(Clone, Copy, Debug)]
pub struct Platform;

impl Scope for OneOrg {
    type Sql = OrgSql;
    fn org(&self) -> Option<&OrgId> {
        Some(self.0.id())
    }
    fn text(sql: OrgSql) -> &'static str {
        sql.text()
    }
}
impl Scope for Platform {
    type Sql = PlatformSql;
    fn org(&self) -> Option<&OrgId> {
        None
    }
    fn text(sql: PlatformSql) -> &'static str {
        sql.text()
    }
}

/// Whether a transaction may write. Sealed.
pub trait Mode: sealed::Sealed + Send + 'static {
    /// Whether it may.
    const WRITES: bool;
}
/// It may not: there is no `execute`, and the connection refuses changes.
#[derive(Debug)]
pub struct Reads;
/// It may, and what it keeps is committed together with an event.
#[derive(Debug)]
pub struct Writes;

impl Mode for Reads {
    const WRITES: bool = false;
}
impl Mode for Writes {
    const WRITES: bool = true;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::OneOrg {}
    impl Sealed for super::Platform {}
    impl Sealed for super::Reads {}
    impl Sealed for super::Writes {}
}

/// An event on its way into the log: its canonical leaf, and the salted personal fields beside it (JSON).
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Whose log.
    pub org: OrgId,
    /// The canonical leaf text.
    pub leaf: String,
    /// JSON object of personal fields with their salts; `{}` if there are none.
    pub personal: String,
}

/// How a writing transaction ends.
#[derive(Debug)]
pub enum Decision<T> {
    /// Effects and event are committed together, and only then is `T` handed back.
    Keep(T, EventRow),
    /// Nothing is kept.
    Discard(T),
    /// Effects are committed without an event: bookkeeping that is no one's act. The reason says why.
    KeepUnrecorded(T, &'static str),
}

/// Work in a writing transaction, its types erased but for what it ranges over: what is done in a transaction is compiled once, and
/// not for each database and each of their ways.
pub(crate) type Work<S> = Box<dyn Fn(Tx<S, Writes>) -> Working<S> + Send + Sync>;
/// Such work under way. What came of it has been put down where whoever asked will find it.
pub(crate) type Working<S> = Pin<Box<dyn Future<Output = (Tx<S, Writes>, Decision<()>)> + Send>>;

impl<T> Decision<T> {
    /// What came of the work, and how its transaction ends.
    pub(crate) fn apart(self) -> (T, Decision<()>) {
        match self {
            Self::Keep(value, event) => (value, Decision::Keep((), event)),
            Self::Discard(value) => (value, Decision::Discard(())),
            Self::KeepUnrecorded(value, why) => (value, Decision::KeepUnrecorded((), why)),
        }
    }
}

/// An open transaction.
pub struct Tx<S: Scope, M: Mode> {
    pub(crate) connection: Connection,
    pub(crate) scope: S,
    pub(crate) state: TxState,
    mode: PhantomData<M>,
}

/// What a transaction collects on its way.
#[derive(Default)]
pub(crate) struct TxState {
    /// A statement failed; the transaction can only be discarded.
    pub(crate) failed: Option<String>,
    /// It lost a race; it may be tried again.
    pub(crate) conflicted: bool,
    /// Caches to clear after the commit.
    pub(crate) touched: Vec<Topic>,
    /// A job was added; wake the worker after the commit.
    pub(crate) has_jobs: bool,
}

/// What is awaited of PostgreSQL is boxed: a conversation over the network has much state, and every operation would carry as many
/// of them as it has statements, on SQLite too.
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl<S: Scope, M: Mode> Tx<S, M> {
    pub(crate) fn new(connection: Connection, scope: S) -> Self {
        Self { connection, scope, state: TxState::default(), mode: PhantomData }
    }

    /// What the transaction ranges over.
    pub fn scope(&self) -> &S {
        &self.scope
    }

    /// All rows. The statement must bind its own limit if the answer can be long.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fetch_all<T: FromRow>(&mut self, sql: S::Sql, args: &[(&'static str, Arg<'_>)]) -> Result<Vec<T>, StoreError> {
        let outcome = match (storable(args), &mut self.connection) {
            (Err(error), _) => Err(error),
            (Ok(()), Connection::Sqlite(sqlite)) => sqlite.fetch(S::text(sql), self.scope.org(), args),
            (Ok(()), Connection::Postgres(postgres)) => {
                let rows = Box::pin(postgres.fetch(S::text(sql), self.scope.org(), args)).await;
                rows.and_then(|rows| rows.iter().map(|row| T::from_row(&Row::Postgres(row))).collect())
            }
        };
        self.noted(outcome)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fetch_optional<T: FromRow>(
        &mut self,
        sql: S::Sql,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<Option<T>, StoreError> {
        Ok(self.fetch_all(sql, args).await?.into_iter().next())
    }

    /// The first row.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none.
    pub async fn fetch_one<T: FromRow>(&mut self, sql: S::Sql, args: &[(&'static str, Arg<'_>)]) -> Result<T, StoreError> {
        self.fetch_optional(sql, args).await?.ok_or(StoreError::Missing)
    }

    fn noted<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &outcome {
            self.state.conflicted |= matches!(error, StoreError::Conflict(_));
            self.state.failed = Some(error.to_string());
        }
        outcome
    }
}

fn storable(args: &[(&'static str, Arg<'_>)]) -> Result<(), StoreError> {
    args.iter().find(|(_, value)| value.has_nul()).map_or(Ok(()), |(name, _)| Err(StoreError::Unstorable(name)))
}

impl<M: Mode> Tx<OneOrg, M> {
    /// The organization.
    pub fn org(&self) -> &Org {
        self.scope.organization()
    }
}

impl Tx<OneOrg, Writes> {
    /// Take turns: transactions of this organization that say so as their first statement run one after the other.
    ///
    /// For rules over several rows, of which two transactions can each keep their half and break the whole: two administrators
    /// who remove each other, although one must be left. On SQLite all writing transactions take turns anyway.
    ///
    /// # Errors
    /// Whatever the database says. Whoever was too late is run again.
    pub async fn take_turns(&mut self) -> Result<(), StoreError> {
        const TURN: &str = "UPDATE organizations SET number = number WHERE id = :org";
        if matches!(self.connection, Connection::Sqlite(_)) {
            return Ok(());
        }
        let outcome = self.change(TURN, &[]).await.map(drop);
        self.noted(outcome)
    }
}

impl<S: Scope> Tx<S, Writes> {
    /// Run a statement that changes rows; returns how many.
    ///
    /// # Errors
    /// Whatever the database says. After an error the transaction can only be discarded: where a clash is expected, say
    /// `ON CONFLICT DO NOTHING` and look at the count.
    pub async fn execute(&mut self, sql: S::Sql, args: &[(&'static str, Arg<'_>)]) -> Result<u64, StoreError> {
        let outcome = self.change(S::text(sql), args).await;
        self.noted(outcome)
    }

    /// Run one statement for each row of values; returns how many rows it changed in all. Cheaper than as many calls of
    /// [`Tx::execute`]: names are looked up once, and a database behind a network gets everything at once.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn execute_each<const N: usize>(
        &mut self,
        sql: S::Sql,
        names: [&'static str; N],
        rows: &[[Arg<'_>; N]],
    ) -> Result<u64, StoreError> {
        let unstorable = rows.iter().find_map(|row| names.iter().zip(row).find(|(_, value)| value.has_nul()));
        let outcome = match (unstorable, &mut self.connection) {
            (Some((name, _)), _) => Err(StoreError::Unstorable(name)),
            (None, Connection::Sqlite(sqlite)) => sqlite.execute_each(S::text(sql), self.scope.org(), names, rows),
            (None, Connection::Postgres(postgres)) => {
                Box::pin(postgres.execute_each(S::text(sql), self.scope.org(), names, rows)).await
            }
        };
        self.noted(outcome)
    }

    /// Clear what caches on every node know about `topic`, once this is committed.
    pub fn touch(&mut self, topic: Topic) {
        if !self.state.touched.contains(&topic) {
            self.state.touched.push(topic);
        }
    }

    pub(crate) async fn change(&mut self, text: &'static str, args: &[(&'static str, Arg<'_>)]) -> Result<u64, StoreError> {
        storable(args)?;
        match &mut self.connection {
            Connection::Sqlite(sqlite) => sqlite.execute(text, self.scope.org(), args),
            Connection::Postgres(postgres) => Box::pin(postgres.execute(text, self.scope.org(), args)).await,
        }
    }

    pub(crate) async fn append_event(&mut self, event: &EventRow) -> Result<(), StoreError> {
        const APPEND: &str = "INSERT INTO events (org_id, leaf, personal) VALUES (:event_org, :leaf, :personal)";
        let args = crate::args! { event_org: &event.org, leaf: &event.leaf, personal: &event.personal };
        self.change(APPEND, args).await.map(|_| ())
    }

    /// Claim a value that counts once; `false` if it was claimed before.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn claim_single_use(
        &mut self,
        org: &OrgId,
        kind: &'static str,
        value: &str,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        const CLAIM: &str = "INSERT INTO single_use (org_id, kind, value, expires_at) VALUES (:claim_org, :kind, :value, :expires_at) \
                             ON CONFLICT (org_id, kind, value) DO NOTHING";
        let args = crate::args! { claim_org: org, kind: kind, value: value, expires_at: expires_at };
        let outcome = self.change(CLAIM, args).await.map(|claimed| claimed == 1);
        self.noted(outcome)
    }

    /// Claim a proof of possession; `false` if it was claimed before. `signed_at` is the moment its maker signed into it, so that
    /// it can only ever be looked for in one place; `value` tells it from all others of its organization.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn claim_proof(&mut self, org: &OrgId, signed_at: Timestamp, value: &[u8]) -> Result<bool, StoreError> {
        const CLAIM: &str = "INSERT INTO used_proofs (minute, org_id, value) VALUES (:minute, :claim_org, :value) \
                             ON CONFLICT (minute, org_id, value) DO NOTHING";
        let minute = Timestamp::from_secs(signed_at.as_secs().div_euclid(60).saturating_mul(60));
        let args = crate::args! { minute: minute, claim_org: org, value: value };
        let outcome = self.change(CLAIM, args).await.map(|claimed| claimed == 1);
        self.noted(outcome)
    }

    /// Queue work that follows the commit.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn enqueue(
        &mut self,
        org: &OrgId,
        id: &JobId,
        kind: &'static str,
        payload: &str,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.enqueue_in_lane("", org, id, kind, payload, run_at).await
    }

    /// Queue work that reaches outside. Of the jobs of one lane only a few run at a time, so that a place that doesn't answer holds
    /// up nothing else; the name of the place makes a good lane. It must not contain `|` or `;`.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn enqueue_in_lane(
        &mut self,
        lane: &str,
        org: &OrgId,
        id: &JobId,
        kind: &'static str,
        payload: &str,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        const ENQUEUE: &str = "INSERT INTO jobs (id, org_id, lane, kind, payload, run_at, created_at) \
                               VALUES (:id, :job_org, :lane, :kind, :payload, :run_at, :run_at)";
        self.state.has_jobs = true;
        let args = crate::args! { id: id, job_org: org, lane: lane, kind: kind, payload: payload, run_at: run_at };
        let outcome = self.change(ENQUEUE, args).await.map(|_| ());
        self.noted(outcome)
    }
}

impl<M: Mode> Tx<Platform, M> {
    /// The next events to be given a place in the log, in commit order.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fetch_unsequenced<T: FromRow>(
        &mut self,
        after_seq: i64,
        after_tx: i64,
        limit: u32,
    ) -> Result<Vec<T>, StoreError> {
        let text = self.dialect().unsequenced_events();
        self.fetch_all(PlatformSql::new(text), crate::args! { seq: after_seq, tx: after_tx, limit: limit }).await
    }

    /// Number and transaction of the last committed event, if there is one. It may have to wait for its place until
    /// transactions that began earlier have ended.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn find_last_event(&mut self) -> Result<Option<(i64, i64)>, StoreError> {
        let text = self.dialect().last_event();
        self.fetch_optional(PlatformSql::new(text), &[]).await
    }

    fn dialect(&self) -> Dialect {
        match self.connection {
            Connection::Sqlite(_) => Dialect::Sqlite,
            Connection::Postgres(_) => Dialect::Postgres,
        }
    }
}
