//! What something means, when the mouse rests on it.
//!
//! In: a place in an open file. Out: Markdown. Refuses nothing: what means nothing is not described.

use serde_json::{Value, json};

use crate::arguments::table::ARGUMENTS;
use crate::arguments::{Arguments, Target};
use crate::command::lsp::names;
use crate::command::lsp::place::{PlaceInMacro, ServicesOf, place, within};
use crate::command::lsp::position::TextLines;
use crate::command::lsp::route::NodeRoute;
use crate::command::lsp::understanding::Understanding;
use crate::source::{FileId, Span};

/// A place in a file that was read.
pub(super) struct Spot<'run> {
    pub(super) understanding: &'run Understanding,
    /// The file.
    pub(super) file: FileId,
    /// The byte.
    pub(super) at: usize,
}

impl Spot<'_> {
    /// The way there, if the file is YAML.
    pub(super) fn route(&self) -> Option<NodeRoute> {
        let document = self.understanding.library().documents.get(&self.file)?;
        Some(NodeRoute::to(&document.root, self.at))
    }

    /// What is there, and the pages of what is wrong with it.
    pub(super) fn hover(&self, lines: &TextLines<'_>) -> Option<Value> {
        let route = self.route();
        let about = route.as_ref().and_then(|route| self.about(route));
        let mut texts: Vec<String> = about.iter().map(|(text, _)| text.clone()).collect();
        let pages = self.pages();
        let span = about
            .map(|(_, span)| span)
            .or(pages.first().map(|(_, span)| *span))?;
        texts.extend(pages.into_iter().map(|(page, _)| page));
        Some(json!({
            "contents": { "kind": "markdown", "value": texts.join("\n\n---\n\n") },
            "range": lines.range_of(span),
        }))
    }

    /// The pages of the rules that found something here.
    fn pages(&self) -> Vec<(String, Span)> {
        let mut found: Vec<(String, Span)> = Vec::new();
        for problem in &self.understanding.problems {
            let Some(label) = &problem.primary else {
                continue;
            };
            let is_here = label.span.start <= self.at && self.at <= label.span.end;
            let page = problem.rule.explanation.trim_end();
            let is_new = !found.iter().any(|(known, _)| known == page);
            if label.span.file == self.file && is_here && is_new {
                found.push((page.to_owned(), label.span));
            }
        }
        found
    }

    fn about(&self, route: &NodeRoute) -> Option<(String, Span)> {
        if let Some(name) = route.reference() {
            let text = self.name(name)?;
            return Some((text, route.span()));
        }
        if Some(self.file) == self.understanding.file {
            let names = route.names();
            let tag = |at: usize| route.steps.get(at)?.value.tag_name();
            let (keys, whole) = within(&names, tag)?;
            let text = self.in_macro(route, keys, whole)?;
            return Some((text, route.span()));
        }
        // Elsewhere, only the names of the organization mean something here.
        match route.names().as_slice() {
            ["Organization", name] if route.is_key => Some((self.name(name)?, route.span())),
            _ => None,
        }
    }

    /// An account or unit.
    fn name(&self, name: &str) -> Option<String> {
        let (organization, _) = self.understanding.organization.as_ref()?;
        let account = organization.account(name);
        let account = account.map(|account| names::account(account, organization));
        account.or_else(|| organization.unit(name).map(names::unit))
    }

    fn in_macro(
        &self,
        route: &NodeRoute,
        keys: &[&str],
        whole: PlaceInMacro<'_>,
    ) -> Option<String> {
        let word = route.node.text().filter(|_| !route.is_key);
        match (place(keys, whole), word) {
            (PlaceInMacro::Argument(argument), None) if route.is_key => {
                Some(names::argument(argument))
            }
            (PlaceInMacro::Argument(argument), Some(word)) => {
                let value = self.value(argument.name, word);
                value.or_else(|| self.target())
            }
            (PlaceInMacro::Target, _) => self.target(),
            (PlaceInMacro::Service(of, name), None) => self.partial(&partial_of(of, name)),
            (PlaceInMacro::Service(of, name), Some(option)) => names::option(
                self.understanding.partials.as_ref()?,
                &partial_of(of, name),
                option,
            ),
            (PlaceInMacro::Framework(name), None) => self.partial(&format!("frameworks/{name}")),
            (PlaceInMacro::TestServices, Some(word)) => self.partial(&format!("tests/{word}")),
            (PlaceInMacro::Targets, None) if route.is_key => place_of_targets(),
            (PlaceInMacro::Macro, _) if route.is_key => self.macro_at_cursor(),
            _ => None,
        }
    }

    /// A word in the value of an argument.
    fn value(&self, argument: &str, word: &str) -> Option<String> {
        match argument {
            "Services" => self.partial(&format!("services/{word}")),
            "Framework" => self.partial(&format!("frameworks/{word}")),
            _ => None,
        }
    }

    fn partial(&self, name: &str) -> Option<String> {
        names::partial(self.understanding.partials.as_ref()?, name)
    }

    /// The target here, with the accounts that it selects.
    fn target(&self) -> Option<String> {
        let understood = self.understanding.understood.as_ref()?;
        let here = Span::new(self.file, self.at, self.at);
        understood.macros.iter().find_map(|one| {
            let targets = &one.arguments.targets;
            let target = targets.iter().find(|target| target.span.contains(here))?;
            self.described(&one.arguments, target)
        })
    }

    fn described(&self, arguments: &Arguments, target: &Target) -> Option<String> {
        let understood = self.understanding.understood.as_ref()?;
        let accounts = self
            .understanding
            .read
            .accounts_of(understood, arguments, target)?;
        let organization = self.understanding.organization.as_ref();
        let organization = organization.map(|(organization, _)| organization);
        Some(names::target(&target.stage.value, &accounts, organization))
    }

    /// The macro here, with the accounts of all of its targets.
    fn macro_at_cursor(&self) -> Option<String> {
        let understood = self.understanding.understood.as_ref()?;
        let here = Span::new(self.file, self.at, self.at);
        let one = understood
            .macros
            .iter()
            .find(|one| one.call.name_span.contains(here))?;
        let targets = one.arguments.targets.iter();
        let texts: Vec<String> = targets
            .filter_map(|target| self.described(&one.arguments, target))
            .collect();
        (!texts.is_empty()).then(|| texts.join("\n\n"))
    }
}

/// The page of `Targets` itself.
fn place_of_targets() -> Option<String> {
    let mut all = ARGUMENTS.iter();
    let argument = all.find(|argument| argument.name == "Targets")?;
    Some(names::argument(argument))
}

fn partial_of(of: ServicesOf, name: &str) -> String {
    match of {
        ServicesOf::App => format!("services/{name}"),
        ServicesOf::Tests => format!("tests/{name}"),
    }
}
