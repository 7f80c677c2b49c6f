//! What changed and is not decided.
//!
//! In: the resources and sections of both files. Out: an [`Undecided`] for each change that may
//! give access in a way that is not examined. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::diff::access::changes::{Access, Origin, Undecided};
use crate::diff::access::comparer::Comparer;
use crate::iam::principals::{Found, Principal, places_of};
use crate::source::FileId;
use crate::template::display::shown;
use crate::template::read;
use crate::template::resources::{Body, File, Place, Resource};
use crate::template::value::Data;
use crate::yaml::parse::parse;

/// The sections that everything may depend on.
const SECTIONS: &[&str] = &[
    "Conditions",
    "DefaultOrganizationBinding",
    "DefaultOrganizationBindingRegion",
    "Mappings",
    "Organization",
    "OrganizationBindings",
    "Parameters",
    "Transform",
];

/// What was found out about pairs of bodies.
#[derive(Default)]
struct Examined {
    /// Why the pair is not decided, and whether it is still in its account.
    reasons: HashMap<(usize, usize, bool), Option<&'static str>>,
    /// Whether the pair says the same.
    equal: HashMap<(usize, usize), bool>,
}

fn push(access: &mut Access, what: String, why: &str, origin: Option<Origin>) {
    access.undecided.push(Undecided {
        what,
        why: why.to_owned(),
        line: origin.as_ref().map(|origin| origin.line),
        origin,
    });
}

impl Comparer<'_, '_> {
    /// What changed and is not examined.
    pub(super) fn undecided(&self, before: &Found, after: &Found, access: &mut Access) {
        self.changed_sections(access);
        let ids = self.new.resources.iter().chain(
            self.old
                .resources
                .iter()
                .filter(|resource| !self.new.by_id.contains_key(&resource.id)),
        );
        let any = |found: &Found| found.principals.iter().any(Principal::holds_any_other);
        let is_any_other = any(before) || any(after);
        let mut examined = Examined::default();
        let mut alike: HashMap<(&str, Option<Origin>), Vec<&String>> = HashMap::new();
        let mut order = Vec::new();
        for resource in ids {
            let (old, new) = (self.old.get(&resource.id), self.new.get(&resource.id));
            if is_same(old, new, &mut examined.equal) {
                continue;
            }
            let why = self
                .examined(old, new, &mut examined)
                .or_else(|| self.loose(before, after, old, new, is_any_other));
            let Some(why) = why else { continue };
            let body = resource.body.as_ref();
            let place = body.and_then(|body| places_of(body).pop());
            let account = place.as_ref().and_then(Place::account);
            let origin = self.origin(&resource.id, account);
            // What a macro creates alike in many accounts is reported once.
            if origin.is_none() {
                push(access, resource.id.clone(), why, None);
            } else if let Some(all) = alike.get_mut(&(why, origin.clone())) {
                all.push(&resource.id);
            } else {
                order.push((why, origin.clone()));
                alike.insert((why, origin), vec![&resource.id]);
            }
        }
        for key in order {
            let what = match alike.get(&key).map(Vec::as_slice) {
                Some([one]) => (*one).clone(),
                Some([first, rest @ ..]) => format!("{first} and {} more", rest.len()),
                _ => continue,
            };
            push(access, what, key.0, key.1);
        }
    }

    /// Reports the sections that differ and that everything may depend on.
    fn changed_sections(&self, access: &mut Access) {
        let sections = |file: &File<'_>| -> BTreeMap<String, Rc<Data>> {
            let sections = file.sections.iter();
            sections
                .filter(|(name, _)| SECTIONS.contains(&name.as_str()))
                .cloned()
                .collect()
        };
        let (old, new) = (sections(self.old), sections(self.new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            if old.get(name) != new.get(name) {
                let why = "what depends on a changed section is not examined";
                push(access, format!("section {name}"), why, None);
            }
        }
    }

