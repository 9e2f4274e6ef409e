//! From a good request to the next step: sign-in, consent, an answer, or a refusal.

use super::asked::{Waiting, expired};
use super::company::{self, Acting};
use super::deliver::{self, Outcome, WayBack};
use super::session_state::stale_state;
use super::{Authorization, grant};
use crate::clients::{Client, keep_described};
use crate::consents;
use crate::person::COMPANY_SCOPE;
use flow::{Cx, Mode, OneOrg, Verdict, Writes};
use identity::companies::list_affiliations;
use identity::sessions::{self, Kept, Session};
use identity::settings::Settings;
use identity::users;
use kernel::{Actor, CompanyId, Fault, Scopes, SessionId, UserId};
use oauth::acr::Acr;
use oauth::authorization_request::AuthorizationRequest;
use oauth::client_id_metadata::is_loopback;
use oauth::interaction::{self as rules, Decision, Reason};
use oauth::pairwise::Subjects;
use oauth::{ErrorCode, ProtocolError};
use signin::page::see_other;
use signin::transaction::{self, Display, Stranger};
use store::Org;
use url::Url;

/// Where a request stands.
pub(super) struct Scene<'a> {
    pub(super) client: &'a Client,
    /// How the client knows people.
    pub(super) subjects: &'a Subjects,
    pub(super) request: &'a AuthorizationRequest,
    pub(super) waiting: Option<&'a Waiting>,
    /// What the person allowed on the consent page just now.
    pub(super) allowed: Option<&'a Scopes>,
}

pub(super) async fn fresh(
    cx: &mut Cx<OneOrg, Writes>,
    back: &WayBack,
    request: &AuthorizationRequest,
) -> Result<Verdict<Outcome, Authorization>, Fault> {
    Scene { client: back.client(), subjects: back.mint().subjects(), request, waiting: None, allowed: None }
        .proceed(cx, back)
        .await
}

pub(super) async fn resumed(
    cx: &mut Cx<OneOrg, Writes>,
    back: &WayBack,
    waiting: &Waiting,
) -> Result<Verdict<Outcome, Authorization>, Fault> {
    Scene::of(waiting).proceed(cx, back).await
}

/// The person doesn't want to: the client is told.
pub(super) async fn cancel(
    cx: &mut Cx<OneOrg, Writes>,
    back: &WayBack,
    waiting: &Waiting,
) -> Result<Verdict<Outcome, Authorization>, Fault> {
    complete(cx, waiting).await?;
    let error = ProtocolError::new(ErrorCode::AccessDenied, "The request was denied.");
    Ok(deliver::refuse(cx, back, error))
}

impl<'a> Scene<'a> {
    pub(super) fn of(waiting: &'a Waiting) -> Self {
        Self {
            client: &waiting.client,
            subjects: &waiting.subjects,
            request: &waiting.request,
            waiting: Some(waiting),
            allowed: None,
        }
    }

    pub(super) async fn proceed(
        &self,
        cx: &mut Cx<OneOrg, Writes>,
        back: &WayBack,
    ) -> Result<Verdict<Outcome, Authorization>, Fault> {
        let session = session(cx).await?;
        let kept = sessions::list_kept(cx).await?;
        let has_kept = !kept.is_empty();
        if let Some(named) = self.named(cx, session.as_ref(), kept).await? {
            return self.switch(cx, named).await;
        }
        let decision = self.decide(cx, session.as_ref()).await?;
        let acting = match (&decision, &session) {
            (Decision::Respond { .. } | Decision::Consent { .. }, Some(session)) => self.acting(cx, session).await?,
            _ => Acting::Nobody,
        };
        if let Acting::Undecided(_) = acting {
            return self.ask_for_company(cx, back).await;
        }
        match (decision, session) {
            (Decision::Respond { scopes }, Some(session)) => self.grant(cx, back, &session, scopes, acting.chosen()).await,
            (Decision::Respond { .. }, None) => Err(Fault::internal("a grant without a person")),
            (Decision::Refuse(error), _) => {
                self.complete(cx).await?;
                Ok(deliver::refuse(cx, back, error))
            }
            (Decision::SignIn(reason), session) => self.sign_in(cx, reason, session.is_some(), has_kept).await,
            (Decision::Consent { .. }, _) => self.consent(cx).await,
        }
    }

