//! What changes of a user with a request.

use super::UpdateUser;
use crate::users::{Address, Birthdate, Gender, Locale, Name, PhoneNumber, Picture, User, Username, WebPage, Zoneinfo};

impl UpdateUser {
    /// Put what was sent into the user; says which fields that changed.
    pub(super) fn apply(self, user: &mut User) -> Vec<&'static str> {
        let mut changed = Vec::new();
        let mut note = |name, differs: bool| {
            if differs {
                changed.push(name);
            }
        };
        if let Some(email) = self.email.filter(|email| email.as_str() != user.email) {
            let is_same_mailbox = email.key() == crate::users::EmailKey::of(&user.email);
            user.email_verified &= is_same_mailbox;
            email.as_str().clone_into(&mut user.email);
            note("email", true);
        }
        if let Some(is_verified) = self.email_verified {
            note("emailVerified", user.email_verified != is_verified);
            user.email_verified = is_verified;
        }
        note("username", self.username.apply(&mut user.username, Username::into_string));
        note("name", self.name.apply(&mut user.name, Name::into_string));
        note("givenName", self.given_name.apply(&mut user.given_name, Name::into_string));
        note("familyName", self.family_name.apply(&mut user.family_name, Name::into_string));
        note("picture", self.picture.apply(&mut user.picture, Picture::into_string));
        if self.phone_number.apply(&mut user.phone_number, PhoneNumber::into_string) {
            user.phone_number_verified = false;
            note("phoneNumber", true);
        }
        if let Some(is_verified) = self.phone_number_verified.map(|is_verified| is_verified && user.phone_number.is_some()) {
            note("phoneNumberVerified", user.phone_number_verified != is_verified);
            user.phone_number_verified = is_verified;
        }
        let more = &mut user.profile;
        note("middleName", self.middle_name.apply(&mut more.middle_name, Name::into_string));
        note("nickname", self.nickname.apply(&mut more.nickname, Name::into_string));
        note("profile", self.profile.apply(&mut more.profile, WebPage::into_string));
        note("website", self.website.apply(&mut more.website, WebPage::into_string));
        note("gender", self.gender.apply(&mut more.gender, Gender::into_string));
        note("birthdate", self.birthdate.apply(&mut more.birthdate, Birthdate::into_string));
        note("address", self.address.apply(&mut user.address, Address::into_string));
        note("locale", self.locale.apply(&mut user.locale, Locale::into_string));
        note("zoneinfo", self.zoneinfo.apply(&mut user.zoneinfo, Zoneinfo::into_string));
        if let Some(is_active) = self.is_active {
            note("isActive", user.is_active != is_active);
            user.is_active = is_active;
        }
        changed
    }
}
