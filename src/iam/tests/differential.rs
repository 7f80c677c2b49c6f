//! Random policy pairs, decided by the engine and asked of `oracle`.
//!
//! Every witness must be refused by the old side and allowed by the new one; where the engine
//! says that nothing is gained, many requests are tried, and none may be. That the test would
//! notice is tested as well: the engine is given a part of the policies only, as if it had
//! overlooked the rest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use foldhash::HashMap;
use serde_json::{Value, json};

use crate::aws::actions::Reference;
use crate::iam::Certainty;
use crate::iam::condition::Atoms;
use crate::iam::difference::universe::Home;
use crate::iam::difference::{CrossRegion, Judge, NewAccess, difference};
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::facts::KnownSide;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::{self, RequestKind};
use crate::iam::tests::oracle::{self, Context, Document, Request};
use crate::template::read;
use crate::template::resolve::{Names, OwnId, Reader};
use crate::template::symbol::Symbol;

/// How many pairs of policies are compared.
const PAIRS: usize = 20_000;

/// Three actions of two services: for any resource, for some, and for none.
const REFERENCE: &str = "2026-01-01\n@s\n=%\n=a%\nR Get 0\nW Put 1\nL List *\n@t\n=%\nW Set 0\n";
pub(super) const ACTIONS: &[(&str, &str)] = &[
    ("s:Get", "?*"),
    ("s:Put", "a?*"),
    ("s:List", "*"),
    ("t:Set", "?*"),
];

/// Documents of a principal, as JSON.
#[derive(Clone, Debug)]
pub(super) struct Policies {
    pub(super) statements: Vec<Value>,
    pub(super) boundary: Option<Vec<Value>>,
}

/// The same, as the oracle reads them.
pub(super) struct Asked {
    pub(super) own: Document,
    pub(super) boundary: Option<Document>,
}

impl Policies {
    pub(super) fn read(&self) -> Asked {
        let read = |statements: &Vec<Value>| Document::parse(&json!({ "Statement": statements }));
        Asked {
            own: read(&self.statements),
            boundary: self.boundary.as_ref().map(read),
        }
    }
}

impl Asked {
    pub(super) fn allow(&self, request: &Request<'_>) -> bool {
        oracle::allow([&self.own], self.boundary.as_ref(), request)
    }
}

pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub(super) fn some(&mut self, of: &[&str], most: usize) -> Value {
        let count = 1 + self.below(most);
        (0..count).map(|_| json!(self.pick(of))).collect()
    }
}

const ACTION_PATTERNS: &[&str] = &[
    "*", "s:*", "s:Get", "S:get", "s:?et", "s:G*", "s:Put", "s:List", "t:*", "t:Set", "s:*t",
    "T:S*",
];
const RESOURCE_PATTERNS: &[&str] = &[
    "*", "a*", "*a", "a", "A", "b", "ab", "a?", "?", "*b*", "aa*", "A*", "a*b", "??", "B?*",
];

pub(super) fn statement(random: &mut Random) -> Value {
    let mut statement = json!({ "Effect": if random.chance(30) { "Deny" } else { "Allow" } });
    let key = if random.chance(12) {
        "NotAction"
    } else {
        "Action"
    };
    statement[key] = random.some(ACTION_PATTERNS, 3);
    let key = if random.chance(12) {
        "NotResource"
    } else {
        "Resource"
    };
    statement[key] = random.some(RESOURCE_PATTERNS, 3);
    if random.chance(45) {
        let mut condition = json!({});
        for _ in 0..=random.below(2) {
            let (operator, key, values) = condition_of(random);
            condition[operator][key] = values;
        }
        statement["Condition"] = condition;
    }
    statement
}

const VALUES: &[&str] = &["p", "q", "pq", "P"];
const VALUE_PATTERNS: &[&str] = &["p*", "*", "q", "?", "p?"];

fn condition_of(random: &mut Random) -> (&'static str, &'static str, Value) {
    let key = random.pick(&["aws:SourceVpc", "aws:sourcevpc", "aws:PrincipalTag/t"]);
    match random.below(10) {
        0 | 1 => ("StringEquals", key, random.some(VALUES, 2)),
        2 => ("StringNotEquals", key, random.some(VALUES, 2)),
        3 => ("StringLike", key, random.some(VALUE_PATTERNS, 2)),
        4 => ("StringNotLike", key, random.some(VALUE_PATTERNS, 2)),
        5 => ("StringEqualsIfExists", key, random.some(VALUES, 2)),
        6 => ("StringEqualsIgnoreCase", key, random.some(VALUES, 2)),
        7 => ("Null", key, json!(random.pick(&["true", "false"]))),
        8 => ("NumericLessThan", "s:max", json!(random.pick(&["3", "7"]))),
        _ => (
            random.pick(&["ForAnyValue:StringEquals", "ForAllValues:StringEquals"]),
            "aws:TagKeys",
            random.some(&["u", "v"], 2),
        ),
    }
}

