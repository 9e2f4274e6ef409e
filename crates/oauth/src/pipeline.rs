//! Which room works where: the table the documents are generated from.

use crate::metadata::{Document, Facts};
use std::fmt::Write as _;

/// A specification as this server knows it.
#[derive(Debug)]
pub struct Room {
    /// The specification's common short name, and the module's.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// How settled it is.
    pub status: Status,
    /// What of it is supported, in a few words.
    pub support: &'static str,
    /// At which endpoints and stages the room takes part.
    pub visits: &'static [(Endpoint, Stage)],
    /// What it adds to the metadata documents.
    pub metadata: fn(&Facts<'_>, &mut Document),
}

/// How settled a specification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// An RFC or a final OpenID specification.
    Final,
    /// A draft; ships only behind a setting that is off by default.
    Draft,
}

/// The endpoints of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `oauth/authorize`.
    Authorization,
    /// `oauth/par`.
    PushedAuthorization,
    /// `oauth/token`.
    Token,
    /// `oauth/userinfo`.
    Userinfo,
    /// `oauth/introspect`.
    Introspection,
    /// `oauth/revoke`.
    Revocation,
    /// `oauth/logout`.
    EndSession,
    /// `connect/register`.
    Registration,
    /// `oauth/device_authorization`.
    DeviceAuthorization,
    /// `oauth/bc-authorize`.
    BackchannelAuthentication,
    /// `.well-known/…`.
    Metadata,
}

/// The stages of a request, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Bytes become types.
    Parse,
    /// The client (or the bearer of a token) proves who it is.
    Authenticate,
    /// Conditions that don't depend on the grant.
    Check,
    /// Facts become a plan.
    Decide,
    /// Single-use things are claimed.
    Settle,
    /// Tokens are made from the settled plan.
    Issue,
    /// The answer takes its form.
    Respond,
}

/// Every room, in the order in which they write the metadata documents.
pub const ROOMS: &[Room] = &[
    crate::issuer::ROOM,
    crate::authorization_request::ROOM,
    crate::jar::ROOM,
    crate::par::ROOM,
    crate::prompt::ROOM,
    crate::claims_request::ROOM,
    crate::redirect_uri::ROOM,
    crate::response_type::ROOM,
    crate::response_mode::ROOM,
    crate::jarm::ROOM,
    crate::pkce::ROOM,
    crate::resource::ROOM,
    crate::rar::ROOM,
    crate::interaction::ROOM,
    crate::grant::ROOM,
    crate::device_authorization::ROOM,
    crate::ciba::ROOM,
    crate::token_exchange::ROOM,
    crate::jwt_bearer::ROOM,
    crate::id_jag::ROOM,
    crate::client_authentication::ROOM,
    crate::private_key_jwt::ROOM,
    crate::confirmation::ROOM,
    crate::dpop::ROOM,
    crate::scope::ROOM,
    crate::pairwise::ROOM,
    crate::access_token::ROOM,
    crate::id_token::ROOM,
    crate::bearer::ROOM,
    crate::step_up::ROOM,
    crate::userinfo::ROOM,
    crate::introspect::ROOM,
    crate::revoke::ROOM,
    crate::end_session::ROOM,
    crate::session_management::ROOM,
    crate::frontchannel_logout::ROOM,
    crate::backchannel_logout::ROOM,
    crate::registration::ROOM,
    crate::client_id_metadata::ROOM,
    crate::metadata::ROOM,
    crate::protected_resource::ROOM,
    crate::mtls::ROOM,
    // Cuts down what those before it listed.
    crate::fapi::ROOM,
];

const ENDPOINTS: [(Endpoint, &str); 11] = [
    (Endpoint::Authorization, "authorize"),
    (Endpoint::PushedAuthorization, "par"),
    (Endpoint::Token, "token"),
    (Endpoint::Userinfo, "userinfo"),
    (Endpoint::Introspection, "introspect"),
    (Endpoint::Revocation, "revoke"),
    (Endpoint::EndSession, "logout"),
    (Endpoint::Registration, "register"),
    (Endpoint::DeviceAuthorization, "device"),
    (Endpoint::BackchannelAuthentication, "bc-authorize"),
    (Endpoint::Metadata, "metadata"),
];

/// The page `docs/generated/pipeline.md`: which room works at which endpoint, at which stage.
pub fn markdown() -> String {
    let mut page =
        String::from("# Which specification works where\n\nGenerated from `crates/oauth/src/pipeline.rs`.\n\n| room |");
    for (_, name) in ENDPOINTS {
        let _ = write!(page, " {name} |");
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(ENDPOINTS.len()));
    for room in ROOMS {
        let _ = write!(page, "\n| `{}` |", room.name);
        for (endpoint, _) in ENDPOINTS {
            let stages: Vec<_> = room.visits.iter().filter(|(at, _)| *at == endpoint).map(|(_, stage)| stage.name()).collect();
            let _ = write!(page, " {} |", stages.join(", "));
        }
    }
    page.push('\n');
    page
}

