use super::*;
use crate::client::{ApplicationType, Encryption, SubjectType};
use jose::alg::Algorithm;
use jose::jwe::{ContentEncryption, KeyManagement};
use jose::jwks::Jwks;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::Timestamp;
use proptest::prelude::*;
use serde_json::json;

/// RFC 7591 §3.1, the second example.
const MODULUS: &str = "nj3YJwsLUFl9BmpAbkOswCNVx17Eh9wMO-_AReZwBqfaWFcfGHrZXsIV2VMCNVNU8Tpb4obUaSXcRcQ-VMsfQPJm9IzgtRdAY8NN8Xb7PEcYyk\
                       lBjvTtuPbpzIaqyiUepzUXNDFuAOOkrIol3WmflPUUgMKULBN0EUd1fpOD70pRM0rlp_gg_WNUKoW1V-3keYUJoXH9NztEDm_D2MQXj9eGOJJ8yPgGL8PAZMLe\
                       2R7jb9TxOCPDED7tY_TU4nFPlxptw59A42mldEmViXsKQt60s1SLboazxFKveqXC_jpLUt22OC6GUG63p-REw-ZOr3r845z50wMuzifQrMI9bQ";
/// RFC 7591 §3.1.1.
const STATEMENT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzb2Z0d2FyZV9pZCI6IjROUkIxLTBYWkFCWkk5RTYtNVNNM1IiLCJjbGllbnRfbmFtZSI6IkV4YW1wbGUgU3RhdGVtZW50LWJhc\
                         2VkIENsaWVudCIsImNsaWVudF91cmkiOiJodHRwczovL2NsaWVudC5leGFtcGxlLm5ldC8ifQ.GHfL4QNIrQwL18BSRdE595T9jbzqa06R9BT8w409x9oIcKaZo_m\
                         t15riEXHazdISUvDIZhtiyNrSHQ8K4TvqWxH6uJgcmoodZdPwmWRIEYbQDLqPNxREtYn05X3AR7ia4FRjQ2ojZjk5fJqJdQ-JcfxyhK-P8BAWBd6I2LLA77IG32x\
                         tbhxYfHX7VhuU5ProJO8uvu3Ayv4XRhLZJY4yKfmyjiiKiPNe-Ia4SMy_d_QSWxskU5XIQl5Sa2YRPMbDRXttm2TfnZM1xx70DoYi8g6czz-CPGRi4SW_S2RKHIJf\
                         IjoI3zTJ0Y2oe0_EJAiXbL6OyF9S5tKxDXV8JIndSA";

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other} is no object"),
    }
}

/// Read and check.
fn registered(document: Value) -> Result<ClientMetadata, Vec<Problem>> {
    let mut metadata = ClientMetadata::new("c");
    let mut problems = read(&object(document), &mut metadata);
    problems.extend(check(&metadata));
    if problems.is_empty() { Ok(metadata) } else { Err(problems) }
}

/// A good registration with more members.
fn with(more: Value) -> Value {
    let mut document = object(json!({ "redirect_uris": ["https://client.example.org/callback"] }));
    document.extend(object(more));
    Value::Object(document)
}

fn keys() -> Value {
    json!({ "keys": [SigningKey::generate(Algorithm::ES256, "k").unwrap().public()] })
}

