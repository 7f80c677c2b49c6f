//! A template that names its folder of partials (`Definitions.DeployRoles.Partials`): every command
//! that reads templates uses that folder, without a flag. The templates use a service that only their
//! own partials have, so that a command that reads none fails.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/git.rs"]
mod git;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The action that the own partial of a folder allows.
fn partial(action: &str) -> String {
    format!(
        "PolicyName: DeploySearch\nAttach: inline\nStatement:\n  - {{ Sid: Search, Effect: Allow, Action: '{action}', Resource: !Sub 'arn:${{AWS::Partition}}:es:*:${{AWS::AccountId}}:domain/{{{{appId}}}}-*' }}\n"
    )
}

fn template(app: &str, partials: &str) -> String {
    format!(
        "\
AWSTemplateFormatVersion: '2010-09-09-OC'
Organization: !Include {up}organization.yml
DefaultOrganizationBindingRegion: eu-west-1

Definitions:
  DeployRoles: {{ Partials: {partials}, ToolsAccount: !Ref ToolsAccount, Targets: {{ dev: !Ref DevAccount }} }}

Resources:
  {app}: !DeployRoles {{ AppId: {app}, Framework: cloudformation, Services: [search] }}
",
        up = if app == "orders" { "./" } else { "../" }
    )
}