    pub(super) async fn decide<M: Mode>(&self, cx: &mut Cx<OneOrg, M>, session: Option<&Session>) -> Result<Decision, Fault> {
        if let Some(problem) = self.waiting.and_then(|waiting| waiting.problem.clone()) {
            return Ok(Decision::Refuse(problem));
        }
        let remembered = match session {
            Some(session) => consents::find(&mut cx.tx, &session.user, self.client.id()).await?.unwrap_or_default(),
            None => Scopes::default(),
        };
        let sub = session.map(|session| self.subjects.of_user(&session.user)).unwrap_or_default();
        let facts = rules::Facts {
            session: session.map(|session| self.person(session, &sub)),
            remembered: &remembered,
            allowed_now: self.allowed,
            now: cx.now,
        };
        Ok(rules::decide(self.request, &self.client.metadata, &facts))
    }

    fn person<'s>(&self, session: &Session, sub: &'s str) -> rules::Session<'s> {
        let proven_for_this: Option<&SessionId> = self.waiting.and_then(|waiting| waiting.session.as_ref());
        let is_fresh = proven_for_this == Some(&session.id);
        let chosen = self.waiting.and_then(|waiting| waiting.chosen.as_ref());
        let acr = Acr::parse(&session.authentication.acr).unwrap_or(Acr::SingleFactor);
        rules::Session {
            sub,
            auth_time: session.authentication.at,
            acr,
            // Nothing stronger can be enrolled yet than what was shown.
            reachable_acr: acr,
            is_fresh,
            is_chosen: is_fresh || chosen == Some(&session.id),
            is_another_chosen: !is_fresh && chosen.is_some_and(|chosen| *chosen != session.id),
        }
    }

    /// The kept account that the client means and the current one isn't. What the person chose themselves stands.
    async fn named(
        &self,
        cx: &mut Cx<OneOrg, Writes>,
        session: Option<&Session>,
        kept: Vec<Kept>,
    ) -> Result<Option<Kept>, Fault> {
        let prompt = &self.request.prompt;
        let is_person_asked = prompt.select_account || prompt.create || self.allowed.is_some();
        let is_decided = |waiting: &Waiting| waiting.session.is_some() || waiting.chosen.is_some() || waiting.problem.is_some();
        if kept.is_empty() || is_person_asked || self.waiting.is_some_and(is_decided) {
            return Ok(None);
        }
        let hinted = match &self.request.login_hint {
            Some(hint) if !self.request.names_subject() => self.hinted(cx, hint).await?,
            _ => None,
        };
        let is_meant = |session: &Session| {
            let is_accepted = self.request.accepts_subject(&self.subjects.of_user(&session.user));
            is_accepted && hinted.as_ref().is_none_or(|user| *user == session.user)
        };
        let is_somebody_named = self.request.names_subject() || hinted.is_some();
        if !is_somebody_named || session.is_some_and(is_meant) {
            return Ok(None);
        }
        Ok(kept.into_iter().find(|kept| is_meant(&kept.session)))
    }

    /// Whom a name means, if they know this client: to any other it would tell who is signed in here.
    async fn hinted(&self, cx: &mut Cx<OneOrg, Writes>, name: &str) -> Result<Option<UserId>, Fault> {
        let Some(user) = users::find_user_by_login(&mut cx.tx, name).await? else { return Ok(None) };
        let is_known =
            self.client.metadata.first_party || consents::find(&mut cx.tx, &user.id, self.client.id()).await?.is_some();
        Ok(Some(user.id).filter(|_| is_known))
    }

    /// Make a kept account the current one and come again: whatever follows is done, shown and recorded as theirs.
    async fn switch(&self, cx: &mut Cx<OneOrg, Writes>, to: Kept) -> Result<Verdict<Outcome, Authorization>, Fault> {
        let handle = self.handle(cx, true).await?;
        let (session, cookies) = sessions::switch(cx, to).await?;
        if let Some(id) = transaction::named_by(&handle) {
            transaction::note_choice(&mut cx.tx, &id, &session.id).await?;
        }
        let onward = see_other(transaction::resume_path(cx.org().slug(), &handle)).cookie(cookies);
        let (client, subject) = (self.client.id().clone(), session.user);
        Ok(Verdict::Done(Outcome::Onward(onward), Authorization::AccountChosen { client, subject, by: "client" }))
    }

    async fn grant(
        &self,
        cx: &mut Cx<OneOrg, Writes>,
        back: &WayBack,
        session: &Session,
        scopes: Scopes,
        company: Option<CompanyId>,
    ) -> Result<Verdict<Outcome, Authorization>, Fault> {
        self.complete(cx).await?;
        if !sessions::hold(&mut cx.tx, &session.id, cx.now).await? {
            return Err(sessions::session_required());
        }
        keep_described(cx, self.client).await?;
        sessions::note_client(&mut cx.tx, session, self.client.id(), cx.now).await?;
        if let Some(company) = &company {
            sessions::note_company(&mut cx.tx, session, self.client.id(), company).await?;
        }
        let issued = grant::issue(cx, back.mint(), self.request, session, scopes.clone(), company).await?;
        let (client, subject) = (self.client.id().clone(), session.user.clone());
        let (response_type, family, jti) = (self.request.response_type.as_str(), issued.family, issued.jti);
        let event = if self.allowed.is_some() {
            let allowed = scopes.union(&self.request.claims.scopes());
            consents::remember(&mut cx.tx, &subject, &client, &allowed, cx.now).await?;
            let types = self.request.authorization_details.types().collect::<Vec<_>>().join(" ");
            let authorization_details_types = Some(types).filter(|types| !types.is_empty());
            Authorization::Consented { client, subject, scopes, response_type, family, jti, authorization_details_types }
        } else {
            Authorization::Granted { client, subject, scopes, response_type, family, jti }
        };
        Ok(Verdict::Done(Outcome::granted(cx, back, issued.granted), event))
    }

    async fn sign_in(
        &self,
        cx: &mut Cx<OneOrg, Writes>,
        reason: Reason,
        is_signed_in: bool,
        has_kept: bool,
    ) -> Result<Verdict<Outcome, Authorization>, Fault> {
        let handle = self.handle(cx, is_signed_in).await?;
        let slug = cx.org().slug();
        let path = match reason {
            Reason::Register => format!("/orgs/{slug}/register?transaction={handle}"),
            Reason::ChooseAccount => transaction::choose_account_path(slug, &handle),
            Reason::NoSession if has_kept => transaction::choose_account_path(slug, &handle),
            Reason::OtherPerson => transaction::other_account_path(slug, &handle),
            Reason::NoSession | Reason::Again | Reason::TooOld | Reason::StepUp(_) => transaction::sign_in_path(slug, &handle),
        };
        let event = Authorization::Waiting { client: self.client.id().clone(), step: step(reason) };
        let onward = see_other(path);
        let onward = match stale_state(cx) {
            Some(cookie) => onward.cookie(cookie),
            None => onward,
        };
        Ok(Verdict::Done(Outcome::Onward(onward), event))
    }

    /// For which company the person acts, if the client asks for that. What they chose for this request counts, or else what they
    /// chose in this session for the same client, unless they are to choose anew.
    pub(super) async fn acting<M: Mode>(&self, cx: &mut Cx<OneOrg, M>, session: &Session) -> Result<Acting, Fault> {
        if !self.request.scopes.has(COMPANY_SCOPE) {
            return Ok(Acting::Nobody);
        }
        let known = list_affiliations(&mut cx.tx, &session.user).await?;
        let for_this = match self.waiting {
            Some(waiting) => transaction::chosen_company(&mut cx.tx, &waiting.id).await?,
            None => None,
        };
        let chosen = match for_this {
            None if !self.request.prompt.select_account => sessions::find_company(&mut cx.tx, session, self.client.id()).await?,
            chosen => chosen,
        };
        Ok(Acting::of(known, chosen.as_ref()))
    }

    async fn ask_for_company(
        &self,
        cx: &mut Cx<OneOrg, Writes>,
        back: &WayBack,
    ) -> Result<Verdict<Outcome, Authorization>, Fault> {
        if self.request.prompt.none {
            self.complete(cx).await?;
            let error = ProtocolError::new(ErrorCode::InteractionRequired, "The person has to choose an organization.");
            return Ok(deliver::refuse(cx, back, error));
        }
        let handle = self.handle(cx, false).await?;
        let path = company::path(cx.org().slug(), &handle);
        let event = Authorization::Waiting { client: self.client.id().clone(), step: "choose_organization" };
        Ok(Verdict::Done(Outcome::Onward(see_other(path)), event))
    }

    async fn consent(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Outcome, Authorization>, Fault> {
        let handle = self.handle(cx, false).await?;
        let path = format!("/orgs/{}/consent?transaction={handle}", cx.org().slug());
        let event = Authorization::Waiting { client: self.client.id().clone(), step: "consent" };
        Ok(Verdict::Done(Outcome::Onward(see_other(path)), event))
    }

    async fn handle(&self, cx: &mut Cx<OneOrg, Writes>, signs_in_again: bool) -> Result<String, Fault> {
        match self.waiting {
            Some(waiting) => Ok(waiting.handle.clone()),
            None => store(cx, self.client, self.request, signs_in_again).await,
        }
    }

    async fn complete(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
        match self.waiting {
            Some(waiting) => complete(cx, waiting).await,
            None => Ok(()),
        }
    }
}

