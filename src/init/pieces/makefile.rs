//! Targets of make: a Makefile, or a file that a Makefile includes.

use crate::init::pieces::InitSetup;
use crate::init::pieces::editor::SCHEMA;
use crate::init::pieces::roles::comment;

/// The Makefiles that make looks for.
pub const MAKEFILES: &[&str] = &["GNUmakefile", "makefile", "Makefile"];

/// The file with the targets.
pub fn path(setup: &InitSetup) -> &'static str {
    if setup.has_makefile {
        "deploy-roles.mk"
    } else {
        "Makefile"
    }
}

/// The targets. Those that a Makefile includes have a prefix, so that they differ from its own, and so has
/// the variable that is set whatever the Makefile says.
pub fn text(setup: &InitSetup) -> String {
    let head = if setup.has_makefile {
        "# Targets for the deploy roles, included by the Makefile.\n"
    } else {
        ""
    };
    let help = if setup.has_makefile {
        ""
    } else {
        "help: ## list the targets\n\t@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf \"%-9s\", $$1; print $$2}' $(firstword $(MAKEFILE_LIST))\n"
    };
    let first = if setup.has_makefile { "" } else { "help " };
    let orgformation = if setup.npm.has_orgformation {
        format!("{} org-formation", setup.npm.manager.runner())
    } else {
        "org-formation".to_owned()
    };
    let (folder, tasks) = (&setup.folder, &setup.run);
    let program = program(setup);
    let mut guess = String::new();
    if !setup.other_runs.is_empty() {
        let others = setup.other_runs.join(", ");
        comment(
            &mut guess,
            "",
            &format!("A guess: you run {tasks}, and not {others}."),
        );
    }
    let (p, base) = if setup.has_makefile {
        ("roles-", "ROLES_BASE")
    } else {
        ("", "BASE")
    };
    format!(
        "{head}DEPLOY_ROLES ?= {program}
ORG_FORMATION ?= {orgformation}
ROLES ?= {folder}
AGAINST ?= origin/main

.PHONY: {first}{p}expand {p}schema {p}diff {p}lint {p}check {p}deploy
{help}{p}expand: {p}schema ## write the roles of every template
\t$(DEPLOY_ROLES) expand $(ROLES)
{p}schema: ## write what your editor completes and checks macros with
\t$(DEPLOY_ROLES) schema $(ROLES) > {SCHEMA}
{p}diff: ## show what that changes, compared with AGAINST=origin/main
\t$(DEPLOY_ROLES) diff $({base}) $(ROLES)
{p}lint: ## show warnings and notes about the templates
\t$(DEPLOY_ROLES) lint $(ROLES)
{p}check: ## fail if a generated file is not current, and show what the change gives
\t$(DEPLOY_ROLES) check $({base}) $(ROLES)
{guess}{p}deploy: {p}check ## deploy with OrgFormation
\t$(ORG_FORMATION) perform-tasks {tasks}
# As long as there is no such revision, nothing is compared with it.
{base} = $(shell git rev-parse --quiet --verify $(AGAINST) >/dev/null 2>&1 && echo --against $(AGAINST))
"
    )
}

/// How the targets call the tool. Until `package.json` names it, it may be installed by npm or in another way.
fn program(setup: &InitSetup) -> String {
    if setup.npm.has_package && !setup.npm.has_tool {
        "$(or $(wildcard node_modules/.bin/deploy-roles),deploy-roles)".to_owned()
    } else {
        setup.program()
    }
}

/// Whether a line of a Makefile runs deploy-roles, or includes its targets.
pub fn runs_tool(makefile: &str) -> bool {
    makefile.lines().any(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.match_indices("deploy-roles");
        words.any(|(at, word)| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            let after = line.get(at + word.len()..).unwrap_or_default();
            let is_in_word = |c: char| c.is_alphanumeric() || "-_.".contains(c);
            let after = after.strip_prefix(".mk").unwrap_or(after);
            !before.is_some_and(is_in_word)
                && !after.starts_with(|c: char| is_in_word(c) || c == '/')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_makefile_that_runs_the_tool_is_known_by_its_lines() {
        for line in [
            "\tdeploy-roles expand",
            "\t@npx --no deploy-roles diff",
            "-include deploy-roles.mk",
            "include mk/deploy-roles.mk",
            "DEPLOY_ROLES ?= node_modules/.bin/deploy-roles # ours",
            "X := $(shell deploy-roles schema)",
        ] {
            assert!(runs_tool(&format!("all:\n{line}\n")), "{line}");
        }
        for line in [
            "# see the wiki page on deploy-roles",
            "\techo # deploy-roles",
            "\tcd deploy-roles/ && make",
            "\tcd legacy-deploy-roles && make",
            "\tcat deploy-roles-tasks.yml deploy-roles.yml",
        ] {
            assert!(!runs_tool(&format!("all:\n{line}\n")), "{line}");
        }
    }
}
