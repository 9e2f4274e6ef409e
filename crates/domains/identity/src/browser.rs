//! Which browser is this: a cookie from the first form on, and the tokens that tie a form to it.
//!
//! A form's token is bound to the organization, the browser and its session (OWASP CSRF Prevention, signed double submit). Each
//! token is masked by a nonce of its own, so that compressed answers give nothing of it away.

use crate::sessions::{self, cookie_path};
use flow::{Cookie, Incoming, Reach, Services};
use jose::digest::{constant_time_eq, hmac_sha256};
use jose::encoding::{base64url, decode_base64url};
use jose::random::token;
use jose::seal::{MasterKey, derive};
use kernel::{Denial, Fault, Secret};
use store::Org;

/// The cookie that names a browser.
pub const COOKIE: &str = "lumoauth_browser";
const ID_BYTES: usize = 32;
const NONCE_BYTES: usize = 16;

/// A form that isn't one of this browser, session and organization.
pub const STALE_FORM: Denial = Denial::forbidden("csrf", "This form has expired. Please go back, reload the page and try again.");

/// A token for a form of this browser, and the cookie to set if the browser has no name yet.
pub fn csrf_token(services: &Services, org: &Org, incoming: &Incoming) -> (String, Option<Cookie>) {
    let (id, cookie) = match id(incoming) {
        Some(id) => (id.to_owned(), None),
        None => new_id(services, org),
    };
    let mut nonce = [0; NONCE_BYTES];
    services.rng.fill(&mut nonce);
    let mac = mac(&services.master_keys.current, org, &id, incoming, &nonce);
    (base64url([nonce.as_slice(), &mac].concat()), cookie)
}

/// Check the token a form sent back.
///
/// # Errors
/// 403 `csrf` if it isn't one of this browser, session and organization.
pub fn check_csrf(services: &Services, org: &Org, incoming: &Incoming, sent: &Secret) -> Result<(), Fault> {
    let is_ours = id(incoming).is_some_and(|id| {
        let Ok(sent) = decode_base64url(sent.expose()) else { return false };
        let Some((nonce, sent)) = sent.split_at_checked(NONCE_BYTES) else { return false };
        let keys = &services.master_keys;
        std::iter::once(&keys.current)
            .chain(&keys.previous)
            .any(|key| constant_time_eq(&mac(key, org, id, incoming, nonce), sent))
    });
    if is_ours { Ok(()) } else { Err(STALE_FORM.into()) }
}

/// The name of the browser, if it has one in the form we give.
pub fn id(incoming: &Incoming) -> Option<&str> {
    incoming.cookie(COOKIE).filter(|id| decode_base64url(id).is_ok_and(|bytes| bytes.len() == ID_BYTES))
}

fn new_id(services: &Services, org: &Org) -> (String, Option<Cookie>) {
    let id = token(&*services.rng, ID_BYTES);
    let cookie =
        Cookie { name: COOKIE, value: Secret::new(id.clone()), path: cookie_path(org), max_age: None, reach: Reach::Server };
    (id, Some(cookie))
}

fn mac(key: &MasterKey, org: &Org, id: &str, incoming: &Incoming, nonce: &[u8]) -> [u8; 32] {
    let session = incoming.cookie(sessions::COOKIE).unwrap_or_default();
    // No part but the last can hold a line break, so no two sets of parts make the same text.
    let bound = format!("{}\n{}\n{id}\n{session}", base64url(nonce), org.id());
    hmac_sha256(&derive(key, "csrf"), bound.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    fn with_cookies(cookies: &str) -> Incoming {
        Incoming { headers: vec![("cookie".to_owned(), cookies.to_owned())], ..Incoming::default() }
    }

    #[tokio::test]
    async fn a_form_comes_back_only_from_the_browser_session_and_organization_it_was_made_for() {
        let world = World::start().await;
        let other = world.another_org("globex").await;
        let (first, cookie) = csrf_token(&world.services, &world.org, &Incoming::default());
        let browser = format!("{COOKIE}={}", cookie.unwrap().value.expose());
        let check = |org: &Org, cookies: &str, token: &str| {
            check_csrf(&world.services, org, &with_cookies(cookies), &Secret::new(token)).is_ok()
        };
        assert!(check(&world.org, &browser, &first));
        assert!(!check(&other, &browser, &first), "another organization");
        assert!(!check(&world.org, "", &first), "a browser without a name");
        assert!(!check(&world.org, &format!("{COOKIE}={}", token(&*world.services.rng, 32)), &first), "another browser");
        assert!(!check(&world.org, &format!("{browser}; {}=x", sessions::COOKIE), &first), "after signing in");
        let swapped: String = first.chars().rev().collect();
        for forged in ["", "x", "AAAA", &swapped, first.trim_end_matches(|c: char| c.is_alphanumeric())] {
            assert!(!check(&world.org, &browser, forged), "{forged}");
        }
    }

    #[tokio::test]
    async fn a_named_browser_keeps_its_name_and_gets_a_new_token_each_time() {
        let world = World::start().await;
        let (_, cookie) = csrf_token(&world.services, &world.org, &Incoming::default());
        let again = with_cookies(&format!("{COOKIE}={}", cookie.unwrap().value.expose()));
        let (one, none) = csrf_token(&world.services, &world.org, &again);
        let (two, _) = csrf_token(&world.services, &world.org, &again);
        assert!(none.is_none());
        assert_ne!(one, two);
        let (_, replaced) = csrf_token(&world.services, &world.org, &with_cookies(&format!("{COOKIE}=chosen")));
        assert!(replaced.is_some(), "a name we didn't give is replaced");
    }
}
