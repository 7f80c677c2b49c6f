//! Renamed resources to the lines of `LogicalIds` with which they stay.
//!
//! In: resources that get another logical id and keep their name, and what the macros write. Out:
//! for each macro that writes such, the shortest `LogicalIds` that keeps all of them, or none if
//! there is no such. Refuses nothing.
//!
//! The hard part is to be right: what is printed is pasted. So the lines are applied to every
//! logical id of the macro, by the code that `expand` applies them with, and are left out if any
//! becomes another one, or one that the template already has, or if CloudFormation refuses the
//! resource for something else.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use foldhash::{HashMap, HashSet};
use memchr::memmem;

use crate::arguments::{LogicalIdLine, LogicalIds};
use crate::deploy::answer::{DeployFinding, DeployRefusal, KeptIds};
use crate::deploy::fold::{DeployFindings, Origins};
use crate::deploy::places::{DeployPlan, Renamed, StackAccount, Update};
use crate::deploy::replaced::replaced;
use crate::deploy::taken::taken;
use crate::expand::model::plan::MacroPlan;
use crate::source::{FileId, Span, Spanned};
use crate::yaml::emit;

/// What is known of the logical ids of one macro.
#[derive(Clone, Copy, Debug)]
pub struct MacroIds<'run> {
    /// The macro.
    pub plan: &'run MacroPlan,
    /// Its line in the template.
    pub line: usize,
    /// The kinds of the resources of each of its bodies.
    pub kinds: &'run [Vec<String>],
}

/// One logical id of a macro: its position in the plan, without `LogicalIds`, and as it is.
type WrittenId = (usize, String, String);

/// One logical id of a macro.
struct MacroId<'run> {
    /// Its position in the plan.
    unit: usize,
    /// What it is without `LogicalIds`.
    written: &'run str,
    /// What it should be.
    wanted: &'run str,
}

impl MacroIds<'_> {
    /// Whether the macro keeps something as the logical id `id`.
    pub(super) fn keeps(&self, id: &str) -> bool {
        let mut sources = self.plan.logical_ids.sources(id);
        sources.any(|written| written.starts_with(self.plan.name.as_str()))
    }

    /// All logical ids of the macro.
    fn all(&self) -> impl Iterator<Item = WrittenId> {
        let units = self.plan.units.iter().enumerate();
        units.flat_map(move |(at, unit)| {
            let kinds = self.kinds.get(unit.body.0).into_iter().flatten();
            kinds.map(move |kind| {
                let id_part = unit.id_part.as_str();
                let written = format!("{}{id_part}{kind}", self.plan.name);
                (at, written, self.plan.logical_id(id_part, kind))
            })
        })
    }
}

