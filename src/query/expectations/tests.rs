//! Proofs of the example's expectations, tried with random requests, and with holes put into its file.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::aws::actions::reference;
use crate::aws::wildcard::matches;
use crate::cli::{Input, InputContext};
use crate::diff::access::comparer::AccessContext;
use crate::diff::access::reading::ReadPair;
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::{Request, RequestReach};
use crate::iam::statement::Statement;
use crate::query::asked::{AskedFile, AskedTemplate, Member};
use crate::query::expectations::examine::TestRun;
use crate::query::expectations::expectation::{Expectation, ExpectationClaim};
use crate::query::expectations::read::read;
use crate::query::expectations::report::{TestFileReport, TestVerdict};
use crate::query::question::AccessQuestion;
use crate::query::requests::requests;
use crate::template::resolve::OWN;
use crate::template::symbol::Symbol;
use crate::workspace::{self, sources};
use crate::yaml::lookup::Library;

#[path = "../../../tests/escalation/holes.rs"]
#[allow(dead_code, unreachable_pub, reason = "others use the rest")]
mod holes;

const EXAMPLE: &str = "org/roles.src.yml";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The expectations of a test file.
fn expectations(path: &str) -> Vec<Expectation> {
    let mut library = Library::default();
    let file = sources::read_template(&mut library, &root().join(path)).unwrap();
    read(&library, file).unwrap()
}

/// Asks what the template at `path` expands to, after an edit.
fn asked<T>(
    path: &str,
    edit: &dyn Fn(&str) -> String,
    then: impl FnOnce(&AskedFile<'_>) -> T,
) -> T {
    let input = Input {
        templates: Vec::new(),
        with: InputContext::default(),
    };
    let mut template = workspace::template_at(root().join(path), &input);
    let expansion = template.expand().unwrap();
    let text = edit(&expansion.text.to_text());
    let macros = expansion.planned.macros.iter();
    let macros: Vec<_> = macros.map(|planned| (&planned.plan, 1)).collect();
    let known = AccessContext {
        macros: &macros,
        ..AccessContext::of(&expansion.planned.organization)
    };
    let read = ReadPair::read(None, &text, &known);
    let template = AskedTemplate {
        read: &read,
        known: &known,
        source: path,
        line: &|_| None,
        partial: &|_, _| None,
    };
    then(&AskedFile::of(&template).unwrap())
}

fn report(expectations: &[Expectation], asked: &AskedFile<'_>) -> TestFileReport {
    let mut run = TestRun::new(expectations);
    run.add(asked);
    run.finish("org/roles.test.yml".to_owned()).unwrap()
}

/// The names of the expectations that are not met.
fn unmet(report: &TestFileReport) -> Vec<&str> {
    let results = report.results.iter();
    let unmet = results.filter(|result| result.verdict() != TestVerdict::Passed);
    unmet.map(|result| result.name.as_str()).collect()
}

/// Every hole that the tests of escalation put into the example is found by one of its expectations, and
/// without a hole, all are met.
#[test]
fn holes_in_the_example_are_found() {
    let expectations = expectations("org/roles.test.yml");
    asked(EXAMPLE, &str::to_owned, |asked| {
        let report = report(&expectations, asked);
        assert_eq!(unmet(&report), Vec::<&str>::new());
    });
    let mut missed = Vec::new();
    let mut tried = 0;
    for hole in holes::HOLES
        .iter()
        .filter(|hole| hole.file == holes::File::Example)
    {
        let edit = |text: &str| {
            let edits = hole.edits.iter();
            edits.fold(text.to_owned(), |text, edit| edit.apply(&text))
        };
        tried += 1;
        let is_found = asked(EXAMPLE, &edit, |asked| {
            let mut each = expectations.chunks(1);
            each.any(|one| !unmet(&report(one, asked)).is_empty())
        });
        if !is_found {
            missed.push(format!("{:?}", hole.edits));
        }
    }
    assert!(tried >= 15, "only {tried} holes");
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }

    /// A text that a pattern matches.
    fn filled(&mut self, glob: &Glob) -> Vec<Symbol> {
        let mut text = Vec::new();
        for symbol in &glob.symbols {
            match symbol {
                Symbol::Any => {
                    let piece =
                        *self.one_of(&["", "x", "prod", "bookshop-", "-DeployerRole", "a/b"]);
                    text.extend(piece.chars().map(Symbol::Char));
                }
                Symbol::One => text.push(Symbol::Char(*self.one_of(&['x', '7']))),
                other => text.push(*other),
            }
        }
        text
    }
}

/// How many random requests are tried for each principal and expectation.
const REQUESTS: usize = 1_000;

/// What random requests are made of.
struct Vocabulary<'a> {
    actions: &'a [String],
    targets: Vec<Glob>,
    /// Condition keys with values that conditions compare with.
    keys: Vec<(String, Vec<Glob>)>,
}

