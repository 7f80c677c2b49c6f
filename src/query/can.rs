//! Who may do something, and why.
//!
//! In: an expanded template that was read, and a question. Out: a [`PrincipalAnswer`] for each principal
//! that is meant, those with the same answer in many accounts together. Refuses a question about nobody,
//! and one that no request matches.

use std::cell::RefCell;

use crate::aws::actions::reference;
use crate::aws::arn_forms::forms_of;
use crate::aws::wildcard::overlap;
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::iam::can::{Answer, can};
use crate::iam::difference::universe::Home;
use crate::iam::difference::{CrossRegion, Judge};
use crate::iam::owner;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::RequestReach;
use crate::iam::statement::{Grant, Statement};
use crate::query::answer::PrincipalAnswer;
use crate::query::asked::{AskedFile, AskedTemplate, Member};
use crate::query::names::KnownNames;
use crate::query::question::{AccessQuestion, Among, AskedKey, Who};
use crate::query::requests::requests;
use crate::query::rules::IMPOSSIBLE_REQUEST;
use crate::query::through::assumers;
use crate::template::resolve::OWN;

/// What is answered about the principals of a template that are meant. The names that it has are added to
/// `names`.
///
/// # Errors
///
/// Why the template cannot be read.
pub fn answers(
    template: &AskedTemplate<'_>,
    question: &AccessQuestion,
    names: &mut KnownNames,
) -> Result<Vec<PrincipalAnswer>, String> {
    let asked = AskedFile::of(template)?;
    for member in asked.members() {
        names.add(&member.identity);
        if is_meant(&asked, question, member) {
            names.meet();
        }
    }
    let is_meant = |member: &Member| is_meant(&asked, question, member);
    let answers = asked.answers(question, &is_meant, &|at| assumers(&asked, at));
    let mut answers = asked.doubted(answers);
    let others = asked.unread_principals(question);
    if !others.is_empty() {
        names.meet();
    }
    answers.extend(others);
    Ok(answers)
}

/// Whether a question is about `member`.
fn is_meant(asked: &AskedFile<'_>, question: &AccessQuestion, member: &Member) -> bool {
    let Among {
        stage,
        account,
        macro_name,
    } = &question.among;
    let is =
        |wanted: &Option<String>, own: Option<&str>| wanted.is_none() || wanted.as_deref() == own;
    let identity = &member.identity;
    let origin = identity.origin.as_ref();
    let of_macro = origin.map(|origin| origin.name.as_str());
    let is_of_account =
        is(account, identity.account.as_deref()) || is(account, identity.account_id.as_deref());
    is(macro_name, of_macro)
        && is(stage, origin.and_then(|origin| origin.stage.as_deref()))
        && is_of_account
        && match &question.who {
            Who::Everybody => true,
            Who::Named(name) => of_macro == Some(name) || asked.is_named(member, name),
        }
}

/// Why a question is about no request at all, if it is.
pub fn impossible(question: &AccessQuestion) -> Option<Diagnostic> {
    // An action that AWS has is about some resource.
    if question.resource == "*" && question.keys.is_empty() {
        return None;
    }
    let atoms = RefCell::default();
    let requests = requests(&atoms, question, &str::to_owned, RequestReach::Anywhere);
    if let Some(key) = question.keys.get(owner::KEY)
        && requests.grant.resources.globs.is_empty()
    {
        return Some(contradiction(key, &question.resource));
    }
    let home = Home {
        region: "us-east-1".to_owned(),
        account: Glob::literal(OWN).symbols,
    };
    let judge = Judge {
        reference: reference(),
        atoms: &atoms,
        home: &home,
        cross_region: CrossRegion::MayBe,
    };
    let everything = Permissions {
        allow: vec![Statement::of(Grant::everything())],
        ..Permissions::default()
    };
    if can(&judge, &everything, &requests) != Answer::NotAllowed {
        let is_possible = has_such_resources(&question.action, &question.resource);
        return (!is_possible).then(|| unsupported(question));
    }
    let mut open = requests.clone();
    open.grant.literals.clear();
    let action = question.action.shown();
    if can(&judge, &everything, &open) != Answer::NotAllowed {
        let message = format!("no request with `{action}` has these condition keys");
        let help = "look at the values of `--where`: a key with one value can have only one";
        return Some(Diagnostic::without_place(&IMPOSSIBLE_REQUEST, message).help(help));
    }
    Some(unsupported(question))
}

/// Whether the service of an action has resources with such ARNs. An action that AWS may add could be about anything,
/// but it is about a resource of its service.
fn has_such_resources(action: &str, resource: &str) -> bool {
    const FIELDS: usize = 6;
    let service = action.split(':').next().unwrap_or_default();
    let service = service.to_ascii_lowercase();
    let asked: Vec<&str> = resource.splitn(FIELDS, ':').collect();
    let known = reference().service(&service);
    let Some(known) = known.filter(|_| asked.len() == FIELDS) else {
        return true;
    };
    let is_asked = |form: &str| {
        let form = form.replace("$r", "*").replace("$a", "*").replace('%', "*");
        let mut fields = form.splitn(FIELDS, ':').zip(&asked);
        fields.all(|(own, asked)| overlap(own, asked))
    };
    // What names no resource ends there, or in a wildcard of its own.
    let nowhere = ["", "?"].map(|end| format!("arn:aws:{service}:*:*:{end}"));
    let mut nowhere = nowhere.iter();
    let mut forms = known.patterns.iter().flat_map(forms_of);
    nowhere.any(|form| is_asked(form)) || forms.any(|form| is_asked(form))
}

fn unsupported(question: &AccessQuestion) -> Diagnostic {
    let (action, resource) = (question.action.shown(), question.resource.shown());
    let message = format!("`{action}` does not support the resource `{resource}`");
    let help = "look at the ARN, or leave the resource out to ask about any";
    Diagnostic::without_place(&IMPOSSIBLE_REQUEST, message).help(help)
}

/// What is wrong with a resource of one account and a key that says another, or none.
fn contradiction(key: &AskedKey, resource: &str) -> Diagnostic {
    let (name, resource) = (key.name.shown(), resource.shown());
    let message = if key.values.is_empty() {
        format!("a request for `{resource}` has `{name}`, and the question leaves it out")
    } else {
        let values = key.values.join("` or `");
        let values = values.shown();
        format!("`{name}` is `{values}`, and `{resource}` is in another account")
    };
    let help = "write the same account in both, or leave one of them out";
    Diagnostic::without_place(&IMPOSSIBLE_REQUEST, message).help(help)
}
