//! The tags of a role that is assumed: what an example says of them, and what the file gives it.
//!
//! In: what is gained by the trust policy of a role of the file. Out: the same with the tags of the role. Refuses
//! nothing: what needs other tags is a "maybe", as somebody may have given it some.
//!
//! `aws:ResourceTag` and `iam:ResourceTag` of a request to assume a role are the tags of the role (Service
//! Authorization Reference, "AWS Security Token Service").

use std::borrow::Cow;

use crate::diff::access::comparer::Comparer;
use crate::diff::access::facts::tags_of;
use crate::diff::access::own_tags::OwnTags;
use crate::iam::condition::PRINCIPAL_TAG;
use crate::iam::difference::NewAccess;
use crate::iam::evaluate::{Decision, evaluate_apart, evaluate_denied};
use crate::iam::facts::KnownSide;
use crate::iam::principals::PrincipalKind;
use crate::iam::request::{Certainty, Request};
use crate::template::resolve::Reader;
use crate::template::resources::Body;
use crate::template::symbol::Symbol;

/// How the keys begin that say which tags the role has.
const KEYS: [&str; 2] = ["aws:resourcetag/", "iam:resourcetag/"];

impl OwnTags {
    /// The values of the tag with this key, in lower case; `None` if they are not known.
    fn said(&self, tag: &str) -> Option<Vec<Vec<Symbol>>> {
        match self.values.get(&format!("{PRINCIPAL_TAG}{tag}")) {
            Some(value) => Some(vec![value.clone()?]),
            None => (!self.may_have_more).then(Vec::new),
        }
    }

    /// The request with these tags of what it is about; `None` if one of them is not known.
    fn put_into(&self, request: &Request) -> Option<Request> {
        let mut request = request.clone();
        for (key, values) in &mut request.context {
            if let Some(tag) = KEYS.iter().find_map(|before| key.strip_prefix(before)) {
                *values = self.said(tag)?;
            }
        }
        Some(request)
    }
}

impl Comparer<'_, '_> {
    /// The tags that the new file and its stack give to a role.
    pub(super) fn given_tags(&self, role: &Body<'_>, reader: &Reader<'_>) -> OwnTags {
        self.with_stack_tags(tags_of(PrincipalKind::Role, role, reader))
    }

    /// `tags` with those of the new stack.
    pub(super) fn with_stack_tags(&self, mut tags: OwnTags) -> OwnTags {
        if let Some(task) = self.known.task {
            tags.add(&task.stack_tags());
        }
        tags
    }

    /// `access` with an example about a role that has these tags; as a "maybe" if there is none like it.
    pub(super) fn with_tags<'a>(
        &self,
        tags: Option<&OwnTags>,
        [old, new]: [KnownSide<'_>; 2],
        access: &'a NewAccess,
    ) -> Cow<'a, NewAccess> {
        let (Some(tags), Some(witness), Certainty::Certain) =
            (tags, &access.witness, &access.certainty)
        else {
            return Cow::Borrowed(access);
        };
        let Some(tagged) = tags.put_into(witness) else {
            let why = Certainty::Maybe(TAGS_NOT_KNOWN.to_owned());
            return Cow::Owned(NewAccess {
                certainty: why,
                ..access.clone()
            });
        };
        if tagged.context == witness.context {
            return Cow::Borrowed(access);
        }
        let atoms = self.atoms.borrow();
        let is_new = matches!(evaluate_denied(&atoms, new, &tagged), Decision::Allowed(_))
            && matches!(
                evaluate_apart(&atoms, old, &tagged),
                Decision::Denied(_) | Decision::NotAllowed
            );
        let access = access.clone();
        Cow::Owned(if is_new {
            NewAccess {
                witness: Some(tagged),
                ..access
            }
        } else {
            NewAccess {
                certainty: Certainty::Maybe(OTHER_TAGS.to_owned()),
                ..access
            }
        })
    }
}

/// Why it is not certain that somebody may assume a role whose tags are not known.
const TAGS_NOT_KNOWN: &str = "only if the role has these tags, which are not known";

/// Why it is not certain that somebody may assume a role that would need other tags.
const OTHER_TAGS: &str = "only if the role has other tags than the file gives it";
