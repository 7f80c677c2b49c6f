//! `LogicalIds`: logical ids that stay as they are deployed. Refuses lines that can give no id.
//!
//! In: a mapping from the id that the macro would write to the id that is kept. `*` on both sides
//! stands for the same text. Whether a line names anything, and whether ids clash, is for
//! [`names`](crate::expand::names), which knows all of them.

use crate::arguments::argument::{Argument, DefaultValue, TextForm, ValueKind};
use crate::arguments::decoder::{Decoder, Fields};
use crate::arguments::rules::INVALID_LOGICAL_ID;
use crate::aws::quotas::LOGICAL_ID_LIMIT;
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::source::Spanned;
use crate::yaml::emit;

/// `LogicalIds`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "LogicalIds",
    kind: ValueKind::Names(TextForm {
        pattern: r"^([A-Za-z0-9]+\*?[A-Za-z0-9]*|\*[A-Za-z0-9]*)$",
        most: LOGICAL_ID_LIMIT,
    }),
    default: DefaultValue::None,
    summary: "Logical ids that are kept, by the logical id that would be written.",
};

/// The lines of `LogicalIds`, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogicalIds {
    /// The lines.
    pub lines: Vec<LogicalIdLine>,
}

/// One line of `LogicalIds`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogicalIdLine {
    /// The id that would be written, or `*` in it.
    pub written: Spanned<String>,
    /// The id that is kept, with `*` if the other has it.
    pub kept: Spanned<String>,
}

impl LogicalIds {
    /// Whether every id is written as it is.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line that decides about the id `written`, and the id that is kept. A line without `*`
    /// precedes those with it, and of these the one that names the most text decides.
    pub fn kept(&self, written: &str) -> Option<(usize, String)> {
        if let [line] = self.lines.as_slice() {
            return Some((0, line.kept_of(written)?));
        }
        let fitting = self.fitting(written);
        let (at, line) = fitting.first()?;
        Some((*at, line.kept_of(written)?))
    }

    /// Two lines that name the id `written` and as much text as each other: neither precedes.
    pub fn rivals(&self, written: &str) -> Option<(&LogicalIdLine, &LogicalIdLine)> {
        match self.fitting(written).as_slice() {
            [(_, first), (_, second), ..] if first.precision() == second.precision() => {
                Some((first, second))
            }
            _ => None,
        }
    }

    /// The ids that the lines keep as `kept`.
    pub fn sources<'run>(&'run self, kept: &'run str) -> impl Iterator<Item = String> + 'run {
        let of = |line: &LogicalIdLine| replaced(&line.kept.value, &line.written.value, kept);
        let is_kept = move |written: &String| self.kept(written).is_some_and(|(_, id)| id == kept);
        self.lines.iter().filter_map(of).filter(is_kept)
    }

    /// The lines that name `written`, the one that decides first.
    fn fitting(&self, written: &str) -> Vec<(usize, &LogicalIdLine)> {
        let lines = self.lines.iter().enumerate();
        let mut fitting: Vec<_> = lines
            .filter(|(_, line)| line.kept_of(written).is_some())
            .collect();
        fitting.sort_by_key(|(_, line)| std::cmp::Reverse(line.precision()));
        fitting
    }
}

impl LogicalIdLine {
    /// The id that the line keeps for `written`, if it names it.
    pub fn kept_of(&self, written: &str) -> Option<String> {
        replaced(&self.written.value, &self.kept.value, written)
    }

    /// Whether the line names one id, and how much text of others it names.
    fn precision(&self) -> (bool, usize) {
        let written = &self.written.value;
        (!written.contains('*'), written.len())
    }
}

/// `text`, which fits `from`, as `to` writes it.
fn replaced(from: &str, to: &str, text: &str) -> Option<String> {
    let (Some((before, after)), Some((new_before, new_after))) =
        (from.split_once('*'), to.split_once('*'))
    else {
        return (from == text).then(|| to.to_owned());
    };
    let middle = text.strip_prefix(before)?.strip_suffix(after)?;
    Some(format!("{new_before}{middle}{new_after}"))
}

pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> LogicalIds {
    let mut ids = LogicalIds::default();
    let Some(field) = fields.get(ARGUMENT.name) else {
        return ids;
    };
    let Some(lines) = decoder.reader.fields(&field.value) else {
        return ids;
    };
    for line in lines {
        if !decoder.reader.filled(&line) {
            continue;
        }
        let Some(kept) = decoder.reader.text(&line.value) else {
            continue;
        };
        let written = Spanned::new(line.key, line.key_span);
        let problem = [&written, &kept].into_iter().find_map(not_an_id);
        let problem = problem.or_else(|| not_both(&written, &kept));
        match problem {
            Some(problem) => decoder.reader.problem(problem),
            None => ids.lines.push(LogicalIdLine { written, kept }),
        }
    }
    ids
}

