//! What a change of a resource that is no principal and no policy of one may do to access.
//!
//! In: the data of one resource on both sides. Out: why the change may give access, property by
//! property, by what [`effects`] knows. It is a closed world: a type or a property that is not known
//! may do anything. Refuses nothing.

use crate::aws::effects::{Harmless, PropertyEffect, TypeEffects, effects};
use crate::aws::resource_policies::holder_of;
use crate::diagnostic::list;
use crate::diff::access::assigned::{self, INSTANCE};
use crate::diff::access::bound::Move;
use crate::diff::access::gone::{self, Gone, Stay};
use crate::diff::access::harmless::{is_as_strict, is_harmless};
use crate::diff::access::items::{UnmatchedItems, is_as_before, unmatched};
use crate::diff::access::leaves::{ValueParts, is_given, is_nothing, parts};
use crate::diff::access::thing_policies::{THING_POLICY, THING_PROPERTIES};
use crate::template::display::shown;
use crate::template::value::Data;

/// Attributes of a resource that give nobody access.
pub(super) const INERT_ATTRIBUTES: &[&str] = &[
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "DependsOnAccount",
    "Metadata",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// Lists of which the first item that fits a request decides.
const ORDERED: &[&str] = &["CacheBehaviors"];

/// Types that create what is written elsewhere, so that to remove one may also remove a Deny.
const OF_OTHERS: &[&str] = &["AWS::CloudFormation::", "AWS::IAM::UserToGroupAddition"];

/// Types that do nothing but let somebody in, so that nobody gets in where there is none.
const OPENINGS: &[&str] = &["AWS::Lambda::Url"];

/// Types whose switches are about nothing but the resource, so that nothing is open where there is none.
const OWN_SWITCHES: &[&str] = &[
    "AWS::IAM::AccessKey",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::ResourcePolicy",
];

/// Why a change may give access.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum PropertyChange {
    /// The type is not known.
    UnknownType(String),
    /// The type has a property, or an attribute, that is not known.
    UnknownProperty(String, String),
    /// These properties may let somebody do more; none is all of them.
    Grant(Vec<String>),
    /// It runs as this role now.
    Role(String),
    /// Something that may have denied access was removed.
    Denied,
}

impl PropertyChange {
    /// The reason, in words.
    pub(super) fn words(&self) -> String {
        match self {
            PropertyChange::UnknownType(kind) if kind.is_empty() => {
                "what it is cannot be resolved, so it may give access".to_owned()
            }
            PropertyChange::UnknownType(kind) => {
                format!("what a resource of the type `{kind}` creates is not known")
            }
            PropertyChange::UnknownProperty(kind, property) => {
                format!("what `{property}` of `{kind}` does is not known")
            }
            PropertyChange::Grant(properties) if properties.is_empty() => {
                "its properties cannot be resolved, and may let somebody do more".to_owned()
            }
            PropertyChange::Grant(properties) => {
                let names = list(properties.iter().map(String::as_str));
                let is = if properties.len() == 1 { "is" } else { "are" };
                format!("{names} may let somebody do more, and {is} not examined")
            }
            PropertyChange::Role(role) => format!("it runs as `{role}` now"),
            PropertyChange::Denied => "it may have denied something".to_owned(),
        }
    }
}

/// What is asked of the files around a resource.
#[derive(Clone, Copy)]
pub(super) struct KnownOfFiles<'a> {
    /// Whether a resource of this type ran before as this role, which it has at this path.
    pub(super) runs_already: &'a dyn Fn(&str, &[&str], &Data) -> bool,
    /// Whether this security group lets in private networks only.
    pub(super) is_closed: &'a dyn Fn(&Data) -> bool,
}

/// What a change from `old` to `new` may do, each once.
pub(super) fn changes(
    old: Option<&Data>,
    new: Option<&Data>,
    moved: Move,
    known: KnownOfFiles<'_>,
) -> Vec<PropertyChange> {
    let kind = |side: Option<&Data>| side.and_then(|data| data.get("Type")).map(shown);
    let of_type = |kind: Option<String>, old: Option<&Data>, new: Option<&Data>| {
        let kind = kind.unwrap_or_default();
        let Some(effects) = effects().resource_type(&kind) else {
            return vec![PropertyChange::UnknownType(kind)];
        };
        let mut comparison = PropertyComparison {
            kind: &kind,
            effects,
            moved,
            known,
            decided: decided(&kind),
            stay: Stay::Gone,
            is_more: false,
            denies: [old, new].into_iter().flatten().any(is_denying_entry),
            found: Vec::new(),
        };
        comparison.resource(old, new);
        comparison.found
    };
    let (before, after) = (kind(old), kind(new));
    let mut found = Vec::new();
    if before == after || old.is_none() || new.is_none() {
        found.extend(of_type(after.or(before), old, new));
    } else {
        found.extend(of_type(before, old, None));
        found.extend(of_type(after, None, new));
    }
    found.sort();
    found.dedup();
    together(found)
}

