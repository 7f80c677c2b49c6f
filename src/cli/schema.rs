//! The arguments of `schema`, as typed.

use clap::Args;

use crate::cli::input::Input;

pub(super) const SCHEMA_HELP: &str = "\
Examples:
  deploy-roles schema > deploy-roles.schema.json
  deploy-roles schema --organization org/organization.yml
  deploy-roles schema --partials partials

An editor with a YAML language server completes and checks macros with it; see docs/editor.md. The
names of accounts and units come from the organizations of the templates. Print it again when the
organization or your partials change.";

/// Arguments of `schema`.
#[derive(Args, Debug)]
pub struct SchemaArguments {
    /// What to read: templates for their organizations and partials.
    #[command(flatten)]
    pub input: Input,
}
