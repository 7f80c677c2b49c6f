//! Who can assume a role, directly or through others.
//!
//! In: a file, and a role of it. Out: [`Assumer`]s, each followed by those who can assume it. Principals of
//! the file need a policy of their own, unless the trust policy names them in their own account; of trusted
//! principals that the file does not have, only the trust policy is known. Refuses nothing.

use std::collections::BTreeSet;

use crate::diff::access::alone::FileAlone;
use crate::diff::access::changes::Finding;
use crate::iam::can::{Answer, can};
use crate::iam::pattern::Glob;
use crate::iam::principals::{Principal, PrincipalKind};
use crate::iam::request::{Certainty, RequestKind, RequestReach, Requests};
use crate::iam::statement::{Effect, Grant, Patterns, Statement};
use crate::query::answer::{Assumer, Permitted};
use crate::template::resolve::OwnId;
use crate::template::symbol::Symbol;

/// How many roles may be assumed one after the other.
const DEPTH_LIMIT: usize = 8;

/// Who can assume `principal`.
pub(super) fn assumers(file: &FileAlone<'_, '_>, principal: &Principal) -> Vec<Assumer> {
    let mut chain = AssumedChain {
        file,
        seen: BTreeSet::new(),
        found: Vec::new(),
    };
    chain.follow(principal, 0);
    chain.found
}

struct AssumedChain<'a, 'run, 'text> {
    file: &'a FileAlone<'run, 'text>,
    /// The roles that were looked at, by their places in the file and their accounts.
    seen: BTreeSet<(usize, Option<String>)>,
    found: Vec<Assumer>,
}

/// How a trust policy trusts a principal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TrustNaming {
    /// By its own ARN, in its own account: it needs no policy.
    InOwnAccount,
    Otherwise,
}

/// Requests of this kind for `action` by whoever `targets` are, or on them.
fn requests(kind: RequestKind, action: &str, targets: Patterns) -> Requests {
    Requests {
        kind,
        reach: RequestReach::Anywhere,
        grant: Grant {
            effect: Effect::Allow,
            actions: Patterns::of(vec![Glob::of(action)]).ignoring_case(),
            resources: targets,
            principals: None,
            literals: Vec::new(),
        },
    }
}

impl AssumedChain<'_, '_, '_> {
    fn own_id(&self, principal: &Principal) -> OwnId {
        let identity = self.file.identity(principal);
        let id = identity.and_then(|identity| identity.account_id);
        id.map_or(OwnId::Unknown, OwnId::Known)
    }

    fn follow(&mut self, role: &Principal, depth: usize) {
        let account = role.place.account().map(str::to_owned);
        if role.kind != PrincipalKind::Role
            || depth > DEPTH_LIMIT
            || !self.seen.insert((role.at, account))
        {
            return;
        }
        let own_id = self.own_id(role);
        let trust = self.file.trust(role, &own_id);
        let home = self.file.applied(role, &own_id).home;
        let asked = requests(RequestKind::Assume, "sts:AssumeRole*", Patterns::all());
        let (found, is_sure) = match can(&self.file.judge(&home), &trust, &asked) {
            Answer::NotAllowed => return,
            Answer::Allowed(found) => (found, true),
            Answer::Undecided(found) => (found, false),
        };
        for access in &found {
            let Some(statement) = trust.statement(access.statement) else {
                continue;
            };
            let found = std::slice::from_ref(access);
            let findings = self.file.findings_of(&trust, found, RequestKind::Assume);
            let findings = self.file.restored(role, &own_id, &findings);
            for finding in &findings {
                let is_met = self.known(role, (statement, finding), depth);
                let is_of_file = is_met && !statement.grant.resources.globs.iter().any(is_open);
                if !is_of_file {
                    self.found.push(as_written(finding, is_sure, depth));
                }
            }
        }
    }

    /// Adds the principals of the file that a statement of the trust policy of `role` trusts; returns
    /// whether it trusts any.
    fn known(
        &mut self,
        role: &Principal,
        (statement, finding): (&Statement, &Finding),
        depth: usize,
    ) -> bool {
        let file = self.file;
        let mut is_met = false;
        let trusted = &statement.grant.resources;
        for other in file.principals() {
            let other_id = self.own_id(other);
            let Some(arn) = file.arn_symbols(other, &other_id) else {
                continue;
            };
            let own = [Glob::literal("AWS:").symbols, arn].concat();
            let mut globs = trusted.globs.iter();
            if globs.any(|glob| glob.matches(&own)) == trusted.negated {
                continue;
            }
            is_met = true;
            let is_named = trusted.globs.iter().any(|glob| glob.symbols == own);
            let naming = if is_named && other.place == role.place {
                TrustNaming::InOwnAccount
            } else {
                TrustNaming::Otherwise
            };
            let (permitted, reasons) = self.assumes(other, role, naming);
            if permitted == Permitted::No {
                continue;
            }
            let Some(identity) = file.identity(other) else {
                continue;
            };
            let mut reasons: Vec<String> = reasons.into_iter().collect();
            if let Certainty::Maybe(why) = &finding.certainty {
                reasons.push(why.clone());
            }
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
            self.follow(other, depth + 1);
        }
        is_met
    }

    /// Whether the policies of `other` let it assume `role`; in its own account, a trust policy that
    /// names it is enough.
    fn assumes(
        &self,
        other: &Principal,
        role: &Principal,
        naming: TrustNaming,
    ) -> (Permitted, Option<String>) {
        let own_id = self.own_id(other);
        let mut applied = self.file.applied(other, &own_id);
        if naming == TrustNaming::InOwnAccount {
            applied.calls.allow.push(Statement::of(Grant::everything()));
        }
        let arn = self.file.arn_symbols(role, &self.own_id(role));
        let Some(arn) = arn else {
            let why = "the ARN of the role is not known";
            return (Permitted::Maybe, Some(why.to_owned()));
        };
        let target = Patterns::of(vec![Glob::new(arn)]);
        let asked = requests(RequestKind::Call, "sts:AssumeRole", target);
        match can(&self.file.judge(&applied.home), &applied.calls, &asked) {
            Answer::NotAllowed => (Permitted::No, None),
            Answer::Allowed(_) => (Permitted::Yes, None),
            Answer::Undecided(_) => {
                let why = "whether its own policies allow it is not decided";
                (Permitted::Maybe, Some(why.to_owned()))
            }
        }
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
