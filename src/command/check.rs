//! `deploy-roles check`: all that has to hold before a change is deployed, with one exit code.
//!
//! In: templates, and what to compare them with. Out: a summary of the stages, and the details of those
//! that failed. Refuses what `expand`, `lint`, and `diff` refuse.
//!
//! Every template is read and expanded once: the comparison reads it, and the other stages look on.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::cli::{Check, CheckFailOn, CheckFormat, Diff, DiffFormat, Input, LintLevel};
use crate::command::diff::{ComparedOutputs, Onlooker, compare, jobs_there};
use crate::command::lint::LintRun;
use crate::command::test::{ReadTests, Tested};
use crate::command::{Outcome, Streams, failed, refuse_source, show};
use crate::diagnostic::{Diagnostic, Level};
use crate::expand::Expansion;
use crate::query::expectations::report::TestReport;
use crate::report::{
    self, CheckReport, CheckStage, CheckedDiff, StageResult, StageSummary, access_verdict,
    deployment_verdict, tests_summary,
};
use crate::workspace::clashes::Claims;
use crate::workspace::current::{
    NotCurrent, NotCurrentKind, OutputState, advice, gone, orphan, orphans,
};
use crate::workspace::leftovers::Leftover;
use crate::workspace::rules::NO_REVISION;
use crate::workspace::test_files::test_jobs_around;
use crate::workspace::{Job, ReadTemplate, read};
use crate::yaml::lookup::Library;

/// What follows the number of errors.
const STOPPED: &str = "; nothing was checked";

/// What the stages without a revision found so far.
struct GateStages<'run> {
    /// How many templates the run has.
    templates: usize,
    input: &'run Input,
    tests: ReadTests,
    claims: Claims,
    not_current: Vec<NotCurrent>,
    lint: LintRun,
    /// What was found in the template that is being read.
    pending: Vec<Diagnostic>,
}

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Check, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let all = match jobs_there(&as_diff(arguments), streams)? {
        Ok(jobs) => jobs,
        Err(errors) => return failed(errors, STOPPED, streams),
    };
    if all.iter().any(|job| job.output.is_none()) {
        bail!("`check` needs generated files, and standard output is none: use `-o FILE`");
    }
    if let Some(wanted) = needs_revision(arguments) {
        let message = format!("`--fail-on {wanted}` compares with a revision, and none is named");
        let problem = Diagnostic::without_place(&NO_REVISION, message);
        return Err(problem
            .help("add `--against REV`, such as `--against origin/main`")
            .into());
    }
    let input = &arguments.input;
    let mut stages = GateStages {
        templates: all.len(),
        input,
        tests: ReadTests::of(test_jobs_around(&input.templates)?, input),
        claims: Claims::default(),
        not_current: Vec::new(),
        lint: LintRun::default(),
        pending: Vec::new(),
    };
    let shown = match &arguments.against {
        Some(_) => {
            let diff = as_diff(arguments);
            compare(
                (&all, &diff),
                &mut stages,
                streams,
                |found, stages, streams| finish(stages, Some(&found), arguments, streams),
            )?
        }
        None => match stages.read_all(&all, arguments, streams)? {
            0 => Ok(finish(&mut stages, None, arguments, streams)?),
            errors => Err(errors),
        },
    };
    shown.or_else(|errors| failed(errors, STOPPED, streams))
}

/// What the run shall fail on and cannot examine.
fn needs_revision(arguments: &Check) -> Option<&'static str> {
    let mut wanted = arguments.fail_on.iter().filter_map(|one| match one {
        CheckFailOn::Widened => Some("widened"),
        CheckFailOn::Refused => Some("refused"),
        CheckFailOn::Warning | CheckFailOn::Note => None,
    });
    wanted.next().filter(|_| arguments.against.is_none())
}

/// The comparison of a check as `diff` would be asked for it.
fn as_diff(arguments: &Check) -> Diff {
    Diff {
        input: arguments.input.clone(),
        output: arguments.output.clone(),
        against: arguments.against.clone(),
        format: DiffFormat::Text,
        only: None,
        exit_code: false,
        fail_on: Vec::new(),
    }
}

