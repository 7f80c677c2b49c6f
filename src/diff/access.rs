//! The previous and the new text of a generated file to who gains and who loses access.
//!
//! In: two texts, and what the run knows of accounts and macros. Out: an [`Access`]: for each
//! principal what it may do now that it might not before, and the reverse, each with one request
//! as a witness. It refuses nothing: what cannot be decided is a "maybe" with its reason.
//!
//! Roles, users and groups of both texts are paired by account and name (`principals`), with every
//! policy that applies to them (`policy`). A pair whose policies are the same is done with; of the
//! others, those that are equal but for the account are decided once (`decide`).
//!
//! Resource policies, service control policies and what other templates attach are not looked at.
//! Everything stands in the partition `aws`.
//!
//! The hard thing is that "no new access" must be true. See `decide` for how it errs.

pub mod changes;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::aws::actions::AccessLevel;
use crate::diff::access::changes::{
    Access, Fate, Finding, Origin, PrincipalChange, Undecided, Witness,
};
use crate::expand::model::plan::MacroPlan;
use crate::iam::{Certainty, PrincipalKind};
use crate::organization::{IdPart, Organization};
use crate::source::FileId;
use crate::template::deduplicate::ACCOUNT;
use crate::template::display::shown;
use crate::template::read;
use crate::template::value::Data;
use crate::yaml::parse::parse;

use crate::aws::actions::reference;
use crate::iam::condition::{Atom, Atoms, Literal, Qualifier, Test};
use crate::iam::difference::universe::Home;
use crate::iam::difference::{Judge, NewAccess, difference};
use crate::iam::document::{Documents, Kind};
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Found, Principal, Source, places_of, principals};
use crate::iam::request::RequestKind;
use crate::iam::statement::Statement;
use crate::template::resolve::{Names, OWN, OwnId, Reader};
use crate::template::resources::{Body, File, Place, Resource, Store, is_shared};
use crate::template::symbol::Symbol;

/// What the run knows beside the texts.
#[derive(Clone, Copy, Debug)]
pub struct Known<'run> {
    /// The accounts.
    pub organization: &'run Organization,
    /// The accounts as they were when the previous text was written, where that is known.
    pub before: Option<&'run Organization>,
    /// The macros, each with the line where it is written, from 1.
    pub macros: &'run [(&'run MacroPlan, usize)],
}

/// Who gains and who loses access between the `previous` text of a generated file and the
/// `expanded` one. Without a previous text everything is gained.
pub fn access(previous: Option<&str>, expanded: &str, known: &Known<'_>) -> Access {
    let mut access = Access::default();
    let renumbered = renumbered(known);
    if previous == Some(expanded) && renumbered.is_empty() {
        return access;
    }
    reference().date().clone_into(&mut access.reference);
    let accounts = ids(known, &renumbered);
    let mut store = Store::new(&accounts);
    let files = store
        .read(previous.unwrap_or_default(), &File::default())
        .map_err(|why| format!("the previous file {why}"))
        .and_then(|old| match store.read(expanded, &old) {
            Ok(new) => Ok((old, new)),
            Err(why) => Err(format!("the new file {why}")),
        });
    access.undecided = renumbered
        .iter()
        .map(|name| Undecided {
            what: format!("account {name}"),
            why: "its account id changed: the same policies are about another account".to_owned(),
            origin: None,
            line: None,
        })
        .collect();
    match files {
        Ok((old, new)) => {
            let comparer = Comparer::new(&old, &new, known, &accounts);
            comparer.compare(previous.is_none(), &mut access);
            let lines = |text: &'_ str| -> BTreeSet<String> {
                if !crate::template::resources::has(text, OWN) {
                    return BTreeSet::new();
                }
                let lines = text.lines().filter(|line| line.contains(OWN));
                lines.map(str::to_owned).collect()
            };
            if lines(previous.unwrap_or_default()) != lines(expanded) {
                access.undecided.push(Undecided {
                    what: OWN.to_owned(),
                    why: "this account id is used as a placeholder for others here".to_owned(),
                    origin: None,
                    line: None,
                });
            }
        }
        Err(why) => access.undecided.push(Undecided {
            what: "every principal".to_owned(),
            why,
            origin: None,
            line: None,
        }),
    }
    access
}

/// AWS's own policies that have no Deny, of those that are used most: see AWS's Managed Policy
/// Reference Guide. Those that read alone have none, either.
const ONLY_ALLOW: &[&str] = &[
    "AdministratorAccess",
    "PowerUserAccess",
    "SecurityAudit",
    "job-function/ViewOnlyAccess",
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaVPCAccessExecutionRole",
];

