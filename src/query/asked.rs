//! One file that questions are asked of: its principals, and what decides about each.
//!
//! In: an expanded template that was read. Out: an [`AskedFile`], which is read once for any number of
//! questions, and an answer for each principal that is meant. Refuses nothing.
//!
//! The hard part is speed: principals that are equal but for the account are decided once. So an account
//! id in the question is that of the principal, or it is another one: that is all that differs.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::diff::access::alone::{AppliedPolicies, FileAlone, PrincipalIdentity};
use crate::diff::access::changes::Origin;
use crate::diff::access::comparer::AccessContext;
use crate::diff::access::pair::Signature;
use crate::diff::access::reading::ReadPair;
use crate::iam::PrincipalKind;
use crate::iam::principals::Principal;
use crate::iam::request::Requests;
use crate::organization::Organization;
use crate::query::answer::{
    AllowedExtent, Assumer, Permitted, PrincipalAnswer, QueryRefusal, UnreadAnswer,
};
use crate::query::arns::{FileArns, own_id};
use crate::query::decide::{PoliciesOfResources, decide, is_never};
use crate::query::decided::{DecidedQuestion, TrustEffect, apart_from_roles};
use crate::query::question::{AccessQuestion, Chains, is_text};
use crate::query::requests::requests;
use crate::query::unasked::unasked;
use crate::template::resolve::OwnId;

/// A template of a run, read for questions.
pub struct AskedTemplate<'run> {
    /// Its text and accounts.
    pub read: &'run ReadPair<'run>,
    /// What the run knows in addition to the text.
    pub known: &'run AccessContext<'run>,
    /// Its path, as shown.
    pub source: &'run str,
    /// The lines of the resources in it that are written by hand, by logical id.
    pub line: &'run dyn Fn(&str) -> Option<usize>,
    /// The partials that hold statements, by `Sid` and the name of the policy.
    pub partial: &'run dyn Fn(&str, &str) -> Option<String>,
}

/// The principals of a template.
pub struct AskedFile<'run> {
    pub(super) template: &'run AskedTemplate<'run>,
    pub(super) file: FileAlone<'run, 'run>,
    members: Vec<Member>,
    /// What applies to the principals of each class.
    applied: RefCell<HashMap<usize, Rc<AppliedPolicies>>>,
    /// What applies to some principals, by their places, with the ids of their accounts.
    applied_alone: RefCell<HashMap<usize, Rc<AppliedPolicies>>>,
    arns: OnceCell<FileArns>,
    pub(super) doubts: FileDoubts,
}

/// What was found out about a file that makes a proof uncertain.
#[derive(Default)]
pub(super) struct FileDoubts {
    pub(super) sets: OnceCell<Vec<PrincipalAnswer>>,
    pub(super) unread: OnceCell<Vec<UnreadAnswer>>,
    pub(super) trusted: OnceCell<HashMap<usize, Vec<usize>>>,
}

/// A principal of the file.
pub(crate) struct Member {
    /// Its place among the principals of the file.
    pub(super) at: usize,
    pub(crate) identity: PrincipalIdentity,
    /// The same for principals that are equal but for the account.
    pub(super) class: usize,
    pub(super) own_id: OwnId,
}

impl<'run> AskedFile<'run> {
    /// The principals of `template`.
    ///
    /// # Errors
    ///
    /// Why the template cannot be read.
    pub fn of(template: &'run AskedTemplate<'run>) -> Result<Self, String> {
        let file = FileAlone::of(template.read, template.known).map_err(str::to_owned)?;
        let mut classes: HashMap<Signature, usize> = HashMap::new();
        let mut members: Vec<Member> = Vec::new();
        for (at, principal) in file.principals().iter().enumerate() {
            let signature = file.signature(principal);
            let is_alone = principal.kind == PrincipalKind::PermissionSet;
            let Some(identity) = file.identity(principal) else {
                continue;
            };
            if signature.is_none() && !is_alone {
                continue;
            }
            let own_id = file.own_id(principal, signature.as_ref());
            // No two members have a number in common that is theirs alone.
            let next = members.len();
            let class = signature.map_or(next, |own| *classes.entry(own).or_insert(next));
            members.push(Member {
                at,
                identity,
                class,
                own_id,
            });
        }
        Ok(Self {
            template,
            file,
            members,
            applied: RefCell::default(),
            applied_alone: RefCell::default(),
            arns: OnceCell::new(),
            doubts: FileDoubts::default(),
        })
    }

    /// The accounts.
    pub(super) fn organization(&self) -> &Organization {
        self.template.known.organization
    }

    /// Who is in the file.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The principal that `member` is.
    pub(crate) fn principal(&self, member: &Member) -> Option<&Principal> {
        self.file.principals().get(member.at)
    }

