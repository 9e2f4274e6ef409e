//! What holds for every page, in every state and language.

mod documented;
mod escaping;
mod html;

use crate::{Example, POLICY, POLICY_LEAVING, all_examples, console_example, reference_example};
use html::{Tag, assert_nested, inner_text, tags};
use std::collections::HashSet;

fn for_all(check: impl Fn(&str, &Example, &[Tag])) {
    let examples = all_examples();
    assert!(examples.len() > 150);
    for example in examples.iter().chain([&console_example(), &reference_example()]) {
        check(&format!("{}.{}", example.name, example.language), example, &tags(&example.html));
    }
}

#[test]
fn every_page_is_a_well_formed_document_in_its_language() {
    for_all(|page, example, tags| {
        assert_nested(tags, page);
        assert!(tags[0].is("html") && tags[0].attribute("lang") == Some(example.language), "{page}");
        assert_eq!(tags[0].attribute("dir"), Some("ltr"), "{page}");
        let title = tags.iter().find(|tag| tag.is("title")).expect(page);
        assert!(title.text.len() > " · LumoAuth".len(), "{page}: {}", title.text);
        assert!(tags.iter().any(|tag| tag.attribute("name") == Some("viewport")), "{page}");
        assert_eq!(tags.iter().filter(|tag| tag.is("main")).count(), 1, "{page}");
    });
}

#[test]
fn no_page_has_inline_script_or_style_or_loads_from_elsewhere() {
    for_all(|page, _, tags| {
        for tag in tags {
            assert!(!tag.is("style") && !tag.is("object") && !tag.is("base"), "{page}: {}", tag.name);
            for (key, value) in &tag.attributes {
                assert!(key != "style" && !key.starts_with("on"), "{page}: {key} on {}", tag.name);
                assert!(!value.trim_start().to_ascii_lowercase().starts_with("javascript:"), "{page}: {value}");
            }
        }
        for script in tags.iter().filter(|tag| tag.is("script")) {
            assert!(script.attribute("src").is_some_and(|src| src.starts_with("/assets/app-")), "{page}");
            assert_eq!(script.text.trim(), "", "{page}");
        }
        for link in tags.iter().filter(|tag| tag.is("link")) {
            let is_picture = link.attribute("rel") == Some("icon") && link.attribute("referrerpolicy") == Some("no-referrer");
            let is_ours = link.attribute("href").is_some_and(|href| crate::asset(href).is_some());
            assert!(is_ours || is_picture, "{page}: {link:?}");
        }
    });
}

#[test]
fn only_whoever_has_signed_out_is_shown_frames_and_only_those_the_policy_names() {
    for_all(|page, example, tags| {
        let frames: Vec<_> = tags.iter().filter(|tag| tag.is("iframe") && !tag.is_end).collect();
        assert_eq!(!frames.is_empty(), example.name == "signed-out-telling-apps", "{page}");
        assert_eq!(example.policy.contains("frame-src"), !frames.is_empty(), "{page}");
        for frame in frames {
            let origin = frame.attribute("src").and_then(|src| src.split_once("/signed-out")).expect(page).0;
            assert!(example.policy.split(' ').any(|source| source == origin), "{page}: {origin} not in {}", example.policy);
            assert!(frame.has("hidden") && frame.attribute("sandbox") == Some("allow-same-origin allow-scripts"), "{page}");
        }
    });
}

#[test]
fn the_style_sheet_knows_no_left_and_right_so_that_every_direction_looks_right() {
    let css = include_str!("../../assets/style.css");
    let physical = ["-left:", "-right:", " left:", " right:", "align: left", "align: right", "float:"];
    for line in css.lines() {
        assert!(!physical.iter().any(|word| line.contains(word)), "{line}");
    }
}

#[test]
fn headings_go_down_one_step_at_a_time_from_a_single_first_one() {
    for_all(|page, _, tags| {
        let levels: Vec<u32> = tags
            .iter()
            .filter(|tag| !tag.is_end && tag.name.len() == 2 && tag.name.starts_with('h') && tag.name != "hr")
            .map(|tag| tag.name.chars().nth(1).and_then(|c| c.to_digit(10)).expect(page))
            .collect();
        assert_eq!(levels.first(), Some(&1), "{page}");
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{page}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{page}: {levels:?}");
    });
}

