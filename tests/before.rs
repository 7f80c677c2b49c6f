//! The accounts that `diff` compares access with: today's, and those of the revision that the
//! output is compared with.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/git.rs"]
mod git;

use std::path::Path;
use std::process::Command;

const TEMPLATE: &str = "\
Organization: !Include ./accounts/organization.yml
Resources:
  R:
    Type: AWS::IAM::Role
    OrganizationBinding: { Account: !Ref Dev }
    Properties:
      RoleName: r
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { AWS: !Ref Tools }, Action: 'sts:AssumeRole' }]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - { Effect: Allow, Action: 'iam:PassRole', Resource: !Sub 'arn:aws:iam::${AWS::AccountId}:role/*' }
";

/// What `TEMPLATE` ends in to refuse one role by the number of its account.
const DENY: &str = "              - { Effect: Deny, Action: 'iam:PassRole', Resource: 'arn:aws:iam::111111111111:role/admin' }\n";

fn organization(dev: &str, tools: &str) -> String {
    format!(
        "Organization:\n  Dev:\n    Type: OC::ORG::Account\n    Properties: {{ AccountName: dev, AccountId: '{dev}' }}\n  Tools:\n    Type: OC::ORG::Account\n    Properties: {{ AccountName: tools, AccountId: '{tools}' }}\n"
    )
}

struct Repository(tempfile::TempDir);

impl Repository {
    /// A repository with one commit, of these files.
    fn of(files: &[(&str, &str)]) -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            repository.write(name, text);
        }
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message=base"]);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        git::git(self.path(), arguments);
    }

    /// What `diff` says of access, and whether it fails on widened access.
    fn said(&self, arguments: &[&str]) -> (String, bool) {
        let done = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args(["diff", "--only", "access", "--fail-on", "widened"])
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap();
        assert_ne!(done.status.code(), Some(2), "{done:?}");
        let said = String::from_utf8(done.stdout).unwrap();

        (said, done.status.code() == Some(1))
    }
}

fn both(text: &str) -> [(&str, &str); 2] {
    [("roles.src.yml", text), ("roles.yml", text)]
}

#[test]
fn a_template_without_a_macro_has_accounts() {
    let old = format!("{TEMPLATE}{DENY}");
    let organization = organization("111111111111", "333333333333");
    let repository = Repository::of(&[
        ("new.yml", TEMPLATE),
        ("old.yml", &old),
        ("accounts/organization.yml", &organization),
    ]);
    let arguments = ["--against", "old.yml", "-o", "out.yml", "new.yml"];
    let (said, is_widened) = repository.said(&arguments);
    assert!(is_widened);
    assert!(
        said.contains("allowed now: iam:PassRole on arn:aws:iam::111111111111:role/admin"),
        "{said}"
    );
}

#[test]
fn another_account_does_not_have_the_number() {
    let old = format!("{TEMPLATE}{DENY}");
    let organization = organization("222222222222", "333333333333");
    let repository = Repository::of(&[
        ("new.yml", TEMPLATE),
        ("old.yml", &old),
        ("accounts/organization.yml", &organization),
    ]);
    let arguments = ["--against", "old.yml", "-o", "out.yml", "new.yml"];
    let (said, is_widened) = repository.said(&arguments);
    assert_eq!(
        (said.lines().next(), is_widened),
        (Some("no new access"), false)
    );
}

#[test]
fn an_account_whose_number_changed_is_said() {
    let mut files = both(TEMPLATE).to_vec();
    let before = organization("111111111111", "333333333333");
    files.push(("accounts/organization.yml", &before));
    let repository = Repository::of(&files);
    let arguments = ["--against", "main", "roles.src.yml"];
    let same = repository.said(&arguments);
    assert!(!same.1, "{}", same.0);
    repository.write(
        "accounts/organization.yml",
        &organization("333333333333", "111111111111"),
    );
    let (said, is_widened) = repository.said(&arguments);
    assert!(is_widened, "{said}");
    assert!(
        said.contains("account Dev\n    its account id changed") && said.contains("account Tools"),
        "{said}"
    );
}

