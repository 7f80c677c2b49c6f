//! What changed and is not decided.
//!
//! In: the resources and sections of both files. Out: an [`Undecided`] for each change that may
//! give access in a way that is not examined. Refuses nothing.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::diff::access::bound::{Move, moved};
use crate::diff::access::changes::{Access, Origin, Undecided};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::gone::may_deny_users;
use crate::diff::access::identity::{REPLACED, is_another, is_moved};
use crate::diff::access::kinds::{
    account_of, has_fewer_clients, is_examined, is_provider, kind_of, kind_of_body,
};
use crate::diff::access::limits::LimitsOf;
use crate::diff::access::properties::{KnownOfFiles, PropertyChange, changes};
use crate::diff::access::renamed_resources::RenamedResources;
use crate::diff::access::role_name::user;
use crate::diff::access::transforms::calls_macro;
use crate::diff::access::unattached::has_fewer_holders;
use crate::iam::principals::{Found, Principal, places_in, places_of};
use crate::source::FileId;
use crate::template::display::shown;
use crate::template::read;
use crate::template::resources::{Body, File, Place, Resource, Scopes};
use crate::template::value::Data;
use crate::yaml::parse::parse;

const LOOSE: &str = "it may apply to a principal that is not in this file";
/// Why a group that is gone may leave more.
const OF_GROUP: &str = "what it denied is denied no longer to users of another file";
/// Why nothing can be said of a resource.
pub(super) const UNRESOLVED: &str = "what it is cannot be resolved, so it may give access";

/// What was found out about pairs of bodies.
#[derive(Default)]
struct Examined {
    /// Why the pair is not decided, and whether it is still where it was.
    reasons: HashMap<(usize, usize, Move), Vec<Cow<'static, str>>>,
    /// Whether the pair says the same.
    equal: HashMap<(usize, usize), bool>,
    /// Whether the second is another resource than the first.
    another: HashMap<(usize, usize), bool>,
    /// Whether a macro of `CloudFormation` changes what a body says.
    transformed: HashMap<usize, bool>,
    /// The resources of which only the logical id is another one.
    renamed: RenamedResources,
    /// The policies that permission sets have on the old side, and on the new one.
    of_sets: [OnceCell<BTreeSet<usize>>; 2],
}

/// Resources that are not decided for like reasons, in the order of the first of each.
#[derive(Default)]
pub(super) struct AlikeReasons<'a> {
    order: Vec<ReasonAndOrigin>,
    ids: HashMap<ReasonAndOrigin, Vec<&'a String>>,
}