/// Store a request; returns its handle.
pub(super) async fn store(
    cx: &mut Cx<OneOrg, Writes>,
    client: &Client,
    request: &AuthorizationRequest,
    signs_in_again: bool,
) -> Result<String, Fault> {
    keep_described(cx, client).await?;
    let stored = serde_json::to_value(request).map_err(Fault::internal)?;
    let display = display(cx.org(), client, request, cx.request.header("accept-language"), signs_in_again);
    let services = cx.services().clone();
    Ok(transaction::begin(&mut cx.tx, &services, client.id(), &stored, &display, cx.now).await?)
}

/// What pages on the way show of a request, as far as the client says it in the reader's language.
pub(super) fn display(
    org: &Org,
    client: &Client,
    request: &AuthorizationRequest,
    accept_language: Option<&str>,
    signs_in_again: bool,
) -> Display {
    let metadata = &client.metadata;
    let ui_locales = request.ui_locales();
    let language = Settings::of(org).general.words(ui_locales.as_deref(), accept_language).tag;
    let said = |name, untagged| metadata.in_language(name, untagged, &[language]).map(str::to_owned);
    let leads_to = destination(&request.return_address.redirect_uri);
    let name = Some(metadata.client_name.as_str()).filter(|name| !name.is_empty());
    Display {
        // A client that gave no name is called by where it takes the person.
        client_name: said("client_name", name).unwrap_or_else(|| leads_to.clone()),
        logo_uri: said("logo_uri", metadata.logo_uri.as_deref()),
        policy_uri: said("policy_uri", metadata.policy_uri.as_deref()),
        tos_uri: said("tos_uri", metadata.tos_uri.as_deref()),
        destination: leads_to,
        stranger: client.is_described_elsewhere().then(|| Stranger {
            host: destination(client.id().as_str()),
            is_local: is_loopback(&request.return_address.redirect_uri),
        }),
        login_hint: request.login_hint.clone(),
        ui_locales,
        signs_in_again,
    }
}

