//! The `Organization` section to accounts and units.
//!
//! In: the tree of a template (or of a file given by flag). Out: an [`Organization`]. Refuses an
//! organization that OrgFormation would refuse for reasons that matter here: no `Organization`,
//! a quoted include path, an account id that lost its leading zero, references to nothing, units
//! that hold each other.

use std::collections::HashMap;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, Result, Shown as _, nearest};
use crate::organization::rules::{INVALID_ORGANIZATION, NO_ORGANIZATION};
use crate::organization::{Account, Organization, OrganizationalUnit};
use crate::yaml::lookup::{INCLUDE, Library};
use crate::yaml::node::{Document, Kind, Node};
use crate::yaml::rules::MISSING_INCLUDE;

/// The node of the `Organization` section that `template` uses, or that of `flag` (the file of
/// `--organization`) where the template has none.
///
/// OrgFormation prefers the template's own include, too (`src/parser/parser.ts`,
/// `createFromContents`).
///
/// # Errors
///
/// `no-organization`, `missing-include`.
pub fn section(
    library: &Library,
    template: &Document,
    flag: Option<&Document>,
) -> Result<Rc<Node>> {
    let own = template
        .root
        .get("Organization")
        .filter(|node| !node.is_null());
    let (document, node) = match (own, flag) {
        (Some(node), _) => (template, node),
        (None, Some(flag)) => match flag.root.get("Organization").filter(|node| !node.is_null()) {
            Some(node) => (flag, node),
            None => {
                return Err(vec![
                    Diagnostic::new(
                        &NO_ORGANIZATION,
                        flag.root.span,
                        "the file given by `--organization` has no top-level `Organization:`",
                    )
                    .help("give the file that `org-formation update` takes"),
                ]);
            }
        },
        (None, None) => {
            return Err(vec![
                Diagnostic::new(&NO_ORGANIZATION, template.root.span, "the template has no organization")
                    .help("add `Organization: !Include ./organization.yml`, or run with `--organization FILE`"),
            ]);
        }
    };
    if std::ptr::eq(document, template) || own.is_none() {
        same_as_orgformation(library, template, own)?;
    }
    let Some(root) = library.included(node) else {
        return Ok(Rc::clone(node));
    };
    if matches!(node.kind, Kind::Scalar(_, false)) {
        return Err(vec![
            Diagnostic::new(
                &MISSING_INCLUDE,
                node.whole_span(),
                "OrgFormation takes the quotes of this path for part of the file's name",
            )
            .help("write the path of `Organization: !Include` without quotes"),
        ]);
    }
    match root.get("Organization").filter(|node| !node.is_null()) {
        Some(section) => Ok(Rc::clone(section)),
        None => Err(vec![
            Diagnostic::new(
                &NO_ORGANIZATION,
                node.whole_span(),
                "the included file has no top-level `Organization:`",
            )
            .help("include the file that `org-formation update` takes"),
        ]),
    }
}

/// Refuses a template in whose text OrgFormation would find another include of an organization
/// than its top-level key, or none: it looks for `/Organization:\s*!Include\s*(\S*)/` in the text,
/// comments included (`src/parser/parser.ts`, `createFromContents`).
fn same_as_orgformation(
    library: &Library,
    template: &Document,
    own: Option<&Rc<Node>>,
) -> Result<()> {
    let text = library.sources.text(template.file);
    let wanted = own
        .filter(|node| node.tag_name() == Some(INCLUDE))
        .map(|node| node.start());
    let found = text.match_indices("Organization:").find_map(|(at, key)| {
        let rest = text.get(at + key.len()..)?;
        let tag = rest.trim_start();
        tag.starts_with(INCLUDE)
            .then_some((at, at + key.len() + rest.len() - tag.len()))
    });
    let at = match (found, wanted) {
        (None, None) => return Ok(()),
        (Some((key, tag)), Some(wanted)) if tag == wanted && line_begins(text, key) => {
            return Ok(());
        }
        (Some((key, _)), _) => key,
        (None, Some(wanted)) => wanted,
    };
    let span = crate::source::Span::new(template.file, at, at);
    let message = if found.is_some() {
        "OrgFormation would take this for the include of the organization, wherever it stands"
    } else {
        "OrgFormation would not find this include of the organization"
    };
    Err(vec![
        Diagnostic::new(&INVALID_ORGANIZATION, span, message)
            .help("write `Organization: !Include ./organization.yml` on one line, once, and nothing like it in comments"),
    ])
}

