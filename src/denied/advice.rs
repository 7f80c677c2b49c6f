//! What to do about a denial.
//!
//! In: a denial, the partials, and the macro that it belongs to, if one is known. Out: a
//! [`DenialAdvice`]. Refuses nothing. It never proposes an Allow for all actions, and never to lift a
//! Deny: it says who decides.

mod change;
mod deny;
mod owner;

use std::collections::BTreeSet;

use serde_json::Map;

use crate::denied::model::{Denial, DenialEffect, DenialForm, DenialLayer};
use crate::denied::statements::{DeniedRequest, PartialStatement, statements};
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

/// Answers denials with the partials of a run.
pub struct DenialAdviser {
    statements: Vec<PartialStatement>,
    macros: Vec<KnownMacro>,
    apps: Vec<String>,
}

impl DenialAdviser {
    /// With these partials and macros; `denials` are those of the whole log.
    pub fn new(partials: &Partials, macros: Vec<KnownMacro>, denials: &[Denial]) -> Self {
        let mut apps: Vec<String> = macros.iter().map(|known| known.app_id.clone()).collect();
        for denial in denials {
            apps.extend(who(denial, &[]).app_id().map(str::to_owned));
        }
        apps.sort();
        apps.dedup();
        Self {
            statements: if denials.is_empty() {
                Vec::new()
            } else {
                statements(partials)
            },
            macros,
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
        let only = match self.macros.as_slice() {
            [only] => Some(only.app_id.as_str()),
            _ => None,
        };
        self.apps
            .iter()
            .find(|app| Some(app.as_str()) == who.app_id())
            .map(String::as_str)
            .or(only)
    }

    /// The macro that a denial is about.
    fn macro_of(&self, who: &DeniedWho) -> Option<&KnownMacro> {
        let app = self.app_id(who)?;
        self.macros.iter().find(|known| known.app_id == app)
    }
}

/// A resource as the partials see it: in the region and account of the deployment, and named after
/// the app [`APP`] if it is named after `app`.
fn generalized(resource: &str, app: Option<&str>) -> String {
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
            *rest = renamed(rest, app);
        }
    }
    parts.join(":")
}

/// A resource's name with the prefix of [`APP`] instead of that of `app`.
fn renamed(name: &str, app: &str) -> String {
    let mut out = String::new();
    let mut from = 0;
    let prefix = format!("{app}-");
    for (at, _) in name.match_indices(&prefix) {
        let before = name.get(..at).unwrap_or_default();
        if at >= from && (before.is_empty() || before.ends_with(['/', ':'])) {
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
        Some(Self {
            action: denial.action.clone()?,
            resource: denial
                .resource
                .as_deref()
                .map(|resource| generalized(resource, app)),
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
