//! What `deploy` answers. Plain data: it refuses nothing.

use crate::diagnostic::Rule;

/// Whether CloudFormation can deploy what changed, and what follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    /// What was found, the most severe first.
    pub findings: Vec<DeployFinding>,
    /// The macros that give resources another logical id.
    pub kept_ids: Vec<KeptIds>,
}

/// How a macro keeps the logical ids of its resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptIds {
    /// The path of the template, as shown.
    pub source: String,
    /// The macro's name.
    pub name: String,
    /// Its line.
    pub line: usize,
    /// The whole `LogicalIds`, which replaces what the macro has: the id that would be written, and
    /// the id that is kept. None if no lines keep all of the ids, or CloudFormation refuses the
    /// resources for something else.
    pub lines: Vec<(String, String)>,
    /// The accounts that have to be the same ones for that, each by its previous and its new logical id, if
    /// this is not known.
    pub if_same: Vec<(String, String)>,
    /// What CloudFormation refuses, or may, although the ids stay: then there are no lines.
    pub refused: Vec<DeployFinding>,
}

/// Whether CloudFormation refuses something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeployRefusal {
    /// It does.
    Certain,
    /// It does if something holds that the files do not show.
    Maybe,
    /// It does not, but something follows that somebody has to know.
    None,
}

/// Resources of one kind to which the same happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployFinding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// Whether CloudFormation refuses it.
    pub refusal: DeployRefusal,
    /// How many resources there are, each counted in each of its accounts.
    pub resources: usize,
    /// Their accounts, by logical id.
    pub accounts: Vec<String>,
    /// The resources by type and name, each once for all accounts.
    pub names: Vec<DeployName>,
    /// What happens, in one sentence.
    pub reason: String,
    /// What to do.
    pub help: String,
    /// The path of the template, as shown.
    pub source: String,
    /// The line of the template that the first of them comes from.
    pub line: Option<usize>,
}

/// A resource that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployName {
    /// Its type.
    pub resource_type: String,
    /// Its physical name, or what identifies it; its logical id if it has neither.
    pub name: String,
    /// The logical id that it has in the previous file, if it is there; in the first account.
    pub before: Option<String>,
    /// The logical id that it has in the new file, if it is there; in the first account.
    pub after: Option<String>,
}

impl Deployment {
    /// Whether CloudFormation refuses anything, or may.
    pub fn refusal(&self) -> DeployRefusal {
        let refusals = self.findings.iter().map(|finding| finding.refusal);
        refusals.min().unwrap_or(DeployRefusal::None)
    }

    /// Whether CloudFormation refuses the change, or may.
    pub fn is_refused(&self) -> bool {
        self.refusal() != DeployRefusal::None
    }
}
