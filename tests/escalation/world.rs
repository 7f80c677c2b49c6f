//! What a generated file makes in each account, with every intrinsic function worked out for that
//! account: a file in, users, roles and policies out.
//!
//! It reads the text as CloudFormation and OrgFormation would, not as the tool made it: nothing
//! here comes from the tool but the numbers of the accounts. Resources that are bound otherwise
//! than by `!Ref` of accounts are the author's own, and passed over.

use std::collections::BTreeMap;
use std::path::Path;

use deploy_roles::aws::partitions::partition;
use serde_json::{Map, Value, json};

use crate::iam::{Caller, Context, Document, Named, Request, account, allow};

type Yaml = serde_yaml::Value;

/// A user or role.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) name: String,
    /// Where it works: the region of the stack that has it.
    pub(crate) region: String,
    pub(crate) arn: String,
    /// Inline and attached policies, by name.
    pub(crate) policies: Vec<(String, Document)>,
    /// Its permissions boundary.
    pub(crate) boundary: Option<String>,
    pub(crate) bounds: Option<Document>,
    /// Who may become it; none for a user.
    pub(crate) trust: Option<Document>,
}

/// A customer managed policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) document: Document,
    attached: bool,
}

/// One account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) region: String,
    pub(crate) entities: Vec<Entity>,
    pub(crate) policies: Vec<Policy>,
}

/// All accounts that a file makes something in.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) accounts: Vec<Account>,
    /// The stage of each account, as the file's comments tell it.
    pub(crate) stages: BTreeMap<String, String>,
}

impl Entity {
    /// Whether its policies and its boundary let it do this. Every request says which region is
    /// called, that of the resource or else its own, and which account a role or user is in.
    pub(crate) fn may(&self, request: &Request<'_>) -> bool {
        let policies = self.policies.iter().map(|(_, document)| document);
        let region = request.resource.split(':').nth(3);
        let region = region.filter(|region| !region.is_empty() && !region.contains('*'));
        let region = region.unwrap_or(&self.region);
        let mut context = request.context.clone().with("aws:RequestedRegion", region);
        // What IAM keeps is in the account that its ARN names.
        let mut fields = request.resource.split(':').skip(2);
        if fields.next() == Some("iam")
            && let Some(owner) = fields.nth(1)
        {
            context = context.with("aws:ResourceAccount", owner);
        }
        let request = Request {
            context: &context,
            ..request.clone()
        };
        allow(policies, self.bounds.as_ref(), &request)
    }

    /// Whether `caller`, of whose own policies nothing is held against it, becomes this role.
    pub(crate) fn lets_in(&self, caller: &Caller, action: &str, context: &Context) -> bool {
        self.trusts(caller, action, context).is_some()
    }

    fn trusts(&self, caller: &Caller, action: &str, context: &Context) -> Option<Named> {
        let request = Request {
            action,
            resource: &self.arn,
            context,
        };
        self.trust.as_ref()?.trusts(caller, &request)
    }

    /// Whether this user or role becomes `role`: the role must trust it, and its own policies
    /// must allow the call unless the role, of the same account, names it.
    pub(crate) fn becomes(&self, role: &Entity) -> bool {
        let context = Context::default()
            .with("aws:PrincipalArn", &self.arn)
            .with("aws:PrincipalAccount", account(&self.arn));
        let caller = Caller::Aws(self.arn.clone());
        let Some(named) = role.trusts(&caller, "sts:AssumeRole", &context) else {
            return false;
        };
        let request = Request {
            action: "sts:AssumeRole",
            resource: &role.arn,
            context: &context,
        };
        let at_home = account(&self.arn) == account(&role.arn);
        (named == Named::ByItself && at_home) || self.may(&request)
    }

    pub(crate) fn is_role(&self) -> bool {
        self.trust.is_some()
    }
}

