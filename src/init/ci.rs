//! Where a repository's CI runs, and how an app's CI can sign in there.
//!
//! In: the names in its root, and the configuration of git. Out: the [`CiSystem`]s that are used. Refuses
//! nothing: what is not known, such as the id of a workspace, is not made up.

/// A system that runs CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CiSystem {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Azure Pipelines.
    Azure,
    /// `CircleCI`.
    CircleCi,
    /// Buildkite.
    Buildkite,
    /// Jenkins.
    Jenkins,
    /// AWS `CodeBuild`.
    CodeBuild,
}

/// What is in the root of a repository that uses a system; those that also host repositories first.
const FILES: [(&str, CiSystem); 9] = [
    (".github", CiSystem::GitHub),
    (".gitlab-ci.yml", CiSystem::GitLab),
    ("bitbucket-pipelines.yml", CiSystem::Bitbucket),
    ("azure-pipelines.yml", CiSystem::Azure),
    (".circleci", CiSystem::CircleCi),
    (".buildkite", CiSystem::Buildkite),
    ("Jenkinsfile", CiSystem::Jenkins),
    ("buildspec.yml", CiSystem::CodeBuild),
    ("buildspec.yaml", CiSystem::CodeBuild),
];

/// The CI of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryCi {
    /// The system, and what says so: a file, or the host of the remote `origin`.
    pub system: Option<(CiSystem, String)>,
    /// Host and group of the remote `origin`, if that is at GitLab.
    pub group: Option<(String, String)>,
}

impl RepositoryCi {
    /// That of a repository with these `names` in its root, and this `.git/config`. GitHub comes before
    /// others.
    pub fn of(names: &[String], config: &str) -> Self {
        let remote = origin(config);
        let host = remote.as_ref().map(|(host, _)| host.as_str());
        let host = host.unwrap_or_default();
        let of_host = match host {
            "github.com" => Some(CiSystem::GitHub),
            "bitbucket.org" => Some(CiSystem::Bitbucket),
            host if host.split('.').any(|part| part == "gitlab") => Some(CiSystem::GitLab),
            _ => None,
        };
        let of_host = of_host.map(|system| (system, host.to_owned()));
        let is_there = |name: &str| names.iter().any(|own| own == name);
        let mut files = FILES.iter().filter(|(name, _)| is_there(name));
        let of_file = files.next();
        let of_file = of_file.map(|(name, system)| (*system, (*name).to_owned()));
        let is_github = |found: &Option<(CiSystem, String)>| {
            found
                .as_ref()
                .is_some_and(|(own, _)| *own == CiSystem::GitHub)
        };
        let system = if is_github(&of_host) {
            of_host
        } else {
            of_file.or(of_host)
        };
        let is_gitlab = system
            .as_ref()
            .is_some_and(|(own, _)| *own == CiSystem::GitLab);
        Self {
            system,
            group: remote.filter(|_| is_gitlab),
        }
    }

    /// Whether nothing speaks against a workflow of GitHub Actions.
    pub fn may_be_github(&self) -> bool {
        let system = self.system.as_ref();
        system.is_none_or(|(system, _)| *system == CiSystem::GitHub)
    }
}

impl CiSystem {
    /// How its pipelines can sign in without a key of their own, and what for that is not known here.
    pub fn without_key(self) -> &'static str {
        match self {
            CiSystem::GitHub | CiSystem::CodeBuild => "",
            CiSystem::GitLab => {
                "OpenID Connect needs no key: `GitLabOidc` takes the path of your app's project."
            }
            CiSystem::Bitbucket => {
                "OpenID Connect needs no key: `BitbucketOidc` takes the ids of your workspace and repository."
            }
            CiSystem::CircleCi => {
                "OpenID Connect needs no key: `CircleCiOidc` takes the ids of your organization and project."
            }
            CiSystem::Buildkite => {
                "OpenID Connect needs no key: `BuildkiteOidc` takes the names of your organization and pipeline."
            }
            CiSystem::Azure | CiSystem::Jenkins => {
                "If its jobs have a role of their own, trust that instead: `Principal`."
            }
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            CiSystem::GitHub => "GitHub Actions",
            CiSystem::GitLab => "GitLab CI",
            CiSystem::Bitbucket => "Bitbucket Pipelines",
            CiSystem::Azure => "Azure Pipelines",
            CiSystem::CircleCi => "CircleCI",
            CiSystem::Buildkite => "Buildkite",
            CiSystem::Jenkins => "Jenkins",
            CiSystem::CodeBuild => "CodeBuild",
        }
    }
}

