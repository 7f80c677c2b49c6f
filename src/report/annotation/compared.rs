//! All that comparisons found to annotations.
//!
//! In: comparisons, and what `deploy` found. Out: their [`Annotation`]s. Refuses nothing.

use std::collections::BTreeSet;

use crate::deploy::Deployment;
use crate::diff::Comparison;
use crate::report::access::accesses;
use crate::report::annotation::Annotation;
use crate::report::annotation::access::of_access;
use crate::report::annotation::deployment::of_deployment;
use crate::report::escape::visible;

/// What a comparison found, and whether it can be deployed. What is about a file that is gone has no place,
/// since there is no line to show it at, and names the file.
pub(in crate::report) fn of_comparisons(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
) -> Vec<Annotation> {
    let gone = comparisons.iter().filter(|one| one.is_gone);
    let gone: BTreeSet<&str> = gone.map(|one| one.path.as_str()).collect();
    let deployed = deployment.into_iter().flat_map(of_deployment);
    let found = accesses(comparisons).flat_map(of_access).chain(deployed);
    let placed = found.map(|mut one| {
        if let Some(place) = one.place.take_if(|place| gone.contains(&*place.path)) {
            one.message = format!("{} (gone): {}", visible(&place.path), one.message);
        }
        one
    });
    placed.collect()
}
