//! The pages around an invitation.

use super::may_register;
use crate::onward::{Onward, QUERY_VALUE};
use crate::page::Page;
use flow::{Answer, Cx, Mode, OneOrg};
use identity::invitations::Offer;
use identity::users::User;
use kernel::Secret;
use pages::{ErrorPage, Problem, Standing, Trouble};
use percent_encoding::utf8_percent_encode;

/// A page of the organization with the token: `invitation?token=…`.
fn with_token(page: &str, token: &Secret) -> String {
    format!("{page}?token={}", utf8_percent_encode(token.expose(), QUERY_VALUE))
}

/// Where to sign in and come back to the invitation.
pub(super) fn sign_in_path(slug: &str, token: &Secret) -> String {
    let back = format!("/orgs/{slug}/{}", with_token("invitation", token));
    Onward::of(slug, None, Some(&back)).carried_to(slug, "signin")
}

/// The invitation, for whoever looks at it.
pub(super) fn invitation<M: Mode>(
    cx: &Cx<OneOrg, M>,
    token: &Secret,
    offer: &Offer,
    person: Option<&User>,
    problem: Option<Problem>,
) -> Answer {
    let page = Page::of(cx);
    let standing = match person {
        Some(user) if offer.is_for(&user.email) => Standing::Invited { account: user.email.clone() },
        Some(user) => Standing::SomebodyElse { account: user.email.clone() },
        None => Standing::Stranger {
            sign_in_url: sign_in_path(cx.org().slug(), token),
            register_url: may_register(cx, offer).then(|| page.path(&with_token("invitation/register", token))),
        },
    };
    let mut form = page.form("invitation");
    form.hidden = carried(token);
    let status = if problem.is_some() { 403 } else { 200 };
    form.problem = problem;
    let document = pages::Invitation {
        shell: page.shell(),
        form,
        company: offer.place.clone(),
        logo_url: offer.logo_url.clone(),
        invited_by: offer.invited_by.clone(),
        role: offer.role_name.clone(),
        expires_at: offer.expires_at,
        standing,
    };
    page.show(status, document.html(), document.policy())
}

/// What the form to register by invitation shows this time.
#[derive(Default)]
pub(super) struct Join {
    pub(super) given_name: String,
    pub(super) family_name: String,
    pub(super) problem: Option<Problem>,
}

impl Join {
    /// With the name that whoever invited gave.
    pub(super) fn with_name_of(offer: &Offer) -> Self {
        let name = offer.name.as_deref().unwrap_or_default().trim();
        let (given_name, family_name) = name.rsplit_once(' ').unwrap_or((name, ""));
        Self { given_name: given_name.to_owned(), family_name: family_name.to_owned(), problem: None }
    }
    pub(super) fn answer<M: Mode>(self, cx: &Cx<OneOrg, M>, token: &Secret, offer: &Offer) -> Answer {
        let page = Page::of(cx);
        let mut form = page.form("invitation/register");
        form.hidden = carried(token);
        let status = match &self.problem {
            None => 200,
            Some(Problem::FormExpired) => 403,
            Some(Problem::EmailTaken) => 409,
            Some(_) => 400,
        };
        form.problem = self.problem;
        let document = pages::InvitationRegister {
            shell: page.registration_shell(),
            form,
            company: offer.place.clone(),
            account: offer.email.clone(),
            given_name: self.given_name,
            family_name: self.family_name,
            sign_in_url: sign_in_path(cx.org().slug(), token),
            terms_url: page.policy.terms_url(),
            policy_url: page.policy.privacy_url(),
            least_password: page.policy.least_password(),
        };
        page.show(status, document.html(), document.policy())
    }
}

/// The link opens nothing, or not any more.
pub(super) fn gone<M: Mode>(cx: &Cx<OneOrg, M>) -> Answer {
    let page = Page::of(cx);
    let document = ErrorPage {
        shell: page.shell(),
        trouble: Trouble::DeadInvitation,
        code: None,
        description: None,
        request_id: cx.request.request_id.clone(),
        back_url: Some(page.path("account")),
    };
    page.show(410, document.html(), document.policy())
}

fn carried(token: &Secret) -> Vec<(String, String)> {
    vec![("token".to_owned(), token.expose().to_owned())]
}
