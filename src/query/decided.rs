//! What decides a question about one principal: plain data. Refuses nothing.

use crate::diff::access::changes::Finding;
use crate::query::answer::{AllowedExtent, Permitted, QueryRefusal};

/// What decides a question about a principal, with marks of its account.
#[derive(Clone)]
pub(super) struct DecidedQuestion {
    pub(super) permitted: Permitted,
    pub(super) extent: Option<AllowedExtent>,
    pub(super) by: Vec<Finding>,
    pub(super) refusals: Vec<QueryRefusal>,
    pub(super) reasons: Vec<String>,
    /// Whether its own policies deny all of it, whatever else allows it.
    pub(super) is_denied: bool,
}

impl DecidedQuestion {
    /// The same where the policies of resources have a say, which are not read: those with these names.
    /// A request on any resource, `is_on_any`, may be on one without such a policy.
    pub(super) fn with_policies_of_resources(self, names: &[String], is_on_any: bool) -> Self {
        let (verb, permitted) = match self.permitted {
            _ if names.is_empty() => return self,
            Permitted::No if !self.is_denied => ("allow", Permitted::Maybe),
            Permitted::Yes if !is_on_any => ("deny", Permitted::Maybe),
            Permitted::Yes if self.extent == Some(AllowedExtent::All) => {
                let extent = Some(AllowedExtent::AtLeastSome);
                return Self { extent, ..self };
            }
            Permitted::Yes | Permitted::No | Permitted::Maybe => return self,
        };
        let reason = match names {
            [name] => format!("the policy of a resource, `{name}`, is not read, and may {verb} it"),
            _ => format!(
                "policies of resources are not read, and may {verb} it: `{}`",
                names.join("`, `")
            ),
        };
        Self {
            permitted,
            extent: None,
            refusals: Vec::new(),
            reasons: vec![reason],
            ..self
        }
    }
}
