//! Services as text, and macros before and after an edit.

use super::*;
use crate::arguments::write::place::{ServicesToWrite, edited};
use crate::arguments::{Arguments, MacroText, decode};
use crate::diagnostic::Diagnostic;
use crate::partials::Partials;
use crate::source::{SourceFile, Span};
use crate::yaml::lookup::Library;
use crate::yaml::parse::parse;

/// `lambda:vpc+layer logs` as entries.
fn entries(text: &str) -> Vec<ServiceEntry> {
    text.split_whitespace()
        .map(|word| {
            let (name, options) = word.split_once(':').unwrap_or((word, ""));
            let options = options.split('+').filter(|option| !option.is_empty());
            ServiceEntry {
                name: name.to_owned(),
                options: options.map(str::to_owned).collect(),
            }
        })
        .collect()
}

/// The template after `wanted` was written to its macro `Shop`.
fn write(text: &str, wanted: &str) -> Result<String, Vec<Diagnostic>> {
    let mut library = Library::default();
    let partials = Partials::new(&mut library, &[]).unwrap();
    let file = library.sources.add("roles.src.yml", text);
    let document = parse(file, text).unwrap();
    library.documents.insert(file, document.clone());
    let resources = document.root.get("Resources").unwrap().entries().unwrap();
    let shop = resources
        .iter()
        .find(|entry| entry.key.text() == Some("Shop"))
        .unwrap();
    let written = MacroText {
        template: &document,
        body: &shop.value,
        name_span: shop.key.span,
        tag_span: shop.value.tag.as_ref().unwrap().span,
    };
    let (arguments, problems): (Option<Arguments>, _) =
        decode(&library, &partials.catalog, &written);
    assert_eq!(problems, []);
    let source = SourceFile {
        path: "roles.src.yml".into(),
        text: text.to_owned(),
    };
    let to_write = ServicesToWrite {
        name: "Shop",
        written,
        arguments: &arguments.unwrap(),
        source: &source,
    };
    edited(to_write, &entries(wanted))
}

/// A template whose macro has `services` after its `AppId`, which end in a line end.
fn template(services: &str) -> String {
    format!(
        "DefaultOrganizationBindingRegion: eu-west-1 # stays\nResources:\n  Shop: !DeployRoles\n    AppId: shop   # the app\n{services}    TrustedBy: [GitHubUser]\n    ToolsAccount: !Ref Tools\n    Targets: {{ dev: !Ref Dev }}\n  # after\n"
    )
}

#[track_caller]
fn becomes(before: &str, wanted: &str, after: &str) {
    assert_eq!(write(&template(before), wanted), Ok(template(after)));
    let crlf = |text: &str| template(text).replace('\n', "\r\n");
    assert_eq!(write(&crlf(before), wanted), Ok(crlf(after)));
}

/// What the error about `before` points at.
#[track_caller]
fn refused(text: &str, at: &str) {
    let problems = write(text, "lambda sqs").unwrap_err();
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}");
    };
    assert_eq!(problem.rule.id, "services-elsewhere");
    let Span { start, end, .. } = problem.primary.as_ref().unwrap().span;
    assert_eq!(text.get(start..end), Some(at), "{problem:?}");
}

#[test]
fn a_line_can_be_pasted() {
    let line = |text: &str| services(&entries(text), 4, "\n");
    assert_eq!(
        line("lambda:layer+vpc logs kms:encrypt"),
        "Services: [lambda: [layer, vpc], logs, kms: encrypt]"
    );
    let long = "lambda:codeSigning+eventSource+image+kms+layer+url+vpc apigateway:rest logs";
    assert_eq!(
        line(long),
        "Services:\n      - lambda: [codeSigning, eventSource, image, kms, layer, url, vpc]\n      - apigateway: rest\n      - logs"
    );
    assert_eq!(flow(&[]), "[]");
}

#[test]
fn a_macro_without_services_gets_the_line() {
    becomes("", "lambda sqs", "    Services: [lambda, sqs]\n");
}

