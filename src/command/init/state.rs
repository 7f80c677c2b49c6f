//! What a run of `init` has read and found, and what it will write. Plain data.

use crate::cli::InitPiece;
use crate::diagnostic::Diagnostic;
use crate::yaml::lookup::Library;

/// What a run has read, and what is wrong with it.
#[derive(Default)]
pub(super) struct InitRun {
    pub(super) library: Library,
    pub(super) problems: Vec<Diagnostic>,
}

/// A file to be written.
pub(super) struct InitFile {
    /// The piece that it belongs to.
    pub(super) piece: InitPiece,
    /// Its path, from the root.
    pub(super) path: String,
    /// What is in it.
    pub(super) text: String,
}

/// Files to be written, and what you do next.
pub(super) struct InitFiles {
    pub(super) files: Vec<InitFile>,
    pub(super) advice: Vec<String>,
}
