//! The presented access token, and whether it opens this door.

use super::UserInfo;
use crate::access_tokens::{is_for_api, living_client, verify};
use crate::clients::issuer;
use crate::params;
use crate::possession::{Presented, Sender, check_holder};
use crate::subjects;
use crate::wrapping::Wrapping;
use flow::{Incoming, Parameter, Parse, Prep, Prepare};
use identity::guard::invalid_token;
use kernel::Fault;
use oauth::bearer;

/// A presented access token, not looked at yet.
#[derive(Clone, Debug)]
pub struct UserInfoRequest(Presented);

impl Parse for UserInfoRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let is_form = incoming.method == "POST" && !incoming.body.is_empty();
        let form = if is_form { Some(params::of_body(incoming)?) } else { None };
        let token = bearer::token(params::authorization(incoming)?, form.as_ref())?;
        let hint = "Please authenticate with an access token.";
        let (scheme, token) = token.ok_or_else(|| Fault::unauthenticated("unauthorized", hint))?;
        Ok(Self(Presented { scheme, token }))
    }
    fn parameters() -> Vec<Parameter> {
        vec![crate::token::parameter("access_token", false, "The access token, unless the Authorization header carries it.")]
    }
}

impl Prepare<UserInfo> for UserInfoRequest {
    async fn prepare(self, prep: &Prep) -> Result<UserInfo, Fault> {
        let org = prep.organization()?;
        let token = verify(prep.services(), org, &self.0.token, prep.now).await?;
        let client = living_client(prep.services(), org, &token).await?;
        let client = client.ok_or_else(|| invalid_token("its client is switched off, or its tokens were voided"))?;
        if !is_for_api(prep.services(), org, &token, &client) {
            return Err(invalid_token("it is for other resource servers"));
        }
        let sender = Sender { services: prep.services(), org, incoming: &prep.request, now: prep.now };
        for proof in check_holder(&sender, &self.0, &token, &client.metadata)? {
            prep.uses_up(proof);
        }
        let subjects = subjects::of(prep.services(), org, &client).await?;
        let (signed, encrypted) = (client.metadata.userinfo_signed_response_alg, client.metadata.userinfo_encryption);
        let wrapping = Wrapping::find(prep.services(), org, &client, signed, encrypted, prep.now).await?;
        Ok(UserInfo { token, client, subjects, wrapping, issuer: issuer(prep.services(), org) })
    }
}
