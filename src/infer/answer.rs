//! The whole answer about an app, for those who read it.
//!
//! In: what the other modules found. Out: plain data, with reasons that are equal but for the
//! resource in one piece. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::arguments::write::ServiceEntry;
use crate::infer::fit::StageFit;
use crate::infer::grants::Offering;
use crate::infer::model::{AppTemplates, NeedReason};
use crate::infer::names::AppNames;
use crate::infer::partial::HeldBack;
use crate::infer::partial::held::Hold;
use crate::infer::refused::Refusal;
use crate::infer::suggestion::{ServiceReason, Suggestion, Uncovered};
use crate::infer::unknown::NotKnown;

/// What an app needs, and what its templates must change or leave open.
#[derive(Clone, Debug)]
pub struct InferAnswer {
    /// The app.
    pub app: AppTemplates,
    /// The services and options, and what they do not grant.
    pub suggestion: Suggestion,
    /// The services as they are written, with those that a macro keeps.
    pub services: Vec<ServiceEntry>,
    /// The names that the templates should change.
    pub names: AppNames,
    /// What is refused on purpose.
    pub refused: Vec<Refusal>,
    /// What cannot be known.
    pub unknown: Vec<NotKnown>,
    /// The partials that were generated for it, if they were asked for.
    pub partials: Option<AnsweredPartials>,
    /// The macro that was compared.
    pub compared: Option<ComparedMacro>,
    /// The commands to run next.
    pub next: Vec<String>,
}

/// Generated partials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnsweredPartials {
    /// Their files, sorted by name, then those that are no longer needed.
    pub files: Vec<AnsweredPartial>,
    /// What they do not grant unless a person allows it, or never.
    pub held: Vec<HeldBack>,
    /// Whether the files are written: not if they are only checked.
    pub is_written: bool,
}

/// The file of a generated partial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnsweredPartial {
    /// Its path.
    pub path: String,
    /// The types of the app that it is for.
    pub types: BTreeSet<String>,
    /// The types that templates must tag with the app id, each with its property.
    pub tagged: BTreeMap<String, String>,
    /// What happens to it.
    pub state: PartialState,
}

/// What happens to the file of a generated partial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartialState {
    /// It is new.
    New,
    /// Its text changes.
    Changed,
    /// It stays as it is.
    #[default]
    Current,
    /// It was generated from the same templates, which no longer need it.
    Unneeded,
}

impl AnsweredPartials {
    /// Whether every partial that the app needs is as it was generated.
    pub fn is_current(&self) -> bool {
        let is_open =
            |one: &AnsweredPartial| matches!(one.state, PartialState::New | PartialState::Changed);
        !self.files.iter().any(is_open)
    }

    /// The types that templates must tag with the app id, each with its property.
    pub fn tagged(&self) -> BTreeMap<&str, &str> {
        let tagged = self.files.iter().flat_map(|one| &one.tagged);
        tagged
            .map(|(name, property)| (name.as_str(), property.as_str()))
            .collect()
    }
}

/// A macro, and how its services fit the app.
#[derive(Clone, Debug)]
pub struct ComparedMacro {
    /// Its name.
    pub name: String,
    /// The path of its template.
    pub template: String,
    /// How each group of stages fits.
    pub fits: Vec<StageFit>,
    /// What no resource needs and stays, since something of the app cannot be known.
    pub kept: Vec<Offering>,
    /// What `--write` did.
    pub written: Option<WrittenServices>,
}

/// What `--write` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenServices {
    /// What the macro has now and did not have, such as `lambda: vpc`.
    pub added: Vec<String>,
    /// What it had.
    pub removed: Vec<String>,
    /// What it has still, although no resource is known to need it.
    pub kept: Vec<String>,
}

impl WrittenServices {
    /// Whether anything was written.
    pub fn is_changed(&self) -> bool {
        !self.added.is_empty() || !self.removed.is_empty()
    }
}

/// Why something is needed: an action for some resources of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupedReason<'a> {
    /// The resources, as indexes of [`AppTemplates::resources`].
    pub resources: Vec<usize>,
    /// Their type.
    pub type_name: &'a str,
    /// The action.
    pub action: &'a str,
    /// Why they need it.
    pub because: &'a NeedReason,
}

impl InferAnswer {
    /// Whether everything that is known to be needed is granted: by the macro, if one is compared.
    pub fn is_enough(&self) -> bool {
        let partials = self.partials.as_ref();
        let is_current = partials.is_none_or(|one| one.is_written || one.is_current());
        is_current
            && match &self.compared {
                Some(compared) => compared.fits.iter().all(StageFit::is_enough),
                None => self.suggestion.uncovered.is_empty(),
            }
    }

    /// The same with generated partials. What a service of the answer grants is not held back.
    #[must_use]
    pub fn with_partials(mut self, mut partials: AnsweredPartials) -> Self {
        let uncovered = self.uncovered();
        let missing = uncovered.iter().flat_map(|one| &one.missing);
        let missing: BTreeSet<&str> = missing.map(|reason| reason.action.as_str()).collect();
        // The roles of AWS's own are never among what is missing: an account may have them.
        partials
            .held
            .retain(|held| held.hold == Hold::LinkedRole || missing.contains(held.action.as_str()));
        self.partials = Some(partials);
        self
    }

    /// Whether a generated partial leaves `action` out.
    pub fn is_held_back(&self, action: &str) -> bool {
        let mut held = self.partials.iter().flat_map(|partials| &partials.held);
        held.any(|held| held.action == action)
    }

    /// What no service grants: of all stages, if a macro is compared, since a policy of its own may
    /// grant it in some.
    pub fn uncovered(&self) -> Vec<&Uncovered> {
        let Some(compared) = &self.compared else {
            return self.suggestion.uncovered.iter().collect();
        };
        let mut found: Vec<&Uncovered> = Vec::new();
        for uncovered in compared
            .fits
            .iter()
            .flat_map(|fit| &fit.suggestion.uncovered)
        {
            if !found.contains(&uncovered) {
                found.push(uncovered);
            }
        }
        found
    }

    /// `reasons`, with those that differ only in the resource in one piece. In the order of the first
    /// resource, then of the action.
    pub fn grouped<'a>(&'a self, reasons: &'a [ServiceReason]) -> Vec<GroupedReason<'a>> {
        let mut groups: BTreeMap<(&str, &NeedReason, &str), Vec<usize>> = BTreeMap::new();
        for reason in reasons {
            let resource = self.app.resources.get(reason.resource);
            let type_name = resource.map_or("", |resource| resource.type_name.as_str());
            let key = (type_name, &reason.because, reason.action.as_str());
            let resources = groups.entry(key).or_default();
            if !resources.contains(&reason.resource) {
                resources.push(reason.resource);
            }
        }
        let groups = groups.into_iter();
        groups
            .map(|((type_name, because, action), resources)| GroupedReason {
                resources,
                type_name,
                action,
                because,
            })
            .collect()
    }
}

/// The services of a suggestion as they are written.
pub fn entries(suggestion: &Suggestion) -> Vec<ServiceEntry> {
    let services = suggestion.services.iter();
    services
        .map(|service| ServiceEntry {
            name: service.name.clone(),
            options: service
                .options
                .iter()
                .map(|option| option.name.clone())
                .collect(),
        })
        .collect()
}
