//! Which users are wanted, how they are found, and how many there are.
//!
//! Few are gathered: everybody with the rarest thing asked for, whatever the order, and then the rest of what was asked is looked
//! at. Many are walked to: an index in the order of the list, until the page is full.

use super::sort::{Order, Place, UserSort};
use crate::groups;
use crate::paging::contains_pattern;
use crate::roles;
use crate::users::tally::{self, Counted, State};
use crate::users::{lacks_words, words};
use kernel::{Fault, GroupId, RoleId, UserId};
use store::{Arg, Filter, Mode, OneOrg, OrgSql, Tx, args, org_sql};

/// How many are gathered at most, and how far is counted where no number is kept.
pub(super) const FEW: i64 = 1000;

/// Letters of a word beside the rarest one, where that one is common.
const FEWEST_LETTERS: usize = 3;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Everybody,
    WithRole,
    InGroup,
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

const BOUNDS: [(&str, &str); 4] = [(":from1", ":until1"), (":from2", ":until2"), (":from3", ":until3"), (":from4", ":until4")];

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
        let rarest = sizes.iter().min_by_key(|(size, _)| *size).copied();
        wanted.source = match rarest {
            Some((size, source)) if size <= FEW => source,
            Some((_, Source::GatheredByRole)) if wanted.is_only_by_one() && order.sort == UserSort::CreatedAt => Source::WithRole,
            Some((_, Source::GatheredByGroup)) if wanted.is_only_by_one() && order.sort == UserSort::CreatedAt => Source::InGroup,
            _ => Source::Everybody,
        };
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
                wanted.words = words::sought(text).into_iter().map(with_end).collect();
                if wanted.words.is_empty() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(wanted))
    }

    async fn put_rarest_word_first<M: Mode>(
        &mut self,
        tx: &mut Tx<OneOrg, M>,
        sizes: &mut Vec<(i64, Source)>,
    ) -> Result<(), Fault> {
        let mut found = Vec::new();
        for (word, behind) in std::mem::take(&mut self.words) {
            // As many as are gathered, and one: then there are more.
            let sql = org_sql!(
                "SELECT count(DISTINCT d.user_id) AS a, count(*) AS b FROM (
                     SELECT f.user_id FROM user_words f WHERE f.org_id = :org AND f.word >= :from AND f.word < :until LIMIT 1001) d"
            );
            let (users, words) = tx.fetch_one::<(i64, i64)>(sql, args! { from: &word, until: &behind }).await?;
            found.push((if words > FEW { words } else { users }, (word, behind)));
        }
        found.sort_by_key(|(size, _)| *size);
        sizes.extend(found.first().map(|(size, _)| (*size, Source::GatheredByWord)));
        self.words = worth_seeking(found);
        Ok(())
    }

    /// Whether nothing but one role, group or word is asked for.
    fn is_only_by_one(&self) -> bool {
        let others = usize::from(self.role.is_some()) + usize::from(self.group.is_some()) + self.words.len();
        let is_plain = self.id.is_none() && self.pattern.is_none() && self.blocked.is_none() && self.active.is_none();
        others == 1 && is_plain
    }

    /// Count as far as [`FEW`].
    async fn count<M: Mode>(&self, tx: &mut Tx<OneOrg, M>) -> Result<Total, Fault> {
        let mut values = self.values();
        values.push((":bound", (FEW + 1).into()));
        let (count,) = tx.fetch_one::<(i64,)>(self.rows(None, false).counted(), &values).await?;
        Ok(Total { count: count.min(FEW), is_exact: count <= FEW })
    }

    /// The ids of those wanted: of all of them where no order is given, or behind a place in it.
    fn rows(&self, order: Option<Order>, is_behind: bool) -> Filter {
        let mut rows = Filter::from(self.beginning());
        if let Some(order) = order.filter(|_| is_behind) {
            rows.and(match (self.is_by_member(), order.is_descending) {
                (true, false) => "f.user_id > :after",
                (true, true) => "f.user_id < :after",
                (false, _) => order.behind(),
            });
        }
        if !self.is_by_member() {
            self.narrow(&mut rows, order.is_none_or(|order| order.sort == UserSort::CreatedAt));
        }
        rows
    }

    fn ordered(&self, order: Order, is_behind: bool) -> Filter {
        let mut rows = self.rows(Some(order), is_behind);
        rows.then(match (self.is_by_member(), order.is_descending) {
            (true, false) => "ORDER BY f.user_id",
            (true, true) => "ORDER BY f.user_id DESC",
            (false, _) => order.inner(),
        });
        rows.then("LIMIT :limit OFFSET :offset");
        rows
    }

    /// Whether rows come from a table of members alone, which is in the order of their ids.
    fn is_by_member(&self) -> bool {
        matches!(self.source, Source::WithRole | Source::InGroup)
    }

    fn beginning(&self) -> OrgSql {
        match self.source {
            Source::Everybody => org_sql!("SELECT f.id AS a FROM users f WHERE f.org_id = :org"),
            Source::WithRole => org_sql!("SELECT f.user_id AS a FROM user_roles f WHERE f.org_id = :org AND f.role_id = :role"),
            Source::InGroup => org_sql!("SELECT f.user_id AS a FROM group_members f WHERE f.org_id = :org AND f.group_id = :group"),
            Source::GatheredByRole => org_sql!(
                "SELECT f.id AS a FROM (SELECT d.user_id FROM user_roles d WHERE d.org_id = :org AND d.role_id = :role LIMIT 1000) g
                 CROSS JOIN users f WHERE f.org_id = :org AND f.id = g.user_id"
            ),
            Source::GatheredByGroup => org_sql!(
                "SELECT f.id AS a FROM (SELECT d.user_id FROM group_members d WHERE d.org_id = :org AND d.group_id = :group LIMIT 1000) g
                 CROSS JOIN users f WHERE f.org_id = :org AND f.id = g.user_id"
            ),
            Source::GatheredByWord => org_sql!(
                "SELECT f.id AS a FROM (SELECT DISTINCT d.user_id FROM (SELECT w.user_id FROM user_words w
                     WHERE w.org_id = :org AND w.word >= :from1 AND w.word < :until1 LIMIT 1000) d) g
                 CROSS JOIN users f WHERE f.org_id = :org AND f.id = g.user_id"
            ),
        }
    }

    /// Add what the source doesn't see to.
    fn narrow(&self, rows: &mut Filter, is_by_id: bool) {
        if self.id.is_some() {
            rows.and("f.id = :id");
        }
        if self.pattern.is_some() {
            rows.and(
                "(f.email_key LIKE :pattern ESCAPE '!' OR f.username_key LIKE :pattern ESCAPE '!' \
                 OR LOWER(f.name) LIKE :pattern ESCAPE '!')",
            );
        }
        // In another order than that of the ids, an index by state would have to be sorted: neither database uses one for `<>`.
        match (self.active, is_by_id) {
            (Some(true), true) => rows.and("f.is_active = 1"),
            (Some(false), true) => rows.and("f.is_active = 0"),
            (Some(true), false) => rows.and("f.is_active <> 0"),
            (Some(false), false) => rows.and("f.is_active <> 1"),
            (None, _) => {}
        }
        match (self.blocked, is_by_id) {
            (Some(true), true) => rows.and("f.is_blocked = 1"),
            (Some(true), false) => rows.and("f.is_blocked <> 0"),
            (Some(false), _) => rows.and("f.is_blocked <> 1"),
            (None, _) => {}
        }
        if self.role.is_some() && self.source != Source::GatheredByRole {
            rows.and("EXISTS (SELECT 1 FROM user_roles ur WHERE ur.org_id = :org AND ur.user_id = f.id AND ur.role_id = :role)");
        }
        if self.group.is_some() && self.source != Source::GatheredByGroup {
            rows.and(
                "EXISTS (SELECT 1 FROM group_members gm WHERE gm.org_id = :org AND gm.group_id = :group AND gm.user_id = f.id)",
            );
        }
        let is_gathered = self.source == Source::GatheredByWord;
        for at in usize::from(is_gathered)..self.words.len() {
            rows.and(match at {
                0 => "EXISTS (SELECT 1 FROM user_words w WHERE w.org_id = :org AND w.user_id = f.id AND w.word >= :from1 AND w.word < :until1)",
                1 => "EXISTS (SELECT 1 FROM user_words w WHERE w.org_id = :org AND w.user_id = f.id AND w.word >= :from2 AND w.word < :until2)",
                2 => "EXISTS (SELECT 1 FROM user_words w WHERE w.org_id = :org AND w.user_id = f.id AND w.word >= :from3 AND w.word < :until3)",
                _ => "EXISTS (SELECT 1 FROM user_words w WHERE w.org_id = :org AND w.user_id = f.id AND w.word >= :from4 AND w.word < :until4)",
            });
        }
    }

    /// What all of this binds.
    fn values(&self) -> Vec<(&'static str, Arg<'_>)> {
        let mut values: Vec<(&'static str, Arg<'_>)> = Vec::new();
        values.extend(self.role.as_ref().map(|role| (":role", Arg::from(role))));
        values.extend(self.group.as_ref().map(|group| (":group", Arg::from(group))));
        values.extend(self.id.as_ref().map(|id| (":id", Arg::from(id))));
        values.extend(self.pattern.as_ref().map(|pattern| (":pattern", Arg::from(pattern))));
        for ((from, until), (word, behind)) in BOUNDS.into_iter().zip(&self.words) {
            values.extend([(from, Arg::from(word)), (until, Arg::from(behind))]);
        }
        values
    }

    /// Tells this list from all others of its organization.
    pub(super) fn signature(&self) -> String {
        format!("{self:?}")
    }

    /// The ids of some of those wanted, in order, as far as `:limit` behind `:offset`; and what that binds but for these two.
    pub(super) fn part<'a>(&'a self, order: Order, behind: Option<&'a Place>) -> (Filter, Vec<(&'static str, Arg<'a>)>) {
        let rows = self.ordered(order, behind.is_some());
        let mut values = self.values();
        values.extend(behind.map(|place| place.values(order.sort)).unwrap_or_default());
        (rows, values)
    }
}

