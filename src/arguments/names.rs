//! `AppId`, `Region`, `Path` and `TrustShape`: text that ends up in names.
//!
//! Refuses what IAM would refuse, or would accept and then match with nothing.

use std::rc::Rc;

use crate::arguments::rules::{APP_ID_ENDS_IN_STAGE, INVALID_APP_ID, NAME_TOO_LONG, NO_REGION};
use crate::arguments::{Target, TrustShape};
use crate::aws::partitions::Region;
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::source::Spanned;
use crate::yaml::node::Kind;
use crate::yaml::rules::{INVALID_VALUE, WRONG_TYPE};

use crate::arguments::decoder::{APP_ID_LIMIT, Decoder, Fields, given};

/// Roles, buckets and stacks that many apps or all of an account share, and whose they are; named as
/// the documentation of AWS and of the Serverless Framework, version 4, names them.
const SHARED: &[(&str, &str)] = &[
    (
        "cdk-hnb659fds-cfn-exec-role-ACCOUNT-REGION",
        "a role of the CDK's bootstrap",
    ),
    (
        "aws-sam-cli-managed-default-samclisourcebucket",
        "the bucket of the SAM CLI",
    ),
    ("aws-cloudtrail-logs-ACCOUNT", "the bucket of a trail"),
    (
        "serverless-framework-deployments-REGION",
        "the bucket of the Serverless Framework",
    ),
    (
        "cf-templates-ID-REGION",
        "the bucket of CloudFormation's console",
    ),
    ("stacksets-exec-ID", "the roles of stack sets"),
    ("codepipeline-REGION-ID", "the bucket of pipelines"),
    (
        "elasticbeanstalk-REGION-ACCOUNT",
        "the bucket of Elastic Beanstalk",
    ),
    ("config-bucket-ACCOUNT", "the bucket of AWS Config"),
];

