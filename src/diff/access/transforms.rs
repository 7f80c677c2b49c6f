//! Macros of `CloudFormation`, which may change anything in a template before it is deployed.
//!
//! In: the sections and resources of a file. Out: the macros that are not understood, and whether a resource
//! calls one. Refuses nothing.

use crate::diff::access::changes::Access;
use crate::diff::access::comparer::Comparer;
use crate::template::display::shown;
use crate::template::resources::File;
use crate::template::value::Data;

/// The section that names macros.
pub(super) const SECTION: &str = "Transform";

/// The macros that change nothing but resources of types of their own: those are not read.
const UNDERSTOOD: &[&str] = &["AWS::Serverless-2016-10-31"];

impl Comparer<'_, '_> {
    /// Reports that a new file has macros.
    pub(super) fn macros_of_new(&self, access: &mut Access) {
        if !macros(self.new).is_empty() {
            let why = "its macros may make anything of the template";
            self.report(format!("section {SECTION}"), why, access);
        }
    }

    /// Reports that macros which both files have may make something else of what changed.
    pub(super) fn transformed(&self, access: &mut Access) {
        let (old, new) = (macros(self.old), macros(self.new));
        // What differs is reported as a section.
        if new.is_empty() || old != new {
            return;
        }
        let why = "its macros may make anything of what changed";
        self.report(format!("section {SECTION}"), why, access);
    }
}

/// The macros of `file` that may change anything in it, as they are written.
pub(super) fn macros(file: &File<'_>) -> Vec<String> {
    let sections = file.sections.iter();
    let mut sections = sections.filter(|(name, _)| name == SECTION);
    let Some((_, data)) = sections.next() else {
        return Vec::new();
    };
    let data = file.resolved(data);
    let all = match &data {
        Data::Null => &[],
        given => given.items(),
    };
    let is_understood = |one: &Data| one.text().is_some_and(|name| UNDERSTOOD.contains(&name));
    let others = all.iter().filter(|one| !is_understood(one));
    others.map(shown).collect()
}

/// Whether `data`, which a resource says, calls a macro.
pub(super) fn calls_macro(data: &Data) -> bool {
    let text = shown(data);
    text.contains("!Transform") || text.contains("Fn::Transform")
}
