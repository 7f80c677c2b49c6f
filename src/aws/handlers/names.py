"""Which property of a resource type has its name, and whether a name may begin with a prefix and a dash."""

import re

# ARN variables that stand for a name although no property is called so.
BY_HAND = {
    "AWS::AutoScaling::AutoScalingGroup": ("GroupFriendlyName", "AutoScalingGroupName"),
    "AWS::CloudFormation::Stack": None,  # a nested stack has no property for its name
    "AWS::DMS::ReplicationSubnetGroup": ("GroupNameName", "ReplicationSubnetGroupIdentifier"),
    "AWS::DocDB::DBCluster": ("DbClusterInstanceName", "DBClusterIdentifier"),
    "AWS::DocDB::DBInstance": ("DbInstanceName", "DBInstanceIdentifier"),
    "AWS::DocDB::GlobalCluster": ("GlobalCluster", "GlobalClusterIdentifier"),
    "AWS::EC2::KeyPair": ("KeyPairName", "KeyName"),
    "AWS::ElastiCache::CacheCluster": ("CacheClusterId", "ClusterName"),
    "AWS::ECS::TaskDefinition": ("TaskDefinitionFamilyName", "Family"),
    "AWS::IAM::InstanceProfile": ("InstanceProfileNameWithPath", "InstanceProfileName"),
    "AWS::IAM::ManagedPolicy": ("PolicyNameWithPath", "ManagedPolicyName"),
    "AWS::IAM::Role": ("RoleNameWithPath", "RoleName"),
    "AWS::IAM::User": ("UserNameWithPath", "UserName"),
    "AWS::KMS::Alias": ("Alias", "AliasName"),
    "AWS::Neptune::DBCluster": ("DBClusterId", "DBClusterIdentifier"),
    "AWS::Neptune::DBInstance": ("DbInstanceName", "DBInstanceIdentifier"),
    "AWS::RDS::DBCluster": ("DbClusterInstanceName", "DBClusterIdentifier"),
    "AWS::RDS::DBInstance": ("DbInstanceName", "DBInstanceIdentifier"),
    "AWS::RDS::GlobalCluster": ("GlobalCluster", "GlobalClusterIdentifier"),
    "AWS::Redshift::Cluster": ("ClusterName", "ClusterIdentifier"),
    "AWS::Route53Resolver::ResolverConfig": None,  # its id is that of a VPC
    "AWS::SES::DedicatedIpPool": ("DedicatedIPPool", "PoolName"),
    "AWS::SSM::Parameter": ("ParameterNameWithoutLeadingSlash", "Name"),
    "AWS::SecretsManager::Secret": ("SecretId", "Name"),
}
# A domain name is not up to the app.
for domain in (
    "AWS::Amplify::Domain",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::DomainNameV2",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::AppSync::DomainName",
    "AWS::PinpointEmail::Identity",
    "AWS::Route53::RecordSet",
):
    BY_HAND[domain] = None
# Name variables that no type's ARN format has.
VARIABLES = {
    "cloudformation": {"StackName"},
    "codedeploy": {"ApplicationName", "DeploymentGroupName", "DeploymentConfigurationName"},
    "ecs": {"DaemonTaskDefinitionFamilyName", "TaskDefinitionFamilyName"},
    "glue": {"ConnectionName"},
    "iam": {"RoleNameWithPath", "PolicyNameWithPath", "UserNameWithPath", "InstanceProfileNameWithPath"},
    "lambda": {"LayerName"},
    "logs": {"LogGroupName"},
    "scheduler": {"ScheduleName"},
    "states": {"StateMachineName", "ActivityName"},
}
COMMON = {"Partition", "Region", "Account"}


def variables(arn):
    return [v for v in re.findall(r"\$\{([^}]*)\}", arn) if v not in COMMON]


def property_for(variable, short, writable):
    """The writable property that an ARN's variable spells: `QueueName` for `${QueueName}`, `Name` for `${RuleName}`."""
    lower = variable.lower()
    for name in writable:
        if name.lower() == lower and re.search(r"name|family|identifier$", lower):
            return name
    if not lower.endswith("name"):
        return None
    for name in ("Name", short + "Name"):
        if name in writable:
            return name
    return next((name for name in writable if name.endswith("Name") and name.lower() in lower), None)


def pair(type_name, known):
    """The name's ARN variable and property. The last variable is the resource; those before it are its parents."""
    if type_name in BY_HAND:
        return BY_HAND[type_name]
    short, writable = type_name.split("::")[-1], known["writable"]
    arn = known["arn"]
    if arn is None:
        own = [name for name in (short + "Name", "Name") if name in writable]
        return ("-", own[0]) if own else None
    found = variables(arn)
    for variable in found[-1:]:
        name = property_for(variable, short, writable)
        if name:
            return variable, name
    own = known["identifier"]
    if found and len(own) == 1 and own[0] in writable and found[-1].lower().endswith(own[0].lower()):
        return found[-1], own[0]
    return None


def patterns(schema, node):
    """The patterns that a property's text may have: all of one alternative must match."""
    if "$ref" in node:
        target = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return patterns(schema, target)
    alternatives = [p for key in ("anyOf", "oneOf") for item in node.get(key, []) for p in patterns(schema, item)]
    if alternatives:
        return alternatives
    return [node.get("pattern")]


def allows(schema, name, text):
    """Whether a property may have the value `text`. A pattern that Python cannot read allows everything."""
    for pattern in patterns(schema, schema["properties"][name]):
        try:
            if pattern is None or re.search(pattern.replace("\\p{L}", "a-zA-Z"), text):
                return True
        except re.error:
            return True
    return False


def name_of(type_name, known, schema):
    """(property, variable, flags), or None if AWS makes the name up."""
    found = pair(type_name, known)
    if not found:
        return None
    variable, name = found
    flags = ""
    # A pattern that matches neither is for something else, such as a path: it says nothing about dashes.
    if not any(allows(schema, name, text) for text in ("acme-orders", "alias/acme-orders")) and allows(
        schema, name, "acmeorders"
    ):
        flags += "d"
    if not any(allows(schema, name, text) for text in ("Acme-Orders", "AcmeOrders", "alias/AcmeOrders")):
        flags += "l"
    if name not in known["required"]:
        flags += "o"
    return name, variable, flags


def name_variables(service, types):
    """The variables in the ARNs of a service that stand for a name that a template can choose."""
    found = set(VARIABLES.get(service, ()))
    for known in types.values():
        if known["name"] and known["name"][1] != "-" and (known["arn"] or "::" + known["service"]).split(":")[2] == service:
            found.add(known["name"][1])
    return sorted(found)
