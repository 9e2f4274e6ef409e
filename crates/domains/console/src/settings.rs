//! Settings: each section of them a page, made from what the section declares.

mod label;

use crate::action::{Submit, Then, acts, segment};
use crate::ask::{answer, ready};
use crate::form::{Asking, form_of, names_of, page_of};
use crate::frame::{News, Section};
use crate::view::{Content, Page, View};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::permissions::SETTINGS_READ;
use identity::settings::{self, ChangeSection, ShowSection};
use kernel::{Fault, Permission};
use label::label;
use pages::{Block, Cell, EntryForm, Table};
use signin::page::Page as Surroundings;

macro_rules! areas {
    ($($area:ident, $change:ident: $path:literal, $title:literal, $lead:literal;)*) => {
        pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
            catalogue.mount::<Page<Sections>>()$(.mount::<Page<$area>>().mount::<Submit<$change>>())*
        }

        /// Path, title and what it decides.
        const AREAS: [(&str, &str, &str); [$($path),*].len()] = [$(($path, $title, $lead)),*];

        $(
            #[doc = $lead]
            struct $area;

            impl View for $area {
                const ID: &'static str = concat!("console.settings_", $path);
                const SUMMARY: &'static str = concat!("The console: settings of the section ", $path, ".");
                const ROUTE: Route = Route::get(concat!("/orgs/{org}/portal/settings/", $path));
                const NEEDS: Permission = SETTINGS_READ;
                type Asked = ShowSection<settings::$area>;

                async fn ask(prep: &Prep) -> Result<Self::Asked, Fault> {
                    ready(prep, &[]).await
                }

                async fn show(show: Self::Asked, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
                    let found = answer(cx, show).await?;
                    let known = found.get("data").cloned().unwrap_or_default();
                    let page = english(cx);
                    let forms = names_of::<$change>().into_iter().fold(Vec::new(), by_part).into_iter().map(|(part, names)| {
                        let form = form_of::<$change>(&page, concat!("portal/settings/", $path), &known, &asking(&part, $title, &names));
                        Block::Entry(EntryForm { id: id_of(&part), ..form })
                    });
                    let back = format!("/orgs/{}/portal/settings", cx.org().slug());
                    Ok(Content::new(Section::Settings, $title, forms.collect()).with_lead($lead).with_back("Settings", back))
                }
            }
        )*

        acts! {
            in Settings;
            $(
                /// Change settings of this section.
                $change = concat!("console.change_settings_", $path), concat!("/orgs/{org}/portal/settings/", $path), ChangeSection<settings::$area>,
                asking |_| asking("", $title, &names_of::<$change>()),
                |done| Then::Go(done.path(&format!("settings/{}", segment($path))), News::Saved);
            )*
        }
    };
}

areas! {
    General, ChangeGeneral: "general", "General", "What the organization is called, and what is assumed about its people.";
    Authentication, ChangeAuthentication: "authentication", "Authentication", "How people prove who they are, and for how long that counts.";
    Security, ChangeSecurity: "security", "Security", "How guesses and sessions are dealt with.";
    Branding, ChangeBranding: "branding", "Branding", "How pages look.";
    Mail, ChangeMail: "email", "Mail", "How the organization's mail leaves, and from whom it comes.";
    OAuth, ChangeOAuth: "oauth", "Authorization server", "What the authorization server insists on.";
    Scim, ChangeScim: "scim", "Provisioning", "How users come from and go to other directories.";
}

/// The sections.
struct Sections;

impl View for Sections {
    const ID: &'static str = "console.settings";
    const SUMMARY: &'static str = "The console: settings.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/settings");
    const NEEDS: Permission = SETTINGS_READ;
    type Asked = ();

    async fn ask(_: &Prep) -> Result<(), Fault> {
        Ok(())
    }

    async fn show((): (), cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let action = format!("/orgs/{}/portal/settings", cx.org().slug());
        let row =
            |(path, title, lead): &(&str, &str, &str)| vec![Cell::link(*title, format!("{action}/{path}")), Cell::text(*lead)];
        let table = Table {
            id: "sections",
            title: "All sections".to_owned(),
            columns: vec!["Section", "What it decides"],
            rows: AREAS.iter().map(row).collect(),
            ..Table::default()
        };
        Ok(Content::new(Section::Settings, "Settings", vec![Block::Table(table)]))
    }
}

/// Settings are called by their names in the API, and speak English.
fn english(cx: &Cx<OneOrg, Reads>) -> Surroundings {
    let page = page_of(cx);
    let english = Section::Settings.words(page.words());
    page.in_words(english)
}

/// Settings by the part of the section they belong to; the section's own come first.
fn by_part(mut parts: Vec<(String, Vec<String>)>, name: String) -> Vec<(String, Vec<String>)> {
    let part = name.rsplit_once('.').map_or("", |(part, _)| part).to_owned();
    match parts.iter_mut().find(|(known, _)| *known == part) {
        Some((_, names)) => names.push(name),
        None if part.is_empty() => parts.insert(0, (part, vec![name])),
        None => parts.push((part, vec![name])),
    }
    parts
}

fn asking(part: &str, title: &str, names: &[String]) -> Asking {
    let labelled: Vec<(&str, String)> = names.iter().map(|name| (name.as_str(), label(last(name)))).collect();
    let fields: Vec<(&str, &str)> = labelled.iter().map(|(name, label)| (*name, label.as_str())).collect();
    let title = if part.is_empty() { title.to_owned() } else { label(part) };
    Asking::of(title, &fields).with_changes_only()
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn id_of(part: &str) -> String {
    if part.is_empty() { "settings".to_owned() } else { format!("settings-{}", part.replace(['.', '_'], "-")) }
}
