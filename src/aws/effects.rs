//! What a change of a resource's property may do to access.
//!
//! In: the packed data that `effects/make.py` writes, from the resource schemas of `CloudFormation`
//! and from rules that people wrote; and `effects/community.txt`, which people wrote, in the same form,
//! after the schemas of OrgFormation's own types (`org-formation/aws-resource-providers`). Out: the [`PropertyEffect`] of a path of a resource type. Refuses
//! nothing: a type or a path that the data does not have has no effect that is known. It is
//! unpacked when it is first asked for.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::aws::packed::unpack;

static PACKED: &[u8] = include_bytes!("effects/effects.z");

/// OrgFormation's own types.
static COMMUNITY: &str = include_str!("effects/community.txt");

/// What a change of a property may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PropertyEffect<'a> {
    /// It may let somebody do more, unless the property has this value afterwards.
    Grant(Harmless<'a>),
    /// It may let in somebody who needs no policy of IAM, unless the property has this value afterwards.
    Entry(Harmless<'a>),
    /// It keeps somebody out, so that another value than before may let them in, unless it is this one.
    Limit(Harmless<'a>),
    /// It keeps somebody out, whatever the value is.
    LimitIfAny,
    /// It changes what the resource runs as.
    Role,
    /// It changes what runs under a role that stays the same.
    Code,
    /// It gives nobody access.
    Inert,
}

/// The value of a switch that gives nobody access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harmless<'a> {
    /// None.
    Never,
    /// `false`, or none at all.
    Off,
    /// `false`. What counts without it is not known.
    Closed,
    /// Any, if there was another one before.
    Another,
    /// An address of a private network.
    Private,
    /// A security group that lets in private networks only.
    Group,
    /// A number that is not less than before.
    AtLeast,
    /// A number that is not more than before.
    AtMost,
    /// `true`.
    On,
    /// This one.
    Value(&'a str),
    /// This one, or none.
    ValueOrNone(&'a str),
}

/// The data.
pub(crate) struct Effects {
    text: String,
    /// Where the tree of a type begins and ends.
    types: HashMap<String, (usize, usize)>,
}

/// The properties of one type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeEffects<'a> {
    tree: &'a str,
}

/// The data, unpacked once.
pub(crate) fn effects() -> &'static Effects {
    static EFFECTS: OnceLock<Effects> = OnceLock::new();
    EFFECTS.get_or_init(|| {
        let mut text = unpack(PACKED);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(COMMUNITY);
        Effects::of(text)
    })
}

impl Effects {
    fn of(text: String) -> Self {
        let mut types = HashMap::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let end = at + line.trim_end().len();
            if let Some((name, _)) = line.split_once(' ')
                && name.contains("::")
            {
                let start = at + name.len() + 1;
                types.insert(name.to_owned(), (start.min(end), end));
            }
            at += line.len();
        }
        Self { text, types }
    }

    /// The properties of the type `name`, such as `AWS::SQS::Queue`.
    pub(crate) fn resource_type(&self, name: &str) -> Option<TypeEffects<'_>> {
        let (start, end) = *self.types.get(name)?;
        let tree = self.text.get(start..end)?;
        Some(TypeEffects { tree })
    }

    /// The types with a property that may let somebody do more, sorted, each with the paths of these properties.
    #[cfg(test)]
    pub(crate) fn granting(&self) -> Vec<(&str, Vec<GrantPath<'_>>)> {
        let mut names: Vec<&str> = self.types.keys().map(String::as_str).collect();
        names.sort_unstable();
        let granting = names.into_iter().map(|name| {
            let tree = self.resource_type(name).map_or("", |own| own.tree);
            (name, tests::granting_paths(tree))
        });
        granting.filter(|(_, paths)| !paths.is_empty()).collect()
    }
}

/// The path of a property that may let somebody do more, and the value that does not.
#[cfg(test)]
pub(crate) type GrantPath<'a> = (Vec<&'a str>, Harmless<'a>);

