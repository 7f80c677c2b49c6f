//! What expectations find in templates.
//!
//! In: the expectations of a test file, and the templates that it is about, one after the other. Out: a
//! [`TestFileReport`]. Refuses expectations that name nobody.
//!
//! The hard part is speed: principals that are equal but for the account are decided once.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::diagnostic::{Diagnostic, Problems, Result};
use crate::diff::access::changes::Origin;
use crate::diff::access::unread::UnreadPower;
use crate::iam::PrincipalKind;
use crate::query::answer::{Assumer, Permitted, PrincipalAnswer};
use crate::query::asked::{AskedFile, Member};
use crate::query::expectations::expectation::{Expectation, ExpectationClaim};
use crate::query::expectations::external::{is_external, outside};
use crate::query::expectations::report::{
    ExpectationFailure, ExpectationResult, TestFileReport, TestVerdict,
};
use crate::query::expectations::selector::{Meant, TermKind, WhoSelector};
use crate::query::names::KnownNames;
use crate::query::question::{AccessQuestion, AskedKey};
use crate::query::requests::literals;
use crate::query::rules::UNKNOWN_PRINCIPAL;
use crate::query::through::{AccountUse, ExpectedAssumers, others};
use crate::source::Span;

/// The expectations of a test file, with what they found so far.
pub struct TestRun<'a> {
    expectations: &'a [Expectation],
    found: Vec<FoundOf>,
    names: KnownNames,
}

/// What the expectations of a test file found.
pub struct TestFindings {
    found: Vec<FoundOf>,
    names: KnownNames,
}

/// What one expectation found.
#[derive(Default)]
struct FoundOf {
    /// The places of the selectors and values that match somebody.
    met: HashSet<Span>,
    /// How many principals it is about.
    principals: usize,
    /// How many of them can make requests that say of the caller what it says.
    callers: usize,
    failures: Vec<ExpectationFailure>,
    /// The places of the doubts that a template settles.
    settled: HashSet<usize>,
}

/// Why `never` is not proved for everybody if somebody is not read.
const SETS: &str = "another permission set has its name, or what it is cannot be resolved";

impl<'a> TestRun<'a> {
    /// Nothing was found yet.
    pub fn new(expectations: &'a [Expectation]) -> Self {
        Self {
            expectations,
            found: expectations.iter().map(|_| FoundOf::default()).collect(),
            names: KnownNames::default(),
        }
    }

    /// What was found so far.
    pub fn findings(self) -> TestFindings {
        TestFindings {
            found: self.found,
            names: self.names,
        }
    }

    /// Adds what the same expectations found in other templates.
    pub fn join(&mut self, findings: TestFindings) {
        self.names.join(findings.names);
        for (own, other) in self.found.iter_mut().zip(findings.found) {
            own.met.extend(other.met);
            own.principals += other.principals;
            own.callers += other.callers;
            own.failures.extend(other.failures);
            own.settled.extend(other.settled);
        }
    }

    /// Adds what is found in a template.
    pub fn add(&mut self, asked: &AskedFile<'_>) {
        for member in asked.members() {
            self.names.add(&member.identity);
        }
        self.names.add_accounts(asked.organization());
        for (expectation, found) in self.expectations.iter().zip(&mut self.found) {
            let examined = ExaminedTemplate { asked, expectation };
            examined.add_to(found);
            let doubts = expectation.doubts.iter().enumerate();
            let settled = doubts.filter(|(_, doubt)| {
                doubt.is_settled_by(asked.template.read.text(), asked.organization())
            });
            found.settled.extend(settled.map(|(at, _)| at));
        }
    }

    /// What was found by the test file at `path`.
    ///
    /// # Errors
    ///
    /// `unknown-principal` for whoever is not in the templates, `unknown-condition-key` and `impossible-value`.
    pub fn finish(self, path: String) -> Result<TestFileReport> {
        let mut problems = Problems::default();
        let mut results = Vec::new();
        for (expectation, found) in self.expectations.iter().zip(self.found) {
            problems.extend(nobody(expectation, &found, &self.names));
            let doubts = expectation.doubts.iter().enumerate();
            let doubts = doubts.filter(|(at, _)| !found.settled.contains(at));
            problems.extend(doubts.map(|(_, doubt)| doubt.problem().clone()));
            results.push(ExpectationResult {
                name: expectation.name.value.clone(),
                line: expectation.line,
                kind: expectation.kind(),
                principals: found.principals,
                failures: found.failures,
            });
        }
        problems.finish(TestFileReport { path, results })
    }
}

