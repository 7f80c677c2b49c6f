//! What policies say of principals that AWS keeps by their unique ids.
//!
//! In: a file. Out: [`NamedById`]: each role, user, or session that a statement keeps out by its ARN or by a unique id.
//! Refuses nothing: a name that is not known may be that of anybody.
//!
//! "If your `Principal` element in a role trust policy contains an ARN that points to a specific IAM role, then that
//! ARN transforms to the role unique principal ID when you save the policy", and the same is true of users and of the
//! policies of resources (IAM user guide, "AWS JSON policy elements: `Principal`"). Conditions on `aws:PrincipalArn`
//! compare texts.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::diff::access::comparer::Comparer;
use crate::diff::access::held::Bodies;
use crate::iam::PrincipalKind;
use crate::iam::pattern::Glob;
use crate::iam::principals::places_of;
use crate::template::in_text::read_text;
use crate::template::named::ReferredName;
use crate::template::referred::referred;
use crate::template::resolve::{OwnId, Reader, Reading};
use crate::template::resources::{Body, File, Place, regions};
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::symbol::Symbol;
use crate::template::value::{Data, Unordered};

/// The key whose value has the unique id of the caller.
const USER_ID: &str = "aws:userid";

/// How the unique ids of roles and of users begin (IAM user guide, "IAM identifiers").
const PREFIXES: [(&str, PrincipalKind); 2] =
    [("AROA", PrincipalKind::Role), ("AIDA", PrincipalKind::User)];

/// Somebody that a statement keeps out.
pub(super) struct NamedById {
    /// The logical id of the resource that has the policy.
    pub(super) policy: String,
    /// Where that is.
    pub(super) at: StackSpot,
    pub(super) name: KeptOut,
}

/// The account and the regions of which stacks create something, if they are known.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct StackSpot {
    place: Place,
    regions: Option<BTreeSet<String>>,
}

impl StackSpot {
    /// Where a resource that says `data` is created in `place`.
    pub(super) fn of(place: &Place, data: &Data) -> Self {
        let regions = regions(data).map(|all| all.into_iter().map(str::to_owned).collect());
        Self {
            place: place.clone(),
            regions,
        }
    }
}

/// Whether the regions of two resources are known, and are not the same.
pub(super) fn are_in_other_regions(old: &Data, new: &Data) -> bool {
    let sorted = |data| regions(data).map(BTreeSet::from_iter);
    let (old, new): (Option<BTreeSet<&str>>, Option<BTreeSet<&str>>) = (sorted(old), sorted(new));
    old.is_some() && new.is_some() && old != new
}

/// How a statement names somebody.
pub(super) enum KeptOut {
    /// By an ARN, parts of which may not be known.
    Arn(String),
    /// By a unique id.
    Id(IdKind),
}

/// The kind of the principal that has a unique id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdKind {
    Of(PrincipalKind),
    NotKnown,
}

/// How a statement names somebody, as it is written.
enum WrittenName {
    Arn(Data),
    Id(IdKind),
}

impl KeptOut {
    /// Whether it is, or may be, a principal with this ARN, or with an id that nobody knows.
    pub(super) fn may_be(&self, arn: &str, kind: PrincipalKind) -> bool {
        match self {
            KeptOut::Id(of) => matches!(of, IdKind::NotKnown) || *of == IdKind::Of(kind),
            KeptOut::Arn(name) => {
                let of_session = sessions(arn).filter(|_| kind == PrincipalKind::Role);
                name == arn
                    || of_session.is_some_and(|begin| name.starts_with(&begin))
                    || may_equal(name, arn)
                    || may_equal(arn, name)
            }
        }
    }
}

impl<'run, 'text> Comparer<'run, 'text> {
    /// Those that policies of `file` keep out, and name in a way that is about one unique id.
    pub(super) fn kept_out(&'run self, file: &'run File<'text>) -> Vec<NamedById> {
        let mut bodies = Bodies::new();
        let mut known: HashMap<usize, Rc<Vec<WrittenName>>> = HashMap::new();
        let mut found = Vec::new();
        for resource in &file.resources {
            let Some(body) = self.any_body(resource, &mut bodies) else {
                continue;
            };
            let written = known.entry(body.key).or_insert_with(|| {
                let mut written = Vec::new();
                add_written(&body.data, &mut written);
                Rc::new(written)
            });
            if written.is_empty() {
                continue;
            }
            for place in places_of(&body) {
                let at = StackSpot::of(&place, &body.data);
                let mut add = |name: KeptOut| {
                    found.push(NamedById {
                        policy: resource.id.clone(),
                        at: at.clone(),
                        name,
                    });
                };
                for written in written.iter() {
                    match written {
                        WrittenName::Id(kind) => add(KeptOut::Id(*kind)),
                        WrittenName::Arn(data) => {
                            let name = self.named_arn(file, (&body, &place), data);
                            if let Some(name) = name {
                                add(KeptOut::Arn(name));
                            }
                        }
                    }
                }
            }
        }
        found
    }

