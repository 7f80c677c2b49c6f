//! The guard of a body: the Deny that keeps the app's stacks from editing the deploy roles.
//!
//! In: a body as it was rendered. Out: nothing, or a diagnostic. IAM's rules decide: every write
//! to each of these roles must be denied, whatever else is allowed and whatever the request says.
//! Refuses bodies without such a Deny.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashMap;
use serde_yaml::Value;
use serde_yaml::value::{Tag, TaggedValue};

use crate::aws::actions::Reference;

use crate::diagnostic::Diagnostic;
use crate::expand::model::plan::{Execution, MacroPlan, TargetPlan};
use crate::expand::model::rendered::RenderedBody;
use crate::iam::RequestKind;
use crate::iam::can::{Answer, can};
use crate::iam::condition::Atoms;
use crate::iam::difference::universe::Home;
use crate::iam::difference::{CrossRegion, Judge};
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::{Request, RequestReach, Requests};
use crate::iam::statement::Statement;
use crate::partials::rules::BROKEN_PARTIAL;
use crate::roles::{App, TargetRole};
use crate::template::read::rendered;
use crate::template::resolve::{Names, OWN, OwnId, Reader, Reading};
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// The writes that the execution role must never have on the deploy roles.
const GUARDED: &[&str] = &[
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DetachRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PassRole",
];

/// Whether the execution role has the Deny that keeps the app's stacks from editing the deploy
/// roles; an overridden partial could have lost it. If the CDK's bootstrap has a role for that,
/// the Deny must be in a policy that it can take, and also name that role.
pub(super) fn guard(
    plan: &MacroPlan,
    target: &TargetPlan,
    body: &RenderedBody,
) -> Option<Diagnostic> {
    let execution = target.execution;
    let account = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role";
    let always = App::guarded().map(str::to_owned);
    let beside = target.beside.iter().cloned();
    let mut guarded: Vec<String> = always
        .chain(beside)
        .map(|kind| format!("{account}{}{}-{kind}", plan.role_path, plan.app_id.value))
        .collect();
    if execution != Execution::Role {
        guarded.push(format!("{account}/cdk-hnb659fds-*"));
    }
    let passes_itself = [
        plan.app()
            .principal(TargetRole::Execution)
            .arn("${AWS::Partition}", "${AWS::AccountId}"),
        format!("{account}/cdk-hnb659fds-*"),
    ];
    let denies = Denies::read(&execution_documents(execution, body));
    let is_guarded = |arn: &String| {
        let role = denies.role(arn);
        GUARDED.iter().all(|action| {
            let passes_itself = *action == "iam:PassRole" && passes_itself.contains(arn);
            denies.deny(action, &role) || passes_itself && denies.deny_to_pass(arn)
        })
    };
    if guarded.iter().all(is_guarded) {
        return None;
    }
    let (message, help) = match execution {
        Execution::Role => (
            format!(
                "without its guard statements, the {} could edit the deploy roles",
                TargetRole::Execution.suffix()
            ),
            "let `guards/deploy-roles` deny every write to them, as the built-in partial does, and `roles/cloudformation-execution-role` keep its inline policies",
        ),
        Execution::RoleOrCdk | Execution::Cdk => (
            "without the guard statements, the policies for the CDK's bootstrap would let stacks of the app edit the deploy roles or those of the bootstrap".to_owned(),
            "let `guards/deploy-roles` and `guards/cdk-roles` deny every write to them, as the built-in partials do, and `roles/cloudformation-execution-role` keep its managed policies",
        ),
    };
    Some(Diagnostic::new(&BROKEN_PARTIAL, plan.name_span, message).help(help))
}

/// The policies that CloudFormation has while it deploys. If the CDK's bootstrap has a role for
/// it, only managed policies count: it can take no others.
fn execution_documents(execution: Execution, body: &RenderedBody) -> Vec<&Value> {
    let policies = body.execution_policies();
    let managed = policies
        .iter()
        .filter_map(|policy| policy.property("PolicyDocument"));
    let role = body
        .execution_role()
        .filter(|_| execution == Execution::Role);
    let inline = match role.and_then(|role| role.property("Policies")) {
        Some(Value::Sequence(policies)) => policies.as_slice(),
        _ => &[],
    };
    inline
        .iter()
        .filter_map(|policy| policy.get("PolicyDocument"))
        .chain(managed)
        .collect()
}

