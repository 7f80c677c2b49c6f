//! The policies of a file that may name principals of their own account.
//!
//! In: the new file. Out: its trust policies and policies of resources, by where they are. Refuses nothing.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashMap;

use crate::aws::resource_policies::PolicyNumber;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::held::{Bodies, HeldPolicy};
use crate::diff::access::named_policy::{NamingPolicies, NamingPolicy};
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::pattern::Glob;
use crate::iam::principals::{Principal, PrincipalKind, places_of};
use crate::template::resolve::{OwnId, Reader, Reading};
use crate::template::resources::{Body, Place};
use crate::template::value::Data;

impl<'text> Comparer<'_, 'text> {
    /// All of the new file, with ids of accounts as they are or as marks.
    pub(super) fn all_naming_policies(&self, is_known: bool) -> NamingPolicies {
        let mut found: HashMap<Place, Vec<NamingPolicy>> = HashMap::default();
        let own_id = |place: &Place| match self.id_of(place) {
            None => OwnId::Unknown,
            Some(id) if is_known => OwnId::Known(id),
            Some(id) => OwnId::Mark(Some(id)),
        };
        for (at, resource) in self.new.resources.iter().enumerate() {
            let Some(body) = &resource.body else {
                continue;
            };
            if body.data.get("Type").and_then(Data::text) != Some("AWS::IAM::Role") {
                continue;
            }
            for place in places_of(body) {
                let policy = self.naming_trust(at, body, &place, &own_id(&place));
                found.entry(place).or_default().extend(policy);
            }
        }
        let held = self.held(self.new, &mut Bodies::new());
        let key = |policy: &HeldPolicy<'_>| {
            let own = (policy.holder.word, policy.target.key.clone());
            (own, policy.place.clone(), policy.region.clone())
        };
        let mut count: HashMap<_, usize> = HashMap::default();
        for policy in &held {
            *count.entry(key(policy)).or_default() += 1;
        }
        for policy in &held {
            let is_alone = count.get(&key(policy)) == Some(&1);
            let is_one = is_alone || policy.holder.number != PolicyNumber::One;
            let naming = self.naming_held(policy, &own_id(&policy.place), is_one);
            let place = policy.place.clone();
            found.entry(place).or_default().push(naming);
        }
        let found = found.into_iter();
        found.map(|(place, all)| (place, Rc::new(all))).collect()
    }

    /// The trust policy of the role at a place of the new file.
    fn naming_trust(
        &self,
        at: usize,
        body: &Body<'text>,
        place: &Place,
        own_id: &OwnId,
    ) -> Option<NamingPolicy> {
        let document = body
            .data
            .get("Properties")?
            .get("AssumeRolePolicyDocument")?;
        let role = Principal {
            at,
            kind: PrincipalKind::Role,
            name: String::new(),
            place: place.clone(),
            policies: BTreeSet::new(),
            boundary: None,
        };
        let arn = self.caller_name(self.new, &role, own_id)?;
        let reader = Reader {
            values: self.values(self.new, body, place),
            ..self.reader(body, place, own_id.clone())
        };
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        let name = self.spelled(&arn.name);
        let shown = format!("the trust policy of {name}");
        // The caller is asked about as in the policy of a resource.
        let mut statements = documents.statements(document, &shown, DocumentKind::Resource);
        self.guarded(body, &mut statements);
        Some(NamingPolicy {
            shown: format!("the trust policy of `{name}`"),
            services: &["sts"],
            shown_targets: vec![self.spelled(&arn.arn)],
            targets: vec![Glob::new(arn.arn)],
            statements,
            doubt: None,
            tags: Some(Rc::new(self.given_tags(body, &reader))),
        })
    }

    fn naming_held(
        &self,
        policy: &HeldPolicy<'text>,
        own_id: &OwnId,
        is_one: bool,
    ) -> NamingPolicy {
        let reader = self.reader_of(policy, own_id);
        let after = policy.holder.arn.as_ref().map_or(&[][..], |arn| arn.after);
        let arn = policy.target.arn.as_ref();
        let targets = arn.map_or(Vec::new(), |arn| {
            let begin = reader.symbols(arn, Reading::Plain);
            let ends = after.iter().map(|after| Glob::of(after).symbols);
            ends.map(|end| Glob::new([begin.as_slice(), &end].concat()))
                .collect()
        });
        NamingPolicy {
            shown: format!("the policy `{}`", policy.id),
            services: policy.holder.services,
            shown_targets: targets
                .iter()
                .map(|own| self.spelled(&own.symbols))
                .collect(),
            targets,
            statements: self.statements_of(policy, own_id),
            doubt: (!is_one).then(|| {
                "another policy is about the same resource, and the last one replaces it".to_owned()
            }),
            tags: None,
        }
    }
}
