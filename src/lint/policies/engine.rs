//! What reads policy documents.
//!
//! In: data of a template, and where it is created. Out: patterns, and the statements that `iam` reads.
//! Everything that is compared is read by one engine, so that the same value that is not known is the
//! same symbol. Refuses nothing.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

use foldhash::HashMap;

use crate::aws::managed::managed_policies;
use crate::aws::partitions::{REGIONS, partition};
use crate::iam::condition::{Atom, Atoms, Literal, Test, contains, seconds, written};
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::Request;
use crate::iam::statement::Statement;
use crate::organization::Organization;
use crate::template::resolve::{Names, OWN, OwnId, Reader, Reading, Values};
use crate::template::symbol::Symbol;
use crate::template::value::{Data, Unordered};

/// The engine.
#[derive(Default)]
pub(in crate::lint) struct PolicyEngine {
    names: RefCell<Names>,
    atoms: RefCell<Atoms>,
    accounts: HashMap<String, Option<String>>,
    /// The regions that conditions tell apart, and how many atoms they were read from.
    regions: RefCell<(usize, Vec<&'static str>)>,
}

/// The key that says where a request comes from.
const ADDRESS: &str = "aws:sourceip";
/// Those that say when it is sent, or when the caller signed in.
const TIMES: &[&str] = &["aws:currenttime", "aws:epochtime", "aws:tokenissuetime"];

/// When a request is sent, by somebody who has just signed in, and from where; none if that makes no difference.
#[derive(Clone, Copy, Debug)]
pub(in crate::lint) struct RequestOrigin {
    seconds: Option<f64>,
    address: Option<IpAddr>,
}

impl RequestOrigin {
    /// The values of condition keys.
    pub(in crate::lint) fn values(&self) -> impl Iterator<Item = (String, Vec<Vec<Symbol>>)> {
        let value = |key: &str, text: String| {
            let symbols = text.chars().map(Symbol::Char).collect();
            (key.to_owned(), vec![symbols])
        };
        let times = self.seconds.into_iter().flat_map(move |seconds| {
            let of_key = move |key: &&'static str| match *key {
                "aws:epochtime" => value(key, seconds.to_string()),
                _ => value(key, written(seconds)),
            };
            TIMES.iter().map(of_key)
        });
        let address = self.address.into_iter();
        times.chain(address.map(move |address| value(ADDRESS, address.to_string())))
    }
}

/// What is known of the account of a document.
#[derive(Clone)]
pub(in crate::lint) struct DocumentHome {
    own: String,
    own_id: OwnId,
    values: Rc<Values>,
}

impl PolicyEngine {
    /// The engine of an organization.
    pub(in crate::lint) fn of(organization: &Organization) -> Self {
        let accounts = organization.accounts.iter();
        let accounts = accounts.map(|account| {
            let id = account.account_id.as_deref();
            let id = id.map(|id| id.replace(OWN, ELSEWHERE));
            (account.logical_id.clone(), id)
        });
        Self {
            accounts: accounts.collect(),
            ..Self::default()
        }
    }

    /// What these permissions decide about this request.
    pub(in crate::lint) fn decides(
        &self,
        permissions: &Permissions,
        request: &Request,
    ) -> Decision {
        evaluate(&self.atoms.borrow(), permissions, request)
    }

    /// Whether a variable of IAM's is in it.
    pub(in crate::lint) fn has_variable(&self, symbols: &[Symbol]) -> bool {
        let names = self.names.borrow();
        symbols.iter().any(|symbol| match symbol {
            Symbol::Unknown(number) => names.variable(*number).is_some(),
            _ => false,
        })
    }

    /// `symbols` as people write them, with [`OWN`] for the own account.
    pub(in crate::lint) fn spelled(&self, symbols: &[Symbol]) -> String {
        self.names.borrow().spell(symbols)
    }

