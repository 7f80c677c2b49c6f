//! The `Organization` section to accounts and units.
//!
//! In: the tree of a template (or of a file given by flag). Out: an [`Organization`]. Refuses an
//! organization that OrgFormation would refuse for reasons that matter here: no `Organization`,
//! a quoted include path, an account id that lost its leading zero, references to nothing, units
//! that contain each other.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};

use crate::diagnostic::{Diagnostic, Problems, Result, Shown as _, nearest};
use crate::organization::attributes::{self, AttributeMap, AttributeValue, Attributes};
use crate::organization::control::ControlPolicies;
use crate::organization::rules::{INVALID_ORGANIZATION, NO_ORGANIZATION};
use crate::organization::{Account, Organization, OrganizationalUnit};
use crate::processors;
use crate::yaml::lookup::{FieldRef, INCLUDE, Library};
use crate::yaml::node::{Document, Kind, Node};
use crate::yaml::rules::MISSING_INCLUDE;

/// The node of the `Organization` section that `template` uses, or that of `flag` (the file of
/// `--organization`) if the template has none.
///
/// OrgFormation also prefers the template's own include (`src/parser/parser.ts`,
/// `createFromContents`).
///
/// # Errors
///
/// `no-organization`, `missing-include`.
pub fn section(
    library: &Library,
    template: &Document,
    flag: Option<&Document>,
) -> Result<Arc<Node>> {
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
                    .help("give the file that you use for `org-formation update`"),
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
        return Ok(Arc::clone(node));
    };
    if matches!(node.kind, Kind::Scalar(_, false)) {
        return Err(vec![
            Diagnostic::new(
                &MISSING_INCLUDE,
                node.whole_span(),
                "OrgFormation treats the quotes of this path as part of the file's name",
            )
            .help("write the path of `Organization: !Include` without quotes"),
        ]);
    }
    match root.get("Organization").filter(|node| !node.is_null()) {
        Some(section) => Ok(Arc::clone(section)),
        None => Err(vec![
            Diagnostic::new(
                &NO_ORGANIZATION,
                node.whole_span(),
                "the included file has no top-level `Organization:`",
            )
            .help("include the file that you use for `org-formation update`"),
        ]),
    }
}

