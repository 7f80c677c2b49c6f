//! The nouns: plain data that every stage shares. Nothing here imports a stage.

pub mod access;
pub mod comparison;
pub mod expanded;
pub mod macro_call;
pub mod plan;
pub mod rendered;
pub mod selection;
pub mod workflow;
