//! What a file is that is not a template.
//!
//! In: the path and text of a file, and its value if it could be parsed. Out: what it looks like,
//! in words, and what to give instead. Refuses nothing: a file may look like nothing that is known.

use std::path::Path;

use serde_json::{Map, Value as Json};

/// What a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lookalike {
    /// What it looks like, such as `a Kubernetes manifest`.
    pub(super) name: &'static str,
    /// What to give instead.
    pub(super) help: &'static str,
    /// Whether its framework can write a template.
    pub(super) stage: LookalikeStage,
}

/// Whether a file can lead to a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookalikeStage {
    /// A framework writes a template from it.
    BeforePackaging,
    /// There is no template.
    NoTemplate,
}

const fn other(name: &'static str, help: &'static str) -> Lookalike {
    Lookalike {
        name,
        help,
        stage: LookalikeStage::NoTemplate,
    }
}

/// The help for `serverless.yml`.
pub(super) const SERVERLESS: Lookalike = Lookalike {
    name: "a configuration of the Serverless Framework",
    help: "run `serverless package` first, and give its folder: the framework writes the template to `.serverless`",
    stage: LookalikeStage::BeforePackaging,
};

/// The help for what the Serverless Framework writes before the app's template.
pub(super) const SERVERLESS_FIRST_STEP: Lookalike = Lookalike {
    name: "what the Serverless Framework deploys first, the deployment bucket alone",
    help: "run `serverless package` to its end, and give its folder: the app is in `.serverless/cloudformation-template-update-stack.json`",
    stage: LookalikeStage::BeforePackaging,
};

/// The help for an app of the CDK.
pub(super) const CDK: Lookalike = Lookalike {
    name: "a configuration of the CDK",
    help: "run `cdk synth` first, and give the folder `cdk.out`",
    stage: LookalikeStage::BeforePackaging,
};

/// The help for a template of the deploy roles.
pub(super) const DEPLOY_ROLES: Lookalike = other(
    "the template of the deploy roles",
    "give the app's CloudFormation or SAM template, and `--macro NAME` to compare with what the roles may do",
);

const TEMPLATE_HELP: &str =
    "give the app's CloudFormation or SAM template, or the folder that contains it";

const TERRAFORM: Lookalike = other(
    "Terraform",
    "deploy-roles reads CloudFormation, SAM, the Serverless Framework, and the CDK; Terraform does not deploy with CloudFormation",
);

/// Keys that a mapping of some kind has, and what it is.
const BY_KEYS: &[(&[&str], Lookalike)] = &[
    (&["service", "provider"], SERVERLESS),
    (&["app", "context"], CDK),
    (&["artifacts", "version"], CDK),
    (
        &["apiVersion", "kind"],
        other("a Kubernetes manifest", TEMPLATE_HELP),
    ),
    (&["terraform_version"], TERRAFORM),
    (&["resource_changes"], TERRAFORM),
    (&["planned_values"], TERRAFORM),
    (&["terraform"], TERRAFORM),
    (&["openapi"], other("an OpenAPI definition", TEMPLATE_HELP)),
    (&["swagger"], other("an OpenAPI definition", TEMPLATE_HELP)),
    (
        &["StartAt", "States"],
        other("a definition of a state machine", TEMPLATE_HELP),
    ),
    (&["Statement"], other("an IAM policy", TEMPLATE_HELP)),
    (
        &["Organization"],
        other("an OrgFormation file", TEMPLATE_HELP),
    ),
    (
        &["OrganizationBindings"],
        other("an OrgFormation file", TEMPLATE_HELP),
    ),
    (
        &["jobs", "on"],
        other("a workflow of GitHub Actions", TEMPLATE_HELP),
    ),
    (
        &["phases"],
        other("a build specification of CodeBuild", TEMPLATE_HELP),
    ),
    (
        &["$schema", "resources"],
        other("an Azure template", TEMPLATE_HELP),
    ),
    (
        &["name", "runtime"],
        other("a Pulumi project", TEMPLATE_HELP),
    ),
    (
        &["name", "version"],
        other("a package file, such as `package.json`", TEMPLATE_HELP),
    ),
    (
        &["name", "dependencies"],
        other("a package file, such as `package.json`", TEMPLATE_HELP),
    ),
    (
        &["name", "scripts"],
        other("a package file, such as `package.json`", TEMPLATE_HELP),
    ),
    (&["services"], other("a Docker Compose file", TEMPLATE_HELP)),
    (&["resource", "provider"], TERRAFORM),
    (&["resource"], TERRAFORM),
];