/// The host of an address, or the scheme of one that opens an installed application.
fn destination(uri: &str) -> String {
    let parsed = Url::parse(uri).ok();
    let host = parsed.as_ref().and_then(|parsed| parsed.host_str().filter(|_| parsed.scheme().starts_with("http")));
    host.or(parsed.as_ref().map(Url::scheme)).unwrap_or_default().to_owned()
}

/// Claim a waiting request for its one answer.
async fn complete(cx: &mut Cx<OneOrg, Writes>, waiting: &Waiting) -> Result<(), Fault> {
    if transaction::complete(&mut cx.tx, &waiting.id, cx.now).await? { Ok(()) } else { Err(expired()) }
}

/// The live session of the browser.
pub(super) async fn session<M: Mode>(cx: &mut Cx<OneOrg, M>) -> Result<Option<Session>, Fault> {
    let Actor::Session { session, .. } = &cx.actor else { return Ok(None) };
    sessions::find(&mut cx.tx, session, cx.now).await
}

fn step(reason: Reason) -> &'static str {
    match reason {
        Reason::NoSession => "sign_in",
        Reason::Register => "register",
        Reason::Again | Reason::TooOld => "sign_in_again",
        Reason::OtherPerson => "other_account",
        Reason::ChooseAccount => "choose_account",
        Reason::StepUp(_) => "step_up",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_the_host_an_answer_goes_to() {
        for (uri, shown) in [
            ("https://app.example/cb?x=1", "app.example"),
            ("http://127.0.0.1:8123/cb", "127.0.0.1"),
            ("com.example.app:/cb", "com.example.app"),
        ] {
            assert_eq!(destination(uri), shown);
        }
    }
}
