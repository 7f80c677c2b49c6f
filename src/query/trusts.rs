//! What the trust policies of a file's roles add to what a principal's own policies say of assuming them.
//!
//! In: a file, a question about assuming roles, and what the policies of a principal decide. Out: a
//! [`TrustEffect`]. Refuses nothing: of a role that is not in the file, the trust policy may say anything.

use std::collections::{BTreeSet, HashMap};

use crate::aws::wildcard::{is_pattern, matches, overlap};
use crate::diff::access::callers_alike::{SET_ROLES, role_of_set};
use crate::iam::PrincipalKind;
use crate::iam::can::{Answer, can};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::pattern::{Glob, sessions};
use crate::iam::permissions::Permissions;
use crate::iam::principals::Principal;
use crate::iam::request::{Request, RequestKind};
use crate::iam::statement::{Grant, Patterns, Statement};
use crate::query::answer::Permitted;
use crate::query::arns::own_id;
use crate::query::asked::{AskedFile, Member};
use crate::query::decided::{DecidedQuestion, TrustEffect};
use crate::query::question::{ASSUME, AccessQuestion};
use crate::query::through::{TrustNaming, assumes, requests};
use crate::template::symbol::Symbol;

const NOT_HERE: &str =
    "the role is not in the template, and its trust policy must allow it as well";
const MAY_TRUST: &str =
    "the role is not in the template, and its trust policy may be enough, in its own account";
/// Those of `AWS:arn:aws:iam::111111111111:*`.
const ACCOUNT_FIELDS: usize = 7;

