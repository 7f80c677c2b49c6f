//! A template with one macro, and a comment on everything in it that is a guess.

use std::fmt::Write as _;

use crate::init::ci::{CiSystem, RepositoryCi};
use crate::init::guess::{GuessedStage, GuessedStages, StageSelector};
use crate::init::pieces::InitSetup;
use crate::init::region::FoundRegion;
use crate::organization::IdPart;
use crate::yaml::emit::scalar;

/// The `AppId` of a macro whose app is not known yet.
pub const APP_ID: &str = "my-app";

/// The region of roles if nothing in the repository names one.
pub const REGION: &str = "us-east-1";

/// From so many accounts on, roles are written once per stage.
const MANY_ACCOUNTS: usize = 50;

/// The most accounts that a comment names.
const MOST_NAMES: usize = 5;

/// How long a line can be.
const WIDTH: usize = 110;

/// What the macro says.
pub struct InitMacro<'run> {
    /// `AppId`, if it was given.
    pub app_id: Option<&'run str>,
    /// The Tools account.
    pub tools: &'run str,
    /// Whether that account is a guess.
    pub is_guessed: bool,
    /// The region, and whether it was given, found, or neither.
    pub region: (&'run str, RegionOrigin<'run>),
    /// The stages.
    pub stages: &'run GuessedStages,
}

/// Where a region comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionOrigin<'run> {
    /// From an option.
    Given,
    /// From other files.
    Found(&'run FoundRegion),
    /// From nowhere.
    Unknown,
}

impl InitMacro<'_> {
    /// The name of the macro: that of the app, as part of logical ids.
    pub fn name(&self) -> String {
        let name = IdPart::of_words(self.app_id.unwrap_or(APP_ID));
        if name.as_str().starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.as_str().to_owned()
        } else {
            // Nor is it an id of an app: the error is about that.
            IdPart::of_words(APP_ID).as_str().to_owned()
        }
    }
}

/// The template.
pub fn text(setup: &InitSetup, of: &InitMacro<'_>) -> String {
    let mut text = format!(
        "AWSTemplateFormatVersion: '2010-09-09-OC'\nDescription: Roles that deploy apps\n\nOrganization: !Include ./{}\n\n",
        setup.organization
    );
    let (region, origin) = of.region;
    let meaning = "IAM is global: the roles are in the stacks of one region. They reach the resources of this region.";
    let origin = match origin {
        RegionOrigin::Given => meaning.to_owned(),
        RegionOrigin::Found(found) => format!("{} {meaning}", named_by(found)),
        RegionOrigin::Unknown => {
            format!("A placeholder: `init` found no region in this repository. {meaning}")
        }
    };
    comment(&mut text, "", &origin);
    let _ = writeln!(
        text,
        "DefaultOrganizationBindingRegion: {}\n",
        scalar(region)
    );
    text.push_str("Resources:\n\n");
    comment(
        &mut text,
        "  ",
        &format!(
            "One macro for each app. `deploy-roles expand` writes what it creates into {}.",
            setup.output
        ),
    );
    let _ = writeln!(text, "  {}: !DeployRoles", of.name());
    arguments(&mut text, of, &setup.ci);
    targets(&mut text, of.stages);
    text
}

/// Which files name the region.
fn named_by(found: &FoundRegion) -> String {
    // A path can have anything in it, and OrgFormation reads comments.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._- ".contains(c);
    let file = if found.file.chars().all(is_plain) {
        found.file.as_str()
    } else {
        "a file of this repository"
    };
    if found.others.is_empty() {
        format!("A guess: {file} names this region.")
    } else {
        let others: Vec<String> = found.others.iter().map(|&name| name.to_owned()).collect();
        format!(
            "A guess: {file} names this region, and there is also {}.",
            names(&others)
        )
    }
}

fn arguments(text: &mut String, of: &InitMacro<'_>, ci: &RepositoryCi) {
    let prefix = "The names of all that the app's stacks create begin with this and a dash.";
    let app_id = of.app_id.unwrap_or(APP_ID);
    if of.app_id.is_none() {
        comment(
            text,
            "    ",
            &format!("A placeholder: write the name of your app, here and above. {prefix}"),
        );
    } else {
        comment(text, "    ", prefix);
    }
    let _ = writeln!(text, "    AppId: {}", scalar(app_id));
    comment(
        text,
        "    ",
        if of.is_guessed {
            "A guess, because of its name: the account that CI signs in to."
        } else {
            "The account that CI signs in to."
        },
    );
    let _ = writeln!(text, "    ToolsAccount: !Ref {}", of.tools);
    trust(text, ci, app_id);
    comment(
        text,
        "    ",
        "A guess: what the app is made of. `deploy-roles infer TEMPLATE` finds it in the app's own template.",
    );
    text.push_str("    Services: [lambda, logs, s3, iam]\n");
    comment(
        text,
        "    ",
        "What deploys the app: serverless, serverless-v4, sam, cdk, or cloudformation.",
    );
    text.push_str("    Framework: serverless\n");
    if of.stages.count >= MANY_ACCOUNTS {
        comment(
            text,
            "    ",
            "There are many accounts: the roles of a stage are written once.",
        );
        text.push_str("    Layout: per-binding\n");
    }
}

