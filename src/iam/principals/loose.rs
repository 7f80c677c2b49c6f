//! Policies that may apply to principals that the file does not have.
//!
//! In: a file, what its resources say of attachments, and its principals. Out: places of resources. Refuses nothing.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashSet;

use crate::iam::principals::{Facts, PolicyTarget, Principal, Source};
use crate::template::resources::{Body, File, Place};

/// The policies that apply to no principal of the file, or may also apply to others.
pub(super) fn loose(
    file: &File<'_>,
    facts: &[Option<Rc<Facts>>],
    principals: &[Principal],
) -> BTreeSet<usize> {
    let sources = |principal: &Principal| {
        let all = principal.policies.iter().chain(&principal.boundary);
        let all = all.filter_map(|source| match source {
            Source::Resource(at) => Some(*at),
            Source::Elsewhere(_) => None,
        });
        all.collect::<Vec<usize>>()
    };
    let used: BTreeSet<usize> = principals.iter().flat_map(sources).collect();
    let ids: HashSet<usize> = principals.iter().map(|principal| principal.at).collect();
    let names: HashSet<(&Place, String)> = principals
        .iter()
        .map(|principal| {
            let kind = principal.kind.word();
            (&principal.place, format!("{kind}/{}", principal.name))
        })
        .collect();
    let is_loose = |at: usize, body: &Body<'_>, facts: &Facts| {
        let is_found = |target: &PolicyTarget| match target {
            PolicyTarget::Reference(id) => {
                let at = file.by_id.get(&body.restore(id));
                at.is_some_and(|at| ids.contains(at))
            }
            PolicyTarget::Text(text) => {
                let name = body.restore(text);
                let mut places = facts.places_in(body).into_iter();
                places.all(|place| names.contains(&(&place, name.clone())))
            }
            PolicyTarget::Other(_) => false,
        };
        !used.contains(&at) || !facts.attaches_to.iter().all(is_found)
    };
    let all = file.resources.iter().zip(facts).enumerate();
    all.filter_map(|(at, (resource, facts))| {
        let (body, facts) = (resource.body.as_ref()?, facts.as_ref()?);
        (facts.kind.ends_with("Policy") && is_loose(at, body, facts)).then_some(at)
    })
    .collect()
}