/// The stage of what the Tools account holds.
const TOOLS: &str = "tools";

/// The logical ids of accounts whose account id is another one than before.
fn renumbered(known: &Known<'_>) -> BTreeSet<String> {
    let before = |name: &str| known.before?.account(name)?.account_id.as_ref();
    let accounts = known.organization.accounts.iter().filter(|account| {
        let (old, new) = (before(&account.logical_id), account.account_id.as_ref());
        old.zip(new).is_some_and(|(old, new)| old != new)
    });
    accounts.map(|account| account.logical_id.clone()).collect()
}

/// The accounts of both sides by logical id, with their ids where these are known and the same.
fn ids(known: &Known<'_>, renumbered: &BTreeSet<String>) -> HashMap<String, Option<String>> {
    let mut ids: HashMap<String, Option<String>> = HashMap::new();
    let before = known.before.into_iter();
    for account in before
        .chain([known.organization])
        .flat_map(|organization| &organization.accounts)
    {
        let id = ids.entry(account.logical_id.clone()).or_default();
        if !renumbered.contains(&account.logical_id) {
            *id = account.account_id.clone().or(id.take());
        }
    }
    ids
}

/// Two files side by side.
struct Comparer<'run, 'text> {
    old: &'run File<'text>,
    new: &'run File<'text>,
    known: &'run Known<'run>,
    /// The accounts by logical id, with their ids where these are known.
    accounts: &'run HashMap<String, Option<String>>,
    origins: HashMap<(&'run str, &'run str), Vec<(&'run MacroPlan, usize)>>,
    names: RefCell<Names>,
    atoms: RefCell<Atoms>,
}

/// What a pair of principals gains and loses, with marks.
#[derive(Default)]
struct Verdict {
    gains: Vec<Finding>,
    loses: Vec<Finding>,
    /// Whether account ids in them are as they are written.
    has_own_ids: bool,
}

/// What decides about a principal: equal ones have the same access.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Signature {
    own: Part,
    policies: BTreeSet<Part>,
    boundary: Option<Part>,
    /// Whether the id of its account is known.
    is_id_known: bool,
}

impl Signature {
    /// Whether it is that of one account alone.
    fn is_of_one_account(&self) -> bool {
        let mut parts = self
            .policies
            .iter()
            .chain(&self.boundary)
            .chain([&self.own]);
        parts.any(|part| matches!(part, Part::Body(_, Some(_))))
    }
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    /// A body, and the account where it is not the same for all.
    Body(usize, Option<String>),
    Elsewhere(String),
}

type Pair<'a> = (Option<&'a Principal>, Option<&'a Principal>);

impl<'run, 'text> Comparer<'run, 'text> {
    fn new(
        old: &'run File<'text>,
        new: &'run File<'text>,
        known: &'run Known<'run>,
        ids: &'run HashMap<String, Option<String>>,
    ) -> Self {
        let mut origins: HashMap<_, Vec<_>> = HashMap::new();
        for (plan, line) in known.macros {
            let accounts = plan.units.iter().flat_map(|unit| unit.accounts.names());
            for account in accounts {
                let key = (plan.name.as_str(), account.as_str());
                origins.entry(key).or_default().push((*plan, *line));
            }
        }
        Self {
            old,
            new,
            known,
            accounts: ids,
            origins,
            names: RefCell::default(),
            atoms: RefCell::default(),
        }
    }

