//! What the form sends.

use super::known::Typed;
use identity::change::Change;
use kernel::Secret;

macro_rules! details {
    ($($(#[doc = $doc:literal])* $name:literal => $field:ident),* $(,)?) => {
        flow::input! {
            /// What the form sends. What it leaves out stays as it is, what is empty is forgotten.
            #[derive(Clone, Debug)]
            pub struct DetailsForm {
                /// The anti-forgery token.
                body "csrf" => csrf: Option<Secret>,
                $($(#[doc = $doc])* body $name => $field: Change<String>,)*
            }
        }

        impl DetailsForm {
            /// Its token, and what it says about each field.
            pub(super) fn taken(self) -> (Option<Secret>, Typed) {
                (self.csrf, Typed::from([$(($name, self.$field)),*]))
            }
        }
    };
}

details! {
    /// Middle name.
    "middle_name" => middle_name,
    /// What friends call them.
    "nickname" => nickname,
    /// Gender, in any words.
    "gender" => gender,
    /// Day of birth: `YYYY-MM-DD`, `YYYY` alone, or with 0000 for the year.
    "birthdate" => birthdate,
    /// Telephone number; a new one isn't verified.
    "phone_number" => phone_number,
    /// Address of a picture on the web.
    "picture" => picture,
    /// Address of a page about them.
    "profile" => profile,
    /// Address of a page of theirs.
    "website" => website,
    /// Language tag.
    "locale" => locale,
    /// Time zone.
    "zoneinfo" => zoneinfo,
    /// Street and number.
    "street_address" => street_address,
    /// Postal code.
    "postal_code" => postal_code,
    /// City.
    "locality" => locality,
    /// State or region.
    "region" => region,
    /// Country.
    "country" => country,
}