/// Each side alone.
fn not_an_id(id: &Spanned<String>) -> Option<Diagnostic> {
    let text = &id.value;
    let letters = text.replacen('*', "", 1);
    let is_id = letters.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let help = if !is_id || text.is_empty() {
        "a logical id has letters and digits; `*` can be in it once, for text that is kept"
    } else if text.len() > LOGICAL_ID_LIMIT {
        "a logical id has at most 255 characters"
    } else if !text.contains('*') && !emit::is_plain(text) {
        "YAML reads this as a number or another value that is not text, and nothing can refer to it: deploy the resource with another logical id first"
    } else {
        return None;
    };
    let message = match text.as_str() {
        "" => "an empty text is not a logical id".to_owned(),
        _ => format!("`{}` is not a logical id", text.shown()),
    };
    Some(Diagnostic::new(&INVALID_LOGICAL_ID, id.span, message).help(help))
}

fn not_both(written: &Spanned<String>, kept: &Spanned<String>) -> Option<Diagnostic> {
    let has = |id: &Spanned<String>| id.value.contains('*');
    if has(written) == has(kept) {
        return None;
    }
    let (with, without) = if has(written) {
        (written, kept)
    } else {
        (kept, written)
    };
    let message = format!(
        "`*` is in `{}` and not in `{}`",
        with.value.shown(),
        without.value.shown()
    );
    let help = "write `*` on both sides, where it stands for the same text, or on neither";
    Some(Diagnostic::new(&INVALID_LOGICAL_ID, without.span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::{ARGUMENT, LogicalIdLine, LogicalIds, emit, not_an_id};
    use crate::arguments::ValueKind;
    use crate::arguments::argument::tests::form_agrees;
    use crate::source::{FileId, Span, Spanned};

    fn ids(lines: &[(&str, &str)]) -> LogicalIds {
        let text = |text: &str| Spanned::new(text.to_owned(), Span::new(FileId(0), 0, 0));
        let line = |(written, kept): &(&str, &str)| LogicalIdLine {
            written: text(written),
            kept: text(kept),
        };
        LogicalIds {
            lines: lines.iter().map(line).collect(),
        }
    }

    fn kept(ids: &LogicalIds, written: &str) -> Option<String> {
        ids.kept(written).map(|(_, id)| id)
    }

    #[test]
    fn the_line_that_names_the_most_decides() {
        let ids = ids(&[
            ("Pay*", "Old*"),
            ("PayDev*", "Test*"),
            ("PayDevRole", "DeployerRole"),
        ]);
        let of = |written: &str| kept(&ids, written).unwrap_or_default();
        assert_eq!(of("PayDevRole"), "DeployerRole");
        assert_eq!(of("PayDevUser"), "TestUser");
        assert_eq!(of("PayProdRole"), "OldProdRole");
        assert_eq!(of("Pay"), "Old");
        assert_eq!(kept(&ids, "Shop"), None);
        // The other way round.
        let sources: Vec<String> = ids.sources("DeployerRole").collect();
        assert_eq!(sources, ["PayDevRole"]);
        let sources: Vec<String> = ids.sources("OldDevRole").collect();
        assert_eq!(sources, [""; 0], "`PayDevRole` is another line's");
    }

    #[test]
    fn a_star_can_be_anywhere() {
        let ids = ids(&[("Pay*Role", "Old*"), ("*User", "*Person"), ("AxA*xA", "B*")]);
        let of = |written: &str| kept(&ids, written);
        assert_eq!(of("PayDevRole").as_deref(), Some("OldDev"));
        assert_eq!(of("PayRole").as_deref(), Some("Old"));
        assert_eq!(of("ShopUser").as_deref(), Some("ShopPerson"));
        // Both ends, not one twice.
        assert_eq!(of("AxA"), None);
        assert!(ids.rivals("PayRole").is_none());
        assert!(
            self::ids(&[("P*", "A*"), ("*e", "B*")])
                .rivals("PayRole")
                .is_some()
        );
    }

    /// What YAML may read as a number is no logical id: that is for decoding alone.
    #[test]
    fn the_form_has_what_decoding_accepts() {
        let ValueKind::Names(form) = ARGUMENT.kind else {
            panic!("no names");
        };
        form_agrees(&ValueKind::Form(form), |text| {
            let id = Spanned::new(text.to_owned(), Span::new(FileId(0), 0, 0));
            let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
            not_an_id(&id).is_none() || (is_word && !emit::is_plain(text))
        });
    }
}
