//! Policies of `AWS IoT`: what things may do that have them.
//!
//! In: both files. Out: a change for each policy that differs in what it allows. Refuses nothing.
//!
//! A policy is attached to certificates, groups of things, and identities by what is not in the file, and
//! these may have others as well (`AWS IoT Core` developer guide, "`AWS IoT Core` policies"). So what a Deny
//! refused that is gone may be allowed by another policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diff::access::assignments::{condition_of, property};
use crate::diff::access::changes::{Access, Fate, Finding, PrincipalChange};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::decide::Verdict;
use crate::iam::difference::universe::Home;
use crate::iam::document::unread::UnknownPower;
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::facts::KnownSide;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::principals::places_of;
use crate::iam::statement::Statement;
use crate::iam::{PrincipalKind, RequestKind};
use crate::template::display::shown;
use crate::template::in_text::read_text;
use crate::template::resolve::{OWN, OwnId};
use crate::template::resources::{Body, File, Place, region};

/// The type of these policies.
pub(super) const THING_POLICY: &str = "AWS::IoT::Policy";

/// The properties that are decided with the policy.
pub(super) const THING_PROPERTIES: [&str; 2] = ["PolicyDocument", "PolicyName"];

/// What stands for the other policies of whatever has this one.
const OTHERS: &str = "the other policies of the same thing";

/// A policy of one file in one place.
struct ThingPolicy<'text> {
    id: String,
    body: Body<'text>,
}

/// Where a policy is, and its name.
type ThingKey = (Place, Option<String>, String);

impl<'text> Comparer<'_, 'text> {
    /// What things may do that they could not before, and the reverse.
    pub(super) fn thing_policies(&self, access: &mut Access) {
        let (old, new) = (self.things(self.old), self.things(self.new));
        let keys: BTreeSet<&ThingKey> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let (before, after) = (old.get(key), new.get(key));
            let says = |side: Option<&ThingPolicy<'_>>| side.map(|own| Arc::clone(&own.body.data));
            if says(before) == says(after) {
                continue;
            }
            let verdict = self.decide_things(key, before, after);
            if verdict.gains.is_empty() && verdict.loses.is_empty() {
                continue;
            }
            let Some(own) = after.or(before) else {
                continue;
            };
            let account = key.0.account();
            access.principals.push(PrincipalChange {
                kind: PrincipalKind::Resource("IoT policy"),
                name: key.2.clone(),
                logical_ids: vec![own.id.clone()],
                accounts: account.map(str::to_owned).into_iter().collect(),
                origin: None,
                line: None,
                fate: match (before, after) {
                    (None, _) => Fate::Added,
                    (_, None) => Fate::Removed,
                    _ => Fate::Kept,
                },
                gains: verdict.gains,
                loses: verdict.loses,
            });
        }
    }

    /// The policies of `file` by place and name.
    fn things(&self, file: &File<'text>) -> BTreeMap<ThingKey, ThingPolicy<'text>> {
        let mut found = BTreeMap::new();
        for resource in &file.resources {
            let Some(body) = self.body_of_type(resource, [&THING_POLICY].into_iter()) else {
                continue;
            };
            let regions = body.data.get("OrganizationBinding");
            let regions = regions.and_then(|binding| binding.get("Region")).map(shown);
            for place in places_of(&body) {
                let reader = self.reader_with_id(&body, &place);
                let name = property(&body, "PolicyName").and_then(|name| reader.text(name));
                let name = name.map_or_else(|| resource.id.clone(), |name| body.restore(&name));
                let policy = ThingPolicy {
                    id: resource.id.clone(),
                    body: body.clone(),
                };
                let mut key = (place, regions.clone(), name);
                // Which of two with one name is created is not known: each is compared with itself.
                if found.contains_key(&key) {
                    key.2 = format!("{} ({})", key.2, policy.id);
                }
                found.insert(key, policy);
            }
        }
        found
    }

    fn decide_things(
        &self,
        (place, _, name): &ThingKey,
        old: Option<&ThingPolicy<'_>>,
        new: Option<&ThingPolicy<'_>>,
    ) -> Verdict {
        let side = |own: Option<&ThingPolicy<'_>>| {
            let own = own.map_or(Vec::new(), |own| self.things_may(own, place, name));
            Permissions::new(own.into_iter().chain(self.other_things()).collect(), None)
        };
        let (before, after) = (side(old), side(new));
        let body = new.or(old).map(|own| &own.body);
        let own = body.map(|body| self.reader_with_id(body, place).own_account());
        let home = Home {
            region: body
                .and_then(|body| region(&body.data))
                .unwrap_or_else(|| "us-east-1".to_owned()),
            account: own.unwrap_or_else(|| Glob::literal(OWN).symbols),
        };
        let sides = [&before, &after].map(KnownSide::of);
        let kinds = [(RequestKind::Call, sides)];
        let mut verdict = self.verdict(&kinds, &home, &OwnId::Unknown);
        for findings in [&mut verdict.gains, &mut verdict.loses] {
            let restored =
                |finding: &Finding| self.restored(&Verdict::default(), finding, body, place);
            *findings = findings.iter().map(restored).collect();
        }
        verdict
    }

    /// What the policy says.
    fn things_may(&self, own: &ThingPolicy<'_>, place: &Place, name: &str) -> Vec<Statement> {
        let reader = self.reader_with_id(&own.body, place);
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        let document = property(&own.body, "PolicyDocument").map(read_text);
        let mut statements = document.map_or(Vec::new(), |document| {
            documents.statements(&document, name, DocumentKind::Identity)
        });
        if let Some(condition) = condition_of(&own.body, place) {
            self.guarded_by(&condition, &mut statements);
        }
        statements
    }

    fn other_things(&self) -> Vec<Statement> {
        let reader = self.plain_reader();
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        documents.unknown_policy(OTHERS, UnknownPower::Allows)
    }
}
