//! Which service a scalable target scales.
//!
//! In: a resource of Application Auto Scaling. Out: the service whose resources it scales, since
//! the same actions scale resources of many services. Refuses nothing: what is not written as text
//! is not known.

use serde_json::Value as Json;

use crate::infer::model::{AppResource, AppTemplates};

/// The service of no partial: the target is not known.
const UNKNOWN: &str = "";

/// The IAM prefix of the service that `resource` scales, if it is of Application Auto Scaling. It is
/// empty if the template does not say which service that is.
pub fn scaled_service<'a>(app: &'a AppTemplates, resource: &'a AppResource) -> Option<&'a str> {
    if !resource
        .type_name
        .starts_with("AWS::ApplicationAutoScaling::")
    {
        return None;
    }
    let target = resource.properties.get("ScalingTargetId");
    let target = target.and_then(|id| id.get("Ref")).and_then(Json::as_str);
    let target = target.and_then(|id| app.resources.iter().find(|one| one.id == id));
    let namespace = namespace(resource).or_else(|| namespace(target?));
    Some(namespace.unwrap_or(UNKNOWN))
}

/// The namespace of a target or policy, as the prefix of the service's actions.
fn namespace(resource: &AppResource) -> Option<&str> {
    let text = |key: &str| resource.properties.get(key).and_then(Json::as_str);
    if let Some(namespace) = text("ServiceNamespace") {
        return Some(namespace);
    }
    // https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    let dimension = text("ScalableDimension")?;
    dimension.split_once(':').map(|(namespace, _)| namespace)
}