#[test]
fn a_macro_in_braces_gets_the_line() {
    let text = |services: &str| {
        format!(
            "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  Shop: !DeployRoles {{ AppId: shop{services}, TrustedBy: [GitHubUser], ToolsAccount: !Ref Tools, Targets: {{ dev: !Ref Dev }} }}\n"
        )
    };
    let after = text(", Services: [lambda: vpc, sqs]");
    assert_eq!(write(&text(""), "lambda:vpc sqs"), Ok(after));
}

#[test]
fn a_macro_at_the_end_of_a_file_gets_the_line() {
    let text = "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  Shop: !DeployRoles\n    Targets: { dev: !Ref Dev }\n    TrustedBy: [GitHubUser]\n    ToolsAccount: !Ref Tools\n    AppId: shop";
    let after = format!("{text}\n    Services: [lambda]");
    assert_eq!(write(text, "lambda"), Ok(after));
}

#[test]
fn what_is_there_already_stays_as_it_is() {
    for same in [
        "    Services: [sqs,  lambda: [vpc , layer],]\n",
        "    Services: # why\n      - sqs\n      # more\n      - lambda:\n        - vpc\n        - layer\n",
        "    Services: { sqs: [], lambda: [layer, vpc] }\n",
    ] {
        becomes(same, "lambda:layer+vpc sqs", same);
    }
    becomes("    Services: sqs\n", "sqs", "    Services: sqs\n");
}

#[test]
fn items_of_one_line_come_and_go() {
    for (before, wanted, after) in [
        ("[lambda, logs, sqs]", "lambda sqs", "[lambda, sqs]"),
        ("[lambda, logs, sqs]", "logs sqs", "[logs, sqs]"),
        ("[lambda, logs, sqs]", "lambda logs", "[lambda, logs]"),
        ("[lambda, logs, sqs]", "sns", "[sns]"),
        ("[lambda]", "lambda logs sqs:", "[lambda, logs, sqs]"),
        ("[ lambda, logs ]", "logs sns", "[ logs, sns ]"),
        ("[]", "logs sns", "[logs, sns]"),
        ("[lambda, logs,]", "lambda", "[lambda,]"),
        ("[sqs, lambda]", "lambda:vpc sqs", "[sqs, lambda: vpc]"),
        ("[lambda: vpc, sqs]", "lambda sqs", "[lambda, sqs]"),
        ("[{lambda: vpc}, sqs]", "lambda sqs", "[lambda, sqs]"),
        (
            "[lambda: vpc]",
            "lambda:layer+vpc",
            "[lambda: [layer, vpc]]",
        ),
        (
            "[lambda: [vpc, url]]",
            "lambda:layer+vpc",
            "[lambda: [vpc, layer]]",
        ),
        ("['lambda', \"sqs\"]", "lambda:vpc", "['lambda': vpc]"),
        ("lambda", "lambda:vpc sqs", "[lambda: vpc, sqs]"),
        ("{ lambda: vpc }", "sqs", "[sqs]"),
    ] {
        becomes(
            &format!("    Services: {before} # why\n"),
            wanted,
            &format!("    Services: {after} # why\n"),
        );
    }
}

#[test]
fn items_in_brackets_keep_their_lines_and_comments() {
    let before = "    Services: [ # all\n      lambda, # code\n      # data\n      dynamodb, sqs, # both\n      logs # last\n    ]\n";
    becomes(
        before,
        "lambda dynamodb sqs logs sns",
        "    Services: [ # all\n      lambda, # code\n      # data\n      dynamodb, sqs, # both\n      logs, # last\n      sns\n    ]\n",
    );
    becomes(
        before,
        "lambda sqs",
        "    Services: [ # all\n      lambda, # code\n      # data\n      sqs # both\n    ]\n",
    );
    becomes(
        before,
        "dynamodb:import logs",
        "    Services: [ # all\n      # data\n      dynamodb: import,\n      logs # last\n    ]\n",
    );
    becomes(
        "    Services: [\n      lambda,\n      sqs,\n    ]\n",
        "lambda sns logs",
        "    Services: [\n      lambda,\n      sns,\n      logs,\n    ]\n",
    );
    becomes(
        "    Services: [lambda,\n      sqs] # end\n",
        "lambda sqs sns",
        "    Services: [lambda,\n      sqs,\n      sns] # end\n",
    );
    becomes(
        "    Services: [lambda, sqs # end\n      ]\n",
        "lambda sqs sns",
        "    Services: [lambda, sqs, sns # end\n      ]\n",
    );
}