    /// The ARNs of the principals.
    pub(super) fn arns(&self) -> &FileArns {
        self.arns.get_or_init(|| FileArns::of(&self.file))
    }

    /// What applies to `member`, the same for all of its class.
    pub(super) fn applied(&self, member: &Member, principal: &Principal) -> Rc<AppliedPolicies> {
        let mut applied = self.applied.borrow_mut();
        let of_class = applied.entry(member.class);
        let read = || Rc::new(self.file.applied(principal, &member.own_id));
        Rc::clone(of_class.or_insert_with(read))
    }

    /// What applies to the principal at a place, as it is in its own account.
    pub(super) fn applied_alone(&self, at: usize) -> Option<Rc<AppliedPolicies>> {
        let principal = self.file.principals().get(at)?;
        let mut applied = self.applied_alone.borrow_mut();
        let read = || Rc::new(self.file.applied(principal, &own_id(&self.file, principal)));
        Some(Rc::clone(applied.entry(at).or_insert_with(read)))
    }

    /// Whether a name is that of a principal: its name, logical id, or ARN, or a pattern of one.
    pub(crate) fn is_named(&self, member: &Member, name: &str) -> bool {
        let identity = &member.identity;
        let Some(principal) = self.principal(member) else {
            return false;
        };
        let is = |own: &str| is_text(name, own);
        if !name.starts_with("arn:") {
            let kind = principal.kind.word();
            return is(&identity.name)
                || is(&identity.logical_id)
                || name
                    .strip_prefix(kind)
                    .and_then(|rest| rest.strip_prefix('/'))
                    == Some(identity.name.as_str());
        }
        let Some(arn) = self.file.arn(principal) else {
            return false;
        };
        // Who has assumed a role makes its calls.
        let of_session = || {
            let rest = name.strip_prefix("arn:aws:sts::")?;
            let (account, rest) = rest.split_once(":assumed-role/")?;
            let (role, _) = rest.split_once('/')?;
            let is_own = identity.account_id.as_deref() == Some(account);
            Some(is_own && principal.kind == PrincipalKind::Role && role == identity.name)
        };
        is(&arn) || of_session() == Some(true)
    }

    /// The places of the principals of which no request of any of these questions, which differ in actions
    /// and resources alone, is allowed. That is decided for all of them at once; of others, it is not said
    /// that some request is allowed.
    pub(super) fn never(
        &self,
        questions: &[AccessQuestion],
        is_meant: &dyn Fn(&Member) -> bool,
    ) -> HashSet<usize> {
        let asking: Vec<Asking<'_, '_>> = questions.iter().map(|one| self.asking(one)).collect();
        let mut known: HashMap<(usize, Option<&str>), bool> = HashMap::new();
        let mut never = HashSet::new();
        for member in self.members.iter().filter(|member| is_meant(member)) {
            let id = member.identity.account_id.as_deref();
            if id.is_some() && asking.iter().any(|one| one.question.has_parts_of_ids()) {
                continue;
            }
            let mut about = asking.iter();
            let kind = self.principal(member).map(|own| own.kind);
            if about.any(|one| {
                self.may_be_trusted(one.question, member)
                    || kind.is_some_and(|kind| unasked(one.question, kind).is_some())
            }) {
                continue;
            }
            // Which id of the questions is the own one differs between the accounts of a class.
            let own = id.filter(|id| asking.iter().any(|one| one.question.mentions(id)));
            let is_never = known.entry((member.class, own)).or_insert_with(|| {
                let requests = all_requests(&asking, member);
                requests.is_some_and(|requests| self.is_never(member, &requests, &asking))
            });
            if *is_never {
                never.insert(member.at);
            }
        }
        never
    }

    fn is_never(&self, member: &Member, requests: &Requests, asking: &[Asking<'_, '_>]) -> bool {
        let Some(principal) = self.principal(member) else {
            return false;
        };
        let policies = if asking.iter().all(|one| one.policies.is_empty()) {
            PoliciesOfResources::None
        } else {
            PoliciesOfResources::Some
        };
        is_never(
            &self.file,
            &self.applied(member, principal),
            requests,
            policies,
        )
    }