#[test]
fn every_input_has_a_label_every_button_a_name_and_every_picture_an_alternative() {
    for_all(|page, _, tags| {
        for (index, tag) in tags.iter().enumerate().filter(|(_, tag)| !tag.is_end) {
            match tag.name.as_str() {
                "input" if tag.attribute("type") != Some("hidden") => {
                    let id = tag.attribute("id").expect(page);
                    let label = tags.iter().position(|tag| tag.is("label") && tag.attribute("for") == Some(id));
                    let label = label.unwrap_or_else(|| panic!("{page}: #{id} has no label"));
                    assert!(!inner_text(tags, label).is_empty(), "{page}: the label of #{id} is empty");
                }
                "button" | "a" => assert!(tag.has("aria-label") || !inner_text(tags, index).is_empty(), "{page}: {tag:?}"),
                "img" => assert!(tag.has("alt"), "{page}"),
                "svg" if tag.attribute("role") == Some("img") => {
                    assert!(tag.attribute("aria-label").is_some_and(|label| !label.is_empty()), "{page}");
                }
                "svg" => assert_eq!(tag.attribute("aria-hidden"), Some("true"), "{page}"),
                _ => {}
            }
        }
    });
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    for_all(|page, _, tags| {
        let mut ids = HashSet::new();
        for id in tags.iter().filter_map(|tag| tag.attribute("id")) {
            assert!(ids.insert(id), "{page}: #{id} twice");
        }
        for reference in ["for", "aria-labelledby", "aria-describedby", "aria-controls"] {
            for target in tags.iter().filter_map(|tag| tag.attribute(reference)).flat_map(str::split_whitespace) {
                assert!(ids.contains(target), "{page}: {reference}={target}");
            }
        }
    });
}

#[test]
fn a_problem_is_announced_and_its_field_points_to_it() {
    for_all(|page, _, tags| {
        if let Some(problem) = tags.iter().find(|tag| tag.attribute("id") == Some("problem")) {
            assert_eq!(problem.attribute("role"), Some("alert"), "{page}");
        }
        for input in tags.iter().filter(|tag| tag.has("aria-invalid")) {
            assert!(input.attribute("aria-describedby").is_some_and(|ids| ids.contains("problem")), "{page}");
        }
    });
    let html = &all_examples().into_iter().find(|example| example.name == "sign-in-wrong-password").unwrap().html;
    assert_eq!(tags(html).iter().filter(|tag| tag.has("aria-invalid")).count(), 2, "never says which of the two was wrong");
}

#[test]
fn password_managers_know_what_each_field_is() {
    for_all(|page, example, tags| {
        // In the console people write about others: their own address is not to be filled in.
        let is_about_others = example.name == "console";
        for input in tags.iter().filter(|tag| tag.is("input")) {
            let known = match (input.attribute("type"), input.attribute("id")) {
                (Some("password"), _) => &["current-password", "new-password"][..],
                (Some("email"), _) => &["email"],
                (_, Some("identifier" | "username")) => &["username"],
                _ => continue,
            };
            let known = if is_about_others { &["off"][..] } else { known };
            assert!(input.attribute("autocomplete").is_some_and(|value| known.contains(&value)), "{page}: {input:?}");
        }
    });
}

#[test]
fn the_browser_checks_forms_and_every_form_of_ours_carries_a_token() {
    for_all(|page, example, tags| {
        assert!(!example.html.contains("novalidate"), "{page}");
        for (index, form) in tags.iter().enumerate().filter(|(_, tag)| tag.is("form")) {
            let is_search = form.attribute("role") == Some("search");
            assert_eq!(form.attribute("method"), Some(if is_search { "get" } else { "post" }), "{page}");
            assert!(form.attribute("action").is_some_and(|action| !action.is_empty()), "{page}");
            let inside = tags[index..].iter().take_while(|tag| !(tag.is_end && tag.name == "form"));
            let tokens = inside.clone().filter(|tag| tag.attribute("name") == Some("csrf")).count();
            let leaves = form.attribute("id") == Some("form-post");
            assert_eq!(tokens, usize::from(!leaves && !is_search), "{page}: {form:?}");
            assert!(inside.clone().any(|tag| tag.is("button")), "{page}: a form without a button needs a script");
        }
        for button in tags.iter().filter(|tag| tag.is("button")) {
            assert_eq!(button.attribute("type"), Some("submit"), "{page}");
        }
    });
}

#[test]
fn pages_that_lead_to_an_application_let_the_browser_follow() {
    for_all(|page, example, _| {
        let leaves = [
            "sign-in-for-app",
            "sign-in-again",
            "sign-in-in-own-style",
            "register-short-password",
            "sign-out",
            "demo-app-signed-in",
        ];
        let expected = leaves.contains(&example.name)
            || example.name.starts_with("consent")
            || example.name == "choose-account"
            || example.name == "choose-organization"
            || example.name.starts_with("form-post");
        assert_eq!(example.policy == POLICY_LEAVING, expected, "{page}");
    });
    for policy in [POLICY, POLICY_LEAVING] {
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe") && !policy.contains('*'));
    }
    assert!(POLICY.contains("form-action 'self'"));
}

#[test]
fn every_language_shows_the_same_pages_with_the_same_ids() {
    let ids_of = |language: &str| -> Vec<(&'static str, Vec<String>)> {
        let examples = all_examples().into_iter().filter(|example| example.language == language);
        examples
            .map(|example| {
                let ids = tags(&example.html).iter().filter_map(|tag| tag.attribute("id").map(str::to_owned)).collect();
                (example.name, ids)
            })
            .collect()
    };
    let english = ids_of("en");
    for language in ["de", "fr", "es"] {
        assert_eq!(ids_of(language), english, "{language}");
    }
}
