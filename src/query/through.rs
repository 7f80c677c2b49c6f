//! Who can assume a role, directly or through others.
//!
//! In: a file, and a role of it. Out: [`Assumer`]s, each followed by those who can assume it. Principals of
//! the file need a policy of their own, unless the trust policy names them in their own account; of trusted
//! principals that the file does not have, only the trust policy is known. Refuses nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::diff::access::alone::FileAlone;
use crate::diff::access::changes::Finding;
use crate::iam::caller::in_named_accounts;
use crate::iam::can::{Answer, can, divided};
use crate::iam::condition::Literal;
use crate::iam::difference::{Judge, difference};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::facts::KnownSide;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, PrincipalKind};
use crate::iam::request::{Certainty, Request, RequestKind, RequestReach, Requests};
use crate::iam::statement::{Effect, Grant, Patterns, Statement};
use crate::query::answer::{Assumer, Permitted};
use crate::query::arns::own_id;
use crate::query::asked::AskedFile;
use crate::query::question::ASSUME;
use crate::query::refused::{NO_SECOND_FACTOR, needs_second_factor, root_users, with_sessions};
use crate::template::resolve::OwnId;
use crate::template::symbol::Symbol;

/// The actions that assume a role.
const ASSUMING: &str = "sts:AssumeRole*";

/// How many roles may be assumed one after the other.
const DEPTH_LIMIT: usize = 32;

/// How many expected principals are told apart from the others that a trust policy names with them.
const MOST_EXPECTED: usize = 256;

/// Who is expected to assume roles.
pub(super) struct ExpectedAssumers<'a> {
    /// Whether the principal of the file at this place is.
    pub(super) is_member: &'a dyn Fn(usize) -> bool,
    /// Others, as a trust policy that trusts them.
    pub(super) outside: &'a Permissions,
    /// What requests say of condition keys.
    pub(super) literals: &'a [Literal],
}

/// Who can assume the principal at a place.
pub(super) fn assumers(asked: &AskedFile<'_>, at: usize) -> Vec<Assumer> {
    let mut chain = AssumedChain::new(asked, None);
    chain.follow(at, 0);
    chain.found
}

/// Who can assume the principal at a place and is not expected to, and whether that is the same in every
/// account.
pub(super) fn others(
    asked: &AskedFile<'_>,
    at: usize,
    expected: &ExpectedAssumers<'_>,
) -> (Vec<Assumer>, AccountUse) {
    let mut chain = AssumedChain::new(asked, Some(expected));
    chain.follow(at, 0);
    (chain.found, chain.account_use)
}

/// Whether an answer depends on the account of the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccountUse {
    /// It is the same in every account.
    Free,
    /// A trust policy names the account.
    Own,
}

struct AssumedChain<'a, 'run> {
    asked: &'a AskedFile<'run>,
    file: &'a FileAlone<'run, 'run>,
    expected: Option<&'a ExpectedAssumers<'a>>,
    account_use: AccountUse,
    /// The roles that were looked at, by their places among the principals.
    seen: BTreeSet<usize>,
    found: Vec<Assumer>,
}

/// How a trust policy trusts a principal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TrustNaming {
    /// By its own ARN, in its own account: it needs no policy.
    InOwnAccount,
    /// One of its sessions, or perhaps one, in its own account.
    BySession,
    Otherwise,
}

/// Requests of this kind for `action` by whoever `targets` are, or on them.
pub(super) fn requests(
    kind: RequestKind,
    action: &str,
    targets: Patterns,
    literals: &[Literal],
) -> Requests {
    Requests {
        kind,
        reach: RequestReach::Anywhere,
        grant: Grant {
            effect: Effect::Allow,
            actions: Patterns::of(vec![Glob::of(action)]).ignoring_case(),
            resources: targets,
            principals: None,
            literals: literals.to_vec(),
        },
    }
}

