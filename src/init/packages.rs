//! How a repository installs packages of npm.
//!
//! In: `package.json`, and the names next to it. Out: an [`NpmProject`], which says how the tool is
//! installed, added, and run there. Refuses nothing.

/// What the repository installs by npm, or by what takes its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct NpmProject {
    /// `package.json` names deploy-roles.
    pub has_tool: bool,
    /// `package.json` names OrgFormation.
    pub has_orgformation: bool,
    /// There is a `package.json`.
    pub has_package: bool,
    /// There is a lock file.
    pub has_lock: bool,
    /// What installs packages.
    pub manager: PackageManager,
}

/// What installs packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PackageManager {
    /// npm.
    #[default]
    Npm,
    /// Yarn before version 2.
    YarnClassic,
    /// Yarn from version 2 on.
    Yarn,
    /// pnpm.
    Pnpm,
    /// Bun.
    Bun,
}

/// The lock files, those that `npm ci` reads first.
const LOCKS: [(&str, PackageManager); 6] = [
    ("package-lock.json", PackageManager::Npm),
    ("npm-shrinkwrap.json", PackageManager::Npm),
    ("pnpm-lock.yaml", PackageManager::Pnpm),
    ("yarn.lock", PackageManager::YarnClassic),
    ("bun.lock", PackageManager::Bun),
    ("bun.lockb", PackageManager::Bun),
];

/// What only later versions of Yarn have in the root.
const YARN: [&str; 3] = [".yarnrc.yml", ".pnp.cjs", ".yarn"];

impl NpmProject {
    /// What `package.json` and the `names` next to it say.
    pub fn of(package: Option<&str>, names: &[String]) -> Self {
        let has_package = package.is_some();
        let package = package.unwrap_or_default();
        let manager = PackageManager::of(package, names);
        let mut locks = LOCKS.iter();
        Self {
            has_package,
            has_tool: package.contains("\"deploy-roles\""),
            has_orgformation: package.contains("\"aws-organization-formation\""),
            has_lock: locks.any(|(name, own)| {
                let is_yarn = manager == PackageManager::Yarn && *name == "yarn.lock";
                (*own == manager || is_yarn) && names.iter().any(|there| there == name)
            }),
            manager,
        }
    }
}

impl PackageManager {
    /// The one that `package.json` names, or else that of the lock file.
    fn of(package: &str, names: &[String]) -> Self {
        let is_there = |name: &str| names.iter().any(|own| own == name);
        let named = package.split_once("\"packageManager\"");
        let named = named.and_then(|(_, after)| after.split('"').nth(1));
        let (name, version) = named
            .unwrap_or_default()
            .split_once('@')
            .unwrap_or_default();
        let mut locks = LOCKS.iter();
        match name {
            "npm" => PackageManager::Npm,
            "pnpm" => PackageManager::Pnpm,
            "bun" => PackageManager::Bun,
            "yarn" if version.starts_with("1.") => PackageManager::YarnClassic,
            "yarn" => PackageManager::Yarn,
            _ => match locks.find(|(name, _)| is_there(name)) {
                Some((_, PackageManager::YarnClassic))
                    if YARN.iter().any(|name| is_there(name)) =>
                {
                    PackageManager::Yarn
                }
                Some((_, manager)) => *manager,
                None => PackageManager::Npm,
            },
        }
    }

    /// What runs a program that is installed, and never installs one.
    pub fn runner(self) -> &'static str {
        match self {
            PackageManager::Npm | PackageManager::YarnClassic | PackageManager::Bun => "npx --no",
            PackageManager::Yarn => "yarn run",
            PackageManager::Pnpm => "pnpm exec",
        }
    }

    /// The command that installs what the lock file says, and runs nothing of it.
    pub fn install(self) -> &'static str {
        match self {
            PackageManager::Npm | PackageManager::Bun => "npm ci --ignore-scripts",
            PackageManager::YarnClassic => "yarn install --frozen-lockfile --ignore-scripts",
            PackageManager::Yarn => "corepack enable && yarn install --immutable --mode=skip-build",
            PackageManager::Pnpm => {
                "corepack enable && pnpm install --frozen-lockfile --ignore-scripts"
            }
        }
    }

    /// What that is called in a sentence.
    pub fn installer(self) -> &'static str {
        match self {
            PackageManager::Npm | PackageManager::Bun => "npm ci",
            PackageManager::YarnClassic | PackageManager::Yarn => "yarn install",
            PackageManager::Pnpm => "pnpm install",
        }
    }

    /// The command that adds the tool.
    pub fn add(self) -> &'static str {
        match self {
            PackageManager::Npm => "npm install --save-dev deploy-roles",
            PackageManager::YarnClassic | PackageManager::Yarn => "yarn add --dev deploy-roles",
            PackageManager::Pnpm => "pnpm add --save-dev deploy-roles",
            PackageManager::Bun => "bun add --dev deploy-roles",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_says_what_installs() {
        let of = |package: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let found = NpmProject::of(Some(package), &names);
            (found.manager, found.has_lock)
        };
        assert_eq!(of("{}", &[]), (PackageManager::Npm, false));
        assert_eq!(
            of("{}", &["npm-shrinkwrap.json"]),
            (PackageManager::Npm, true)
        );
        assert_eq!(
            of("{}", &["yarn.lock", "package-lock.json"]),
            (PackageManager::Npm, true)
        );
        assert_eq!(
            of("{}", &["yarn.lock"]),
            (PackageManager::YarnClassic, true)
        );
        assert_eq!(
            of("{}", &["yarn.lock", ".yarnrc.yml"]),
            (PackageManager::Yarn, true)
        );
        assert_eq!(of("{}", &["bun.lockb"]), (PackageManager::Bun, true));
        let named = |name: &str| format!("{{\"packageManager\": \"{name}\"}}");
        let locks = &["package-lock.json"];
        assert_eq!(
            of(&named("pnpm@9.0.0"), locks),
            (PackageManager::Pnpm, false)
        );
        assert_eq!(
            of(&named("yarn@4.1.0"), &["yarn.lock"]),
            (PackageManager::Yarn, true)
        );
        assert_eq!(
            of(&named("yarn@1.22.22"), locks),
            (PackageManager::YarnClassic, false)
        );
        assert_eq!(of(&named("npm@10.0.0"), locks), (PackageManager::Npm, true));
    }
}
