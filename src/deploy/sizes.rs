//! Resources to the size of their stack.
//!
//! In: what a template says. Out: how much of a stack it takes, and which limits a stack exceeds. Refuses
//! nothing.
//!
//! OrgFormation sends a template as JSON that is indented by two (`src/cfn-binder/cfn-template.ts`), and one
//! of more than 50,000 characters through a bucket (`src/util/aws-util.ts`). CloudFormation takes 51,200
//! bytes directly, so that only text which is not ASCII can exceed that. The limits are those of
//! "Understand CloudFormation quotas" (CloudFormation User Guide).

use crate::aws::quotas::{
    SECTION_LIMIT, STACK_RESOURCES_LIMIT, TEMPLATE_BODY_LIMIT, TEMPLATE_LIMIT,
};
use crate::template::value::{Data, Unordered};

/// Characters up to which OrgFormation sends a template as it is.
const DIRECT_CHARACTERS: usize = 50_000;
/// A template that is larger even if every function in it becomes nothing is too large in any case. A
/// megabyte may be 1,024 kilobytes.
const SURELY_TOO_LARGE: usize = 1_048_576;

/// What a stack has too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StackLimit {
    /// Resources.
    Resources,
    /// Parameters.
    Parameters,
    /// Outputs.
    Outputs,
    /// Bytes of its template.
    Bytes,
    /// Bytes of a template that is short enough in characters.
    DirectBytes,
}

/// How large a resource or a stack is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StackSize {
    /// Its resources.
    pub(super) resources: usize,
    /// Those of them that have no condition.
    pub(super) certain: usize,
    /// The bytes of its template, as it is written.
    bytes: usize,
    /// The same if functions become nothing.
    least: usize,
    /// Its characters.
    characters: usize,
}

/// A limit that a stack exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExceededLimit {
    pub(super) limit: StackLimit,
    /// How much it has.
    pub(super) found: usize,
    /// Whether this is so whatever functions and conditions become.
    pub(super) is_certain: bool,
}

impl StackSize {
    /// The size of a resource.
    pub(super) fn of(id: &str, data: &Data) -> Self {
        let mut size = Self {
            resources: 1,
            certain: usize::from(data.get("Condition").is_none()),
            ..Self::default()
        };
        size.add_text(id);
        size.add_plain(10);
        size.add_data(data, 4);
        size
    }

    /// The size of a section that each stack gets.
    pub(super) fn of_section(name: &str, data: &Data) -> Self {
        let mut size = Self::default();
        size.add_text(name);
        size.add_plain(8);
        size.add_data(data, 2);
        size
    }

    /// Adds another size.
    pub(super) fn add(&mut self, other: Self) {
        self.resources += other.resources;
        self.certain += other.certain;
        self.bytes += other.bytes;
        self.least += other.least;
        self.characters += other.characters;
    }

    /// The limits that a stack of this size exceeds.
    pub(super) fn exceeded(self) -> Vec<ExceededLimit> {
        let mut found = Vec::new();
        if self.resources > STACK_RESOURCES_LIMIT {
            found.push(ExceededLimit {
                limit: StackLimit::Resources,
                found: self.resources,
                is_certain: self.certain > STACK_RESOURCES_LIMIT,
            });
        }
        if self.bytes > TEMPLATE_LIMIT {
            found.push(ExceededLimit {
                limit: StackLimit::Bytes,
                found: self.bytes,
                is_certain: self.least > SURELY_TOO_LARGE,
            });
        }
        let more = self.bytes.saturating_sub(self.characters);
        let is_direct = self.least.saturating_sub(more) <= DIRECT_CHARACTERS;
        if self.bytes > TEMPLATE_BODY_LIMIT
            && more > TEMPLATE_BODY_LIMIT - DIRECT_CHARACTERS
            && is_direct
        {
            found.push(ExceededLimit {
                limit: StackLimit::DirectBytes,
                found: self.bytes,
                is_certain: false,
            });
        }
        found
    }

    fn add_plain(&mut self, count: usize) {
        self.bytes += count;
        self.least += count;
        self.characters += count;
    }

    fn add_text(&mut self, text: &str) {
        self.bytes += text.len();
        self.least += text.len();
        // As JavaScript counts them.
        self.characters += text.encode_utf16().count();
    }

    fn add_data(&mut self, data: &Data, indent: usize) {
        if data.is_intrinsic() {
            let least = self.least;
            self.add_entries(data, indent);
            self.least = least;
        } else {
            self.add_entries(data, indent);
        }
    }

    fn add_entries(&mut self, data: &Data, indent: usize) {
        match data {
            Data::Null | Data::Bool(_) => self.add_plain(4),
            Data::Number(text) => self.add_text(text),
            Data::Text(text) => self.add_quoted(text),
            Data::Action(action) => self.add_quoted(&action.0),
            Data::List(items) | Data::Unordered(Unordered(items)) => {
                for item in items {
                    // The line's end and a comma.
                    self.add_plain(indent + 4);
                    self.add_data(item, indent + 2);
                }
                self.add_plain(indent + 2);
            }
            Data::Map(entries) => {
                for (key, value) in entries {
                    self.add_text(key);
                    // The line's end, a comma, the quotes of the key, a colon, and a blank.
                    self.add_plain(indent + 8);
                    self.add_data(value, indent + 2);
                }
                self.add_plain(indent + 2);
            }
        }
    }

    fn add_quoted(&mut self, text: &str) {
        self.add_text(text);
        let escaped = text
            .bytes()
            .filter(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
        self.add_plain(2 + escaped.count());
    }
}

/// The limit of a section with `count` entries, if it exceeds it.
pub(super) fn section_limit(limit: StackLimit, count: usize) -> Option<ExceededLimit> {
    (count > SECTION_LIMIT).then_some(ExceededLimit {
        limit,
        found: count,
        is_certain: true,
    })
}
