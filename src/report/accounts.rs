//! Who gets what and why, as a table, a list or JSON. Refuses nothing.

use serde::Serialize;

use crate::aws::partitions::{Region, partition};
use crate::expand::PlannedTemplate;
use crate::expand::model::plan::Planned;
use crate::organization::Organization;
use crate::roles::DeployPrincipal;
use crate::source::{FileId, Sources};

/// One account of one macro.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct AccountRow {
    /// The template's path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// The macro's name.
    #[serde(skip_serializing_if = "String::is_empty", rename = "macro")]
    pub name: String,
    /// `AppId`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub app_id: String,
    /// The stage, or `tools` for what the Tools account holds.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stage: String,
    /// The account's logical id.
    pub account: String,
    /// Its `AccountName`, if the organization gives it.
    pub account_name: Option<String>,
    /// Its id, if the organization gives it.
    pub account_id: Option<String>,
    /// The ARNs of roles and users that it gets; the account's logical id stands for an unknown
    /// id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arns: Vec<String>,
    /// The selector that reached it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
}

/// The rows of a template: macro by macro, in the order of the targets.
pub fn rows(sources: &Sources, template: FileId, planned: &PlannedTemplate) -> Vec<AccountRow> {
    let path = sources.path(template).to_string_lossy().into_owned();
    let mut rows = Vec::new();
    for Planned {
        arguments, plan, ..
    } in &planned.macros
    {
        for (name, unit) in plan.by_account() {
            let principals = plan.body(unit.body).map(|body| body.principals(plan.app()));
            let principals = principals.unwrap_or_default();
            let stage = unit.stage.clone().unwrap_or_else(|| "tools".to_owned());
            let target = arguments
                .targets
                .iter()
                .find(|target| Some(&target.stage.value) == unit.stage.as_ref());
            let account = planned.organization.account(name);
            let id = account.and_then(|account| account.account_id.clone());
            rows.push(AccountRow {
                template: path.clone(),
                name: plan.name.clone(),
                app_id: plan.app_id.value.clone(),
                stage,
                account: name.to_owned(),
                account_name: account.and_then(|account| account.account_name.clone()),
                arns: arns(
                    &plan.region,
                    &principals,
                    id.as_deref().unwrap_or(&format!("${{{name}}}")),
                ),
                account_id: id,
                selector: target.map_or_else(
                    || "ToolsAccount".to_owned(),
                    |target| target.selector_text.clone(),
                ),
            });
        }
    }
    rows
}

fn arns(region: &Region, principals: &[DeployPrincipal], id: &str) -> Vec<String> {
    let partition = partition(&region.0);
    principals
        .iter()
        .map(|principal| principal.arn(partition, id))
        .collect()
}

/// The rows for the accounts that a query returns.
pub fn selected(organization: &Organization, names: &[String]) -> Vec<AccountRow> {
    names
        .iter()
        .filter_map(|name| organization.account(name))
        .map(|account| AccountRow {
            template: String::new(),
            name: String::new(),
            app_id: String::new(),
            stage: String::new(),
            account: account.logical_id.clone(),
            account_name: account.account_name.clone(),
            account_id: account.account_id.clone(),
            arns: Vec::new(),
            selector: String::new(),
        })
        .collect()
}

/// The rows as JSON, one object each.
pub fn json(rows: &[AccountRow]) -> String {
    let mut text = serde_json::to_string_pretty(rows).unwrap_or_default();
    text.push('\n');
    text
}

/// The rows as a table; the roles of each row follow on lines of their own.
pub fn table(rows: &[AccountRow]) -> String {
    let head = ["MACRO", "STAGE", "ACCOUNT", "ID", "SELECTED BY"];
    let cells: Vec<[String; 5]> = rows
        .iter()
        .map(|row| {
            [
                row.name.clone(),
                row.stage.clone(),
                row.account.clone(),
                row.account_id.clone().unwrap_or_else(|| "-".to_owned()),
                row.selector.clone(),
            ]
        })
        .collect();
    let mut text = String::new();
    let widths = widths(&head, &cells);
    line(&head.map(str::to_owned), &widths, &mut text);
    for (row, cells) in rows.iter().zip(&cells) {
        line(cells, &widths, &mut text);
        for arn in &row.arns {
            text.push_str("    ");
            text.push_str(arn);
            text.push('\n');
        }
    }
    text
}

/// The accounts of a query, one per line.
pub fn list(rows: &[AccountRow]) -> String {
    let head = ["ACCOUNT", "ID", "NAME"];
    let cells: Vec<[String; 3]> = rows
        .iter()
        .map(|row| {
            [
                row.account.clone(),
                row.account_id.clone().unwrap_or_else(|| "-".to_owned()),
                row.account_name.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let widths = widths(&head, &cells);
    let mut text = String::new();
    line(&head.map(str::to_owned), &widths, &mut text);
    for cells in &cells {
        line(cells, &widths, &mut text);
    }
    text
}

fn widths<const N: usize>(head: &[&str; N], cells: &[[String; N]]) -> Vec<usize> {
    head.iter()
        .enumerate()
        .map(|(column, title)| {
            cells
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(title.len())
        })
        .collect()
}

fn line<const N: usize>(cells: &[String; N], widths: &[usize], text: &mut String) {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{:width$}", printable(cell)))
        .collect();
    text.push_str(padded.join("  ").trim_end());
    text.push('\n');
}

/// The cell on one line; quotes stay as they were written.
fn printable(cell: &str) -> String {
    let mut text = String::new();
    for c in cell.chars() {
        if c.is_control() {
            text.extend(c.escape_debug());
        } else {
            text.push(c);
        }
    }
    text
}
