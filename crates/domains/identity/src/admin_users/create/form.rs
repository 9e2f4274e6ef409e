//! What a request to create a user holds.

use super::CreateUser;
use crate::change::Change;
use crate::named::Key;
use crate::settings::Settings;
use crate::users::{
    Address, Birthdate, Email, Gender, Locale, MoreClaims, Name, NewUser, PhoneNumber, Picture, Profile, Username, WebPage,
    Zoneinfo,
};
use flow::{PasswordHash, Prep, Prepare};
use kernel::{Fault, Secret};

flow::input! {
    /// What a request to create a user holds.
    #[derive(Clone, Debug)]
    pub struct CreateUserForm {
        /// Their address.
        body "email" => email: Email,
        /// Their password; without one they choose it by mail.
        body "password" => password: Option<Secret>,
        /// Another name to sign in with.
        body "username" => username: Change<Username>,
        /// Full name.
        body "name" => name: Change<Name>,
        /// Given name.
        body "givenName" => given_name: Change<Name>,
        /// Family name.
        body "familyName" => family_name: Change<Name>,
        /// URL of a picture.
        body "picture" => picture: Change<Picture>,
        /// Telephone number.
        body "phoneNumber" => phone_number: Change<PhoneNumber>,
        /// Whether the number is known to be theirs.
        body "phoneNumberVerified" => phone_number_verified: Option<bool>,
        /// Middle name.
        body "middleName" => middle_name: Change<Name>,
        /// What friends call them.
        body "nickname" => nickname: Change<Name>,
        /// URL of a page about them.
        body "profile" => profile: Change<WebPage>,
        /// URL of a page of theirs.
        body "website" => website: Change<WebPage>,
        /// Gender, in any words.
        body "gender" => gender: Change<Gender>,
        /// Day of birth: `YYYY-MM-DD`, `YYYY` alone, or with 0000 for the year.
        body "birthdate" => birthdate: Change<Birthdate>,
        /// Postal address: `formatted`, `street_address`, `locality`, `region`, `postal_code`, `country`.
        body "address" => address: Change<Address>,
        /// Language tag.
        body "locale" => locale: Change<Locale>,
        /// Time zone.
        body "zoneinfo" => zoneinfo: Change<Zoneinfo>,
        /// Whether the account may be used; it may where this is left out.
        body "isActive" => is_active: Option<bool>,
        /// Whether the address is known to be theirs.
        body "emailVerified" => email_verified: Option<bool>,
        /// Roles, by slug; the role `user` where this is left out.
        body "roles" => roles: Option<Vec<Key>>,
        /// Groups, by slug.
        body "groups" => groups: Option<Vec<Key>>,
    }
}

impl Prepare<CreateUser> for CreateUserForm {
    async fn prepare(self, prep: &Prep) -> Result<CreateUser, Fault> {
        let password = match &self.password {
            Some(chosen) => {
                let org = prep.organization()?;
                let policy = &Settings::of(org).authentication.password_policy;
                let password = policy.accept_field(org, "password", chosen, &self.about())?;
                Some(prep.hashing().hash(password, prep.rng()).await?)
            }
            None => None,
        };
        Ok(self.with_password(password))
    }
}

impl CreateUserForm {
    /// What their password must not merely repeat.
    fn about(&self) -> Vec<&str> {
        let username = if let Change::Set(username) = &self.username { Some(username.as_str()) } else { None };
        let names = [&self.name, &self.given_name, &self.family_name];
        let names = names.into_iter().filter_map(|name| if let Change::Set(name) = name { Some(name.as_str()) } else { None });
        std::iter::once(self.email.as_str()).chain(username).chain(names).collect()
    }

    fn with_password(self, password: Option<PasswordHash>) -> CreateUser {
        let profile = Profile {
            name: self.name.set().map(Name::into_string),
            given_name: self.given_name.set().map(Name::into_string),
            family_name: self.family_name.set().map(Name::into_string),
            picture: self.picture.set().map(Picture::into_string),
            phone_number: self.phone_number.set().map(PhoneNumber::into_string),
            phone_number_verified: self.phone_number_verified.unwrap_or(false),
            address: self.address.set().map(Address::into_string),
            more: MoreClaims {
                middle_name: self.middle_name.set().map(Name::into_string),
                nickname: self.nickname.set().map(Name::into_string),
                profile: self.profile.set().map(WebPage::into_string),
                website: self.website.set().map(WebPage::into_string),
                gender: self.gender.set().map(Gender::into_string),
                birthdate: self.birthdate.set().map(Birthdate::into_string),
            },
            locale: self.locale.set().map(Locale::into_string),
            zoneinfo: self.zoneinfo.set().map(Zoneinfo::into_string),
        };
        let new = NewUser {
            email: self.email,
            email_verified: self.email_verified.unwrap_or(false),
            username: self.username.set(),
            password,
            is_active: self.is_active.unwrap_or(true),
            profile,
        };
        CreateUser { new, roles: self.roles, groups: self.groups.unwrap_or_default() }
    }
}
