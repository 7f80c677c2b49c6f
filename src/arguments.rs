//! What a macro says: its arguments, with every default filled in and every override applied.
//!
//! In: a macro call, the template's defaults (`Definitions.DeployRoles`), and the catalog of
//! partials. Out: typed [`Arguments`]. Refuses unknown keys and names (with the nearest known one),
//! keys without a value, wrong types, and text that IAM, CloudFormation or OrgFormation would
//! refuse. Whether accounts exist is for [`select`](crate::expand::select).
//!
//! An argument is one file, with an `ARGUMENT` that describes it and a `decode` that reads it,
//! and a line of [`table`] for each place where it may be.

mod app_id;
mod argument;
mod boundary;
mod chained_session;
mod decoder;
mod defaults;
mod deny;
mod framework;
mod layout;
mod logical_ids;
mod max_session_duration;
mod overlaps;
mod partials;
mod path;
mod policies;
mod principal;
mod region;
mod regions;
mod role_arguments;
pub mod rules;
mod services;
pub mod table;
mod tags;
mod targets;
mod test_role;
mod tools_account;
mod trust_shape;
pub mod trusted_by;
pub mod write;
mod written;

use std::sync::Arc;

use crate::aws::partitions::Region;
use crate::diagnostic::Diagnostic;
use crate::partials::catalog::Catalog;
use crate::source::Spanned;
use crate::yaml::lookup::{Field, Library};
use crate::yaml::node::{Kind, Node};

pub use argument::{Argument, DefaultValue, ListForm, Offered, TextForm, ValueKind, Word};
pub use boundary::Boundary;
pub use defaults::defaults;
pub use layout::Layout;
pub use logical_ids::{LogicalIdLine, LogicalIds};
pub use partials::partials_folder;
pub use policies::UserPolicy;
pub use region::FORM as REGION_FORM;
pub use role_arguments::RoleArguments;
pub use services::{Choice, SERVICES};
pub use tags::RoleTag;
pub use targets::{AccountRefs, SELECTING, Selector, Target};
pub use test_role::TestRole;
pub use trust_shape::TrustShape;
pub use trusted_by::{Trust, names as trust_names};
pub use written::{MacroText, TAG, custom_tags, has_macro};

use decoder::{Decoder, Fields};
use trusted_by::TrustingStage;

/// The arguments of one macro.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// `AppId`.
    pub app_id: Spanned<String>,
    /// `ToolsAccount`: its logical id.
    pub tools_account: Option<Spanned<String>>,
    /// `Targets`, in the order of the text.
    pub targets: Vec<Target>,
    /// `Region`, or the first of `Regions`, or the template's default: the region of the roles.
    pub region: Region,
    /// The further ones of `Regions`.
    pub other_regions: Vec<Region>,
    /// `Path`, `/` by default.
    pub path: String,
    /// `TrustShape`.
    pub trust_shape: TrustShape,
    /// `Layout`.
    pub layout: Layout,
    /// `LogicalIds`.
    pub logical_ids: LogicalIds,
    /// `Tags` of the macro itself: those of what the Tools account holds.
    pub tags: Vec<RoleTag>,
}

/// Decodes the arguments of a macro. If something is wrong, what could be decoded comes with the
/// problems, so that later stages can look for theirs as well; see [`crate::registry`].
pub fn decode(
    library: &Library,
    catalog: &Catalog,
    written: &MacroText<'_>,
) -> (Option<Arguments>, Vec<Diagnostic>) {
    let mut decoder = Decoder::new(library, catalog, written, table::known_keys());
    let arguments =
        fields(&mut decoder, written).map(|fields| from_fields(&mut decoder, &fields, written));
    (arguments, decoder.reader.into_problems())
}

fn from_fields(decoder: &mut Decoder<'_>, fields: &Fields, written: &MacroText<'_>) -> Arguments {
    let app_id = app_id::decode(decoder, fields);
    let tools_account = tools_account::decode(decoder, fields);
    note_stages(decoder, fields);
    let base = role_arguments::decode(decoder, fields);
    let targets = targets::decode(decoder, fields, &base).unwrap_or_default();
    let trusts = || {
        targets
            .iter()
            .flat_map(|target| &target.arguments.trusted_by)
    };
    overlaps::check(decoder, &targets);
    chained_session::check(decoder, &targets);
    let (region, other_regions) = regions::decode(decoder, fields);
    if let Some(region) = &region {
        let boundaries = targets
            .iter()
            .filter_map(|target| target.arguments.boundary.as_ref());
        boundary::check_partition(decoder, region, boundaries);
    }
    let path = path::decode(decoder, fields);
    let trust_shape = trust_shape::decode(decoder, fields);
    let layout = layout::decode(decoder, fields);
    let logical_ids = logical_ids::decode(decoder, fields);
    tools_account::check(decoder, fields, written.name_span, trusts());
    let unknown = || "unknown".to_owned();
    Arguments {
        app_id: app_id.unwrap_or_else(|| Spanned::new(unknown(), written.tag_span)),
        tools_account,
        targets,
        region: region.unwrap_or_else(|| Region(unknown())),
        other_regions,
        path,
        trust_shape,
        layout,
        logical_ids,
        tags: base.tags,
    }
}