/// Host and group of the remote `origin`, if that has both and they can be written as they are.
fn origin(config: &str) -> Option<(String, String)> {
    let lines = config.lines().map(str::trim);
    let mut lines = lines
        .skip_while(|line| *line != "[remote \"origin\"]")
        .skip(1);
    let url = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix("url")?.trim_start().strip_prefix('='))?;
    let url = url.trim();
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        // As scp writes it: git@host:path.
        None => url.split_once(':')?,
    };
    let host = host.rsplit('@').next()?;
    let host = host.split(':').next()?.to_ascii_lowercase();
    let (group, _) = path.trim_matches('/').rsplit_once('/')?;
    let is_plain = |text: &str| {
        let is_usual = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_usual)
    };
    (is_plain(&host) && is_plain(group)).then(|| (host, group.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_has_a_host_and_a_group() {
        let origin = |url: &str| {
            let config = format!(
                "[core]\n\tbare = false\n[remote \"upstream\"]\n\turl = https://a.example/b/c\n[remote \"origin\"]\n\tfetch = +x\n\turl = {url}\n[branch \"main\"]\n"
            );
            origin(&config).map_or_else(String::new, |(host, group)| format!("{host} {group}"))
        };
        for (url, wanted) in [
            ("git@gitlab.com:acme/infra.git", "gitlab.com acme"),
            (
                "https://gitlab.com/acme/apps/infra.git",
                "gitlab.com acme/apps",
            ),
            (
                "https://user:secret@GitLab.com/acme/infra",
                "gitlab.com acme",
            ),
            (
                "ssh://git@gitlab.example.com:2222/acme/infra.git",
                "gitlab.example.com acme",
            ),
            ("../elsewhere", ""),
            ("/srv/git/infra.git", ""),
            ("https://gitlab.com/infra", ""),
            ("git@gitlab.com:'a b'/infra", ""),
        ] {
            assert_eq!(origin(url), wanted, "{url}");
        }
        assert_eq!(super::origin(""), None);
    }

    #[test]
    fn what_is_there_says_where_ci_runs() {
        let of = |names: &[&str], url: &str| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let config = format!("[remote \"origin\"]\n\turl = {url}\n");
            let found = RepositoryCi::of(&names, &config);
            let system = found
                .system
                .map(|(system, what)| format!("{} {what}", system.name()));
            (
                system.unwrap_or_default(),
                found.group.map_or_else(String::new, |(_, group)| group),
            )
        };
        let no = String::new;
        let is = |system: &str| (system.to_owned(), no());
        assert_eq!(of(&[], ""), is(""));
        assert_eq!(
            of(&["buildspec.yml", ".gitlab-ci.yml"], ""),
            is("GitLab CI .gitlab-ci.yml")
        );
        assert_eq!(
            of(&[".github", ".gitlab-ci.yml"], ""),
            is("GitHub Actions .github")
        );
        let github = "git@github.com:acme/infra.git";
        assert_eq!(
            of(&["buildspec.yml"], github),
            is("GitHub Actions github.com")
        );
        let gitlab = "git@gitlab.com:acme/infra.git";
        assert_eq!(
            of(&[], gitlab),
            ("GitLab CI gitlab.com".to_owned(), "acme".to_owned())
        );
        assert_eq!(
            of(&["buildspec.yml"], gitlab),
            is("CodeBuild buildspec.yml")
        );
        assert_eq!(
            of(&[], "https://bitbucket.org/a/b"),
            is("Bitbucket Pipelines bitbucket.org")
        );
    }
}
