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
    /// How programs are installed.
    pub npm: NpmProject,
}

/// What the repository installs by npm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct NpmProject {
    /// `package.json` names deploy-roles.
    pub has_tool: bool,
    /// `package.json` names OrgFormation.
    pub has_orgformation: bool,
    /// There is a `package.json`.
    pub has_package: bool,
    /// There is a `package-lock.json`.
    pub has_lock: bool,
}

impl NpmProject {
    /// What `package.json` says.
    pub fn of(package: Option<&str>, has_lock: bool) -> Self {
        let has_package = package.is_some();
        let package = package.unwrap_or_default();
        Self {
            has_package,
            has_tool: package.contains("\"deploy-roles\""),
            has_orgformation: package.contains("\"aws-organization-formation\""),
            has_lock,
        }
    }
}

impl InitSetup {
    /// How the tool is called.
    pub fn program(&self) -> &'static str {
        if self.npm.has_tool {
            "npx --no deploy-roles"
        } else {
            "deploy-roles"
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
