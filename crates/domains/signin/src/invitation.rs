//! Being invited, into the organization or into a company: what the link in the mail leads to.
//!
//! The link proves the address it was sent to, and nothing else: it is answered by whoever is signed in with that address, or by
//! somebody who makes an account for it. Before that the page looks the same whether there is an account or not.

mod answer;
mod register;
mod show;
mod view;

pub use answer::{AnswerForm, AnswerInvitation, DeclinedInvitation};
pub use register::{JoinByInvitation, JoinForm, ShowJoin};
pub use show::ShowInvitation;

use flow::{Catalogue, Cx, Mode, OneOrg, Writes};
use identity::companies;
use identity::invitations::{self, Offer};
use identity::privilege::Rank;
use identity::roles;
use identity::users::{self, Email, User};
use kernel::{CompanyId, Fault, Secret, UserId};

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ShowInvitation>()
        .mount::<AnswerInvitation>()
        .mount::<DeclinedInvitation>()
        .mount::<ShowJoin>()
        .mount::<JoinByInvitation>()
}

kernel::events! {
    /// What answering an invitation records.
    pub enum Answering {
        /// Somebody accepted an invitation and is a member of the company.
        Accepted = "companies.invitation_accepted", Info { about company: CompanyId, public invitation: i64, public member: UserId, public role: String };
        /// An invitation was declined.
        Declined = "companies.invitation_declined", Info { about company: CompanyId, public invitation: i64 };
        /// Somebody signed out to answer an invitation with another account.
        Switched = "companies.invitation_account_switched", Info { about company: CompanyId, public invitation: i64 };
        /// Somebody accepted an invitation into the organization; roles their inviter couldn't give any more were withheld.
        Joined = "invitations.accepted", Info { about user: UserId, public invitation: i64, public roles: Vec<String>, public withheld: Vec<String> };
        /// An invitation into the organization was declined.
        Refrained = "invitations.declined", Info { public invitation: i64 };
        /// Somebody signed out to answer an invitation into the organization with another account.
        Changed = "invitations.account_switched", Info { public invitation: i64 };
        /// An answer to an invitation was refused.
        Refused = "companies.invitation_refused", Info { public reason: &'static str };
    }
}

/// What the link with this token offers, if it still does.
async fn find<M: Mode>(cx: &mut Cx<OneOrg, M>, token: &Secret) -> Result<Option<Offer>, Fault> {
    let services = cx.services().clone();
    invitations::find_offer(&mut cx.tx, &services, token, cx.now).await
}

/// Use the invitation up for somebody whose address it was sent to; `None` if it was used or ended meanwhile.
async fn accept(cx: &mut Cx<OneOrg, Writes>, offer: &Offer, user: &User) -> Result<Option<Answering>, Fault> {
    if !invitations::claim_invitation(&mut cx.tx, offer.number, "accepted", cx.now).await? {
        return Ok(None);
    }
    // The link came by mail, so the address is theirs.
    users::mark_email_verified(&mut cx.tx, &user.id, cx.now).await?;
    Ok(Some(match &offer.company_id {
        Some(company) => join_company(cx, offer, company, user).await?,
        None => join_organization(cx, offer, user).await?,
    }))
}

async fn join_company(cx: &mut Cx<OneOrg, Writes>, offer: &Offer, company: &CompanyId, user: &User) -> Result<Answering, Fault> {
    let role = match offer.role {
        Some(number) => companies::load_role(&mut cx.tx, company, &number.to_string()).await?,
        None => companies::default_role(&mut cx.tx, company).await?,
    };
    // Whoever belongs to the company already keeps the role they have.
    companies::insert_member(&mut cx.tx, company, &user.id, role.number, cx.now).await?;
    Ok(Answering::Accepted { company: company.clone(), invitation: offer.number, member: user.id.clone(), role: role.slug })
}

/// Give what the invitation promised, as far as whoever invited could give it today: somebody who was shut out meanwhile, or holds
/// less, has left nothing behind by which others come to more.
async fn join_organization(cx: &mut Cx<OneOrg, Writes>, offer: &Offer, user: &User) -> Result<Answering, Fault> {
    let rank = invitations::rank_of_inviter(&mut cx.tx, offer.number, cx.now).await?;
    let (mut given, mut withheld) = (Vec::new(), Vec::new());
    for role in invitations::list_roles(&mut cx.tx, offer.number).await? {
        let reach = Rank::of_role(&mut cx.tx, &role).await?;
        if rank.covers(&reach) {
            roles::assign(&mut cx.tx, &user.id, &role.id).await?;
            given.push(role.slug);
        } else {
            withheld.push(role.slug);
        }
    }
    Ok(Answering::Joined { user: user.id.clone(), invitation: offer.number, roles: given, withheld })
}

/// Whether an account may be made by this invitation: whoever invited may make some, or anybody may make this one.
fn may_register<M: Mode>(cx: &Cx<OneOrg, M>, offer: &Offer) -> bool {
    let policy = crate::policy::Policy::of(cx.services(), cx.org());
    let may_open = || policy.may_register() && Email::parse(&offer.email).is_some_and(|email| policy.may_register_with(&email));
    offer.may_register || may_open()
}
