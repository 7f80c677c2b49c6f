//! One file by itself: its principals, each with all that applies to it.
//!
//! In: a file that was read, and what the run knows. Out: a [`FileAlone`]: who is in it, and what each
//! may do and who may assume it. Questions are answered from it by the engine of the comparison. Refuses
//! nothing: a policy that is not in the file may say anything.

use std::cell::RefCell;

use crate::aws::actions::reference;
use crate::aws::resource_policies::{HOLDERS, PolicyForm, PolicyHolder};
use crate::diff::access::assigned::SET;
use crate::diff::access::changes::{Finding, Origin};
use crate::diff::access::comparer::{AccessContext, Comparer};
use crate::diff::access::decide::{Verdict, by_level};
use crate::diff::access::limits::{Limits, LimitsOf};
use crate::diff::access::own_facts::OwnFacts;
use crate::diff::access::pair::Signature;
use crate::diff::access::published::KeptPolicies;
use crate::diff::access::reading::ReadPair;
use crate::diff::access::unexamined::UNRESOLVED;
use crate::iam::condition::Atoms;
use crate::iam::difference::universe::Home;
use crate::iam::difference::{CrossRegion, Judge, NewAccess};
use crate::iam::permissions::{BoundaryStatements, Permissions};
use crate::iam::principals::{Found, Principal, principals};
use crate::iam::request::RequestKind;
use crate::iam::statement::Statement;
use crate::template::resolve::{OWN, OwnId};
use crate::template::resources::{Body, Place, Resource, has};
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// Types of resources that create principals, or give them access, and are not read.
const UNREAD_TYPES: [&str; 4] = [
    "AWS::CloudFormation::",
    "AWS::IAM::UserToGroupAddition",
    "AWS::Serverless::",
    "::MODULE",
];

/// Why a policy may be for anybody.
const OF_OTHERS: &str = "it is for principals that cannot be resolved, and may be for any";

/// Where a policy names the principals that it is for.
const ATTACHED_TO: [&str; 6] = [
    "GroupName",
    "Groups",
    "RoleName",
    "Roles",
    "UserName",
    "Users",
];