    fn asking<'a>(&'a self, question: &'a AccessQuestion) -> Asking<'a, 'run> {
        Asking {
            asked: self,
            question,
            decided: Vec::new(),
            is_apart: HashSet::new(),
            roles: OnceCell::new(),
            known: HashMap::new(),
            policies: self
                .file
                .policies_of_resources(|service| question.is_about(service)),
        }
    }

    /// What is answered about the principals that are meant, those with the same answer in many accounts
    /// together. `assumers` returns who can assume the one at a place, if that is asked.
    pub(crate) fn answers(
        &self,
        question: &AccessQuestion,
        is_meant: &dyn Fn(&Member) -> bool,
        assumers: &dyn Fn(usize) -> Vec<Assumer>,
    ) -> Vec<PrincipalAnswer> {
        let mut meant = self.members.iter().filter(|one| is_meant(one)).peekable();
        // To prepare a question, the whole file is read.
        if meant.peek().is_none() {
            return Vec::new();
        }
        let mut asking = self.asking(question);
        let mut answers: Vec<PrincipalAnswer> = Vec::new();
        let mut groups: HashMap<_, usize> = HashMap::new();
        for member in meant {
            let Some(principal) = self.principal(member) else {
                continue;
            };
            let (at, own_id) = asking.decided(member, principal);
            let (trust, example) = asking.trust(member, at);
            let identity = &member.identity;
            let name = identity.name.as_str();
            let origin: Option<&Origin> = identity.origin.as_ref();
            let key = (at, principal.kind, name, origin, trust.clone());
            let known = groups.get(&key).copied();
            if let Some(known) = known.and_then(|at| answers.get_mut(at)) {
                known.logical_ids.push(identity.logical_id.clone());
                known.accounts.extend(identity.account.clone());
            } else {
                groups.insert(key, answers.len());
                let mut new = asking.answer(member, principal, (at, &own_id), (trust, example));
                if let Some(new) = &mut new
                    && question.chains == Chains::Followed
                    && new.permitted != Permitted::No
                {
                    new.assumers = assumers(member.at);
                }
                answers.extend(new);
            }
        }
        answers
    }
}

/// The requests of several questions; `None` if these are not about resources of the same accounts.
fn all_requests(asking: &[Asking<'_, '_>], member: &Member) -> Option<Requests> {
    let mut all: Option<Requests> = None;
    for one in asking {
        let requests = one.requests(member);
        let Some(all) = &mut all else {
            all = Some(requests);
            continue;
        };
        if all.reach != requests.reach {
            return None;
        }
        all.grant.actions.globs.extend(requests.grant.actions.globs);
        all.grant
            .resources
            .globs
            .extend(requests.grant.resources.globs);
    }
    let mut all = all?;
    for patterns in [&mut all.grant.actions, &mut all.grant.resources] {
        patterns.globs.sort();
        patterns.globs.dedup();
    }
    Some(all)
}

/// One question to one file.
struct Asking<'a, 'run> {
    asked: &'a AskedFile<'run>,
    question: &'a AccessQuestion,
    decided: Vec<DecidedQuestion>,
    /// By class, and the own account id if the question names it.
    known: HashMap<(usize, Option<String>), usize>,
    /// The numbers of what is, or may be, allowed whatever the trust policies of roles say.
    is_apart: HashSet<usize>,
    /// The places of the roles that are asked about, or may be.
    roles: OnceCell<Vec<usize>>,
    /// What holds the policy of a resource that may be asked about.
    policies: Vec<String>,
}

impl Asking<'_, '_> {
    /// The number of what decides about `principal`, and how its account id is read.
    fn decided(&mut self, member: &Member, principal: &Principal) -> (usize, OwnId) {
        let id = member.identity.account_id.as_deref();
        // Some digits of the question may be those of the account.
        if let (Some(id), true) = (id, self.question.has_parts_of_ids()) {
            let own_id = OwnId::Known(id.to_owned());
            let applied = self.asked.file.applied(principal, &own_id);
            let at = self.decide(principal.kind, &applied, (&own_id, id));
            return (at, own_id);
        }
        let own = id
            .filter(|id| self.question.mentions(id))
            .map(str::to_owned);
        let key = (member.class, own);
        let own_id = member.own_id.clone();
        if let Some(at) = self.known.get(&key) {
            return (*at, own_id);
        }
        let applied = self.asked.applied(member, principal);
        let at = self.decide(principal.kind, &applied, (&own_id, id.unwrap_or_default()));
        self.known.insert(key, at);
        (at, own_id)
    }

    /// The requests of the question to `member`, as those of its class are read.
    fn requests(&self, member: &Member) -> Requests {
        let id = member.identity.account_id.as_deref();
        let id = id.unwrap_or_default();
        self.requests_of(self.question, &member.own_id, id)
    }

    fn requests_of(&self, question: &AccessQuestion, own_id: &OwnId, id: &str) -> Requests {
        let text = |text: &str| match FileAlone::mark(own_id) {
            Some(mark) if !id.is_empty() => text.replace(id, mark),
            _ => text.to_owned(),
        };
        let file = &self.asked.file;
        requests(file.atoms(), question, &text, self.question.reach(id))
    }

