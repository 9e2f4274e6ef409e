//! Inputs of operations that read the log: before they run, the log is brought up to date.

use crate::{checkpoints, sequencer};
use flow::{Incoming, Operation, Parameter, Parse, Prep, Prepare};
use kernel::Fault;

/// The input `O`, for an operation that must see everything that was written before it.
#[derive(Clone, Copy, Debug)]
pub struct Fresh<O>(O);

/// The input `O`, for an operation that needs a signed checkpoint of everything that was written before it.
#[derive(Clone, Copy, Debug)]
pub struct Proven<O>(O);

impl<O: Parse> Parse for Fresh<O> {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        O::parse(incoming).map(Self)
    }
    fn parameters() -> Vec<Parameter> {
        O::parameters()
    }
}

impl<O: Operation> Prepare<O> for Fresh<O> {
    async fn prepare(self, prep: &Prep) -> Result<O, Fault> {
        sequencer::flush(prep.services()).await?;
        Ok(self.0)
    }
}

impl<O: Parse> Parse for Proven<O> {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        O::parse(incoming).map(Self)
    }
    fn parameters() -> Vec<Parameter> {
        O::parameters()
    }
}

impl<O: Operation> Prepare<O> for Proven<O> {
    async fn prepare(self, prep: &Prep) -> Result<O, Fault> {
        sequencer::flush(prep.services()).await?;
        checkpoints::publish(prep.services(), prep.organization()?).await?;
        Ok(self.0)
    }
}
