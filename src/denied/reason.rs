//! Why a request was denied, in the words of IAM.
//!
//! In: a text, and where the reason may begin. Out: a [`DenialReason`]. Refuses nothing: a reason
//! that is not known is not one.
//!
//! The sentences are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>,
//! and for KMS those of its own API reference.

use crate::denied::actions;
use crate::denied::model::{DenialEffect, DenialLayer};
use crate::denied::names;
use crate::denied::squash::SquashedText;

/// Why a request was denied.
#[derive(Debug, Default)]
pub(super) struct DenialReason {
    pub(super) effect: DenialEffect,
    pub(super) layer: DenialLayer,
    pub(super) policy: Option<String>,
    /// The action that nothing allows. It can be another one than the request's.
    pub(super) action: Option<String>,
    /// Where the text goes on.
    pub(super) end: usize,
}

/// How the name of a policy's kind begins, without blanks.
const LAYERS: &[(&str, DenialLayer)] = &[
    ("identity-based", DenialLayer::Identity),
    ("identitybased", DenialLayer::Identity),
    ("resource-based", DenialLayer::Resource),
    ("resourcebased", DenialLayer::Resource),
    ("permissionsboundar", DenialLayer::Boundary),
    ("permissionboundar", DenialLayer::Boundary),
    ("session", DenialLayer::Session),
    ("VPCendpoint", DenialLayer::VpcEndpoint),
    ("vpcendpoint", DenialLayer::VpcEndpoint),
    ("servicecontrol", DenialLayer::Scp),
    ("resourcecontrol", DenialLayer::Rcp),
    ("roletrust", DenialLayer::Trust),
    ("trustpolic", DenialLayer::Trust),
];

const EXPLICIT: &str = "withanexplicitdeny";
const IMPLICIT: &str = "becauseno";

/// The reason that begins at `at`, if one does.
pub(super) fn reason(text: &SquashedText, at: usize) -> Option<DenialReason> {
    if text.has(at, EXPLICIT) {
        return Some(explicit(text, at + EXPLICIT.len()));
    }
    if text.has(at, IMPLICIT) {
        let from = at + IMPLICIT.len();
        let (layer, end) = layer(text, from)?;
        return Some(DenialReason {
            effect: DenialEffect::Implicit,
            layer,
            action: missing(text, end),
            end,
            ..DenialReason::default()
        });
    }
    let other = |effect, layer| DenialReason {
        effect,
        layer,
        end: at + "because".len(),
        ..DenialReason::default()
    };
    // KMS: no such key here, or its policy does not allow it, or denies it.
    if text.has(at, "becausetheresourcedoesnotexist") {
        return Some(other(DenialEffect::Unknown, DenialLayer::Resource));
    }
    // S3's Block Public Access is no policy, and no Allow overrules it.
    if text.has(at, "becausepublic") {
        return Some(other(DenialEffect::Explicit, DenialLayer::Unknown));
    }
    None
}

/// What follows `with an explicit deny`.
fn explicit(text: &SquashedText, from: usize) -> DenialReason {
    let unknown = DenialReason {
        effect: DenialEffect::Explicit,
        end: from,
        ..DenialReason::default()
    };
    if !text.has(from, "in") {
        return unknown;
    }
    let Some((layer, end)) = layer(text, from + 2) else {
        return unknown;
    };
    let mut policy = None;
    let tail = text.after(end, 40);
    if let Some(at) = tail.find("arn:")
        && is_before_policy(tail.get(..at).unwrap_or_default())
    {
        let (name, _) = names::name(text, end + at, names::is_arn_char);
        policy = Some(name);
    }
    DenialReason {
        effect: DenialEffect::Explicit,
        layer,
        policy,
        end,
        ..DenialReason::default()
    }
}

/// The action of `... policy allows the ACTION action`.
fn missing(text: &SquashedText, from: usize) -> Option<String> {
    let tail = text.after(from, 160);
    let (before, rest) = tail.split_once("allowsthe")?;
    let (action, _) = rest.split_once("action")?;
    // `iesallow`, `yallows`, `ypolicyallows`
    let is_near = before.len() <= 12 && before.chars().all(char::is_alphabetic);
    is_near.then(|| actions::canonical(action)).flatten()
}

/// Whether a text may be between the kind of a policy and its ARN.
fn is_before_policy(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let rest = text
        .trim_start_matches("icy")
        .trim_start_matches("icies")
        .trim_start_matches('y');
    let rest: String = rest.chars().filter(char::is_ascii_alphabetic).collect();
    matches!(
        rest.as_str(),
        "" | "policy" | "withpolicyarn" | "policyarn" | "policywithpolicyarn" | "arn"
    )
}

/// The kind of policy that the text names at `at`, and where it goes on.
fn layer(text: &SquashedText, at: usize) -> Option<(DenialLayer, usize)> {
    ["", "an", "a", "the"].iter().find_map(|article| {
        if !text.has(at, article) {
            return None;
        }
        let at = at + article.len();
        let (phrase, layer) = LAYERS.iter().find(|(phrase, _)| text.has(at, phrase))?;
        Some((*layer, at + phrase.len()))
    })
}
