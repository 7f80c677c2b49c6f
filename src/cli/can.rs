//! The arguments of `can`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::input::InputContext;

pub(super) const CAN_HELP: &str = "\
Examples:
  deploy-roles can '*' dynamodb:DeleteTable               who may delete any table
  deploy-roles can '*' dynamodb:DeleteTable --stage prod  in production
  deploy-roles can shop-DeployerRole s3:GetObject 'arn:aws:s3:::shop-uploads/*'
  deploy-roles can Shop iam:CreateRole --where aws:RequestedRegion=eu-west-1
  deploy-roles can '*' dynamodb:DeleteTable --through     and who can assume them
  deploy-roles can '*' 'kms:*' --format json

\"Yes\" has an example of a request that is allowed, and what it needs. \"No\" is proved: no request
that matches is allowed. \"Maybe\" has the reason why it is not decided. A key that `--where` does
not name can have any value.";

/// Arguments of `can`.
#[derive(Args, Debug)]
pub struct Can {
    /// A role, user, or group by its name, logical id, or ARN; all principals of a macro by its name;
    /// `'*'` is everybody
    pub who: String,
    /// The action, for example `dynamodb:DeleteTable`; with `*`, any action that matches
    pub action: String,
    /// The ARN of the resource; with `*`, any resource that matches. Without it, any resource
    pub resource: Option<String>,
    /// What a request says of a condition key; can be given several times. Of several values of one
    /// key, the request has one; `KEY=` is a request without the key
    #[arg(long = "where", value_name = "KEY=VALUE")]
    pub keys: Vec<String>,
    /// Also who can assume those who may, directly or through others
    #[arg(long)]
    pub through: bool,
    /// Only principals of this stage
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<String>,
    /// Only principals of this account, by its logical id or its account id
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Only principals of this macro
    #[arg(long = "macro", value_name = "NAME")]
    pub name: Option<String>,
    /// Templates (`*.src.yml`), or folders searched for them; can be given several times. Without any:
    /// `org/` if it exists, else the current folder
    #[arg(long = "template", value_name = "TEMPLATE")]
    pub templates: Vec<PathBuf>,
    /// What to read them with.
    #[command(flatten)]
    pub with: InputContext,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = CanFormat::Text)]
    pub format: CanFormat,
}

/// Formats of `can`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CanFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
}
