//! A macro's tree to its [`Arguments`].
//!
//! In: a macro call, the template's defaults (`Definitions.DeployRoles`), and the catalog of
//! partials. Out: typed arguments with every default filled in and every override applied.
//! Refuses unknown keys and names (with the nearest known one), keys without a value, wrong types,
//! and text that IAM, CloudFormation or OrgFormation would refuse. Whether accounts exist is for
//! `select.rs`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::arguments::rules::UNKNOWN_SERVICE;
use crate::arguments::{Arguments, Choice, Layout, MacroText, RoleArguments, SERVICES, Trust};
use crate::aws::partitions::Region;
use crate::diagnostic::{Diagnostic, Shown as _, list, nearest};
use crate::oidc::PROVIDERS;
use crate::oidc::rules::{MISSING_ARGUMENT, UNKNOWN_ARGUMENT};
use crate::partials::catalog::Catalog;
use crate::source::{Span, Spanned};
use crate::yaml::lookup::{Field, Library};
use crate::yaml::node::{Document, Kind, Node};
use crate::yaml::rules::INVALID_VALUE;
use crate::yaml::typed::TypedReader;

/// Every argument of a macro.
pub const ARGUMENTS: &[&str] = &[
    "AppId",
    "ToolsAccount",
    "Targets",
    "Framework",
    "Services",
    "TrustedBy",
    "TestRole",
    "PermissionsBoundary",
    "DeployerPolicies",
    "ExecutionPolicies",
    "Region",
    "Path",
    "MaxSessionDuration",
    "Tags",
    "TrustShape",
    "Layout",
];

/// Every key of a target that selects accounts.
pub const SELECTORS: &[&str] = &[
    "Account",
    "ExcludeAccount",
    "OrganizationalUnit",
    "ExcludeOrganizationalUnit",
    "AccountsWithTag",
    "IncludeMasterAccount",
    "Select",
];

/// Every key of a target that overrides an argument, or adds to it.
pub const OVERRIDES: &[&str] = &[
    "Services",
    "Framework",
    "TrustedBy",
    "PermissionsBoundary",
    "DeployerPolicies",
    "ExecutionPolicies",
    "TestRole",
    "MaxSessionDuration",
    "Tags",
    "Deny",
];

/// The longest `AppId`: a role name's 64 characters less `-CloudFormationExecutionRole`.
pub(crate) const APP_ID_LIMIT: usize = 36;

/// Decodes the arguments of a macro. Where something is wrong, what could be understood comes
/// beside the problems, so that later stages can look for theirs, too; see [`crate::registry`].
pub fn arguments(
    library: &Library,
    catalog: &Catalog,
    written: &MacroText<'_>,
) -> (Option<Arguments>, Vec<Diagnostic>) {
    let mut decoder = Decoder {
        reader: TypedReader::new(library),
        catalog,
        template: written.template,
        call_span: written.tag_span,
        stages: Vec::new(),
        shared_trusts: None,
    };
    let arguments = decoder.arguments(written);
    (arguments, decoder.reader.into_problems())
}

pub(crate) struct Decoder<'run> {
    pub(crate) reader: TypedReader<'run>,
    pub(crate) catalog: &'run Catalog,
    pub(crate) template: &'run Document,
    pub(crate) call_span: Span,
    /// Every stage.
    pub(crate) stages: Vec<String>,
    /// The macro's own `TrustedBy`.
    pub(crate) shared_trusts: Option<Rc<Node>>,
}

/// The stage that trusts are decoded for.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) name: &'a str,
    /// Whether the trusts stand in the target, and are of no other stage.
    pub(crate) own: bool,
}

/// The fields of a macro or target by key.
pub(crate) type Fields = BTreeMap<String, Field>;

