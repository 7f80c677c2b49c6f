//! Who can make requests that say of the caller what an expectation says.
//!
//! In: a principal of a file, and a question. Out: whether it may be the caller. Refuses nothing: what is not known may
//! be so.

use crate::diff::access::alone::FileAlone;
use crate::query::asked::{AskedFile, Member};
use crate::query::question::AccessQuestion;
use crate::query::requests::literals;

impl AskedFile<'_> {
    /// Whether `member` can make requests that say this of who makes them. What is not known may be so.
    pub(super) fn may_call(&self, member: &Member, question: &AccessQuestion) -> bool {
        // Other keys say nothing of the caller.
        let mut keys = question.keys.keys();
        if !keys.any(|key| key.starts_with("aws:")) {
            return true;
        }
        let Some(principal) = self.principal(member) else {
            return true;
        };
        // Some digits of the question may be those of the account.
        let (applied, mark) = if question.has_parts_of_ids() {
            let Some(applied) = self.applied_alone(member.at) else {
                return true;
            };
            (applied, None)
        } else {
            let mark = FileAlone::mark(&member.own_id);
            (self.applied(member, principal), mark)
        };
        let id = member.identity.account_id.as_deref().unwrap_or_default();
        let text = |text: &str| match mark {
            Some(mark) if !id.is_empty() => text.replace(id, mark),
            _ => text.to_owned(),
        };
        let literals = literals(self.file.atoms(), &question.keys, &text);
        self.file.may_send(&applied, &literals)
    }
}