/// Who is meant by an expectation and is not in the templates.
fn nobody(expectation: &Expectation, found: &FoundOf, names: &KnownNames) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for selector in expectation.selectors() {
        let mut is_known = true;
        let in_account = selector.terms.iter().any(|term| {
            let mut values = term.values.iter();
            term.kind == TermKind::Account && values.all(|value| names.has_account(&value.value))
        });
        for term in &selector.terms {
            for value in &term.values {
                let is_elsewhere = match term.kind {
                    TermKind::External => true,
                    TermKind::Anything => is_external(&value.value),
                    TermKind::Account => names.has_account(&value.value),
                    // A role of another template.
                    TermKind::Named(PrincipalKind::Role | PrincipalKind::User) => in_account,
                    _ => false,
                };
                let is_elsewhere = is_elsewhere && expectation.is_by(selector);
                if !is_elsewhere && !found.met.contains(&value.span) {
                    is_known = false;
                    problems.push(names.unknown(term.kind, value));
                }
            }
        }
        let is_about = found.met.contains(&selector.span) || expectation.is_by(selector);
        if is_known && !is_about {
            let message = "no principal of the templates matches all of these keys";
            let help = "leave out a key, or write two entries of a list";
            problems.push(Diagnostic::new(&UNKNOWN_PRINCIPAL, selector.span, message).help(help));
        }
    }
    if problems.is_empty() && found.principals > 0 && found.callers == 0 {
        let message = "no principal that is meant makes requests with such a caller";
        let help = "look at what `where` says of the caller, such as `aws:PrincipalArn`, or name it in `who`";
        let span = expectation.name.span;
        problems.push(Diagnostic::new(&UNKNOWN_PRINCIPAL, span, message).help(help));
    }
    if problems.is_empty() && found.principals == 0 {
        let message = "the expectation is about nobody";
        let help = match expectation.claim {
            ExpectationClaim::AssumedOnlyBy { .. } => {
                "name a role in `who`: nobody assumes users and groups"
            }
            ExpectationClaim::Allowed(_) | ExpectationClaim::Never(_) => {
                "`except` leaves out everybody that `who` names"
            }
        };
        let span = expectation.name.span;
        problems.push(Diagnostic::new(&UNKNOWN_PRINCIPAL, span, message).help(help));
    }
    problems
}

/// One expectation in one template.
struct ExaminedTemplate<'a, 'run> {
    asked: &'a AskedFile<'run>,
    expectation: &'a Expectation,
}

impl ExaminedTemplate<'_, '_> {
    fn add_to(&self, found: &mut FoundOf) {
        let mut meant: HashSet<usize> = HashSet::new();
        for member in self.asked.members() {
            if self.is_meant(member, &mut found.met) {
                meant.insert(member.at);
            }
        }
        found.principals += meant.len();
        found.callers += self.callers(&meant);
        let excepted = self.excepted(&mut found.met);
        let is_meant = |member: &Member| meant.contains(&member.at);
        match &self.expectation.claim {
            ExpectationClaim::Allowed(questions) => {
                let others = self.other_than(Permitted::Yes, questions, &is_meant);
                found.failures.extend(others);
            }
            ExpectationClaim::Never(questions) => {
                found.failures.extend(self.not_never(questions, &is_meant));
                found.failures.extend(self.sets(questions));
                found
                    .failures
                    .extend(self.unread(questions.first(), &excepted));
            }
            ExpectationClaim::AssumedOnlyBy { by, keys } => {
                let members = self.asked.members().iter();
                let roles = members.filter(|member| is_meant(member));
                let assumed = self.assumed(by, keys, roles);
                found.failures.extend(assumed);
                found.failures.extend(self.unread(None, &excepted));
            }
        }
    }

    /// How many of these can make such requests.
    fn callers(&self, meant: &HashSet<usize>) -> usize {
        let (ExpectationClaim::Allowed(questions) | ExpectationClaim::Never(questions)) =
            &self.expectation.claim
        else {
            return meant.len();
        };
        let members = self.asked.members().iter();
        let meant = members.filter(|member| meant.contains(&member.at));
        let callers = meant.filter(|member| {
            let mut questions = questions.iter();
            questions.all(|one| self.asked.may_call(member, one))
        });
        callers.count()
    }

