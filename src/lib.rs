//! Expands `!DeployRoles` macros in OrgFormation templates into per-account IAM deploy roles.
//!
//! # The data flow
//!
//! Data flows one way. [`expand`](mod@expand) leads to the expanded text, and [`diff`](mod@diff)
//! compares it:
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`files`] | paths | texts |
//! | [`yaml`] | texts | trees with the location of each part, with what they include |
//! | [`expand::locate`] | the template's tree | macro calls, each with the bytes that it occupies |
//! | [`arguments`] | a call's tree | typed arguments |
//! | [`organization`] | a tree | accounts and organizational units |
//! | [`expand::select`] | arguments, organization | the accounts of each target |
//! | [`expand::plan`](mod@expand::plan) | arguments, accounts | plans: each distinct body once, and who gets which |
//! | `expand::layout` | a plan | units: what is written together, and for which accounts |
//! | [`expand::render`] | plans, [`partials`] | resources with placeholders for the account |
//! | [`expand::limits`] | resources | nothing, or the limits that they break |
//! | [`expand::splice`] | source text, resources | expanded text |
//! | [`expand::prove`] | expanded text, plans | proof that they agree |
//! | [`diff`](mod@diff) | previous and expanded text | what changed |
//! | [`diff::access`] | previous and expanded text, organization, plans | who gains and who loses access |
//! | [`deploy`](mod@deploy) | previous and expanded texts, organization | what CloudFormation refuses |
//! | [`query`](mod@query) | expanded text, a question | who may, who may not, and why |
//! | [`infer`](mod@infer) | an app's templates, partials | the services and options that its roles need |
//! | [`denied`](mod@denied) | a log | who was denied what, and why |
//! | [`init`](mod@init) | an organization | the files to begin with |
//! | [`export`](mod@export) | a macro, rendered | plain CloudFormation templates |
//! | [`schema`](mod@schema) | partials, organizations | the JSON Schema of the macro |
//! | [`report`] | diagnostics, comparisons | what people read |
//!
//! # Floors
//!
//! Every module is on a floor and imports only from lower floors. Modules on the same floor do not
//! import each other, unless the table says so. `tests/tidy.rs` reads the rules from this table and
//! checks them.
//!
//! | floor | modules | what they know | same-floor imports |
//! |--:|---|---|---|
//! | 8 | `main`, `command` | the process: arguments, exit codes | `main` → `command` |
//! | 7 | `report`, `registry` | how answers look; every rule by id | none |
//! | 6 | `diff`, `deploy`, `lint`, `query`, `infer`, `denied`, `init`, `schema`, `workflow`, `export` | one question each | `denied` → `infer`; `deploy` → `diff`; `query` → `diff` |
//! | 5 | `workspace` | the templates of a run, loaded and planned | none |
//! | 4 | `expand` | the pipeline from macro to text | its stages import `expand::model`, never each other |
//! | 3 | `arguments`, `roles`, `partials`, `oidc` | what a macro says and creates | `arguments` → `oidc`, `partials`; `roles` → `oidc` |
//! | 2 | `iam`, `template`, `organization` | IAM, CloudFormation, OrgFormation | `iam` → `template`; `organization` → `template` |
//! | 1 | `yaml`, `aws`, `files` | YAML, AWS's published data, the disk | none |
//! | 0 | `source`, `diagnostic`, `cli`, `processors` | texts, places in them, what is wrong; the command line as typed; the machine's processors | `diagnostic` → `source`; `cli` → `diagnostic` |
//!
//! No core knows a macro: floors 0 to 2, except for the examples in the help of `cli`, do not
//! contain `AppId`, `DeployerRole`, or the name of a partial.
//!
//! # Invariants
//!
//! 1. Only [`files`] reads and writes the disk, standard input, the environment, and git
//!    (`disallowed-methods`); commands ask at most whether a path exists.
//! 2. Only the binary prints (`print_stdout`).
//! 3. Bytes outside of macro calls never change: spans are replaced, nothing is re-serialized.
//! 4. Any error writes nothing; all problems of a run are collected first.
//! 5. The same input expands to the same bytes: no clock, no host, no hash order. Only the search
//!    for equal lines in `diff` has a time limit.
//! 6. Text of the input reaches the output only through [`yaml::emit`], which quotes it, and
//!    [`expand::prove`] reads the output back.

pub mod arguments;
pub mod aws;
pub mod cli;
pub mod command;
pub mod denied;
pub mod deploy;

pub mod diagnostic;
pub mod diff;
pub mod expand;
pub mod export;
pub mod files;
pub mod iam;
pub mod infer;
pub mod init;
pub mod lint;
pub mod oidc;
pub mod organization;
pub mod partials;
mod processors;
pub mod query;
pub mod registry;
pub mod report;
pub mod roles;
pub mod schema;
pub mod source;
mod template;
pub mod workflow;
pub mod workspace;
pub mod yaml;

pub use expand::{ExpandRequest, Expansion, PlannedTemplate, expand, plan};
