//! What applies to one principal, and a question, to what decides it.
//!
//! In: the permissions of a principal, and a set of requests. Out: a [`DecidedQuestion`], in which the
//! account is still a mark. Refuses nothing: what is not certain is a "maybe" with its reason.
//!
//! "No" is proved: the search covers every request that matches, and reads whatever is not known as if it
//! allowed as much as it might. "Yes" has an example that was evaluated once more by itself.

use crate::diff::access::alone::{AppliedPolicies, FileAlone};
use crate::diff::access::changes::Finding;
use crate::iam::can::{Answer, can};
use crate::iam::condition::{Atom, Literal, PRINCIPAL_TAG, Qualifier, Test};
use crate::iam::difference::{Judge, NewAccess, refused};
use crate::iam::evaluate::{Decision, Reason, evaluate};
use crate::iam::owner::{self, account_in, fields};
use crate::iam::pattern::{Glob, is_account_id};
use crate::iam::permissions::Permissions;
use crate::iam::request::{Certainty, Request, RequestReach, Requests};
use crate::iam::statement::{Grant, Statement, StatementId};
use crate::query::answer::{AllowedExtent, Permitted, QueryRefusal, RefusalKind};
use crate::query::decided::DecidedQuestion;
use crate::query::requests::allowing;
use crate::template::symbol::Symbol;

/// How the names begin of policies that limit whole accounts.
const OF_ORGANIZATION: [&str; 2] = ["service control policy ", "resource control policy "];

/// What a request says of the account that owns the resource.
const OWNER_KEYS: [&str; 2] = [owner::KEY, "s3:resourceaccount"];

const OTHER_TAGS: &str = "it takes other tags than those that the template gives the principal";
const OTHER_ACCOUNT: &str =
    "the resource is in another account, where its own policy must allow it as well";
const NO_ACCOUNT: &str = "only if AWS itself has such a resource, which is in no account";

/// What decides the question `requests` about a principal to which `applied` applies, and about the sessions that it may
/// give away.
pub(super) fn decide(
    file: &FileAlone<'_, '_>,
    applied: &AppliedPolicies,
    requests: &Requests,
) -> DecidedQuestion {
    let own = decide_itself(file, applied, requests);
    match &applied.sessions {
        Some(sessions) if own.permitted == Permitted::No => {
            own.with_sessions(decide_itself(file, sessions, requests))
        }
        _ => own,
    }
}

fn decide_itself(
    file: &FileAlone<'_, '_>,
    applied: &AppliedPolicies,
    requests: &Requests,
) -> DecidedQuestion {
    let judge = file.judge(&applied.home);
    let requests = &*file.sent(applied, requests);
    let decision = QuestionDecision {
        file,
        judge: &judge,
        applied,
        calls: &applied.calls,
        requests,
    };
    match can(decision.judge, &applied.calls, requests) {
        Answer::NotAllowed => match decision.elsewhere() {
            found if found.is_empty() => decision.no(),
            found => decision.maybe(&found, vec![why_elsewhere(&found).to_owned()]),
        },
        Answer::Allowed(found) => decision.allowed(&found),
        Answer::Undecided(found) => {
            let reasons = found.iter().map(|access| decision.reason(access));
            let reasons = reasons.collect();
            decision.maybe(&found, reasons)
        }
    }
}

/// Whether no request of `requests` is allowed, which [`decide`] finds also, and says more about.
pub(super) fn is_never(
    file: &FileAlone<'_, '_>,
    applied: &AppliedPolicies,
    requests: &Requests,
    policies: PoliciesOfResources,
) -> bool {
    let sessions = applied.sessions.as_deref();
    if sessions.is_some_and(|sessions| !is_never(file, sessions, requests, policies)) {
        return false;
    }
    let judge = file.judge(&applied.home);
    let requests = &*file.sent(applied, requests);
    let decision = QuestionDecision {
        file,
        judge: &judge,
        applied,
        calls: &applied.calls,
        requests,
    };
    can(&judge, &applied.calls, requests) == Answer::NotAllowed
        && decision.elsewhere().is_empty()
        && (policies == PoliciesOfResources::None || decision.is_denied())
}

/// Whether policies of resources have a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoliciesOfResources {
    /// There are none.
    None,
    /// There are some, which are not read.
    Some,
}

/// One decision.
struct QuestionDecision<'a, 'run, 'text> {
    file: &'a FileAlone<'run, 'text>,
    judge: &'a Judge<'a>,
    applied: &'a AppliedPolicies,
    /// What it may do with the tags in question.
    calls: &'a Permissions,
    requests: &'a Requests,
}