    /// What is answered to the questions other than no. What is "no" for all of many questions is decided for
    /// all at once, so only those parts of them are asked one by one that fail.
    fn not_never(
        &self,
        questions: &[AccessQuestion],
        is_meant: &dyn Fn(&Member) -> bool,
    ) -> Vec<ExpectationFailure> {
        let never = self.asked.never(questions, is_meant);
        let is_open = |member: &Member| is_meant(member) && !never.contains(&member.at);
        if !self.asked.members().iter().any(is_open) {
            return Vec::new();
        }
        if questions.len() < 2 {
            return self.other_than(Permitted::No, questions, &is_open);
        }
        let (first, second) = questions.split_at(questions.len() / 2);
        let mut failures = self.not_never(first, &is_open);
        failures.extend(self.not_never(second, &is_open));
        failures
    }

    /// What is answered to the questions other than what is `expected`.
    fn other_than(
        &self,
        expected: Permitted,
        questions: &[AccessQuestion],
        is_meant: &dyn Fn(&Member) -> bool,
    ) -> Vec<ExpectationFailure> {
        let failures = questions.iter().flat_map(|question| {
            let answers = self.asked.answers(question, is_meant, &|_| Vec::new());
            let answers = match expected {
                // What is not read is reported by itself, of all at once.
                Permitted::No => answers,
                Permitted::Yes | Permitted::Maybe => self.asked.doubted(answers),
            };
            let others = answers
                .into_iter()
                .filter(move |one| one.permitted != expected);
            others.map(move |answer| {
                let verdict = match answer.permitted {
                    Permitted::Maybe => TestVerdict::Undecided,
                    Permitted::Yes | Permitted::No => TestVerdict::Failed,
                };
                failure(question, verdict, answer)
            })
        });
        failures.collect()
    }

    /// Whether the expectation is about `member`. Whoever may be meant is meant, unless something must be
    /// allowed.
    fn is_meant(&self, member: &Member, met: &mut HashSet<Span>) -> bool {
        let expectation = self.expectation;
        let best = |selectors: &[WhoSelector], met: &mut HashSet<Span>| {
            let selectors = selectors.iter();
            let meant = selectors.map(|selector| selector.meant(self.asked, member, met));
            meant.max().unwrap_or(Meant::No)
        };
        let is_excepted = best(&expectation.except, met) == Meant::Yes;
        let who = best(&expectation.who, met);
        if let ExpectationClaim::AssumedOnlyBy { by, .. } = &expectation.claim {
            best(by, met);
            let principal = self.asked.principal(member);
            if principal.is_none_or(|principal| principal.kind != PrincipalKind::Role) {
                return false;
            }
        }
        let least = match expectation.claim {
            ExpectationClaim::Allowed(_) => Meant::Yes,
            ExpectationClaim::Never(_) | ExpectationClaim::AssumedOnlyBy { .. } => Meant::Perhaps,
        };
        who >= least && !is_excepted
    }

    /// What is not proved of permission sets, if they are meant.
    fn sets(&self, questions: &[AccessQuestion]) -> Vec<ExpectationFailure> {
        let mut who = self.expectation.who.iter();
        if !who.any(WhoSelector::is_open) {
            return Vec::new();
        }
        let sets = self.asked.permission_sets().iter().cloned();
        let failures = sets.filter_map(|answer| {
            let answer = PrincipalAnswer {
                permitted: Permitted::Maybe,
                reasons: vec![SETS.to_owned()],
                ..answer
            };
            Some(failure(questions.first()?, TestVerdict::Undecided, answer))
        });
        failures.collect()
    }

    /// The principals that are not read and that the expectation leaves out, by their logical ids.
    fn excepted(&self, met: &mut HashSet<Span>) -> HashSet<&str> {
        let unread = self.asked.unread().iter();
        let unread = unread.filter(|unread| unread.is_principal());
        let excepted = unread.filter(|unread| {
            let except = self.expectation.except.iter();
            except.filter(|one| one.names(unread, met)).count() > 0
        });
        excepted.map(|unread| unread.answer.name.as_str()).collect()
    }

    /// What is in the template and not read, so that it may do what the question is.
    fn unread(
        &self,
        question: Option<&AccessQuestion>,
        excepted: &HashSet<&str>,
    ) -> Vec<ExpectationFailure> {
        let unread = self.asked.unread().iter();
        let unread = unread.filter(|unread| {
            let mut who = self.expectation.who.iter();
            match unread.power {
                UnreadPower::Denies => false,
                _ if excepted.contains(unread.answer.name.as_str()) => false,
                UnreadPower::IsOfService => {
                    question.is_some() && who.any(|one| one.is_open() && one.may_be_in(unread))
                }
                UnreadPower::IsAnother => who.any(|one| one.may_be_in(unread)),
                UnreadPower::Grants | UnreadPower::Rewrites => true,
            }
        });
        let failures = unread.map(|unread| ExpectationFailure {
            verdict: TestVerdict::Undecided,
            request: question.map(|one| (one.action.clone(), one.resource.clone())),
            answer: unread.answer.clone(),
        });
        failures.collect()
    }

