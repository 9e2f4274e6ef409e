//! The runner and the job worker over a real database: what is kept, what is recorded, what is told.

#[cfg(test)]
mod jobs;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod world;
