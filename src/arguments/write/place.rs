//! Where the `Services` of a macro are written, and how they change there.
//!
//! In: a macro as written, its arguments, and the services that it should have. Out: the edited
//! template, of which nothing else changes. Refuses `Services` that come from elsewhere: an anchor, an
//! alias, a merge key, `Definitions`, an included file, or a target.

use std::sync::Arc;

use crate::arguments::rules::SERVICES_ELSEWHERE;
use crate::arguments::write::list::{ListItem, ListText, TextEdit, apply, end_of_line, line_end};
use crate::arguments::write::{ServiceEntry, flow, options, services};
use crate::arguments::{Arguments, Choice, MacroText, app_id, services as argument};
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::source::{SourceFile, Span};
use crate::yaml::node::{Entry, Kind, Node, Style};
use crate::yaml::parse::parse;

/// The key of the services.
const KEY: &str = argument::ARGUMENT.name;

/// A macro whose `Services` are to be written.
#[derive(Clone, Copy)]
pub struct ServicesToWrite<'run> {
    /// The macro's name.
    pub name: &'run str,
    /// The macro as written.
    pub written: MacroText<'run>,
    /// What it says.
    pub arguments: &'run Arguments,
    /// The template.
    pub source: &'run SourceFile,
}

/// The text of the template with `wanted` as the macro's `Services`. It is the same text if these are
/// its services already.
///
/// # Errors
///
/// `services-elsewhere`.
pub fn edited(macro_: ServicesToWrite<'_>, wanted: &[ServiceEntry]) -> Result<String> {
    let edits = if let Some(entry) = own(&macro_.written) {
        check_own(macro_, entry)?;
        existing(&macro_, entry, wanted)?
    } else {
        check_missing(macro_)?;
        vec![inserted(&macro_, wanted)?]
    };
    let text = apply(&macro_.source.text, &edits);
    if has(&text, macro_, wanted) {
        Ok(text)
    } else {
        Err(unusual(macro_.written.name_span, wanted))
    }
}

/// The macro's own `Services`.
fn own<'a>(written: &MacroText<'a>) -> Option<&'a Entry> {
    let entries = match &written.body.kind {
        Kind::Mapping(entries, _) => entries.as_slice(),
        _ => &[],
    };
    entries
        .iter()
        .find(|entry| entry.key.tag.is_none() && entry.key.text() == Some(KEY))
}

/// Refuses what the macro's own `Services` take from elsewhere, and targets that have others.
fn check_own(macro_: ServicesToWrite<'_>, entry: &Entry) -> Result<()> {
    if let Some(span) = shared(&entry.value) {
        let message = format!(
            "the `Services` of `{}` are shared with other places",
            macro_.name.shown()
        );
        let problem = Diagnostic::new(&SERVICES_ELSEWHERE, span, message);
        return Err(vec![problem.help(
            "write the list in the macro itself, without anchors, aliases, and tags; or edit it by hand",
        )]);
    }
    let value = whole(entry);
    for target in &macro_.arguments.targets {
        let mut choices = target.arguments.services.iter();
        let other = choices.find(|choice| !value.contains(choice.name.span));
        if let Some(other) = other {
            return Err(elsewhere(macro_, other.name.span));
        }
        let services = target.arguments.services.iter().map(ServiceEntry::of);
        let services = sorted(&services.collect::<Vec<_>>());
        if of_node(&entry.value).is_some_and(|own| own != services) {
            return Err(elsewhere(macro_, target.span));
        }
    }
    Ok(())
}

/// Refuses a macro without `Services` that has some from elsewhere.
fn check_missing(macro_: ServicesToWrite<'_>) -> Result<()> {
    let tag = macro_.written.tag_span;
    let is_default = |choices: &[Choice]| {
        let names = choices.iter().map(|choice| choice.name.value.as_str());
        names.eq(argument::SERVICES.iter().copied())
            && choices.iter().all(|choice| choice.name.span == tag)
    };
    for target in &macro_.arguments.targets {
        let choices = &target.arguments.services;
        if !is_default(choices) {
            let mut choices = choices.iter();
            let other = choices.find(|choice| choice.name.span != tag);
            let span = other.map_or(target.span, |other| other.name.span);
            return Err(elsewhere(macro_, span));
        }
    }
    Ok(())
}

fn elsewhere(macro_: ServicesToWrite<'_>, span: Span) -> Vec<Diagnostic> {
    let name = macro_.name.shown();
    let message = format!("the `Services` of `{name}` are not written in the macro itself");
    let problem = Diagnostic::new(&SERVICES_ELSEWHERE, span, message);
    vec![
        problem
            .related(macro_.written.name_span, "this macro")
            .help("edit them here, or write `Services` in the macro itself and nowhere else"),
    ]
}

