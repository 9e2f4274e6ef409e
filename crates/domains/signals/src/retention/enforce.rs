//! Erasing the personal values whose time is over.

use super::Retention;
use flow::{Cx, NoContent, Operation, Route, Services, Surface, Verdict, act};
use kernel::{Access, Actor, Fault, OrgId, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::{OneOrg, Org, Reads, StoreError, Tx, Writes, args, org_sql, rows};

/// Events whose personal values go in one transaction.
const AT_ONCE: u32 = 500;

/// Remembers up to where each log's old values are gone, so that no round looks at all of them again.
#[derive(Default)]
pub(crate) struct Enforcer(HashMap<OrgId, Timestamp>);

impl Enforcer {
    /// Erase what is over in one organization's log.
    pub(crate) async fn enforce(&mut self, services: &Arc<Services>, org: &Org) -> Result<(), Fault> {
        let retention = Retention::of(org.settings());
        if !retention.auto_delete {
            self.0.remove(org.id());
            return Ok(());
        }
        let until = services.clock.now().minus(Duration::from_hours(24 * u64::from(retention.retention_days)));
        let mut from = self.0.get(org.id()).copied().unwrap_or(Timestamp::from_micros(i64::MIN));
        while let Some(last) = erase_some(services, org, from, until).await? {
            from = last;
        }
        self.0.insert(org.id().clone(), until);
        Ok(())
    }
}

rows! {
    struct OldRow { seq: i64, at: Timestamp }
}

/// Erase some; answers the time of the last one, or `None` if there is nothing left.
async fn erase_some(services: &Arc<Services>, org: &Org, from: Timestamp, until: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let work = |mut tx: Tx<OneOrg, Reads>| async move {
        let rows = list_old(&mut tx, from, until).await;
        (tx, rows)
    };
    let rows = services.store.read(OneOrg::new(org.clone()), work).await??;
    let Some(last) = rows.last().map(|row| row.at) else { return Ok(None) };
    let erase = EraseExpired { seqs: rows.iter().map(|row| row.seq).collect(), before: until };
    act(services, Some(org.clone()), Actor::System("retention"), erase).await?;
    Ok(Some(last))
}

async fn list_old(tx: &mut Tx<OneOrg, Reads>, from: Timestamp, until: Timestamp) -> Result<Vec<OldRow>, StoreError> {
    let sql = org_sql!(
        "SELECT e.seq AS seq, e.at AS at FROM log_entries e JOIN events v ON v.seq = e.seq
         WHERE e.org_id = :org AND e.at >= :from AND e.at < :until AND v.personal <> '{}' ORDER BY e.at, e.idx LIMIT :limit"
    );
    tx.fetch_all(sql, args! { from: from, until: until, limit: AT_ONCE }).await
}

flow::input! {
    /// Erase personal values whose time is over.
    #[derive(Clone, Debug)]
    pub struct EraseExpired {
        /// The events.
        body "seqs" => seqs: Vec<i64>,
        /// All of them are older.
        body "before" => before: Timestamp,
    }
}

kernel::events! {
    /// What retention records.
    pub enum Expiry {
        /// Personal values in the log were erased because their time was over.
        Erased = "audit_logs.personal_values_expired", Info { public events: u64, public before: String };
    }
}

impl Operation for EraseExpired {
    const ID: &'static str = "audit_logs.erase_expired";
    const SUMMARY: &'static str = "Erase personal values in the audit log whose time is over.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/audit-logs/expire");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = NoContent;
    type Event = Expiry;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<NoContent, Expiry>, Fault> {
        let sql = org_sql!("UPDATE events SET personal = '{}' WHERE org_id = :org AND seq = :seq AND personal <> '{}'");
        let mut events = 0;
        for seq in &self.seqs {
            events += cx.tx.execute(sql, args! { seq: *seq }).await?;
        }
        Ok(Verdict::Done(NoContent, Expiry::Erased { events, before: self.before.to_iso() }))
    }
}
