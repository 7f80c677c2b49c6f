//! Who can make requests that say of the caller what an expectation says.
//!
//! In: a principal of a file, and what requests say of condition keys. Out: whether it may be the caller. Refuses
//! nothing: what is not known may be so.

use std::collections::BTreeMap;

use crate::iam::PrincipalKind;
use crate::query::asked::{AskedFile, Member};
use crate::query::question::{AskedKey, is_text};

/// Whether `member` can make requests that say this of who makes them. What is not known may be so.
pub(super) fn may_call(
    asked: &AskedFile<'_>,
    member: &Member,
    keys: &BTreeMap<String, AskedKey>,
) -> bool {
    let Some(principal) = asked.principal(member) else {
        return true;
    };
    let is = |key: &str, own: Option<&str>| {
        let values = keys.get(key).map(|key| &key.values);
        values.is_none_or(|values| match own {
            Some(own) => values.iter().any(|value| is_text(value, own)),
            None => true,
        })
    };
    let is_plain = |arn: &String| !arn.contains(['$', '*', '[', '{', '!']);
    let arn = asked.file.arn(principal).filter(is_plain);
    let is_named = matches!(principal.kind, PrincipalKind::Role | PrincipalKind::User);
    let arn = arn.filter(|_| is_named);
    is(
        "aws:principalaccount",
        member.identity.account_id.as_deref(),
    ) && is("aws:principalarn", arn.as_deref())
}
