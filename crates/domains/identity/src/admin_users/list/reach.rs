//! Reaching a page far inside a long list without skipping through it each time.
//!
//! Nobody skips over more than [`STEP`] rows at once: farther on, the list has marks, each so many rows behind the one before,
//! and a page is looked for from the mark before it. Marks are found when they are first needed and kept for a short while, so a
//! page number among thousands means what it meant a moment ago, as exactly as it can while people come and go.

use super::sort::{Order, Place};
use super::wanted::Wanted;
use crate::users::load_user;
use kernel::{Fault, OrgId, Timestamp, UserId};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use store::{Arg, Mode, OneOrg, Tx};

/// Rows between marks.
pub(super) const STEP: i64 = 5000;
/// How long marks are kept.
const KEPT: Duration = Duration::from_mins(1);
/// Lists with marks.
const MOST_LISTS: usize = 256;

/// Whose list, what is in it, and its order.
type List = (OrgId, String, Order);
type Marks = HashMap<List, (Timestamp, Vec<Place>)>;

static MARKS: LazyLock<Mutex<Marks>> = LazyLock::new(Mutex::default);

/// The last mark at or before `offset`, and how many rows lie between it and there.
pub(super) async fn nearest<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    wanted: &Wanted,
    order: Order,
    offset: i64,
    (step, now): (i64, Timestamp),
) -> Result<(Option<Place>, i64), Fault> {
    let steps = usize::try_from(offset / step).unwrap_or(0);
    let Some(wished) = steps.checked_sub(1) else { return Ok((None, offset)) };
    let list = (tx.org().id().clone(), wanted.signature(), order);
    let mut marks = known(&list, now);
    let is_new = marks.len() < steps;
    while marks.len() < steps {
        match next(tx, wanted, order, marks.last(), step).await? {
            Some(mark) => marks.push(mark),
            // The list became shorter than it was said to be.
            None => break,
        }
    }
    let found = marks.get(wished).cloned();
    let rest = if found.is_some() { offset % step } else { offset };
    if is_new {
        keep(list, marks, now);
    }
    Ok((found, rest))
}

async fn next<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    wanted: &Wanted,
    order: Order,
    behind: Option<&Place>,
    step: i64,
) -> Result<Option<Place>, Fault> {
    let (rows, mut values) = wanted.part(order, behind);
    values.extend([(":limit", Arg::from(1_i64)), (":offset", (step - 1).into())]);
    let Some((id,)) = tx.fetch_optional::<(UserId,)>(rows.finish(), &values).await? else { return Ok(None) };
    Ok(Some(Place::behind(&load_user(tx, &id).await?, order.sort)))
}

fn known(list: &List, now: Timestamp) -> Vec<Place> {
    let marks = MARKS.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = marks.get(list).filter(|(since, _)| *since <= now && now < since.plus(KEPT));
    fresh.map(|(_, marks)| marks.clone()).unwrap_or_default()
}

fn keep(list: List, found: Vec<Place>, now: Timestamp) {
    let mut marks = MARKS.lock().unwrap_or_else(PoisonError::into_inner);
    if marks.len() >= MOST_LISTS {
        marks.retain(|_, (since, _)| now < since.plus(KEPT));
    }
    if marks.len() >= MOST_LISTS {
        marks.clear();
    }
    // The first mark says how old they all are.
    let since = marks.get(&list).map(|(since, _)| *since).filter(|since| *since <= now && now < since.plus(KEPT));
    marks.insert(list, (since.unwrap_or(now), found));
}
