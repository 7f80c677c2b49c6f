//! What the roles trust: principals, and tokens of CI systems.
//!
//! In: the plan of a trust. Out: the statements of a trust policy. Refuses nothing.

use serde_json::{Value as Json, json};
use serde_yaml::Value;

use crate::arguments::TrustShape;
use crate::aws::wildcard::is_pattern;
use crate::expand::model::plan::{TargetPlan, TrustPlan, WaitsFor};
use crate::oidc::Admission;
use crate::roles::ToolsKind;
use crate::yaml::emit;

use crate::expand::render::{Renderer, arn_of, sub};

impl Renderer<'_> {
    pub(crate) fn trust_context(&self, target: &TargetPlan) -> Json {
        let mut context = serde_json::Map::new();
        let TrustPlan {
            shape,
            tools_account,
            tools,
            existing,
            admissions,
        } = &target.trust;
        let tools_arns: Vec<String> = tools
            .iter()
            .map(|kind| {
                emit::flow(&self.tools_arn(kind, tools_account.as_deref().unwrap_or_default()))
            })
            .collect();
        let existing: Vec<String> = existing.iter().map(emit::flow).collect();
        let root = sub(format!(
            "arn:${{AWS::Partition}}:iam::${{{}}}:root",
            tools_account.as_deref().unwrap_or_default()
        ));
        match shape {
            TrustShape::Principal => {
                context.insert("principals".into(), json!([tools_arns, existing].concat()));
            }
            TrustShape::Condition => {
                context.insert("principals".into(), json!(existing));
                context.insert("principalArns".into(), json!(tools_arns));
                context.insert("toolsRoot".into(), emit::flow(&root).into());
            }
        }
        if !admissions.is_empty() {
            context.insert("tokens".into(), tokens(admissions));
        }
        let mut depends_on = Vec::new();
        match &target.waits_for {
            WaitsFor::Nothing => {}
            WaitsFor::Account(account) => {
                context.insert("waitsForAccount".into(), emit::scalar(account).into());
            }
            WaitsFor::Resources(kinds) => {
                depends_on.extend(kinds.iter().map(|kind| self.logical_id(&kind.logical_id())));
            }
        }
        depends_on.extend(target.after.iter().map(|kind| self.logical_id(kind)));
        if !depends_on.is_empty() {
            context.insert("dependsOn".into(), json!(depends_on));
        }
        if let Some(seconds) = &target.arguments.max_session_duration {
            context.insert("maxSessionDuration".into(), seconds.value.into());
        }
        Json::Object(context)
    }

    /// The ARN of a principal of the Tools account.
    fn tools_arn(&self, kind: &ToolsKind, account: &str) -> Value {
        arn_of(&self.plan.app().principal(kind.clone()), account)
    }
}

/// The statements that accept the tokens of `admissions`. A statement's conditions must all hold,
/// so subjects without and with wildcards take two.
pub(crate) fn tokens(admissions: &[Admission]) -> Json {
    let mut statements: Vec<Json> = Vec::new();
    for admission in admissions {
        let (patterns, exact): (Vec<&String>, Vec<&String>) = admission
            .subjects
            .iter()
            .partition(|subject| is_pattern(subject));
        for subjects in [exact, patterns] {
            if !subjects.is_empty() {
                let sid = next_sid(&statements, admission.provider.word());
                statements.push(token_statement(admission, subjects, &sid));
            }
        }
    }
    statements.into()
}

/// A Sid that no other of `statements` has.
fn next_sid(statements: &[Json], word: &str) -> String {
    let stem = format!("Trust{word}");
    let sids = statements
        .iter()
        .filter_map(|statement| statement.get("sid")?.as_str());
    let before = sids
        .filter(|sid| sid.trim_end_matches(|c: char| c.is_ascii_digit()) == stem)
        .count();
    if before == 0 {
        stem
    } else {
        format!("{stem}{}", before + 1)
    }
}

fn token_statement(admission: &Admission, subjects: Vec<&String>, sid: &str) -> Json {
    let key = |claim: &str| emit::scalar(&format!("{}:{claim}", admission.issuer));
    let mut equals =
        vec![json!({ "key": key("aud"), "values": [emit::scalar(&admission.audience)] })];
    let mut like = Vec::new();
    let mut add = |name: &str, values: Vec<&String>| {
        let side = if values.iter().any(|value| is_pattern(value)) {
            &mut like
        } else {
            &mut equals
        };
        let values: Vec<String> = values
            .into_iter()
            .map(|value| emit::scalar(value))
            .collect();
        side.push(json!({ "key": key(name), "values": values }));
    };
    add("sub", subjects);
    for claim in &admission.claims {
        add(&claim.name, claim.values.iter().collect());
    }
    let provider = sub(format!(
        "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{}",
        admission.issuer
    ));
    json!({
        "sid": sid,
        "provider": emit::flow(&provider),
        "sessionTags": admission.provider.sends_session_tags,
        "equals": equals,
        "like": like,
    })
}