impl Decoder<'_> {
    pub(crate) fn app_id(&mut self, fields: &Fields) -> Option<Spanned<String>> {
        let Some(field) = fields.get("AppId") else {
            if given(fields, "AppId") {
                return None;
            }
            self.reader.problem(
                Diagnostic::new(
                    &MISSING_ARGUMENT,
                    self.call_span,
                    "the argument `AppId` is missing",
                )
                .help("add `AppId: my-app`, the prefix of every name that the app's stacks create"),
            );
            return None;
        };
        let app_id = self.reader.text(&field.value)?;
        let text = &app_id.value;
        let shown = text.shown();
        let invalid = |message: String, help: &str| {
            Diagnostic::new(&INVALID_APP_ID, app_id.span, message).help(help)
        };
        let problem = if !text.starts_with(|c: char| c.is_ascii_lowercase())
            || !text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            let lower = text.to_lowercase();
            let valid = lower.starts_with(|c: char| c.is_ascii_lowercase())
                && lower
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            let help = "use lower-case letters, digits and dashes, a letter first: bucket names are lower case, and IAM compares them letter by letter";
            invalid(
                format!("`{shown}` cannot be an AppId"),
                &if valid {
                    format!("write `{lower}`; {help}")
                } else {
                    help.to_owned()
                },
            )
        } else if text.ends_with('-') {
            invalid(
                format!("the AppId `{shown}` ends in a dash"),
                "leave the dash out: names are made as `<AppId>-...`",
            )
        } else if text.len() > APP_ID_LIMIT {
            Diagnostic::new(
                &NAME_TOO_LONG,
                app_id.span,
                format!("the AppId `{shown}` has {} characters, and {APP_ID_LIMIT} is the most", text.len()),
            )
            .help(format!("shorten it: `{shown}-CloudFormationExecutionRole` would have {} characters, and IAM allows 64", text.len() + 28))
        } else if let Some((name, whose)) = SHARED.iter().find(|(name, _)| {
            name.strip_prefix(text.as_str())
                .is_some_and(|rest| rest.starts_with('-'))
        }) {
            invalid(
                format!("the AppId `{shown}` would take over what others share: `{name}`, {whose}"),
                "the app's stacks may change everything that is named after it, with a dash behind: take another AppId",
            )
        } else {
            return Some(app_id);
        };
        self.reader.problem(problem);
        None
    }

    pub(crate) fn stage_suffix(&mut self, app_id: &Spanned<String>, targets: &[Target]) {
        for target in targets {
            let stage = &target.stage.value;
            if let Some(app) = app_id.value.strip_suffix(&format!("-{stage}")) {
                self.reader.problem(
                    Diagnostic::new(
                        &APP_ID_ENDS_IN_STAGE,
                        app_id.span,
                        format!(
                            "the AppId `{}` ends in the name of its stage `{stage}`",
                            app_id.value
                        ),
                    )
                    .related(target.stage.span, "the stage")
                    .help(format!(
                        "frameworks append the stage themselves: write `{app}`"
                    )),
                );
            }
        }
    }

    pub(crate) fn region(&mut self, fields: &Fields) -> Option<Region> {
        let root = &self.template.root;
        // The deprecated key wins where both are given (`src/parser/parser.ts`).
        let default = [
            "OrganizationBindingRegion",
            "DefaultOrganizationBindingRegion",
        ]
        .iter()
        .find_map(|key| root.get(key).filter(|node| !node.is_null()));
        let own = fields.get("Region");
        let node = match (own, default) {
            (Some(field), _) => Rc::clone(&field.value),
            (None, Some(default)) => match self.reader.library.items(default).first() {
                Some(first) => Rc::clone(first),
                None => Rc::clone(default),
            },
            (None, None) => {
                self.reader.problem(
                    Diagnostic::new(&NO_REGION, self.call_span, "there is no region to put the roles into")
                        .help("add `Region: eu-west-1` to the macro, or `DefaultOrganizationBindingRegion:` to the template; without one, OrgFormation deploys nothing, and says only a warning"),
                );
                return None;
            }
        };
        if own.is_some() && matches!(self.reader.library.follow(&node).kind, Kind::Sequence(..)) {
            self.reader.problem(
                Diagnostic::new(&WRONG_TYPE, node.whole_span(), "expected one region, found a list")
                    .help("IAM is global: roles live in the stack of exactly one region, and their policies name that region"),
            );
            return None;
        }
        if self.reader.library.reference(&node).is_some() {
            self.reader.problem(
                Diagnostic::new(
                    &WRONG_TYPE,
                    node.whole_span(),
                    "expected a region, found a reference",
                )
                .help("write the region itself, such as `eu-west-1`: OrgFormation takes no parameter in a binding's region"),
            );
            return None;
        }
        let region = self.reader.text(&node)?;
        if is_region(&region.value) {
            return Some(Region(region.value));
        }
        self.reader.problem(
            Diagnostic::new(
                &INVALID_VALUE,
                region.span,
                format!("`{}` is no region", region.value.shown()),
            )
            .help("write one such as `eu-west-1`"),
        );
        None
    }

    pub(crate) fn path(&mut self, fields: &Fields) -> String {
        let default = "/".to_owned();
        let Some(field) = fields.get("Path") else {
            return default;
        };
        let Some(path) = self.reader.text(&field.value) else {
            return default;
        };
        let valid = path.value.starts_with('/')
            && path.value.ends_with('/')
            && path.value.len() <= 512
            && !path.value.contains("//")
            && path
                .value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/_+=,.@-".contains(c));
        if valid {
            return path.value;
        }
        self.reader.problem(
            Diagnostic::new(&INVALID_VALUE, path.span, format!("`{}` is no path of a role", path.value.shown()))
                .help("write one such as `/deploy/`: a slash at both ends, letters, digits and `_+=,.@-` between, at most 512 characters"),
        );
        default
    }

    pub(crate) fn trust_shape(&mut self, fields: &Fields) -> TrustShape {
        let Some(field) = fields.get("TrustShape") else {
            return TrustShape::Principal;
        };
        let Some(shape) = self.reader.text(&field.value) else {
            return TrustShape::Principal;
        };
        match shape.value.as_str() {
            "principal" => TrustShape::Principal,
            "condition" => TrustShape::Condition,
            other => {
                let message = format!("`{}` is no trust shape", other.shown());
                self.reader.problem(
                    Diagnostic::new(&INVALID_VALUE, shape.span, message)
                        .help("write `principal` or `condition`"),
                );
                TrustShape::Principal
            }
        }
    }
}

/// Whether `text` has the form of a region's name, such as `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    text.len() <= 32
        && parts.len() >= 3
        && parts.first().is_some_and(|part| part.len() >= 2)
        && parts
            .last()
            .is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        && parts.iter().all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}
