//! Which parts of an answer are shown.

/// Which parts of a comparison are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Who gains and who loses access.
    pub access: bool,
    /// The summary by account and the resources.
    pub resources: bool,
    /// The lines that differ.
    pub lines: bool,
}

impl Parts {
    /// All of them.
    pub const ALL: Parts = Parts {
        access: true,
        resources: true,
        lines: true,
    };
    /// Only the access.
    pub const ACCESS: Parts = Parts {
        access: true,
        ..Parts::NONE
    };
    /// Only the resources.
    pub const RESOURCES: Parts = Parts {
        resources: true,
        ..Parts::NONE
    };
    /// Only the lines.
    pub const LINES: Parts = Parts {
        lines: true,
        ..Parts::NONE
    };
    const NONE: Parts = Parts {
        access: false,
        resources: false,
        lines: false,
    };
}
