//! `TestRole`: the role of the post-deployment tests. Refuses unknown services.

use std::sync::Arc;

use serde_yaml::Value;

use crate::arguments::argument::{Argument, DefaultValue, Offered, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::arguments::policies::{self, UserPolicy};
use crate::arguments::rules::UNKNOWN_SERVICE;
use crate::arguments::services::{Choice, Menu, choices};
use crate::yaml::node::Node;

/// `TestRole`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "TestRole",
    kind: ValueKind::FlagOr(&ValueKind::Fields(KEYS)),
    default: DefaultValue::Words("no such role"),
    summary: "Whether there is a role for tests after a deployment, and what it can do.",
};

const SERVICES: Argument = Argument {
    name: "Services",
    kind: ValueKind::Choices(Offered::Tests),
    default: DefaultValue::Words("the services of the macro"),
    summary: "The services whose data the tests can read and write.",
};

const POLICIES: Argument = Argument {
    name: "Policies",
    kind: ValueKind::List(policies::LIST),
    default: DefaultValue::None,
    summary: "Further policies of the TestRole.",
};

const KEYS: &[&Argument] = &[&SERVICES, &POLICIES];

/// The role of the post-deployment tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestRole {
    /// The services whose data the tests use; `None` for those of the macro.
    pub services: Option<Vec<Choice>>,
    /// Further policies.
    pub policies: Vec<UserPolicy>,
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<TestRole> {
    let followed = decoder.reader.library.follow(node);
    if followed.tag.is_none() && followed.entries().is_some() {
        return from_mapping(decoder, node);
    }
    match decoder.reader.value(node)? {
        Value::Bool(true) => Some(TestRole::default()),
        Value::Bool(false) | Value::Null => None,
        _ => {
            decoder.reader.wrong_type(
                node,
                "`true` or a mapping",
                "write `TestRole: true`, or `TestRole: { Services: [...], Policies: [...] }`",
            );
            None
        }
    }
}

fn from_mapping(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<TestRole> {
    let mut role = TestRole::default();
    for field in decoder.reader.fields(node)? {
        if !decoder.check_field(&field, KEYS, "key of `TestRole`") {
            continue;
        }
        if field.key == SERVICES.name {
            let menu = Menu {
                offer: &decoder.catalog.tests,
                unknown: &UNKNOWN_SERVICE,
                what: "service of tests",
            };
            role.services = Some(choices(decoder, &field.value, menu));
        } else {
            role.policies = policies::decode(decoder, &field.value);
        }
    }
    Some(role)
}
