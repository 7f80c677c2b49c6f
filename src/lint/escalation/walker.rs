//! Asks what a principal may do.
//!
//! In: a principal with all that applies to it. Out: [`ChainStep`]s that are allowed for certain. Refuses
//! nothing.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::aws::global::is_global;
use crate::iam::evaluate::Decision;
use crate::iam::pattern::Glob;
use crate::iam::request::Request;
use crate::iam::statement::Statement;
use crate::lint::escalation::examples::{Examples, NAME, in_region, literal, region};
use crate::lint::escalation::path::ChainStep;
use crate::lint::policies::{RequestOrigin, WrittenIdentity, WrittenPolicies, WrittenResource};
use crate::template::resolve::OWN;
use crate::template::symbol::Symbol;

/// The policy that gives everything.
pub(in crate::lint) const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A condition key, in lower case, with its value; `None` if the request lacks it.
pub(in crate::lint) type KeyValue = (&'static str, Option<&'static str>);

/// The other one of AWS by which somebody who has nothing else gives themselves everything.
const FULL_ACCESS: &str = "arn:aws:iam::aws:policy/IAMFullAccess";

/// What stands for a managed policy that leads to everything, whichever that is.
pub(in crate::lint) const GIVEN: KeyValue = (POLICY, Some(ADMINISTRATOR));

/// The key that calls have that attach a policy. Those that write an inline one do not ("Actions, resources, and
/// condition keys for AWS Identity and Access Management" of the Service Authorization Reference).
const POLICY: &str = "iam:policyarn";

/// What no boundary is set on.
pub(in crate::lint) const UNBOUNDED: KeyValue = ("iam:permissionsboundary", None);

/// A principal whose paths are looked for.
pub(in crate::lint) struct Walker<'run> {
    pub(in crate::lint) policies: &'run WrittenPolicies,
    pub(in crate::lint) who: &'run WrittenIdentity,
    /// Its resource.
    pub(in crate::lint) own: &'run WrittenResource,
    /// Regions to try: that of the examples, and one for each that a condition tells apart.
    regions: Vec<&'static str>,
    /// Times and addresses to try.
    origins: Vec<RequestOrigin>,
    /// The managed policies that lead to everything.
    leading: OnceCell<Vec<Vec<Symbol>>>,
    /// How far it looks.
    sight: WalkerSight,
}

/// How far a walker looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WalkerSight {
    /// At what it may attach also.
    Everything,
    /// At what it has: of managed policies, at those of AWS alone.
    Own,
}

/// What a call is about, and the managed policy that it attaches unless that may be any.
type SentCall = (Vec<Symbol>, Option<Vec<Symbol>>);

/// The region, the origin, and the managed policy of a call.
#[derive(Clone, Copy)]
struct CallState<'a> {
    region: &'a [Symbol],
    origin: &'a RequestOrigin,
    policy: Option<&'a [Symbol]>,
}

impl<'run> Walker<'run> {
    /// The walker of a principal, unless one of its policies is not known: that may deny anything.
    pub(in crate::lint) fn of(
        policies: &'run WrittenPolicies,
        who: &'run WrittenIdentity,
    ) -> Option<Self> {
        Self::with_sight(policies, who, WalkerSight::Everything)
    }

    /// The same that looks so far.
    pub(super) fn with_sight(
        policies: &'run WrittenPolicies,
        who: &'run WrittenIdentity,
        sight: WalkerSight,
    ) -> Option<Self> {
        let own = policies.resources.get(who.resource)?;
        let mut regions = vec![REGION];
        regions.extend(policies.regions().filter(|region| *region != REGION));
        let walker = Self {
            policies,
            who,
            own,
            regions,
            origins: policies.origins(),
            leading: OnceCell::new(),
            sight,
        };
        who.is_known.then_some(walker)
    }

    /// Whether it may do everything, or may change the policies that keep it from something.
    pub(in crate::lint) fn is_administrator(&self) -> bool {
        let permissions = &self.who.permissions;
        permissions.boundary.is_none()
            && permissions.allow.iter().any(allows_everything)
            && (permissions.deny.is_empty() || self.gives_itself().is_some())
    }

    /// Whether it gives itself permissions of its choice. The role of a permission set belongs to IAM Identity
    /// Center: "this role is only modifiable by AWS" (AWS re:Post, "Cannot perform the operation on the protected role").
    pub(in crate::lint) fn gives_itself(&self) -> Option<ChainStep> {
        let is_own = self.own.kind != "PermissionSet";
        is_own
            .then(|| self.gives(&self.own.kind, &self.who.arn))
            .flatten()
    }