    /// The ARN that `data` is; `None` if it is that of a resource to which AWS gives its name.
    fn named_arn(
        &self,
        file: &File<'text>,
        (body, place): (&Body<'_>, &Place),
        data: &Data,
    ) -> Option<String> {
        let mut names = BTreeSet::new();
        referred(data, &mut names);
        let reader = Reader {
            values: self.identities(file, (body, place), &names).into(),
            ..self.reader(body, place, OwnId::Mark(self.id_of(place)))
        };
        let text = self.read_plainly(&reader, (body, place), data);
        let is_unnamed = |name: &String| {
            let name = body.restore(name);
            let id = ReferredName::of(&name).id;
            file.get(id).is_some() && text.contains(&format!("${{{name}"))
        };
        (!names.iter().any(is_unnamed)).then_some(text)
    }

    /// What `data` is, with its account in place.
    pub(super) fn read_plainly(
        &self,
        reader: &Reader<'_>,
        (body, place): (&Body<'_>, &Place),
        data: &Data,
    ) -> String {
        let symbols = reader.symbols(data, Reading::Plain);
        self.put_in(&self.spelled(&symbols), body, place)
    }
}

/// Adds those that statements in `data` keep out.
fn add_written(data: &Data, found: &mut Vec<WrittenName>) {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            for item in items {
                add_written(item, found);
            }
        }
        Data::Text(text) => add_of_text(text, data, found),
        Data::Map(entries) => {
            if let [(key, Data::Text(text))] = entries.as_slice()
                && key == "Fn::Sub"
            {
                return add_of_text(text, data, found);
            }
            add_of_statement(data, found);
            let values = entries.iter().map(|(_, value)| value);
            values.for_each(|value| add_written(value, found));
        }
        _ => {}
    }
}

/// The same for a document in a text.
fn add_of_text(text: &str, data: &Data, found: &mut Vec<WrittenName>) {
    if !text.trim_start().starts_with('{') {
        return;
    }
    let document = read_text(data);
    if document != *data {
        add_written(&document, found);
    }
}

fn add_of_statement(statement: &Data, found: &mut Vec<WrittenName>) {
    let effect = statement.get("Effect").and_then(Data::text);
    let (may_deny, may_allow) = (effect != Some("Allow"), effect != Some("Deny"));
    if let Some(who) = statement.get("Principal").filter(|_| may_deny) {
        add_principals(who, found);
    }
    if let Some(who) = statement.get("NotPrincipal").filter(|_| may_allow) {
        add_principals(who, found);
    }
    let condition = statement.get("Condition").and_then(Data::fields);
    for (operator, keys) in condition.unwrap_or_default() {
        let is_negated = operator.to_ascii_lowercase().contains("not");
        let is_kept_out = may_deny && !is_negated || may_allow && is_negated;
        let keys = keys.fields().unwrap_or_default().iter();
        let keys = keys.filter(|(key, _)| is_kept_out && key.eq_ignore_ascii_case(USER_ID));
        let values = keys.flat_map(|(_, values)| values.items());
        found.extend(values.filter_map(id_in).map(WrittenName::Id));
    }
}

/// Adds those that an element for principals names, one by one.
fn add_principals(who: &Data, found: &mut Vec<WrittenName>) {
    match who {
        Data::Text(text) if text == "*" => {}
        Data::Text(text) => found.push(match id_of(text) {
            Some(kind) => WrittenName::Id(IdKind::Of(kind)),
            None => WrittenName::Arn(who.clone()),
        }),
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            for item in items {
                add_principals(item, found);
            }
        }
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::List(items))] if key == "Fn::If" => {
                let choices = items.iter().skip(1);
                choices.for_each(|choice| add_principals(choice, found));
            }
            _ if who.reference() == Some("AWS::NoValue") => {}
            _ if who.is_intrinsic() => found.push(WrittenName::Arn(who.clone())),
            entries => {
                let own = entries.iter().filter(|(key, _)| key == "AWS");
                own.for_each(|(_, value)| add_principals(value, found));
            }
        },
        _ => {}
    }
}

/// The kind of the principal of which `value`, in a condition, has the unique id, if it may have one: `AROA...:session`.
fn id_in(value: &Data) -> Option<IdKind> {
    let written = value.get("Fn::Sub").unwrap_or(value);
    if let Some(kind) = written.text().and_then(id_of) {
        return Some(IdKind::Of(kind));
    }
    if !value.is_intrinsic() {
        return None;
    }
    let mut names = BTreeSet::new();
    referred(value, &mut names);
    // Who has the id of a role that is created again is another one as soon as the policy is saved with it.
    let is_other = |name: &String| name.starts_with("AWS::") || name.ends_with(".RoleId");
    let is_known = !names.is_empty() && names.iter().all(is_other);
    (!is_known).then_some(IdKind::NotKnown)
}

/// The kind of the principal of which `text` begins with the unique id.
fn id_of(text: &str) -> Option<PrincipalKind> {
    let mut prefixes = PREFIXES.into_iter();
    let found = prefixes.find(|(prefix, _)| {
        let rest = text.strip_prefix(prefix).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_alphanumeric())
    });
    found.map(|(_, kind)| kind)
}

/// How the ARNs of the sessions of a role begin.
fn sessions(arn: &str) -> Option<String> {
    let (account, rest) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let name = rest.rsplit('/').next()?;
    Some(format!("arn:aws:sts::{account}:assumed-role/{name}/"))
}

/// Whether `name` is not known completely, and may be `other`.
fn may_equal(name: &str, other: &str) -> bool {
    if !name.contains("${") {
        return false;
    }
    let open = parts(name).map(|part| match part {
        SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text) => text,
        SubstitutionPart::Variable(_) => "*",
    });
    let glob = Glob::of(&open.collect::<String>());
    let other: Vec<Symbol> = other.chars().map(Symbol::Char).collect();
    glob.matches(&other)
}