/// How CI signs in.
fn trust(text: &mut String, ci: &RepositoryCi, app_id: &str) {
    let user = "How CI signs in: as a user with an access key";
    let (words, lines) = match (&ci.system, &ci.group) {
        (Some((CiSystem::CodeBuild, what)), _) => (
            format!(
                "How CI signs in: as the role of a CodeBuild project. A guess, because of {what}. Its name begins with the AppId and a dash."
            ),
            "    TrustedBy: [CodeBuild]\n".to_owned(),
        ),
        (Some((CiSystem::GitLab, what)), Some((host, group))) => (
            format!(
                "How CI signs in: by OpenID Connect, without a key. A guess, because of {what}: write the path of your app's project, and the branches that deploy. The Tools account needs GitLab as a provider: if it has none, `Provider: create` adds it."
            ),
            gitlab(host, &format!("{group}/{app_id}")),
        ),
        (Some((system, what)), _) if *system != CiSystem::GitHub => (
            format!(
                "{user}, also in {}, which {what} is for. {}",
                system.name(),
                system.without_key()
            ),
            "    TrustedBy: [GitHubUser]\n".to_owned(),
        ),
        _ => (
            format!("{user}. OpenID Connect needs no key, see `TrustedBy`."),
            "    TrustedBy: [GitHubUser]\n".to_owned(),
        ),
    };
    comment(text, "    ", &words);
    text.push_str(&lines);
}

/// The trust in a project of GitLab. What its own hosts say of branches is not compared by IAM.
fn gitlab(host: &str, project: &str) -> String {
    let is_own = host != "gitlab.com";
    let first = if is_own {
        format!("          Host: {}\n", scalar(host))
    } else {
        String::new()
    };
    let last = if is_own {
        ""
    } else {
        "          ProtectedRefs: true\n"
    };
    format!(
        "    TrustedBy:\n      - GitLabOidc:\n{first}          Project: {}\n          Branches: [main]\n{last}",
        scalar(project)
    )
}

fn targets(text: &mut String, of: &GuessedStages) {
    text.push_str("    Targets:\n");
    for stage in &of.stages {
        comment(text, "      ", &reason(stage));
        target(text, stage);
    }
    let others = [
        (
            &of.others.ruled_out,
            "Not a target, because of a name, a tag, or a unit that says what else it is for",
        ),
        (
            &of.others.unknown,
            "Not a target, because nothing says that apps are deployed there",
        ),
        (
            &of.others.unnamable,
            "Not a target, because no macro can write a logical id that does not begin with a letter, or has other characters than letters, digits, `-`, and `_`",
        ),
    ];
    for (accounts, why) in others {
        if !accounts.is_empty() {
            comment(text, "      ", &format!("{why}: {}.", names(accounts)));
        }
    }
}

/// Why the accounts of a stage are its accounts.
fn reason(stage: &GuessedStage) -> String {
    match stage.reasons.as_slice() {
        [] => "A guess: no name, tag, or unit says which stage an account is for, so this is the first that may be for apps.".to_owned(),
        [one] => format!("A guess, because of {one}."),
        [first, second] => format!("A guess, because of {first} and {second}."),
        [first, second, ..] => format!("A guess, because of {first}, {second}, and more."),
    }
}

fn target(text: &mut String, stage: &GuessedStage) {
    let name = stage.name;
    let _ = match &stage.selector {
        StageSelector::Unit(unit) => {
            writeln!(
                text,
                "      {name}:\n        OrganizationalUnit: !Ref {unit}"
            )
        }
        StageSelector::Tag(key, value) => writeln!(
            text,
            "      {name}:\n        Select: $.Organization[?@.Type=='OC::ORG::Account' && @.Properties.Tags.{key}=='{value}']"
        ),
        StageSelector::Accounts(accounts) => match accounts.as_slice() {
            [account] => writeln!(text, "      {name}: !Ref {account}"),
            accounts => {
                let items = accounts
                    .iter()
                    .map(|account| format!("          - !Ref {account}\n"));
                write!(
                    text,
                    "      {name}:\n        Account:\n{}",
                    items.collect::<String>()
                )
            }
        },
    };
}

/// The first of `names`, and how many more there are.
fn names(names: &[String]) -> String {
    let first = names.get(..MOST_NAMES).unwrap_or(names).join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => first,
        more => format!("{first}, and {more} more"),
    }
}

/// Writes `words` as a comment, on as many lines as that takes.
pub(super) fn comment(text: &mut String, indent: &str, words: &str) {
    let mut line = format!("{indent}#");
    for word in words.split(' ') {
        if line.len() + word.len() >= WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = format!("{indent}#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
