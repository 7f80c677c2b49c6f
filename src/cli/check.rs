//! The arguments of `check`, as typed.

use clap::{Args, ValueEnum};

use crate::cli::input::{Input, Output};

pub(super) const CHECK_HELP: &str = "\
Examples:
  deploy-roles check                             generated files, lint, and test
  deploy-roles check --against origin/main       also who gains access, and whether it deploys
  deploy-roles check --against origin/main --fail-on widened --fail-on warning
  deploy-roles check --against main --format markdown > comment.md

It always fails if a generated file is not current, or if an expectation is not met. The summary
names each stage, and says why one could not run.";

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct Check {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// Where the generated files are.
    #[command(flatten)]
    pub output: Output,
    /// Compare with the output at this git revision, or with this file, as `diff` does
    #[arg(long, value_name = "REV|FILE")]
    pub against: Option<String>,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Also exit with 1 on this; can be given several times
    #[arg(long, value_enum, value_name = "WHAT")]
    pub fail_on: Vec<CheckFailOn>,
}

/// Formats of `check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For a terminal
    Text,
    /// For a comment on a pull request
    Markdown,
    /// For programs
    Json,
    /// For code scanning
    Sarif,
    /// For a log of GitHub Actions
    Github,
}

/// What `check` fails on, if that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFailOn {
    /// Some principal gains access, or may
    Widened,
    /// CloudFormation refuses the change, or may
    Refused,
    /// `lint` finds a warning
    Warning,
    /// `lint` finds a warning or a note
    Note,
}
