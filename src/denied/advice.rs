//! What to do about a denial.
//!
//! In: a denial, the partials, and the macro that it belongs to, if one is known. Out: a
//! [`DenialAdvice`]. Refuses nothing. It never proposes an Allow for all actions, and never to lift a
//! Deny: it says who decides.

mod change;
mod deny;
mod owner;
mod replaced;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde_json::Map;

use crate::denied::model::{Denial, DenialEffect, DenialForm, DenialLayer};
use crate::denied::statements::{BuiltInStatements, DeniedRequest, PartialStatement, statements};
use crate::denied::who::DeniedWho;
use crate::denied::{grant_helps, who};
use crate::infer::actions::needs;
use crate::infer::model::{AppResource, AppTemplates, NeedKind};
use crate::partials::Partials;
use crate::partials::statements::{APP, normal};
use crate::source::{FileId, Span};

/// What a macro gives its roles, as far as denials need it.
#[derive(Clone, Debug, Default)]
pub struct KnownMacro {
    /// The macro's name.
    pub name: String,
    /// `AppId`.
    pub app_id: String,
    /// The services that some stage has, with their options.
    pub services: Vec<(String, Vec<String>)>,
    /// The frameworks, in the same way.
    pub frameworks: Vec<(String, Vec<String>)>,
}

/// A line of the macro that grants what was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroChange {
    /// `Services` or `Framework`.
    pub argument: &'static str,
    /// The service or framework.
    pub name: String,
    /// The option that is also needed.
    pub option: Option<String>,
    /// Whether the macro has it already; `None` if no macro is known.
    pub is_there: Option<bool>,
}

/// What to do about a denial.
#[derive(Clone, Debug)]
pub struct DenialAdvice {
    /// Whose principal was denied.
    pub who: DeniedWho,
    /// Whether an Allow helps.
    pub grant_helps: Option<bool>,
    /// The statement that denied it, and the partial that it is in.
    pub statement: Option<(String, String)>,
    /// What the macro needs; the first is the nearest, the others do as well.
    pub changes: Vec<MacroChange>,
    /// What to do, as sentences without a period.
    pub steps: Vec<String>,
    /// What a stack operation on the same resource type can call next.
    pub next: Vec<String>,
}

/// A template's macros, with the partials that they are written with.
pub struct KnownTemplate {
    /// The partials.
    pub partials: Partials,
    /// The macros; none if no template is known.
    pub macros: Vec<KnownMacro>,
}

/// Answers denials with the partials of a run.
pub struct DenialAdviser {
    templates: Vec<AdvisedTemplate>,
    built_in: BuiltInStatements,
    apps: BTreeSet<String>,
}

/// A template with the statements of its partials, which are rendered for the first denial that it
/// answers.
struct AdvisedTemplate {
    known: KnownTemplate,
    statements: OnceCell<Vec<PartialStatement>>,
}

impl AdvisedTemplate {
    fn statements(&self) -> &[PartialStatement] {
        self.statements
            .get_or_init(|| statements(&self.known.partials))
    }
}

impl DenialAdviser {
    /// With these templates, at least one; `denials` are those of the whole log.
    pub fn new(templates: Vec<KnownTemplate>, denials: &[Denial]) -> Self {
        let macros = templates.iter().flat_map(|known| &known.macros);
        let mut apps: BTreeSet<String> = macros.map(|known| known.app_id.clone()).collect();
        for denial in denials {
            apps.extend(who(denial, &BTreeSet::new()).app_id().map(str::to_owned));
        }
        let advised = |known| AdvisedTemplate {
            known,
            statements: OnceCell::new(),
        };
        Self {
            templates: templates.into_iter().map(advised).collect(),
            built_in: BuiltInStatements::default(),
            apps,
        }
    }

    /// What to do about `denial`.
    pub fn advice(&self, denial: &Denial) -> DenialAdvice {
        let who = who(denial, &self.apps);
        let mut advice = DenialAdvice {
            grant_helps: grant_helps(denial, &who),
            who,
            statement: None,
            changes: Vec::new(),
            steps: Vec::new(),
            next: Vec::new(),
        };
        if denial.form == DenialForm::Encoded && denial.action.is_none() {
            advice.steps.push(
                "decode the message with `aws sts decode-authorization-message --encoded-message TEXT`, which needs `sts:DecodeAuthorizationMessage`, and give its answer to `deploy-roles denied`".to_owned(),
            );
            return advice;
        }
        if denial.effect == DenialEffect::Explicit {
            self.explicit(denial, &mut advice);
            return advice;
        }
        match denial.layer {
            DenialLayer::Identity | DenialLayer::Unknown => self.grant(denial, &mut advice),
            _ => advice
                .steps
                .extend(owner::decides(denial).map(str::to_owned)),
        }
        if matches!(
            advice.who,
            DeniedWho::Execution(_) | DeniedWho::CdkExecution | DeniedWho::Unknown
        ) {
            advice.next = next(denial);
        }
        advice
    }

