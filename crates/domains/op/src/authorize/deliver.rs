//! The answer on its way to the client. What the transaction came to is put together here after the commit, where tokens are signed.

use super::Authorization;
use super::envelope::Envelope;
use super::session_state::{SessionState, stale_state};
use crate::clients::Client;
use crate::mint::{Batch, Mint};
use flow::{Answer, Cookie, Cx, OneOrg, Prep, Reply, ReplyDoc, Verdict, Writes};
use kernel::{Fault, Secret, Timestamp};
use oauth::authorization_request::{AuthorizationRequest, ReturnAddress};
use oauth::id_token::Companions;
use oauth::response_mode::{Delivery, Response};
use oauth::token_response::TokenResponse;
use oauth::{ProtocolError, ResponseType, session_management};
use schemars::SchemaGenerator;
use signin::page::{Page, see_other};
use std::sync::Arc;

/// The way back to a client: where its answer goes, and what it is made with.
#[derive(Clone)]
pub(super) struct WayBack {
    mint: Mint,
    to: ReturnAddress,
    /// For an answer that is to be a JWT.
    envelope: Option<Envelope>,
    /// In which languages a page on the way is wanted.
    ui_locales: Option<String>,
}

impl WayBack {
    /// To this client, at that address.
    ///
    /// # Errors
    /// 400 if the client wants an encrypted answer and has no key for it; else our own failures.
    pub(super) async fn to(prep: &Prep, client: Arc<Client>, to: ReturnAddress) -> Result<Self, Fault> {
        let envelope = if to.response_mode.is_jwt() { Some(Envelope::of(prep, &client).await?) } else { None };
        Ok(Self { mint: Mint::open(prep.services(), prep.organization()?, client).await?, to, envelope, ui_locales: None })
    }
    /// For the answer to this request.
    pub(super) async fn of(prep: &Prep, client: Arc<Client>, request: &AuthorizationRequest) -> Result<Self, Fault> {
        let back = Self::to(prep, client, request.return_address.clone()).await?;
        Ok(Self { ui_locales: request.ui_locales(), ..back })
    }
    /// Who waits there.
    pub(super) fn client(&self) -> &Arc<Client> {
        self.mint.client()
    }
    /// Where its tokens are made.
    pub(super) fn mint(&self) -> &Mint {
        &self.mint
    }
}

/// What the authorization endpoint answers.
pub enum Outcome {
    /// The browser goes on to another page of this server.
    Onward(Answer),
    /// The client is answered.
    Answered(Box<Answered>),
}

/// An answer to the client, before it takes its form.
pub struct Answered {
    back: WayBack,
    /// The page around a form that posts itself.
    page: Option<Page>,
    content: Content,
    /// What the browser is to keep, or to forget, for the sake of clients that watch the session.
    cookie: Option<Cookie>,
    now: Timestamp,
}

enum Content {
    Error(ProtocolError),
    Granted(Box<Granted>),
}

/// What a person granted, as far as the response type wants it.
pub(super) struct Granted {
    pub(super) response_type: ResponseType,
    pub(super) code: Option<Secret>,
    /// What the tokens of this answer are made from; `None` if there is only a code.
    pub(super) tokens: Option<Batch>,
    /// What the client can watch, if it asked about a person and lives on a web page.
    pub(super) session_state: Option<SessionState>,
}

/// Send an error to the client.
pub(super) fn refuse(cx: &Cx<OneOrg, Writes>, back: &WayBack, error: ProtocolError) -> Verdict<Outcome, Authorization> {
    let event = Authorization::Refused { client: back.client().id().clone(), code: error.code.code() };
    Verdict::Done(Outcome::of(cx, back, Content::Error(error)), event)
}

impl Outcome {
    /// Send what was granted to the client.
    pub(super) fn granted(cx: &Cx<OneOrg, Writes>, back: &WayBack, granted: Granted) -> Self {
        Self::of(cx, back, Content::Granted(Box::new(granted)))
    }

    fn of(cx: &Cx<OneOrg, Writes>, back: &WayBack, content: Content) -> Self {
        let page = back
            .to
            .response_mode
            .is_form_post()
            .then(|| Page::new(cx.services(), cx.org(), &cx.request, back.ui_locales.as_deref()));
        let (content, cookie) = match content {
            Content::Granted(mut granted) => {
                let cookie = granted.session_state.as_mut().and_then(|state| state.cookie.take());
                (Content::Granted(granted), cookie)
            }
            error @ Content::Error(_) => (error, stale_state(cx)),
        };
        Self::Answered(Box::new(Answered { back: back.clone(), page, content, cookie, now: cx.now }))
    }
}

impl Answered {
    fn response(&self) -> Result<Response, Fault> {
        let response = match &self.content {
            Content::Error(error) => Response::error(error),
            Content::Granted(granted) => granted.response(self.back.to.state.as_deref())?,
        };
        let (response, issuer) = (response.with_state(&self.back.to), self.back.mint.issuer());
        match &self.back.envelope {
            Some(envelope) => envelope.seal(response, issuer, self.back.client(), self.now),
            None => Ok(response.with_issuer(issuer)),
        }
    }

    fn show(self, action: String, fields: Vec<(&'static str, String)>) -> Result<Answer, Fault> {
        let page = self.page.ok_or_else(|| Fault::internal("a form without its page"))?;
        let document = pages::FormPost {
            shell: page.shell(),
            action,
            fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            client_name: self.back.client().metadata.client_name.clone(),
        };
        let (html, policy) = (document.html(), document.policy());
        Ok(page.show(200, html, policy))
    }
}

impl Granted {
    /// The parameters of a successful answer (RFC 6749 §4.1.2, §4.2.2, OpenID Connect Core §3.2.2.5, §3.3.2.5). Whatever else is to
    /// go into it is added here.
    fn response(&self, state: Option<&str>) -> Result<Response, Fault> {
        let mut response = Response::default();
        if let Some(code) = &self.code {
            response = response.with("code", code.expose());
        }
        if let Some(session_state) = &self.session_state {
            response = response.with(session_management::PARAMETER, &session_state.value);
        }
        let Some(batch) = &self.tokens else { return Ok(response) };
        let access_token = if self.response_type.has_token() { Some(batch.access_token()?) } else { None };
        let companions =
            Companions { access_token: access_token.as_ref(), code: self.code.as_ref(), state, ..Companions::default() };
        let id_token = batch.id_token(companions)?;
        if let Some(access_token) = access_token {
            let token = TokenResponse::new(batch.plan(), access_token);
            response = response
                .with("access_token", token.access_token.expose())
                .with("token_type", token.token_type)
                .with("expires_in", token.expires_in.to_string());
            if let Some(scope) = token.scope {
                response = response.with("scope", scope);
            }
        }
        Ok(match id_token {
            Some(id_token) => response.with("id_token", id_token.expose()),
            None => response,
        })
    }
}

impl Reply for Outcome {
    fn reply(self) -> Result<Answer, Fault> {
        let mut answered = match self {
            Self::Onward(answer) => return Ok(answer),
            Self::Answered(answered) => answered,
        };
        let cookie = answered.cookie.take();
        let answer = match answered.response()?.deliver(&answered.back.to) {
            Delivery::Redirect(uri) => see_other(uri),
            Delivery::FormPost { action, fields } => answered.show(action, fields)?,
        };
        Ok(match cookie {
            Some(cookie) => answer.cookie(cookie),
            None => answer,
        })
    }
    fn doc(generator: &mut SchemaGenerator) -> ReplyDoc {
        Answer::doc(generator)
    }
    fn others() -> Vec<ReplyDoc> {
        Answer::others()
    }
}