#[test]
fn the_examples_of_rfc_7591_are_registered_as_they_stand() {
    let first = json!({
        "redirect_uris": ["https://client.example.org/callback", "https://client.example.org/callback2"],
        "client_name": "My Example Client",
        "client_name#ja-Jpan-JP": "\u{30AF}\u{30E9}\u{30A4}\u{30A2}\u{30F3}\u{30C8}\u{540D}",
        "token_endpoint_auth_method": "client_secret_basic",
        "logo_uri": "https://client.example.org/logo.png",
        "jwks_uri": "https://client.example.org/my_public_keys.jwks",
        "example_extension_parameter": "example_value"
    });
    let metadata = registered(first.clone()).unwrap();
    let shown = show(&metadata);
    for (name, value) in object(first) {
        if name == "example_extension_parameter" {
            assert_eq!(shown.get(&name), None, "what isn't known is ignored (§2)");
        } else {
            assert_eq!(shown[&name], value, "{name}");
        }
    }
    assert_eq!((&shown["grant_types"], &shown["response_types"]), (&json!(["authorization_code"]), &json!(["code"])));

    let second = json!({
        "redirect_uris": ["https://client.example.org/callback", "https://client.example.org/callback2"],
        "client_name": "My Example Client",
        "client_name#ja-Jpan-JP": "\u{30AF}\u{30E9}\u{30A4}\u{30A2}\u{30F3}\u{30C8}\u{540D}",
        "token_endpoint_auth_method": "client_secret_basic",
        "policy_uri": "https://client.example.org/policy.html",
        "jwks": { "keys": [{ "e": "AQAB", "n": MODULUS, "kty": "RSA" }] },
        "example_extension_parameter": "example_value"
    });
    let shown = show(&registered(second.clone()).unwrap());
    assert_eq!((&shown["jwks"], &shown["policy_uri"]), (&second["jwks"], &second["policy_uri"]));
}

#[test]
fn the_update_of_rfc_7592_takes_the_place_of_everything() {
    // §2.2: the registration before has what the update leaves out.
    let mut metadata = registered(with(json!({ "tos_uri": "https://client.example.org/tos", "client_name#de": "Alt" }))).unwrap();
    let update = json!({
        "client_id": "s6BhdRkqt3",
        "client_secret": "cf136dc3c1fc93f31185e5885805d",
        "redirect_uris": ["https://client.example.org/callback", "https://client.example.org/alt"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
        "jwks_uri": "https://client.example.org/my_public_keys.jwks",
        "client_name": "My New Example",
        "client_name#fr": "Mon Nouvel Exemple",
        "logo_uri": "https://client.example.org/newlogo.png",
        "logo_uri#fr": "https://client.example.org/fr/newlogo.png"
    });
    assert_eq!(read(&object(update.clone()), &mut metadata), []);
    assert_eq!(check(&metadata), []);
    let shown = show(&metadata);
    for (name, value) in object(update) {
        if !["client_id", "client_secret"].contains(&name.as_str()) {
            assert_eq!(shown[&name], value, "{name}");
        }
    }
    assert!(!shown.contains_key("tos_uri") && !shown.contains_key("client_name#de"));
}

#[test]
fn an_update_leaves_alone_what_only_administrators_decide() {
    let before = ClientMetadata {
        first_party: true,
        always_ask_consent: true,
        requires_pkce: true,
        includes_roles: true,
        is_active: false,
        refresh_token_grace: 7,
        ..ClientMetadata::new("c")
    };
    let mut metadata = before.clone();
    let update =
        json!({ "first_party": false, "is_active": true, "requires_pkce": false, "includes_roles": true, "client_id": "x" });
    assert_eq!(read(&object(update), &mut metadata), []);
    assert_eq!(metadata, before);
}

/// Members that can't stand beside all others.
const EXCLUDING: [&str; 7] = [
    "fapi_profile",
    "jwks_uri",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
];

#[test]
fn a_client_with_certificates_names_exactly_one_subject() {
    let long = format!("CN={},O=Example", "a".repeat(900));
    for (member, text) in [
        ("tls_client_auth_subject_dn", "CN=client,O=Example,C=DE"),
        ("tls_client_auth_subject_dn", &long),
        ("tls_client_auth_san_dns", "client.example"),
        ("tls_client_auth_san_uri", "https://client.example/id"),
        ("tls_client_auth_san_ip", "2001:db8::7"),
        ("tls_client_auth_san_email", "ops@client.example"),
    ] {
        let document = with(json!({ "token_endpoint_auth_method": "tls_client_auth", member: text }));
        let shown = show(&registered(document.clone()).unwrap());
        assert_eq!((&shown[member], &shown["token_endpoint_auth_method"]), (&json!(text), &json!("tls_client_auth")));
        let useless = registered(with(json!({ member: text }))).unwrap_err();
        assert_eq!(useless[0].member, member, "nobody reads it");
        let mut two = document;
        let other = if member == "tls_client_auth_san_ip" { "tls_client_auth_san_dns" } else { "tls_client_auth_san_ip" };
        two[other] = json!("192.0.2.7");
        assert_eq!(registered(two).unwrap_err().len(), 1, "{member}");
    }
    for (more, member) in [
        (json!({}), "tls_client_auth_subject_dn"),
        (json!({ "tls_client_auth_subject_dn": "client" }), "tls_client_auth_subject_dn"),
        (json!({ "tls_client_auth_san_dns": "*.example" }), "tls_client_auth_san_dns"),
        (json!({ "tls_client_auth_san_uri": "client" }), "tls_client_auth_san_uri"),
        (json!({ "tls_client_auth_san_ip": "localhost" }), "tls_client_auth_san_ip"),
        (json!({ "tls_client_auth_san_email": "ops" }), "tls_client_auth_san_email"),
    ] {
        let mut document = with(more);
        document["token_endpoint_auth_method"] = json!("tls_client_auth");
        assert_eq!(registered(document).unwrap_err()[0].member, member);
    }
    let own = registered(with(json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }))).unwrap_err();
    assert_eq!(own[0].member, "jwks");
}

