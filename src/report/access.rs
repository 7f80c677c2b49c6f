//! Access gained and lost to a verdict and lines.
//!
//! In: what `diff::access` found. Out: one sentence for all files, and for each principal the lines
//! that show what it gains and loses. What many statements of a new principal give is summed up.
//!
//! The hard thing: "no new access" is only reported if it is certain. What is not decided is never
//! left out of the sentence. Refuses nothing.

use std::collections::BTreeMap;

use crate::aws::actions::AccessLevel;
use crate::diff::Comparison;
use crate::diff::access::changes::{
    Access, Fate, Finding, ParameterGiver, ParameterUse, ParameterValue, PrincipalChange, Tally,
};
use crate::iam::{Action, Certainty, PrincipalKind, RequestKind};

use crate::report::count::{count, one_or_many, thousands};

/// How many findings of one principal are shown one by one if it is new or removed.
const TOLD: usize = 3;
/// How many actions of one finding are named.
const ACTIONS: usize = 6;
/// How many resources or principals of one finding are named.
const RESOURCES: usize = 4;

/// Who gains and loses, in one sentence, for example `3 principals gain access, 1 loses`; also under
/// how many roles other code runs, which gives nobody access.
pub fn access_verdict(comparisons: &[Comparison<'_>]) -> String {
    let accesses: Vec<&Access> = accesses(comparisons).collect();
    verdict_of_accesses(&accesses)
}

/// The same for what is known of access alone.
pub(crate) fn verdict_of_accesses(accesses: &[&Access]) -> String {
    let mut all = Tally::default();
    for access in accesses {
        let tally = access.tally();
        all.gain += tally.gain;
        all.lose += tally.lose;
        all.may_gain += tally.may_gain;
        all.may_lose += tally.may_lose;
    }
    let mut parts: Vec<String> = Vec::new();
    let verb = |number: usize, one: &str, many: &str| {
        format!("{} {}", thousands(number), one_or_many(number, one, many))
    };
    if all.gain > 0 {
        let verb = one_or_many(all.gain, "gains", "gain");
        parts.push(format!("{} {verb} access", count(all.gain, "principal")));
    } else if all.may_gain == 0 {
        parts.push("no new access".to_owned());
    }
    if all.may_gain > 0 {
        parts.push(if parts.is_empty() {
            format!("maybe: {} may gain access", thousands(all.may_gain))
        } else {
            verb(all.may_gain, "may gain", "may gain")
        });
    }
    if all.lose > 0 {
        parts.push(verb(all.lose, "loses", "lose"));
    }
    if all.may_lose > 0 {
        parts.push(verb(all.may_lose, "may lose", "may lose"));
    }
    let code = accesses.iter().flat_map(|access| &access.code);
    let roles: usize = code.map(|change| change.roles).sum();
    if roles > 0 {
        parts.push(format!("code changed under {}", count(roles, "role")));
    }
    parts.join(", ")
}

/// Whether something differs whose access was examined, or gives access although no byte differs.
pub(crate) fn is_told(comparisons: &[Comparison<'_>]) -> bool {
    comparisons.iter().any(|file| {
        let access = file.access.as_ref();
        access.is_some_and(|access| !file.is_same() || !access.is_same())
    })
}

/// The access parts of all files.
pub(crate) fn accesses<'a>(comparisons: &'a [Comparison<'_>]) -> impl Iterator<Item = &'a Access> {
    comparisons.iter().filter_map(|file| file.access.as_ref())
}

/// The macro and stage that a principal belongs to: `Shop dev`, `Shop tools`, or nothing.
pub(crate) fn stage(change: &PrincipalChange) -> Option<String> {
    let origin = change.origin.as_ref()?;
    Some(match &origin.stage {
        Some(stage) => format!("{} {stage}", origin.name),
        None => origin.name.clone(),
    })
}

/// `new` or `gone`.
pub(crate) fn fate(fate: Fate) -> Option<&'static str> {
    match fate {
        Fate::Added => Some("new"),
        Fate::Kept => None,
        Fate::Removed => Some("gone"),
    }
}

/// The level in words.
pub(crate) fn level(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::PassRole => "pass role",
        AccessLevel::Permissions => "permissions",
        AccessLevel::Write => "write",
        AccessLevel::Unknown => "unknown",
        AccessLevel::Tagging => "tagging",
        AccessLevel::Read => "read",
        AccessLevel::List => "list",
    }
}

/// Where a permission set is a principal if the file does not say where it is assigned.
pub(crate) fn anywhere(change: &PrincipalChange) -> Option<&'static str> {
    let is_set = change.kind == PrincipalKind::PermissionSet;
    (is_set && change.accounts.is_empty()).then_some("wherever it is assigned")
}

/// The words that a finding begins with.
pub(crate) fn head(finding: &Finding) -> String {
    let what = match finding.kind {
        RequestKind::Assume => "can be assumed",
        RequestKind::Call | RequestKind::Resource => level(finding.level),
    };
    match finding.certainty {
        Certainty::Certain => what.to_owned(),
        Certainty::Maybe(_) => format!("maybe {what}"),
    }
}

