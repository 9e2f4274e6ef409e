//! What strangers don't get, whatever their document asks for.

use super::{Rules, is_loopback};
use crate::ClientMetadata;
use crate::grant::{AUTHORIZATION_CODE, REFRESH_TOKEN};
use url::Url;

/// Grants of such clients.
const GRANTS: [&str; 2] = [AUTHORIZATION_CODE, REFRESH_TOKEN];

/// Take away what strangers don't get; whether there was anything.
pub(super) fn reduce(metadata: &mut ClientMetadata, rules: &Rules) -> bool {
    let sizes = |metadata: &ClientMetadata| {
        let ClientMetadata { grant_types, response_types, authorization_details_types, audience_uris, .. } = metadata;
        [grant_types.len(), response_types.len(), authorization_details_types.len(), audience_uris.len()]
    };
    let before = sizes(metadata);
    metadata.grant_types.retain(|grant| GRANTS.contains(&grant.as_str()));
    metadata.response_types.retain(|kind| kind == "code");
    metadata.authorization_details_types.retain(|name| rules.allowed_details.contains(name));
    metadata.audience_uris.clear();
    let has_objects = !metadata.request_uris.is_empty() || metadata.request_object_encryption.is_some();
    metadata.request_uris.clear();
    metadata.request_object_encryption = None;
    has_objects || before != sizes(metadata)
}

/// Take away addresses that this server or people's browsers would be sent to and that are not the document's own; whether there were any.
pub(super) fn drop_strange_places(client_id: &Url, metadata: &mut ClientMetadata, rules: &Rules) -> bool {
    let kept = metadata.post_logout_redirect_uris.len();
    let is_of_an_app = |uri: &str| Url::parse(uri).is_ok_and(|url| !matches!(url.scheme(), "http" | "https"));
    let stays = |uri: &str| rules.stays(client_id, uri) || is_of_an_app(uri) || (!rules.blocks_loopback && is_loopback(uri));
    metadata.post_logout_redirect_uris.retain(|uri| stays(uri));
    let mut has_strange = kept != metadata.post_logout_redirect_uris.len();
    for place in [
        &mut metadata.jwks_uri,
        &mut metadata.backchannel_logout_uri,
        &mut metadata.frontchannel_logout_uri,
        &mut metadata.initiate_login_uri,
        &mut metadata.backchannel_client_notification_endpoint,
    ] {
        if place.as_deref().is_some_and(|uri| !rules.stays(client_id, uri)) {
            (*place, has_strange) = (None, true);
        }
    }
    has_strange
}

/// Whoever made the document vouches for what lies beside it (§6.7); whether a logo lies elsewhere.
pub(super) fn drop_strange_logos(client_id: &Url, metadata: &mut ClientMetadata) -> bool {
    let is_strange = |logo: &String| !Url::parse(logo).is_ok_and(|logo| logo.origin() == client_id.origin());
    let localized = metadata.localized.len();
    metadata.localized.retain(|name, logo| !name.starts_with("logo_uri#") || !is_strange(logo));
    let had_logo = metadata.logo_uri.is_some();
    metadata.logo_uri = metadata.logo_uri.take().filter(|logo| !is_strange(logo));
    had_logo != metadata.logo_uri.is_some() || localized != metadata.localized.len()
}
