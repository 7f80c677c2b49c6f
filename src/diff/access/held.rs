//! The policies of resources that a file holds, with what each is about.
//!
//! In: a file. Out: a [`HeldPolicy`] for each policy and each resource that it is about, in each
//! account and region. Refuses nothing: what a policy is about may be a text that is not resolved.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::aws::resource_names::{NAMES, ResourceName};
use crate::aws::resource_policies::{HOLDERS, PolicyHolder, PolicyTargetForm, holder_of};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::written_roles::named as named_in;
use crate::iam::principals::{places_in, places_of};
use crate::template::display::shown;
use crate::template::named::ReferredName;
use crate::template::referred::referred;
use crate::template::resolve::{OWN, OwnId, Reader, Reading, Values};
use crate::template::resources::{
    Body, File, Place, Resource, has, is_account_id, is_numbered, is_shared, places, regions,
};
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// A policy of a resource.
pub(super) struct HeldPolicy<'text> {
    /// The logical id of what holds it.
    pub(super) id: String,
    pub(super) holder: &'static PolicyHolder,
    pub(super) body: Body<'text>,
    pub(super) place: Place,
    /// The region, if it is one.
    pub(super) region: Option<String>,
    pub(super) target: HeldTarget,
    /// What references in it resolve to.
    pub(super) values: Rc<Values>,
}

/// What a policy is about.
pub(super) struct HeldTarget {
    /// How it is named, and what identifies it together with the place.
    pub(super) key: String,
    /// The same with the mark of the account.
    pub(super) marked: String,
    /// How it is named in reports, with the mark of the account.
    pub(super) name: String,
    /// Its ARN, if it is known how that is written.
    pub(super) arn: Option<Data>,
    /// Its logical id, if it is a resource of the file.
    pub(super) id: Option<String>,
}

/// Bodies of resources that are not read with the file, by what they say.
pub(super) type Bodies = HashMap<Data, usize>;

impl<'run, 'text> Comparer<'run, 'text> {
    /// The policies of resources that `file` holds.
    pub(super) fn held(
        &'run self,
        file: &'run File<'text>,
        bodies: &mut Bodies,
    ) -> Vec<HeldPolicy<'text>> {
        let mut held = Vec::new();
        for resource in &file.resources {
            let Some(body) = self.body_of(resource, bodies) else {
                continue;
            };
            let kind = body.data.get("Type").and_then(Data::text);
            let Some(holder) = kind.and_then(holder_of) else {
                continue;
            };
            for place in places_of(&body) {
                let values = self.resolved(file, &body, &place);
                for region in each_region(&body.data) {
                    let reader = Reader {
                        region: region.clone(),
                        values: Rc::clone(&values),
                        ..self.reader(&body, &place, OwnId::Mark(self.id_of(&place)))
                    };
                    for target in targets(holder, file, &resource.id, &body, &reader) {
                        held.push(HeldPolicy {
                            id: resource.id.clone(),
                            holder,
                            body: body.clone(),
                            place: place.clone(),
                            region: region.clone(),
                            target: self.target(holder, &reader, &body, target),
                            values: Rc::clone(&values),
                        });
                    }
                }
            }
        }
        held
    }

    /// What references to resources that have policies resolve to.
    fn resolved(&self, file: &File<'text>, body: &Body<'_>, place: &Place) -> Rc<Values> {
        let mut names = BTreeSet::new();
        referred(&body.data, &mut names);
        let mut values = self.shortened(file, (body, place), &names);
        for name in &names {
            let named = ReferredName::of(name);
            let Some((target, data)) = file
                .get(&body.restore(named.id))
                .and_then(|other| Some((other, self.data_of(other)?)))
            else {
                continue;
            };
            let named = named.shortest(&places_in(target, &data), place);
            values.extend(values_of(named, &data, place));
        }
        values.extend(self.identities(file, (body, place), &names));
        Rc::new(values)
    }

    /// What `resource` says, if it may hold the policy of a resource.
    fn body_of(&self, resource: &Resource<'text>, bodies: &mut Bodies) -> Option<Body<'text>> {
        let mut holders = HOLDERS.iter();
        if resource.body.is_none() && !holders.any(|holder| has(resource.text, holder.kind)) {
            return None;
        }
        self.any_body(resource, bodies)
    }

    /// What `resource` says, whatever its type.
    pub(super) fn any_body(
        &self,
        resource: &Resource<'text>,
        bodies: &mut Bodies,
    ) -> Option<Body<'text>> {
        if let Some(body) = &resource.body {
            return Some(body.clone());
        }
        let data = self.data_of(resource)?;
        // Bodies that are read with the file are numbered from 1 on.
        let next = usize::MAX - bodies.len();
        let key = *bodies.entry(data.as_ref().clone()).or_insert(next);
        Some(Body {
            key,
            places: places(&data).into(),
            is_shared: is_shared(&data),
            is_numbered: is_numbered(&data),
            data,
            label: None,
        })
    }

    /// Whether a resource is gone, and not kept on purpose.
    pub(super) fn is_deleted(&self, id: &str) -> bool {
        let Some(data) = self.old.get(id).and_then(|old| self.data_of(old)) else {
            return false;
        };
        let policy = data.get("DeletionPolicy").map(shown);
        self.new.get(id).is_none() && policy.is_none_or(|policy| policy == "Delete")
    }

    fn target(
        &self,
        holder: &PolicyHolder,
        reader: &Reader<'_>,
        body: &Body<'_>,
        (named, id): (Data, Option<String>),
    ) -> HeldTarget {
        let symbols = reader.symbols(&named, Reading::Plain);
        let is_resource = id.is_some();
        let arn = holder.arn.as_ref();
        let arn = arn.and_then(|arn| {
            let text = self.spelled(&symbols);
            arn_of(arn.before, &named, &symbols, &text, is_resource)
        });
        let own = match &arn {
            Some(arn) => reader.symbols(arn, Reading::Plain),
            None => symbols,
        };
        let marked = self.spelled(&own);
        let short = match &arn {
            Some(_) => short(&marked, holder),
            None => marked.clone(),
        };
        HeldTarget {
            key: body.restore(&marked),
            name: unwrapped(&short).to_owned(),
            marked,
            arn,
            id,
        }
    }
}

