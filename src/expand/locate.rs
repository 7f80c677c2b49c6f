//! A parsed template to its macro calls.
//!
//! In: the tree of a template. Out: every `!DeployRoles` that is directly under `Resources:`,
//! with the bytes that it occupies. Refuses the tag anywhere else, and anchors of a macro that
//! are used outside of it.
//!
//! The hard thing: where an entry ends. A comment that is indented deeper than the macro's key
//! belongs to the macro, any other to what follows; blank lines after the last content stay.

use std::sync::Arc;

use crate::arguments::TAG;
use crate::aws::issuer::same_issuer;
use crate::diagnostic::{Diagnostic, Result, Shown as _, nearest};
use crate::expand::model::call::{MacroCall, OrdinaryResource, PhysicalName, Template};
use crate::expand::rules::{ESCAPING_ANCHOR, INVALID_MACRO_NAME, MISPLACED_MACRO, NOT_A_TEMPLATE};
use crate::organization::binding;
use crate::source::Span;
use crate::yaml::lookup::Library;
use crate::yaml::node::{Document, Entry, Kind, Node, Style};
use crate::yaml::rules::INVALID_VALUE;

/// Finds the macro calls of `document`, whose text is `text`, and the problems
/// (`misplaced-macro`, `invalid-macro-name`, `escaping-anchor`) that leave some calls out.
///
/// # Errors
///
/// `not-a-template`.
pub fn locate(
    document: &Document,
    text: &str,
    library: &Library,
) -> Result<(Template, Vec<Diagnostic>)> {
    let mut problems = Vec::new();
    if document.root.tag_name() == Some(TAG) {
        misplaced(&document.root, None, &mut problems);
        return Err(problems);
    }
    if document.root.entries().is_none() || document.root.tag.is_some() {
        return Err(vec![not_a_mapping(&document.root)]);
    }
    let section = document.root.get("Resources");
    let own = section.and_then(|section| match &section.kind {
        Kind::Mapping(entries, style) => Some((entries.as_slice(), *style)),
        _ => None,
    });
    problems.extend(section.and_then(not_resources));
    let mut calls = Vec::new();
    if let Some((entries, style)) = own {
        let tagged = entries.iter();
        for entry in tagged.filter(|entry| entry.value.tag_name() == Some(TAG)) {
            match call(text, entry, style) {
                Ok(found) => calls.push(found),
                Err(problem) => problems.push(*problem),
            }
        }
    }
    let resources = match section.filter(|_| problems.is_empty()) {
        Some(section) => ordinary(section, &document.root, library).unwrap_or_else(|found| {
            problems.extend(found);
            Vec::new()
        }),
        None => Vec::new(),
    };
    misplaced(
        &document.root,
        own.map(|(entries, _)| entries),
        &mut problems,
    );
    for other in included(document, library) {
        misplaced(&other.root, None, &mut problems);
    }
    escaping_anchors(document, &calls, &mut problems);
    let template = Template {
        document: document.clone(),
        calls,
        resources,
    };
    Ok((template, problems))
}

fn not_a_mapping(root: &Node) -> Diagnostic {
    Diagnostic::new(
        &NOT_A_TEMPLATE,
        root.whole_span(),
        format!("a template is a mapping; this is {}", root.describe()),
    )
    .help("begin with `AWSTemplateFormatVersion: '2010-09-09-OC'` and a `Resources:` section")
}

/// The problem of a section that cannot hold resources.
fn not_resources(section: &Arc<Node>) -> Option<Diagnostic> {
    let may_hold =
        section.entries().is_some() || section.is_null() || section.tag_name() == Some("!Include");
    (!may_hold).then(|| {
        Diagnostic::new(
            &NOT_A_TEMPLATE,
            section.whole_span(),
            format!(
                "`Resources` is a mapping of resources; this is {}",
                section.describe()
            ),
        )
        .help("write one key per resource under `Resources:`")
    })
}

/// The resources of `section` that are not macros.
fn ordinary(
    section: &Arc<Node>,
    root: &Arc<Node>,
    library: &Library,
) -> Result<Vec<OrdinaryResource>> {
    let fields = library.mapping(section)?;
    let own = fields
        .into_iter()
        .filter(|field| field.value.tag_name() != Some(TAG));
    Ok(own
        .map(|field| OrdinaryResource {
            span: field.key_span,
            physical: physical(&field.value, root, library),
            depends_on: depends_on(&field.value, library),
            logical_id: field.key,
        })
        .collect())
}

