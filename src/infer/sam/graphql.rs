//! `AWS::Serverless::GraphQLApi`.
//!
//! In: an API. Out: the API and its schema, keys, cache, domain, data sources with their roles and
//! policies, functions, and resolvers. Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::sam::connector::MANAGED_POLICY;
use crate::infer::sam::invocation::{PERMISSION, permission_for};
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::role::{ROLE, SamRole};
use crate::infer::sam::source::{SamSource, attribute, field, reference, text};

/// Adds what an API becomes.
pub(super) fn replace(source: &SamSource<'_>, output: &mut SamOutput) {
    let id = &source.resource.id;
    let words = source.words();
    let mut api = source.passed(&[
        "Name",
        "XrayEnabled",
        "Visibility",
        "OwnerContact",
        "IntrospectionConfig",
        "QueryDepthLimit",
        "ResolverCountLimit",
    ]);
    api.entry("Name").or_insert_with(|| json!(id));
    api.insert(
        "Tags".to_owned(),
        source.tag_list(&[("graphqlapi:createdBy", "SAM")]),
    );
    api.extend(auth(source));
    let log_role = logging(source, &mut api);
    output.main(source, "AWS::AppSync::GraphQLApi", api);
    let mut schema = Map::from_iter([("ApiId".to_owned(), attribute(id, "ApiId"))]);
    for (from, to) in [
        ("SchemaInline", "Definition"),
        ("SchemaUri", "DefinitionS3Location"),
    ] {
        schema.extend(source.get(from).map(|value| (to.to_owned(), value.clone())));
    }
    output.more(
        source,
        &words,
        "AWS::AppSync::GraphQLSchema",
        Json::Object(schema),
    );
    for function in authorizers(source) {
        let permission = permission_for(function.clone(), "appsync.amazonaws.com", "SourceArn");
        output.more(source, "the property Auth", PERMISSION, permission);
    }
    if log_role {
        let role = SamRole::of("appsync.amazonaws.com")
            .attach("service-role/AWSAppSyncPushToCloudWatchLogs");
        output.more(source, "the property Logging", ROLE, bare(source, role));
    }
    keys_cache_and_domain(source, output);
    data_sources(source, output);
    functions_and_resolvers(source, output);
}

/// A role without path and boundary.
fn bare(source: &SamSource<'_>, role: SamRole) -> Json {
    role.properties(source, Json::Null)
}

/// How callers are known.
fn auth(source: &SamSource<'_>) -> Map<String, Json> {
    const CONFIGS: &[(&str, &str)] = &[
        ("LambdaAuthorizer", "LambdaAuthorizerConfig"),
        ("OpenIDConnect", "OpenIDConnectConfig"),
        ("UserPool", "UserPoolConfig"),
    ];
    let mut found = Map::new();
    let Some(auth) = source.get("Auth") else {
        return found;
    };
    found.extend(
        auth.get("Type")
            .map(|kind| ("AuthenticationType".to_owned(), kind.clone())),
    );
    for (from, to) in CONFIGS {
        found.extend(
            auth.get(*from)
                .map(|config| ((*to).to_owned(), config.clone())),
        );
    }
    let more = field(auth, "Additional").cloned();
    found.extend(more.map(|more| ("AdditionalAuthenticationProviders".to_owned(), more)));
    found
}

/// The functions that authorize calls.
fn authorizers<'a>(source: &'a SamSource<'_>) -> impl Iterator<Item = &'a Json> {
    let auth = source.get("Auth");
    let more = auth
        .and_then(|auth| auth.get("Additional"))
        .and_then(Json::as_array);
    auth.into_iter()
        .chain(more.into_iter().flatten())
        .filter_map(|auth| {
            let is_lambda = text(auth, "Type") == Some("AWS_LAMBDA");
            let config = auth.get("LambdaAuthorizer").filter(|_| is_lambda)?;
            field(config, "AuthorizerUri")
        })
}

/// Sets how the API logs. Returns whether SAM creates the role for that.
fn logging(source: &SamSource<'_>, api: &mut Map<String, Json>) -> bool {
    let logging = source.get("Logging");
    if logging == Some(&Json::Bool(false)) {
        return false;
    }
    let given = logging.and_then(|logging| field(logging, "CloudWatchLogsRoleArn"));
    let own = attribute(&format!("{}CloudWatchRole", source.resource.id), "Arn");
    let level = logging
        .and_then(|logging| field(logging, "FieldLogLevel"))
        .cloned();
    let config = json!({
        "FieldLogLevel": level.unwrap_or_else(|| json!("ALL")),
        "CloudWatchLogsRoleArn": given.unwrap_or(&own),
    });
    api.insert("LogConfig".to_owned(), config);
    given.is_none()
}

