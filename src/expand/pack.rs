//! Which policy a statement goes to: each has a fixed place, whatever else is chosen.

pub mod cdk;
pub mod cross_account;
pub mod inline;
pub(crate) mod shared;