/// Records the stages and the macro's own trusts, which are decoded for each stage.
fn note_stages(decoder: &mut Decoder<'_>, fields: &Fields) {
    let shared = fields.get(trusted_by::ARGUMENT.name);
    decoder.shared_trusts = shared.map(|field| Arc::clone(&field.value));
    decoder.stages = targets::stages(decoder, fields);
    if let (true, Some(field)) = (decoder.stages.is_empty(), shared) {
        // Nobody will decode them, but their problems are worth reporting.
        let stage = TrustingStage {
            name: "dev",
            is_own: true,
        };
        trusted_by::decode(decoder, &field.value, stage);
    }
}

/// The macro's fields, and those of the template's defaults that it does not have.
fn fields(decoder: &mut Decoder<'_>, written: &MacroText<'_>) -> Option<Fields> {
    let mut fields = shared_fields(decoder)?;
    let mut own = own_fields(decoder, written)?;
    one_way_to_say_regions(&mut fields, &mut own);
    // A macro that merges the mapping of the defaults has all of its keys.
    let partials = fields.remove(partials::ARGUMENT.name);
    for field in own.values() {
        let is_shared = partials.as_ref().map(|shared| shared.key_span) == Some(field.key_span);
        if !is_shared {
            decoder.check_argument(field);
        }
    }
    for field in fields
        .values()
        .filter(|field| !own.contains_key(&field.key))
    {
        decoder.check_default(field);
    }
    fields.extend(own);
    Some(fields)
}

/// `Region` and `Regions` say the same: whichever the macro has replaces either of the defaults',
/// also if the macro merges their mapping.
fn one_way_to_say_regions(shared: &mut Fields, own: &mut Fields) {
    let names = [region::ARGUMENT.name, regions::ARGUMENT.name];
    let is_shared = |name: &str, field: &Field| {
        let of_defaults = shared.get(name).map(|shared| shared.key_span);
        of_defaults == Some(field.key_span)
    };
    let is_own = |name: &&str| own.get(*name).is_some_and(|field| !is_shared(name, field));
    if names.iter().any(is_own) {
        own.retain(|name, field| !names.contains(&name.as_str()) || !is_shared(name, field));
    }
    if names.iter().any(|name| own.contains_key(*name)) {
        shared.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// The fields of `Definitions.DeployRoles`.
fn shared_fields(decoder: &mut Decoder<'_>) -> Option<Fields> {
    let found = defaults(decoder.reader.library, decoder.template);
    match decoder.reader.keep(found)? {
        Some(node) => mapping(decoder, &node),
        None => Some(Fields::new()),
    }
}

fn own_fields(decoder: &mut Decoder<'_>, written: &MacroText<'_>) -> Option<Fields> {
    let body = written.body;
    match &body.kind {
        Kind::Scalar(text, _) if text.is_empty() => Some(Fields::new()),
        Kind::Scalar(..) => Some(short_form(written)),
        Kind::Mapping(..) => mapping(decoder, body),
        _ => {
            decoder.reader.wrong_type(
                body,
                "the macro's arguments",
                "write a mapping of arguments, or an AppId alone",
            );
            None
        }
    }
}

/// A scalar is the `AppId`. It keeps its quoting, not its tag.
fn short_form(written: &MacroText<'_>) -> Fields {
    let node = Node {
        tag: None,
        ..written.body.as_ref().clone()
    };
    let key = app_id::ARGUMENT.name.to_owned();
    let field = Field {
        key: key.clone(),
        key_span: written.tag_span,
        value: Arc::new(node),
    };
    Fields::from([(key, field)])
}

fn mapping(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<Fields> {
    let fields = decoder.reader.fields(node)?;
    Some(
        fields
            .into_iter()
            .map(|field| (field.key.clone(), field))
            .collect(),
    )
}