    fn decide(
        &mut self,
        kind: PrincipalKind,
        applied: &AppliedPolicies,
        (own_id, id): (&OwnId, &str),
    ) -> usize {
        let requests = self.requests_of(self.question, own_id, id);
        let mut decided = decide(&self.asked.file, applied, &requests);
        if decided.permitted != Permitted::No && self.question.is_about_others_than_roles() {
            let apart = decide(&self.asked.file, &apart_from_roles(applied), &requests);
            if apart.permitted != Permitted::No {
                self.is_apart.insert(self.decided.len());
                let extent = apart.extent.map(|_| AllowedExtent::AtLeastSome);
                decided = DecidedQuestion { extent, ..apart };
            }
        }
        let is_on_any = self.question.resource == "*";
        decided = decided.with_policies_of_resources(&self.policies, is_on_any);
        if let Some(call) = unasked(self.question, kind) {
            decided = decided.of_unasked(call);
        }
        self.decided.push(decided);
        self.decided.len() - 1
    }

    /// What the trust policies of roles make of a decision about `member`, and what decides about a role that
    /// it can assume, if that is so for some.
    fn trust(&self, member: &Member, at: usize) -> (TrustEffect, Option<DecidedQuestion>) {
        let decided = self.decided.get(at);
        let Some(decided) = decided.filter(|_| self.question.is_about_roles()) else {
            return (TrustEffect::None, None);
        };
        if self.is_apart.contains(&at) {
            return (TrustEffect::None, None);
        }
        let roles = || self.asked.roles_in(&self.question.resource);
        let roles = self.roles.get_or_init(roles);
        let asked = (member, decided);
        let effect = self.asked.trust_effect(self.question, asked, roles);
        let is_of_some = effect == TrustEffect::OfSome;
        match is_of_some.then(|| self.example(member)) {
            None => (effect, None),
            Some(None) => (TrustEffect::of_others(), None),
            Some(example) => (effect, example),
        }
    }

    /// What decides about a role that `member` can assume for sure, if it can assume one that is asked about.
    fn example(&self, member: &Member) -> Option<DecidedQuestion> {
        let role = self.asked.surely_assumed(member.at, self.roles.get()?)?;
        let question = self.question.of_role(role);
        let principal = self.asked.principal(member)?;
        let id = member.identity.account_id.as_deref().unwrap_or_default();
        let applied = self.asked.applied(member, principal);
        let requests = self.requests_of(&question, &member.own_id, id);
        let decided = decide(&self.asked.file, &applied, &requests);
        (decided.permitted == Permitted::Yes).then_some(decided)
    }

    fn answer(
        &self,
        member: &Member,
        principal: &Principal,
        (at, own_id): (usize, &OwnId),
        (trust, example): (TrustEffect, Option<DecidedQuestion>),
    ) -> Option<PrincipalAnswer> {
        let mut decided = self.decided.get(at)?.clone();
        if let Some(example) = example {
            (decided.by, decided.refusals) = (example.by, example.refusals);
        }
        let decided = decided.trusted(trust);
        let identity = &member.identity;
        let AskedFile { template, file, .. } = self.asked;
        let restored = |text: &String| file.restored_text(principal, text);
        let refusals = decided.refusals.iter().map(|refusal| QueryRefusal {
            kind: refusal.kind,
            policy: restored(&refusal.policy),
            statement: refusal.statement.clone(),
            conditions: refusal.conditions.iter().map(restored).collect(),
        });
        let by = file.restored(principal, own_id, &decided.by);
        let partials = by.iter().map(|finding| match &identity.origin {
            Some(_) => (template.partial)(&finding.statement, &finding.policy),
            None => None,
        });
        Some(PrincipalAnswer {
            refusals: refusals.collect(),
            reasons: decided.reasons.iter().map(restored).collect(),
            permitted: decided.permitted,
            extent: decided.extent,
            is_denied: decided.is_denied,
            partials: partials.collect(),
            by,
            ..template.answer_about(principal, identity)
        })
    }
}

impl AskedTemplate<'_> {
    /// An answer about a principal that says no more than who it is.
    pub(super) fn answer_about(
        &self,
        principal: &Principal,
        identity: &PrincipalIdentity,
    ) -> PrincipalAnswer {
        let about = PrincipalAnswer::about(principal.kind, identity.name.clone(), self.source);
        PrincipalAnswer {
            logical_ids: vec![identity.logical_id.clone()],
            accounts: identity.account.clone().into_iter().collect(),
            origin: identity.origin.clone(),
            line: match &identity.origin {
                Some(origin) => Some(origin.line),
                None => (self.line)(&identity.logical_id),
            },
            ..about
        }
    }
}