#[test]
fn the_number_that_an_account_had_is_not_taken_for_todays() {
    let old = format!("{TEMPLATE}{DENY}");
    let mut files = both(&old).to_vec();
    let before = organization("111111111111", "333333333333");
    files.push(("accounts/organization.yml", &before));
    let repository = Repository::of(&files);
    for (name, text) in both(TEMPLATE) {
        repository.write(name, text);
    }
    repository.write(
        "accounts/organization.yml",
        &organization("222222222222", "333333333333"),
    );
    let (said, is_widened) = repository.said(&["--against", "main", "roles.src.yml"]);
    assert!(is_widened && said.contains("iam:PassRole"), "{said}");
}

#[test]
fn the_organization_of_the_flag_has_its_revision_too() {
    let template = TEMPLATE.split_once('\n').unwrap().1;
    let mut files = both(template).to_vec();
    let before = organization("111111111111", "333333333333");
    files.push(("organization.yml", &before));
    let repository = Repository::of(&files);
    repository.write(
        "organization.yml",
        &organization("111111111111", "222222222222"),
    );
    let arguments = [
        "--organization",
        "organization.yml",
        "--against",
        "main",
        "roles.src.yml",
    ];
    let (said, is_widened) = repository.said(&arguments);
    assert!(is_widened && said.contains("account Tools"), "{said}");
}

#[test]
fn an_organization_that_cannot_be_read_is_said() {
    let mut files = both(TEMPLATE).to_vec();
    files.push(("accounts/organization.yml", "Organization: [\n"));
    let repository = Repository::of(&files);
    repository.write(
        "accounts/organization.yml",
        &organization("111111111111", "333333333333"),
    );
    let (said, is_widened) = repository.said(&["--against", "main", "roles.src.yml"]);
    assert!(
        is_widened && said.contains("as it was before, it cannot be read"),
        "{said}"
    );
}

#[test]
fn a_template_that_is_new_has_todays_accounts() {
    let organization = organization("111111111111", "333333333333");
    let repository = Repository::of(&[("accounts/organization.yml", &organization)]);
    for (name, text) in both(TEMPLATE) {
        repository.write(name, text);
    }
    let (said, _) = repository.said(&["--against", "main", "roles.src.yml"]);
    assert!(said.starts_with("1 principal gains access\n"), "{said}");
}

/// An organization in which a policy from another file limits a unit, if it is attached.
fn limited(attached: &str) -> String {
    let accounts = organization("111111111111", "333333333333");
    format!(
        "{accounts}  Apps:\n    Type: OC::ORG::OrganizationalUnit\n    Properties: {{ OrganizationalUnitName: apps, Accounts: !Ref Dev{attached} }}\n  Scp:\n    Type: OC::ORG::ServiceControlPolicy\n    Properties: {{ PolicyName: scp, PolicyDocument: !Include ./scp.yml }}\n"
    )
}

/// A policy that refuses this action.
fn refuses(action: &str) -> String {
    format!(
        "Version: '2012-10-17'\nStatement: [{{ Effect: Deny, Action: '{action}', Resource: '*' }}]\n"
    )
}

#[test]
fn what_a_policy_of_the_organization_refused_is_said() {
    const ATTACHED: &str = ", ServiceControlPolicies: !Ref Scp";
    let [source, output] = both(TEMPLATE);
    let repository = Repository::of(&[
        source,
        output,
        ("accounts/organization.yml", &limited(ATTACHED)),
        ("accounts/scp.yml", &refuses("iam:*")),
    ]);
    let arguments = ["--against", "HEAD", "roles.src.yml"];
    let (said, is_widened) = repository.said(&arguments);
    assert!(!is_widened, "{said}");

    let lifted = "allowed now: iam:PassRole on arn:aws:iam::111111111111:role/x, without service control policy `scp` of unit `Apps`";
    for (organization, policy) in [
        (limited(""), refuses("iam:*")),
        (limited(ATTACHED), refuses("iam:CreateRole")),
    ] {
        repository.write("accounts/organization.yml", &organization);
        repository.write("accounts/scp.yml", &policy);
        let (said, is_widened) = repository.said(&arguments);
        assert!(is_widened, "{said}");
        assert!(said.contains(lifted), "{said}");
    }
}
