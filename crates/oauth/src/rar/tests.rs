use super::*;
use crate::metadata::tests::facts;
use crate::{Issuer, metadata};
use proptest::prelude::*;
use serde_json::json;

/// RFC 9396 §2.
fn payment() -> Value {
    json!({
        "type": "payment_initiation",
        "actions": ["initiate", "status", "cancel"],
        "locations": ["https://example.com/payments"],
        "instructedAmount": { "currency": "EUR", "amount": "123.50" },
        "creditorName": "Merchant A",
        "creditorAccount": { "iban": "DE02100100109307118603" },
        "remittanceInformationUnstructured": "Ref Number Merchant"
    })
}

fn payments() -> Value {
    json!({
        "type": "payment_initiation",
        "title": "Make a payment",
        "schema": {
            "type": "object",
            "required": ["instructedAmount", "creditorAccount"],
            "additionalProperties": false,
            "properties": {
                "actions": { "type": "array", "items": { "enum": ["initiate", "status", "cancel"] }, "minItems": 1, "uniqueItems": true },
                "locations": { "type": "array", "items": { "type": "string" } },
                "instructedAmount": {
                    "type": "object", "title": "Amount", "required": ["currency", "amount"],
                    "properties": {
                        "currency": { "type": "string", "minLength": 3, "maxLength": 3 },
                        "amount": { "type": "string", "maxLength": 12 }
                    }
                },
                "creditorName": { "type": "string", "title": "To" },
                "creditorAccount": { "type": "object", "properties": { "iban": { "type": "string", "title": "IBAN" } } },
                "remittanceInformationUnstructured": { "type": "string", "maxLength": 140 }
            }
        }
    })
}

fn types() -> Vec<Arc<DetailType>> {
    vec![Arc::new(DetailType::parse(&payments()).unwrap())]
}
fn client() -> ClientMetadata {
    ClientMetadata { authorization_details_types: vec!["payment_initiation".into()], ..ClientMetadata::new("c") }
}
fn details(value: Value) -> Details {
    Details::from_json(value).unwrap()
}
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut object = payment();
    change(&mut object);
    json!([object])
}
fn sent(text: &str) -> Result<Option<Details>, ErrorCode> {
    Params::collect([(PARAMETER, text)]).and_then(|params| parse(&params)).map_err(|error| error.code)
}

#[test]
fn the_example_of_section_2_is_read_checked_and_written_as_it_came() {
    let read = sent(&json!([payment()]).to_string()).unwrap().unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json!([payment()]));
    assert_eq!(read.types().collect::<Vec<_>>(), ["payment_initiation"]);
    assert_eq!(check(&read, &types(), &client()), Ok(()));
    assert_eq!(parse(&Params::default()), Ok(None));
    assert!(!format!("{read:?}").contains("DE02"), "accounts stay out of logs");
}

#[test]
fn what_is_no_array_of_typed_objects_is_refused() {
    for bad in [
        "x",
        "{}",
        "[]",
        "[1]",
        "[[]]",
        "[{}]",
        r#"[{"type":""}]"#,
        r#"[{"type":7}]"#,
        r#"[{"type":"a","type":"b"}]"#,
        r#"[{"type":"a","x":"line\nbreak"}]"#,
        r#"[{"type":"a","x":"\u202etxt"}]"#,
        r#"[{"type":"a","x":"\u200b"}]"#,
        r#"[{"type":"a","x":{"y":{"z":{"a":{"b":{"c":{"d":{"e":1}}}}}}}}]"#,
    ] {
        assert_eq!(sent(bad).unwrap_err(), ErrorCode::InvalidAuthorizationDetails, "{bad}");
    }
    let twice = Params::collect([(PARAMETER, "[]"), (PARAMETER, "[]")]).unwrap();
    assert_eq!(parse(&twice).unwrap_err().code, ErrorCode::InvalidRequest);
}

#[test]
fn attack_30_ten_thousand_of_them_are_refused() {
    let many = Value::Array((0..10_000).map(|_| json!({ "type": "a" })).collect());
    assert_eq!(Details::from_json(many).unwrap_err().code, ErrorCode::InvalidAuthorizationDetails);
    let long = json!([{ "type": "a", "x": "y".repeat(MAX_BYTES) }]);
    assert_eq!(Details::from_json(long).unwrap_err().code, ErrorCode::InvalidAuthorizationDetails);
    let deep = (0..10_000).fold(String::new(), |text, _| text + "[");
    assert!(sent(&format!("[{{\"type\":\"a\",\"x\":{deep}")).is_err());
}

