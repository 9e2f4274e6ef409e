//! SAML links from before links named their provider: which there are, and giving them one.

use super::legacy_saml_view::{Idp, LegacyReport, LegacyUser, Relinked, RelinkedUser, SkippedUser};
use crate::envelope::One;
use crate::identities::{self, Kind, NewLink, Provider, Unassigned};
use crate::mail_requests::{MailRequest, UserMail};
use crate::permissions::{USERS_READ, USERS_WRITE};
use crate::privilege::Rank;
use crate::users::end_access;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, Silent, UserId};

/// As many links as one request changes.
const MOST: usize = 1000;

flow::input! {
    /// Report SAML links that name no provider.
    #[derive(Clone, Debug)]
    pub struct ReportLegacySaml {
        /// Only users whose address this provider vouches for.
        query "idp_id" => idp: Option<i64>,
    }
    /// Give SAML links that name no provider one.
    #[derive(Clone, Debug)]
    pub struct RelinkLegacySaml {
        /// The provider.
        body "idp_id" => idp: i64,
        /// Whose links.
        body "user_ids" => users: Option<Vec<UserId>>,
        /// Those of all users whose address the provider vouches for.
        body "all_matching_domains" => all_matching: Option<bool>,
        /// Only say what would change; so it is unless this is `false`.
        body "dry_run" => is_dry: Option<bool>,
    }
}

kernel::events! {
    /// What giving SAML links a provider records.
    pub enum Relinking {
        /// SAML links that named no provider were given one; sessions and tokens of their users ended.
        Relinked = "identity.link.bulk_relinked", Warning { public provider: i64, public users: Vec<String>, public skipped: usize };
        /// It was asked which SAML links would be given a provider.
        Tried = "identity.link.bulk_relink_tried", Info { public provider: i64, public users: usize, public skipped: usize };
    }
}

impl Operation for ReportLegacySaml {
    const ID: &'static str = "users.report_legacy_saml";
    const SUMMARY: &'static str =
        "Users whose SAML link names no identity provider, and the providers that vouch for their addresses.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/identities/legacy-saml");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<LegacyReport>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        if let Some(number) = self.idp {
            identities::load_provider(&mut cx.tx, Kind::Saml, number).await?;
        }
        let idps = identities::list_providers(&mut cx.tx, Kind::Saml).await?;
        let described = |link: Unassigned| {
            let candidate_idp_ids: Vec<i64> = idps.iter().filter(|idp| idp.claims(&link.email)).map(|idp| idp.number).collect();
            let suggested_idp_id = if let [only] = candidate_idp_ids.as_slice() { Some(*only) } else { None };
            let (user_id, email, name_id) = (link.user_id.to_string(), link.email, link.subject);
            LegacyUser { user_id, email, name_id, candidate_idp_ids, suggested_idp_id }
        };
        let users = identities::list_unassigned(&mut cx.tx).await?.into_iter().map(described);
        let users = users.filter(|user| self.idp.is_none_or(|idp| user.candidate_idp_ids.contains(&idp))).collect();
        let (idp_count, ambiguous) = (idps.len(), idps.len() > 1);
        let data = LegacyReport { idp_count, ambiguous, users, idps: idps.into_iter().map(Idp::from).collect() };
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}

/// Both, or neither.
const EITHER: Denial = Denial::unprocessable("validation_error", "Send either user_ids or all_matching_domains.");

impl Operation for RelinkLegacySaml {
    const ID: &'static str = "users.relink_legacy_saml";
    const SUMMARY: &'static str = "Give SAML links that name no identity provider one; sessions and tokens of their users end.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/identities/legacy-saml");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[EITHER];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<One<Relinked>>;
    type Event = Relinking;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Relinking>, Fault> {
        let idp = identities::load_provider(&mut cx.tx, Kind::Saml, self.idp).await?;
        let is_dry = self.is_dry.unwrap_or(true);
        let unassigned = identities::list_unassigned(&mut cx.tx).await?;
        let (wanted, mut skipped) = self.choose(&idp, unassigned)?;
        let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
        let mut relinked = Vec::new();
        for link in wanted {
            if let Some(reason) = obstacle(cx, &rank, &idp, &link, relinked.len()).await? {
                skipped.push(SkippedUser { user_id: link.user_id.to_string(), reason });
                continue;
            }
            if !is_dry {
                relink(cx, &idp, &link).await?;
            }
            relinked.push(RelinkedUser { user_id: link.user_id.to_string(), email: link.email, name_id: link.subject });
        }
        let (provider, count) = (idp.number, skipped.len());
        let event = if is_dry {
            Relinking::Tried { provider, users: relinked.len(), skipped: count }
        } else {
            let users = relinked.iter().map(|user| user.user_id.clone()).collect();
            Relinking::Relinked { provider, users, skipped: count }
        };
        let data = Relinked { dry_run: is_dry, idp_id: idp.number, relinked, skipped };
        Ok(Verdict::Done(Json(One { data }), event))
    }
}

impl RelinkLegacySaml {
    /// The links that are meant, and users who were named and have none.
    fn choose(&self, idp: &Provider, unassigned: Vec<Unassigned>) -> Result<(Vec<Unassigned>, Vec<SkippedUser>), Fault> {
        match (&self.users, self.all_matching.unwrap_or(false)) {
            (Some(users), false) => {
                let missing = users.iter().filter(|user| !unassigned.iter().any(|link| link.user_id == **user));
                let skipped = missing.map(|user| SkippedUser { user_id: user.to_string(), reason: "not_legacy" }).collect();
                Ok((unassigned.into_iter().filter(|link| users.contains(&link.user_id)).collect(), skipped))
            }
            (None, true) => Ok((unassigned.into_iter().filter(|link| idp.claims(&link.email)).collect(), Vec::new())),
            _ => Err(EITHER.into()),
        }
    }
}

/// Why this link can't get that provider, if it can't.
async fn obstacle(
    cx: &mut Cx<OneOrg, Writes>,
    rank: &Rank,
    idp: &Provider,
    link: &Unassigned,
    relinked: usize,
) -> Result<Option<&'static str>, Fault> {
    if relinked >= MOST {
        return Ok(Some("limit_reached"));
    }
    if !rank.reaches(&mut cx.tx, &link.user_id).await? {
        return Ok(Some("not_outranked"));
    }
    let owner = identities::find_user(&mut cx.tx, Kind::Saml, idp.number, &link.subject).await?;
    Ok(owner.map(|_| "already_linked"))
}

async fn relink(cx: &mut Cx<OneOrg, Writes>, idp: &Provider, link: &Unassigned) -> Result<(), Fault> {
    let new = NewLink { kind: Kind::Saml, provider: idp.number, subject: &link.subject, is_exclusive: false };
    identities::link(&mut cx.tx, &link.user_id, &new, cx.now).await?;
    end_access(&mut cx.tx, &link.user_id, cx.now, "identity linked").await?;
    cx.enqueue(&MailRequest { user: link.user_id.clone(), mail: UserMail::IdentityLinked }).await
}
