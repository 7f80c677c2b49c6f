//! `Region`: the one region whose stacks hold the roles.
//!
//! Refuses lists and references: IAM is global, so roles are in the stack of exactly one region.

use std::sync::Arc;

use crate::arguments::argument::{Argument, DefaultValue, TextForm, ValueKind};
use crate::arguments::decoder::{Decoder, Fields};
use crate::arguments::rules::{NO_REGION, UNKNOWN_REGION};
use crate::aws::partitions::{REGIONS, Region};
use crate::diagnostic::{Diagnostic, Shown as _, nearest};
use crate::source::{Span, Spanned};
use crate::template::task::DEFAULT_REGIONS;
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::{INVALID_VALUE, WRONG_TYPE};

/// `Region`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Region",
    kind: ValueKind::Region,
    default: DefaultValue::Words("the first of `DefaultOrganizationBindingRegion`"),
    summary: "The one region whose stacks hold the roles.",
};

/// How names of regions are written.
pub const FORM: TextForm = TextForm {
    pattern: "^[a-z0-9]{2,}(-[a-z0-9]+)+-[0-9]+$",
    most: 32,
};

pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> Option<Region> {
    let node = match fields.get(ARGUMENT.name) {
        Some(field) => {
            let node = Arc::clone(&field.value);
            let followed = decoder.reader.library.follow(&node);
            if matches!(followed.kind, Kind::Sequence(..)) {
                decoder.reader.problem(several(&node));
                return None;
            }
            node
        }
        None => default(decoder)?,
    };
    one(decoder, &node).map(|region| Region(region.value))
}

/// One region's name.
pub(super) fn one(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<Spanned<String>> {
    if decoder.reader.library.reference(node).is_some() {
        decoder.reader.problem(reference(node));
        return None;
    }
    let region = decoder.reader.text(node)?;
    if !is_region(&region.value) {
        decoder.reader.problem(not_a_region(&region));
        return None;
    }
    if !REGIONS.contains(&region.value.as_str()) {
        decoder.reader.problem(unknown(&region));
    }
    Some(region)
}

/// The first of the template's own regions.
fn default(decoder: &mut Decoder<'_>) -> Option<Arc<Node>> {
    let root = &decoder.template.root;
    let found = DEFAULT_REGIONS
        .iter()
        .find_map(|key| root.get(key).filter(|node| !node.is_null()));
    let Some(node) = found else {
        decoder.reader.problem(none(decoder.call_span));
        return None;
    };
    let items = decoder.reader.library.items(node);
    Some(Arc::clone(items.first().unwrap_or(node)))
}

/// Whether `text` has the form of a region's name, such as `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    text.len() <= FORM.most
        && parts.len() >= 3
        && parts.first().is_some_and(|part| part.len() >= 2)
        && parts
            .last()
            .is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        && parts.iter().all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

fn none(place: Span) -> Diagnostic {
    Diagnostic::new(&NO_REGION, place, "there is no region for the roles")
        .help("add `Region: eu-west-1` to the macro, or `DefaultOrganizationBindingRegion:` to the template; without a region, OrgFormation deploys nothing and only prints a warning")
}

fn several(node: &Node) -> Diagnostic {
    Diagnostic::new(&WRONG_TYPE, node.whole_span(), "expected one region, found a list")
        .help("for an app in several regions, rename the key to `Regions`; the roles are then in the stack of the first one")
}

fn reference(node: &Node) -> Diagnostic {
    Diagnostic::new(
        &WRONG_TYPE,
        node.whole_span(),
        "expected a region, found a reference",
    )
    .help("write the region itself, such as `eu-west-1`: OrgFormation does not accept a parameter in a binding's region")
}

fn not_a_region(region: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        region.span,
        format!("`{}` is not a region", region.value.shown()),
    )
    .help("write one such as `eu-west-1`")
}

/// There may be new regions, so this is no error.
fn unknown(region: &Spanned<String>) -> Diagnostic {
    let message = format!(
        "AWS is not known to have a region `{}`",
        region.value.shown()
    );
    let near = nearest(&region.value, REGIONS.iter().copied());
    let help = match near {
        Some(near) => format!("did you mean `{near}`? If the region is new, ignore this"),
        None => "check the name; if the region is new, ignore this".to_owned(),
    };
    Diagnostic::new(&UNKNOWN_REGION, region.span, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::argument::tests::form_agrees;

    #[test]
    fn the_form_has_what_decoding_accepts() {
        form_agrees(&ValueKind::Form(FORM), is_region);
    }
}
