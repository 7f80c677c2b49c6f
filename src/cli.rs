//! The command line, as typed.
//!
//! In: the process's arguments. Out: a [`Cli`]. Refuses unknown options. Conventions as in
//! `diff(1)` and git: results on standard output, everything else on standard error; exit code 0
//! nothing to report, 1 differences (only if an option asks for that), 2 errors.

mod can;
mod check;
mod complete;
mod export;
mod groups;
mod infer;
mod init;
mod input;
mod lsp;
mod schema;
mod shells;
mod test;
mod usage;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

pub use can::{Can, CanFormat};
pub use check::{Check, CheckFailOn, CheckFormat};
pub use complete::{KnownName, NameKind, with_names};
pub use export::Export;
pub use infer::{Infer, InferFormat};
pub use init::{Init, InitPiece};
pub use input::{Input, InputContext, Output};
pub use lsp::{DEFAULT_REVISION, Lsp};
pub use schema::SchemaArguments;
pub use shells::SHELLS;
pub use test::{TestArguments, TestFormat};
pub use usage::matches;

use can::CAN_HELP;
use check::CHECK_HELP;
use export::EXPORT_HELP;
use infer::INFER_HELP;
use init::INIT_HELP;
use lsp::LSP_HELP;
use schema::SCHEMA_HELP;
use test::TEST_HELP;

/// Expand `!DeployRoles` macros in OrgFormation templates into per-account IAM deploy roles, and
/// see what changed
#[derive(Debug, Parser)]
#[command(name = "deploy-roles", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use color
    // At one place in every help, however many commands there are.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, global = true, value_name = "WHEN", display_order = 6)]
    pub color: ColorChoice,
}

/// The definition of the command line, whose help lists the commands in groups.
pub fn command() -> clap::Command {
    groups::grouped(Cli::command())
}

/// When to use color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write each expanded template
    #[command(after_help = EXPAND_HELP)]
    Expand(Expand),
    /// Show what an expansion would change: who gains and loses access, resources, and lines
    #[command(after_help = DIFF_HELP)]
    Diff(Diff),
    /// Check everything before you deploy: generated files, `lint`, `test`, who gains access, and
    /// whether the change deploys
    #[command(after_help = CHECK_HELP)]
    Check(Check),
    /// Show warnings and notes about templates, or explain a rule
    #[command(after_help = LINT_HELP)]
    Lint(Lint),
    /// Show which account gets which roles, and why
    #[command(after_help = ACCOUNTS_HELP)]
    Accounts(Accounts),
    /// Draw who can assume what, by stage
    #[command(after_help = GRAPH_HELP)]
    Graph(Graph),
    /// Answer who may do something, and why
    #[command(after_help = CAN_HELP)]
    Can(Can),
    /// Check what you expect of policies: what must be allowed, and what must never be
    #[command(after_help = TEST_HELP)]
    Test(TestArguments),
    /// Find the services and options that an app's roles need, from the app's own template
    #[command(after_help = INFER_HELP)]
    Infer(Infer),
    /// List, show, or copy the built-in partials, which say what roles and policies look like
    #[command(after_help = PARTIALS_HELP)]
    Partials(PartialsArguments),
    /// Write the CI files of an app that deploys with a macro's roles: a GitHub Actions workflow, its
    /// deploy action, and lines for the framework
    #[command(after_help = WORKFLOW_HELP)]
    Workflow(Workflow),
    /// Write what a macro creates as plain CloudFormation templates, for stack sets or any other engine
    #[command(after_help = EXPORT_HELP)]
    Export(Export),
    /// Print the JSON Schema of the macro, with which an editor completes and checks it
    #[command(after_help = SCHEMA_HELP)]
    Schema(SchemaArguments),
    /// Read the log of a deployment that was denied something: who, what, and why, and how to change
    /// the macro if a grant helps
    #[command(after_help = DENIED_HELP)]
    Denied(Denied),
    /// Write the files to begin with, from the organization that is there; in an empty folder, an
    /// example
    #[command(after_help = INIT_HELP)]
    Init(Init),
    /// Answer an editor, as a language server: problems while you type, and what names stand for
    #[command(after_help = LSP_HELP)]
    Lsp(Lsp),
}

const EXPAND_HELP: &str = "\
Examples:
  deploy-roles expand                          every *.src.yml in org/
  deploy-roles expand org/roles.src.yml        writes org/roles.yml
  deploy-roles expand --check                  exit code 1 if a generated file is stale
  deploy-roles expand -o - org/roles.src.yml   to standard output

In an OrgFormation tasks file:
  Template: !Cmd 'deploy-roles expand --print-path org roles.src.yml'";