impl World {
    /// What `text` makes; `numbers` are the accounts' ids by logical id, and `folder` is where
    /// included files are.
    pub(crate) fn read(text: &str, numbers: &BTreeMap<String, String>, folder: &Path) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let yaml: Yaml = serde_yaml::from_str(text).expect("a generated file is YAML");
        let template = Template {
            numbers,
            folder,
            resources: yaml.get("Resources").expect("there are resources"),
            bindings: yaml.get("OrganizationBindings"),
        };
        let mut accounts: Vec<Account> = Vec::new();
        let stage_of = stages(text);
        let mut stages = BTreeMap::new();
        for (logical_id, resource) in template.iam_resources() {
            for (number, region) in template.places(resource) {
                let known = accounts.iter().position(|one| one.id == number);
                let at = known.unwrap_or(accounts.len());
                if known.is_none() {
                    accounts.push(Account {
                        id: number.clone(),
                        region: region.clone(),
                        entities: Vec::new(),
                        policies: Vec::new(),
                    });
                }
                if let Some(stage) = stage_of.get(logical_id) {
                    stages.insert(number.clone(), stage.clone());
                }
                let scope = Scope {
                    template: &template,
                    account: &number,
                    region: &region,
                };
                scope.add(logical_id, resource, &mut accounts[at]);
            }
        }
        accounts.iter_mut().for_each(Account::attach);
        accounts.sort_by(|a, b| a.id.cmp(&b.id));
        World { accounts, stages }
    }

    /// The accounts of both, each with what either makes in it.
    pub(crate) fn and(mut self, other: World) -> World {
        for theirs in other.accounts {
            match self.accounts.iter_mut().find(|own| own.id == theirs.id) {
                Some(own) => {
                    own.entities.extend(theirs.entities);
                    own.policies.extend(theirs.policies);
                }
                None => self.accounts.push(theirs),
            }
        }
        self
    }

    pub(crate) fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.accounts.iter().flat_map(|account| &account.entities)
    }

    /// The ids of all apps that have a `DeployerRole`.
    pub(crate) fn apps(&self) -> Vec<String> {
        let mut apps: Vec<String> = self
            .entities()
            .filter_map(|entity| entity.name.strip_suffix("-DeployerRole"))
            .map(str::to_owned)
            .collect();
        apps.sort();
        apps.dedup();
        apps
    }

    /// Whether a name is made for `app`, and not for another that begins with it.
    pub(crate) fn is_of(&self, name: &str, app: &str) -> bool {
        let begins = |app: &String| name.starts_with(&format!("{app}-"));
        let owner = self.apps().into_iter().filter(begins);
        owner.max_by_key(String::len).is_some_and(|it| it == app)
    }
}

impl Account {
    /// Puts the documents of managed policies where their ARNs are.
    fn attach(&mut self) {
        for entity in &mut self.entities {
            for (arn, document) in &mut entity.policies {
                // No inline policy is named like an ARN.
                if arn.starts_with("arn:") {
                    let policy = self.policies.iter_mut().find(|policy| policy.arn == *arn);
                    let policy = policy.unwrap_or_else(|| panic!("{arn} is not in the file"));
                    policy.attached = true;
                    *arn = policy.name.clone();
                    *document = policy.document.clone();
                }
            }
            if let Some(boundary) = &entity.boundary {
                let policy = self.policies.iter().find(|policy| policy.arn == *boundary);
                entity.bounds = policy.map(|policy| policy.document.clone());
            }
        }
    }

    pub(crate) fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name == name)
    }

    pub(crate) fn partition(&self) -> &'static str {
        partition(&self.region)
    }

    /// What CloudFormation works as: the app's role, or, where a framework brings a role of its
    /// own and takes the app's policies, a role with all policies that nobody else has.
    pub(crate) fn execution(&self, app: &str, own: &dyn Fn(&str) -> bool) -> Entity {
        if let Some(role) = self.entity(&format!("{app}-CloudFormationExecutionRole")) {
            return role.clone();
        }
        let boundary = format!("{app}-AppBoundary");
        let policies: Vec<(String, Document)> = self
            .policies
            .iter()
            .filter(|policy| !policy.attached && policy.name != boundary && own(&policy.name))
            .map(|policy| (policy.name.clone(), policy.document.clone()))
            .collect();
        let name = format!("cdk-hnb659fds-cfn-exec-role-{}-{}", self.id, self.region);
        Entity {
            arn: format!("arn:{}:iam::{}:role/{name}", self.partition(), self.id),
            name,
            region: self.region.clone(),
            policies,
            boundary: None,
            bounds: None,
            trust: Some(Document::parse(&json!({
                "Statement": {
                    "Effect": "Allow",
                    "Principal": { "Service": "cloudformation.amazonaws.com" },
                    "Action": "sts:AssumeRole",
                },
            }))),
        }
    }
}