    /// Whether it may do this for certain.
    pub(in crate::lint) fn may(&self, action: &str, target: &[Symbol], keys: &[KeyValue]) -> bool {
        self.sent(action, target, keys).is_some()
    }

    /// What the call is about, in a region in which it may do this for certain.
    fn sent(&self, action: &str, target: &[Symbol], keys: &[KeyValue]) -> Option<SentCall> {
        let mut calls = self.calls(action, target);
        let is_attaching = keys.contains(&GIVEN) && action.starts_with("iam:Attach");
        let decides = |decision: &Decision| matches!(decision, Decision::Allowed(_));
        calls.find_map(|(target, region)| {
            let may = |policy| {
                self.is_decided_somewhere((action, &target), (&region, policy), keys, decides)
            };
            if !is_attaching {
                return may(None).then_some((target, None));
            }
            let mut policies = self.leading().iter();
            let policy = policies.find(|policy| may(Some(policy)))?;
            let is_any = *policy == literal(ADMINISTRATOR);
            Some((target, (!is_any).then(|| policy.clone())))
        })
    }

    /// Whether `is` holds of what is decided about a call with one of the origins to try.
    fn is_decided_somewhere(
        &self,
        call: (&str, &[Symbol]),
        (region, policy): (&[Symbol], Option<&[Symbol]>),
        keys: &[KeyValue],
        is: impl Fn(&Decision) -> bool,
    ) -> bool {
        self.origins.iter().any(|origin| {
            let state = CallState {
                region,
                origin,
                policy,
            };
            is(&self.decision(call, state, keys))
        })
    }

    /// Whether it may attach this policy to `target`, which it says itself is of this kind.
    pub(super) fn attaches(
        &self,
        kind: &str,
        target: &[Symbol],
        policy: &[Symbol],
    ) -> Option<ChainStep> {
        let action = giving(kind)
            .iter()
            .find(|own| own.starts_with("iam:Attach"))?;
        let decides = |decision: &Decision| matches!(decision, Decision::Allowed(_));
        let state = (&*literal(REGION), Some(policy));
        let may = self.is_decided_somewhere((action, target), state, &[UNBOUNDED], decides);
        may.then(|| ChainStep {
            action,
            target: target.to_vec(),
            policy: Some(policy.to_vec()),
        })
    }

    /// The managed policies that lead to everything: those of AWS, and of the template.
    fn leading(&self) -> &[Vec<Symbol>] {
        let policies = self.policies;
        self.leading.get_or_init(|| {
            let mut found = vec![literal(ADMINISTRATOR)];
            if policies.attached_patterns().is_empty() {
                return found;
            }
            found.push(literal(FULL_ACCESS));
            if self.sight == WalkerSight::Everything {
                let leads = policies.managed.iter().filter(|(_, alone)| {
                    let alone = Self::with_sight(policies, alone, WalkerSight::Own);
                    alone.is_some_and(|own| own.is_administrator() || own.gives_itself().is_some())
                });
                found.extend(leads.map(|(at, _)| policies.arn_of(*at)));
            }
            found
        })
    }

