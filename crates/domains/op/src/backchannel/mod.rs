//! Client-initiated backchannel authentication (CIBA): the endpoint, the pages where people approve, and what clients are told.
//!
//! A client names a person. The person finds the request in their account, or by a mail that holds a link and no more: whoever opens it has
//! to be signed in. What they decide is fetched at the token endpoint (poll, ping), or sent to the client (push).

pub(crate) mod agent;
mod begin;
mod code;
mod decide;
mod list;
mod named;
mod notify;
mod question;
mod requests;
mod tokens;

pub use begin::{Acknowledged, AuthenticationRequest, Begin};
pub use decide::{DecideRequest, DecisionForm};
pub use list::ListRequests;
pub use notify::Notify;
pub use question::{RequestPath, ShowRequest};

use flow::Catalogue;
use kernel::{ClientId, FamilyId, Scopes, UserId};

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Begin>().mount::<ListRequests>().mount::<ShowRequest>().mount::<DecideRequest>()
}

kernel::events! {
    /// What happens to a backchannel authentication request.
    pub enum Backchannel {
        /// A client asked a person for approval.
        Begun = "backchannel_requests.begun", Info {
            about client: ClientId, public subject: UserId, public scopes: Scopes, public authorization_details_types: Option<String>,
            public delivery: &'static str
        };
        /// A client named somebody who can't be asked.
        Misnamed = "backchannel_requests.misnamed", Warning { about client: ClientId, public has_locked: bool };
        /// A person approved what a client asked for.
        Approved = "backchannel_requests.approved", Info {
            about client: ClientId, public subject: UserId, public scopes: Scopes, public authorization_details_types: Option<String>,
            public family: FamilyId
        };
        /// A person refused what a client asked for.
        Denied = "backchannel_requests.denied", Info { about client: ClientId, public subject: UserId };
        /// A client asked for approval with a code that is not the person's, or is nobody's.
        CodeRefused = "backchannel_requests.code_refused", Warning {
            about client: ClientId, public subject: Option<UserId>, public reason: &'static str, public has_locked: bool
        };
        /// A person wanted to approve what demands a stronger sign-in than theirs.
        TooWeak = "backchannel_requests.sign_in_too_weak", Warning { about client: ClientId, public subject: UserId };
        /// A decision came too late, or was made before.
        Stale = "backchannel_requests.stale", Info { about client: ClientId, public subject: UserId };
    }
}
