//! A policy that may name principals of its own account, and what it grants to one of them.
//!
//! In: a policy's statements, and the ARN of a principal. Out: statements as the principal's own policies would have
//! them. Refuses nothing: what may name the principal, or may deny it, is granted with a doubt.

use std::rc::Rc;

use foldhash::HashMap;

use crate::diff::access::own_tags::OwnTags;
use crate::iam::document::resource::actions_of_resource;
use crate::iam::pattern::{Glob, Matching, sessions};
use crate::iam::permissions::Permissions;
use crate::iam::principals::PrincipalKind;
use crate::iam::request::caller_and_resource;
use crate::iam::statement::{Effect, Grant, Patterns, Statement};
use crate::template::resources::Place;
use crate::template::symbol::Symbol;

/// Those of `AWS:arn:aws:iam::111111111111:*`.
const ACCOUNT_FIELDS: usize = 7;

/// The policies by where they are.
pub(super) type NamingPolicies = HashMap<Place, Rc<Vec<NamingPolicy>>>;

/// A trust policy, or the policy of a resource.
pub(super) struct NamingPolicy {
    /// How it is named in reports.
    pub(super) shown: String,
    /// The services whose actions it decides about.
    pub(super) services: &'static [&'static str],
    /// What it is about; nothing if that is not known.
    pub(super) targets: Vec<Glob>,
    pub(super) shown_targets: Vec<String>,
    pub(super) statements: Vec<Statement>,
    /// Why it may not be in force.
    pub(super) doubt: Option<String>,
    /// The tags of what it is about, if they are known.
    pub(super) tags: Option<Rc<OwnTags>>,
}

/// What a policy grants to one principal.
#[derive(Clone)]
pub(super) struct GrantedByName {
    /// What it allows, and what it denies.
    statements: Vec<Statement>,
    /// Whether what a permissions boundary does not allow limits it.
    limit: LimitByBoundary,
    pub(super) naming: Naming,
    /// Why it is not certain.
    pub(super) doubt: Option<String>,
    /// The tags of what it is about, if they are known.
    pub(super) tags: Option<Rc<OwnTags>>,
}

/// Whether what a permissions boundary does not allow limits what a policy grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LimitByBoundary {
    No,
    Yes,
    /// It may.
    Perhaps,
}

/// How a policy names a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// By its ARN.
    Arn,
    /// As anybody.
    Anybody,
    /// One of its sessions.
    Session,
    /// It may.
    Perhaps,
}

impl NamingPolicy {
    /// What it grants to the principal with this ARN, by each way in which it names it.
    pub(super) fn granted_to(&self, arn: &[Symbol], kind: PrincipalKind) -> Vec<GrantedByName> {
        let caller = NamedCaller::of(arn, kind);
        let allow = self.statements.iter();
        let allow = allow.filter(|statement| statement.grant.effect == Effect::Allow);
        let named = allow.filter_map(|statement| Some((statement, caller.naming(statement)?)));
        let mut named = named.peekable();
        if named.peek().is_none() {
            return Vec::new();
        }
        let (denials, doubt) = self.denials(&caller);
        let granted = |(statement, naming): (&Statement, Naming)| {
            let is_exact = !statement.grant.resources.negated && !self.targets.is_empty();
            let why = match naming {
                Naming::Perhaps => Some(format!("whether {} names it is not known", self.shown)),
                Naming::Session => Some(format!("{} names one of its sessions", self.shown)),
                Naming::Arn | Naming::Anybody if !is_exact => {
                    Some(format!("what {} is about is not known", self.shown))
                }
                Naming::Arn | Naming::Anybody => None,
            };
            let mut statements = vec![self.of_resources(statement)];
            statements.extend(denials.iter().cloned());
            let of_role = kind == PrincipalKind::Role;
            let one = GrantedByName {
                statements,
                limit: match naming {
                    Naming::Arn if of_role => LimitByBoundary::Yes,
                    _ => LimitByBoundary::No,
                },
                naming,
                doubt: self.doubt.clone().or(why).or(doubt.clone()),
                tags: self.tags.clone(),
            };
            let perhaps = (of_role && naming == Naming::Anybody).then(|| {
                let shown = &self.shown;
                let why = format!(
                    "whether a boundary limits what {shown} gives a role as anybody is not known"
                );
                GrantedByName {
                    limit: LimitByBoundary::Perhaps,
                    doubt: Some(one.doubt.clone().unwrap_or(why)),
                    ..one.clone()
                }
            });
            std::iter::once(one).chain(perhaps)
        };
        named.flat_map(granted).collect()
    }

