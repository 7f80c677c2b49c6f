//! The tags that OrgFormation knows. Plain data: it refuses nothing.

use crate::yaml::lookup::INCLUDE;

/// A tag of YAML, with what can follow it.
#[derive(Clone, Copy, Debug)]
pub struct KnownTag {
    /// The tag.
    pub name: &'static str,
    /// The kinds of values that mean something there: `scalar`, `sequence`, `mapping`.
    pub kinds: &'static [&'static str],
}

/// The tags that OrgFormation registers (`src/yaml-cfn/index.ts`). It registers each for every
/// kind; which of them a function takes is in the documentation of CloudFormation.
pub const TAGS: &[KnownTag] = &[
    known("!Base64", &["scalar", "mapping"]),
    known("!Cidr", &["sequence"]),
    known("!FindInMap", &["sequence"]),
    known("!GetAtt", &["scalar", "sequence"]),
    known("!GetAZs", &["scalar", "mapping"]),
    known("!ImportValue", &["scalar", "mapping"]),
    known("!Join", &["sequence"]),
    known("!Select", &["sequence"]),
    known("!Split", &["sequence"]),
    known("!Sub", &["scalar", "sequence"]),
    known("!Transform", &["mapping"]),
    known("!Ref", &["scalar"]),
    known("!Condition", &["scalar"]),
    known("!And", &["sequence"]),
    known("!Equals", &["sequence"]),
    known("!If", &["sequence"]),
    known("!Not", &["sequence"]),
    known("!Or", &["sequence"]),
    known("!CopyValue", &["scalar", "sequence"]),
    known("!ReadFile", &["scalar", "mapping"]),
    known("!Cmd", &["scalar", "mapping"]),
    known("!MD5", &["scalar", "mapping", "sequence"]),
    known("!MD5Dir", &["scalar", "mapping"]),
    known("!MD5File", &["scalar", "mapping"]),
    known("!JsonString", &["scalar", "mapping", "sequence"]),
    known(INCLUDE, &["scalar"]),
    known("!ToJsonString", &["mapping", "sequence"]),
    known("!Length", &["sequence", "mapping"]),
];

const fn known(name: &'static str, kinds: &'static [&'static str]) -> KnownTag {
    KnownTag { name, kinds }
}
