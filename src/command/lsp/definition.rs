//! Where something is defined.
//!
//! In: a place in an open file. Out: a place in a file that can be opened. Refuses nothing: a built-in
//! partial has no file, and an unknown name no place.

use crate::command::lsp::hover::Spot;
use crate::command::lsp::place::{PlaceInMacro, ServicesOf, place, within};
use crate::command::lsp::route::NodeRoute;
use crate::source::Span;
use crate::yaml::lookup::INCLUDE;
use crate::yaml::node::Kind;

impl Spot<'_> {
    /// What the name here stands for.
    pub(super) fn definition(&self) -> Option<Span> {
        let route = self.route()?;
        if let Some(name) = route.reference() {
            return self.of_organization(name);
        }
        if let (Some(INCLUDE), Kind::Scalar(path, _)) = (route.node.tag_name(), &route.node.kind) {
            let library = self.understanding.library();
            let file = library.includes.get(&(self.file, path.clone()))?;
            return Some(Span::new(*file, 0, 0));
        }
        if Some(self.file) != self.understanding.file {
            return None;
        }
        let names = route.names();
        let tag = |at: usize| route.steps.get(at)?.value.tag_name();
        let (keys, whole) = within(&names, tag)?;
        self.of_partial(&partial_name(&route, keys, whole)?)
    }

    /// The key of an account or unit.
    fn of_organization(&self, name: &str) -> Option<Span> {
        let (_, section) = self.understanding.organization.as_ref()?;
        let fields = self.understanding.library().mapping(section).ok()?;
        let field = fields.into_iter().find(|field| field.key == name)?;
        Some(field.key_span)
    }

    /// The beginning of a partial that is not built in.
    fn of_partial(&self, name: &str) -> Option<Span> {
        let partials = self.understanding.partials.as_ref()?;
        let span = partials.span(name);
        self.understanding.is_on_disk(span.file).then_some(span)
    }
}

/// The partial that the name at the end of `route` stands for.
fn partial_name(route: &NodeRoute, keys: &[&str], whole: PlaceInMacro<'_>) -> Option<String> {
    let word = route.node.text().filter(|_| !route.is_key);
    match (place(keys, whole), word) {
        (PlaceInMacro::Argument(argument), Some(word)) => match argument.name {
            "Services" => Some(format!("services/{word}")),
            "Framework" => Some(format!("frameworks/{word}")),
            _ => None,
        },
        (PlaceInMacro::Service(ServicesOf::App, name), _) => Some(format!("services/{name}")),
        (PlaceInMacro::Service(ServicesOf::Tests, name), _) => Some(format!("tests/{name}")),
        (PlaceInMacro::Framework(name), _) => Some(format!("frameworks/{name}")),
        (PlaceInMacro::TestServices, Some(word)) => Some(format!("tests/{word}")),
        _ => None,
    }
}