pub(super) type ReasonAndOrigin = (Cow<'static, str>, Option<Origin>);

impl<'a> AlikeReasons<'a> {
    pub(super) fn add(&mut self, key: ReasonAndOrigin, id: &'a String) {
        if let Some(all) = self.ids.get_mut(&key) {
            all.push(id);
        } else {
            self.order.push(key.clone());
            self.ids.insert(key, vec![id]);
        }
    }

    pub(super) fn report(self, access: &mut Access) {
        for key in self.order {
            let what = match self.ids.get(&key).map(Vec::as_slice) {
                Some([one]) => (*one).clone(),
                Some([first, rest @ ..]) => format!("{first} and {} more", rest.len()),
                _ => continue,
            };
            push(access, what, &key.0, key.1);
        }
    }
}

pub(super) fn push(access: &mut Access, what: String, why: &str, origin: Option<Origin>) {
    access.undecided.push(Undecided {
        what,
        why: why.to_owned(),
        line: origin.as_ref().map(|origin| origin.line),
        origin,
    });
}

/// A resource of the old and of the new file.
type ResourcePair<'a, 'text> = (Option<&'a Resource<'text>>, Option<&'a Resource<'text>>);

impl<'text> Comparer<'_, 'text> {
    /// The resources of both files: those of the new one, and those that it lacks.
    fn each_resource(&self) -> impl Iterator<Item = ResourcePair<'_, 'text>> {
        let all = self.new.resources.iter();
        let all = all.map(|new| (self.old.get(&new.id), Some(new)));
        let gone = self.old.resources.iter();
        let gone = gone.filter(|old| self.new.place_of(&old.id).is_none());
        all.chain(gone.map(|old| (Some(old), None)))
    }

    /// The resources that changed and are not examined.
    pub(super) fn undecided(&self, before: &Found, after: &Found, access: &mut Access) {
        let any = |found: &Found| found.principals.iter().any(Principal::holds_any_other);
        // The principals of a new file are all new, and reported.
        let is_any_other = any(before) || (any(after) && !self.old.resources.is_empty());
        let renamed = self.renamed_resources();
        let mut is_changed = !renamed.is_empty();
        let mut examined = Examined {
            renamed,
            ..Examined::default()
        };
        let mut alike = AlikeReasons::default();
        let mut others: HashSet<&str> = HashSet::new();
        let mut changed = Vec::new();
        for (old, new) in self.each_resource() {
            let Some(resource) = new.or(old) else {
                continue;
            };
            if examined.renamed.has(&resource.id) {
                continue;
            }
            if self.is_same(old, new, &mut examined.equal) {
                continue;
            }
            is_changed = true;
            changed.extend(new);
            if self.is_another_one(old, new, &mut examined.another) {
                others.insert(resource.id.as_str());
            }
            let mut reasons = self.examined(old, new, &mut examined);
            if reasons.is_empty() {
                let loose =
                    self.loose((before, after), (old, new), &examined.of_sets, is_any_other);
                reasons.extend(loose.map(Cow::Borrowed));
            }
            self.settle(&resource.id, &mut reasons, access);
            if reasons.is_empty() {
                continue;
            }
            let body = resource.body.as_ref();
            let place = body.and_then(|body| places_of(body).pop());
            let account = place.as_ref().and_then(Place::account);
            let origin = self.origin(&resource.id, account);
            // What a macro creates alike is reported once, and so is a type that is not known.
            for why in reasons {
                let is_folded = origin.is_some() || matches!(why, Cow::Owned(_));
                if is_folded {
                    alike.add((why, origin.clone()), &resource.id);
                } else {
                    push(access, resource.id.clone(), &why, None);
                }
            }
        }
        if is_changed {
            self.transformed(access);
        }
        self.consequences(&others, &changed, access);
        alike.report(access);
    }

    /// Reports what refers to a resource that is another one now, and the code that runs in one that
    /// `changed`.
    fn consequences(
        &self,
        others: &HashSet<&str>,
        changed: &[&Resource<'text>],
        access: &mut Access,
    ) {
        for id in self.referred(others) {
            if !self.settles(&id, REPLACED, access) {
                push(access, id, REPLACED, None);
            }
        }
        for (id, role) in self.runs_as_another(others) {
            let why = PropertyChange::Role(role).words();
            if !self.settles(&id, &why, access) {
                push(access, id, &why, None);
            }
        }
        self.changed_code(changed, access);
    }

    /// Why a resource that differs is not decided, from what it says; equal bodies are examined
    /// once.
    fn examined(
        &self,
        old: Option<&Resource<'text>>,
        new: Option<&Resource<'text>>,
        examined: &mut Examined,
    ) -> Vec<Cow<'static, str>> {
        let key = |side: Option<&Resource<'_>>| Some(side?.body.as_ref()?.key);
        let (transformed, renamed) = (&mut examined.transformed, &examined.renamed);
        let mut own = || {
            let reasons = self.unexamined(old, new, (transformed, renamed));
            if !reasons.is_empty() {
                return reasons;
            }
            let reason = elsewhere(old, new).or_else(|| self.attributes(old, new));
            reason.map(Cow::Borrowed).into_iter().collect()
        };
        match (key(old), key(new)) {
            (Some(a), Some(b)) => {
                let key = (a, b, self.moved(old, new));
                examined.reasons.entry(key).or_insert_with(own).clone()
            }
            _ => own(),
        }
    }

    fn unexamined(
        &self,
        old: Option<&Resource<'text>>,
        new: Option<&Resource<'text>>,
        (transformed, renamed): (&mut HashMap<usize, bool>, &RenamedResources),
    ) -> Vec<Cow<'static, str>> {
        let mut sides = [old, new].into_iter().flatten();
        if !sides.all(is_examined) {
            return self.changed_properties(old, new, renamed);
        }
        let is_provider = |side: Option<&Resource<'_>>| side.is_some_and(is_provider);
        let mut sides = [old, new].into_iter().flatten();
        let is_narrowed = || {
            old.zip(new)
                .is_some_and(|(old, new)| has_fewer_clients(old, new))
        };
        if sides.any(|side| is_transformed(side, transformed))
            || (is_provider(old) && is_provider(new) && !is_narrowed())
        {
            return vec![Cow::Borrowed("it may hold a policy that is not examined")];
        }
        if new.is_none() && old.is_some_and(is_denying_group) {
            return vec![Cow::Borrowed(OF_GROUP)];
        }
        // A new provider gives nothing by itself, unless roles trusted it before.
        let url = new
            .filter(|new| old.is_none() && is_provider(Some(new)))
            .and_then(|new| {
                new.body
                    .as_ref()?
                    .data
                    .get("Properties")?
                    .get("Url")?
                    .text()
            });
        let host = url.map(|url| url.trim_start_matches("https://").trim_end_matches('/'));
        let is_trusted = host.is_some_and(|host| self.old.mentions(host));
        is_trusted
            .then_some(Cow::Borrowed(
                "roles that already trusted this provider can be assumed now",
            ))
            .into_iter()
            .collect()
    }

    /// The same for a resource that is neither a principal nor a policy of one.
    fn changed_properties(
        &self,
        old: Option<&Resource<'text>>,
        new: Option<&Resource<'text>>,
        renamed: &RenamedResources,
    ) -> Vec<Cow<'static, str>> {
        let is_read = |side: Option<&Resource<'_>>, data: &Option<Arc<Data>>| {
            side.is_none_or(|side| data.is_some() && !side.id.starts_with("Fn::"))
        };
        let data = |side: Option<&Resource<'text>>| side.and_then(|side| self.data_of(side));
        let (before, after) = (data(old), data(new));
        if !is_read(old, &before) || !is_read(new, &after) {
            return vec![Cow::Borrowed(UNRESOLVED)];
        }
        let moved = self.moved(old, new);
        let places = new.zip(after.as_ref());
        let places = places
            .map(|(new, data)| places_in(new, data))
            .unwrap_or_default();
        let runs_already = |kind: &str, path: &[&str], role: &Data| {
            self.runs_already((kind, user(kind, path)), role, &places)
        };
        let in_ids = |side: &Option<Arc<Data>>| side.as_ref().and_then(|data| self.in_ids(data));
        let (old_in_ids, new_in_ids) = (in_ids(&before), in_ids(&after));
        let plain = old_in_ids.as_ref().or(before.as_deref());
        let with_new_names = plain.and_then(|before| renamed.applied(before));
        let sides = (
            with_new_names.as_ref().or(plain),
            new_in_ids.as_ref().or(after.as_deref()),
        );
        let known = KnownOfFiles {
            runs_already: &runs_already,
            is_closed: &|group| self.is_closed_group(group),
        };
        let mut changes = changes(sides.0, sides.1, moved, known);
        let at = (moved != Move::Moves, places.as_slice());
        for change in self.newly_written(before.as_deref(), after.as_deref(), at) {
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
        let words = changes.iter().map(PropertyChange::words);
        let mut reasons: Vec<Cow<'static, str>> = words.map(Cow::Owned).collect();
        if self.is_matched_by_tag(before.as_deref(), after.as_deref()) {
            reasons.push(Cow::Borrowed("policies look at its tags"));
        }
        reasons
    }

    /// Whether a resource of both sides is still where it was.
    fn moved(&self, old: Option<&Resource<'text>>, new: Option<&Resource<'text>>) -> Move {
        let data = |side: Option<&Resource<'text>>| side.and_then(|side| self.data_of(side));
        let (Some((old, before)), Some((new, after))) = (old.zip(data(old)), new.zip(data(new)))
        else {
            return Move::Moves;
        };
        // The mark of one account stands for another one.
        let (own, other) = (account_of(old), account_of(new));
        if own != other && own.is_some() && other.is_some() {
            return Move::Moves;
        }
        let (from, to) = (places_in(old, &before), places_in(new, &after));
        moved((&before, &from), (&after, &to))
    }

    /// A policy that changed, if it may apply to somebody who is not known here.
    fn loose(
        &self,
        (before, after): (&Found, &Found),
        (old, new): (Option<&Resource<'text>>, Option<&Resource<'text>>),
        [of_old, of_new]: &[OnceCell<BTreeSet<usize>>; 2],
        is_any_other: bool,
    ) -> Option<&'static str> {
        let is_loose =
            |side: Option<&Resource<'_>>,
             file: &File<'text>,
             found: &Found,
             (known, of): (&OnceCell<BTreeSet<usize>>, LimitsOf)| {
                let at = side.and_then(|side| file.place_of(&side.id));
                let of_sets = || known.get_or_init(|| self.used_by_sets(file, of));
                at.is_some_and(|at| found.loose.contains(&at) && !of_sets().contains(&at))
            };
        let is_new = old.is_none() && new.is_some_and(|new| self.is_unattached(new, before));
        let is_narrowed = || {
            old.zip(new)
                .is_some_and(|(old, new)| has_fewer_holders(old, new))
        };
        if !is_new
            && !is_narrowed()
            && (is_loose(old, self.old, before, (of_old, LimitsOf::Old))
                || is_loose(new, self.new, after, (of_new, LimitsOf::New)))
        {
            return Some(LOOSE);
        }
        let is_managed = |side: &Resource<'_>| kind_of(side) == Some("AWS::IAM::ManagedPolicy");
        ([old, new].into_iter().flatten().any(is_managed) && is_any_other).then_some(
            "a principal names its policies in a way that cannot be resolved, and may mean this one",
        )
    }

    /// What belongs to a principal and is examined by policies.
    pub(super) fn attributes(
        &self,
        old: Option<&Resource<'text>>,
        new: Option<&Resource<'text>>,
    ) -> Option<&'static str> {
        let (old, new) = (old?.body.as_ref()?, new?.body.as_ref()?);
        let differs = |name: &str| {
            let of = |body: &Body<'_>| {
                let properties = body.data.get("Properties");
                properties
                    .and_then(|properties| properties.get(name))
                    .map(shown)
            };
            of(old) != of(new)
        };
        if differs("LoginProfile") {
            return Some("whoever has its password can sign in as this user");
        }
        let is_looked_at = differs("Tags") && self.has_key("PrincipalTag")
            || differs("Path") && self.has_key("PrincipalArn")
            || self.is_matched_by_path(&old.data, &new.data)
            || self.is_matched_by_tag(Some(&old.data), Some(&new.data));
        is_looked_at.then_some("policies look at its tags or its path")
    }

    /// Whether the resource says the same of the same account; `equal` has the bodies compared so
    /// far.
    fn is_same(
        &self,
        old: Option<&Resource<'text>>,
        new: Option<&Resource<'text>>,
        equal: &mut HashMap<(usize, usize), bool>,
    ) -> bool {
        let (Some(old), Some(new)) = (old, new) else {
            return false;
        };
        if let (Some(a), Some(b)) = (&old.body, &new.body) {
            let is_equal = a.key == b.key
                || *equal
                    .entry((a.key, b.key))
                    .or_insert_with(|| a.data == b.data);
            return is_equal && account_of(old) == account_of(new);
        }
        let says_the_same = || {
            let sides = self.data_of(old).zip(self.data_of(new));
            sides.is_some_and(|(old, new)| old == new)
        };
        // Equal texts may stand for something else.
        (old.text == new.text && self.scopes.compared == Scopes::Same)
            || says_the_same()
            || (old.text == new.text && self.data_of(new).is_none())
    }

    /// Whether a resource on both sides is another one now; `known` has the bodies compared so far.
    fn is_another_one(
        &self,
        old: Option<&Resource<'text>>,
        new: Option<&Resource<'text>>,
        known: &mut HashMap<(usize, usize), bool>,
    ) -> bool {
        let (Some(old), Some(new)) = (old, new) else {
            return false;
        };
        let (Some(before), Some(after)) = (self.data_of(old), self.data_of(new)) else {
            // Nobody knows.
            return true;
        };
        let key = old
            .body
            .as_ref()
            .zip(new.body.as_ref())
            .map(|(a, b)| (a.key, b.key));
        let is_another = || is_another(&before, &after);
        let is_another = match key {
            Some(key) => *known.entry(key).or_insert_with(is_another),
            None => is_another(),
        };
        let (from, to) = (places_in(old, &before), places_in(new, &after));
        is_another || is_moved((&before, &from), (&after, &to))
    }
}