impl GateStages<'_> {
    /// Reads every template without comparing it with anything; returns how many errors there are.
    fn read_all(
        &mut self,
        all: &[Job],
        arguments: &Check,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<usize> {
        let mut errors = 0;
        for job in streams.progress.over("checking", all.iter()) {
            let mut template = read(job.clone(), &arguments.input)?;
            let expansion = template.expand();
            let ReadTemplate { library, .. } = template;
            let problems = match expansion {
                Ok(mut expansion) => self.expanded(job, &library, &mut expansion)?,
                Err(problems) => problems,
            };
            errors += show(&library, &problems, streams)?;
            self.finished(library);
        }
        if errors == 0 {
            let gone = orphans(&arguments.input, &arguments.output, all)?;
            self.not_current.extend(gone);
        }
        Ok(errors)
    }

    /// What `expand` would refuse, although the template alone can be expanded.
    fn refused(
        &mut self,
        job: &Job,
        library: &Library,
        expansion: &Expansion,
    ) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let mut found = gone(job.output.as_deref(), expansion)?;
        if self.templates > 1 {
            found.extend(self.claims.add(&job.template, library, expansion));
        }
        Ok(found)
    }
}

impl Onlooker for GateStages<'_> {
    fn expanded(
        &mut self,
        job: &Job,
        library: &Library,
        expansion: &mut Expansion,
    ) -> anyhow::Result<Vec<Diagnostic>> {
        refuse_source(job, library)?;
        self.tests.look_at((job, library, expansion), self.input);
        let refused = self.refused(job, library, expansion);
        let mut problems = refused.unwrap_or_else(|problems| problems);
        match OutputState::of(job.output.as_deref(), expansion) {
            Ok(state) => self.not_current.extend(state.not_current(job)),
            Err(found) => problems.extend(found),
        }
        let (planned, partials) = (&expansion.planned, &expansion.partials);
        self.pending = self.lint.find(library, planned, partials);
        // Warnings about names in several templates are findings like others.
        let (errors, warnings) = problems
            .into_iter()
            .partition(|one| one.level == Level::Error);
        self.pending.extend::<Vec<Diagnostic>>(warnings);
        Ok(errors)
    }

    fn finished(&mut self, library: Library) {
        let found = std::mem::take(&mut self.pending);
        self.lint.keep(library.sources, found);
    }

    fn left_over(&mut self, found: &[Leftover], _: &mut Streams<'_>) -> std::io::Result<()> {
        self.not_current.extend(found.iter().filter_map(orphan));
        Ok(())
    }
}

/// Writes what was found.
fn finish(
    stages: &mut GateStages<'_>,
    compared: Option<&ComparedOutputs<'_>>,
    arguments: &Check,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let tests = std::mem::take(&mut stages.tests);
    let tested = match tested(tests, arguments, streams)? {
        Tested::Report(report) => report,
        Tested::Errors(errors) => return failed(errors, STOPPED, streams),
    };
    let mut summaries = vec![
        generated(stages),
        lint(&stages.lint, &arguments.fail_on),
        test(&tested),
    ];
    summaries.extend(verdicts(compared, arguments));
    let report = CheckReport {
        stages: summaries,
        not_current: &stages.not_current,
        linted: stages.lint.found(),
        tested: Some(&tested).filter(|tested| !tested.files.is_empty()),
        compared: compared.map(|found| CheckedDiff {
            comparisons: &found.comparisons,
            deployment: found.deployment.as_ref(),
        }),
    };
    match arguments.format {
        CheckFormat::Text => report::check_text(&report, streams.out_color, streams.out)?,
        CheckFormat::Markdown => {
            let page = report::check_markdown(&report);
            streams.out.write_all(page.as_bytes())?;
        }
        CheckFormat::Json => report::check_json(&report, streams.out)?,
        CheckFormat::Sarif => report::check_sarif(&report, streams.out)?,
        CheckFormat::Github => report::check_github(&report, streams.out)?,
    }
    // The facts come first, in case both streams end up in one place.
    streams.out.flush()?;
    writeln!(streams.err, "{}", report.verdict())?;
    Ok(if report.is_failed() {
        Outcome::Differences
    } else {
        Outcome::Quiet
    })
}

fn generated(stages: &GateStages<'_>) -> StageSummary {
    let found = &stages.not_current;
    if found.is_empty() {
        let current = report::count(stages.templates, "generated file");
        let verb = if stages.templates == 1 { "is" } else { "are" };
        return summary(
            CheckStage::Generated,
            StageResult::Passed,
            format!("{current} {verb} up to date"),
        );
    }
    let kinds = [
        NotCurrentKind::Missing,
        NotCurrentKind::Stale,
        NotCurrentKind::EditedByHand,
        NotCurrentKind::NotGenerated,
        NotCurrentKind::SourceGone,
    ];
    let counted = kinds.into_iter().filter_map(|kind| {
        let number = found.iter().filter(|one| one.kind == kind).count();
        let word = match kind {
            NotCurrentKind::SourceGone => "without a source",
            other => other.word(),
        };
        (number > 0).then(|| format!("{number} {word}"))
    });
    let counted: Vec<String> = counted.collect();
    let help = match advice(found).as_slice() {
        [one] => (*one).to_owned(),
        _ => "see below".to_owned(),
    };
    StageSummary {
        help: Some(help),
        ..summary(
            CheckStage::Generated,
            StageResult::Failed,
            counted.join(", "),
        )
    }
}

