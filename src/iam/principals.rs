//! The resources of a template to principals with the policies that apply to them.
//!
//! In: a [`File`]. Out: [`Found`]: roles, users and groups, each with the resources that hold its
//! policies. Policies that are attached from elsewhere count as its own. Refuses nothing.
//!
//! The hard thing: a policy is named in three ways (by reference, by ARN, and from its own side by
//! the principals that it is attached to), and what is named may not be in the template at all.

mod attachments;
mod chosen;

use std::cell::{LazyCell, OnceCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use crate::iam::principals::attachments::{ChosenTarget, Facts, PolicyTarget, restored};
use crate::iam::principals::chosen::ChosenSources;
use crate::template::resolve::Reader;
use crate::template::resources::{Body, File, Place, Resource, is_account_id, places};
use crate::template::value::Data;

pub(crate) use crate::iam::principals::chosen::{Holding, Source};

/// What kind of principal it is, or of a resource whose policy says who may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// `AWS::IAM::Role`.
    Role,
    /// `AWS::IAM::User`.
    User,
    /// `AWS::IAM::Group`.
    Group,
    /// `AWS::SSO::PermissionSet`: a role in each account where it is assigned.
    PermissionSet,
    /// A resource that has a policy, such as a `bucket`.
    Resource(&'static str),
}

impl PrincipalKind {
    /// Its name in IAM's ARNs; what a resource is called.
    pub fn word(self) -> &'static str {
        match self {
            PrincipalKind::Role => "role",
            PrincipalKind::User => "user",
            PrincipalKind::Group => "group",
            PrincipalKind::PermissionSet => "permission set",
            PrincipalKind::Resource(word) => word,
        }
    }
}

/// A principal of one file.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    /// The place of its resource in the file.
    pub(crate) at: usize,
    pub(crate) kind: PrincipalKind,
    /// Its physical name, or its logical id.
    pub(crate) name: String,
    /// Where it is created.
    pub(crate) place: Place,
    /// Policies beyond its own inline ones.
    pub(crate) policies: BTreeSet<Source>,
    /// Its permissions boundary.
    pub(crate) boundary: Option<Source>,
}

impl Principal {
    /// Whether it holds a policy that is named in a way that may be any policy of the file. AWS's
    /// own policies do not count.
    pub(crate) fn holds_any_other(&self) -> bool {
        self.policies
            .iter()
            .chain(&self.boundary)
            .any(|source| match source.policy() {
                Source::Resource(_) | Source::Chosen(..) => false,
                Source::Elsewhere(name) => !name.contains(":iam::aws:policy/"),
            })
    }
}

/// What a file says of principals.
pub(crate) struct Found {
    pub(crate) principals: Vec<Principal>,
    /// Policies that apply to no principal of the file, or may also apply to others.
    pub(crate) loose: BTreeSet<usize>,
    all: Vec<Option<PlacedFacts>>,
    managed: OnceCell<HashSet<(Place, String)>>,
}

impl Found {
    /// Whether `file`, of which this was found, has a managed policy of this name there.
    pub(crate) fn has_managed(&self, file: &File<'_>, policy: &(Place, String)) -> bool {
        let managed = self.managed.get_or_init(|| managed(file, &self.all));
        managed.contains(policy)
    }
}

/// The principals of `file`; `reader` returns what is known of a body's account.
pub(crate) fn principals<'run>(
    file: &File<'_>,
    reader: &dyn Fn(&Body<'_>, &Place) -> Reader<'run>,
) -> Found {
    let all = facts(file, reader);
    let index = Index::of(file, &all);
    let mut principals = Vec::new();
    for (at, (resource, own)) in file.resources.iter().zip(&all).enumerate() {
        let (Some(body), Some(PlacedFacts { facts, places })) = (&resource.body, own) else {
            continue;
        };
        let Some(kind) = kind_of(facts) else {
            continue;
        };
        let name = name_of(resource, body, facts);
        for place in places {
            let source = |target: &PolicyTarget| index.source((file, &all), body, place, target);
            let mut policies = ChosenSources::default();
            for attached in &facts.attached {
                policies.add(&source(&attached.target), &attached.holding);
            }
            let attached = index.attached_to(&resource.id, place, kind, &name);
            for (at, holding) in attached {
                match index.additions.get(at) {
                    Some(groups) => {
                        let groups = groups.iter();
                        groups.for_each(|group| policies.add(group, holding));
                    }
                    None => policies.add(&Source::Resource(*at), holding),
                }
            }
            let policies = policies.sources();
            let boundary = facts.boundary.as_ref().map(source);
            principals.push(Principal {
                at,
                kind,
                name: name.clone(),
                place: place.clone(),
                policies,
                boundary,
            });
        }
    }
    join_groups(&mut principals);
    Found {
        loose: loose(file, &all, &principals),
        managed: OnceCell::new(),
        principals,
        all,
    }
}