impl Decoder<'_> {
    fn arguments(&mut self, written: &MacroText<'_>) -> Option<Arguments> {
        let mut fields = self.defaults()?;
        fields.extend(self.own_fields(written)?);
        for key in fields.keys().cloned().collect::<Vec<_>>() {
            if let Some(field) = fields.get(&key) {
                self.check_key(field, ARGUMENTS, "argument");
            }
        }
        let app_id = self.app_id(&fields);
        let tools_account = fields
            .get("ToolsAccount")
            .and_then(|field| self.account_reference(&field.value));
        self.stages(&fields);
        let base = self.role_arguments(&fields, None);
        let targets = self.targets(&fields, &base);
        self.overlaps(targets.as_deref().unwrap_or_default());
        if let Some(app_id) = &app_id {
            self.own_principals(&app_id.value, targets.as_deref().unwrap_or_default());
        }
        let region = self.region(&fields);
        if let Some(region) = &region {
            self.boundary_partition(region, targets.as_deref().unwrap_or_default());
        }
        let path = self.path(&fields);
        let trust_shape = self.trust_shape(&fields);
        let layout = self.layout(&fields);
        let targets = targets.unwrap_or_default();
        let unknown = |text: &str| Spanned::new(text.to_owned(), self.call_span);
        let app_id = app_id.unwrap_or_else(|| unknown("unknown"));
        let region = region.unwrap_or_else(|| Region("unknown".to_owned()));
        self.stage_suffix(&app_id, &targets);
        let needy = targets
            .iter()
            .flat_map(|target| &target.arguments.trusted_by)
            .find(|trust| trust.value.needs_tools_account());
        if let (Some(trust), false) = (needy, given(&fields, "ToolsAccount")) {
            let why = if trust.span == self.call_span {
                "`GitHubUser`, the default trust, lives there"
            } else {
                "this trust makes its principal there"
            };
            let instead = if matches!(trust.value, Trust::Oidc(_)) {
                "let each target trust the tokens itself by `Direct: true`"
            } else {
                "trust a `Principal` that exists already"
            };
            self.reader.problem(
                Diagnostic::new(
                    &MISSING_ARGUMENT,
                    written.name_span,
                    "the argument `ToolsAccount` is missing",
                )
                .related(trust.span, why)
                .help(format!(
                    "add `ToolsAccount: !Ref SomeAccount`, or {instead}"
                )),
            );
        }
        Some(Arguments {
            app_id,
            tools_account,
            targets,
            region,
            path,
            trust_shape,
            layout,
            tags: base.tags,
        })
    }

    /// Notes the stages and the macro's own trusts, which are decoded for each stage.
    fn stages(&mut self, fields: &Fields) {
        self.shared_trusts = fields.get("TrustedBy").map(|field| Rc::clone(&field.value));
        let targets = fields
            .get("Targets")
            .and_then(|field| self.reader.library.mapping(&field.value).ok())
            .unwrap_or_default();
        self.stages
            .extend(targets.into_iter().map(|target| target.key));
        if let (true, Some(node)) = (self.stages.is_empty(), self.shared_trusts.clone()) {
            // Nobody will decode them, but their problems are worth reporting.
            self.trusts(
                &node,
                Stage {
                    name: "dev",
                    own: true,
                },
            );
        }
    }

    fn defaults(&mut self) -> Option<Fields> {
        let Some(definitions) = self.template.root.get("Definitions") else {
            return Some(Fields::new());
        };
        if self.reader.library.follow(definitions).entries().is_none() {
            return Some(Fields::new());
        }
        let found = self.reader.library.field(definitions, "DeployRoles");
        let Some(node) = self.reader.keep(found)? else {
            return Some(Fields::new());
        };
        let fields = self.reader.fields(&node)?;
        Some(
            fields
                .into_iter()
                .map(|field| (field.key.clone(), field))
                .collect(),
        )
    }

    fn own_fields(&mut self, written: &MacroText<'_>) -> Option<Fields> {
        let body = written.body;
        match &body.kind {
            Kind::Scalar(text, _) if text.is_empty() => Some(Fields::new()),
            Kind::Scalar(..) => {
                // The short form: the scalar is the AppId. It keeps its quoting, not its tag.
                let node = Node {
                    tag: None,
                    ..body.as_ref().clone()
                };
                let field = Field {
                    key: "AppId".to_owned(),
                    key_span: written.tag_span,
                    value: Rc::new(node),
                };
                Some(Fields::from([("AppId".to_owned(), field)]))
            }
            Kind::Mapping(..) => {
                let fields = self.reader.fields(body)?;
                Some(
                    fields
                        .into_iter()
                        .map(|field| (field.key.clone(), field))
                        .collect(),
                )
            }
            _ => {
                self.reader.wrong_type(
                    body,
                    "the macro's arguments",
                    "write a mapping of arguments, or an AppId alone",
                );
                None
            }
        }
    }

    pub(crate) fn check_key(&mut self, field: &Field, known: &[&str], what: &str) -> bool {
        if known.contains(&field.key.as_str()) {
            self.reader.filled(field);
            return true;
        }
        let problem = Diagnostic::new(
            &UNKNOWN_ARGUMENT,
            field.key_span,
            format!("unknown {what} `{}`", field.key.shown()),
        );
        let near = nearest(&field.key, known.iter().copied());
        let help = match (home(&field.key, known), near) {
            (Some(home), _) => format!("`{}` belongs {home}", field.key),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => format!("known are {}", list(known.iter().copied())),
        };
        self.reader.problem(problem.help(help));
        false
    }

    fn layout(&mut self, fields: &Fields) -> Layout {
        let Some(field) = fields.get("Layout") else {
            return Layout::PerAccount;
        };
        let Some(layout) = self.reader.text(&field.value) else {
            return Layout::PerAccount;
        };
        match layout.value.as_str() {
            "per-account" => Layout::PerAccount,
            "per-binding" => Layout::PerBinding,
            other => {
                let message = format!("`{}` is no layout", other.shown());
                self.reader.problem(
                    Diagnostic::new(&INVALID_VALUE, layout.span, message)
                        .help("write `per-account` or `per-binding`"),
                );
                Layout::PerAccount
            }
        }
    }

    pub(crate) fn account_reference(&mut self, node: &Rc<Node>) -> Option<Spanned<String>> {
        if let Some(name) = self.reader.library.reference(node) {
            return Some(Spanned::new(name, node.whole_span()));
        }
        if node.tag_name() == Some(crate::arguments::TAG) {
            // A macro inside of a macro: reported as misplaced already.
            return None;
        }
        let followed = self.reader.library.follow(node);
        let attribute_of = |text: &str| match followed.tag_name() {
            Some("!GetAtt") => text.split('.').next().unwrap_or_default().to_owned(),
            _ => text.to_owned(),
        };
        let help = match followed.text() {
            Some(text) if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) => {
                "name the account by its logical id in the organization: `!Ref SomeAccount`"
                    .to_owned()
            }
            Some(text) if text.starts_with(char::is_alphabetic) && text.len() < 80 => {
                format!("did you mean `!Ref {}`?", attribute_of(text).shown())
            }
            _ => "write `!Ref SomeAccount`".to_owned(),
        };
        self.reader.wrong_type(node, "`!Ref` of an account", &help);
        None
    }

    /// The arguments that targets may override: those of `fields`, else those of `base`, else the
    /// defaults.
    pub(crate) fn role_arguments(
        &mut self,
        fields: &Fields,
        base: Option<&RoleArguments>,
    ) -> RoleArguments {
        let default = || RoleArguments {
            frameworks: vec![self.default_choice("serverless")],
            services: SERVICES
                .iter()
                .map(|name| self.default_choice(name))
                .collect(),
            trusted_by: vec![Spanned::new(Trust::GitHubUser, self.call_span)],
            test_role: None,
            boundary: None,
            deployer_policies: Vec::new(),
            execution_policies: Vec::new(),
            max_session_duration: None,
            tags: Vec::new(),
            deny: Vec::new(),
        };
        let mut arguments = base.cloned().unwrap_or_else(default);
        if let Some(field) = fields.get("Framework") {
            arguments.frameworks = self.frameworks(&field.value);
        }
        if let Some(field) = fields.get("Services") {
            let known = &self.catalog.services;
            arguments.services = self.choices(&field.value, known, &UNKNOWN_SERVICE, "service");
        }
        if let Some(field) = fields.get("TestRole") {
            arguments.test_role = self.test_role(&field.value);
        }
        if let Some(field) = fields.get("PermissionsBoundary") {
            arguments.boundary = self.boundary(&field.value);
        }
        if let Some(field) = fields.get("DeployerPolicies") {
            arguments.deployer_policies = self.policies(&field.value);
        }
        if let Some(field) = fields.get("ExecutionPolicies") {
            arguments.execution_policies = self.policies(&field.value);
        }
        if let Some(field) = fields.get("MaxSessionDuration") {
            arguments.max_session_duration = self.max_session_duration(&field.value);
        }
        if let Some(field) = fields.get("Tags") {
            arguments.tags = self.tags(&field.value);
        }
        if let Some(field) = fields.get("Deny") {
            arguments.deny = self.deny(&field.value);
        }
        arguments
    }

    fn default_choice(&self, name: &str) -> Choice {
        Choice {
            name: Spanned::new(name.to_owned(), self.call_span),
            options: Vec::new(),
        }
    }
}

