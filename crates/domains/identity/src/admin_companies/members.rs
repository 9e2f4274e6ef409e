//! Who belongs to a company, and as what.

use super::MembershipChange;
use super::view::MemberView;
use crate::companies::{
    Member, MemberStatus, default_role, find_member, insert_member, load_company, load_role, must_keep_an_owner, remove_member,
    update_member,
};
use crate::envelope::{Changed, Message, One};
use crate::named::{Key, NumberOrKey};
use crate::permissions::COMPANIES_WRITE;
use crate::users::{self, UserRef, load_user_by};
use flow::{Created, Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, CompanyId, Denial, Fault, UserId};

flow::input! {
    /// Make a user a member of a company.
    #[derive(Clone, Debug)]
    pub struct AddCompanyMember {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// The user's id or e-mail address.
        body "userId" => user: UserRef,
        /// Their role, by slug or number; the default role where it is left out.
        body "role" => role: Option<NumberOrKey>,
    }
    /// Change a member's role or status.
    #[derive(Clone, Debug)]
    pub struct UpdateCompanyMember {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// The user's id or e-mail address.
        path "userId" => user: UserRef,
        /// Their role, by slug or number.
        body "role" => role: Option<NumberOrKey>,
        /// `active` or `suspended`.
        body "status" => status: Option<MemberStatus>,
    }
    /// Take a user out of a company.
    #[derive(Clone, Debug)]
    pub struct RemoveCompanyMember {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// The user's id or e-mail address.
        path "userId" => user: UserRef,
    }
}

/// Whoever belongs to the company by that name.
async fn member(cx: &mut Cx<OneOrg, Writes>, company: &Key, user: &UserRef) -> Result<(CompanyId, Member), Fault> {
    let company = load_company(&mut cx.tx, company.as_str()).await?.id;
    let user = load_user_by(&mut cx.tx, user).await?.id;
    let member = shown(cx, &company, &user).await?;
    Ok((company, member))
}

async fn shown(cx: &mut Cx<OneOrg, Writes>, company: &CompanyId, user: &UserId) -> Result<Member, Fault> {
    find_member(&mut cx.tx, company, user).await?.ok_or_else(users::not_found)
}

const MEMBER_ALREADY: Denial = Denial::conflict("companies.member_already", "This user belongs to the organization already.");

impl Operation for AddCompanyMember {
    const ID: &'static str = "companies.add_member";
    const SUMMARY: &'static str = "Make a user a member of an organization.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/organizations/{organizationId}/members");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[MEMBER_ALREADY];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<MemberView>>;
    type Event = MembershipChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, MembershipChange>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?.id;
        let user = load_user_by(&mut cx.tx, &self.user).await?.id;
        let role = match &self.role {
            Some(NumberOrKey(key)) => load_role(&mut cx.tx, &company, key.as_str()).await?,
            None => default_role(&mut cx.tx, &company).await?,
        };
        if !insert_member(&mut cx.tx, &company, &user, role.number, cx.now).await? {
            return Err(MEMBER_ALREADY.into());
        }
        let data = MemberView::from(shown(cx, &company, &user).await?);
        let event = MembershipChange::Added { company, member: user, role: role.slug };
        Ok(Verdict::Done(Created(Changed { data, message: "Member added." }), event))
    }
}

impl Operation for UpdateCompanyMember {
    const ID: &'static str = "companies.update_member";
    const SUMMARY: &'static str = "Change a member's role or status; an organization keeps an active owner.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/organizations/{organizationId}/members/{userId}");
    const ALSO: &'static [Route] = &[Route::patch("/orgs/{org}/api/v1/admin/organizations/{organizationId}/members/{userId}")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[crate::companies::LAST_OWNER];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<One<MemberView>>;
    type Event = MembershipChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, MembershipChange>, Fault> {
        let (company, mut member) = member(cx, &self.company, &self.user).await?;
        let was_owner = is_acting_owner(&member);
        if let Some(NumberOrKey(key)) = &self.role {
            member.role = load_role(&mut cx.tx, &company, key.as_str()).await?.number;
        }
        if let Some(status) = self.status {
            status.as_str().clone_into(&mut member.status);
        }
        update_member(&mut cx.tx, &company, &member).await?;
        let member = shown(cx, &company, &member.user_id).await?;
        if was_owner && !is_acting_owner(&member) {
            must_keep_an_owner(&mut cx.tx, &company).await?;
        }
        let event = MembershipChange::Updated {
            company,
            member: member.user_id.clone(),
            role: member.role_slug.clone(),
            status: member.status.clone(),
        };
        Ok(Verdict::Done(Json(One { data: MemberView::from(member) }), event))
    }
}

impl Operation for RemoveCompanyMember {
    const ID: &'static str = "companies.remove_member";
    const SUMMARY: &'static str = "Take a user out of an organization, unless they are its last owner.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/organizations/{organizationId}/members/{userId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[crate::companies::LAST_OWNER];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = MembershipChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, MembershipChange>, Fault> {
        let (company, member) = member(cx, &self.company, &self.user).await?;
        remove_member(&mut cx.tx, &company, &member.user_id).await?;
        if is_acting_owner(&member) {
            must_keep_an_owner(&mut cx.tx, &company).await?;
        }
        let event = MembershipChange::Removed { company, member: member.user_id };
        Ok(Verdict::Done(Json(Message { message: "Member removed." }), event))
    }
}

fn is_acting_owner(member: &Member) -> bool {
    member.is_owner && member.status == MemberStatus::Active.as_str()
}