    /// Whether `NotPrincipal` of a Deny leaves out the principal with this ARN, or may.
    pub(super) fn leaves_out(&self, arn: &[Symbol], kind: PrincipalKind) -> bool {
        let denials = self.statements.iter();
        let denials = denials.filter(|statement| statement.grant.effect == Effect::Deny);
        let who = denials.filter_map(|statement| statement.grant.principals.as_ref());
        let mut excepted = who
            .filter(|who| who.negated)
            .flat_map(|who| &who.globs)
            .peekable();
        // Few policies have one.
        if excepted.peek().is_none() {
            return false;
        }
        let own = NamedCaller::of(arn, kind).own;
        excepted.any(|glob| Glob::new(caller_of(glob).to_vec()).matching(&own) != Matching::Never)
    }

    /// What it denies the principal, and why that is not all.
    fn denials(&self, caller: &NamedCaller) -> (Vec<Statement>, Option<String>) {
        let mut found = actions_of_resource(self.services);
        let mut doubt = None;
        let statements = self.statements.iter();
        for statement in statements.filter(|one| one.grant.effect == Effect::Deny) {
            match caller.is_denied(statement) {
                Some(true) if !statement.grant.resources.negated => {
                    found.push(self.of_resources(statement));
                }
                Some(false) => {}
                _ => doubt = Some(format!("whether {} denies it is not known", self.shown)),
            }
        }
        (found, doubt)
    }

    /// The statement as one of the principal's own policies would say it.
    fn of_resources(&self, statement: &Statement) -> Statement {
        let own = &statement.grant.resources;
        let part = |glob: &Glob| {
            let parts = caller_and_resource(&glob.symbols);
            parts.map_or_else(
                || glob.clone(),
                |(_, resource)| Glob::new(resource.to_vec()),
            )
        };
        let parts: Vec<Glob> = own.globs.iter().map(part).collect();
        let is_all = own.negated || parts.iter().any(Glob::is_any);
        let resources = if is_all && !self.targets.is_empty() {
            self.targets.clone()
        } else if own.negated {
            vec![Glob::of("*")]
        } else {
            parts
        };
        Statement {
            grant: Grant {
                resources: Patterns::of(resources),
                principals: None,
                ..statement.grant.clone()
            },
            resources: if statement.resources.is_empty() {
                self.shown_targets.clone()
            } else {
                statement.resources.clone()
            },
            principals: Vec::new(),
            ..statement.clone()
        }
    }
}

impl GrantedByName {
    /// What it gives a principal to which `calls` apply: what denies these denies it, and what a boundary does not
    /// allow limits what is granted to the ARN of a role, and not to that of a user or session (IAM user guide,
    /// "Permissions boundaries for IAM entities").
    pub(super) fn within(&self, calls: &Permissions) -> Permissions {
        let of_boundary = calls.boundary.iter().flat_map(|boundary| &boundary.deny);
        let denials = calls.deny.iter().chain(of_boundary);
        let all = self.statements.iter().chain(denials).cloned();
        let is_limited = self.limit != LimitByBoundary::No;
        let boundary = calls.boundary.as_ref().filter(|_| is_limited);
        let boundary = boundary.map(|boundary| boundary.allow.clone());
        Permissions::new(all.collect(), boundary)
    }

    /// The same without the limit that a boundary may be.
    pub(super) fn without_doubtful_limit(&self) -> Option<Self> {
        (self.limit == LimitByBoundary::Perhaps).then(|| Self {
            limit: LimitByBoundary::No,
            ..self.clone()
        })
    }
}

