//! Parts of a resource that are the same for access on both sides, although they are written otherwise.
//!
//! In: values, or the items of lists, of both sides with their path. Out: whether they are the same, or which
//! items have no counterpart. Refuses nothing: in a document, which may have anything in it, `22` is not
//! `'22'`.
//!
//! The hard part: what gives nobody access by itself may say what the rest of its item lets in, as the port
//! of a rule does. So only what has one of the names below is left out of an item.

use crate::aws::effects::{Harmless, PropertyEffect, TypeEffects};
use crate::diff::access::harmless::{is_as_strict, is_within};
use crate::diff::access::leaves::{ValueParts, parts};
use crate::template::spelling::respelled;
use crate::template::value::{Data, Unordered, surplus};

/// Properties of an item that do not say what the rest of it is for.
const ASIDE: &[&str] = &[
    "Comment",
    "ConnectionAttempts",
    "Description",
    "FixedResponseConfig",
    "VisibilityConfig",
];

/// How the names of such properties end: how long something takes, or is kept.
const ASIDE_ENDS: &[&str] = &["TTL", "Timeout"];

/// The status with which a listener sends a caller to another address.
const REDIRECT_STATUS: &[&str] = &["RedirectConfig", "StatusCode"];

/// Settings of Elastic Beanstalk that say how many instances there are.
const SIZES: &[&str] = &["aws:autoscaling:asg", "aws:autoscaling:trigger"];

/// The one attribute of a load balancer that says who gets in.
const ATTRIBUTE: (&str, &str) = ("LoadBalancerAttributes", "waf.fail_open.enabled");

/// A rule that lets in a network, and the properties that say which one.
const RULE: &str = "AWS::EC2::SecurityGroupIngress";
const NETWORKS: &[&str] = &["CidrIp", "CidrIpv6"];

/// Where such rules are listed.
const RULES: (&str, &str) = ("AWS::EC2::SecurityGroup", "SecurityGroupIngress");

/// A rule of a listener, and where it lists which requests it is for.
const LISTENER_RULE: (&str, &str) = ("AWS::ElasticLoadBalancingV2::ListenerRule", "Conditions");

/// Fields of a request, and the property that says the same as `Values`.
const FIELDS: [(&str, &str); 2] = [
    ("host-header", "HostHeaderConfig"),
    ("path-pattern", "PathPatternConfig"),
];

/// Functions of Lambda by the version of their code, which AWS requires at the edge.
pub(super) const AT_THE_EDGE: &[&str] = &["LambdaFunctionAssociations", "LambdaFunctionARN"];

/// A type of resources, with what its properties do.
type OfType<'a> = (&'a str, TypeEffects<'static>);

/// The items of a list that have no counterpart in the other one.
pub(super) struct UnmatchedItems<'data> {
    pub(super) lost: Vec<&'data Data>,
    pub(super) gained: Vec<&'data Data>,
    /// Whether what both lists have is in the same order.
    pub(super) is_in_order: bool,
}

/// Whether a value at `path` lets in nobody else: it is the same on both sides, in another way of writing, or
/// a part of the network of a rule.
pub(super) fn is_as_before(
    (kind, effects): OfType<'_>,
    sides: (Option<&Data>, Option<&Data>),
    path: &[&str],
) -> bool {
    let (Some(old), Some(new)) = sides else {
        return false;
    };
    is_one_value(effects, path) && value_at(path, old) == value_at(path, new)
        || (kind, path.len()) == (RULE, 1)
            && path.iter().any(|name| NETWORKS.contains(name))
            && is_part(old, new)
}

