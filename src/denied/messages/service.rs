//! Services that speak of themselves: `CodePipeline is not authorized to ...`.
//!
//! In: a text, and where a name ends in it. Out: whether the name is that of a service. Refuses
//! nothing: `User`, `The role`, and ARNs are not services.

use crate::denied::actions::services;
use crate::denied::squash::{Gap, SquashedText};

/// So many words a name has at most: `Amazon EventBridge Scheduler`.
const WORDS: usize = 4;

/// So long a name is at most.
const LONGEST: usize = 64;

/// Words that are who asks, and in AWS's reference also the prefix of a service.
const CALLERS: &[&str] = &["account", "user", "role", "principal", "identity"];

/// Whether the name of a service ends at `end`.
pub(super) fn ends_at(text: &SquashedText, end: usize) -> bool {
    let mut from = end;
    for _ in 0..WORDS {
        let Some(start) = word_start(text, from) else {
            return false;
        };
        let name = text.slice(start, end);
        let lower = name.to_ascii_lowercase();
        if CALLERS.contains(&lower.as_str()) {
            return false;
        }
        // `Gateway service` is a part of a service that has another name.
        if services::prefix(name).is_some() || lower.len() > 7 && lower.ends_with("service") {
            return true;
        }
        from = start;
    }
    false
}

/// Where the word before `end` begins: letters and digits that begin with a letter.
fn word_start(text: &SquashedText, end: usize) -> Option<usize> {
    let mut start = end;
    for c in text.before(end, LONGEST).chars().rev() {
        if !c.is_ascii_alphanumeric() {
            break;
        }
        start -= 1;
        // A cell of a table can end inside a word.
        if text.gap(start) > Gap::Cell {
            break;
        }
    }
    // A part of a path, such as that of a role.
    let is_part = text.gap(start) == Gap::None && text.before(start, 1).ends_with('/');
    let is_word = text
        .slice(start, end)
        .starts_with(|c: char| c.is_ascii_alphabetic());
    (is_word && !is_part).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denied::lines::squashed;

    #[test]
    fn only_services_speak_of_themselves() {
        let ends = |text: &str| {
            let text = squashed(text);
            ends_at(&text, text.len())
        };
        for name in [
            "CodePipeline",
            "message: \"CodeBuild",
            "error: AWS CodeDeploy",
            "Kinesis Firehose",
            "Amazon EventBridge Scheduler",
            "Gateway service",
        ] {
            assert!(ends(name), "{name}");
        }
        for name in [
            "User",
            "AccessDenied: User",
            "the account",
            "Role",
            "arn:aws:iam::1:role/codepipeline",
            "codepipeline-Service",
            "service",
            "***",
            "",
        ] {
            assert!(!ends(name), "{name}");
        }
    }
}