#[test]
fn every_member_that_can_be_said_is_kept_and_shown() {
    let document: Value = serde_json::from_str(include_str!("every_member.json")).unwrap();
    let shown = show(&registered(document.clone()).unwrap());
    assert_eq!(Value::Object(shown), document);
    let said = object(document);
    let unsaid: Vec<&str> =
        MEMBERS.iter().map(|m| m.name).filter(|name| !said.contains_key(*name) && !EXCLUDING.contains(name)).collect();
    assert_eq!(unsaid, Vec::<&str>::new(), "this test names every member");
}

#[test]
fn members_have_one_name_each_on_either_side() {
    for name in [|m: &Member| m.name, |m: &Member| m.admin_name] {
        let mut names: Vec<&str> = MEMBERS.iter().map(name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), MEMBERS.len());
    }
}

#[test]
fn a_wrong_value_of_any_member_is_refused_by_name() {
    let long = "x".repeat(70_000);
    let unseen = "\u{202e}gro.live";
    let hostile =
        [json!({ "a": 1 }), json!([[1]]), json!(-1), json!(1.5), json!(long), json!("\u{0}"), json!(unseen), json!([unseen])];
    for member in MEMBERS {
        for value in &hostile {
            let is_fitting = member.name == "default_max_age" && value.is_u64();
            let outcome = registered(with(json!({ member.name: value })));
            assert_eq!(outcome.is_ok(), is_fitting, "{} = {value}", member.name);
            assert_eq!(outcome.unwrap_err()[0].member, member.name, "{value}");
        }
        let nothing = registered(with(json!({ member.name: null })));
        if member.name != "redirect_uris" {
            assert_eq!(nothing, registered(with(json!({}))), "null is the same as leaving out {}", member.name);
        }
    }
}