/// The items of the lists at `path`, which belong to a resource of this `kind`, that only one of them has.
pub(super) fn unmatched<'data>(
    (kind, effects): OfType<'_>,
    [old, new]: [&'data [Data]; 2],
    path: &[&'data str],
) -> UnmatchedItems<'data> {
    let each = |items: &'data [Data]| -> (Vec<&'data Data>, Vec<Data>) {
        let items = items.iter().filter(|item| !is_setting(item, path));
        let is_condition = LISTENER_RULE == (kind, path.join("/").as_str());
        let counted = |item: &'data Data| -> Data {
            let spelled = is_condition.then(|| in_one_way(item));
            counted(
                effects,
                spelled.as_ref().unwrap_or(item),
                &mut path.to_vec(),
            )
        };
        items.map(|item| (item, counted(item))).unzip()
    };
    let ((old, before), (new, after)) = (each(old), each(new));
    let mut gained = without_counterpart(&new, &after, &before);
    if (kind, path) == (RULES.0, &[RULES.1]) {
        gained.retain(|(_, rule)| !before.iter().any(|own| is_narrowed(own, rule)));
    }
    let mut lost = without_counterpart(&old, &before, &after);
    gained.retain(|(_, new)| {
        let is_limited =
            |(_, old): &(&Data, &Data)| is_stricter(effects, (old, new), &mut path.to_vec());
        let limited = lost.iter().position(is_limited);
        limited.map(|at| lost.remove(at)).is_none()
    });
    let items =
        |pairs: Vec<(&'data Data, &Data)>| pairs.into_iter().map(|(item, _)| item).collect();
    UnmatchedItems {
        lost: items(lost),
        gained: items(gained),
        is_in_order: is_in_order(&before, &after),
    }
}

/// The items of which the `own` value is not among the `other` ones, or less often, each with its value.
fn without_counterpart<'data, 'own>(
    items: &[&'data Data],
    own: &'own [Data],
    other: &[Data],
) -> Vec<(&'data Data, &'own Data)> {
    let mut left = surplus(own, other).into_iter().peekable();
    let both = items.iter().copied().zip(own);
    both.filter(|(_, value)| left.next_if(|one| std::ptr::eq(*one, *value)).is_some())
        .collect()
}

/// Whether what both lists have is in the same order.
fn is_in_order(old: &[Data], new: &[Data]) -> bool {
    let before = old.iter().filter(|item| new.contains(item));
    before.eq(new.iter().filter(|item| old.contains(item)))
}

/// What counts of `data` at `path` when items are compared.
fn counted<'data>(
    effects: TypeEffects<'static>,
    data: &'data Data,
    path: &mut Vec<&'data str>,
) -> Data {
    match data {
        Data::List(items) => {
            let items = items.iter();
            Data::List(items.map(|item| counted(effects, item, path)).collect())
        }
        Data::Unordered(Unordered(items)) => {
            let items = items.iter();
            let items = items.map(|item| counted(effects, item, path)).collect();
            Data::Unordered(Unordered(items))
        }
        Data::Map(fields) if !data.is_intrinsic() => {
            let mut kept = Vec::new();
            for (name, value) in fields {
                path.push(name);
                if !is_aside(effects, path) {
                    kept.push((name.clone(), counted(effects, value, path)));
                }
                path.pop();
            }
            Data::Map(kept)
        }
        data if is_one_value(effects, path) => value_at(path, data),
        data => data.clone(),
    }
}

/// A value in one way of writing. Of a function at the edge, another version is other code.
fn value_at(path: &[&str], data: &Data) -> Data {
    let value = respelled(data);
    let is_versioned = path.ends_with(AT_THE_EDGE);
    match value {
        Data::Text(text) if is_versioned => Data::Text(without_version(&text).to_owned()),
        value => value,
    }
}

fn without_version(arn: &str) -> &str {
    match arn.rsplit_once(':') {
        Some((function, version))
            if function.contains(":function:")
                && !version.is_empty()
                && version.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            function
        }
        _ => arn,
    }
}

/// A condition of a listener's rule with its values where the newer way of writing has them.
fn in_one_way(condition: &Data) -> Data {
    let Data::Map(fields) = condition else {
        return condition.clone();
    };
    let field = condition.get("Field").and_then(Data::text);
    let named = FIELDS.iter().find(|(name, _)| Some(*name) == field);
    let Some((_, config)) = named.filter(|(_, config)| condition.get(config).is_none()) else {
        return condition.clone();
    };
    let fields = fields.iter().map(|(name, value)| match name.as_str() {
        "Values" => {
            let values = vec![(name.clone(), value.clone())];
            ((*config).to_owned(), Data::Map(values))
        }
        _ => (name.clone(), value.clone()),
    });
    let mut fields: Vec<(String, Data)> = fields.collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    Data::Map(fields)
}