/// The words to look for, the rarest first. Where even that one begins many people's words, further ones of a letter or two are left out: nearly
/// everybody has such words, and to find the few who have all of them everybody would be looked at.
fn worth_seeking(found: Vec<(i64, (String, String))>) -> Vec<(String, String)> {
    let is_rare = found.first().is_some_and(|(size, _)| *size <= FEW);
    let is_worth = |place: usize, word: &str| place == 0 || is_rare || word.chars().count() >= FEWEST_LETTERS;
    let words = found.into_iter().map(|(_, word)| word).enumerate();
    words.filter(|(place, (word, _))| is_worth(*place, word)).map(|(_, word)| word).collect()
}

fn with_end(word: String) -> (String, String) {
    let behind = words::behind(&word);
    (word, behind)
}

/// Every statement by which a page's rows are found, and whether it gathers a few users first and sorts them.
pub(super) fn statements() -> Vec<(OrgSql, bool)> {
    const SORTS: [UserSort; 6] =
        [UserSort::CreatedAt, UserSort::UpdatedAt, UserSort::LastLoginAt, UserSort::Email, UserSort::Username, UserSort::Name];
    let orders = SORTS.into_iter().flat_map(|sort| [false, true].map(|is_descending| Order { sort, is_descending }));
    let mut found = Vec::new();
    for order in orders {
        for wanted in examples() {
            if wanted.is_by_member() && order.sort != UserSort::CreatedAt {
                continue;
            }
            let is_gathered = !matches!(wanted.source, Source::Everybody | Source::WithRole | Source::InGroup);
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
            let sources = [
                (true, Source::Everybody),
                (has_role, Source::GatheredByRole),
                (has_group, Source::GatheredByGroup),
                (has_words, Source::GatheredByWord),
                (has_role && wanted.is_only_by_one(), Source::WithRole),
                (has_group && wanted.is_only_by_one(), Source::InGroup),
            ];
            let sources = sources.into_iter().filter(|(fits, _)| *fits);
            found.extend(sources.map(|(_, source)| Wanted { source, ..wanted.clone() }));
        }
    }
    found
}

/// Whether a text has the form of an id.
fn is_id(text: &str) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36 && text.chars().enumerate().all(|(at, c)| if is_dash(at) { c == '-' } else { c.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_common_beginnings_short_ones_are_sought_beside_a_rare_one_only() {
        let sought = |sizes: [i64; 3]| {
            let found = ["mar", "j", "gar"].map(|word| with_end(word.to_owned()));
            worth_seeking(sizes.into_iter().zip(found).collect()).into_iter().map(|(word, _)| word).collect::<Vec<_>>()
        };
        assert_eq!(sought([1000, 1001, 1001]), ["mar", "j", "gar"]);
        assert_eq!(sought([1001, 1001, 1001]), ["mar", "gar"]);
        assert!(worth_seeking(Vec::new()).is_empty());
    }
}