/// Whether `at` is the first character of its line.
fn line_begins(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.is_empty() || before.ends_with(['\n', '\r', '\u{feff}'])
}

/// The accounts and units of the section at `node`.
///
/// # Errors
///
/// `invalid-organization`, `wrong-type`.
pub fn organization(library: &Library, node: &Rc<Node>) -> Result<Organization> {
    let mut accounts = Vec::new();
    let mut units = Vec::new();
    let mut unit_nodes = Vec::new();
    let mut problems = Vec::new();
    for field in library.mapping(node)? {
        let resource = library.follow(&field.value);
        if resource.tag_name() == Some(INCLUDE) || resource.entries().is_none() {
            problems.push(
                Diagnostic::new(
                    &INVALID_ORGANIZATION,
                    field.value.whole_span(),
                    format!("`{}` is no resource of an organization", field.key.shown()),
                )
                .help("give it a `Type` and `Properties`"),
            );
            continue;
        }
        let kind = library
            .field(&resource, "Type")?
            .and_then(|node| node.text().map(str::to_owned))
            .unwrap_or_default();
        let properties = library.field(&resource, "Properties")?;
        match kind.as_str() {
            "OC::ORG::Account" | "OC::ORG::MasterAccount" => {
                match account(
                    library,
                    &field.key,
                    field.key_span,
                    kind == "OC::ORG::MasterAccount",
                    properties.as_ref(),
                ) {
                    Ok(account) => accounts.push(account),
                    Err(found) => problems.extend(found),
                }
            }
            "OC::ORG::OrganizationalUnit" => {
                let names = |key| references(library, properties.as_ref(), key);
                let (own, inner) = (names("Accounts")?, names("OrganizationalUnits")?);
                units.push(OrganizationalUnit {
                    logical_id: field.key.clone(),
                    accounts: own.iter().map(|(name, _)| name.clone()).collect(),
                    units: inner.iter().map(|(name, _)| name.clone()).collect(),
                });
                unit_nodes.push((own, inner));
            }
            _ => {}
        }
    }
    problems.extend(equal_ids(&accounts));
    let organization = Organization::new(accounts, units);
    if problems.is_empty() {
        for (own, inner) in &unit_nodes {
            for (name, node) in own {
                if organization.account(name).is_none() {
                    problems.push(dangling(
                        name,
                        node,
                        organization.accounts.iter().map(|a| a.logical_id.as_str()),
                    ));
                }
            }
            for (name, node) in inner {
                if organization.unit(name).is_none() {
                    problems.push(dangling(
                        name,
                        node,
                        organization.units.iter().map(|u| u.logical_id.as_str()),
                    ));
                }
            }
        }
    }
    if problems.is_empty()
        && let Some(unit) = on_circle(&organization)
    {
        let span = library
            .mapping(node)?
            .into_iter()
            .find(|field| field.key == unit)
            .map_or(node.whole_span(), |field| field.key_span);
        problems.push(
            Diagnostic::new(
                &INVALID_ORGANIZATION,
                span,
                format!("the organizational unit `{unit}` holds itself, by way of others"),
            )
            .help("OrgFormation refuses this: take one `OrganizationalUnits` entry out"),
        );
    }
    if problems.is_empty() {
        Ok(organization)
    } else {
        Err(problems)
    }
}

