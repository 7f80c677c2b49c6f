//! Roles and users that are created again under their names.
//!
//! In: principals on both sides. Out: a "maybe" for each that policies keep out by its unique id, and that may have
//! another one now. Refuses nothing.
//!
//! Whoever is deleted and created again gets another unique id, and what policies say of the old one is not about the
//! new one (IAM user guide, "IAM identifiers"). `CloudFormation` saves a policy again only if its text changes.
//!
//! `CloudFormation` keeps what has the same logical id in the same stack, and OrgFormation has one stack of a name in
//! each account and region. Another `Path` of a role replaces it, and that of a user does not ("Update requires" of
//! `AWS::IAM::Role` and `AWS::IAM::User`).

use std::collections::BTreeSet;

use crate::diff::access::changes::{Access, RecreatedPrincipal, Settlement, Undecided};
use crate::diff::access::comparer::{AccessContext, Comparer};
use crate::diff::access::moved::ComparedPairs;
use crate::diff::access::pair::PrincipalPair;
use crate::diff::access::reading::ReadPair;
use crate::diff::access::unexamined::AlikeReasons;
use crate::diff::access::unique_ids::{NamedById, StackSpot, are_in_other_regions};
use crate::iam::PrincipalKind;
use crate::iam::pattern::Glob;
use crate::iam::principals::Principal;
use crate::iam::references::named_type;
use crate::template::resolve::OwnId;
use crate::template::resources::File;
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// Why a principal may be created again.
const BY_LOGICAL_ID: &str = "it has another logical id";
const BY_STACK: &str = "its stack may be another one";
const BY_REGION: &str = "its stack is in another region";
const BY_PATH: &str = "it has another path";

/// So much of a logical id is at least in the name that CloudFormation makes.
const KEPT_OF_ID: usize = 24;

/// What stands for the parts of a name that are not known.
const UNKNOWN: &str = "\u{1}";

/// Why a principal may be created again, and where it was and is.
pub(super) struct Recreation {
    cause: &'static str,
    before: StackSpot,
    after: StackSpot,
}

impl Recreation {
    /// Why that may give access if policies keep out the old one alone, and `policy` is one of them.
    fn keeps_out(&self, policy: &str) -> String {
        keeps_out(self.cause, &format!("`{policy}`"))
    }

    /// Why that may give access if policies know the name that CloudFormation made.
    fn renames(&self) -> String {
        let cause = self.cause;
        format!("{cause}: CloudFormation then gives it another name, and policies name the old one")
    }

    /// Whether a policy is created again as well, which may only name whoever is there.
    fn has_along(&self, policy: &str, sides: [&[NamedById]; 2]) -> bool {
        let is_moved = matches!(self.cause, BY_STACK | BY_REGION);
        let is_at = |all: &[NamedById], at: &StackSpot| {
            let mut own = all.iter().filter(|one| one.policy == policy);
            own.any(|one| one.at == *at)
        };
        is_moved && is_at(sides[0], &self.before) && is_at(sides[1], &self.after)
    }
}

/// Why a principal that is created again because of `cause` may gain access from `policy`.
fn keeps_out(cause: &str, policy: &str) -> String {
    format!(
        "{cause}: if it is created again, it gets another unique id, and {policy} keeps out only the old one"
    )
}

/// Reports the principals of other files in `accesses` that policies of this one keep out; `path` is its path.
pub fn kept_out_elsewhere(
    (read, known): (&ReadPair<'_>, &AccessContext<'_>),
    path: &str,
    accesses: &mut [&mut Access],
) {
    let Ok((old, new, scopes)) = &read.files else {
        return;
    };
    let comparer = Comparer::new((old, new), known, scopes, &read.accounts);
    let sides = [old, new].map(|file| comparer.kept_out(file));
    for access in accesses {
        for one in std::mem::take(&mut access.recreated) {
            let [before, after] = sides.each_ref().map(|all| {
                let mut own = all.iter();
                own.find(|own| own.name.may_be(&one.arn, one.kind))
            });
            // The file that it leaves was compared with the one that it joins.
            let is_reported = |policy: &NamedById| {
                let why = keeps_out(one.cause, &format!("`{}`", policy.policy));
                access.undecided.iter().any(|other| other.why == why)
            };
            if let (Some(_), Some(policy)) = (before, after.filter(|one| !is_reported(one))) {
                let policy = format!("`{}` in `{path}`", policy.policy);
                report_elsewhere(&one, keeps_out(one.cause, &policy), access);
            }
            access.recreated.push(one);
        }
    }
}

