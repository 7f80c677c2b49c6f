//! Where in a macro something is.
//!
//! In: the keys that lead to it. Out: which argument, target, service, or trust it belongs to. Refuses
//! what is in no macro.

use crate::arguments::table::{ARGUMENTS, OF_THE_TEMPLATE, OVERRIDES, SELECTORS};
use crate::arguments::{Argument, TAG};

/// What something in a macro, or in the defaults of a template, belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum PlaceInMacro<'a> {
    /// The macro itself.
    Macro,
    /// `Definitions.DeployRoles`.
    Defaults,
    /// An argument.
    Argument(&'static Argument),
    /// A service, below this argument.
    Service(ServicesOf, &'a str),
    /// A framework.
    Framework(&'a str),
    /// The mapping of targets.
    Targets,
    /// A target.
    Target,
    /// `Services` of the `TestRole`.
    TestServices,
    /// An entry of `TrustedBy`.
    Trust(&'a str),
    /// A key of an entry of `TrustedBy`.
    TrustKey,
    /// Anything else.
    Other,
}

/// Whose services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServicesOf {
    /// Those of the app's stacks.
    App,
    /// Those of the `TestRole`.
    Tests,
}

/// The keys within the macro, or within the defaults; `tag` says what tag the value of a key has.
pub(super) fn within<'a, 'k>(
    keys: &'k [&'a str],
    tag: impl Fn(usize) -> Option<&'k str>,
) -> Option<(&'k [&'a str], PlaceInMacro<'a>)> {
    match keys {
        ["Resources", _, rest @ ..] if tag(1) == Some(TAG) => Some((rest, PlaceInMacro::Macro)),
        ["Definitions", "DeployRoles", rest @ ..] => Some((rest, PlaceInMacro::Defaults)),
        _ => None,
    }
}

/// What the value of the last of `keys` is, which are keys within a macro.
pub(super) fn place<'a>(keys: &[&'a str], whole: PlaceInMacro<'a>) -> PlaceInMacro<'a> {
    match keys {
        [] => whole,
        ["Targets"] => PlaceInMacro::Targets,
        ["Targets", _] => PlaceInMacro::Target,
        ["Targets", _, key] if known(SELECTORS, key).is_some() => {
            known(SELECTORS, key).map_or(PlaceInMacro::Other, PlaceInMacro::Argument)
        }
        ["Targets", _, rest @ ..] => below(rest, OVERRIDES),
        rest => below(rest, ARGUMENTS),
    }
}

fn below<'a>(keys: &[&'a str], among: &[&'static Argument]) -> PlaceInMacro<'a> {
    match keys {
        [key] => known(among, key)
            .or_else(|| known(OF_THE_TEMPLATE, key))
            .map_or(PlaceInMacro::Other, PlaceInMacro::Argument),
        ["Services", name] => PlaceInMacro::Service(ServicesOf::App, name),
        ["Framework", name] => PlaceInMacro::Framework(name),
        ["TestRole", "Services"] => PlaceInMacro::TestServices,
        ["TestRole", "Services", name] => PlaceInMacro::Service(ServicesOf::Tests, name),
        ["TrustedBy", name] => PlaceInMacro::Trust(name),
        ["TrustedBy", _, _] => PlaceInMacro::TrustKey,
        _ => PlaceInMacro::Other,
    }
}

fn known(among: &[&'static Argument], key: &str) -> Option<&'static Argument> {
    among.iter().copied().find(|argument| argument.name == key)
}