/// The actions that questions are about.
fn actions(questions: &[AccessQuestion]) -> Vec<String> {
    let mut actions: Vec<String> = Vec::new();
    for service in reference().names() {
        let known = reference().service(service).unwrap();
        let names = known.actions.iter();
        let names = names.map(|one| format!("{service}:{}", one.name));
        actions.extend(names.filter(|name| {
            let lower = name.to_ascii_lowercase();
            let mut questions = questions.iter();
            questions.any(|one| matches(&one.action.to_ascii_lowercase(), &lower))
        }));
    }
    actions
}

impl<'a> Vocabulary<'a> {
    fn of(
        asked: &AskedFile<'_>,
        permissions: &Permissions,
        (questions, actions): (&[AccessQuestion], &'a [String]),
    ) -> Self {
        let boundary = permissions.boundary.iter();
        let boundary = boundary.flat_map(|own| own.allow.iter().chain(&own.deny));
        let statements = permissions.allow.iter().chain(&permissions.deny);
        let globs = statements.chain(boundary);
        let globs = globs.flat_map(|one| one.grant.resources.globs.iter().cloned());
        let asked_globs = questions.iter().map(|one| Glob::of(&one.resource));
        let mut keys: BTreeMap<String, Vec<Glob>> = BTreeMap::new();
        let atoms = asked.file.atoms().borrow();
        for atom in (0..).map_while(|at| atoms.get(at)) {
            let values = keys.entry(atom.key.clone()).or_default();
            values.extend(atom.test.globs().iter().cloned());
        }
        keys.remove("");
        Self {
            actions,
            targets: globs.chain(asked_globs).collect(),
            keys: keys.into_iter().collect(),
        }
    }

    fn request(&self, dice: &mut Dice) -> Request {
        let mut context = BTreeMap::new();
        for (key, values) in &self.keys {
            let value = match dice.roll(4) {
                0 => Vec::new(),
                1 => vec![Glob::literal("x").symbols],
                _ if values.is_empty() => vec![Glob::literal("true").symbols],
                _ => {
                    let glob = dice.one_of(values);
                    vec![dice.filled(glob)]
                }
            };
            context.insert(key.clone(), value);
        }
        let target = dice.one_of(&self.targets);
        Request {
            action: dice.one_of(self.actions).clone(),
            target: dice.filled(target),
            context,
            given: Vec::new(),
        }
    }
}

/// Whether a resource is one of the principal's account.
fn is_own(target: &[Symbol]) -> bool {
    let fields: Vec<&[Symbol]> = target.split(|one| *one == Symbol::Char(':')).collect();
    let own = Glob::literal(OWN).symbols;
    fields
        .get(4)
        .is_none_or(|account| account.is_empty() || *account == own)
}

/// How many random requests of some questions are allowed to `member`.
fn allowed(
    asked: &AskedFile<'_>,
    member: &Member,
    (questions, actions): (&[AccessQuestion], &[String]),
) -> usize {
    let principal = asked.principal(member).unwrap();
    let calls = asked.file.applied(principal, &member.own_id).calls;
    let id = member.identity.account_id.clone().unwrap();
    let vocabulary = Vocabulary::of(asked, &calls, (questions, actions));
    let text = |text: &str| text.replace(&id, OWN);
    let reach = RequestReach::OwnAccount;
    let asked_for = questions.iter().map(|question| {
        let all = requests(asked.file.atoms(), question, &text, reach);
        Permissions {
            allow: vec![Statement::of(all.grant)],
            ..Permissions::default()
        }
    });
    let asked_for: Vec<Permissions> = asked_for.collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut found = 0;
    for _ in 0..REQUESTS {
        let request = vocabulary.request(&mut dice);
        let atoms = asked.file.atoms().borrow();
        let is_allowed =
            |by: &Permissions| matches!(evaluate(&atoms, by, &request), Decision::Allowed(_));
        let is_found =
            is_own(&request.target) && is_allowed(&calls) && asked_for.iter().any(is_allowed);
        found += usize::from(is_found);
    }
    found
}

/// No random request of a `never` that is proved is allowed, and some are of what is not proved.
#[test]
fn random_requests_are_not_allowed_where_that_is_proved() {
    let expectations = expectations("org/roles.test.yml");
    let (mut proofs, mut others) = (0, 0);
    asked(EXAMPLE, &str::to_owned, |asked| {
        for expectation in &expectations {
            let ExpectationClaim::Never(questions) = &expectation.claim else {
                continue;
            };
            // What is asked of everybody is not proved of everybody without its exceptions.
            let never = asked.never(questions, &|_| true);
            let actions = actions(questions);
            let mut classes = BTreeSet::new();
            let members = asked.members().iter();
            for member in members.filter(|member| classes.insert(member.class)) {
                let found = allowed(asked, member, (questions, &actions));
                if never.contains(&member.at) {
                    proofs += 1;
                    let name = &member.identity.name;
                    assert_eq!(found, 0, "{}: {name}", expectation.name.value);
                } else {
                    others += usize::from(found > 0);
                }
            }
        }
    });
    assert!(proofs >= 40, "only {proofs} proofs");
    assert!(others >= 5, "only {others} principals that may");
}