/// A list that cannot be edited item by item.
fn unusual(span: Span, wanted: &[ServiceEntry]) -> Vec<Diagnostic> {
    let message = "these `Services` are written in a way that cannot be edited in place";
    let problem = Diagnostic::new(&SERVICES_ELSEWHERE, span, message);
    vec![problem.help(format!("write `Services: {}`", flow(wanted).shown()))]
}

/// Where `node` has an anchor, an alias, or a tag, or is one.
fn shared(node: &Arc<Node>) -> Option<Span> {
    if node.anchor != 0 || node.tag.is_some() {
        return Some(node.whole_span());
    }
    match &node.kind {
        Kind::Scalar(..) => None,
        Kind::Alias(..) => Some(node.span),
        Kind::Sequence(items, _) => items.iter().find_map(shared),
        Kind::Mapping(entries, _) => entries
            .iter()
            .find_map(|entry| shared(&entry.key).or_else(|| shared(&entry.value))),
    }
}

/// An entry from its key to its value's end.
fn whole(entry: &Entry) -> Span {
    let start = entry.key.span;
    Span::new(start.file, start.start, entry.value.span.end.max(start.end))
}

/// A new line after `AppId`, or before everything else.
fn inserted(macro_: &ServicesToWrite<'_>, wanted: &[ServiceEntry]) -> Result<TextEdit> {
    let text = macro_.source.text.as_str();
    let Kind::Mapping(entries, style) = &macro_.written.body.kind else {
        let problem = Diagnostic::new(
            &SERVICES_ELSEWHERE,
            macro_.written.body.whole_span(),
            format!("`{}` has no room for `Services`", macro_.name.shown()),
        );
        return Err(vec![problem.help(
            "write its arguments as a mapping, with `AppId` on a line of its own",
        )]);
    };
    let cannot = || unusual(macro_.written.name_span, wanted);
    let first = entries.first().ok_or_else(cannot)?;
    let mut named = entries.iter();
    let after = named.find(|entry| entry.key.text() == Some(app_id::ARGUMENT.name));
    let edit = |at: usize, text: String| TextEdit {
        range: at..at,
        text,
    };
    if *style == Style::Flow {
        let line = format!("{KEY}: {}", flow(wanted));
        return Ok(match after {
            Some(after) => edit(whole(after).end, format!(", {line}")),
            None => edit(first.key.start(), format!("{line}, ")),
        });
    }
    let start = first.key.start();
    let before = text.get(..start).unwrap_or_default();
    let indent = before.rsplit('\n').next().unwrap_or_default();
    if !indent.chars().all(|c| c == ' ') {
        return Err(cannot());
    }
    let line_end = line_end(text, start);
    let lines = services(wanted, indent.len(), line_end);
    Ok(match after {
        Some(after) => {
            let at = end_of_line(text, whole(after).end);
            let is_ended = text.get(..at).is_some_and(|text| text.ends_with('\n'));
            let (before, after) = if is_ended {
                ("", line_end)
            } else {
                (line_end, "")
            };
            edit(at, format!("{before}{indent}{lines}{after}"))
        }
        None => edit(start, format!("{lines}{line_end}{indent}")),
    })
}

/// The edits of a list that is there.
fn existing(
    macro_: &ServicesToWrite<'_>,
    entry: &Entry,
    wanted: &[ServiceEntry],
) -> Result<Vec<TextEdit>> {
    let text = macro_.source.text.as_str();
    let span = entry.value.span;
    let edits = if let Kind::Sequence(items, style) = &entry.value.kind {
        list(text, (span, *style), items, wanted)
    } else {
        // One service, or a mapping of services.
        let value = text.get(span.start..span.end).unwrap_or_default();
        let has = of_node(&entry.value) == Some(sorted(wanted));
        let replaced = TextEdit {
            range: span.start..span.end,
            text: flow(wanted),
        };
        match (has, value.contains('#')) {
            (true, _) => Some(Vec::new()),
            (false, true) => None,
            (false, false) => Some(vec![replaced]),
        }
    };
    edits.ok_or_else(|| unusual(whole(entry), wanted))
}

/// The edits of a list of services.
fn list(
    text: &str,
    (span, style): (Span, Style),
    items: &[Arc<Node>],
    wanted: &[ServiceEntry],
) -> Option<Vec<TextEdit>> {
    let mut known = Vec::new();
    let mut listed = Vec::new();
    for item in items {
        let (name, _) = service(item)?;
        let kept = match wanted.iter().find(|entry| entry.name == name) {
            Some(entry) => Some(service_edits(text, item, entry)?),
            None => None,
        };
        known.push(name);
        listed.push(ListItem {
            range: item.span.start..item.span.end,
            kept,
        });
    }
    let added = wanted.iter().filter(|entry| !known.contains(&entry.name));
    ListText {
        text,
        range: span.start..span.end,
        style,
        items: listed,
        added: added.map(ServiceEntry::to_yaml).collect(),
    }
    .edits()
}

