//! The hashing pool: a few threads of its own, a bounded queue, and nothing else of the server ever waits for it.

use crate::password::{Memory, Password, PasswordHash};
use kernel::{Fault, Rng};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Hashes and checks passwords on threads of their own, at low priority. One hash takes some 20 ms of CPU; each thread keeps
/// 19 MiB while it has work. When the queue is full, new work is refused at once instead of making everyone wait.
///
/// The threads end when this is dropped.
pub struct Hashing {
    shared: Arc<Shared>,
}

/// What checking a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It is the password.
    Match {
        /// Whether it should be hashed anew, now that it is at hand.
        needs_rehash: bool,
    },
    /// It is not, or there was nothing to compare it with.
    Mismatch,
}

impl Hashing {
    /// Start `threads` threads (at least one) in front of a queue of `queue` passwords (at least one).
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn start(threads: usize, queue: usize) -> Result<Self, Fault> {
        let hashing = Self { shared: Arc::new(Shared::new(queue)) };
        for number in 0..threads.max(1) {
            let shared = Arc::clone(&hashing.shared);
            std::thread::Builder::new()
                .name(format!("hashing-{number}"))
                .spawn(move || shared.serve())
                .map_err(|error| Fault::internal(format!("no thread for hashing passwords: {error}")))?;
        }
        Ok(hashing)
    }
    /// Hash a new password, with a salt from `rng`.
    ///
    /// # Errors
    /// Unavailable when the queue is full.
    pub async fn hash(&self, password: Password, rng: &dyn Rng) -> Result<PasswordHash, Fault> {
        let mut salt = [0; 16];
        rng.fill(&mut salt);
        let (reply, answer) = oneshot::channel();
        self.shared.push(Job::Hash { password, salt, reply })?;
        answer.await.map_err(|_| lost())?
    }
    /// Check a password against what is stored. Without a stored hash (nobody by that name, or a person without a password)
    /// it takes the time of a check all the same and finds a mismatch, so that time doesn't tell who exists.
    ///
    /// # Errors
    /// Unavailable when the queue is full.
    pub async fn verify(&self, password: Password, stored: Option<PasswordHash>) -> Result<Verification, Fault> {
        let (reply, answer) = oneshot::channel();
        self.shared.push(Job::Verify { password, stored, reply })?;
        answer.await.map_err(|_| lost())?
    }
    /// How many passwords were hashed or checked since the start.
    pub fn computed(&self) -> u64 {
        self.shared.computed.load(Ordering::SeqCst)
    }
    /// How many passwords wait for a thread.
    pub fn waiting(&self) -> usize {
        self.shared.queue().jobs.len()
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        self.shared.queue().is_closed = true;
        self.shared.changed.notify_all();
    }
}

fn lost() -> Fault {
    Fault::internal("a password was not hashed: its thread failed")
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    computed: AtomicU64,
    capacity: usize,
}

struct Queue {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

/// How long a thread without work keeps its memory.
const REST: Duration = Duration::from_secs(2);

impl Shared {
    fn new(capacity: usize) -> Self {
        Self {
            queue: Mutex::new(Queue { jobs: VecDeque::new(), is_closed: false }),
            changed: Condvar::new(),
            computed: AtomicU64::new(0),
            capacity: capacity.max(1),
        }
    }
    /// A poisoned lock still guards a whole queue: nothing that can panic runs while it is held.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn push(&self, job: Job) -> Result<(), Fault> {
        let mut queue = self.queue();
        if queue.jobs.len() >= self.capacity {
            queue.jobs.retain(|job| !job.is_abandoned());
        }
        if queue.jobs.len() >= self.capacity {
            return Err(Fault::unavailable("the queue of the password hashing pool is full"));
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.changed.notify_one();
        Ok(())
    }
    /// The next job somebody still waits for; `None` when the pool is closed. Whoever waits long gives its memory back.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut queue = self.queue();
        loop {
            if queue.is_closed {
                return None;
            }
            match queue.jobs.pop_front() {
                Some(job) if job.is_abandoned() => {}
                Some(job) => return Some(job),
                None if memory.is_empty() => queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
                None => {
                    let (back, waited) = self.changed.wait_timeout(queue, REST).unwrap_or_else(PoisonError::into_inner);
                    queue = back;
                    if waited.timed_out() {
                        *memory = Memory::default();
                    }
                }
            }
        }
    }
    fn serve(&self) {
        lower_priority();
        let mut memory = Memory::default();
        while let Some(job) = self.next(&mut memory) {
            self.computed.fetch_add(1, Ordering::SeqCst);
            // A panic loses one answer, not a thread of the pool.
            if catch_unwind(AssertUnwindSafe(|| job.run(&mut memory))).is_err() {
                memory = Memory::default();
            }
        }
    }
}

enum Job {
    Hash { password: Password, salt: [u8; 16], reply: oneshot::Sender<Result<PasswordHash, Fault>> },
    Verify { password: Password, stored: Option<PasswordHash>, reply: oneshot::Sender<Result<Verification, Fault>> },
}

