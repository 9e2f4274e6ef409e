//! The jobs one process has under way, and which lanes have enough of them.

use super::{JobRow, claim};
use crate::Services;
use kernel::Fault;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// Jobs at once in one process.
const AT_ONCE: usize = 32;
/// How many of them may belong to lanes: the rest is for work that stays in the house.
const IN_LANES: usize = 24;
/// How many may belong to one lane.
const IN_ONE_LANE: usize = 2;
/// How long to wait before looking for jobs that were queued elsewhere or are due by now.
const PAUSE: Duration = Duration::from_secs(1);

/// Jobs under way.
#[derive(Default)]
pub(super) struct Crew {
    tasks: JoinSet<()>,
    lanes: HashMap<Id, String>,
}

impl Crew {
    /// The next job there is a hand for.
    pub(super) async fn claim(&self, services: &Services) -> Result<Option<JobRow>, Fault> {
        if self.tasks.len() >= AT_ONCE {
            return Ok(None);
        }
        claim(services, self.busy()).await
    }

    /// Do it beside the others.
    pub(super) fn begin(&mut self, lane: String, job: impl Future<Output = ()> + Send + 'static) {
        let task = self.tasks.spawn(job);
        self.lanes.insert(task.id(), lane);
    }

    /// Until one has ended, one was queued, or some time has passed.
    pub(super) async fn wait(&mut self, services: &Services) {
        let has_hands = self.tasks.len() < AT_ONCE;
        tokio::select! {
            Some(ended) = self.tasks.join_next_with_id() => {
                let id = match &ended {
                    Ok((id, ())) => *id,
                    Err(error) => error.id(),
                };
                self.lanes.remove(&id);
            }
            () = services.store.job_added(), if has_hands => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }

    /// The lanes that must wait, as the statement that claims jobs reads them: each as `|lane;`, or `*` for all of them.
    fn busy(&self) -> String {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for lane in self.lanes.values().filter(|lane| !lane.is_empty()) {
            *counts.entry(lane).or_default() += 1;
        }
        if counts.values().sum::<usize>() >= IN_LANES {
            return "*".to_owned();
        }
        let mut busy = String::new();
        for (lane, _) in counts.iter().filter(|(_, count)| **count >= IN_ONE_LANE) {
            let _ = write!(busy, "|{lane};");
        }
        busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lane_takes_two_jobs_all_lanes_together_leave_room_and_what_ended_makes_room() {
        let mut crew = Crew::default();
        let idle = std::future::pending::<()>;
        for lane in ["", "", "", "mail", "a.example"] {
            crew.begin(lane.to_owned(), idle());
        }
        assert_eq!(crew.busy(), "");
        crew.begin("a.example".to_owned(), idle());
        assert_eq!(crew.busy(), "|a.example;");
        for number in 0..21 {
            crew.begin(format!("{number}.example"), idle());
        }
        assert_eq!(crew.busy(), "*");
        let ended = crew.lanes.iter().find(|(_, lane)| *lane == "mail").map(|(id, _)| *id).unwrap();
        crew.lanes.remove(&ended);
        assert_eq!(crew.busy(), "|a.example;");
    }
}
