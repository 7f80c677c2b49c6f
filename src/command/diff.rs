//! `deploy-roles diff`: what an expansion would change in the generated files.

mod against;
mod compared;
mod head;
mod jobs;
mod moved;
mod onlooker;
mod present;
mod renamed;
mod sides;
mod texts;

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::thread::ScopedJoinHandle;

use anyhow::bail;

use crate::cli::{Diff, DiffFormat, FailOn, Input, Part};
use crate::command::side::SideCache;
use crate::command::workers::in_order;
use crate::command::{Outcome, Streams, failed, line, lines, show};
use crate::deploy::Deployment;
use crate::diff::access::changes::Access;
use crate::diff::access::{ParsedShapes, RenamedAccounts, TextScan};
use crate::diff::{Comparison, compare_scanned};
use crate::expand::Expansion;
use crate::expand::checksum;
use crate::expand::checksum::ChecksumState;
use crate::expand::dangling::of_previous;
use crate::organization::Organization;
use crate::processors::both;
use crate::report::{self, Parts};
use crate::workspace::{Job, read};
use crate::yaml::lookup::Library;

use against::Against;
use compared::all_compared;
use head::organization_at_head;
use onlooker::DiffPage;
use present::{LeftoverTexts, gone_texts, left_over, leftover_texts, older, present};
use renamed::{previous_of, say_gone};
use sides::{OutputSides, SideTexts};
use texts::{OutputTexts, PreviousText, before_of, is_large};

pub(super) use jobs::jobs_there;
pub(super) use onlooker::Onlooker;

/// What a comparison of all outputs found.
pub(super) struct ComparedOutputs<'run> {
    /// What differs in each output.
    pub(super) comparisons: Vec<Comparison<'run>>,
    /// Whether the change can be deployed, if that was asked for.
    pub(super) deployment: Option<Deployment>,
    pairs: &'run [Arc<OutputTexts>],
}

impl ComparedOutputs<'_> {
    /// Whether some principal gains access, or may.
    pub(super) fn is_widened(&self) -> bool {
        let accesses = self
            .comparisons
            .iter()
            .filter_map(|one| one.access.as_ref());
        accesses.into_iter().any(Access::is_widened)
    }

    /// Whether CloudFormation refuses the change, or may.
    pub(super) fn is_refused(&self) -> bool {
        self.deployment.as_ref().is_some_and(Deployment::is_refused)
    }
}

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Diff, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let all = match jobs_there(arguments, streams)? {
        Ok(jobs) => jobs,
        Err(errors) => return failed(errors, "", streams),
    };
    if let (Some(part @ (Part::Resources | Part::Text)), true) =
        (arguments.only, arguments.format.is_of_access())
    {
        let part = format!("{part:?}").to_lowercase();
        let format = format!("{:?}", arguments.format).to_lowercase();
        bail!("`--format {format}` shows who gains and loses access and has no `--only {part}`");
    }
    let run = (all.as_slice(), arguments);
    let parts = arguments.only.map_or(Parts::ALL, only);
    let is_text = arguments.format == DiffFormat::Text;
    let mut page = DiffPage::new(is_text.then_some((parts, streams.out_color)));
    let shown = compare(run, &mut page, streams, |found, page, streams| {
        print((&found, parts), page, arguments, streams)?;
        let outcome = outcome(&found, arguments);
        // The end of the process frees it at once.
        std::mem::forget(found);
        Ok(outcome)
    })?;
    shown.or_else(|errors| failed(errors, "", streams))
}