    fn compare(&self, is_new: bool, access: &mut Access) {
        // Names and attachments are those of the own account, whichever it is.
        let reader = |body: &Body<'_>, place: &Place| {
            self.reader(body, place, OwnId::Mark(self.id_of(place)))
        };
        let (old, new) = (principals(self.old, &reader), principals(self.new, &reader));
        let (before, after) = (&old.principals, &new.principals);
        let mut pairs: Vec<Pair<'_>> = Vec::new();
        // Of several with one name, those with one logical id go together first.
        let mut known: HashMap<(&Place, PrincipalKind, &str), Vec<usize>> = HashMap::new();
        for principal in after {
            let key = (&principal.place, principal.kind, principal.name.as_str());
            known.entry(key).or_default().push(pairs.len());
            pairs.push((None, Some(principal)));
        }
        let id = |file: &'run File<'text>, principal: &Principal| {
            file.resources
                .get(principal.at)
                .map(|resource| resource.id.as_str())
        };
        let mut rest = Vec::new();
        for principal in before {
            let key = (&principal.place, principal.kind, principal.name.as_str());
            let same = known.get(&key).into_iter().flatten().copied().find(|at| {
                let pair = pairs.get(*at);
                let new = pair.and_then(|pair| pair.1);
                new.is_some_and(|new| id(self.new, new) == id(self.old, principal))
            });
            match same.and_then(|at| pairs.get_mut(at)) {
                Some(pair) => pair.0 = Some(principal),
                None => rest.push((key, principal)),
            }
        }
        for (key, principal) in rest {
            let mut all = known.get(&key).into_iter().flatten().copied();
            let free = all.find(|at| pairs.get(*at).is_some_and(|pair| pair.0.is_none()));
            match free.and_then(|at| pairs.get_mut(at)) {
                Some(pair) => pair.0 = Some(principal),
                None => pairs.push((Some(principal), None)),
            }
        }
        self.principals(&pairs, access);
        if !is_new {
            self.undecided(&old, &new, access);
        }
    }

    fn principals(&self, pairs: &[Pair<'_>], access: &mut Access) {
        let mut verdicts: HashMap<(Option<Signature>, Option<Signature>), usize> = HashMap::new();
        let mut decided: Vec<Verdict> = Vec::new();
        let mut groups: HashMap<(usize, PrincipalKind, String, Option<Origin>), usize> =
            HashMap::new();
        for (old, new) in pairs {
            let sides = (
                old.and_then(|old| self.signature(self.old, old)),
                new.and_then(|new| self.signature(self.new, new)),
            );
            if sides.0 == sides.1 {
                continue;
            }
            let own_id = self.own_id((*old, *new), &sides);
            let at = *verdicts.entry(sides).or_insert_with(|| {
                decided.push(self.decide(*old, *new, &own_id));
                decided.len() - 1
            });
            let (Some(verdict), Some((file, principal))) = (
                decided.get(at),
                new.map(|new| (self.new, new))
                    .or(old.map(|old| (self.old, old))),
            ) else {
                continue;
            };
            if verdict.gains.is_empty() && verdict.loses.is_empty() {
                continue;
            }
            let Some(resource) = file.resources.get(principal.at) else {
                continue;
            };
            let account = principal.place.account();
            let origin = self.origin(&resource.id, account);
            let key = (at, principal.kind, principal.name.clone(), origin.clone());
            if let Some(change) = groups
                .get(&key)
                .and_then(|at| access.principals.get_mut(*at))
            {
                change.logical_ids.push(resource.id.clone());
                change.accounts.extend(account.map(str::to_owned));
                continue;
            }
            groups.insert(key, access.principals.len());
            let restored = |findings: &[Finding]| -> Vec<Finding> {
                let findings = findings.iter();
                findings
                    .map(|finding| self.restored(verdict, finding, resource, &principal.place))
                    .collect()
            };
            access.principals.push(PrincipalChange {
                kind: principal.kind,
                name: self.put(&principal.name, resource, &principal.place),
                logical_ids: vec![resource.id.clone()],
                accounts: account.map(str::to_owned).into_iter().collect(),
                line: origin.as_ref().map(|origin| origin.line),
                origin,
                fate: match (old, new) {
                    (None, _) => Fate::Added,
                    (_, None) => Fate::Removed,
                    _ => Fate::Kept,
                },
                gains: restored(&verdict.gains),
                loses: restored(&verdict.loses),
            });
        }
    }

    /// What decides about the access of `principal`.
    fn signature(&self, file: &File<'_>, principal: &Principal) -> Option<Signature> {
        let body = |at: usize| {
            let body = file.resources.get(at)?.body.as_ref()?;
            let account = match &principal.place {
                Place::Account(name)
                    if body.is_numbered || (body.label.is_none() && !is_shared(&body.data)) =>
                {
                    Some(name.clone())
                }
                _ => None,
            };
            Some(Part::Body(body.key, account))
        };
        let part = |source: &Source| match source {
            Source::Resource(at) => body(*at),
            Source::Elsewhere(name) => Some(Part::Elsewhere(name.clone())),
        };
        Some(Signature {
            own: body(principal.at)?,
            policies: principal.policies.iter().filter_map(part).collect(),
            boundary: principal.boundary.as_ref().and_then(part),
            is_id_known: self.id_of(&principal.place).is_some(),
        })
    }

    /// The account id of `place`, where it is known.
    fn id_of(&self, place: &Place) -> Option<String> {
        self.accounts.get(place.account()?)?.clone()
    }

    /// How the account id is read to decide about a pair with these signatures.
    fn own_id(
        &self,
        (old, new): Pair<'_>,
        sides: &(Option<Signature>, Option<Signature>),
    ) -> OwnId {
        let id = new.or(old).and_then(|one| self.id_of(&one.place));
        let mut sides = [&sides.0, &sides.1].into_iter().flatten();
        match id {
            None => OwnId::Unknown,
            Some(id) if sides.any(Signature::is_of_one_account) => OwnId::Known(id),
            Some(_) => OwnId::Mark(None),
        }
    }

    /// What is known where `body` is made in `place`.
    fn reader<'a>(&'a self, body: &Body<'_>, place: &Place, own_id: OwnId) -> Reader<'a> {
        let own = match place {
            Place::Bound(_) => None,
            Place::Account(_) if body.label.is_some() => Some(ACCOUNT.to_string()),
            // No account has this name: nothing in it is called by the account's.
            Place::Account(_) if is_shared(&body.data) => Some(String::new()),
            Place::Account(name) => Some(name.clone()),
        };
        Reader {
            has_variables: true,
            own_id,
            own,
            region: crate::template::resources::region(&body.data),
            accounts: self.accounts,
            names: &self.names,
        }
    }

    fn decide(&self, old: Option<&Principal>, new: Option<&Principal>, own_id: &OwnId) -> Verdict {
        let side = |file: &File<'_>, principal: Option<&Principal>| {
            principal.map_or_else(Default::default, |principal| {
                self.sides(file, principal, own_id)
            })
        };
        let (old_do, old_trust) = side(self.old, old);
        let (new_do, new_trust) = side(self.new, new);
        let body = |file: &'run File<'text>, principal: Option<&Principal>| {
            principal.and_then(|principal| file.resources.get(principal.at)?.body.as_ref())
        };
        let region = body(self.new, new)
            .or(body(self.old, old))
            .and_then(|body| crate::template::resources::region(&body.data));
        let home = Home {
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            account: match own_id {
                OwnId::Known(id) => id.clone(),
                OwnId::Unknown | OwnId::Mark(_) => OWN.to_owned(),
            },
        };
        let judge = Judge {
            reference: reference(),
            atoms: &self.atoms,
            home: &home,
        };
        let findings = |from: (&Permissions, &Permissions), to: (&Permissions, &Permissions)| {
            let mut findings = Vec::new();
            let kinds = [
                (RequestKind::Assume, from.1, to.1),
                (RequestKind::Call, from.0, to.0),
            ];
            for (kind, from, to) in kinds {
                let new = difference(&judge, from, to, kind);
                findings.extend(new.iter().filter_map(|new| self.finding(to, new, kind)));
            }
            findings.sort_by(|a: &Finding, b: &Finding| {
                (a.kind, !a.is_certain(), a.level, &a.policy).cmp(&(
                    b.kind,
                    !b.is_certain(),
                    b.level,
                    &b.policy,
                ))
            });
            findings
        };
        let old = (&old_do, &old_trust);
        let new = (&new_do, &new_trust);
        Verdict {
            gains: findings(old, new),
            loses: findings(new, old),
            has_own_ids: matches!(own_id, OwnId::Known(_)),
        }
    }

    /// What a principal may do, and who may become it.
    fn sides(
        &self,
        file: &File<'_>,
        principal: &Principal,
        own_id: &OwnId,
    ) -> (Permissions, Permissions) {
        let resource = |at: usize| {
            let resource = file.resources.get(at)?;
            Some((resource, resource.body.as_ref()?))
        };
        let Some((_, body)) = resource(principal.at) else {
            return Default::default();
        };
        let place = &principal.place;
        let reader = |body: &Body<'_>| self.reader(body, place, own_id.clone());
        let mut own = self.policies_of(body, &reader(body), None);
        let trust = self.trust_of(body, &reader(body));
        for source in &principal.policies {
            let statements = self.source(source, &reader, &resource, false);
            own.extend(statements);
        }
        let boundary = principal
            .boundary
            .as_ref()
            .map(|source| self.source(source, &reader, &resource, true));
        (
            Permissions::new(own, boundary),
            Permissions::new(trust, None),
        )
    }

    fn source<'a>(
        &self,
        source: &Source,
        reader: &dyn Fn(&Body<'_>) -> Reader<'run>,
        resource: &dyn Fn(usize) -> Option<(&'a Resource<'a>, &'a Body<'a>)>,
        is_limit: bool,
    ) -> Vec<Statement> {
        match source {
            Source::Resource(at) => match resource(*at) {
                Some((resource, body)) => self.policies_of(body, &reader(body), Some(&resource.id)),
                None => Vec::new(),
            },
            Source::Elsewhere(name) => {
                // Some of AWS's own policies deny; these are known not to.
                let own = name.split_once("iam::aws:policy/").map(|(_, name)| name);
                let may_deny = own.is_none_or(|name| {
                    !ONLY_ALLOW.contains(&name) && !name.ends_with("ReadOnlyAccess")
                });
                let reader = self.plain_reader();
                let documents = Documents {
                    reader: &reader,
                    atoms: &self.atoms,
                };
                documents.unknown_policy(name, may_deny && !is_limit, is_limit)
            }
        }
    }

    fn plain_reader(&self) -> Reader<'_> {
        Reader {
            has_variables: true,
            own: None,
            own_id: OwnId::Mark(None),
            region: None,
            accounts: self.accounts,
            names: &self.names,
        }
    }

    /// The statements of every policy document of a resource.
    fn policies_of(
        &self,
        body: &Body<'_>,
        reader: &Reader<'_>,
        id: Option<&str>,
    ) -> Vec<Statement> {
        let documents = Documents {
            reader,
            atoms: &self.atoms,
        };
        let property = |name: &str| body.data.get("Properties").and_then(|data| data.get(name));
        let mut statements = Vec::new();
        if let Some(document) = property("PolicyDocument") {
            let name = property("ManagedPolicyName").or(property("PolicyName"));
            let name = name.and_then(|name| reader.text(name));
            let name = name.as_deref().or(id).unwrap_or_default();
            statements.extend(documents.statements(document, name, Kind::Identity));
        }
        match property("Policies") {
            Some(Data::Unordered(items)) => {
                for item in &items.0 {
                    let name = item.get("PolicyName").and_then(|name| reader.text(name));
                    let document = item.get("PolicyDocument").unwrap_or(&Data::Null);
                    let name = name.unwrap_or_default();
                    statements.extend(documents.statements(document, &name, Kind::Identity));
                }
            }
            Some(Data::Null) | None => {}
            // Not a list of policies: some function's.
            Some(other) => {
                statements.extend(documents.statements(other, "Policies", Kind::Identity));
            }
        }
        self.guarded(body, statements)
    }

    fn trust_of(&self, body: &Body<'_>, reader: &Reader<'_>) -> Vec<Statement> {
        let documents = Documents {
            reader,
            atoms: &self.atoms,
        };
        let properties = body.data.get("Properties");
        let statements = properties
            .and_then(|properties| properties.get("AssumeRolePolicyDocument"))
            .map_or(Vec::new(), |document| {
                documents.statements(document, "trust policy", Kind::Trust)
            });
        self.guarded(body, statements)
    }

    /// The statements under the resource's own `Condition`, where it has one.
    fn guarded(&self, body: &Body<'_>, mut statements: Vec<Statement>) -> Vec<Statement> {
        if let Some(name) = body.data.get("Condition").and_then(Data::text) {
            let literal = Literal {
                atom: self.atoms.borrow_mut().number(Atom {
                    key: String::new(),
                    qualifier: Qualifier::None,
                    if_exists: false,
                    test: Test::Opaque,
                    identity: format!("Condition {name}"),
                    shown: String::new(),
                }),
                holds: true,
            };
            for statement in &mut statements {
                statement.grant.literals.push(literal);
                statement.grant.literals.sort_unstable();
            }
        }
        statements
    }

    fn finding(
        &self,
        permissions: &Permissions,
        new: &NewAccess,
        kind: RequestKind,
    ) -> Option<Finding> {
        let statement = permissions.statement(new.statement)?;
        let level = new
            .actions
            .first()
            .map_or(AccessLevel::Unknown, |action| action.level);
        Some(Finding {
            certainty: new.certainty.clone(),
            kind,
            level: if kind == RequestKind::Assume {
                AccessLevel::Permissions
            } else {
                level
            },
            policy: statement.policy.clone(),
            statement: statement.name.clone(),
            actions: new.actions.clone(),
            resources: statement.resources.clone(),
            conditions: statement.conditions.clone(),
            witness: new.witness.as_ref().map(|request| Witness {
                action: request.action.clone(),
                target: match kind {
                    RequestKind::Call => self.spelled(&request.target),
                    RequestKind::Assume => self.spelled(&request.target).replacen(':', " ", 1),
                },
                context: request
                    .context
                    .iter()
                    .map(|(key, values)| {
                        let value = values.first().map(|value| self.spelled(value));
                        (key.clone(), value)
                    })
                    .collect(),
            }),
        })
    }

    fn spelled(&self, symbols: &[Symbol]) -> String {
        self.names.borrow().spell(symbols)
    }

    /// `text` with the account of `resource` put back.
    fn put(&self, text: &str, resource: &Resource<'_>, place: &Place) -> String {
        let Some(body) = &resource.body else {
            return text.to_owned();
        };
        let id = match place {
            Place::Account(name) => self
                .known
                .organization
                .account(name)
                .and_then(|account| account.account_id.clone())
                .unwrap_or(format!("${{{name}}}")),
            Place::Bound(_) => "${AWS::AccountId}".to_owned(),
        };
        body.restore(text).replace(OWN, &id)
    }

    /// A finding of `verdict` with the account of `resource` put back.
    fn restored(
        &self,
        verdict: &Verdict,
        finding: &Finding,
        resource: &Resource<'_>,
        place: &Place,
    ) -> Finding {
        let put = |text: &str| self.put(text, resource, place);
        // Where account ids are as they are written, nothing stands for one.
        let written = |text: &str| match &resource.body {
            Some(body) if verdict.has_own_ids => body.restore(text),
            _ => put(text),
        };
        let all = |texts: &[String]| texts.iter().map(|text| written(text)).collect();
        let mut finding = finding.clone();
        finding.policy = put(&finding.policy);
        finding.resources = all(&finding.resources);
        finding.conditions = all(&finding.conditions);
        if let Certainty::Maybe(why) = &finding.certainty {
            finding.certainty = Certainty::Maybe(put(why));
        }
        if let Some(witness) = &mut finding.witness {
            witness.target = written(&witness.target);
            for value in witness
                .context
                .iter_mut()
                .filter_map(|(_, value)| value.as_mut())
            {
                *value = written(value);
            }
        }
        finding
    }

    /// The macro that the resource `id` of `account` comes from.
    fn origin(&self, id: &str, account: Option<&str>) -> Option<Origin> {
        let account = account?;
        let id_part = IdPart::of(account);
        let macros = || self.known.macros.iter().copied();
        let of_account = id
            .split_once(id_part.as_str())
            .and_then(|(name, _)| self.origins.get(&(name, account))?.first().copied())
            // The macro's name may hold the account's letters and digits as well, or the account is
            // gone.
            .or_else(|| {
                macros().find(|(plan, _)| id.starts_with(&format!("{}{id_part}", plan.name)))
            });
        if let Some((plan, line)) = of_account {
            let units = plan.units.iter();
            let mut units = units.filter(|unit| unit.accounts.contains(account));
            let stage = units.clone().find_map(|unit| unit.stage.clone());
            let tools = || units.next().map(|_| TOOLS.to_owned());
            return Some(Origin {
                name: plan.name.clone(),
                stage: stage.or_else(tools),
                line,
            });
        }
        let listed = macros().filter(|(plan, _)| plan.lists_accounts());
        let mut units = listed.flat_map(|(plan, line)| {
            let units = plan.units.iter();
            units.map(move |unit| (plan, line, unit))
        });
        let (plan, line, unit) = units.find(|(plan, _, unit)| {
            let rest = id.strip_prefix(plan.name.as_str());
            rest.is_some_and(|rest| rest.starts_with(unit.id_part.as_str()))
        })?;
        Some(Origin {
            name: plan.name.clone(),
            stage: Some(unit.stage.clone().unwrap_or_else(|| TOOLS.to_owned())),
            line,
        })
    }

    /// What changed and is not examined.
    fn undecided(&self, before: &Found, after: &Found, access: &mut Access) {
        const SECTIONS: &[&str] = &[
            "Conditions",
            "DefaultOrganizationBinding",
            "DefaultOrganizationBindingRegion",
            "Mappings",
            "Organization",
            "OrganizationBindings",
            "Parameters",
            "Transform",
        ];
        let mut push = |what: String, why: &str, origin: Option<Origin>| {
            access.undecided.push(Undecided {
                what,
                why: why.to_owned(),
                line: origin.as_ref().map(|origin| origin.line),
                origin,
            });
        };
        let sections = |file: &File<'_>| -> BTreeMap<String, Rc<Data>> {
            let sections = file.sections.iter();
            sections
                .filter(|(name, _)| SECTIONS.contains(&name.as_str()))
                .cloned()
                .collect()
        };
        let (old, new) = (sections(self.old), sections(self.new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            if old.get(name) != new.get(name) {
                push(
                    format!("section {name}"),
                    "what depends on a changed section is not examined",
                    None,
                );
            }
        }
        let ids = self.new.resources.iter().chain(
            self.old
                .resources
                .iter()
                .filter(|resource| !self.new.by_id.contains_key(&resource.id)),
        );
        let any = |found: &Found| found.principals.iter().any(Principal::holds_any_other);
        let is_any_other = any(before) || any(after);
        let mut examined: HashMap<(usize, usize, bool), Option<&'static str>> = HashMap::new();
        let mut equal: HashMap<(usize, usize), bool> = HashMap::new();
        let mut alike: HashMap<(&str, Option<Origin>), Vec<&String>> = HashMap::new();
        let mut order = Vec::new();
        for resource in ids {
            let (old, new) = (self.old.get(&resource.id), self.new.get(&resource.id));
            if is_same(old, new, &mut equal) {
                continue;
            }
            let own = {
                let key = |side: Option<&Resource<'_>>| Some(side?.body.as_ref()?.key);
                let own = || {
                    self.unexamined(old, new)
                        .or_else(|| elsewhere(old, new))
                        .or_else(|| self.attributes(old, new))
                };
                match (key(old), key(new)) {
                    // Equal bodies are looked at once.
                    (Some(a), Some(b)) => {
                        let stays = old.and_then(account_of) == new.and_then(account_of);
                        let key = (a, b, stays);
                        *examined.entry(key).or_insert_with(own)
                    }
                    _ => own(),
                }
            };
            let why = own.or_else(|| self.loose(before, after, old, new, is_any_other));
            if let Some(why) = why {
                let place = resource
                    .body
                    .as_ref()
                    .and_then(|body| places_of(body).pop());
                let account = place.as_ref().and_then(Place::account);
                let origin = self.origin(&resource.id, account);
                // What a macro makes alike in many accounts is said once.
                if origin.is_none() {
                    push(resource.id.clone(), why, None);
                } else if let Some(all) = alike.get_mut(&(why, origin.clone())) {
                    all.push(&resource.id);
                } else {
                    order.push((why, origin.clone()));
                    alike.insert((why, origin), vec![&resource.id]);
                }
            }
        }
        for key in order {
            let what = match alike.get(&key).map(Vec::as_slice) {
                Some([one]) => (*one).clone(),
                Some([first, rest @ ..]) => format!("{first} and {} more", rest.len()),
                _ => continue,
            };
            push(what, key.0, key.1);
        }
    }

    fn unexamined(
        &self,
        old: Option<&Resource<'_>>,
        new: Option<&Resource<'_>>,
    ) -> Option<&'static str> {
        let is_provider = |side: Option<&Resource<'_>>| side.is_some_and(is_provider);
        if [old, new].into_iter().flatten().any(is_unexamined)
            || (is_provider(old) && is_provider(new))
        {
            return Some("it may hold a policy that is not examined");
        }
        // A provider that comes gives nothing by itself, unless roles trusted it before.
        let url = new
            .filter(|new| old.is_none() && is_provider(Some(new)))
            .and_then(|new| {
                new.body
                    .as_ref()?
                    .data
                    .get("Properties")?
                    .get("Url")?
                    .text()
            });
        let host = url.map(|url| url.trim_start_matches("https://").trim_end_matches('/'));
        host.is_some_and(|host| self.old.mentions(host))
            .then_some("roles that already trusted this provider can be assumed now")
    }

    /// A policy that changed, where it may apply to somebody who is not known here.
    fn loose(
        &self,
        before: &Found,
        after: &Found,
        old: Option<&Resource<'_>>,
        new: Option<&Resource<'_>>,
        is_any_other: bool,
    ) -> Option<&'static str> {
        let is_loose = |side: Option<&Resource<'_>>, file: &File<'_>, found: &Found| {
            let at = side.and_then(|side| file.by_id.get(&side.id));
            at.is_some_and(|at| found.loose.contains(at))
        };
        if is_loose(old, self.old, before) || is_loose(new, self.new, after) {
            return Some("it may apply to a principal that is not in this file");
        }
        let is_managed = |side: &Resource<'_>| kind_of(side) == Some("AWS::IAM::ManagedPolicy");
        ([old, new].into_iter().flatten().any(is_managed) && is_any_other).then_some(
            "a principal names its policies in a way that cannot be resolved, and may mean this one",
        )
    }

    /// What belongs to a principal and is looked at by policies.
    fn attributes(
        &self,
        old: Option<&Resource<'_>>,
        new: Option<&Resource<'_>>,
    ) -> Option<&'static str> {
        let (old, new) = (old?.body.as_ref()?, new?.body.as_ref()?);
        let differs = |name: &str| {
            let of = |body: &Body<'_>| {
                let properties = body.data.get("Properties");
                properties
                    .and_then(|properties| properties.get(name))
                    .map(shown)
            };
            of(old) != of(new)
        };
        let mentions = |word: &str| self.old.mentions(word) || self.new.mentions(word);
        if differs("LoginProfile") {
            return Some("whoever has its password can sign in as this user");
        }
        (differs("Tags") && mentions("PrincipalTag") || differs("Path") && mentions("PrincipalArn"))
            .then_some("policies look at its tags or its path")
    }
}

