//! One file by itself: its principals, each with all that applies to it.
//!
//! In: a file that was read, and what the run knows. Out: a [`FileAlone`]: who is in it, and what each
//! may do and who may assume it. Questions are answered from it by the engine of the comparison. Refuses
//! nothing: a policy that is not in the file may say anything.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use crate::aws::granting::GrantReach;
use crate::diff::access::changes::{Finding, Origin};
use crate::diff::access::comparer::{AccessContext, Comparer};
use crate::diff::access::decide::{Verdict, by_level};
use crate::diff::access::facts::tags_of;
use crate::diff::access::federated::{may_federate, of_sessions};
use crate::diff::access::limits::{Limits, LimitsOf};
use crate::diff::access::own_facts::OwnFacts;
use crate::diff::access::own_tags::OwnTags;
use crate::diff::access::pair::Signature;
use crate::diff::access::published::KeptPolicies;
use crate::diff::access::reading::ReadPair;
use crate::diff::access::set_policies::SetsOfFile;
use crate::iam::PrincipalKind;
use crate::iam::can::{with_owners, with_region};
use crate::iam::condition::{Atoms, Literal, PRINCIPAL_TAG};
use crate::iam::difference::universe::Home;
use crate::iam::difference::{CrossRegion, Judge, NewAccess};
use crate::iam::own_account::in_account;
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Found, Principal, principals};
use crate::iam::request::{RequestKind, Requests};
use crate::iam::statement::{Patterns, Statement};
use crate::template::resolve::{OWN, OwnId};
use crate::template::resources::{Body, Place, Resource};
use crate::template::symbol::Symbol;

/// A file by itself.
pub(crate) struct FileAlone<'run, 'text> {
    pub(super) comparer: Comparer<'run, 'text>,
    pub(super) found: Found,
    pub(super) sets: SetsOfFile<'run, 'text>,
    /// What may let somebody do something: logical ids, and what it is about.
    pub(super) granting: OnceCell<Vec<(String, GrantReach)>>,
}

/// Who a principal is.
#[derive(Clone, Debug)]
pub(crate) struct PrincipalIdentity {
    /// Its physical name, or its logical id.
    pub(crate) name: String,
    pub(crate) logical_id: String,
    /// The logical id of its account, if it is created in one.
    pub(crate) account: Option<String>,
    pub(crate) account_id: Option<String>,
    /// The macro that it comes from.
    pub(crate) origin: Option<Origin>,
}

/// What applies to a principal.
pub(crate) struct AppliedPolicies {
    /// What it may do, with whatever tags a session may have.
    pub(crate) calls: Permissions,
    /// What it may do with its own tags, if something depends on these.
    pub(crate) plain: Option<Permissions>,
    /// Where it is.
    pub(crate) home: Home,
    /// What each of its requests says of it.
    pub(crate) own: OwnFacts,
    /// What applies to the sessions that a user may give away by `sts:GetFederationToken`.
    pub(crate) sessions: Option<Box<AppliedPolicies>>,
}

