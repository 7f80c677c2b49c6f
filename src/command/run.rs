//! The command that was typed, by name.

use crate::cli::{Cli, Command};
use crate::command::{
    Outcome, Streams, accounts, can, check, denied, diff, expand, export, graph, infer, init, lint,
    lsp, partials, schema, test, workflow,
};

/// Runs the command of `cli`.
///
/// # Errors
///
/// Errors of usage and of the disk; problems of the input are written to `streams.err`.
pub fn run(cli: &Cli, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    match &cli.command {
        Command::Expand(arguments) => expand::run(arguments, streams),
        Command::Diff(arguments) => diff::run(arguments, streams),
        Command::Check(arguments) => check::run(arguments, streams),
        Command::Lint(arguments) => lint::run(arguments, streams),
        Command::Accounts(arguments) => accounts::run(arguments, streams),
        Command::Graph(arguments) => graph::run(arguments, streams),
        Command::Can(arguments) => can::run(arguments, streams),
        Command::Test(arguments) => test::run(arguments, streams),
        Command::Infer(arguments) => infer::run(arguments, streams),
        Command::Partials(arguments) => partials::run(arguments, streams),
        Command::Workflow(arguments) => workflow::run(arguments, streams),
        Command::Export(arguments) => export::run(arguments, streams),
        Command::Schema(arguments) => schema::run(arguments, streams),
        Command::Denied(arguments) => denied::run(arguments, streams),
        Command::Init(arguments) => init::run(arguments, streams),
        Command::Lsp(arguments) => lsp::run(arguments, streams),
    }
}
