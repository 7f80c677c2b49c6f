//! Two versions of a policy document to what changed in it.
//!
//! In: the data of both. Out: [`Detail`]s by statement and element; none exactly if the data are
//! equal. It reports what was written differently, and not what that means for access. Refuses
//! nothing.
//!
//! The hard thing is which statements belong together: they are paired by `Sid`, then by being
//! equal but for the `Sid`, then by position if one of the two has no `Sid`.

use crate::diff::resources::{Change, Detail, PolicyDocument};

use crate::diff::resources::values::{change, keys, paired, value_change};
use crate::template::display::shown;
use crate::template::value::{Data, field};

const STATEMENT: &str = "Statement";
const DOCUMENT: &str = "PolicyDocument";
const SID: &str = "Sid";
const EFFECT: &str = "Effect";

/// Whether `data` is a policy document.
pub(crate) fn is_document(data: &Data) -> bool {
    data.get(STATEMENT).and_then(Data::unordered).is_some()
}

/// The inline policies of a role or user, paired by name.
pub(crate) fn inline(old: &[Data], new: &[Data], out: &mut Vec<Detail>) {
    let name = |policy: &Data| policy.get("PolicyName").map(shown).unwrap_or_default();
    for (old, new) in paired(old, new, name) {
        let named = PolicyDocument::Inline(old.or(new).map(name).unwrap_or_default());
        inline_policy(named, old, new, out);
    }
}

fn inline_policy(
    named: PolicyDocument,
    old: Option<&Data>,
    new: Option<&Data>,
    out: &mut Vec<Detail>,
) {
    let whole = old.is_none() || new.is_none();
    let documents = [old, new].map(|policy| field(policy, DOCUMENT));
    let [from, to] = documents;
    let is_known = documents.into_iter().flatten().all(is_document) && from.or(to).is_some();
    let place = StatementPlace::of(named);
    if whole && !is_known {
        place.push(None, value_change(old, new), out);
        return;
    }
    for key in keys(old, new) {
        if key == DOCUMENT && is_known {
            document(&place.document, from, to, out);
        } else if !whole {
            place.element(key, field(old, key), field(new, key), out);
        }
    }
}

/// A policy document, which may be missing on one side.
pub(crate) fn document(
    document: &PolicyDocument,
    old: Option<&Data>,
    new: Option<&Data>,
    out: &mut Vec<Detail>,
) {
    let place = StatementPlace::of(document.clone());
    if old == new {
        return;
    }
    match (old, new) {
        (Some(_), Some(_)) => {
            for key in keys(old, new).into_iter().filter(|key| *key != STATEMENT) {
                place.element(key, field(old, key), field(new, key), out);
            }
        }
        (None, _) => place.push(None, Some(Change::Added(None)), out),
        (_, None) => place.push(None, Some(Change::Removed(None)), out),
    }
    let old = statements(old);
    let new = statements(new);
    for (from, to) in pairs(old, new) {
        let label = to
            .and_then(|at| label(new, at))
            .or_else(|| from.and_then(|at| label(old, at)));
        let place = StatementPlace {
            statement: label,
            ..place.clone()
        };
        let from = from.and_then(|at| old.get(at));
        place.statement(from, to.and_then(|at| new.get(at)), out);
    }
}

fn statements(document: Option<&Data>) -> &[Data] {
    document
        .and_then(|data| data.get(STATEMENT))
        .and_then(Data::unordered)
        .unwrap_or_default()
}

fn sid(statement: &Data) -> Option<&Data> {
    statement.get(SID)
}

fn label(statements: &[Data], at: usize) -> Option<String> {
    let statement = statements.get(at)?;
    Some(sid(statement).map_or_else(|| format!("#{}", at + 1), shown))
}

type StatementPair = (Option<usize>, Option<usize>);

/// Whether a statement became another.
type IsPair = fn(&Data, &Data) -> bool;

/// Which statement of `old` became which of `new`: those of `new` in order, then removed ones.
fn pairs(old: &[Data], new: &[Data]) -> Vec<StatementPair> {
    let mut from: Vec<Option<usize>> = vec![None; new.len()];
    let mut left: Vec<usize> = (0..old.len()).collect();
    let same_sid: IsPair = |old, new| sid(old).is_some() && sid(old) == sid(new);
    let same_content: IsPair = |old, new| without_sid(old) == without_sid(new);
    let no_sid: IsPair = |old, new| sid(old).is_none() || sid(new).is_none();
    for is_pair in [same_sid, same_content, no_sid] {
        for (from, new) in from.iter_mut().zip(new).filter(|(from, _)| from.is_none()) {
            let found = left
                .iter()
                .position(|at| old.get(*at).is_some_and(|old| is_pair(old, new)));
            *from = found.map(|found| left.remove(found));
        }
    }
    let kept = from
        .into_iter()
        .enumerate()
        .map(|(to, from)| (from, Some(to)));
    kept.chain(left.into_iter().map(|from| (Some(from), None)))
        .collect()
}

/// The statement's entries but for its `Sid`; the statement itself where it is no mapping.
fn without_sid(statement: &Data) -> (Vec<&(String, Data)>, Option<&Data>) {
    match statement.fields() {
        Some(fields) => (fields.iter().filter(|(key, _)| key != SID).collect(), None),
        None => (Vec::new(), Some(statement)),
    }
}

/// Where a detail stands.
#[derive(Clone)]
struct StatementPlace {
    document: PolicyDocument,
    statement: Option<String>,
}

impl StatementPlace {
    fn of(document: PolicyDocument) -> Self {
        Self {
            document,
            statement: None,
        }
    }

    fn push(&self, element: Option<String>, change: Option<Change>, out: &mut Vec<Detail>) {
        if let Some(change) = change {
            out.push(Detail {
                document: Some(self.document.clone()),
                statement: self.statement.clone(),
                element,
                change,
            });
        }
    }

    fn statement(&self, old: Option<&Data>, new: Option<&Data>, out: &mut Vec<Detail>) {
        if old == new {
            return;
        }
        let is_mapping = [old, new]
            .into_iter()
            .flatten()
            .all(|side| side.fields().is_some());
        if !is_mapping {
            self.push(None, value_change(old, new), out);
            return;
        }
        let whole = old.is_none() || new.is_none();
        if whole {
            let effect = |side| field(side, EFFECT).or(side);
            self.push(None, value_change(effect(old), effect(new)), out);
        }
        for key in keys(old, new) {
            if !(whole && (key == SID || key == EFFECT)) {
                self.element(key, field(old, key), field(new, key), out);
            }
        }
    }

    /// One element of a statement or document, such as `Action`; opened down to its lists.
    fn element(&self, name: &str, old: Option<&Data>, new: Option<&Data>, out: &mut Vec<Detail>) {
        if old == new {
            return;
        }
        let opened = [old, new]
            .into_iter()
            .flatten()
            .all(|side| side.fields().is_some());
        let keys = if opened { keys(old, new) } else { Vec::new() };
        if keys.is_empty() {
            self.push(Some(name.to_owned()), change(old, new), out);
        }
        for key in keys {
            self.element(
                &format!("{name} {key}"),
                field(old, key),
                field(new, key),
                out,
            );
        }
    }
}
