//! One group.

use super::view::GroupView;
use crate::envelope::One;
use crate::groups;
use crate::named::Key;
use crate::permissions::GROUPS_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};

flow::input! {
    /// Show a group.
    #[derive(Clone, Debug)]
    pub struct ShowGroup {
        /// Id or slug.
        path "groupId" => group: Key,
    }
}

impl Operation for ShowGroup {
    const ID: &'static str = "groups.show";
    const SUMMARY: &'static str = "One group, with its roles and its first members.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/groups/{groupId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<GroupView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let group = groups::load_group(&mut cx.tx, self.group.as_str()).await?;
        let data = GroupView::load(&mut cx.tx, &group.id).await?;
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
