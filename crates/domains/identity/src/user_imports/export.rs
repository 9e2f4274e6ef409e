//! Taking people along: what an import of ours, or of another product, can read again.

use super::row::COLUMNS;
use crate::permissions::{USERS_EXPORT_HASHES, USERS_READ};
use crate::privilege::{Rank, must_cover};
use crate::users::User;
use flow::{Answer, Body, Cx, Field, OneOrg, Operation, Reply, ReplyDoc, Route, SensitiveReads, Surface, Verdict};
use kernel::{Access, Fault, UserId};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use store::{Mode, Tx, args, org_sql};

flow::input! {
    /// Export users.
    #[derive(Clone, Debug)]
    pub struct ExportUsers {
        /// `csv`, `jsonl` (an object in each line) or `json` (a list under `data`, and `next`).
        query "format" => format: Option<Form>,
        /// Only users after this one: what the answer before named as the next.
        query "after" => after: Option<UserId>,
        /// Users per answer, 1,000 where it is left out.
        query "limit" => limit: Option<ChunkSize>,
        /// Whether password hashes come along. It takes a permission of its own.
        query "passwordHashes" => with_hashes: Option<bool>,
    }
}

kernel::events! {
    /// What an export records.
    pub enum Exporting {
        /// Users were exported.
        Exported = "users.exported", Warning { public users: usize, public with_password_hashes: bool, public after: Option<String> };
    }
}

impl Operation for ExportUsers {
    const ID: &'static str = "users.export";
    const SUMMARY: &'static str =
        "Export users, in the form an import takes. Long lists come in several answers, each naming the next.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/user-exports");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = SensitiveReads;
    type Input = Self;
    type Output = ExportAnswer;
    type Event = Exporting;

    async fn run(self, cx: &mut Cx<OneOrg, SensitiveReads>) -> Result<Verdict<ExportAnswer, Exporting>, Fault> {
        let with_hashes = self.with_hashes.unwrap_or(false);
        if with_hashes {
            let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
            must_cover(&rank, &Rank::of_permission(USERS_EXPORT_HASHES.slug))?;
        }
        let limit = self.limit.map_or(1000, |size| size.0);
        let chunk = Chunk::load(&mut cx.tx, self.after.as_ref(), limit, with_hashes).await?;
        let event = Exporting::Exported {
            users: chunk.people.len(),
            with_password_hashes: with_hashes,
            after: self.after.map(|id| id.to_string()),
        };
        let form = self.format.unwrap_or_default();
        let link = chunk.next.as_ref().map(|id| {
            let path = format!("{}/orgs/{}/api/v1/admin/user-exports", cx.services().base_url, cx.org().slug());
            format!("<{path}?format={}&after={id}&limit={limit}&passwordHashes={with_hashes}>; rel=\"next\"", form.as_str())
        });
        let (content, users) = (form.write(&chunk)?, chunk.people.len());
        Ok(Verdict::Done(ExportAnswer { content, form, users, next: chunk.next, link }, event))
    }
}

/// Users per answer: 1 to 10,000.
#[derive(Clone, Copy, Debug)]
pub struct ChunkSize(u32);

impl ChunkSize {
    /// The largest there is.
    pub const MOST: Self = Self(10_000);
}

impl Field for ChunkSize {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": 10_000, "default": 1000 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let size = u32::from_text(text)?;
        if (1..=10_000).contains(&size) { Ok(Self(size)) } else { Err("must be 1 to 10000".to_owned()) }
    }
}

/// Some users, in the order of their ids.
#[derive(Debug)]
struct Chunk {
    people: Vec<Map<String, Value>>,
    /// After whom the next chunk begins; `None` if there is none.
    next: Option<UserId>,
}

impl Chunk {
    /// The users after `after`, at most `limit`.
    async fn load<M: Mode>(tx: &mut Tx<OneOrg, M>, after: Option<&UserId>, limit: u32, with_hashes: bool) -> Result<Self, Fault> {
        let after = after.map_or("", UserId::as_str);
        let sql = org_sql!(
            "SELECT number, id, email, email_verified, username, name, given_name, family_name, picture, phone_number,
                 phone_number_verified, address, profile, locale, zoneinfo, is_active, is_blocked, blocked_at, password_changed_at,
                 tokens_not_before, last_login_at, login_count, created_at, updated_at
             FROM users WHERE org_id = :org AND id > :after ORDER BY id LIMIT :limit"
        );
        let users = tx.fetch_all::<User>(sql, args! { after: after, limit: limit }).await?;
        let Some(last) = users.last().map(|user| user.id.clone()) else {
            return Ok(Self { people: Vec::new(), next: None });
        };
        let roles = of_each(tx, ROLES, after, &last).await?;
        let groups = of_each(tx, GROUPS, after, &last).await?;
        let hashes = if with_hashes { of_each(tx, HASHES, after, &last).await? } else { HashMap::new() };
        let is_full = u32::try_from(users.len()).is_ok_and(|count| count == limit);
        let people = users.iter().map(|user| person(user, &roles, &groups, &hashes)).collect();
        Ok(Self { people, next: is_full.then_some(last) })
    }
}