    /// The call in each region to try, with what it is about. Calls to a global service are made to one region.
    fn calls<'a>(
        &'a self,
        action: &'a str,
        target: &'a [Symbol],
    ) -> impl Iterator<Item = (Vec<Symbol>, Vec<Symbol>)> + 'a {
        let own = region(target);
        let is_global = is_global(action) && !action.starts_with("sts:");
        let is_fixed = !own.is_empty() && own != literal(REGION);
        let regions = match (is_fixed, is_global) {
            (true, _) => vec![own.to_vec()],
            (false, true) => vec![literal(REGION)],
            (false, false) => self.regions.iter().map(|name| literal(name)).collect(),
        };
        regions
            .into_iter()
            .map(move |region| (in_region(target, &region), region))
    }

    /// The step, if for certain nothing denies it.
    pub(super) fn unless_denied(
        &self,
        action: &'static str,
        target: &[Symbol],
    ) -> Option<ChainStep> {
        let mut calls = self.calls(action, target);
        let is_open = |(target, region): &(Vec<Symbol>, Vec<Symbol>)| {
            let decides = |decision: &Decision| {
                matches!(decision, Decision::Allowed(_) | Decision::NotAllowed)
            };
            self.is_decided_somewhere((action, target), (region, None), &[], decides)
        };
        let (target, _) = calls.find(is_open)?;
        Some(ChainStep {
            action,
            target,
            policy: None,
        })
    }

    /// What is decided about a call.
    fn decision(
        &self,
        (action, target): (&str, &[Symbol]),
        state: CallState<'_>,
        keys: &[KeyValue],
    ) -> Decision {
        let mut context: BTreeMap<String, Vec<Vec<Symbol>>> = BTreeMap::new();
        for (key, value) in keys {
            let values = value.map(literal).into_iter().collect();
            context.insert((*key).to_owned(), values);
        }
        context.insert("aws:principalarn".to_owned(), vec![self.caller()]);
        if keys.contains(&GIVEN) || state.policy.is_some() {
            let policy = state.policy.map(<[Symbol]>::to_vec);
            context.insert(POLICY.to_owned(), policy.into_iter().collect());
        }
        context.extend(state.origin.values());
        // What every request of its own has.
        let always = [
            ("aws:principalaccount", OWN),
            ("aws:resourceaccount", OWN),
            ("aws:securetransport", "true"),
            ("aws:viaawsservice", "false"),
        ];
        for (key, value) in always {
            let values = vec![literal(value)];
            context.entry(key.to_owned()).or_insert(values);
        }
        context.insert(
            "aws:requestedregion".to_owned(),
            vec![state.region.to_vec()],
        );
        if let ("User", Some(name)) = (self.own.kind.as_str(), name_in(&self.who.arn)) {
            context.insert("aws:username".to_owned(), vec![name.to_vec()]);
        }
        // Whoever signs in as a user can do so with a second factor.
        if ["User", "Group"].contains(&self.own.kind.as_str()) {
            for (key, value) in [("present", "true"), ("age", "1")] {
                let key = format!("aws:multifactorauth{key}");
                context.entry(key).or_insert_with(|| vec![literal(value)]);
            }
        }
        // Nobody needs to send tags along, and `ForAllValues` holds without any.
        if !action.contains(":Tag") {
            context.entry("aws:tagkeys".to_owned()).or_default();
        }
        let request = Request {
            action: action.to_owned(),
            target: target.to_vec(),
            context,
            given: Vec::new(),
        };
        self.policies.decides(&self.who.permissions, &request)
    }

    /// The step, if it may do it for certain.
    pub(in crate::lint) fn step(
        &self,
        action: &'static str,
        target: &[Symbol],
        keys: &[KeyValue],
    ) -> Option<ChainStep> {
        let (target, policy) = self.sent(action, target, keys)?;
        Some(ChainStep {
            action,
            target,
            policy,
        })
    }

    /// The first of these actions that it may do for certain.
    pub(in crate::lint) fn first_of(
        &self,
        actions: &[&'static str],
        target: &[Symbol],
        keys: &[KeyValue],
    ) -> Option<ChainStep> {
        let mut steps = actions
            .iter()
            .filter_map(|action| self.step(action, target, keys));
        steps.next()
    }

    /// Whether it gives `target` permissions of its choice.
    pub(in crate::lint) fn gives(&self, kind: &str, target: &[Symbol]) -> Option<ChainStep> {
        self.first_of(giving(kind), target, &[UNBOUNDED, GIVEN])
    }

    /// The ARN that it calls as: that of somebody who has what it is.
    fn caller(&self) -> Vec<Symbol> {
        match self.own.kind.as_str() {
            "Group" => literal(&format!("arn:aws:iam::{OWN}:user/{NAME}")),
            _ => self.who.arn.clone(),
        }
    }

    /// Whether it may do one of these actions to anything.
    pub(super) fn may_any(&self, actions: &[&str]) -> bool {
        let mut actions = actions.iter().map(|action| literal(action));
        actions.any(|action| {
            let mut allow = self.who.permissions.allow.iter();
            allow.any(|statement| statement.grant.actions.match_known(&action))
        })
    }

    /// Examples of what statements that allow `action` are about.
    pub(in crate::lint) fn examples(&self, action: &str, of: &Examples) -> Vec<Vec<Symbol>> {
        let name = literal(action);
        let allow = self.who.permissions.allow.iter();
        let about = allow.filter(|statement| {
            let actions = &statement.grant.actions;
            actions.match_known(&name)
        });
        let globs = about.filter(|statement| !statement.grant.resources.negated);
        let globs = globs.flat_map(|statement| &statement.grant.resources.globs);
        let mut found = vec![of.any()];
        // A name with a variable of IAM's is that of the caller.
        let named = globs.filter_map(|glob| of.of_pattern(&glob.symbols));
        found.extend(named.filter(|example| !self.policies.has_variable(example)));
        found.dedup();
        found
    }

    /// The same of several actions, and what the patterns of two of them match.
    pub(super) fn examples_of_all(&self, actions: &[&str], of: &Examples) -> Vec<Vec<Symbol>> {
        let mut found: Vec<Vec<Symbol>> = Vec::new();
        for action in actions {
            for example in self.examples(action, of) {
                if !found.contains(&example) {
                    found.push(example);
                }
            }
        }
        let pairs = found.iter().flat_map(|first| {
            let others = found.iter().filter(move |other| *other != first);
            others.filter_map(move |other| joined(first, other))
        });
        let pairs: Vec<Vec<Symbol>> = pairs.take(PAIRS).collect();
        found.extend(pairs);
        found
    }

    /// The names with a variable that stands for its own name, in statements that allow one of the actions.
    pub(super) fn own_names(&self, actions: &[&str], of: &Examples) -> Vec<Vec<Symbol>> {
        if !["User", "Group", "ManagedPolicy"].contains(&self.own.kind.as_str()) {
            return Vec::new();
        }
        let allow = self.who.permissions.allow.iter();
        let about = allow.filter(|statement| {
            let mut actions = actions.iter().map(|action| literal(action));
            actions.any(|action| statement.grant.actions.match_known(&action))
        });
        let globs = about.flat_map(|statement| &statement.grant.resources.globs);
        let named = globs.filter_map(|glob| of.of_pattern(&glob.symbols));
        let is_own = |name: &Vec<Symbol>| self.policies.spelled(name).ends_with("${aws:username}");
        named.filter(is_own).collect()
    }

    /// The groups of the template that are created where it is and that it is not in, if it may do one of
    /// these actions.
    pub(super) fn other_groups(&self, actions: &[&str]) -> impl Iterator<Item = Vec<Symbol>> {
        let may = self.may_any(actions);
        let resources = self.policies.resources.iter().enumerate();
        let groups = resources.filter(move |(at, other)| {
            let is_own = self.who.groups.contains(at) || *at == self.who.resource;
            may && other.kind == "Group" && !is_own && other.is_near(self.own)
        });
        groups.map(|(at, _)| self.policies.arn_of(at))
    }

    /// The other roles and users of the template that are created where it is, with their ARNs, as far as it may do
    /// one of the actions that are `of` their kind: for nearly every principal, there is none to ask about.
    pub(in crate::lint) fn others(
        &self,
        of: fn(&str) -> &'static [&'static str],
    ) -> impl Iterator<Item = (&'run WrittenResource, &'run [Symbol])> {
        let policies = self.policies;
        let own = self.own;
        let kinds = ["Role", "User"].map(|kind| (kind, self.may_any(of(kind))));
        let principals = policies.principals.as_slice();
        let is_any = kinds.iter().any(|(_, may)| *may);
        let principals = if is_any { principals } else { &[] };
        principals.iter().filter_map(move |other| {
            let resource = policies.resources.get(other.resource)?;
            let may = kinds.contains(&(resource.kind.as_str(), true));
            let is_other = resource.id != own.id && resource.is_near(own);
            (may && is_other).then_some((resource, other.arn.as_slice()))
        })
    }
}

