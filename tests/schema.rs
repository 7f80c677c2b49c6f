//! The schema of `deploy-roles schema` knows what decoding knows, and nothing else.
//!
//! What decoding knows is asked of the program itself: a macro with a word that nothing is near to is
//! refused with all that could stand there. `tests/oracle/schema.py` tries the schema on templates,
//! and `tests/editor` in the language server of editors.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly, and runs the program"
)]

#[path = "support/program.rs"]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use program::run;
use serde_json::Value;
use tempfile::TempDir;

/// Nothing has a name like this.
const WORD: &str = "zzzzzzzzzz";

const HEAD: &str = "\
AWSTemplateFormatVersion: '2010-09-09-OC'
Organization:
  Main: { Type: OC::ORG::MasterAccount, Properties: { AccountName: Main, AccountId: '111111111111' } }
  Dev: { Type: OC::ORG::Account, Properties: { AccountName: Development, AccountId: '222222222222' } }
  Unit: { Type: OC::ORG::OrganizationalUnit, Properties: { OrganizationalUnitName: u, Accounts: !Ref Dev } }
DefaultOrganizationBindingRegion: eu-west-1
";

fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("roles.src.yml"), text).unwrap();
    folder
}

fn schema(folder: &Path, arguments: &[&str]) -> Value {
    let all = [&["schema"], arguments].concat();
    let output = run(folder, &all);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the program says could stand in place of [`WORD`], by the line of the template.
fn known_of(text: &str) -> BTreeMap<usize, BTreeSet<String>> {
    let folder = folder(text);
    let output = run(folder.path(), &["expand", "-o", "-", "roles.src.yml"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    let mut known = BTreeMap::new();
    for problem in said.split("\nerror[") {
        let line = problem.split("roles.src.yml:").nth(1);
        let line = line.and_then(|rest| rest.split(':').next()?.parse().ok());
        let (Some(line), true) = (line, problem.contains(WORD)) else {
            continue;
        };
        let help = problem.split("= help: ").nth(1);
        let help = help.unwrap_or_else(|| problem.lines().next().unwrap());
        let list = help.lines().next().unwrap().split(';').next().unwrap();
        let words = list.split('`').skip(1).step_by(2).map(str::to_owned);
        known.insert(line, words.collect());
    }
    known
}

/// The names at `pointer` of the schema: the keys of properties that editors offer, or the words of
/// an enumeration.
fn names_at(schema: &Value, pointer: &str) -> BTreeSet<String> {
    let found = schema.pointer(pointer);
    let found = found.unwrap_or_else(|| panic!("{pointer} is not in the schema"));
    match found {
        Value::Object(properties) => {
            let offered = properties.iter();
            let offered = offered.filter(|(_, value)| value.get("doNotSuggest").is_none());
            offered.map(|(key, _)| key.clone()).collect()
        }
        words => {
            let words = words.as_array().unwrap().iter();
            words
                .map(|word| word.as_str().unwrap().to_owned())
                .collect()
        }
    }
}

/// Arguments of a macro with [`WORD`] at a place where names can be, and where the schema has them.
fn places(schema: &Value) -> Vec<(String, String)> {
    let at = |arguments: &str, pointer: &str| (arguments.replace("WORD", WORD), pointer.to_owned());
    let mut places = vec![
        at("WORD: 1", "/definitions/macro/else/properties"),
        at(
            "Targets: { dev: { Account: !Ref Dev, WORD: 1 } }",
            "/definitions/targetMapping/properties",
        ),
        at("Services: [WORD]", "/definitions/serviceName/enum"),
        at(
            "Services: [WORD]",
            "/definitions/serviceWithOptions/properties",
        ),
        at("Framework: WORD", "/definitions/frameworkName/enum"),
        at(
            "Framework: WORD",
            "/definitions/frameworkWithOptions/properties",
        ),
        at(
            "TestRole: { Services: [WORD] }",
            "/definitions/testServiceName/enum",
        ),
        at(
            "TestRole: { Services: [WORD] }",
            "/definitions/testServiceWithOptions/properties",
        ),
        at(
            "TestRole: { WORD: 1 }",
            "/definitions/TestRole/else/anyOf/1/properties",
        ),
        at(
            "Tags: [{ WORD: 1 }]",
            "/definitions/Tags/else/anyOf/0/items/properties",
        ),
        at(
            "ExecutionPolicies: [{ WORD: 1 }]",
            "/definitions/ExecutionPolicies/else/anyOf/0/items/properties",
        ),
        at(
            "DeployerPolicies: [{ WORD: 1 }]",
            "/definitions/DeployerPolicies/else/anyOf/0/items/properties",
        ),
        at("Layout: WORD", "/definitions/Layout/enum"),
        at("TrustShape: WORD", "/definitions/TrustShape/enum"),
        at("TrustedBy: [WORD]", "/definitions/trustWithKeys/properties"),
        at(
            "TrustedBy: [CodeBuild: [WORD]]",
            "/definitions/trustWithKeys/properties/CodeBuild/then/items/enum",
        ),
    ];
    for trust in names_at(schema, "/definitions/trustWithKeys/properties") {
        if trust.ends_with("Oidc") {
            let keys = format!("/definitions/trustWithKeys/properties/{trust}/anyOf/0/properties");
            places.push(at(&format!("TrustedBy: [{trust}: {{ WORD: 1 }}]"), &keys));
        }
    }
    for (argument, folder) in [("Services", "service"), ("Framework", "framework")] {
        let folder = format!("/definitions/{folder}WithOptions/properties");
        for name in names_at(schema, &folder) {
            let options = format!("{folder}/{name}/then/items/enum");
            if schema.pointer(&options).is_some() {
                places.push(at(&format!("{argument}: [{name}: [WORD]]"), &options));
            }
        }
    }
    places
}

#[test]
fn the_schema_and_decoding_know_the_same() {
    let empty = tempfile::tempdir().unwrap();
    let schema = schema(empty.path(), &[]);
    let places = places(&schema);
    assert!(places.len() >= 40, "only {} places", places.len());
    let mut text = format!("{HEAD}Resources:\n");
    let first = text.lines().count() + 1;
    for (at, (arguments, _)) in places.iter().enumerate() {
        let targets = if arguments.starts_with("Targets") {
            ""
        } else {
            ", Targets: { dev: !Ref Dev }"
        };
        let _ = writeln!(
            text,
            "  App{at}: !DeployRoles {{ AppId: app{at}x, ToolsAccount: !Ref Main, {arguments}{targets} }}"
        );
    }
    let known = known_of(&text);
    for (at, (arguments, pointer)) in places.iter().enumerate() {
        let of_decoding = known.get(&(first + at));
        let of_decoding = of_decoding.unwrap_or_else(|| panic!("`{arguments}` is accepted"));
        assert_eq!(
            names_at(&schema, pointer),
            *of_decoding,
            "{arguments}: {pointer}"
        );
    }
}

#[test]
fn the_schema_and_the_defaults_of_a_template_know_the_same() {
    let empty = tempfile::tempdir().unwrap();
    let schema = schema(empty.path(), &[]);
    let text = format!(
        "{HEAD}Definitions: {{ DeployRoles: {{ {WORD}: 1 }} }}\nResources:\n  App: !DeployRoles {{ AppId: app, ToolsAccount: !Ref Main, Targets: {{ dev: !Ref Dev }} }}\n"
    );
    let known = known_of(&text);
    let known: Vec<_> = known.values().collect();
    assert_eq!(
        known,
        [&names_at(&schema, "/definitions/defaults/else/properties")]
    );
}

/// The words of `Provider` are in a message of their own.
#[test]
fn the_schema_knows_the_words_of_a_provider() {
    let text = format!(
        "{HEAD}Resources:\n  App: !DeployRoles {{ AppId: app, ToolsAccount: !Ref Main, TrustedBy: [GitHubOidc: {{ Repository: a/b, Provider: {WORD} }}], Targets: {{ dev: !Ref Dev }} }}\n"
    );
    let folder = folder(&text);
    let output = run(folder.path(), &["expand", "-o", "-", "roles.src.yml"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let schema = schema(folder.path(), &[]);
    let words = schema.pointer(
        "/definitions/trustWithKeys/properties/GitHubOidc/anyOf/0/properties/Provider/enum",
    );
    let words: Vec<String> = words
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|word| format!("`{}`", word.as_str().unwrap()))
        .collect();
    let message = format!("`Provider` is {}", words.join(" or "));
    assert!(said.contains(&message), "{message}: {said}");
}

#[test]
fn accounts_and_units_are_those_of_the_organization() {
    let macros = "Resources:\n  App: !DeployRoles { AppId: app, ToolsAccount: !Ref Main, Targets: { dev: !Ref Dev } }\n";
    let folder = folder(&format!("{HEAD}{macros}"));
    let schema = schema(folder.path(), &[]);
    let accounts = ["Dev", "Main"].map(str::to_owned);
    assert_eq!(
        names_at(&schema, "/definitions/account/anyOf/0/enum"),
        BTreeSet::from(accounts.clone())
    );
    assert_eq!(
        names_at(&schema, "/definitions/accounts/anyOf/0/enum"),
        BTreeSet::from(accounts)
    );
    assert_eq!(
        names_at(&schema, "/definitions/unit/anyOf/0/enum"),
        BTreeSet::from(["Unit".to_owned()])
    );
    let any = BTreeSet::from(["*", "Dev", "Main"].map(str::to_owned));
    assert_eq!(
        names_at(&schema, "/definitions/anyAccounts/anyOf/0/enum"),
        any
    );
}

/// The same for each template of the run, and a template that cannot be read takes nothing away.
#[test]
fn every_template_adds_its_organization_and_partials() {
    let organization = |account: &str| {
        format!(
            "Organization:\n  {account}: {{ Type: OC::ORG::Account, Properties: {{ AccountName: {account}, AccountId: '111111111111' }} }}\n"
        )
    };
    let folder = folder(&organization("One"));
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "two.src.yml",
        &format!(
            "{}Definitions: {{ DeployRoles: {{ Partials: ./ours }} }}\n",
            organization("Two")
        ),
    );
    write("broken.src.yml", "Resources: [\n");
    std::fs::create_dir_all(folder.path().join("ours/services")).unwrap();
    write(
        "ours/services/queue.hbs",
        "PolicyName: DeployQueue\nAttach: inline\nStatement: []\n",
    );
    let output = run(folder.path(), &["schema"]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("warning[invalid-yaml]") && said.contains("broken.src.yml"),
        "{said}"
    );
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let accounts = BTreeSet::from(["One", "Two"].map(str::to_owned));
    assert_eq!(
        names_at(&schema, "/definitions/account/anyOf/0/enum"),
        accounts
    );
    let services = names_at(&schema, "/definitions/serviceName/enum");
    assert!(services.contains("queue") && services.contains("lambda"));
}

/// Users copy the settings of the page.
#[test]
fn the_page_lists_every_tag() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/editor.md");
    let page = std::fs::read_to_string(page).unwrap();
    let settings = page.split("```json\n").nth(1).unwrap();
    let settings = settings.split("```").next().unwrap();
    let settings: Value = serde_json::from_str(settings).unwrap();
    let tags = settings["yaml.customTags"].as_array().unwrap().iter();
    let tags: Vec<&str> = tags.map(|tag| tag.as_str().unwrap()).collect();
    assert_eq!(tags, deploy_roles::arguments::custom_tags());
}

#[test]
fn a_file_that_all_templates_need_is_missed_once() {
    let folder = folder(HEAD);
    std::fs::write(folder.path().join("other.src.yml"), HEAD).unwrap();
    let output = run(folder.path(), &["schema", "--organization", "nope.yml"]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.matches("cannot read `nope.yml`").count(), 1, "{said}");
}

/// What a partial cannot give takes nothing of the organization away.
#[test]
fn a_broken_partial_leaves_the_accounts() {
    let text = "Organization: !Include ./organization.yml\nDefinitions: { DeployRoles: { Partials: ./ours } }\n";
    let folder = folder(text);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir_all(folder.path().join("ours/services")).unwrap();
    write(
        "organization.yml",
        "Organization:\n  Dev: { Type: OC::ORG::Account, Properties: { AccountName: Dev, AccountId: '111111111111' } }\n",
    );
    write("ours/services/queue.hbs", "{{#if");
    let schema = schema(folder.path(), &[]);
    let accounts = names_at(&schema, "/definitions/account/anyOf/0/enum");
    assert_eq!(accounts, BTreeSet::from(["Dev".to_owned()]));
}

/// What the organization cannot give takes nothing of the partials away, whatever is wrong with it.
#[test]
fn a_broken_organization_leaves_the_partials() {
    let text = "Organization: !Include ./organization.yml\nDefinitions: { DeployRoles: { Partials: ./ours } }\n";
    let folder = folder(text);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir_all(folder.path().join("ours/services")).unwrap();
    write(
        "ours/services/queue.hbs",
        "PolicyName: DeployQueue\nAttach: inline\nStatement: []\n",
    );
    let organization = |arguments: &[&str]| {
        let output = run(folder.path(), &[&["schema"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
        let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
        let services = names_at(&schema, "/definitions/serviceName/enum");
        assert!(services.contains("queue"), "{services:?}");
        assert!(
            schema
                .pointer("/definitions/account/anyOf/0/enum")
                .is_none()
        );
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("no organization was read"), "{said}");
        said
    };
    assert!(organization(&[]).contains("warning[missing-include]"));
    write("organization.yml", "Organization: [\n");
    assert!(organization(&[]).contains("warning[invalid-yaml]"));
    write("organization.yml", "Organization:\n  Dev: 1\n");
    assert!(organization(&[]).contains("organization.yml:2"));
    assert!(organization(&["--organization", "nope.yml"]).contains("cannot read `nope.yml`"));
}

#[test]
fn a_named_organization_that_cannot_be_read_is_the_only_reason() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = run(folder.path(), &[&["schema"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let named = said(&["--organization", "nope.yml"]);
    let last = "\nno organization was read; the schema accepts any name of an account or unit\n";
    assert!(named.contains("cannot read `nope.yml`"), "{named}");
    assert!(named.ends_with(last), "{named}");
    let none = said(&[]);
    assert!(none.contains("no template with macros"), "{none}");
    assert!(none.contains("`--organization FILE`"), "{none}");
}

/// The name of a template or a folder that does not exist is mistyped.
#[test]
fn a_path_that_leads_to_nothing_is_an_error() {
    let folder = folder(HEAD);
    for path in ["orgg", "other.src.yml", "orgg/roles.src.yml"] {
        for arguments in [&["schema", path][..], &["schema", "roles.src.yml", path]] {
            let output = run(folder.path(), arguments);
            assert_eq!(output.status.code(), Some(2), "{output:?}");
            assert!(output.stdout.is_empty());
            let said = String::from_utf8(output.stderr).unwrap();
            let message = format!("there is no file or folder `{path}`");
            assert!(said.contains(&message), "{said}");
        }
    }
    let output = run(folder.path(), &["expand", "orgg"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no file or folder `orgg`"), "{said}");
}
