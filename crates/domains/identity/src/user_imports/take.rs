//! Taking rows.

use super::body::rows_of;
use super::progress::{ImportStateRow, ImportView, OnExisting, load};
use super::refusals::{Refusal, insert as keep_refusal};
use super::row::ImportRow;
use crate::groups::{self, Group};
use crate::permissions::{USER_ROLE, USERS_WRITE};
use crate::privilege::Rank;
use crate::roles::{self, Role};
use crate::users::{self, NewAccount, NewUser, find_user_by_email};
use flow::{Cx, Incoming, Json, OneOrg, Operation, Parameter, Parse, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, GroupId, Rng, RoleId, Timestamp, UserId, UserImportId};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Topic, args, org_sql};

/// Send rows.
#[derive(Clone, Debug)]
pub struct ImportRows {
    /// To which import.
    pub import: UserImportId,
    /// How many rows came before these.
    pub offset: i64,
    /// Whether these are the last.
    pub is_last: bool,
    /// The rows, or what is wrong with each.
    pub rows: Vec<Result<ImportRow, String>>,
}

flow::input! {
    /// Where the rows belong.
    #[derive(Clone, Debug)]
    struct Place {
        /// Which import.
        path "importId" => import: UserImportId,
        /// How many rows came before these: the import's `received`.
        query "offset" => offset: u32,
        /// Whether these are the last.
        query "last" => is_last: Option<bool>,
    }
}

impl Parse for ImportRows {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let bare = Incoming { body: Vec::new(), ..incoming.clone() };
        let Place { import, offset, is_last } = Place::parse(&bare)?;
        let rows = rows_of(incoming.header("content-type").unwrap_or_default(), &incoming.body)?;
        Ok(Self { import, offset: i64::from(offset), is_last: is_last.unwrap_or(false), rows })
    }
    fn parameters() -> Vec<Parameter> {
        Place::parameters()
    }
    fn raw_bodies() -> &'static [&'static str] {
        &["text/csv", "application/x-ndjson", "application/json"]
    }
}

kernel::events! {
    /// What taking rows records.
    pub enum Taking {
        /// Users were imported.
        Imported = "user_imports.rows_taken", Warning {
            about import: UserImportId, public created: Vec<String>, public updated: Vec<String>, public skipped: i64,
            public refused: i64, public is_last: bool
        };
        /// Rows of an import of users came a second time.
        Repeated = "user_imports.rows_repeated", Info { about import: UserImportId, public offset: i64 };
    }
}

/// What became of the rows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Taken {
    /// How far the import has come.
    pub data: ImportView,
    /// The rows of this request that were refused.
    pub refusals: Vec<Refusal>,
}

/// It takes no more.
const FINISHED: Denial = Denial::conflict("user_imports.finished", "This import is finished. Please begin another.");
/// Rows were left out, or came twice.
const OUT_OF_ORDER: Denial = Denial::conflict(
    "user_imports.out_of_order",
    "These rows don't continue where the import stands. Please go on from its `received`.",
);

impl Operation for ImportRows {
    const ID: &'static str = "user_imports.take";
    const SUMMARY: &'static str =
        "Import rows of users: CSV with a header line, JSON Lines, or a JSON list; at most 1,000 at once.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/user-imports/{importId}/rows");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[FINISHED, OUT_OF_ORDER];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Taken>;
    type Event = Taking;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Taking>, Fault> {
        let state = load(&mut cx.tx, &self.import).await?;
        let count = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        if count > 0 && self.offset + count <= state.received {
            let event = Taking::Repeated { import: self.import, offset: self.offset };
            return Ok(Verdict::Done(Json(Taken { data: state.view(), refusals: Vec::new() }), event));
        }
        self.claim_place(cx, &state, count).await?;
        let mut taking = Tally::new(cx, state.on_existing()).await?;
        taking.take(cx, self.rows, self.offset).await?;
        for refusal in &taking.refusals {
            keep_refusal(&mut cx.tx, &self.import, refusal, cx.now).await?;
        }
        taking.count(cx, &self.import, self.is_last).await?;
        let org = cx.org().id().clone();
        cx.tx.touch(Topic::Permissions(org));
        let data = load(&mut cx.tx, &self.import).await?.view();
        let event = Taking::Imported {
            import: self.import,
            created: taking.created,
            updated: taking.updated,
            skipped: taking.skipped,
            refused: i64::try_from(taking.refusals.len()).unwrap_or(i64::MAX),
            is_last: self.is_last,
        };
        Ok(Verdict::Done(Json(Taken { data, refusals: taking.refusals }), event))
    }
}

