//! The list of endpoints is data: router, documentation and every sweep walk the same one.

use crate::limiter::Budget;
use crate::runner::{Run, erase, refuse};
use crate::{Answer, Incoming, Mode, Operation, Parameter, Parse, Reply, ReplyDoc, Route, Services, Surface};
use kernel::{Access, Denial, Event, EventKind, Fault, Limit};
use schemars::SchemaGenerator;
use std::sync::Arc;

/// One endpoint.
pub struct Entry {
    /// `users.block`.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Its place, and other places where the same thing is found.
    pub routes: Vec<Route>,
    /// How answers look.
    pub surface: Surface,
    /// Who may call.
    pub access: Access,
    /// Rate class.
    pub limit: Limit,
    /// Whether it changes anything.
    pub writes: bool,
    /// Whether every call is recorded.
    pub recorded: bool,
    /// The no's of its own.
    pub denials: &'static [Denial],
    /// What it takes.
    pub parameters: fn() -> Vec<Parameter>,
    /// Media types of a body that is taken as it is.
    pub raw_bodies: fn() -> &'static [&'static str],
    /// What it records.
    pub events: &'static [&'static EventKind],
    /// What it answers.
    pub reply: fn(&mut SchemaGenerator) -> ReplyDoc,
    /// What it may answer instead.
    pub other_replies: fn() -> Vec<ReplyDoc>,
    run: Run,
}

impl Entry {
    /// Count a request against the budget of its source, before anything costly is done for it.
    ///
    /// # Errors
    /// 429; it has been recorded, unless the log heard of this source within the last minute.
    pub async fn admit(&self, services: &Arc<Services>, incoming: &Incoming) -> Result<Option<Budget>, Fault> {
        let source = incoming.peer.ip;
        let counted = services.limiter.count(self.limit, source);
        if let Err(fault) = &counted
            && services.limiter.is_news(source)
        {
            self.refuse(services, Arc::new(incoming.clone()), fault).await;
        }
        counted
    }

    /// Serve one request that was admitted.
    ///
    /// # Errors
    /// The fault to show; it has been recorded.
    pub async fn serve(&self, services: &Arc<Services>, incoming: Arc<Incoming>) -> Result<Answer, Fault> {
        (self.run)(services.clone(), incoming).await
    }

    /// Record that a request was refused before it could be served.
    pub async fn refuse(&self, services: &Arc<Services>, incoming: Arc<Incoming>, fault: &Fault) {
        refuse(services.clone(), incoming, self.id, fault).await;
    }
}

/// All endpoints, in the order in which they were mounted.
#[derive(Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

impl Catalogue {
    /// Add an operation.
    #[must_use]
    pub fn mount<O: Operation>(mut self) -> Self {
        self.entries.push(Entry {
            id: O::ID,
            summary: O::SUMMARY,
            routes: std::iter::once(O::ROUTE).chain(O::ALSO.iter().copied()).collect(),
            surface: O::SURFACE,
            access: O::ACCESS,
            limit: O::LIMIT,
            writes: O::Mode::WRITES,
            recorded: O::Mode::RECORDED,
            denials: O::DENIALS,
            parameters: O::Input::parameters,
            raw_bodies: O::Input::raw_bodies,
            events: O::Event::KINDS,
            reply: O::Output::doc,
            other_replies: O::Output::others,
            run: erase::<O>(),
        });
        self
    }
    /// Add a domain's operations.
    #[must_use]
    pub fn with(self, domain: impl FnOnce(Self) -> Self) -> Self {
        domain(self)
    }
    /// The endpoints.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// Take them, to mount them.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}
