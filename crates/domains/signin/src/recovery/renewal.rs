//! Passwords that are too old: whoever signs in with one chooses another before anything else, and is told some days before.

use crate::links::{self, NewLink, Purpose};
use crate::mail::tell_password_ends;
use crate::onward::Onward;
use crate::policy::Policy;
use flow::{Cx, OneOrg, Services, Writes};
use identity::settings::RotationPolicy;
use identity::users::User;
use kernel::{Fault, Timestamp};
use std::time::Duration;
use store::{Org, args, org_sql};

/// Why nobody comes in with such a password, for the log.
pub(crate) const TOO_OLD: &str = "password_too_old";

/// Whether a person's password is as old as passwords may become.
pub(crate) fn is_due(services: &Services, org: &Org, user: &User, now: Timestamp) -> bool {
    Policy::of(services, org).rotation().is_some_and(|policy| end(policy, user) <= now)
}

/// When it is.
fn end(policy: &RotationPolicy, user: &User) -> Timestamp {
    since(user).plus(days(policy.max_age_days.value()))
}

/// A password that came with the account is as old as the account.
fn since(user: &User) -> Timestamp {
    user.password_changed_at.unwrap_or(user.created_at)
}

fn days(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 24 * 60 * 60)
}

/// Where the person chooses another: the page of a link, which they are led to at once. Who knew the password is known; nobody comes
/// in by that.
pub(crate) async fn page(cx: &mut Cx<OneOrg, Writes>, user: &User, onward: &Onward) -> Result<String, Fault> {
    let (services, slug) = (cx.services().clone(), cx.org().slug().to_owned());
    links::void(&mut cx.tx, &user.id, &[Purpose::RenewPassword], cx.now).await?;
    let back = onward.carried_to(&slug, "signin");
    let link = NewLink { purpose: Purpose::RenewPassword, user, continue_to: Some(&back), browser: None };
    let token = links::issue(&mut cx.tx, &services, &link, cx.now).await?;
    let token = token.ok_or_else(|| Fault::internal("links that nobody is mailed aren't counted"))?;
    Ok(format!("/orgs/{slug}/reset-password?token={}", token.expose()))
}

/// Tell a person who has come in that their password is about to be too old; once for each password.
pub(crate) async fn remind(cx: &mut Cx<OneOrg, Writes>, user: &User) -> Result<(), Fault> {
    let (services, org) = (cx.services().clone(), cx.org().clone());
    let policy = Policy::of(&services, &org);
    let Some(rotation) = policy.rotation().filter(|rotation| rotation.notify_before_days.value() > 0) else { return Ok(()) };
    let end = end(rotation, user);
    if cx.now < end.minus(days(rotation.notify_before_days.value())) {
        return Ok(());
    }
    let sql = org_sql!(
        "UPDATE users SET password_notice_at = :now WHERE org_id = :org AND id = :user AND password_hash IS NOT NULL
             AND (password_notice_at IS NULL OR password_notice_at < :since)"
    );
    if cx.tx.execute(sql, args! { now: cx.now, user: &user.id, since: since(user) }).await? == 1 {
        tell_password_ends(&mut cx.tx, &services, user, end, cx.now).await?;
    }
    Ok(())
}
