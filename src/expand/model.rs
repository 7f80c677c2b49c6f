//! What the stages of [`super`] pass on: plain data, which refuses nothing.

pub mod call;
pub mod plan;
pub mod renaming;
pub mod rendered;
pub mod selection;
pub mod unit;
pub mod written;