impl<'a> TypeEffects<'a> {
    /// What a change at `path` may do: the names from a property on, without the positions in
    /// lists; `None` if there is no such path.
    pub(crate) fn at<'path>(
        &self,
        path: impl IntoIterator<Item = &'path str>,
    ) -> Option<PropertyEffect<'a>> {
        let mut tree = self.tree;
        let mut found = None;
        for name in path {
            match child(tree, name)? {
                Child::Leaf(effect) => {
                    found = Some(effect);
                    tree = "";
                }
                // Below it is anything.
                Child::Open(effect) => return Some(effect),
                Child::Tree(below) => {
                    found = None;
                    tree = below;
                }
            }
        }
        found
    }

    /// Whether something at or below `path` has an effect that is `wanted`.
    pub(crate) fn any_at<'path>(
        &self,
        path: impl IntoIterator<Item = &'path str>,
        wanted: &dyn Fn(PropertyEffect<'a>) -> bool,
    ) -> bool {
        let mut tree = self.tree;
        for name in path {
            match child(tree, name) {
                Some(Child::Tree(below)) => tree = below,
                Some(Child::Leaf(effect) | Child::Open(effect)) => return wanted(effect),
                None => return false,
            }
        }
        // The name of a property ends where its mark, what is below it, or the next one begins.
        tree.split([',', '(', ')']).any(|own| {
            let (name, mark) = own.split_once(':').unwrap_or((own, ""));
            !name.is_empty() && wanted(effect(mark))
        })
    }

    /// Whether `path` is in what may have anything in it, such as a document.
    pub(crate) fn is_open<'path>(&self, path: impl IntoIterator<Item = &'path str>) -> bool {
        let mut tree = self.tree;
        for name in path {
            match child(tree, name) {
                Some(Child::Tree(below)) => tree = below,
                Some(Child::Leaf(_)) => return false,
                Some(Child::Open(_)) | None => return true,
            }
        }
        false
    }

    /// Whether there is something below `path`.
    pub(crate) fn has_parts<'path>(&self, path: impl IntoIterator<Item = &'path str>) -> bool {
        let mut tree = self.tree;
        for name in path {
            match child(tree, name) {
                Some(Child::Tree(below)) => tree = below,
                _ => return false,
            }
        }
        true
    }
}

/// What a tree has under one name.
enum Child<'a> {
    Leaf(PropertyEffect<'a>),
    Open(PropertyEffect<'a>),
    Tree(&'a str),
}

/// What `tree` has under `wanted`.
fn child<'a>(tree: &'a str, wanted: &str) -> Option<Child<'a>> {
    let mut rest = tree;
    while !rest.is_empty() {
        let end = rest.find(['(', ',']).unwrap_or(rest.len());
        let (head, after) = rest.split_at_checked(end)?;
        let (name, mark) = head.split_once(':').unwrap_or((head, ""));
        let below = if let Some(inside) = after.strip_prefix('(') {
            let (below, after) = inside.split_at_checked(closing(inside)?)?;
            rest = after.strip_prefix(')')?;
            Some(below)
        } else {
            rest = after;
            None
        };
        rest = rest.strip_prefix(',').unwrap_or(rest);
        let open = name.strip_suffix('*').filter(|_| below.is_none());
        let own = open.unwrap_or(name);
        // What has any name comes last.
        if own == wanted || own == "*" {
            return Some(match (below, open) {
                (Some(below), _) => Child::Tree(below),
                (None, Some(_)) => Child::Open(effect(mark)),
                (None, None) => Child::Leaf(effect(mark)),
            });
        }
    }
    None
}

/// Where the bracket ends that is open at the beginning of `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn effect(mark: &str) -> PropertyEffect<'_> {
    let Some(letter) = mark.get(..1) else {
        return PropertyEffect::Inert;
    };
    let harmless = harmless(mark.get(1..).unwrap_or_default());
    match letter {
        "R" => PropertyEffect::Role,
        "C" => PropertyEffect::Code,
        "N" => PropertyEffect::Entry(harmless),
        "L" => PropertyEffect::Limit(harmless),
        "D" => PropertyEffect::LimitIfAny,
        _ => PropertyEffect::Grant(harmless),
    }
}

