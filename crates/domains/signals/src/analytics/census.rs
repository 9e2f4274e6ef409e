//! Who and what there is, counted from indexes alone.

use kernel::{Fault, Timestamp};
use store::{OneOrg, Reads, Tx, args, org_sql, rows};

rows! {
    /// How many users are in which state.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Census {
        pub(super) is_blocked: bool,
        pub(super) is_active: bool,
        pub(super) email_verified: bool,
        pub(super) count: i64,
    }
}

/// All users, by state.
pub(super) async fn count_users(tx: &mut Tx<OneOrg, Reads>) -> Result<Vec<Census>, Fault> {
    let sql = org_sql!(
        "SELECT is_blocked, is_active, email_verified, count(*) AS count FROM users WHERE org_id = :org
         GROUP BY is_blocked, is_active, email_verified"
    );
    Ok(tx.fetch_all(sql, &[]).await?)
}

/// Accounts that were made since, by day.
pub(super) async fn count_registrations(tx: &mut Tx<OneOrg, Reads>, since: Timestamp) -> Result<Vec<(i64, i64)>, Fault> {
    let sql = org_sql!(
        "SELECT created_at / 86400000000 AS a, count(*) AS b FROM users WHERE org_id = :org AND created_at >= :since
         GROUP BY created_at / 86400000000 ORDER BY created_at / 86400000000"
    );
    Ok(tx.fetch_all(sql, args! { since: since }).await?)
}

/// All applications.
pub(super) async fn count_clients(tx: &mut Tx<OneOrg, Reads>) -> Result<i64, Fault> {
    let sql = org_sql!("SELECT count(*) AS a FROM clients WHERE org_id = :org");
    Ok(tx.fetch_one::<(i64,)>(sql, &[]).await?.0)
}

rows! {
    /// What happened on a day.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct DayRow {
        pub(super) day: i64,
        pub(super) events: i64,
        pub(super) sign_ins: i64,
        pub(super) failed_sign_ins: i64,
    }
}

/// What happened since that day, by day.
pub(super) async fn list_days(tx: &mut Tx<OneOrg, Reads>, first: i64) -> Result<Vec<DayRow>, Fault> {
    let sql = org_sql!(
        "SELECT day, events, sign_ins, failed_sign_ins FROM log_days WHERE org_id = :org AND day >= :first ORDER BY day"
    );
    Ok(tx.fetch_all(sql, args! { first: first }).await?)
}
