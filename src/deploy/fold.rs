//! What happens to single resources to findings, one per kind.
//!
//! In: resources, each with what happens to it. Out: [`DeployFinding`]s in which everything that is
//! the same is counted. Refuses and leaves out nothing.

use foldhash::{HashMap, HashSet};

use crate::deploy::answer::{DeployFinding, DeployName, DeployRefusal};
use crate::deploy::places::Instance;
use crate::deploy::rules::DEPLOYMENT_UNKNOWN;
use crate::diagnostic::Rule;

/// What happens to a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Happening {
    pub(super) rule: HashedRule,
    pub(super) refusal: DeployRefusal,
    /// What happens, in one sentence.
    pub(super) reason: String,
    /// What to do.
    pub(super) help: String,
}

/// A rule that is hashed by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HashedRule(pub(super) &'static Rule);

impl std::hash::Hash for HashedRule {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

/// A resource to which something happens, on one side or both.
#[derive(Clone, Copy)]
pub(super) struct Affected<'run> {
    pub(super) old: Option<&'run Instance<'run>>,
    pub(super) new: Option<&'run Instance<'run>>,
}

/// The findings so far.
#[derive(Default)]
pub(super) struct DeployFindings {
    findings: Vec<FoldedFinding>,
    /// The finding of each kind in each file.
    known: HashMap<Happening, Vec<(usize, usize)>>,
}

struct FoldedFinding {
    finding: DeployFinding,
    accounts: HashSet<String>,
    /// The names by type.
    names: HashMap<String, HashSet<String>>,
}

/// The line of the template that a logical id comes from, and the template's path.
pub(super) trait Origins {
    fn line(&self, file: usize, id: &str) -> Option<usize>;
    fn source(&self, file: usize) -> &str;
    /// Whether the file is gone.
    fn is_gone(&self, file: usize) -> bool;
    /// Whether the previous file binds anything to this account.
    fn was_bound(&self, file: usize, account: &str) -> bool;
}

impl DeployFindings {
    /// Adds that `happening` happens to a resource.
    pub(super) fn add(
        &mut self,
        happening: &Happening,
        affected: Affected<'_>,
        origins: &dyn Origins,
    ) {
        let Some(one) = affected.new.or(affected.old) else {
            return;
        };
        let known = self.known.get(happening).into_iter().flatten();
        let known = known.copied().find(|(file, _)| *file == one.file);
        let at = known.map_or(self.findings.len(), |(_, at)| at);
        if known.is_none() {
            let of = self.known.entry(happening.clone()).or_default();
            of.push((one.file, at));
            self.findings
                .push(FoldedFinding::new(happening, one, origins));
        }
        if let Some(folded) = self.findings.get_mut(at) {
            folded.add(affected, one);
        }
    }

    /// Adds that `happening` happens to whole stacks: those of these accounts, with so many resources.
    pub(super) fn add_stacks(
        &mut self,
        happening: &Happening,
        (accounts, resources): (Vec<String>, usize),
        source: &str,
    ) {
        self.findings.push(FoldedFinding {
            finding: DeployFinding {
                rule: happening.rule.0,
                refusal: happening.refusal,
                resources,
                accounts,
                names: Vec::new(),
                reason: happening.reason.clone(),
                help: happening.help.clone(),
                source: source.to_owned(),
                line: None,
            },
            accounts: HashSet::default(),
            names: HashMap::default(),
        });
    }

    /// Adds that `happening` happens to these, which are in no account that is known here.
    pub(super) fn add_names(
        &mut self,
        happening: &Happening,
        names: Vec<DeployName>,
        source: &str,
    ) {
        self.add_stacks(happening, (Vec::new(), 0), source);
        if let Some(last) = self.findings.last_mut() {
            last.finding.names = names;
        }
    }

    /// Adds that it is not known whether the output of `source` can be deployed.
    pub(super) fn unknown(&mut self, source: &str, why: &str) {
        let finding = DeployFinding {
            rule: &DEPLOYMENT_UNKNOWN,
            refusal: DeployRefusal::Maybe,
            resources: 0,
            accounts: Vec::new(),
            names: Vec::new(),
            reason: format!("it is not known what is deployed: {why}"),
            help: "mend what cannot be read, or look at both sides yourself".to_owned(),
            source: source.to_owned(),
            line: None,
        };
        let (accounts, names) = (HashSet::default(), HashMap::default());
        self.findings.push(FoldedFinding {
            finding,
            accounts,
            names,
        });
    }

    /// All of them, the most severe first.
    pub(super) fn finish(self) -> Vec<DeployFinding> {
        let found = self.findings.into_iter().map(|folded| folded.finding);
        let mut found: Vec<DeployFinding> = found.collect();
        found.sort_by_key(|finding| finding.refusal);
        found
    }
}

impl FoldedFinding {
    fn new(happening: &Happening, one: &Instance<'_>, origins: &dyn Origins) -> Self {
        Self {
            finding: DeployFinding {
                rule: happening.rule.0,
                refusal: happening.refusal,
                resources: 0,
                accounts: Vec::new(),
                names: Vec::new(),
                reason: happening.reason.clone(),
                help: happening.help.clone(),
                source: origins.source(one.file).to_owned(),
                line: origins.line(one.file, one.id),
            },
            accounts: HashSet::default(),
            names: HashMap::default(),
        }
    }

    fn add(&mut self, affected: Affected<'_>, one: &Instance<'_>) {
        let finding = &mut self.finding;
        finding.resources += 1;
        if !self.accounts.contains(&one.account) {
            self.accounts.insert(one.account.clone());
            finding.accounts.push(one.account.clone());
        }
        let (kind, name) = (one.kind(), one.shown_name());
        let known = self.names.get(kind);
        if known.is_some_and(|names| names.contains(&*name)) {
            return;
        }
        let id = |side: Option<&Instance<'_>>| side.map(|instance| instance.id.to_owned());
        finding.names.push(DeployName {
            resource_type: kind.to_owned(),
            name: name.to_string(),
            before: id(affected.old),
            after: id(affected.new),
        });
        let names = self.names.entry(kind.to_owned()).or_default();
        names.insert(name.into_owned());
    }
}
