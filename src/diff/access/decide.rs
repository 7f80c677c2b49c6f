//! A pair of principals to what it gains and loses.
//!
//! In: the statements of both sides. Out: findings, with the texts of the account put back. Refuses
//! nothing: what cannot be decided is a "maybe" with its reason.

use crate::aws::actions::{AccessLevel, reference};
use crate::diff::access::changes::{Finding, Witness};
use crate::diff::access::comparer::Comparer;
use crate::iam::Certainty;
use crate::iam::difference::universe::Home;
use crate::iam::difference::{CrossRegion, Judge, NewAccess, difference};
use crate::iam::permissions::Permissions;
use crate::iam::principals::Principal;
use crate::iam::request::RequestKind;
use crate::template::resolve::{OWN, OwnId};
use crate::template::resources::{File, Place, Resource};
use crate::template::symbol::Symbol;

/// What a pair of principals gains and loses, with marks.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) gains: Vec<Finding>,
    pub(super) loses: Vec<Finding>,
    /// Whether account ids in them are as they are written.
    pub(super) has_own_ids: bool,
}

impl<'run, 'text> Comparer<'run, 'text> {
    pub(super) fn decide(
        &self,
        old: Option<&Principal>,
        new: Option<&Principal>,
        own_id: &OwnId,
    ) -> Verdict {
        let side = |file: &File<'_>, principal: Option<&Principal>| {
            principal.map_or_else(Default::default, |principal| {
                self.sides(file, principal, own_id)
            })
        };
        let (old_do, old_trust) = side(self.old, old);
        let (new_do, new_trust) = side(self.new, new);
        let body = |file: &'run File<'text>, principal: Option<&Principal>| {
            principal.and_then(|principal| file.resources.get(principal.at)?.body.as_ref())
        };
        let region = body(self.new, new)
            .or(body(self.old, old))
            .and_then(|body| crate::template::resources::region(&body.data));
        let home = Home {
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            account: match own_id {
                OwnId::Known(id) => id.clone(),
                OwnId::Unknown | OwnId::Mark(_) => OWN.to_owned(),
            },
        };
        let judge = |cross_region| Judge {
            reference: reference(),
            atoms: &self.atoms,
            home: &home,
            cross_region,
        };
        let findings = |judge: Judge<'_>,
                        from: (&Permissions, &Permissions),
                        to: (&Permissions, &Permissions)| {
            let mut findings = Vec::new();
            let kinds = [
                (RequestKind::Assume, from.1, to.1),
                (RequestKind::Call, from.0, to.0),
            ];
            for (kind, from, to) in kinds {
                let new = difference(&judge, from, to, kind);
                findings.extend(new.iter().filter_map(|new| self.finding(to, new, kind)));
            }
            findings.sort_by(|a, b| by_level(a).cmp(&by_level(b)));
            findings
        };
        let old = (&old_do, &old_trust);
        let new = (&new_do, &new_trust);
        Verdict {
            gains: findings(judge(CrossRegion::MayBe), old, new),
            loses: findings(judge(CrossRegion::PassedOver), new, old),
            has_own_ids: matches!(own_id, OwnId::Known(_)),
        }
    }

    fn finding(
        &self,
        permissions: &Permissions,
        new: &NewAccess,
        kind: RequestKind,
    ) -> Option<Finding> {
        let statement = permissions.statement(new.statement)?;
        let level = new
            .actions
            .first()
            .map_or(AccessLevel::Unknown, |action| action.level);
        Some(Finding {
            certainty: self.certainty(new),
            kind,
            level: if kind == RequestKind::Assume {
                AccessLevel::Permissions
            } else {
                level
            },
            policy: statement.policy.clone(),
            statement: statement.name.clone(),
            actions: new.actions.clone(),
            resources: statement.resources.clone(),
            conditions: statement.conditions.clone(),
            witness: new.witness.as_ref().map(|request| Witness {
                action: request.action.clone(),
                target: match kind {
                    RequestKind::Call => self.spelled(&request.target),
                    RequestKind::Assume => self.spelled(&request.target).replacen(':', " ", 1),
                },
                context: request
                    .context
                    .iter()
                    .map(|(key, values)| {
                        let values = values.iter().map(|value| self.spelled(value));
                        (key.clone(), values.collect())
                    })
                    .collect(),
            }),
        })
    }

    /// How certain it is, if the value of something in its example is not known.
    fn certainty(&self, new: &NewAccess) -> Certainty {
        let names = self.names.borrow();
        let target = new.witness.iter().flat_map(|request| &request.target);
        let mut both = target.filter_map(|symbol| match symbol {
            Symbol::Unknown(number) if names.is_read_both_ways(*number) => Some(*number),
            _ => None,
        });
        match (&new.certainty, both.next()) {
            (Certainty::Certain, Some(number)) => Certainty::Maybe(format!(
                "`{}` may contain a variable, which only version 2012-10-17 resolves",
                names.name(number)
            )),
            (certainty, _) => certainty.clone(),
        }
    }

    /// A finding of `verdict` with the account of `resource` put back.
    pub(super) fn restored(
        &self,
        verdict: &Verdict,
        finding: &Finding,
        resource: &Resource<'_>,
        place: &Place,
    ) -> Finding {
        let put = |text: &str| self.put(text, resource, place);
        // If account ids are as they are written, nothing represents one.
        let written = |text: &str| match &resource.body {
            Some(body) if verdict.has_own_ids => body.restore(text),
            _ => put(text),
        };
        let all = |texts: &[String]| texts.iter().map(|text| written(text)).collect();
        let mut finding = finding.clone();
        finding.policy = put(&finding.policy);
        finding.resources = all(&finding.resources);
        finding.conditions = all(&finding.conditions);
        if let Certainty::Maybe(why) = &finding.certainty {
            finding.certainty = Certainty::Maybe(put(why));
        }
        if let Some(witness) = &mut finding.witness {
            witness.target = written(&witness.target);
            for value in witness.context.iter_mut().flat_map(|(_, values)| values) {
                *value = written(value);
            }
        }
        finding
    }
}

/// The order of findings: who can assume it first, then what is certain, then by access level.
fn by_level(finding: &Finding) -> (RequestKind, bool, AccessLevel, &str) {
    let is_maybe = !finding.is_certain();
    (finding.kind, is_maybe, finding.level, &finding.policy)
}
