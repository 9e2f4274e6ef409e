//! The audit trail as others see it.

mod api;
mod erasing;
mod exporting;
mod keeping;
mod proving;
