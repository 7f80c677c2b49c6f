//! Two texts of a file, read.
//!
//! In: two texts, and what the run knows of accounts and tasks. Out: a [`ReadPair`]: their resources,
//! each with what stands for something else in place. Who gains access and whether the change can be
//! deployed are both answered from it, so that nothing is read twice. Refuses nothing: it has the reason
//! if a text is not a template.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use foldhash::HashMap;

use crate::diff::access::changes::Undecided;
use crate::diff::access::comparer::{AccessContext, ScopePair};
use crate::diff::access::limits::Limits;
use crate::diff::access::scope::{FileScope, TaskFacts, is_same_organization};
use crate::diff::access::tag_use::TagUse;
use crate::template::resources::{Body, File, Resource, Scopes, Store};
use crate::yaml::nunjucks::nunjucks;

/// Why a file that its task renders is not known.
pub(super) const RENDERED: &str =
    "its task renders it with nunjucks first, and what that gives is not known";

/// Both texts of a file, read.
pub struct ReadTexts<'text> {
    pub(super) previous: Option<&'text str>,
    pub(super) expanded: &'text str,
    /// The accounts by logical id, with their ids where these are known and the same on both sides.
    pub(super) accounts: Arc<HashMap<String, Option<String>>>,
    /// The logical ids of accounts whose account id is another one than before.
    pub(super) renumbered: BTreeSet<String>,
    /// Whether a task renders it first.
    pub(super) is_rendered: bool,
    pub(super) files: Result<(File<'text>, File<'text>, ScopePair<'text>), String>,
}

/// Both texts of a file, and what is needed to read more of them.
pub struct ReadPair<'text> {
    texts: Arc<ReadTexts<'text>>,
    store: Store<'text>,
}

impl<'text> Deref for ReadPair<'text> {
    type Target = ReadTexts<'text>;

    fn deref(&self) -> &ReadTexts<'text> {
        &self.texts
    }
}

/// Which text of two is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadSide {
    Old,
    New,
}

impl<'text> ReadPair<'text> {
    /// The two texts; `None` if they and all around them are the same.
    pub fn of(
        previous: Option<&'text str>,
        expanded: &'text str,
        known: &AccessContext<'text>,
    ) -> Option<Self> {
        let renumbered = renumbered(known);
        let is_same_around = known.task == known.task_before.or(known.task)
            && Limits::of(known.before, known.organization).is_empty()
            && is_same_organization(known.organization_before(), known.organization);
        let is_renamed = known.renamed.is_some_and(|names| !names.is_empty());
        if previous == Some(expanded) && renumbered.is_empty() && is_same_around && !is_renamed {
            return None;
        }
        Some(Self::read(previous, expanded, known))
    }

    /// The two texts, whether or not they are the same.
    pub(crate) fn read(
        previous: Option<&'text str>,
        expanded: &'text str,
        known: &AccessContext<'text>,
    ) -> Self {
        let renumbered = renumbered(known);
        let accounts = Arc::new(ids(known, &renumbered));
        let mut store = Store::new(Arc::clone(&accounts), known.scans.shapes);
        let files = files(&mut store, previous.unwrap_or_default(), expanded, known);
        let is_rendered = is_rendered(known, [previous.unwrap_or_default(), expanded]);
        let texts = ReadTexts {
            previous,
            expanded,
            accounts,
            renumbered,
            is_rendered,
            files,
        };
        Self {
            texts: Arc::new(texts),
            store,
        }
    }

    /// The texts, for a thread of their own.
    pub fn texts(&self) -> Arc<ReadTexts<'text>> {
        Arc::clone(&self.texts)
    }

    /// What a resource says, whatever its type; `None` if it cannot be read by itself.
    pub(crate) fn body(&mut self, side: ReadSide, at: usize) -> Option<Cow<'_, Body<'text>>> {
        let file = self.texts.file(side)?;
        let resource: &Resource<'text> = file.resources.get(at)?;
        match &resource.body {
            Some(body) => Some(Cow::Borrowed(body)),
            None => self.store.other_body(resource, file).map(Cow::Owned),
        }
    }
}

impl<'text> ReadTexts<'text> {
    /// Whether what both texts say can be read.
    pub fn is_known(&self) -> bool {
        self.files.is_ok() && !self.is_rendered
    }

