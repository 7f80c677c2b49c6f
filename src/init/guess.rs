//! What an organization's accounts are for, by their names, tags, and units.
//!
//! In: an organization. Out: the accounts that may be the Tools account, and the stages with the
//! accounts of each, with the reason of each guess. Refuses nothing: what it cannot tell is left out.

use std::collections::BTreeSet;

use crate::init::words::words;
use crate::organization::hierarchy::Hierarchy;
use crate::organization::{Account, Organization};

/// Words in the name of a Tools account, the surest first.
const TOOLS: &[&[&str]] = &[
    &["tool", "tools", "tooling", "toolchain"],
    &[
        "ci",
        "cicd",
        "build",
        "builds",
        "pipeline",
        "pipelines",
        "devops",
        "deploy",
        "deployment",
        "deployments",
        "automation",
    ],
    &["shared"],
];

/// The stages in the order of deployment, each with the words that mean it.
const STAGES: &[(&str, &[&str])] = &[
    ("dev", &["dev", "develop", "development", "developer"]),
    ("test", &["test", "testing", "tst", "qa", "integration"]),
    (
        "staging",
        &[
            "staging",
            "stage",
            "stg",
            "preprod",
            "preproduction",
            "uat",
            "acceptance",
        ],
    ),
    ("prod", &["prod", "production", "prd", "live"]),
];

/// Keys of tags whose value is a stage.
const STAGE_TAGS: &[&str] = &["stage", "environment", "env"];

/// Words in the name of an account, or of a unit above it, that no app is deployed to.
const OTHER_ACCOUNTS: &[&str] = &[
    "archive",
    "audit",
    "backup",
    "backups",
    "billing",
    "dns",
    "identity",
    "log",
    "logging",
    "logs",
    "management",
    "master",
    "network",
    "networking",
    "payer",
    "root",
    "sandbox",
    "security",
];
const OTHER_UNITS: &[&str] = &[
    "closed",
    "decommissioned",
    "graveyard",
    "infrastructure",
    "policy",
    "sandbox",
    "sandboxes",
    "security",
    "suspended",
];

/// A stage, and its accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuessedStage {
    /// Its name.
    pub name: &'static str,
    /// How its accounts are selected.
    pub selector: StageSelector,
    /// Why they were chosen: "because of ...".
    pub reasons: Vec<String>,
}

/// How the accounts of a stage are selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageSelector {
    /// The accounts, in the order of the organization.
    Accounts(Vec<String>),
    /// All accounts of a unit.
    Unit(String),
    /// All accounts with a tag of this value.
    Tag(String, String),
}

/// The stages of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuessedStages {
    /// In the order of deployment; at least one.
    pub stages: Vec<GuessedStage>,
    /// The accounts of no stage, in the order of the organization, without the management account
    /// and the Tools account.
    pub left_out: Vec<String>,
    /// How many accounts the stages have.
    pub count: usize,
}

