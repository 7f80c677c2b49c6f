//! Arguments and organization to the accounts that each target reaches.
//!
//! In: the targets of a macro. Out: the accounts, stage by stage. The binding keys mean what they
//! mean in OrgFormation, and select in its order (`src/parser/parser.ts`,
//! `resolveNormalizedLogicalAccountIds`): `Account` as listed, then the members of the units
//! (own accounts first, then those of nested units), then the management account, then
//! `AccountsWithTag`; the exclusions are removed last. `Select` gives the organization's order.
//! Refuses unknown names, selectors that match nothing, and targets that disagree on an account.

mod merged;
mod notes;
mod query;

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::arguments::{AccountRefs, Arguments, Target, Trust};
use crate::diagnostic::{Diagnostic, Result, Shown as _, list_some, nearest};
use crate::expand::model::call::Template;
use crate::expand::model::selection::{Selection, TargetId};
use crate::expand::rules::{
    CONFLICTING_TARGETS, EMPTY_SELECTION, UNKNOWN_ACCOUNT, UNKNOWN_ORGANIZATIONAL_UNIT,
};
use crate::expand::select::merged::MergedTargets;
use crate::organization::Organization;
use crate::organization::rules::INVALID_ORGANIZATION;
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Library;
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

/// What selectors look things up in.
pub struct Directory<'run> {
    /// Every file.
    pub library: &'run Library,
    /// The template of the macro.
    pub template: &'run Template,
    /// The accounts and units.
    pub organization: &'run Organization,
    /// The node of the `Organization` section, for `Select`.
    pub section: &'run Arc<Node>,
}

/// The accounts of one target by itself, by logical id: whatever else the macro says.
///
/// # Errors
///
/// What [`select`] refuses of the target.
pub fn accounts_of_target(
    directory: &Directory<'_>,
    arguments: &Arguments,
    target: &Target,
) -> Result<Vec<String>> {
    let alone = Arguments {
        tools_account: None,
        targets: vec![target.clone()],
        ..arguments.clone()
    };
    let (selections, _) = select(directory, &alone)?;
    Ok(selections.into_iter().map(|one| one.account).collect())
}

/// The accounts of every target of `arguments`, each account once, and notes about those that several targets
/// select. The Tools account is checked too.
///
/// # Errors
///
/// `unknown-account`, `unknown-organizational-unit`, `empty-selection`, `invalid-jsonpath`,
/// `invalid-value`, `conflicting-targets`.
pub fn select(
    directory: &Directory<'_>,
    arguments: &Arguments,
) -> Result<(Vec<Selection>, Vec<Diagnostic>)> {
    let mut problems = Vec::new();
    if let Some(tools) = &arguments.tools_account {
        problems.extend(directory.account(tools).err());
        problems.extend(directory.unusable(&tools.value));
    }
    let mut selections: Vec<Selection> = Vec::new();
    let mut empty: Vec<usize> = Vec::new();
    let mut reached: HashMap<String, usize> = HashMap::new();
    let mut merged = MergedTargets::default();
    for (index, target) in arguments.targets.iter().enumerate() {
        let accounts = match directory.target(target) {
            Ok(accounts) => accounts,
            Err(found) => {
                problems.extend(found);
                continue;
            }
        };
        if accounts.is_empty() {
            empty.push(index);
        }
        for account in accounts {
            let first = reached.get(&account);
            match first.and_then(|first| Some((*first, arguments.targets.get(*first)?))) {
                Some((first, other)) if other.arguments == target.arguments => {
                    merged.add((first, index), account);
                }
                Some((_, first)) => problems.push(
                    Diagnostic::new(
                        &CONFLICTING_TARGETS,
                        target.stage.span,
                        format!("the targets `{}` and `{}` reach the account `{account}` with different arguments", first.stage.value, target.stage.value),
                    )
                    .related(first.stage.span, "this target also reaches it")
                    .help(help(first, target, &account)),
                ),
                None => {
                    problems.extend(directory.unusable(&account));
                    reached.insert(account.clone(), index);
                    selections.push(Selection { target: TargetId(index), account });
                }
            }
        }
    }
    let is_alone = selections.is_empty();
    let targets = empty.into_iter().filter_map(|at| arguments.targets.get(at));
    problems.extend(targets.filter_map(|target| {
        let may_be_empty = !is_alone && directory.has_empty_units(target);
        (!may_be_empty).then(|| selects_nothing(target))
    }));
    if problems.is_empty() {
        Ok((selections, merged.notes(arguments)))
    } else {
        Err(problems)
    }
}