    /// A region for each that the conditions of what was read tell apart, and one that they do not name; none if
    /// there is no such condition.
    pub(in crate::lint) fn regions(&self) -> Vec<&'static str> {
        let count = self.atoms.borrow().count();
        let mut known = self.regions.borrow_mut();
        if known.0 != count {
            *known = (count, self.regions_of_atoms());
        }
        known.1.clone()
    }

    /// Where and when calls may come from, as far as the conditions of what was read tell that apart: of the times, those
    /// that are still to come for the program.
    pub(in crate::lint) fn origins(&self) -> Vec<RequestOrigin> {
        let atoms = self.atoms.borrow();
        let atoms: Vec<&Atom> = (0..).map_while(|at| atoms.get(at)).collect();
        let (times, addresses) = (times(&atoms), addresses(&atoms));
        let pairs = times.iter().flat_map(|seconds| {
            let addresses = addresses.iter();
            addresses.map(move |address| RequestOrigin {
                seconds: *seconds,
                address: *address,
            })
        });
        pairs.take(MOST_ORIGINS).collect()
    }

    /// The patterns of managed policies that conditions name.
    pub(in crate::lint) fn attached_patterns(&self) -> Vec<Glob> {
        let atoms = self.atoms.borrow();
        let atoms = (0..).map_while(|at| atoms.get(at));
        let named = atoms.filter(|atom| atom.key == "iam:policyarn");
        let mut found: Vec<Glob> = named.flat_map(|atom| atom.test.globs().to_vec()).collect();
        found.sort();
        found.dedup();
        found
    }

    fn regions_of_atoms(&self) -> Vec<&'static str> {
        let atoms = self.atoms.borrow();
        let atoms = (0..).map_while(|at| atoms.get(at));
        let named = atoms.filter(|atom| atom.key == "aws:requestedregion");
        let named: Vec<&Glob> = named.flat_map(|atom| atom.test.globs()).collect();
        if named.is_empty() {
            return Vec::new();
        }
        let is = |glob: &&Glob, region: &str| glob.matches(&Glob::literal(region).symbols);
        let of_aws = || {
            let known = REGIONS.iter().copied();
            known.filter(|region| partition(region) == "aws")
        };
        let each = named
            .iter()
            .filter_map(|glob| of_aws().find(|region| is(glob, region)));
        let other = of_aws().find(|region| !named.iter().any(|glob| is(glob, region)));
        let regions: BTreeSet<&'static str> = each.chain(other).collect();
        regions.into_iter().collect()
    }

    /// `symbols` as they are shown.
    pub(in crate::lint) fn shown(&self, symbols: &[Symbol]) -> String {
        let text = self.spelled(symbols).replace(OWN, "${AWS::AccountId}");
        text.replace(ELSEWHERE, OWN)
    }

    /// The symbols of a text, `${...}` in place as in `Fn::Sub`.
    pub(in crate::lint) fn symbols(
        &self,
        home: &DocumentHome,
        data: &Data,
        reading: Reading,
    ) -> Vec<Symbol> {
        self.reader(home).symbols(&of_others(data), reading)
    }

    fn reader<'a>(&'a self, home: &DocumentHome) -> Reader<'a> {
        Reader {
            has_variables: true,
            own: Some(home.own.clone()),
            own_id: home.own_id.clone(),
            region: None,
            accounts: &self.accounts,
            values: Rc::clone(&home.values),
            names: &self.names,
        }
    }

    /// The statements of a document as `iam` reads them.
    pub(in crate::lint) fn read(
        &self,
        home: &DocumentHome,
        document: &Data,
        kind: DocumentKind,
    ) -> Vec<Statement> {
        let reader = self.reader(home);
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        documents.statements(&of_others(document), "", kind)
    }

    /// The statement, of which it is not known whether it applies.
    pub(in crate::lint) fn perhaps(&self, mut statement: Statement) -> Statement {
        let why = "whether the policy is attached is not known".to_owned();
        let atom = Atom::of_policies(Test::NotKnown, why.clone(), why);
        statement.grant.literals.push(Literal {
            atom: self.atoms.borrow_mut().number(atom),
            holds: true,
        });
        statement.grant.literals.sort_unstable();
        statement
    }

    /// What is known of what is created in `accounts`; `None` is anywhere.
    pub(in crate::lint) fn home(
        &self,
        accounts: Option<&[String]>,
        values: &Rc<Values>,
    ) -> DocumentHome {
        let values = Rc::clone(values);
        match accounts {
            Some([name]) => DocumentHome {
                own: name.clone(),
                own_id: OwnId::Mark(self.accounts.get(name).cloned().flatten()),
                values,
            },
            _ => DocumentHome {
                own: String::new(),
                own_id: OwnId::Mark(None),
                values,
            },
        }
    }
}

/// So many origins are tried.
const MOST_ORIGINS: usize = 64;

