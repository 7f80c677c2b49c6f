//! The lines of two texts: which belong together, and the hunks that differ.

pub(crate) mod align;
pub(crate) mod emphasis;
pub(crate) mod hunks;