fn selects_nothing(target: &Target) -> Diagnostic {
    let message = format!("the target `{}` selects no account", target.stage.value);
    Diagnostic::new(&EMPTY_SELECTION, target.span, message)
        .help("no account of the organization matches: correct the selector, or remove the target")
}

/// How two targets on one account could agree.
fn help(first: &Target, second: &Target, account: &str) -> String {
    let stage = |target: &Target| {
        target
            .arguments
            .trusted_by
            .iter()
            .any(|trust| matches!(&trust.value, Trust::Oidc(oidc) if oidc.stage.is_some()))
    };
    let exclude = format!("add `ExcludeAccount: !Ref {account}` to one");
    if stage(first) || stage(second) {
        format!(
            "{exclude}, or let both trust the same tokens: by default, each stage has its own environment, and a list such as `Environments: [shared]` in the `TrustedBy` of the macro is for all"
        )
    } else {
        format!("give both the same arguments, or {exclude}")
    }
}

/// The accounts that the JSONPath `path` returns, in the organization's order.
///
/// # Errors
///
/// `invalid-jsonpath`, `invalid-value`.
pub fn query(directory: &Directory<'_>, path: &Spanned<String>) -> Result<Vec<String>> {
    directory.query(path)
}

/// The error for the name of an account that the organization does not have.
pub(crate) fn unknown_account(organization: &Organization, name: &str, span: Span) -> Diagnostic {
    let message = if name.is_empty() {
        "this names no account".to_owned()
    } else {
        format!("no account named `{}` in the organization", name.shown())
    };
    let accounts = organization.accounts.iter();
    // Its `AccountName` or its id, where the logical id belongs.
    let is_meant = |own: Option<&String>| own.is_some_and(|own| own.eq_ignore_ascii_case(name));
    if let Some(account) = accounts.clone().find(|account| {
        is_meant(account.account_name.as_ref()) || is_meant(account.account_id.as_ref())
    }) {
        return Diagnostic::new(&UNKNOWN_ACCOUNT, span, message)
            .label("not found")
            .help(format!("did you mean `{}`?", account.logical_id.shown()));
    }
    let known = accounts.map(|account| account.logical_id.as_str());
    let all = list_some(known.clone());
    // Nobody mistypes the number in a name: `Prod2` is another account than `Prod`.
    let digits = |name: &str| -> String { name.chars().filter(char::is_ascii_digit).collect() };
    let known = known.filter(|known| digits(known) == digits(name));
    let help = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => "the organization has no accounts".to_owned(),
        None => format!("name an account by its logical id: {all}"),
    };
    Diagnostic::new(&UNKNOWN_ACCOUNT, span, message)
        .label("not found")
        .help(help)
}