/// The same with all properties that may let somebody do more together.
fn together(found: Vec<PropertyChange>) -> Vec<PropertyChange> {
    let mut properties = Vec::new();
    let mut rest = Vec::new();
    let mut is_whole = false;
    for change in found {
        match change {
            PropertyChange::Grant(names) => {
                is_whole |= names.is_empty();
                properties.extend(names);
            }
            change => rest.push(change),
        }
    }
    if is_whole {
        rest.push(PropertyChange::Grant(Vec::new()));
    } else if !properties.is_empty() {
        rest.push(PropertyChange::Grant(properties));
    }
    rest
}

/// The properties about which `resource_policies`, `permission_sets`, and `thing_policies` decide.
fn decided(kind: &str) -> Vec<&'static str> {
    match holder_of(kind) {
        Some(holder) => holder.properties(),
        None if kind == THING_POLICY => THING_PROPERTIES.to_vec(),
        None => assigned::decided(kind).to_vec(),
    }
}

/// A comparison of two resources of one type.
struct PropertyComparison<'a> {
    kind: &'a str,
    effects: TypeEffects<'static>,
    moved: Move,
    known: KnownOfFiles<'a>,
    /// Properties about which others decide.
    decided: Vec<&'static str>,
    /// What stays of it.
    stay: Stay,
    /// Whether what is compared is an item that a list has in addition to those of before.
    is_more: bool,
    /// Whether it keeps out what it names.
    denies: bool,
    found: Vec<PropertyChange>,
}

