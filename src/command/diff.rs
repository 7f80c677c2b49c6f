//! `deploy-roles diff`
use crate::cli::Diff;
use crate::command::{Outcome, Streams};
/// x
/// # Errors
/// x
pub fn run(_arguments: &Diff, _streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    anyhow::bail!("wip")
}
