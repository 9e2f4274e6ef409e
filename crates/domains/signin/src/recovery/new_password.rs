//! What a new password must be, wherever one is chosen for an account that exists.

use crate::policy::Policy;
use flow::{PasswordHash, Prep};
use identity::users::{self, User};
use kernel::{Fault, Secret};
use pages::Problem;

/// A new password of `user`, hashed, if it is good enough and not one of `recent`.
pub(crate) async fn new_hash(
    prep: &Prep,
    chosen: &Secret,
    user: &User,
    recent: &[PasswordHash],
) -> Result<Result<PasswordHash, Problem>, Fault> {
    let policy = Policy::of(prep.services(), prep.organization()?);
    let about = [user.email.as_str(), user.name.as_deref().unwrap_or_default(), user.username.as_deref().unwrap_or_default()];
    let password = match policy.new_password(prep.organization()?, chosen, &about) {
        Ok(password) => password,
        Err(problem) => return Ok(Err(problem)),
    };
    if users::is_reused(prep.hashing(), &password, recent).await? {
        return Ok(Err(Problem::PasswordReused));
    }
    prep.hashing().hash(password, prep.rng()).await.map(Ok)
}