const ROLES: store::OrgSql = org_sql!(
    "SELECT ur.user_id AS a, r.slug AS b FROM user_roles ur JOIN roles r ON r.org_id = ur.org_id AND r.id = ur.role_id
     WHERE ur.org_id = :org AND ur.user_id > :after AND ur.user_id <= :last ORDER BY r.slug"
);
const GROUPS: store::OrgSql = org_sql!(
    "SELECT gm.user_id AS a, g.slug AS b FROM group_members gm JOIN groups g ON g.org_id = gm.org_id AND g.id = gm.group_id
     WHERE gm.org_id = :org AND gm.user_id > :after AND gm.user_id <= :last ORDER BY g.slug"
);
const HASHES: store::OrgSql = org_sql!(
    "SELECT id AS a, password_hash AS b FROM users
     WHERE org_id = :org AND id > :after AND id <= :last AND password_hash IS NOT NULL"
);

type OfEach = HashMap<String, Vec<String>>;

async fn of_each<M: Mode>(tx: &mut Tx<OneOrg, M>, sql: store::OrgSql, after: &str, last: &UserId) -> Result<OfEach, Fault> {
    let mut of_each = OfEach::new();
    for (user, value) in tx.fetch_all::<(String, String)>(sql, args! { after: after, last: last }).await? {
        of_each.entry(user).or_default().push(value);
    }
    Ok(of_each)
}

fn person(user: &User, roles: &OfEach, groups: &OfEach, hashes: &OfEach) -> Map<String, Value> {
    let held = |of: &OfEach| json!(of.get(user.id.as_str()).cloned().unwrap_or_default());
    let address = user.address.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let hash = hashes.get(user.id.as_str()).and_then(|found| found.first());
    let members = json!({
        "email": user.email, "emailVerified": user.email_verified, "username": user.username, "name": user.name,
        "givenName": user.given_name, "familyName": user.family_name, "picture": user.picture, "phoneNumber": user.phone_number,
        "locale": user.locale, "zoneinfo": user.zoneinfo, "isActive": user.is_active, "createdAt": user.created_at.to_iso(),
        "roles": held(roles), "groups": held(groups), "passwordHash": hash, "address": address,
        "phoneNumberVerified": user.phone_number.as_ref().map(|_| user.phone_number_verified),
        "middleName": user.profile.middle_name, "nickname": user.profile.nickname, "profile": user.profile.profile,
        "website": user.profile.website, "gender": user.profile.gender, "birthdate": user.profile.birthdate,
    });
    let Value::Object(members) = members else { return Map::new() };
    members.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// How users are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated values (RFC 4180) with a header line.
    Csv,
    /// An object in each line.
    JsonLines,
    /// One object with the list under `data`.
    #[default]
    Json,
}

impl Form {
    const ALL: [Self; 3] = [Self::Csv, Self::JsonLines, Self::Json];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Json => "json",
        }
    }
    /// The one of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == text)
    }
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::JsonLines => "application/x-ndjson",
            Self::Json => "application/json",
        }
    }

    fn write(self, chunk: &Chunk) -> Result<String, Fault> {
        match self {
            Self::Csv => table(chunk),
            Self::JsonLines => Ok(chunk.people.iter().map(|person| Value::Object(person.clone()).to_string() + "\n").collect()),
            Self::Json => Ok(json!({ "data": chunk.people, "next": chunk.next }).to_string()),
        }
    }
}

impl Field for Form {
    fn schema() -> Value {
        json!({ "type": "string", "enum": Self::ALL.map(Self::as_str), "default": "json" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| "must be csv, jsonl or json".to_owned())
    }
}

fn table(chunk: &Chunk) -> Result<String, Fault> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(Fault::internal)?;
    for person in &chunk.people {
        let cells = COLUMNS.map(|name| person.get(name).map_or_else(String::new, |value| quoted(cell(value))));
        writer.write_record(cells).map_err(Fault::internal)?;
    }
    let bytes = writer.into_inner().map_err(Fault::internal)?;
    String::from_utf8(bytes).map_err(Fault::internal)
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // An empty cell would say that nothing is known of the list.
        Value::Array(items) if items.is_empty() => ";".to_owned(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

/// Text that a spreadsheet would take for a formula gets an apostrophe in front, which an import takes off again.
fn quoted(text: String) -> String {
    if is_formula(&text) { format!("'{text}") } else { text }
}

/// The text behind [`quoted`].
pub(super) fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text)
}

fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Users as a file, and where the next are.
#[derive(Debug)]
pub struct ExportAnswer {
    /// The file.
    pub content: String,
    /// How many users it holds.
    pub users: usize,
    /// After whom the next part begins; `None` if this is the last.
    pub next: Option<UserId>,
    form: Form,
    link: Option<String>,
}

impl Reply for ExportAnswer {
    fn reply(self) -> Result<Answer, Fault> {
        let body = match self.form {
            Form::Json => Body::Json(self.content),
            form => Body::Bytes(form.media_type(), self.content.into_bytes()),
        };
        let answer = Answer::new(200, body)
            .header("content-disposition", format!("attachment; filename=\"users.{}\"", self.form.as_str()))
            .no_store();
        Ok(match self.link {
            Some(link) => answer.header("link", link),
            None => answer,
        })
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let schema = json!({
            "type": "object",
            "required": ["data", "next"],
            "properties": {
                "data": { "type": "array", "items": { "type": "object" } },
                "next": { "type": ["string", "null"] },
            },
        });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
    fn others() -> Vec<ReplyDoc> {
        let of = |form: Form| ReplyDoc { status: 200, content_type: Some(form.media_type()), schema: None };
        vec![of(Form::Csv), of(Form::JsonLines)]
    }
}
