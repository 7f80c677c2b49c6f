//! `deploy-roles test`: whether policies are as expected.

use std::path::PathBuf;

use crate::aws::actions::reference;
use crate::cli::{Input, TestArguments, TestFormat};
use crate::command::asked::ask;
use crate::command::side::SideCache;
use crate::command::{Outcome, Streams, failed, show, shown};
use crate::query::asked::AskedFile;
use crate::query::expectations::examine::TestRun;
use crate::query::expectations::expectation::Expectation;
use crate::query::expectations::read;
use crate::query::expectations::report::TestReport;
use crate::report;
use crate::workspace::test_files::{TestJob, TestJobs, test_jobs};
use crate::workspace::{self, sources};
use crate::yaml::lookup::Library;

/// How examining ended.
pub(crate) enum Tested {
    /// What was found. No file, if there is none to run.
    Report(TestReport),
    /// So many errors were shown.
    Errors(usize),
}

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &TestArguments, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let input = Input {
        templates: arguments.templates.clone(),
        with: arguments.with.clone(),
    };
    let jobs = test_jobs(&input.templates)?;
    if !jobs.without.is_empty() {
        let without = jobs.without.iter().chain(&jobs.problems).cloned();
        let without: Vec<_> = without.collect();
        let errors = show(&Library::default(), &without, streams)?;
        return failed(errors, "", streams);
    }
    let report = match examine(&jobs, &input, streams)? {
        Tested::Report(report) => report,
        Tested::Errors(errors) => return failed(errors, "", streams),
    };
    let text = match arguments.format {
        TestFormat::Text => report::tests_text(&report, streams.out_color),
        TestFormat::Json => report::tests_json(&report),
        TestFormat::Junit => report::tests_junit(&report)?,
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(if report.is_passed() {
        Outcome::Quiet
    } else {
        Outcome::Differences
    })
}

/// A test file that was read.
struct ReadTests<'run> {
    job: &'run TestJob,
    library: Library,
    expectations: Vec<Expectation>,
}

/// What the test files of `jobs` find; problems of the input are shown. `input` says what templates are
/// read with.
///
/// # Errors
///
/// Errors of the disk.
pub(crate) fn examine(
    jobs: &TestJobs,
    input: &Input,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Tested> {
    let mut errors = show(&Library::default(), &jobs.problems, streams)?;
    let mut tests = Vec::new();
    for job in &jobs.jobs {
        let mut library = Library::default();
        library.include_root.clone_from(&input.with.include_root);
        let file = sources::read_template(&mut library, &job.path);
        match file.and_then(|file| read::read(&library, file)) {
            Ok(expectations) => tests.push(ReadTests {
                job,
                library,
                expectations,
            }),
            Err(problems) => errors += show(&library, &problems, streams)?,
        }
    }
    if errors > 0 {
        return Ok(Tested::Errors(errors));
    }
    let runs = tests.iter().map(|test| TestRun::new(&test.expectations));
    let mut runs: Vec<TestRun<'_>> = runs.collect();
    let mut sides = SideCache::default();
    let templates = templates(&tests).into_iter();
    for path in streams.progress.over("reading", templates) {
        let template = workspace::template_at(path.clone(), input);
        errors += ask(template, (input, &mut sides), streams, &mut |asked| {
            let asked = AskedFile::of(asked).map_err(anyhow::Error::msg)?;
            let about = tests.iter().zip(&mut runs);
            for (_, run) in about.filter(|(test, _)| test.job.templates.contains(path)) {
                run.add(&asked);
            }
            Ok(())
        })?;
    }
    if errors > 0 {
        return Ok(Tested::Errors(errors));
    }
    let mut report = TestReport {
        files: Vec::new(),
        reference: reference().date().to_owned(),
    };
    for (test, run) in tests.iter().zip(runs) {
        match run.finish(shown(&test.job.path)) {
            Ok(file) => report.files.push(file),
            Err(problems) => errors += show(&test.library, &problems, streams)?,
        }
    }
    Ok(if errors > 0 {
        Tested::Errors(errors)
    } else {
        Tested::Report(report)
    })
}

/// The templates of all test files, each once.
fn templates<'run>(tests: &[ReadTests<'run>]) -> Vec<&'run PathBuf> {
    let mut templates: Vec<&PathBuf> = Vec::new();
    for path in tests.iter().flat_map(|test| &test.job.templates) {
        if !templates.contains(&path) {
            templates.push(path);
        }
    }
    templates
}
