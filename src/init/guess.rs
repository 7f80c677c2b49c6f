//! What an organization's accounts are for, by their names, tags, and units.
//!
//! In: an organization. Out: the accounts that may be the Tools account, and the stages with the
//! accounts of each, with the reason of each guess. Refuses nothing: what it cannot tell is left out,
//! and what is for something else by its name, tag, or unit is never chosen.

use std::collections::BTreeSet;

use crate::init::words::words;
use crate::organization::hierarchy::Hierarchy;
use crate::organization::{Account, Organization};

/// Words in the name of a Tools account, the surest first.
const TOOLS: [&[&str]; 3] = [
    &["tool", "tools", "tooling", "toolchain"],
    &[
        "ci",
        "cicd",
        "build",
        "builds",
        "pipeline",
        "pipelines",
        "devops",
        "devsecops",
        "deploy",
        "deployment",
        "deployments",
        "automation",
    ],
    &["shared"],
];

/// The stages in the order of deployment, each with the words that mean it: other spellings of its name, and no
/// other stage, which has its own row.
const STAGES: &[(&str, &[&str])] = &[
    ("dev", &["dev", "develop", "development", "developer"]),
    ("test", &["test", "testing", "tst"]),
    ("integration", &["integration"]),
    ("qa", &["qa"]),
    (NON_PROD, &["nonprod", "nonproduction", "nonprd"]),
    ("staging", &["staging", "stage", "stg"]),
    ("uat", &["uat"]),
    ("acceptance", &["acceptance"]),
    (PRE_PROD, &["preprod", "preproduction"]),
    ("prod", &["prod", "production", "prd", "live"]),
];

/// The stage of what is not production, and called that.
const NON_PROD: &str = "nonprod";

/// The stage right before production.
const PRE_PROD: &str = "preprod";

/// Keys of tags whose value is a stage.
const STAGE_TAGS: &[&str] = &["stage", "environment", "env"];

/// Words in the name of an account that no app is deployed to, whatever its tags say: organizations also
/// tag what keeps their logs.
const SECURITY: &[&str] = &["archive", "audit", "secops", "security"];

/// Words in the name, or in the tag of the stage, of an account that no app is deployed to. An app can
/// be called so too: a tag with a stage precedes the name.
const OTHER_ACCOUNTS: &[&str] = &[
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
];

/// Words in the name of a unit whose accounts no app is deployed to.
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
    /// The accounts of no stage.
    pub others: OtherAccounts,
    /// How many accounts the stages have.
    pub count: usize,
}

/// Accounts of no stage, in the order of the organization, without the management account and the Tools
/// account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherAccounts {
    /// Those whose name, tag, or unit says that they are for something else.
    pub ruled_out: Vec<String>,
    /// Those of which nothing says what they are for.
    pub unknown: Vec<String>,
    /// Those whose logical ids no macro can name.
    pub unnamable: Vec<String>,
}

/// What an account is for, as far as its tags, names, and units say.
enum Purpose {
    /// The position of its stage in [`STAGES`], and what says so.
    Stage(usize, String),
    /// Not for apps.
    Other,
    /// Nothing says what for.
    Unknown,
}