/// The page `docs/generated/specs.md`: which specifications there are and what of them is supported.
pub fn specifications() -> String {
    let mut page = String::from(
        "# Specifications\n\nGenerated from `crates/oauth/src/pipeline.rs`.\n\n| room | specification | source | status | supported |\n|---|---|---|---|---|\n",
    );
    for room in ROOMS {
        let status = match room.status {
            Status::Final => "final",
            Status::Draft => "draft",
        };
        let _ = writeln!(page, "| `{}` | {} | {} | {status} | {} |", room.name, room.title, room.source, room.support);
    }
    page
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Authenticate => "authenticate",
            Self::Check => "check",
            Self::Decide => "decide",
            Self::Settle => "settle",
            Self::Issue => "issue",
            Self::Respond => "respond",
        }
    }
}

/// For rooms that add nothing to the metadata documents.
pub(crate) fn no_metadata(_: &Facts<'_>, _: &mut Document) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_is_listed_once_with_the_stages_in_order() {
        let mut names: Vec<_> = ROOMS.iter().map(|room| room.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROOMS.len());
        for room in ROOMS {
            assert!(!room.visits.is_empty(), "{} works nowhere", room.name);
            for (endpoint, _) in ENDPOINTS {
                let stages: Vec<_> = room.visits.iter().filter(|(at, _)| *at == endpoint).map(|(_, stage)| *stage).collect();
                assert!(stages.is_sorted(), "{}", room.name);
            }
        }
    }

    /// Every room of a specification is in the table: whoever writes one can't forget it.
    #[test]
    fn every_room_of_the_crate_is_in_the_table() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut rooms = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file = if path.is_dir() { path.join("mod.rs") } else { path.clone() };
            // The folder of a room whose front stands beside it has none in it.
            if path.is_dir() && path.with_extension("rs").exists() {
                continue;
            }
            if !std::fs::read_to_string(&file).unwrap().contains("\npub const ROOM: Room") {
                continue;
            }
            rooms += 1;
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(ROOMS.iter().any(|room| room.name == name), "{name} is not in the table");
        }
        assert_eq!(rooms, ROOMS.len());
    }

    /// Where the specifications of the profiles act, as each says itself: `(specification, endpoint)`.
    #[test]
    fn every_specification_is_where_it_acts() {
        use Endpoint::{
            Authorization, BackchannelAuthentication, DeviceAuthorization, Introspection, Metadata, PushedAuthorization,
            Registration, Revocation, Token, Userinfo,
        };
        let proves_clients =
            [PushedAuthorization, Token, Introspection, Revocation, DeviceAuthorization, BackchannelAuthentication];
        for (source, endpoints) in [
            ("RFC 9126", &[PushedAuthorization, Authorization][..]),
            ("RFC 9101", &[Authorization, PushedAuthorization, BackchannelAuthentication]),
            ("JARM", &[Authorization]),
            ("RFC 9207", &[Authorization]),
            ("RFC 9396", &[Authorization, PushedAuthorization, Token, Introspection]),
            ("RFC 9449", &[Authorization, PushedAuthorization, Token, Userinfo]),
            ("RFC 8705", &proves_clients),
            ("RFC 8705", &[Userinfo]),
            ("RFC 7523, ", &proves_clients),
            ("RFC 7523 §2.1", &[Token]),
            ("RFC 9701", &[Introspection]),
            ("RFC 9470", &[Authorization]),
            ("RFC 8707", &[Authorization, PushedAuthorization, Token, DeviceAuthorization, BackchannelAuthentication]),
            ("RFC 8693", &[Token]),
            ("RFC 8628", &[DeviceAuthorization, Token]),
            ("CIBA Core 1.0", &[BackchannelAuthentication, Token]),
            ("draft-ietf-oauth-identity-assertion-authz-grant", &[Token]),
            ("draft-ietf-oauth-client-id-metadata-document", &[Authorization, PushedAuthorization, Token, Metadata]),
            ("RFC 9728", &[Metadata, Userinfo]),
            ("FAPI 2.0 Security Profile", &[Registration, Authorization, PushedAuthorization, Token, Metadata]),
            ("FAPI 2.0 Message Signing", &[Introspection]),
            ("FAPI 1.0 Part 2", &[Authorization, Token]),
            ("FAPI-CIBA", &[BackchannelAuthentication]),
        ] {
            for endpoint in endpoints {
                let is_there = |room: &&Room| room.source.contains(source) && room.visits.iter().any(|(at, _)| at == endpoint);
                assert!(ROOMS.iter().any(|room| is_there(&room)), "{source} at {endpoint:?}");
            }
        }
    }

    #[test]
    fn the_generated_pages_have_a_row_for_each_room() {
        assert!(markdown().contains("| `pkce` | parse, check | parse, check | check |"));
        assert_eq!(specifications().lines().filter(|line| line.starts_with("| `")).count(), ROOMS.len());
    }
}
