//! The roles and users of a template, with all that applies to them.
//!
//! In: the resources and their documents. Out: [`WrittenIdentity`]s with their permissions. Refuses
//! nothing: of a principal that also has a policy whose text is not known, that is known.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::aws::managed::managed_policies;
use crate::iam::document::DocumentKind;
use crate::iam::permissions::Permissions;
use crate::iam::statement::{Effect, Statement};
use crate::lint::policies::document::{DocumentReader, WrittenDocument};
use crate::lint::policies::engine::{DocumentHome, PolicyEngine};
use crate::lint::policies::resources::{WrittenResource, is_policy};
use crate::template::read::rendered;
use crate::template::resolve::{OWN, Reading, Values};
use crate::template::symbol::{Symbol, literal_text};
use crate::template::value::Data;
use crate::yaml::lookup::Library;

/// A role, a user, or a permission set; a group or a managed policy that none of them has.
#[derive(Clone)]
pub(in crate::lint) struct WrittenIdentity {
    /// The place of its resource.
    pub(in crate::lint) resource: usize,
    /// Its ARN.
    pub(in crate::lint) arn: Vec<Symbol>,
    /// Its policies and its boundary.
    pub(in crate::lint) permissions: Permissions,
    /// Whether it is one of the resources of the template.
    pub(in crate::lint) is_in_template: bool,
    /// The places of its groups.
    pub(in crate::lint) groups: Vec<usize>,
    /// The places of the managed policies of the template that it has.
    pub(in crate::lint) attached: BTreeSet<usize>,
    /// The ARNs of the policies of AWS that it has.
    pub(in crate::lint) aws: BTreeSet<String>,
    /// The place of its boundary, if it is a policy of the template.
    pub(in crate::lint) boundary: Option<usize>,
    /// Whether the text of each of its policies, and of its boundary, is known.
    pub(in crate::lint) is_known: bool,
    /// Who may assume it: the texts of `Principal`, each with its kind.
    pub(in crate::lint) services: BTreeSet<String>,
}

/// A policy that a principal has.
enum AttachedPolicy {
    /// One of the template, by its place.
    Own(usize),
    /// One of AWS's.
    Aws(String),
    /// One whose text is not known.
    Unknown,
}

/// The parts of a template that say what applies to its principals.
#[derive(Clone, Copy)]
pub(super) struct TemplateParts<'run> {
    pub(super) engine: &'run PolicyEngine,
    pub(super) library: &'run Library,
    pub(super) resources: &'run [WrittenResource],
    pub(super) documents: &'run [WrittenDocument],
    /// The ARNs of the resources.
    pub(super) arns: &'run [Vec<Symbol>],
    /// The defaults of parameters, as `Fn::Sub` would write them.
    pub(super) defaults: &'run Values,
}

/// The principals among the resources of `parts`, and their managed policies by their places.
pub(super) fn principals(
    parts: &TemplateParts<'_>,
    values: &Rc<Values>,
) -> (Vec<WrittenIdentity>, BTreeMap<usize, WrittenIdentity>) {
    let index = NameIndex::of(parts, values);
    let defaults = values.iter().chain(parts.defaults);
    let defaults = defaults.map(|(name, text)| (name.clone(), text.clone()));
    let defaults = Rc::new(defaults.collect());
    let of_kinds = |kinds: &'static [&'static str]| {
        let found = parts.resources.iter().enumerate();
        let found = found.filter(|(_, resource)| kinds.contains(&resource.kind.as_str()));
        let found = found.map(|(at, resource)| {
            let home = parts.engine.home(resource.accounts.as_deref(), values);
            let collector = PrincipalCollector {
                parts,
                home: &home,
                with_defaults: &parts.engine.home(resource.accounts.as_deref(), &defaults),
                index: &index,
                at,
                resource,
            };
            (at, collector.principal())
        });
        found.collect::<BTreeMap<usize, WrittenIdentity>>()
    };
    let held = of_kinds(&["Role", "User", "PermissionSet"]);
    let groups = of_kinds(&["Group"]);
    let inline = of_kinds(&["Policy", "RolePolicy", "UserPolicy", "GroupPolicy"]);
    let managed = of_kinds(&["ManagedPolicy"]);
    let has_members = |at: &usize| held.values().any(|own| own.groups.contains(at));
    let groups = groups.into_iter().filter(|(at, _)| !has_members(at));
    let groups: Vec<WrittenIdentity> = groups.map(|(_, own)| own).collect();
    let mut all: Vec<WrittenIdentity> = held.into_values().chain(groups).collect();
    let loose = managed.iter().filter(|(at, _)| {
        let mut all = all.iter();
        let is_limit = parts.limits(**at);
        !is_limit && !all.any(|own| own.attached.contains(at) || own.boundary == Some(**at))
    });
    let loose: Vec<WrittenIdentity> = loose.map(|(_, own)| own.clone()).collect();
    all.extend(loose);
    let held: BTreeSet<&usize> = index.attached.values().flatten().collect();
    let inline = inline.into_iter().filter(|(at, _)| !held.contains(at));
    all.extend(inline.map(|(_, own)| own));
    (all, managed)
}