fn statements(random: &mut Random) -> Vec<Value> {
    (0..=random.below(4)).map(|_| statement(random)).collect()
}

/// The other side: often the same with little changed, as people change policies.
fn changed(random: &mut Random, old: &[Value]) -> Vec<Value> {
    let mut new = old.to_vec();
    match random.below(6) {
        0 => return statements(random),
        1 => new.push(statement(random)),
        2 => drop(new.remove(random.below(old.len()))),
        3 => {
            let at = random.below(old.len());
            new[at].as_object_mut().unwrap().remove("Condition");
        }
        4 => {
            let at = random.below(old.len());
            let key = if new[at].get("Resource").is_some() {
                "Resource"
            } else {
                "NotResource"
            };
            new[at][key] = random.some(RESOURCE_PATTERNS, 3);
        }
        _ => {
            let at = random.below(old.len());
            let key = if new[at].get("Action").is_some() {
                "Action"
            } else {
                "NotAction"
            };
            new[at][key] = random.some(ACTION_PATTERNS, 3);
            new.reverse();
        }
    }
    new
}

pub(super) fn pair(random: &mut Random) -> (Policies, Policies) {
    let old = statements(random);
    let new = changed(random, &old);
    let boundary = random.chance(20).then(|| statements(random));
    let other = match random.below(4) {
        0 => None,
        1 => boundary.as_ref().map(|boundary| changed(random, boundary)),
        _ => boundary.clone(),
    };
    let side = |statements, boundary| Policies {
        statements,
        boundary,
    };
    (side(old, boundary), side(new, other))
}

/// The engine with a reference of its own.
pub(super) struct Engine {
    reference: Reference,
    names: RefCell<Names>,
    atoms: RefCell<Atoms>,
    accounts: HashMap<String, Option<String>>,
}

impl Engine {
    pub(super) fn new() -> Self {
        Self {
            reference: Reference::of(REFERENCE.to_owned()),
            names: RefCell::default(),
            atoms: RefCell::default(),
            accounts: HashMap::default(),
        }
    }

    pub(super) fn permissions(&self, policies: &Policies) -> Permissions {
        let reader = Reader {
            has_variables: true,
            own: None,
            own_id: OwnId::Mark(None),
            region: None,
            accounts: &self.accounts,
            values: std::rc::Rc::default(),
            names: &self.names,
        };
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        let read = |statements: &Vec<Value>| {
            let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            let data = read::of_text(&text).unwrap();
            documents.statements(&data, "p", DocumentKind::Identity)
        };
        Permissions::new(
            read(&policies.statements),
            policies.boundary.as_ref().map(read),
        )
    }

    pub(super) fn difference(&self, old: &Policies, new: &Policies) -> Vec<NewAccess> {
        let (old, new) = (self.permissions(old), self.permissions(new));
        self.judge(|judge| {
            difference(
                judge,
                KnownSide::of(&old),
                KnownSide::of(&new),
                RequestKind::Call,
            )
        })
    }