impl AskedFile<'_> {
    /// The places of the roles whose ARN an ARN or a pattern of one is, or may be.
    pub(super) fn roles_in(&self, resource: &str) -> Vec<usize> {
        let is_asked = |member: &&Member| {
            let role = self.principal(member);
            let Some(role) = role.filter(|role| role.kind == PrincipalKind::Role) else {
                return false;
            };
            let arn = self.file.arn(role).filter(|arn| is_known(arn));
            arn.is_none_or(|arn| matches(resource, &arn))
        };
        let members = self.members().iter().filter(is_asked);
        members.map(|member| member.at).collect()
    }

    /// Whether the trust of a role may allow `member` what a question asks, and no policy of its own does.
    pub(super) fn may_be_trusted(&self, question: &AccessQuestion, member: &Member) -> bool {
        question.is_about_roles()
            && (self.trusted_at_home().contains_key(&member.at)
                || self.is_about_another_at_home(question, member))
    }

    /// Whether a question names a role in the account of `member` that is not in the file. A pattern of roles is
    /// about those that are.
    fn is_about_another_at_home(&self, question: &AccessQuestion, member: &Member) -> bool {
        let resource = question.resource.as_str();
        let own = member.identity.account_id.as_deref();
        let mut fields = resource.split(':').skip(4);
        let account = fields.next();
        let is_role = fields.next().is_some_and(|name| name.starts_with("role/"));
        let is_group = |principal: &Principal| principal.kind == PrincipalKind::Group;
        is_role
            && !is_pattern(resource)
            && (own.is_none() || own == account)
            && !self.principal(member).is_some_and(is_group)
            && self.roles_in(resource).is_empty()
    }

    /// What the trust policies of `roles`, which are asked about, make of what is decided about a principal.
    pub(super) fn trust_effect(
        &self,
        question: &AccessQuestion,
        (member, decided): (&Member, &DecidedQuestion),
        roles: &[usize],
    ) -> TrustEffect {
        match decided.permitted {
            Permitted::No if decided.is_denied => TrustEffect::None,
            Permitted::No => match self.enough(question, member.at, roles) {
                TrustEffect::None if self.is_about_another_at_home(question, member) => {
                    TrustEffect::Open(MAY_TRUST.to_owned())
                }
                effect => effect,
            },
            Permitted::Yes | Permitted::Maybe => {
                let effect = self.both(question, member.at, roles);
                match effect {
                    TrustEffect::Open(_) if decided.permitted == Permitted::Maybe => {
                        TrustEffect::None
                    }
                    effect => effect,
                }
            }
        }
    }

    /// Whether trust alone may let the principal at a place assume one of `roles`.
    fn enough(&self, question: &AccessQuestion, at: usize, roles: &[usize]) -> TrustEffect {
        let trusting = self.trusted_at_home().get(&at);
        let mut trusting = trusting.into_iter().flatten();
        let found = trusting.find(|own| {
            let role = self.file.principals().get(**own);
            role.is_some_and(|role| {
                roles.binary_search(own).is_ok()
                    && self.lets_in(role, at, &question.action) != Permitted::No
                    && assumes(self, at, role, self.naming(role)).0 != Permitted::No
            })
        });
        let name = found.and_then(|own| self.name(*own));
        name.map_or(TrustEffect::None, TrustEffect::MayAllow)
    }

    /// How the trust policy of `role` may name principals of its own account that need no policy.
    fn naming(&self, role: &Principal) -> TrustNaming {
        let trust = self.file.trust(role, &own_id(&self.file, role));
        let mut named = trust
            .allow
            .iter()
            .map(|statement| &statement.grant.resources);
        if named.any(|who| who.negated || who.globs.iter().any(is_open)) {
            TrustNaming::BySession
        } else {
            TrustNaming::InOwnAccount
        }
    }

    /// What trust policies say of what the policies of the principal at a place allow.
    fn both(&self, question: &AccessQuestion, at: usize, roles: &[usize]) -> TrustEffect {
        let is_plain = !is_pattern(&question.action);
        // What the question says of condition keys is not asked again.
        let of_some = |roles: &[usize]| {
            let action = question.action.to_ascii_lowercase();
            matches(&action, &ASSUME.to_ascii_lowercase())
                && question.keys.is_empty()
                && self.surely_assumed(at, roles).is_some()
        };
        if is_pattern(&question.resource) {
            return if of_some(roles) {
                TrustEffect::OfSome
            } else {
                TrustEffect::of_others()
            };
        }
        let principals = self.file.principals();
        let known = roles
            .iter()
            .filter_map(|own| Some((*own, principals.get(*own)?)));
        let has_arn = |role: &Principal| {
            let arn = self.file.arn(role);
            arn.is_some_and(|arn| arn == question.resource)
        };
        let named: Vec<(usize, &Principal)> = known.filter(|(_, role)| has_arn(role)).collect();
        let Some((first, _)) = named.first() else {
            return TrustEffect::Open(NOT_HERE.to_owned());
        };
        let name = self.name(*first).unwrap_or_default();
        let mut verdicts = named
            .iter()
            .map(|(_, role)| self.lets_in(role, at, &question.action));
        let verdict = verdicts.next().unwrap_or(Permitted::Maybe);
        match verdicts.all(|other| other == verdict).then_some(verdict) {
            Some(Permitted::No) => TrustEffect::Refuses(name),
            Some(Permitted::Yes) => TrustEffect::None,
            _ if !is_plain && named.len() == 1 && of_some(&[*first]) => TrustEffect::OfSome,
            _ => TrustEffect::Open(format!(
                "whether the trust policy of `{name}` lets it in is not known"
            )),
        }
    }

    /// The ARN of the first of `roles` in the account of the principal at a place that this one can assume,
    /// whatever a request says.
    pub(super) fn surely_assumed(&self, at: usize, roles: &[usize]) -> Option<String> {
        let principals = self.file.principals();
        let other = principals.get(at)?;
        let roles = roles.iter().filter_map(|own| principals.get(*own));
        let mut near = roles.filter(|role| is_near(other, role));
        near.find_map(|role| {
            let arn = self.file.arn(role).filter(|arn| is_known(arn))?;
            let is_sure = self.lets_in(role, at, ASSUME) == Permitted::Yes
                && assumes(self, at, role, TrustNaming::Otherwise).0 == Permitted::Yes;
            is_sure.then_some(arn)
        })
    }

    /// The roles of those of `members` that are permission sets, as statements of a trust policy.
    pub(super) fn roles_of_sets<'m>(
        &self,
        members: impl Iterator<Item = &'m Member>,
    ) -> Vec<Statement> {
        let sets = members.filter(|member| {
            let principal = self.principal(member);
            principal.is_some_and(|own| own.kind == PrincipalKind::PermissionSet)
                && member.identity.name != member.identity.logical_id
        });
        let statements = sets.filter_map(|member| {
            let account = member.identity.account_id.as_deref()?;
            let roles = of_permission_set(&member.identity.name, account);
            Some(Statement::of(Grant {
                resources: Patterns::of(roles.to_vec()),
                ..Grant::everything()
            }))
        });
        statements.collect()
    }

    /// Those of the principals at these places that are permission sets whose roles these patterns may name.
    fn sets_among(&self, near: &[usize], named: &Patterns) -> Vec<usize> {
        let principals = self.file.principals();
        let is_set = |at: &&usize| {
            let set = principals.get(**at);
            let set = set.filter(|set| set.kind == PrincipalKind::PermissionSet);
            let identity = set.and_then(|set| self.file.identity(set));
            identity.is_some_and(|identity| {
                // One without a name that is known is called by its logical id.
                let name = Some(&identity.name).filter(|name| **name != identity.logical_id);
                let roles = of_permission_set(name.map_or("*", String::as_str), "*");
                let names = |glob: &Glob| {
                    let mut roles = roles.iter();
                    roles.any(|role| may_be_one(role, glob))
                };
                named.globs.iter().any(names)
            })
        };
        near.iter().filter(is_set).copied().collect()
    }

    fn name(&self, at: usize) -> Option<String> {
        let identity = self.file.identity(self.file.principals().get(at)?)?;
        Some(identity.name)
    }

    /// Whether the trust policy of `role` lets the principal at a place in: "yes" whatever the request says.
    fn lets_in(&self, role: &Principal, at: usize, action: &str) -> Permitted {
        let other = self.file.principals().get(at);
        let is_role = match other.map(|other| other.kind) {
            Some(PrincipalKind::Role) => true,
            Some(PrincipalKind::User) => false,
            _ => return Permitted::Maybe,
        };
        let Some(own) = self.arns().get(at) else {
            return Permitted::Maybe;
        };
        let own_id = own_id(&self.file, role);
        let trust = self.file.trust(role, &own_id);
        let plain = Request {
            action: action.to_owned(),
            target: own.to_vec(),
            ..Request::default()
        };
        let decision = evaluate(&self.file.atoms().borrow(), &trust, &plain);
        let mut denying = trust
            .deny
            .iter()
            .map(|statement| &statement.grant.resources);
        let may_deny =
            denying.any(|who| names_by_id(who, is_role) || who.negated && self.is_bounded(at));
        if !is_pattern(action) && matches!(decision, Decision::Allowed(_)) {
            return if may_deny {
                Permitted::Maybe
            } else {
                Permitted::Yes
            };
        }
        let mut who = vec![Glob::new(own.to_vec())];
        if is_role {
            let arn = own.strip_prefix(&*Glob::literal("AWS:").symbols);
            let Some(sessions) = arn.and_then(sessions) else {
                return Permitted::Maybe;
            };
            who.push(sessions);
        }
        let home = self.file.home(role, &own_id);
        let asked = requests(RequestKind::Assume, action, Patterns::of(who), &[]);
        let trust = trusting_ids(trust, is_role);
        match can(&self.file.judge(&home), &trust, &asked) {
            Answer::NotAllowed => Permitted::No,
            Answer::Allowed(_) | Answer::Undecided(_) => Permitted::Maybe,
        }
    }

    /// Whether the principal at a place has a permissions boundary. `NotPrincipal` of a Deny leaves out none that
    /// has (IAM user guide, "Permissions boundaries for IAM entities").
    fn is_bounded(&self, at: usize) -> bool {
        let applied = self.applied_alone(at);
        applied.is_some_and(|applied| applied.calls.boundary.is_some())
    }

    /// The principals that roles of their own account trust, by their places, each with the places of these
    /// roles: the trust alone may be enough.
    pub(super) fn trusted_at_home(&self) -> &HashMap<usize, Vec<usize>> {
        self.doubts.trusted.get_or_init(|| {
            let mut found: HashMap<usize, Vec<usize>> = HashMap::new();
            let mut neighbors: HashMap<Option<&str>, Vec<usize>> = HashMap::new();
            for member in self.members() {
                let account = member.identity.account.as_deref();
                neighbors.entry(account).or_default().push(member.at);
            }
            for member in self.members() {
                let Some(role) = self.principal(member) else {
                    continue;
                };
                if role.kind != PrincipalKind::Role {
                    continue;
                }
                let trust = self.file.trust(role, &own_id(&self.file, role));
                let is_near = |at: &usize| {
                    let other = self.file.principals().get(*at);
                    other.is_some_and(|other| match other.kind {
                        PrincipalKind::Group => false,
                        // It is in the accounts that it is assigned to.
                        PrincipalKind::PermissionSet => true,
                        _ => is_near(other, role),
                    })
                };
                let account = member.identity.account.as_deref();
                let near = neighbors.get(&account).map_or(&[][..], Vec::as_slice);
                let mut trusted: BTreeSet<usize> = BTreeSet::new();
                for statement in &trust.allow {
                    let who = &statement.grant.resources;
                    if who.negated || who.globs.iter().any(is_open) {
                        trusted.extend(near.iter().copied().filter(is_near));
                    } else {
                        let named = who.globs.iter().filter(|glob| !is_account(glob));
                        let named = Patterns::of(named.cloned().collect());
                        trusted.extend(self.sets_among(near, &named));
                        trusted.extend(self.arns().matched(&named).into_iter().filter(is_near));
                    }
                }
                for at in trusted {
                    found.entry(at).or_default().push(member.at);
                }
            }
            found
        })
    }
}

