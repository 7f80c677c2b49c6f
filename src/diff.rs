//! The previous and the new text of a generated file to what differs.
//!
//! In: two texts. Out: a [`Comparison`]: resources and sections by what they say, and the text by
//! lines. It refuses nothing: if a text cannot be read as a template, the comparison reports that
//! and holds the text alone.
//!
//! What a template *means* is compared without the noise of how it is written: quoting, comments,
//! the order of keys and of everything that is a set in IAM. Which access that gives or takes is
//! not decided here, but in `access`.
//!
//! The hard thing is speed. A file of 3,000 accounts is 38 MB, and parsing it takes longer than
//! anyone wants to wait for a diff. So both texts are cut into blocks by looking at lines alone
//! (`template::blocks`), given what they need to be read by themselves and paired (`align`), what
//! is left of them without their account is parsed and compared once (`template::deduplicate`), and
//! lines are compared only within blocks that differ (`lines`). Texts that are written in any other
//! way are parsed whole (`whole`).

pub mod access;
pub mod lines;
pub mod resources;
pub mod rules;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::diff::access::changes::Access;
use crate::diff::lines::Hunk;
use crate::diff::resources::{AccountSummary, NO_ACCOUNT, ResourceChange, SectionChange};

use crate::diff::lines::align::BlockSide;
use crate::diff::resources::Meaning;
use crate::template::aliased;
use crate::template::blocks::SharedScans;
use crate::template::deduplicate::Shapes;

/// What differs between the previous and the new text of one generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison<'text> {
    /// The path of the generated file, as shown.
    pub path: String,
    /// What the file was compared with, as shown (for example `org/roles.yml at main`); `None`
    /// if there was no previous file.
    pub against: Option<String>,
    /// Whether there is no new file.
    pub is_gone: bool,
    /// The resources that differ in what they say: added and changed ones in the order of the new
    /// file, then removed ones in the order of the previous file. A resource whose binding lists
    /// accounts, and other ones than before, represents each of its changes: where it stays and
    /// differs, where it is new, where it is removed.
    pub resources: Vec<ResourceChange>,
    /// The other top-level sections that differ in what they say, by name.
    pub sections: Vec<SectionChange>,
    /// How many resources differ in each account, in the order in which `resources` names the
    /// accounts. Resources without an account of their own come under [`NO_ACCOUNT`].
    pub accounts: Vec<AccountSummary>,
    /// Why resources and sections could not be compared; both are empty then.
    pub not_compared: Option<String>,
    /// Who gains and who loses access, if that was requested.
    pub access: Option<Access>,
    /// The differences of the text; empty only if the texts are the same bytes.
    pub hunks: Vec<Hunk<'text>>,
}

impl Comparison<'_> {
    /// Whether the two texts are the same bytes.
    pub fn is_same(&self) -> bool {
        self.hunks.is_empty() && self.against.is_some()
    }

    /// Whether a resource or another section differs in what it says, or may differ because it
    /// could not be compared.
    pub fn has_meaning(&self) -> bool {
        !self.resources.is_empty() || !self.sections.is_empty() || self.not_compared.is_some()
    }
}

/// What differs between the `previous` text of the generated file at `path` and the `expanded`
/// one. Without a previous text everything is new.
///
/// `path` is only shown. The comparison is `against` the same path; a caller that took the
/// previous text from elsewhere says so there.
pub fn compare<'text>(
    path: &str,
    previous: Option<&'text str>,
    expanded: &'text str,
) -> Comparison<'text> {
    compare_scanned(path, (previous, expanded), SharedScans::default())
}

/// The same, with `scans` of texts that others look at too.
pub fn compare_scanned<'text>(
    path: &str,
    (previous, expanded): (Option<&'text str>, &'text str),
    scans: SharedScans<'text>,
) -> Comparison<'text> {
    let mut comparison = Comparison {
        path: path.to_owned(),
        against: previous.map(|_| path.to_owned()),
        is_gone: previous.is_some() && expanded.is_empty(),
        resources: Vec::new(),
        sections: Vec::new(),
        accounts: Vec::new(),
        not_compared: None,
        access: None,
        hunks: Vec::new(),
    };
    if previous == Some(expanded) {
        return comparison;
    }
    // Who compares access begins with the previous text.
    let after = scans.scan(expanded);
    let before = scans.scan(previous.unwrap_or_default());
    let blocks = before.blocks.zip(after.blocks);
    let (old_blocks, new_blocks) = blocks
        .as_ref()
        .map_or((&[][..], &[][..]), |(old, new)| (old, new));
    let old = BlockSide {
        lines: &before.lines,
        blocks: old_blocks,
        alone: None,
    };
    let new = BlockSide {
        lines: &after.lines,
        blocks: new_blocks,
        alone: None,
    };
    let mut shapes = Shapes::of(scans.shapes);
    let aligned = crate::diff::lines::align::aligned(&old, &new, &mut shapes);
    let meaning = blocks
        .is_some()
        .then(|| crate::diff::resources::by_block::by_blocks(&old, &new, &aligned, &mut shapes))
        .flatten()
        .or_else(|| with_lists(&old, &new))
        .map_or_else(
            || crate::diff::resources::whole::by_parsing(previous, expanded),
            Ok,
        );
    say(&mut comparison, meaning);
    let pairs = crate::diff::lines::align::with_renamed(&old, &new, aligned, &mut shapes);
    comparison.hunks = crate::diff::lines::hunks::hunks(&old, &new, &pairs);
    comparison
}

/// What changed, block by block, if some blocks can only be read with a list in front.
fn with_lists(old: &BlockSide<'_, '_>, new: &BlockSide<'_, '_>) -> Option<Meaning> {
    let alone = [old, new].map(|side| aliased::alone(side.lines, side.blocks));
    if alone.iter().all(HashMap::is_empty) {
        return None;
    }
    let [old, new] = [(old, &alone[0]), (new, &alone[1])].map(|(side, alone)| BlockSide {
        alone: Some(alone),
        ..*side
    });
    let mut shapes = Shapes::default();
    let aligned = crate::diff::lines::align::aligned(&old, &new, &mut shapes);
    crate::diff::resources::by_block::by_blocks(&old, &new, &aligned, &mut shapes)
}

fn say(comparison: &mut Comparison<'_>, meaning: Result<Meaning, String>) {
    match meaning {
        Ok(meaning) => {
            comparison.accounts = by_account(&meaning.resources);
            comparison.resources = meaning.resources;
            comparison.sections = meaning.sections;
        }
        Err(why) => comparison.not_compared = Some(why),
    }
}

/// How many resources differ in each account.
fn by_account(resources: &[ResourceChange]) -> Vec<AccountSummary> {
    let mut summaries: Vec<AccountSummary> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for resource in resources {
        let own = resource.accounts.iter().map(String::as_str);
        let none = resource.accounts.is_empty().then_some(NO_ACCOUNT);
        for account in own.chain(none) {
            let at = *known.entry(account).or_insert(summaries.len());
            if at == summaries.len() {
                summaries.push(AccountSummary::of(account));
            }
            if let Some(summary) = summaries.get_mut(at) {
                summary.count(resource.kind);
            }
        }
    }
    summaries
}
