//! How many people there are of a kind: kept by whoever changes that, in the same transaction.
//!
//! A number is the sum over several rows, so that transactions that go on at the same time seldom change the same one.

use kernel::{Fault, GroupId, RoleId, UserId};
use store::{Arg, Mode, OneOrg, Tx, Writes, args, org_sql, rows};

/// Whether somebody may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Whether the account is in use at all.
    pub is_active: bool,
    /// Whether an administrator shut them out.
    pub is_blocked: bool,
}

impl State {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::of(false, false), Self::of(true, false), Self::of(false, true), Self::of(true, true)];

    const fn of(is_active: bool, is_blocked: bool) -> Self {
        Self { is_active, is_blocked }
    }
    const fn key(self) -> &'static str {
        match (self.is_blocked, self.is_active) {
            (false, false) => "0",
            (false, true) => "1",
            (true, false) => "2",
            (true, true) => "3",
        }
    }
}

/// Of whom there are so many.
#[derive(Clone, Copy, Debug)]
pub enum Counted<'a> {
    /// People in a state.
    State(State),
    /// People who were given a role directly.
    Role(&'a RoleId),
    /// Members of a group.
    Group(&'a GroupId),
}

impl Counted<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::State(_) => "state",
            Self::Role(_) => "role",
            Self::Group(_) => "group",
        }
    }
    fn key(&self) -> &str {
        match self {
            Self::State(state) => state.key(),
            Self::Role(role) => role.as_str(),
            Self::Group(group) => group.as_str(),
        }
    }
}

/// Where what happens to a person is counted: ids end in randomness.
fn shard(user: &UserId) -> i64 {
    user.as_str().bytes().last().map_or(0, |last| i64::from(last % 16))
}

/// So many more, or fewer.
pub(crate) async fn add(tx: &mut Tx<OneOrg, Writes>, of: Counted<'_>, user: &UserId, change: i64) -> Result<(), Fault> {
    let sql = org_sql!(
        "INSERT INTO user_tallies (org_id, kind, key, shard, users) VALUES (:org, :kind, :key, :shard, :change)
         ON CONFLICT (org_id, kind, key, shard) DO UPDATE SET users = user_tallies.users + excluded.users"
    );
    if change != 0 {
        tx.execute(sql, args! { kind: of.kind(), key: of.key(), shard: shard(user), change: change }).await?;
    }
    Ok(())
}

/// There is no such role or group any more.
pub(crate) async fn forget(tx: &mut Tx<OneOrg, Writes>, of: Counted<'_>) -> Result<(), Fault> {
    let sql = org_sql!("DELETE FROM user_tallies WHERE org_id = :org AND kind = :kind AND key = :key");
    tx.execute(sql, args! { kind: of.kind(), key: of.key() }).await?;
    Ok(())
}

/// A person is about to be removed, with their roles and memberships.
pub async fn count_out(tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<(), Fault> {
    if let Some(state) = state_of(tx, user).await? {
        add(tx, Counted::State(state), user, -1).await?;
    }
    for sql in [
        org_sql!(
            "INSERT INTO user_tallies (org_id, kind, key, shard, users)
             SELECT h.org_id, 'role', h.role_id, CAST(:shard AS BIGINT), -1 FROM user_roles h WHERE h.org_id = :org AND h.user_id = :user
             ON CONFLICT (org_id, kind, key, shard) DO UPDATE SET users = user_tallies.users + excluded.users"
        ),
        org_sql!(
            "INSERT INTO user_tallies (org_id, kind, key, shard, users)
             SELECT h.org_id, 'group', h.group_id, CAST(:shard AS BIGINT), -1 FROM group_members h WHERE h.org_id = :org AND h.user_id = :user
             ON CONFLICT (org_id, kind, key, shard) DO UPDATE SET users = user_tallies.users + excluded.users"
        ),
    ] {
        tx.execute(sql, args! { user: user, shard: shard(user) }).await?;
    }
    Ok(())
}

/// A person went from one state to another.
pub async fn move_over(tx: &mut Tx<OneOrg, Writes>, user: &UserId, from: State, to: State) -> Result<(), Fault> {
    if from != to {
        add(tx, Counted::State(from), user, -1).await?;
        add(tx, Counted::State(to), user, 1).await?;
    }
    Ok(())
}

/// The state somebody is in.
pub async fn state_of<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Option<State>, Fault> {
    let sql = org_sql!("SELECT is_active AS a, is_blocked AS b FROM users WHERE org_id = :org AND id = :user");
    let found = tx.fetch_optional::<(bool, bool)>(sql, args! { user: user }).await?;
    Ok(found.map(|(is_active, is_blocked)| State { is_active, is_blocked }))
}

/// How many there are.
pub async fn total<M: Mode>(tx: &mut Tx<OneOrg, M>, of: Counted<'_>) -> Result<i64, Fault> {
    let sql = org_sql!(
        "SELECT CAST(COALESCE(SUM(users), 0) AS BIGINT) AS a FROM user_tallies
         WHERE org_id = :org AND kind = :kind AND key = :key"
    );
    let values: &[(&'static str, Arg<'_>)] = args! { kind: of.kind(), key: of.key() };
    Ok(tx.fetch_one::<(i64,)>(sql, values).await?.0)
}

rows! {
    /// How many people are in a state.
    struct Tallied { key: String, users: i64 }
}

/// How many people are in one of these states.
pub async fn total_in<M: Mode>(tx: &mut Tx<OneOrg, M>, wanted: impl Fn(State) -> bool + Send) -> Result<i64, Fault> {
    let sql = org_sql!(
        "SELECT key, CAST(SUM(users) AS BIGINT) AS users FROM user_tallies WHERE org_id = :org AND kind = 'state' GROUP BY key"
    );
    let tallied = tx.fetch_all::<Tallied>(sql, &[]).await?;
    let is_wanted = |row: &&Tallied| State::ALL.into_iter().any(|state| state.key() == row.key && wanted(state));
    Ok(tallied.iter().filter(is_wanted).map(|row| row.users).sum())
}
