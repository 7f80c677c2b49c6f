//! The arguments of `infer`, as typed. Refuses options that exclude or need each other.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::input::folder;

pub(super) const INFER_HELP: &str = "\
Examples:
  deploy-roles infer template.yaml                       the `Services` line, and why
  deploy-roles infer cdk.out                             what `cdk synth` wrote
  deploy-roles infer .serverless                         what `serverless package` wrote
  deploy-roles infer template.yaml --macro Shop          what the macro lacks or does not need
  deploy-roles infer template.yaml --macro Shop --write  puts the line into the macro
  deploy-roles infer template.yaml --macro Shop --check  exit code 1 if it lacks something
  deploy-roles infer template.yaml --write-partials partials
                                                         also partials for what no service grants";

/// Arguments of `infer`.
#[derive(Args, Debug)]
pub struct Infer {
    /// Templates of one app (CloudFormation, SAM), or folders: `cdk.out`, `.serverless`; `-` is standard
    /// input. Of several, all resources count
    #[arg(value_name = "APP", required = true)]
    pub apps: Vec<PathBuf>,
    /// Compare with this macro
    #[arg(long = "macro", value_name = "NAME")]
    pub name: Option<String>,
    /// The OrgFormation templates (`*.src.yml`) that may contain the macro, or folders searched for
    /// them; can be given several times. Without any: `org/` if it exists, else the current folder
    #[arg(long = "template", value_name = "TEMPLATE", requires = "name")]
    pub templates: Vec<PathBuf>,
    /// The organization of templates that do not include one
    #[arg(long, value_name = "FILE", requires = "name")]
    pub organization: Option<PathBuf>,
    /// The folder that included files must be in; by default the git repository of the template,
    /// else the current folder
    #[arg(long, value_name = "DIR", requires = "name")]
    pub include_root: Option<PathBuf>,
    /// Partials that replace built-in ones of the same name, or add services. A template can name
    /// the folder itself: `Definitions.DeployRoles.Partials`
    #[arg(long, value_name = "DIR")]
    pub partials: Option<PathBuf>,
    /// Write partials for what no service grants into this folder, whose other partials count as
    /// with `--partials`. With `--check`, nothing is written, and a partial that would change is a
    /// difference
    #[arg(long, value_name = "DIR", conflicts_with = "partials", value_parser = folder())]
    pub write_partials: Option<PathBuf>,
    /// Let generated partials grant an action that is held back, such as `iam:CreatePolicy`; can be
    /// given several times. Name one only if you know why it is held back
    #[arg(long, value_name = "ACTION", requires = "write_partials")]
    pub allow: Vec<String>,
    /// The app's template before a change: resources and properties that it removes count also
    #[arg(long, value_name = "TEMPLATE")]
    pub previous: Vec<PathBuf>,
    /// Exit with 1 if the macro lacks something that the app needs
    #[arg(long, requires = "name")]
    pub check: bool,
    /// Edit the `Services` of the macro in place
    #[arg(long, requires = "name", conflicts_with = "check")]
    pub write: bool,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = InferFormat::Text)]
    pub format: InferFormat,
}

/// Formats of `infer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InferFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}