/// Accounts with the id of one before them. OrgFormation refuses them, and the roles of both would
/// have the same names.
fn equal_ids(accounts: &[Account]) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, &Account> = HashMap::new();
    let mut problems = Vec::new();
    for account in accounts {
        let Some(id) = account.account_id.as_deref() else {
            continue;
        };
        if let Some(first) = seen.get(id) {
            let message = format!(
                "`{}` and `{}` have the same account id `{id}`",
                first.logical_id.shown(),
                account.logical_id.shown()
            );
            problems.push(
                Diagnostic::new(&INVALID_ORGANIZATION, account.span, message)
                    .related(first.span, "first here")
                    .help("OrgFormation refuses this: correct one of the ids"),
            );
        } else {
            seen.insert(id, account);
        }
    }
    problems
}

/// The names that a list under `key` refers to, with their nodes.
fn references(
    library: &Library,
    properties: Option<&Rc<Node>>,
    key: &str,
) -> Result<Vec<(String, Rc<Node>)>> {
    let Some(properties) = properties else {
        return Ok(Vec::new());
    };
    let Some(list) = library.field(properties, key)? else {
        return Ok(Vec::new());
    };
    Ok(library
        .items(&list)
        .iter()
        .filter_map(|item| Some((library.reference(item)?, Rc::clone(item))))
        .collect())
}

fn dangling<'a>(name: &str, node: &Node, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let problem = Diagnostic::new(
        &INVALID_ORGANIZATION,
        node.whole_span(),
        format!("the organization has no `{}`", name.shown()),
    );
    match nearest(name, known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => {
            problem.help("OrgFormation refuses a reference to nothing: define it or take it out")
        }
    }
}

fn account(
    library: &Library,
    logical_id: &str,
    span: crate::source::Span,
    is_master: bool,
    properties: Option<&Rc<Node>>,
) -> Result<Account> {
    let mut account = Account {
        logical_id: logical_id.to_owned(),
        is_master,
        account_id: None,
        account_name: None,
        tag_keys: Vec::new(),
        span,
    };
    let Some(properties) = properties else {
        return Ok(account);
    };
    for field in library.mapping(properties)? {
        match field.key.as_str() {
            "AccountId" => {
                let node = library.follow(&field.value);
                if let Some(text) = node.text() {
                    if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
                        return Err(vec![
                            Diagnostic::new(
                                &INVALID_ORGANIZATION,
                                field.value.whole_span(),
                                format!("`{}` is no account id", text.shown()),
                            )
                            .help("an account id is twelve digits, in quotes"),
                        ]);
                    }
                    if matches!(node.kind, Kind::Scalar(_, true)) && text.starts_with('0') {
                        return Err(vec![
                            Diagnostic::new(&INVALID_ORGANIZATION, field.value.whole_span(), "OrgFormation reads this account id as a number, and loses its leading zero")
                                .help(format!("quote it: `'{text}'`")),
                        ]);
                    }
                    account.account_id = Some(text.to_owned());
                }
            }
            "AccountName" => account.account_name = field.value.text().map(str::to_owned),
            "Tags" => {
                account.tag_keys = library
                    .mapping(&field.value)?
                    .into_iter()
                    .map(|tag| tag.key)
                    .collect();
            }
            _ => {}
        }
    }
    Ok(account)
}

/// A unit that lies on a circle, or leads into one.
fn on_circle(organization: &Organization) -> Option<&str> {
    // Kahn's algorithm: what cannot be taken away level by level lies on a circle.
    let mut left: Vec<&OrganizationalUnit> = organization.units.iter().collect();
    loop {
        let names: std::collections::HashSet<&str> =
            left.iter().map(|unit| unit.logical_id.as_str()).collect();
        let still: Vec<&OrganizationalUnit> = left
            .iter()
            .copied()
            .filter(|unit| {
                unit.units
                    .iter()
                    .any(|inner| names.contains(inner.as_str()))
            })
            .collect();
        if still.is_empty() {
            return None;
        }
        if still.len() == left.len() {
            return still.first().map(|unit| unit.logical_id.as_str());
        }
        left = still;
    }
}