/// The accounts that may be the Tools account: those whose name says so the most clearly.
pub fn tools_accounts(organization: &Organization) -> Vec<&Account> {
    let members = || members(organization);
    let named = |wanted: &[&str]| -> Vec<&Account> {
        members()
            .filter(|account| has_word(account, wanted))
            .collect()
    };
    let mut found = TOOLS.iter().map(|wanted| named(wanted));
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// The stages; none without an account other than the management account and `tools`.
pub fn stages(organization: &Organization, tools: &str) -> Option<GuessedStages> {
    let hierarchy = Hierarchy::of(organization);
    let others: Vec<&Account> = members(organization)
        .filter(|account| account.logical_id != tools)
        .collect();
    let mut found: Vec<(usize, &Account, String)> = Vec::new();
    for account in &others {
        let stage = stage_of(account, &hierarchy);
        found.extend(stage.map(|(stage, reason)| (stage, *account, reason)));
    }
    let mut stages: Vec<GuessedStage> = Vec::new();
    for (index, (name, _)) in STAGES.iter().enumerate() {
        let own: Vec<_> = found.iter().filter(|(stage, ..)| *stage == index).collect();
        if own.is_empty() {
            continue;
        }
        let accounts: Vec<&Account> = own.iter().map(|(_, account, _)| *account).collect();
        let reasons: BTreeSet<&String> = own.iter().map(|(.., reason)| reason).collect();
        stages.push(GuessedStage {
            name,
            selector: selector(organization, &accounts, index),
            reasons: reasons.into_iter().cloned().collect(),
        });
    }
    if stages.is_empty() {
        let is_of_apps = |account: &&&Account| !is_other(account, &hierarchy);
        let first = others.iter().find(is_of_apps).or(others.first())?;
        stages.push(GuessedStage {
            name: "dev",
            selector: StageSelector::Accounts(vec![first.logical_id.clone()]),
            reasons: Vec::new(),
        });
        found.push((0, first, String::new()));
    }
    let is_used = |account: &Account| {
        let mut used = found.iter();
        used.any(|(_, used, _)| used.logical_id == account.logical_id)
    };
    let left_out = others.iter().filter(|account| !is_used(account));
    Some(GuessedStages {
        left_out: left_out.map(|account| account.logical_id.clone()).collect(),
        count: found.len(),
        stages,
    })
}

/// The accounts but the management account, if templates can name them.
fn members(organization: &Organization) -> impl Iterator<Item = &Account> {
    let accounts = organization.accounts.iter();
    accounts.filter(|account| !account.is_master && is_plain(&account.logical_id))
}

/// Whether `name` can be in a reference, a comment, and a query as it is.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 100
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// The words of the account's names.
fn own_words(account: &Account) -> Vec<String> {
    let mut own = words(&account.logical_id);
    own.extend(account.account_name.iter().flat_map(|name| words(name)));
    own
}

fn has_word(account: &Account, wanted: &[&str]) -> bool {
    own_words(account)
        .iter()
        .any(|word| wanted.contains(&word.as_str()))
}

/// Whether no app is deployed to the account, by its name or the units that it is in.
fn is_other(account: &Account, hierarchy: &Hierarchy<'_>) -> bool {
    let is_of_tools = TOOLS.iter().any(|wanted| has_word(account, wanted));
    let is_in_other = || {
        let names = hierarchy.above(&account.logical_id).into_iter();
        let mut words = names.flat_map(words);
        words.any(|word| OTHER_UNITS.contains(&word.as_str()))
    };
    is_of_tools || has_word(account, OTHER_ACCOUNTS) || is_in_other()
}

/// The position of the account's stage in [`STAGES`], and what says so.
fn stage_of(account: &Account, hierarchy: &Hierarchy<'_>) -> Option<(usize, String)> {
    if is_other(account, hierarchy) {
        return None;
    }
    for (key, value) in &account.tags {
        if let Some(stage) = meant(&words(value)).filter(|_| is_stage_tag(key)) {
            return Some((stage, format!("the tag `{key}`")));
        }
    }
    if let Some(stage) = meant(&own_words(account)) {
        return Some((stage, "the account's name".to_owned()));
    }
    hierarchy
        .above(&account.logical_id)
        .into_iter()
        .find_map(|unit| {
            let stage = meant(&words(unit)).filter(|_| is_plain(unit))?;
            Some((stage, format!("the unit `{unit}`")))
        })
}

/// The stage that words mean; none for those that say what it is not, such as `non-prod`.
fn meant(words: &[String]) -> Option<usize> {
    let position = |word: &str| STAGES.iter().position(|(_, known)| known.contains(&word));
    let index = words.iter().position(|word| position(word).is_some())?;
    let before = index.checked_sub(1).and_then(|index| words.get(index));
    match before.map(String::as_str) {
        Some("non" | "not" | "no") => None,
        Some("pre") => position("preprod"),
        _ => position(words.get(index)?),
    }
}

/// The shortest way to select `accounts` and no other, for the stage at this position in [`STAGES`].
fn selector(organization: &Organization, accounts: &[&Account], stage: usize) -> StageSelector {
    let ids: BTreeSet<&str> = accounts.iter().map(|one| one.logical_id.as_str()).collect();
    let listed = accounts.iter().map(|one| one.logical_id.clone());
    if accounts.len() < 2 {
        return StageSelector::Accounts(listed.collect());
    }
    let is_same = |found: &[String]| {
        found.len() == ids.len() && found.iter().all(|id| ids.contains(id.as_str()))
    };
    let has_all = |unit: &&str| is_same(&organization.accounts_in(&[(*unit).to_owned()]));
    let units = organization
        .units
        .iter()
        .map(|unit| unit.logical_id.as_str());
    let units: Vec<&str> = units
        .filter(|unit| is_plain(unit))
        .filter(has_all)
        .collect();
    let is_named_so = |unit: &&&str| meant(&words(unit)) == Some(stage);
    if let Some(unit) = units.iter().find(is_named_so).or(units.first()) {
        return StageSelector::Unit((*unit).to_owned());
    }
    let tags = accounts.first().map_or(&[][..], |one| one.tags.as_slice());
    let tag = tags.iter().find(|(key, value)| {
        is_stage_tag(key)
            && is_plain(value)
            && !key.contains('-')
            && is_same(&tagged(organization, key, value))
    });
    tag.map_or_else(
        || StageSelector::Accounts(listed.collect()),
        |(key, value)| StageSelector::Tag(key.clone(), value.clone()),
    )
}

/// Whether a tag with this key says which stage an account is of.
fn is_stage_tag(key: &str) -> bool {
    STAGE_TAGS.contains(&key.to_ascii_lowercase().as_str())
}

/// The accounts, without the management account, that have this tag; as a query selects them.
fn tagged(organization: &Organization, key: &str, value: &str) -> Vec<String> {
    let has = |account: &&Account| {
        let mut tags = account.tags.iter();
        !account.is_master && tags.any(|(own, text)| own == key && text == value)
    };
    let found = organization.accounts.iter().filter(has);
    found.map(|account| account.logical_id.clone()).collect()
}