/// The stage of each resource, from the comment above its group: `# App (app): stage dev, ...`.
fn stages(text: &str) -> BTreeMap<String, String> {
    let mut stages = BTreeMap::new();
    let mut current = None;
    for line in text.lines().map(str::trim) {
        if let Some((_, group)) = line.strip_prefix("# ").and_then(|it| it.split_once("): ")) {
            let stage = group
                .strip_prefix("stage ")
                .and_then(|it| it.split_once(','));
            current = stage.map(|(stage, _)| stage.to_owned());
        } else if let (Some(name), Some(stage)) = (line.strip_suffix(':'), &current) {
            stages.insert(name.to_owned(), stage.clone());
        }
    }
    stages
}

struct Template<'a> {
    numbers: &'a BTreeMap<String, String>,
    folder: &'a Path,
    resources: &'a Yaml,
    bindings: Option<&'a Yaml>,
}

impl Template<'_> {
    fn iam_resources(&self) -> impl Iterator<Item = (&str, &Yaml)> {
        let resources = self.resources.as_mapping().into_iter().flatten();
        resources.filter_map(|(key, resource)| {
            let kind = resource.get("Type")?.as_str()?;
            kind.starts_with("AWS::IAM::")
                .then_some((key.as_str()?, resource))
        })
    }

    /// The accounts and regions that a resource is bound to by name.
    fn places(&self, resource: &Yaml) -> Vec<(String, String)> {
        let Some(binding) = resource.get("OrganizationBinding") else {
            return Vec::new();
        };
        let binding = match reference(binding) {
            Some(name) => self.bindings.and_then(|all| all.get(name)).unwrap(),
            None => binding,
        };
        let region = match binding.get("Region") {
            Some(Yaml::Sequence(regions)) => regions.first(),
            region => region,
        };
        let region = region.and_then(Yaml::as_str).unwrap_or("eu-west-1");
        let accounts: Vec<&Yaml> = match binding.get("Account") {
            Some(Yaml::Sequence(accounts)) => accounts.iter().collect(),
            Some(account) => vec![account],
            None => Vec::new(),
        };
        accounts
            .into_iter()
            .filter_map(reference)
            .map(|name| (self.number(name), region.to_owned()))
            .collect()
    }

    fn number(&self, name: &str) -> String {
        let number = self.numbers.get(name);
        number
            .unwrap_or_else(|| panic!("no account {name}"))
            .clone()
    }
}

/// The name in `!Ref Name`.
fn reference(yaml: &Yaml) -> Option<&str> {
    match function(yaml) {
        Some(("Ref", name)) => name.as_str(),
        _ => None,
    }
}

/// An intrinsic function and what it is given, in its short or its long form.
fn function(yaml: &Yaml) -> Option<(&str, &Yaml)> {
    match yaml {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let known = [
                "Ref",
                "Sub",
                "GetAtt",
                "Join",
                "Select",
                "Split",
                "ImportValue",
                "Include",
            ];
            let name = known.into_iter().find(|name| tag == format!("!{name}"));
            Some((
                name.unwrap_or_else(|| panic!("unknown tag {tag}")),
                &tagged.value,
            ))
        }
        Yaml::Mapping(entries) if entries.len() == 1 => {
            let (key, value) = entries.iter().next()?;
            match key.as_str()? {
                "Ref" => Some(("Ref", value)),
                key => Some((key.strip_prefix("Fn::")?, value)),
            }
        }
        _ => None,
    }
}

/// Where a value is worked out.
struct Scope<'a> {
    template: &'a Template<'a>,
    account: &'a str,
    region: &'a str,
}