/// The other files of the run that hold the tag.
fn included<'run>(document: &Document, library: &'run Library) -> Vec<&'run Document> {
    let mut included: Vec<&Document> = library
        .documents
        .values()
        .filter(|other| other.file != document.file)
        .filter(|other| library.sources.text(other.file).contains(TAG))
        .collect();
    included.sort_by_key(|other| other.file);
    included
}

/// The types that an account can have one of by name, and the property that names it. Other types have
/// such a property to say what they belong to (`UserName` of an access key).
const NAMED: &[(&str, &str)] = &[
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
    ("AWS::IAM::OIDCProvider", "Url"),
];

/// The name that a resource gives to what it creates in IAM.
fn physical(resource: &Arc<Node>, root: &Arc<Node>, library: &Library) -> Option<PhysicalName> {
    let field = |node: &Arc<Node>, key: &str| library.field(node, key).ok().flatten();
    let kind = library.follow(&field(resource, "Type")?);
    let kind = kind.text()?;
    let (_, property) = NAMED.iter().find(|(named, _)| *named == kind)?;
    let name = field(&field(resource, "Properties")?, property)?;
    let followed = library.follow(&name);
    let text = followed.text().filter(|_| followed.tag.is_none())?;
    Some(PhysicalName {
        property,
        text: match *property {
            "Url" => same_issuer(text),
            _ => text.to_owned(),
        },
        span: name.whole_span(),
        binding: binding::binding(resource, root, library),
    })
}

/// The logical ids that a resource waits for.
fn depends_on(resource: &Arc<Node>, library: &Library) -> Vec<(String, Span)> {
    let field = library.field(resource, "DependsOn").ok().flatten();
    let items = field.map(|field| library.items(&field)).unwrap_or_default();
    let name = |item: &Arc<Node>| {
        let followed = library.follow(item);
        let text = followed.text().filter(|_| followed.tag.is_none())?;
        Some((text.to_owned(), item.whole_span()))
    };
    items.iter().filter_map(name).collect()
}

fn call(
    text: &str,
    entry: &Entry,
    style: Style,
) -> std::result::Result<MacroCall, Box<Diagnostic>> {
    let key = entry.key.whole_span();
    let name = entry.key.text().unwrap_or_default().to_owned();
    let tag_span = entry
        .value
        .tag
        .as_ref()
        .map_or(entry.value.span, |tag| tag.span);
    let misplaced = |message: &str, help: &str| {
        Box::new(Diagnostic::new(&MISPLACED_MACRO, tag_span, message).help(help))
    };
    if style == Style::Flow {
        return Err(misplaced(
            "the macro is in a `Resources: { ... }` in flow style",
            "write `Resources:` with one indented key per line; the macro's own arguments can be in flow style",
        ));
    }
    let line_start = line_start(text, key.start);
    let before = text.get(line_start..key.start).unwrap_or_default();
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    if entry.key.anchor != 0 || !before.chars().all(|c| c == ' ') {
        return Err(misplaced(
            "something is before the macro's key on its line",
            "write it as `Name: !DeployRoles`, with only spaces before the name",
        ));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric())
        || !name.starts_with(|c: char| c.is_ascii_alphabetic())
        || name.len() > 100
    {
        return Err(Box::new(
            Diagnostic::new(&INVALID_MACRO_NAME, key, format!("`{}` cannot begin a logical id", name.shown()))
                .help("name the macro with letters and digits only, at most 100, beginning with a letter: every logical id that it creates begins with its name"),
        ));
    }
    Ok(MacroCall {
        name,
        name_span: key,
        tag_span,
        entry: Span::new(key.file, key.start, entry_end(text, entry, before.len())),
        indent: before.len(),
        body: Arc::clone(&entry.value),
    })
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|before| before.rfind(['\n', '\r']))
        .map_or(0, |i| i + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..)
        .and_then(|rest| rest.find(['\n', '\r']))
        .map_or(text.len(), |i| at + i)
}

fn after_break(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    if rest.starts_with("\r\n") {
        end + 2
    } else {
        end + usize::from(!rest.is_empty())
    }
}