/// What is denied, in an account of which nothing is known.
struct Denies {
    atoms: RefCell<Atoms>,
    names: RefCell<Names>,
    /// Everything is allowed but what is denied.
    permissions: Permissions,
}

impl Denies {
    fn read(documents: &[&Value]) -> Self {
        let mut denies = Self {
            atoms: RefCell::default(),
            names: RefCell::default(),
            permissions: Permissions::default(),
        };
        let all = mapping([
            ("Effect", text("Allow")),
            ("Action", text("*")),
            ("Resource", text("*")),
        ]);
        let mut statements = denies.statements(Some(VERSION), vec![all]);
        for document in documents {
            let is_deny = |statement: &&Value| statement.get("Effect") == Some(&"Deny".into());
            let all = document.get("Statement").and_then(Value::as_sequence);
            let version = document.get("Version").and_then(Value::as_str);
            let own = all.into_iter().flatten().filter(is_deny).cloned();
            statements.extend(denies.statements(version, own.collect()));
        }
        denies.permissions = Permissions::new(statements, None);
        denies
    }

    /// The role `arn`, which may end in `*` for any such role.
    fn role(&self, arn: &str) -> Vec<Symbol> {
        // A value that is not known: what is denied then, is denied for any value.
        let arn = match arn.strip_suffix('*') {
            Some(prefix) => format!("{prefix}${{AnyOther}}"),
            None => arn.to_owned(),
        };
        let role = Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(arn))]);
        self.with_reader(|reader| reader.symbols(&role, Reading::Plain))
    }

    /// Whether the action is denied on a role.
    fn deny(&self, action: &str, role: &[Symbol]) -> bool {
        let request = Request {
            action: action.to_owned(),
            target: role.to_vec(),
            ..Request::default()
        };
        let decision = evaluate(&self.atoms.borrow(), &self.permissions, &request);
        matches!(decision, Decision::Denied(_))
    }

    /// Whether it is denied to pass the role `arn` to anything but CloudFormation: nested stacks
    /// run with the role of their parent, which passes it on.
    fn deny_to_pass(&self, arn: &str) -> bool {
        let others = mapping([("iam:PassedToService", text("cloudformation.amazonaws.com"))]);
        let arn = Value::Tagged(Box::new(TaggedValue {
            tag: Tag::new("!Sub"),
            value: text(arn),
        }));
        let asked = mapping([
            ("Effect", text("Allow")),
            ("Action", text("iam:PassRole")),
            ("Resource", arn),
            ("Condition", mapping([("StringNotEquals", others)])),
        ]);
        let judge = Judge {
            reference: &Reference::of(String::new()),
            atoms: &self.atoms,
            home: &Home {
                region: String::new(),
                account: Glob::literal(OWN).symbols,
            },
            cross_region: CrossRegion::MayBe,
        };
        let mut asked = self.statements(Some(VERSION), vec![asked]).into_iter();
        asked.next().is_some_and(|statement| {
            let requests = Requests {
                kind: RequestKind::Call,
                reach: RequestReach::Anywhere,
                grant: statement.grant,
            };
            can(&judge, &self.permissions, &requests) == Answer::NotAllowed
        })
    }

    fn statements(&self, version: Option<&str>, statements: Vec<Value>) -> Vec<Statement> {
        let version = version.map(|version| ("Version", text(version)));
        let statements = [("Statement", Value::Sequence(statements))];
        let document = rendered(&mapping(statements.into_iter().chain(version)));
        self.with_reader(|reader| {
            let documents = Documents {
                reader,
                atoms: &self.atoms,
            };
            documents.statements(&document, "", DocumentKind::Identity)
        })
    }

    fn with_reader<T>(&self, read: impl FnOnce(&Reader<'_>) -> T) -> T {
        read(&Reader {
            has_variables: true,
            // No account has this name: nothing is called by the account's.
            own: Some(String::new()),
            own_id: OwnId::Mark(None),
            region: None,
            values: Rc::default(),
            accounts: &HashMap::default(),
            names: &self.names,
        })
    }
}