impl Scope<'_> {
    /// Adds what a resource makes to its account.
    fn add(&self, logical_id: &str, resource: &Yaml, account: &mut Account) {
        let properties = self.value(&resource["Properties"]);
        let kind = resource["Type"].as_str().unwrap();
        match kind {
            "AWS::IAM::Role" | "AWS::IAM::User" => account.entities.push(Entity {
                name: self.name(logical_id, resource),
                region: account.region.clone(),
                arn: self.arn(logical_id, resource),
                policies: policies(&properties),
                boundary: properties["PermissionsBoundary"]
                    .as_str()
                    .map(str::to_owned),
                bounds: None,
                trust: (kind == "AWS::IAM::Role")
                    .then(|| Document::parse(&properties["AssumeRolePolicyDocument"])),
            }),
            "AWS::IAM::ManagedPolicy" => account.policies.push(Policy {
                name: self.name(logical_id, resource),
                arn: self.arn(logical_id, resource),
                document: Document::parse(&properties["PolicyDocument"]),
                attached: false,
            }),
            "AWS::IAM::OIDCProvider" => {}
            other => panic!("{logical_id}: the walk knows nothing of {other}"),
        }
    }

    fn value(&self, yaml: &Yaml) -> Value {
        if let Some((name, given)) = function(yaml) {
            return self.call(name, given);
        }
        match yaml {
            Yaml::Sequence(items) => {
                let mut values = Vec::new();
                for item in items {
                    match (function(item), self.value(item)) {
                        // A list that takes the place of one item.
                        (Some(("EnumTargetAccounts", _)), Value::Array(many)) => {
                            values.extend(many);
                        }
                        (_, value) => values.push(value),
                    }
                }
                Value::Array(values)
            }
            Yaml::Mapping(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| {
                        let key = match key {
                            Yaml::String(key) => key.clone(),
                            other => serde_json::to_value(other).unwrap().to_string(),
                        };
                        (key, self.value(value))
                    })
                    .collect::<Map<_, _>>(),
            ),
            plain => serde_json::to_value(plain).unwrap(),
        }
    }

    fn call(&self, name: &str, given: &Yaml) -> Value {
        match name {
            "Ref" => self.named(given.as_str().unwrap()).into(),
            "GetAtt" => {
                let path = match self.value(given) {
                    Value::Array(parts) => texts(&parts).join("."),
                    path => path.as_str().unwrap().to_owned(),
                };
                self.named(&path).into()
            }
            "Sub" => match given {
                Yaml::Sequence(parts) => {
                    let Value::Object(own) = self.value(&parts[1]) else {
                        panic!("!Sub without variables: {given:?}")
                    };
                    self.substituted(parts[0].as_str().unwrap(), &own).into()
                }
                text => self.substituted(text.as_str().unwrap(), &Map::new()).into(),
            },
            "Join" => {
                let parts = self.value(&given[1]);
                let between = given[0].as_str().unwrap();
                texts(parts.as_array().unwrap()).join(between).into()
            }
            "Split" => {
                let text = self.value(&given[1]);
                let parts = text.as_str().unwrap().split(given[0].as_str().unwrap());
                parts.map(Value::from).collect()
            }
            "Select" => {
                let list = self.value(&given[1]);
                let index = self.value(&given[0]).to_string();
                list[index.trim_matches('"').parse::<usize>().unwrap()].clone()
            }
            // What another stack exports is any text that nothing else equals.
            "ImportValue" => format!("exported {}", self.value(given)).into(),
            "Include" => {
                let path = self.template.folder.join(given.as_str().unwrap());
                let text = std::fs::read_to_string(path).unwrap();
                self.value(&serde_yaml::from_str(&text).unwrap())
            }
            "EnumTargetAccounts" => self.every_account(given),
            other => panic!("unknown function {other}"),
        }
    }

    /// `Fn::EnumTargetAccounts: [binding, text]` of OrgFormation, also with `!Ref`.
    fn every_account(&self, given: &Yaml) -> Value {
        let (binding, text) = match given {
            Yaml::Sequence(parts) => (&parts[0], parts[1].as_str().unwrap()),
            one => panic!("the walk knows no EnumTargetAccounts of {one:?}"),
        };
        let name = reference(binding).or(binding.as_str()).unwrap();
        let binding = self
            .template
            .bindings
            .and_then(|all| all.get(name))
            .unwrap();
        let mut holder = serde_yaml::Mapping::new();
        holder.insert("OrganizationBinding".into(), binding.clone());
        let places = self.template.places(&Yaml::Mapping(holder));
        places
            .into_iter()
            .map(|(number, _)| {
                let own = Map::from_iter([("account".to_owned(), Value::String(number))]);
                Value::String(self.substituted(text, &own))
            })
            .collect()
    }

    fn substituted(&self, text: &str, own: &Map<String, Value>) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let (name, after) = after.split_once('}').unwrap();
            match (name.strip_prefix('!'), own.get(name)) {
                (Some(literal), _) => {
                    result.push_str("${");
                    result.push_str(literal);
                    result.push('}');
                }
                (None, Some(value)) => result.push_str(value.as_str().unwrap()),
                (None, None) => result.push_str(&self.named(name)),
            }
            rest = after;
        }
        result + rest
    }

    /// What `!Ref` or, with a dot, `!GetAtt` of a name gives here.
    fn named(&self, name: &str) -> String {
        match name {
            "AWS::AccountId" => return self.account.to_owned(),
            "AWS::Region" => return self.region.to_owned(),
            "AWS::Partition" => return partition(self.region).to_owned(),
            "AWS::StackName" => return "stack-name".to_owned(),
            _ => {}
        }
        if let Some(number) = self.template.numbers.get(name) {
            return number.clone();
        }
        let (logical_id, attribute) = match name.split_once('.') {
            Some((logical_id, attribute)) => (logical_id, Some(attribute)),
            None => (name, None),
        };
        let resource = self.template.resources.get(logical_id);
        let resource = resource.unwrap_or_else(|| panic!("nothing is named {name}"));
        match (resource["Type"].as_str().unwrap(), attribute) {
            ("AWS::IAM::ManagedPolicy", None)
            | ("AWS::IAM::Role" | "AWS::IAM::User", Some("Arn")) => self.arn(logical_id, resource),
            ("AWS::IAM::Role" | "AWS::IAM::User", None) => self.name(logical_id, resource),
            ("AWS::IAM::OIDCProvider", None | Some("Arn")) => {
                let url = self.value(&resource["Properties"]["Url"]);
                let host = url
                    .as_str()
                    .unwrap()
                    .trim_start_matches("https://")
                    .to_owned();
                let partition = partition(self.region);
                format!("arn:{partition}:iam::{}:oidc-provider/{host}", self.account)
            }
            _ => format!("value of {name}"),
        }
    }

    fn name(&self, logical_id: &str, resource: &Yaml) -> String {
        let properties = &resource["Properties"];
        ["RoleName", "UserName", "ManagedPolicyName"]
            .into_iter()
            .find_map(|key| properties.get(key))
            .map_or(logical_id.to_owned(), |name| {
                self.value(name).as_str().unwrap().to_owned()
            })
    }

    /// The ARN of a user, role or managed policy, in the account that it is bound to.
    fn arn(&self, logical_id: &str, resource: &Yaml) -> String {
        let kind = match resource["Type"].as_str().unwrap() {
            "AWS::IAM::Role" => "role",
            "AWS::IAM::User" => "user",
            _ => "policy",
        };
        let places = self.template.places(resource);
        let here = places.iter().any(|(number, _)| number == self.account);
        let number = match places.first() {
            Some((number, _)) if !here => number.as_str(),
            _ => self.account,
        };
        let path = self.value(resource["Properties"].get("Path").unwrap_or(&"/".into()));
        format!(
            "arn:{}:iam::{number}:{kind}{}{}",
            partition(self.region),
            path.as_str().unwrap(),
            self.name(logical_id, resource)
        )
    }
}

/// Inline policies by name, and attached ones by ARN, whose documents follow.
fn policies(properties: &Value) -> Vec<(String, Document)> {
    let list = |key: &str| properties[key].as_array().cloned().unwrap_or_default();
    let inline = list("Policies").into_iter().map(|policy| {
        let name = policy["PolicyName"].as_str().unwrap().to_owned();
        (name, Document::parse(&policy["PolicyDocument"]))
    });
    let attached = list("ManagedPolicyArns").into_iter().map(|arn| {
        let document = Document {
            statements: Vec::new(),
        };
        (arn.as_str().unwrap().to_owned(), document)
    });
    inline.chain(attached).collect()
}

fn texts(values: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    values
        .iter()
        .map(|value| text(value).unwrap_or_else(|| value.to_string()))
        .collect()
}
