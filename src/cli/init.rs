//! The arguments of `init`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(super) const INIT_HELP: &str = "\
Examples:
  deploy-roles init --dry-run                  what would be written, and where
  deploy-roles init                            everything
  deploy-roles init --app-id orders --tools-account ToolsAccount
  deploy-roles init roles makefile             only these pieces

It reads the organization (`organization.yml`), and writes next to it. In an empty folder, it writes
an example organization, with everything that belongs to it. It never overwrites a file: if one is
there already, nothing is written.";

/// Arguments of `init`.
#[derive(Args, Debug)]
pub struct Init {
    /// What to write; without any, everything
    #[arg(value_enum, value_name = "PIECE")]
    pub pieces: Vec<InitPiece>,
    /// The file of the organization, if there are several
    #[arg(long, value_name = "FILE")]
    pub organization: Option<PathBuf>,
    /// The account that CI signs in to, by its logical id; by default the one whose name says so. On
    /// a terminal, you are asked
    #[arg(long, value_name = "ACCOUNT")]
    pub tools_account: Option<String>,
    /// The `AppId` of the macro: the beginning of the names of everything that your app creates
    #[arg(long, value_name = "ID")]
    pub app_id: Option<String>,
    /// The region of the stacks that the roles are in, which they also reach; by default the one that your
    /// files name most, otherwise `us-east-1`
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Write nothing, and print what would be written
    #[arg(long)]
    pub dry_run: bool,
}

/// What `init` can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum InitPiece {
    /// A template with one macro: `roles.src.yml`
    Roles,
    /// Targets of make
    Makefile,
    /// The task that deploys the roles
    Tasks,
    /// A GitHub Actions workflow for pull requests, with the action that it runs
    Workflow,
    /// Settings of VS Code: the tags of templates
    Editor,
    /// The configuration of pre-commit
    Hook,
}

impl InitPiece {
    /// Every piece, in the order of writing.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// The piece as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            InitPiece::Roles => "roles",
            InitPiece::Makefile => "makefile",
            InitPiece::Tasks => "tasks",
            InitPiece::Workflow => "workflow",
            InitPiece::Editor => "editor",
            InitPiece::Hook => "hook",
        }
    }
}