/// Refuses a template in whose text OrgFormation would find another include of an organization
/// than its top-level key, or none: it looks for `/Organization:\s*!Include\s*(\S*)/` in the text,
/// comments included (`src/parser/parser.ts`, `createFromContents`).
fn same_as_orgformation(
    library: &Library,
    template: &Document,
    own: Option<&Arc<Node>>,
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
        "OrgFormation would treat this as the include of the organization, wherever it is"
    } else {
        "OrgFormation would not find this include of the organization"
    };
    Err(vec![
        Diagnostic::new(&INVALID_ORGANIZATION, span, message)
            .help("write `Organization: !Include ./organization.yml` on one line, only once, with nothing like it in comments"),
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
pub fn organization(library: &Library, node: &Arc<Node>) -> Result<Organization> {
    let (mut section, mut problems) =
        library.with_fields(node, |fields| Section::read(library, fields))?;
    let all = section.accounts.iter_mut().map(|one| &mut one.attributes);
    section.attributes.complete(all);
    problems.extend(equal_ids(&section.accounts));
    let mut organization = Organization::new(section.accounts, section.units);
    organization.control = section.control;
    if problems.is_clean() {
        problems.extend(references_to_nothing(&organization, &section.contents));
    }
    if problems.is_clean()
        && let Some(unit) = on_circle(&organization)
    {
        let mut fields = library.mapping(node)?.into_iter();
        let key = fields.find(|field| field.key == unit);
        let span = key.map_or(node.whole_span(), |field| field.key_span);
        let message = format!("the organizational unit `{unit}` contains itself, through others");
        problems.push(
            Diagnostic::new(&INVALID_ORGANIZATION, span, message)
                .help("OrgFormation refuses this: remove one `OrganizationalUnits` entry"),
        );
    }
    problems.finish(organization)
}

/// What was read of the section so far.
#[derive(Default)]
struct Section {
    accounts: Vec<Account>,
    units: Vec<OrganizationalUnit>,
    /// What each of the units refers to.
    contents: Vec<UnitContent>,
    control: ControlPolicies,
    attributes: Attributes,
}

/// What was read, and the problems of what cannot be understood.
type SectionRead = Result<(Section, Problems)>;

/// The accounts and units that a unit lists, each with its node.
struct UnitContent {
    accounts: Vec<(String, Arc<Node>)>,
    units: Vec<(String, Arc<Node>)>,
}

/// The least resources for which a thread pays off.
const MANY: usize = 500;

impl Section {
    /// What `fields` say, and the problems of those that cannot be understood. The halves of many are read at the
    /// same time.
    fn read(library: &Library, fields: &[FieldRef<'_>]) -> SectionRead {
        if fields.len() < MANY {
            return Self::read_in_order(library, fields, fields.len());
        }
        let (first, second) = fields.split_at(fields.len() / 2);
        let (first, second) = processors::both(
            || Self::read_in_order(library, first, fields.len()),
            || Self::read_in_order(library, second, second.len()),
        );
        let ((mut section, mut problems), (second, others)) = (first?, second?);
        section.append(second);
        problems.extend(others.into_vec());
        Ok((section, problems))
    }

    /// The same in order, with room for `most` accounts.
    fn read_in_order(library: &Library, fields: &[FieldRef<'_>], most: usize) -> SectionRead {
        let mut problems = Problems::default();
        let mut section = Self::default();
        section.accounts.reserve_exact(most);
        for field in fields {
            section.add(library, field, &mut problems)?;
        }
        Ok((section, problems))
    }

    /// Adds what was read of the fields after its own.
    fn append(&mut self, next: Self) {
        self.accounts.extend(next.accounts);
        self.units.extend(next.units);
        self.contents.extend(next.contents);
        self.control.append(next.control);
        self.attributes.append(next.attributes);
    }

    fn add(
        &mut self,
        library: &Library,
        field: &FieldRef<'_>,
        problems: &mut Problems,
    ) -> Result<()> {
        let resource = library.follow(field.value);
        if resource.tag_name() == Some(INCLUDE) || resource.entries().is_none() {
            problems.push(no_resource(field));
            return Ok(());
        }
        let kind_node = library.field(&resource, "Type")?;
        let kind = kind_node.as_ref().and_then(|node| node.text());
        let properties = library.field(&resource, "Properties")?;
        let kind = kind.unwrap_or_default();
        self.control.add(library, field, kind, properties.as_ref());
        match kind {
            kind @ ("OC::ORG::Account" | "OC::ORG::MasterAccount") => {
                let is_master = kind == "OC::ORG::MasterAccount";
                let account = account(library, field, is_master, properties.as_ref());
                self.accounts.extend(problems.keep(account));
            }
            "OC::ORG::OrganizationalUnit" => {
                let names = |key| references(library, properties.as_ref(), key);
                let content = UnitContent {
                    accounts: names("Accounts")?,
                    units: names("OrganizationalUnits")?,
                };
                let only_names =
                    |of: &[(String, Arc<Node>)]| of.iter().map(|(name, _)| name.clone()).collect();
                self.units.push(OrganizationalUnit {
                    logical_id: field.key.to_owned(),
                    accounts: only_names(&content.accounts),
                    units: only_names(&content.units),
                });
                self.contents.push(content);
            }
            "OC::ORG::OrganizationRoot" => {
                let properties = properties.map(|properties| library.mapping(&properties));
                let properties = properties.and_then(Result::ok).unwrap_or_default();
                self.attributes.add_root(library, &properties);
            }
            _ => problems.extend(kind_node.as_ref().and_then(|node| mistyped(kind, node))),
        }
        Ok(())
    }
}

/// The types of an organization that say which accounts there are.
const TYPES: &[&str] = &[
    "Account",
    "MasterAccount",
    "OrganizationalUnit",
    "OrganizationRoot",
];

/// The error for a type that is nearly one of [`TYPES`]: what else refers to the account or unit
/// would find nothing. OrgFormation refuses each type that it does not know ("attribute X has unknown
/// type Y", `src/parser/model/organization-section.ts`); there may be more of them in another version.
fn mistyped(kind: &str, node: &Node) -> Option<Diagnostic> {
    let name = kind.rsplit(':').next()?;
    let near = nearest(name, TYPES.iter().copied())?;
    let message = format!("OrgFormation does not know the type `{}`", kind.shown());
    Some(
        Diagnostic::new(&INVALID_ORGANIZATION, node.whole_span(), message)
            .help(format!("did you mean `OC::ORG::{near}`?")),
    )
}

fn no_resource(field: &FieldRef<'_>) -> Diagnostic {
    let message = format!(
        "`{}` is not a resource of an organization",
        field.key.shown()
    );
    Diagnostic::new(&INVALID_ORGANIZATION, field.value.whole_span(), message)
        .help("give it a `Type` and `Properties`")
}

/// The references of units to what the organization does not have.
fn references_to_nothing(organization: &Organization, contents: &[UnitContent]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let accounts = || organization.accounts.iter().map(|a| a.logical_id.as_str());
    let units = || organization.units.iter().map(|u| u.logical_id.as_str());
    for content in contents {
        for (name, node) in &content.accounts {
            if organization.account(name).is_none() {
                problems.push(dangling(name, node, accounts()));
            }
        }
        for (name, node) in &content.units {
            if organization.unit(name).is_none() {
                problems.push(dangling(name, node, units()));
            }
        }
    }
    problems
}

/// Accounts with the id of one before them. OrgFormation refuses them, and the roles of both would
/// have the same names.
fn equal_ids(accounts: &[Account]) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, &Account> = HashMap::with_capacity(accounts.len());
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
    properties: Option<&Arc<Node>>,
    key: &str,
) -> Result<Vec<(String, Arc<Node>)>> {
    let Some(properties) = properties else {
        return Ok(Vec::new());
    };
    let Some(list) = library.field(properties, key)? else {
        return Ok(Vec::new());
    };
    Ok(library
        .items(&list)
        .iter()
        .filter_map(|item| Some((library.reference(item)?, Arc::clone(item))))
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
        None => problem.help("OrgFormation refuses a reference to nothing: define it or remove it"),
    }
}

fn account(
    library: &Library,
    field: &FieldRef<'_>,
    is_master: bool,
    properties: Option<&Arc<Node>>,
) -> Result<Account> {
    let mut account = Account {
        logical_id: field.key.to_owned(),
        is_master,
        account_id: None,
        account_name: None,
        tag_keys: Vec::new(),
        tags: Vec::new(),
        attributes: AttributeMap::default(),
        span: field.key_span,
    };
    let Some(properties) = properties else {
        return Ok(account);
    };
    library.with_fields(properties, |fields| {
        let mut fields = fields.iter();
        fields.try_for_each(|field| property(library, &mut account, field))
    })?;
    Ok(account)
}

/// Adds what a property says of an account.
fn property(library: &Library, account: &mut Account, field: &FieldRef<'_>) -> Result<()> {
    let FieldRef { key, value, .. } = *field;
    match key {
        "AccountId" if !account.is_master && is_empty(library, value) => {}
        "AccountId" => account.account_id = account_id(library, value)?,
        "Tags" => library.with_fields(value, |tags| {
            account.tags.reserve_exact(tags.len());
            for tag in tags {
                add_tag(account, tag.key, AttributeValue::of(library, tag.value));
            }
            Ok(())
        })?,
        key => {
            if key == "AccountName" {
                account.account_name = value.text().map(str::to_owned);
            }
            if let Some(name) = attributes::read_name(key) {
                let value = AttributeValue::of(library, value);
                account.attributes.insert(name, value);
            }
        }
    }
    Ok(())
}

fn add_tag(account: &mut Account, key: &str, value: AttributeValue) {
    account.tag_keys.push(key.to_owned());
    match value {
        AttributeValue::Text(text) => account.tags.push((key.to_owned(), text)),
        AttributeValue::Written(_) => account.attributes.insert(format!("Tags.{key}"), value),
    }
}

/// Whether `value` is null or an empty text. OrgFormation takes it for no `AccountId` and creates the
/// account, but requires the id of the management account (`src/parser/model/account-resource.ts`,
/// `master-account-resource.ts`).
fn is_empty(library: &Library, value: &Arc<Node>) -> bool {
    let node = library.follow(value);
    node.is_null() || node.text() == Some("")
}

/// The account id at `value`; `None` if it is not a scalar, and so not yet known.
fn account_id(library: &Library, value: &Arc<Node>) -> Result<Option<String>> {
    let node = library.follow(value);
    let Some(text) = node.text() else {
        return Ok(None);
    };
    if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
        let message = format!("`{}` is not an account id", text.shown());
        return Err(vec![
            Diagnostic::new(&INVALID_ORGANIZATION, value.whole_span(), message)
                .help("an account id is twelve digits in quotes"),
        ]);
    }
    if matches!(node.kind, Kind::Scalar(_, true)) && text.starts_with('0') {
        let message = "OrgFormation reads this account id as a number and loses its leading zero";
        return Err(vec![
            Diagnostic::new(&INVALID_ORGANIZATION, value.whole_span(), message)
                .help(format!("quote it: `'{text}'`")),
        ]);
    }
    Ok(Some(text.to_owned()))
}

/// A unit that lies on a circle, or leads into one.
fn on_circle(organization: &Organization) -> Option<&str> {
    // Kahn's algorithm: what cannot be removed level by level is on a circle.
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
