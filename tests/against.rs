//! What `diff --against X` compares with where X may be a file and a git revision: in repositories
//! with a base, and a change that widens access and adds files with the names of revisions.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/git.rs"]
mod git;
#[path = "support/program.rs"]
mod program;

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

/// A repository whose base has roles without a service, and whose working tree adds one.
struct Repository {
    folder: TempDir,
}

impl Repository {
    /// The change is committed nowhere; the base is `main`, `origin/main` and `HEAD`.
    fn new() -> Self {
        let repository = Self {
            folder: TempDir::new().unwrap(),
        };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/diff-as-text.in");
        std::fs::create_dir(repository.path().join("org")).unwrap();
        for name in ["organization.yml", "roles.src.yml", "roles.yml"] {
            std::fs::copy(from.join(name), repository.path().join("org").join(name)).unwrap();
        }
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message=base"]);
        repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
        let output = repository.run(&["expand"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git::git(self.path(), arguments)
    }

    /// What the change generates, under another name.
    fn copy_to(&self, name: &str) {
        let to = self.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(self.path().join("org/roles.yml"), to).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        program::run(self.path(), arguments)
    }

    /// The exit code of `diff --fail-on widened --against`, and what it says on standard error.
    fn diff(&self, against: &str, more: &[&str]) -> (Option<i32>, String) {
        let against = format!("--against={against}");
        let options = ["diff", "--only=access", "--fail-on=widened", &against];
        let output = self.run(&[&options, more].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    }
}

fn warning(name: &str) -> String {
    format!(
        "warning: `{name}` is both a git revision and a file: comparing with the revision; `./{name}` always means the file\n"
    )
}

#[test]
fn a_file_with_the_name_of_a_revision_hides_nothing() {
    let repository = Repository::new();
    let commit = repository.git(&["rev-parse", "HEAD"]);
    for name in ["main", "origin/main", "HEAD", &commit] {
        repository.copy_to(name);
        let found = repository.diff(name, &[]);
        assert_eq!(found, (Some(1), warning(name)));
        // Such a change is current: only the comparison with the base shows it.
        let check = repository.run(&["expand", "--check"]);
        assert_eq!(check.status.code(), Some(0), "{check:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_with_the_name_of_a_revision_hides_nothing() {
    let repository = Repository::new();
    std::os::unix::fs::symlink("org/roles.yml", repository.path().join("main")).unwrap();
    assert_eq!(repository.diff("main", &[]), (Some(1), warning("main")));
    // A folder and a link that leads nowhere are nothing to compare with.
    std::os::unix::fs::symlink("nowhere", repository.path().join("HEAD")).unwrap();
    assert_eq!(repository.diff("HEAD", &[]), (Some(1), String::new()));
    std::fs::create_dir_all(repository.path().join("origin/main")).unwrap();
    let found = repository.diff("origin/main", &[]);
    assert_eq!(found, (Some(1), String::new()));
}

#[test]
fn a_path_that_begins_as_one_is_a_file() {
    let repository = Repository::new();
    repository.copy_to("main");
    let absolute = repository.path().join("main").display().to_string();
    let name = repository.path().file_name().unwrap().display();
    for path in ["./main", &format!("../{name}/main"), &absolute] {
        let found = repository.diff(path, &[]);
        assert_eq!(found, (Some(0), String::new()), "{path}");
    }
    let (code, said) = repository.diff("./HEAD", &[]);
    assert_eq!(
        (code, said.as_str()),
        (
            Some(2),
            "error[no-revision]: there is no file `./HEAD`\n |\n = help: check the path: what begins with `./` or `/` is a file, and no git revision\n\n1 error\n"
        )
    );
    let (code, said) = repository.diff("./org", &[]);
    assert_eq!(
        (code, said.as_str()),
        (
            Some(2),
            "error[no-revision]: `./org` is not a regular file\n |\n = help: name a file, or a git revision\n\n1 error\n"
        )
    );
}

#[test]
fn a_name_of_no_revision_is_a_file() {
    let repository = Repository::new();
    repository.copy_to("other.yml");
    let found = repository.diff("other.yml", &[]);
    assert_eq!(found, (Some(0), String::new()));
    // Without a repository, too.
    std::fs::remove_dir_all(repository.path().join(".git")).unwrap();
    repository.copy_to("main");
    assert_eq!(repository.diff("main", &[]), (Some(0), String::new()));
}

#[test]
fn a_full_revision_is_never_a_file() {
    let repository = Repository::new();
    for name in ["refs/remotes/origin/gone", &"0123abcd".repeat(5)] {
        repository.copy_to(name);
        let (code, said) = repository.diff(name, &[]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("is not a git revision"), "{said}");
    }
    let found = repository.diff("refs/remotes/origin/main", &[]);
    assert_eq!(found, (Some(1), String::new()));
}

#[test]
fn a_branch_that_was_not_fetched_comes_with_the_command() {
    let repository = Repository::new();
    for (name, what) in [
        ("origin/next", "is neither a file nor a git revision"),
        ("refs/remotes/origin/next", "is not a git revision"),
    ] {
        let wanted = format!(
            "error[no-revision]: `{name}` {what}\n |\n = help: `git fetch origin` brings it if `origin` has a branch `next`\n\n1 error\n"
        );
        assert_eq!(repository.diff(name, &[]), (Some(2), wanted));
    }
    let (code, said) = repository.diff("next", &[]);
    assert_eq!(code, Some(2));
    assert!(!said.contains("fetch"), "{said}");
}

#[test]
fn the_folder_of_the_output_cannot_turn_a_revision_into_a_file() {
    let repository = Repository::new();
    repository.copy_to("main");
    // It is not there.
    let found = repository.diff("main", &["--out-dir=gone/deep"]);
    assert_eq!(found, (Some(1), warning("main")));
    // It is in no repository.
    let outside = TempDir::new().unwrap();
    let folder = format!("--out-dir={}", outside.path().display());
    let (code, said) = repository.diff("main", &[&folder]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("is a git revision"), "{said}");
    // It is laid out as a repository, with a `main` of its own.
    repository.git(&["clone", "--quiet", "--bare", ".", "bare"]);
    let (code, said) = repository.diff("main", &["--out-dir=bare"]);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn a_link_or_repository_in_place_of_the_folder_hides_nothing() {
    // The base has a folder with what the change generates, and `org` becomes a link to it.
    let repository = Repository::new();
    repository.copy_to("other/roles.yml");
    for name in ["organization.yml", "roles.src.yml"] {
        let from = repository.path().join("org").join(name);
        std::fs::copy(from, repository.path().join("other").join(name)).unwrap();
    }
    let narrow = repository.git(&["show", "main:org/roles.yml"]) + "\n";
    repository.git(&["add", "other"]);
    repository.git(&["commit", "--quiet", "--message=other"]);
    std::fs::rename(repository.path().join("org"), repository.path().join("was")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("other", repository.path().join("org")).unwrap();
    let base = repository.git(&["rev-parse", "main"]);
    assert_ne!(
        repository.git(&["show", "main:other/roles.yml"]) + "\n",
        narrow
    );
    for name in ["main", base.as_str()] {
        let (code, said) = repository.diff(name, &["org"]);
        assert_eq!(code, Some(1), "{name}: {said}");
    }

    // `org` becomes a repository of its own, whose `main` has what the change generates.
    let repository = Repository::new();
    let own = |arguments: &[&str]| repository.git(&[&["-C", "org"], arguments].concat());
    own(&["init", "--quiet", "--initial-branch=main"]);
    own(&["add", "."]);
    own(&["commit", "--quiet", "--message=wide"]);
    let (code, said) = repository.diff("main", &[]);
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn standard_output_has_no_revision() {
    let repository = Repository::new();
    repository.copy_to("main");
    let (code, said) = repository.diff("main", &["--output=-"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("`./main` always means the file"), "{said}");
    let found = repository.diff("./main", &["--output=-"]);
    assert_eq!(found, (Some(0), String::new()));
}

#[test]
fn several_templates_are_compared_with_a_revision_but_not_with_a_file() {
    let repository = Repository::new();
    repository.copy_to("main");
    let roles = repository.path().join("org");
    std::fs::copy(roles.join("roles.src.yml"), roles.join("more.src.yml")).unwrap();
    assert_eq!(repository.diff("main", &[]), (Some(1), warning("main")));
    let (code, said) = repository.diff("./main", &[]);
    let error = "error: `--against FILE` takes one template, but 2 were given\n";
    assert_eq!((code, said.as_str()), (Some(2), error));
}

/// Git stores other line ends than a checkout may have: `expand --check` passes, and nothing differs.
#[test]
fn line_ends_of_a_checkout_are_no_difference() {
    let repository = Repository::new();
    repository.git(&["add", "."]);
    repository.git(&["commit", "--quiet", "--message=wide"]);
    let stored = repository.git(&["show", "HEAD:org/roles.yml"]);
    assert!(!stored.contains('\r'));
    repository.git(&["config", "core.autocrlf", "true"]);
    std::fs::remove_dir_all(repository.path().join("org")).unwrap();
    repository.git(&["checkout", "--quiet", "HEAD", "--", "org"]);
    let roles = repository.path().join("org/roles.yml");
    let there = std::fs::read_to_string(&roles).unwrap();
    assert!(there.contains("\r\n") && repository.git(&["status", "--porcelain"]).is_empty());
    let check = repository.run(&["expand", "--check"]);
    assert_eq!(check.status.code(), Some(0), "{check:?}");

    std::fs::write(repository.path().join("stored.yml"), stored + "\n").unwrap();
    let told = |against: &str, more: &[&str]| {
        let against = format!("--against={against}");
        let options = ["diff", "--exit-code", &against];
        let output = repository.run(&[&options, more].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    };
    for against in ["HEAD", "./stored.yml"] {
        assert_eq!(
            told(against, &["--only=text"]),
            (Some(0), "no changes\n".to_owned())
        );
        let (code, json) = told(against, &["--format=json"]);
        assert_eq!(code, Some(0), "{json}");
        assert!(
            json.contains("\"hunks\": []") && !json.contains("\"differs\": true"),
            "{json}"
        );
        let (code, page) = told(against, &["--format=markdown"]);
        assert_eq!(code, Some(0), "{page}");
        assert!(
            page.contains("no changes") && !page.contains("```"),
            "{page}"
        );
    }
    // What differs apart from line ends is a few lines, not the whole file.
    let (code, json) = told("main~1", &["--only=text", "--format=json"]);
    assert_eq!(code, Some(1), "{json}");
    assert!(
        json.contains("\"added\"") && json.lines().count() < 400,
        "{json}"
    );
    // A file that `expand` would write anew is another one.
    std::fs::write(&roles, there.replace("\r\n", "\n")).unwrap();
    let check = repository.run(&["expand", "--check"]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    let output = repository.run(&["diff", "--exit-code", "--only=text"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(told("HEAD", &["--only=text"]).0, Some(0));
}

/// A template and its output that are both gone are no reason to begin anew, and not the same as before.
#[test]
fn what_is_gone_with_its_template_is_compared() {
    let repository = Repository::new();
    let run = |arguments: &[&str]| {
        let output = repository.run(arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let remove = |name: &str| std::fs::remove_file(repository.path().join(name)).unwrap();
    remove("org/roles.src.yml");
    remove("org/roles.yml");
    for arguments in [
        &["diff", "--against=main"][..],
        &["check", "--against=main"],
    ] {
        let (_, said) = run(arguments);
        assert!(
            said.contains("org/roles.yml is gone with its template"),
            "{said}"
        );
        assert!(said.contains("lose"), "{said}");
        assert!(!said.contains("init"), "{said}");
    }
    let (code, said) = run(&["diff", "--against=main", "--exit-code", "--only=resources"]);
    assert_eq!(code, Some(1), "{said}");
    for arguments in [&["diff"][..], &["expand"], &["check"]] {
        let (code, said) = run(arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains("the last commit has `org/roles.src.yml`"),
            "{said}"
        );
        assert!(!said.contains("init"), "{said}");
    }

    // The same next to another template, which is as it was.
    repository.git(&["checkout", "--quiet", "main", "--", "org"]);
    for name in ["roles.src.yml", "roles.yml"] {
        let folder = repository.path().join("org");
        let other = folder.join(format!("more-{name}"));
        std::fs::copy(folder.join(name), other).unwrap();
    }
    repository.git(&["add", "."]);
    repository.git(&["commit", "--quiet", "--message=more"]);
    remove("org/more-roles.src.yml");
    remove("org/more-roles.yml");
    let (_, said) = run(&["diff", "--against=main"]);
    assert!(
        said.contains("org/more-roles.yml is gone with its template"),
        "{said}"
    );
    assert!(said.contains("lose"), "{said}");
}

/// A template with another name and the stacks that it had is compared with the file that it expanded to before.
#[test]
fn a_renamed_template_is_compared_with_what_it_was() {
    let repository = Repository::new();
    let folder = repository.path().join("org");
    let tasks = folder.join("organization-tasks.yml");
    let text = "Roles: {Type: update-stacks, StackName: deploy-roles, Template: ./roles.yml}\n";
    std::fs::write(&tasks, text).unwrap();
    repository.git(&["add", "."]);
    repository.git(&["commit", "--quiet", "--message=tasks"]);
    std::fs::rename(folder.join("roles.src.yml"), folder.join("apps.src.yml")).unwrap();
    std::fs::remove_file(folder.join("roles.yml")).unwrap();
    let renamed = text.replace("./roles.yml", "./apps.yml");
    std::fs::write(&tasks, &renamed).unwrap();
    assert!(repository.run(&["expand"]).status.success());
    let output = repository.run(&["diff", "--against=main"]);
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(
        out.starts_with("no new access\nnothing refused\n\nno resource changes"),
        "{out}"
    );
    assert!(
        out.contains("--- org/roles.yml at main\n+++ org/apps.yml\n"),
        "{out}"
    );
    assert!(
        err.contains(
            "org/roles.yml is gone with its template; its stacks are those of org/apps.yml now"
        ),
        "{err}"
    );
    // With another name, the stacks are other ones.
    std::fs::write(&tasks, renamed.replace("deploy-roles", "apps-roles")).unwrap();
    let output = repository.run(&["diff", "--against=main"]);
    let out = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(out.contains("maybe refused"), "{out}");
    assert!(out.contains("stays until its stacks are deleted"), "{out}");
}

/// Another account with a name like it is another one: the id says which account was renamed.
#[test]
fn a_renamed_account_is_found_by_its_id() {
    let repository = Repository::new();
    let write =
        |name: &str, text: &str| std::fs::write(repository.path().join(name), text).unwrap();
    let account = |name: &str, id: &str| {
        format!(
            "  {name}: {{ Type: OC::ORG::Account, Properties: {{ AccountName: {name}, AccountId: '{id}' }} }}\n"
        )
    };
    let organization = |accounts: &[(&str, &str)]| {
        let accounts = accounts.iter().map(|(name, id)| account(name, id));
        format!("Organization:\n{}", accounts.collect::<String>())
    };
    let tools = ("Tools", "333333333333");
    write(
        "org/organization.yml",
        &organization(&[tools, ("Prod", "111111111111"), ("Prod2", "222222222222")]),
    );
    write(
        "org/roles.src.yml",
        "AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization: !Include ./organization.yml\nDefaultOrganizationBindingRegion: eu-west-1\nResources:\n  App: !DeployRoles { AppId: app, Services: [], ToolsAccount: !Ref Tools, Targets: { prod: !Ref Prod } }\n",
    );
    repository.git(&["add", "."]);
    repository.git(&["commit", "--quiet", "--message=accounts"]);
    let said = |arguments: &[&str]| {
        let output = repository.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let renamed = organization(&[tools, ("Shop", "111111111111"), ("Prod2", "222222222222")]);
    write("org/organization.yml", &renamed);
    let wanted = "did you mean `Shop`? It has the account id of `Prod`, 111111111111";
    for arguments in [
        &["expand"][..],
        &["diff"],
        &["lint"],
        &["accounts"],
        &["can", "*", "s3:GetObject"],
    ] {
        let said = said(arguments);
        assert!(said.contains(wanted), "{arguments:?}: {said}");
        assert!(!said.contains("Prod2"), "{arguments:?}: {said}");
    }
    // The rename may be committed already.
    repository.git(&["commit", "--quiet", "--all", "--message=rename"]);
    assert!(said(&["expand"]).contains(wanted));

    write(
        "org/organization.yml",
        &organization(&[tools, ("Prod2", "222222222222")]),
    );
    let gone = said(&["expand"]);
    assert!(
        gone.contains(
            "no account has the id of `Prod` any more, 111111111111: name another account"
        ),
        "{gone}"
    );

    // Without git, nobody mistypes the number in a name.
    std::fs::remove_dir_all(repository.path().join(".git")).unwrap();
    let unknown = said(&["expand"]);
    assert!(
        unknown.contains("no account named `Prod`") && !unknown.contains("did you mean"),
        "{unknown}"
    );
}