#[test]
fn items_after_dashes_keep_their_lines_and_comments() {
    let before = "    Services:\n      # code\n      - lambda: [vpc, url] # both\n      # data\n      - dynamodb\n      -  sqs # jobs\n";
    becomes(
        before,
        "lambda:vpc dynamodb:import sqs cloudwatch:dashboard kms",
        "    Services:\n      # code\n      - lambda: [vpc] # both\n      # data\n      - dynamodb: import\n      -  sqs # jobs\n      -  cloudwatch: dashboard\n      -  kms\n",
    );
    becomes(
        before,
        "sqs",
        "    Services:\n      # code\n      # data\n      -  sqs # jobs\n",
    );
    becomes(
        "    Services:\n    - lambda:\n        - vpc # net\n        - url\n    - sqs\n",
        "lambda:layer+vpc sns",
        "    Services:\n    - lambda:\n        - vpc # net\n        - layer\n    - sns\n",
    );
}

#[test]
fn services_from_elsewhere_are_not_edited() {
    refused(
        &template("    Services: &all [lambda]\n    TestRole: { Services: *all }\n"),
        "[lambda]",
    );
    refused(
        &template("    Services: [lambda: &some [vpc]]\n    Framework: { cdk: *some }\n")
            .replace("{ cdk: *some }", "sam"),
        "[vpc]",
    );
    let with = |text: &str| {
        format!(
            "Anchors:\n  list: &list [lambda]\n  map: &map {{ Services: [lambda] }}\n{}",
            template(text)
        )
    };
    refused(&with("    Services: *list\n"), "*list");
    refused(&with("    <<: *map\n"), "lambda");
    let defaults = format!(
        "Definitions: {{ DeployRoles: {{ Services: [lambda] }} }}\n{}",
        template("")
    );
    refused(&defaults, "lambda");
    let target = |services: &str| {
        let own = format!("{{ dev: {{ Account: !Ref Dev, Services: {services} }} }}");
        template("    Services: [lambda]\n").replace("{ dev: !Ref Dev }", &own)
    };
    refused(&target("[sqs]"), "sqs");
    refused(&target("[]"), "dev: { Account: !Ref Dev, Services: [] }");
}

#[test]
fn an_unusual_list_is_not_edited() {
    refused(
        &template("    Services: [{ lambda: vpc, cloudwatch: dashboard }]\n"),
        "Services: [{ lambda: vpc, cloudwatch: dashboard }]",
    );
    refused(
        &template("    Services:\n      -\n        logs\n      - sqs\n"),
        "Services:\n      -\n        logs\n      - sqs",
    );
    refused(
        &template("    Services: {\n      sns: [] # why\n      }\n"),
        "Services: {\n      sns: [] # why\n      }",
    );
}

#[test]
fn a_line_ends_as_its_neighbors_do() {
    let mixed = |services: &str| {
        let text = template(services);
        let (head, rest) = text.split_once("    AppId").unwrap();
        format!("{}    AppId{rest}", head.replace('\n', "\r\n"))
    };
    for (before, after) in [
        (
            "    Services:\n      - sqs\n",
            "    Services:\n      - sqs\n      - lambda\n",
        ),
        ("", "    Services: [lambda, sqs]\n"),
    ] {
        assert_eq!(write(&mixed(before), "lambda sqs"), Ok(mixed(after)));
    }
}
