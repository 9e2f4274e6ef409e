//! What a client of a profile may be registered as.

use super::{Binding, Rules};
use crate::{ClientMetadata, ResponseType};
use jose::alg::Algorithm;

/// Everything in which a client doesn't fit its profile. What [`strengthen`](super::Profile::strengthen) makes fit is not complained of, and neither is an
/// `id_token_signed_response_alg` of `RS256`, for that is what is stored where nothing was said.
pub(crate) fn check(metadata: &ClientMetadata, complain: &mut Complain<'_>) {
    let profile = metadata.profile();
    let mut seen = Vec::new();
    for rules in profile.0 {
        let mut once = |member: &'static str, message: String| {
            if !seen.contains(&(member, message.clone())) {
                seen.push((member, message.clone()));
                complain(member, message);
            }
        };
        for rule in [proof, binding, redirects, responses, algorithms, lifetimes] {
            rule(metadata, rules, &mut |member, message| once(member, format!("{message} under {}", rules.title)));
        }
    }
}

type Complain<'a> = dyn FnMut(&'static str, String) + 'a;

fn proof(metadata: &ClientMetadata, rules: &Rules, complain: &mut Complain<'_>) {
    if !rules.methods.contains(&metadata.token_endpoint_auth_method) {
        let names: Vec<&str> = rules.methods.iter().map(|method| method.as_str()).collect();
        complain("token_endpoint_auth_method", format!("must be {}", names.join(", ")));
    }
}

fn binding(metadata: &ClientMetadata, rules: &Rules, complain: &mut Complain<'_>) {
    let registered = |binding: &Binding| match binding {
        Binding::Proof => metadata.dpop_bound_access_tokens,
        Binding::Certificate => metadata.tls_client_certificate_bound_access_tokens,
    };
    if rules.bindings.is_empty() || rules.bindings.iter().any(registered) {
        return;
    }
    if rules.bindings.contains(&Binding::Proof) {
        complain("dpop_bound_access_tokens", "or tls_client_certificate_bound_access_tokens must be true".to_owned());
    } else {
        complain("tls_client_certificate_bound_access_tokens", "must be true".to_owned());
    }
}

fn redirects(metadata: &ClientMetadata, rules: &Rules, complain: &mut Complain<'_>) {
    let is_good = |uri: &String| rules.redirects.allow(uri, metadata.application_type);
    if !metadata.redirect_uris.iter().all(is_good) {
        complain("redirect_uris", "must use https".to_owned());
    }
}

fn responses(metadata: &ClientMetadata, rules: &Rules, complain: &mut Complain<'_>) {
    let is_bad = |text: &&String| ResponseType::parse(text).is_some_and(|known| !rules.response_types.contains(&known));
    if let Some(text) = metadata.response_types.iter().find(is_bad) {
        complain("response_types", format!("must not hold {text}"));
    }
}

fn algorithms(metadata: &ClientMetadata, rules: &Rules, complain: &mut Complain<'_>) {
    let of_id_tokens = Some(metadata.id_token_signed_response_alg).filter(|algorithm| *algorithm != Algorithm::RS256);
    for (member, algorithm) in [
        ("token_endpoint_auth_signing_alg", metadata.token_endpoint_auth_signing_alg),
        ("request_object_signing_alg", metadata.request_object_signing_alg),
        ("id_token_signed_response_alg", of_id_tokens),
        ("userinfo_signed_response_alg", metadata.userinfo_signed_response_alg),
        ("authorization_signed_response_alg", metadata.authorization_signed_response_alg),
        ("introspection_signed_response_alg", metadata.introspection_signed_response_alg),
    ] {
        if algorithm.is_some_and(|algorithm| !rules.algorithms.contains(&algorithm)) {
            let names: Vec<&str> = rules.algorithms.iter().map(|algorithm| algorithm.name()).collect();
            complain(member, format!("must be {}", names.join(", ")));
        }
    }
    let needs_keys = rules.must_sign && metadata.response_types.iter().any(|text| ResponseType::parse(text).is_some());
    if needs_keys && metadata.jwks.is_none() && metadata.jwks_uri.is_none() {
        complain("jwks", "or jwks_uri is required for signed request objects".to_owned());
    }
}

/// Lifetimes that somebody chose; what nobody chose is shortened.
fn lifetimes(metadata: &ClientMetadata, rules: &Rules, complain: &mut Complain<'_>) {
    for (member, chosen, most) in [
        ("authorizationCodeLifetime", metadata.lifetimes.code, rules.code_lifetime),
        ("accessTokenLifetime", metadata.lifetimes.access_token, rules.access_token_lifetime),
    ] {
        if let Some(most) = most.filter(|most| chosen.is_some_and(|chosen| chosen > *most)) {
            complain(member, format!("must be at most {most}"));
        }
    }
}
