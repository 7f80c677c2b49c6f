//! What the stages of [`super`] hand on: plain data.

pub mod call;
pub mod plan;
pub mod rendered;
pub mod selection;
pub mod unit;
