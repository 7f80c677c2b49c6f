//! The `deploy-roles` command: parses the arguments, runs a command, and turns its outcome into
//! an exit code.

use std::collections::BTreeSet;
use std::io::Write as _;

use clap::FromArgMatches as _;
use clap_complete::CompleteEnv;
use deploy_roles::cli::{self, Cli, ColorChoice};
use deploy_roles::command::names::names;
use deploy_roles::command::progress::{ProgressDrawing, StreamKind};
use deploy_roles::command::run::run;
use deploy_roles::command::{Outcome, Streams, color};
use deploy_roles::diagnostic::Diagnostic;
use deploy_roles::source::Sources;
use deploy_roles::{files, report};

/// Trees consist of many small nodes; this allocator is good at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Outcome {
    // Answers a shell that asks for completions (`COMPLETE=bash deploy-roles`), and then ends the program. The
    // script for the shell names the program, not its path: each project has its own.
    CompleteEnv::with_factory(|| cli::with_names(cli::command(), names))
        .completer("deploy-roles")
        .shells(cli::SHELLS)
        .complete();
    // What does not match ends the program.
    let matches = cli::matches(cli::command(), std::env::args_os());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let stdout = std::io::stdout();
    let stderr = std::io::stderr();
    let (out_color, err_color) = (color(cli.color, &stdout), color(cli.color, &stderr));
    let is_wanted = cli.color != ColorChoice::Never && files::can_draw();
    let drawing = ProgressDrawing::of(&cli.command, is_wanted);
    let progress = drawing.progress();
    let out = progress.before(stdout.lock(), StreamKind::Results);
    let mut out = std::io::BufWriter::with_capacity(1 << 16, out);
    // Not locked: a thread that panics must be able to say so.
    let mut err = progress.before(stderr, StreamKind::Messages);
    let mut streams = Streams {
        out: &mut out,
        err: &mut err,
        out_color,
        err_color,
        notes: BTreeSet::new(),
        progress,
    };
    let outcome = run(&cli, &mut streams).and_then(|outcome| Ok((outcome, out.flush()?)));
    drop(drawing);
    match outcome {
        Ok((outcome, ())) => outcome,
        // A reader that went away, such as `head`, has what it wanted.
        Err(error) if is_closed_pipe(&error) => Outcome::Quiet,
        Err(error) => {
            let text = match error.downcast_ref::<Diagnostic>() {
                Some(problem) => {
                    report::diagnostic(&Sources::default(), problem, err_color) + "1 error\n"
                }
                None => format!("error: {error:#}\n"),
            };
            let _ = err.write_all(text.as_bytes());
            Outcome::Errors
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