/// The names of the managed policies, each where it is created.
fn managed(file: &File<'_>, all: &[Option<PlacedFacts>]) -> HashSet<(Place, String)> {
    let mut found = HashSet::default();
    for (resource, own) in file.resources.iter().zip(all) {
        if let (Some(body), Some(PlacedFacts { facts, places })) = (&resource.body, own)
            && let ("ManagedPolicy", Some(name)) = (facts.kind.as_str(), &facts.name)
        {
            let places = places.iter().cloned();
            found.extend(places.map(|place| (place, body.restore(name))));
        }
    }
    found
}

/// What a body says about names and attachments, and where its resource is created.
struct PlacedFacts {
    facts: Rc<Facts>,
    places: Vec<Place>,
}

/// What each body says about names and attachments, read once for bodies that are the same.
fn facts<'run>(
    file: &File<'_>,
    reader: &dyn Fn(&Body<'_>, &Place) -> Reader<'run>,
) -> Vec<Option<PlacedFacts>> {
    let mut known: HashMap<usize, Rc<Facts>> = HashMap::default();
    file.resources
        .iter()
        .map(|resource| {
            let body = resource.body.as_ref()?;
            // What is created nowhere is nobody.
            let place = body.places.first()?;
            let read = || Rc::new(Facts::of(body, &reader(body, place)));
            let facts = known.entry(body.key).or_insert_with(read);
            Some(PlacedFacts {
                facts: Rc::clone(facts),
                places: places_of(body),
            })
        })
        .collect()
}

/// The policies that apply to no principal of the file, or may also apply to others.
fn loose(
    file: &File<'_>,
    all: &[Option<PlacedFacts>],
    principals: &[Principal],
) -> BTreeSet<usize> {
    let sources = |principal: &Principal| {
        let all = principal.policies.iter().chain(&principal.boundary);
        all.filter_map(Source::place).collect::<Vec<usize>>()
    };
    let used: HashSet<usize> = principals.iter().flat_map(sources).collect();
    let ids: HashSet<usize> = principals.iter().map(|principal| principal.at).collect();
    // Few policies name who has them.
    let names = LazyCell::new(|| {
        let names = principals.iter().map(|principal| {
            let kind = principal.kind.word();
            (&principal.place, format!("{kind}/{}", principal.name))
        });
        names.collect::<HashSet<(&Place, String)>>()
    });
    let is_loose = |at: usize, body: &Body<'_>, PlacedFacts { facts, places }: &PlacedFacts| {
        let is_found = |chosen: &ChosenTarget| match &chosen.target {
            PolicyTarget::Reference(id) => {
                let at = file.place_of(&body.restored(id));
                at.is_some_and(|at| ids.contains(&at))
            }
            PolicyTarget::Text(text) => {
                let name = body.restore(text);
                let mut places = places.iter();
                places.all(|place| names.contains(&(place, name.clone())))
            }
            PolicyTarget::Other(_) => false,
        };
        !used.contains(&at) || !facts.attaches_to.iter().all(is_found)
    };
    let all = file.resources.iter().zip(all).enumerate();
    all.filter_map(|(at, (resource, own))| {
        let (body, own) = (resource.body.as_ref()?, own.as_ref()?);
        (own.facts.kind.ends_with("Policy") && is_loose(at, body, own)).then_some(at)
    })
    .collect()
}

