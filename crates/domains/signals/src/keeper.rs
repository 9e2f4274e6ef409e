//! What the sequencer does beside sequencing: publish checkpoints of logs that grew, keep old ones few, and let personal
//! values go when their time is over.

use crate::checkpoints;
use crate::retention::Enforcer;
use flow::Services;
use kernel::{Fault, OrgId, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How often checkpoints are published at most.
const PUBLISH: Duration = Duration::from_secs(1);
/// How often to look for logs whose sequencing node did not live to publish.
const SURVEY: Duration = Duration::from_mins(1);
/// How often to tidy up.
const TIDY: Duration = Duration::from_hours(1);

/// What was done last, and what is waiting.
#[derive(Default)]
pub(crate) struct Keeper {
    grown: BTreeSet<OrgId>,
    published: Option<Timestamp>,
    surveyed: Option<Timestamp>,
    tidied: Option<Timestamp>,
    retention: Enforcer,
}

impl Keeper {
    /// Do whatever is due. `grown` are the logs that have just grown.
    pub(crate) async fn look_after(&mut self, services: &Arc<Services>, grown: BTreeSet<OrgId>) {
        self.grown.extend(grown);
        if let Err(fault) = self.publish(services).await {
            tracing::error!(?fault, "checkpoints could not be published");
        }
        if is_due(&mut self.tidied, services.clock.now(), TIDY)
            && let Err(fault) = self.tidy(services).await
        {
            tracing::error!(?fault, "the log could not be tidied up");
        }
    }

    async fn publish(&mut self, services: &Services) -> Result<(), Fault> {
        let now = services.clock.now();
        if is_due(&mut self.surveyed, now, SURVEY) {
            self.grown.extend(checkpoints::behind(services).await?);
        }
        if self.grown.is_empty() || !is_due(&mut self.published, now, PUBLISH) {
            return Ok(());
        }
        checkpoints::publish_all(services, std::mem::take(&mut self.grown)).await
    }

    async fn tidy(&mut self, services: &Arc<Services>) -> Result<(), Fault> {
        for org in services.store.list_orgs().await? {
            checkpoints::thin_out(services, &org).await?;
            self.retention.enforce(services, &org).await?;
        }
        Ok(())
    }
}

/// Whether it is time again, and if so, note it. A clock that was set back makes everything due.
fn is_due(last: &mut Option<Timestamp>, now: Timestamp, every: Duration) -> bool {
    let due = last.is_none_or(|last| now < last || now.since(last) >= every);
    if due {
        *last = Some(now);
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_due_at_first_then_after_their_time_and_when_the_clock_went_back() {
        let mut last = None;
        let at = Timestamp::from_secs;
        let due: Vec<bool> = [10, 10, 12, 13, 5, 6].map(|secs| is_due(&mut last, at(secs), Duration::from_secs(3))).to_vec();
        assert_eq!(due, [true, false, false, true, true, false]);
    }
}