#[test]
fn only_registered_types_of_a_registered_form_may_be_asked_for() {
    let refused = |value: Value| check(&details(value), &types(), &client()).unwrap_err();
    for (what, bad) in [
        ("unknown type", changed(|object| object["type"] = json!("account_information"))),
        ("nothing said", changed(|object| drop(object.as_object_mut().unwrap().remove("instructedAmount")))),
        ("an unknown member", changed(|object| object["surplus"] = json!(1))),
        ("a wrong type", changed(|object| object["creditorName"] = json!(["a"]))),
        ("too long", changed(|object| object["instructedAmount"]["currency"] = json!("EURO"))),
        ("not listed", changed(|object| object["actions"] = json!(["steal"]))),
        ("too few", changed(|object| object["actions"] = json!([]))),
        ("twice", changed(|object| object["actions"] = json!(["initiate", "initiate"]))),
    ] {
        let error = refused(bad);
        assert_eq!(error.code, ErrorCode::InvalidAuthorizationDetails, "{what}");
        assert!(!error.description().contains("steal") && !error.description().contains("surplus"), "{}", error.description());
    }
    let good = details(json!([payment()]));
    assert!(check(&good, &types(), &ClientMetadata::new("c")).is_err(), "the client did not register the type");
    assert!(check(&good, &[], &client()).is_err(), "the organization does not know the type");
    let one_bad = details(json!([payment(), { "type": "payment_initiation" }]));
    assert!(check(&one_bad, &types(), &client()).is_err());
    assert_eq!(check(&Details::default(), &[], &ClientMetadata::new("c")), Ok(()));
}

#[test]
fn a_type_without_a_schema_takes_any_object() {
    let any = vec![Arc::new(DetailType::parse(&json!({ "type": "payment_initiation", "title": "Pay" })).unwrap())];
    assert_eq!(check(&details(json!([payment(), { "type": "payment_initiation" }])), &any, &client()), Ok(()));
}

#[test]
fn a_type_is_registered_whole_or_not_at_all() {
    assert_eq!(DetailType::parse(&DetailType::parse(&payments()).unwrap().to_json()).unwrap().to_json(), payments());
    for (what, bad) in [
        ("no object", json!("payment")),
        ("no type", json!({ "title": "Pay" })),
        ("no title", json!({ "type": "a" })),
        ("a space", json!({ "type": "a b", "title": "Pay" })),
        ("unknown member", json!({ "type": "a", "title": "Pay", "icon": "x" })),
        ("no schema", json!({ "type": "a", "title": "Pay", "schema": true })),
        ("no such type", json!({ "type": "a", "title": "Pay", "schema": { "type": "text" } })),
        ("no such keyword", json!({ "type": "a", "title": "Pay", "schema": { "pattern": "^a$" } })),
        ("a reference", json!({ "type": "a", "title": "Pay", "schema": { "properties": { "b": { "$ref": "#" } } } })),
        ("a bound of text", json!({ "type": "a", "title": "Pay", "schema": { "maxLength": "3" } })),
        ("an empty enum", json!({ "type": "a", "title": "Pay", "schema": { "enum": [] } })),
        ("items of nothing", json!({ "type": "a", "title": "Pay", "schema": { "items": [{}] } })),
        ("required of numbers", json!({ "type": "a", "title": "Pay", "schema": { "required": [1] } })),
        (
            "too deep",
            json!({ "type": "a", "title": "Pay", "schema": (0..9).fold(json!({}), |below, _| json!({ "items": below })) }),
        ),
    ] {
        assert!(DetailType::parse(&bad).is_err(), "{what}");
    }
}