/// Compares the outputs of the jobs, and hands what it finds to `then`. With errors it stops, and says
/// how many there are; `onlooker` sees what is read.
pub(super) fn compare<O: Onlooker, T>(
    (all, arguments): (&[Job], &Diff),
    onlooker: &mut O,
    streams: &mut Streams<'_>,
    then: impl FnOnce(ComparedOutputs<'_>, &mut O, &mut Streams<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<Result<T, usize>> {
    let jobs = Against::of_each(all, arguments.against.as_deref(), streams)?;
    // The access of templates that are expanded is compared while others are, and while texts are.
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel::<Arc<OutputTexts>>();
        let found = asks_for_access(arguments).then(|| scope.spawn(move || all_compared(receiver)));
        let mut reading = PairReading {
            cache: SideCache::default(),
            onlooker,
        };
        foresee(&mut reading.cache, &jobs, arguments);
        let (mut pairs, errors) = pairs(&jobs, (&sender, &mut reading), arguments, streams)?;
        if errors > 0 {
            return Ok(Err(errors));
        }
        let older = older(arguments)?;
        let leftovers = left_over(all, &older, arguments)?;
        reading.onlooker.left_over(&leftovers, streams)?;
        let mut left = leftover_texts(&leftovers, arguments, streams)?;
        let first_gone = pairs.len() + left.len();
        left.extend(gone_texts(all, &older, arguments, streams)?);
        for leftover in left {
            let pair = Arc::new(leftover_pair(
                leftover,
                &mut reading.cache,
                arguments,
                streams,
            )?);
            // Nobody listens if access is not compared.
            let _ = sender.send(Arc::clone(&pair));
            pairs.push(pair);
        }
        drop(sender);
        say_gone(&pairs, first_gone, streams)?;
        streams.progress.at(|| "comparing".to_owned());
        for pair in &pairs {
            warn_of_edits(pair, streams)?;
        }
        let mut comparisons = each_compared(&pairs)?;
        let mut deployment = None;
        if let Some(found) = found {
            reading.onlooker.compared(&comparisons)?;
            deployment = Some(with_access(&mut comparisons, joined(found)));
        }
        let found = ComparedOutputs {
            comparisons,
            deployment,
            pairs: &pairs,
        };
        let done = then(found, onlooker, streams).map(Ok);
        // The end of the process frees them at once.
        std::mem::forget(pairs);
        done
    })
}