    /// The app id that a denial is about: that of the principal, or of the only macro.
    fn app_id(&self, who: &DeniedWho) -> Option<&str> {
        let mut macros = self.macros();
        let only = match (macros.next(), macros.next()) {
            (Some(only), None) => Some(only.app_id.as_str()),
            _ => None,
        };
        let known = who.app_id().and_then(|app| self.apps.get(app));
        known.map(String::as_str).or(only)
    }

    /// The macro that a denial is about.
    fn macro_of(&self, who: &DeniedWho) -> Option<&KnownMacro> {
        let app = self.app_id(who)?;
        self.macros().find(|known| known.app_id == app)
    }

    fn macros(&self) -> impl Iterator<Item = &KnownMacro> {
        self.templates
            .iter()
            .flat_map(|template| &template.known.macros)
    }

    /// The template whose partials a denial is about: that of the macro, or the first one.
    fn template(&self, who: &DeniedWho) -> Option<&AdvisedTemplate> {
        let app = self.app_id(who);
        let is_it = |template: &&AdvisedTemplate| {
            let mut macros = template.known.macros.iter();
            macros.any(|known| Some(known.app_id.as_str()) == app)
        };
        let found = self.templates.iter().find(is_it);
        found.or(self.templates.first())
    }

    /// The statements of the partials that a denial is about.
    fn statements(&self, who: &DeniedWho) -> &[PartialStatement] {
        self.template(who).map_or(&[], AdvisedTemplate::statements)
    }
}

/// A resource as the partials see it: in the region and account of the deployment, and named after
/// the app [`APP`] if it is named after `app`: its id begins the name, or follows one of the characters
/// `after`.
fn generalized(resource: &str, app: Option<&str>, after: &[char]) -> String {
    let mut parts: Vec<String> = resource.splitn(6, ':').map(str::to_owned).collect();
    if let [arn, partition, _, region, account, rest] = parts.as_mut_slice()
        && arn == "arn"
    {
        *partition = normal("${AWS::Partition}");
        if !region.is_empty() && region != "*" {
            *region = normal("${AWS::Region}");
        }
        // CloudFormation's transforms belong to the account `aws`.
        if !account.is_empty() && account != "aws" && account != "*" {
            *account = normal("${AWS::AccountId}");
        }
        if let Some(app) = app {
            *rest = renamed(rest, app, after);
        }
    }
    parts.join(":")
}

/// Before the part of a resource's name that begins with the app id.
const BEFORE_APP: &[char] = &['/', ':'];

/// The same, with names that a framework begins: `serverless-orders-dev`.
const BEFORE_APP_OF_FRAMEWORK: &[char] = &['/', ':', '-'];

/// A resource's name with the prefix of [`APP`] instead of that of `app`.
fn renamed(name: &str, app: &str, after: &[char]) -> String {
    let mut out = String::new();
    let mut from = 0;
    let prefix = format!("{app}-");
    for (at, _) in name.match_indices(&prefix) {
        let before = name.get(..at).unwrap_or_default();
        if at >= from && (before.is_empty() || before.ends_with(after)) {
            out.push_str(name.get(from..at).unwrap_or_default());
            out.push_str(APP);
            out.push('-');
            from = at + prefix.len();
        }
    }
    out.push_str(name.get(from..).unwrap_or_default());
    out
}

/// What every resource of the denial's type needs, except for what was denied.
fn next(denial: &Denial) -> Vec<String> {
    let Some(type_name) = &denial.type_name else {
        return Vec::new();
    };
    let resource = AppResource {
        id: denial.logical_id.clone().unwrap_or_default(),
        type_name: type_name.clone(),
        properties: Map::new(),
        attributes: Map::new(),
        span: Span::new(FileId(0), 0, 0),
        made_by: None,
    };
    let app = AppTemplates {
        resources: vec![resource],
        ..AppTemplates::default()
    };
    let actions: BTreeSet<String> = needs(&app)
        .needs
        .into_iter()
        .filter(|need| need.kind != NeedKind::ServiceLinkedRole)
        .map(|need| need.action)
        .filter(|action| Some(action) != denial.action.as_ref())
        .collect();
    actions.into_iter().collect()
}

/// What a denial asked for, for the app [`APP`].
struct OwnRequest {
    action: String,
    resource: Option<String>,
    passed_to: Option<String>,
}

impl OwnRequest {
    fn of(denial: &Denial, app: Option<&str>) -> Option<Self> {
        Self::with(denial, app, BEFORE_APP)
    }

    fn with(denial: &Denial, app: Option<&str>, after: &[char]) -> Option<Self> {
        Some(Self {
            action: denial.action.clone()?,
            resource: denial
                .resource
                .as_deref()
                .map(|resource| generalized(resource, app, after)),
            passed_to: denial.passed_to.clone(),
        })
    }

    fn as_request(&self) -> DeniedRequest<'_> {
        DeniedRequest {
            action: &self.action,
            resource: self.resource.as_deref(),
            passed_to: self.passed_to.as_deref(),
        }
    }
}