/// A resource that is made in places that are not worked out.
fn elsewhere(old: Option<&Resource<'_>>, new: Option<&Resource<'_>>) -> Option<&'static str> {
    let (old, new) = (old?.body.as_ref()?, new?.body.as_ref()?);
    if !kind_of_body(new).is_some_and(|kind| kind.starts_with("AWS::IAM::")) {
        return None;
    }
    let differs = |name: &str| {
        let of = |body: &Body<'_>| body.data.get(name).map(shown);
        of(old) != of(new)
    };
    let is_bound = |body: &Body<'_>| {
        places_of(body)
            .iter()
            .any(|place| place.account().is_none())
    };
    let regions = |body: &Body<'_>| {
        let binding = body.data.get("OrganizationBinding");
        binding.and_then(|binding| binding.get("Region")).map(shown)
    };
    let is_of_one_region = crate::template::resources::region(&old.data).is_some()
        && crate::template::resources::region(&new.data).is_some();
    let moves = differs("OrganizationBinding")
        && (is_bound(old) || is_bound(new) || (regions(old) != regions(new) && !is_of_one_region));
    (differs("Foreach") || moves)
        .then_some("the place where it is created changed, and cannot be resolved")
}

/// The account that was taken out of a resource's body.
fn account_of<'text>(resource: &Resource<'text>) -> Option<&'text str> {
    let label = resource.body.as_ref()?.label.as_ref()?;
    Some(label.account())
}

