//! What each CI system's trusts accept. A folder of `tests/oidc` is a provider; adding a case needs
//! no Rust:
//!
//! ```text
//! tests/oidc/<provider>/
//!   keys.yml        what follows the provider's key in every case
//!   matches.yml     keys, and subjects of tokens that the stage `dev` accepts and rejects
//!   never.yml       subjects that no token has, and why
//!   too-wide.yml    subjects that accept too much, and the keys that allow it
//! ```
//!
//! `keys` of a case add to those of `keys.yml`, and take the place of those with the same name; a
//! null takes one out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use deploy_roles::arguments::Trust;
use deploy_roles::diagnostic::{Diagnostic, Level, Rule};
use deploy_roles::oidc::rules::{INVALID_SUBJECT, SUBJECT_TOO_WIDE};
use deploy_roles::oidc::{Admission, PROVIDERS, Provider};
use deploy_roles::partials::Partials;
use deploy_roles::yaml::lookup::Library;
use deploy_roles::yaml::parse::parse;
use deploy_roles::{ExpandRequest, plan};
use serde_yaml::{Mapping, Value};

const ORGANIZATION: &str = "Organization:
  ManagementAccount: { Type: OC::ORG::MasterAccount, Properties: { AccountId: '100000000001', AccountName: Management } }
  ToolsAccount: { Type: OC::ORG::Account, Properties: { AccountId: '200000000002', AccountName: Tools } }
  DevAccount: { Type: OC::ORG::Account, Properties: { AccountId: '300000000003', AccountName: Dev } }
";

const FLAGS: [&str; 2] = ["AllowOtherRepositories", "AllowPullRequests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc")
}

fn read(provider: &Provider, file: &str) -> Value {
    let path = root().join(provider.page()).join(file);
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn cases(provider: &Provider, file: &str) -> Vec<Value> {
    let Value::Sequence(cases) = read(provider, file) else {
        panic!("{}/{file} is not a list", provider.page());
    };
    assert!(cases.len() >= 3, "{}/{file} has too few", provider.page());
    cases
}

/// The provider's keys with those of a case.
fn keys(provider: &Provider, case: &Value) -> Mapping {
    let mut keys = read(provider, "keys.yml").as_mapping().unwrap().clone();
    for (key, value) in case
        .get("keys")
        .and_then(Value::as_mapping)
        .into_iter()
        .flatten()
    {
        if value.is_null() {
            keys.remove(key);
        } else {
            keys.insert(key.clone(), value.clone());
        }
    }
    keys
}

fn with(keys: &Mapping, more: &[(&str, Value)]) -> Mapping {
    let mut keys = keys.clone();
    keys.extend(
        more.iter()
            .map(|(key, value)| (Value::from(*key), value.clone())),
    );
    keys
}

fn texts(case: &Value, key: &str) -> Vec<String> {
    let items = case.get(key).and_then(Value::as_sequence);
    let items = items.unwrap_or_else(|| panic!("a case has no `{key}`: {case:?}"));
    items
        .iter()
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    let text = case.get(key).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("a case has no `{key}`: {case:?}"))
}

/// What a macro with this trust accepts.
fn decode(provider: &Provider, keys: &Mapping) -> Result<Admission, Vec<Diagnostic>> {
    let trust = serde_json::to_string(&Value::Mapping(keys.clone())).unwrap();
    let template = format!(
        "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  App: !DeployRoles\n    AppId: app\n    \
         ToolsAccount: !Ref ToolsAccount\n    TrustedBy: [{{ {}: {trust} }}]\n    Targets: {{ dev: !Ref DevAccount }}\n",
        provider.key
    );
    let mut library = Library::default();
    let mut add = |name: &str, text: &str| {
        let file = library.sources.add(name, text);
        library.documents.insert(file, parse(file, text).unwrap());
        file
    };
    let request = ExpandRequest {
        template: add("input.src.yml", &template),
        organization: Some(add("organization.yml", ORGANIZATION)),
        overrides: Vec::new(),
        moved: None,
    };
    let partials = Partials::new(&mut library, &[]).unwrap();
    let planned = plan(&library, &request, &partials)?;
    let mut trusts = planned
        .macros
        .iter()
        .flat_map(|planned| &planned.arguments.targets)
        .flat_map(|target| &target.arguments.trusted_by);
    match trusts.next().map(|trust| &trust.value) {
        Some(Trust::Oidc(oidc)) => Ok(oidc.admission.clone()),
        other => panic!("{other:?}"),
    }
}