/// The version of policies in which `${...}` are variables.
const VERSION: &str = "2012-10-17";

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn mapping<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let entries = entries.into_iter();
    Value::Mapping(entries.map(|(key, value)| (text(key), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/app-DeployerRole";
    const ANY: &str = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-*";

    fn denies(statement: &str) -> Denies {
        let document = format!("Version: '2012-10-17'\nStatement: [{{ {statement} }}]\n");
        Denies::read(&[&serde_yaml::from_str(&document).unwrap()])
    }

    fn is_denied(statement: &str, role: &str) -> bool {
        let denies = denies(statement);
        denies.deny("iam:PassRole", &denies.role(role))
    }

    #[test]
    fn what_is_denied_in_other_words_is_denied() {
        for statement in [
            format!("Effect: Deny, Action: ['iam:*'], Resource: [!Sub '{ROLE}']"),
            "Effect: Deny, Action: ['iam:Pass*'], Resource: ['*']".to_owned(),
            "Effect: Deny, NotAction: ['s3:*'], Resource: ['arn:aws:iam::*:role/*']".to_owned(),
        ] {
            assert!(is_denied(&statement, ROLE), "{statement}");
        }
        for statement in [
            format!("Effect: Allow, Action: ['iam:*'], Resource: [!Sub '{ROLE}']"),
            format!("Effect: Deny, Action: ['iam:*'], Resource: [!Sub '{ROLE}x']"),
            format!(
                "Effect: Deny, Action: ['iam:*'], Resource: [!Sub '{ROLE}'], Condition: {{ Bool: {{ 'aws:ViaAWSService': 'false' }} }}"
            ),
            "Effect: Deny, Action: ['iam:*'], Resource: [!Ref Parameter]".to_owned(),
            "Effect: Deny, Action: ['iam:*'], Resource: ['arn:aws:iam::111122223333:role/*']"
                .to_owned(),
        ] {
            assert!(!is_denied(&statement, ROLE), "{statement}");
        }
    }

    #[test]
    fn any_such_role_is_all_of_them() {
        let deny = |role: &str| {
            let statement = format!("Effect: Deny, Action: ['iam:*'], Resource: [!Sub '{role}']");
            is_denied(&statement, ANY)
        };
        assert!(deny(ANY) && deny("arn:aws:iam::${AWS::AccountId}:role/c*"));
        assert!(!deny("arn:aws:iam::${AWS::AccountId}:role/cdk-a*"));
        assert!(!deny("arn:aws:iam::${AWS::AccountId}:role/cdk-AnyOther"));
    }

    #[test]
    fn only_cloudformation_may_be_excepted() {
        let deny = |condition: &str| {
            let statement = format!(
                "Effect: Deny, Action: ['iam:PassRole'], Resource: [!Sub '{ROLE}'], Condition: {{ {condition} }}"
            );
            denies(&statement).deny_to_pass(ROLE)
        };
        let services = "cloudformation.amazonaws.com";
        for condition in [
            format!("StringNotEquals: {{ 'iam:PassedToService': {services} }}"),
            format!("StringNotEquals: {{ 'iam:passedtoservice': [{services}] }}"),
            "StringNotLike: { 'iam:PassedToService': 'cloudformation.amazon*' }".to_owned(),
        ] {
            let is_exact = !condition.contains('*');
            assert_eq!(deny(&condition), is_exact, "{condition}");
        }
        for condition in [
            format!(
                "StringNotEquals: {{ 'iam:PassedToService': [{services}, ec2.amazonaws.com] }}"
            ),
            format!("StringEquals: {{ 'iam:PassedToService': {services} }}"),
            format!(
                "StringNotEquals: {{ 'iam:PassedToService': {services}, 'aws:SourceVpc': vpc-1 }}"
            ),
        ] {
            assert!(!deny(&condition), "{condition}");
        }
    }
}