impl QuestionDecision<'_, '_, '_> {
    /// What is allowed with some tags is a "yes" only if it is with the principal's own.
    fn allowed(&self, found: &[NewAccess]) -> DecidedQuestion {
        let atoms = self.judge.atoms.borrow();
        let is_tag = |key: &str| key.starts_with(PRINCIPAL_TAG);
        let is_of_tags = atoms.speak_of(&self.requests.grant.literals, is_tag);
        drop(atoms);
        let Some(plain) = self.applied.plain.as_ref().filter(|_| !is_of_tags) else {
            return self.yes(found);
        };
        let own = QuestionDecision {
            calls: plain,
            ..*self
        };
        match can(self.judge, plain, self.requests) {
            Answer::Allowed(found) => own.yes(&found),
            Answer::NotAllowed => self.maybe(found, vec![OTHER_TAGS.to_owned()]),
            Answer::Undecided(found) => {
                let reasons = found.iter().map(|access| own.reason(access)).collect();
                own.maybe(&found, reasons)
            }
        }
    }

    fn yes(&self, found: &[NewAccess]) -> DecidedQuestion {
        let mut own = self.of_own_account(found);
        if own.is_empty() {
            own = self.of_own_account(&self.at_home());
        }
        if own.is_empty() {
            return self.maybe(found, vec![OTHER_ACCOUNT.to_owned()]);
        }
        let by = self.file.findings(self.calls, &own);
        let unknown: Vec<String> = own
            .iter()
            .filter_map(|access| self.unknown(access))
            .collect();
        if unknown.len() == own.len() {
            return self.maybe(&own, unknown);
        }
        let mut sure: Vec<Finding> = by.iter().filter(|one| one.is_certain()).cloned().collect();
        if sure.is_empty() {
            let reasons = by.iter().filter_map(why).collect();
            return self.maybe(&own, reasons);
        }
        sure.sort_by_key(|finding| finding.conditions.len());
        let witnesses = own.iter().filter_map(|access| access.witness.as_ref());
        let mut refusals: Vec<QueryRefusal> = Vec::new();
        for refusal in witnesses.flat_map(|witness| self.conditional(witness)) {
            if !refusals.contains(&refusal) {
                refusals.push(refusal);
            }
        }
        DecidedQuestion {
            permitted: Permitted::Yes,
            extent: Some(self.extent()),
            by: sure,
            refusals,
            reasons: Vec::new(),
            is_denied: false,
        }
    }

    /// Those of which the example is about the own account.
    fn of_own_account(&self, found: &[NewAccess]) -> Vec<NewAccess> {
        let own = self.applied.home.account.as_slice();
        let is_own = |access: &&NewAccess| {
            let said = |witness: &Request| {
                let mut said = OWNER_KEYS
                    .iter()
                    .filter_map(|key| witness.context.get(*key));
                said.all(|values| values.iter().all(|value| value == own))
            };
            let witness = access.witness.as_ref();
            witness.is_some_and(|witness| self.is_of_own_account(&witness.target) && said(witness))
        };
        found.iter().filter(is_own).cloned().collect()
    }

    /// What is allowed of requests that say that the resource is of the own account, if policies ask for that.
    fn at_home(&self) -> Vec<NewAccess> {
        let atoms = self.judge.atoms;
        let mut requests = self.requests.clone();
        for key in OWNER_KEYS {
            let mut statements = self.calls.sets().flatten();
            let is_asked = |statement: &Statement| {
                let literals = &statement.grant.literals;
                atoms.borrow().speak_of(literals, |own| own == key)
            };
            if statements.any(is_asked) {
                let account = Glob::new(self.applied.home.account.clone());
                let atom = Atom {
                    key: key.to_owned(),
                    qualifier: Qualifier::None,
                    if_exists: false,
                    test: Test::Text(vec![account]),
                    identity: String::new(),
                    shown: String::new(),
                };
                requests.grant.literals.push(Literal {
                    atom: atoms.borrow_mut().number(atom),
                    holds: true,
                });
            }
        }
        if requests == *self.requests {
            return Vec::new();
        }
        requests.grant.literals.sort_unstable();
        requests.grant.literals.dedup();
        match can(self.judge, self.calls, &requests) {
            Answer::Allowed(found) => found,
            Answer::NotAllowed | Answer::Undecided(_) => Vec::new(),
        }
    }

    /// What is not known of the policies that apply, if an example depends on it.
    fn unknown(&self, access: &NewAccess) -> Option<String> {
        let mut request = access.witness.clone()?;
        let atoms = self.judge.atoms.borrow();
        request.given.retain(|given| {
            let atom = atoms.get(given.atom);
            atom.is_none_or(|atom| !atom.test.is_of_policies())
        });
        match evaluate(&atoms, self.calls, &request) {
            Decision::Undecided(reason @ Reason::Policy(_)) => Some(self.words(&reason)),
            _ => None,
        }
    }

    /// What statements allow in other accounts that they name, or in none, if the question is about any account.
    fn elsewhere(&self) -> Vec<NewAccess> {
        let calls = self.calls;
        if self.requests.reach == RequestReach::Anywhere {
            return Vec::new();
        }
        let own = self.applied.home.account.as_slice();
        let is_wild = |symbol: &Symbol| matches!(symbol, Symbol::Any | Symbol::One);
        let is_elsewhere = |glob: &Glob| {
            let account = account_in(&glob.symbols);
            // Of a pattern such as `2*`, some accounts are others.
            is_of_no_account(&glob.symbols)
                || account.is_some_and(|id| id != own && !id.iter().all(is_wild))
        };
        let allow = calls.allow.iter();
        let allow = allow.filter(|statement| {
            let own = &statement.grant.resources;
            !own.negated && own.globs.iter().any(is_elsewhere)
        });
        let calls = Permissions {
            allow: allow.cloned().collect(),
            ..calls.clone()
        };
        let requests = Requests {
            reach: RequestReach::Anywhere,
            ..self.requests.clone()
        };
        match can(self.judge, &calls, &requests) {
            _ if calls.allow.is_empty() => Vec::new(),
            Answer::NotAllowed => Vec::new(),
            Answer::Allowed(found) | Answer::Undecided(found) => found,
        }
    }

    fn maybe(&self, found: &[NewAccess], mut reasons: Vec<String>) -> DecidedQuestion {
        reasons.sort();
        reasons.dedup();
        DecidedQuestion {
            permitted: Permitted::Maybe,
            extent: None,
            by: self.file.findings(self.calls, found),
            refusals: Vec::new(),
            reasons,
            is_denied: false,
        }
    }

    /// Why no request is allowed: what refuses examples of what statements allow.
    fn no(&self) -> DecidedQuestion {
        let calls = self.calls;
        let granted = Permissions {
            allow: calls.allow.clone(),
            ..Permissions::default()
        };
        let found = match can(self.judge, &granted, self.requests) {
            Answer::NotAllowed => Vec::new(),
            Answer::Allowed(found) | Answer::Undecided(found) => found,
        };
        let mut refusals: Vec<QueryRefusal> = Vec::new();
        for witness in found.iter().filter_map(|access| access.witness.as_ref()) {
            let refusal = self.refusal(witness);
            refusals.extend(refusal.filter(|refusal| !refusals.contains(refusal)));
        }
        let reasons = match (found.is_empty(), refusals.is_empty()) {
            (true, _) => vec!["no statement of its policies allows it".to_owned()],
            (false, true) => vec!["whatever a statement allows of it, others deny".to_owned()],
            (false, false) => Vec::new(),
        };
        DecidedQuestion {
            permitted: Permitted::No,
            extent: None,
            by: self.file.findings(&granted, &found),
            refusals,
            reasons,
            is_denied: self.is_denied(),
        }
    }

    /// Whether statements deny all requests.
    fn is_denied(&self) -> bool {
        let calls = self.calls;
        let of_boundary = calls.boundary.iter().flat_map(|boundary| &boundary.deny);
        let everything = Permissions {
            allow: vec![Statement::of(Grant::everything())],
            deny: calls.deny.iter().chain(of_boundary).cloned().collect(),
            ..Permissions::default()
        };
        can(self.judge, &everything, self.requests) == Answer::NotAllowed
    }

    /// What refuses a request that a statement allows.
    fn refusal(&self, request: &Request) -> Option<QueryRefusal> {
        let calls = self.calls;
        let of_boundary = || {
            let boundary = calls.boundary.iter();
            let mut all = boundary.flat_map(|own| own.allow.iter().chain(&own.deny));
            all.next().map(|statement| statement.policy.clone())
        };
        match evaluate(&self.judge.atoms.borrow(), calls, request) {
            Decision::Denied(id) => calls.statement(id).map(refusal_of),
            Decision::NotAllowed if calls.boundary.is_some() => Some(QueryRefusal {
                kind: RefusalKind::Boundary,
                policy: of_boundary().unwrap_or_default(),
                statement: String::new(),
                conditions: Vec::new(),
            }),
            _ => None,
        }
    }

    /// The statements that would deny an allowed request if it met their conditions.
    fn conditional(&self, request: &Request) -> Vec<QueryRefusal> {
        let calls = self.calls;
        let boundary = calls.boundary.iter().flat_map(|boundary| &boundary.deny);
        let atoms = self.judge.atoms.borrow();
        let applies = |statement: &&Statement| {
            let mut always = (*statement).clone();
            always.grant.literals.clear();
            let alone = Permissions {
                allow: vec![always],
                ..Permissions::default()
            };
            matches!(evaluate(&atoms, &alone, request), Decision::Allowed(_))
        };
        let denying = calls.deny.iter().chain(boundary);
        let denying = denying.filter(|statement| !statement.conditions.is_empty());
        denying.filter(applies).map(refusal_of).collect()
    }

    /// Whether all requests are allowed.
    fn extent(&self) -> AllowedExtent {
        // That every action of AWS is allowed takes long to find out, and hardly ever matters.
        if self.requests.grant.actions.globs.iter().any(Glob::is_any) {
            return AllowedExtent::AtLeastSome;
        }
        let refused = refused(self.judge, &self.applied.calls, self.requests);
        if refused.is_empty() {
            return AllowedExtent::All;
        }
        let mut refused = refused.iter();
        if refused.any(|access| access.certainty == Certainty::Certain) {
            AllowedExtent::Some
        } else {
            AllowedExtent::AtLeastSome
        }
    }

    /// Why what was found is not certain.
    fn reason(&self, access: &NewAccess) -> String {
        let witness = match (&access.certainty, &access.witness) {
            (Certainty::Maybe(why), _) => return why.clone(),
            (Certainty::Certain, Some(witness)) => witness,
            (Certainty::Certain, None) => return NO_EXAMPLE.to_owned(),
        };
        let atoms = self.judge.atoms.borrow();
        let asked = allowing(self.requests);
        for permissions in [self.calls, &asked] {
            if let Decision::Undecided(reason) = evaluate(&atoms, permissions, witness) {
                return self.words(&reason);
            }
        }
        NO_EXAMPLE.to_owned()
    }

    fn words(&self, reason: &Reason) -> String {
        match reason {
            Reason::Value(number) => {
                format!(
                    "what `{}` resolves to is not known",
                    self.file.value_name(*number)
                )
            }
            Reason::Key(key) => format!("what the request says of `{key}` is not known"),
            Reason::Condition(key) => {
                format!("what the condition on `{key}` requires is not known")
            }
            // A whole sentence, or the name of a policy.
            Reason::Policy(why)
                if why.ends_with("is not known") || why.starts_with("it depends on ") =>
            {
                why.clone()
            }
            Reason::Policy(name) => format!("what `{name}` says is not known"),
        }
    }

    /// Whether a resource is one of the principal's own account, as far as its ARN says.
    fn is_of_own_account(&self, target: &[Symbol]) -> bool {
        let own = self.applied.home.account.as_slice();
        match account_in(target) {
            Some(account) if is_account_id(account) => account == own,
            // Every role is in an account.
            Some([]) => {
                let iam = Glob::literal("iam").symbols;
                fields(target).get(2) != Some(&iam.as_slice())
            }
            _ => true,
        }
    }
}