fn kind_of<'a>(resource: &'a Resource<'_>) -> Option<&'a str> {
    resource.body.as_ref().and_then(kind_of_body)
}

fn kind_of_body<'a>(body: &'a Body<'_>) -> Option<&'a str> {
    body.data.get("Type").and_then(Data::text)
}

/// Whether the resource says the same of the same account; `equal` has the bodies compared so far.
fn is_same(
    old: Option<&Resource<'_>>,
    new: Option<&Resource<'_>>,
    equal: &mut HashMap<(usize, usize), bool>,
) -> bool {
    let (Some(old), Some(new)) = (old, new) else {
        return false;
    };
    match (&old.body, &new.body) {
        (Some(a), Some(b)) => {
            let is_equal = a.key == b.key
                || *equal
                    .entry((a.key, b.key))
                    .or_insert_with(|| a.data == b.data);
            is_equal && account_of(old) == account_of(new)
        }
        _ => old.text == new.text || says_the_same(old.text, new.text),
    }
}

/// Whether two blocks differ only in how they are written.
fn says_the_same(old: &str, new: &str) -> bool {
    let read = |text: &str| {
        let document = parse(FileId(0), text).ok()?;
        read::read(&document.root, &mut read::budget(text.len()))
    };
    read(old).is_some_and(|old| read(new) == Some(old))
}