/// The regions in which a resource is created, each alone; what is not known is one of its own.
fn each_region(resource: &Data) -> Vec<Option<String>> {
    match regions(resource) {
        Some(all) if !all.is_empty() => {
            let all = all.into_iter();
            all.map(|region| Some(region.to_owned())).collect()
        }
        _ => vec![None],
    }
}

/// What names each resource that the policy is about, and its logical id if it is one of the file.
fn targets(
    holder: &PolicyHolder,
    file: &File<'_>,
    own: &str,
    body: &Body<'_>,
    reader: &Reader<'_>,
) -> Vec<(Data, Option<String>)> {
    let property = |name: &str| body.data.get("Properties").and_then(|data| data.get(name));
    let text = |text: &str| Data::Text(text.to_owned());
    let of = |data: &Data| {
        let id = named_in(data).map(|name| body.restore(ReferredName::of(&name).id));
        (data.clone(), id.filter(|id| file.get(id).is_some()))
    };
    match holder.target {
        PolicyTargetForm::Itself(name) => {
            let named = property(name).filter(|name| reader.text(name).is_some());
            vec![(
                named.cloned().unwrap_or_else(|| text(own)),
                Some(own.to_owned()),
            )]
        }
        PolicyTargetForm::Named(name, default) => match (property(name), default) {
            (Some(data), _) => vec![of(data)],
            (None, Some(default)) => vec![(text(default), None)],
            (None, None) => vec![(text(own), None)],
        },
        PolicyTargetForm::Listed(name) => match property(name) {
            Some(given) => given.items().iter().map(of).collect(),
            None => vec![(text(own), None)],
        },
        PolicyTargetForm::Account(name) => {
            vec![(property(name).cloned().unwrap_or(text(holder.word)), None)]
        }
    }
}

