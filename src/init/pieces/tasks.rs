//! A tasks file of OrgFormation, or one that a tasks file includes.

use crate::init::pieces::InitSetup;
use crate::source::path::between;

/// The file with the task, from the root.
pub fn path(setup: &InitSetup) -> String {
    if setup.has_tasks {
        setup.path("deploy-roles-tasks.yml")
    } else {
        setup.tasks.clone()
    }
}

/// The tasks.
pub fn text(setup: &InitSetup) -> String {
    let head = if setup.has_tasks {
        "# Included by the tasks of the organization.\n\n".to_owned()
    } else {
        format!(
            "# org-formation perform-tasks {}\n\nOrganizationUpdate:\n  Type: update-organization\n  Template: ./{}\n\n",
            setup.tasks, setup.organization
        )
    };
    format!(
        "{head}# `deploy-roles expand` writes {output} from {template}.
#
# The stack's name must not begin with the AppId of an app and a dash: each app may change the
# stacks that are named after it.
DeployRoles:
  Type: update-stacks
  StackName: {stack}
  StackDescription: Roles that deploy apps
  Template: ./{output}
  MaxConcurrentStacks: 10
",
        output = setup.output,
        template = setup.template,
        stack = setup.stack
    )
}

/// What includes the task, to be added to the tasks that are there.
pub fn include(setup: &InitSetup) -> String {
    let folder = setup
        .tasks
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let own = path(setup);
    let own = between(folder.as_ref(), own.as_ref());
    let own = own.to_string_lossy().replace('\\', "/");
    let dot = if own.starts_with("..") { "" } else { "./" };
    format!("{}:\n  Type: include\n  Path: {dot}{own}\n", setup.task)
}
