//! What makes a proof about a file uncertain.
//!
//! In: a file that is asked about. Out: what is in it and not read, worked out once. Refuses nothing.

use crate::diff::access::unread::{UnreadPart, UnreadPower};
use crate::iam::PrincipalKind;
use crate::query::answer::{Permitted, PrincipalAnswer, UnreadAnswer};
use crate::query::asked::AskedFile;
use crate::query::question::{AccessQuestion, Who, is_text};

/// Why something that is not read matters, in one sentence.
fn reason(unread: &PrincipalAnswer) -> String {
    let why = unread.reasons.first().map_or("", String::as_str);
    format!("{} `{}`: {why}", unread.kind.word(), unread.name)
}

impl AskedFile<'_> {
    /// The permission sets of the file, each as an answer that says no more than who it is.
    pub(super) fn permission_sets(&self) -> &[PrincipalAnswer] {
        self.doubts.sets.get_or_init(|| {
            let sets = self.file.permission_sets().into_iter();
            sets.map(|id| self.about(PrincipalKind::PermissionSet, id))
                .collect()
        })
    }

    /// What is in the file and not read.
    pub(super) fn unread(&self) -> &[UnreadAnswer] {
        self.doubts.unread.get_or_init(|| {
            let unread = self.file.unread().into_iter();
            let answer = |part: UnreadPart| UnreadAnswer {
                power: part.power,
                accounts: part.accounts,
                answer: PrincipalAnswer {
                    permitted: Permitted::Maybe,
                    reasons: vec![part.why.to_owned()],
                    ..self.about(PrincipalKind::Resource(part.word), part.name)
                },
            };
            unread.map(answer).collect()
        })
    }

    /// What is a principal, or may be one, and is not read, if a question is about it.
    pub(super) fn unread_principals(&self, question: &AccessQuestion) -> Vec<PrincipalAnswer> {
        // No macro creates them.
        if question.among.stage.is_some() || question.among.macro_name.is_some() {
            return Vec::new();
        }
        let account = question.among.account.as_deref();
        // Wherever it is, it is in an account that there is.
        if account.is_some_and(|name| !self.may_have_account(name)) {
            return Vec::new();
        }
        let is_meant = |answer: &PrincipalAnswer| match &question.who {
            Who::Everybody => true,
            Who::Named(name) => is_text(name, &answer.name),
        };
        let unread = self.unread().iter().filter(|unread| unread.is_principal());
        let meant = unread.filter(|unread| {
            is_meant(&unread.answer)
                && account.is_none_or(|name| unread.may_be_in(|own| own == name))
        });
        meant.map(|unread| unread.answer.clone()).collect()
    }

    /// Whether the organization has this account, by its logical id or its account id.
    fn may_have_account(&self, name: &str) -> bool {
        let mut accounts = self.organization().accounts.iter();
        accounts.any(|own| own.logical_id == name || own.account_id.as_deref() == Some(name))
    }

    /// The answers where what is not read has a say: what it may allow is no certain "no", and what it may deny
    /// is no certain "yes".
    pub(super) fn doubted(&self, mut answers: Vec<PrincipalAnswer>) -> Vec<PrincipalAnswer> {
        for answer in &mut answers {
            let concerns = |power: UnreadPower| match answer.permitted {
                Permitted::Maybe => false,
                Permitted::Yes => power == UnreadPower::Denies || power == UnreadPower::Rewrites,
                Permitted::No if answer.is_denied => power == UnreadPower::Rewrites,
                Permitted::No => power >= UnreadPower::Grants,
            };
            let unread = self.unread().iter();
            let doubts: Vec<&PrincipalAnswer> = unread
                .filter(|unread| concerns(unread.power))
                .map(|unread| &unread.answer)
                .collect();
            if !doubts.is_empty() {
                answer.permitted = Permitted::Maybe;
                answer.extent = None;
                answer.refusals.clear();
                answer.reasons = doubts.into_iter().map(reason).collect();
            }
        }
        answers
    }

    fn about(&self, kind: PrincipalKind, id: String) -> PrincipalAnswer {
        PrincipalAnswer {
            line: (self.template.line)(&id),
            ..PrincipalAnswer::about(kind, id, self.template.source)
        }
    }
}