/// The `LogicalIds` of each macro of the output `file` that writes one of `renamed`; `expanded` is
/// its new text.
pub(super) fn kept_ids(
    macros: &[MacroIds<'_>],
    renamed: &[Renamed<'_>],
    (file, expanded): (usize, &str),
    origins: &dyn Origins,
) -> Vec<KeptIds> {
    let own: Vec<Renamed<'_>> = renamed
        .iter()
        .filter(|one| one.new.file == file)
        .copied()
        .collect();
    if own.is_empty() {
        return Vec::new();
    }
    let written = macros.iter().map(|one| one.all().collect());
    let written: Vec<Vec<WrittenId>> = written.collect();
    let all: Vec<RenamedMacro<'_, '_>> = macros
        .iter()
        .zip(&written)
        .filter_map(|(one, written)| RenamedMacro::of(one, written, &own))
        .collect();
    // A line gives an id of before, or one that the macro writes itself.
    let given = own.iter().map(|one| one.old.id);
    let new_ids = keys(expanded, &given.collect());
    // Macros may swap logical ids, so that each gets what the others no longer have. If some cannot, they
    // keep what they have.
    let together = all_lines(&all, &new_ids, &OtherMacros::Change);
    let lines = if together.iter().all(Option::is_some) {
        together
    } else {
        all_lines(&all, &new_ids, &OtherMacros::Stay)
    };
    let found = all.iter().zip(lines).map(|(one, lines)| {
        let lines = lines.unwrap_or_default();
        let refused = if lines.is_empty() {
            Vec::new()
        } else {
            still_refused(&one.renamed, origins)
        };
        KeptIds {
            source: origins.source(file).to_owned(),
            name: one.of.plan.name.clone(),
            line: one.of.line,
            if_same: if_same(&one.renamed),
            lines: if refused.is_empty() {
                lines
            } else {
                Vec::new()
            },
            refused,
        }
    });
    found.collect()
}

/// A macro that gives resources another logical id.
struct RenamedMacro<'a, 'run> {
    of: &'a MacroIds<'run>,
    written: &'a [WrittenId],
    /// Its logical ids as they are.
    ids: HashSet<&'a str>,
    renamed: Vec<Renamed<'a>>,
}

/// What the other macros do when one gets lines.
enum OtherMacros {
    /// They get lines too.
    Change,
    /// They get none.
    Stay,
}

impl<'a, 'run> RenamedMacro<'a, 'run> {
    fn of(
        of: &'a MacroIds<'run>,
        written: &'a [WrittenId],
        renamed: &[Renamed<'a>],
    ) -> Option<Self> {
        let ids = written.iter().map(|(_, _, id)| id.as_str());
        let ids: HashSet<&str> = ids.collect();
        let own = renamed.iter().filter(|one| ids.contains(one.new.id));
        let renamed: Vec<Renamed<'_>> = own.copied().collect();
        (!renamed.is_empty()).then_some(Self {
            of,
            written,
            ids,
            renamed,
        })
    }
}

/// The lines of each macro; `new_ids` are the logical ids of the new text.
fn all_lines(
    all: &[RenamedMacro<'_, '_>],
    new_ids: &HashSet<&str>,
    others: &OtherMacros,
) -> Vec<Option<Vec<(String, String)>>> {
    let mut given: HashSet<&str> = HashSet::default();
    let left: HashSet<&str> = match others {
        OtherMacros::Change if !new_ids.is_empty() => {
            let renamed = all.iter().flat_map(|one| &one.renamed);
            renamed.map(|one| one.new.id).collect()
        }
        OtherMacros::Change | OtherMacros::Stay => HashSet::default(),
    };
    let lines = all.iter().map(|one| {
        let kept = new_ids.iter().copied();
        let mut taken: HashSet<&str> = kept
            .filter(|id| !one.ids.contains(*id) && !left.contains(id))
            .collect();
        // What another macro gets.
        taken.extend(&given);
        if all.len() > 1 {
            given.extend(one.renamed.iter().map(|one| one.old.id));
        }
        lines((one.of, one.written), &one.renamed, &taken)
    });
    lines.collect()
}

/// The accounts that may be the same ones, by both logical ids.
fn if_same(renamed: &[Renamed<'_>]) -> Vec<(String, String)> {
    let unknown = renamed
        .iter()
        .filter(|one| matches!(one.old.place.account, StackAccount::Gone(_)));
    let pairs = unknown.map(|one| (one.old.account.clone(), one.new.account.clone()));
    let pairs: BTreeSet<(String, String)> = pairs.collect();
    pairs.into_iter().collect()
}

/// Which of `wanted` can be logical ids of the text: keys that are indented. These are more than
/// there are, and a line that gives one of them is not printed. What has other characters than letters and
/// digits is no id that a line gives.
fn keys<'text>(text: &'text str, wanted: &HashSet<&str>) -> HashSet<&'text str> {
    let bytes = text.as_bytes();
    let is_key = |key: &Range<usize>| {
        let before = bytes.get(..key.start).unwrap_or_default();
        let indent = before.iter().rev();
        let indent = indent
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let line = before.get(..before.len() - indent).unwrap_or_default();
        indent > 0 && line.last().is_none_or(|byte| *byte == b'\n')
    };
    let beginning = common_beginning(wanted);
    let found = memmem::find_iter(bytes, beginning).filter_map(|start| {
        let key = bytes.get(start..)?;
        let end = key.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
        let range = start..start + end;
        let is_end = key.get(end) == Some(&b':');
        text.get(range.clone())
            .filter(|key| is_end && wanted.contains(key) && is_key(&range))
    });
    found.collect()
}

/// What all of `words` begin with.
fn common_beginning<'a>(words: &HashSet<&'a str>) -> &'a [u8] {
    let mut words = words.iter().map(|word| word.as_bytes());
    let first = words.next().unwrap_or_default();
    words.fold(first, |common, word| {
        let same = common.iter().zip(word).take_while(|(a, b)| a == b).count();
        common.get(..same).unwrap_or_default()
    })
}

