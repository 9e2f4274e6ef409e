//! `docs/PAGES.md` says what is there.

use super::html::tags;
use crate::{all_examples, fields};
use std::collections::HashSet;

const PAGES: &str = include_str!("../../../../docs/PAGES.md");

/// The cells of the table rows under a heading.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let section = PAGES.split("\n## ").find(|section| section.starts_with(heading)).expect(heading);
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn quoted(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_documented_id_is_on_its_page() {
    let examples = all_examples();
    let rows = rows("Pages");
    assert!(rows.len() > 15);
    for row in rows {
        let on_page: HashSet<String> = quoted(row[1])
            .flat_map(|name| {
                let found: Vec<_> = examples.iter().filter(|example| example.name == name).collect();
                assert!(!found.is_empty(), "no example {name}");
                found.into_iter().flat_map(|example| tags(&example.html)).filter_map(|tag| tag.attribute("id").map(str::to_owned))
            })
            .collect();
        for id in quoted(row[3]) {
            assert!(on_page.contains(id.trim_start_matches('#')), "{}: {id}", row[0]);
        }
    }
}

#[test]
fn every_example_button_link_and_input_with_an_id_is_documented() {
    let documented: HashSet<&str> =
        rows("Pages").iter().flat_map(|row| quoted(row[3])).map(|id| id.trim_start_matches('#')).collect();
    for example in all_examples() {
        for tag in tags(&example.html).iter().filter(|tag| ["input", "button", "a"].iter().any(|name| tag.is(name))) {
            let Some(id) = tag.attribute("id") else { continue };
            let numbered = id.starts_with("revoke-s") || id.starts_with("disconnect-") || id.starts_with("look-");
            assert!(numbered || documented.contains(id), "{}: #{id}", example.name);
        }
    }
}

#[test]
fn field_names_are_documented_and_the_pages_use_no_others() {
    let documented: HashSet<&str> = rows("Fields").iter().flat_map(|row| quoted(row[0])).collect();
    let known = [
        fields::CSRF,
        fields::IDENTIFIER,
        fields::PASSWORD,
        fields::CURRENT_PASSWORD,
        fields::APPROVAL_CODE,
        fields::REMEMBER,
        fields::EMAIL,
        fields::GIVEN_NAME,
        fields::FAMILY_NAME,
        fields::MIDDLE_NAME,
        fields::NICKNAME,
        fields::GENDER,
        fields::BIRTHDATE,
        fields::PHONE_NUMBER,
        fields::PICTURE,
        fields::PROFILE,
        fields::WEBSITE,
        fields::LOCALE,
        fields::ZONEINFO,
        fields::STREET_ADDRESS,
        fields::POSTAL_CODE,
        fields::LOCALITY,
        fields::REGION,
        fields::COUNTRY,
        fields::ACCOUNT,
        fields::ORGANIZATION,
        fields::DECISION,
        fields::USER_CODE,
        fields::SESSION,
        fields::APP,
    ];
    assert_eq!(documented, HashSet::from(known));
    let carried = ["token", "code", "state"];
    for example in all_examples() {
        for name in
            tags(&example.html).iter().filter(|tag| tag.is("input") || tag.is("button")).filter_map(|tag| tag.attribute("name"))
        {
            assert!(documented.contains(name) || carried.contains(&name), "{}: {name}", example.name);
        }
    }
}

#[test]
fn button_values_are_the_ones_the_fields_module_names() {
    let mut found = HashSet::new();
    for example in all_examples() {
        for tag in tags(&example.html).iter().filter(|tag| tag.attribute("name") == Some(fields::DECISION)) {
            found.insert(tag.attribute("value").unwrap().to_owned());
        }
    }
    let known = [
        fields::ALLOW,
        fields::DENY,
        fields::CANCEL,
        fields::SIGN_OUT,
        fields::STAY,
        fields::ACCEPT,
        fields::DECLINE,
        fields::SWITCH,
    ];
    assert_eq!(found, known.iter().map(ToString::to_string).collect());
}