/// The end of the last line that belongs to the entry whose key is at column `indent`.
fn entry_end(text: &str, entry: &Entry, indent: usize) -> usize {
    let content = entry.value.whole_span().end.max(entry.key.span.end);
    let mut end = line_end(text, content);
    let mut comments_are_ours = true;
    let mut at = after_break(text, end);
    while at < text.len() {
        let eol = line_end(text, at);
        let line = text.get(at..eol).unwrap_or_default();
        let trimmed = line.trim_start_matches([' ', '\t']);
        let column = line.len() - trimmed.len();
        if trimmed.starts_with('#') {
            comments_are_ours &= column > indent;
            if comments_are_ours {
                end = eol;
            }
        } else if !trimmed.is_empty() {
            if column <= indent {
                break;
            }
            // The indicator of an empty last node, such as a lone `-`.
            end = eol;
            comments_are_ours = true;
        }
        at = after_break(text, eol);
    }
    end
}

fn misplaced(root: &Node, own: Option<&[Entry]>, problems: &mut Vec<Diagnostic>) {
    let is_call = |node: &Node| {
        own.is_some_and(|entries| {
            entries
                .iter()
                .any(|entry| std::ptr::eq(Arc::as_ptr(&entry.value), node))
        })
    };
    let mut stack: Vec<(&Node, bool)> = vec![(root, false)];
    let mut found = Vec::new();
    while let Some((node, in_macro)) = stack.pop() {
        let mut in_macro = in_macro;
        if let Some(tag) = node.tag.as_ref().filter(|tag| tag.name == TAG) {
            if !is_call(node) {
                let help = if in_macro {
                    "a macro cannot be inside another"
                } else {
                    "write it directly under the top-level `Resources:`, as `Name: !DeployRoles`"
                };
                found.push(
                    Diagnostic::new(&MISPLACED_MACRO, tag.span, "`!DeployRoles` cannot be here")
                        .help(help),
                );
            }
            in_macro = true;
        } else if !in_macro && let Some(problem) = misspelt(node) {
            found.push(problem);
        }
        match &node.kind {
            Kind::Scalar(..) | Kind::Alias(..) => {}
            Kind::Sequence(items, _) => {
                stack.extend(items.iter().map(|item| (item.as_ref(), in_macro)));
            }
            Kind::Mapping(entries, _) => {
                for entry in entries {
                    stack.push((&entry.key, in_macro));
                    stack.push((&entry.value, in_macro));
                }
            }
        }
    }
    found.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span));
    problems.extend(found);
}

/// A misspelled tag of the macro. Left alone, it would be copied with the rest, and
/// OrgFormation would refuse it only when it is deployed.
fn misspelt(node: &Node) -> Option<Diagnostic> {
    let tag = node.tag.as_ref()?;
    let name = tag.name.rsplit(['!', ':']).next().unwrap_or_default();
    nearest(name, [TAG.trim_start_matches('!')])?;
    let message = format!("OrgFormation does not know the tag `{}`", tag.name.shown());
    Some(Diagnostic::new(&INVALID_VALUE, tag.span, message).help(format!("did you mean `{TAG}`?")))
}

fn escaping_anchors(document: &Document, calls: &[MacroCall], problems: &mut Vec<Diagnostic>) {
    if document.anchors.is_empty() || calls.is_empty() {
        return;
    }
    let holder = |span: Span| calls.iter().find(|call| call.entry.contains(span));
    let mut stack: Vec<&Node> = vec![&document.root];
    let mut found = Vec::new();
    while let Some(node) = stack.pop() {
        match &node.kind {
            Kind::Scalar(..) => {}
            Kind::Sequence(items, _) => stack.extend(items.iter().map(AsRef::as_ref)),
            Kind::Mapping(entries, _) => {
                for entry in entries {
                    stack.push(&entry.key);
                    stack.push(&entry.value);
                }
            }
            Kind::Alias(_, id) => {
                let Some(anchor) = document.anchors.get(id) else {
                    continue;
                };
                let Some(call) = holder(anchor.span) else {
                    continue;
                };
                if holder(node.span).is_none() {
                    found.push(
                        Diagnostic::new(&ESCAPING_ANCHOR, node.span, format!("`*{}` uses an anchor that is defined inside the macro `{}`", anchor.name, call.name))
                            .related(anchor.span, "defined here; the macro is replaced together with the anchor")
                            .help("define the anchor under the top-level `Definitions:`, which OrgFormation drops, and use it in both places"),
                    );
                }
            }
        }
    }
    found.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span));
    problems.extend(found);
}
