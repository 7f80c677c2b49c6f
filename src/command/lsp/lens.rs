//! What a macro creates, and what that changes: the line over it.
//!
//! In: a template as it is on the disk, and a revision. Out: one line per macro. Refuses nothing: without
//! the revision, or if that cannot be compared with, a line says what is known without it.
//!
//! Comparing takes longer than anybody waits for a key, so it has a thread of its own, and happens when a
//! file is opened or saved.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::cli::{Diff, DiffFormat, Input, Output, Part};
use crate::command::diff::{ComparedOutputs, Onlooker, compare};
use crate::command::progress::Progress;
use crate::command::{Streams, line};
use crate::diagnostic::Diagnostic;
use crate::diff::access::changes::{Access, Origin};
use crate::expand::Expansion;
use crate::files::{self, Named};
use crate::report::{Color, count, deployment_verdict, verdict_of_accesses};
use crate::workspace::leftovers::Leftover;
use crate::workspace::{Job, read};
use crate::yaml::lookup::Library;

/// The most bytes of a generated file that is compared: five times as much memory is used for it.
const COMPARED: usize = 24 << 20;

/// A template whose macros get lines.
#[derive(Clone, Debug)]
pub(super) struct LensJob {
    /// How the client names it.
    pub(super) uri: String,
    /// Its path.
    pub(super) path: PathBuf,
    /// What it is read with.
    pub(super) input: Input,
    /// What it is compared with.
    pub(super) against: String,
    /// Which of the comparisons of this template it is.
    pub(super) number: usize,
}

/// A macro and the line over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MacroLens {
    /// The macro's name.
    pub(super) name: String,
    /// The line.
    pub(super) title: String,
}

/// The line over a macro of a template that cannot be expanded. An editor would leave the line that was
/// there before if there were none.
pub(super) const REFUSED: &str = "cannot be expanded as it is saved: see the problems";

/// What is known of a macro.
struct CountedMacro {
    name: String,
    /// The first and the last of its lines.
    lines: (usize, usize),
    /// How many resources it creates, in how many accounts.
    counted: String,
}

/// What an expansion says of the macros.
#[derive(Default)]
struct Counter {
    macros: Vec<CountedMacro>,
    /// Whether the generated file is too large to be compared.
    is_too_large: bool,
}

impl LensJob {
    /// The lines of the macros; `None` if the template cannot be expanded.
    pub(super) fn run(&self) -> Option<Vec<MacroLens>> {
        let job = Job {
            template: self.path.clone(),
            output: files::output_of(&self.path),
        };
        let output = job.output.as_deref();
        let named = output.map(|output| files::named(output, &self.against));
        let mut counter = Counter::default();
        // That of the revision is like it, and is not even read.
        let is_too_large = output.is_some_and(is_too_large);
        if is_too_large || !matches!(named, Some(Ok(Named::Commit(_)))) {
            return self.counted(&job, &mut counter);
        }
        let mut nowhere = (std::io::sink(), std::io::sink());
        let mut streams = Streams {
            out: &mut nowhere.0,
            err: &mut nowhere.1,
            out_color: Color::Off,
            err_color: Color::Off,
            notes: BTreeSet::new(),
            progress: Progress::default(),
        };
        let jobs = [job];
        let diff = self.as_diff();
        let found = compare(
            (&jobs, &diff),
            &mut counter,
            &mut streams,
            |found, counter, _| Ok(self.titles(&counter.macros, &found)),
        );
        match found {
            Ok(Ok(titles)) => Some(titles),
            Ok(Err(_)) => None,
            Err(_) => Some(counter.known()),
        }
    }

    fn as_diff(&self) -> Diff {
        Diff {
            input: self.input.clone(),
            output: Output {
                output: None,
                out_dir: None,
            },
            against: Some(self.against.clone()),
            format: DiffFormat::Text,
            only: Some(Part::Access),
            exit_code: false,
            fail_on: Vec::new(),
        }
    }

