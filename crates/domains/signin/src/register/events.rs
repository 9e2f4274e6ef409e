//! What registering records.

use kernel::UserId;

kernel::events! {
    /// What a registration records.
    pub enum Registering {
        /// Somebody registered; the account waits for its address to be confirmed.
        Registered = "users.registered", Info { about user: UserId, personal email: String };
        /// Somebody tried to register with the address of an account.
        Repeated = "users.registration_repeated", Info { about user: UserId };
        /// A registration was refused.
        Refused = "users.registration_refused", Info { public reason: &'static str };
    }

    /// What confirming an address records.
    pub enum Confirming {
        /// A person showed that an address is theirs.
        Confirmed = "users.email_verified", Info { about user: UserId, public activated: bool, personal email: String };
        /// A link to confirm an address was refused.
        Refused = "users.email_verification_refused", Info { public reason: &'static str };
        /// A new link to confirm an address was asked for.
        Asked = "users.email_verification_requested", Info { };
    }
}