#[test]
fn refusals_name_the_member() {
    let many: Vec<String> = (0..101).map(|n| format!("https://client.example.org/{n}")).collect();
    for (member, more) in [
        ("redirect_uris", json!({ "redirect_uris": ["https://client.example.org/cb#fragment"] })),
        ("redirect_uris", json!({ "redirect_uris": ["http://client.example.org/cb"] })),
        ("redirect_uris", json!({ "redirect_uris": ["javascript:alert(1)"] })),
        ("redirect_uris", json!({ "redirect_uris": ["com.example.app:/cb"] })),
        ("redirect_uris", json!({ "redirect_uris": many })),
        ("redirect_uris", json!({ "redirect_uris": [""] })),
        ("redirect_uris", json!({ "redirect_uris": ["http://localhost/cb"], "response_types": ["id_token"] })),
        ("post_logout_redirect_uris", json!({ "post_logout_redirect_uris": ["data:text/html,x"] })),
        ("client_name", json!({ "client_name": "" })),
        ("client_name", json!({ "client_name": "x".repeat(201) })),
        ("client_name", json!({ "client_name#de": "" })),
        ("logo_uri", json!({ "logo_uri#de": "javascript:alert(1)" })),
        ("application_type", json!({ "application_type": "Web" })),
        ("grant_types", json!({ "grant_types": ["password"] })),
        ("grant_types", json!({ "grant_types": ["authorization_code"], "response_types": ["id_token"] })),
        ("grant_types", json!({ "grant_types": ["implicit"], "response_types": ["code"] })),
        ("grant_types", json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" })),
        ("response_types", json!({ "response_types": ["token"] })),
        ("response_types", json!({ "response_types": ["none"] })),
        ("scope", json!({ "scope": "a\"b" })),
        ("scope", json!({ "scope": "x".repeat(4097) })),
        ("token_endpoint_auth_method", json!({ "token_endpoint_auth_method": "magic" })),
        ("token_endpoint_auth_signing_alg", json!({ "token_endpoint_auth_signing_alg": "none" })),
        ("token_endpoint_auth_signing_alg", json!({ "token_endpoint_auth_signing_alg": "HS256" })),
        ("jwks", json!({ "token_endpoint_auth_method": "private_key_jwt" })),
        ("jwks", json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } })),
        ("jwks", json!({ "jwks": { "keys": [{ "kty": "RSA", "e": "AQAB", "n": MODULUS, "d": "AQAB" }] } })),
        ("jwks", json!({ "jwks": { "keys": "none" } })),
        ("jwks", json!({ "require_signed_request_object": true })),
        ("jwks", json!({ "id_token_encrypted_response_alg": "RSA-OAEP-256" })),
        ("jwks_uri", json!({ "jwks": keys(), "jwks_uri": "https://client.example.org/jwks" })),
        ("jwks_uri", json!({ "jwks_uri": "http://client.example.org/jwks" })),
        ("jwks_uri", json!({ "jwks_uri": "file:///etc/passwd" })),
        ("subject_type", json!({ "subject_type": "secret" })),
        (
            "sector_identifier_uri",
            json!({ "subject_type": "pairwise", "redirect_uris": ["https://a.example/", "https://b.example/"] }),
        ),
        ("id_token_signed_response_alg", json!({ "id_token_signed_response_alg": "none" })),
        ("id_token_signed_response_alg", json!({ "id_token_signed_response_alg": "HS256" })),
        ("userinfo_signed_response_alg", json!({ "userinfo_signed_response_alg": "HS384" })),
        ("id_token_encrypted_response_enc", json!({ "id_token_encrypted_response_enc": "A256GCM" })),
        ("id_token_encrypted_response_alg", json!({ "id_token_encrypted_response_alg": "RSA1_5", "jwks": keys() })),
        ("id_token_encrypted_response_alg", json!({ "id_token_encrypted_response_alg": "dir", "jwks": keys() })),
        ("request_object_signing_alg", json!({ "request_object_signing_alg": "none" })),
        ("request_uris", json!({ "request_uris": ["http://client.example.org/r"] })),
        ("request_uris", json!({ "request_uris": ["https://client.example.org/r#a#b"] })),
        ("default_max_age", json!({ "default_max_age": "3600" })),
        ("default_max_age", json!({ "default_max_age": 1_u64 << 33 })),
        ("require_auth_time", json!({ "require_auth_time": "true" })),
        ("initiate_login_uri", json!({ "initiate_login_uri": "http://client.example.org/start" })),
        ("initiate_login_uri", json!({ "initiate_login_uri": "http://localhost/start" })),
        ("frontchannel_logout_uri", json!({ "frontchannel_logout_uri": "https://elsewhere.example/out" })),
        ("backchannel_logout_uri", json!({ "backchannel_logout_uri": "http://client.example.org/back" })),
        ("audience_uris", json!({ "audience_uris": ["https://api.example.org/#x"] })),
        ("audience_uris", json!({ "audience_uris": ["api"] })),
    ] {
        let problems = registered(with(more.clone())).expect_err(&more.to_string());
        assert_eq!(problems[0].member, member, "{more}: {problems:?}");
        let expected = if member == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" };
        assert_eq!(refusal(&problems).code, expected);
        assert!(refusal(&problems).hint.contains(member));
    }
}

