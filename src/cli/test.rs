//! The arguments of `test`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::input::InputContext;

pub(super) const TEST_HELP: &str = "\
Examples:
  deploy-roles test                             every *.test.yml in org/
  deploy-roles test org/roles.src.yml           what org/roles.test.yml expects of it
  deploy-roles test org/organization.test.yml   what is expected of all templates of org/
  deploy-roles test --format junit > junit.xml  for CI

org/roles.test.yml:
  expectations:
    - name: nobody deletes a table in production
      who: '*'
      except: { role: '*-CloudFormationExecutionRole' }
      never: dynamodb:DeleteTable

`never` is proved for all requests that match. The exit code is 1 if an expectation is not met, or
may not be.";

/// Arguments of `test`.
#[derive(Args, Debug)]
pub struct TestArguments {
    /// Templates whose test files are run, test files (`*.test.yml`), or folders searched for these.
    /// Without any: `org/` if it exists, else the current folder
    #[arg(value_name = "TEMPLATE|TESTFILE")]
    pub templates: Vec<PathBuf>,
    /// What to read them with.
    #[command(flatten)]
    pub with: InputContext,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub format: TestFormat,
}

/// Formats of `test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// For CI: JUnit XML
    Junit,
}