impl PropertyComparison<'_> {
    fn resource(&mut self, old: Option<&Data>, new: Option<&Data>) {
        let properties =
            |side: Option<&'_ Data>| side.and_then(|data| data.get("Properties").cloned());
        let (before, after) = (properties(old), properties(new));
        let is_elsewhere = old.is_some() && new.is_some() && {
            let place =
                |side: Option<&Data>, name: &str| side.and_then(|data| data.get(name)).map(shown);
            let names = ["Foreach", "Condition"];
            self.moved == Move::Moves
                || names
                    .iter()
                    .any(|name| place(old, name) != place(new, name))
        };
        self.stay = match (old, new) {
            (_, None) => Stay::Gone,
            (None, Some(_)) => Stay::Elsewhere,
            (Some(_), Some(_)) if is_elsewhere => Stay::Elsewhere,
            (Some(_), Some(_)) if after.is_none() => Stay::Default,
            (Some(_), Some(_)) => Stay::Same,
        };
        let is_narrowed = self.moved == Move::Narrows && !is_elsewhere;
        if is_narrowed {
            // It is gone from the other places.
            let stay = std::mem::replace(&mut self.stay, Stay::Elsewhere);
            self.value(before.as_ref(), None, &mut Vec::new());
            self.stay = stay;
        }
        if is_elsewhere {
            // It may be created where it was not, and no longer where it was.
            self.value(before.as_ref(), None, &mut Vec::new());
            self.value(None, after.as_ref(), &mut Vec::new());
        } else {
            self.value(before.as_ref(), after.as_ref(), &mut Vec::new());
        }
        if (new.is_none() || is_narrowed)
            && OF_OTHERS.iter().any(|prefix| self.kind.starts_with(prefix))
        {
            self.found.push(PropertyChange::Denied);
        }
        self.attributes(old, new);
    }

    /// Attributes that are neither examined nor known to be inert.
    fn attributes(&mut self, old: Option<&Data>, new: Option<&Data>) {
        const EXAMINED: &[&str] = &["Properties", "OrganizationBinding", "Foreach", "Condition"];
        let fields = |side: Option<&'_ Data>| -> Vec<(String, Data)> {
            side.and_then(Data::fields).unwrap_or_default().to_vec()
        };
        let (before, after) = (fields(old), fields(new));
        let differing = after.iter().filter(|own| !before.contains(own));
        for (name, _) in differing.chain(before.iter().filter(|own| !after.contains(own))) {
            let is_known = |names: &[&str]| names.contains(&name.as_str());
            if !is_known(INERT_ATTRIBUTES) && !is_known(EXAMINED) {
                let unknown = PropertyChange::UnknownProperty(self.kind.to_owned(), name.clone());
                self.found.push(unknown);
            }
        }
    }

    /// Compares what is at `path` on both sides.
    fn value<'data>(
        &mut self,
        old: Option<&'data Data>,
        new: Option<&'data Data>,
        path: &mut Vec<&'data str>,
    ) {
        if old == new {
            return;
        }
        match (parts(old), parts(new)) {
            (ValueParts::List([]) | ValueParts::Map([]), ValueParts::Nothing) => self.emptied(path),
            (ValueParts::Nothing, ValueParts::Map([])) => self.switched(path),
            (ValueParts::List(old), ValueParts::List(new)) => self.items(old, new, path),
            (ValueParts::List(old), ValueParts::Nothing) => self.items(old, &[], path),
            (ValueParts::Nothing, ValueParts::List(new)) => self.items(&[], new, path),
            (ValueParts::Map(old), ValueParts::Nothing) => self.fields(old, &[], path),
            (ValueParts::Nothing, ValueParts::Map(new)) => self.fields(&[], new, path),
            (ValueParts::Map(old), ValueParts::Map(new)) => self.fields(old, new, path),
            (ValueParts::List(_) | ValueParts::Map(_), _)
            | (_, ValueParts::List(_) | ValueParts::Map(_)) => {
                self.value(old, None, path);
                self.value(None, new, path);
            }
            _ => self.leaf(old, new, path),
        }
    }

    /// Compares lists, without regard to their order.
    fn items<'data>(&mut self, old: &'data [Data], new: &'data [Data], path: &mut Vec<&'data str>) {
        let effect = |item: &Data| item.get("Effect").and_then(Data::text).map(str::to_owned);
        let UnmatchedItems {
            lost,
            gained,
            is_in_order,
        } = unmatched((self.kind, self.effects), [old, new], path);
        if path.last().is_some_and(|name| ORDERED.contains(name)) && !is_in_order {
            self.grant(path);
        }
        let lost_count = lost.len();
        for gone in lost {
            match effect(gone).as_deref() {
                // One statement less that allows. Without any policy, some resources are open.
                Some("Allow") if self.stay == Stay::Default => self.grant(path),
                Some("Allow") => {}
                Some(_) => self.found.push(PropertyChange::Denied),
                None => self.value(Some(gone), None, path),
            }
        }
        let is_more = self.is_more;
        self.is_more |= !old.is_empty() && gained.len() > lost_count;
        for added in gained {
            if effect(added).as_deref() != Some("Deny") {
                self.value(None, Some(added), path);
            }
        }
        self.is_more = is_more;
    }

    fn fields<'data>(
        &mut self,
        old: &'data [(String, Data)],
        new: &'data [(String, Data)],
        path: &mut Vec<&'data str>,
    ) {
        let names = old.iter().chain(new).map(|(name, _)| name.as_str());
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        let is_top = path.is_empty();
        // Another Identity Center has other users, groups, and permission sets.
        let is_replaced = !old.is_empty() && !new.is_empty();
        for name in names {
            if is_top && self.decided.contains(&name) && !(is_replaced && name == INSTANCE) {
                continue;
            }
            let of = |side: &'data [(String, Data)]| {
                let mut fields = side.iter();
                fields.find(|(own, _)| own == name).map(|(_, value)| value)
            };
            let (before, after) = (of(old), of(new));
            let stay = self.stay;
            let is_lost = is_replaced && is_given(before) && is_nothing(after);
            if is_lost && stay == Stay::Same {
                self.stay = Stay::Default;
            }
            path.push(name);
            self.value(before, after, path);
            path.pop();
            self.stay = stay;
        }
    }

    /// Something that is not compared part by part.
    fn leaf(&mut self, old: Option<&Data>, new: Option<&Data>, path: &[&str]) {
        let names = || path.iter().copied();
        let is_closed = new.is_none() && !self.stay.is_in_place() && OPENINGS.contains(&self.kind);
        if is_closed || is_as_before((self.kind, self.effects), (old, new), path) {
            return;
        }
        let effect = match self.effects.at(names()) {
            Some(effect) => effect,
            // A function in place of a tree: what it may resolve to is of any of the effects below.
            None if path.is_empty() || self.effects.has_parts(names()) => {
                PropertyEffect::Grant(Harmless::Never)
            }
            None => {
                let unknown = PropertyChange::UnknownProperty(self.kind.to_owned(), path.join("."));
                self.found.push(unknown);
                return;
            }
        };
        match effect {
            PropertyEffect::Inert | PropertyEffect::Code => {}
            PropertyEffect::Role => {
                if let Some(role) = new
                    && !(self.known.runs_already)(self.kind, path, role)
                {
                    self.found.push(PropertyChange::Role(shown(role)));
                }
                if self.stay == Stay::Default {
                    self.grant(path);
                }
            }
            PropertyEffect::Grant(harmless) | PropertyEffect::Entry(harmless) => {
                match (new, harmless) {
                    (Some(_), Harmless::Private) if self.denies && self.stay.is_in_place() => {
                        self.grant(path);
                    }
                    (None | Some(Data::Null), Harmless::Never | Harmless::Private) => {
                        self.gone(old, path);
                    }
                    (None, Harmless::Another | Harmless::Group) => {}
                    (Some(group), Harmless::Group)
                        if !self.stay.is_in_place() || (self.known.is_closed)(group) => {}
                    (Some(_), Harmless::Another) if is_given(old) => {}
                    (None, Harmless::Closed) if self.stay != Stay::Default => {}
                    (None, Harmless::On | Harmless::Value(_))
                        if !self.stay.is_in_place() && OWN_SWITCHES.contains(&self.kind) => {}
                    _ if is_harmless(harmless, new) => {}
                    _ => self.grant(path),
                }
            }
            PropertyEffect::Limit(harmless) => self.limit(harmless, (old, new), path),
            PropertyEffect::LimitIfAny => {
                if new.is_none() && self.stay == Stay::Default {
                    self.unlimited(path);
                }
            }
        }
    }

    /// Compares a limit at `path`.
    fn limit(
        &mut self,
        harmless: Harmless<'_>,
        (old, new): (Option<&Data>, Option<&Data>),
        path: &[&str],
    ) {
        let lets_in = self.is_more && gone::lets_in_by_item(path);
        let is_as_strict = match (old, new) {
            (Some(old), Some(new)) => is_as_strict(harmless, old, new),
            _ => is_harmless(harmless, new),
        };
        if (is_given(old) || lets_in) && !is_as_strict {
            self.unlimited(path);
        }
    }

    /// A limit at `path` is gone, or another one.
    fn unlimited(&mut self, path: &[&str]) {
        if self.stay.is_in_place() {
            self.grant(path);
        } else if gone::is_limit(self.kind) {
            self.found.push(PropertyChange::Denied);
        }
    }

    /// What had nothing in it is gone: an empty list of what is let in, or a limit that has no parts.
    fn emptied(&mut self, path: &[&str]) {
        let stay = self.stay;
        let is_open = self
            .effects
            .any_at(path.iter().copied(), &|effect| match effect {
                PropertyEffect::Limit(_) => stay.is_in_place(),
                PropertyEffect::Grant(Harmless::Never) | PropertyEffect::Entry(Harmless::Never) => {
                    stay == Stay::Default && !gone::is_additive(path)
                }
                _ => false,
            });
        if is_open && !path.is_empty() {
            self.grant(path);
        }
    }

    /// What has nothing in it is new: it says that something is so.
    fn switched(&mut self, path: &[&str]) {
        let is_open = self.effects.any_at(path.iter().copied(), &|effect| {
            matches!(
                effect,
                PropertyEffect::Grant(Harmless::Never) | PropertyEffect::Entry(Harmless::Never)
            )
        });
        if is_open && !path.is_empty() {
            self.grant(path);
        }
    }

    /// The property at `path` may let somebody do more.
    fn grant(&mut self, path: &[&str]) {
        let property = path.first().map(|name| (*name).to_owned());
        let property = property.into_iter().collect();
        self.found.push(PropertyChange::Grant(property));
    }

    /// What was granted no longer is, which widens nothing unless it denied or limited, or the default is more.
    fn gone(&mut self, old: Option<&Data>, path: &[&str]) {
        match gone::effect(self.kind, old, path, self.stay) {
            Gone::Nothing => {}
            Gone::Denied => self.found.push(PropertyChange::Denied),
            Gone::Opens => self.grant(path),
        }
    }
}

/// Whether `resource` is an entry of a network's list that does not only let in.
fn is_denying_entry(resource: &Data) -> bool {
    let is_entry = resource.get("Type").and_then(Data::text) == Some("AWS::EC2::NetworkAclEntry");
    let action = resource
        .get("Properties")
        .and_then(|properties| properties.get("RuleAction"));
    is_entry && action.and_then(Data::text) != Some("allow")
}