/// The ARN of what is named so: by its ARN, by the URL of a queue, or by its name alone.
fn arn_of(
    before: &str,
    named: &Data,
    symbols: &[Symbol],
    text: &str,
    is_resource: bool,
) -> Option<Data> {
    if text.starts_with("arn:") {
        return Some(named.clone());
    }
    if let Some(rest) = text.strip_prefix("https://sqs.") {
        let (region, rest) = rest.split_once('.')?;
        let (_, rest) = rest.split_once('/')?;
        let (account, name) = rest.split_once('/')?;
        let arn = format!("arn:aws:sqs:{region}:{account}:{name}");
        return Some(substituted(&arn.replace(OWN, "${AWS::AccountId}")));
    }
    // A function also by its account and its name (AWS Lambda API, `AddPermission`).
    let is_known = |symbol: &Symbol| matches!(symbol, Symbol::Char(_));
    if let Some((account, name)) = text.split_once(FUNCTION)
        && before.ends_with(FUNCTION)
        && is_account_id(account)
        && symbols.iter().all(is_known)
    {
        let arn = before.replace("${AWS::AccountId}", account) + name;
        return Some(substituted(&arn.replace(OWN, "${AWS::AccountId}")));
    }
    let is_open = matches!(symbols.first(), None | Some(Symbol::Unknown(_)));
    let is_name = !text.contains(':') || is_resource || text.contains("${");
    // Only the name of a bucket is never an ARN.
    let is_known = !is_open || is_resource || before == BUCKET;
    (!before.is_empty() && is_name && is_known).then(|| {
        let parts = vec![substituted(before), named.clone()];
        let join = Data::List(vec![Data::Text(String::new()), Data::List(parts)]);
        Data::Map(vec![("Fn::Join".to_owned(), join)])
    })
}

const BUCKET: &str = "arn:aws:s3:::";
const FUNCTION: &str = ":function:";

/// The text as `Fn::Sub` has it.
pub(super) fn substituted(text: &str) -> Data {
    Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(text.to_owned()))])
}

/// The name at the end of an ARN.
fn short(arn: &str, holder: &PolicyHolder) -> String {
    let before = holder.arn.as_ref().map_or("", |arn| arn.before);
    let fields = before.replace(PSEUDO, "").matches(':').count().max(5);
    let name = after_colons(arn, fields);
    let kind = before.rsplit(':').next().unwrap_or_default();
    name.strip_prefix(kind).unwrap_or(name).to_owned()
}

/// How what CloudFormation knows of a stack begins, such as its region.
const PSEUDO: &str = "${AWS::";

/// What follows so many colons, not counting those in `${...}`; what follows the last one if there are fewer.
fn after_colons(arn: &str, fields: usize) -> &str {
    let mut rest = arn;
    let mut is_within = false;
    let mut seen = 0;
    for (at, c) in arn.char_indices() {
        match c {
            '$' => is_within = arn.get(at..).is_some_and(|text| text.starts_with("${")),
            '}' => is_within = false,
            ':' if !is_within && seen < fields => {
                seen += 1;
                rest = arn.get(at + 1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    rest
}

/// The logical id in what stands for the name of a resource that has none.
fn unwrapped(name: &str) -> &str {
    let inside = name
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    inside.map_or(name, |inside| ReferredName::of(inside).id)
}

/// What references to the resource that is `named` so, which says `data`, resolve to for what is in `place`.
pub(super) fn values_of(
    named: ReferredName<'_>,
    data: &Data,
    place: &Place,
) -> Vec<(String, String)> {
    let kind = data.get("Type").and_then(Data::text).unwrap_or_default();
    let Some(known) = NAMES.iter().find(|known| known.kind == kind) else {
        return Vec::new();
    };
    let at = named.place(&crate::template::resources::places(data), place);
    let Some(at) = at.filter(|_| data.get("Foreach").is_none()) else {
        return Vec::new();
    };
    let account = at.account().filter(|_| at != *place);
    let written = |attribute| named.with(attribute);
    let name = name_of(known, data);
    let is_named = name.is_some();
    let name = name.unwrap_or_else(|| format!("${{{}}}", written(known.attribute)));
    let filled = |text: &str| {
        let text = text.replace("{}", &name);
        match &account {
            Some(account) => text.replace("${AWS::AccountId}", &format!("${{{account}}}")),
            None => text,
        }
    };
    let arns = known.arns.iter();
    let mut values: Vec<(String, String)> = arns
        .map(|attribute| (written(Some(attribute)), filled(known.arn)))
        .collect();
    // A reference that returns a name that is not known is that name.
    if is_named || known.attribute.is_some() {
        values.push((written(None), filled(known.reference)));
    }
    if let (true, Some(attribute)) = (is_named, known.attribute) {
        values.push((written(Some(attribute)), name));
    }
    values
}

/// The name of a resource, as `Fn::Sub` writes it.
fn name_of(known: &ResourceName, data: &Data) -> Option<String> {
    match data.get("Properties")?.get(known.property)? {
        Data::Text(text) if !text.contains("${") => Some(text.clone()),
        value => match value.get("Fn::Sub") {
            Some(Data::Text(text)) => Some(text.clone()),
            _ => value.reference().map(|name| format!("${{{name}}}")),
        },
    }
}
