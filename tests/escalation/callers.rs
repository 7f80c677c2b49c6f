//! Who might ask to become a role: those whom its trust policy names, and those whom it does not.

use std::collections::BTreeSet;

use crate::iam::{Caller, Condition, Context, account};
use crate::world::{Entity, World};

/// An account that belongs to nobody here.
pub(crate) const ELSEWHERE: &str = "666666666666";

/// Users, roles, services and tokens that nobody trusts, with what AWS would say of them: all that
/// is not named, in every account of the file and in another, and names that nearly are.
pub(crate) fn strangers(world: &World, role: &Entity) -> Vec<(Caller, Context)> {
    let trusted = trusted(role);
    let whole: Vec<String> = whole_accounts(role);
    let mut arns: BTreeSet<String> = BTreeSet::new();
    let numbers = world
        .accounts
        .iter()
        .map(|one| one.id.as_str())
        .chain([ELSEWHERE]);
    for number in numbers {
        for name in [
            "role/stranger",
            "user/stranger",
            "role/OrganizationAccountAccessRole",
        ] {
            arns.insert(format!("arn:aws:iam::{number}:{name}"));
        }
    }
    for (_, arn) in &trusted {
        if !account(arn).is_empty() {
            arns.insert(format!("{arn}x"));
            arns.insert(arn.replace(account(arn), ELSEWHERE));
        }
    }
    arns.extend(world.entities().map(|entity| entity.arn.clone()));
    let known = |arn: &String| trusted.iter().any(|(_, one)| one == arn);
    let unknown = arns
        .into_iter()
        .filter(|arn| !known(arn) && !whole.contains(&account(arn).to_owned()))
        .map(|arn| {
            let context = Context::default()
                .with("aws:PrincipalArn", &arn)
                .with("aws:PrincipalAccount", account(&arn));
            (Caller::Aws(arn), context)
        });
    let services = ["lambda", "ec2", "codebuild", "cloudformation", "events"].map(|service| {
        let context = Context::default()
            .with("aws:SourceAccount", ELSEWHERE)
            .with(
                "aws:SourceArn",
                &format!("arn:aws:codebuild:eu-west-1:{ELSEWHERE}:project/x"),
            );
        (Caller::Service(format!("{service}.amazonaws.com")), context)
    });
    let token = Caller::Federated(format!(
        "arn:aws:iam::{ELSEWHERE}:oidc-provider/example.com"
    ));
    unknown
        .chain(services)
        .chain([(token, Context::default())])
        .collect()
}

/// Kind and value of all whom a role's trust policy names, by condition or by principal.
pub(crate) fn trusted(role: &Entity) -> Vec<(String, String)> {
    let statements = || role.trust.iter().flat_map(|trust| &trust.statements);
    let named = statements().flat_map(|statement| statement.principals.clone());
    let by_condition = statements()
        .flat_map(|statement| &statement.conditions)
        .filter(|condition| condition.key.eq_ignore_ascii_case("aws:PrincipalArn"))
        .flat_map(|condition| &condition.values)
        .map(|arn| ("AWS".to_owned(), arn.clone()));
    named.chain(by_condition).collect()
}

/// The accounts that a role trusts without a condition.
pub(crate) fn whole_accounts(role: &Entity) -> Vec<String> {
    role.trust
        .iter()
        .flat_map(|trust| &trust.statements)
        .filter(|statement| statement.conditions.is_empty())
        .flat_map(|statement| &statement.principals)
        .filter(|(kind, value)| kind == "AWS" && value.ends_with(":root"))
        .map(|(_, value)| account(value).to_owned())
        .collect()
}

/// Callers that a role's trust policy lets in, with what it asks of them.
pub(crate) fn ways_in(role: &Entity) -> Vec<(Caller, Context)> {
    let named = trusted(role).into_iter().filter(|(kind, _)| kind == "AWS");
    named
        .map(|(_, arn)| {
            let context = Context::default().with("aws:PrincipalArn", &arn);
            (Caller::Aws(arn), context)
        })
        .chain(tokens(role))
        .collect()
}