/// What CloudFormation refuses of the resources, or may, if their logical ids stay.
fn still_refused(renamed: &[Renamed<'_>], origins: &dyn Origins) -> Vec<DeployFinding> {
    let mut plan = DeployPlan::default();
    let updates = renamed.iter().map(|one| Update {
        old: one.old.clone(),
        new: one.new.clone(),
    });
    plan.updated.extend(updates);
    let mut findings = DeployFindings::default();
    let rolled_back = taken(&plan, origins, &mut findings).instances;
    replaced(&plan, &rolled_back, origins, &mut findings);
    let mut findings = findings.finish();
    findings.retain(|finding| finding.refusal != DeployRefusal::None);
    findings
}

/// The shortest lines that are right; `others` are the logical ids of what the macro does not write.
fn lines(
    (of, written): (&MacroIds<'_>, &[WrittenId]),
    renamed: &[Renamed<'_>],
    others: &HashSet<&str>,
) -> Option<Vec<(String, String)>> {
    let mut old_ids: HashMap<&str, &str> = HashMap::default();
    for one in renamed {
        let known = *old_ids.entry(one.new.id).or_insert(one.old.id);
        if known != one.old.id {
            // One logical id for accounts in which it was several.
            return None;
        }
    }
    let ids: Vec<MacroId<'_>> = written
        .iter()
        .map(|(unit, written, id)| MacroId {
            unit: *unit,
            written,
            wanted: old_ids.get(id.as_str()).copied().unwrap_or(id),
        })
        .collect();
    if let Some(lines) = one_line(of.plan, &ids).filter(|lines| is_right(lines, &ids, others)) {
        return Some(lines);
    }
    let mut candidates = candidates(of.plan, &ids);
    candidates.sort_by_key(|lines| {
        let length = |(written, wanted): &(String, String)| written.len() + wanted.len();
        (lines.len(), lines.iter().map(length).sum::<usize>())
    });
    let mut right = candidates.into_iter();
    right.find(|lines| is_right(lines, &ids, others))
}

/// The one line that gives every id, if any others are more: more than one unit gets other ids.
fn one_line(plan: &MacroPlan, ids: &[MacroId<'_>]) -> Option<Vec<(String, String)>> {
    let mut differing = ids.iter().filter(|id| id.written != id.wanted);
    let first = differing.next()?;
    let is_in_several = differing.any(|id| id.unit != first.unit);
    let name = plan.name.as_str();
    let new = first
        .wanted
        .strip_suffix(first.written.strip_prefix(name)?)?;
    let is_given = |id: &MacroId<'_>| {
        let rest = id.written.strip_prefix(name);
        rest.is_some_and(|rest| id.wanted.strip_prefix(new) == Some(rest))
    };
    let is_all = is_in_several && ids.iter().all(is_given);
    is_all.then(|| vec![pattern(name, new)])
}

/// Lines with a pattern for the whole macro, for single units, or for nothing.
fn candidates(plan: &MacroPlan, ids: &[MacroId<'_>]) -> Vec<Vec<(String, String)>> {
    let mut units: BTreeMap<usize, Vec<&MacroId<'_>>> = BTreeMap::new();
    for id in ids {
        units.entry(id.unit).or_default().push(id);
    }
    let all: Vec<&MacroId<'_>> = ids.iter().collect();
    let whole = beginnings(&plan.name, &all);
    let exact = all.iter().filter(|id| id.written != id.wanted);
    let mut candidates = vec![exact.map(|id| line(id.written, id.wanted)).collect()];
    for beginning in std::iter::once(None).chain(whole.into_iter().map(Some)) {
        let mut lines = Vec::new();
        if let Some(new) = &beginning {
            lines.push(pattern(&plan.name, new));
        }
        let inherited = |id: &MacroId<'_>| match &beginning {
            Some(new) => with_beginning(&plan.name, new, id.written),
            None => Some(id.written.to_owned()),
        };
        for (at, ids) in &units {
            let Some(unit) = plan.units.get(*at) else {
                continue;
            };
            let prefix = format!("{}{}", plan.name, unit.id_part);
            lines.extend(of_unit(&prefix, ids, &inherited));
        }
        candidates.push(lines);
    }
    candidates
}

/// The fewest lines for the ids of one unit, after what `inherited` makes of them.
fn of_unit(
    prefix: &str,
    ids: &[&MacroId<'_>],
    inherited: &dyn Fn(&MacroId<'_>) -> Option<String>,
) -> Vec<(String, String)> {
    let differing = |becomes: &dyn Fn(&MacroId<'_>) -> Option<String>| -> Vec<(String, String)> {
        let others = ids
            .iter()
            .filter(|id| becomes(id).as_deref() != Some(id.wanted));
        others.map(|id| line(id.written, id.wanted)).collect()
    };
    let mut best = differing(inherited);
    for new in beginnings(prefix, ids) {
        let mut lines = vec![pattern(prefix, &new)];
        lines.extend(differing(&|id| with_beginning(prefix, &new, id.written)));
        if lines.len() < best.len() {
            best = lines;
        }
    }
    best
}

/// What `prefix` becomes in most of `ids`, at most three.
fn beginnings(prefix: &str, ids: &[&MacroId<'_>]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for id in ids {
        let rest = id.written.strip_prefix(prefix);
        if let Some(new) = rest.and_then(|rest| id.wanted.strip_suffix(rest)) {
            *counts.entry(new).or_default() += 1;
        }
    }
    let mut found: Vec<(&str, usize)> = counts.into_iter().collect();
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let first = found.into_iter().take(3);
    first.map(|(new, _)| new.to_owned()).collect()
}

fn with_beginning(old: &str, new: &str, written: &str) -> Option<String> {
    Some(format!("{new}{}", written.strip_prefix(old)?))
}

fn line(written: &str, wanted: &str) -> (String, String) {
    (written.to_owned(), wanted.to_owned())
}

fn pattern(written: &str, wanted: &str) -> (String, String) {
    (format!("{written}*"), format!("{wanted}*"))
}

/// Whether the lines give every id, name something each, and give no id twice.
fn is_right(lines: &[(String, String)], ids: &[MacroId<'_>], others: &HashSet<&str>) -> bool {
    let nowhere = Span::new(FileId(0), 0, 0);
    let text = |text: &String| Spanned::new(text.clone(), nowhere);
    let lines = lines.iter().map(|(written, kept)| LogicalIdLine {
        written: text(written),
        kept: text(kept),
    });
    let applied = LogicalIds {
        lines: lines.collect(),
    };
    let mut used = HashSet::default();
    let mut given = HashSet::default();
    for id in ids {
        let kept = match applied.kept(id.written) {
            Some((line, kept)) => {
                used.insert(line);
                kept
            }
            None => id.written.to_owned(),
        };
        let is_plain = kept.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_id = is_plain && emit::is_plain(&kept);
        if kept != id.wanted
            || !is_id
            || applied.lines.len() > 1 && applied.rivals(id.written).is_some()
            || others.contains(kept.as_str())
            || !given.insert(kept)
        {
            return false;
        }
    }
    used.len() == applied.lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_logical_id_is_an_indented_key() {
        let text = "Top: 1\n  First:\n\tSecond: x\n  - Item: 1\n  'Quoted': 1\n  No-Id: 1\r\n\n   \n    Third:\r\n  Fourth";
        let all = [
            "Top", "First", "Second", "Item", "Quoted", "No", "Id", "Third", "Fourth",
        ];
        let sorted = |wanted: &[&'static str]| {
            let found = keys(text, &wanted.iter().copied().collect());
            let mut found: Vec<&str> = found.into_iter().collect();
            found.sort_unstable();
            found
        };
        assert_eq!(sorted(&all), ["First", "Second", "Third"]);
        assert_eq!(sorted(&["First", "Fourth", "Firs"]), ["First"]);
        assert_eq!(sorted(&["ThirdRole", "Third"]), ["Third"]);
        assert_eq!(sorted(&["x"]), [""; 0]);
        assert_eq!(keys("  a: 1", &["a"].into_iter().collect()).len(), 1);
    }
}
