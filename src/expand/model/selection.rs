//! Which accounts a macro's targets reach. Plain data: it refuses nothing.

use crate::arguments::{Arguments, Target};
use crate::expand::model::call::MacroCall;

/// A target of a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(pub(crate) usize);

impl TargetId {
    /// The target in the macro's arguments.
    pub fn of(self, arguments: &Arguments) -> Option<&Target> {
        arguments.targets.get(self.0)
    }
}

/// One account that a target reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The target.
    pub target: TargetId,
    /// The account's logical id.
    pub account: String,
}

/// A macro with its decoded arguments.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The call.
    pub call: MacroCall,
    /// Its arguments.
    pub arguments: Arguments,
}

/// A macro with the accounts that it reaches.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The call.
    pub call: MacroCall,
    /// Its arguments.
    pub arguments: Arguments,
    /// The accounts of its targets.
    pub selections: Vec<Selection>,
}
