//! `evaluate` and `can` against the oracle, on random policies and requests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::iam::RequestKind;
use crate::iam::can::{Answer, can};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::request::{self, Requests};
use crate::iam::tests::differential::{
    ACTIONS, Asked, Engine, Policies, Random, context_of, contexts, pair, spelled, statement, with,
};
use crate::iam::tests::oracle::{self, Context, Request};
use crate::template::symbol::Symbol;

const RESOURCES: &[&str] = &[
    "*", "a", "b", "A", "B", "x", "aa", "ab", "aab", "xa", "bab", "ax", "Bx", "abb",
];
const KEYS: &[&str] = &[
    "aws:sourcevpc",
    "aws:principaltag/t",
    "s:max",
    "aws:tagkeys",
];

/// The oracle's answer, with the boundary.
fn decided(asked: &Asked, request: &Request<'_>) -> oracle::Decision {
    let own = oracle::decide([&asked.own], request);
    let bounds = asked.boundary.as_ref();
    match (own, bounds.map(|bounds| oracle::decide([bounds], request))) {
        (oracle::Decision::Denied, _) | (_, Some(oracle::Decision::Denied)) => {
            oracle::Decision::Denied
        }
        (own, None | Some(oracle::Decision::Allowed)) => own,
        _ => oracle::Decision::NotAllowed,
    }
}

fn symbols(text: &str) -> Vec<Symbol> {
    text.chars().map(Symbol::Char).collect()
}

/// The same request; what the context does not have is missing, but for the key `unknown`.
fn asked(action: &str, resource: &str, context: &Context, unknown: &str) -> request::Request {
    let values = |key: &&str| {
        let values = context.0.get(*key).cloned().unwrap_or_default();
        let values = values.iter().map(|value| symbols(value)).collect();
        ((*key).to_owned(), values)
    };
    let keys = KEYS.iter().filter(|key| **key != unknown);
    request::Request {
        action: action.to_owned(),
        target: symbols(resource),
        context: keys.map(values).collect(),
        given: Vec::new(),
    }
}

fn decide(engine: &Engine, policies: &Policies, request: &request::Request) -> Decision {
    let permissions = engine.permissions(policies);
    engine.judge(|judge| evaluate(&judge.atoms.borrow(), &permissions, request))
}

#[test]
fn a_decision_is_the_oracles_where_all_is_known() {
    let mut random = Random(0xabcd);
    let all = contexts(|_| true);
    let mut counts = [0; 3];
    for _ in 0..2_000 {
        let (_, policies) = pair(&mut random);
        let engine = Engine::new();
        let read = policies.read();
        for _ in 0..5 {
            let (action, _) = ACTIONS[random.below(ACTIONS.len())];
            let resource = random.pick(RESOURCES);
            let context = &all[random.below(all.len())];
            let request = Request {
                action,
                resource,
                context,
            };
            let expected = decided(&read, &request);
            let decision = decide(&engine, &policies, &asked(action, resource, context, ""));
            let is_same = match (&decision, expected) {
                (Decision::Allowed(_), oracle::Decision::Allowed) => 0,
                (Decision::Denied(_), oracle::Decision::Denied) => 1,
                (Decision::NotAllowed, oracle::Decision::NotAllowed) => 2,
                _ => panic!("{decision:?}, not {expected:?}: {request:?}\n{policies:?}"),
            };
            counts[is_same] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 1_000), "{counts:?}");
}

