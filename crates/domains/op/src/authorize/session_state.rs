//! What a client is given to find out later whether the person is still there (OpenID Connect Session Management 1.0 §2).

use crate::clients::Client;
use flow::{Cookie, Cx, OneOrg, Writes};
use identity::sessions::{STATE_COOKIE, Session, browser_state, removal, state_cookie};
use jose::random::token;
use kernel::Scopes;
use oauth::authorization_request::AuthorizationRequest;
use oauth::{scope, session_management};

/// A session's state as one client sees it.
pub(super) struct SessionState {
    /// `session_state`.
    pub(super) value: String,
    /// What the browser must keep for the comparison, unless it does.
    pub(super) cookie: Option<Cookie>,
}

/// The state for the answer to an OpenID Connect request; `None` for others, and for a client that lives on no web page.
pub(super) fn session_state(
    cx: &Cx<OneOrg, Writes>,
    client: &Client,
    request: &AuthorizationRequest,
    session: &Session,
    scopes: &Scopes,
) -> Option<SessionState> {
    if !scopes.has(scope::OPENID) {
        return None;
    }
    let state = browser_state(cx.services(), session);
    let salt = token(cx.rng(), 16);
    let value = session_management::session_state(client.id(), &request.return_address.redirect_uri, &state, &salt)?;
    let is_known = cx.request.cookie(STATE_COOKIE) == Some(state.as_str());
    let cookie = (!is_known).then(|| state_cookie(cx.services(), cx.org(), session, cx.now));
    Some(SessionState { value, cookie })
}

/// What removes a state that outlived its session, which ended elsewhere or by itself: the next application that looks sees the change.
pub(super) fn stale_state(cx: &Cx<OneOrg, Writes>) -> Option<Cookie> {
    let is_stale = cx.actor.session().is_none() && cx.request.cookie(STATE_COOKIE).is_some();
    let [_, state] = removal(cx.org());
    is_stale.then_some(state)
}
