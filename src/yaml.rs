//! YAML: texts to trees with the location of each part, and values to text.
//!
//! In: texts. Out: trees ([`parse`], [`node`]), with what they include ([`include`]), what
//! OrgFormation sees in them ([`lookup`]), plain values ([`value`], [`scalar`]), and text again
//! ([`emit`]). Nothing here knows AWS.

pub(crate) mod allow;
pub mod emit;
pub mod include;
pub mod lookup;
pub mod node;
pub mod nunjucks;
pub mod parse;
pub mod rules;
pub mod scalar;
pub mod tags;
pub(crate) mod typed;
pub mod value;
