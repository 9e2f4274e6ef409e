//! The operation that `docs/ADDING-AN-OPERATION.md` builds, so that the guide can't show what doesn't compile.

use flow::{Catalogue, Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use identity::envelope::Message;
use identity::permissions::USERS_WRITE;
use identity::privilege::must_outrank;
use identity::users::{UserRef, load_user_by};
use kernel::{Access, Fault, Timestamp, UserId};
use store::{Tx, args, org_sql};

flow::input! {
    /// Say that a user's address is theirs.
    #[derive(Clone, Debug)]
    pub struct MarkVerified {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

kernel::events! {
    /// What marking an address records.
    pub enum Marking {
        /// An administrator said that a user's address is theirs.
        Marked = "users.email_marked_verified", Info { about user: UserId, personal email: String };
    }
}

impl Operation for MarkVerified {
    const ID: &'static str = "users.mark_verified";
    const SUMMARY: &'static str = "Say that a user's e-mail address is theirs.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/mark-verified");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Marking;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Marking>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        must_outrank(&mut cx.tx, &cx.actor, &user.id).await?;
        mark_email_verified(&mut cx.tx, &user.id, cx.now).await?;
        let event = Marking::Marked { user: user.id, email: user.email };
        Ok(Verdict::Done(Json(Message { message: "E-mail address marked as verified." }), event))
    }
}

async fn mark_email_verified(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE users SET email_verified = 1, updated_at = :now WHERE org_id = :org AND id = :user AND email_verified = 0"
    );
    Ok(tx.execute(sql, args! { now: now, user: user }).await? == 1)
}

pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<MarkVerified>()
}

const GUIDE: &str = include_str!("../../../../docs/ADDING-AN-OPERATION.md");

#[test]
fn the_guide_shows_this_file() {
    let blocks: Vec<&str> =
        GUIDE.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default().trim_end()).collect();
    assert!(blocks.len() >= 5);
    for block in blocks {
        assert!(include_str!("adding_an_operation.rs").contains(block), "not in this file:\n{block}");
    }
}

#[test]
fn the_catalogue_knows_what_was_declared() {
    let catalogue = mount(Catalogue::default());
    let [entry] = catalogue.entries() else { panic!("one operation") };
    assert_eq!((entry.id, entry.writes, entry.recorded), ("users.mark_verified", true, true));
    assert_eq!((entry.parameters)().len(), 1);
    assert_eq!(entry.events.len(), 1);
}