/// The name at the end of an ARN.
fn name_in(arn: &[Symbol]) -> Option<&[Symbol]> {
    arn.rsplit(|symbol| *symbol == Symbol::Char('/')).next()
}

/// Whether a statement allows every request: `*` and `*:*` are all actions.
pub(in crate::lint) fn allows_everything(statement: &Statement) -> bool {
    let is_colon = |symbol: &Symbol| matches!(symbol, Symbol::Any | Symbol::Char(':'));
    let is_all_actions = |glob: &Glob| {
        let ends = [glob.symbols.first(), glob.symbols.last()];
        let colons = glob.symbols.iter().filter(|own| **own != Symbol::Any);
        ends == [Some(&Symbol::Any); 2] && glob.symbols.iter().all(is_colon) && colons.count() <= 1
    };
    let grant = &statement.grant;
    grant.literals.is_empty()
        && !grant.actions.negated
        && !grant.resources.negated
        && grant.actions.globs.iter().any(is_all_actions)
        && grant.resources.globs.iter().any(Glob::is_any)
}

/// So many names that two patterns match are tried.
const PAIRS: usize = 16;

/// The beginning of one example and the end of another, around what stands for a wildcard in both.
fn joined(first: &[Symbol], second: &[Symbol]) -> Option<Vec<Symbol>> {
    let name = literal(NAME);
    let place = |of: &[Symbol]| of.windows(name.len()).position(|part| part == name);
    let begin = first.get(..place(first)?)?;
    let end = second.get(place(second)?..)?;
    Some([begin, end].concat())
}

/// The region of the examples, and of global services.
const REGION: &str = "us-east-1";

/// The actions that give a principal of this kind permissions.
pub(in crate::lint) fn giving(kind: &str) -> &'static [&'static str] {
    match kind {
        "User" => &["iam:PutUserPolicy", "iam:AttachUserPolicy"],
        "Group" => &["iam:PutGroupPolicy", "iam:AttachGroupPolicy"],
        _ => &["iam:PutRolePolicy", "iam:AttachRolePolicy"],
    }
}
