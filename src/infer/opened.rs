//! What suggested services and options let the roles do that inference alone would hold back.
//!
//! The built-in services are reviewed, and some grant what a generated partial does not grant without
//! a person's word: resource policies, roles, keys. Whoever adds one should read which.
//!
//! In: the statements of services, and what is suggested of them. Out: for each service and option,
//! the actions that it allows and [`verdict`] holds back. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::actions::{AccessLevel, reference};
use crate::infer::arns::ArnReach;
use crate::infer::grants::{Grants, Offering, StatementText};
use crate::infer::partial::held::{Hold, HoldQuestion, HoldVerdict, verdict};
use crate::partials::statements::APP;

/// What services and options open, each sorted. Those that open nothing are not in it.
pub type OpenedActions = BTreeMap<Offering, Vec<OpenedAction>>;

/// An action that a service or an option allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpenedAction {
    /// The action, such as `ecr:SetRepositoryPolicy`; `*` for any.
    pub action: String,
    /// Why inference alone would hold it back.
    pub hold: Hold,
}

impl OpenedAction {
    /// Why inference alone would hold it back, as a sentence without a period.
    pub fn reason(&self) -> &'static str {
        match self.hold {
            Hold::Roles => "it creates, changes, or deletes roles",
            Hold::Stacks => "it creates, changes, or deletes stacks",
            Hold::Unlimited => "it may be any action",
            hold => hold.reason(),
        }
    }
}

/// What each of `offerings` opens. What a service opens is not repeated at its options, unless they
/// let the role do it elsewhere.
pub fn opened(grants: &Grants, offerings: BTreeSet<Offering>) -> OpenedActions {
    let mut found = OpenedActions::new();
    for offering in offerings {
        let base = Offering {
            service: offering.service.clone(),
            option: None,
        };
        let of_service = match offering.option {
            Some(_) => of_offering(grants, &base),
            None => Reaches::new(),
        };
        let is_new = |(opened, reach): &(OpenedAction, ArnReach)| {
            let known = of_service.get(opened);
            known.is_none_or(|known| known < reach)
        };
        let opened = of_offering(grants, &offering).into_iter().filter(is_new);
        let opened: Vec<OpenedAction> = opened.map(|(opened, _)| opened).collect();
        if !opened.is_empty() {
            found.insert(offering, opened);
        }
    }
    found
}

/// Actions, with how far each reaches.
type Reaches = BTreeMap<OpenedAction, ArnReach>;

fn of_offering(grants: &Grants, offering: &Offering) -> Reaches {
    let mut found = Reaches::new();
    for statement in grants.statements_of(offering) {
        for (opened, reach) in of_statement(statement) {
            let known = found.entry(opened).or_insert(reach);
            *known = reach.max(*known);
        }
    }
    found
}

/// What a statement opens.
fn of_statement(statement: &StatementText) -> Vec<(OpenedAction, ArnReach)> {
    if statement.is_deny() {
        return Vec::new();
    }
    let resources = statement.resources();
    let arns: Vec<&str> = resources.iter().map(String::as_str).collect();
    let reach = reach(&arns);
    let Some(prefixes) = statement.prefixes() else {
        let (action, hold) = ("*".to_owned(), Hold::Unlimited);
        return vec![(OpenedAction { action, hold }, reach)];
    };
    let services = statement.services();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for service in prefixes {
        let known = reference().service(service);
        for action in known.iter().flat_map(|known| &known.actions) {
            let name = format!("{service}:{}", action.name);
            if !statement.has_action(&name) {
                continue;
            }
            let question = HoldQuestion {
                action: &name,
                level: action.level,
                arns: &arns,
                reach,
                is_limited_by_tag: statement.has_condition(),
                passed_to: &services,
            };
            if let Some(hold) = shown(verdict(question), action.level) {
                found.push((OpenedAction { action: name, hold }, reach));
            }
        }
    }
    found
}

/// How far these ARNs reach.
fn reach(arns: &[&str]) -> ArnReach {
    let own = format!("{APP}-");
    // Parameters form paths, so the app's id can be a part of its own.
    let is_own = |arn: &&str| arn.contains(&own) || arn.split(['/', '*']).any(|part| part == APP);
    if arns.contains(&"*") || arns.is_empty() {
        ArnReach::Any
    } else if arns.iter().all(is_own) {
        ArnReach::App
    } else {
        ArnReach::Kind
    }
}

