//! What was found so far, each denial once.
//!
//! In: denials and lookalikes, in order of appearance. Out: a [`DeniedLog`]. Refuses nothing.
//!
//! A log can have as many different denials as lines, so none is compared with all earlier ones: what
//! they have in common is looked up.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::denied::model::{
    Denial, DenialEffect, DenialForm, DenialLayer, DenialLookalike, DeniedLog, LookalikeKind,
};

/// What makes a request: principal, action, and resource.
type RequestKey = (Option<String>, Option<String>, Option<String>);

/// The resource of the app that a message is about: its type and its logical id.
type PlaceKey = (Option<String>, Option<String>);

/// A log while it is read.
#[derive(Debug, Default)]
pub(super) struct FoundDenials {
    log: DeniedLog,
    /// The first denial of each request.
    by_request: HashMap<RequestKey, usize>,
    /// The denials with the same request and place.
    by_both: HashMap<(RequestKey, PlaceKey), BTreeSet<usize>>,
    /// The denials of each place whose action is known.
    by_place: HashMap<PlaceKey, BTreeSet<usize>>,
    lookalikes: HashSet<DenialLookalike>,
}

impl FoundDenials {
    /// What was found.
    pub(super) fn finish(self) -> DeniedLog {
        self.log
    }

    /// Adds a denial, or what it says about one that is known.
    pub(super) fn push(&mut self, denial: Denial) {
        let at = self.known(&denial);
        let Some(known) = at.and_then(|at| self.log.denials.get_mut(at)) else {
            let at = self.log.denials.len();
            self.by_request.entry(request(&denial)).or_insert(at);
            self.place(&denial, at);
            self.log.denials.push(denial);
            return;
        };
        let before = known.clone();
        add(known, denial);
        let after = known.clone();
        if let Some(at) = at
            && place(&before) != place(&after)
        {
            self.displace(&before, at);
            self.place(&after, at);
        }
    }

    /// The first denial about the same request. One that says little is about a request that another
    /// one of the same resource describes.
    fn known(&self, new: &Denial) -> Option<usize> {
        if new.action.is_some() || new.form == DenialForm::Sentence {
            return self.by_request.get(&request(new)).copied();
        }
        let first = |all: Option<&BTreeSet<usize>>| all.and_then(BTreeSet::first).copied();
        let same = first(self.by_both.get(&(request(new), place(new))));
        let says_more = new.logical_id.is_some();
        let more = says_more.then(|| first(self.by_place.get(&place(new))));
        same.into_iter().chain(more.flatten()).min()
    }

    fn place(&mut self, denial: &Denial, at: usize) {
        let both = (request(denial), place(denial));
        self.by_both.entry(both).or_default().insert(at);
        if denial.action.is_some() {
            self.by_place.entry(place(denial)).or_default().insert(at);
        }
    }

    fn displace(&mut self, denial: &Denial, at: usize) {
        if let Some(all) = self.by_both.get_mut(&(request(denial), place(denial))) {
            all.remove(&at);
        }
        if let Some(all) = self.by_place.get_mut(&place(denial)) {
            all.remove(&at);
        }
    }

    /// Adds a message that looks like a denial, once for each resource.
    pub(super) fn push_lookalike(&mut self, lookalike: DenialLookalike) {
        let key = match lookalike.kind {
            // Wrong credentials are the same everywhere.
            LookalikeKind::Credentials => DenialLookalike {
                kind: lookalike.kind,
                type_name: None,
                logical_id: None,
            },
            _ => lookalike.clone(),
        };
        if self.lookalikes.insert(key) {
            self.log.lookalikes.push(lookalike);
        }
    }
}

fn request(denial: &Denial) -> RequestKey {
    (
        denial.principal.clone(),
        denial.action.clone(),
        denial.resource.clone(),
    )
}

fn place(denial: &Denial) -> PlaceKey {
    (denial.type_name.clone(), denial.logical_id.clone())
}