/// How a trust policy names the roles of a permission set in an account, or their sessions. The sixteen digits after
/// the last `_` are known only to IAM Identity Center; one of these patterns with `*` there would name the roles of a
/// set `ops_admin` for `ops` as well.
fn of_permission_set(name: &str, account: &str) -> [Glob; 3] {
    let (path, role) = (SET_ROLES, role_of_set(name));
    // In us-east-1, the path has no region.
    [
        Glob::of(&format!("AWS:arn:aws:iam::{account}:role/{path}/{role}")),
        Glob::of(&format!("AWS:arn:aws:iam::{account}:role/{path}/*/{role}")),
        Glob::of(&format!("AWS:arn:aws:sts::{account}:assumed-role/{role}/*")),
    ]
}

/// Whether two patterns of principals may name one: field by field, if both have all.
fn may_be_one(own: &Glob, other: &Glob) -> bool {
    let (own, other) = (opened(own), opened(other));
    let of = |text: &str| text.split(':').map(str::to_owned).collect();
    let (fields, others): (Vec<String>, Vec<String>) = (of(&own), of(&other));
    if fields.len() != others.len() {
        return overlap(&own, &other);
    }
    let mut pairs = fields.iter().zip(&others);
    pairs.all(|(own, other)| overlap(own, other))
}

