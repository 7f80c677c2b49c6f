//! A body's text, with placeholders for the account. Plain data: it refuses nothing.

use std::rc::Rc;

/// A rendered body as text.
#[derive(Clone, Debug)]
pub struct WrittenBody {
    /// Its resources as block text, with the macro's indentation and the file's line endings.
    pub text: Rc<str>,
    /// The bytes of its first resource, if that stands for the others when the text is read back: they
    /// were read before, with other names.
    pub stand_in: Option<usize>,
}

impl WrittenBody {
    /// What is read back as proof, if it is not all.
    pub fn stand_in(&self) -> Option<&str> {
        self.text.get(..self.stand_in?)
    }
}
