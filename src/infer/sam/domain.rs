//! The custom domains of APIs.
//!
//! In: the property `Domain` of an API. Out: the domain name, what maps it to the API, and records of
//! DNS, which all APIs of a hosted zone share. Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::sam::output::SamOutput;
use crate::infer::sam::source::{SamSource, field, is_set, passed, reference, text};

/// What asks for a domain.
const DOMAIN: &str = "the property Domain";

/// Adds the domain of a REST API.
pub(super) fn rest(source: &SamSource<'_>, output: &mut SamOutput) {
    let Some(domain) = domain_of(source) else {
        return;
    };
    let is_private = text(domain_value(source), "EndpointConfiguration") == Some("PRIVATE");
    let names: [&str; 2] = if is_private {
        [
            "AWS::ApiGateway::DomainNameV2",
            "AWS::ApiGateway::BasePathMappingV2",
        ]
    } else {
        [
            "AWS::ApiGateway::DomainName",
            "AWS::ApiGateway::BasePathMapping",
        ]
    };
    let [domain_type, mapping_type] = names;
    let properties = rest_domain(domain);
    output.more(source, DOMAIN, domain_type, Json::Object(properties));
    for path in base_paths(domain) {
        let name = if is_private {
            "DomainNameArn"
        } else {
            "DomainName"
        };
        let mapping = json!({
            name: domain.get("DomainName"),
            "RestApiId": reference(&source.resource.id),
            "BasePath": path,
        });
        output.more(source, DOMAIN, mapping_type, mapping);
    }
    if let Some(association) = domain.get("AccessAssociation").filter(|_| is_private) {
        let association = json!({
            "DomainNameArn": domain.get("DomainName"),
            "AccessAssociationSource": association.get("VpcEndpointId"),
            "AccessAssociationSourceType": "VPCE",
        });
        output.more(
            source,
            DOMAIN,
            "AWS::ApiGateway::DomainNameAccessAssociation",
            association,
        );
    }
    records(source, domain, output);
}

/// The properties of the domain of a REST API.
fn rest_domain(domain: &Map<String, Json>) -> Map<String, Json> {
    let mut properties = passed(
        domain,
        &[
            "DomainName",
            "SecurityPolicy",
            "EndpointAccessMode",
            "Policy",
            "MutualTlsAuthentication",
            "OwnershipVerificationCertificateArn",
        ],
    );
    let endpoint = domain
        .get("EndpointConfiguration")
        .filter(|kind| !kind.is_null());
    let regional = endpoint.is_none_or(|kind| kind == "REGIONAL");
    let certificate = if regional {
        "RegionalCertificateArn"
    } else {
        "CertificateArn"
    };
    properties.extend(
        domain
            .get("CertificateArn")
            .map(|arn| (certificate.to_owned(), arn.clone())),
    );
    let kind = endpoint.cloned().unwrap_or_else(|| json!("REGIONAL"));
    properties.insert("EndpointConfiguration".to_owned(), json!({"Types": [kind]}));
    properties
}

/// Adds the domain of an HTTP or WebSocket API.
pub(super) fn v2(source: &SamSource<'_>, output: &mut SamOutput) {
    let Some(domain) = domain_of(source) else {
        return;
    };
    let config = passed(
        domain,
        &[
            "CertificateArn",
            "SecurityPolicy",
            "OwnershipVerificationCertificateArn",
        ],
    );
    let mut properties = passed(domain, &["DomainName", "MutualTlsAuthentication"]);
    properties.insert("DomainNameConfigurations".to_owned(), json!([config]));
    properties.insert("Tags".to_owned(), json!({"httpapi:createdBy": "SAM"}));
    output.more(
        source,
        DOMAIN,
        "AWS::ApiGatewayV2::DomainName",
        Json::Object(properties),
    );
    for path in base_paths(domain) {
        let mapping = json!({
            "DomainName": domain.get("DomainName"),
            "ApiId": reference(&source.resource.id),
            "ApiMappingKey": path,
        });
        output.more(source, DOMAIN, "AWS::ApiGatewayV2::ApiMapping", mapping);
    }
    records(source, domain, output);
}

fn domain_value<'a>(source: &'a SamSource<'_>) -> &'a Json {
    source.get("Domain").unwrap_or(&Json::Null)
}

fn domain_of<'a>(source: &'a SamSource<'_>) -> Option<&'a Map<String, Json>> {
    source.get("Domain")?.as_object()
}

/// The paths below the domain; one that is null if there are none.
fn base_paths(domain: &Map<String, Json>) -> Vec<Json> {
    match domain.get("BasePath").filter(|path| is_set(path)) {
        Some(Json::Array(paths)) => paths.clone(),
        Some(path @ Json::String(_)) => vec![path.clone()],
        _ => vec![Json::Null],
    }
}

fn records(source: &SamSource<'_>, domain: &Map<String, Json>, output: &mut SamOutput) {
    let Some(route53) = domain.get("Route53").filter(|zone| zone.is_object()) else {
        return;
    };
    let zone = field(route53, "HostedZoneId").or(field(route53, "HostedZoneName"));
    let is_separate = field(route53, "SeparateRecordSetGroup").is_some();
    let key = format!("records of {}", zone.unwrap_or(&Json::Null));
    if !is_separate && !output.is_first(&key) {
        return;
    }
    let record = |kind: &str| {
        json!({
            "Name": domain.get("DomainName"),
            "Type": kind,
            "AliasTarget": {},
            "Region": route53.get("Region"),
            "SetIdentifier": route53.get("SetIdentifier"),
        })
    };
    let mut sets = vec![record("A")];
    if route53.get("IpV6") == Some(&Json::Bool(true)) {
        sets.push(record("AAAA"));
    }
    let group = json!({
        "HostedZoneId": route53.get("HostedZoneId"),
        "HostedZoneName": route53.get("HostedZoneName"),
        "RecordSets": sets,
    });
    output.more(source, DOMAIN, "AWS::Route53::RecordSetGroup", group);
}