/// Sees that `rule` refuses the keys, for the reason of the case.
fn refused(provider: &Provider, keys: &Mapping, rule: &Rule, case: &Value) {
    let because = text(case, "because");
    let problems = decode(provider, keys).map_or_else(|problems| problems, |_| Vec::new());
    let is_it = |problem: &Diagnostic| problem.rule == rule && problem.message.contains(because);
    assert!(problems.iter().any(is_it), "{case:?}\n{problems:?}");
    let others = problems
        .iter()
        .filter(|problem| problem.level == Level::Error);
    let rules: BTreeSet<&str> = others.map(|problem| problem.rule.id).collect();
    assert_eq!(rules, BTreeSet::from([rule.id]), "{case:?}");
}

/// As `StringLike` compares, and `StringEquals` without wildcards.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        (['*', rest @ ..], text) => {
            (0..=text.len()).any(|at| matches(rest, text.get(at..).unwrap()))
        }
        (['?', rest @ ..], [_, text @ ..]) => matches(rest, text),
        ([c, rest @ ..], [first, text @ ..]) => c == first && matches(rest, text),
        (_, []) => false,
    }
}

fn accepts(admission: &Admission, subject: &str) -> bool {
    let characters = |text: &str| text.chars().collect::<Vec<_>>();
    let mut patterns = admission.subjects.iter();
    patterns.any(|pattern| matches(&characters(pattern), &characters(subject)))
}

#[test]
fn every_provider_has_a_folder() {
    let folders = std::fs::read_dir(root()).unwrap();
    let folders: BTreeSet<String> = folders
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        folders,
        PROVIDERS.iter().map(|provider| provider.page()).collect()
    );
}

#[test]
fn stages_accept_their_own_tokens_alone() {
    for provider in PROVIDERS {
        for case in cases(provider, "matches.yml") {
            let admission = decode(provider, &keys(provider, &case))
                .unwrap_or_else(|problems| panic!("{case:?}\n{problems:?}"));
            for claim in &admission.claims {
                let name = claim.name.as_str();
                assert!(provider.claims.contains(&name), "{name}");
            }
            for subject in texts(&case, "accepts") {
                assert!(accepts(&admission, &subject), "{subject}\n{admission:?}");
            }
            for subject in texts(&case, "rejects") {
                assert!(!accepts(&admission, &subject), "{subject}\n{admission:?}");
            }
        }
    }
}

#[test]
fn subjects_of_no_token_are_refused_whatever_is_allowed() {
    for provider in PROVIDERS {
        for case in cases(provider, "never.yml") {
            let subject = ("Subjects", Value::from(text(&case, "subject")));
            let allowed = FLAGS.map(|flag| (flag, Value::from(true)));
            let keys = with(&keys(provider, &case), &[subject]);
            refused(provider, &keys, &INVALID_SUBJECT, &case);
            refused(provider, &with(&keys, &allowed), &INVALID_SUBJECT, &case);
        }
    }
}

#[test]
fn subjects_that_accept_too_much_take_every_key_that_allows_it() {
    for provider in PROVIDERS {
        for case in cases(provider, "too-wide.yml") {
            let subject = ("Subjects", Value::from(text(&case, "subject")));
            let keys = with(&keys(provider, &case), &[subject]);
            refused(provider, &keys, &SUBJECT_TOO_WIDE, &case);
            let needed = texts(&case, "allowed-by");
            let all = FLAGS.map(|flag| (flag, Value::from(true)));
            if needed.is_empty() {
                refused(provider, &with(&keys, &all), &SUBJECT_TOO_WIDE, &case);
                continue;
            }
            for left_out in &needed {
                let some: Vec<_> = all
                    .iter()
                    .filter(|(flag, _)| flag != left_out)
                    .cloned()
                    .collect();
                let problems = decode(provider, &with(&keys, &some)).unwrap_err();
                let is_it = |problem: &Diagnostic| problem.rule == &SUBJECT_TOO_WIDE;
                assert!(problems.iter().any(is_it), "{case:?}\n{problems:?}");
            }
            let allowed: Vec<_> = all
                .iter()
                .filter(|(flag, _)| needed.iter().any(|needed| needed == flag))
                .cloned()
                .collect();
            let admission = decode(provider, &with(&keys, &allowed))
                .unwrap_or_else(|problems| panic!("{case:?}\n{problems:?}"));
            assert_eq!(admission.subjects, [text(&case, "subject")]);
        }
    }
}