/// The fields of a mapping.
fn fields(value: Option<&Json>) -> impl Iterator<Item = (&String, &Json)> {
    value.and_then(Json::as_object).into_iter().flatten()
}

fn keys_cache_and_domain(source: &SamSource<'_>, output: &mut SamOutput) {
    let api = attribute(&source.resource.id, "ApiId");
    for (name, key) in fields(source.get("ApiKeys")) {
        let properties =
            json!({"ApiId": api, "ApiKeyId": key.get("ApiKeyId"), "Expires": key.get("ExpiresOn")});
        output.more(
            source,
            &format!("the key {name}"),
            "AWS::AppSync::ApiKey",
            properties,
        );
    }
    if let Some(cache) = source.set("Cache") {
        let mut properties = cache.as_object().cloned().unwrap_or_default();
        properties.insert("ApiId".to_owned(), api.clone());
        output.more(
            source,
            "the property Cache",
            "AWS::AppSync::ApiCache",
            Json::Object(properties),
        );
    }
    if let Some(domain) = source.set("DomainName") {
        const DOMAIN: &str = "the property DomainName";
        output.more(source, DOMAIN, "AWS::AppSync::DomainName", domain.clone());
        let association = json!({"ApiId": api, "DomainName": domain.get("DomainName")});
        output.more(
            source,
            DOMAIN,
            "AWS::AppSync::DomainNameApiAssociation",
            association,
        );
    }
}

fn data_sources(source: &SamSource<'_>, output: &mut SamOutput) {
    let sources = source.get("DataSources");
    for (kind, type_name, config) in [
        ("DynamoDb", "AMAZON_DYNAMODB", "DynamoDBConfig"),
        ("Lambda", "AWS_LAMBDA", "LambdaConfig"),
    ] {
        for (name, data) in fields(sources.and_then(|sources| sources.get(kind))) {
            let made_by = format!("the data source {name}");
            let role = field(data, "ServiceRoleArn");
            let role_id = format!("{}{name}DataSourceRole", source.resource.id);
            let own = attribute(&role_id, "Arn");
            let properties = json!({
                "ApiId": attribute(&source.resource.id, "ApiId"),
                "Name": field(data, "Name").cloned().unwrap_or_else(|| json!(name)),
                "Type": type_name,
                config: {"TableName": data.get("TableName"), "LambdaFunctionArn": data.get("FunctionArn")},
                "ServiceRoleArn": role.unwrap_or(&own),
            });
            output.more(source, &made_by, "AWS::AppSync::DataSource", properties);
            if role.is_none() {
                output.more(
                    source,
                    &made_by,
                    ROLE,
                    bare(source, SamRole::of("appsync.amazonaws.com")),
                );
                let policy =
                    json!({"PolicyDocument": {"Statement": []}, "Roles": [reference(&role_id)]});
                output.more(source, &made_by, MANAGED_POLICY, policy);
            }
        }
    }
}

fn functions_and_resolvers(source: &SamSource<'_>, output: &mut SamOutput) {
    let api = attribute(&source.resource.id, "ApiId");
    let code = |value: &Json| {
        json!({
            "ApiId": api,
            "Code": value.get("InlineCode"),
            "CodeS3Location": value.get("CodeUri"),
            "Runtime": value.get("Runtime"),
        })
    };
    let mut has_none = false;
    for (name, function) in fields(source.get("Functions")) {
        if field(function, "Id").is_some() {
            continue;
        }
        has_none |=
            text(function, "DataSource").is_some_and(|name| name.eq_ignore_ascii_case("none"));
        let mut properties = code(function);
        if let Some(fields) = properties.as_object_mut() {
            let name = field(function, "Name")
                .cloned()
                .unwrap_or_else(|| json!(name));
            fields.insert("Name".to_owned(), name);
        }
        let made_by = format!("the function {name}");
        output.more(
            source,
            &made_by,
            "AWS::AppSync::FunctionConfiguration",
            properties,
        );
    }
    for (type_name, resolvers) in fields(source.get("Resolvers")) {
        for (name, resolver) in fields(Some(resolvers)) {
            let mut properties = code(resolver);
            if let Some(fields) = properties.as_object_mut() {
                fields.insert("TypeName".to_owned(), json!(type_name));
                let name = field(resolver, "FieldName")
                    .cloned()
                    .unwrap_or_else(|| json!(name));
                fields.insert("FieldName".to_owned(), name);
            }
            let made_by = format!("the resolver {type_name}.{name}");
            output.more(source, &made_by, "AWS::AppSync::Resolver", properties);
        }
    }
    if has_none {
        let properties = json!({
            "ApiId": api,
            "Name": format!("{}NoneDataSource", source.resource.id),
            "Type": "NONE",
        });
        output.more(
            source,
            "the property Functions",
            "AWS::AppSync::DataSource",
            properties,
        );
    }
}
