//! What every request says of callers of which it is known what their ARNs are like, and not what they are.
//!
//! In: an account, and what a group or a permission set is. Out: [`OwnFacts`]. Refuses nothing: of an account that is
//! not known, any is meant.

use std::collections::BTreeMap;

use crate::diff::access::own_facts::{OwnFacts, USER_ID, USER_NAME};
use crate::iam::own_account;
use crate::iam::pattern::Glob;
use crate::iam::principals::PrincipalKind;
use crate::template::symbol::Symbol;

/// The key of the ARN of who calls.
const ARN: &str = "aws:principalarn";

impl OwnFacts {
    /// What is known of the sessions that users of this account give away by `sts:GetFederationToken` (IAM user guide,
    /// "AWS global condition context keys" and "IAM policy elements: Variables and tags", where the principals' keys are
    /// listed).
    pub(super) fn of_federated_users(account: &[Symbol]) -> Self {
        let literal = |text: &str| Glob::literal(text).symbols;
        let like = |before: &str, after: &str| {
            let parts = [literal(before), account.to_vec(), Glob::of(after).symbols];
            Some(Glob::new(parts.concat()))
        };
        Self {
            values: BTreeMap::from([
                ("aws:principaltype", Some(literal("FederatedUser"))),
                (USER_NAME, None),
                ("aws:principalisawsservice", Some(literal("false"))),
                (own_account::KEY, Some(account.to_vec())),
            ]),
            present: BTreeMap::from([
                (ARN, like("arn:aws:sts::", ":federated-user/??*")),
                ("aws:tokenissuetime", None),
                (USER_ID, like("", ":*")),
            ]),
            tags: None,
        }
    }

    /// What is known of the users of a group of this account, of which the names are not known: "When the principal
    /// making the request is an IAM user", the ARN is that of the user (IAM user guide, `aws:PrincipalArn`), and users
    /// are in groups of their own account.
    pub(super) fn of_users(account: &[Symbol]) -> Self {
        Self::of(PrincipalKind::Group, None).of_account(account, ":user/?*")
    }

    /// What is known of those who sign in with a permission set in this account: the ARN is that of the role that IAM
    /// Identity Center creates there, with a path that has the region, but for `us-east-1` (IAM Identity Center user
    /// guide, "Referencing permission sets in resource policies"). With `*` for a name or a region that is not known,
    /// other ARNs are also like it.
    pub(super) fn of_permission_set(name: &str, region: Option<&str>, account: &[Symbol]) -> Self {
        let path = match region {
            Some("us-east-1") => String::new(),
            Some(region) => format!("{region}/"),
            None => "*".to_owned(),
        };
        let end = format!(":role/{SET_ROLES}/{path}{}", role_of_set(name));
        Self::of(PrincipalKind::PermissionSet, None).of_account(account, &end)
    }

    /// The same of callers in this account with an ARN that ends like this.
    fn of_account(mut self, account: &[Symbol], end: &str) -> Self {
        let is_known = account.iter().all(|one| matches!(one, Symbol::Char(_)));
        let id = if is_known {
            self.values.insert(own_account::KEY, Some(account.to_vec()));
            account.to_vec()
        } else {
            Glob::of("*").symbols
        };
        let parts = [
            Glob::literal("arn:aws:iam::").symbols,
            id,
            Glob::of(end).symbols,
        ];
        self.present.insert(ARN, Some(Glob::new(parts.concat())));
        self
    }
}

/// The path of the roles that IAM Identity Center creates, but for the region after it.
pub(crate) const SET_ROLES: &str = "aws-reserved/sso.amazonaws.com";

/// How long the end is that IAM Identity Center gives the name of a role.
const SUFFIX: usize = 16;

/// The pattern of the name of a role that IAM Identity Center creates for the permission set `name`.
pub(crate) fn role_of_set(name: &str) -> String {
    format!("AWSReservedSSO_{name}_{}", "?".repeat(SUFFIX))
}