#[test]
fn the_keywords_of_json_schema_mean_what_they_mean_there() {
    for (schema, good, bad) in [
        (json!({ "type": "integer" }), json!([1, 1.0, -3]), json!([1.5, "1", null])),
        (json!({ "type": ["string", "null"] }), json!(["", null]), json!([0, false, {}])),
        (json!({ "const": { "a": [1] } }), json!([{ "a": [1] }]), json!([{ "a": [2] }, {}])),
        (json!({ "const": 1 }), json!([1, 1.0]), json!([true, "1", 2])),
        (json!({ "enum": ["a", 2, null] }), json!(["a", 2, null]), json!(["b", 3, false])),
        (json!({ "minimum": 1, "maximum": 3 }), json!([1, 2.5, 3, "text"]), json!([0.9, 3.1])),
        (json!({ "exclusiveMinimum": 1, "exclusiveMaximum": 3 }), json!([2]), json!([1, 3])),
        (json!({ "minLength": 2, "maxLength": 3 }), json!(["ää", "abc", 7]), json!(["ä", "abcd"])),
        (json!({ "minItems": 1, "maxItems": 2 }), json!([[1], [1, 2], {}]), json!([[], [1, 2, 3]])),
        (json!({ "uniqueItems": true }), json!([[1, 2], []]), json!([[1, 1.0], [{}, {}]])),
        (json!({ "additionalProperties": { "type": "string" } }), json!([{ "a": "b" }, {}]), json!([{ "a": 1 }])),
        (
            json!({ "properties": { "a": { "type": "string" } }, "additionalProperties": false }),
            json!([{}, { "a": "" }]),
            json!([{ "b": "" }, { "a": 1 }]),
        ),
        (json!({ "required": ["a"] }), json!([{ "a": null }, []]), json!([{}])),
        (json!({ "items": { "type": "string" } }), json!([["a"], []]), json!([["a", 1]])),
        (json!({ "title": "t", "description": "d", "default": 1, "$comment": "c" }), json!([1, "a"]), json!([])),
    ] {
        let read = Schema::parse(&schema).unwrap();
        for value in good.as_array().unwrap() {
            assert_eq!(read.check(value), Ok(()), "{schema} takes {value}");
        }
        for value in bad.as_array().unwrap() {
            assert!(read.check(value).is_err(), "{schema} refuses {value}");
        }
    }
}

#[test]
fn less_may_be_asked_for_and_never_more() {
    let granted = details(json!([payment(), { "type": "account", "accounts": ["a", "b"], "all": [] }]));
    for (what, asked, is_within) in [
        ("all of it", json!([payment(), { "type": "account", "accounts": ["a", "b"], "all": [] }]), true),
        ("one of both", json!([payment()]), true),
        ("fewer actions", changed(|object| object["actions"] = json!(["status"])), true),
        ("fewer accounts", json!([{ "type": "account", "accounts": ["b"], "all": [] }]), true),
        ("other actions", changed(|object| object["actions"] = json!(["status", "refund"])), false),
        ("no action, which might be every one", changed(|object| object["actions"] = json!([])), false),
        ("an action where the list was empty", json!([{ "type": "account", "accounts": ["b"], "all": ["x"] }]), false),
        ("more money", changed(|object| object["instructedAmount"]["amount"] = json!("999.99")), false),
        ("a member less", changed(|object| drop(object.as_object_mut().unwrap().remove("creditorName"))), false),
        ("a member more", changed(|object| object["more"] = json!(1)), false),
        ("another type", json!([{ "type": "other" }]), false),
        ("a member of another object", json!([{ "type": "account", "accounts": ["initiate"], "all": [] }]), false),
    ] {
        let asked = details(asked);
        assert_eq!(narrow(&granted, &asked), is_within.then(|| asked.clone()), "{what}");
        assert_eq!(narrowed(Some(&asked), &granted).is_ok(), is_within, "{what}");
    }
    assert_eq!(narrowed(None, &granted), Ok(granted.clone()));
    assert_eq!(narrow(&granted, &Details::default()), None);
    assert!(narrowed(Some(&granted), &Details::default()).is_err(), "nothing was granted");
}

#[test]
fn what_nobody_can_see_is_in_no_details() {
    for c in
        ['\u{ad}', '\u{61c}', '\u{180e}', '\u{115f}', '\u{3164}', '\u{2028}', '\u{206a}', '\u{fe0f}', '\u{fff9}', '\u{e0041}']
    {
        for bad in [json!([{ "type": "a", "to": format!("AB{c}C") }]), json!([{ "type": "a", format!("t{c}o"): 1 }])] {
            assert!(Details::from_json(bad).is_err(), "{c:?}");
        }
        assert!(DetailType::parse(&json!({ "type": "a", "title": format!("Pay{c}") })).is_err(), "{c:?}");
    }
}