/// A time near each that conditions name, and one after all.
fn times(atoms: &[&Atom]) -> Vec<Option<f64>> {
    let named = atoms
        .iter()
        .filter(|atom| TIMES.contains(&atom.key.as_str()));
    let bounds = named.flat_map(|atom| match &atom.test {
        Test::Date(_, bounds) | Test::Number(_, bounds) => bounds.as_slice(),
        _ => &[],
    });
    let bounds: Vec<f64> = bounds.copied().collect();
    if bounds.is_empty() {
        return vec![None];
    }
    let begin = seconds(managed_policies().date()).unwrap_or_default();
    let last = bounds.iter().copied().fold(begin, f64::max);
    let near = bounds.iter().flat_map(|bound| [bound - 1.0, bound + 1.0]);
    let all = std::iter::once(last + 1.0).chain(near);
    let all = all.map(f64::floor).filter(|time| *time > begin);
    all.map(Some).collect()
}

/// An address of each network that conditions name, and one that is in none of them.
fn addresses(atoms: &[&Atom]) -> Vec<Option<IpAddr>> {
    let named = atoms.iter().filter(|atom| atom.key == ADDRESS);
    let networks = named.flat_map(|atom| match &atom.test {
        Test::Network(networks) => networks.as_slice(),
        _ => &[],
    });
    let networks: Vec<(IpAddr, u8)> = networks.copied().collect();
    if networks.is_empty() {
        return vec![None];
    }
    let mut others = OTHERS.iter().map(|address| IpAddr::from(*address));
    let is_outside = |address: &IpAddr| !networks.iter().any(|own| contains(*own, *address));
    let outside = others.find(is_outside);
    let each = networks.iter().map(|(address, _)| *address);
    each.chain(outside).map(Some).collect()
}

/// Addresses of nobody: those of documents (RFC 5737).
const OTHERS: &[[u8; 4]] = &[[192, 0, 2, 1], [198, 51, 100, 1], [203, 0, 113, 1]];

/// What stands for an account of others that has the id [`OWN`], which stands for the own one.
const ELSEWHERE: &str = "999999999990";

/// `data`, in which [`OWN`] is the account that has this id.
fn of_others(data: &Data) -> Cow<'_, Data> {
    without_mark(data).map_or(Cow::Borrowed(data), Cow::Owned)
}

/// The data without [`OWN`]; `None` if it is without it already.
fn without_mark(data: &Data) -> Option<Data> {
    match data {
        Data::Text(text) => text_without_mark(text).map(Data::Text),
        Data::Number(text) => text_without_mark(text).map(Data::Number),
        Data::List(items) => replaced(items, without_mark).map(Data::List),
        Data::Unordered(Unordered(items)) => {
            let items = replaced(items, without_mark);
            items.map(|items| Data::Unordered(Unordered(items)))
        }
        Data::Map(entries) => {
            let entries = replaced(entries, |(key, value)| {
                match (text_without_mark(key), without_mark(value)) {
                    (None, None) => None,
                    (new_key, new) => Some((
                        new_key.unwrap_or_else(|| key.clone()),
                        new.unwrap_or_else(|| value.clone()),
                    )),
                }
            });
            entries.map(Data::Map)
        }
        _ => None,
    }
}

fn text_without_mark(text: &str) -> Option<String> {
    let own = enumerated(text);
    let replaced = |text: &str| text.replace(OWN, ELSEWHERE);
    match own {
        Some(own) => Some(replaced(own)),
        None => text.contains(OWN).then(|| replaced(text)),
    }
}

/// What OrgFormation writes once for each account or region of a binding, in which `${account}` and `${region}` are
/// not known: `Fn::EnumTargetAccounts Targets arn:aws:iam::${account}:root` (`src/cfn-binder/cfn-template.ts`).
fn enumerated(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("Fn::EnumTarget")?;
    let rest = rest
        .strip_prefix("Accounts ")
        .or_else(|| rest.strip_prefix("Regions "))?;
    let rest = rest.trim();
    let is_alone = rest.starts_with(['\'', '"', '$']);
    let own = if is_alone {
        rest
    } else {
        rest.split_once(' ')?.1
    };
    Some(own.trim_matches(['\'', '"', ' ']))
}

/// The items with those in place that `new` has another one for; `None` if that is none.
fn replaced<T: Clone>(items: &[T], new: impl Fn(&T) -> Option<T>) -> Option<Vec<T>> {
    let mut each = items.iter().enumerate();
    let (at, first) = each.find_map(|(at, item)| Some((at, new(item)?)))?;
    let (before, _) = items.split_at(at);
    let mut all = before.to_vec();
    all.push(first);
    all.extend(each.map(|(_, item)| new(item).unwrap_or_else(|| item.clone())));
    Some(all)
}
