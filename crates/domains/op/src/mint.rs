//! Tokens are made here: for the token endpoint, and wherever else an answer carries tokens.
//!
//! A [`Mint`] is put together while a request is prepared, a [`Batch`] begins in its transaction with a settled plan, and the tokens
//! themselves are signed after the commit, where the answer takes its form.

use crate::access_tokens::{jti, seal};
use crate::clients::{Client, Recipient, issuer};
use crate::issued::{OwnToken, OwnTokens};
use crate::keys::{self, ACCESS_TOKEN_ALGORITHM, OrgKeys};
use crate::person::{COMPANY_SCOPE, acting_for, find_person, held};
use crate::subjects;
use flow::{Cx, OneOrg, Services, Writes};
use jose::jws::sign;
use kernel::{FamilyId, Fault, OrgId, Secret, Timestamp, TokenId};
use oauth::Issuer;
use oauth::access_token::{self, Claims};
use oauth::client::AccessTokenFormat;
use oauth::grant::{Issuance, SettledPlan, Subject};
use oauth::id_jag;
use oauth::id_token::{self, Companions};
use oauth::pairwise::Subjects;
use oauth::person::{Held, Person, Telling};
use serde_json::Value;
use std::sync::Arc;
use store::Org;

/// What the tokens of one client are made with.
#[derive(Clone)]
pub(crate) struct Mint {
    client: Arc<Client>,
    issuer: Issuer,
    keys: Arc<OrgKeys>,
    subjects: Subjects,
    /// The key its ID tokens are encrypted to, where it wants that; or why there is none, for whoever would need it.
    recipient: Option<Result<Recipient, Fault>>,
    services: Arc<Services>,
    org: OrgId,
}

impl Mint {
    /// For this client.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(crate) async fn open(services: &Arc<Services>, org: &Org, client: Arc<Client>) -> Result<Self, Fault> {
        let keys = keys::signing_with(services, org, client.metadata.id_token_signed_response_alg).await?;
        let subjects = subjects::of(services, org, &client).await?;
        let recipient = match client.metadata.id_token_encryption {
            Some(encryption) => Some(Recipient::find(services, org, &client, encryption, services.clock.now()).await),
            None => None,
        };
        Ok(Self {
            client,
            issuer: issuer(services, org),
            keys,
            subjects,
            recipient,
            services: services.clone(),
            org: org.id().clone(),
        })
    }
    /// Whose tokens it makes.
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }
    /// The organization's issuer identifier.
    pub(crate) fn issuer(&self) -> &Issuer {
        &self.issuer
    }
    /// How the client knows people.
    pub(crate) fn subjects(&self) -> &Subjects {
        &self.subjects
    }
    /// Begin the tokens of a plan: whatever they say that only the database knows is read now.
    ///
    /// # Errors
    /// 400 if the client wants an encrypted ID token and has no key for it; else whatever the database says.
    pub(crate) async fn begin(&self, cx: &mut Cx<OneOrg, Writes>, plan: SettledPlan) -> Result<Batch, Fault> {
        if let (true, Some(Err(fault))) = (plan.is_openid, &self.recipient) {
            return Err(fault.clone());
        }
        if let Subject::User(user) = &plan.subject {
            subjects::remember(&mut cx.tx, &self.subjects, user).await?;
        }
        let mut batch = self.about_nobody(cx, plan);
        batch.load_about_user(cx).await?;
        Ok(batch)
    }
    /// Begin the tokens of a plan without a person.
    pub(crate) fn about_nobody(&self, cx: &Cx<OneOrg, Writes>, plan: SettledPlan) -> Batch {
        let sub = self.subjects.of(&plan.subject);
        Batch {
            jti: new_jti(cx, plan.family.as_ref()),
            sub,
            plan,
            now: cx.now,
            mint: self.clone(),
            person: None,
            held: Held::default(),
            company: None,
        }
    }
}

/// A new `jti`.
pub(crate) fn new_jti(cx: &Cx<OneOrg, Writes>, family: Option<&FamilyId>) -> String {
    jti(family, &TokenId::new(cx.now, cx.rng()))
}

/// Where a person is vouched for, and what is said besides.
#[derive(Clone, Debug)]
pub(crate) struct Vouched {
    pub(crate) target: id_jag::Target,
    pub(crate) resources: Vec<String>,
    pub(crate) email: Option<String>,
}

/// Everything the tokens of one plan are made from.
pub(crate) struct Batch {
    plan: SettledPlan,
    sub: String,
    jti: String,
    now: Timestamp,
    mint: Mint,
    /// Known only if the ID token has to say something about them.
    person: Option<Person>,
    /// What the access token tells of.
    held: Held,
    /// The claim about the company the person acts for.
    company: Option<Value>,
}

