//! What blocks say, for all who read the same texts.
//!
//! In: the text of a shape. Out: what it says, parsed by whoever asks first. Refuses nothing.
//!
//! Access and what changed are compared by threads of their own, and both need what a generated resource
//! says. Only shapes without their account are kept, each of which stands for many resources: the texts are much
//! larger.

use std::sync::{Arc, Mutex};

use foldhash::HashMap;

use crate::template::value::Data;

/// What a shape says.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The value of its one key.
    pub(crate) data: Data,
    /// Whether comparisons of the data hold for every account.
    pub(crate) is_movable: bool,
}

/// All that decides what a shape says: the text with its marks, and whether these can be nothing else.
type ShapeText = (String, bool);

/// What shapes say; `None` for one that is not one key with a value.
#[derive(Debug, Default)]
pub struct ParsedShapes(Mutex<HashMap<ShapeText, Option<Arc<Parsed>>>>);

impl ParsedShapes {
    /// What the shape `text` says; `parse` finds it out if nobody did.
    pub(crate) fn parsed(
        &self,
        text: String,
        is_plain: bool,
        parse: impl FnOnce(&str) -> Option<Parsed>,
    ) -> Option<Arc<Parsed>> {
        let key = (text, is_plain);
        // Without the lock, everybody parses.
        let known = self
            .0
            .lock()
            .ok()
            .and_then(|known| known.get(&key).cloned());
        if let Some(known) = known {
            return known;
        }
        let parsed = parse(&key.0).map(Arc::new);
        if let Ok(mut known) = self.0.lock() {
            known.insert(key, parsed.clone());
        }
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_parsed_once_for_all_and_only_where_all_that_decides_it_is_the_same() {
        let shapes = ParsedShapes::default();
        let ask = |text: &str, is_plain: bool, says: Option<&str>| {
            let mut is_asked = false;
            let found = shapes.parsed(text.to_owned(), is_plain, |_| {
                is_asked = true;
                let data = Data::Text(says?.to_owned());
                Some(Parsed {
                    data,
                    is_movable: is_plain,
                })
            });
            let found = found.map(|one| (one.data.clone(), one.is_movable));
            (is_asked, found)
        };
        let wanted = |says: &str, is_movable| Some((Data::Text(says.to_owned()), is_movable));
        assert_eq!(ask("a", true, Some("1")), (true, wanted("1", true)));
        assert_eq!(ask("a", true, Some("2")), (false, wanted("1", true)));
        // The same text with marks of its own is another one.
        assert_eq!(ask("a", false, Some("3")), (true, wanted("3", false)));
        assert_eq!(ask("b", true, None), (true, None));
        assert_eq!(ask("b", true, Some("4")), (false, None));
    }
}
