//! What an app needs, as text, JSON, or Markdown.
//!
//! In: an [`InferAnswer`] and the texts that its places are in. Out: text. Refuses and omits nothing:
//! what text and Markdown shorten is whole in JSON.

pub(super) mod json;
pub(super) mod markdown;
pub(crate) mod read;
pub(super) mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::infer::answer::{
    AnsweredPartial, AnsweredPartials, ComparedMacro, GroupedReason, InferAnswer, PartialState,
};
use crate::infer::fit::StageFit;
use crate::infer::grants::Offering;
use crate::infer::model::NeedReason;
use crate::infer::names::{AppNames, NameIssue};
use crate::infer::opened::OpenedAction;
use crate::infer::partial::HeldBack;
use crate::infer::suggestion::{ServiceReason, Suggestion, Uncovered};
use crate::source::{Sources, Span};

use crate::report::count::thousands;

/// An answer, with the texts that its places are in.
#[derive(Clone, Copy)]
pub(super) struct InferPage<'a> {
    pub(super) answer: &'a InferAnswer,
    pub(super) sources: &'a Sources,
}

/// Why something is needed, in short.
struct ShortReason<'a> {
    /// The resource type that needs most of it.
    type_name: &'a str,
    /// What of such a resource asks for it.
    because: &'a NeedReason,
    /// How many other types need something of it.
    more_types: usize,
    /// One of the actions.
    action: &'a str,
    /// How many other actions there are.
    more_actions: usize,
    /// The files of the resources, if the app has several.
    files: Vec<String>,
}

impl<'a> InferPage<'a> {
    /// `reasons` in short; `None` if there are none.
    fn short(self, reasons: &'a [ServiceReason]) -> Option<ShortReason<'a>> {
        let groups = self.answer.grouped(reasons);
        let mut types: BTreeMap<&str, Vec<&GroupedReason<'a>>> = BTreeMap::new();
        for group in &groups {
            types.entry(group.type_name).or_default().push(group);
        }
        // The first of those with most actions.
        let (type_name, of_type) = types.iter().rev().max_by_key(|(_, groups)| groups.len())?;
        let chosen = of_type.iter().min_by_key(|group| rank(group.action))?;
        let actions: BTreeSet<&str> = groups.iter().map(|group| group.action).collect();
        Some(ShortReason {
            type_name,
            because: chosen.because,
            more_types: types.len() - 1,
            action: chosen.action,
            more_actions: actions.len().saturating_sub(1),
            files: self.files(groups.iter().flat_map(|group| &group.resources)),
        })
    }

    /// The files that resources are in, if the app has several.
    fn files(self, resources: impl Iterator<Item = &'a usize>) -> Vec<String> {
        let of = |index: &usize| {
            let resource = self.answer.app.resources.get(*index)?;
            Some(resource.span.file)
        };
        let all = self.answer.app.resources.iter();
        let all: BTreeSet<_> = all.map(|resource| resource.span.file).collect();
        if all.len() < 2 {
            return Vec::new();
        }
        let files: BTreeSet<_> = resources.filter_map(of).collect();
        let path = |file| self.sources.path(file).to_string_lossy().into_owned();
        files.into_iter().map(path).collect()
    }

    /// `template.yaml:12`.
    fn place(self, span: Span) -> Option<String> {
        let file = self.sources.get(span.file)?;
        let line = file.position(span.start).line;
        Some(format!("{}:{line}", file.path.display()))
    }

    /// The logical ids of resources: the first three, and how many more there are.
    fn ids(self, resources: &[usize], shown: impl Fn(&str) -> String) -> String {
        let id = |index: &usize| {
            self.answer
                .app
                .resources
                .get(*index)
                .map(|one| one.id.as_str())
        };
        let mut ids: Vec<&str> = resources.iter().filter_map(id).collect();
        ids.dedup();
        let named: Vec<String> = ids.iter().take(3).map(|id| shown(id)).collect();
        let named = named.join(", ");
        match ids.len().saturating_sub(3) {
            0 => named,
            more => format!("{named} and {} more", thousands(more)),
        }
    }

    /// What no service grants: types that nothing creates, and types with some other actions, apart
    /// from what generated partials hold back.
    fn uncovered(self) -> (Vec<&'a Uncovered>, Vec<&'a Uncovered>) {
        let answer = self.answer;
        let uncovered = answer.uncovered().into_iter();
        let is_open = |one: &&Uncovered| {
            let mut missing = one.missing.iter();
            one.is_whole_type || missing.any(|reason| !answer.is_held_back(&reason.action))
        };
        uncovered.filter(is_open).partition(|one| one.is_whole_type)
    }

    /// What to say below what no service grants.
    fn hint(self) -> Option<&'static str> {
        let is_open = self.answer.partials.is_none() && !self.answer.uncovered().is_empty();
        is_open
            .then_some("--write-partials DIR writes partials that grant what can be granted safely")
    }

