//! What decides a question about one principal, and what the policies of resources make of it: plain data.
//! Refuses nothing.

use crate::diff::access::alone::AppliedPolicies;
use crate::diff::access::changes::Finding;
use crate::diff::access::federated::OF_SESSIONS;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::statement::{Effect, Grant, Patterns, Statement};
use crate::query::answer::{AllowedExtent, Permitted, QueryRefusal};
use crate::query::question::ROLE_ACTIONS;

/// What decides a question about a principal, with marks of its account.
#[derive(Clone)]
pub(super) struct DecidedQuestion {
    pub(super) permitted: Permitted,
    pub(super) extent: Option<AllowedExtent>,
    pub(super) by: Vec<Finding>,
    pub(super) refusals: Vec<QueryRefusal>,
    pub(super) reasons: Vec<String>,
    /// Whether its own policies deny all of it, whatever else allows it.
    pub(super) is_denied: bool,
}

/// What the trust policies of roles make of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum TrustEffect {
    /// It stays as it is.
    None,
    /// Some of what is allowed stays so.
    OfSome,
    /// The trust policy of a role of this name may allow it.
    MayAllow(String),
    /// The trust policies of all roles that are asked about, the first of which has this name, do not allow
    /// it.
    Refuses(String),
    /// Why they may not allow it.
    Open(String),
}

impl TrustEffect {
    /// The trust policies of several roles have a say, and it is not decided which.
    pub(super) fn of_others() -> Self {
        Self::Open("the trust policies of the roles must allow it as well".to_owned())
    }
}

/// The same policies, which let nobody assume a role.
pub(super) fn apart_from_roles(applied: &AppliedPolicies) -> AppliedPolicies {
    let roles = ROLE_ACTIONS.iter().map(|action| Glob::of(action));
    let denied = Statement::of(Grant {
        effect: Effect::Deny,
        actions: Patterns::of(roles.collect()).ignoring_case(),
        ..Grant::everything()
    });
    let without = |calls: &Permissions| {
        let mut calls = calls.clone();
        calls.deny.push(denied.clone());
        calls
    };
    AppliedPolicies {
        calls: without(&applied.calls),
        plain: applied.plain.as_ref().map(without),
        home: applied.home.clone(),
        own: applied.own.clone(),
        sessions: applied
            .sessions
            .as_deref()
            .map(|sessions| Box::new(apart_from_roles(sessions))),
    }
}

impl DecidedQuestion {
    /// The same with another answer, for this reason.
    fn changed(self, permitted: Permitted, reason: String) -> Self {
        Self {
            permitted,
            extent: None,
            refusals: Vec::new(),
            reasons: vec![reason],
            ..self
        }
    }

    /// The same of a user who may give sessions away of which that other is decided.
    pub(super) fn with_sessions(self, sessions: Self) -> Self {
        match (self.permitted, sessions.permitted) {
            (Permitted::Yes | Permitted::Maybe, _) => self,
            (Permitted::No, Permitted::No) => Self {
                is_denied: self.is_denied && sessions.is_denied,
                ..self
            },
            (Permitted::No, Permitted::Yes | Permitted::Maybe) => {
                let mut reasons = vec![OF_SESSIONS.to_owned()];
                reasons.extend(sessions.reasons);
                Self {
                    permitted: Permitted::Maybe,
                    extent: None,
                    refusals: Vec::new(),
                    reasons,
                    ..sessions
                }
            }
        }
    }

    /// The same of some requests, if it was of all.
    fn of_some(mut self) -> Self {
        if self.extent == Some(AllowedExtent::All) {
            self.extent = Some(AllowedExtent::AtLeastSome);
        }
        self
    }

    /// The same with what trust policies make of it.
    pub(super) fn trusted(self, effect: TrustEffect) -> Self {
        let (permitted, reason) = match effect {
            TrustEffect::None => return self,
            TrustEffect::OfSome => return self.of_some(),
            TrustEffect::MayAllow(role) => {
                let why = format!("the trust policy of `{role}` may be enough, in its own account");
                (Permitted::Maybe, why)
            }
            TrustEffect::Refuses(role) => {
                let why = format!("the trust policy of `{role}` does not let it in");
                (Permitted::No, why)
            }
            TrustEffect::Open(why) => (Permitted::Maybe, why),
        };
        self.changed(permitted, reason)
    }

    /// The same where the policies of resources have a say, which are not read: those with these names.
    /// A request on any resource, `is_on_any`, may be on one without such a policy.
    pub(super) fn with_policies_of_resources(self, names: &[String], is_on_any: bool) -> Self {
        let (verb, permitted) = match self.permitted {
            _ if names.is_empty() => return self,
            Permitted::No if !self.is_denied => ("allow", Permitted::Maybe),
            Permitted::Yes if !is_on_any => ("deny", Permitted::Maybe),
            Permitted::Yes => return self.of_some(),
            Permitted::No | Permitted::Maybe => return self,
        };
        let reason = match names {
            [name] => format!("the policy of a resource, `{name}`, is not read, and may {verb} it"),
            _ => format!(
                "policies of resources are not read, and may {verb} it: `{}`",
                names.join("`, `")
            ),
        };
        self.changed(permitted, reason)
    }
}
