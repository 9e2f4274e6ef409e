//! Figures with their goals, as Markdown.

pub mod machine;
pub mod table;

pub use machine::Machine;
pub use table::{Row, Table};