#[test]
fn grants_and_response_types_follow_each_other_where_one_is_left_unsaid() {
    for (said, grants, types) in [
        (json!({}), json!(["authorization_code"]), json!(["code"])),
        (json!({ "grant_types": ["client_credentials"] }), json!(["client_credentials"]), json!([])),
        (json!({ "grant_types": ["implicit"] }), json!(["implicit"]), json!(["id_token", "id_token token"])),
        (json!({ "response_types": ["token id_token"] }), json!(["implicit"]), json!(["id_token token"])),
        (json!({ "response_types": ["id_token code"] }), json!(["authorization_code", "implicit"]), json!(["code id_token"])),
        (
            json!({ "grant_types": ["authorization_code", "refresh_token"] }),
            json!(["authorization_code", "refresh_token"]),
            json!(["code"]),
        ),
        (json!({ "grant_types": [], "response_types": [] }), json!([]), json!([])),
    ] {
        let shown = show(&registered(with(said.clone())).unwrap());
        assert_eq!((&shown["grant_types"], &shown["response_types"]), (&grants, &types), "{said}");
    }
}

#[test]
fn a_client_without_a_method_of_proof_is_public() {
    let public = registered(with(json!({ "token_endpoint_auth_method": "none" }))).unwrap();
    assert!(public.is_public() && public.must_use_pkce());
    assert!(!registered(with(json!({}))).unwrap().is_public());
}

#[test]
fn an_encryption_has_the_default_content_algorithm_until_another_is_said() {
    let read_one = |more: Value| registered(with(more)).unwrap().userinfo_encryption;
    let alg = KeyManagement::RsaOaep256;
    let said = json!({ "userinfo_encrypted_response_alg": "RSA-OAEP-256", "jwks": keys() });
    assert_eq!(read_one(said), Some(Encryption { alg, enc: ContentEncryption::A128CbcHs256 }));
    let mut metadata = ClientMetadata {
        userinfo_encryption: Some(Encryption { alg, enc: ContentEncryption::A256Gcm }),
        ..ClientMetadata::new("c")
    };
    Member::find("userinfo_encrypted_response_enc").unwrap().clear(&mut metadata);
    assert_eq!(metadata.userinfo_encryption, Some(Encryption { alg, enc: ContentEncryption::A128CbcHs256 }));
    Member::find("userinfo_encrypted_response_alg").unwrap().clear(&mut metadata);
    assert_eq!(metadata.userinfo_encryption, None);
}