impl TemplateParts<'_> {
    /// Whether a condition asks for the policy at this place as a permissions boundary.
    fn limits(&self, at: usize) -> bool {
        let arn = self.arns.get(at);
        let statements = self.documents.iter().flat_map(|own| &own.statements);
        let mut asked = statements.flat_map(|own| own.conditions_on("iam:PermissionsBoundary"));
        asked.any(|condition| {
            condition
                .values
                .iter()
                .any(|item| Some(&item.symbols) == arn)
        })
    }
}

struct PrincipalCollector<'run> {
    parts: &'run TemplateParts<'run>,
    home: &'run DocumentHome,
    /// The same, where each parameter has its default.
    with_defaults: &'run DocumentHome,
    index: &'run NameIndex,
    at: usize,
    resource: &'run WrittenResource,
}

/// The resources by their names.
#[derive(Default)]
struct NameIndex {
    /// By kind, and by what a reference to it returns.
    by_name: HashMap<(String, Vec<Symbol>), usize>,
    /// The policies that attach themselves to a principal, by its place.
    attached: HashMap<usize, Vec<usize>>,
    /// The policies that attach themselves to a principal of this kind, and it is not known to which.
    unplaced: Vec<(&'static str, usize)>,
    /// The identity policies that a resource holds, by its place: their places among the documents.
    documents: HashMap<usize, Vec<usize>>,
    /// The groups that a resource of its own puts a user into, by the place of the user.
    joined: HashMap<usize, Vec<usize>>,
}

impl NameIndex {
    fn of(parts: &TemplateParts<'_>, values: &Rc<Values>) -> Self {
        let mut index = Self::default();
        for (at, resource) in parts.resources.iter().enumerate() {
            let home = parts.engine.home(resource.accounts.as_deref(), values);
            let reference = Data::Map(vec![("Ref".to_owned(), Data::Text(resource.id.clone()))]);
            let name = parts.engine.symbols(&home, &reference, Reading::Plain);
            index.by_name.insert((resource.kind.clone(), name), at);
        }
        for (at, resource) in parts.resources.iter().enumerate() {
            let home = parts.engine.home(resource.accounts.as_deref(), values);
            for (kind, property) in targets(&resource.kind) {
                for data in list(parts, &home, (resource, property)) {
                    let name = parts.engine.symbols(&home, &data, Reading::Plain);
                    let is_known = literal_text(&name).is_some();
                    match index.by_name.get(&((*kind).to_owned(), name)) {
                        Some(place) => index.attached.entry(*place).or_default().push(at),
                        None if is_known => {}
                        None => index.unplaced.push((kind, at)),
                    }
                }
            }
        }
        let additions = parts.resources.iter();
        for addition in additions.filter(|resource| resource.kind == "UserToGroupAddition") {
            let home = parts.engine.home(addition.accounts.as_deref(), values);
            let places = |property: &str, kind: &str| -> Vec<usize> {
                let named = list(parts, &home, (addition, property)).into_iter();
                let places = named.filter_map(|data| {
                    let name = parts.engine.symbols(&home, &data, Reading::Plain);
                    index.by_name.get(&(kind.to_owned(), name)).copied()
                });
                places.collect()
            };
            let groups = places("GroupName", "Group");
            for user in places("Users", "User") {
                index.joined.entry(user).or_default().extend(&groups);
            }
        }
        for (at, document) in parts.documents.iter().enumerate() {
            if let (Some(resource), DocumentKind::Identity) = (document.resource, document.kind) {
                index.documents.entry(resource).or_default().push(at);
            }
        }
        index
    }
}

/// The principals that a policy of this kind attaches itself to: their kinds, and the properties.
fn targets(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "Policy" | "ManagedPolicy" => &[("Role", "Roles"), ("User", "Users"), ("Group", "Groups")],
        "RolePolicy" => &[("Role", "RoleName")],
        "UserPolicy" => &[("User", "UserName")],
        "GroupPolicy" => &[("Group", "GroupName")],
        _ => &[],
    }
}

/// The items of a property.
fn list(
    parts: &TemplateParts<'_>,
    home: &DocumentHome,
    (resource, property): (&WrittenResource, &str),
) -> Vec<Data> {
    let reader = DocumentReader {
        engine: parts.engine,
        library: parts.library,
        home,
        kind: DocumentKind::Identity,
    };
    let nodes = resource.property(parts.library, property);
    let nodes = nodes.map_or_else(Vec::new, |node| parts.library.items(&node));
    let data = nodes.iter().map(|node| reader.data(node));
    data.map(|data| data.unwrap_or(Data::Null)).collect()
}

