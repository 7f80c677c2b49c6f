//! The arguments of `export`, as typed.

use std::path::PathBuf;

use clap::Args;

use crate::cli::input::{Input, folder};

pub(super) const EXPORT_HELP: &str = "\
Examples:
  deploy-roles export --macro Launchpad --out-dir stacks
  deploy-roles export --macro Launchpad --out-dir stacks org/roles.src.yml

It writes tools-account.json, and stage-<stage>.json for each stage: the same for every account of
the stage. docs/stacksets.md says how to deploy them with stack sets.";

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// The macro, if there are several
    #[arg(long = "macro", value_name = "NAME")]
    pub name: Option<String>,
    /// The folder of the templates; it may have no other files
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub out_dir: PathBuf,
}