#[test]
fn a_sector_lists_every_redirect_uri() {
    let uris = ["https://a.example/cb".to_owned(), "https://b.example/cb".to_owned()];
    let is_good = |document: &str| check_sector(document.as_bytes(), &uris).is_ok();
    assert!(is_good(r#"["https://b.example/cb","https://a.example/cb","https://c.example/cb"]"#));
    for bad in [
        r#"["https://a.example/cb"]"#,
        r#"["https://a.example/cb","https://b.example/CB"]"#,
        r#"{"redirect_uris":["https://a.example/cb","https://b.example/cb"]}"#,
        r#"["https://a.example/cb","https://b.example/cb",1]"#,
        "",
        "null",
        "<html>",
    ] {
        assert_eq!(check_sector(bad.as_bytes(), &uris).unwrap_err().member, "sector_identifier_uri", "{bad}");
    }
}

#[test]
fn what_people_see_is_found_in_their_language() {
    let named =
        with(json!({ "client_name": "Notes", "client_name#de": "Notizen", "client_name#fr-CA": "Carnet", "client_name#x": "-" }));
    let metadata = registered(named).unwrap();
    let name = |languages: &[&str]| metadata.in_language("client_name", Some("Notes"), languages).map(str::to_owned);
    assert_eq!(name(&["de"]).as_deref(), Some("Notizen"));
    assert_eq!(name(&["es", "fr"]).as_deref(), Some("Carnet"));
    assert_eq!(name(&["es"]).as_deref(), Some("Notes"));
    assert_eq!(metadata.localized.len(), 2, "a tag of one letter is none");
    assert_eq!(metadata.in_language("logo_uri", None, &["de"]), None);
}

#[test]
fn a_software_statement_counts_with_the_key_of_its_issuer_within_its_time() {
    let key = SigningKey::generate(Algorithm::ES256, "k").unwrap();
    let jwks = Jwks::from_value(&json!({ "keys": [key.public()] })).unwrap();
    let (issuer, now) = ("https://trust.example", Timestamp::from_secs(1_800_000_000));
    let statement = |more: Value| {
        let mut claims = object(json!({ "iss": issuer, "client_name": "Signed", "redirect_uris": ["https://signed.example/"] }));
        claims.extend(object(more));
        sign(&key, "JWT", &Value::Object(claims)).unwrap()
    };
    let good = statement(json!({ "software_statement": "x", "software_id": "s" }));
    assert_eq!(issuer_of(&good).unwrap(), issuer);
    let claims = verify_statement(&good, issuer, &jwks, now).unwrap();
    let merged = with_statement(object(json!({ "client_name": "Said", "scope": "a", "software_statement": good })), claims);
    assert_eq!(
        (&merged["client_name"], &merged["scope"], &merged["software_statement"]),
        (&json!("Signed"), &json!("a"), &json!(good))
    );

    let other = SigningKey::generate(Algorithm::ES256, "k").unwrap();
    let forged = sign(&other, "JWT", &json!({ "iss": issuer })).unwrap();
    for (statement, why) in [
        (forged, StatementError::Signature),
        (statement(json!({ "exp": 1_799_999_000 })), StatementError::Time),
        (statement(json!({ "nbf": 1_800_001_000 })), StatementError::Time),
        (statement(json!({ "iat": 1_800_001_000 })), StatementError::Time),
        (statement(json!({ "iss": "https://other.example" })), StatementError::Untrusted),
        ("a.b.c".to_owned(), StatementError::Signature),
    ] {
        assert_eq!(verify_statement(&statement, issuer, &jwks, now), Err(why));
        assert_eq!(Fault::from(why).code, "invalid_software_statement");
    }
    assert!(verify_statement(&statement(json!({ "exp": 1_800_001_000 })), issuer, &jwks, now).is_ok());
}

#[test]
fn a_statement_without_an_issuer_is_signed_by_nobody() {
    // The example of RFC 7591 §3.1.1 names none.
    for statement in [STATEMENT, "", "a", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(issuer_of(statement), Err(StatementError::Malformed), "{statement}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "https://[a-z]{1,5}\\.example/[a-z#*]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(crate::fixed_seed())]

    #[test]
    fn anything_is_registered_or_refused_and_what_is_shown_can_be_registered_again(
        values in prop::collection::btree_map(0..MEMBERS.len(), any_json(), 0..8)
    ) {
        let document: Value = values.into_iter().map(|(index, value)| (MEMBERS[index].name.to_owned(), value)).collect();
        if let Ok(metadata) = registered(document) {
            let mut shown = show(&metadata);
            shown.retain(|_, value| !value.is_null());
            prop_assert_eq!(registered(Value::Object(shown)), Ok(metadata));
        }
    }
}

#[test]
fn the_defaults_are_those_of_the_specifications() {
    let metadata = registered(with(json!({}))).unwrap();
    assert_eq!(metadata.id_token_signed_response_alg, Algorithm::RS256);
    assert_eq!((metadata.application_type, metadata.subject_type), (ApplicationType::Web, SubjectType::Public));
    assert_eq!(metadata.token_endpoint_auth_method, AuthMethod::ClientSecretBasic);
    let shown = show(&metadata);
    assert_eq!(shown["client_name"], Value::Null);
    assert!(!shown.contains_key("id_token_signed_response_alg") && !shown.contains_key("require_auth_time"));
}
