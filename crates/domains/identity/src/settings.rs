//! What an organization's administrators decide: typed sections, each setting with its type and its default in one place.
//!
//! They are kept as one JSON document beside the organization. Only what differs from its default is kept, and whatever is missing
//! has its default, so that nothing is switched on by a mistake. Secrets are sealed for their organization and their place, and are
//! shown as set or not set.
//!
//! PATCH and PUT leave members that aren't sent as they are, as the published API has it; within a member that is itself an object,
//! PATCH merges and PUT replaces. `null` brings a default back.

mod area;
mod assertions;
mod authentication;
mod brand;
mod branding;
mod change;
mod email;
mod general;
mod idle;
#[cfg(test)]
mod in_use;
mod keep;
mod mfa;
mod oauth;
mod passwords;
mod profile;
mod scim;
mod sealed;
mod section;
mod security;
mod setting;
mod show;
#[cfg(test)]
mod tests;
mod values;

pub use area::{Area, Patch, Shown};
pub use assertions::{AssertionIssuer, AssertionSubject, IdentityAudience, PublicKeys, SigningAlgorithm};
pub use authentication::{
    Authentication, LocalhostRedirects, LoginIdentifier, NoMfaAction, Passkeys, ProfilingRule, ProgressiveProfiling, SocialConfig,
};
pub use branding::{BackgroundType, Branding, ButtonStyle, CardStyle, Gradient, InputStyle, Layout, NoCode, PatternStyle, Theme};
pub use change::{ChangeSection, SettingsChange};
pub use email::{Mail, SmtpSecurity};
pub use general::General;
pub use idle::is_idle;
pub use mfa::{Factor, MfaPolicy, Requirement};
pub use oauth::{AuthorizationDetailsType, FapiProfileName, OAuth, ResponseTypeName, TokenExchange};
pub use passwords::{PasswordPolicy, PasswordProblem, PasswordTemplate, RotationPolicy};
pub use profile::{ChangeOrganization, OrganizationProfile, ShowOrganization};
pub use scim::{BatchInterval, Deprovisioning, Inbound, NewToken, Outbound, OutboundAuth, ProtectedAttributes, Scim, TokenHash};
pub use sealed::{SealedSecret, Sealing};
pub use section::{Member, Section};
pub use security::{Security, SignInStrength, StepUpRule};
pub use setting::{Manner, Setting, Taking};
pub use show::{AllSettings, ShowAllSettings, ShowSection};
pub use values::{
    Address, Authorities, Certificate, Colour, Country, Fixed, Host, HostPattern, Language, Line, MailDomain, Number, Origin,
    PictureUrl, Sentence, TimeZone, WebUrl, Word,
};

use flow::Catalogue;
use serde_json::{Map, Value};
use std::sync::Arc;
use store::Org;

/// Everything an organization's administrators have decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// What it is called, and what is assumed about its people.
    pub general: General,
    /// How people prove who they are.
    pub authentication: Authentication,
    /// How pages look.
    pub branding: Branding,
    /// How guesses and sessions are dealt with.
    pub security: Security,
    /// How mail leaves.
    pub email: Mail,
    /// Provisioning.
    pub scim: Scim,
    /// What the authorization server insists on.
    pub oauth: OAuth,
}

impl Settings {
    /// Of an organization. They are read once for as long as the organization is cached.
    pub fn of(org: &Org) -> Arc<Self> {
        org.settings_as(Self::read)
    }

    /// From the document they are kept in. What isn't understood has its default.
    pub fn read(document: &str) -> Self {
        let document: Map<String, Value> = serde_json::from_str(document).unwrap_or_default();
        Self {
            general: load(&document),
            authentication: load(&document),
            branding: load(&document),
            security: load(&document),
            email: load(&document),
            scim: load(&document),
            oauth: load(&document),
        }
    }
}

fn load<A: Area>(document: &Map<String, Value>) -> A {
    document.get(A::KEPT_AS).and_then(A::load).unwrap_or_default()
}

/// Every operation on the settings.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ShowAllSettings>()
        .with(mount_section::<General>)
        .with(mount_section::<Authentication>)
        .with(mount_section::<Branding>)
        .with(mount_section::<Security>)
        .with(mount_section::<Mail>)
        .with(mount_section::<Scim>)
        .with(mount_section::<OAuth>)
        .mount::<ShowOrganization>()
        .mount::<ChangeOrganization>()
}

fn mount_section<A: Area>(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowSection<A>>().mount::<ChangeSection<A>>()
}