    /// All that was suggested: for each group of stages, and in general.
    fn suggestions(self) -> impl Iterator<Item = &'a Suggestion> {
        let compared = self.answer.compared.iter();
        let fits = compared.flat_map(|compared| &compared.fits);
        let suggestions = fits.map(|fit| &fit.suggestion);
        suggestions.chain([&self.answer.suggestion])
    }

    /// What an offering lets the roles do that inference alone would hold back.
    fn opened(self, offering: &Offering) -> &'a [OpenedAction] {
        let mut found = self.suggestions().map(|one| one.opened.get(offering));
        found.find_map(|one| one).map_or(&[], Vec::as_slice)
    }

    /// The reasons of an offering.
    fn reasons(self, offering: &Offering) -> &'a [ServiceReason] {
        for suggestion in self.suggestions() {
            let mut services = suggestion.services.iter();
            let Some(service) = services.find(|one| one.name == offering.service) else {
                continue;
            };
            match &offering.option {
                None => return &service.reasons,
                Some(name) => {
                    if let Some(option) = service.options.iter().find(|one| one.name == *name) {
                        return &option.reasons;
                    }
                }
            }
        }
        &[]
    }
}

impl ShortReason<'_> {
    /// How many types and actions are not named.
    fn more(&self) -> (String, String) {
        let more = |number: usize| match number {
            0 => String::new(),
            number => format!(" and {} more", thousands(number)),
        };
        (more(self.more_types), more(self.more_actions))
    }
}

/// What is the matter with a name, with names as `shown`.
fn matter(issue: &NameIssue, shown: impl Fn(&str) -> String) -> String {
    match issue {
        NameIssue::Different { name } => format!("is {}", shown(name)),
        NameIssue::Missing => "is not set".to_owned(),
        NameIssue::Unknown { depends_on, hint } => {
            let hint = hint.as_deref();
            let hint = hint.map_or(String::new(), |hint| {
                format!(", by default {}", shown(hint))
            });
            format!("depends on {}{hint}", shown(depends_on))
        }
    }
}

/// How the names of the app must begin, as a title.
fn names_title(names: &AppNames, shown: impl Fn(&str) -> String) -> String {
    match (&names.app_id, names.is_proposed) {
        (Some(app_id), true) => {
            let prefix = format!("{app_id}-");
            format!(
                "Names to change, if the AppId is {} (they must begin with {})",
                shown(app_id),
                shown(&prefix)
            )
        }
        (Some(app_id), false) => {
            format!(
                "Names to change: they must begin with {}",
                shown(&format!("{app_id}-"))
            )
        }
        (None, _) => "Names to change: they must begin with the AppId and a dash".to_owned(),
    }
}

/// How little an action says about why it is needed.
fn rank(action: &str) -> usize {
    const TELLING: &[&str] = &["Create", "Put", "Publish", "Register", "Add", "POST", "PUT"];
    const MINOR: &[&str] = &["Delete", "DELETE", "GET", "Get", "List", "Tag", "Untag"];
    let (_, name) = action.split_once(':').unwrap_or(("", action));
    let place = |words: &[&str]| words.iter().position(|word| name.starts_with(word));
    match (place(TELLING), place(MINOR)) {
        (Some(place), _) => place,
        (None, None) => TELLING.len(),
        (None, Some(place)) => TELLING.len() + 1 + place,
    }
}