const DIFF_HELP: &str = "\
Examples:
  deploy-roles diff                            against the generated files as they are
  deploy-roles diff --against main             against what is committed on main
  deploy-roles diff --against main --format markdown > comment.md
  deploy-roles diff --against main --only access --fail-on widened";

const LINT_HELP: &str = "\
Examples:
  deploy-roles lint                            every *.src.yml in org/
  deploy-roles lint --fail-on warning          exit code 1 if there is a warning
  deploy-roles lint --explain unknown-action   what a rule finds, why it matters, what to write

A comment at the end of a line, or alone on the line above, allows what a rule finds there:
  # deploy-roles: allow[trusts-whole-account] the account has no other principals";

const GRAPH_HELP: &str = "\
Examples:
  deploy-roles graph                           Mermaid, which GitHub draws
  deploy-roles graph --format svg > roles.svg  a picture for a browser
  deploy-roles graph --format dot              for Graphviz";

const ACCOUNTS_HELP: &str = "\
Examples:
  deploy-roles accounts
  deploy-roles accounts --format json
  deploy-roles accounts --select \"$.Organization[?@.Properties.Tags.stage=='prod']\"";

const PARTIALS_HELP: &str = "\
Examples:
  deploy-roles partials list                   what each is for, and its options
  deploy-roles partials show services/sqs      what it grants
  deploy-roles partials eject services/sqs     a copy that you can change";

const LIST_HELP: &str = "\
Examples:
  deploy-roles partials list
  deploy-roles partials list | grep services/";

const SHOW_HELP: &str = "\
Examples:
  deploy-roles partials show services/sqs
  deploy-roles partials show services/sqs | diff partials/services/sqs.hbs -";

const EJECT_HELP: &str = "\
Examples:
  deploy-roles partials eject services/sqs              writes partials/services/sqs.hbs
  deploy-roles partials eject services/sqs --to ours    writes ours/services/sqs.hbs

To use it in every command, name the folder in the template: `Definitions.DeployRoles.Partials`.
`--partials partials` uses it once.

The first line of a copy is a comment that says what it was copied from. When a new version of
deploy-roles changes that partial, `expand` notes it.";

const WORKFLOW_HELP: &str = "\
Examples:
  deploy-roles workflow                                  to standard output
  deploy-roles workflow --macro Shop org/roles.src.yml   one of several macros
  deploy-roles workflow --macro Shop --out-dir ../shop   into the app's repository";

const DENIED_HELP: &str = "\
Examples:
  deploy-roles denied deploy.log                         the output of a deployment
  sls deploy 2>&1 | tee /dev/tty | deploy-roles denied -
  aws cloudformation describe-stack-events --stack-name orders-dev | deploy-roles denied -
  deploy-roles denied --macro Orders deploy.log          compares with this macro

It changes nothing, and asks AWS nothing. The log can be text or JSON: events of CloudFormation and
CloudTrail, the output of Serverless, SAM, CDK, terraform, and the AWS CLI, and decoded messages of
EC2.";

/// Arguments of `expand`.
#[derive(Args, Debug)]
pub struct Expand {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// Where to write.
    #[command(flatten)]
    pub output: Output,
    /// Write nothing; exit with 1 if a generated file is stale or was edited by hand
    #[arg(long, conflicts_with_all = ["force", "print_path"])]
    pub check: bool,
    /// Overwrite a generated file that was edited by hand
    #[arg(long)]
    pub force: bool,
    /// Print the path of each written file, relative to BASE (default: the current folder), and
    /// nothing else. A TEMPLATE that does not exist is looked for in BASE
    #[arg(long, value_name = "BASE", num_args = 0..=1, default_missing_value = ".")]
    pub print_path: Option<PathBuf>,
}

/// Arguments of `diff`.
#[derive(Args, Debug)]
pub struct Diff {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// Where the generated files are.
    #[command(flatten)]
    pub output: Output,
    /// Compare with the output at this git revision, or with this file. A name that is both is the
    /// revision; `./NAME` is always the file
    #[arg(long, value_name = "REV|FILE")]
    pub against: Option<String>,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
    /// Show only this part
    #[arg(long, value_enum, value_name = "PART")]
    pub only: Option<Part>,
    /// Exit with 1 if anything differs
    #[arg(long)]
    pub exit_code: bool,
    /// Exit with 1 on this; can be given several times
    #[arg(long, value_enum, value_name = "WHAT")]
    pub fail_on: Vec<FailOn>,
}

/// What `diff` fails on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Some principal gains access, or may
    Widened,
    /// CloudFormation refuses the change, or may
    Refused,
}

