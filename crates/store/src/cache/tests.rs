use super::*;
use std::cell::Cell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[test]
fn a_topic_survives_the_way_between_nodes() {
    let topics = [
        Topic::Organization("o".into()),
        Topic::Client("o".into(), "https://app.example/client id".into()),
        Topic::Keys("o".into()),
        Topic::Permissions("o".into()),
        Topic::Everything,
    ];
    for topic in topics {
        assert_eq!(Topic::decode(&topic.encode()), topic);
    }
    assert_eq!(Topic::decode("something new"), Topic::Everything);
}

#[test]
fn a_topic_too_long_to_be_told_means_everything() {
    assert_eq!(Topic::Client("o".into(), "c".repeat(9000).as_str().into()).encode(), "everything");
}

#[test]
fn a_borrowed_key_finds_the_owned_one() {
    let cache = OrgCache::new(8, Arc::new(AtomicBool::new(true)));
    cache.entries.insert(("o".into(), "k".into()), 1);
    assert_eq!(cache.entries.get(&KeyRef(&"o".into(), "k")), Some(1));
    assert_eq!(cache.entries.get(&KeyRef(&"o".into(), "l")), None);
}

/// What each party does, one step after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// Ask the cache, which begins to load.
    Ask(usize),
    /// The load sees the database.
    See(usize),
    /// The load ends, and the cache keeps what it found or doesn't.
    End(usize),
    /// The new value is committed by this node, and cleared from its caches.
    Commit,
    Clear,
    /// The line to other nodes is cut, one of them commits the new value, and the line is up again.
    Cut,
    CommitElsewhere,
    Restore,
}

type Asking = Pin<Box<dyn Future<Output = Result<Option<i32>, Infallible>>>>;

/// A cache, a database of one value, and askers that are moved on by hand.
struct World {
    caches: Caches,
    cache: Arc<OrgCache<i32>>,
    stored: i32,
    seen: [Rc<Cell<Option<i32>>>; 2],
    asking: [Option<Asking>; 2],
}

impl World {
    fn new() -> Self {
        let caches = Caches::default();
        caches.set_live(true);
        let cache = caches.create(8, |_| Some(("o".into(), "k".into())));
        Self { caches, cache, stored: 1, seen: Default::default(), asking: [None, None] }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Ask(who) => {
                let (cache, seen) = (self.cache.clone(), self.seen[who].clone());
                self.asking[who] = Some(Box::pin(async move {
                    let load = std::future::poll_fn(|_| seen.get().map_or(Poll::Pending, |value| Poll::Ready(Ok(Some(value)))));
                    cache.find_or_load(&"o".into(), "k", load).await
                }));
                self.poll(who);
            }
            Step::See(who) => self.seen[who].set(Some(self.stored)),
            Step::End(who) => self.poll(who),
            Step::Commit | Step::CommitElsewhere => self.stored = 2,
            Step::Clear => self.caches.clear(&Topic::Keys("o".into())),
            Step::Cut => self.caches.set_live(false),
            Step::Restore => self.caches.set_live(true),
        }
    }

    fn poll(&mut self, who: usize) {
        let done = self.asking[who].as_mut().map(|asking| asking.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        if let Some(Poll::Ready(_)) = done {
            self.asking[who] = None;
        }
    }

    /// What anyone who asks now is told without a look at the database.
    fn cached(&self) -> Option<i32> {
        let is_live = self.caches.live.load(Ordering::Acquire);
        self.cache.entries.get(&("o".into(), "k".into())).filter(|_| is_live)
    }
}

/// Every order in which the parties' steps can follow each other.
fn interleavings(parties: &[&[Step]]) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    for (at, party) in parties.iter().enumerate() {
        let Some((first, rest)) = party.split_first() else { continue };
        let mut others = parties.to_vec();
        others[at] = rest;
        found.extend(interleavings(&others).into_iter().map(|tail| std::iter::once(*first).chain(tail).collect::<Vec<_>>()));
    }
    if found.is_empty() { vec![Vec::new()] } else { found }
}

/// In no order may the old value be served once `from` has happened.
fn never_hidden(parties: &[&[Step]], from: Step) -> usize {
    let orders = interleavings(parties);
    for order in &orders {
        let mut world = World::new();
        let mut is_past = false;
        for step in order {
            world.take(*step);
            is_past |= *step == from;
            assert!(!is_past || world.cached() != Some(1), "hidden after {step:?} in {order:?}");
        }
    }
    orders.len()
}

const ONE: &[Step] = &[Step::Ask(0), Step::See(0), Step::End(0)];
const OTHER: &[Step] = &[Step::Ask(1), Step::See(1), Step::End(1)];

#[test]
fn a_committed_change_is_never_hidden_by_an_older_read() {
    assert_eq!(never_hidden(&[ONE, OTHER, &[Step::Commit, Step::Clear]], Step::Clear), 560);
}

#[test]
fn a_change_that_could_not_be_heard_is_never_hidden() {
    assert_eq!(never_hidden(&[ONE, OTHER, &[Step::Cut, Step::CommitElsewhere, Step::Restore]], Step::CommitElsewhere), 1680);
}

#[test]
fn what_nobody_changed_is_kept() {
    let mut world = World::new();
    for step in ONE {
        world.take(*step);
    }
    assert_eq!(world.cached(), Some(1));
}