/// Where a key belongs that stands elsewhere.
fn home(key: &str, known: &[&str]) -> Option<String> {
    let only_in_targets =
        SELECTORS.contains(&key) || (OVERRIDES.contains(&key) && !ARGUMENTS.contains(&key));
    if only_in_targets {
        return Some("in a target: write it below a stage of `Targets`".to_owned());
    }
    if OVERRIDES.contains(&key) {
        return Some("among the macro's arguments, or in a target".to_owned());
    }
    if ARGUMENTS.contains(&key) {
        return Some("among the macro's arguments: write it beside `Targets`".to_owned());
    }
    let providers = || PROVIDERS.iter();
    let is_trust = ["GitHubUser", "CodeBuild", "Principal"].contains(&key);
    if is_trust || providers().any(|provider| provider.key == key) {
        return Some(format!("in `TrustedBy`: write `TrustedBy: [{key}: ...]`"));
    }
    if known.contains(&"Subjects") {
        // Each provider has keys of its own; the names of another's mean nothing to it.
        return None;
    }
    let owners = providers().filter(|provider| provider.all_keys().contains(&key));
    let owners: Vec<&str> = owners.map(|provider| provider.key).collect();
    (!owners.is_empty()).then(|| format!("behind {}", either(&owners)))
}

/// Whether `key` is there, if only misspelt: that is reported already.
pub(crate) fn given(fields: &Fields, key: &str) -> bool {
    fields.keys().any(|own| {
        own == key
            || (!ARGUMENTS.contains(&own.as_str())
                && nearest(own, ARGUMENTS.iter().copied()) == Some(key))
    })
}

/// `a`, `b` or `c`.
fn either(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => {
            format!("{} or `{last}`", list(first.iter().copied()))
        }
        names => list(names.iter().copied()),
    }
}