/// Adds what `denial` says to `known`, which is about the same request.
fn add(known: &mut Denial, denial: Denial) {
    if known.effect == DenialEffect::Unknown || known.layer == DenialLayer::Unknown {
        let says_more = denial.effect != DenialEffect::Unknown
            && denial.layer != DenialLayer::Unknown
            || known.effect == DenialEffect::Unknown;
        if says_more {
            known.effect = denial.effect;
            known.layer = denial.layer;
            known.form = denial.form;
        }
    }
    let fill = |known: &mut Option<String>, new: Option<String>| {
        if known.is_none() {
            *known = new;
        }
    };
    fill(&mut known.policy, denial.policy);
    fill(&mut known.sid, denial.sid);
    fill(&mut known.passed_to, denial.passed_to);
    if known.type_name.is_none() {
        known.type_name = denial.type_name;
        known.logical_id = denial.logical_id;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether two messages are about the same request, said without any index.
    fn is_same(known: &Denial, new: &Denial) -> bool {
        let is_about = place(known) == place(new);
        if new.action.is_none() && new.form != DenialForm::Sentence {
            let says_more = known.action.is_some() && new.logical_id.is_some();
            return is_about && (says_more || request(known) == request(new));
        }
        request(known) == request(new)
    }

    /// Every denial with few values, in an order that mixes them.
    fn mixed() -> Vec<Denial> {
        let one_of = |number: usize, names: &[&str]| {
            let name = names.get(number % (names.len() + 1));
            name.map(|name| (*name).to_owned())
        };
        let denial = |number: usize| Denial {
            principal: one_of(number, &["a"]),
            action: one_of(number / 2, &["sqs:CreateQueue", "sqs:TagQueue"]),
            resource: one_of(number / 6, &["*"]),
            type_name: one_of(number / 12, &["AWS::SQS::Queue"]),
            logical_id: one_of(number / 24, &["One", "Two"]),
            form: [DenialForm::Bare, DenialForm::Sentence][number / 72 % 2],
            effect: [DenialEffect::Unknown, DenialEffect::Explicit][number / 144 % 2],
            sid: one_of(number / 288, &["Guard"]),
            ..Denial::default()
        };
        // 89 has no factor in common with 576, so each comes up in each round.
        (0..2 * 576).map(|step| denial(step * 89 % 576)).collect()
    }

    #[test]
    fn what_is_looked_up_is_what_comparing_finds() {
        let mut found = FoundDenials::default();
        let mut compared: Vec<Denial> = Vec::new();
        for new in mixed() {
            match compared.iter_mut().find(|known| is_same(known, &new)) {
                Some(known) => add(known, new.clone()),
                None => compared.push(new.clone()),
            }
            found.push(new);
        }
        assert!(compared.len() > 20, "{}", compared.len());
        assert_eq!(found.finish().denials, compared);
    }

    #[test]
    fn a_hundred_thousand_different_denials_are_all_kept() {
        let denial = |at: usize| Denial {
            principal: Some(format!("arn:aws:iam::111122223333:role/app{at}")),
            // Some say little, and are looked up by what they are about.
            action: (!at.is_multiple_of(3)).then(|| "sqs:CreateQueue".to_owned()),
            type_name: Some("AWS::SQS::Queue".to_owned()),
            logical_id: Some(format!("Queue{at}")),
            ..Denial::default()
        };
        let mut found = FoundDenials::default();
        (0..100_000)
            .map(denial)
            .for_each(|denial| found.push(denial));
        assert_eq!(found.finish().denials.len(), 100_000);
    }

    #[test]
    fn lookalikes_are_kept_once_for_each_resource() {
        let lookalike = |kind, id: &str| DenialLookalike {
            kind,
            type_name: None,
            logical_id: Some(id.to_owned()),
        };
        let mut found = FoundDenials::default();
        for id in ["One", "Two", "One"] {
            found.push_lookalike(lookalike(LookalikeKind::AppRole, id));
            found.push_lookalike(lookalike(LookalikeKind::Credentials, id));
        }
        let expected = [
            lookalike(LookalikeKind::AppRole, "One"),
            lookalike(LookalikeKind::Credentials, "One"),
            lookalike(LookalikeKind::AppRole, "Two"),
        ];
        assert_eq!(found.finish().lookalikes, expected);
    }
}
