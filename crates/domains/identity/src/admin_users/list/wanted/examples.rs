//! A list of every kind, for tests that look at how databases go about it.

use super::super::sort::{Order, UserSort};
use super::words::with_end;
use super::{Source, Wanted};
use kernel::{GroupId, RoleId};
use store::OrgSql;

/// Every statement by which a page's rows are found, and whether it gathers some users first and sorts them.
pub(in super::super) fn statements() -> Vec<(OrgSql, bool)> {
    const SORTS: [UserSort; 6] =
        [UserSort::CreatedAt, UserSort::UpdatedAt, UserSort::LastLoginAt, UserSort::Email, UserSort::Username, UserSort::Name];
    let orders = SORTS.into_iter().flat_map(|sort| [false, true].map(|is_descending| Order { sort, is_descending }));
    let mut found = Vec::new();
    for order in orders {
        for wanted in examples() {
            if wanted.own_order().is_some() && order.sort != UserSort::CreatedAt {
                continue;
            }
            let is_gathered = wanted.own_order().is_none() && wanted.source != Source::Everybody;
            for is_behind in [false, true] {
                found.push((wanted.ordered(order, is_behind).finish(), is_gathered));
            }
        }
    }
    found
}

/// One list of each kind.
fn examples() -> Vec<Wanted> {
    let any = [None, Some(false), Some(true)];
    let states = any.into_iter().flat_map(|blocked| any.map(|active| (blocked, active)));
    let mut found = Vec::new();
    for (blocked, active) in states {
        for others in 0..8_u8 {
            let (has_role, has_group, has_words) = (others & 1 != 0, others & 2 != 0, others & 4 != 0);
            let wanted = Wanted {
                blocked,
                active,
                role: has_role.then(|| RoleId::from("role")),
                group: has_group.then(|| GroupId::from("group")),
                words: if has_words { vec![with_end("ada".to_owned()), with_end("x".to_owned())] } else { Vec::new() },
                id: None,
                pattern: None,
                source: Source::Everybody,
            };
            found.extend(sources(&wanted).into_iter().map(|source| Wanted { source, ..wanted.clone() }));
        }
    }
    found
}

/// Where those wanted can be found.
pub(super) fn sources(wanted: &Wanted) -> Vec<Source> {
    let is_only = wanted.is_only_by_one();
    let mut found = vec![Source::Everybody];
    if wanted.role.is_some() {
        found.push(Source::GatheredByRole);
        found.extend(is_only.then_some(Source::WithRole));
    }
    if wanted.group.is_some() {
        found.push(Source::GatheredByGroup);
        found.extend(is_only.then_some(Source::InGroup));
    }
    if let Some((word, _)) = wanted.words.first() {
        found.extend([Source::GatheredByWord, Source::WithWord(word.clone())]);
    }
    found
}