/// What applies to a group applies to its users.
fn join_groups(principals: &mut [Principal]) {
    let groups: HashMap<(usize, Place), BTreeSet<Source>> = principals
        .iter()
        .filter(|principal| principal.kind == PrincipalKind::Group)
        .map(|group| ((group.at, group.place.clone()), group.policies.clone()))
        .collect();
    for principal in principals {
        let mut of_groups = ChosenSources::default();
        for source in &principal.policies {
            let key = source.place().map(|at| (at, principal.place.clone()));
            for policy in key.and_then(|key| groups.get(&key)).into_iter().flatten() {
                of_groups.add_of(source, policy);
            }
        }
        if !of_groups.is_empty() {
            for own in &principal.policies {
                of_groups.add(own, &Holding::new());
            }
            principal.policies = of_groups.sources();
        }
    }
}

/// The place of a policy in the file, and the conditions of the template with which it is attached.
type AttachmentPlace = (usize, Holding);

/// Policies by the ways they are named.
struct Index {
    /// Found when a policy is named so.
    by_arn: OnceCell<HashMap<(Place, String), usize>>,
    groups: HashMap<(Place, String), usize>,
    attached_to_id: HashMap<String, Vec<(Place, AttachmentPlace)>>,
    attached_to_name: HashMap<(Place, PrincipalKind, String), Vec<AttachmentPlace>>,
    /// The groups of each `AWS::IAM::UserToGroupAddition`.
    additions: HashMap<usize, Vec<Source>>,
}

impl Index {
    /// The policies that attach themselves to the principal of this id, or of this name.
    fn attached_to<'a>(
        &'a self,
        id: &str,
        place: &'a Place,
        kind: PrincipalKind,
        name: &str,
    ) -> impl Iterator<Item = &'a AttachmentPlace> {
        // A binding that lists no accounts may be that of any.
        let meets = move |other: &Place| {
            other == place || other.account().is_none() || place.account().is_none()
        };
        let by_id = self.attached_to_id.get(id).into_iter().flatten();
        let by_id = by_id
            .filter(move |(other, _)| meets(other))
            .map(|(_, attached)| attached);
        let by_name = (!self.attached_to_name.is_empty()).then(|| {
            let key = (place.clone(), kind, name.to_owned());
            self.attached_to_name.get(&key)
        });
        by_id.chain(by_name.flatten().into_iter().flatten())
    }

    fn of(file: &File<'_>, all: &[Option<PlacedFacts>]) -> Self {
        let mut index = Self {
            by_arn: OnceCell::new(),
            groups: HashMap::default(),
            attached_to_id: HashMap::default(),
            attached_to_name: HashMap::default(),
            additions: HashMap::default(),
        };
        for (at, (resource, own)) in file.resources.iter().zip(all).enumerate() {
            let (Some(body), Some(own)) = (&resource.body, own) else {
                continue;
            };
            index.add(at, resource, body, own);
        }
        index.add_groups(file, all);
        index
    }

    /// Once the groups are known.
    fn add_groups(&mut self, file: &File<'_>, all: &[Option<PlacedFacts>]) {
        for (at, (resource, own)) in file.resources.iter().zip(all).enumerate() {
            let (Some(body), Some(PlacedFacts { facts, places })) = (&resource.body, own) else {
                continue;
            };
            if facts.kind != "UserToGroupAddition" {
                continue;
            }
            let mut groups = ChosenSources::default();
            for place in places {
                for group in &facts.attached {
                    let source = self.source((file, all), body, place, &group.target);
                    groups.add(&source, &group.holding);
                }
            }
            let groups = groups.sources().into_iter().collect();
            self.additions.insert(at, groups);
        }
    }

    fn add(
        &mut self,
        at: usize,
        resource: &Resource<'_>,
        body: &Body<'_>,
        PlacedFacts { facts, places }: &PlacedFacts,
    ) {
        for chosen in &facts.attaches_to {
            if let PolicyTarget::Reference(id) = &chosen.target {
                let id = body.restore(id);
                let all = self.attached_to_id.entry(id).or_default();
                let places = places.iter().cloned();
                all.extend(places.map(|place| (place, (at, chosen.holding.clone()))));
            }
        }
        for place in places {
            if facts.kind == "Group" {
                let name = name_of(resource, body, facts);
                self.groups.insert((place.clone(), name), at);
            }
            for target in &facts.attaches_to {
                self.add_by_name(at, place, body, target);
            }
        }
    }

    fn add_by_name(&mut self, at: usize, place: &Place, body: &Body<'_>, chosen: &ChosenTarget) {
        use PrincipalKind::{Group, Role, User};
        let PolicyTarget::Text(text) = &chosen.target else {
            return;
        };
        for kind in [Role, User, Group] {
            let name = text.strip_prefix(kind.word());
            if let Some(name) = name.and_then(|name| name.strip_prefix('/')) {
                let key = (place.clone(), kind, body.restore(name));
                let all = self.attached_to_name.entry(key).or_default();
                all.push((at, chosen.holding.clone()));
            }
        }
    }

    fn source(
        &self,
        (file, all): (&File<'_>, &[Option<PlacedFacts>]),
        body: &Body<'_>,
        place: &Place,
        target: &PolicyTarget,
    ) -> Source {
        let found = match target {
            PolicyTarget::Reference(id) => file.place_of(&body.restored(id)).filter(|at| {
                let other = all.get(*at).and_then(Option::as_ref);
                other.is_some_and(|other| other.places.contains(place))
            }),
            PolicyTarget::Text(text) => match text.strip_prefix("group/") {
                Some(name) => self
                    .groups
                    .get(&(place.clone(), body.restore(name)))
                    .copied(),
                // Its own account's, whichever number that is: IAM attaches no other policy.
                None => text
                    .strip_prefix("arn:aws:iam::")
                    .and_then(|rest| rest.split_once(":policy"))
                    .filter(|(id, _)| is_account_id(id))
                    .and_then(|(_, name)| {
                        let by_arn = self.by_arn.get_or_init(|| by_arn(file, all));
                        by_arn.get(&(place.clone(), body.restore(name))).copied()
                    }),
            },
            PolicyTarget::Other(_) => None,
        };
        match (found, target) {
            (Some(at), _) => Source::Resource(at),
            (None, PolicyTarget::Reference(name)) => Source::Elsewhere(format!("${{{name}}}")),
            (None, PolicyTarget::Text(name) | PolicyTarget::Other(name)) => {
                Source::Elsewhere(name.clone())
            }
        }
    }
}

