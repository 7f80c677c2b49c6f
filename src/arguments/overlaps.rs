//! Stages whose tokens could deploy a later stage.
//!
//! In: the targets with their trusts. Out: nothing, a diagnostic for each pair of stages, which is
//! refused, or a warning for what any branch can deploy.

use crate::arguments::decoder::Decoder;
use crate::arguments::targets::Target;
use crate::arguments::trusted_by::Trust;
use crate::oidc::any_branch::any_branch;
use crate::oidc::overlap::{StageTrusts, overlaps};

/// Refuses a wildcard of one stage that accepts the tokens of an earlier one, and warns of stages that
/// any branch can deploy.
pub(super) fn check(decoder: &mut Decoder<'_>, targets: &[Target]) {
    let stages: Vec<StageTrusts<'_>> = targets.iter().map(trusts_of).collect();
    for problem in overlaps(&stages).into_iter().chain(any_branch(&stages)) {
        decoder.reader.problem(problem);
    }
}

fn trusts_of(target: &Target) -> StageTrusts<'_> {
    let trusts = target.arguments.trusted_by.iter();
    let trusts = trusts.filter_map(|trust| match &trust.value {
        Trust::Oidc(oidc) => Some(oidc.as_ref()),
        _ => None,
    });
    StageTrusts {
        stage: &target.stage.value,
        trusts: trusts.collect(),
    }
}
