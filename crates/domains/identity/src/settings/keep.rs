//! The settings in the database, while they are being changed.

use super::{Area, Authentication, Branding, General, Mail, OAuth, Patch, Scim, Sealing, Security, Taking};
use flow::Cx;
use kernel::Fault;
use serde_json::{Map, Value};
use store::{Mode, OneOrg, Topic, Tx, Writes, args, org_sql, rows};

rows! {
    /// The organization as the transaction sees it: its settings may have changed since the request began.
    pub(super) struct KeptRow {
        pub(super) number: i64, pub(super) slug: String, pub(super) name: String, pub(super) is_active: bool,
        pub(super) settings: String, pub(super) created_at: kernel::Timestamp, pub(super) updated_at: kernel::Timestamp
    }
}

pub(super) async fn load<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<KeptRow, Fault> {
    let sql =
        org_sql!("SELECT number, slug, name, is_active, settings, created_at, updated_at FROM organizations WHERE id = :org");
    Ok(tx.fetch_one(sql, &[]).await?)
}

/// The settings and the organization's name, being changed.
pub(super) struct Draft {
    pub(super) kept: KeptRow,
    document: Map<String, Value>,
    /// What was changed, with its section: `branding.logo_url`.
    pub(super) changed: Vec<String>,
}

impl Draft {
    pub(super) async fn begin<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Self, Fault> {
        let kept = load(tx).await?;
        let document = serde_json::from_str(&kept.settings).map_err(Fault::internal)?;
        Ok(Self { kept, document, changed: Vec::new() })
    }

    /// One section as it is now.
    pub(super) fn section<A: Area>(&self) -> A {
        let mut section: A = self.document.get(A::KEPT_AS).and_then(A::load).unwrap_or_default();
        section.know_name(&self.kept.name);
        section
    }

    /// Change one section; nothing is written yet.
    ///
    /// # Errors
    /// 400 `validation_error` if values don't go together.
    pub(super) fn apply<A: Area>(&mut self, cx: &Cx<OneOrg, Writes>, patch: &Patch<A>) -> Result<(), Fault> {
        let sealing = Sealing::of(cx.services(), cx.org().id(), A::KEPT_AS);
        let mut taking = Taking::for_good(patch.manner, sealing, cx.now);
        let mut taken = A::take_members(&patch.sent, &self.section::<A>(), &mut taking);
        self.changed.extend(taking.finish()?.into_iter().map(|member| format!("{}.{member}", A::KEPT_AS)));
        if let Some(name) = taken.give_name() {
            self.kept.name = name;
        }
        // Members this section doesn't know belong to others, who keep them here too.
        let known: Vec<&str> = A::members().iter().map(|member| member.name).collect();
        let kept = self.document.get(A::KEPT_AS).and_then(Value::as_object).into_iter().flatten();
        let others = kept.filter(|(name, _)| !known.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone()));
        let members: Map<String, Value> = others.chain(taken.store_members()).collect();
        if members.is_empty() {
            self.document.remove(A::KEPT_AS);
        } else {
            self.document.insert(A::KEPT_AS.to_owned(), members.into());
        }
        Ok(())
    }

    /// Write it down, and let every server know.
    pub(super) async fn keep(&mut self, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let settings = Value::Object(self.document.clone()).to_string();
        let sql = org_sql!("UPDATE organizations SET name = :name, settings = :settings, updated_at = :now WHERE id = :org");
        cx.tx.execute(sql, args! { name: &self.kept.name, settings: &settings, now: cx.now }).await?;
        self.kept.updated_at = cx.now;
        let org = cx.org().id().clone();
        cx.tx.touch(Topic::Organization(org));
        Ok(())
    }

    /// A section as it is shown.
    pub(super) fn show<A: Area>(&self, is_dev: bool) -> Map<String, Value> {
        self.section::<A>().show_on(is_dev)
    }

    /// All sections as they are shown, by name.
    pub(super) fn show_all(&self, is_dev: bool) -> Map<String, Value> {
        [
            (General::KEPT_AS, self.show::<General>(is_dev)),
            (Authentication::KEPT_AS, self.show::<Authentication>(is_dev)),
            (Branding::KEPT_AS, self.show::<Branding>(is_dev)),
            (Security::KEPT_AS, self.show::<Security>(is_dev)),
            (Mail::KEPT_AS, self.show::<Mail>(is_dev)),
            (Scim::KEPT_AS, self.show::<Scim>(is_dev)),
            (OAuth::KEPT_AS, self.show::<OAuth>(is_dev)),
        ]
        .into_iter()
        .map(|(name, members)| (name.to_owned(), members.into()))
        .collect()
    }
}
