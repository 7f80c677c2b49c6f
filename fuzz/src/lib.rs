//! What each fuzz target does with a text, and what must hold then. `tests/hostile.rs` does the
//! same with every text of `fuzz/corpus`, without a fuzzer.

use std::path::{Path, PathBuf};

use deploy_roles::denied;
use deploy_roles::denied::advice::{DenialAdviser, KnownTemplate};
use deploy_roles::denied::model::Denial;
use deploy_roles::diagnostic::Diagnostic;
use deploy_roles::diff::access::changes::{Access, Witness};
use deploy_roles::diff::access::{AccessContext, access};
use deploy_roles::diff::compare;
use deploy_roles::expand::checksum;
use deploy_roles::expand::rules::OUTPUT_MISMATCH;
use deploy_roles::infer::names::names;
use deploy_roles::infer::read::{AppArgument, read as read_app};
use deploy_roles::infer::sam;
use deploy_roles::organization::{Account, Organization};
use deploy_roles::partials::Partials;
use deploy_roles::report::{AnsweredDenial, MARKDOWN_LIMIT, Parts};
use deploy_roles::source::path::clean;
use deploy_roles::source::{Disk, FileId, Obstacle, ReadError, Sources};
use deploy_roles::yaml::lookup::Library;
use deploy_roles::yaml::node::Document;
use deploy_roles::yaml::parse;
use deploy_roles::{ExpandRequest, expand, report};

const ORGANIZATION: &str = "\
Organization:
  Master: { Type: 'OC::ORG::MasterAccount', Properties: { AccountName: master, AccountId: '000000000001' } }
  ToolsAccount: { Type: 'OC::ORG::Account', Properties: { AccountName: tools, AccountId: '000000000002', Tags: { stage: tools } } }
  DevAccount: { Type: 'OC::ORG::Account', Properties: { AccountName: dev, AccountId: '000000000003', Tags: { stage: dev } } }
  ProdAccount: { Type: 'OC::ORG::Account', Properties: { AccountName: prod, AccountId: '000000000004', Tags: { stage: prod } } }
";

/// The text's expansion; every diagnostic is made into the text that a user sees.
fn expanded(text: &str, partial: Option<(&str, &str)>) -> Option<String> {
    let mut library = Library::default();
    let organization = library.sources.add("organization.yml", ORGANIZATION);
    let document = parse::parse(organization, ORGANIZATION).expect("the organization is YAML");
    library.documents.insert(organization, document);
    let template = library.sources.add("input.src.yml", text);
    let document = shown(&library.sources, parse::parse(template, text))?;
    library.documents.insert(template, document);
    let partial = partial.map(|(name, text)| (name.to_owned(), library.sources.add(name, text)));
    let request = ExpandRequest {
        template,
        organization: Some(organization),
        overrides: partial.into_iter().collect(),
        moved: None,
    };
    let result = expand(&mut library, &request);
    shown(&library.sources, result).map(|expansion| expansion.text.to_text())
}

fn shown<T>(sources: &Sources, result: Result<T, Vec<Diagnostic>>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word");
            for problem in &problems {
                // The tool's own defects are no answer to any text.
                assert_ne!(problem.rule, &OUTPUT_MISMATCH, "{}", problem.message);
                let text = report::diagnostic(sources, problem, report::Color::Off);
                let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
                assert!(
                    !text.contains(steers),
                    "a message that steers the terminal: {text:?}"
                );
            }
            None
        }
    }
}

fn read(text: &str) -> Document {
    parse::parse(FileId(0), text)
        .unwrap_or_else(|problems| panic!("the output is not YAML: {problems:?}\n{text}"))
}

/// The keys of the mapping under `path`.
fn keys(document: &Document, path: &[&str]) -> Vec<String> {
    let mut node = document.root.clone();
    for key in path {
        let Some(next) = node.get(key).cloned() else {
            return Vec::new();
        };
        node = next;
    }
    let entries = node.entries().unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| entry.key.text().map(str::to_owned))
        .collect()
}

/// Any text as a template: what is expanded is YAML with the same sections.
pub fn template(text: &str) {
    let Some(output) = expanded(text, None) else {
        return;
    };
    assert_eq!(
        keys(&read(&output), &[]),
        keys(&read(text), &[]),
        "\n{output}"
    );
    assert_eq!(expanded(text, None).as_deref(), Some(output.as_str()));
}

