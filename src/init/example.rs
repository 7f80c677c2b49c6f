//! The example organization, as `org/` of the repository has it.

/// The folder of the example.
pub const FOLDER: &str = "org";

/// The organization of the example: file and text.
pub const ORGANIZATION: (&str, &str) = (
    "organization.yml",
    include_str!("../../org/organization.yml"),
);

/// The templates of the example, each with its text.
pub const ROLES: &[(&str, &str)] = &[
    ("roles.src.yml", include_str!("../../org/roles.src.yml")),
    ("roles.test.yml", include_str!("../../org/roles.test.yml")),
];

/// What git ignores in a project of npm: file and text.
pub const IGNORED: (&str, &str) = (".gitignore", "node_modules/\n");

/// The tasks of the example: file and text.
pub const TASKS: (&str, &str) = (
    "organization-tasks.yml",
    include_str!("../../org/organization-tasks.yml"),
);
