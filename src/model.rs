//! The nouns: plain data that every stage shares. Nothing here imports a stage.

pub mod access;
pub mod comparison;