impl Batch {
    /// The same with this `jti`.
    pub(crate) fn with_jti(self, jti: String) -> Self {
        Self { jti, ..self }
    }
    /// The same as if it had been made at that moment.
    pub(crate) fn issued_at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }
    /// What it carries out.
    pub(crate) fn plan(&self) -> &SettledPlan {
        &self.plan
    }
    /// The `jti` of the access token.
    pub(crate) fn jti(&self) -> &str {
        &self.jti
    }

    fn issuance(&self) -> Issuance<'_> {
        Issuance { issuer: &self.mint.issuer, client: &self.mint.client.metadata, sub: &self.sub, now: self.now }
    }

    async fn load_about_user(&mut self, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
        let Subject::User(user) = &self.plan.subject else { return Ok(()) };
        let (scopes, wishes) = (&self.plan.scopes, &self.plan.claims.id_token);
        let in_access_token = Telling::in_access_token(scopes);
        let in_id_token = Telling::in_id_token(&self.mint.client.metadata, scopes, wishes);
        let held = held(&mut cx.tx, user, in_access_token.or(in_id_token)).await?;
        if self.plan.is_openid && (!wishes.is_empty() || in_id_token.is_anything()) {
            let person = find_person(&mut cx.tx, user).await?;
            self.person = person.map(|person| Person { held: held.only(in_id_token), ..person });
        }
        self.held = held.only(in_access_token);
        let company = self.plan.company.as_ref().filter(|_| scopes.has(COMPANY_SCOPE));
        self.company = acting_for(&mut cx.tx, user, company).await?;
        Ok(())
    }

    /// The tokens leave. A grant is listed with its family; a client's own token is noted here.
    ///
    /// # Errors
    /// Only our own failures.
    pub(crate) fn note(&self) -> Result<(), Fault> {
        if self.plan.family.is_some() {
            return Ok(());
        }
        let token = OwnToken {
            org: self.mint.org.clone(),
            jti: self.jti.clone(),
            client: self.plan.client_id.clone(),
            scopes: self.plan.scopes.clone(),
            issued_at: self.now,
            expires_at: self.now.plus(self.plan.access_token_lifetime),
        };
        self.mint.services.rooms.find::<OwnTokens>()?.add(token);
        Ok(())
    }

    /// The access token.
    ///
    /// # Errors
    /// Only our own failures.
    pub(crate) fn access_token(&self) -> Result<Secret, Fault> {
        let claims = Claims::of(&self.plan, &self.issuance(), self.jti.as_str()).with_held(&self.held);
        let claims = claims.with_organization(self.company.clone());
        match self.plan.access_token_format {
            AccessTokenFormat::Jwt => {
                let key = self.mint.keys.signing(ACCESS_TOKEN_ALGORITHM)?;
                sign(key, access_token::TYP, &claims).map(Secret::new).map_err(Fault::internal)
            }
            AccessTokenFormat::Opaque => seal(&self.mint.services, &claims),
        }
    }

    /// The identity assertion that the plan is for (ID-JAG).
    ///
    /// # Errors
    /// Only our own failures.
    pub(crate) fn identity_assertion(&self, vouched: &Vouched) -> Result<Secret, Fault> {
        let key = self.mint.keys.signing(self.mint.client.metadata.id_token_signed_response_alg)?;
        let Vouched { target, resources, email } = vouched;
        let claims = id_jag::Claims::of(&self.plan, &self.issuance(), &self.jti, target, resources, email.clone());
        sign(key, id_jag::TYP, &claims).map(Secret::new).map_err(Fault::internal)
    }

    /// The ID token, if the plan is an OpenID Connect one.
    ///
    /// # Errors
    /// Only our own failures.
    pub(crate) fn id_token(&self, companions: Companions<'_>) -> Result<Option<Secret>, Fault> {
        if !self.plan.is_openid {
            return Ok(None);
        }
        let key = self.mint.keys.signing(self.mint.client.metadata.id_token_signed_response_alg)?;
        let claims = id_token::Claims::of(&self.plan, &self.issuance(), companions, key.algorithm(), self.person.as_ref());
        let Some(claims) = claims.map(|claims| claims.with_organization(self.company.clone())) else { return Ok(None) };
        let signed = sign(key, id_token::TYP, &claims).map_err(Fault::internal)?;
        let sealed = match &self.mint.recipient {
            Some(recipient) => recipient.as_ref().map_err(Clone::clone)?.seal(&signed, &*self.mint.services.rng)?,
            None => Secret::new(signed),
        };
        Ok(Some(sealed))
    }
}
