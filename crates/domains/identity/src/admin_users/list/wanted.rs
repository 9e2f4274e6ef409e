//! Which users are wanted, how they are found, and how many there are.
//!
//! Not too many are gathered: everybody with the rarest thing asked for, whatever the order, and then the rest of what was asked
//! is looked at. More are walked to: an index in the order of the list, until the page is full.

mod examples;
mod rows;
#[cfg(test)]
mod tests;
mod words;

pub(super) use examples::statements;

use super::sort::{Order, UserSort};
use crate::groups;
use crate::paging::contains_pattern;
use crate::roles;
use crate::users::tally::{self, Counted, State};
use crate::users::{lacks_words, words as spoken};
use kernel::{Fault, GroupId, RoleId, UserId};
use store::{Mode, OneOrg, Tx};

/// How far is counted where no number is kept.
pub(super) const FEW: i64 = 1000;

/// How many are gathered at most: about as many take as long to gather as to walk to, among a million.
const GATHERED: i64 = 10_000;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) search: Option<&'a str>,
    pub(super) role: Option<&'a str>,
    pub(super) group: Option<&'a str>,
    pub(super) blocked: Option<bool>,
    pub(super) active: Option<bool>,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    blocked: Option<bool>,
    active: Option<bool>,
    role: Option<RoleId>,
    group: Option<GroupId>,
    /// Beginnings of words, and what lies behind all words with them.
    words: Vec<(String, String)>,
    /// Somebody's id.
    id: Option<UserId>,
    /// For as long as not everybody has their words: text anywhere in address, username or name.
    pattern: Option<String>,
    source: Source,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Everybody,
    WithRole,
    InGroup,
    /// Whoever has this word: the only one that begins like the first of those asked for.
    WithWord(String),
    GatheredByRole,
    GatheredByGroup,
    GatheredByWord,
}

/// How many users fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) count: i64,
    /// Whether there are not more.
    pub(super) is_exact: bool,
}

impl Wanted {
    /// How to find what was asked for in this order, and how much there is; nothing where there can't be any.
    pub(super) async fn plan<M: Mode>(
        tx: &mut Tx<OneOrg, M>,
        asked: Asked<'_>,
        order: Order,
    ) -> Result<Option<(Self, Total)>, Fault> {
        let Some(mut wanted) = Self::resolve(tx, asked).await? else { return Ok(None) };
        let mut sizes = Vec::new();
        if let Some(role) = &wanted.role {
            sizes.push((tally::total(tx, Counted::Role(role)).await?, Source::GatheredByRole));
        }
        if let Some(group) = &wanted.group {
            sizes.push((tally::total(tx, Counted::Group(group)).await?, Source::GatheredByGroup));
        }
        wanted.put_rarest_word_first(tx, &mut sizes).await?;
        let rarest = sizes.into_iter().min_by_key(|(size, _)| *size);
        wanted.source = wanted.quickest(tx, rarest.as_ref(), order).await?;
        let total = match rarest {
            None if wanted.id.is_none() && wanted.pattern.is_none() => {
                let fits = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
                let (blocked, active) = (wanted.blocked, wanted.active);
                let is_wanted = move |state: State| fits(blocked, state.is_blocked) && fits(active, state.is_active);
                Total { count: tally::total_in(tx, is_wanted).await?, is_exact: true }
            }
            Some((size, source)) if wanted.is_only_by_one() && (source != Source::GatheredByWord || size <= FEW) => {
                Total { count: size, is_exact: true }
            }
            _ => wanted.count(tx).await?,
        };
        Ok(Some((wanted, total)))
    }

    /// What the names stand for; nothing where one stands for nothing.
    async fn resolve<M: Mode>(tx: &mut Tx<OneOrg, M>, asked: Asked<'_>) -> Result<Option<Self>, Fault> {
        let Asked { blocked, active, .. } = asked;
        let (role, group, words, id, pattern) = (None, None, Vec::new(), None, None);
        let mut wanted = Self { blocked, active, role, group, words, id, pattern, source: Source::Everybody };
        if let Some(key) = asked.role {
            let Some(role) = roles::find_role(tx, key).await? else { return Ok(None) };
            wanted.role = Some(role.id);
        }
        if let Some(key) = asked.group {
            let Some(group) = groups::find_group(tx, key).await? else { return Ok(None) };
            wanted.group = Some(group.id);
        }
        if let Some(text) = asked.search {
            if is_id(text.trim()) {
                wanted.id = Some(UserId::from(text.trim().to_lowercase()));
            } else if lacks_words(tx).await? {
                wanted.pattern = Some(contains_pattern(&text.to_lowercase()));
            } else {
                wanted.words = spoken::sought(text).into_iter().map(words::with_end).collect();
                if wanted.words.is_empty() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(wanted))
    }

    async fn quickest<M: Mode>(
        &mut self,
        tx: &mut Tx<OneOrg, M>,
        rarest: Option<&(i64, Source)>,
        order: Order,
    ) -> Result<Source, Fault> {
        let is_by_id = order.sort == UserSort::CreatedAt;
        Ok(match rarest {
            Some((_, Source::GatheredByRole)) if is_by_id && self.is_only_by_one() => Source::WithRole,
            Some((_, Source::GatheredByGroup)) if is_by_id && self.is_only_by_one() => Source::InGroup,
            Some((size, source)) if *size <= GATHERED => source.clone(),
            _ if is_by_id => self.put_only_form_first(tx).await?.map_or(Source::Everybody, Source::WithWord),
            _ => Source::Everybody,
        })
    }

    /// Whether nothing but one role, group or word is asked for.
    fn is_only_by_one(&self) -> bool {
        let others = usize::from(self.role.is_some()) + usize::from(self.group.is_some()) + self.words.len();
        others == 1 && self.id.is_none() && self.pattern.is_none() && !self.is_by_state()
    }

    fn is_by_state(&self) -> bool {
        self.blocked.is_some() || self.active.is_some()
    }

    /// Count as far as [`FEW`].
    async fn count<M: Mode>(&self, tx: &mut Tx<OneOrg, M>) -> Result<Total, Fault> {
        let mut values = self.values();
        values.push((":bound", (FEW + 1).into()));
        let (count,) = tx.fetch_one::<(i64,)>(self.rows(None, false).counted(), &values).await?;
        Ok(Total { count: count.min(FEW), is_exact: count <= FEW })
    }

    /// Tells this list from all others of its organization.
    pub(super) fn signature(&self) -> String {
        format!("{self:?}")
    }
}

/// Whether a text has the form of an id.
fn is_id(text: &str) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36 && text.chars().enumerate().all(|(at, c)| if is_dash(at) { c == '-' } else { c.is_ascii_hexdigit() })
}