    /// Why it is not known what is deployed, if it is not.
    pub(crate) fn unknown(&self) -> Option<&str> {
        match &self.files {
            Err(why) => Some(why),
            Ok(_) => self.is_rendered.then_some(RENDERED),
        }
    }

    /// Both files, and whether a resource of one text says the same in the other one.
    pub(crate) fn files(&self) -> Option<(&File<'text>, &File<'text>, Scopes)> {
        let (old, new, scopes) = self.files.as_ref().ok()?;
        Some((old, new, scopes.compared))
    }

    /// The accounts that have another id than before.
    pub(super) fn other_ids(&self) -> impl Iterator<Item = Undecided> {
        self.renumbered.iter().map(|name| Undecided {
            what: format!("account {name}"),
            why: "its account id changed: the same policies are about another account".to_owned(),
            origin: None,
            line: None,
        })
    }

    /// The new text.
    pub(crate) fn text(&self) -> &'text str {
        self.expanded
    }

    /// Whether some account has another account id than before.
    pub(crate) fn is_renumbered(&self) -> bool {
        !self.renumbered.is_empty()
    }

    fn file(&self, side: ReadSide) -> Option<&File<'text>> {
        let (old, new, _) = self.files.as_ref().ok()?;
        Some(match side {
            ReadSide::Old => old,
            ReadSide::New => new,
        })
    }

    /// The logical id of a resource.
    pub(crate) fn id(&self, side: ReadSide, at: usize) -> Option<&str> {
        Some(&self.file(side)?.resources.get(at)?.id)
    }
}

/// Whether a text has marks of nunjucks and a task that renders it.
fn is_rendered(known: &AccessContext<'_>, texts: [&str; 2]) -> bool {
    let mut tasks = [known.task, known.task_before].into_iter().flatten();
    tasks.any(|task| task.rendered_with.is_some())
        && texts.into_iter().any(|text| nunjucks(text).is_some())
}

/// Both files, each with what stands for something else in it.
fn files<'text>(
    store: &mut Store<'text>,
    previous: &'text str,
    expanded: &'text str,
    known: &AccessContext<'text>,
) -> Result<(File<'text>, File<'text>, ScopePair<'text>), String> {
    let of_old = |why| format!("the previous file {why}");
    let of_new = |why| format!("the new file {why}");
    let scan = |text| known.scans.scan(text);
    let old = store.sections(previous, scan(previous)).map_err(of_old)?;
    let new = store.sections(expanded, scan(expanded)).map_err(of_new)?;
    let nothing = TaskFacts::default();
    let task = known.task.unwrap_or(&nothing);
    let before = known.task_before.unwrap_or(task);
    let scopes = ScopePair::new(
        FileScope::new(
            &old.others,
            known.organization_before(),
            (before, TagUse::of(previous, before.sections.values())),
            known.renamed.cloned().unwrap_or_default(),
        ),
        FileScope::new(
            &new.others,
            known.organization,
            (task, TagUse::of(expanded, task.sections.values())),
            BTreeMap::new(),
        ),
    );
    let scope = Arc::clone(&scopes.old);
    let none = File::default();
    let old = store
        .read(old, scope, (&none, Scopes::Same))
        .map_err(of_old)?;
    let scope = Arc::clone(&scopes.new);
    let new = store.read(new, scope, (&old, scopes.compared));
    Ok((old, new.map_err(of_new)?, scopes))
}

/// The logical ids of accounts whose account id is another one than before.
fn renumbered(known: &AccessContext<'_>) -> BTreeSet<String> {
    let before = |name: &str| known.before?.account(name)?.account_id.as_ref();
    let accounts = known.organization.accounts.iter().filter(|account| {
        let (old, new) = (before(&account.logical_id), account.account_id.as_ref());
        old.zip(new).is_some_and(|(old, new)| old != new)
    });
    accounts.map(|account| account.logical_id.clone()).collect()
}

/// The accounts of both sides by logical id, with their ids where these are known and the same.
fn ids(
    known: &AccessContext<'_>,
    renumbered: &BTreeSet<String>,
) -> HashMap<String, Option<String>> {
    let mut ids: HashMap<String, Option<String>> = HashMap::default();
    let before = known.before.into_iter();
    for account in before
        .chain([known.organization])
        .flat_map(|organization| &organization.accounts)
    {
        let id = ids.entry(account.logical_id.clone()).or_default();
        if !renumbered.contains(&account.logical_id) {
            *id = account.account_id.clone().or(id.take());
        }
    }
    ids
}
