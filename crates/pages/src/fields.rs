//! Names of form fields and the values of buttons, for the code that reads what the pages send.

/// Anti-forgery token, on every form.
pub const CSRF: &str = "csrf";
/// Email address or username on the sign-in page.
pub const IDENTIFIER: &str = "identifier";
/// Password on sign-in and registration; the new one on reset and change.
pub const PASSWORD: &str = "password";
/// The password so far, when changing it.
pub const CURRENT_PASSWORD: &str = "current_password";
/// A new code by which services may ask for one's approval.
pub const APPROVAL_CODE: &str = "approval_code";
/// `1` when the person wants to stay signed in; absent otherwise.
pub const REMEMBER: &str = "remember";
/// Email address on registration and the forgotten password page.
pub const EMAIL: &str = "email";
/// First name.
pub const GIVEN_NAME: &str = "given_name";
/// Last name.
pub const FAMILY_NAME: &str = "family_name";
/// Middle name.
pub const MIDDLE_NAME: &str = "middle_name";
/// What friends call somebody.
pub const NICKNAME: &str = "nickname";
/// Gender, in any words.
pub const GENDER: &str = "gender";
/// Day of birth.
pub const BIRTHDATE: &str = "birthdate";
/// Telephone number.
pub const PHONE_NUMBER: &str = "phone_number";
/// Address of a picture on the web.
pub const PICTURE: &str = "picture";
/// Address of a page about somebody.
pub const PROFILE: &str = "profile";
/// Address of somebody's own page.
pub const WEBSITE: &str = "website";
/// Language tag.
pub const LOCALE: &str = "locale";
/// Time zone.
pub const ZONEINFO: &str = "zoneinfo";
/// Street and number.
pub const STREET_ADDRESS: &str = "street_address";
/// Postal code.
pub const POSTAL_CODE: &str = "postal_code";
/// City.
pub const LOCALITY: &str = "locality";
/// State or region.
pub const REGION: &str = "region";
/// Country.
pub const COUNTRY: &str = "country";
/// The code of a device.
pub const USER_CODE: &str = "user_code";
/// An account's id on the page that asks which one to go on with.
pub const ACCOUNT: &str = "account";
/// A company's id on the page that asks for which one to act.
pub const ORGANIZATION: &str = "organization";
/// Which button was pressed: [`ALLOW`], [`DENY`], [`CANCEL`], [`SIGN_OUT`], [`STAY`], [`ACCEPT`], [`DECLINE`] or [`SWITCH`].
pub const DECISION: &str = "decision";
/// Consent given.
pub const ALLOW: &str = "allow";
/// Consent refused.
pub const DENY: &str = "deny";
/// Sign-in called off.
pub const CANCEL: &str = "cancel";
/// Sign-out confirmed.
pub const SIGN_OUT: &str = "sign_out";
/// Sign-out declined.
pub const STAY: &str = "stay";
/// An invitation accepted.
pub const ACCEPT: &str = "accept";
/// An invitation declined.
pub const DECLINE: &str = "decline";
/// An invitation looked at with another account.
pub const SWITCH: &str = "switch";
/// A session's id on the account page, or [`OTHERS`]; what ID tokens call the session that a sign-out page is about.
pub const SESSION: &str = "session";
/// Every session but the present one.
pub const OTHERS: &str = "others";
/// A connected application's id on the account page.
pub const APP: &str = "app";
