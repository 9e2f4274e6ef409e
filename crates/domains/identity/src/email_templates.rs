//! Mails in the organization's own words: a subject and a little HTML with placeholders, for each kind of mail and, where wanted,
//! for each language. Without one, or with one that isn't active, the built-in mail is sent.

mod fields;
mod html;
mod kind;
mod preview;
mod rows;
mod save;
mod show;
mod template;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub use fields::{Body, ForLanguage, KindName, Subject};
pub use kind::{MailKind, Variable};
pub use preview::{Preview, PreviewTemplate};
pub use save::{DeleteTemplate, SaveTemplate, TemplateChange, TemplateDeletion};
pub use show::{ListTemplates, ShowTemplate, ShowVariables, TemplateList, VariableList};
pub use template::Template;
pub use view::TemplateView;
pub use words::Values;

use crate::settings::Settings;
use crate::users::User;
use flow::Catalogue;
use kernel::Fault;
use pages::Words;
use pages::mail::Mail;
use store::{Mode, OneOrg, Org, Tx};

/// Every operation on templates.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListTemplates>()
        .mount::<ShowTemplate>()
        .mount::<SaveTemplate>()
        .mount::<DeleteTemplate>()
        .mount::<PreviewTemplate>()
        .mount::<ShowVariables>()
}

/// What every mail to this person can say.
pub fn values_about(org: &Org, user: &User) -> Values {
    let first = user.given_name.clone().unwrap_or_else(|| user.display_name().to_owned());
    let mut values = values_about_address(org, &user.email);
    values.extend([
        ("user.firstName", first),
        ("user.lastName", user.family_name.clone().unwrap_or_default()),
        ("user.name", user.display_name().to_owned()),
    ]);
    values
}

/// What every mail can say of whom nothing but the address is known.
pub fn values_about_address(org: &Org, email: &str) -> Values {
    let settings = Settings::of(org);
    let support = settings.general.support_email.as_ref().map(|address| address.as_str().to_owned());
    [
        ("user.firstName", email.to_owned()),
        ("user.lastName", String::new()),
        ("user.name", email.to_owned()),
        ("user.email", email.to_owned()),
        ("tenant.name", settings.general.shown_name(org).to_owned()),
        ("support_email", support.unwrap_or_default()),
    ]
    .into_iter()
    .collect()
}

/// The mail in the organization's own words, if it has any for a reader of this language.
///
/// # Errors
/// Whatever the database says.
pub async fn in_own_words<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    kind: MailKind,
    words: &'static Words,
    values: &Values,
) -> Result<Option<Mail>, Fault> {
    let Some(row) = rows::find_used(tx, kind, words.tag).await? else { return Ok(None) };
    match Template::parse(kind, &row.subject, &row.body_html) {
        Ok(template) => Ok(Some(template.render(values))),
        Err(fault) => {
            tracing::warn!(mail = kind.as_str(), ?fault, "a template is not good any more; the built-in mail is sent");
            Ok(None)
        }
    }
}
