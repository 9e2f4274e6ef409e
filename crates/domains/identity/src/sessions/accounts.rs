//! The other accounts of a browser: sessions that wait beside the current one, each in a cookie of its own.
//!
//! They are sessions like any other, with limits, ends and a secret of their own; only which one is current changes. One is kept
//! when its person asks for another account beside it, and never otherwise, so that a session planted in a browser is not taken
//! over by signing in.

use super::{COOKIE, Session, cookie_path, end, find, find_by_cookie, hold, session_required, state_cookie};
use flow::{Cookie, Cx, Reach};
use kernel::{Actor, Fault, Secret, Timestamp, UserId};
use store::{OneOrg, Org, Writes};

/// Where sessions are kept: a browser holds as many accounts and one more.
pub const KEPT_COOKIES: [&str; 4] = ["lumoauth_session_2", "lumoauth_session_3", "lumoauth_session_4", "lumoauth_session_5"];

/// A live session that waits beside the current one.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The session.
    pub session: Session,
    cookie: &'static str,
    credential: Secret,
}

impl Kept {
    /// What removes it from the browser.
    pub fn removal(&self, org: &Org) -> Cookie {
        placed(self.cookie, Secret::default(), None, org)
    }
}

/// The accounts kept in the browser that asks, beside the current one and without anybody twice.
///
/// # Errors
/// Whatever the database says.
pub async fn list_kept<M: flow::Mode>(cx: &mut Cx<OneOrg, M>) -> Result<Vec<Kept>, Fault> {
    let (services, request) = (cx.services().clone(), cx.request.clone());
    let mut kept: Vec<Kept> = Vec::new();
    for cookie in KEPT_COOKIES {
        let Some(value) = request.cookie(cookie) else { continue };
        let Some(session) = find_by_cookie(&mut cx.tx, &services, value, cx.now).await? else { continue };
        let is_known = cx.actor.user() == Some(&session.user) || kept.iter().any(|other| other.session.user == session.user);
        if !is_known {
            kept.push(Kept { session, cookie, credential: Secret::new(value) });
        }
    }
    Ok(kept)
}

/// Make a kept account the current one; the one that was current is kept in its place.
///
/// # Errors
/// 401 `session_required` if the account's session ended in the meantime.
pub async fn switch(cx: &mut Cx<OneOrg, Writes>, to: Kept) -> Result<(Session, Vec<Cookie>), Fault> {
    if !hold(&mut cx.tx, &to.session.id, cx.now).await? {
        return Err(session_required());
    }
    let displaced = match current(cx).await? {
        Some((session, credential)) => placed(to.cookie, credential, max_age(&session, cx.now), cx.org()),
        None => to.removal(cx.org()),
    };
    let state = state_cookie(cx.services(), cx.org(), &to.session, cx.now);
    let own = placed(COOKIE, to.credential, state.max_age, cx.org());
    Ok((to.session, vec![own, state, displaced]))
}

/// Keep the current session beside one that is about to begin for `user`, whose own kept session, if there is one, is given back. If
/// there is no place left, the account that was used longest ago is signed out.
///
/// # Errors
/// Whatever the database says.
pub async fn keep(cx: &mut Cx<OneOrg, Writes>, user: &UserId) -> Result<(Option<Session>, Vec<Cookie>), Fault> {
    let mut kept = list_kept(cx).await?;
    let own = kept.iter().position(|kept| kept.session.user == *user).map(|at| kept.remove(at));
    let Some((session, credential)) = current(cx).await? else { return Ok(returning(cx, own)) };
    let free = own.as_ref().map(|own| own.cookie);
    let free = free.or_else(|| KEPT_COOKIES.into_iter().find(|cookie| kept.iter().all(|kept| kept.cookie != *cookie)));
    let place = match free {
        Some(cookie) => Some(cookie),
        None => match kept.into_iter().min_by_key(|kept| kept.session.seen_at) {
            Some(oldest) => {
                end(&mut cx.tx, &oldest.session.id, cx.now).await?;
                Some(oldest.cookie)
            }
            None => None,
        },
    };
    let cookies = place.map(|cookie| placed(cookie, credential, max_age(&session, cx.now), cx.org()));
    Ok((own.map(|own| own.session), cookies.into_iter().collect()))
}

/// The kept session of somebody who signs in again, if there is one, and what takes it from its place.
///
/// # Errors
/// Whatever the database says.
pub async fn take(cx: &mut Cx<OneOrg, Writes>, user: &UserId) -> Result<(Option<Session>, Vec<Cookie>), Fault> {
    let own = list_kept(cx).await?.into_iter().find(|kept| kept.session.user == *user);
    Ok(returning(cx, own))
}

fn returning(cx: &Cx<OneOrg, Writes>, own: Option<Kept>) -> (Option<Session>, Vec<Cookie>) {
    match own {
        Some(own) => {
            let removal = own.removal(cx.org());
            (Some(own.session), vec![removal])
        }
        None => (None, Vec::new()),
    }
}

/// The live session of the browser, and what its cookie says.
async fn current(cx: &mut Cx<OneOrg, Writes>) -> Result<Option<(Session, Secret)>, Fault> {
    let (Actor::Session { session, .. }, Some(value)) = (&cx.actor, cx.request.cookie(COOKIE)) else { return Ok(None) };
    let credential = Secret::new(value);
    Ok(find(&mut cx.tx, session, cx.now).await?.map(|session| (session, credential)))
}

fn max_age(session: &Session, now: Timestamp) -> Option<std::time::Duration> {
    session.is_remembered.then(|| session.expires_at.since(now))
}

fn placed(name: &'static str, value: Secret, max_age: Option<std::time::Duration>, org: &Org) -> Cookie {
    Cookie { name, value, path: cookie_path(org), max_age, reach: Reach::Server }
}