/// A resource that is created in places that are not worked out.
fn elsewhere(old: Option<&Resource<'_>>, new: Option<&Resource<'_>>) -> Option<&'static str> {
    let (old, new) = (old?.body.as_ref()?, new?.body.as_ref()?);
    if !kind_of_body(new).is_some_and(|kind| kind.starts_with("AWS::IAM::")) {
        return None;
    }
    let differs = |name: &str| {
        let of = |body: &Body<'_>| body.data.get(name).map(shown);
        of(old) != of(new)
    };
    let is_bound = |body: &Body<'_>| {
        places_of(body)
            .iter()
            .any(|place| place.account().is_none())
    };
    let regions = |body: &Body<'_>| {
        let binding = body.data.get("OrganizationBinding");
        binding.and_then(|binding| binding.get("Region")).map(shown)
    };
    let is_of_one_region = crate::template::resources::region(&old.data).is_some()
        && crate::template::resources::region(&new.data).is_some();
    let moves = differs("OrganizationBinding")
        && (is_bound(old) || is_bound(new) || (regions(old) != regions(new) && !is_of_one_region));
    (differs("Foreach") || moves)
        .then_some("the place where it is created changed, and cannot be resolved")
}

/// What the text of a resource says.
pub(super) fn read_alone(resource: &Resource<'_>) -> Option<Arc<Data>> {
    let document = parse(FileId(0), resource.text).ok()?;
    let data = read::read(&document.root, &mut read::budget(resource.text.len()))?;
    let own = data.get(&resource.id)?;
    own.fields()?;
    Some(Arc::new(own.clone()))
}

/// Whether a macro of `CloudFormation` changes the resource; `known` is that of bodies, by their keys.
fn is_transformed(resource: &Resource<'_>, known: &mut HashMap<usize, bool>) -> bool {
    let body = resource.body.as_ref();
    body.is_some_and(|body| {
        let known = known.entry(body.key);
        *known.or_insert_with(|| calls_macro(&body.data))
    })
}

fn is_denying_group(resource: &Resource<'_>) -> bool {
    let properties = || resource.body.as_ref()?.data.get("Properties");
    kind_of(resource) == Some("AWS::IAM::Group") && properties().is_some_and(may_deny_users)
}
