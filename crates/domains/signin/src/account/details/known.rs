//! Which of a person's claims they may set themselves, how each is read, and where it belongs.

use flow::Field;
use identity::change::Change;
use identity::users::{Address, Birthdate, Gender, Locale, Name, PhoneNumber, Picture, User, WebPage, Zoneinfo};
use pages::fields;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a form says about each field.
pub(super) type Typed = BTreeMap<&'static str, Change<String>>;

struct Known {
    name: &'static str,
    read: fn(&str) -> Result<String, String>,
    place: fn(&mut User) -> &mut Option<String>,
}

const KNOWN: [Known; 10] = [
    Known { name: fields::MIDDLE_NAME, read: name, place: |user| &mut user.profile.middle_name },
    Known { name: fields::NICKNAME, read: name, place: |user| &mut user.profile.nickname },
    Known {
        name: fields::GENDER,
        read: |text| Gender::parse(text).map(Gender::into_string),
        place: |user| &mut user.profile.gender,
    },
    Known {
        name: fields::BIRTHDATE,
        read: |text| Birthdate::parse(text).map(Birthdate::into_string),
        place: |user| &mut user.profile.birthdate,
    },
    Known {
        name: fields::PHONE_NUMBER,
        read: |text| PhoneNumber::parse(text).map(PhoneNumber::into_string),
        place: |user| &mut user.phone_number,
    },
    Known { name: fields::PICTURE, read: |text| Picture::parse(text).map(Picture::into_string), place: |user| &mut user.picture },
    Known { name: fields::PROFILE, read: web_page, place: |user| &mut user.profile.profile },
    Known { name: fields::WEBSITE, read: web_page, place: |user| &mut user.profile.website },
    Known { name: fields::LOCALE, read: |text| Locale::parse(text).map(Locale::into_string), place: |user| &mut user.locale },
    Known {
        name: fields::ZONEINFO,
        read: |text| Zoneinfo::parse(text).map(Zoneinfo::into_string),
        place: |user| &mut user.zoneinfo,
    },
];

/// The members of the address claim that have a field; they share their names.
const ADDRESS: [&str; 5] = [fields::STREET_ADDRESS, fields::POSTAL_CODE, fields::LOCALITY, fields::REGION, fields::COUNTRY];

fn name(text: &str) -> Result<String, String> {
    Name::from_text(text).map(Name::into_string)
}

fn web_page(text: &str) -> Result<String, String> {
    WebPage::parse(text).map(WebPage::into_string)
}

/// What the form shows of a person.
pub(super) fn shown(user: &User) -> BTreeMap<&'static str, String> {
    let mut user = user.clone();
    let mut values = address_of(&user);
    for known in &KNOWN {
        if let Some(value) = (known.place)(&mut user).take() {
            values.insert(known.name, value);
        }
    }
    values
}

/// Put what was typed into the person; says which fields that changed.
///
/// # Errors
/// The first field that holds what it can't be; the person may then be changed in part.
pub(super) fn apply(user: &mut User, typed: &Typed) -> Result<Vec<&'static str>, &'static str> {
    let mut changed = Vec::new();
    for known in &KNOWN {
        if change(typed, known.name, known.read)?.apply((known.place)(user), |value| value) {
            changed.push(known.name);
        }
    }
    if changed.contains(&fields::PHONE_NUMBER) {
        user.phone_number_verified = false;
    }
    if change_address(user, typed)? {
        changed.push("address");
    }
    Ok(changed)
}

/// What is to become of a field. Nothing but space is nothing.
fn change(
    typed: &Typed,
    name: &'static str,
    read: impl FnOnce(&str) -> Result<String, String>,
) -> Result<Change<String>, &'static str> {
    match typed.get(name) {
        None | Some(Change::Keep) => Ok(Change::Keep),
        Some(Change::Clear) => Ok(Change::Clear),
        Some(Change::Set(text)) if text.trim().is_empty() => Ok(Change::Clear),
        Some(Change::Set(text)) => read(text.trim()).map(Change::Set).map_err(|_| name),
    }
}

/// The parts of an address, each on one line. One that was written as a whole stands where the street is.
fn address_of(user: &User) -> BTreeMap<&'static str, String> {
    let stored: Map<String, Value> =
        user.address.as_deref().and_then(|address| serde_json::from_str(address).ok()).unwrap_or_default();
    let text = |name: &str| {
        let text = stored.get(name).and_then(Value::as_str)?;
        Some(text.replace('\n', ", ")).filter(|text| !text.is_empty())
    };
    let mut parts: BTreeMap<_, _> = ADDRESS.into_iter().filter_map(|name| Some((name, text(name)?))).collect();
    if let Some(whole) = text("formatted").filter(|_| parts.is_empty()) {
        parts.insert(fields::STREET_ADDRESS, whole);
    }
    parts
}

/// Whether that changed the address. A new one has its parts alone: what was written as a whole would say something else now.
fn change_address(user: &mut User, typed: &Typed) -> Result<bool, &'static str> {
    let before = address_of(user);
    let mut parts = before.clone();
    for part in ADDRESS {
        let is_good = |text: &str| Address::from_json(&json!({ part: text })).map(|_| text.to_owned());
        match change(typed, part, is_good)? {
            Change::Keep => {}
            Change::Clear => drop(parts.remove(part)),
            Change::Set(text) => drop(parts.insert(part, text)),
        }
    }
    if parts == before {
        return Ok(false);
    }
    let members: Map<String, Value> = parts.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    user.address = Some(members).filter(|members| !members.is_empty()).map(|members| Value::Object(members).to_string());
    Ok(true)
}