/// Whether the item `new` at `path` is the item `old` with a stricter limit.
fn is_stricter<'data>(
    effects: TypeEffects<'static>,
    (old, new): (&'data Data, &'data Data),
    path: &mut Vec<&'data str>,
) -> bool {
    if old == new {
        return true;
    }
    match (parts(Some(old)), parts(Some(new))) {
        (ValueParts::Map(before), ValueParts::Map(after)) => {
            let is_each =
                |((name, old), (own, new)): (&'data (String, Data), &'data (String, Data))| {
                    path.push(name);
                    let is_so = name == own && is_stricter(effects, (old, new), path);
                    path.pop();
                    is_so
                };
            before.len() == after.len() && before.iter().zip(after).all(is_each)
        }
        (ValueParts::List(before), ValueParts::List(after)) => {
            let mut items = before.iter().zip(after);
            before.len() == after.len()
                && items.all(|(old, new)| is_stricter(effects, (old, new), path))
        }
        (ValueParts::Whole, ValueParts::Whole) => match effects.at(path.iter().copied()) {
            Some(PropertyEffect::Limit(harmless)) => is_as_strict(harmless, old, new),
            Some(
                PropertyEffect::Grant(Harmless::Value(closed))
                | PropertyEffect::Entry(Harmless::Value(closed)),
            ) => is_as_strict(Harmless::Value(closed), old, new),
            _ => false,
        },
        _ => false,
    }
}

/// Whether what is at `path` is known to be one value: neither a document nor a tree.
fn is_one_value(effects: TypeEffects<'static>, path: &[&str]) -> bool {
    let names = || path.iter().copied();
    !effects.is_open(names()) && !effects.has_parts(names())
}

/// Whether what is at `path` counts for nobody when items are compared.
fn is_aside(effects: TypeEffects<'static>, path: &[&str]) -> bool {
    let Some(name) = path.last() else {
        return false;
    };
    let is_named = ASIDE.contains(name)
        || ASIDE_ENDS.iter().any(|end| name.ends_with(end))
        || path.ends_with(REDIRECT_STATUS);
    let names = || path.iter().copied();
    is_named
        && !effects.is_open(names())
        && !effects.any_at(names(), &|effect| effect != PropertyEffect::Inert)
}

/// Whether the item is a setting that says nothing of who gets in: how many instances Elastic Beanstalk has, or
/// how a load balancer works.
fn is_setting(item: &Data, path: &[&str]) -> bool {
    let text = |name: &str| item.get(name).and_then(Data::text);
    let (list, attribute) = ATTRIBUTE;
    path == ["OptionSettings"] && text("Namespace").is_some_and(|name| SIZES.contains(&name))
        || path == [list] && text("Key").is_some_and(|key| key != attribute)
}

/// Whether the rule `new` lets in no more than `old` does: it is the same, of a part of the network.
fn is_narrowed(old: &Data, new: &Data) -> bool {
    let rest = |rule: &Data| -> Option<Vec<(String, Data)>> {
        let fields = rule.fields()?.iter();
        let rest = fields.filter(|(name, _)| !NETWORKS.contains(&name.as_str()));
        Some(rest.cloned().collect())
    };
    let is_part_at = |name: &&str| match (old.get(name), new.get(name)) {
        (None, None) => true,
        (Some(old), Some(new)) => old == new || is_part(old, new),
        _ => false,
    };
    rest(old).is_some_and(|own| Some(own) == rest(new)) && NETWORKS.iter().all(is_part_at)
}

/// Whether the network `new` is a part of the network `old`.
fn is_part(old: &Data, new: &Data) -> bool {
    let both = old.text().zip(new.text());
    both.is_some_and(|(old, new)| is_within(new, old))
}
