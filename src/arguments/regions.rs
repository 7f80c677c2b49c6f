//! `Regions`: the regions of an app that is in several.
//!
//! The first one is what `Region` is to other apps. Refuses anything but a list of different
//! regions of one partition, and `Region` next to it.

use std::sync::Arc;

use crate::arguments::argument::{Argument, DefaultValue, ListForm, ValueKind};
use crate::arguments::decoder::{Decoder, Fields};
use crate::arguments::region;
use crate::aws::partitions::{Region, partition};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Field;
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::INVALID_VALUE;

/// `Regions`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Regions",
    kind: ValueKind::List(ListForm {
        least: 1,
        alone: false,
        ..ListForm::of(&ValueKind::Region)
    }),
    default: DefaultValue::None,
    summary: "Instead of `Region`: the regions that the roles can reach, the first of which holds them.",
};

/// What to write.
const HELP: &str = "write a list such as `Regions: [eu-west-1, us-east-1]`";

/// The regions: that of the roles, and the others that they can reach.
pub(super) fn decode(decoder: &mut Decoder<'_>, fields: &Fields) -> (Option<Region>, Vec<Region>) {
    let Some(field) = fields.get(ARGUMENT.name) else {
        return (region::decode(decoder, fields), Vec::new());
    };
    if let Some(single) = fields.get(region::ARGUMENT.name) {
        decoder.reader.problem(both(field, single));
    }
    let mut regions = list(decoder, &field.value).into_iter();
    let regions = regions.by_ref().map(|region| Region(region.value));
    let mut regions: Vec<Region> = regions.collect();
    if regions.is_empty() {
        return (None, Vec::new());
    }
    let others = regions.split_off(1);
    (regions.pop(), others)
}

/// The regions in the order of the text, each once.
fn list(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Vec<Spanned<String>> {
    let followed = decoder.reader.library.follow(node);
    if !matches!(followed.kind, Kind::Sequence(..)) || followed.tag.is_some() {
        decoder.reader.wrong_type(node, "a list of regions", HELP);
        return Vec::new();
    }
    let items = decoder.reader.library.items(node);
    if items.is_empty() {
        decoder.reader.problem(empty(node));
    }
    let mut regions: Vec<Spanned<String>> = Vec::new();
    for item in items {
        let Some(region) = region::one(decoder, &item) else {
            continue;
        };
        let same = regions.iter().find(|known| known.value == region.value);
        if let Some(same) = same {
            decoder.reader.problem(repeated(&region, same.span));
            continue;
        }
        if let Some(first) = regions.first()
            && partition(&first.value) != partition(&region.value)
        {
            decoder.reader.problem(of_another_partition(&region, first));
            continue;
        }
        regions.push(region);
    }
    regions
}

fn both(field: &Field, single: &Field) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        field.key_span,
        "`Regions` stands next to `Region`",
    )
    .related(single.key_span, "`Region` is here")
    .help("remove `Region`: the first of `Regions` takes its place")
}

fn empty(node: &Node) -> Diagnostic {
    Diagnostic::new(&INVALID_VALUE, node.whole_span(), "`Regions` has no region").help(HELP)
}

fn repeated(region: &Spanned<String>, first: Span) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        region.span,
        format!("`{}` is in the list twice", region.value),
    )
    .related(first, "it is here already")
    .help("remove one of the two")
}

fn of_another_partition(region: &Spanned<String>, first: &Spanned<String>) -> Diagnostic {
    let (own, other) = (partition(&region.value), partition(&first.value));
    Diagnostic::new(
        &INVALID_VALUE,
        region.span,
        format!(
            "`{}` is of another partition than the first region",
            region.value
        ),
    )
    .related(first.span, format!("`{}` is of `{other}`", first.value))
    .help(format!(
        "an account is in one partition: create another macro for the accounts in `{own}`"
    ))
}
