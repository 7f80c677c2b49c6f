//! What an exception from the rules says. Plain data; refuses nothing.

/// What opens the actions of an [`Exception`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::infer::actions) enum Opens {
    /// Nothing does.
    Never,
    /// Every resource of the type needs them.
    Always,
    /// A property with one of these words; see [`has_word`](crate::infer::actions::words::has_word).
    With(&'static [&'static str]),
    /// The resource's values name the action's own service.
    Target,
}

/// Actions that the rules would judge wrongly.
pub(in crate::infer::actions) struct Exception {
    /// The types that this is about. Empty: all types of the actions' own service.
    pub(in crate::infer::actions) types: &'static [&'static str],
    /// The actions, `*` for any text.
    pub(in crate::infer::actions) actions: &'static [&'static str],
    pub(in crate::infer::actions) opens: Opens,
}

pub(in crate::infer::actions) const fn of_service(
    actions: &'static [&'static str],
    words: &'static [&'static str],
) -> Exception {
    Exception {
        types: &[],
        actions,
        opens: Opens::With(words),
    }
}

pub(in crate::infer::actions) const fn of_types(
    types: &'static [&'static str],
    actions: &'static [&'static str],
    opens: Opens,
) -> Exception {
    Exception {
        types,
        actions,
        opens,
    }
}
