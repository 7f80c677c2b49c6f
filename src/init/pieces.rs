//! The texts of the files that `init` writes, each piece in a file of its own.
//!
//! In: an [`InitSetup`]. Out: texts. Refuses nothing: the names in a setup are those that make, the
//! shell, and YAML read as they are.

pub mod editor;
pub mod hook;
pub mod makefile;
pub mod roles;
pub mod tasks;
pub mod workflow;

use crate::init::ci::RepositoryCi;
use crate::init::packages::NpmProject;

/// What the pieces are written for.
#[derive(Clone, Debug)]
pub struct InitSetup {
    /// The folder of the organization and the templates, with forward slashes; `.` is the root.
    pub folder: String,
    /// The file of the organization, in `folder`.
    pub organization: String,
    /// The template with macros, in `folder`.
    pub template: String,
    /// The file that `template` is expanded into, in `folder`.
    pub output: String,
    /// The file with the tasks, from the root.
    pub tasks: String,
    /// The file of tasks that `make deploy` runs: the same, or one that includes it.
    pub run: String,
    /// Other files of tasks that may be run instead.
    pub other_runs: Vec<String>,
    /// Whether these tasks are there already, so that they include ours.
    pub has_tasks: bool,
    /// Whether there is a Makefile already, so that it includes ours.
    pub has_makefile: bool,
    /// The task of the roles, which no other in these tasks is called.
    pub task: String,
    /// The stack of the roles.
    pub stack: String,
    /// Where CI runs.
    pub ci: RepositoryCi,
    /// How programs are installed.
    pub npm: NpmProject,
}

impl InitSetup {
    /// How the tool is called.
    pub fn program(&self) -> String {
        if self.npm.has_tool {
            format!("{} deploy-roles", self.npm.manager.runner())
        } else {
            "deploy-roles".to_owned()
        }
    }

    /// The path of a file of the folder, from the root.
    pub fn path(&self, file: &str) -> String {
        if self.folder == "." {
            file.to_owned()
        } else {
            format!("{}/{file}", self.folder)
        }
    }
}
