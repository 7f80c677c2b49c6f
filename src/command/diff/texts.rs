//! The two texts of one output, and what is known of them.
//!
//! In: nothing. Out: plain data. Refuses nothing.

use std::collections::HashMap;

use crate::command::diff::against::Against;
use crate::command::diff::present::PresentText;
use crate::command::diff::sides::OutputSides;
use crate::diff::access::{AccessContext, ParsedShapes, RenamedAccounts, SharedScans, TextScan};
use crate::expand::model::plan::MacroPlan;
use crate::organization::Organization;
use crate::workspace::marks::TextMarks;

/// How many bytes a text has at least that is scanned in a thread of its own.
const LARGE: usize = 1 << 20;

/// What an output was.
pub(super) struct PreviousText {
    pub(super) text: Option<String>,
    /// What it is, if it is not the output's present text.
    pub(super) label: Option<String>,
    /// Its scan.
    pub(super) scan: TextScan,
    /// Its marks, if it is large.
    pub(super) marks: Option<TextMarks>,
}

impl PreviousText {
    /// What the output is compared with; a large text is also looked through.
    pub(super) fn of(against: &Against<'_>) -> anyhow::Result<Self> {
        let (text, label) = against.previous()?;
        let scan = TextScan::default();
        let large = text.as_deref().filter(|text| is_large(text));
        let marks = large.map(|text| {
            scan.begin(text);
            TextMarks::of(text)
        });
        Ok(Self {
            text,
            label,
            scan,
            marks,
        })
    }
}

/// Whether it is worth while to scan the text in a thread of its own.
pub(super) fn is_large(text: &str) -> bool {
    text.len() >= LARGE
}

/// The two texts of one output.
pub(super) struct OutputTexts {
    /// The output's path, as shown.
    pub(super) path: String,
    pub(super) previous: Option<String>,
    /// What `previous` is, if it is not the file at `path`.
    pub(super) against: Option<String>,
    pub(super) expanded: String,
    /// The scans of both.
    pub(super) scans: [TextScan; 2],
    /// What blocks of both say.
    pub(super) shapes: ParsedShapes,
    /// The path of the source, as shown.
    pub(super) source: String,
    pub(super) organization: Organization,
    /// The accounts that had other logical ids.
    pub(super) renamed: RenamedAccounts,
    /// What else both sides are, if access is compared.
    pub(super) sides: Option<OutputSides>,
    /// The macros, each with its line.
    pub(super) macros: Vec<(MacroPlan, usize)>,
    /// The kinds of the resources of each macro, by body.
    pub(super) kinds: Vec<Vec<Vec<String>>>,
    /// The lines of the other resources, by logical id.
    pub(super) lines: HashMap<String, usize>,
    /// What is there instead of `expanded`, if that is examined too.
    pub(super) present: Option<PresentText>,
    /// Why it is not certain that `expanded` will be deployed.
    pub(super) uncertain: Option<String>,
}

impl OutputTexts {
    /// The organization of the previous text, if it is another one and can be read.
    pub(super) fn before(&self) -> Option<&Organization> {
        let renamed = self.renamed.before.as_ref();
        renamed.or(before_of(self.sides.as_ref()))
    }

    /// The scans of both texts.
    pub(super) fn shared_scans(&self) -> SharedScans<'_> {
        let [previous, expanded] = &self.scans;
        let text = self.previous.as_deref();
        SharedScans::new(
            text.map(|text| (text, previous)),
            (&self.expanded, expanded),
        )
        .with(&self.shapes)
    }

    /// The previous text with what it includes in place.
    pub(super) fn previous_closed(&self) -> Option<&str> {
        let text = self.previous.as_deref()?;
        let sides = self.sides.as_ref();
        Some(sides.map_or(text, |sides| sides.previous(text)))
    }

    /// The new text with what it includes in place.
    pub(super) fn expanded_closed(&self) -> &str {
        let sides = self.sides.as_ref();
        sides.map_or(&self.expanded, |sides| sides.expanded(&self.expanded))
    }

    /// What is there instead of the new text, with what it includes in place.
    pub(super) fn present_closed(&self) -> Option<&str> {
        let present = self.present.as_ref()?;
        Some(self.sides.as_ref()?.present(&present.text))
    }

    /// Why it is not certain what is deployed.
    pub(super) fn unknown(&self) -> Vec<String> {
        let sides = self.sides.iter().flat_map(OutputSides::undecided);
        sides
            .map(|one| format!("{}: {}", one.what, one.why))
            .collect()
    }
}

/// The organization of the previous text as it was, if it is another one and can be read.
pub(super) fn before_of(sides: Option<&OutputSides>) -> Option<&Organization> {
    sides?.before.as_ref().ok()?.as_ref()
}

/// What the run knows of an output in addition to its texts.
pub(super) fn context<'run>(
    pair: &'run OutputTexts,
    sides: &'run OutputSides,
    macros: &'run [(&'run MacroPlan, usize)],
) -> AccessContext<'run> {
    AccessContext {
        before: pair.before(),
        renamed: Some(&pair.renamed.names),
        macros,
        task: Some(&sides.task),
        task_before: Some(&sides.task_before),
        scans: pair.shared_scans(),
        ..AccessContext::of(&pair.organization)
    }
}

/// The macros of the output, each with its line.
pub(super) fn macros_of(pair: &OutputTexts) -> Vec<(&MacroPlan, usize)> {
    let macros = pair.macros.iter();
    macros.map(|(plan, line)| (plan, *line)).collect()
}
