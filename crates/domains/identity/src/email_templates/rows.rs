//! Templates in the database.

use super::kind::MailKind;
use kernel::{Fault, Timestamp};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql, rows};

rows! {
    /// A stored template.
    #[derive(Clone, Debug)]
    pub(super) struct TemplateRow {
        pub(super) kind: String,
        /// The language it is for; empty for every language that has none of its own.
        pub(super) language: String,
        pub(super) subject: String,
        pub(super) body_html: String,
        pub(super) is_active: bool,
        pub(super) created_at: Timestamp,
        pub(super) updated_at: Timestamp,
    }
}

/// The template of a kind for exactly this language.
pub(super) async fn find<M: Mode>(tx: &mut Tx<OneOrg, M>, kind: MailKind, language: &str) -> Result<Option<TemplateRow>, Fault> {
    let sql = org_sql!(
        "SELECT kind, language, subject, body_html, is_active, created_at, updated_at FROM email_templates
         WHERE org_id = :org AND kind = :kind AND language = :language"
    );
    Ok(tx.fetch_optional(sql, args! { kind: kind.as_str(), language: language }).await?)
}

/// The template that is used for a reader of this language: that of the language, or else that of every language.
pub(super) async fn find_used<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    kind: MailKind,
    language: &str,
) -> Result<Option<TemplateRow>, Fault> {
    let sql = org_sql!(
        "SELECT kind, language, subject, body_html, is_active, created_at, updated_at FROM email_templates
         WHERE org_id = :org AND kind = :kind AND language IN (:language, '') AND is_active = 1
         ORDER BY language DESC LIMIT 1"
    );
    Ok(tx.fetch_optional(sql, args! { kind: kind.as_str(), language: language }).await?)
}

/// Every template of the organization.
pub(super) async fn list<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Vec<TemplateRow>, Fault> {
    let sql = org_sql!(
        "SELECT kind, language, subject, body_html, is_active, created_at, updated_at FROM email_templates
         WHERE org_id = :org ORDER BY kind, language"
    );
    Ok(tx.fetch_all(sql, &[]).await?)
}

/// What somebody wrote.
#[derive(Clone, Debug)]
pub(super) struct NewTemplate<'a> {
    pub(super) kind: MailKind,
    pub(super) language: &'a str,
    pub(super) subject: &'a str,
    pub(super) body_html: &'a str,
    pub(super) is_active: Option<bool>,
}

/// Make it, or replace the one there is.
pub(super) async fn save(tx: &mut Tx<OneOrg, Writes>, new: &NewTemplate<'_>, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "INSERT INTO email_templates (org_id, kind, language, subject, body_html, is_active, created_at, updated_at)
         VALUES (:org, :kind, :language, :subject, :body, COALESCE(:is_active, 1), :now, :now)
         ON CONFLICT (org_id, kind, language) DO UPDATE SET subject = excluded.subject, body_html = excluded.body_html,
             is_active = COALESCE(:is_active, email_templates.is_active), updated_at = excluded.updated_at"
    );
    let values = args! {
        kind: new.kind.as_str(), language: new.language, subject: new.subject, body: new.body_html, is_active: new.is_active, now: now
    };
    tx.execute(sql, values).await?;
    Ok(())
}

/// Forget it; `false` if there was none.
pub(super) async fn delete(tx: &mut Tx<OneOrg, Writes>, kind: MailKind, language: &str) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM email_templates WHERE org_id = :org AND kind = :kind AND language = :language");
    Ok(tx.execute(sql, args! { kind: kind.as_str(), language: language }).await? == 1)
}