    /// Who else can assume roles.
    fn assumed<'m>(
        &self,
        by: &[WhoSelector],
        keys: &AskedKeys,
        roles: impl Iterator<Item = &'m Member>,
    ) -> Vec<ExpectationFailure> {
        let asked = self.asked;
        let mut ignored = HashSet::new();
        let members = asked.members().iter();
        let expected: HashSet<usize> = members
            .filter(|member| {
                let mut by = by.iter();
                by.any(|one| one.meant(asked, member, &mut ignored) == Meant::Yes)
            })
            .map(|member| member.at)
            .collect();
        let atoms = asked.file.atoms();
        let account_id = |name: &str| {
            let account = asked.organization().account(name)?;
            account.account_id.clone()
        };
        let mut outside = outside(by, atoms, &account_id);
        let sets = asked.members().iter();
        let sets = sets.filter(|member| expected.contains(&member.at));
        outside.allow.extend(asked.roles_of_sets(sets));
        let expected = ExpectedAssumers {
            is_member: &|at| expected.contains(&at),
            outside: &outside,
            literals: &literals(atoms, keys, &str::to_owned),
        };
        let is_free = !has_digits(keys) && !by.iter().any(|one| has_digits(&one.keys));
        let mut known: HashSet<usize> = HashSet::new();
        let mut failures = AssumedFailures::default();
        for member in roles {
            if known.contains(&member.class) {
                continue;
            }
            let (found, account_use) = others(asked, member.at, &expected);
            if found.is_empty() {
                if is_free && account_use == AccountUse::Free {
                    known.insert(member.class);
                }
                continue;
            }
            if let Some(principal) = asked.principal(member) {
                let answer = asked.template.answer_about(principal, &member.identity);
                failures.add(found, answer);
            }
        }
        failures.found
    }
}

/// What requests say of condition keys.
type AskedKeys = BTreeMap<String, AskedKey>;

/// Whether a value may name an account.
fn has_digits(keys: &AskedKeys) -> bool {
    let mut values = keys.values().flat_map(|key| &key.values);
    values.any(|value| value.contains(|c: char| c.is_ascii_digit()))
}

/// Roles that others can assume, those with the same answer together.
#[derive(Default)]
struct AssumedFailures {
    found: Vec<ExpectationFailure>,
    /// Their places, by the name of the role and the macro that it comes from.
    places: HashMap<(String, Option<Origin>), Vec<usize>>,
}

impl AssumedFailures {
    fn add(&mut self, assumers: Vec<Assumer>, answer: PrincipalAnswer) {
        let key = (answer.name.clone(), answer.origin.clone());
        let places = self.places.entry(key).or_default();
        let mut same = places.iter().copied();
        let same = same.find(|at| {
            let known = self.found.get(*at);
            known.is_some_and(|known| known.answer.assumers == assumers)
        });
        if let Some(known) = same.and_then(|at| self.found.get_mut(at)) {
            known.answer.logical_ids.extend(answer.logical_ids);
            known.answer.accounts.extend(answer.accounts);
            return;
        }
        places.push(self.found.len());
        self.found.push(assumed_by(assumers, answer));
    }
}

fn assumed_by(assumers: Vec<Assumer>, answer: PrincipalAnswer) -> ExpectationFailure {
    let mut all = assumers.iter();
    let verdict = if all.any(|assumer| assumer.permitted == Permitted::Yes) {
        TestVerdict::Failed
    } else {
        TestVerdict::Undecided
    };
    ExpectationFailure {
        verdict,
        request: None,
        answer: PrincipalAnswer {
            permitted: match verdict {
                TestVerdict::Failed => Permitted::Yes,
                TestVerdict::Undecided | TestVerdict::Passed => Permitted::Maybe,
            },
            assumers,
            ..answer
        },
    }
}

fn failure(
    question: &AccessQuestion,
    verdict: TestVerdict,
    answer: PrincipalAnswer,
) -> ExpectationFailure {
    ExpectationFailure {
        verdict,
        request: Some((question.action.clone(), question.resource.clone())),
        answer,
    }
}
