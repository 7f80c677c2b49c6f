//! The configuration of pre-commit.

use crate::init::pieces::InitSetup;

/// Its path.
pub const PATH: &str = ".pre-commit-config.yaml";

/// The configuration.
pub fn text(setup: &InitSetup) -> String {
    let (program, folder) = (setup.program(), &setup.folder);
    format!(
        "# pre-commit install --hook-type pre-commit --hook-type pre-push
repos:
  - repo: local
    hooks:
      - id: deploy-roles-check
        name: deploy-roles expand --check
        description: Fails if a generated file is not current, is missing, or was edited by hand
        entry: {program} expand --check {folder}
        language: system
        files: '[.](ya?ml|json|hbs)$'
        pass_filenames: false
      - id: deploy-roles-check-all
        name: deploy-roles check
        description: Before a push, everything that CI checks, but the comparison with what was pushed before
        entry: {program} check {folder}
        language: system
        files: '[.](ya?ml|json|hbs)$'
        pass_filenames: false
        stages: [pre-push]
"
    )
}
