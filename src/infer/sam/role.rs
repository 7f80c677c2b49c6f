//! The roles that SAM creates.
//!
//! In: who assumes a role, and what `Policies` says. Out: its properties. The content of policies is
//! only hinted at: whether there are inline policies, and which managed ones are attached.
//! Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::sam::source::{SamSource, branches, is_no_value};

/// The type of a role.
pub(super) const ROLE: &str = "AWS::IAM::Role";

/// A role that SAM creates.
#[derive(Default)]
pub(super) struct SamRole {
    /// The service that assumes it.
    pub(super) service: &'static str,
    /// The managed policies that SAM attaches.
    pub(super) managed: Vec<Json>,
    /// The inline policies that SAM writes.
    pub(super) inline: Vec<Json>,
}

impl SamRole {
    /// A role that `service` assumes.
    pub(super) fn of(service: &'static str) -> Self {
        Self {
            service,
            ..Self::default()
        }
    }

    /// Attaches AWS's policy of this name.
    #[must_use]
    pub(super) fn attach(mut self, name: &str) -> Self {
        self.managed.push(aws_policy(name));
        self
    }

    /// Adds an inline policy that allows these actions.
    #[must_use]
    pub(super) fn allow(mut self, actions: &[&str]) -> Self {
        self.inline.push(inline_policy(actions));
        self
    }

    /// Adds what the property `Policies` of `source` says: names, ARNs, documents, or templates.
    #[must_use]
    pub(super) fn policies(mut self, source: &SamSource<'_>) -> Self {
        match source.set("Policies") {
            Some(Json::Array(items)) => items.iter().for_each(|item| self.policy(item)),
            Some(item) => self.policy(item),
            None => {}
        }
        self
    }

    fn policy(&mut self, item: &Json) {
        if let Some((yes, no)) = branches(item) {
            for branch in [yes, no] {
                self.policy(branch);
            }
            return;
        }
        match item {
            Json::String(_) => self.managed.push(item.clone()),
            _ if is_no_value(item) => {}
            Json::Object(fields) if fields.contains_key("Statement") => {
                self.inline
                    .push(json!({"PolicyName": "Policy", "PolicyDocument": item}));
            }
            Json::Object(fields) if is_intrinsic(fields) => self.managed.push(item.clone()),
            Json::Object(fields) if fields.contains_key("AWSSecretsManagerRotationPolicy") => {
                self.inline
                    .push(inline_policy(&["secretsmanager:GetSecretValue"]));
            }
            Json::Object(_) => self.inline.push(inline_policy(&[])),
            _ => {}
        }
    }

    /// The properties of the role. It has the path, the boundary, and the tags of `source`.
    pub(super) fn properties(self, source: &SamSource<'_>, tags: Json) -> Json {
        let mut role = json!({
            "AssumeRolePolicyDocument": {"Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": self.service}},
            ]},
        });
        let mut set = |key: &str, value: Option<Json>| {
            if let (Some(fields), Some(value)) = (role.as_object_mut(), value) {
                fields.insert(key.to_owned(), value);
            }
        };
        let list = |items: Vec<Json>| (!items.is_empty()).then_some(Json::Array(items));
        set("ManagedPolicyArns", list(self.managed));
        set("Policies", list(self.inline));
        set(
            "PermissionsBoundary",
            source.set("PermissionsBoundary").cloned(),
        );
        set("Path", source.set("RolePath").cloned());
        set("Tags", Some(tags).filter(|tags| !tags.is_null()));
        role
    }
}

fn is_intrinsic(fields: &Map<String, Json>) -> bool {
    let mut keys = fields.keys();
    keys.len() == 1
        && keys
            .next()
            .is_some_and(|key| key == "Ref" || key.starts_with("Fn::"))
}

fn aws_policy(name: &str) -> Json {
    json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::aws:policy/{name}")})
}

fn inline_policy(actions: &[&str]) -> Json {
    json!({
        "PolicyName": "Policy",
        "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]},
    })
}