    pub(super) fn judge<T>(&self, ask: impl FnOnce(&Judge<'_>) -> T) -> T {
        ask(&Judge {
            reference: &self.reference,
            atoms: &self.atoms,
            home: &Home {
                region: "r".to_owned(),
                account: Glob::literal("1").symbols,
            },
            cross_region: CrossRegion::MayBe,
        })
    }
}

pub(super) fn spelled(symbols: &[Symbol]) -> String {
    symbols
        .iter()
        .map(|symbol| match symbol {
            Symbol::Char(c) => *c,
            other => panic!("{other:?} in a text without anything unknown"),
        })
        .collect()
}

/// What a witness says, word by word: it lacks the keys that it says nothing of.
pub(super) fn context_of(witness: &request::Request) -> Context {
    let given = witness.context.iter();
    let given = given.filter(|(_, values)| !values.is_empty());
    let given = given.map(|(key, values)| {
        let values = values.iter().map(|value| spelled(value));
        (key.clone(), values.collect())
    });
    Context(given.collect())
}

/// Requests with each key that `speaks_of` accepts in every way.
pub(super) fn contexts(speaks_of: impl Fn(&str) -> bool) -> Vec<Context> {
    let mut contexts = vec![BTreeMap::new()];
    let keys: [(&str, &[&[&str]]); 4] = [
        ("aws:sourcevpc", &[&["p"], &["q"], &["pq"], &["P"], &["x"]]),
        (
            "aws:principaltag/t",
            &[&["p"], &["q"], &["pq"], &["P"], &["x"]],
        ),
        ("s:max", &[&["1"], &["5"], &["9"]]),
        (
            "aws:tagkeys",
            &[&["u"], &["v"], &["u", "v"], &["x"], &["u", "x"]],
        ),
    ];
    for (key, values) in keys.into_iter().filter(|(key, _)| speaks_of(key)) {
        let values = values.iter();
        let values = values.map(|one| Some(one.iter().map(|v| (*v).to_owned()).collect()));
        let values: Vec<Option<Vec<String>>> = std::iter::once(None).chain(values).collect();
        contexts = contexts
            .iter()
            .flat_map(|context| {
                values.iter().map(|value| {
                    let mut context = context.clone();
                    if let Some(value) = value {
                        context.insert(key.to_owned(), value.clone());
                    }
                    context
                })
            })
            .collect();
    }
    contexts.into_iter().map(Context).collect()
}

/// What a run over many pairs came to.
#[derive(Debug, Default)]
struct Tally {
    witnesses: usize,
    none: usize,
    probes: usize,
    maybe: usize,
    wrong: Vec<String>,
}

/// Decides `pairs` pairs, of which the engine sees what `shown` makes of them.
fn run(
    pairs: usize,
    seed: u64,
    shown: impl Fn(Policies, Policies) -> (Policies, Policies),
) -> Tally {
    let mut random = Random(seed);
    let mut tally = Tally::default();
    let all = contexts(|_| true);
    let mut resources: Vec<String> = vec!["a".into()];
    for a in ["", "a", "b", "A", "B", "x"] {
        for b in ["a", "b", "A", "x"] {
            resources.extend([format!("{a}{b}"), format!("{a}{b}a"), format!("{a}{b}b")]);
        }
    }
    let mut engine = Engine::new();
    for number in 0..pairs {
        if number % 500 == 0 {
            engine = Engine::new();
        }
        let (old, new) = pair(&mut random);
        let (seen_old, seen_new) = shown(old.clone(), new.clone());
        let gains = engine.difference(&seen_old, &seen_new);
        let (asked_old, asked_new) = (old.read(), new.read());
        let mut gained: Vec<&str> = Vec::new();
        for gain in &gains {
            gained.extend(gain.actions.iter().map(|action| action.name.as_str()));
            if gain.certainty != Certainty::Certain {
                tally.maybe += 1;
                continue;
            }
            tally.witnesses += 1;
            let witness = gain.witness.as_ref().unwrap();
            let context = context_of(witness);
            let request = Request {
                action: &witness.action,
                resource: &spelled(&witness.target),
                context: &context,
            };
            let is_confirmed = asked_new.allow(&request) && !asked_old.allow(&request);
            if !is_confirmed {
                tally
                    .wrong
                    .push(format!("no new access: {witness:?}\n{old:?}\n{new:?}"));
            }
        }
        for (action, universe) in ACTIONS
            .iter()
            .filter(|(action, _)| !gained.contains(action))
        {
            tally.none += 1;
            for _ in 0..24 {
                tally.probes += 1;
                let resource = match *action {
                    "s:List" => "*",
                    _ => resources[random.below(resources.len())].as_str(),
                };
                if !oracle::glob(universe, resource) {
                    continue;
                }
                let request = Request {
                    action,
                    resource,
                    context: &all[random.below(all.len())],
                };
                if asked_new.allow(&request) && !asked_old.allow(&request) {
                    tally
                        .wrong
                        .push(format!("missed: {request:?}\n{old:?}\n{new:?}"));
                    break;
                }
            }
        }
    }
    tally
}

fn agrees(seed: u64) {
    let pairs = PAIRS / 2;
    let tally = run(pairs, seed, |old, new| (old, new));
    assert!(
        tally.wrong.is_empty(),
        "{}: {}",
        tally.wrong.len(),
        tally.wrong[0]
    );
    assert!(tally.witnesses > pairs / 4 && tally.none > pairs && tally.probes > 20 * pairs);
}

#[test]
fn agrees_with_the_evaluator_on_random_pairs() {
    agrees(0x5eed);
}

/// The other half, at the same time.
#[test]
fn agrees_with_the_evaluator_on_other_random_pairs() {
    agrees(0xfeed);
}

fn each(policies: Policies, change: impl Fn(&mut Value)) -> Policies {
    let all = |mut statements: Vec<Value>| {
        statements.iter_mut().for_each(&change);
        statements
    };
    Policies {
        statements: all(policies.statements),
        boundary: policies.boundary.map(all),
    }
}

#[test]
fn would_notice_that_a_deny_of_the_old_side_is_overlooked() {
    let tally = run(1_000, 0x5eed, |mut old, new| {
        old.statements
            .retain(|statement| statement["Effect"] == "Allow");
        (old, new)
    });
    assert!(!tally.wrong.is_empty());
}

#[test]
fn would_notice_that_case_is_overlooked() {
    let lower = |statement: &mut Value| {
        for key in ["Resource", "NotResource"] {
            if let Some(value) = statement.get_mut(key) {
                *value = serde_json::from_str(&value.to_string().to_lowercase()).unwrap();
            }
        }
    };
    let tally = run(1_000, 0x5eed, |old, new| {
        (each(old, lower), each(new, lower))
    });
    assert!(!tally.wrong.is_empty());
}

#[test]
fn would_notice_that_a_condition_is_overlooked() {
    let without = |statement: &mut Value| {
        statement.as_object_mut().unwrap().remove("Condition");
    };
    let tally = run(1_000, 0x5eed, |old, new| (each(old, without), new));
    assert!(!tally.wrong.is_empty());
}

#[test]
fn would_notice_that_a_boundary_is_overlooked() {
    let tally = run(1_000, 0x5eed, |mut old, new| {
        old.boundary = None;
        (old, new)
    });
    assert!(!tally.wrong.is_empty());
}

/// `policies` with `by` in place of some resource patterns.
pub(super) fn with(policies: &Policies, by: &[(&str, String)]) -> Policies {
    let all = |statements: &Vec<Value>| -> Vec<Value> {
        let mut text = json!(statements).to_string();
        for (pattern, new) in by {
            text = text.replace(&format!("\"{pattern}\""), &format!("\"{new}\""));
        }
        serde_json::from_str(&text).unwrap()
    };
    Policies {
        statements: all(&policies.statements),
        boundary: policies.boundary.as_ref().map(all),
    }
}

/// Whatever a value is that is not known, what it gives is not missed.
#[test]
fn misses_nothing_where_a_value_is_not_known() {
    let named = |value: &str| {
        [
            ("ab", format!("a{value}")),
            ("A", value.to_owned()),
            ("B?*", format!("{value}*")),
            ("*b*", format!("*{value}")),
        ]
    };
    let mut random = Random(0xbeef);
    let (mut gained, mut none) = (0, 0);
    for _ in 0..3_000 {
        let (old, new) = pair(&mut random);
        let unknown = named("${aws:username}");
        let engine = Engine::new();
        let gains = engine.difference(&with(&old, &unknown), &with(&new, &unknown));
        let actions: Vec<&str> = gains
            .iter()
            .flat_map(|gain| gain.actions.iter().map(|action| action.name.as_str()))
            .collect();
        gained += usize::from(!gains.is_empty());
        for (action, universe) in ACTIONS.iter().filter(|(name, _)| !actions.contains(name)) {
            none += 1;
            for value in ["a", "b", "ab", "x"] {
                let (old, new) = (with(&old, &named(value)), with(&new, &named(value)));
                let (asked_old, asked_new) = (old.read(), new.read());
                let all = contexts(|key| key == "aws:sourcevpc");
                for resource in ["*", "a", "b", "aa", "ab", "aab", "xa", "x", "bab", "ax"] {
                    let is_none = *action == "s:List" && resource != "*";
                    if is_none || !oracle::glob(universe, resource) {
                        continue;
                    }
                    let request = Request {
                        action,
                        resource,
                        context: &all[random.below(all.len())],
                    };
                    assert!(
                        asked_old.allow(&request) || !asked_new.allow(&request),
                        "missed: {request:?} for {value}\n{old:?}\n{new:?}"
                    );
                }
            }
        }
    }
    assert!(gained > 500 && none > 3_000, "{gained} {none}");
}
