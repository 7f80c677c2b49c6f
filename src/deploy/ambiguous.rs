//! References that could mean resources of several stacks.
//!
//! In: the resources of the new text, and where they are. Out: each reference from a stack that does not have
//! the resource, while several others do. Refuses nothing: where a binding is not resolved, there is none.
//!
//! OrgFormation stops at such a reference before it deploys anything (`Found multiple targets for
//! reference to`, `src/cfn-binder/cfn-template.ts`, `resolveBindingForResource`).

use foldhash::HashMap;

use crate::deploy::answer::DeployRefusal;
use crate::deploy::fold::{Affected, DeployFindings, Happening, HashedRule, Origins};
use crate::deploy::places::{Instance, StackPlace};
use crate::deploy::rules::AMBIGUOUS_REFERENCE;
use crate::deploy::stack_facts::{AmbiguousReference, FoundAmbiguity};
use crate::deploy::stacks::{StackReader, StackResource};

impl<'run> StackReader<'run, '_> {
    /// The references that could mean several resources.
    pub(super) fn ambiguous(
        &self,
        resources: &'run [StackResource<'run, '_>],
    ) -> Vec<FoundAmbiguity> {
        let mut several: HashMap<&str, Option<Vec<StackPlace>>> = HashMap::default();
        let mut found = Vec::new();
        for resource in resources {
            for name in &resource.facts.names {
                let id = name.split_once('.').map_or(name.as_str(), |(id, _)| id);
                let places = several.entry(id).or_insert_with(|| self.all_places(id));
                let Some(places) = places else { continue };
                for (from, account) in self.places(resource) {
                    if !places.contains(&from) {
                        found.push(FoundAmbiguity {
                            from,
                            account,
                            at: resource.at,
                            target: id.to_owned(),
                        });
                    }
                }
            }
        }
        found
    }

    /// The stacks of the resource `id`, if these are several and all of them are known.
    fn all_places(&self, id: &str) -> Option<Vec<StackPlace>> {
        let target = self.resource(id)?;
        if target.facts.places.len() < 2 {
            return None;
        }
        let places: Vec<StackPlace> = self
            .places(target)
            .into_iter()
            .map(|(one, _)| one)
            .collect();
        (places.len() == target.facts.places.len()).then_some(places)
    }
}

/// Adds a finding for each reference that is new in the output `file`: `has_begun` tells of a logical id
/// whether its resource is new somewhere, or refers to something new.
pub(super) fn ambiguous(
    (file, references): (usize, &[AmbiguousReference]),
    has_begun: &dyn Fn(&str) -> bool,
    origins: &dyn Origins,
    findings: &mut DeployFindings,
) {
    for reference in references {
        if !has_begun(&reference.id) && !has_begun(&reference.target) {
            continue;
        }
        let instance = Instance {
            file,
            id: &reference.id,
            version: &reference.version,
            place: reference.from.clone(),
            account: reference.account.clone(),
        };
        let affected = Affected {
            old: None,
            new: Some(&instance),
        };
        findings.add(&happening(&reference.target), affected, origins);
    }
}

fn happening(target: &str) -> Happening {
    Happening {
        rule: HashedRule(&AMBIGUOUS_REFERENCE),
        refusal: DeployRefusal::Certain,
        reason: format!(
            "they refer to `{target}`, which is not in their stack and in several others: OrgFormation stops before it deploys anything (`Found multiple targets for reference to {target}`)"
        ),
        help: format!(
            "say which one is meant: `!GetAtt ACCOUNT.Resources.{target}.ATTRIBUTE`; or write out its name or ARN"
        ),
    }
}
