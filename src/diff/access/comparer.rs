//! Two files side by side, with what the run knows.
//!
//! In: the files, the accounts and the macros. Out: how a text of either is read, and how it is
//! shown. Refuses nothing.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use foldhash::HashMap;

use crate::diff::access::limits::Limits;
use crate::diff::access::moved::ComparedPairs;
use crate::diff::access::named_policy::NamingPolicies;
use crate::diff::access::role_name::Running;
use crate::diff::access::scope::{FileScope, TaskFacts};
use crate::diff::access::settled::Settled;
use crate::expand::model::plan::MacroPlan;
use crate::iam::condition::Atoms;
use crate::iam::principals::places_in;
use crate::iam::references;
use crate::organization::Organization;
use crate::template::blocks::SharedScans;
use crate::template::deduplicate::ACCOUNT;
use crate::template::named::ReferredName;
use crate::template::resolve::{Names, OWN, OwnId, Reader, Values};
use crate::template::resources::{Body, File, Place, Resource, Scopes};
use crate::template::substitute::substituted;
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// What the run knows in addition to the texts.
#[derive(Clone, Copy, Debug)]
pub struct AccessContext<'run> {
    /// The accounts.
    pub organization: &'run Organization,
    /// The accounts as they were when the previous text was written, if that is known.
    pub before: Option<&'run Organization>,
    /// The new logical ids of accounts, by those that the previous text has; `before` has the new ones.
    pub renamed: Option<&'run BTreeMap<String, String>>,
    /// The macros, each with the line where it is written, from 1.
    pub macros: &'run [(&'run MacroPlan, usize)],
    /// What the task that deploys the file says.
    pub task: Option<&'run TaskFacts>,
    /// What it said when the previous text was written, if that is known.
    pub task_before: Option<&'run TaskFacts>,
    /// The scans of texts that others look at too.
    pub scans: SharedScans<'run>,
}

impl<'run> AccessContext<'run> {
    /// Nothing but the accounts is known.
    pub fn of(organization: &'run Organization) -> Self {
        Self {
            organization,
            before: None,
            renamed: None,
            macros: &[],
            task: None,
            task_before: None,
            scans: SharedScans::default(),
        }
    }

    /// The organization of the previous text.
    pub(super) fn organization_before(&self) -> &'run Organization {
        self.before.unwrap_or(self.organization)
    }
}

/// What stands for something else in each of two files.
pub(super) struct ScopePair<'run> {
    pub(super) old: Arc<FileScope<'run>>,
    pub(super) new: Arc<FileScope<'run>>,
    /// Whether equal resources say the same in both.
    pub(super) compared: Scopes,
}

impl<'run> ScopePair<'run> {
    pub(super) fn new(old: FileScope<'run>, new: FileScope<'run>) -> Self {
        let compared = if old.is_same_as(&new) {
            Scopes::Same
        } else {
            Scopes::Differ
        };
        Self {
            old: Arc::new(old),
            new: Arc::new(new),
            compared,
        }
    }
}

/// Two files side by side.
pub(super) struct Comparer<'run, 'text> {
    pub(super) old: &'run File<'text>,
    pub(super) new: &'run File<'text>,
    pub(super) known: &'run AccessContext<'run>,
    pub(super) scopes: &'run ScopePair<'run>,
    /// Which pairs of principals are compared.
    pub(super) compared: ComparedPairs<'run>,
    /// What limits accounts in another way than before.
    pub(super) limits: Limits,
    /// The accounts by logical id, with their ids if these are known.
    pub(super) accounts: &'run HashMap<String, Option<String>>,
    pub(super) origins: HashMap<(&'run str, &'run str), Vec<(&'run MacroPlan, usize)>>,
    pub(super) names: RefCell<Names>,
    pub(super) atoms: RefCell<Atoms>,
    /// What blocks say that are not of IAM, by their text.
    pub(super) read: RefCell<HashMap<&'text str, Option<Arc<Data>>>>,
    /// What comments settle.
    pub(super) settled: Settled,
    /// What runs in the old and in the new file.
    pub(super) running: (OnceCell<Running>, OnceCell<Running>),
    /// The places of those resources of the new file that are neither principals nor policies.
    pub(super) others: OnceCell<Vec<usize>>,
    /// The documents of AWS's policies that were read, by ARN.
    pub(super) managed: RefCell<HashMap<String, Option<Rc<Data>>>>,
    /// The policies of the new file that may name principals, by whether ids of accounts are as they are.
    pub(super) naming: RefCell<HashMap<bool, NamingPolicies>>,
    /// The names by which bodies refer to resources, by the keys of the bodies.
    referred: RefCell<HashMap<usize, Rc<BTreeSet<String>>>>,
}

impl<'run, 'text> Comparer<'run, 'text> {
    pub(super) fn new(
        (old, new): (&'run File<'text>, &'run File<'text>),
        known: &'run AccessContext<'run>,
        scopes: &'run ScopePair<'run>,
        ids: &'run HashMap<String, Option<String>>,
    ) -> Self {
        let mut origins: HashMap<_, Vec<_>> = HashMap::default();
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
            scopes,
            compared: ComparedPairs::All,
            limits: Limits::default(),
            accounts: ids,
            origins,
            names: RefCell::default(),
            atoms: RefCell::default(),
            read: RefCell::default(),
            settled: Settled::default(),
            running: <(OnceCell<Running>, OnceCell<Running>)>::default(),
            others: OnceCell::new(),
            managed: RefCell::default(),
            naming: RefCell::default(),
            referred: RefCell::default(),
        }
    }

