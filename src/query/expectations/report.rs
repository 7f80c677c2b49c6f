//! What tests of policies found: plain data, shown by `report`. Refuses nothing.

use crate::query::answer::PrincipalAnswer;
use crate::query::expectations::expectation::ClaimKind;

/// What was found by all test files of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// One for each file.
    pub files: Vec<TestFileReport>,
    /// The date of the list of actions.
    pub reference: String,
}

/// What was found by one test file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFileReport {
    /// Its path, as shown.
    pub path: String,
    /// One for each expectation, in the order of the file.
    pub results: Vec<ExpectationResult>,
}

/// Whether an expectation is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestVerdict {
    /// It is, for all requests that match.
    Passed,
    /// It is not decided, which counts as a failure.
    Undecided,
    /// It is not.
    Failed,
}

/// What was found about an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectationResult {
    /// What it is called.
    pub name: String,
    /// The line of its name, from 1.
    pub line: usize,
    /// What kind it is of.
    pub kind: ClaimKind,
    /// How many principals it is about.
    pub principals: usize,
    /// What is not as expected; none if it is met.
    pub failures: Vec<ExpectationFailure>,
}

/// What is not as expected of a principal, or of like ones in several accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectationFailure {
    /// Whether that is certain.
    pub verdict: TestVerdict,
    /// The action and the resource that it is about; none for who can assume a role.
    pub request: Option<(String, String)>,
    /// Who, and why.
    pub answer: PrincipalAnswer,
}

impl ExpectationResult {
    /// Whether it is met.
    pub fn verdict(&self) -> TestVerdict {
        let failures = self.failures.iter().map(|failure| failure.verdict);
        failures.max().unwrap_or(TestVerdict::Passed)
    }
}

impl TestReport {
    /// Every expectation.
    pub fn results(&self) -> impl Iterator<Item = &ExpectationResult> {
        self.files.iter().flat_map(|file| &file.results)
    }

    /// How many expectations have this verdict.
    pub fn count(&self, verdict: TestVerdict) -> usize {
        let results = self.results();
        results.filter(|result| result.verdict() == verdict).count()
    }

    /// Whether every expectation is met.
    pub fn is_passed(&self) -> bool {
        self.results()
            .all(|result| result.verdict() == TestVerdict::Passed)
    }
}