impl Job {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Hash { reply, .. } => reply.is_closed(),
            Self::Verify { reply, .. } => reply.is_closed(),
        }
    }
    /// Do it and answer. An answer nobody takes is dropped.
    fn run(self, memory: &mut Memory) {
        match self {
            Self::Hash { password, salt, reply } => {
                let _ = reply.send(PasswordHash::compute(&password, salt, memory));
            }
            Self::Verify { password, stored, reply } => {
                let _ = reply.send(verify(&password, stored.as_ref(), memory));
            }
        }
    }
}

fn verify(password: &Password, stored: Option<&PasswordHash>, memory: &mut Memory) -> Result<Verification, Fault> {
    let Some(stored) = stored else {
        if let Some(nobody) = NOBODY.as_ref() {
            nobody.matches(password, memory)?;
        }
        return Ok(Verification::Mismatch);
    };
    let is_match = stored.matches(password, memory)?;
    Ok(if is_match { Verification::Match { needs_rehash: stored.needs_rehash() } } else { Verification::Mismatch })
}

/// The hash of nobody's password, with today's parameters.
static NOBODY: LazyLock<Option<PasswordHash>> = LazyLock::new(|| {
    PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$bm9ib2R5J3MgcGFzc3dvcmQsIG5vYm9keSdzIGhhc2g").ok()
});

/// Give way to everything else on this machine, yet keep a share of a busy processor (about a tenth), so that people can
/// still sign in. On Linux niceness belongs to the thread; elsewhere it belongs to the process and is left alone.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "hashing threads keep the normal priority");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    struct Sevens;
    impl Rng for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    /// A pool whose threads are all busy for ever.
    fn busy(queue: usize) -> Hashing {
        Hashing { shared: Arc::new(Shared::new(queue)) }
    }

    fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn what_was_hashed_is_verified() {
        let hashing = Hashing::start(1, 8).unwrap();
        let stored = hashing.hash(password("correct horse"), &Sevens).await.unwrap();
        assert!(stored.expose().contains("$BwcHBwcHBwcHBwcHBwcHBw$"));
        let right = hashing.verify(password("correct horse"), Some(stored.clone())).await.unwrap();
        assert_eq!(right, Verification::Match { needs_rehash: false });
        assert_eq!(hashing.verify(password("wrong"), Some(stored)).await.unwrap(), Verification::Mismatch);
    }

    #[tokio::test]
    async fn a_match_with_an_imported_hash_asks_for_a_new_one() {
        let hashing = Hashing::start(1, 8).unwrap();
        let stored = PasswordHash::parse("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").unwrap();
        let found = hashing.verify(password("U*U"), Some(stored)).await.unwrap();
        assert_eq!(found, Verification::Match { needs_rehash: true });
    }

    #[tokio::test]
    async fn nobody_costs_what_somebody_costs_and_never_matches() {
        let nobody = NOBODY.as_ref().unwrap();
        assert!(!nobody.needs_rehash(), "the stand-in has other parameters than new hashes");
        let hashing = Hashing::start(1, 8).unwrap();
        assert_eq!(hashing.verify(password("anything"), None).await.unwrap(), Verification::Mismatch);
    }

    #[test]
    fn a_full_queue_refuses_at_once() {
        let hashing = busy(2);
        let mut first = pin!(hashing.verify(password("a"), None));
        let mut second = pin!(hashing.hash(password("b"), &Sevens));
        assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
        assert_eq!(hashing.waiting(), 2);
        let mut third = pin!(hashing.verify(password("c"), None));
        let Poll::Ready(Err(fault)) = poll(third.as_mut()) else { panic!("the third was queued") };
        assert_eq!(fault.kind, kernel::FaultKind::Unavailable);
        assert_eq!(hashing.waiting(), 2);
    }

    #[test]
    fn whoever_leaves_frees_their_place() {
        let hashing = busy(1);
        {
            let mut gone = pin!(hashing.verify(password("a"), None));
            assert!(poll(gone.as_mut()).is_pending());
        }
        let mut next = pin!(hashing.verify(password("b"), None));
        assert!(poll(next.as_mut()).is_pending());
        assert_eq!(hashing.waiting(), 1);
    }

    #[test]
    fn work_nobody_waits_for_is_skipped() {
        let hashing = busy(8);
        {
            let mut gone = pin!(hashing.hash(password("a"), &Sevens));
            assert!(poll(gone.as_mut()).is_pending());
        }
        let mut kept = pin!(hashing.verify(password("b"), None));
        assert!(poll(kept.as_mut()).is_pending());
        assert!(matches!(hashing.shared.next(&mut Memory::default()), Some(Job::Verify { .. })));
        assert_eq!(hashing.waiting(), 0);
    }

    #[test]
    fn a_dropped_pool_lets_its_threads_go() {
        let hashing = busy(8);
        let shared = Arc::clone(&hashing.shared);
        let thread = std::thread::spawn(move || shared.serve());
        drop(hashing);
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn an_answer_that_is_lost_is_our_fault_and_not_a_mismatch() {
        let hashing = busy(8);
        let mut asked = pin!(hashing.verify(password("a"), None));
        assert!(poll(asked.as_mut()).is_pending());
        drop(hashing.shared.next(&mut Memory::default()));
        assert_eq!(asked.await.unwrap_err().kind, kernel::FaultKind::Internal);
    }
}