/// The managed policies by their paths and names.
fn by_arn(file: &File<'_>, all: &[Option<PlacedFacts>]) -> HashMap<(Place, String), usize> {
    let mut found = HashMap::default();
    for (at, (resource, own)) in file.resources.iter().zip(all).enumerate() {
        let (Some(body), Some(PlacedFacts { facts, places })) = (&resource.body, own) else {
            continue;
        };
        if facts.kind != "ManagedPolicy" {
            continue;
        }
        let name = name_of(resource, body, facts);
        for place in places {
            found.insert((place.clone(), format!("{}{name}", facts.path)), at);
        }
    }
    found
}

/// The physical name of a resource, or its logical id.
fn name_of(resource: &Resource<'_>, body: &Body<'_>, facts: &Facts) -> String {
    let name = facts.name.as_ref();
    name.map_or_else(|| resource.id.clone(), |name| body.restore(name))
}

/// Where a body's resource is created, by its own name.
pub(crate) fn places_of(body: &Body<'_>) -> Vec<Place> {
    let places = body.places.iter();
    places.map(|place| restored(place, body)).collect()
}

/// Where the resource, which says `data`, is created.
pub(crate) fn places_in(resource: &Resource<'_>, data: &Data) -> Vec<Place> {
    resource
        .body
        .as_ref()
        .map_or_else(|| places(data), places_of)
}

/// The kind of principal that a resource is, if it is one.
fn kind_of(facts: &Facts) -> Option<PrincipalKind> {
    match facts.kind.as_str() {
        "Role" => Some(PrincipalKind::Role),
        "User" => Some(PrincipalKind::User),
        "Group" => Some(PrincipalKind::Group),
        _ => None,
    }
}
