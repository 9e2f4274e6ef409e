//! Authorization details and their types (RFC 9396).

use crate::Target;
use crate::input::{choice, lines, seed, words};
use oauth::rar::{DetailType, Details, PARAMETER, check, describe, narrow, narrowed, parse};
use oauth::{ClientMetadata, Params};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// `t` and a type as it is registered, `d` and details as they are sent, or `n`, details that were granted and others that are asked for.
pub const TARGET: Target = Target {
    name: "authorization_details",
    words: || {
        words(&[
            "type",
            "title",
            "description",
            "schema",
            "payment_initiation",
            "any",
            "actions",
            "locations",
            "instructedAmount",
            "currency",
            "amount",
            "creditorAccount",
            "iban",
            "object",
            "array",
            "string",
            "number",
            "integer",
            "boolean",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "enum",
            "const",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minLength",
            "maxLength",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "$ref",
        ])
    },
    seeds,
    try_out,
};

/// RFC 9396 §2, and a schema for it.
fn payment() -> Value {
    json!({
        "type": "payment_initiation", "actions": ["initiate", "status", "cancel"], "locations": ["https://example.com/payments"],
        "instructedAmount": { "currency": "EUR", "amount": "123.50" }, "creditorName": "Merchant A",
        "creditorAccount": { "iban": "DE02100100109307118603" }, "remittanceInformationUnstructured": "Ref Number Merchant"
    })
}
fn payments() -> Value {
    json!({
        "type": "payment_initiation", "title": "Make a payment", "description": "From your account.",
        "schema": {
            "type": "object", "required": ["instructedAmount"], "additionalProperties": { "type": ["string", "null", "object", "array"] },
            "properties": {
                "actions": { "type": "array", "items": { "enum": ["initiate", "status", "cancel"] }, "minItems": 1, "maxItems": 3, "uniqueItems": true },
                "instructedAmount": {
                    "type": "object", "title": "Amount", "required": ["currency", "amount"],
                    "properties": {
                        "currency": { "type": "string", "minLength": 3, "maxLength": 3 }, "amount": { "type": "string", "maxLength": 12 },
                        "cents": { "type": "integer", "minimum": 0, "maximum": 99, "exclusiveMinimum": -1, "exclusiveMaximum": 100 }
                    }
                },
                "version": { "const": 1 }
            }
        }
    })
}

static TYPES: LazyLock<Vec<Arc<DetailType>>> = LazyLock::new(|| {
    let types = [payments(), json!({ "type": "any", "title": "Anything" })];
    types.iter().map(|known| Arc::new(DetailType::parse(known).expect("a type"))).collect()
});
static CLIENT: LazyLock<ClientMetadata> = LazyLock::new(|| ClientMetadata {
    authorization_details_types: vec!["payment_initiation".to_owned(), "any".to_owned()],
    ..ClientMetadata::new("c")
});

fn seeds() -> Vec<Vec<u8>> {
    let some =
        json!([{ "type": "any", "x": { "y": [1, { "z": null }, "a"], "n": [] }, "ok": true }, { "type": "any" }, payment()])
            .to_string();
    let less = json!([{ "type": "any", "x": { "y": ["a", 1], "n": [] }, "ok": true }]).to_string();
    let mut fewer = payment();
    fewer["actions"] = json!(["status"]);
    vec![
        seed(b't', &[&payments().to_string()]),
        seed(b't', &[r#"{"type":"any","title":"Anything"}"#]),
        seed(b'd', &[&json!([payment()]).to_string()]),
        seed(b'd', &[&some]),
        seed(b'n', &[&some, &less]),
        seed(b'n', &[&json!([payment()]).to_string(), &json!([fewer]).to_string()]),
    ]
}

fn try_out(input: &[u8]) -> bool {
    match choice(input) {
        Some((b't', rest)) => try_type(rest),
        Some((b'd', rest)) => details(rest).is_some_and(|details| try_details(&details)),
        Some((b'n', rest)) => {
            let [granted, asked] = lines(rest);
            let (Some(granted), Some(asked)) = (details(granted), details(asked)) else { return false };
            try_narrowing(&granted, &asked)
        }
        _ => false,
    }
}

fn try_type(text: &[u8]) -> bool {
    let Some(known) = jose::json::parse_strict(text).ok().and_then(|value| DetailType::parse(&value).ok()) else { return false };
    assert_eq!(DetailType::parse(&known.to_json()).as_ref(), Ok(&known), "it is another one after it was stored");
    // Whatever the schema says, checking comes to an end and says the same again.
    for object in [payment(), json!({}), json!({ "type": known.name, "a": [1, 1.0, "1", null, [], {}] })] {
        assert_eq!(known.schema.check(&object), known.schema.check(&object));
    }
    true
}

fn details(text: &[u8]) -> Option<Details> {
    let params = Params::collect([(PARAMETER, std::str::from_utf8(text).ok()?)]).ok()?;
    parse(&params).ok().flatten()
}

fn try_details(details: &Details) -> bool {
    let stored = serde_json::to_value(details).expect("they can be stored");
    assert_eq!(Details::from_json(stored.clone()).as_ref(), Ok(details), "they are others after they were stored");
    assert_eq!(narrow(details, details).as_ref(), Some(details), "they don't lie within themselves");
    assert_eq!(narrowed(None, details).as_ref(), Ok(details));
    assert!(details.types().all(|name| !name.is_empty()));
    let described = describe(details, &TYPES);
    let shown: BTreeSet<&str> = described.iter().flat_map(|object| object.rows.iter().map(|(_, value)| value.as_str())).collect();
    for object in details.iter() {
        for (name, value) in object.iter().filter(|(name, _)| *name != "type") {
            let Value::String(text) = value else { continue };
            assert!(shown.contains(text.as_str()), "{name} is not shown to who allows it");
        }
    }
    check(details, &TYPES, &CLIENT).is_ok()
}

/// What is asked for is never more than what was granted, by another measure than the room's: every value of it stands in one of the granted
/// objects, at the same place but for positions in lists.
fn try_narrowing(granted: &Details, asked: &Details) -> bool {
    let Some(narrower) = narrow(granted, asked) else {
        assert!(narrowed(Some(asked), granted).is_err());
        return false;
    };
    assert_eq!(&narrower, asked, "it is what was asked for");
    assert_eq!(narrow(granted, &narrower).as_ref(), Some(&narrower), "a second time makes a difference");
    for object in narrower.iter() {
        let within = granted.iter().any(|granted| {
            leaves(object).is_subset(&leaves(granted)) && object.keys().collect::<BTreeSet<_>>() == granted.keys().collect()
        });
        assert!(within, "it goes beyond what was granted");
    }
    // One object of it alone is no more either, and neither is what lies within that.
    for object in narrower.iter() {
        let alone = Details::from_json(json!([object])).expect("it was among them");
        assert_eq!(narrow(granted, &alone).as_ref(), Some(&alone));
    }
    true
}

fn leaves(object: &Map<String, Value>) -> BTreeSet<(String, String)> {
    let mut leaves = BTreeSet::new();
    for (name, value) in object {
        gather(value, &format!("/{name}"), &mut leaves);
    }
    leaves
}

fn gather(value: &Value, place: &str, leaves: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, value)| gather(value, &format!("{place}/{name}"), leaves));
        }
        Value::Array(items) if !items.is_empty() => items.iter().for_each(|item| gather(item, &format!("{place}/[]"), leaves)),
        other => {
            leaves.insert((place.to_owned(), other.to_string()));
        }
    }
}