/// Why an action is shown. That a write cannot be limited is a matter of every service that has such
/// actions, and the comments of its partial say so.
fn shown(verdict: HoldVerdict, level: AccessLevel) -> Option<Hold> {
    let is_read = matches!(level, AccessLevel::Read | AccessLevel::List);
    match verdict {
        HoldVerdict::Granted | HoldVerdict::Held(Hold::Unlimited) => None,
        HoldVerdict::Never(Hold::Roles | Hold::Stacks) if is_read => None,
        HoldVerdict::Held(hold) | HoldVerdict::Never(hold) => Some(hold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partials::Partials;
    use crate::source::FileId;
    use crate::yaml::lookup::Library;

    /// What every service and option opens, as `service: option` and actions.
    fn all(partials: &Partials) -> BTreeMap<String, String> {
        let grants = Grants::new(partials, &BTreeSet::from([":".to_owned()])).unwrap();
        let mut all = BTreeSet::new();
        for service in partials.catalog.services.names() {
            let options = partials.catalog.services.options(service);
            let options = options.unwrap_or_default().iter().cloned().map(Some);
            for option in [None].into_iter().chain(options) {
                let service = service.to_owned();
                all.insert(Offering { service, option });
            }
        }
        let shown = |(offering, opened): (Offering, Vec<OpenedAction>)| {
            let name = match offering.option {
                Some(option) => format!("{}: {option}", offering.service),
                None => offering.service,
            };
            let actions: Vec<String> = opened.into_iter().map(|one| one.action).collect();
            (name, actions.join(" "))
        };
        opened(&grants, all).into_iter().map(shown).collect()
    }

    #[test]
    fn the_options_that_open_something_are_known() {
        let partials = Partials::new(&mut Library::default(), &[]).unwrap();
        let found: Vec<(String, String)> = all(&partials)
            .into_iter()
            .filter(|(name, _)| name.contains(':'))
            .collect();
        let expected = [
            (
                "apigateway: customDomain",
                "apigateway:AddCertificateToDomain apigateway:RemoveCertificateFromDomain iam:CreateServiceLinkedRole",
            ),
            ("apigateway: rest", "apigateway:UpdateRestApiPolicy"),
            ("apigateway: vpcLink", "iam:CreateServiceLinkedRole"),
            ("apigateway: waf", "apigateway:SetWebACL"),
            (
                "cloudformation: changeSets",
                "cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:ExecuteChangeSet",
            ),
            (
                "cloudformation: transform",
                "cloudformation:CreateChangeSet",
            ),
            ("cognito-idp: email", "iam:CreateServiceLinkedRole"),
            ("cognito-idp: identityPool", "iam:PassRole"),
            ("dynamodb: autoscaling", "iam:CreateServiceLinkedRole"),
            (
                "dynamodb: globalTable",
                "dynamodb:BatchWriteItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:Scan dynamodb:UpdateItem iam:CreateServiceLinkedRole",
            ),
            ("events: apiDestination", "iam:CreateServiceLinkedRole"),
            (
                "events: busPolicy",
                "events:PutPermission events:RemovePermission",
            ),
            (
                "kinesis: resourcePolicy",
                "kinesis:DeleteResourcePolicy kinesis:PutResourcePolicy",
            ),
            ("kms: encrypt", "kms:CreateGrant kms:RevokeGrant"),
            ("lambda: image", "ecr:SetRepositoryPolicy"),
            ("lambda: kms", "kms:CreateGrant"),
            (
                "lambda: layer",
                "lambda:AddLayerVersionPermission lambda:RemoveLayerVersionPermission",
            ),
            ("logs: filterRole", "iam:PassRole"),
            (
                "secretsmanager: resourcePolicy",
                "secretsmanager:DeleteResourcePolicy secretsmanager:PutResourcePolicy",
            ),
            (
                "wafv2: associate",
                "apigateway:SetWebACL appsync:SetWebACL wafv2:PutPermissionPolicy",
            ),
        ];
        let expected = expected.map(|(name, actions)| (name.to_owned(), actions.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn own_partials_open_what_they_say() {
        let mut library = Library::default();
        let statement = |rest: &str| format!("  - Effect: {rest}\n");
        let own: Vec<(String, FileId)> = [
            (
                "named",
                statement(
                    "Allow\n    Action: ['SQS:addperm*', sqs:CreateQueue]\n    Resource: '*'",
                ),
            ),
            (
                "denied",
                statement("Deny\n    Action: sqs:AddPermission\n    Resource: '*'"),
            ),
            (
                "other",
                statement("Allow\n    NotAction: sqs:AddPermission\n    Resource: '*'"),
            ),
            (
                "any",
                statement("Allow\n    Action: '*'\n    Resource: '*'"),
            ),
            (
                "roles",
                statement(
                    "Allow\n    Action: ['iam:PutRolePolicy', 'iam:GetRole']\n    Resource: '*'",
                ),
            ),
        ]
        .into_iter()
        .map(|(name, statements)| {
            let text = format!("PolicyName: Own{name}\nAttach: managed\nStatement:\n{statements}");
            let file = library.sources.add(format!("{name}.hbs"), text);
            (format!("services/{name}"), file)
        })
        .collect();
        let found = all(&Partials::new(&mut library, &own).unwrap());
        let of = |name: &str| found.get(name).map(String::as_str);
        assert_eq!(of("named"), Some("sqs:AddPermission"));
        assert_eq!(of("denied"), None);
        assert_eq!(of("other"), Some("*"));
        assert_eq!(of("any"), Some("*"));
        assert_eq!(of("roles"), Some("iam:PutRolePolicy"));
    }
}