/// A principal as policies name it.
struct NamedCaller {
    own: Vec<Symbol>,
    sessions: Option<Glob>,
    /// What the ARNs of sessions begin with that a user may give away by `sts:GetFederationToken`, under any name.
    federated: Option<Vec<Symbol>>,
    /// How its unique id begins.
    id: Glob,
}

impl NamedCaller {
    fn of(arn: &[Symbol], kind: PrincipalKind) -> Self {
        let is_role = kind == PrincipalKind::Role;
        Self {
            own: [&*Glob::literal("AWS:").symbols, arn].concat(),
            sessions: sessions(arn).filter(|_| is_role),
            federated: federated(arn).filter(|_| !is_role),
            id: Glob::of(if is_role { "AWS:AROA*" } else { "AWS:AIDA*" }),
        }
    }

    /// How a statement that allows names it, in the way that gives it most.
    fn naming(&self, statement: &Statement) -> Option<Naming> {
        let Some(who) = &statement.grant.principals else {
            return Some(Naming::Perhaps);
        };
        if who.negated {
            return Some(Naming::Perhaps);
        }
        let mut found = None;
        for glob in &who.globs {
            match self.named_by(caller_of(glob)) {
                Some(Naming::Arn) => return Some(Naming::Arn),
                other => found = found.or(other),
            }
        }
        found
    }

    fn named_by(&self, who: &[Symbol]) -> Option<Naming> {
        let glob = Glob::new(who.to_vec());
        let prefix = self.sessions.as_ref().and_then(|own| {
            let (_, prefix) = own.symbols.split_last()?;
            Some(prefix)
        });
        if glob.is_any() {
            return Some(Naming::Anybody);
        }
        if who == self.own {
            return Some(Naming::Arn);
        }
        // Those of an account need policies of their own, and a role stands for its sessions.
        if account_of(who).is_some() || self.sessions.as_ref().is_some_and(|own| own.symbols == who)
        {
            return None;
        }
        let mut sessions = prefix.into_iter().chain(self.federated.as_deref());
        if sessions.any(|prefix| who.starts_with(prefix)) {
            return Some(Naming::Session);
        }
        let may_be = self.id.matches(who) || glob.matching(&self.own) != Matching::Never;
        may_be.then_some(Naming::Perhaps)
    }

    /// Whether a statement that denies is about it; `None` if that is not known.
    fn is_denied(&self, statement: &Statement) -> Option<bool> {
        let who = statement.grant.principals.as_ref()?;
        // What else it leaves out, such as the role of a session, is a long story.
        if who.negated {
            return None;
        }
        let mut found = Some(false);
        for glob in &who.globs {
            let who = Glob::new(caller_of(glob).to_vec());
            match who.matching(&self.own) {
                Matching::Always => return Some(true),
                Matching::Never if !self.id.matches(&who.symbols) => {}
                Matching::Never | Matching::Sometimes(_) => found = None,
            }
        }
        found
    }
}

/// What the ARNs of federated sessions of the account begin with that is in `arn`, the ARN of a user.
fn federated(arn: &[Symbol]) -> Option<Vec<Symbol>> {
    let account = arn.split(|symbol| *symbol == Symbol::Char(':')).nth(4)?;
    let before = Glob::literal("AWS:arn:aws:sts::").symbols;
    let after = Glob::literal(":federated-user/").symbols;
    Some([before, account.to_vec(), after].concat())
}

/// The caller in the pattern of calls of anybody.
pub(super) fn caller_of(glob: &Glob) -> &[Symbol] {
    caller_and_resource(&glob.symbols).map_or(&glob.symbols, |(caller, _)| caller)
}

/// The account of which it is the pattern.
pub(super) fn account_of(who: &[Symbol]) -> Option<&[Symbol]> {
    let fields: Vec<&[Symbol]> = who.split(|symbol| *symbol == Symbol::Char(':')).collect();
    let is_account = fields.len() == ACCOUNT_FIELDS && fields.last() == Some(&&[Symbol::Any][..]);
    fields.get(5).copied().filter(|_| is_account)
}