/// Any text as a macro's arguments: only resources of the macro come of it.
pub fn arguments(text: &str) {
    let indented = text.replace('\r', "\r    ").replace('\n', "\n    ");
    let lines = format!("    {indented}\n");
    check(
        &format!(
            "    AppId: app\n    ToolsAccount: !Ref ToolsAccount\n    Targets: {{ dev: !Ref DevAccount }}\n    Framework: cloudformation\n    Services: [ssm]\n{lines}"
        ),
        None,
    );
    check(&lines, None);
}

/// Any text as a partial of a service: nothing but that policy changes.
pub fn partial(text: &str) {
    check(
        "    AppId: app\n    ToolsAccount: !Ref ToolsAccount\n    Targets: { dev: !Ref DevAccount }\n    Framework: cloudformation\n    Services: [ssm]\n",
        Some(("services/ssm", text)),
    );
}

/// Any text as a JSONPath.
pub fn jsonpath(text: &str) {
    let path = serde_json::to_string(text).expect("text is JSON");
    check(
        &format!(
            "    AppId: app\n    ToolsAccount: !Ref ToolsAccount\n    Targets: {{ dev: {{ Select: {path} }} }}\n    Framework: cloudformation\n    Services: [ssm]\n"
        ),
        None,
    );
}

fn check(arguments: &str, partial: Option<(&str, &str)>) {
    let source = format!(
        "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  App: !DeployRoles\n{arguments}\n  Zzz: {{ Type: 'AWS::SNS::Topic' }}\n"
    );
    let Some(output) = expanded(&source, partial) else {
        return;
    };
    let document = read(&output);
    assert_eq!(
        keys(&document, &[]),
        ["DefaultOrganizationBindingRegion", "Resources"],
        "\n{output}"
    );
    let mut resources = keys(&document, &["Resources"]);
    // Arguments that begin another entry are an ordinary resource of the author's.
    if !source.split(['\n', '\r']).skip(3).any(|line| {
        !line.starts_with("    ") && !line.trim().is_empty() && !line.starts_with("  Zzz:")
    }) {
        assert_eq!(resources.pop().as_deref(), Some("Zzz"), "\n{output}");
        assert!(
            resources.iter().all(|name| name.starts_with("App")),
            "{resources:?}\n{output}"
        );
    }
    for mark in ["{{", "{%", "{#", "!Include"] {
        assert!(
            !output.contains(mark) || source.contains(mark),
            "{mark}\n{output}"
        );
    }
}

/// Any text as the file that is there already: it is compared and judged, whatever it holds.
pub fn previous(text: &str) {
    let now = "# Generated by deploy-roles from a.src.yml: do not edit.\nResources:\n  A:\n    Type: AWS::IAM::Role\n    OrganizationBinding: { Account: !Ref DevAccount, Region: eu-west-1 }\n    Properties:\n      RoleName: a\n      Policies:\n        - PolicyName: P\n          PolicyDocument: { Statement: [{ Effect: Allow, Action: 'a:B', Resource: '*' }] }\n";
    checksum::check(text);
    let accounts = [
        ("DevAccount", "000000000003"),
        ("ProdAccount", "000000000004"),
    ];
    let accounts = accounts.map(|(name, id)| Account::of(name, id));
    let organization = Organization::new(accounts.to_vec(), Vec::new());
    let known = AccessContext::of(&organization);
    for (before, after) in [(text, now), (now, text)] {
        let comparison = compare("a.yml", Some(before), after);
        assert_eq!(before == after, comparison.hunks.is_empty(), "{before:?}");
        let gained = access(Some(before), after, &known);
        for witness in witnesses(&gained) {
            assert!(!witness.action.is_empty(), "{before:?}");
        }
        let mut comparison = [comparison];
        comparison[0].access = Some(gained);
        let page = report::diff_markdown(&comparison, None, Parts::ALL);
        assert!(page.len() <= MARKDOWN_LIMIT, "{before:?}");
        let mut html = Vec::new();
        report::diff_html(&comparison, None, &[Vec::new()], Parts::ALL, &mut html)
            .expect("memory takes it");
    }
    // One blank more is a difference of the text.
    let longer = format!("{text} \n");
    let comparison = compare("a.yml", Some(text), &longer);
    assert!(!comparison.hunks.is_empty(), "{text:?}");
    // What says the same gives nobody anything. Before a mark or a directive a comment may not stand.
    if !text.starts_with(['\u{feff}', '%']) {
        let same = access(Some(text), &format!("# the same\n{text}"), &known);
        assert!(same.principals.is_empty(), "{same:?}");
    }
}

