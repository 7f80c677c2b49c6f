//! What is known about a resource type's own ARNs.
//!
//! In: a resource type. Out: [`TypeFacts`]: which of an action's ARN formats are for its resources.
//! Refuses nothing: a type that is not known has no ARNs of its own.

use std::collections::BTreeSet;

use crate::aws::handlers::{ArnFormat, CalledAction, Handler, ResourceType, handlers};
use crate::infer::arns::format::{ParsedArn, letters};

/// What a resource that an action is asked for has to do with the type that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArnShare {
    /// It is one of that type.
    Own,
    /// It is one that such a resource belongs to, as a function that has an alias.
    Parent,
    /// It is one of another type, or nothing says of which.
    Other,
    /// The same call is always asked for it as well, as the VPC of a security group.
    Required,
    /// The same call is asked for it if the template names one, as the subnets of an endpoint.
    Optional,
}

/// A resource type, with the shapes of its ARNs.
pub(crate) struct TypeFacts {
    pub(crate) known: Option<ResourceType<'static>>,
    /// The shape of its own ARN format.
    own: Option<ArnShape>,
    /// That of the type that it belongs to, if it has no ARN of its own.
    parent: Option<ArnShape>,
}

impl TypeFacts {
    /// The facts about the type `type_name`.
    pub(crate) fn of(type_name: &str) -> Self {
        let known = handlers().resource_type(type_name);
        let own = known.as_ref().and_then(|known| shape_of(known.arn?));
        let parent = known.as_ref().filter(|_| own.is_none());
        let parent = parent.and_then(parent_shape);
        Self { known, own, parent }
    }

    /// Whether its resources are among those of `service`.
    pub(crate) fn serves(&self, service: &str) -> bool {
        let is_own = |known: &ResourceType<'_>| known.service == service;
        let own = self.own.as_ref();
        self.known.as_ref().is_some_and(is_own) || own.is_some_and(|(own, _)| own == service)
    }

    /// Whether resources with the ARN format `format`, which the reference calls `kind`, are of
    /// the type.
    pub(crate) fn has(&self, format: &str, kind: &str) -> bool {
        let (Some(known), Some(shape)) = (&self.known, shape_of(format)) else {
            return false;
        };
        match &self.own {
            Some(own) => *own == shape,
            None => shape.0 == known.service && is_named_like(known, kind),
        }
    }

    /// Whether `action` is one of its tagging permissions.
    pub(crate) fn is_tagging(&self, action: &str) -> bool {
        let mut actions = self.known.iter().flat_map(|known| &known.actions);
        actions.any(|known| known.is_tagging && known.name == action)
    }

    /// The formats that `called` is asked for with what each has to do with the type.
    pub(crate) fn shares<'a>(
        &self,
        called: &CalledAction<'_>,
        formats: Vec<ArnFormat<'a>>,
    ) -> Vec<(ArnFormat<'a>, ArnShare)> {
        let Some((own, share_of_own)) = self.own_formats(&formats) else {
            let others = formats.into_iter();
            return others.map(|format| (format, ArnShare::Other)).collect();
        };
        // If the reference requires none of the type's own formats, the others are alternatives to
        // them, such as the many kinds of resources that can be tagged.
        let is_one_call = own
            .iter()
            .any(|at| formats.get(*at).is_some_and(|format| format.is_required));
        let is_tagging = self.is_tagging(called.name);
        let share = |at: usize, format: &ArnFormat<'_>| {
            if own.contains(&at) {
                Some(share_of_own)
            } else if format.is_required {
                Some(ArnShare::Required)
            } else {
                (is_one_call && !is_tagging).then_some(ArnShare::Optional)
            }
        };
        let shared = formats.into_iter().enumerate();
        shared
            .filter_map(|(at, format)| share(at, &format).map(|share| (format, share)))
            .collect()
    }

    /// Which of the formats are those of the type, by their places: of the same shape, else below
    /// it (an alias below its function), else of the type's name, else those of its parent.
    fn own_formats(&self, formats: &[ArnFormat<'_>]) -> Option<(BTreeSet<usize>, ArnShare)> {
        let known = self.known.as_ref()?;
        let places = |holds: &dyn Fn(&ArnFormat<'_>) -> bool| -> BTreeSet<usize> {
            let places = formats.iter().enumerate();
            let places = places.filter(|(_, format)| holds(format));
            places.map(|(at, _)| at).collect()
        };
        let related = |relation: fn(&str, &str) -> bool, own: Option<&ArnShape>| {
            places(&|format| {
                let shape = shape_of(format.arn).zip(own);
                shape.is_some_and(|((service, shape), own)| {
                    service == own.0 && relation(&shape, &own.1)
                })
            })
        };
        let same = |shape: &str, own: &str| shape == own;
        let above = |shape: &str, own: &str| is_below(own, shape);
        let (own, parent) = (self.own.as_ref(), self.parent.as_ref());
        let named = places(&|format| is_named_like(known, format.kind));
        [
            (related(same, own), ArnShare::Own),
            (related(is_below, own), ArnShare::Own),
            (named, ArnShare::Own),
            (related(above, own), ArnShare::Parent),
            (related(same, parent), ArnShare::Parent),
            (related(is_below, parent), ArnShare::Parent),
        ]
        .into_iter()
        .find(|(found, _)| !found.is_empty())
    }
}

/// Whether the reference's `kind` of resource has the name of the type.
fn is_named_like(known: &ResourceType<'_>, kind: &str) -> bool {
    let short = known.name.rsplit("::").next().unwrap_or_default();
    letters(kind.split('/').next().unwrap_or_default()) == letters(short)
}

/// The service of an ARN, and the shape of its last field.
type ArnShape = (String, String);

fn shape_of(text: &str) -> Option<ArnShape> {
    ParsedArn::parse(text).map(|arn| (arn.service.to_owned(), arn.shape()))
}

/// A type without an ARN of its own belongs to another: the one that its creation is asked for, if
/// there is one only, apart from what is below it. A function's permission belongs to the function.
fn parent_shape(known: &ResourceType<'_>) -> Option<ArnShape> {
    let created = known
        .actions
        .iter()
        .filter(|action| action.is_called_by(Handler::Create) && !action.is_tagging)
        .filter(|action| action.name.split(':').next() == Some(known.service))
        .filter(|action| !is_read(action.name));
    let shapes: BTreeSet<ArnShape> = created
        .filter_map(|action| handlers().action(action.name))
        .flat_map(|action| action.formats)
        .filter_map(|format| shape_of(format.arn))
        .collect();
    let is_root = |root: &&ArnShape| {
        let mut shapes = shapes.iter();
        shapes.all(|(service, shape)| {
            *service == root.0 && (*shape == root.1 || is_below(shape, &root.1))
        })
    };
    shapes.iter().find(is_root).cloned()
}

/// Whether the action's name says that it reads.
fn is_read(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Get", "Describe", "List", "BatchGet", "Head"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// Whether `shape` begins with `other` and goes on after a separator.
fn is_below(shape: &str, other: &str) -> bool {
    shape
        .strip_prefix(other)
        .is_some_and(|rest| rest.starts_with(['/', ':']))
}