fn lint(run: &LintRun, fail_on: &[CheckFailOn]) -> StageSummary {
    let fails = fail_on.iter().any(|wanted| match wanted {
        CheckFailOn::Warning => run.has(LintLevel::Warning),
        CheckFailOn::Note => run.has(LintLevel::Note),
        CheckFailOn::Widened | CheckFailOn::Refused => false,
    });
    let (result, help) = if fails {
        let help = "change what is found, or allow it with a comment and a reason";
        (StageResult::Failed, Some(help))
    } else if run.has(LintLevel::Note) {
        (
            StageResult::Findings,
            Some("`deploy-roles lint` shows them"),
        )
    } else {
        (StageResult::Passed, None)
    };
    StageSummary {
        help: help.map(str::to_owned),
        ..summary(CheckStage::Lint, result, run.counted())
    }
}

/// What the test files of the templates find; errors are shown.
fn tested(
    tests: ReadTests,
    arguments: &Check,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Tested> {
    let mut shown = Vec::new();
    let mut quiet = Streams {
        out: &mut std::io::sink(),
        err: &mut shown,
        out_color: streams.out_color,
        err_color: streams.err_color,
        notes: BTreeSet::new(),
        progress: streams.progress.clone(),
    };
    let found = tests.examine(&arguments.input, &mut quiet)?;
    // Warnings of the templates are among what `lint` finds.
    if matches!(found, Tested::Errors(_)) {
        streams.err.write_all(&shown)?;
    }
    Ok(found)
}

fn test(report: &TestReport) -> StageSummary {
    if report.files.is_empty() {
        let help = "write what you expect into `roles.test.yml` next to `roles.src.yml`";
        return StageSummary {
            help: Some(help.to_owned()),
            ..summary(
                CheckStage::Test,
                StageResult::NotRun,
                "no test file".to_owned(),
            )
        };
    }
    let (result, help) = if report.is_passed() {
        (StageResult::Passed, None)
    } else {
        let help = "change the policies, or what is expected: see below";
        (StageResult::Failed, Some(help.to_owned()))
    };
    StageSummary {
        help,
        ..summary(CheckStage::Test, result, tests_summary(report))
    }
}

/// Both verdicts of the comparison.
fn verdicts(compared: Option<&ComparedOutputs<'_>>, arguments: &Check) -> [StageSummary; 2] {
    let Some(found) = compared else {
        return [CheckStage::Access, CheckStage::Deployment].map(|stage| StageSummary {
            help: Some("add `--against REV`".to_owned()),
            ..summary(
                stage,
                StageResult::NotRun,
                "no revision to compare with".to_owned(),
            )
        });
    };
    let result = |has_finding: bool, wanted: CheckFailOn| match has_finding {
        false => StageResult::Passed,
        true if arguments.fail_on.contains(&wanted) => StageResult::Failed,
        true => StageResult::Findings,
    };
    let access = result(found.is_widened(), CheckFailOn::Widened);
    let deployment = result(found.is_refused(), CheckFailOn::Refused);
    let against = arguments.against.as_deref().unwrap_or_default();
    let help = |result: StageResult| match result {
        StageResult::Passed | StageResult::NotRun => None,
        StageResult::Failed => Some("review what is listed below".to_owned()),
        StageResult::Findings => Some(format!("`deploy-roles diff --against {against}` shows all")),
    };
    let deploys = found.deployment.as_ref().map(deployment_verdict);
    [
        StageSummary {
            help: help(access),
            ..summary(
                CheckStage::Access,
                access,
                access_verdict(&found.comparisons),
            )
        },
        StageSummary {
            help: help(deployment),
            ..summary(
                CheckStage::Deployment,
                deployment,
                deploys.unwrap_or_default(),
            )
        },
    ]
}

fn summary(stage: CheckStage, result: StageResult, found: String) -> StageSummary {
    StageSummary {
        stage,
        result,
        found,
        help: None,
    }
}