/// Reports, unless a comment settles it, that a principal may gain access because a policy of another file no longer keeps it
/// out.
fn report_elsewhere(one: &RecreatedPrincipal, why: String, access: &mut Access) {
    match one.settled.clone() {
        Some(reason) => access.settled.push(Settlement {
            what: one.what.clone(),
            why,
            reason,
        }),
        None => access.undecided.push(Undecided {
            what: one.what.clone(),
            why,
            origin: None,
            line: None,
        }),
    }
}

impl<'run> Comparer<'run, '_> {
    /// Reports principals that may be created again, and that policies keep out by what only the old one is.
    pub(super) fn recreated(&'run self, pairs: &[PrincipalPair<'_>], access: &mut Access) {
        let mut known = None;
        let mut found = BTreeSet::new();
        for pair in pairs {
            let (Some(old), Some(new)) = *pair else {
                continue;
            };
            let has_id = matches!(new.kind, PrincipalKind::Role | PrincipalKind::User);
            let is_on_both = pair.0.is_some() && pair.1.is_some();
            if !has_id || !self.compared.has(is_on_both, || self.key(*pair)) {
                continue;
            }
            let Some(recreation) = self.recreation(old, new) else {
                continue;
            };
            let arn = self.arn_by_name(old);
            if let (Some(arn), Some(resource)) = (&arn, self.new.resources.get(new.at)) {
                access.recreated.push(RecreatedPrincipal {
                    what: resource.id.clone(),
                    arn: arn.clone(),
                    kind: old.kind,
                    cause: recreation.cause,
                    settled: self.settled.reason(&resource.id).map(str::to_owned),
                });
            }
            let why = match arn {
                // What its own path decides is found with its attributes.
                Some(_) if recreation.cause == BY_PATH => None,
                Some(arn) => {
                    let kept_out = || [self.old, self.new].map(|file| self.kept_out(file));
                    let sides = known.get_or_insert_with(kept_out);
                    let policy = self.policy_against((&arn, old.kind), &recreation, sides);
                    policy.map(|policy| recreation.keeps_out(policy))
                }
                None => {
                    let is_renamed = self.is_renamed_by_stack(old, new);
                    is_renamed.then(|| recreation.renames())
                }
            };
            found.extend(why.map(|why| (new.at, why)));
        }
        let mut alike = AlikeReasons::default();
        for (at, why) in found {
            let Some(resource) = self.new.resources.get(at) else {
                continue;
            };
            if !self.settles(&resource.id, &why, access) {
                alike.add((why.into(), None), &resource.id);
            }
        }
        alike.report(access);
    }

    /// A policy that keeps out a principal with this ARN, and may do so no longer.
    fn policy_against<'a>(
        &self,
        (arn, kind): (&str, PrincipalKind),
        recreation: &Recreation,
        [before, after]: &'a [Vec<NamedById>; 2],
    ) -> Option<&'a str> {
        let find = |all: &'a [NamedById]| {
            let mut own = all.iter().filter(|one| one.name.may_be(arn, kind));
            own.find(|one| !recreation.has_along(&one.policy, [before, after]))
        };
        let (was, is) = (find(before), find(after));
        let policy = if self.is_of_two_files() {
            is.or(was)
        } else {
            // What denied nothing before, nobody gains.
            is.filter(|_| was.is_some())
        };
        policy.map(|policy| policy.policy.as_str())
    }

    /// Whether the two sides are different files.
    pub(super) fn is_of_two_files(&self) -> bool {
        matches!(self.compared, ComparedPairs::Only(_))
    }

    /// Why a principal may be created again, if it may.
    pub(super) fn recreation(&self, old: &Principal, new: &Principal) -> Option<Recreation> {
        let resources = (
            self.old.resources.get(old.at)?,
            self.new.resources.get(new.at)?,
        );
        let is_other_id = resources.0.id != resources.1.id;
        let old_data = &resources.0.body.as_ref()?.data;
        let new_data = &resources.1.body.as_ref()?.data;
        let is_other_stack = self.is_other_stack();
        let path = |data: &Data| data.get("Properties")?.get("Path").cloned();
        let cause = if is_other_stack {
            BY_STACK
        } else if are_in_other_regions(old_data, new_data) {
            BY_REGION
        } else if is_other_id {
            BY_LOGICAL_ID
        } else if new.kind == PrincipalKind::Role && path(old_data) != path(new_data) {
            BY_PATH
        } else {
            return None;
        };
        Some(Recreation {
            cause,
            before: StackSpot::of(&old.place, old_data),
            after: StackSpot::of(&new.place, new_data),
        })
    }

    /// Whether the stacks of both sides are other ones, or may be.
    pub(super) fn is_other_stack(&self) -> bool {
        match self.stacks() {
            [Some(before), Some(after)] => before != after,
            // Without a task, nobody knows the stacks of two templates.
            _ => self.is_of_two_files(),
        }
    }

    /// The names of the stacks of both sides, as far as tasks say them.
    fn stacks(&self) -> [Option<&'run Data>; 2] {
        let (now, before) = (self.known.task, self.known.task_before);
        [before.or(now), now].map(|task| task?.stack.as_ref())
    }

    /// The ARN of a principal of the old file; `None` if CloudFormation names it.
    fn arn_by_name(&self, principal: &Principal) -> Option<String> {
        let body = self.old.resources.get(principal.at)?.body.as_ref()?;
        let known = named_type(body.data.get("Type").and_then(Data::text)?)?;
        let property = |name: &str| {
            let own = body.data.get("Properties")?.get(name);
            own.filter(|own| **own != Data::Null && own.reference() != Some("AWS::NoValue"))
        };
        let place = &principal.place;
        let reader = self.reader(body, place, OwnId::Mark(self.id_of(place)));
        let said = |data: &Data| self.read_plainly(&reader, (body, place), data);
        let name = said(property(known.name)?);
        let path = property("Path").map_or("/".to_owned(), said);
        let account = self.put_in(&self.spelled(&reader.own_account()), body, place);
        let word = known.word;
        Some(format!("arn:aws:iam::{account}:{word}{path}{name}"))
    }

    /// Whether policies tell the names apart that CloudFormation gives a principal before and after: `STACK-ID-RANDOM`.
    fn is_renamed_by_stack(&self, old: &Principal, new: &Principal) -> bool {
        let word = new.kind.word();
        let id = |file: &File<'_>, at: usize| Some(file.resources.get(at)?.id.clone());
        let (Some(before), Some(after)) = (id(self.old, old.at), id(self.new, new.at)) else {
            return false;
        };
        let path = |file: &File<'_>, at: usize| {
            let body = file.resources.get(at).and_then(|own| own.body.as_ref());
            let path = body.and_then(|body| body.data.get("Properties")?.get("Path"));
            let path = path.and_then(Data::text);
            path.unwrap_or("/").to_owned()
        };
        let [stack_before, stack] = self.stacks().map(|stack| stack.and_then(Data::text));
        let full = |path: &str, stack: Option<&str>, id: &str| -> Vec<Symbol> {
            let stack = stack.unwrap_or(UNKNOWN);
            let name = format!("{word}{path}{stack}-{id}-{UNKNOWN}");
            name.chars().map(Symbol::Char).collect()
        };
        let part = match before.char_indices().nth(KEPT_OF_ID) {
            Some((end, _)) => format!("-{}", before.get(..end).unwrap_or_default()),
            None => format!("-{before}-"),
        };
        let before = full(&path(self.old, old.at), stack_before, &before);
        let after = full(&path(self.new, new.at), stack, &after);
        self.has_name(word, &|name| {
            if !name.contains(['*', '?']) {
                return name.contains(&part);
            }
            let glob = Glob::of(name);
            glob.matches(&before) != glob.matches(&after)
        })
    }
}
