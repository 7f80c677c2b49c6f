//! Messages in which another service, or a CLI, says what was missing.
//!
//! In: a phrase of such a message. Out: a denial. Refuses nothing.

use crate::aws::handlers::{HandlerAction, handlers};
use crate::denied::actions;
use crate::denied::around::DeniedResource;
use crate::denied::messages::Messages;
use crate::denied::messages::phrases::{DEPLOY_ROLE, IMAGE};
use crate::denied::model::{Denial, DenialForm, DenialLayer};
use crate::denied::names::{self, LONGEST, is_arn_char};
use crate::denied::secrets::without_secrets;
use crate::denied::sentence::{self, AUTHORIZED};

impl Messages<'_> {
    /// `Your access has been denied by S3, please make sure your request credentials have
    /// permission to GetObject for BUCKET/KEY.`
    pub(super) fn by_s3(&mut self, at: usize) {
        let start = at.saturating_sub(1);
        let permission = "permissionto";
        let tail = self.text.after(at, 160);
        let Some(call) = tail.find(permission) else {
            return;
        };
        let is_letter = |c: char| c.is_ascii_alphanumeric();
        let (call, end) = names::name(self.text, at + call + permission.len(), is_letter);
        // A table can lose the blank between them.
        let (call, end) = match call.strip_suffix("for") {
            Some(bare) if !self.text.has(end, "for") => (bare.to_owned(), end),
            _ => (call, end + "for".len()),
        };
        let (object, end) = names::name(self.text, end, is_arn_char);
        let is_object = object.contains('/') && !object.starts_with('/');
        self.push(
            Denial {
                action: actions::of_call("s3", &call),
                resource: is_object.then(|| format!("arn:aws:s3:::{}", without_secrets(&object))),
                form: DenialForm::Spoken,
                ..Denial::default()
            },
            start,
            end,
        );
    }

    /// The CDK: `current credentials could not be used to assume 'arn:...'`.
    pub(super) fn assume(&mut self, at: usize) {
        let from = at + "couldnotbeusedtoassume".len();
        let from = names::after_quotes(self.text, from);
        let from = from
            + if self.text.has(from, "therole") {
                "therole".len()
            } else {
                0
            };
        let from = names::after_quotes(self.text, from);
        let (role, end) = names::name(self.text, from, is_arn_char);
        if role.starts_with("arn:") {
            self.push(
                Denial {
                    action: actions::canonical("sts:AssumeRole"),
                    resource: Some(without_secrets(&role)),
                    ..Denial::default()
                },
                at,
                end,
            );
        }
    }

    /// API Gateway and others may not create a log delivery.
    pub(super) fn logging(&mut self, at: usize) {
        let end = at + "nsufficientpermissionstoenablelogging".len();
        let service = sentence::service(self.text, end);
        let type_name = match service.as_deref() {
            Some("ApiGatewayV2" | "AmazonApiGatewayV2") => Some("AWS::ApiGatewayV2::Stage"),
            Some("ApiGateway" | "AmazonApiGateway") => Some("AWS::ApiGateway::Stage"),
            _ => None,
        };
        let resource = self.resource(at, end);
        self.push(
            Denial {
                action: actions::canonical("logs:CreateLogDelivery"),
                resource: Some("*".to_owned()),
                form: DenialForm::Spoken,
                type_name: resource.type_name.or(type_name.map(str::to_owned)),
                logical_id: resource.logical_id,
                ..Denial::default()
            },
            at,
            end,
        );
    }

    /// API Gateway: `Caller does not have permissions to create a Service Linked Role`; RDS, ECS, and
    /// others: `Verify that you have permission to create service linked role`. The first resource of
    /// its kind in an account needs that role.
    /// <https://github.com/amplify-education/serverless-domain-manager/issues/112>
    pub(super) fn linked_role(&mut self, at: usize) {
        let start = at.saturating_sub(1);
        self.push(
            Denial {
                action: actions::canonical("iam:CreateServiceLinkedRole"),
                form: DenialForm::Spoken,
                ..Denial::default()
            },
            start,
            at + "ermissiontocreateservicelinkedrole".len(),
        );
    }

    /// `Lambda does not have permission to access the ECR image`: who creates the function must be
    /// able to read the image, and the policy of the repository must let Lambda do so.
    /// <https://repost.aws/knowledge-center/lambda-ecr-image>
    pub(super) fn image(&mut self, at: usize) {
        let start = at.saturating_sub(1);
        let end = at + IMAGE.len();
        let resource = self.resource(start, end);
        let type_name = resource.type_name;
        self.push(
            Denial {
                action: actions::canonical("ecr:BatchGetImage"),
                form: DenialForm::Spoken,
                type_name: type_name.or_else(|| Some("AWS::Lambda::Function".to_owned())),
                logical_id: resource.logical_id,
                ..Denial::default()
            },
            start,
            end,
        );
    }

    /// CloudFormation: `Role arn:... is invalid or cannot be assumed`.
    pub(super) fn deploy_role(&mut self, at: usize) {
        let window = self.text.before(at, LONGEST);
        let Some(from) = window.rfind("Rolearn:") else {
            return;
        };
        let start = at - window.len() + from;
        let (role, end) = names::name(self.text, start + "Role".len(), is_arn_char);
        if end != at {
            return;
        }
        self.push(
            Denial {
                action: actions::canonical("sts:AssumeRole"),
                resource: Some(without_secrets(&role)),
                layer: DenialLayer::Trust,
                form: DenialForm::Spoken,
                ..Denial::default()
            },
            start,
            at + DEPLOY_ROLE.len(),
        );
    }

    /// `Encountered a permissions error performing a tagging operation`: the sentence follows, or
    /// the type says which permission it is.
    pub(super) fn tagging(&mut self, at: usize) {
        let end = at + "permissionserrorperformingataggingoperation".len();
        let tail = self.text.after(end, 1200);
        let own = tail.split("HandlerErrorCode").next().unwrap_or_default();
        if own.contains(AUTHORIZED) {
            return;
        }
        let DeniedResource {
            type_name,
            logical_id,
        } = self.resource(at, end);
        self.push(
            Denial {
                action: type_name.as_deref().and_then(tagging_action),
                form: DenialForm::Spoken,
                type_name,
                logical_id,
                ..Denial::default()
            },
            at,
            end,
        );
    }
}

/// The action that tags a resource of this type.
fn tagging_action(type_name: &str) -> Option<String> {
    let kind = handlers().resource_type(type_name)?;
    let of_tags = kind.actions.iter().filter(|action| action.is_tagging);
    let adds = |action: &&HandlerAction<'_>| {
        let name = action.name.split(':').nth(1).unwrap_or_default();
        ["Tag", "Add", "Create", "Put", "Change"]
            .iter()
            .any(|verb| name.starts_with(verb))
    };
    // The call that creates a resource can be listed as well.
    let mut adding: Vec<HandlerAction<'_>> = of_tags.filter(adds).copied().collect();
    adding.sort_by_key(|action| !action.name.contains("Tag"));
    adding
        .first()
        .and_then(|action| actions::canonical(action.name))
}