impl Directory<'_> {
    fn account(&self, name: &Spanned<String>) -> std::result::Result<String, Diagnostic> {
        if self.organization.account(&name.value).is_some() {
            return Ok(name.value.clone());
        }
        if self.is_parameter(&name.value) {
            return Err(Diagnostic::new(
                &INVALID_VALUE,
                name.span,
                format!("`{}` is a parameter, and a tasks file can give it a value other than its default", name.value.shown()),
            )
            .help("name the account itself: the roles are written for accounts that are known when you expand"));
        }
        let problem = unknown_account(self.organization, &name.value, name.span);
        if self.organization.unit(&name.value).is_some() {
            let shown = name.value.shown();
            return Err(problem.help(format!(
                "`{shown}` is an organizational unit: write `OrganizationalUnit: !Ref {shown}`"
            )));
        }
        Err(problem)
    }

    fn is_parameter(&self, name: &str) -> bool {
        let parameters = self.template.document.root.get("Parameters");
        parameters.is_some_and(|node| matches!(self.library.field(node, name), Ok(Some(_))))
    }

    /// Why an account cannot be bound to by its logical id, if it cannot. The id is written into
    /// `!Ref`, `${...}` and comments, of which OrgFormation reads these characters only
    /// (`src/core/cfn-functions/cfn-sub.ts`), and two names mean something else to it
    /// (`src/cfn-binder/cfn-template.ts`).
    fn unusable(&self, name: &str) -> Option<Diagnostic> {
        let account = self.organization.account(name)?;
        let written = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.len() <= 128
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let message = if ["AWSAccount", "CurrentAccount"].contains(&name) {
            format!("OrgFormation uses `{name}` for whichever account it deploys to")
        } else if written {
            return None;
        } else {
            format!(
                "`{}` cannot be the logical id of an account that gets roles",
                name.shown()
            )
        };
        Some(
            Diagnostic::new(&INVALID_ORGANIZATION, account.span, message).help(
                "rename it in the organization: letters, digits, `-`, and `_`, beginning with a letter",
            ),
        )
    }

    fn unit(&self, name: &Spanned<String>) -> std::result::Result<String, Diagnostic> {
        if self.organization.unit(&name.value).is_some() {
            return Ok(name.value.clone());
        }
        let shown = name.value.shown();
        let problem = Diagnostic::new(
            &UNKNOWN_ORGANIZATIONAL_UNIT,
            name.span,
            format!("no organizational unit named `{shown}` in the organization"),
        )
        .label("not found");
        if self.organization.account(&name.value).is_some() {
            return Err(problem.help(format!(
                "`{shown}` is an account: write `Account: !Ref {shown}`"
            )));
        }
        let units = self.organization.units.iter();
        let known = units.map(|unit| unit.logical_id.as_str());
        Err(match nearest(&name.value, known.clone()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if self.organization.units.is_empty() => {
                problem.help("the organization has no units: name accounts")
            }
            None => problem.help(format!(
                "name a unit by its logical id: {}",
                list_some(known)
            )),
        })
    }

    fn accounts(&self, accounts: &AccountRefs) -> Result<Vec<String>> {
        match accounts {
            AccountRefs::All(_) => Ok(self.organization.members()),
            AccountRefs::Refs(names) => gather(names.iter().map(|name| self.account(name))),
        }
    }

    fn unit_members(&self, units: &AccountRefs) -> Result<Vec<String>> {
        let names = match units {
            AccountRefs::All(_) => self
                .organization
                .units
                .iter()
                .map(|unit| unit.logical_id.clone())
                .collect(),
            AccountRefs::Refs(names) => gather(names.iter().map(|name| self.unit(name)))?,
        };
        Ok(self.organization.accounts_in(&names))
    }

    /// Whether a target selects units alone, and they are there and have no account yet.
    fn has_empty_units(&self, target: &Target) -> bool {
        let selector = &target.selector;
        let is_by_unit_only = selector.account.is_none()
            && selector.accounts_with_tag.is_none()
            && selector.include_master_account.is_none()
            && selector.select.is_none();
        let units = selector.organizational_unit.as_ref();
        let members = units.map(|units| self.unit_members(units));
        is_by_unit_only && matches!(members, Some(Ok(members)) if members.is_empty())
    }

    fn target(&self, target: &Target) -> Result<Vec<String>> {
        let selector = &target.selector;
        let mut problems = Vec::new();
        let mut found: Vec<String> = Vec::new();
        let mut collect = |result: Result<Vec<String>>| match result {
            Ok(accounts) => accounts,
            Err(errors) => {
                problems.extend(errors);
                Vec::new()
            }
        };
        if let Some(accounts) = &selector.account {
            found.extend(collect(self.accounts(accounts)));
        }
        if let Some(units) = &selector.organizational_unit {
            found.extend(collect(self.unit_members(units)));
        }
        if let Some(include) = selector
            .include_master_account
            .as_ref()
            .filter(|include| include.value)
        {
            found.extend(collect(self.master(include.span)));
        }
        if let Some(tag) = &selector.accounts_with_tag {
            found.extend(self.organization.accounts_with_tag(&tag.value));
        }
        if let Some(path) = &selector.select {
            found.extend(collect(self.query(path)));
        }
        let mut excluded: HashSet<String> = HashSet::new();
        if let Some(units) = &selector.exclude_organizational_unit {
            excluded.extend(collect(self.unit_members(units)));
        }
        if let Some(accounts) = &selector.exclude_account {
            excluded.extend(collect(self.accounts(accounts)));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut seen = HashSet::with_capacity(found.len());
        found.retain(|account| !excluded.contains(account) && seen.insert(account.clone()));
        Ok(found)
    }

    fn master(&self, span: Span) -> Result<Vec<String>> {
        match self.organization.master() {
            Some(master) => Ok(vec![master.logical_id.clone()]),
            None => Err(vec![
                Diagnostic::new(
                    &UNKNOWN_ACCOUNT,
                    span,
                    "the organization has no management account to include",
                )
                .help("add an `OC::ORG::MasterAccount` to the organization"),
            ]),
        }
    }
}

fn gather(
    results: impl Iterator<Item = std::result::Result<String, Diagnostic>>,
) -> Result<Vec<String>> {
    let (mut names, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(name) => names.push(name),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(names)
    } else {
        Err(problems)
    }
}