/// Arguments of `lint`.
#[derive(Args, Debug)]
pub struct Lint {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// Print the page of this rule, and read no template; errors are also rules
    #[arg(long, value_name = "RULE", conflicts_with_all = ["templates", "rules", "format", "fail_on"])]
    pub explain: Option<String>,
    /// Only what this rule finds; can be given several times
    #[arg(long = "rule", value_name = "RULE")]
    pub rules: Vec<String>,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub format: LintFormat,
    /// Exit with 1 if anything of this level or above is found
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<LintLevel>,
}

/// Formats of `lint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// For code scanning
    Sarif,
    /// For a log of GitHub Actions
    Github,
}

/// What `lint` fails on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintLevel {
    /// Warnings
    Warning,
    /// Warnings and notes
    Note,
}

/// Formats of `diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal
    Text,
    /// For a comment on a pull request
    Markdown,
    /// For programs
    Json,
    /// For code scanning: the access gained, at the macro's line
    Sarif,
    /// For a log of GitHub Actions: the access gained, at the macro's line
    Github,
    /// One page that needs nothing else
    Html,
}

impl DiffFormat {
    /// Whether it shows who gains and loses access, whatever else.
    pub fn is_of_access(self) -> bool {
        match self {
            DiffFormat::Sarif | DiffFormat::Github | DiffFormat::Html => true,
            DiffFormat::Text | DiffFormat::Markdown | DiffFormat::Json => false,
        }
    }
}

/// Parts of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Who gains and who loses access
    Access,
    /// The changed resources
    Resources,
    /// The changed text
    Text,
}

/// Arguments of `accounts`.
#[derive(Args, Debug)]
pub struct Accounts {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = AccountsFormat::Text)]
    pub format: AccountsFormat,
    /// Try a JSONPath on the organization: list the accounts that it returns
    #[arg(long, value_name = "JSONPATH")]
    pub select: Option<String>,
}

/// Formats of `accounts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AccountsFormat {
    /// A table
    Text,
    /// For programs
    Json,
}

/// Arguments of `graph`.
#[derive(Args, Debug)]
pub struct Graph {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub format: GraphFormat,
}

/// Formats of `graph`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// For a browser or a page
    Svg,
}

/// Arguments of `partials`.
#[derive(Args, Debug)]
pub struct PartialsArguments {
    /// What to do with them.
    #[command(subcommand)]
    pub command: PartialsCommand,
}

/// What `partials` does.
#[derive(Debug, Subcommand)]
pub enum PartialsCommand {
    /// List the built-in partials: what each is for, and its options
    #[command(after_help = LIST_HELP)]
    List,
    /// Print a built-in partial
    #[command(after_help = SHOW_HELP)]
    Show(Show),
    /// Copy built-in partials, to change the copies and use them instead
    #[command(after_help = EJECT_HELP)]
    Eject(Eject),
}

/// Arguments of `partials show`.
#[derive(Args, Debug)]
pub struct Show {
    /// The partial, for example `services/sqs`
    pub name: String,
}

/// Arguments of `partials eject`.
#[derive(Args, Debug)]
pub struct Eject {
    /// The partials, for example `services/sqs`
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// The folder of your partials
    #[arg(long, value_name = "DIR", default_value = "partials", value_parser = input::folder())]
    pub to: PathBuf,
    /// Overwrite a partial that is there already
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `workflow`.
#[derive(Args, Debug)]
pub struct Workflow {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// The macro, if there are several
    #[arg(long = "macro", value_name = "NAME")]
    pub name: Option<String>,
    /// The root of the app's repository; without it, the files go to standard output
    #[arg(long, value_name = "DIR", value_parser = input::folder())]
    pub out_dir: Option<PathBuf>,
    /// Overwrite files that were edited by hand, or that this command did not generate
    #[arg(long, requires = "out_dir")]
    pub force: bool,
}

/// Arguments of `denied`.
#[derive(Args, Debug)]
pub struct Denied {
    /// The log; `-` is standard input
    pub log: PathBuf,
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// The macro that the log is about; by default, the one whose `AppId` the denied role has
    #[arg(long = "macro", value_name = "NAME")]
    pub name: Option<String>,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = DeniedFormat::Text)]
    pub format: DeniedFormat,
}

/// Formats of `denied`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeniedFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        for one in Cli::command().get_subcommands() {
            let groups = groups::GROUPS.iter();
            let groups = groups.filter(|(_, names)| names.contains(&one.get_name()));
            assert_eq!(groups.count(), 1, "{}", one.get_name());
        }
    }
}