impl ImportRows {
    /// Rows are taken in order and once: only the request that continues where the import stands moves it on.
    async fn claim_place(&self, cx: &mut Cx<OneOrg, Writes>, state: &ImportStateRow, count: i64) -> Result<(), Fault> {
        if state.finished_at.is_some() {
            return Err(FINISHED.into());
        }
        let sql = org_sql!(
            "UPDATE user_imports SET received = received + :count, updated_at = :now
             WHERE org_id = :org AND id = :id AND received = :offset AND finished_at IS NULL"
        );
        let values = args! { count: count, now: cx.now, id: &self.import, offset: self.offset };
        if cx.tx.execute(sql, values).await? == 1 {
            return Ok(());
        }
        let hint = format!("This import has {} rows so far: please go on from there.", state.received);
        Err(Fault { hint: hint.into(), ..OUT_OF_ORDER.into() })
    }
}

/// What has become of the rows so far.
struct Tally {
    on_existing: OnExisting,
    rank: Rank,
    user_role: Option<Role>,
    /// Roles and groups looked up before, or why they can't be given.
    roles: HashMap<String, Result<Role, String>>,
    groups: HashMap<String, Result<Group, String>>,
    created: Vec<String>,
    updated: Vec<String>,
    skipped: i64,
    refusals: Vec<Refusal>,
}

impl Tally {
    async fn new(cx: &mut Cx<OneOrg, Writes>, on_existing: OnExisting) -> Result<Self, Fault> {
        Ok(Self {
            on_existing,
            rank: Rank::of_actor(&mut cx.tx, &cx.actor).await?,
            user_role: roles::find_role(&mut cx.tx, USER_ROLE).await?,
            roles: HashMap::new(),
            groups: HashMap::new(),
            created: Vec::new(),
            updated: Vec::new(),
            skipped: 0,
            refusals: Vec::new(),
        })
    }

    fn refuse(&mut self, line: i64, problem: impl Into<String>) {
        self.refusals.push(Refusal { line, problem: problem.into() });
    }

    /// Take rows, those that can be taken all at once: it is the round trips to a database that would take long.
    async fn take(
        &mut self,
        cx: &mut Cx<OneOrg, Writes>,
        rows: Vec<Result<ImportRow, String>>,
        offset: i64,
    ) -> Result<(), Fault> {
        let services = cx.services().clone();
        let (mut accounts, mut beside) = (Vec::new(), Vec::new());
        for (row, line) in rows.into_iter().zip(offset + 1..) {
            let row = match row {
                Ok(row) => row,
                Err(problem) => {
                    self.refuse(line, problem);
                    continue;
                }
            };
            match self.holdings(cx, &row).await? {
                Ok(holdings) => {
                    accounts.push(account(&row, cx.now, &*services.rng));
                    beside.push((line, row, holdings));
                }
                Err(problem) => self.refuse(line, problem),
            }
        }
        let made = users::insert_all(&mut cx.tx, &accounts, cx.now).await?;
        let mut given = Given::default();
        for (account, (line, row, holdings)) in accounts.iter().zip(beside) {
            if made.contains(&account.id) {
                given.note(&account.id, holdings);
                self.created.push(account.id.to_string());
            } else {
                self.meet(cx, row, line).await?;
            }
        }
        self.refusals.sort_by_key(|refusal| refusal.line);
        given.give(cx).await
    }

    /// The address or username of a row belongs to somebody.
    async fn meet(&mut self, cx: &mut Cx<OneOrg, Writes>, row: ImportRow, line: i64) -> Result<(), Fault> {
        if self.on_existing == OnExisting::Update
            && let Some(known) = find_user_by_email(&mut cx.tx, &row.email.key()).await?
        {
            return self.update(cx, known, row, line).await;
        }
        if self.on_existing == OnExisting::Skip {
            self.skipped += 1;
        } else {
            self.refuse(line, "email or username already belongs to a user");
        }
        Ok(())
    }

    /// The roles and groups a row asks for, as far as the caller may give them.
    async fn holdings(&mut self, cx: &mut Cx<OneOrg, Writes>, row: &ImportRow) -> Result<Result<Holdings, String>, Fault> {
        let mut roles: Vec<Role> = Vec::new();
        match &row.roles {
            None => roles.extend(self.user_role.clone()),
            Some(keys) => {
                for key in keys {
                    match self.role(cx, key).await? {
                        Ok(role) => roles.push(role),
                        Err(problem) => return Ok(Err(problem)),
                    }
                }
            }
        }
        let mut groups = Vec::new();
        for key in &row.groups {
            match self.group(cx, key).await? {
                Ok(group) => groups.push(group),
                Err(problem) => return Ok(Err(problem)),
            }
        }
        Ok(Ok((roles, groups)))
    }

