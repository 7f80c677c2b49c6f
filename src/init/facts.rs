//! What a repository already has, read from its texts.
//!
//! In: paths and texts of a repository's files. Out: which of them define an organization, and the names
//! that they use. Refuses nothing. It looks at lines, since what OrgFormation
//! renders with nunjucks is not YAML.

/// A file of the repository: its path with forward slashes, and its text.
#[derive(Clone, Debug)]
pub struct RepositoryFile {
    /// The path from the root.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Whether the file defines an organization, and does not include one.
pub fn defines_organization(file: &RepositoryFile) -> bool {
    let is_source = file.path.ends_with(".src.yml") || file.path.ends_with(".src.yaml");
    let mut lines = file
        .text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}'));
    !is_source
        && (file.text.contains("OC::ORG::") || file.text.contains("!Include"))
        && lines.any(|line| {
            let rest = line.strip_prefix("Organization:");
            rest.is_some_and(|rest| {
                let rest = rest.trim_start();
                rest.is_empty() || rest.starts_with(['#', '{', '&'])
            })
        })
}

/// Whether the file is called as OrgFormation calls that of an organization.
pub fn is_named_organization(file: &RepositoryFile) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    name == "organization.yml" || name == "organization.yaml"
}

/// A name for the stack of the roles that no task uses and that no app can change: its beginning is
/// not `app_id`, or the id of an app of a template that is there, and a dash.
pub fn stack_name(files: &[RepositoryFile], app_id: &str) -> String {
    let lines = files.iter().flat_map(|file| file.text.lines());
    let apps: Vec<&str> = lines.filter_map(|line| value(line, "AppId")).collect();
    let is_free = |name: &String| {
        let is_below = |app: &&str| name.starts_with(&format!("{app}-"));
        let is_of_app = apps.iter().chain([&app_id]).any(is_below);
        let mut lines = files.iter().flat_map(|file| file.text.lines());
        !is_of_app && lines.all(|line| value(line, "StackName") != Some(name.as_str()))
    };
    let first = ["deploy-roles", "roles-of-apps"]
        .into_iter()
        .map(str::to_owned);
    // Each begins with something else, so that no apps can have all of them.
    let more = (2..).map(|number| format!("r{number}-of-apps"));
    let mut names = first.chain(more);
    names.find(is_free).unwrap_or_default()
}

/// A name for a task that no other of the tasks in `text` has.
pub fn task_name(text: &str) -> String {
    let is_free = |name: &String| {
        let mut lines = text.lines();
        !lines.any(|line| {
            let line = line.trim_start_matches(['\'', '"', '\u{feff}']);
            let rest = line.strip_prefix(name.as_str()).unwrap_or_default();
            rest.trim_start_matches(['\'', '"', ' ']).starts_with(':')
        })
    };
    let more = (2..).map(|number| format!("DeployRoles{number}"));
    let mut names = ["DeployRoles".to_owned()].into_iter().chain(more);
    names.find(is_free).unwrap_or_default()
}

/// The plain scalar that a line gives `key`, without quotes and comment.
pub(super) fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let rest = line
        .trim_start()
        .trim_start_matches("- ")
        .strip_prefix(key)?;
    let rest = rest.strip_prefix(':')?;
    let rest = rest.split(" #").next().unwrap_or_default().trim();
    Some(rest.trim_matches(['\'', '"']))
}

#[cfg(test)]
mod tests {
    use super::{RepositoryFile, stack_name, task_name};

    #[test]
    fn no_other_task_has_the_name() {
        assert_eq!(task_name(""), "DeployRoles");
        assert_eq!(
            task_name("DeployRolesOfApps:\n  DeployRoles: 1\n"),
            "DeployRoles"
        );
        let text = "DeployRoles:\n  Type: x\n'DeployRoles2' :\n  Type: x\n";
        assert_eq!(task_name(text), "DeployRoles3");
    }

    #[test]
    fn no_app_can_change_the_stack_of_its_roles() {
        let file = |text: &str| RepositoryFile {
            path: "roles.src.yml".to_owned(),
            text: text.to_owned(),
        };
        let macro_of = |app: &str| {
            [file(&format!(
                "Resources:\n  A: !DeployRoles\n    AppId: {app}\n"
            ))]
        };
        assert_eq!(stack_name(&[], "my-app"), "deploy-roles");
        assert_eq!(stack_name(&[], "deploy"), "roles-of-apps");
        assert_eq!(stack_name(&macro_of("deploy"), "my-app"), "roles-of-apps");
        assert_eq!(
            stack_name(&macro_of("'deploy' # an app"), "roles"),
            "r2-of-apps"
        );
    }
}
