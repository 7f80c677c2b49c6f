//! A CloudFormation template as data that is equal exactly if it means the same.
//!
//! In: the text of a template. Out: its blocks ([`blocks`]), what they say ([`value`]), and its
//! resources ([`resources`]). Nothing here knows a macro.

pub(crate) mod aliased;
pub(crate) mod blocks;
pub(crate) mod choices;
pub(crate) mod constants;
pub(crate) mod deduplicate;
pub(crate) mod display;
pub(crate) mod folded;
pub(crate) mod imported;
pub(crate) mod in_text;
pub(crate) mod json;
mod lines;
pub(crate) mod movable;
pub(crate) mod named;
pub(crate) mod normal;
pub(crate) mod numbered;
pub(crate) mod parsed;
pub(crate) mod places;
pub(crate) mod read;
pub(crate) mod referred;
pub(crate) mod resolve;
pub(crate) mod resources;
pub(crate) mod spelling;
pub(crate) mod substitute;
pub(crate) mod substitution;
pub(crate) mod symbol;
pub(crate) mod task;
pub(crate) mod tasks_file;
pub(crate) mod value;