#[test]
fn what_was_granted_once_is_not_had_twice() {
    let transfer = |to: Value| json!({ "type": "transfer", "to": to, "amount": "5" });
    let granted = details(json!([transfer(json!(["a", "b"])), transfer(json!(["a"])), payment()]));
    for (what, asked, is_within) in [
        ("one of them", json!([transfer(json!(["a"]))]), true),
        ("the narrow one from the wide one", json!([transfer(json!(["a"])), transfer(json!(["a"]))]), true),
        ("the wide one must be left for whoever needs it", json!([transfer(json!(["a"])), transfer(json!(["b"]))]), true),
        ("in the other order", json!([transfer(json!(["b"])), transfer(json!(["a"]))]), true),
        ("one of them twice", json!([payment(), payment()]), false),
        ("three out of two", json!([transfer(json!(["a"])), transfer(json!(["a"])), transfer(json!(["a"]))]), false),
        ("both out of one", json!([transfer(json!(["b"])), transfer(json!(["b"]))]), false),
        ("an entry of a list twice", json!([transfer(json!(["a", "a"]))]), false),
    ] {
        let asked = details(asked);
        assert_eq!(narrow(&granted, &asked).is_some(), is_within, "{what}");
    }
    let twice = details(json!([transfer(json!(["a", "a", "b"]))]));
    assert!(narrow(&twice, &details(json!([transfer(json!(["a", "a"]))]))).is_some(), "twice if it was granted twice");
    // Each fits two of them, and whoever takes the first that fits is in the way of the next, up to the last.
    let chain = |from: usize| json!({ "type": "t", "of": [from, from + 1] });
    let granted = details(Value::Array((0..32).map(chain).collect()));
    let asked = (1..32).chain([0]).map(|of| json!({ "type": "t", "of": [of] })).collect();
    assert!(narrow(&granted, &details(Value::Array(asked))).is_some());
}

#[test]
fn people_read_every_value_in_the_words_of_the_organization() {
    let described = describe(&details(json!([payment(), { "type": "gone", "someThing_else": true }])), &types());
    assert_eq!((described[0].title.as_str(), described[1].title.as_str()), ("Make a payment", "gone"));
    let rows: Vec<(&str, &str)> = described[0].rows.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("Actions", "initiate, status, cancel"),
            ("Creditor account: IBAN", "DE02100100109307118603"),
            ("To", "Merchant A"),
            ("Amount: Amount", "123.50"),
            ("Amount: Currency", "EUR"),
            ("Locations", "https://example.com/payments"),
            ("Remittance information unstructured", "Ref Number Merchant"),
        ]
    );
    assert_eq!(described[1].rows, [("Some thing else".to_owned(), "true".to_owned())]);
}

#[test]
fn discovery_names_the_types_and_says_nothing_where_there_are_none() {
    let issuer = Issuer::of_org("https://id.example", "acme");
    let types = types();
    let known = metadata::Facts { authorization_details_types: &types, ..facts(&issuer) };
    assert_eq!(metadata::authorization_server(&known)["authorization_details_types_supported"], json!(["payment_initiation"]));
    assert!(metadata::authorization_server(&facts(&issuer)).get("authorization_details_types_supported").is_none());
}

proptest! {
    #![proptest_config(crate::fixed_seed())]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", inside in r#"\[\{"type":"[a-z]{0,3}","x":[-0-9a-z\[\]{}",:]{0,40}\}\]"#) {
        for text in [text, inside] {
            if let Ok(Some(details)) = sent(&text) {
                let _ = check(&details, &types(), &client());
                prop_assert_eq!(narrow(&details, &details), Some(details.clone()));
                prop_assert_eq!(Details::from_json(serde_json::to_value(&details).unwrap()), Ok(details));
            }
        }
    }

    #[test]
    fn any_schema_is_taken_or_refused(keyword in "[a-zA-Z$]{1,12}|type|items|properties|enum|required", value in r#"[0-9]{1,3}|"[a-z]{0,6}"|\[\]|\{\}|true|\["string"\]"#) {
        let schema: Value = serde_json::from_str(&format!("{{\"{keyword}\":{value}}}")).unwrap();
        if let Ok(read) = Schema::parse(&schema) {
            let _ = read.check(&payment());
            prop_assert_eq!(read.as_json(), schema);
        }
    }
}
