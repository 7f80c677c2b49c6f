//! Stages whose tokens could deploy another stage.
//!
//! In: the targets with their trusts. Out: nothing, or a diagnostic for each pair of stages, which
//! is refused.

use crate::arguments::decoder::Decoder;
use crate::arguments::targets::Target;
use crate::arguments::trusted_by::Trust;
use crate::oidc::overlap::{StageTrusts, overlaps};

/// Refuses a wildcard of one stage that accepts the tokens of another.
pub(super) fn check(decoder: &mut Decoder<'_>, targets: &[Target]) {
    let stages: Vec<StageTrusts<'_>> = targets.iter().map(trusts_of).collect();
    for problem in overlaps(&stages) {
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