/// The accounts that may be the Tools account: those whose name says so the most clearly.
pub fn tools_accounts(organization: &Organization) -> Vec<&Account> {
    let members = || members(organization);
    let named = |wanted: &[&str]| -> Vec<&Account> {
        members()
            .filter(|account| has_word(account, wanted))
            .collect()
    };
    let mut found = TOOLS.into_iter().map(named);
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// The stages.
///
/// # Errors
///
/// The other accounts, if none of them can be one that apps are deployed to.
pub fn stages(organization: &Organization, tools: &str) -> Result<GuessedStages, OtherAccounts> {
    let hierarchy = Hierarchy::of(organization);
    let mut others = OtherAccounts::default();
    let mut found: Vec<(usize, &Account, String)> = Vec::new();
    let mut unknown: Vec<&Account> = Vec::new();
    for account in &organization.accounts {
        if account.is_master || account.logical_id == tools {
            continue;
        }
        if !is_plain(&account.logical_id) {
            others.unnamable.push(account.logical_id.clone());
            continue;
        }
        match purpose(account, &hierarchy) {
            Purpose::Stage(stage, reason) => found.push((stage, account, reason)),
            Purpose::Other => others.ruled_out.push(account.logical_id.clone()),
            Purpose::Unknown => unknown.push(account),
        }
    }
    let mut stages = named_stages(organization, &found);
    let mut count = found.len();
    if stages.is_empty() {
        if unknown.is_empty() {
            return Err(others);
        }
        stages.push(GuessedStage {
            name: "dev",
            selector: StageSelector::Accounts(vec![unknown.remove(0).logical_id.clone()]),
            reasons: Vec::new(),
        });
        count = 1;
    }
    let unknown = unknown.into_iter();
    others.unknown = unknown.map(|account| account.logical_id.clone()).collect();
    Ok(GuessedStages {
        stages,
        others,
        count,
    })
}

/// The stages of the accounts that were `found`.
fn named_stages(
    organization: &Organization,
    found: &[(usize, &Account, String)],
) -> Vec<GuessedStage> {
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
    stages
}

/// The accounts but the management account, if macros can name them.
fn members(organization: &Organization) -> impl Iterator<Item = &Account> {
    let accounts = organization.accounts.iter();
    accounts.filter(|account| !account.is_master && is_plain(&account.logical_id))
}

/// Whether `name` can be in a reference, a comment, and a query as it is, and in what a macro creates.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 100
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// The words of the account's names.
fn own_words(account: &Account) -> Vec<String> {
    let mut own = words(&account.logical_id);
    own.extend(account.account_name.iter().flat_map(|name| words(name)));
    own
}

fn has_word(account: &Account, wanted: &[&str]) -> bool {
    is_any(&own_words(account), wanted)
}

fn is_any(words: &[String], wanted: &[&str]) -> bool {
    words.iter().any(|word| wanted.contains(&word.as_str()))
}

/// What the account is for.
fn purpose(account: &Account, hierarchy: &Hierarchy<'_>) -> Purpose {
    let [tools, automation, shared] = TOOLS;
    let above = hierarchy.above(&account.logical_id);
    let is_in_other = || above.iter().any(|unit| is_any(&words(unit), OTHER_UNITS));
    if [tools, automation, SECURITY]
        .into_iter()
        .any(|wanted| has_word(account, wanted))
        || is_in_other()
    {
        return Purpose::Other;
    }
    let tags = account.tags.iter().filter(|(key, _)| is_stage_tag(key));
    let tags: Vec<(&String, Vec<String>)> = tags.map(|(key, value)| (key, words(value))).collect();
    let mut meanings = tags.iter();
    let tagged = meanings.find_map(|(key, value)| Some((meant(value)?, *key)));
    if let Some((stage, key)) = tagged {
        return Purpose::Stage(stage, format!("the tag `{key}`"));
    }
    let is_tagged_other = |wanted: &[&str]| tags.iter().any(|(_, value)| is_any(value, wanted));
    let other = [tools, automation, shared, SECURITY, OTHER_ACCOUNTS];
    if other.iter().any(|wanted| is_tagged_other(wanted))
        || has_word(account, shared)
        || has_word(account, OTHER_ACCOUNTS)
    {
        return Purpose::Other;
    }
    if let Some(stage) = meant(&own_words(account)) {
        return Purpose::Stage(stage, "the account's name".to_owned());
    }
    let unit = above.into_iter().find_map(|unit| {
        let stage = meant(&words(unit)).filter(|_| is_plain(unit))?;
        Some(Purpose::Stage(stage, format!("the unit `{unit}`")))
    });
    unit.unwrap_or(Purpose::Unknown)
}

/// The stage that words mean; none for those that say what it is not, such as `non-dev`.
fn meant(words: &[String]) -> Option<usize> {
    let named = |stage: &str| STAGES.iter().position(|(name, _)| *name == stage);
    let position = |word: &str| STAGES.iter().position(|(_, known)| known.contains(&word));
    let index = words.iter().position(|word| position(word).is_some())?;
    let found = position(words.get(index)?);
    let before = index.checked_sub(1).and_then(|index| words.get(index));
    match before.map(String::as_str) {
        Some("non" | "not" | "no") if found == named("prod") => named(NON_PROD),
        Some("non" | "not" | "no") => None,
        Some("pre") => position(PRE_PROD),
        _ => found,
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