/// The text of a pattern, with `*` for what is not known.
fn opened(glob: &Glob) -> String {
    let symbols = glob.symbols.iter().map(|symbol| match symbol {
        Symbol::Char(c) => *c,
        Symbol::One => '?',
        Symbol::Any | Symbol::Unknown(_) => '*',
    });
    symbols.collect()
}

/// A trust policy that trusts whoever may have an id that it names: that of a role, or of a user.
fn trusting_ids(mut trust: Permissions, is_role: bool) -> Permissions {
    for statement in &mut trust.allow {
        if names_by_id(&statement.grant.resources, is_role) {
            statement.grant.resources = Patterns::all();
        }
    }
    trust
}

/// Whether patterns of principals have one that is the unique id of a role, or of a user: which one has it is known to
/// IAM only.
fn names_by_id(who: &Patterns, is_role: bool) -> bool {
    let id = Glob::of(if is_role { "AWS:AROA*" } else { "AWS:AIDA*" });
    who.globs.iter().any(|glob| id.matches(&glob.symbols))
}

/// Whether it is the pattern of an account, whose principals need policies of their own.
fn is_account(glob: &Glob) -> bool {
    let mut fields = glob.symbols.split(|symbol| *symbol == Symbol::Char(':'));
    fields.clone().count() == ACCOUNT_FIELDS && fields.next_back() == Some(&[Symbol::Any])
}

/// Whether the principals that it means cannot be looked up by their ARNs.
fn is_open(glob: &Glob) -> bool {
    let is_session = || {
        let sessions = Glob::literal("AWS:arn:aws:sts::").symbols;
        glob.symbols.starts_with(&sessions) && !glob.is_wild()
    };
    let is_id =
        || [true, false].map(|is_role| names_by_id(&Patterns::of(vec![glob.clone()]), is_role));
    glob.is_any()
        || (glob.has_unknown() && !is_account(glob))
        || is_session()
        || is_id().contains(&true)
}

/// Whether two principals are in the same account.
fn is_near(one: &Principal, other: &Principal) -> bool {
    let account = one.place.account();
    one.place == other.place || (account.is_some() && account == other.place.account())
}

/// Whether nothing of an ARN is open.
fn is_known(arn: &str) -> bool {
    !arn.contains(['$', '!', '*'])
}
