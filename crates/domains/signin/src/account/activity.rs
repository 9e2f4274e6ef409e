//! What happened to an account lately, from the log.

use super::device::device;
use kernel::{Fault, Timestamp, UserId};
use pages::{Activity, Happening};
use serde_json::Value;
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

/// Lines on the account page.
const LINES: u32 = 20;

rows! {
    struct EntryRow { idx: i64, at: Timestamp, name: String, personal: String, client_name: Option<String> }
}

/// The latest lines, newest first: what the person did, and what was tried or done in their name.
pub(super) async fn list<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<Activity>, Fault> {
    let by_actor = org_sql!(
        "SELECT e.idx, e.at, e.name, v.personal, c.name AS client_name FROM log_entries e
         JOIN events v ON v.seq = e.seq
         LEFT JOIN clients c ON c.org_id = e.org_id AND c.id = e.target_id
         WHERE e.org_id = :org AND e.actor_id = :user AND e.name IN ('users.signed_in', 'users.signed_out',
             'users.password_changed', 'users.profile_changed', 'sessions.ended', 'authorization.consented', 'consents.revoked')
         ORDER BY e.idx DESC LIMIT :limit"
    );
    let by_target = org_sql!(
        "SELECT e.idx, e.at, e.name, v.personal, NULL AS client_name FROM log_entries e
         JOIN events v ON v.seq = e.seq
         WHERE e.org_id = :org AND e.target_id = :user AND e.name IN ('users.registered', 'users.signed_in',
             'users.sign_in_failed', 'users.email_verified', 'users.password_reset')
         ORDER BY e.idx DESC LIMIT :limit"
    );
    let mut rows: Vec<EntryRow> = tx.fetch_all(by_actor, args! { user: user, limit: LINES }).await?;
    rows.extend(tx.fetch_all::<EntryRow>(by_target, args! { user: user, limit: LINES }).await?);
    rows.sort_by_key(|row| std::cmp::Reverse(row.idx));
    rows.dedup_by_key(|row| row.idx);
    let limit = usize::try_from(LINES).unwrap_or(usize::MAX);
    Ok(rows.into_iter().take(limit).filter_map(EntryRow::shown).collect())
}

impl EntryRow {
    fn shown(self) -> Option<Activity> {
        let app = self.client_name.unwrap_or_default();
        let what = match self.name.as_str() {
            "users.registered" => Happening::Registered,
            "users.signed_in" => Happening::SignedIn,
            "users.sign_in_failed" => Happening::SignInFailed,
            "users.signed_out" => Happening::SignedOut,
            "users.email_verified" => Happening::EmailConfirmed,
            "users.password_changed" => Happening::PasswordChanged,
            "users.password_reset" => Happening::PasswordReset,
            "users.profile_changed" => Happening::ProfileChanged,
            "sessions.ended" => Happening::SessionEnded,
            "authorization.consented" => Happening::AppConnected(app),
            "consents.revoked" => Happening::AppDisconnected(app),
            _ => return None,
        };
        Some(Activity { what, at: self.at, place: place(&self.personal) })
    }
}

/// Device and address, as far as they were not erased.
fn place(personal: &str) -> Option<String> {
    let personal: Value = serde_json::from_str(personal).ok()?;
    let value = |field: &str| personal.get(field)?.get("value")?.as_str().map(str::to_owned);
    let parts: Vec<String> = value("user_agent").map(|text| device(Some(&text))).into_iter().chain(value("ip_address")).collect();
    Some(parts.join(" · ")).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_was_not_erased() {
        let both = r#"{"ip_address":{"salt":"","value":"192.0.2.7"},"user_agent":{"salt":"","value":"curl/8.1"}}"#;
        assert_eq!(place(both).as_deref(), Some("curl · 192.0.2.7"));
        assert_eq!(place("{}"), None);
        assert_eq!(place("not json"), None);
    }
}