    async fn role(&mut self, cx: &mut Cx<OneOrg, Writes>, key: &str) -> Result<Result<Role, String>, Fault> {
        if let Some(known) = self.roles.get(key) {
            return Ok(known.clone());
        }
        let found = match roles::find_role(&mut cx.tx, key).await? {
            None => Err("roles holds one that isn't there".to_owned()),
            Some(role) if self.rank.covers(&Rank::of_role(&mut cx.tx, &role).await?) => Ok(role),
            Some(_) => Err("roles holds one that you can't give".to_owned()),
        };
        self.roles.insert(key.to_owned(), found.clone());
        Ok(found)
    }

    async fn group(&mut self, cx: &mut Cx<OneOrg, Writes>, key: &str) -> Result<Result<Group, String>, Fault> {
        if let Some(known) = self.groups.get(key) {
            return Ok(known.clone());
        }
        let found = match groups::find_group(&mut cx.tx, key).await? {
            None => Err("groups holds one that isn't there".to_owned()),
            Some(group) if self.rank.covers(&Rank::of_group(&mut cx.tx, &group.id).await?) => Ok(group),
            Some(_) => Err("groups holds one that you can't give".to_owned()),
        };
        self.groups.insert(key.to_owned(), found.clone());
        Ok(found)
    }

    /// Let a known person's profile take the values of the row.
    async fn update(
        &mut self,
        cx: &mut Cx<OneOrg, Writes>,
        mut known: users::User,
        row: ImportRow,
        line: i64,
    ) -> Result<(), Fault> {
        if !self.rank.covers(&Rank::of_user(&mut cx.tx, &known.id).await?) {
            self.refuse(line, "email belongs to somebody who holds permissions that you don't");
            return Ok(());
        }
        let new = row.profile;
        if new.phone_number.is_some() && new.phone_number != known.phone_number {
            known.phone_number_verified = false;
        }
        for (stored, new) in [
            (&mut known.name, new.name),
            (&mut known.given_name, new.given_name),
            (&mut known.family_name, new.family_name),
            (&mut known.picture, new.picture),
            (&mut known.phone_number, new.phone_number),
            (&mut known.address, new.address),
            (&mut known.locale, new.locale),
            (&mut known.zoneinfo, new.zoneinfo),
        ] {
            if new.is_some() {
                *stored = new;
            }
        }
        known.profile.take(new.more);
        known.phone_number_verified |= new.phone_number_verified && known.phone_number.is_some();
        users::update_user(&mut cx.tx, &known, cx.now).await?;
        self.updated.push(known.id.to_string());
        Ok(())
    }

    async fn count(&self, cx: &mut Cx<OneOrg, Writes>, import: &UserImportId, is_last: bool) -> Result<(), Fault> {
        let count = |list: usize| i64::try_from(list).unwrap_or(i64::MAX);
        let sql = org_sql!(
            "UPDATE user_imports SET created = created + :created, updated = updated + :updated, skipped = skipped + :skipped,
                 refused = refused + :refused, finished_at = :finished_at
             WHERE org_id = :org AND id = :id"
        );
        let values = args! {
            created: count(self.created.len()), updated: count(self.updated.len()), skipped: self.skipped,
            refused: count(self.refusals.len()), finished_at: is_last.then_some(cx.now), id: import
        };
        cx.tx.execute(sql, values).await?;
        Ok(())
    }
}

type Holdings = (Vec<Role>, Vec<Group>);

/// What new users are given.
#[derive(Default)]
struct Given {
    roles: BTreeMap<RoleId, Vec<UserId>>,
    groups: BTreeMap<GroupId, Vec<UserId>>,
}

impl Given {
    fn note(&mut self, user: &UserId, (roles, groups): Holdings) {
        let roles: BTreeSet<_> = roles.into_iter().map(|role| role.id).collect();
        let groups: BTreeSet<_> = groups.into_iter().map(|group| group.id).collect();
        for role in roles {
            self.roles.entry(role).or_default().push(user.clone());
        }
        for group in groups {
            self.groups.entry(group).or_default().push(user.clone());
        }
    }

    async fn give(self, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
        for (role, users) in &self.roles {
            roles::assign_to_new(&mut cx.tx, role, users).await?;
        }
        for (group, users) in &self.groups {
            groups::add_new_members(&mut cx.tx, group, users, cx.now).await?;
        }
        Ok(())
    }
}

/// The account of a row.
fn account(row: &ImportRow, now: Timestamp, rng: &dyn Rng) -> NewAccount {
    let new = NewUser {
        email: row.email.clone(),
        email_verified: row.email_verified.unwrap_or(false),
        username: row.username.clone(),
        password: row.password_hash.clone(),
        is_active: row.is_active,
        profile: row.profile.clone(),
    };
    NewAccount::new(new, row.created_at.filter(|at| *at <= now).unwrap_or(now), rng)
}
