//! What makes a proof about a file uncertain.
//!
//! In: a file that is asked about. Out: what is in it and not read, and who may do something without a policy
//! that allows it. Refuses nothing.

use std::collections::HashMap;

use crate::iam::PrincipalKind;
use crate::query::answer::{Permitted, PrincipalAnswer};
use crate::query::arns::own_id;
use crate::query::asked::AskedFile;

impl AskedFile<'_> {
    /// What is in the file and not read, each as an answer that says so.
    pub(super) fn unread(&self) -> Vec<PrincipalAnswer> {
        let unread = self.file.unread().into_iter();
        let answer = |(id, why): (String, &str)| PrincipalAnswer {
            line: (self.template.line)(&id),
            permitted: Permitted::Maybe,
            reasons: vec![why.to_owned()],
            ..PrincipalAnswer::about(
                PrincipalKind::Resource("resource"),
                id,
                self.template.source,
            )
        };
        unread.map(answer).collect()
    }

    /// The principals that a role of their own account trusts, by their places, each with the role's name:
    /// the trust alone may be enough.
    pub(super) fn trusted_at_home(&self) -> HashMap<usize, String> {
        let mut found = HashMap::new();
        for member in self.members() {
            let Some(role) = self.principal(member) else {
                continue;
            };
            if role.kind != PrincipalKind::Role {
                continue;
            }
            let trust = self.file.trust(role, &own_id(&self.file, role));
            let trusted = trust.allow.iter();
            for at in trusted.flat_map(|one| self.arns().matched(&one.grant.resources)) {
                let other = self.file.principals().get(at);
                if other.is_some_and(|other| other.place == role.place) {
                    found.insert(at, member.identity.name.clone());
                }
            }
        }
        found
    }
}
