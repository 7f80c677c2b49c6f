//! What is known of the stacks of an output. Plain data: it refuses nothing.

use crate::deploy::places::{StackAccount, StackPlace};
use crate::deploy::sizes::ExceededLimit;
use crate::deploy::version::Version;

/// What is known of the stacks of an output.
#[derive(Debug, Default)]
pub(super) struct StackFacts {
    /// What they wait for, if anything waits in turn.
    pub(super) waits: Vec<StackWait>,
    /// Those that are too large.
    pub(super) large: Vec<LargeStack>,
    /// References that name a resource of several other stacks.
    pub(super) ambiguous: Vec<AmbiguousReference>,
    /// The exports that are gone or differ.
    pub(super) exports: Vec<ChangedExport>,
    /// Whether a section differs that each of them gets.
    pub(super) all_differ: bool,
}

/// A stack that waits.
#[derive(Debug)]
pub(super) struct StackWait {
    pub(super) from: StackPlace,
    pub(super) to: WaitedFor,
    /// The account of the stack, as it is shown.
    pub(super) account: String,
    /// The logical id of the resource that waits.
    pub(super) id: String,
    pub(super) version: Version,
    /// The logical id of the resource that it refers to.
    pub(super) target: Option<String>,
}

/// What a stack waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum WaitedFor {
    /// All stacks of an account.
    Account(StackAccount),
    /// All stacks of a region.
    Region(String),
    /// One stack.
    Stack(StackPlace),
}

/// A stack that exceeds a limit.
#[derive(Debug)]
pub(super) struct LargeStack {
    pub(super) place: StackPlace,
    /// Its account, as it is shown.
    pub(super) account: String,
    pub(super) exceeded: ExceededLimit,
    /// How many resources it has.
    pub(super) resources: usize,
}

/// A reference to a resource that several other stacks have, and the own one does not.
#[derive(Debug)]
pub(super) struct AmbiguousReference {
    pub(super) from: StackPlace,
    /// The account of the stack, as it is shown.
    pub(super) account: String,
    /// The logical id of the resource that refers.
    pub(super) id: String,
    pub(super) version: Version,
    /// The logical id of the other one.
    pub(super) target: String,
}

/// A reference, by the position of its resource in the new file.
pub(super) struct FoundAmbiguity {
    pub(super) from: StackPlace,
    pub(super) account: String,
    pub(super) at: usize,
    pub(super) target: String,
}

/// An export that is gone or has another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChangedExport {
    /// Its name.
    pub(super) name: String,
    /// The key of the output that had it.
    pub(super) before: String,
    /// The key of the output that has it now.
    pub(super) after: Option<String>,
}
