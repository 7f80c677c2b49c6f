//! `expand` of many templates works on several at the same time: what it writes and says must be what
//! one after the other would give.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;

use program::run;

const ORGANIZATION: &str = "\
Organization:
  Master: { Type: 'OC::ORG::MasterAccount', Properties: { AccountName: master, AccountId: '000000000001' } }
  Tools: { Type: 'OC::ORG::Account', Properties: { AccountName: tools, AccountId: '000000000002' } }
  Dev: { Type: 'OC::ORG::Account', Properties: { AccountName: dev, AccountId: '000000000003' } }
";

/// Many more than there are processors, so that each thread works on some.
const COUNT: usize = 24;

fn template(app: &str, more: &str) -> String {
    format!(
        "Organization: !Include ./organization.yml\nDefaultOrganizationBindingRegion: eu-west-1\nResources:\n  App: !DeployRoles\n    AppId: {app}\n    ToolsAccount: !Ref Tools\n    Targets: {{ dev: !Ref Dev }}\n{more}"
    )
}

/// A folder with a template for each app, of which `change` makes some different.
fn folder(change: impl Fn(usize) -> Option<String>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("organization.yml"), ORGANIZATION).unwrap();
    for number in 0..COUNT {
        let text = change(number).unwrap_or_else(|| template(&format!("app{number:02}"), ""));
        fs::write(folder.path().join(format!("t{number:02}.src.yml")), text).unwrap();
    }
    folder
}

fn lines(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The numbers of the templates that `lines` name, in their order.
fn named(lines: &[String], before: &str) -> Vec<usize> {
    let names = lines.iter().filter_map(|line| line.split_once(before));
    names
        .map(|(_, rest)| rest.get(..2).unwrap().parse().unwrap())
        .collect()
}

#[test]
fn each_file_is_what_its_template_alone_expands_to() {
    // Templates of different lengths end at different times.
    let folder = folder(|number| {
        let services = if number % 3 == 0 {
            "    Services: [sqs]\n"
        } else {
            ""
        };
        Some(template(&format!("app{number:02}"), services))
    });
    let output = run(folder.path(), &["expand", "."]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines = lines(&output.stderr);
    let written: Vec<usize> = (0..COUNT).collect();
    assert_eq!(named(&lines, "wrote t"), written, "{lines:#?}");
    for number in 0..COUNT {
        let alone = run(
            folder.path(),
            &["expand", "-o", "-", &format!("t{number:02}.src.yml")],
        );
        let together = fs::read(folder.path().join(format!("t{number:02}.yml"))).unwrap();
        assert!(alone.stdout == together, "t{number:02}.yml is different");
    }
    fs::write(folder.path().join("t07.yml"), "Resources: {}\n").unwrap();
    fs::remove_file(folder.path().join("t19.yml")).unwrap();
    let output = run(folder.path(), &["expand", "--check", "."]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let found = String::from_utf8(output.stdout).unwrap();
    assert_eq!(found, "not generated: t07.yml\nmissing: t19.yml\n");
}

#[test]
fn problems_come_in_the_order_of_the_templates_and_nothing_is_written() {
    let folder = folder(|number| match number {
        2 | 20 => Some(template(&format!("app{number:02}"), "    Servces: [sqs]\n")),
        // These two have the names of those before them.
        9 | 15 => Some(template(&format!("app{:02}", number - 1), "")),
        _ => None,
    });
    for _ in 0..5 {
        let output = run(folder.path(), &["expand", "."]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let lines = lines(&output.stderr);
        // Notes about templates that are fine come between them.
        let wrong = |number: &usize| [2, 9, 15, 20].contains(number);
        let order = named(&lines, "--> t");
        assert!(order.is_sorted(), "{lines:#?}");
        let mut order: Vec<usize> = order.into_iter().filter(wrong).collect();
        order.dedup();
        assert_eq!(order, [2, 9, 15, 20], "{lines:#?}");
        let clashes = lines
            .iter()
            .filter(|line| line.starts_with("error[name-clash]"));
        assert!(
            clashes
                .clone()
                .all(|line| line.contains("`t08.src.yml`") || line.contains("`t14.src.yml`")),
            "{lines:#?}"
        );
        assert!(clashes.count() >= 2, "{lines:#?}");
        assert!(
            lines.last().unwrap().ends_with("; nothing was written"),
            "{lines:#?}"
        );
        assert!(!folder.path().join("t00.yml").exists());
    }
}

/// Names that mean something else in a policy, in YAML or in a tag, and the usual kind. The first is the
/// one that the others are compared with.
const APPS: &[&str] = &[
    "ub", "iam", "a", "shop", "my-shop", "role", "e5", "deployer", "sqs", "sns", "x-y-z",
];

/// What the macros of one template expand to, without the lines of the file before them.
fn resources(folder: &Path, name: &str, apps: &[&str]) -> String {
    let macros: Vec<String> = apps
        .iter()
        .map(|app| {
            let name: String = app.split('-').collect();
            format!("  X{name}: !DeployRoles\n    AppId: {app}\n    ToolsAccount: !Ref Tools\n    Services: [sqs, lambda, iam]\n    TestRole: true\n    Targets: {{ dev: !Ref Dev }}\n")
        })
        .collect();
    let head = "Organization: !Include ./organization.yml\nDefaultOrganizationBindingRegion: eu-west-1\nResources:\n";
    let template = format!("{name}.src.yml");
    let text = format!("{head}{}", macros.concat());
    fs::write(folder.join(&template), text).unwrap();
    let mut arguments = vec!["expand", &template];
    if folder.join("partials").exists() {
        arguments.extend(["--partials", "partials"]);
    }
    let output = run(folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = fs::read_to_string(folder.join(format!("{name}.yml"))).unwrap();
    text.split_once("\nResources:\n").unwrap().1.to_owned()
}

fn each_app_is_written_as_alone(folder: &Path) {
    let together = resources(folder, "together", APPS);
    let alone: Vec<String> = APPS
        .iter()
        .map(|app| resources(folder, &format!("alone-{app}"), &[app]))
        .collect();
    for (app, alone) in APPS.iter().zip(&alone) {
        assert!(together.contains(alone), "{app}\n{alone}");
    }
    let length: usize = alone.iter().map(String::len).sum();
    assert!(together.len() < length + 100, "{} {length}", together.len());
}

#[test]
fn apps_of_one_template_are_written_as_each_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("organization.yml"), ORGANIZATION).unwrap();
    each_app_is_written_as_alone(folder.path());
}

/// A partial of one's own can tell apps apart.
#[test]
fn a_partial_may_depend_on_the_app() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("organization.yml"), ORGANIZATION).unwrap();
    let partials = folder.path().join("partials/services");
    fs::create_dir_all(&partials).unwrap();
    let partial = "PolicyName: DeployQueues\nStatement:\n  - Sid: Queues\n    Effect: Allow\n    Action: [{{#if (eq appId \"shop\")}}'sqs:*'{{else}}'sqs:CreateQueue'{{/if}}]\n    Resource: '*'\n";
    fs::write(partials.join("sqs.hbs"), partial).unwrap();
    each_app_is_written_as_alone(folder.path());
    let text = fs::read_to_string(folder.path().join("together.yml")).unwrap();
    assert_eq!(
        text.matches("'sqs:*'").count() + text.matches("sqs:*\n").count(),
        1,
        "{text}"
    );
}