/// A file by itself.
pub(crate) struct FileAlone<'run, 'text> {
    comparer: Comparer<'run, 'text>,
    found: Found,
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
    /// What it may do.
    pub(crate) calls: Permissions,
    /// Where it is.
    pub(crate) home: Home,
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
        let found = principals(new, &reader);
        Ok(Self { comparer, found })
    }

    /// The principals of the file.
    pub(crate) fn principals(&self) -> &[Principal] {
        &self.found.principals
    }

    /// Who it is.
    pub(crate) fn identity(&self, principal: &Principal) -> Option<PrincipalIdentity> {
        let resource = self.resource(principal)?;
        let account = principal.place.account();
        Some(PrincipalIdentity {
            name: self
                .comparer
                .put(&principal.name, resource, &principal.place),
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
        let symbols = comparer.arn_of(comparer.new, principal, &OwnId::Mark(None))?;
        Some(comparer.put(&comparer.spelled(&symbols), resource, &principal.place))
    }

    fn resource(&self, principal: &Principal) -> Option<&'run Resource<'text>> {
        self.comparer.new.resources.get(principal.at)
    }

    /// What decides about its access: that of principals with an equal one is the same, but for their
    /// account.
    pub(crate) fn signature(&self, principal: &Principal) -> Option<Signature> {
        let comparer = &self.comparer;
        comparer.signature((comparer.new, LimitsOf::New), principal)
    }

    /// How its account id is read.
    pub(crate) fn own_id(&self, principal: &Principal, signature: &Signature) -> OwnId {
        match self.comparer.id_of(&principal.place) {
            None => OwnId::Unknown,
            Some(id) if signature.is_of_one_account() => OwnId::Known(id),
            Some(_) => OwnId::Mark(None),
        }
    }

    /// What applies to it.
    pub(crate) fn applied(&self, principal: &Principal, own_id: &OwnId) -> AppliedPolicies {
        let comparer = &self.comparer;
        let file = comparer.new;
        let (calls, _) = comparer.sides(file, principal, own_id, &KeptPolicies::default());
        let limits = comparer.limiting((file, LimitsOf::New), principal, own_id);
        let arn = comparer.arn_of(file, principal, own_id);
        let home = self.home(principal, own_id);
        let facts = OwnFacts::of(principal.kind, arn.as_deref());
        let (atoms, names) = (comparer.atoms.borrow(), comparer.names.borrow());
        let own = |statements: Vec<Statement>| -> Vec<Statement> {
            let statements = statements.into_iter();
            statements
                .filter_map(|statement| facts.applied_to((&atoms, &names), statement))
                .collect()
        };
        let calls = calls.limited(limits);
        let calls = Permissions {
            allow: own(calls.allow),
            deny: own(calls.deny),
            boundary: calls.boundary.map(|boundary| BoundaryStatements {
                allow: own(boundary.allow),
                deny: own(boundary.deny),
            }),
        };
        AppliedPolicies { calls, home }
    }

    /// Where it is.
    pub(crate) fn home(&self, principal: &Principal, own_id: &OwnId) -> Home {
        self.comparer.home(None, Some(principal), own_id)
    }

    /// Who may assume it.
    pub(crate) fn trust(&self, principal: &Principal, own_id: &OwnId) -> Permissions {
        let kept = KeptPolicies::default();
        let (_, trust) = self
            .comparer
            .sides(self.comparer.new, principal, own_id, &kept);
        trust
    }

    /// Its ARN as policies that name it are read, if its name is known.
    pub(crate) fn arn_symbols(&self, principal: &Principal, own_id: &OwnId) -> Option<Vec<Symbol>> {
        self.comparer.arn_of(self.comparer.new, principal, own_id)
    }

    /// The logical ids of what holds a policy of a resource that decides about actions of a service that
    /// `is_asked`.
    pub(crate) fn policies_of_resources(&self, is_asked: impl Fn(&str) -> bool) -> Vec<String> {
        let asked = HOLDERS.iter();
        let asked = asked.filter(|holder| holder.services.iter().any(|service| is_asked(service)));
        let asked: Vec<&PolicyHolder> = asked.collect();
        let resources = self.comparer.new.resources.iter();
        let holding = resources.filter(|resource| self.holds_policy(resource, &asked));
        holding.map(|resource| resource.id.clone()).collect()
    }

    /// What is in the file and may give its principals access, or be one, without being read: logical ids, each
    /// with the reason. A policy for principals that cannot be resolved may be for anybody.
    pub(crate) fn unread(&self) -> Vec<(String, &'static str)> {
        let resources = self.comparer.new.resources.iter().enumerate();
        let unread = resources.filter_map(|(at, resource)| {
            let names_somebody = |data: &Data| {
                let own = data.get("Properties");
                own.is_some_and(|own| ATTACHED_TO.iter().any(|name| own.get(name).is_some()))
            };
            let is_loose = || {
                let is_loose = self.found.loose.contains(&at);
                let data = is_loose.then(|| self.comparer.data_of(resource)).flatten();
                data.is_some_and(|data| names_somebody(&data))
            };
            let why = self
                .unread_type(resource)
                .or_else(|| is_loose().then_some(OF_OTHERS))?;
            Some((resource.id.clone(), why))
        });
        unread.collect()
    }

    /// Why what a resource is cannot be said.
    fn unread_type(&self, resource: &Resource<'text>) -> Option<&'static str> {
        if resource.id.starts_with("Fn::") || has(resource.text, "Transform") {
            return Some(UNRESOLVED);
        }
        let may_matter = resource.text.is_empty()
            || UNREAD_TYPES.iter().any(|kind| has(resource.text, kind))
            || has(resource.text, "\\");
        if resource.body.is_some() && !may_matter {
            return None;
        }
        let Some(data) = self.comparer.data_of(resource) else {
            return Some(UNRESOLVED);
        };
        let kind = data.get("Type").and_then(Data::text);
        let is_unread = |kind: &str| UNREAD_TYPES.iter().any(|unread| kind.contains(unread));
        kind.is_none_or(is_unread).then_some(UNRESOLVED)
    }

    /// The logical ids of the permission sets of the file, which are not among its principals.
    pub(crate) fn permission_sets(&self) -> Vec<String> {
        let resources = self.comparer.new.resources.iter();
        let sets = resources.filter(|resource| {
            has(resource.text, SET)
                && self
                    .comparer
                    .data_of(resource)
                    .is_none_or(|data| data.get("Type").and_then(Data::text) == Some(SET))
        });
        sets.map(|resource| resource.id.clone()).collect()
    }

    /// Whether `resource` is one of the `asked` and has a policy.
    fn holds_policy(&self, resource: &Resource<'text>, asked: &[&PolicyHolder]) -> bool {
        if !asked.iter().any(|holder| has(resource.text, holder.kind)) {
            return false;
        }
        let Some(data) = self.comparer.data_of(resource) else {
            return true;
        };
        let kind = data.get("Type").and_then(Data::text);
        let holder = asked.iter().find(|holder| Some(holder.kind) == kind);
        holder.is_some_and(|holder| match holder.form {
            PolicyForm::Document(path) => path.first().is_some_and(|name| {
                let properties = data.get("Properties");
                properties.is_some_and(|own| own.get(name).is_some())
            }),
            _ => true,
        })
    }

    /// What is needed to decide at `home`.
    pub(crate) fn judge<'a>(&'a self, home: &'a Home) -> Judge<'a> {
        Judge {
            reference: reference(),
            atoms: &self.comparer.atoms,
            home,
            cross_region: CrossRegion::MayBe,
        }
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
