//! Calls for which AWS asks for no permission.
//!
//! In: a question, and what kind of principal it is about. Out: whether it may be asked for such a call alone, and
//! what that makes of what policies decide. Refuses nothing.
//!
//! "No permissions are required to perform this operation. If an administrator attaches a policy to your identity that
//! explicitly denies access to the `sts:GetCallerIdentity` action, you can still perform this operation", and "No
//! permissions are required for users to perform" `GetSessionToken` (AWS Security Token Service API Reference). A
//! pattern that matches other actions as well is a question about those.

use crate::aws::actions::reference;
use crate::aws::wildcard::{is_pattern, matches};
use crate::iam::PrincipalKind;
use crate::query::answer::{AllowedExtent, Permitted};
use crate::query::decided::DecidedQuestion;
use crate::query::question::AccessQuestion;

const CALLER_IDENTITY: &str = "sts:getcalleridentity";
const SESSION_TOKEN: &str = "sts:getsessiontoken";

const NO_PERMISSION: &str = "AWS asks for no permission for this call";
const MAY_BE_DENIED: &str =
    "AWS asks for no permission for this call, and whether a policy can deny it is not known";

/// What AWS makes of calls without a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnaskedCall {
    /// They are allowed, whatever policies say.
    Always,
    /// They are allowed, and policies may be able to deny them.
    UnlessDenied,
}

/// Whether a question is about calls that such a principal needs no permission for, and no others.
pub(super) fn unasked(question: &AccessQuestion, kind: PrincipalKind) -> Option<UnaskedCall> {
    let action = question.action.to_ascii_lowercase();
    if is_any_call(&action, CALLER_IDENTITY) {
        return Some(UnaskedCall::Always);
    }
    // Nobody who has assumed a role may call it.
    let is_of_user = matches!(kind, PrincipalKind::User | PrincipalKind::Group);
    (is_of_user && is_any_call(&action, SESSION_TOKEN)).then_some(UnaskedCall::UnlessDenied)
}

/// Whether `action` is this call, or a pattern of it alone.
fn is_any_call(action: &str, call: &str) -> bool {
    if !is_pattern(action) || !matches(action, call) {
        return action == call;
    }
    let Some(service) = reference()
        .service("sts")
        .filter(|_| action.starts_with("sts:"))
    else {
        return false;
    };
    let names = service.actions.iter();
    let names = names.map(|own| format!("sts:{}", own.name.to_ascii_lowercase()));
    names.filter(|name| matches(action, name)).count() == 1
}

impl DecidedQuestion {
    /// The same, if it is about calls for which AWS asks for no permission.
    pub(super) fn of_unasked(self, call: UnaskedCall) -> Self {
        let (permitted, reason) = match (call, self.permitted) {
            (_, Permitted::Yes) => return self,
            (UnaskedCall::UnlessDenied, _) if self.is_denied => (Permitted::Maybe, MAY_BE_DENIED),
            _ => (Permitted::Yes, NO_PERMISSION),
        };
        Self {
            permitted,
            extent: (permitted == Permitted::Yes).then_some(AllowedExtent::All),
            by: Vec::new(),
            refusals: Vec::new(),
            reasons: vec![reason.to_owned()],
            is_denied: false,
        }
    }
}
