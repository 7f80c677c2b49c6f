//! Whether the app is one of the macro's `Framework`.
//!
//! In: the frameworks that an app's templates show, and the stages of a macro. Out: a warning for
//! each name of a framework whose stages cannot be deployed with the app's command line. Refuses
//! nothing, and says nothing of what is not known: `cloudformation` deploys any template, and a
//! framework of somebody's own may.

use std::collections::BTreeSet;

use crate::arguments::{Arguments, Choice};
use crate::diagnostic::{Diagnostic, list};
use crate::infer::model::AppFramework;
use crate::infer::rules::OTHER_FRAMEWORK;

impl AppFramework {
    /// What an app of it is, and the names of the `Framework`s that deploy it.
    fn words(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Cdk => ("a CDK app", &["cdk"]),
            Self::Sam => ("a SAM template", &["sam"]),
            Self::Serverless => (
                "a package of the Serverless Framework",
                &["serverless", "serverless-v4"],
            ),
        }
    }
}

/// Warnings about stages of `arguments` whose framework deploys none of those in `shown`.
pub fn other_frameworks(shown: &BTreeSet<AppFramework>, arguments: &Arguments) -> Vec<Diagnostic> {
    let mut reported = BTreeSet::new();
    let mut warnings = Vec::new();
    for target in &arguments.targets {
        let choices = &target.arguments.frameworks;
        let Some(first) = choices.first() else {
            continue;
        };
        let names: BTreeSet<&str> = choices.iter().map(|one| one.name.value.as_str()).collect();
        if shown.is_empty() || !choices.iter().all(is_of_one_command) || deploys(shown, &names) {
            continue;
        }
        if reported.insert((first.name.span, names.clone())) {
            warnings.push(warning(shown, first, &names));
        }
    }
    warnings
}

/// Whether a framework deploys only what its own command line writes.
fn is_of_one_command(choice: &Choice) -> bool {
    [
        AppFramework::Cdk,
        AppFramework::Sam,
        AppFramework::Serverless,
    ]
    .iter()
    .any(|one| one.words().1.contains(&choice.name.value.as_str()))
}

fn deploys(shown: &BTreeSet<AppFramework>, names: &BTreeSet<&str>) -> bool {
    let mut fitting = shown.iter().flat_map(|one| one.words().1);
    fitting.any(|name| names.contains(name))
}

fn warning(shown: &BTreeSet<AppFramework>, first: &Choice, names: &BTreeSet<&str>) -> Diagnostic {
    let app: Vec<&str> = shown.iter().map(|one| one.words().0).collect();
    let fitting = shown.iter().flat_map(|one| one.words().1).copied();
    let message = format!(
        "the app is {}, and the macro's `Framework` is {}",
        app.join(" and "),
        list(names.iter().copied())
    );
    let help = format!(
        "write `Framework: {}`, or `Framework: cloudformation` if `aws cloudformation deploy` deploys the app",
        fitting.collect::<Vec<_>>().join("` or `Framework: ")
    );
    Diagnostic::new(&OTHER_FRAMEWORK, first.name.span, message).help(help)
}
