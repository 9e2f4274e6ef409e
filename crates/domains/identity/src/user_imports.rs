//! Bringing people along from elsewhere, and taking them along again.
//!
//! An import is a thing of its own: it is begun, given rows in as many requests as it takes, and finished. Each request says how
//! many rows came before it, so that one whose answer was lost can be sent again, and an import that broke off goes on where it
//! was. A row that can't be taken is refused with its number and the reason, and the others are taken all the same.
//!
//! Passwords come as hashes only: hashing them here would take twenty milliseconds of the processor each.

mod begin;
mod body;
mod export;
mod progress;
mod refusals;
mod row;
mod show;
mod take;

pub use begin::BeginImport;
pub use body::{MOST_ROWS, csv_rows, json_rows};
pub use export::{ChunkSize, ExportAnswer, ExportUsers, Form};
pub use progress::{ImportView, OnExisting};
pub use refusals::{ListRefusals, Refusal};
pub use row::ImportRow;
pub use show::ShowImport;
pub use take::{ImportRows, Taken};

use flow::Catalogue;

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<BeginImport>().mount::<ImportRows>().mount::<ShowImport>().mount::<ListRefusals>().mount::<ExportUsers>()
}

#[cfg(test)]
mod tests;
