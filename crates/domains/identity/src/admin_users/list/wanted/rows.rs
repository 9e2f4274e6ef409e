//! The statements that find those wanted.

use super::super::sort::{Order, Place, UserSort};
use super::{Source, Wanted};
use OwnOrder::{ByMember, ByWord};
use store::{Arg, Filter, OrgSql, org_sql};

const BOUNDS: [(&str, &str); 4] = [(":from1", ":until1"), (":from2", ":until2"), (":from3", ":until3"), (":from4", ":until4")];

/// By what a source that is in the order of ids has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnOrder {
    ByMember,
    ByWord,
}

impl Wanted {
    /// The ids of some of those wanted, in order, as far as `:limit` behind `:offset`; and what that binds but for these two.
    pub(in super::super) fn part<'a>(
        &'a self,
        order: Order,
        behind: Option<&'a Place>,
    ) -> (Filter, Vec<(&'static str, Arg<'a>)>) {
        let rows = self.ordered(order, behind.is_some());
        let mut values = self.values();
        values.extend(behind.map(|place| place.values(order.sort)).unwrap_or_default());
        (rows, values)
    }

    /// The ids of those wanted: of all of them where no order is given, or behind a place in it.
    pub(super) fn rows(&self, order: Option<Order>, is_behind: bool) -> Filter {
        let is_by_id = order.is_none_or(|order| order.sort == UserSort::CreatedAt);
        let mut rows = Filter::from(self.beginning(is_by_id));
        if let Some(order) = order.filter(|_| is_behind) {
            rows.and(match (self.own_order(), order.is_descending) {
                (Some(ByMember), false) => "f.user_id > :after",
                (Some(ByMember), true) => "f.user_id < :after",
                (Some(ByWord), false) => "k.user_id > :after",
                (Some(ByWord), true) => "k.user_id < :after",
                (None, _) => order.behind(),
            });
        }
        if self.own_order() != Some(ByMember) {
            self.narrow(&mut rows, is_by_id);
        }
        rows
    }

    pub(super) fn ordered(&self, order: Order, is_behind: bool) -> Filter {
        let mut rows = self.rows(Some(order), is_behind);
        rows.then(match (self.own_order(), order.is_descending) {
            (Some(ByMember), false) => "ORDER BY f.user_id",
            (Some(ByMember), true) => "ORDER BY f.user_id DESC",
            (Some(ByWord), false) => "ORDER BY k.user_id",
            (Some(ByWord), true) => "ORDER BY k.user_id DESC",
            (None, _) => order.inner(),
        });
        rows.then("LIMIT :limit OFFSET :offset");
        rows
    }

    /// Where the source is in the order of users' ids by itself.
    pub(super) fn own_order(&self) -> Option<OwnOrder> {
        match self.source {
            Source::WithRole | Source::InGroup => Some(ByMember),
            Source::WithWord(_) => Some(ByWord),
            _ => None,
        }
    }

    fn beginning(&self, is_by_id: bool) -> OrgSql {
        match self.source {
            Source::Everybody => org_sql!("SELECT f.id AS a FROM users f WHERE f.org_id = :org"),
            Source::WithRole => org_sql!("SELECT f.user_id AS a FROM user_roles f WHERE f.org_id = :org AND f.role_id = :role"),
            Source::InGroup => org_sql!("SELECT f.user_id AS a FROM group_members f WHERE f.org_id = :org AND f.group_id = :group"),
            Source::WithWord(_) => org_sql!(
                "SELECT f.id AS a FROM user_words k CROSS JOIN users f
                 WHERE k.org_id = :org AND k.word = :word AND f.org_id = :org AND f.id = k.user_id"
            ),
            Source::GatheredByRole => org_sql!(
                "SELECT f.id AS a FROM (SELECT d.user_id FROM user_roles d WHERE d.org_id = :org AND d.role_id = :role LIMIT 10000) g
                 CROSS JOIN users f WHERE f.org_id = :org AND f.id = g.user_id"
            ),
            Source::GatheredByGroup => org_sql!(
                "SELECT f.id AS a FROM (SELECT d.user_id FROM group_members d WHERE d.org_id = :org AND d.group_id = :group LIMIT 10000) g
                 CROSS JOIN users f WHERE f.org_id = :org AND f.id = g.user_id"
            ),
            // Nothing of the users is looked at but their ids.
            Source::GatheredByWord if is_by_id && !self.is_by_state() => org_sql!(
                "SELECT f.id AS a FROM (SELECT DISTINCT d.user_id AS id FROM (SELECT w.user_id FROM user_words w
                     WHERE w.org_id = :org AND w.word >= :from1 AND w.word < :until1 LIMIT 10000) d) f
                 WHERE f.id IS NOT NULL"
            ),
            Source::GatheredByWord => org_sql!(
                "SELECT f.id AS a FROM (SELECT DISTINCT d.user_id FROM (SELECT w.user_id FROM user_words w
                     WHERE w.org_id = :org AND w.word >= :from1 AND w.word < :until1 LIMIT 10000) d) g
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
        let is_by_word = matches!(self.source, Source::GatheredByWord | Source::WithWord(_));
        for at in usize::from(is_by_word)..self.words.len() {
            rows.and(match at {
                0 => "EXISTS (SELECT 1 FROM user_words w WHERE w.org_id = :org AND w.user_id = f.id AND w.word >= :from1 AND w.word < :until1)",
                1 => "EXISTS (SELECT 1 FROM user_words w WHERE w.org_id = :org AND w.user_id = f.id AND w.word >= :from2 AND w.word < :until2)",
                2 => "EXISTS (SELECT 1 FROM user_words w WHERE w.org_id = :org AND w.user_id = f.id AND w.word >= :from3 AND w.word < :until3)",
                _ => "EXISTS (SELECT 1 FROM user_words w WHERE w.org_id = :org AND w.user_id = f.id AND w.word >= :from4 AND w.word < :until4)",
            });
        }
    }

    /// What all of this binds.
    pub(super) fn values(&self) -> Vec<(&'static str, Arg<'_>)> {
        let mut values: Vec<(&'static str, Arg<'_>)> = Vec::new();
        values.extend(self.role.as_ref().map(|role| (":role", Arg::from(role))));
        values.extend(self.group.as_ref().map(|group| (":group", Arg::from(group))));
        values.extend(self.id.as_ref().map(|id| (":id", Arg::from(id))));
        values.extend(self.pattern.as_ref().map(|pattern| (":pattern", Arg::from(pattern))));
        let whole = if let Source::WithWord(word) = &self.source { Some(word) } else { None };
        values.extend(whole.map(|word| (":word", Arg::from(word))));
        for ((from, until), (word, behind)) in BOUNDS.into_iter().zip(&self.words).skip(usize::from(whole.is_some())) {
            values.extend([(from, Arg::from(word)), (until, Arg::from(behind))]);
        }
        values
    }
}
