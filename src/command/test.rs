//! `deploy-roles test`: whether policies are as expected.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::aws::actions::reference;
use crate::cli::{Input, TestArguments, TestFormat};
use crate::command::asked::{ExpandedTemplate, ask, ask_expanded};
use crate::command::side::SideCache;
use crate::command::{Outcome, Streams, failed, show, shown};
use crate::diagnostic::Diagnostic;
use crate::expand::Expansion;
use crate::files;
use crate::query::asked::AskedFile;
use crate::query::expectations::examine::{TestFindings, TestRun};
use crate::query::expectations::expectation::Expectation;
use crate::query::expectations::read;
use crate::query::expectations::report::TestReport;
use crate::report;
use crate::workspace::test_files::{TestJob, TestJobs, test_jobs};
use crate::workspace::{self, Job, sources};
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
    let report = match ReadTests::of(jobs, &input).examine(&input, streams)? {
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

/// The test files of a run, read once.
#[derive(Default)]
pub(crate) struct ReadTests {
    files: Vec<TestFile>,
    /// What is wrong with them.
    problems: Vec<(Library, Vec<Diagnostic>)>,
    sides: SideCache,
    /// What each test file found in templates that were expanded for another purpose, by their paths.
    found: HashMap<PathBuf, Vec<Option<TestFindings>>>,
}

/// A test file that was read.
struct TestFile {
    job: TestJob,
    library: Library,
    expectations: Vec<Expectation>,
}

impl ReadTests {
    /// Reads the test files of `jobs`; `input` says what templates are read with.
    pub(crate) fn of(jobs: TestJobs, input: &Input) -> Self {
        let mut read = Self::default();
        if !jobs.problems.is_empty() {
            read.problems.push((Library::default(), jobs.problems));
        }
        for job in jobs.jobs {
            let mut library = Library::default();
            library.include_root.clone_from(&input.with.include_root);
            let file = sources::read_template(&mut library, &job.path);
            match file.and_then(|file| read::read(&library, file)) {
                Ok(expectations) => read.files.push(TestFile {
                    job,
                    library,
                    expectations,
                }),
                Err(problems) => read.problems.push((library, problems)),
            }
        }
        read
    }

    /// Notes what the test files find in a template that was expanded where its output belongs. What cannot be
    /// asked is asked again at the end, which says why.
    pub(crate) fn look_at(
        &mut self,
        (job, library, expansion): (&Job, &Library, &Expansion),
        input: &Input,
    ) {
        let is_in_place = job.output == files::output_of(&job.template);
        let mut tests = self.files.iter();
        let is_tested = tests.any(|test| test.job.templates.contains(&job.template));
        if !is_in_place || !is_tested || !self.problems.is_empty() {
            return;
        }
        let mut found = Vec::new();
        let files = &self.files;
        let expanded = ExpandedTemplate {
            job,
            library,
            planned: &expansion.planned,
            partials: &expansion.partials,
            text: &expansion.text.to_text(),
        };
        let asked = ask_expanded(&expanded, (input, &mut self.sides), &mut |asked| {
            let asked = AskedFile::of(asked).map_err(anyhow::Error::msg)?;
            found = files
                .iter()
                .map(|test| test.finds(&job.template, &asked))
                .collect();
            Ok(())
        });
        if asked.is_ok() {
            self.found.insert(job.template.clone(), found);
        }
    }

    /// What the test files find; problems of the input are shown.
    ///
    /// # Errors
    ///
    /// Errors of the disk.
    pub(crate) fn examine(
        mut self,
        input: &Input,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Tested> {
        let mut errors = 0;
        for (library, problems) in &self.problems {
            errors += show(library, problems, streams)?;
        }
        if errors > 0 {
            return Ok(Tested::Errors(errors));
        }
        let files = &self.files;
        let runs = files.iter().map(|test| TestRun::new(&test.expectations));
        let mut runs: Vec<TestRun<'_>> = runs.collect();
        let templates = templates(files).into_iter();
        for path in streams.progress.over("reading", templates) {
            let mut found = self.found.remove(path);
            if found.is_none() {
                let template = workspace::template_at(path.clone(), input);
                let with = (input, &mut self.sides);
                errors += ask(template, with, streams, &mut |asked| {
                    let asked = AskedFile::of(asked).map_err(anyhow::Error::msg)?;
                    let each = files.iter().map(|test| test.finds(path, &asked));
                    found = Some(each.collect());
                    Ok(())
                })?;
            }
            for (run, found) in runs.iter_mut().zip(found.into_iter().flatten()) {
                if let Some(found) = found {
                    run.join(found);
                }
            }
        }
        if errors > 0 {
            return Ok(Tested::Errors(errors));
        }
        let mut report = TestReport {
            files: Vec::new(),
            reference: reference().date().to_owned(),
        };
        for (test, run) in files.iter().zip(runs) {
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
}

impl TestFile {
    /// What it finds in the template at `path`, if it is about that.
    fn finds(&self, path: &PathBuf, asked: &AskedFile<'_>) -> Option<TestFindings> {
        let is_about = self.job.templates.contains(path);
        is_about.then(|| {
            let mut run = TestRun::new(&self.expectations);
            run.add(asked);
            run.findings()
        })
    }
}

/// The templates of all test files, each once.
fn templates(tests: &[TestFile]) -> Vec<&PathBuf> {
    let mut templates: Vec<&PathBuf> = Vec::new();
    for path in tests.iter().flat_map(|test| &test.job.templates) {
        if !templates.contains(&path) {
            templates.push(path);
        }
    }
    templates
}