/// What of a resource asks for something, if it is not its type alone: what follows the type.
fn because(reason: &NeedReason, shown: impl Fn(&str) -> String) -> String {
    match reason {
        NeedReason::Type => String::new(),
        NeedReason::Property(name) | NeedReason::DynamicReference(name) => {
            format!(" with {}", shown(name))
        }
        NeedReason::Deployment(why) => format!(" {why}"),
    }
}

/// What happens to the file of a generated partial.
fn state(partial: &AnsweredPartial, is_written: bool) -> &'static str {
    match (partial.state, is_written) {
        (PartialState::New, true) => "new",
        (PartialState::New, false) => "missing",
        (PartialState::Changed, true) => "changed",
        (PartialState::Changed, false) => "not current",
        (PartialState::Current, _) => "current",
        (PartialState::Unneeded, _) => "no longer needed: delete it",
    }
}

/// What needs the tag of the app, with names as `shown`; `None` if nothing does.
fn tagged(partials: &AnsweredPartials, shown: impl Fn(&str) -> String) -> Option<String> {
    let tagged = partials.tagged().into_iter();
    let tagged: Vec<String> = tagged
        .map(|(name, property)| format!("{} ({})", shown(name), shown(property)))
        .collect();
    let tag = shown("AppId");
    (!tagged.is_empty()).then(|| {
        format!(
            "set the tag {tag} to the app id on the stack, or on {}: the partials tell these resources from others by it",
            tagged.join(", ")
        )
    })
}

/// The flag that allows what is held back.
fn flag(held: &HeldBack) -> String {
    let flag = held.flag();
    flag.unwrap_or_else(|| "no flag allows it".to_owned())
}

/// `lambda`, or `lambda: vpc`.
pub(crate) fn offered(offering: &Offering) -> String {
    match &offering.option {
        None => offering.service.clone(),
        Some(option) => format!("{}: {option}", offering.service),
    }
}

/// A service, or one of its options.
fn offering(service: &str, option: Option<&str>) -> Offering {
    Offering {
        service: service.to_owned(),
        option: option.map(str::to_owned),
    }
}

/// Whether the stages of a macro have different services.
fn has_stages(compared: &ComparedMacro) -> bool {
    compared.fits.len() > 1
}

/// How the macro fits, in one sentence, with its name as `shown`.
fn verdict(compared: &ComparedMacro, shown: impl Fn(&str) -> String) -> String {
    let name = shown(&compared.name);
    let all = |of: &dyn Fn(&StageFit) -> &Vec<Offering>| {
        let all: BTreeSet<&Offering> = compared.fits.iter().flat_map(of).collect();
        all.into_iter().cloned().collect::<Vec<Offering>>()
    };
    let (lacks, mut unused) = (all(&|fit| &fit.lacks), all(&|fit| &fit.unused));
    // What stays may be needed by what cannot be known.
    unused.retain(|one| !compared.kept.contains(one));
    match listed_difference(&lacks, &unused, shown) {
        None => format!("{name} has the services that the app needs"),
        Some(difference) => format!("{name} {difference}"),
    }
}

/// What stages lack and do not need; `None` if nothing.
fn difference(fit: &StageFit, shown: impl Fn(&str) -> String) -> Option<String> {
    listed_difference(&fit.lacks, &fit.unused, shown)
}

fn listed_difference(
    lacks: &[Offering],
    unused: &[Offering],
    shown: impl Fn(&str) -> String,
) -> Option<String> {
    let list = |all: &[Offering]| {
        let all: Vec<String> = all.iter().map(|one| shown(&offered(one))).collect();
        all.join(", ")
    };
    let (lacked, needless) = (list(lacks), list(unused));
    match (lacks.is_empty(), unused.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("lacks {lacked}")),
        (true, false) => Some(format!("does not need {needless}")),
        (false, false) => Some(format!("lacks {lacked}, and does not need {needless}")),
    }
}
