//! A body's text, with placeholders for the account. Plain data: it refuses nothing.

use std::ops::Range;
use std::rc::Rc;

/// A rendered body as text.
#[derive(Clone, Debug)]
pub struct WrittenBody {
    /// Its resources as block text, with the macro's indentation and the file's line endings.
    pub text: Rc<str>,
    /// The resource that stands for the others when the text is read back, if one does: they were read
    /// before, with other names.
    pub stand_in: Option<StandIn>,
}

/// A resource that stands for the others of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// Its number in the body.
    pub resource: usize,
    /// The bytes of its text in that of the body.
    pub bytes: Range<usize>,
}

impl WrittenBody {
    /// What is read back as proof, if it is not all.
    pub fn stand_in(&self) -> Option<&str> {
        self.text.get(self.stand_in.as_ref()?.bytes.clone())
    }
}
