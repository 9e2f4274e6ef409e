//! Making an organization with everything it needs: system roles and permissions, signing keys, a key for its log.

use flow::{Answer, Body, Cx, NoInput, Operation, Platform, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::organizations::{NewOrganization, Slug, provision_as};
use kernel::{Access, Fault, OrgId};
use op::keys::FreshKey;
use store::Topic;

/// Make an organization, or complete one of that slug.
#[derive(Clone)]
pub struct MakeOrganization {
    /// The id it must have if it is new; otherwise any.
    pub id: Option<OrgId>,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// Its first signing keys, made beforehand.
    pub keys: Vec<FreshKey>,
}

kernel::events! {
    /// What making an organization records.
    pub enum OrganizationMade {
        /// An organization was made.
        Created = "organizations.created", Info { about organization: OrgId, public slug: String };
        /// An organization was brought up to date.
        Completed = "organizations.completed", Info { about organization: OrgId, public slug: String };
    }
}

impl Operation for MakeOrganization {
    const ID: &'static str = "organizations.create";
    const SUMMARY: &'static str = "Make an organization.";
    const ROUTE: Route = Route::post("operator/organizations");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = Platform;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Answer;
    type Event = OrganizationMade;

    async fn run(self, cx: &mut Cx<Platform, Writes>) -> Result<Verdict<Answer, OrganizationMade>, Fault> {
        let services = cx.services().clone();
        let slug = self.slug.as_str().to_owned();
        let issuer = services.issuer(&slug);
        let new = NewOrganization { slug: self.slug, name: self.name };
        let id = self.id.unwrap_or_else(|| OrgId::new(cx.now, &*services.rng));
        let made = provision_as(&mut cx.tx, id, &new, cx.now, &*services.rng).await?;
        cx.tx.touch(Topic::Organization(made.id.clone()));
        signals::generate_log_key(&mut cx.tx, &services.master_keys, &*services.rng, &made.id, &issuer, cx.now).await?;
        if !made.is_new {
            return Ok(Verdict::Done(Answer::new(200, Body::Empty), OrganizationMade::Completed { organization: made.id, slug }));
        }
        op::keys::provision(&mut cx.tx, &services, &made.id, &self.keys, cx.now).await?;
        Ok(Verdict::Done(Answer::new(201, Body::Empty), OrganizationMade::Created { organization: made.id, slug }))
    }
}

impl Prepare<MakeOrganization> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<MakeOrganization, Fault> {
        Err(super::not_over_the_network())
    }
}
