//! A workflow of GitHub Actions for pull requests, with the action that it runs.
//!
//! The action is a copy of this repository's: it is as pinned as the workflow itself.

use crate::init::pieces::InitSetup;

/// The workflow's path.
pub const PATH: &str = ".github/workflows/deploy-roles.yml";

/// The action: paths and texts.
pub const ACTION: &[(&str, &str)] = &[
    (
        ".github/actions/deploy-roles/action.yml",
        include_str!("../../../.github/actions/diff/action.yml"),
    ),
    (
        ".github/actions/deploy-roles/run",
        include_str!("../../../.github/actions/diff/run"),
    ),
];

/// The workflow.
pub fn text(setup: &InitSetup) -> String {
    let (folder, install) = (&setup.folder, setup.npm.manager.install());
    format!(
        "# On a pull request: a comment that says who gains access and whether the change deploys, and annotations.
# It fails if a generated file is not current, or if CloudFormation would refuse the change.
name: Deploy roles

on:
  pull_request:

permissions: {{}}

concurrency:
  group: deploy-roles-${{{{ github.event.number }}}}
  cancel-in-progress: true

jobs:
  check:
    name: Check deploy roles
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions:
      contents: read # to check out
      pull-requests: write # to write the comment
    steps:
      - name: Check out
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - name: Install
        run: {install}
      - name: Check
        uses: $/.github/actions/deploy-roles
        with:
          program: node_modules/.bin/deploy-roles
          templates: {folder}
          fail-on: refused # add `widened` to fail if anybody gains access
"
    )
}