/// Endings of file names, and what such a file is.
const BY_NAME: &[(&str, Lookalike)] = &[
    (".tf", TERRAFORM),
    (".tf.json", TERRAFORM),
    (".tfstate", TERRAFORM),
    (".tfvars", TERRAFORM),
    (".hcl", TERRAFORM),
    ("serverless.yml", SERVERLESS),
    ("serverless.yaml", SERVERLESS),
    ("serverless.ts", SERVERLESS),
    ("serverless.js", SERVERLESS),
    ("serverless.cjs", SERVERLESS),
    ("serverless.mjs", SERVERLESS),
    ("serverless.json", SERVERLESS),
    ("cdk.json", CDK),
    (
        "samconfig.toml",
        other(
            "a configuration of SAM",
            "give the SAM template, usually `template.yaml`",
        ),
    ),
    (
        "samconfig.yaml",
        other(
            "a configuration of SAM",
            "give the SAM template, usually `template.yaml`",
        ),
    ),
    ("package.json", other("a package file", TEMPLATE_HELP)),
    ("Dockerfile", other("a Dockerfile", TEMPLATE_HELP)),
    (".bicep", other("an Azure template", TEMPLATE_HELP)),
    (".ts", other("source code", TEMPLATE_HELP)),
    (".js", other("source code", TEMPLATE_HELP)),
    (".mjs", other("source code", TEMPLATE_HELP)),
    (".py", other("source code", TEMPLATE_HELP)),
    (".go", other("source code", TEMPLATE_HELP)),
    (".rs", other("source code", TEMPLATE_HELP)),
    (".java", other("source code", TEMPLATE_HELP)),
    (".cs", other("source code", TEMPLATE_HELP)),
    (".rb", other("source code", TEMPLATE_HELP)),
    (".sh", other("a script", TEMPLATE_HELP)),
    (".md", other("a page", TEMPLATE_HELP)),
    (".toml", other("a TOML file", TEMPLATE_HELP)),
    (".zip", other("an archive", TEMPLATE_HELP)),
];

/// How lines of HCL begin.
const HCL: &[&str] = &[
    "resource \"",
    "provider \"",
    "variable \"",
    "module \"",
    "data \"",
    "output \"",
    "terraform {",
    "locals {",
];

/// What a file at `path` with `text` looks like, by its name and its text alone.
pub(super) fn by_text(path: &Path, text: &str) -> Option<Lookalike> {
    let body = text.trim_start_matches('\u{feff}').trim();
    if body.is_empty() {
        return Some(other("an empty file", TEMPLATE_HELP));
    }
    if is_utf_16(text) {
        let help = "save it as UTF-8; `>` in Windows PowerShell writes UTF-16";
        return Some(other("a text in UTF-16", help));
    }
    if text.contains('\0') {
        return Some(other("a binary file", TEMPLATE_HELP));
    }
    let keys = keys_of_lines(text);
    if keys.contains_key("Resources") {
        return None;
    }
    let is_hcl = |line: &str| HCL.iter().any(|start| line.starts_with(start));
    if text.lines().any(is_hcl) {
        return Some(TERRAFORM);
    }
    if body.starts_with('<') && body.ends_with('>') {
        return Some(other("XML or HTML", TEMPLATE_HELP));
    }
    by_keys(&keys).or_else(|| by_name(path))
}

/// Whether the text begins with ASCII text in UTF-16 without a byte order mark: every other byte is
/// zero.
fn is_utf_16(text: &str) -> bool {
    const LEAST: usize = 4;
    let begin = text.as_bytes().get(..text.len().min(64));
    let pairs = begin.unwrap_or_default().as_chunks::<2>().0;
    let is_text = |byte: u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    let all = |is: &dyn Fn(&[u8; 2]) -> bool| pairs.iter().all(is);
    pairs.len() >= LEAST
        && (all(&|[first, second]| *second == 0 && is_text(*first))
            || all(&|[first, second]| *first == 0 && is_text(*second)))
}

/// The keys of YAML at the beginning of lines, for a text that is not one YAML document.
fn keys_of_lines(text: &str) -> Map<String, Json> {
    let key = |line: &str| {
        let (key, rest) = line.split_once(':')?;
        let is_key = rest.is_empty() || rest.starts_with([' ', '\t']);
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
        (is_key && !key.is_empty() && key.chars().all(is_word))
            .then(|| (key.to_owned(), Json::Null))
    };
    text.lines().filter_map(key).collect()
}

/// What a file at `path` is by its name.
pub(super) fn by_name(path: &Path) -> Option<Lookalike> {
    let name = path.file_name()?.to_string_lossy();
    BY_NAME
        .iter()
        .find(|(ending, _)| {
            if ending.starts_with('.') {
                name.ends_with(ending)
            } else {
                name == *ending
            }
        })
        .map(|(_, found)| *found)
}

/// What a mapping with these keys looks like.
pub(super) fn by_keys(fields: &Map<String, Json>) -> Option<Lookalike> {
    BY_KEYS
        .iter()
        .find(|(keys, _)| keys.iter().all(|key| fields.contains_key(*key)))
        .map(|(_, found)| *found)
}