/// Why what is allowed elsewhere than in the own account may not be.
fn why_elsewhere(found: &[NewAccess]) -> &'static str {
    let mut witnesses = found.iter().filter_map(|access| access.witness.as_ref());
    if witnesses.any(|witness| is_of_no_account(&witness.target)) {
        NO_ACCOUNT
    } else {
        OTHER_ACCOUNT
    }
}

/// Whether it is the ARN of something in a region and in no account, or the pattern of one.
fn is_of_no_account(arn: &[Symbol]) -> bool {
    match fields(arn).as_slice() {
        [_, _, _, region, account, _] => !region.is_empty() && account.is_empty(),
        _ => false,
    }
}

const NO_EXAMPLE: &str = "no example of such a request was found";

fn why(finding: &Finding) -> Option<String> {
    match &finding.certainty {
        Certainty::Maybe(why) => Some(why.clone()),
        Certainty::Certain => None,
    }
}

fn refusal_of(statement: &Statement) -> QueryRefusal {
    let is_of_organization = OF_ORGANIZATION
        .iter()
        .any(|prefix| statement.policy.starts_with(prefix));
    QueryRefusal {
        kind: match statement.id {
            _ if is_of_organization => RefusalKind::Organization,
            StatementId::Policy(_) => RefusalKind::Deny,
            StatementId::Boundary(_) => RefusalKind::BoundaryDeny,
        },
        policy: statement.policy.clone(),
        statement: statement.name.clone(),
        conditions: statement.conditions.clone(),
    }
}