    /// The account id of `place`, if it is known.
    pub(super) fn id_of(&self, place: &Place) -> Option<String> {
        self.accounts.get(place.account()?)?.clone()
    }

    /// `data` with the ids of accounts in place of their names; `None` if it names none whose id is known.
    pub(super) fn in_ids(&self, data: &Data) -> Option<Data> {
        substituted(data, &|name| {
            let account = name.strip_suffix(".AccountId").unwrap_or(name);
            let id = self.accounts.get(account)?.clone()?;
            let is_free = |file: &File<'_>| file.get(account).is_none();
            (is_free(self.old) && is_free(self.new)).then_some(Data::Text(id))
        })
    }

    /// What is known if `body` is created in `place`.
    pub(super) fn reader<'a>(
        &'a self,
        body: &Body<'_>,
        place: &Place,
        own_id: OwnId,
    ) -> Reader<'a> {
        let own = match place {
            Place::Bound(_) => None,
            Place::Account(_) if body.label.is_some() => Some(ACCOUNT.to_string()),
            // No account has this name: nothing in it is called by the account's.
            Place::Account(_) if body.is_shared => Some(String::new()),
            Place::Account(name) => Some(name.clone()),
        };
        Reader {
            has_variables: true,
            own_id,
            own,
            region: crate::template::resources::region(&body.data),
            values: Rc::default(),
            accounts: self.accounts,
            names: &self.names,
        }
    }

    /// What the references in the policy documents of `body`, a resource of `file`, resolve to if it is
    /// created in `place`.
    pub(super) fn values(&self, file: &File<'text>, body: &Body<'_>, place: &Place) -> Rc<Values> {
        let names = self.references_of(body);
        if names.is_empty() {
            return Rc::default();
        }
        let mut values = self.shortened(file, (body, place), &names);
        values.extend(self.identities(file, (body, place), &names));
        Rc::new(values)
    }

    /// What those of `names` resolve to that refer to principals, policies, and providers.
    pub(super) fn identities(
        &self,
        file: &File<'_>,
        of: (&Body<'_>, &Place),
        names: &BTreeSet<String>,
    ) -> Values {
        let reader = |body: &Body<'_>, place: &Place| {
            self.reader(body, place, OwnId::Mark(self.id_of(place)))
        };
        references::values(file, of, names, &reader)
    }

    /// Those of `names` that name an account which can be left out, each with the reference without it.
    pub(super) fn shortened(
        &self,
        file: &File<'text>,
        (body, place): (&Body<'_>, &Place),
        names: &BTreeSet<String>,
    ) -> Values {
        let short = |name: &String| {
            let named = ReferredName::of(name);
            named.account?;
            let target = file.get(&body.restore(named.id))?;
            let data = self.data_of(target)?;
            if data.get("Foreach").is_some() {
                return None;
            }
            let short = named.shortest(&places_in(target, &data), place);
            let is_short = short.account.is_none();
            is_short.then(|| {
                (
                    name.clone(),
                    format!("${{{}}}", short.with(short.attribute)),
                )
            })
        };
        names.iter().filter_map(short).collect()
    }

    /// The names by which the policy documents of `body` refer to resources and parameters.
    pub(super) fn references_of(&self, body: &Body<'_>) -> Rc<BTreeSet<String>> {
        let mut referred = self.referred.borrow_mut();
        let names = referred.entry(body.key).or_insert_with(|| {
            let mut names = references::names(&body.data);
            // Most are pseudo parameters and accounts.
            names.retain(|name| {
                let is_own = name.chars().eq([ACCOUNT]);
                !is_own && !name.starts_with("AWS::") && !self.accounts.contains_key(name)
            });
            Rc::new(names)
        });
        Rc::clone(names)
    }

    pub(super) fn plain_reader(&self) -> Reader<'_> {
        Reader {
            has_variables: true,
            own: None,
            own_id: OwnId::Mark(None),
            region: None,
            values: Rc::default(),
            accounts: self.accounts,
            names: &self.names,
        }
    }

    pub(super) fn spelled(&self, symbols: &[Symbol]) -> String {
        self.names.borrow().spell(symbols)
    }

    /// `text` with the account of `resource` put back.
    pub(super) fn put(&self, text: &str, resource: &Resource<'_>, place: &Place) -> String {
        match &resource.body {
            Some(body) => self.put_in(text, body, place),
            None => text.to_owned(),
        }
    }

    /// `text` with the account of `body` put back.
    pub(super) fn put_in(&self, text: &str, body: &Body<'_>, place: &Place) -> String {
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
}
