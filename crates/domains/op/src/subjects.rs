//! How clients know people: by their ids, or by identifiers that hang on the organization's salt.
//!
//! The salt is made when the first client asks for pairwise identifiers. It is sealed at rest and never changes, whatever becomes of
//! the master key.

use crate::clients::Client;
use flow::{Answer, Body, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Route, Services, Surface, Verdict, Writes, act};
use kernel::{Access, Actor, Fault, OrgId, Secret, UserId};
use oauth::pairwise::{Salt, Subjects, is_pairwise};
use std::sync::Arc;
use store::{Mode, Org, OrgCache, Store, StoreError, Tx, args, org_sql};

/// What the salt is called among the organization's secrets.
const NAME: &str = "subject_salt";

/// The salts of all organizations, as far as they were needed.
pub(crate) struct Salts(Arc<OrgCache<Arc<Salt>>>);

impl Salts {
    /// An empty room. Nothing clears it: a salt stays what it is.
    pub(crate) fn new(store: &Store) -> Self {
        Self(store.cache(4096, |_| None))
    }
}

/// How this client knows people. Where the organization has no salt yet, it is made now, so this belongs before a transaction.
///
/// # Errors
/// Whatever the database says, or that the salt can't be opened with the master keys at hand.
pub(crate) async fn of(services: &Arc<Services>, org: &Org, client: &Client) -> Result<Subjects, Fault> {
    if !is_pairwise(&client.metadata) {
        return Ok(Subjects::Public);
    }
    let salt = if let Some(salt) = find(services, org).await? {
        salt
    } else {
        let salt = Salt::new(Secret::new(jose::random::token(&*services.rng, 32)));
        act(services, Some(org.clone()), Actor::System("subjects"), MakeSalt { salt }).await?;
        // Another server may have been first.
        find(services, org).await?.ok_or_else(|| Fault::internal("the salt was just made"))?
    };
    Ok(Subjects::pairwise(&client.metadata, salt))
}

/// Write down whom this client's `sub` of a person stands for, where it says so to nobody by itself.
pub(crate) async fn remember(tx: &mut Tx<OneOrg, Writes>, subjects: &Subjects, user: &UserId) -> Result<(), StoreError> {
    if matches!(subjects, Subjects::Public) {
        return Ok(());
    }
    let sql = org_sql!("INSERT INTO pairwise_subjects (org_id, sub, user_id) VALUES (:org, :sub, :user) ON CONFLICT DO NOTHING");
    let sub = subjects.of_user(user);
    tx.execute(sql, args! { sub: &sub, user: user }).await.map(drop)
}

/// The person whom a client with these subjects knows by that `sub`. What another sector calls somebody leads to nobody.
pub(crate) async fn find_user<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    subjects: &Subjects,
    sub: &str,
) -> Result<Option<UserId>, StoreError> {
    if matches!(subjects, Subjects::Public) {
        return Ok(Some(UserId::from(sub)));
    }
    let sql = org_sql!("SELECT user_id AS a FROM pairwise_subjects WHERE org_id = :org AND sub = :sub");
    let found = tx.fetch_optional::<(UserId,)>(sql, args! { sub: sub }).await?;
    Ok(found.map(|(user,)| user).filter(|user| subjects.of_user(user) == sub))
}

async fn find(services: &Services, org: &Org) -> Result<Option<Arc<Salt>>, Fault> {
    let room = services.rooms.find::<Salts>()?;
    room.0.find_or_load(org.id(), "", load(services, org)).await
}

async fn load(services: &Services, org: &Org) -> Result<Option<Arc<Salt>>, Fault> {
    let sql = org_sql!("SELECT sealed AS a FROM organization_secrets WHERE org_id = :org AND name = :name");
    let reading = services.store.read(OneOrg::new(org.clone()), |mut tx| async move {
        let row = tx.fetch_optional::<(Vec<u8>,)>(sql, args! { name: NAME }).await;
        (tx, row)
    });
    let Some((sealed,)) = reading.await?? else { return Ok(None) };
    let salt = services.master_keys.open(&context(org.id()), &sealed).map_err(Fault::internal)?;
    let salt = String::from_utf8(salt.to_vec()).map_err(Fault::internal)?;
    Ok(Some(Arc::new(Salt::new(Secret::new(salt)))))
}

/// What a sealed salt is bound to: it opens for no other organization.
fn context(org: &OrgId) -> String {
    format!("organization_secrets {org} {NAME}")
}

/// Store the organization's salt, unless it has one.
#[derive(Clone)]
struct MakeSalt {
    salt: Salt,
}

kernel::events! {
    /// What making a salt records.
    pub enum SaltMade {
        /// The salt of pairwise subject identifiers was made, because a client needs it.
        Made = "subjects.salted", Info { };
    }
}

impl Operation for MakeSalt {
    const ID: &'static str = "subjects.salt";
    const SUMMARY: &'static str = "Make the salt of pairwise subject identifiers.";
    const ROUTE: Route = Route::post("operator/subject-salt");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Answer;
    type Event = SaltMade;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, SaltMade>, Fault> {
        let salt = self.salt.expose().expose().as_bytes();
        let sealed = cx.services().master_keys.seal(&context(cx.org().id()), salt, cx.rng());
        let sql = org_sql!(
            "INSERT INTO organization_secrets (org_id, name, sealed, created_at) VALUES (:org, :name, :sealed, :now) \
             ON CONFLICT DO NOTHING"
        );
        cx.tx.execute(sql, args! { name: NAME, sealed: &sealed, now: cx.now }).await?;
        Ok(Verdict::Done(Answer::new(201, Body::Empty), SaltMade::Made {}))
    }
}

impl Prepare<MakeSalt> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<MakeSalt, Fault> {
        Err(Fault::internal("salts are never made over the network"))
    }
}
