//! The paths of API Gateway.
//!
//! Its actions are HTTP methods, and its ARNs are the paths of its API. Neither says which
//! resource type calls what, and no path holds a name, except that of a domain.
//!
//! In: a resource type of API Gateway (versions 1 and 2). Out: the paths below which it is.
//! Refuses nothing: a type that is not known has none.

/// What the ARNs begin with: most hold no account.
const HEAD: &str = "arn:${AWS::Partition}:apigateway:${AWS::Region}::";
const HEAD_WITH_ACCOUNT: &str =
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:${AWS::AccountId}:";

/// The tags of all kinds of resources. Which of the two is checked depends on the version.
const TAGS: &[&str] = &["/tags/*", "/v2/tags/*"];

/// The patterns of a resource of the type `type_name`: its collection, where it is created, and
/// what is below; none if the type is not one of API Gateway.
pub(crate) fn patterns(type_name: &str) -> Option<Vec<String>> {
    let paths: &[&str] = match type_name.strip_prefix("AWS::ApiGateway")? {
        "::Account" => &["/account"],
        "::ApiKey" => &["/apikeys", "/apikeys/*"],
        "::BasePathMapping" | "::BasePathMappingV2" | "V2::ApiMapping" | "V2::RoutingRule" => {
            &["/domainnames/*"]
        }
        "::ClientCertificate" => &["/clientcertificates", "/clientcertificates/*"],
        "::DomainName" | "::DomainNameV2" | "V2::DomainName" => &["/domainnames", "/domainnames/*"],
        "::DomainNameAccessAssociation" => &[
            "/domainnameaccessassociations",
            "/domainnameaccessassociations/*",
        ],
        "::UsagePlan" | "::UsagePlanKey" => &["/usageplans", "/usageplans/*"],
        "::VpcLink" | "V2::VpcLink" => &["/vpclinks", "/vpclinks/*"],
        "V2::Portal" => &["/portals", "/portals/*"],
        "V2::PortalProduct" | "V2::ProductPage" | "V2::ProductRestEndpointPage" => {
            &["/portalproducts", "/portalproducts/*"]
        }
        rest if rest.starts_with("V2::") => &["/apis", "/apis/*"],
        rest if rest.starts_with("::") => &["/restapis", "/restapis/*"],
        _ => return None,
    };
    let mut found = under(HEAD, paths);
    // Private domain names, and who may use them.
    if matches!(
        type_name,
        "AWS::ApiGateway::DomainNameV2"
            | "AWS::ApiGateway::BasePathMappingV2"
            | "AWS::ApiGateway::DomainNameAccessAssociation"
    ) {
        found.extend(under(HEAD_WITH_ACCOUNT, paths));
    }
    Some(found)
}

/// The patterns of tags, if `action` is a method: tags are resources of their own.
pub(crate) fn tags(action: &str) -> Vec<String> {
    let method = action.strip_prefix("apigateway:").unwrap_or_default();
    match method {
        "GET" | "POST" | "PUT" | "DELETE" => under(HEAD, TAGS),
        _ => Vec::new(),
    }
}

fn under(head: &str, paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| format!("{head}{path}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_have_their_paths() {
        let of = |type_name: &str| patterns(type_name).unwrap_or_default().join(" ");
        let arn = |path: &str| format!("{HEAD}{path}");
        assert_eq!(
            of("AWS::ApiGateway::Method"),
            arn("/restapis") + " " + &arn("/restapis/*")
        );
        assert_eq!(
            of("AWS::ApiGatewayV2::Route"),
            arn("/apis") + " " + &arn("/apis/*")
        );
        assert_eq!(of("AWS::ApiGatewayV2::ApiMapping"), arn("/domainnames/*"));
        assert_eq!(of("AWS::ApiGateway::Account"), arn("/account"));
        assert_eq!(patterns("AWS::AppSync::GraphQLApi"), None);
        assert_eq!(patterns("AWS::ApiGatewayManagementApi::Nothing"), None);
    }
}
