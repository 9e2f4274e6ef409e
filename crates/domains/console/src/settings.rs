//! Settings: each section of them a page, made from what the section declares.

use crate::action::{Act, Submit, Then, acts, segment};
use crate::ask::{answer, ready};
use crate::form::{Asking, fields_of, form_of, page_of};
use crate::frame::{News, Section};
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::permissions::SETTINGS_READ;
use identity::settings::{self, ChangeSection, ShowSection};
use kernel::{Fault, Permission};
use pages::{AreaWords, Block, Cell, ConsoleWords, EntryForm, Table};

macro_rules! areas {
    ($($area:ident, $change:ident: $path:literal, $words:ident;)*) => {
        pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
            catalogue.mount::<Page<Sections>>()$(.mount::<Page<$area>>().mount::<Submit<$change>>())*
        }

        /// Path, and what is said about it.
        const AREAS: [(&str, fn(&ConsoleWords) -> &AreaWords); [$($path),*].len()] = [$(($path, |words| &words.areas.$words)),*];

        /// The paths of those with something to decide.
        fn open_areas() -> Vec<&'static str> {
            let all = [$(($path, offered::<$change>($path))),*];
            all.into_iter().filter(|(_, names)| !names.is_empty()).map(|(path, _)| path).collect()
        }

        $(
            #[doc = concat!("Settings of the section ", $path, ".")]
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
                    let (page, words) = (page_of(cx), words(cx));
                    let area = &words.areas.$words;
                    let names = offered::<$change>($path);
                    if names.is_empty() {
                        return Err(Fault::not_found("settings.not_found", "There is nothing to decide here."));
                    }
                    let forms = names.into_iter().fold(Vec::new(), by_part).into_iter().map(|(part, names)| {
                        let asking = Asking::of_settings(area, &part, &names);
                        let form = form_of::<$change>(&page, concat!("portal/settings/", $path), &known, &asking);
                        Block::Entry(EntryForm { id: id_of(&part), ..form })
                    });
                    let back = page.path("portal/settings");
                    let content = Content::new(Section::Settings, area.title(), forms.collect());
                    Ok(content.with_lead(area.lead()).with_back(words.sections.settings, back))
                }
            }
        )*

        acts! {
            in Settings;
            $(
                /// Change settings of this section.
                $change = concat!("console.change_settings_", $path), concat!("/orgs/{org}/portal/settings/", $path), ChangeSection<settings::$area>,
                asking |words| Asking::of_settings(&words.areas.$words, "", &offered::<$change>($path)),
                |done| Then::Go(done.path(&format!("settings/{}", segment($path))), News::Saved);
            )*
        }

        /// The settings that each section's forms ask for, with their schemas.
        #[cfg(test)]
        fn asked() -> Vec<Vec<(String, serde_json::Value)>> {
            vec![$(settings_of::<$change>().collect()),*]
        }
    };
}

areas! {
    General, ChangeGeneral: "general", general;
    Authentication, ChangeAuthentication: "authentication", authentication;
    Security, ChangeSecurity: "security", security;
    Branding, ChangeBranding: "branding", branding;
    Mail, ChangeMail: "email", mail;
    OAuth, ChangeOAuth: "oauth", oauth;
    Scim, ChangeScim: "scim", scim;
}

/// Older names of what `mfa_policy` and `password_policy` have: nobody is asked the same twice.
const OLDER: [&str; 5] = ["mfa_required", "mfa_methods", "mfa_sms_enabled", "password_min_length", "password_require_special"];

fn settings_of<A: Act>() -> impl Iterator<Item = (String, serde_json::Value)> {
    fields_of::<A>().into_iter().filter(|(name, _)| !OLDER.contains(&name.as_str()))
}

/// Those that do something.
fn offered<A: Act>(section: &str) -> Vec<String> {
    settings_of::<A>().map(|(name, _)| name).filter(|name| !settings::is_idle(section, name)).collect()
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
        let (page, words) = (page_of(cx), words(cx));
        let row = |(path, area): (&str, fn(&ConsoleWords) -> &AreaWords)| {
            let area = area(words);
            vec![Cell::link(area.title(), page.path(&format!("portal/settings/{path}"))), Cell::text(area.lead())]
        };
        let (w, open) = (&words.settings, open_areas());
        let table = Table {
            id: "sections",
            title: w.all.to_owned(),
            columns: vec![w.section, w.decides],
            rows: AREAS.into_iter().filter(|(path, _)| open.contains(path)).map(row).collect(),
            ..Table::default()
        };
        Ok(Content::new(Section::Settings, words.sections.settings, vec![Block::Table(table)]))
    }
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

fn id_of(part: &str) -> String {
    if part.is_empty() { "settings".to_owned() } else { format!("settings-{}", part.replace(['.', '_'], "-")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::choices;
    use pages::Words;
    use std::collections::BTreeSet;

    /// What must be said about a section, from what its forms ask for.
    fn needed(asked: &[(String, serde_json::Value)]) -> BTreeSet<String> {
        let mut needed = BTreeSet::from([String::new(), "?".to_owned()]);
        for (name, schema) in asked {
            needed.insert(name.clone());
            needed.extend(name.rsplit_once('.').map(|(part, _)| part.to_owned()));
            needed.extend(choices(schema).into_iter().map(|value| format!("{name}={value}")));
        }
        needed
    }

    #[test]
    fn every_setting_and_every_choice_is_called_something_in_each_language_and_nothing_else_is() {
        for tag in Words::languages() {
            let words = &Words::by_tag(tag).unwrap().console;
            for ((path, area), asked) in AREAS.into_iter().zip(asked()) {
                let (area, needed) = (area(words), needed(&asked));
                for key in &needed {
                    assert!(area.label(key).is_some_and(|said| !said.is_empty()), "{tag} {path}: {key:?} is called nothing");
                }
                let mut seen = BTreeSet::new();
                for key in area.keys() {
                    let about = key.strip_suffix('?').unwrap_or(key);
                    assert!(needed.contains(about), "{tag} {path}: there is no {key:?}");
                    assert!(seen.insert(key), "{tag} {path}: {key:?} is said twice");
                }
            }
        }
    }

    #[test]
    fn settings_of_a_part_do_not_share_a_label() {
        for tag in Words::languages() {
            let words = &Words::by_tag(tag).unwrap().console;
            for ((path, area), asked) in AREAS.into_iter().zip(asked()) {
                let parts = asked.into_iter().map(|(name, _)| name).fold(Vec::new(), by_part);
                for (part, names) in parts {
                    let labels: BTreeSet<_> = names.iter().map(|name| area(words).label(name)).collect();
                    assert_eq!(labels.len(), names.len(), "{tag} {path} {part}: {labels:?}");
                }
            }
        }
    }
}