/// The name of an item, and the entry of its options.
fn service(item: &Node) -> Option<(String, Option<&Entry>)> {
    match &item.kind {
        Kind::Scalar(name, _) => Some((name.clone(), None)),
        Kind::Mapping(entries, _) => match entries.as_slice() {
            [entry] => Some((entry.key.text()?.to_owned(), Some(entry))),
            _ => None,
        },
        _ => None,
    }
}

/// The edits of a service that stays.
fn service_edits(text: &str, item: &Arc<Node>, wanted: &ServiceEntry) -> Option<Vec<TextEdit>> {
    let (_, entry) = service(item)?;
    let has = entry.map_or(Some(Vec::new()), |entry| names(&entry.value))?;
    let mut sorted = wanted.options.clone();
    sorted.sort();
    if has == sorted {
        return Some(Vec::new());
    }
    let value = options(&wanted.options);
    let Some(entry) = entry else {
        return Some(vec![TextEdit {
            range: item.span.end..item.span.end,
            text: format!(": {}", value?),
        }]);
    };
    let Some(value) = value else {
        // Only the name stays, also of one in braces.
        let name = text.get(entry.key.span.start..entry.key.span.end)?;
        return Some(vec![TextEdit {
            range: item.span.start..item.span.end,
            text: name.to_owned(),
        }]);
    };
    let span = entry.value.span;
    match &entry.value.kind {
        Kind::Sequence(items, style) if !items.is_empty() => {
            let named = items.iter().map(|item| Some((item, item.text()?)));
            let named: Option<Vec<(&Arc<Node>, &str)>> = named.collect();
            let named = named?;
            let is_wanted = |name: &str| wanted.options.iter().any(|one| one == name);
            let is_known = |name: &&String| named.iter().any(|(_, known)| known == name);
            let added = wanted.options.iter().filter(|name| !is_known(name));
            ListText {
                text,
                range: span.start..span.end,
                style: *style,
                items: named
                    .iter()
                    .map(|(item, name)| ListItem {
                        range: item.span.start..item.span.end,
                        kept: is_wanted(name).then(Vec::new),
                    })
                    .collect(),
                added: added.map(|name| crate::yaml::emit::scalar(name)).collect(),
            }
            .edits()
        }
        _ => Some(vec![TextEdit {
            range: span.start..span.end,
            text: value,
        }]),
    }
}

/// Whether `text` has `wanted` as the services of the macro: the proof of an edit.
fn has(text: &str, macro_: ServicesToWrite<'_>, wanted: &[ServiceEntry]) -> bool {
    let Ok(document) = parse(macro_.written.template.file, text) else {
        return false;
    };
    let found = document.root.get("Resources");
    let found = found.and_then(|resources| resources.get(macro_.name));
    let found = found.and_then(|body| body.get(KEY));
    found.is_some_and(|found| of_node(found) == Some(sorted(wanted)))
}

/// The services of a list, sorted; `None` if it has aliases or tags.
fn of_node(node: &Arc<Node>) -> Option<Vec<ServiceEntry>> {
    let entries = |entries: &[Entry]| {
        let read = entries.iter().map(|entry| {
            Some(ServiceEntry {
                name: entry.key.text()?.to_owned(),
                options: names(&entry.value)?,
            })
        });
        read.collect::<Option<Vec<_>>>()
    };
    let one = |node: &Arc<Node>| match &node.kind {
        Kind::Mapping(found, _) => entries(found),
        Kind::Scalar(name, _) => Some(vec![ServiceEntry {
            name: name.clone(),
            options: Vec::new(),
        }]),
        _ => None,
    };
    let found = match &node.kind {
        Kind::Sequence(items, _) => {
            let items: Option<Vec<Vec<ServiceEntry>>> = items.iter().map(one).collect();
            items?.into_iter().flatten().collect()
        }
        _ => one(node)?,
    };
    Some(sorted(&found))
}

fn sorted(services: &[ServiceEntry]) -> Vec<ServiceEntry> {
    let mut sorted = services.to_vec();
    for service in &mut sorted {
        service.options.sort();
    }
    sorted.sort();
    sorted
}

/// The texts of a list, or of a single value, sorted.
fn names(node: &Arc<Node>) -> Option<Vec<String>> {
    let mut names: Vec<String> = match &node.kind {
        Kind::Sequence(items, _) => {
            let items = items.iter().map(|item| item.text().map(str::to_owned));
            items.collect::<Option<_>>()?
        }
        Kind::Scalar(text, _) => vec![text.clone()],
        _ => return None,
    };
    names.sort();
    Some(names)
}