impl<'a, 'run> AssumedChain<'a, 'run> {
    fn new(asked: &'a AskedFile<'run>, expected: Option<&'a ExpectedAssumers<'a>>) -> Self {
        Self {
            asked,
            file: &asked.file,
            expected,
            account_use: AccountUse::Free,
            seen: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    /// What the request says of condition keys that assumes the role which is asked about: those before it may say
    /// anything.
    fn literals(&self, depth: usize) -> &'a [Literal] {
        let expected = self.expected.filter(|_| depth == 0);
        expected.map_or(&[][..], |expected| expected.literals)
    }

    fn follow(&mut self, at: usize, depth: usize) {
        let principals = self.file.principals();
        let role = principals.get(at);
        let Some(role) = role.filter(|role| role.kind == PrincipalKind::Role) else {
            return;
        };
        if !self.seen.insert(at) {
            return;
        }
        if depth > DEPTH_LIMIT {
            self.found.push(not_followed(depth));
            return;
        }
        let own_id = own_id(self.file, role);
        let trust = self.file.trust(role, &own_id);
        if depth == 0 && names_account(&trust, &own_id) {
            self.account_use = AccountUse::Own;
        }
        let home = self.file.home(role, &own_id);
        let asked = requests(
            RequestKind::Assume,
            ASSUMING,
            Patterns::all(),
            self.literals(depth),
        );
        let judge = self.file.judge(&home);
        let (sure, unsure) = divided(&judge, &trust, &asked);
        let sure = sure.into_iter().map(|access| (access, true));
        for (access, is_sure) in sure.chain(unsure.into_iter().map(|access| (access, false))) {
            let Some(statement) = trust.statement(access.statement) else {
                continue;
            };
            let findings = self
                .file
                .findings_of(&trust, &[access], RequestKind::Assume);
            let findings = self.file.restored(role, &own_id, &findings);
            for finding in &findings {
                let met = self.known(role, (&judge, &trust), (statement, finding), depth);
                let trusted = &statement.grant.resources;
                let is_open = trusted.negated || trusted.globs.iter().any(is_open);
                if !met.is_empty() && !is_open {
                    continue;
                }
                let outside = self.outside((&judge, &trust), statement, &met, depth);
                let certainty = outside.map(|is_certain| is_certain && is_sure);
                let found = certainty.map(|is_sure| as_written(finding, is_sure, depth));
                self.found.extend(found);
            }
        }
    }

    /// Whether a statement of a trust policy trusts somebody who is not expected, other than those of the file that it
    /// trusts by their ARNs, which are at the places `met`; `Some(false)` if it may.
    fn outside(
        &self,
        (judge, trust): (&Judge<'_>, &Permissions),
        statement: &Statement,
        met: &[usize],
        depth: usize,
    ) -> Option<bool> {
        let Some(expected) = self.expected else {
            return Some(true);
        };
        let mut asked = statement.clone();
        asked.grant.literals.extend(self.literals(depth));
        asked.grant.literals.sort_unstable();
        asked.grant.literals.dedup();
        asked.grant = in_named_accounts(&self.file.atoms().borrow(), asked.grant);
        let of_statement = Permissions {
            allow: vec![asked],
            deny: trust.deny.clone(),
            boundary: None,
        };
        let kind = RequestKind::Assume;
        let mut outside = expected.outside.clone();
        outside.allow.extend(self.expected_of(met));
        outside.allow.push(root_users());
        let others = difference(
            judge,
            KnownSide::of(&outside),
            KnownSide::of(&of_statement),
            kind,
        );
        let mut certain = others.iter().map(|one| one.certainty == Certainty::Certain);
        (!others.is_empty()).then(|| certain.any(|is_certain| is_certain))
    }

    /// Those at these places that are expected, with their sessions, as a statement that trusts them; none if there are
    /// so many that it takes long to leave them out.
    fn expected_of(&self, places: &[usize]) -> Option<Statement> {
        let expected = self.expected?;
        let places = places.iter().filter(|at| (expected.is_member)(**at));
        let arns: Vec<&[Symbol]> = places.filter_map(|at| self.asked.arns().get(*at)).collect();
        if arns.is_empty() || arns.len() > MOST_EXPECTED {
            return None;
        }
        let globs = arns.into_iter().flat_map(with_sessions);
        Some(Statement::of(Grant {
            resources: Patterns::of(globs.collect()),
            ..Grant::everything()
        }))
    }

    /// Adds the principals of the file that a statement of the trust policy of `role` trusts; returns
    /// the places of those that it trusts.
    fn known(
        &mut self,
        role: &Principal,
        (judge, trust): (&Judge<'_>, &Permissions),
        (statement, finding): (&Statement, &Finding),
        depth: usize,
    ) -> Vec<usize> {
        let (asked, file) = (self.asked, self.file);
        let mut met = Vec::new();
        let trusted = &statement.grant.resources;
        let of_sessions = asked.arns().of_sessions(trusted);
        let mut places = asked.arns().matched(trusted);
        places.extend(&of_sessions);
        for at in places {
            let (Some(other), Some(own)) = (file.principals().get(at), asked.arns().get(at)) else {
                continue;
            };
            met.push(at);
            if self.denies((judge, trust), statement, (own, depth)) || !self.may_be(at, statement) {
                self.account_use = AccountUse::Own;
                continue;
            }
            let is_named = trusted.globs.iter().any(|glob| glob.symbols == *own);
            let is_near = other.place == role.place;
            let naming = naming(is_near, is_named, of_sessions.contains(&at));
            let is_expected = self.expected.is_some_and(|own| (own.is_member)(at));
            if is_expected {
                self.follow_expected(at, role, naming, depth);
                continue;
            }
            let (permitted, reasons) = assumes(self.asked, at, role, naming);
            if permitted == Permitted::No {
                // It may be allowed to assume the same role of another account.
                self.account_use = AccountUse::Own;
                continue;
            }
            let Some(identity) = file.identity(other) else {
                continue;
            };
            let mut reasons: Vec<String> = reasons.into_iter().collect();
            reasons.extend(self.doubts(other, (statement, finding)));
            self.found.push(Assumer {
                who: format!("{} {}", other.kind.word(), identity.name),
                account: identity.account,
                depth,
                permitted: if reasons.is_empty() {
                    permitted
                } else {
                    Permitted::Maybe
                },
                conditions: finding.conditions.clone(),
                reasons,
            });
            self.follow(at, depth + 1);
        }
        met
    }

    /// Why it is not certain that a principal that a statement trusts can send what it asks for.
    fn doubts(
        &self,
        other: &Principal,
        (statement, finding): (&Statement, &Finding),
    ) -> impl Iterator<Item = String> {
        let unknown = match &finding.certainty {
            Certainty::Maybe(why) => Some(why.clone()),
            Certainty::Certain => None,
        };
        let is_role = other.kind == PrincipalKind::Role;
        let is_asked = is_role && needs_second_factor(&self.file.atoms().borrow(), statement);
        let lacking = is_asked.then(|| NO_SECOND_FACTOR.to_owned());
        unknown.into_iter().chain(lacking)
    }

    /// Whether a trust policy denies the caller with this ARN, and its sessions, all that `statement` allows.
    fn denies(
        &self,
        (judge, trust): (&Judge<'_>, &Permissions),
        statement: &Statement,
        (own, depth): (&[Symbol], usize),
    ) -> bool {
        if trust.deny.is_empty() {
            return false;
        }
        let who = Patterns::of(with_sessions(own));
        let asked = requests(RequestKind::Assume, ASSUMING, who, self.literals(depth));
        let of_statement = Permissions {
            allow: vec![statement.clone()],
            deny: trust.deny.clone(),
            boundary: None,
        };
        can(judge, &of_statement, &asked) == Answer::NotAllowed
    }

    /// Whether the requests of the principal at a place may be as the conditions of a statement say: those of a role
    /// have no `aws:username`, for example.
    fn may_be(&self, at: usize, statement: &Statement) -> bool {
        let literals = &statement.grant.literals;
        let applied = (!literals.is_empty()).then(|| self.asked.applied_alone(at));
        let applied = applied.flatten();
        applied.is_none_or(|applied| self.file.may_send(&applied, literals))
    }

    /// Follows who can assume somebody who is expected, and matters only if it can assume `role`: that is
    /// decided only if somebody else was found.
    fn follow_expected(&mut self, at: usize, role: &Principal, naming: TrustNaming, depth: usize) {
        if self.seen.contains(&at) {
            return;
        }
        let (before, seen) = (self.found.len(), self.seen.clone());
        self.follow(at, depth + 1);
        if self.found.len() == before {
            return;
        }
        match assumes(self.asked, at, role, naming) {
            (Permitted::Yes, _) => {}
            (Permitted::No, _) => {
                self.account_use = AccountUse::Own;
                self.found.truncate(before);
                self.seen = seen;
            }
            (Permitted::Maybe, reason) => {
                for found in self.found.iter_mut().skip(before) {
                    found.permitted = Permitted::Maybe;
                    found.reasons.extend(reason.clone());
                }
            }
        }
    }
}

/// How a principal is trusted that is in the account of the role or not, by its ARN or by one of its sessions.
fn naming(is_near: bool, is_named: bool, is_by_session: bool) -> TrustNaming {
    match (is_near, is_named, is_by_session) {
        (true, true, _) => TrustNaming::InOwnAccount,
        (true, false, true) => TrustNaming::BySession,
        _ => TrustNaming::Otherwise,
    }
}

/// Whether the policies of the principal at a place let it assume `role`; in its own account, a trust policy
/// that names it is enough.
pub(super) fn assumes(
    asked: &AskedFile<'_>,
    at: usize,
    role: &Principal,
    naming: TrustNaming,
) -> (Permitted, Option<String>) {
    let Some(applied) = asked.applied_alone(at) else {
        return (Permitted::No, None);
    };
    let calls = match naming {
        TrustNaming::Otherwise => Cow::Borrowed(&applied.calls),
        TrustNaming::InOwnAccount | TrustNaming::BySession => {
            let mut calls = applied.calls.clone();
            calls.allow.push(Statement::of(Grant::everything()));
            // What a boundary does not allow limits what is granted to the ARN of a role, and not to that of a user
            // or session (IAM user guide, "Permissions boundaries for IAM entities").
            let principal = asked.file.principals().get(at);
            let is_role = principal.is_some_and(|own| own.kind == PrincipalKind::Role);
            let is_limited = is_role && naming == TrustNaming::InOwnAccount;
            if let Some(boundary) = calls.boundary.as_mut().filter(|_| !is_limited) {
                boundary.allow.push(Statement::of(Grant::everything()));
            }
            Cow::Owned(calls)
        }
    };
    let arn = asked.file.arn_symbols(role, &own_id(&asked.file, role));
    let Some(arn) = arn else {
        let why = "the ARN of the role is not known";
        return (Permitted::Maybe, Some(why.to_owned()));
    };
    // Most are allowed whatever a request says, which takes no search to see.
    let plain = Request {
        action: ASSUME.to_owned(),
        target: arn.clone(),
        ..Request::default()
    };
    let decision = evaluate(&asked.file.atoms().borrow(), &calls, &plain);
    if matches!(decision, Decision::Allowed(_)) {
        return (Permitted::Yes, None);
    }
    let target = Patterns::of(vec![Glob::new(arn)]);
    let requests = requests(RequestKind::Call, ASSUME, target, &[]);
    match can(&asked.file.judge(&applied.home), &calls, &requests) {
        Answer::NotAllowed => (Permitted::No, None),
        Answer::Allowed(_) => (Permitted::Yes, None),
        Answer::Undecided(_) => {
            let why = "whether its own policies allow it is not decided";
            (Permitted::Maybe, Some(why.to_owned()))
        }
    }
}

/// Whether a trust policy names the account of its role.
fn names_account(trust: &Permissions, own_id: &OwnId) -> bool {
    let OwnId::Known(id) = own_id else {
        return true;
    };
    let id = Glob::literal(id).symbols;
    let statements = trust.allow.iter().chain(&trust.deny);
    let mut globs = statements.flat_map(|statement| &statement.grant.resources.globs);
    globs.any(|glob| glob.symbols.windows(id.len()).any(|part| part == id))
}

/// What a chain that is too long may lead to.
fn not_followed(depth: usize) -> Assumer {
    Assumer {
        who: "others".to_owned(),
        account: None,
        depth,
        permitted: Permitted::Maybe,
        conditions: Vec::new(),
        reasons: vec![format!(
            "a chain of more than {DEPTH_LIMIT} roles is not followed"
        )],
    }
}

/// Whether a pattern is about more than one principal and its sessions.
fn is_open(glob: &Glob) -> bool {
    let sessions = Glob::literal("AWS:arn:aws:sts::").symbols;
    let is_session = glob.symbols.starts_with(&sessions);
    let is_role_session = is_session && glob.symbols.ends_with(&[Symbol::Char('/'), Symbol::Any]);
    glob.is_wild() && !is_role_session
}

/// A trusted principal that the file does not have.
fn as_written(finding: &Finding, is_sure: bool, depth: usize) -> Assumer {
    let why = match &finding.certainty {
        Certainty::Maybe(why) => Some(why.clone()),
        Certainty::Certain if !is_sure => Some("it depends on what is not known".to_owned()),
        Certainty::Certain => None,
    };
    Assumer {
        who: finding
            .resources
            .join(", ")
            .replace("!Sub ", "")
            .replace("!Ref ", "account "),
        account: None,
        depth,
        permitted: if why.is_some() {
            Permitted::Maybe
        } else {
            Permitted::Yes
        },
        conditions: finding.conditions.clone(),
        reasons: why.into_iter().collect(),
    }
}
