//! The messages in a text.
//!
//! In: a text, as a log or a field of JSON has it, and what is known around it. Out: what is added
//! to a [`FoundDenials`]. Refuses nothing: a text without a message that is known adds nothing.
//!
//! Each form has a phrase of its own. All of them are found in one pass for each phrase, and what
//! is around a phrase is looked at up to a fixed distance: the time is linear.

mod bare;
mod lookalike;
mod phrases;
mod service;
mod spoken;

use crate::denied::actions::services;
use crate::denied::around::{self, DeniedResource};
use crate::denied::found::FoundDenials;
use crate::denied::lines::squashed;
use crate::denied::messages::phrases::{LOOKALIKES, PHRASES, Phrase};
use crate::denied::model::{Denial, LookalikeKind};
use crate::denied::sentence::{self, AUTHORIZED, Sentence};
use crate::denied::squash::SquashedText;
use crate::infer::passing::passed_to;

/// What is known around a text.
#[derive(Clone, Debug, Default)]
pub(super) struct MessageContext {
    /// The resource of the event.
    pub(super) resource: DeniedResource,
    /// Whether the event is one of CloudFormation that failed.
    pub(super) is_failure: bool,
    /// The prefix of the service that was asked.
    pub(super) service: Option<String>,
}

/// Adds what `text` says.
pub(super) fn scan(text: &str, context: &MessageContext, found: &mut FoundDenials) {
    let text = squashed(text);
    let mut phrases: Vec<(usize, Phrase)> = Vec::new();
    for (phrase, kind) in PHRASES {
        phrases.extend(text.find_all(phrase).map(|at| (at, *kind)));
    }
    for (phrase, _) in LOOKALIKES {
        phrases.extend(text.find_all(phrase).map(|at| (at, Phrase::Lookalike)));
    }
    phrases.sort_unstable();
    let mut messages = Messages {
        text: &text,
        context,
        found,
        floor: 0,
        noticed: None,
    };
    for (at, phrase) in phrases {
        messages.message(at, phrase);
    }
}

/// The messages of one text.
struct Messages<'a> {
    text: &'a SquashedText,
    context: &'a MessageContext,
    found: &'a mut FoundDenials,
    /// Where the last message ended.
    floor: usize,
    /// Where the last message began that was a denial or a lookalike.
    noticed: Option<usize>,
}

impl Messages<'_> {
    fn message(&mut self, at: usize, phrase: Phrase) {
        match phrase {
            Phrase::Authorized if self.is_service_role(at) => {
                self.push_lookalike(LookalikeKind::AppRole, at, at + AUTHORIZED.len());
            }
            Phrase::Authorized => match sentence::sentence(self.text, at) {
                Some(sentence) => self.sentence(sentence),
                None => self.of_ec2(at),
            },
            Phrase::Denied => self.denied(at),
            Phrase::Forbidden => self.forbidden(at),
            Phrase::ByS3 => self.by_s3(at),
            Phrase::Assume => self.assume(at),
            Phrase::Logging => self.logging(at),
            Phrase::LinkedRole => self.linked_role(at),
            Phrase::Tagging => self.tagging(at),
            Phrase::Image => self.image(at),
            Phrase::DeployRole => self.deploy_role(at),
            Phrase::Encoded => self.encoded(at),
            Phrase::Lookalike => self.lookalike(at),
            Phrase::Code => self.code(at),
        }
    }

    /// The resource that the message from `start` to `end` is about.
    fn resource(&self, start: usize, end: usize) -> DeniedResource {
        around::resource(self.text, self.floor, start, end).or(&self.context.resource)
    }

    /// Adds a denial whose message is from `start` to `end`.
    fn push(&mut self, mut denial: Denial, start: usize, end: usize) {
        if denial.type_name.is_none() {
            let resource = self.resource(start, end);
            denial.type_name = resource.type_name;
            denial.logical_id = resource.logical_id;
        }
        self.found.push(denial);
        self.noticed = Some(start);
        self.floor = self.floor.max(end);
    }

    /// Whether a service says that it cannot assume a role: `CodePipeline is not authorized to
    /// perform AssumeRole on role ...`. Only that role's trust policy decides.
    fn is_service_role(&self, at: usize) -> bool {
        let Some(verb) = at.checked_sub("isn".len()) else {
            return false;
        };
        let after = at + AUTHORIZED.len();
        let tail = self.text.after(after, 20).trim_start_matches(':');
        let tail = tail.strip_prefix("sts:").unwrap_or(tail);
        self.text.has(verb, "is")
            && tail.starts_with("AssumeRole")
            && !tail.starts_with("AssumeRoleWith")
            && service::ends_at(self.text, verb)
    }

    fn sentence(&mut self, sentence: Sentence) {
        let Sentence {
            mut denial,
            service,
            start,
            end,
        } = sentence;
        let resource = self.resource(start, end);
        if denial.action.as_deref() == Some("iam:PassRole") {
            let asked = service.as_deref().and_then(services::prefix);
            let asked = asked.filter(|service| service != "iam");
            let of_type = resource
                .type_name
                .as_deref()
                .map(passed_to)
                .unwrap_or_default();
            denial.passed_to = match (asked, of_type) {
                (None, [only]) => Some((*only).to_owned()),
                (asked, _) => {
                    let prefix = asked.or_else(|| self.context.service.clone());
                    prefix.as_deref().map(services::principal)
                }
            };
        }
        denial.type_name = resource.type_name;
        denial.logical_id = resource.logical_id;
        self.push(denial, start, end);
    }

    /// A handler that was denied something in words that no other phrase covers.
    fn code(&mut self, at: usize) {
        let window = self.text.before(at, 2000);
        // The message of this code begins here.
        let begin = window.rfind("Resourcehandlerreturnedmessage");
        let start = begin.map_or(at, |begin| at - window.len() + begin);
        let is_noticed = self.noticed.is_some_and(|noticed| noticed >= start);
        if !is_noticed && begin.is_some() {
            self.push_lookalike(LookalikeKind::Unrecognized, start, at);
        }
    }
}