/// Whether a resource may give access in a way that is not looked at.
fn is_unexamined(resource: &Resource<'_>) -> bool {
    const EXAMINED: &[&str] = &[
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::IAM::Group",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::OIDCProvider",
    ];
    // What hands out access, or makes something that may.
    const WORDS: &[&str] = &[
        "Polic",
        "Permission",
        "Principal",
        "AWS::SSO::",
        "AWS::RAM::",
        "AWS::CloudFormation::Stack",
        "AWS::IdentityStore::",
        "RoleAttachment",
        "AWS::RolesAnywhere::",
        "AWS::EKS::",
        "AWS::Lambda::Url",
        "AccessControl",
        "Custom::",
        "AWS::CloudFormation::CustomResource",
        "Fn::Transform",
        "!Transform",
    ];
    let says = |text: &str| WORDS.iter().any(|word| text.contains(word));
    if resource.id.starts_with("Fn::") {
        return true;
    }
    match &resource.body {
        Some(body) => {
            let kind = kind_of_body(body).unwrap_or_default();
            let text = shown(&body.data);
            if EXAMINED.contains(&kind) {
                return text.contains("!Transform") || text.contains("Fn::Transform");
            }
            kind.starts_with("AWS::IAM::") || says(&text)
        }
        None => says(resource.text),
    }
}

fn is_provider(resource: &Resource<'_>) -> bool {
    let kind = resource
        .body
        .as_ref()
        .and_then(|body| body.data.get("Type"));
    kind.and_then(Data::text) == Some("AWS::IAM::OIDCProvider")
}
