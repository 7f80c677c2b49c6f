//! The resources of two texts: which differ, and what differs in each.

pub(crate) mod by_block;
pub(crate) mod details;
pub(crate) mod facts;
pub(crate) mod policy;
pub(crate) mod whole;
