//! Expands `!DeployRoles` macros in OrgFormation templates into per-account IAM deploy roles.
//!
//! # The way of the data
//!
//! A run goes one way. [`expand`] is the way to the expanded text; the command `diff` adds the last
//! three stages:
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`files`] | paths | texts, parsed by [`yaml::parse`] into spanned trees, with what they include |
//! | [`expand::locate`] | the template's tree | macro calls, each with the bytes that it takes up |
//! | [`arguments`] | trees | typed arguments; the organization |
//! | [`expand::select`] | arguments, organization | the accounts of each target |
//! | [`expand::plan`](mod@expand::plan) | arguments, accounts | plans: each distinct body once, and who gets which |
//! | [`expand::render`] | plans, [`partials`] | resources with placeholders for the account |
//! | [`expand::limits`] | resources | nothing, or the limits that they break |
//! | [`expand::splice`] | source text, resources | expanded text |
//! | [`expand::prove`] | expanded text, plans | proof that they agree |
//! | [`diff`](mod@diff) | previous and expanded text | what changed |
//! | [`diff::access`] | previous and expanded text, organization, plans | who gains and who loses access |
//! | [`report`] | diagnostics, comparisons | what people read |
//!
//! The commands `accounts` and `graph` show what [`plan`] finds, the way up to `resolve`. The command
//! `workflow` selects the accounts of each stage by itself, and [`workflow`] makes the CI files of a
//! macro from its arguments, these accounts and [`partials`].
//!
//! Stages do not import each other; only this file and [`command`] know their order. Any stage may
//! use the tools, which import `model` and each other at most: [`yaml::parse`] and [`yaml::value`] (text to
//! tree to value), [`yaml::emit`] (value to text), [`partials`] (the texts that roles and policies are
//! rendered from), [`iam::size`], [`place`], [`bundle`] and [`shard`] (what fits where), [`expand::checksum`] (the
//! head of a generated file), [`expand::relocate`] (relative paths), `template` (a generated file to its blocks,
//! and these to data), `aws` (the actions that AWS has).
//!
//! # Invariants
//!
//! 1. Only [`files`] touches the disk, standard input, the environment and git
//!    (`disallowed-methods`).
//! 2. Only the binary prints (`print_stdout`).
//! 3. Bytes outside of macro calls never change: spans are replaced, nothing is re-serialised.
//! 4. Any error writes nothing; all problems of a run are collected first.
//! 5. The same input gives the same bytes: no clock, no host, no hash order.
//! 6. Text that an author wrote reaches the output only through [`yaml::emit`], which quotes it, and
//!    [`expand::prove`] reads the output back.

pub mod arguments;
mod aws;
pub mod cli;
pub mod command;
pub mod diagnostic;
pub mod diff;
pub mod expand;
pub mod files;
pub mod iam;
pub mod oidc;
pub mod organization;
pub mod partials;
pub mod registry;
pub mod report;
pub mod source;
mod template;
pub mod workflow;
pub mod yaml;

pub use expand::{Expansion, Planned, Request, expand, plan};