/// Gives each of `comparisons` its access, and returns the deployment.
fn with_access(
    comparisons: &mut [Comparison<'_>],
    (accesses, deployment): (Vec<Access>, Deployment),
) -> Deployment {
    for (comparison, access) in comparisons.iter_mut().zip(accesses) {
        comparison.access = Some(access);
    }
    deployment
}

fn outcome(found: &ComparedOutputs<'_>, arguments: &Diff) -> Outcome {
    let differs = found.comparisons.iter().any(|one| !one.is_same());
    let fails = arguments.fail_on.iter().any(|wanted| match wanted {
        FailOn::Widened => found.is_widened(),
        FailOn::Refused => found.is_refused(),
    });
    if fails || (differs && arguments.exit_code) {
        Outcome::Differences
    } else {
        Outcome::Quiet
    }
}

/// Whether the outcome says anything about access and deployment.
fn asks_for_access(arguments: &Diff) -> bool {
    matches!(arguments.only, None | Some(Part::Access))
        || arguments.format.is_of_access()
        || !arguments.fail_on.is_empty()
}

/// Begins to look for the tasks files of both sides of all outputs, if access is compared.
fn foresee(cache: &mut SideCache, jobs: &[(&Job, Against<'_>)], arguments: &Diff) {
    if asks_for_access(arguments) {
        for (job, against) in jobs {
            sides::foresee(cache, (job, &arguments.input), against);
        }
    }
}

/// What the texts of outputs are read with.
struct PairReading<'run> {
    /// What was read for others.
    cache: SideCache,
    /// Who sees what is read.
    onlooker: &'run mut dyn Onlooker,
}

/// The texts of each output, which are also sent to `done`, and how many errors there are.
fn pairs(
    jobs: &[(&Job, Against<'_>)],
    (done, reading): (&mpsc::Sender<Arc<OutputTexts>>, &mut PairReading<'_>),
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<(Vec<Arc<OutputTexts>>, usize)> {
    let mut pairs = Vec::new();
    let mut errors = 0;
    for (job, against) in streams.progress.over("expanding", jobs.iter()) {
        let (pair, found) = pair((job, against), reading, arguments, streams)?;
        errors += found;
        if let Some(pair) = pair.map(Arc::new) {
            // Nobody listens if access is not compared.
            let _ = done.send(Arc::clone(&pair));
            pairs.push(pair);
        }
    }
    Ok((pairs, errors))
}

/// The two texts of one output, or nothing if there are errors; reports what is wrong, and counts
/// the errors.
fn pair(
    (job, against): (&Job, &Against<'_>),
    reading: &mut PairReading<'_>,
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<(Option<OutputTexts>, usize)> {
    std::thread::scope(|scope| {
        // What was there before is read while the template is expanded.
        let previous = scope.spawn(|| PreviousText::of(against));
        pair_with((job, against, previous), reading, arguments, streams)
    })
}

/// What is being read.
type PreviousThread<'scope> = ScopedJoinHandle<'scope, anyhow::Result<PreviousText>>;

/// What `thread` found.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    let found = thread.join();
    found.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The same, with what is compared with being read.
fn pair_with(
    (job, against, being_read): (&Job, &Against<'_>, PreviousThread<'_>),
    reading: &mut PairReading<'_>,
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<(Option<OutputTexts>, usize)> {
    let mut template = read(job.clone(), &arguments.input)?;
    let expansion = template.expand();
    let source = template.source().map(|path| path.display().to_string());
    let library = template.library;
    let (pair, problems) = match expansion {
        Ok(mut expansion) => {
            let expanded = against.as_compared(checksum::filled(&expansion.text));
            let previous = joined(being_read)?;
            let mut problems = reading.onlooker.expanded(job, &library, &mut expansion)?;
            let gone = previous.text.as_deref().unwrap_or_default();
            for problem in of_previous(&expansion.dangling, gone) {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
            let mut pair = pair_of(
                (job, against),
                (&mut reading.cache, arguments),
                (previous, expanded),
                (&library, expansion),
            )?;
            pair.source = source.unwrap_or_default();
            (Some(pair), problems)
        }
        Err(problems) => (None, problems),
    };
    let errors = show(&library, &problems, streams)?;
    reading.onlooker.finished(library);
    Ok((pair, errors))
}

/// The texts of the output of `job`: `previous`, and `expanded`, which `expansion` gave.
fn pair_of(
    (job, against): (&Job, &Against<'_>),
    (cache, arguments): (&mut SideCache, &Diff),
    (previous, expanded): (PreviousText, String),
    (library, expansion): (&Library, Expansion),
) -> anyhow::Result<OutputTexts> {
    let PreviousText {
        text: previous,
        label,
        scan,
        marks,
    } = previous;
    let planned = expansion.planned;
    let present = present(against, &expanded)?;
    let scans = [scan, TextScan::default()];
    let texts = SideTexts {
        previous: previous.as_deref(),
        marks: marks.as_ref(),
        expanded: &expanded,
        present: present.as_ref().map(|present| present.text.as_str()),
    };
    let of = (job, &arguments.input, against);
    let known = (&planned.organization, &scans[1]);
    let sides = asks_for_access(arguments).then(|| sides_of(cache, of, &texts, known));
    let macros = planned.macros.into_iter().map(|planned| {
        let line = line(library, planned.plan.name_span);
        (planned.plan, line)
    });
    Ok(OutputTexts {
        path: job.shown(),
        previous,
        against: label,
        renamed: RenamedAccounts::between(before_of(sides.as_ref()), &planned.organization),
        sides,
        expanded,
        scans,
        shapes: ParsedShapes::default(),
        source: String::new(),
        kinds: expansion.kinds,
        macros: macros.collect(),
        lines: lines(library, &planned.template),
        organization: planned.organization,
        present,
        uncertain: None,
    })
}

/// What is known of both sides; `scan`, that of a large new text, is made at the same time.
fn sides_of(
    cache: &mut SideCache,
    (job, input, against): (&Job, &Input, &Against<'_>),
    texts: &SideTexts<'_>,
    (organization, scan): (&Organization, &TextScan),
) -> OutputSides {
    let mut sides = || OutputSides::new(cache, (job, input), against, texts);
    let at_head = || organization_at_head((job, input), against, texts.previous, organization);
    if !is_large(texts.expanded) {
        return sides().at_head(at_head());
    }
    let (sides, at_head) = both(sides, || {
        if texts.previous != Some(texts.expanded) {
            scan.begin(texts.expanded);
        }
        at_head()
    });
    sides.at_head(at_head)
}

/// The two texts of a file that no template expands to.
fn leftover_pair(
    leftover: LeftoverTexts,
    cache: &mut SideCache,
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<OutputTexts> {
    let job = leftover.job;
    let against = Against::new(&job, arguments.against.as_deref(), streams)?;
    let sides = asks_for_access(arguments).then(|| {
        let texts = SideTexts {
            previous: leftover.previous.as_deref(),
            marks: None,
            expanded: &leftover.present.text,
            present: None,
        };
        OutputSides::new(cache, (&job, &arguments.input), &against, &texts)
    });
    Ok(OutputTexts {
        path: job.shown(),
        previous: leftover.previous,
        against: leftover.label,
        renamed: RenamedAccounts::between(before_of(sides.as_ref()), &leftover.organization),
        sides,
        expanded: leftover.present.text,
        scans: <[TextScan; 2]>::default(),
        shapes: ParsedShapes::default(),
        source: job.shown(),
        organization: leftover.organization,
        macros: Vec::new(),
        kinds: Vec::new(),
        lines: HashMap::new(),
        present: None,
        uncertain: leftover.present.why,
    })
}

/// What differs in each output.
fn each_compared(pairs: &[Arc<OutputTexts>]) -> anyhow::Result<Vec<Comparison<'_>>> {
    let all: Vec<&OutputTexts> = pairs.iter().map(|pair| &**pair).collect();
    let sides = previous_of(&all).into_iter().zip(all);
    let mut comparisons = Vec::new();
    in_order(
        sides.collect(),
        |(from, pair): (Option<&_>, &_)| compared(from, pair),
        |found| {
            comparisons.push(found);
            Ok(())
        },
    )?;
    Ok(comparisons)
}

/// What differs between `pair` and what it was: itself, or a file that is gone. Nothing if another output is compared
/// with it.
fn compared<'run>(from: Option<&'run OutputTexts>, pair: &'run OutputTexts) -> Comparison<'run> {
    let before = from.unwrap_or(pair);
    let previous = before.previous.as_deref();
    let expanded = match from {
        Some(_) => pair.expanded.as_str(),
        None => previous.unwrap_or_default(),
    };
    let mut comparison = compare_scanned(&pair.path, (previous, expanded), pair.shared_scans());
    if before.against.is_some() {
        comparison.against.clone_from(&before.against);
    }
    comparison
}

fn print(
    (found, parts): (&ComparedOutputs<'_>, Parts),
    page: &DiffPage,
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let (comparisons, deployment) = (found.comparisons.as_slice(), found.deployment.as_ref());
    match arguments.format {
        DiffFormat::Text => {
            let (color, out) = (streams.out_color, &mut *streams.out);
            match &page.changes {
                Some(changes) => {
                    report::diff_text_access(comparisons, deployment, parts, color, out)?;
                    out.write_all(changes)?;
                }
                None => report::diff_text(comparisons, deployment, parts, color, out)?,
            }
        }
        DiffFormat::Markdown => streams
            .out
            .write_all(report::diff_markdown(comparisons, deployment, parts).as_bytes())?,
        DiffFormat::Json => report::diff_json(comparisons, deployment, parts, streams.out)?,
        DiffFormat::Sarif => report::diff_sarif(comparisons, deployment, streams.out)?,
        DiffFormat::Github => report::diff_github(comparisons, deployment, streams.out)?,
        DiffFormat::Html => {
            let plans = found.pairs.iter().map(|pair| {
                let macros = pair.macros.iter();
                macros.map(|(plan, _)| plan).collect::<Vec<_>>()
            });
            let plans: Vec<_> = plans.collect();
            report::diff_html(comparisons, deployment, &plans, parts, streams.out)?;
        }
    }
    Ok(())
}

fn only(part: Part) -> Parts {
    match part {
        Part::Access => Parts::ACCESS,
        Part::Resources => Parts::RESOURCES,
        Part::Text => Parts::LINES,
    }
}

/// Reports on standard error if the file to compare with was edited by hand: what differs is then
/// not only what the source changed.
fn warn_of_edits(pair: &OutputTexts, streams: &mut Streams<'_>) -> std::io::Result<()> {
    match pair.previous.as_deref().map(checksum::check) {
        Some(ChecksumState::EditedByHand) => writeln!(
            streams.err,
            "note: {} was edited by hand; `expand` would refuse to overwrite it",
            pair.against.as_deref().unwrap_or(&pair.path)
        ),
        _ => Ok(()),
    }
}