impl PrincipalCollector<'_> {
    fn principal(&self) -> WrittenIdentity {
        let mut statements = self.statements_of(self.at);
        let mut is_known = true;
        let (mut attached, mut aws) = (BTreeSet::new(), BTreeSet::new());
        let mut holders = vec![self.at];
        let groups = self.list(self.resource, "Groups").into_iter();
        let groups = groups.map(|group| self.place_of(&group, "Group"));
        let joined = self.index.joined.get(&self.at).into_iter().flatten();
        for group in groups.chain(joined.map(|at| Some(*at))) {
            match group {
                Some(at) if holders.contains(&at) => {}
                Some(at) => {
                    statements.extend(self.statements_of(at));
                    holders.push(at);
                }
                None => is_known = false,
            }
        }
        let policies = holders.iter().flat_map(|at| self.attached_to(*at));
        for policy in policies.collect::<Vec<AttachedPolicy>>() {
            match policy {
                AttachedPolicy::Own(at) => {
                    if attached.insert(at) {
                        statements.extend(self.statements_of(at));
                    }
                }
                AttachedPolicy::Aws(arn) => match self.statements_of_aws(&arn) {
                    Some(own) => {
                        statements.extend(own);
                        aws.insert(arn);
                    }
                    None => is_known = false,
                },
                AttachedPolicy::Unknown => is_known = false,
            }
        }
        statements.extend(holders.iter().flat_map(|at| self.perhaps_denied(*at)));
        if is_policy(&self.resource.kind) {
            attached.insert(self.at);
        }
        let boundary = self.list(self.resource, "PermissionsBoundary");
        let boundary = boundary.first().map(|data| self.limit(data));
        let limits = boundary.as_ref().and_then(|policy| self.known(policy));
        is_known &= boundary.is_none() || limits.is_some();
        WrittenIdentity {
            resource: self.at,
            is_in_template: true,
            groups: holders.into_iter().skip(1).collect(),
            arn: self.arn(),
            permissions: Permissions::new(statements, limits),
            attached,
            aws,
            boundary: match boundary {
                Some(AttachedPolicy::Own(at)) => Some(at),
                _ => None,
            },
            is_known,
            services: self.services(),
        }
    }

    fn services(&self) -> BTreeSet<String> {
        let own = self.parts.documents.iter().filter(|document| {
            document.resource == Some(self.at) && document.kind == DocumentKind::Trust
        });
        let statements = own.flat_map(|document| &document.statements);
        let trusts = statements.filter(|statement| statement.effect == Effect::Allow);
        trusts
            .flat_map(|statement| &statement.principals)
            .filter(|(kind, _)| kind == "Service")
            .filter_map(|(_, item)| item.text())
            .collect()
    }

    /// The statements of the identity policies that the resource at `at` holds.
    fn statements_of(&self, at: usize) -> Vec<Statement> {
        let places = self.index.documents.get(&at).into_iter().flatten();
        let documents = places.filter_map(|place| self.parts.documents.get(*place));
        documents.flat_map(WrittenDocument::read).cloned().collect()
    }

    /// What policies deny of which it is not known whether the resource at `at` has them.
    fn perhaps_denied(&self, at: usize) -> Vec<Statement> {
        let resources = self.parts.resources;
        let Some(holder) = resources.get(at) else {
            return Vec::new();
        };
        let unplaced = self.index.unplaced.iter();
        let own = unplaced.filter(|(kind, policy)| {
            let policy = resources.get(*policy);
            *kind == holder.kind && policy.is_some_and(|own| own.is_near(holder))
        });
        let statements = own.flat_map(|(_, policy)| self.statements_of(*policy));
        let denied = statements.filter(|own| own.grant.effect == Effect::Deny);
        let engine = self.parts.engine;
        denied.map(|own| engine.perhaps(own)).collect()
    }

    fn statements_of_aws(&self, arn: &str) -> Option<Vec<Statement>> {
        let text = managed_policies().document(arn)?;
        let value = serde_yaml::from_str(&text).ok()?;
        let kind = DocumentKind::Identity;
        Some(self.parts.engine.read(self.home, &rendered(&value), kind))
    }

    /// What a policy says, if its text is known.
    fn known(&self, policy: &AttachedPolicy) -> Option<Vec<Statement>> {
        match policy {
            AttachedPolicy::Own(at) => Some(self.statements_of(*at)),
            AttachedPolicy::Aws(arn) => self.statements_of_aws(arn),
            AttachedPolicy::Unknown => None,
        }
    }

    /// The items of a property.
    fn list(&self, resource: &WrittenResource, property: &str) -> Vec<Data> {
        list(self.parts, self.home, (resource, property))
    }

    /// The managed policies of the resource at `at`, and what attaches itself to it.
    fn attached_to(&self, at: usize) -> Vec<AttachedPolicy> {
        let Some(holder) = self.parts.resources.get(at) else {
            return Vec::new();
        };
        let named = ["ManagedPolicyArns", "ManagedPolicies"];
        let named = named.iter().flat_map(|name| self.list(holder, name));
        let named = named.flat_map(|data| self.policies(&data));
        let of_customer = self.list(holder, "CustomerManagedPolicyReferences");
        let of_customer = of_customer.into_iter().map(|data| self.by_name(&data));
        let itself = self.index.attached.get(&at).into_iter().flatten();
        named
            .chain(of_customer)
            .chain(itself.map(|at| AttachedPolicy::Own(*at)))
            .collect()
    }

    /// The ARN of the principal; that of an example, if it has none.
    fn arn(&self) -> Vec<Symbol> {
        let engine = self.parts.engine;
        let example = |text: &str| text.chars().map(Symbol::Char).collect::<Vec<Symbol>>();
        let role = format!("arn:aws:iam::{OWN}:role/");
        match self.resource.kind.as_str() {
            "UserPolicy" => example(&format!("arn:aws:iam::{OWN}:user/anything")),
            kind if is_policy(kind) => example(&format!("{role}anything")),
            "PermissionSet" => {
                let name = self.list(self.resource, "Name");
                let name = name
                    .first()
                    .map(|data| engine.symbols(self.home, data, Reading::Plain));
                let begin = format!("{role}aws-reserved/sso.amazonaws.com/AWSReservedSSO_");
                [
                    example(&begin),
                    name.unwrap_or_default(),
                    example("_anything"),
                ]
                .concat()
            }
            _ => self.parts.arns.get(self.at).cloned().unwrap_or_default(),
        }
    }

    /// The permissions boundary that is named so; that of a permission set is in one of two members.
    fn limit(&self, data: &Data) -> AttachedPolicy {
        if let Some(data) = data.get("ManagedPolicyArn") {
            return self.policy(data);
        }
        if let Some(data) = data.get("CustomerManagedPolicyReference") {
            return self.by_name(data);
        }
        let mut found = self.policies(data);
        let last = found.pop().filter(|_| found.is_empty());
        last.unwrap_or(AttachedPolicy::Unknown)
    }

    /// The policy that a permission set names without its account.
    fn by_name(&self, data: &Data) -> AttachedPolicy {
        let engine = self.parts.engine;
        let symbols = |data: &Data| engine.symbols(self.home, data, Reading::Plain);
        let Some(name) = data.get("Name").map(symbols) else {
            return AttachedPolicy::Unknown;
        };
        let mut resources = self.parts.resources.iter();
        let found = resources.position(|own| {
            let own_name = || self.list(own, "ManagedPolicyName").first().map(symbols);
            own.kind == "ManagedPolicy" && own_name().as_ref() == Some(&name)
        });
        found.map_or(AttachedPolicy::Unknown, AttachedPolicy::Own)
    }

    /// The policies that are named so: several, if a parameter has a list of them by default.
    fn policies(&self, data: &Data) -> Vec<AttachedPolicy> {
        let found = self.policy(data);
        let is_known = match &found {
            AttachedPolicy::Own(_) => true,
            AttachedPolicy::Aws(arn) => managed_policies().document(arn).is_some(),
            AttachedPolicy::Unknown => false,
        };
        if is_known {
            return vec![found];
        }
        let engine = self.parts.engine;
        let symbols = engine.symbols(self.with_defaults, data, Reading::Plain);
        let text = engine.spelled(&symbols);
        let each = text
            .split(',')
            .map(|text| Data::Text(text.trim().to_owned()));
        each.map(|data| self.policy(&data)).collect()
    }

    /// The policy that is named so.
    fn policy(&self, data: &Data) -> AttachedPolicy {
        if let Some(at) = self.place_of(data, "ManagedPolicy") {
            return AttachedPolicy::Own(at);
        }
        let symbols = self.parts.engine.symbols(self.home, data, Reading::Plain);
        let text = self.parts.engine.spelled(&symbols);
        if text.starts_with(crate::aws::managed::PREFIX) {
            AttachedPolicy::Aws(text)
        } else {
            AttachedPolicy::Unknown
        }
    }

    /// The place of the resource of this kind that is named so: by a reference, or by its name or ARN.
    fn place_of(&self, data: &Data, kind: &str) -> Option<usize> {
        let name = self.parts.engine.symbols(self.home, data, Reading::Plain);
        self.index.by_name.get(&(kind.to_owned(), name)).copied()
    }
}
