//! What holds the policy of a resource to the document that it is.
//!
//! In: the data of a resource. Out: a document, also of statements that are written as properties.
//! Refuses nothing: what is not a document stays what it is.

use crate::aws::resource_policies::{OwnAccount, PolicyForm, PolicyHolder};
use crate::template::display::shown;
use crate::template::in_text::read_text;
use crate::template::normal::normal;
use crate::template::value::{Data, Unordered};

/// The document that `data` holds; `is_service` says whether a principal is the name of a service.
pub(super) fn document(
    holder: &PolicyHolder,
    data: &Data,
    is_service: &dyn Fn(&Data) -> bool,
) -> Option<Data> {
    let properties = data.get("Properties")?;
    let property = |name: &str| properties.get(name).filter(|value| is_given(value));
    match holder.form {
        PolicyForm::Document(path) => {
            let mut found = Some(properties);
            for name in path {
                found = found.and_then(|data| data.get(name));
            }
            match (found.filter(|value| is_given(value)), holder.account) {
                (Some(document), _) => Some(read_text(document)),
                (None, OwnAccount::NeedsKeyPolicy) => Some(of_account()),
                (None, OwnAccount::Adds) => None,
            }
        }
        PolicyForm::Function => {
            let mut conditions = Vec::new();
            for (name, operator, key) in [
                ("SourceArn", "ArnLike", "aws:SourceArn"),
                ("SourceAccount", "StringEquals", "aws:SourceAccount"),
                ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
                (
                    "EventSourceToken",
                    "StringEquals",
                    "lambda:EventSourceToken",
                ),
                (
                    "FunctionUrlAuthType",
                    "StringEquals",
                    "lambda:FunctionUrlAuthType",
                ),
                (
                    "InvokedViaFunctionUrl",
                    "Bool",
                    "lambda:InvokedViaFunctionUrl",
                ),
            ] {
                if let Some(value) = property(name) {
                    conditions.push((operator, key, value.clone()));
                }
            }
            let principal = principal(property("Principal")?, is_service);
            Some(statement(property("Action")?, principal, &conditions))
        }
        PolicyForm::Layer => {
            let organization = property("OrganizationId");
            let conditions = organization
                .map(|value| ("StringEquals", "aws:PrincipalOrgID", value.clone()))
                .into_iter();
            let principal = principal(property("Principal")?, is_service);
            let conditions: Vec<_> = conditions.collect();
            Some(statement(property("Action")?, principal, &conditions))
        }
        PolicyForm::Bus => of_bus(properties, is_service),
    }
}

/// The document of `AWS::Events::EventBusPolicy`, whose `properties` have a statement or the parts of
/// one.
fn of_bus(properties: &Data, is_service: &dyn Fn(&Data) -> bool) -> Option<Data> {
    let property = |name: &str| properties.get(name).filter(|value| is_given(value));
    if let Some(own) = property("Statement") {
        return Some(versioned(read_text(own)));
    }
    let condition = property("Condition");
    let field = |name: &str| condition.and_then(|own| own.get(name));
    let conditions = match (field("Type"), field("Key"), field("Value"), condition) {
        (_, _, _, None) => Vec::new(),
        (Some(Data::Text(operator)), Some(Data::Text(key)), Some(value), _) => {
            vec![(operator.as_str(), key.as_str(), value.clone())]
        }
        // Not known: no statement is understood that has it.
        (.., Some(other)) => return Some(other.clone()),
    };
    let principal = principal(property("Principal")?, is_service);
    Some(statement(property("Action")?, principal, &conditions))
}

/// Whether a value is there.
fn is_given(value: &Data) -> bool {
    value != &Data::Null && value.reference() != Some("AWS::NoValue")
}

/// A principal as `AWS::Lambda::Permission` has it: a service, an account, an ARN, or anyone.
fn principal(value: &Data, is_service: &dyn Fn(&Data) -> bool) -> Data {
    if value.text() == Some("*") {
        return value.clone();
    }
    let kind = if is_service(value) { "Service" } else { "AWS" };
    let value = match value {
        // An account id without quotes.
        Data::Number(number) => Data::Text(number.clone()),
        value => value.clone(),
    };
    Data::Map(vec![(kind.to_owned(), set(value))])
}

fn set(value: Data) -> Data {
    Data::Unordered(Unordered(vec![value]))
}

fn statement(action: &Data, principal: Data, conditions: &[(&str, &str, Data)]) -> Data {
    let mut operators: Vec<(String, Data)> = Vec::new();
    for (operator, key, value) in conditions {
        let value = match value {
            Data::Bool(_) | Data::Number(_) => Data::Text(shown(value)),
            value => value.clone(),
        };
        let entry = ((*key).to_owned(), set(value));
        match operators.iter_mut().find(|(known, _)| known == operator) {
            Some((_, Data::Map(keys))) => keys.push(entry),
            _ => operators.push(((*operator).to_owned(), Data::Map(vec![entry]))),
        }
    }
    let mut fields = vec![
        ("Action".to_owned(), action.clone()),
        ("Effect".to_owned(), Data::Text("Allow".to_owned())),
        ("Principal".to_owned(), principal),
    ];
    if !operators.is_empty() {
        fields.push(("Condition".to_owned(), Data::Map(operators)));
    }
    versioned(Data::Map(fields))
}

/// The document of one statement, or of several, in the version of today.
fn versioned(statements: Data) -> Data {
    let version = Data::Text("2012-10-17".to_owned());
    normal(vec![
        ("Statement".to_owned(), statements),
        ("Version".to_owned(), version),
    ])
}

/// The policy of a key for which none is written.
pub(super) fn of_account() -> Data {
    let root = "arn:aws:iam::${AWS::AccountId}:root".to_owned();
    let root = Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(root))]);
    let principal = Data::Map(vec![("AWS".to_owned(), set(root))]);
    statement(&Data::Text("kms:*".to_owned()), principal, &[])
}
