//! Being invited into a company: what the link in the mail leads to.
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
use identity::companies::{self, Offer};
use identity::users::{self, User};
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
        /// An answer to an invitation was refused.
        Refused = "companies.invitation_refused", Info { public reason: &'static str };
    }
}

/// What the link with this token offers, if it still does.
async fn find<M: Mode>(cx: &mut Cx<OneOrg, M>, token: &Secret) -> Result<Option<Offer>, Fault> {
    let services = cx.services().clone();
    companies::find_offer(&mut cx.tx, &services, token, cx.now).await
}

/// Use the invitation up for somebody whose address it was sent to; `None` if it was used or ended meanwhile.
async fn accept(cx: &mut Cx<OneOrg, Writes>, offer: &Offer, user: &User) -> Result<Option<Answering>, Fault> {
    if !companies::claim_invitation(&mut cx.tx, offer.number, "accepted", cx.now).await? {
        return Ok(None);
    }
    let role = match offer.role {
        Some(number) => companies::load_role(&mut cx.tx, &offer.company_id, &number.to_string()).await?,
        None => companies::default_role(&mut cx.tx, &offer.company_id).await?,
    };
    // Whoever belongs to the company already keeps the role they have.
    companies::insert_member(&mut cx.tx, &offer.company_id, &user.id, role.number, cx.now).await?;
    // The link came by mail, so the address is theirs.
    users::mark_email_verified(&mut cx.tx, &user.id, cx.now).await?;
    Ok(Some(Answering::Accepted {
        company: offer.company_id.clone(),
        invitation: offer.number,
        member: user.id.clone(),
        role: role.slug,
    }))
}