/// A value of the policies and a key of the request are not known.
#[test]
fn a_decision_holds_for_every_value_that_is_not_known() {
    let named = |value: &str| {
        [
            ("ab", format!("a{value}")),
            ("A", value.to_owned()),
            ("B?*", format!("{value}*")),
            ("*b*", format!("*{value}")),
        ]
    };
    let mut random = Random(0xdcba);
    let all = contexts(|_| true);
    let (mut sure, mut undecided) = (0, 0);
    for _ in 0..2_000 {
        let (_, policies) = pair(&mut random);
        let engine = Engine::new();
        let unknown = with(&policies, &named("${aws:username}"));
        let (action, _) = ACTIONS[random.below(ACTIONS.len())];
        let resource = random.pick(RESOURCES);
        let key = random.pick(KEYS);
        let context = &all[random.below(all.len())];
        let decision = decide(&engine, &unknown, &asked(action, resource, context, key));
        if let Decision::Undecided(_) = decision {
            undecided += 1;
            continue;
        }
        sure += 1;
        let given = context.0.iter().filter(|(name, _)| name.as_str() != key);
        let given: BTreeMap<String, Vec<String>> = given
            .map(|(name, values)| (name.clone(), values.clone()))
            .collect();
        let is_like = |other: &&Context| {
            KEYS.iter()
                .all(|name| *name == key || other.0.get(*name) == given.get(*name))
        };
        for value in ["a", "b", "ab", "x"] {
            let policies = with(&policies, &named(value));
            let read = policies.read();
            for context in all.iter().filter(is_like) {
                let request = Request {
                    action,
                    resource,
                    context,
                };
                let expected = decided(&read, &request);
                let is_same = match decision {
                    Decision::Allowed(_) => expected == oracle::Decision::Allowed,
                    Decision::Denied(_) => expected == oracle::Decision::Denied,
                    _ => expected != oracle::Decision::Allowed,
                };
                assert!(
                    is_same,
                    "{decision:?}, not {expected:?}: {request:?}\n{policies:?}"
                );
            }
        }
    }
    assert!(sure > 500 && undecided > 200, "{sure} {undecided}");
}

/// What allows `scope` and nothing else.
fn only(scope: &Value) -> Policies {
    Policies {
        statements: vec![scope.clone()],
        boundary: None,
    }
}

#[test]
fn what_can_be_done_is_what_some_request_may() {
    let mut random = Random(0x1234);
    let all = contexts(|_| true);
    let mut counts = [0; 3];
    for _ in 0..1_500 {
        let (_, policies) = pair(&mut random);
        let mut scope = statement(&mut random);
        scope["Effect"] = json!("Allow");
        let engine = Engine::new();
        let permissions = engine.permissions(&policies);
        let requests = Requests {
            kind: RequestKind::Call,
            reach: request::RequestReach::Anywhere,
            grant: engine.permissions(&only(&scope)).allow[0].grant.clone(),
        };
        let answer = engine.judge(|judge| can(judge, &permissions, &requests));
        let (read, scoped) = (policies.read(), only(&scope).read());
        match answer {
            Answer::Undecided(_) => counts[2] += 1,
            Answer::Allowed(found) => {
                counts[0] += 1;
                let witness = found[0].witness.as_ref().unwrap();
                let context = context_of(witness);
                let request = Request {
                    action: &witness.action,
                    resource: &spelled(&witness.target),
                    context: &context,
                };
                let is_confirmed = read.allow(&request) && scoped.allow(&request);
                assert!(is_confirmed, "{witness:?}\n{scope}\n{policies:?}");
            }
            Answer::NotAllowed => {
                counts[1] += 1;
                for _ in 0..40 {
                    let (action, universe) = ACTIONS[random.below(ACTIONS.len())];
                    let resource = random.pick(RESOURCES);
                    let is_none = action == "s:List" && resource != "*";
                    if is_none || !oracle::glob(universe, resource) {
                        continue;
                    }
                    let request = Request {
                        action,
                        resource,
                        context: &all[random.below(all.len())],
                    };
                    assert!(
                        !read.allow(&request) || !scoped.allow(&request),
                        "missed: {request:?}\n{scope}\n{policies:?}"
                    );
                }
            }
        }
    }
    // Where all is known, next to nothing is undecided.
    let [allowed, none, undecided] = counts;
    assert!(allowed > 300 && none > 200 && undecided < 100, "{counts:?}");
}
