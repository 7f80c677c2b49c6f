//! What assigns permission sets of IAM Identity Center, and what an assignment says.
//!
//! In: nothing. Out: the types and their properties, and [`Assignment`]. Refuses nothing.

use std::collections::BTreeMap;

/// The type of a permission set.
pub(super) const SET: &str = "AWS::SSO::PermissionSet";

/// The type of one assignment.
pub(super) const ASSIGNMENT: &str = "AWS::SSO::Assignment";

/// Types that assign several permission sets in several accounts.
pub(super) const GROUPS: [&str; 2] = [
    "Community::SSO::AssignmentGroup",
    "Community::SSO::PrincipalAssignments",
];

/// The properties of these types that are decided. Where a session starts and how long it lasts gives
/// nobody access.
pub(super) fn decided(kind: &str) -> &'static [&'static str] {
    match kind {
        SET => &[
            "CustomerManagedPolicyReferences",
            "Description",
            INSTANCE,
            "InlinePolicy",
            "ManagedPolicies",
            "Name",
            "PermissionsBoundary",
            "RelayStateType",
            "SessionDuration",
        ],
        ASSIGNMENT => &[
            INSTANCE,
            "PermissionSetArn",
            "PrincipalId",
            "PrincipalType",
            "TargetId",
            "TargetType",
        ],
        kind if GROUPS.contains(&kind) => &[
            INSTANCE,
            "PermissionSets",
            "PrincipalId",
            "PrincipalType",
            "Targets",
        ],
        _ => &[],
    }
}

/// The property that says which IAM Identity Center this is. An organization has one; if it is
/// replaced, the same ids may be those of others.
pub(super) const INSTANCE: &str = "InstanceArn";

/// Whether this property of this type names permission sets.
pub(super) fn names_sets(kind: &str, property: Option<&&str>) -> bool {
    let is_assignment = kind == ASSIGNMENT || GROUPS.contains(&kind);
    let names = ["PermissionSetArn", "PermissionSets"];
    is_assignment && property.is_some_and(|property| names.contains(property))
}

/// What an assignment names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AssignedPart {
    /// Its name, or how it is written.
    pub(super) text: String,
    pub(super) knowledge: PartKnowledge,
}

/// What is known of what an assignment names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum PartKnowledge {
    /// It is a resource of the file.
    OfFile,
    /// It is what the text says.
    Known,
    /// It is not resolved.
    NotKnown,
    /// It is not there, although an assignment must name it.
    Missing,
}

impl AssignedPart {
    /// What is not there, although an assignment must name it.
    pub(super) fn missing(what: &str) -> Self {
        Self {
            text: format!("no {what}"),
            knowledge: PartKnowledge::Missing,
        }
    }

    /// Whether both may be the same.
    fn may_be(&self, other: &Self) -> bool {
        // The ARN of a permission set of the file is not known before it is created.
        self == other
            || self.knowledge == PartKnowledge::NotKnown
            || self.knowledge != other.knowledge
    }

    /// How it is written, if it is not known or may be another one's name.
    fn open(&self) -> Option<&str> {
        (self.knowledge == PartKnowledge::NotKnown).then_some(self.text.as_str())
    }
}

/// That somebody may assume a permission set in an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Assignment {
    /// The permission set: its name, or its ARN.
    pub(super) set: AssignedPart,
    /// The logical id of the account, its account id, or how it is written.
    pub(super) account: AssignedPart,
    /// `group` or `user`, and the id.
    pub(super) who: AssignedPart,
}

impl Assignment {
    /// Whether both may be the same.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        self.set.may_be(&other.set)
            && self.account.may_be(&other.account)
            && self.who.may_be(&other.who)
    }

    /// What an assignment must name and this one does not.
    pub(super) fn unnamed(&self) -> Option<&str> {
        let mut parts = self.parts().into_iter();
        let missing = parts.find(|part| part.knowledge == PartKnowledge::Missing);
        missing.map(|part| part.text.as_str())
    }

    /// Why it is not known whether it is `other`, which it may be.
    pub(super) fn doubt(&self, other: &Self) -> String {
        if let Some(missing) = other.unnamed() {
            return format!("another assignment names {missing}");
        }
        let (own, others) = (self.parts().map(AssignedPart::open), other.parts());
        let open = own.into_iter().chain(others.map(AssignedPart::open));
        match open.flatten().next() {
            Some(open) => format!("what `{open}` resolves to is not known"),
            None => format!(
                "whether `{}` and `{}` are the same permission set is not known",
                other.set.text, self.set.text
            ),
        }
    }

    fn parts(&self) -> [&AssignedPart; 3] {
        [&self.who, &self.set, &self.account]
    }
}

/// What an assignment depends on that is not known, and what writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AssignmentSource {
    /// The condition of the resource, or a binding that is not resolved.
    pub(super) condition: Option<String>,
    /// The logical id.
    pub(super) id: String,
}

/// The assignments of a file, each with what writes it.
pub(super) type Assignments = BTreeMap<Assignment, Vec<AssignmentSource>>;
