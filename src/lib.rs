//! deploy-roles

pub mod decode;
pub mod emit;
pub mod locate;
pub mod model;
pub mod parse;