    /// Why a resource that differs is not decided, from what it says; equal bodies are examined
    /// once.
    fn examined(
        &self,
        old: Option<&Resource<'_>>,
        new: Option<&Resource<'_>>,
        examined: &mut Examined,
    ) -> Option<&'static str> {
        let key = |side: Option<&Resource<'_>>| Some(side?.body.as_ref()?.key);
        let own = || {
            self.unexamined(old, new)
                .or_else(|| elsewhere(old, new))
                .or_else(|| self.attributes(old, new))
        };
        match (key(old), key(new)) {
            (Some(a), Some(b)) => {
                let stays = old.and_then(account_of) == new.and_then(account_of);
                let key = (a, b, stays);
                *examined.reasons.entry(key).or_insert_with(own)
            }
            _ => own(),
        }
    }

    fn unexamined(
        &self,
        old: Option<&Resource<'_>>,
        new: Option<&Resource<'_>>,
    ) -> Option<&'static str> {
        let is_provider = |side: Option<&Resource<'_>>| side.is_some_and(is_provider);
        if [old, new].into_iter().flatten().any(is_unexamined)
            || (is_provider(old) && is_provider(new))
        {
            return Some("it may hold a policy that is not examined");
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
        host.is_some_and(|host| self.old.mentions(host))
            .then_some("roles that already trusted this provider can be assumed now")
    }

    /// A policy that changed, if it may apply to somebody who is not known here.
    fn loose(
        &self,
        before: &Found,
        after: &Found,
        old: Option<&Resource<'_>>,
        new: Option<&Resource<'_>>,
        is_any_other: bool,
    ) -> Option<&'static str> {
        let is_loose = |side: Option<&Resource<'_>>, file: &File<'_>, found: &Found| {
            let at = side.and_then(|side| file.by_id.get(&side.id));
            at.is_some_and(|at| found.loose.contains(at))
        };
        if is_loose(old, self.old, before) || is_loose(new, self.new, after) {
            return Some("it may apply to a principal that is not in this file");
        }
        let is_managed = |side: &Resource<'_>| kind_of(side) == Some("AWS::IAM::ManagedPolicy");
        ([old, new].into_iter().flatten().any(is_managed) && is_any_other).then_some(
            "a principal names its policies in a way that cannot be resolved, and may mean this one",
        )
    }

    /// What belongs to a principal and is examined by policies.
    fn attributes(
        &self,
        old: Option<&Resource<'_>>,
        new: Option<&Resource<'_>>,
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
        let mentions = |word: &str| self.old.mentions(word) || self.new.mentions(word);
        if differs("LoginProfile") {
            return Some("whoever has its password can sign in as this user");
        }
        (differs("Tags") && mentions("PrincipalTag") || differs("Path") && mentions("PrincipalArn"))
            .then_some("policies look at its tags or its path")
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

/// The account that was removed from a resource's body.
fn account_of<'text>(resource: &Resource<'text>) -> Option<&'text str> {
    let label = resource.body.as_ref()?.label.as_ref()?;
    Some(label.account())
}

fn kind_of<'a>(resource: &'a Resource<'_>) -> Option<&'a str> {
    resource.body.as_ref().and_then(kind_of_body)
}

fn kind_of_body<'a>(body: &'a Body<'_>) -> Option<&'a str> {
    body.data.get("Type").and_then(Data::text)
}

/// Whether the resource says the same of the same account; `equal` has the bodies compared so far.
fn is_same(
    old: Option<&Resource<'_>>,
    new: Option<&Resource<'_>>,
    equal: &mut HashMap<(usize, usize), bool>,
) -> bool {
    let (Some(old), Some(new)) = (old, new) else {
        return false;
    };
    match (&old.body, &new.body) {
        (Some(a), Some(b)) => {
            let is_equal = a.key == b.key
                || *equal
                    .entry((a.key, b.key))
                    .or_insert_with(|| a.data == b.data);
            is_equal && account_of(old) == account_of(new)
        }
        _ => old.text == new.text || says_the_same(old.text, new.text),
    }
}

/// Whether two blocks differ only in how they are written.
fn says_the_same(old: &str, new: &str) -> bool {
    let read = |text: &str| {
        let document = parse(FileId(0), text).ok()?;
        read::read(&document.root, &mut read::budget(text.len()))
    };
    read(old).is_some_and(|old| read(new) == Some(old))
}

/// Whether a resource may give access in a way that is not examined.
fn is_unexamined(resource: &Resource<'_>) -> bool {
    const EXAMINED: &[&str] = &[
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::IAM::Group",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::OIDCProvider",
    ];
    // What gives access, or creates something that may.
    const WORDS: &[&str] = &[
        "Polic",
        "Permission",
        "Principal",
        "AWS::SSO::",
        "AWS::RAM::",
        "AWS::CloudFormation::Stack",
        "AWS::IdentityStore::",
        "RoleAttachment",
        "AWS::RolesAnywhere::",
        "AWS::EKS::",
        "AWS::Lambda::Url",
        "AccessControl",
        "Custom::",
        "AWS::CloudFormation::CustomResource",
        "Fn::Transform",
        "!Transform",
    ];
    let says = |text: &str| WORDS.iter().any(|word| text.contains(word));
    if resource.id.starts_with("Fn::") {
        return true;
    }
    match &resource.body {
        Some(body) => {
            let kind = kind_of_body(body).unwrap_or_default();
            let text = shown(&body.data);
            if EXAMINED.contains(&kind) {
                return text.contains("!Transform") || text.contains("Fn::Transform");
            }
            kind.starts_with("AWS::IAM::") || says(&text)
        }
        None => says(resource.text),
    }
}

fn is_provider(resource: &Resource<'_>) -> bool {
    let kind = resource
        .body
        .as_ref()
        .and_then(|body| body.data.get("Type"));
    kind.and_then(Data::text) == Some("AWS::IAM::OIDCProvider")
}
