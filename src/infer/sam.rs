//! SAM's resource types as the CloudFormation types that they become, by table.
//!
//! In: the resources of one template, and its `Globals`. Out: the same with each `AWS::Serverless`
//! type replaced by what the transform would write, as far as permissions and names depend on it:
//! the types are the transform's, and properties keep CloudFormation's names; the content of
//! policies and API definitions is only hinted at. Refuses nothing: what the transform would refuse,
//! is replaced as well as it can be.
//!
//! Source of each fact: aws-sam-translator 1.115. `tests/oracle/sam.py` compares with it.

mod api;
mod connector;
mod domain;
mod event;
mod function;
mod globals;
mod graphql;
mod http_api;
mod invocation;
mod lambda;
mod output;
mod role;
mod source;
mod state_machine;
mod websocket;

use serde_json::Value as Json;

use crate::infer::model::AppResource;
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::source::{PREFIX, SamSource};

/// `resources` without SAM's types. `globals` is the section `Globals` of their template.
pub fn expanded(resources: Vec<AppResource>, globals: Option<&Json>) -> Vec<AppResource> {
    let is_sam = |resource: &AppResource| {
        resource.type_name.starts_with(PREFIX) || resource.attributes.contains_key("Connectors")
    };
    if !resources.iter().any(is_sam) {
        return resources;
    }
    let mut output = SamOutput::default();
    for resource in &resources {
        let Some(kind) = resource.type_name.strip_prefix(PREFIX) else {
            output.keep(resource);
            continue;
        };
        let source = SamSource::new(resource, globals::merged(resource, kind, globals));
        match replacement(kind) {
            Some(replace) => replace(&source, &mut output),
            None => output.keep(resource),
        }
    }
    api::implicit(&resources, globals, &mut output);
    http_api::implicit(&resources, globals, &mut output);
    connector::connect(&resources, &mut output);
    output.finish()
}

/// Whether `type_name` is one of SAM that is not known here.
pub fn is_unknown(type_name: &str) -> bool {
    type_name
        .strip_prefix(PREFIX)
        .is_some_and(|kind| replacement(kind).is_none())
}

/// Adds what a resource becomes.
type Replacement = fn(&SamSource<'_>, &mut SamOutput);

/// What replaces a type of SAM.
fn replacement(kind: &str) -> Option<Replacement> {
    Some(match kind {
        "Function" => function::replace,
        "Api" => api::replace,
        "HttpApi" => http_api::replace,
        "WebSocketApi" => websocket::replace,
        "StateMachine" => state_machine::replace,
        "GraphQLApi" => graphql::replace,
        "SimpleTable" => lambda::simple_table,
        "LayerVersion" => lambda::layer,
        "Application" => lambda::application,
        "CapacityProvider" => lambda::capacity_provider,
        "NetworkConnector" => lambda::network_connector,
        "MicrovmImage" => lambda::microvm_image,
        "WebFunction" => lambda::web_function,
        // Read when all resources that it may connect are known.
        "Connector" => |_, _| {},
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