/// The findings that are shown one by one, and how many actions and statements are not.
pub(crate) fn told<'a>(
    change: &PrincipalChange,
    findings: &'a [Finding],
) -> (Vec<&'a Finding>, Option<String>) {
    let most = if change.fate == Fate::Kept {
        findings.len()
    } else {
        let trusts = findings
            .iter()
            .filter(|finding| finding.kind == RequestKind::Assume);
        TOLD + trusts.count()
    };
    if findings.len() <= most + 1 {
        return (findings.iter().collect(), None);
    }
    let (shown, rest) = findings.split_at(most);
    let mut levels: BTreeMap<AccessLevel, usize> = BTreeMap::new();
    for action in rest.iter().flat_map(|finding| &finding.actions) {
        *levels.entry(action.level).or_default() += 1;
    }
    let actions: usize = levels.values().sum();
    let levels: Vec<String> = levels
        .into_iter()
        .map(|(of, number)| format!("{} {}", thousands(number), level(of)))
        .collect();
    let sum = format!(
        "and by {} more, with {}: {}",
        count(rest.len(), "statement"),
        count(actions, "action"),
        levels.join(", ")
    );
    (shown.iter().collect(), Some(sum))
}

/// The first of `items`, and how many more there are.
fn first(items: &[String], most: usize) -> (Vec<String>, Option<String>) {
    let named = items.iter().take(most).cloned().collect();
    let more = items.len().saturating_sub(most);
    (
        named,
        (more > 0).then(|| format!("{} more", thousands(more))),
    )
}

/// Names of actions, the first ones, and how many more.
pub(crate) fn actions(actions: &[Action]) -> (Vec<String>, Option<String>) {
    let names: Vec<String> = actions.iter().map(|action| action.name.clone()).collect();
    first(&names, ACTIONS)
}

/// Resources or principals, the first ones, and how many more.
pub(crate) fn resources(finding: &Finding) -> (Vec<String>, Option<String>) {
    let names: Vec<String> = finding
        .resources
        .iter()
        .map(|name| name.replacen("!Sub ", "", 1))
        .collect();
    first(&names, RESOURCES)
}

/// The principals in the policy of a resource, the first ones, and how many more.
pub(crate) fn principals(finding: &Finding) -> (Vec<String>, Option<String>) {
    let names: Vec<String> = finding
        .principals
        .iter()
        .map(|name| name.replacen("!Sub ", "", 1))
        .collect();
    first(&names, RESOURCES)
}

/// The word between an action and what [`resources`] returns.
pub(crate) fn preposition(finding: &Finding) -> &'static str {
    match finding.kind {
        RequestKind::Assume => "by",
        RequestKind::Call | RequestKind::Resource => "on",
    }
}

/// Who makes the witness, in the policy of a resource.
pub(crate) fn caller(finding: &Finding) -> Option<&str> {
    finding.witness.as_ref()?.caller.as_deref()
}

/// The witness in parts: action, target, and the rest of the request.
pub(crate) fn witness(finding: &Finding) -> Option<(String, String, Vec<String>)> {
    let witness = finding.witness.as_ref()?;
    let context = witness.context.iter().map(|(key, values)| {
        if values.is_empty() {
            format!("no {key}")
        } else {
            format!("{key} = {}", values.join(" and "))
        }
    });
    Some((
        witness.action.clone(),
        witness.target.clone(),
        context.collect(),
    ))
}

/// The text after a witness that does not give all that the statement requires, or that another
/// layer denies on the other side.
pub(crate) fn unspelled(finding: &Finding) -> String {
    let mut text = match finding.unspelled().len() {
        0 => String::new(),
        1 => ", if the other condition also holds".to_owned(),
        _ => ", if the other conditions also hold".to_owned(),
    };
    if let Some(limit) = &finding.limit {
        text = format!("{text}, without {limit}");
    }
    text
}

/// What a witness is.
pub(crate) fn verb(finding: &Finding, is_gain: bool) -> &'static str {
    match (finding.is_certain(), is_gain) {
        (false, _) => "if so, for example",
        (true, true) => "allowed now",
        (true, false) => "allowed before",
    }
}

/// Where a finding comes from: `LambdaUrls in shop-DeployLambdaFunctions`.
pub(crate) fn statement(finding: &Finding) -> (String, String) {
    (finding.statement.clone(), finding.policy.clone())
}

/// A parameter with the values that it is taken to have, as pieces: its name, then each value with
/// who gives it.
pub(super) fn parameter(used: &ParameterUse) -> (String, Vec<(String, &'static str)>) {
    let words = |value: &ParameterValue, giver: [&'static str; 2]| {
        let [task, default] = giver;
        let giver = match value.giver {
            ParameterGiver::Task => task,
            ParameterGiver::Default => default,
        };
        (value.text.clone(), giver)
    };
    let now = used.now.as_ref();
    let before = used.before.as_ref();
    let values = [
        now.map(|value| words(value, ["from the task", "the default"])),
        before.map(|value| words(value, ["from the task before", "the default before"])),
    ];
    (used.name.clone(), values.into_iter().flatten().collect())
}