/// A repository with two templates in two folders, each with partials of its own.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self {
            folder: TempDir::new().unwrap(),
        };
        let organization =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/minimal/organization.yml");
        repository.write(
            "org/organization.yml",
            &std::fs::read_to_string(organization).unwrap(),
        );
        repository.write("org/roles.src.yml", &template("orders", "./partials"));
        repository.write(
            "org/partials/services/search.hbs",
            &partial("es:CreateDomain"),
        );
        repository.write("org/shop/roles.src.yml", &template("shop", "../others"));
        repository.write(
            "org/others/services/search.hbs",
            &partial("es:DeleteDomain"),
        );
        git::git(
            repository.path(),
            &["init", "--quiet", "--initial-branch=main"],
        );
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
        command.args(arguments).current_dir(self.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The standard output of a run that succeeds.
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The standard error of a run that is refused.
    fn is_refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn every_command_reads_the_partials_of_each_template() {
    let repository = Repository::new();
    let app = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n";
    repository.write("app.yml", app);
    for arguments in [
        &["lint", "--fail-on", "note"][..],
        &["accounts"],
        &["accounts", "--select", "$.Organization.DevAccount"],
        &["graph"],
        &["graph", "--format", "svg"],
        &["workflow", "--macro", "shop"],
        &["infer", "app.yml", "--macro", "shop"],
        &["diff"],
        &["diff", "--format", "html"],
        &["expand"],
        &["expand", "--check"],
        &["expand", "--print-path", "org"],
        &["expand", "--out-dir", "generated", "org/shop/roles.src.yml"],
    ] {
        repository.succeeds(arguments);
    }
    for file in ["org/roles.yml", "org/shop/roles.yml", "generated/roles.yml"] {
        let text = repository.read(file);
        let of_orders = file == "org/roles.yml";
        assert_eq!(text.contains("es:CreateDomain"), of_orders, "{file}");
        assert_eq!(text.contains("es:DeleteDomain"), !of_orders, "{file}");
    }
}

#[test]
fn diff_against_a_revision_reads_the_partials_of_today() {
    let repository = Repository::new();
    repository.succeeds(&["expand"]);
    git::git(repository.path(), &["add", "."]);
    git::git(repository.path(), &["commit", "--quiet", "--message=base"]);
    let text = repository.succeeds(&["diff", "--against", "main"]);
    assert_eq!(text, "no changes\n");
    repository.write(
        "org/others/services/search.hbs",
        &partial("es:UpdateDomainConfig"),
    );
    let text = repository.succeeds(&["diff", "--against", "main", "--only", "access"]);
    assert!(text.contains("es:UpdateDomainConfig"), "{text}");
    assert!(text.contains("shop-CloudFormationExecutionRole"), "{text}");
    assert!(
        !text.contains("orders-CloudFormationExecutionRole"),
        "{text}"
    );
}

#[test]
fn a_template_from_standard_input_is_in_the_current_folder() {
    let repository = Repository::new();
    let expanded = |template: &str| {
        let mut command = repository.command(&["expand", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(template.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    };
    let here = template("orders", "./org/others").replace("./organization", "./org/organization");
    let output = expanded(&here);
    assert!(output.status.success(), "{output:?}");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("es:DeleteDomain")
    );
    let output = expanded(&here.replace("./org/others", "./others"));
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("there is no folder `others`\n --> <stdin>:6:"),
        "{said}"
    );
}

#[test]
fn the_flag_may_name_the_same_folder_and_no_other() {
    let repository = Repository::new();
    for same in ["org/partials", "org/partials/", "./org/shop/../partials"] {
        repository.succeeds(&["expand", "--partials", same, "org/roles.src.yml"]);
    }
    // One template of the run names the folder, the other does not.
    let said = repository.is_refused(&["expand", "--partials", "org/partials"]);
    assert!(said.contains("error[conflicting-partials]"), "{said}");
    assert!(said.contains("--> org/shop/roles.src.yml:6:"), "{said}");
    assert!(said.contains("1 error; nothing was written"), "{said}");
}

#[test]
fn an_output_never_replaces_a_partial() {
    let repository = Repository::new();
    let partial = "org/partials/services/search.hbs";
    let said = repository.is_refused(&["expand", "--force", "-o", partial, "org/roles.src.yml"]);
    assert!(said.contains("is read for this template"), "{said}");
}

#[test]
fn the_folder_must_be_in_the_repository_or_the_include_root() {
    let outside = TempDir::new().unwrap();
    std::fs::create_dir(outside.path().join("services")).unwrap();
    std::fs::write(
        outside.path().join("services/search.hbs"),
        partial("es:CreateDomain"),
    )
    .unwrap();
    let repository = Repository::new();
    let root = outside
        .path()
        .parent()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let arguments = ["expand", "org/roles.src.yml"];
    let allowed = ["expand", "--include-root", &root, "org/roles.src.yml"];
    for named in [
        outside.path().to_str().unwrap(),
        "/no/such/folder",
        "../../no-such-folder",
    ] {
        repository.write("org/roles.src.yml", &template("orders", named));
        let said = repository.is_refused(&arguments);
        assert!(said.contains("error[outside-partials]"), "{named}: {said}");
        assert!(said.contains("--> org/roles.src.yml:6:"), "{named}: {said}");
    }
    repository.write(
        "org/roles.src.yml",
        &template("orders", outside.path().to_str().unwrap()),
    );
    repository.succeeds(&allowed);
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_repository() {
    use std::os::unix::fs::symlink;

    let outside = TempDir::new().unwrap();
    let secret = outside.path().join("search.hbs");
    std::fs::write(&secret, partial("es:CreateDomain")).unwrap();
    let repository = Repository::new();
    let arguments = ["expand", "org/roles.src.yml"];

    // The folder itself is a link.
    symlink(outside.path(), repository.path().join("org/linked")).unwrap();
    repository.write("org/roles.src.yml", &template("orders", "./linked"));
    let said = repository.is_refused(&arguments);
    assert!(
        said.contains("error[outside-partials]: `org/linked` is outside"),
        "{said}"
    );

    // A partial is a link.
    repository.write("org/roles.src.yml", &template("orders", "./partials"));
    let partial = repository.path().join("org/partials/services/search.hbs");
    std::fs::remove_file(&partial).unwrap();
    symlink(&secret, &partial).unwrap();
    let said = repository.is_refused(&arguments);
    let problem = "error[outside-partials]: `org/partials/services/search.hbs` is outside";
    assert!(said.contains(problem), "{said}");

    // A link that stays inside is fine.
    std::fs::remove_file(&partial).unwrap();
    symlink(
        repository.path().join("org/others/services/search.hbs"),
        &partial,
    )
    .unwrap();
    repository.succeeds(&arguments);
    assert!(repository.read("org/roles.yml").contains("es:DeleteDomain"));
}

#[cfg(unix)]
#[test]
fn infer_writes_through_no_link_that_leads_out() {
    use std::os::unix::fs::symlink;

    let outside = TempDir::new().unwrap();
    let target = outside.path().join("ecs.hbs");
    std::fs::write(&target, "untouched").unwrap();
    let repository = Repository::new();
    repository.write(
        "app.yml",
        "Resources:\n  Main:\n    Type: AWS::ECS::Cluster\n",
    );
    let arguments = ["infer", "app.yml", "--write-partials", "written"];
    let is_refused = |said: &str| {
        let found = repository.is_refused(&arguments);
        assert!(found.contains(said), "{found}");
        let files = std::fs::read_dir(outside.path()).unwrap().count();
        assert_eq!(files, 1);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
    };

    // The file that would be written is a link to no file yet.
    std::fs::create_dir_all(repository.path().join("written/services")).unwrap();
    let file = repository.path().join("written/services/ecs.hbs");
    symlink(outside.path().join("new.hbs"), &file).unwrap();
    is_refused("error[");
    // Such a link inside is told from a file that cannot be read.
    std::fs::remove_file(&file).unwrap();
    symlink("gone.hbs", &file).unwrap();
    is_refused(
        "cannot read `written/services/ecs.hbs`: it is a link to `gone.hbs`, which leads to no file",
    );
    // The folder of the services is a link.
    std::fs::remove_dir_all(repository.path().join("written/services")).unwrap();
    symlink(outside.path(), repository.path().join("written/services")).unwrap();
    is_refused("error[outside-partials]");
    // The folder of the partials is a link.
    std::fs::remove_dir_all(repository.path().join("written")).unwrap();
    symlink(outside.path(), repository.path().join("written")).unwrap();
    is_refused("error[outside-partials]: `written` is a link to `");
    std::fs::remove_file(repository.path().join("written")).unwrap();
    // A link that stays inside is fine.
    repository.write("written/others/readme.txt", "");
    symlink("others", repository.path().join("written/services")).unwrap();
    repository.succeeds(&arguments);
    assert!(
        repository
            .read("written/others/ecs.hbs")
            .contains("ecs:CreateCluster")
    );
}