/// Tokens that a role's trust policy lets in: one for each value of each claim it asks for.
pub(crate) fn tokens(role: &Entity) -> Vec<(Caller, Context)> {
    let mut tokens = Vec::new();
    for statement in role.trust.iter().flat_map(|trust| &trust.statements) {
        for (_, provider) in statement
            .principals
            .iter()
            .filter(|(kind, _)| kind == "Federated")
        {
            let first = statement
                .conditions
                .iter()
                .fold(Context::default(), |context, condition| {
                    context.with(&condition.key, &example(condition, 0))
                });
            let caller = Caller::Federated(provider.clone());
            tokens.push((caller.clone(), first.clone()));
            for condition in &statement.conditions {
                for index in 1..condition.values.len() {
                    let context = first
                        .clone()
                        .with(&condition.key, &example(condition, index));
                    tokens.push((caller.clone(), context));
                }
            }
        }
    }
    tokens
}

/// A value that a condition asks for.
fn example(condition: &Condition, index: usize) -> String {
    condition.values[index].replace('*', "any")
}

/// Tokens that differ from those in one claim: it is missing, longer, or another's.
pub(crate) fn altered(role: &Entity) -> Vec<(Caller, Context, String)> {
    let mut altered = Vec::new();
    for (caller, context) in tokens(role) {
        for (key, values) in &context.0 {
            let open_end = role
                .trust
                .iter()
                .flat_map(|trust| &trust.statements)
                .any(|statement| {
                    let ends = |it: &Condition| it.values.iter().any(|value| value.ends_with('*'));
                    let this = |it: &&Condition| it.key.eq_ignore_ascii_case(key);
                    statement.conditions.iter().filter(this).any(ends)
                });
            let mut add = |context: Context, change: String| {
                altered.push((caller.clone(), context, change));
            };
            add(context.clone().without(key), format!("no {key}"));
            let value = &values[0];
            add(
                context.clone().with(key, &format!("x{value}")),
                format!("x before {key} {value}"),
            );
            if !open_end {
                add(
                    context.clone().with(key, &format!("{value}x")),
                    format!("x after {key} {value}"),
                );
            }
            // Another owner, another repository: each part of a subject by itself.
            for part in value
                .split([':', '/'])
                .filter(|part| part.len() > 3 && *part != "any")
            {
                let other = value.replacen(part, "another", 1);
                add(
                    context.clone().with(key, &other),
                    format!("{other} as {key}"),
                );
            }
        }
        let elsewhere = format!("arn:aws:iam::{ELSEWHERE}:oidc-provider/example.com");
        altered.push((
            Caller::Federated(elsewhere),
            context,
            "another provider".to_owned(),
        ));
        altered.push((caller, Context::default(), "nothing in it".to_owned()));
    }
    altered.extend(namesakes(role));
    altered
}

/// Tokens of others whose name begins like a pattern that has a `*` within a name: all else that
/// tells one from another is theirs, too.
fn namesakes(role: &Entity) -> Vec<(Caller, Context, String)> {
    let mut found = Vec::new();
    let within_a_name = |value: &str| {
        let before = value.split('*').rev().skip(1);
        before
            .into_iter()
            .any(|before| before.ends_with(char::is_alphanumeric))
    };
    for statement in role.trust.iter().flat_map(|trust| &trust.statements) {
        let patterns = statement.conditions.iter().flat_map(|condition| {
            let values = condition.values.iter().filter(|value| within_a_name(value));
            values.map(move |value| (&condition.key, value.replace('*', "-other")))
        });
        for (key, value) in patterns {
            let mut context = Context::default().with(key, &value);
            for other in statement
                .conditions
                .iter()
                .filter(|other| other.key != *key)
            {
                let theirs = match other.key.rsplit(':').next() {
                    Some("aud" | "environment") => example(other, 0),
                    _ => "another".to_owned(),
                };
                context = context.with(&other.key, &theirs);
            }
            for (_, provider) in statement
                .principals
                .iter()
                .filter(|(kind, _)| kind == "Federated")
            {
                let caller = Caller::Federated(provider.clone());
                found.push((caller, context.clone(), format!("{value} as {key}")));
            }
        }
    }
    found
}

/// The environment that a token is for, as its subject or a claim of its own says.
pub(crate) fn environment(context: &Context) -> Option<String> {
    context.0.iter().find_map(|(key, values)| {
        let value = values.first()?;
        let subject = value
            .split_once(":environment:")
            .map(|(_, it)| it.to_owned());
        subject.or_else(|| key.ends_with(":environment").then(|| value.clone()))
    })
}
