//! What runs, and as which role.
//!
//! In: the resources of both files. Out: whether something ran as a role before, and the roles under
//! which other code runs now. Refuses nothing.
//!
//! The hard part: a role is who it is by its name. The same reference can be another role than
//! before, and another reference the same one.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::aws::effects::{PropertyEffect, effects};
use crate::diff::access::changes::{Access, CodeChange};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::leaves::{Leaf, is_given, leaves, projected};
use crate::diff::access::properties::PropertyChange;
use crate::diff::access::role_name::{RoleName, RoleUser, Running, user};
use crate::diff::access::unexamined::read_alone;
use crate::diff::access::written_roles::{WrittenRole, named, written_roles};
use crate::iam::principals::places_in;
use crate::template::display::shown;
use crate::template::named::ReferredName;
use crate::template::resolve::{OWN, OwnId, Reader};
use crate::template::resources::{File, Place, Resource};
use crate::template::value::{Data, Unordered};

/// How many references lead from a resource to its role.
const STEPS: usize = 4;

/// One of two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// What a resource runs as, and what runs.
struct RunningResource {
    service: String,
    roles: Vec<(RoleUser, Data)>,
    code: Option<Data>,
}

impl RunningResource {
    fn of(data: &Data) -> Option<Self> {
        let kind = data.get("Type").and_then(Data::text)?;
        // What they name are the principals themselves.
        if kind.starts_with("AWS::IAM::") {
            return None;
        }
        let effects = effects().resource_type(kind)?;
        let properties = data.get("Properties")?;
        let mut roles: Vec<Leaf<'_>> = leaves(effects, properties);
        roles.retain(|leaf| leaf.effect == Some(PropertyEffect::Role));
        let roles = roles.into_iter();
        Some(Self {
            service: service(kind).to_owned(),
            roles: roles
                .map(|leaf| (user(kind, &leaf.path), leaf.data.clone()))
                .collect(),
            code: projected(effects, properties, PropertyEffect::Code),
        })
    }

    /// The roles that its code has; without any, those that bring it there.
    fn roles_of_code(&self) -> impl Iterator<Item = &(RoleUser, Data)> {
        let has_own = self.roles.iter().any(|(user, _)| *user == RoleUser::Code);
        let roles = self.roles.iter();
        roles.filter(move |(user, _)| !has_own || *user == RoleUser::Code)
    }
}

/// The service of a type, with the colons after it.
fn service(kind: &str) -> &str {
    let end = kind.rfind("::").map_or(kind.len(), |at| at + 2);
    kind.get(..end).unwrap_or(kind)
}