    /// What is known without a revision.
    fn counted(&self, job: &Job, counter: &mut Counter) -> Option<Vec<MacroLens>> {
        let mut template = read(job.clone(), &self.input).ok()?;
        let expansion = template.expand().ok()?;
        counter.count(&template.library, &expansion);
        Some(counter.known())
    }

    fn titles(&self, macros: &[CountedMacro], found: &ComparedOutputs<'_>) -> Vec<MacroLens> {
        let titles = macros.iter().map(|one| {
            let mut parts = vec![one.counted.clone()];
            let files = found.comparisons.iter();
            let own = files.filter_map(|file| file.access.as_ref());
            let own: Vec<Access> = own.map(|access| one.only_own(access)).collect();
            let access = verdict_of_accesses(&own.iter().collect::<Vec<_>>());
            parts.push(format!("{access} since {}", self.against));
            if let Some(deployment) = &found.deployment {
                let mut own = deployment.clone();
                own.findings.retain(|finding| {
                    let (first, last) = one.lines;
                    finding
                        .line
                        .is_none_or(|line| (first..=last).contains(&line))
                });
                parts.push(deployment_verdict(&own));
            }
            MacroLens {
                name: one.name.clone(),
                title: parts.join(" · "),
            }
        });
        titles.collect()
    }
}

/// Whether the file on the disk has too many bytes to be compared.
fn is_too_large(output: &Path) -> bool {
    let mut size = 0;
    let read = files::read_chunks(output, &mut |bytes| size += bytes.len());
    read.is_ok() && size > COMPARED
}

impl CountedMacro {
    fn only_own(&self, access: &Access) -> Access {
        let is_own = |origin: &Origin| origin.name == self.name;
        let mut own = access.clone();
        let of_macro = |origin: &Option<Origin>| origin.as_ref().is_some_and(is_own);
        own.principals.retain(|one| of_macro(&one.origin));
        // What comes from no macro in particular may concern each.
        own.undecided
            .retain(|one| one.origin.as_ref().is_none_or(is_own));
        own.code.clear();
        own
    }
}

impl Counter {
    fn count(&mut self, library: &Library, expansion: &Expansion) {
        let macros = expansion.planned.macros.iter().zip(&expansion.kinds);
        let counted = macros.map(|(planned, kinds)| {
            let mut accounts: BTreeSet<&str> = BTreeSet::new();
            let mut resources = 0;
            for unit in &planned.plan.units {
                let names = unit.accounts.names();
                accounts.extend(names.iter().map(String::as_str));
                let own = kinds.get(unit.body.0).map_or(0, Vec::len);
                resources += names.len() * own;
            }
            let mut last = planned.call.entry;
            last.start = last.end;
            CountedMacro {
                name: planned.plan.name.clone(),
                lines: (line(library, planned.plan.name_span), line(library, last)),
                counted: format!(
                    "{} in {}",
                    count(resources, "resource"),
                    count(accounts.len(), "account")
                ),
            }
        });
        self.macros = counted.collect();
        self.is_too_large = expansion.text.length() > COMPARED;
    }

    /// The lines without what changed.
    fn known(&self) -> Vec<MacroLens> {
        let macros = self.macros.iter().map(|one| MacroLens {
            name: one.name.clone(),
            title: if self.is_too_large {
                format!("{} · too large to compare while you edit", one.counted)
            } else {
                one.counted.clone()
            },
        });
        macros.collect()
    }
}

impl Onlooker for Counter {
    fn expanded(
        &mut self,
        _: &Job,
        library: &Library,
        expansion: &mut Expansion,
    ) -> anyhow::Result<Vec<Diagnostic>> {
        self.count(library, expansion);
        if self.is_too_large {
            bail!("the generated file is too large");
        }
        Ok(Vec::new())
    }

    fn finished(&mut self, _: Library) {}

    fn left_over(&mut self, _: &[Leftover], _: &mut Streams<'_>) -> std::io::Result<()> {
        Ok(())
    }
}
