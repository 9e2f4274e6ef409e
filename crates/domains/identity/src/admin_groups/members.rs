//! The members of a group.

use super::GroupChange;
use super::view::{GroupView, MemberRow};
use crate::envelope::{Changed, Listed, Message};
use crate::groups;
use crate::holding;
use crate::named::{Key, keys, unknown};
use crate::paging::{self, PageNumber, PageSize};
use crate::permissions::{GROUPS_READ, GROUPS_WRITE};
use crate::privilege::{Rank, must_cover, must_reach, subordinate};
use crate::users::{self, UserRef, find_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, Silent};

flow::input! {
    /// List a group's members.
    #[derive(Clone, Debug)]
    pub struct ListMembers {
        /// Id or slug.
        path "groupId" => group: Key,
        /// Which page.
        query "page" => page: PageNumber,
        /// Members per page.
        query "limit" => limit: PageSize,
    }
    /// Add users to a group.
    #[derive(Clone, Debug)]
    pub struct AddMembers {
        /// Id or slug.
        path "groupId" => group: Key,
        /// Users, by id or e-mail address.
        body "userIds" => users: Option<Vec<UserRef>>,
        /// A single user.
        body "userId" => user: Option<UserRef>,
    }
    /// Remove a user from a group.
    #[derive(Clone, Debug)]
    pub struct RemoveMember {
        /// Id or slug.
        path "groupId" => group: Key,
        /// The user's id or e-mail address.
        path "userId" => user: UserRef,
    }
}

impl Operation for ListMembers {
    const ID: &'static str = "groups.list_members";
    const SUMMARY: &'static str = "A page of a group's members.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/groups/{groupId}/members");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<MemberRow>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let group = groups::load_group(&mut cx.tx, self.group.as_str()).await?;
        let page = groups::list_members(&mut cx.tx, &group.id, paging::page(self.page, self.limit)).await?;
        Ok(Verdict::Done(Json(Listed::new("members", page.map(MemberRow::from))), Silent))
    }
}

impl Operation for AddMembers {
    const ID: &'static str = "groups.add_members";
    const SUMMARY: &'static str = "Add users to a group; the caller must hold what it gives.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/groups/{groupId}/members");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<GroupView>>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let users = keys("userIds", self.users, [self.user])?;
        let group = groups::load_group(&mut cx.tx, self.group.as_str()).await?;
        let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
        must_cover(&rank, &Rank::of_group(&mut cx.tx, &group.id).await?)?;
        let mut added = Vec::new();
        for who in users {
            let user = find_user_by(&mut cx.tx, &who).await?.ok_or_else(|| unknown("userIds", who.as_str()))?;
            must_reach(&mut cx.tx, &rank, &user.id).await?;
            if groups::add_member(&mut cx.tx, &group.id, &user.id, cx.now).await? {
                added.push(user.id.to_string());
            }
        }
        let data = GroupView::load(&mut cx.tx, &group.id).await?;
        let event = GroupChange::MembersChanged { group: group.id, slug: group.slug, added, removed: Vec::new() };
        Ok(Verdict::Done(Json(Changed { data, message: "The users belong to the group." }), event))
    }
}

impl Operation for RemoveMember {
    const ID: &'static str = "groups.remove_member";
    const SUMMARY: &'static str = "Remove a user from a group.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/groups/{groupId}/members/{userId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_WRITE);
    const DENIALS: &'static [Denial] = &[crate::administrators::LAST];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let group = groups::load_group(&mut cx.tx, self.group.as_str()).await?;
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        if !holding::take(cx, &user.id, &group).await? {
            return Err(users::not_found());
        }
        let removed = vec![user.id.to_string()];
        let event = GroupChange::MembersChanged { group: group.id, slug: group.slug, added: Vec::new(), removed };
        Ok(Verdict::Done(Json(Message { message: "The user was removed from the group." }), event))
    }
}