impl<'text> Comparer<'_, 'text> {
    /// What the resource says: what is read of it already, or else its own text, which is read once.
    pub(super) fn data_of(&self, resource: &Resource<'text>) -> Option<Arc<Data>> {
        if let Some(body) = &resource.body {
            return Some(Arc::clone(&body.data));
        }
        let mut known = self.read.borrow_mut();
        let data = known.entry(resource.text);
        let data = data.or_insert_with(|| read_alone(resource)).clone()?;
        drop(known);
        Some(resource.resolved(&data).map_or(data, Arc::new))
    }

    fn file(&self, side: Side) -> &File<'text> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    fn running(&self, side: Side) -> &Running {
        let known = match side {
            Side::Old => &self.running.0,
            Side::New => &self.running.1,
        };
        known.get_or_init(|| self.found_running(side))
    }

    /// What one file says of roles.
    fn found_running(&self, side: Side) -> Running {
        let mut found = Running::default();
        for resource in &self.file(side).resources {
            let Some(data) = self.data_of(resource) else {
                continue;
            };
            let places = places_in(resource, &data);
            if data.get("Type").and_then(Data::text) == Some("AWS::IAM::Role") {
                for place in places {
                    let name = self.name_of_role(resource, &data, &place);
                    found.roles.insert((name, place));
                }
                continue;
            }
            let Some(running) = RunningResource::of(&data) else {
                continue;
            };
            for place in places {
                for (user, role) in &running.roles {
                    let name = self.role(side, role, &place);
                    let key = (running.service.clone(), *user, name, place.clone());
                    found.ran.insert(key);
                }
                for written in self.written(side, &data) {
                    let name = self.role(side, &written.role, &place);
                    let key = (running.service.clone(), name, place.clone());
                    found.written.insert(key);
                }
            }
        }
        found
    }

    /// Whether `user` of this service had `role` in each of these places before, or the role is
    /// new there, so that what it may do is reported.
    pub(super) fn runs_already(
        &self,
        (kind, user): (&str, RoleUser),
        role: &Data,
        at: &[Place],
    ) -> bool {
        !at.is_empty()
            && at.iter().all(|place| {
                let name = self.role(Side::New, role, place);
                self.is_new_role(&name, place) || self.ran((service(kind), user), &name, place)
            })
    }

    /// The roles that are written where a resource, which says `data`, may say anything.
    fn written(&self, side: Side, data: &Data) -> Vec<WrittenRole> {
        let kind = data.get("Type").and_then(Data::text).unwrap_or_default();
        let is_role = |id: &str| {
            let resource = self.file(side).get(id);
            let data = resource.and_then(|resource| self.data_of(resource));
            let kind = data.as_ref().and_then(|data| data.get("Type")?.text());
            matches!(kind, Some("AWS::IAM::Role" | "AWS::IAM::InstanceProfile"))
        };
        let found = effects().resource_type(kind).zip(data.get("Properties"));
        found.map_or(Vec::new(), |(effects, properties)| {
            written_roles((kind, effects), properties, &is_role)
        })
    }

    /// What the roles may do that a resource in these places names now where it may say anything; `is_in_place`
    /// if it was there before.
    pub(super) fn newly_written(
        &self,
        old: Option<&Data>,
        new: Option<&Data>,
        (is_in_place, places): (bool, &[Place]),
    ) -> Vec<PropertyChange> {
        let Some(data) = new else {
            return Vec::new();
        };
        let kind = data.get("Type").and_then(Data::text).unwrap_or_default();
        let old = old.filter(|_| is_in_place);
        let before = old.map_or(Vec::new(), |old| self.written(Side::Old, old));
        let after = self.written(Side::New, data);
        let was_written = |role: &Data| before.iter().any(|other| other.role == *role);
        let was_elsewhere = |role: &Data| {
            !places.is_empty()
                && places.iter().all(|place| {
                    let name = self.role(Side::New, role, place);
                    let key = (service(kind).to_owned(), name, place.clone());
                    self.running(Side::Old).written.contains(&key)
                })
        };
        let mut found = Vec::new();
        for WrittenRole { role, .. } in &after {
            let user = (kind, RoleUser::Service);
            if !was_written(role) && !self.runs_already(user, role, places) && !was_elsewhere(role)
            {
                found.push(PropertyChange::Role(shown(role)));
            }
        }
        // Without the role, it runs as somebody else.
        let has = |path: &[String]| {
            let properties = data.get("Properties");
            path.first()
                .is_some_and(|name| is_given(properties.and_then(|own| own.get(name))))
        };
        for own in before.iter().filter(|own| own.is_only && has(&own.path)) {
            if !after.iter().any(|other| other.path == own.path) {
                let property = own.path.first().cloned();
                found.push(PropertyChange::Grant(property.into_iter().collect()));
            }
        }
        found
    }

    /// Whether `user` had the role before. What code could do, its service can do as well.
    fn ran(&self, (service, user): (&str, RoleUser), role: &RoleName, place: &Place) -> bool {
        let had = |user: RoleUser| {
            let key = (service.to_owned(), user, role.clone(), place.clone());
            self.running(Side::Old).ran.contains(&key)
        };
        had(RoleUser::Code) || user == RoleUser::Service && had(RoleUser::Service)
    }

    fn is_new_role(&self, role: &RoleName, place: &Place) -> bool {
        let key = (role.clone(), place.clone());
        !matches!(role, RoleName::Written(_))
            && self.running(Side::New).roles.contains(&key)
            && !self.running(Side::Old).roles.contains(&key)
    }

    /// Who `role` is for what runs in `place`.
    fn role(&self, side: Side, role: &Data, place: &Place) -> RoleName {
        self.role_within(side, role, place, STEPS)
    }

    fn role_within(&self, side: Side, role: &Data, place: &Place, steps: usize) -> RoleName {
        let written = || RoleName::Written(shown(role));
        let Some(name) = named(role) else {
            return self.named(role, place).unwrap_or_else(written);
        };
        let name = ReferredName::of(&name);
        let Some((resource, data)) = self
            .file(side)
            .get(name.id)
            .and_then(|resource| Some((resource, self.data_of(resource)?)))
        else {
            return written();
        };
        let Some(at) = name.place(&places_in(resource, &data), place) else {
            return written();
        };
        // It is in another account, where the name is that of another role.
        if at != *place {
            let name = self.name_of_role(resource, &data, &at);
            let account = at.account().unwrap_or_default();
            return RoleName::Written(format!("{} in {account}", name.shown()));
        }
        match data.get("Type").and_then(Data::text) {
            Some("AWS::IAM::Role") => self.name_of_role(resource, &data, place),
            Some("AWS::IAM::InstanceProfile") if steps > 0 => {
                let roles = data.get("Properties").and_then(|own| own.get("Roles"));
                match roles {
                    Some(Data::List(items) | Data::Unordered(Unordered(items))) => {
                        match items.as_slice() {
                            // It names the role, without an ARN.
                            [Data::Text(name)] => RoleName::Named(name.clone()),
                            [one] => self.role_within(side, one, place, steps - 1),
                            _ => written(),
                        }
                    }
                    _ => written(),
                }
            }
            _ => written(),
        }
    }

    /// The name in an ARN of a role of the account of `place`.
    fn named(&self, role: &Data, place: &Place) -> Option<RoleName> {
        let text = self.reader_in(place).text(role)?;
        let rest = text.strip_prefix("arn:aws:iam::")?;
        let (account, path) = rest.split_once(":role/")?;
        let is_own = account == OWN || self.id_of(place).is_some_and(|id| id == account);
        let name = path.rsplit('/').next()?;
        (is_own && !name.is_empty()).then(|| RoleName::Named(name.to_owned()))
    }

    /// What is known of a place, whatever is created there.
    fn reader_in(&self, place: &Place) -> Reader<'_> {
        let own = place.account().map(str::to_owned);
        Reader {
            own: own.or_else(|| Some(String::new())),
            own_id: OwnId::Mark(self.id_of(place)),
            ..self.plain_reader()
        }
    }

    fn name_of_role(&self, resource: &Resource<'text>, data: &Data, place: &Place) -> RoleName {
        let name = data.get("Properties").and_then(|own| own.get("RoleName"));
        let Some(name) = name else {
            return RoleName::Generated(resource.id.clone());
        };
        match (&resource.body, self.reader_in(place).text(name)) {
            (Some(body), Some(name)) => RoleName::Named(body.restore(&name)),
            (None, Some(name)) => RoleName::Named(name),
            (_, None) => RoleName::Written(shown(name)),
        }
    }

    /// Resources that run as another role than before although they say the same: what they refer to
    /// is another one. Each with the role, as it is called now.
    pub(super) fn runs_as_another(&self, others: &HashSet<&str>) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        if others.is_empty() {
            return found;
        }
        for resource in &self.new.resources {
            let Some(old) = self.old.get(&resource.id) else {
                continue;
            };
            let (Some(before), Some(after)) = (self.data_of(old), self.data_of(resource)) else {
                continue;
            };
            let Some(running) = RunningResource::of(&after) else {
                continue;
            };
            let known = RunningResource::of(&before).map_or(Vec::new(), |old| old.roles);
            let mut known: Vec<Data> = known.into_iter().map(|(_, role)| role).collect();
            let kind = after.get("Type").and_then(Data::text).unwrap_or_default();
            let places = places_in(resource, &after);
            let roles = |side, data: &Data| {
                let written = self.written(side, data).into_iter();
                written.map(|written| written.role)
            };
            known.extend(roles(Side::Old, &before));
            let written = roles(Side::New, &after).map(|role| (RoleUser::Service, role));
            let written: Vec<(RoleUser, Data)> = written.collect();
            let roles = running.roles.iter().chain(&written);
            for (user, role) in roles.filter(|(_, role)| known.contains(role)) {
                if let (true, false, Some(place)) = (
                    self.is_another_role(role, &places),
                    self.runs_already((kind, *user), role, &places),
                    places.first(),
                ) {
                    let name = self.role(Side::New, role, place).shown().to_owned();
                    found.insert(resource.id.clone(), name);
                }
            }
        }
        found
    }

    /// Whether the roles that a resource of the new file names are those that have these names in the old one.
    pub(super) fn runs_as_before(&self, id: &str) -> bool {
        let Some(resource) = self.new.get(id) else {
            return true;
        };
        let data = self.data_of(resource);
        let running = data.as_deref().and_then(RunningResource::of);
        let (Some(data), Some(running)) = (data, running) else {
            return true;
        };
        let places = places_in(resource, &data);
        let written = self.written(Side::New, &data);
        let written = written.iter().map(|written| &written.role);
        let roles = running.roles.iter().map(|(_, role)| role);
        let mut roles = roles.chain(written);
        !roles.any(|role| self.is_another_role(role, &places))
    }

    /// Whether what a resource in these places calls its role is another one than before.
    fn is_another_role(&self, role: &Data, places: &[Place]) -> bool {
        let mut places = places.iter();
        places.any(|place| self.role(Side::Old, role, place) != self.role(Side::New, role, place))
    }

    /// Adds the roles under which other code runs now than before; roles that are new, or newly run,
    /// are reported as such.
    pub(super) fn changed_code(&self, changed: &[&Resource<'text>], access: &mut Access) {
        let mut found: BTreeMap<RoleName, (BTreeSet<Place>, BTreeSet<String>)> = BTreeMap::new();
        for resource in changed {
            let Some(after) = self.data_of(resource) else {
                continue;
            };
            let Some(running) = RunningResource::of(&after) else {
                continue;
            };
            let old = self.old.get(&resource.id);
            let before = old.and_then(|old| Some((old, self.data_of(old)?)));
            let known = before
                .as_ref()
                .and_then(|(_, data)| RunningResource::of(data));
            let old_places = before
                .as_ref()
                .map_or(Vec::new(), |(old, data)| places_in(old, data));
            let is_same_code = known
                .as_ref()
                .is_some_and(|known| known.code == running.code);
            if running.code.is_none() && (known.is_none() || is_same_code) {
                continue;
            }
            for place in places_in(resource, &after) {
                let names = |side: Side, running: &RunningResource| -> Vec<(RoleUser, RoleName)> {
                    let roles = running.roles_of_code();
                    roles
                        .map(|(user, role)| (*user, self.role(side, role, &place)))
                        .collect()
                };
                let before = known.as_ref().filter(|_| old_places.contains(&place));
                let before = before.map_or(Vec::new(), |known| names(Side::Old, known));
                for (user, name) in names(Side::New, &running) {
                    let is_as_before =
                        is_same_code && before.iter().any(|(_, other)| *other == name);
                    let service = (running.service.as_str(), user);
                    if !is_as_before && self.ran(service, &name, &place) {
                        let (places, resources) = found.entry(name).or_default();
                        places.insert(place.clone());
                        resources.insert(resource.id.clone());
                    }
                }
            }
        }
        access.code = found.into_iter().map(change).collect();
    }
}

fn change(
    (role, (places, resources)): (RoleName, (BTreeSet<Place>, BTreeSet<String>)),
) -> CodeChange {
    let accounts = places.iter().filter_map(Place::account);
    CodeChange {
        role: role.shown().to_owned(),
        roles: places.len(),
        accounts: accounts.map(str::to_owned).collect(),
        resources: resources.into_iter().collect(),
        line: None,
    }
}