fn harmless(mark: &str) -> Harmless<'_> {
    match mark {
        "0" => Harmless::Off,
        "+" => Harmless::Another,
        "-" => Harmless::Closed,
        "1" => Harmless::On,
        "P" => Harmless::Private,
        "G" => Harmless::Group,
        ">" => Harmless::AtLeast,
        "<" => Harmless::AtMost,
        mark => match mark.strip_prefix('=') {
            Some(value) => Harmless::Value(value),
            None => mark
                .strip_prefix('?')
                .map_or(Harmless::Never, Harmless::ValueOrNone),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: &str, path: &str) -> Option<PropertyEffect<'static>> {
        effects().resource_type(kind)?.at(path.split('/'))
    }

    /// Each is a type, a path, and what a change there does.
    fn assert_effects(cases: &[(&str, &str, Option<PropertyEffect<'static>>)]) {
        for (kind, path, wanted) in cases {
            assert_eq!(at(kind, path), *wanted, "{kind} {path}");
        }
    }

    #[test]
    fn a_path_has_its_effect() {
        let grant = |harmless| Some(PropertyEffect::Grant(harmless));
        assert_effects(&[
            ("AWS::S3::Bucket", "BucketName", Some(PropertyEffect::Inert)),
            (
                "AWS::S3::Bucket",
                "AccessControl",
                grant(Harmless::ValueOrNone("Private")),
            ),
            (
                "AWS::S3::Bucket",
                "PublicAccessBlockConfiguration/BlockPublicAcls",
                grant(Harmless::On),
            ),
            (
                "AWS::S3::Bucket",
                "LifecycleConfiguration/Rules/ExpirationInDays",
                Some(PropertyEffect::Inert),
            ),
            (
                "AWS::ECS::Service",
                "EnableExecuteCommand",
                grant(Harmless::Off),
            ),
            (
                "AWS::EC2::SecurityGroup",
                "SecurityGroupIngress/CidrIp",
                Some(PropertyEffect::Entry(Harmless::Private)),
            ),
            (
                "AWS::Cognito::UserPool",
                "MfaConfiguration",
                Some(PropertyEffect::Limit(Harmless::Value("ON"))),
            ),
            (
                "AWS::ElastiCache::ReplicationGroup",
                "AuthToken",
                Some(PropertyEffect::LimitIfAny),
            ),
            (
                "AWS::RDS::DBInstance",
                "PubliclyAccessible",
                grant(Harmless::Closed),
            ),
            ("AWS::Lambda::Function", "Role", Some(PropertyEffect::Role)),
            (
                "AWS::Lambda::Function",
                "Code/ZipFile",
                Some(PropertyEffect::Code),
            ),
            (
                "AWS::Lambda::Function",
                "Environment/Variables/ANY",
                Some(PropertyEffect::Code),
            ),
            (
                "AWS::KMS::Key",
                "KeyPolicy/Statement",
                grant(Harmless::Never),
            ),
            (
                "AWS::Lambda::Permission",
                "Principal",
                grant(Harmless::Never),
            ),
            (
                "AWS::CodePipeline::Pipeline",
                "Stages/Actions/RoleArn",
                Some(PropertyEffect::Role),
            ),
            ("AWS::EC2::Instance", "ImageId", Some(PropertyEffect::Code)),
            (
                "AWS::CloudWatch::Dashboard",
                "DashboardBody",
                Some(PropertyEffect::Inert),
            ),
            (
                "Community::S3::PublicAccessBlock",
                "BlockPublicAcls",
                grant(Harmless::On),
            ),
            (
                "Community::ServiceQuotas::IAM",
                "Roles",
                Some(PropertyEffect::Inert),
            ),
            ("AWS::S3::Bucket", "NoSuchProperty", None),
            ("AWS::S3::Bucket", "BucketName/Below", None),
            ("AWS::S3::NoSuchType", "Name", None),
        ]);
    }

    #[test]
    fn a_path_below_any_name_has_its_effect() {
        let grant = |harmless| Some(PropertyEffect::Grant(harmless));
        assert_effects(&[
            (
                "AWS::Serverless::Function",
                "Events/Nightly/Properties/Schedule",
                Some(PropertyEffect::Inert),
            ),
            (
                "AWS::Serverless::Function",
                "Events/Nightly/Properties/Auth/Authorizer",
                grant(Harmless::Never),
            ),
            (
                "AWS::Serverless::Function",
                "Events/Nightly/Type",
                grant(Harmless::Never),
            ),
            (
                "AWS::SQS::Queue",
                "RedriveAllowPolicy/redrivePermission",
                Some(PropertyEffect::Limit(Harmless::Value("denyAll"))),
            ),
            (
                "AWS::S3::Bucket",
                "ObjectLockConfiguration/Rule/DefaultRetention/Days",
                Some(PropertyEffect::Limit(Harmless::AtLeast)),
            ),
            (
                "AWS::EC2::Instance",
                "SecurityGroupIds",
                Some(PropertyEffect::Entry(Harmless::Group)),
            ),
        ]);
    }

    /// What `make.py` gives each of these paths is what people read of it.
    #[test]
    fn what_was_read_is_in_the_data() {
        let lines = include_str!("effects/read.txt").lines();
        let read = lines.filter(|line| !line.starts_with('#'));
        let cases: Vec<(&str, &str, Option<PropertyEffect<'static>>)> = read
            .map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                (words[0], words[1], Some(effect(words[2].trim_matches('-'))))
            })
            .collect();
        assert!(cases.len() >= 70);
        assert_effects(&cases);
    }

    #[test]
    fn every_type_can_be_read() {
        let effects = effects();
        assert_eq!(effects.types.len(), 1898 + COMMUNITY.lines().count());
        let mut names: Vec<&String> = effects.types.keys().collect();
        names.sort();
        for name in names {
            let tree = effects.resource_type(name).unwrap().tree;
            assert_eq!(
                tree.matches('(').count(),
                tree.matches(')').count(),
                "{name}"
            );
            for property in top(tree) {
                let found = effects.resource_type(name).unwrap();
                let is_known = found.at([property]).is_some() || found.has_parts([property]);
                assert!(is_known, "{name} {property}");
            }
        }
    }

    #[test]
    fn what_is_below_a_path_is_found() {
        let acl = effects().resource_type("AWS::WAFv2::WebACL").unwrap();
        let entry = |effect| matches!(effect, PropertyEffect::Entry(_));
        let limit = |effect| matches!(effect, PropertyEffect::Limit(_));
        assert!(acl.any_at(["DefaultAction", "Allow"], &entry));
        assert!(!acl.any_at(["DefaultAction", "Allow"], &limit));
        assert!(!acl.any_at(["DefaultAction", "Block"], &entry));
        assert!(acl.any_at(["DefaultAction", "Block"], &limit));
        assert!(acl.any_at(["DefaultAction"], &entry));
        assert!(!acl.any_at(["NoSuchProperty"], &|_| true));
    }

    /// The paths in `tree` that may let somebody do more.
    pub(super) fn granting_paths(tree: &str) -> Vec<GrantPath<'_>> {
        let mut found = Vec::new();
        for name in top(tree) {
            match child(tree, name).unwrap() {
                Child::Leaf(PropertyEffect::Grant(harmless))
                | Child::Open(PropertyEffect::Grant(harmless)) => {
                    found.push((vec![name], harmless));
                }
                Child::Leaf(_) | Child::Open(_) => {}
                Child::Tree(below) => {
                    for (path, harmless) in granting_paths(below) {
                        found.push(([vec![name], path].concat(), harmless));
                    }
                }
            }
        }
        found
    }

    /// The names at the top of a tree.
    fn top(tree: &str) -> Vec<&str> {
        let mut names = Vec::new();
        let mut rest = tree;
        while !rest.is_empty() {
            let (head, after) = rest.split_at(rest.find(['(', ',']).unwrap_or(rest.len()));
            let name = head.split(':').next().unwrap();
            let is_open = !after.starts_with('(');
            names.push(name.strip_suffix('*').filter(|_| is_open).unwrap_or(name));
            rest = match after.strip_prefix('(') {
                Some(inside) => inside.split_at(closing(inside).unwrap() + 1).1,
                None => after,
            };
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
        names
    }
}