impl<'run, 'text> FileAlone<'run, 'text> {
    /// The new file of `read`.
    pub(crate) fn of(
        read: &'run ReadPair<'text>,
        known: &'run AccessContext<'run>,
    ) -> Result<Self, &'run str> {
        let (old, new, scopes) = read.files.as_ref().map_err(String::as_str)?;
        let mut comparer = Comparer::new((old, new), known, scopes, &read.accounts);
        comparer.limits = Limits::all(known.organization);
        let reader = |body: &Body<'_>, place: &Place| {
            comparer.reader(body, place, OwnId::Mark(comparer.id_of(place)))
        };
        let mut found = principals(new, &reader);
        let sets = comparer.sets_of(new, LimitsOf::New);
        found.principals.extend(comparer.principals_of_sets(&sets));
        Ok(Self {
            comparer,
            found,
            sets,
            granting: OnceCell::new(),
        })
    }

    /// The principals of the file.
    pub(crate) fn principals(&self) -> &[Principal] {
        &self.found.principals
    }

    /// Who it is.
    pub(crate) fn identity(&self, principal: &Principal) -> Option<PrincipalIdentity> {
        let resource = self.resource(principal)?;
        let account = principal.place.account();
        let name = match self.set_of(principal) {
            Some((name, _)) => name,
            None => &principal.name,
        };
        Some(PrincipalIdentity {
            name: self.comparer.put(name, resource, &principal.place),
            logical_id: resource.id.clone(),
            account: account.map(str::to_owned),
            account_id: self.account_id(principal),
            origin: self.comparer.origin(&resource.id, account),
        })
    }

    /// The id of its account, if it is known.
    pub(crate) fn account_id(&self, principal: &Principal) -> Option<String> {
        self.comparer.id_of(&principal.place)
    }

    /// Its ARN, if its name is known.
    pub(crate) fn arn(&self, principal: &Principal) -> Option<String> {
        let resource = self.resource(principal)?;
        let comparer = &self.comparer;
        let symbols = self.arn_symbols(principal, &OwnId::Mark(None))?;
        Some(comparer.put(&comparer.spelled(&symbols), resource, &principal.place))
    }

    fn resource(&self, principal: &Principal) -> Option<&'run Resource<'text>> {
        self.comparer.new.resources.get(principal.at)
    }

    /// What decides about its access: that of principals with an equal one is the same, but for their
    /// account. There is none of a permission set.
    pub(crate) fn signature(&self, principal: &Principal) -> Option<Signature> {
        if principal.kind == PrincipalKind::PermissionSet {
            return None;
        }
        let comparer = &self.comparer;
        comparer.signature((comparer.new, LimitsOf::New), principal)
    }

    /// How its account id is read.
    pub(crate) fn own_id(&self, principal: &Principal, signature: Option<&Signature>) -> OwnId {
        match self.comparer.id_of(&principal.place) {
            None => OwnId::Unknown,
            Some(id) if signature.is_none_or(Signature::is_of_one_account) => OwnId::Known(id),
            Some(_) => OwnId::Mark(None),
        }
    }

    /// What applies to it.
    pub(crate) fn applied(&self, principal: &Principal, own_id: &OwnId) -> AppliedPolicies {
        if let Some((_, set)) = self.set_of(principal) {
            return self.applied_to_set(principal, set);
        }
        let comparer = &self.comparer;
        let file = comparer.new;
        let (calls, _) = comparer.sides(file, principal, own_id, &KeptPolicies::default());
        let limits = comparer.limiting((file, LimitsOf::New), principal, own_id);
        let caller = comparer.caller_name(file, principal, own_id);
        let home = self.home(principal, own_id);
        let own = match principal.kind {
            PrincipalKind::Group => OwnFacts::of_users(&home.account),
            kind => OwnFacts::of(kind, caller.as_ref()),
        };
        let calls = calls
            .limited(limits)
            .flat_map(|own| comparer.on_own_resources(own, &home.account));
        let calls = in_account(&comparer.atoms, calls, &home.account);
        let plain = self.names_own_tags(&calls).then(|| {
            let tags = self.tags(principal, own_id);
            self.of_caller(&own.clone().with_tags(tags), calls.clone())
        });
        let own_calls = self.of_caller(&own, calls.clone());
        let gives_sessions = match principal.kind {
            PrincipalKind::User => may_federate(&self.judge(&home), &own_calls),
            // Another policy of a member may allow it.
            PrincipalKind::Group => true,
            _ => false,
        };
        let sessions = gives_sessions.then(|| Box::new(self.applied_to_sessions(calls, &home)));
        AppliedPolicies {
            calls: own_calls,
            plain,
            home,
            own,
            sessions,
        }
    }

    /// What applies to the sessions that a user to which `calls` apply gives away.
    fn applied_to_sessions(&self, calls: Permissions, home: &Home) -> AppliedPolicies {
        let own = OwnFacts::of_federated_users(&home.account);
        AppliedPolicies {
            calls: self.of_caller(&own, of_sessions(calls)),
            plain: None,
            home: home.clone(),
            own,
            sessions: None,
        }
    }

    /// The requests that a principal to which `applied` applies can send, of these.
    pub(crate) fn sent<'r>(
        &self,
        applied: &AppliedPolicies,
        requests: &'r Requests,
    ) -> Cow<'r, Requests> {
        let atoms = &self.comparer.atoms;
        let requests = with_owners(atoms, &applied.calls, requests);
        let mut requests = with_region(atoms, &applied.calls, requests);
        let literals = &requests.grant.literals;
        if !applied.own.agree_with(&atoms.borrow(), literals) {
            requests.to_mut().grant.resources = Patterns::of(Vec::new());
            return requests;
        }
        let given = applied
            .own
            .present_keys(&mut atoms.borrow_mut(), [&applied.calls]);
        if !given.is_empty() {
            let literals = &mut requests.to_mut().grant.literals;
            literals.extend(given);
            literals.sort_unstable();
            literals.dedup();
        }
        requests
    }

    /// Whether a request of a principal to which `applied` applies, or of a session that it gives away, may be as these
    /// conditions say.
    pub(crate) fn may_send(&self, applied: &AppliedPolicies, literals: &[Literal]) -> bool {
        let atoms = self.comparer.atoms.borrow();
        let sessions = applied.sessions.as_deref();
        let mut callers = std::iter::once(applied).chain(sessions);
        callers.any(|caller| caller.own.agree_with(&atoms, literals))
    }

    /// What is left of `calls` with what every request of a principal says.
    pub(super) fn of_caller(&self, facts: &OwnFacts, calls: Permissions) -> Permissions {
        let names = self.comparer.names.borrow();
        calls.flat_map(|statement| {
            let atoms = &mut self.comparer.atoms.borrow_mut();
            facts.applied_to((atoms, &names), statement)
        })
    }

    /// Whether something of `calls` depends on the principal's own tags.
    fn names_own_tags(&self, calls: &Permissions) -> bool {
        let atoms = self.comparer.atoms.borrow();
        let is_tag = |key: &str| key.starts_with(PRINCIPAL_TAG);
        let names = |statement: &Statement| {
            let globs = statement.grant.resources.globs.iter();
            let mut symbols = globs.flat_map(|glob| &glob.symbols);
            atoms.speak_of(&statement.grant.literals, is_tag)
                || symbols.any(|symbol| match symbol {
                    Symbol::Unknown(name) => atoms.variable(*name).is_some_and(is_tag),
                    _ => false,
                })
        };
        calls.sets().flatten().any(names)
    }

    /// The tags that the file and its stack give it.
    fn tags(&self, principal: &Principal, own_id: &OwnId) -> OwnTags {
        let body = self
            .resource(principal)
            .and_then(|resource| resource.body.as_ref());
        let tags = body.map_or_else(OwnTags::default, |body| {
            let reader = self.comparer.reader(body, &principal.place, own_id.clone());
            tags_of(principal.kind, body, &reader)
        });
        self.comparer.with_stack_tags(tags)
    }

    /// Where it is.
    pub(crate) fn home(&self, principal: &Principal, own_id: &OwnId) -> Home {
        if let Some((_, set)) = self.set_of(principal) {
            return self.home_of_set(principal, set);
        }
        self.comparer.home(None, Some(principal), own_id)
    }

    /// Who may assume it.
    pub(crate) fn trust(&self, principal: &Principal, own_id: &OwnId) -> Permissions {
        // Who assumes a permission set is assigned to it.
        if principal.kind == PrincipalKind::PermissionSet {
            return Permissions::default();
        }
        let kept = KeptPolicies::default();
        let (_, trust) = self
            .comparer
            .sides(self.comparer.new, principal, own_id, &kept);
        trust
    }

    /// Its ARN as policies that name it are read, if its name is known.
    pub(crate) fn arn_symbols(&self, principal: &Principal, own_id: &OwnId) -> Option<Vec<Symbol>> {
        if principal.kind == PrincipalKind::PermissionSet {
            return None;
        }
        self.comparer.arn_of(self.comparer.new, principal, own_id)
    }

    /// What is needed to decide at `home`.
    pub(crate) fn judge<'a>(&'a self, home: &'a Home) -> Judge<'a> {
        self.comparer.judge(home, CrossRegion::MayBe)
    }

    /// The conditions that were read.
    pub(crate) fn atoms(&self) -> &RefCell<Atoms> {
        &self.comparer.atoms
    }

    /// What the value with this number is called.
    pub(crate) fn value_name(&self, number: u32) -> String {
        self.comparer.names.borrow().name(number).to_owned()
    }

    /// What `permissions` allow, with marks of the account, the highest access level first.
    pub(crate) fn findings(&self, permissions: &Permissions, found: &[NewAccess]) -> Vec<Finding> {
        self.findings_of(permissions, found, RequestKind::Call)
    }

    /// The same for requests of a kind.
    pub(crate) fn findings_of(
        &self,
        permissions: &Permissions,
        found: &[NewAccess],
        kind: RequestKind,
    ) -> Vec<Finding> {
        let nothing = Permissions::default();
        let sides = (&nothing, permissions);
        let found = found.iter();
        let mut findings: Vec<Finding> = found
            .filter_map(|access| self.comparer.finding(sides, access, kind))
            .collect();
        findings.sort_by(|a, b| by_level(a).cmp(&by_level(b)));
        findings
    }

    /// The findings with the account of `principal` put back.
    pub(crate) fn restored(
        &self,
        principal: &Principal,
        own_id: &OwnId,
        findings: &[Finding],
    ) -> Vec<Finding> {
        let body = self
            .resource(principal)
            .and_then(|resource| resource.body.as_ref());
        let verdict = Verdict {
            has_own_ids: matches!(own_id, OwnId::Known(_)),
            ..Verdict::default()
        };
        let findings = findings.iter();
        findings
            .map(|finding| {
                self.comparer
                    .restored(&verdict, finding, body, &principal.place)
            })
            .collect()
    }

    /// A text of a decision about `principal` with its account put back.
    pub(crate) fn restored_text(&self, principal: &Principal, text: &str) -> String {
        match self.resource(principal) {
            Some(resource) => self.comparer.put(text, resource, &principal.place),
            None => text.to_owned(),
        }
    }

    /// The text that stands for an account id where it is read in this way.
    pub(crate) fn mark(own_id: &OwnId) -> Option<&'static str> {
        matches!(own_id, OwnId::Mark(_)).then_some(OWN)
    }
}