/// Any text as the template of an app: it is read or refused, and its names are checked. With all
/// conditions and loops, there are no more resources than the text has bytes.
pub fn app(text: &str) {
    let disk = OneFile(text);
    let app = AppArgument {
        path: PathBuf::from("template.yaml"),
        root: PathBuf::from("/app"),
    };
    let mut sources = Sources::default();
    let result = read_app(&mut sources, &disk, std::slice::from_ref(&app));
    let Some((found, _)) = shown(&sources, result) else {
        return;
    };
    for resource in &found.resources {
        let place = sources.text(resource.span.file);
        let place = place.get(resource.span.start..resource.span.end);
        assert!(place.is_some(), "{:?} is not in the text", resource.span);
        assert!(!resource.type_name.is_empty(), "{resource:?}");
        let is_replaced = |name: &str| name.starts_with("AWS::Serverless::");
        assert!(
            !is_replaced(&resource.type_name) || sam::is_unknown(&resource.type_name),
            "{resource:?}"
        );
    }
    for app_id in [None, Some("app")] {
        let names = names(&found, app_id);
        for finding in &names.findings {
            assert!(finding.resource < found.resources.len(), "{finding:?}");
        }
    }
}

thread_local! {
    static ADVISER: DenialAdviser = {
        let partials = Partials::new(&mut Library::default(), &[]).expect("built in");
        let known = KnownTemplate { partials, macros: Vec::new() };
        DenialAdviser::new(vec![known], &[])
    };
}

/// Any text as a log: the answer has the same fields each time, no control characters, no key of
/// AWS, and no action that is a pattern.
pub fn denied(text: &str) {
    let Ok(log) = denied::read(text.as_bytes()) else {
        return;
    };
    assert_eq!(denied::read(text.as_bytes()).as_ref(), Ok(&log), "{text:?}");
    for (at, denial) in log.denials.iter().enumerate() {
        let fields = [&denial.principal, &denial.action, &denial.resource];
        for field in fields.into_iter().flatten() {
            assert!(field.chars().all(|c| matches!(c, ' '..='~')), "{field:?}");
        }
        if let Some(action) = &denial.action {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-');
            assert!(
                action.contains(':') && action.chars().all(is_name),
                "{action:?}"
            );
        }
        let is_same = |other: &Denial| {
            (&other.principal, &other.action, &other.resource)
                == (&denial.principal, &denial.action, &denial.resource)
                && (&other.type_name, &other.logical_id) == (&denial.type_name, &denial.logical_id)
        };
        let mut earlier = log.denials.iter().take(at);
        assert!(!earlier.any(is_same), "twice: {denial:?}");
    }
    let answered: Vec<AnsweredDenial> = log
        .denials
        .into_iter()
        .map(|denial| AnsweredDenial {
            advice: ADVISER.with(|adviser| adviser.advice(&denial)),
            denial,
        })
        .collect();
    let json = report::denied_json(&answered, &log.lookalikes);
    serde_json::from_str::<serde_json::Value>(&json).expect("the answer is JSON");
    let page = report::denied_text(&answered, &log.lookalikes, report::Color::Off);
    for written in [json, page] {
        assert!(
            !written.contains(|c: char| c.is_control() && c != '\n'),
            "{written:?}"
        );
        assert!(!has_key(&written), "a key of AWS: {written:?}");
    }
}

/// Whether a text has something like `AKIAIOSFODNN7EXAMPLE`.
fn has_key(text: &str) -> bool {
    let mut rests = ["AKIA", "ASIA"]
        .into_iter()
        .flat_map(|begin| text.split(begin).skip(1));
    rests.any(|rest| {
        let rest = rest.chars();
        rest.take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            .count()
            >= 16
    })
}

/// One text under every path.
struct OneFile<'text>(&'text str);

impl Disk for OneFile<'_> {
    fn text(&self, path: &Path) -> Result<String, ReadError> {
        if path.ends_with("template.yaml") {
            return Ok(self.0.to_owned());
        }
        Err(ReadError::new(Obstacle::Missing, "no such file"))
    }

    fn real(&self, path: &Path) -> PathBuf {
        clean(&Path::new("/app").join(path))
    }
}

fn witnesses(access: &Access) -> impl Iterator<Item = &Witness> {
    let findings = access
        .principals
        .iter()
        .flat_map(|change| change.gains.iter().chain(&change.loses));
    findings.filter_map(|finding| finding.witness.as_ref())
}
