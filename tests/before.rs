//! The accounts that `diff` compares access with.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

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
        let done = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(self.path())
            .status()
            .unwrap();
        assert!(done.success());
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
    assert_eq!(
        repository.said(&arguments),
        ("no new access\n".to_owned(), false)
    );
}
