//! A macro's tree to its [`Arguments`].
//!
//! In: a macro call, the template's defaults (`Definitions.DeployRoles`), and the catalog of
//! partials. Out: typed arguments with every default filled in and every override applied.
//! Refuses unknown keys and names (with the nearest known one), wrong types, and text that IAM,
//! CloudFormation or OrgFormation would refuse. Whether accounts exist is for `select.rs`.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_yaml::Value;

use crate::model::arguments::{
    Accounts, Arguments, Choice, Region, RoleArguments, RoleTag, SERVICES, Selector, Spanned,
    Target, TestRole, Trust, TrustShape, UserPolicy,
};
use crate::model::catalog::Catalog;
use crate::model::diagnostic::{Code, Diagnostic, Result, nearest};
use crate::model::library::{Field, Library};
use crate::model::macro_call::{MacroCall, Template};
use crate::model::node::{Kind, Node};
use crate::model::source::Span;
use crate::value::value;

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
const SELECTORS: &[&str] = &[
    "Account",
    "ExcludeAccount",
    "OrganizationalUnit",
    "ExcludeOrganizationalUnit",
    "AccountsWithTag",
    "IncludeMasterAccount",
    "Select",
];

/// Every key of a target that overrides an argument, or adds to it.
const OVERRIDES: &[&str] = &[
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

const OIDC_TRUSTS: &[&str] = &[
    "GitHubOidc",
    "GitLabOidc",
    "BitbucketOidc",
    "CircleCiOidc",
    "BuildkiteOidc",
];
const LATER_FRAMEWORKS: &[&str] = &["serverless-v4", "sam", "cdk"];

/// The longest `AppId`: a role name's 64 characters less `-CloudFormationExecutionRole`.
const APP_ID_LIMIT: usize = 36;

/// Decodes the arguments of `call`, with warnings.
///
/// # Errors
///
/// Every problem of the macro's arguments; see [`Code`].
pub fn arguments(
    library: &Library,
    catalog: &Catalog,
    template: &Template,
    call: &MacroCall,
) -> Result<(Arguments, Vec<Diagnostic>)> {
    let mut decoder = Decoder {
        library,
        catalog,
        call_span: call.tag_span,
        problems: Vec::new(),
    };
    let decoded = decoder.arguments(template, call);
    let (errors, warnings): (Vec<_>, Vec<_>) = decoder
        .problems
        .into_iter()
        .partition(|problem| problem.severity == crate::model::diagnostic::Severity::Error);
    match decoded {
        Some(arguments) if errors.is_empty() => Ok((arguments, warnings)),
        _ => Err(errors),
    }
}

struct Decoder<'run> {
    library: &'run Library,
    catalog: &'run Catalog,
    call_span: Span,
    problems: Vec<Diagnostic>,
}

/// The fields of a macro or target by key.
type Fields = BTreeMap<String, Field>;

impl Decoder<'_> {
    fn problem(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(found) => {
                self.problems.extend(found);
                None
            }
        }
    }

    fn wrong_type(&mut self, node: &Rc<Node>, expected: &str, help: &str) {
        let found = self.library.follow(node);
        let problem = Diagnostic::error(
            Code::WrongType,
            node.whole_span(),
            format!("expected {expected}, found {}", found.describe()),
        );
        self.problem(problem.help(help));
    }

    fn arguments(&mut self, template: &Template, call: &MacroCall) -> Option<Arguments> {
        let mut fields = self.defaults(template)?;
        fields.extend(self.own_fields(call)?);
        for key in fields.keys().cloned().collect::<Vec<_>>() {
            if let Some(field) = fields.get(&key) {
                self.check_key(field, ARGUMENTS, "argument");
            }
        }
        self.layout(&fields);
        let app_id = self.app_id(&fields);
        let tools_account = fields
            .get("ToolsAccount")
            .and_then(|field| self.account_reference(&field.value));
        let base = self.role_arguments(&fields, None);
        let targets = self.targets(&fields, &base);
        let region = self.region(template, &fields);
        let path = self.path(&fields);
        let trust_shape = self.trust_shape(&fields);
        let (app_id, targets, region) = (app_id?, targets?, region?);
        self.stage_suffix(&app_id, &targets);
        let needy = targets
            .iter()
            .flat_map(|target| &target.arguments.trusted_by)
            .find(|trust| trust.value.needs_tools_account());
        if let (Some(trust), false) = (needy, fields.contains_key("ToolsAccount")) {
            self.problem(
                Diagnostic::error(Code::MissingArgument, call.name_span, "the argument `ToolsAccount` is missing")
                    .related(trust.span, "this trust makes its principal there")
                    .help("add `ToolsAccount: !Ref SomeAccount`, or trust a `Principal` that exists already"),
            );
        }
        Some(Arguments {
            app_id,
            tools_account,
            targets,
            region,
            path,
            trust_shape,
            tags: base.tags,
        })
    }

    fn defaults(&mut self, template: &Template) -> Option<Fields> {
        let Some(definitions) = template.document.root.get("Definitions") else {
            return Some(Fields::new());
        };
        if self.library.follow(definitions).entries().is_none() {
            return Some(Fields::new());
        }
        let found = self.library.field(definitions, "DeployRoles");
        let Some(node) = self.keep(found)? else {
            return Some(Fields::new());
        };
        let fields = self.library.mapping(&node);
        let fields = self.keep(fields)?;
        Some(
            fields
                .into_iter()
                .map(|field| (field.key.clone(), field))
                .collect(),
        )
    }

    fn own_fields(&mut self, call: &MacroCall) -> Option<Fields> {
        let body = &call.body;
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
                    key_span: call.tag_span,
                    value: Rc::new(node),
                };
                Some(Fields::from([("AppId".to_owned(), field)]))
            }
            Kind::Mapping(..) => {
                let found = self.library.mapping(body);
                let fields = self.keep(found)?;
                Some(
                    fields
                        .into_iter()
                        .map(|field| (field.key.clone(), field))
                        .collect(),
                )
            }
            _ => {
                self.wrong_type(
                    body,
                    "the macro's arguments",
                    "write a mapping of arguments, or an AppId alone",
                );
                None
            }
        }
    }

    fn check_key(&mut self, field: &Field, known: &[&str], what: &str) -> bool {
        if known.contains(&field.key.as_str()) {
            return true;
        }
        let problem = Diagnostic::error(
            Code::UnknownArgument,
            field.key_span,
            format!("unknown {what} `{}`", field.key.escape_debug()),
        );
        let problem = match nearest(&field.key, known.iter().copied()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("known are {}", list(known.iter().copied()))),
        };
        self.problem(problem);
        false
    }

    fn layout(&mut self, fields: &Fields) {
        if let Some(field) = fields.get("PermissionsBoundary") {
            self.unsupported(field.key_span, "`PermissionsBoundary`", "leave it out");
        }
        let Some(field) = fields.get("Layout") else {
            return;
        };
        let Some(layout) = self.text(&field.value) else {
            return;
        };
        match layout.value.as_str() {
            "per-account" => {}
            "per-binding" => self.unsupported(
                layout.span,
                "`Layout: per-binding`",
                "leave it out: `per-account` is the default",
            ),
            other => {
                let message = format!("`{}` is no layout", other.escape_debug());
                self.problem(
                    Diagnostic::error(Code::InvalidValue, layout.span, message)
                        .help("write `per-account`"),
                );
            }
        }
    }

    fn unsupported(&mut self, span: Span, what: &str, help: &str) {
        self.problem(
            Diagnostic::error(
                Code::UnsupportedArgument,
                span,
                format!("{what} is not implemented in this version"),
            )
            .help(help),
        );
    }

    /// A scalar that YAML reads as text.
    fn text(&mut self, node: &Rc<Node>) -> Option<Spanned<String>> {
        let result = value(self.library, node);
        if let Value::String(text) = self.keep(result)? {
            Some(Spanned::new(text, node.whole_span()))
        } else {
            self.wrong_type(
                node,
                "text",
                "write text; quote it if it looks like a number or `true`",
            );
            None
        }
    }

    fn app_id(&mut self, fields: &Fields) -> Option<Spanned<String>> {
        let Some(field) = fields.get("AppId") else {
            self.problem(
                Diagnostic::error(
                    Code::MissingArgument,
                    self.call_span,
                    "the argument `AppId` is missing",
                )
                .help("add `AppId: my-app`, the prefix of every name that the app's stacks create"),
            );
            return None;
        };
        let app_id = self.text(&field.value)?;
        let text = &app_id.value;
        let shown = text.escape_debug();
        let invalid = |message: String, help: &str| {
            Diagnostic::error(Code::InvalidAppId, app_id.span, message).help(help)
        };
        let problem = if !text.starts_with(|c: char| c.is_ascii_lowercase())
            || !text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            let lower = text.to_lowercase();
            let valid = lower.starts_with(|c: char| c.is_ascii_lowercase())
                && lower
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            let help = "use lower-case letters, digits and dashes, a letter first: bucket names are lower case, and IAM compares them letter by letter";
            invalid(
                format!("`{shown}` cannot be an AppId"),
                &if valid {
                    format!("write `{lower}`; {help}")
                } else {
                    help.to_owned()
                },
            )
        } else if text.ends_with('-') {
            invalid(
                format!("the AppId `{shown}` ends in a dash"),
                "leave the dash out: names are made as `<AppId>-...`",
            )
        } else if text.len() > APP_ID_LIMIT {
            Diagnostic::error(
                Code::NameTooLong,
                app_id.span,
                format!("the AppId `{shown}` has {} characters, and {APP_ID_LIMIT} is the most", text.len()),
            )
            .help(format!("shorten it: `{shown}-CloudFormationExecutionRole` would have {} characters, and IAM allows 64", text.len() + 28))
        } else {
            return Some(app_id);
        };
        self.problem(problem);
        None
    }

    fn stage_suffix(&mut self, app_id: &Spanned<String>, targets: &[Target]) {
        for target in targets {
            let stage = &target.stage.value;
            if let Some(app) = app_id.value.strip_suffix(&format!("-{stage}")) {
                self.problem(
                    Diagnostic::warning(
                        Code::AppIdEndsInStage,
                        app_id.span,
                        format!(
                            "the AppId `{}` ends in the name of its stage `{stage}`",
                            app_id.value
                        ),
                    )
                    .related(target.stage.span, "the stage")
                    .help(format!(
                        "frameworks append the stage themselves: write `{app}`"
                    )),
                );
            }
        }
    }

    fn account_reference(&mut self, node: &Rc<Node>) -> Option<Spanned<String>> {
        if let Some(name) = self.library.reference(node) {
            return Some(Spanned::new(name, node.whole_span()));
        }
        let help = match self.library.follow(node).text() {
            Some(text) if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) => {
                "name the account by its logical id in the organization: `!Ref SomeAccount`"
                    .to_owned()
            }
            Some(text) if !text.is_empty() && text.len() < 80 => {
                format!("did you mean `!Ref {}`?", text.escape_debug())
            }
            _ => "write `!Ref SomeAccount`".to_owned(),
        };
        self.wrong_type(node, "`!Ref` of an account", &help);
        None
    }

    fn region(&mut self, template: &Template, fields: &Fields) -> Option<Region> {
        let root = &template.document.root;
        let default = [
            "DefaultOrganizationBindingRegion",
            "OrganizationBindingRegion",
        ]
        .iter()
        .find_map(|key| root.get(key).filter(|node| !node.is_null()));
        let own = fields.get("Region");
        let node = match (own, default) {
            (Some(field), _) => Rc::clone(&field.value),
            (None, Some(default)) => match self.library.items(default).first() {
                Some(first) => Rc::clone(first),
                None => Rc::clone(default),
            },
            (None, None) => {
                self.problem(
                    Diagnostic::error(Code::NoRegion, self.call_span, "there is no region to put the roles into")
                        .help("add `Region: eu-west-1` to the macro, or `DefaultOrganizationBindingRegion:` to the template; without one, OrgFormation deploys nothing, and says only a warning"),
                );
                return None;
            }
        };
        if own.is_some() && matches!(self.library.follow(&node).kind, Kind::Sequence(..)) {
            self.problem(
                Diagnostic::error(Code::WrongType, node.whole_span(), "expected one region, found a list")
                    .help("IAM is global: roles live in the stack of exactly one region, whatever regions the app uses"),
            );
            return None;
        }
        if let Some(name) = self.library.reference(&node) {
            let parameters = root
                .get("Parameters")
                .map(|node| self.library.mapping(node))
                .transpose();
            let parameters = self.keep(parameters)?.unwrap_or_default();
            if parameters.iter().any(|field| field.key == name) {
                return Some(Region::Parameter(name));
            }
            let problem = Diagnostic::error(
                Code::InvalidValue,
                node.whole_span(),
                format!("the template has no parameter `{}`", name.escape_debug()),
            );
            let problem = match nearest(&name, parameters.iter().map(|field| field.key.as_str())) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help("write the region itself, such as `eu-west-1`"),
            };
            self.problem(problem);
            return None;
        }
        let region = self.text(&node)?;
        if is_region(&region.value) {
            return Some(Region::Name(region.value));
        }
        self.problem(
            Diagnostic::error(
                Code::InvalidValue,
                region.span,
                format!("`{}` is no region", region.value.escape_debug()),
            )
            .help("write one such as `eu-west-1`"),
        );
        None
    }

    fn path(&mut self, fields: &Fields) -> String {
        let default = "/".to_owned();
        let Some(field) = fields.get("Path") else {
            return default;
        };
        let Some(path) = self.text(&field.value) else {
            return default;
        };
        let valid = path.value.starts_with('/')
            && path.value.ends_with('/')
            && path.value.len() <= 512
            && !path.value.contains("//")
            && path
                .value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/_+=,.@-".contains(c));
        if valid {
            return path.value;
        }
        self.problem(
            Diagnostic::error(Code::InvalidValue, path.span, format!("`{}` is no path of a role", path.value.escape_debug()))
                .help("write one such as `/deploy/`: a slash at both ends, letters, digits and `_+=,.@-` between, at most 512 characters"),
        );
        default
    }

    fn trust_shape(&mut self, fields: &Fields) -> TrustShape {
        let Some(field) = fields.get("TrustShape") else {
            return TrustShape::Principal;
        };
        let Some(shape) = self.text(&field.value) else {
            return TrustShape::Principal;
        };
        match shape.value.as_str() {
            "principal" => TrustShape::Principal,
            "condition" => TrustShape::Condition,
            other => {
                let message = format!("`{}` is no trust shape", other.escape_debug());
                self.problem(
                    Diagnostic::error(Code::InvalidValue, shape.span, message)
                        .help("write `principal` or `condition`"),
                );
                TrustShape::Principal
            }
        }
    }

    /// The arguments that targets may override: those of `fields`, else those of `base`, else the
    /// defaults.
    fn role_arguments(&mut self, fields: &Fields, base: Option<&RoleArguments>) -> RoleArguments {
        let default = || RoleArguments {
            frameworks: vec![self.default_choice("serverless")],
            services: SERVICES
                .iter()
                .map(|name| self.default_choice(name))
                .collect(),
            trusted_by: vec![Spanned::new(Trust::GitHubUser, self.call_span)],
            test_role: None,
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
            arguments.services = self.choices(&field.value, known, Code::UnknownService, "service");
        }
        if let Some(field) = fields.get("TrustedBy") {
            arguments.trusted_by = self.trusts(&field.value);
        }
        if let Some(field) = fields.get("TestRole") {
            arguments.test_role = self.test_role(&field.value);
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

    fn frameworks(&mut self, node: &Rc<Node>) -> Vec<Choice> {
        let known = &self.catalog.frameworks;
        let found = self.choices(node, known, Code::UnknownFramework, "framework");
        if found.is_empty() && self.library.items(node).is_empty() {
            self.problem(
                Diagnostic::error(
                    Code::InvalidValue,
                    node.whole_span(),
                    "`Framework` is empty",
                )
                .help(format!(
                    "name one or more of {}",
                    list(known.keys().map(String::as_str))
                )),
            );
        }
        found
    }

    /// A list of names, each alone or with options: `lambda`, or `lambda: [layer, url]`.
    fn choices(
        &mut self,
        node: &Rc<Node>,
        known: &BTreeMap<String, Vec<String>>,
        code: Code,
        what: &str,
    ) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        for item in self.library.items(node) {
            let followed = self.library.follow(&item);
            let pairs = if followed.tag.is_none() && followed.entries().is_some() {
                let fields = self.library.mapping(&item);
                let Some(fields) = self.keep(fields) else {
                    continue;
                };
                fields
                    .into_iter()
                    .map(|field| (Spanned::new(field.key, field.key_span), Some(field.value)))
                    .collect()
            } else {
                let Some(name) = self.text(&item) else {
                    continue;
                };
                vec![(name, None)]
            };
            for (name, options) in pairs {
                let Some(offered) = known.get(&name.value) else {
                    if code == Code::UnknownFramework
                        && LATER_FRAMEWORKS.contains(&name.value.as_str())
                    {
                        self.unsupported(
                            name.span,
                            &format!("the framework `{}`", name.value),
                            "write `serverless` or `cloudformation`",
                        );
                        continue;
                    }
                    let problem = Diagnostic::error(
                        code,
                        name.span,
                        format!("unknown {what} `{}`", name.value.escape_debug()),
                    );
                    let problem = match nearest(&name.value, known.keys().map(String::as_str)) {
                        Some(near) => problem.help(format!("did you mean `{near}`?")),
                        None => problem.help(format!(
                            "known are {}; `--partials DIR` adds others",
                            list(known.keys().map(String::as_str))
                        )),
                    };
                    self.problem(problem);
                    continue;
                };
                if choices.iter().any(|choice| choice.name.value == name.value) {
                    self.problem(
                        Diagnostic::error(
                            Code::InvalidValue,
                            name.span,
                            format!("the {what} `{}` is listed twice", name.value),
                        )
                        .help("list it once, with all its options"),
                    );
                    continue;
                }
                let options = options
                    .map(|node| self.options(&node, offered, &name.value))
                    .unwrap_or_default();
                choices.push(Choice { name, options });
            }
        }
        choices
    }

    fn options(
        &mut self,
        node: &Rc<Node>,
        offered: &[String],
        owner: &str,
    ) -> Vec<Spanned<String>> {
        let mut options: Vec<Spanned<String>> = Vec::new();
        for item in self.library.items(node) {
            let Some(option) = self.text(&item) else {
                continue;
            };
            if !offered.contains(&option.value) {
                let problem = Diagnostic::error(
                    Code::UnknownOption,
                    option.span,
                    format!("`{owner}` has no option `{}`", option.value.escape_debug()),
                );
                let problem = match nearest(&option.value, offered.iter().map(String::as_str)) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None if offered.is_empty() => {
                        problem.help(format!("`{owner}` has no options: write its name alone"))
                    }
                    None => problem.help(format!(
                        "its options are {}",
                        list(offered.iter().map(String::as_str))
                    )),
                };
                self.problem(problem);
            } else if !options.contains(&option) {
                options.push(option);
            }
        }
        options.sort_by(|a, b| a.value.cmp(&b.value));
        options
    }

    fn trusts(&mut self, node: &Rc<Node>) -> Vec<Spanned<Trust>> {
        let items = self.library.items(node);
        if items.is_empty() {
            self.problem(
                Diagnostic::error(Code::InvalidValue, node.whole_span(), "`TrustedBy` is empty: nobody could deploy")
                    .help("name `GitHubUser`, `CodeBuild` or a `Principal`, or leave it out for `GitHubUser`"),
            );
        }
        let mut trusts: Vec<Spanned<Trust>> = Vec::new();
        for item in items {
            if let Some(trust) = self.trust(&item) {
                if trusts.contains(&trust) {
                    self.problem(
                        Diagnostic::error(
                            Code::InvalidValue,
                            trust.span,
                            "this trust is listed twice",
                        )
                        .help("list it once"),
                    );
                } else {
                    trusts.push(trust);
                }
            }
        }
        trusts
    }

    fn trust(&mut self, item: &Rc<Node>) -> Option<Spanned<Trust>> {
        let followed = self.library.follow(item);
        let (name, argument) = if followed.tag.is_none() && followed.entries().is_some() {
            let fields = self.library.mapping(item);
            let fields = self.keep(fields)?;
            let [field] = fields.as_slice() else {
                self.wrong_type(
                    item,
                    "one trust",
                    "write one trust an item, such as `- Principal: arn:aws:iam::...`",
                );
                return None;
            };
            (
                Spanned::new(field.key.clone(), field.key_span),
                Some(Rc::clone(&field.value)),
            )
        } else {
            (self.text(item)?, None)
        };
        let span = item.whole_span();
        match (name.value.as_str(), argument) {
            ("GitHubUser", argument) => {
                if let Some(argument) = argument.filter(|node| !self.library.follow(node).is_null())
                {
                    self.wrong_type(
                        &argument,
                        "nothing behind `GitHubUser`",
                        "write `- GitHubUser`",
                    );
                    return None;
                }
                Some(Spanned::new(Trust::GitHubUser, span))
            }
            ("CodeBuild", argument) => {
                let offered = &self.catalog.codebuild;
                let options = argument
                    .map(|node| self.options(&node, offered, "CodeBuild"))
                    .unwrap_or_default();
                Some(Spanned::new(Trust::CodeBuild(options), span))
            }
            ("Principal", Some(argument)) => self
                .principal(&argument)
                .map(|principal| Spanned::new(Trust::Principal(principal), span)),
            ("Principal", None) => {
                self.problem(
                    Diagnostic::error(Code::MissingArgument, name.span, "`Principal` of whom?")
                        .help("write `- Principal: arn:aws:iam::123456789012:role/ci`"),
                );
                None
            }
            (oidc, _) if OIDC_TRUSTS.contains(&oidc) => {
                self.unsupported(name.span, &format!("the trust `{oidc}`"), "trust `GitHubUser`, `CodeBuild`, or the `Principal` of an OIDC role that you have");
                None
            }
            (other, _) => {
                let known = ["GitHubUser", "CodeBuild", "Principal"];
                let problem = Diagnostic::error(
                    Code::UnknownTrust,
                    name.span,
                    format!("unknown trust `{}`", other.escape_debug()),
                );
                let problem = match nearest(other, known) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None if other.starts_with("arn:") => {
                        problem.help(format!("write `- Principal: {}`", other.escape_debug()))
                    }
                    None => problem.help(format!("known are {}", list(known))),
                };
                self.problem(problem);
                None
            }
        }
    }

    /// A principal's ARN as text, or an intrinsic function that gives one.
    fn principal(&mut self, node: &Rc<Node>) -> Option<Value> {
        let found = value(self.library, node);
        let principal = self.keep(found)?;
        let help = "write the ARN of a role or user, such as `arn:aws:iam::123456789012:role/ci`, or a `!Sub` of one";
        let (text, is_sub) = match &principal {
            Value::String(text) => (text.as_str(), false),
            Value::Tagged(tagged) if tagged.tag == "!Sub" => match &tagged.value {
                Value::String(text) => (text.as_str(), true),
                _ => return Some(principal),
            },
            Value::Tagged(tagged)
                if ["!Ref", "!GetAtt", "!ImportValue", "!CopyValue"]
                    .iter()
                    .any(|tag| tagged.tag == *tag) =>
            {
                return Some(principal);
            }
            _ => {
                self.wrong_type(node, "the ARN of a principal", help);
                return None;
            }
        };
        let wildcard = text.contains(['*', '?']);
        let is_arn = text.starts_with("arn:") && text.split(':').count() >= 6;
        let text_like = text.chars().all(|c| c.is_ascii_graphic());
        if (is_arn || (is_sub && text.starts_with("${"))) && !wildcard && text_like {
            return Some(principal);
        }
        let message = if wildcard {
            format!(
                "the principal `{}` has a wildcard, which would trust more than one",
                text.escape_debug()
            )
        } else {
            format!("`{}` is not the ARN of a principal", text.escape_debug())
        };
        self.problem(Diagnostic::error(Code::InvalidValue, node.whole_span(), message).help(help));
        None
    }

    fn test_role(&mut self, node: &Rc<Node>) -> Option<TestRole> {
        let followed = self.library.follow(node);
        if followed.tag.is_none() && followed.entries().is_some() {
            let fields = self.library.mapping(node);
            let fields = self.keep(fields)?;
            let mut role = TestRole {
                services: None,
                policies: Vec::new(),
            };
            for field in fields {
                if !self.check_key(&field, &["Services", "Policies"], "key of `TestRole`") {
                    continue;
                }
                if field.key == "Services" {
                    let known: BTreeMap<_, _> = self
                        .catalog
                        .tests
                        .iter()
                        .filter(|(name, _)| name.as_str() != "stacks")
                        .map(|(name, options)| (name.clone(), options.clone()))
                        .collect();
                    role.services = Some(self.choices(
                        &field.value,
                        &known,
                        Code::UnknownService,
                        "service of tests",
                    ));
                } else {
                    role.policies = self.policies(&field.value);
                }
            }
            return Some(role);
        }
        let found = value(self.library, node);
        match self.keep(found)? {
            Value::Bool(true) => Some(TestRole {
                services: None,
                policies: Vec::new(),
            }),
            Value::Bool(false) | Value::Null => None,
            _ => {
                self.wrong_type(
                    node,
                    "`true` or a mapping",
                    "write `TestRole: true`, or `TestRole: { Services: [...], Policies: [...] }`",
                );
                None
            }
        }
    }

    fn policies(&mut self, node: &Rc<Node>) -> Vec<UserPolicy> {
        let mut policies: Vec<UserPolicy> = Vec::new();
        for item in self.library.items(node) {
            let fields = self.library.mapping(&item);
            let Some(fields) = self.keep(fields) else {
                continue;
            };
            let (mut name, mut document) = (None, None);
            for field in &fields {
                if !self.check_key(field, &["PolicyName", "PolicyDocument"], "key of a policy") {
                    continue;
                }
                if field.key == "PolicyName" {
                    name = self.policy_name(&field.value);
                } else {
                    document = self.policy_document(&field.value);
                }
            }
            for key in ["PolicyName", "PolicyDocument"] {
                if !fields.iter().any(|field| field.key == key) {
                    self.problem(
                        Diagnostic::error(
                            Code::MissingArgument,
                            item.whole_span(),
                            format!("the policy has no `{key}`"),
                        )
                        .help("a policy is `{ PolicyName: ..., PolicyDocument: ... }`"),
                    );
                }
            }
            let (Some(name), Some(document)) = (name, document) else {
                continue;
            };
            if policies.iter().any(|policy| policy.name == name) {
                self.problem(
                    Diagnostic::error(
                        Code::NameClash,
                        name.span,
                        format!("two policies of one role are named `{}`", name.value),
                    )
                    .help("rename one"),
                );
                continue;
            }
            policies.push(UserPolicy { name, document });
        }
        policies
    }

    fn policy_name(&mut self, node: &Rc<Node>) -> Option<Spanned<String>> {
        let name = self.text(node)?;
        // The characters that IAM allows; see IamPolicyName in the IAM API model.
        let valid = !name.value.is_empty()
            && name.value.len() <= 80
            && name
                .value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
        if valid {
            return Some(name);
        }
        self.problem(
            Diagnostic::error(
                Code::InvalidValue,
                name.span,
                format!("`{}` is no name of a policy", shorten(&name.value)),
            )
            .help("use letters, digits and `_+=,.@-`, at most 80 characters"),
        );
        None
    }

    fn policy_document(&mut self, node: &Rc<Node>) -> Option<Value> {
        let found = value(self.library, node);
        let document = self.keep(found)?;
        let Value::Mapping(mapping) = &document else {
            self.wrong_type(
                node,
                "a policy document",
                "write `Version: '2012-10-17'` and `Statement:`",
            );
            return None;
        };
        match mapping.get("Statement") {
            Some(Value::Mapping(_)) => {}
            Some(Value::Sequence(items)) if !items.is_empty() => {}
            _ => {
                self.problem(
                    Diagnostic::error(
                        Code::MissingArgument,
                        node.whole_span(),
                        "the policy document has no `Statement`",
                    )
                    .help("give it one or more statements"),
                );
                return None;
            }
        }
        match mapping.get("Version") {
            None => {}
            Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
            Some(_) => {
                self.problem(
                    Diagnostic::error(
                        Code::InvalidValue,
                        node.whole_span(),
                        "the policy document has a `Version` that IAM does not know",
                    )
                    .help("write `Version: '2012-10-17'`"),
                );
                return None;
            }
        }
        Some(document)
    }

    fn max_session_duration(&mut self, node: &Rc<Node>) -> Option<u32> {
        let found = value(self.library, node);
        let value = self.keep(found)?;
        let seconds = if let Value::Number(number) = &value {
            number.as_u64()
        } else {
            self.wrong_type(
                node,
                "a number of seconds",
                "write a number from 3600 to 43200",
            );
            return None;
        };
        if let Some(seconds) = seconds
            .and_then(|seconds| u32::try_from(seconds).ok())
            .filter(|seconds| (3600..=43200).contains(seconds))
        {
            Some(seconds)
        } else {
            self.problem(
                Diagnostic::error(
                    Code::InvalidValue,
                    node.whole_span(),
                    "a session lasts 3600 to 43200 seconds",
                )
                .help("write a number from 3600 to 43200"),
            );
            None
        }
    }

    fn tags(&mut self, node: &Rc<Node>) -> Vec<RoleTag> {
        let mut tags: Vec<RoleTag> = Vec::new();
        let items = self.library.items(node);
        if items.len() > 50 {
            self.problem(
                Diagnostic::error(
                    Code::LimitExceeded,
                    node.whole_span(),
                    format!("{} tags, and IAM allows 50", items.len()),
                )
                .help("take some out"),
            );
        }
        for item in items {
            let fields = self.library.mapping(&item);
            let Some(fields) = self.keep(fields) else {
                continue;
            };
            let (mut key, mut tag_value) = (None, None);
            for field in &fields {
                if !self.check_key(field, &["Key", "Value"], "key of a tag") {
                    continue;
                }
                if field.key == "Key" {
                    key = self.text(&field.value);
                } else {
                    let found = value(self.library, &field.value);
                    tag_value = self.keep(found);
                }
            }
            let (Some(key), Some(tag_value)) = (key, tag_value) else {
                self.problem(
                    Diagnostic::error(
                        Code::MissingArgument,
                        item.whole_span(),
                        "a tag has a `Key` and a `Value`",
                    )
                    .help("write `- { Key: team, Value: web }`, as in AWS::IAM::Role"),
                );
                continue;
            };
            let too_long = key.value.is_empty()
                || key.value.chars().count() > 128
                || matches!(&tag_value, Value::String(text) if text.chars().count() > 256)
                || key.value.to_ascii_lowercase().starts_with("aws:");
            if too_long {
                self.problem(Diagnostic::error(Code::InvalidValue, item.whole_span(), "IAM does not allow this tag").help("a key has 1 to 128 characters and does not begin with `aws:`; a value has at most 256"));
                continue;
            }
            if tags
                .iter()
                .any(|tag| tag.key.eq_ignore_ascii_case(&key.value))
            {
                self.problem(
                    Diagnostic::error(
                        Code::InvalidValue,
                        key.span,
                        format!("the tag `{}` is given twice", shorten(&key.value)),
                    )
                    .help("IAM does not tell upper from lower case here: rename or remove one"),
                );
                continue;
            }
            let tag_value = match tag_value {
                Value::Number(number) => Value::String(number.to_string()),
                Value::Bool(flag) => Value::String(flag.to_string()),
                other => other,
            };
            tags.push(RoleTag {
                key: key.value,
                value: tag_value,
            });
        }
        tags
    }

    fn deny(&mut self, node: &Rc<Node>) -> Vec<Spanned<String>> {
        let mut actions: Vec<Spanned<String>> = Vec::new();
        for item in self.library.items(node) {
            let Some(action) = self.text(&item) else {
                continue;
            };
            let valid = action.value.split_once(':').is_some_and(|(service, name)| {
                !service.is_empty()
                    && service
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || c == '-')
                    && !name.is_empty()
                    && name
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "*?-".contains(c))
            });
            if valid {
                if !actions.contains(&action) {
                    actions.push(action);
                }
            } else {
                self.problem(
                    Diagnostic::error(Code::InvalidValue, action.span, format!("`{}` is no action", shorten(&action.value)))
                        .help("write `service:Action`, such as `dynamodb:DeleteTable`; `*` may stand in the action"),
                );
            }
        }
        actions
    }

    fn targets(&mut self, fields: &Fields, base: &RoleArguments) -> Option<Vec<Target>> {
        let help = "add `Targets:` with a stage a line, such as `dev: !Ref DevAccount`";
        let Some(field) = fields.get("Targets") else {
            self.problem(
                Diagnostic::error(
                    Code::MissingArgument,
                    self.call_span,
                    "the argument `Targets` is missing",
                )
                .help(help),
            );
            return None;
        };
        let found = self.library.mapping(&field.value);
        let entries = self.keep(found)?;
        if entries.is_empty() {
            self.problem(
                Diagnostic::error(Code::MissingArgument, field.key_span, "`Targets` is empty")
                    .help(help),
            );
            return None;
        }
        Some(
            entries
                .iter()
                .filter_map(|entry| self.target(entry, base))
                .collect(),
        )
    }

    fn target(&mut self, entry: &Field, base: &RoleArguments) -> Option<Target> {
        let stage = Spanned::new(entry.key.clone(), entry.key_span);
        let valid = stage.value.starts_with(|c: char| c.is_ascii_alphanumeric())
            && stage.value.len() <= 64
            && stage
                .value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        if !valid {
            self.problem(
                Diagnostic::error(
                    Code::InvalidValue,
                    stage.span,
                    format!("`{}` is no name of a stage", shorten(&stage.value)),
                )
                .help("use letters, digits, `-` and `_`, at most 64 characters"),
            );
        }
        let node = self.library.follow(&entry.value);
        let span = Span::new(
            entry.key_span.file,
            entry.key_span.start,
            entry.value.whole_span().end.max(entry.key_span.end),
        );
        let mut selector = Selector {
            account: None,
            exclude_account: None,
            organizational_unit: None,
            exclude_organizational_unit: None,
            accounts_with_tag: None,
            include_master_account: None,
            select: None,
        };
        let plain_mapping = node.tag.is_none()
            && node.entries().is_some()
            && self.library.reference(&entry.value).is_none();
        if !plain_mapping {
            selector.account = Some(self.accounts(&entry.value, false)?);
            let selector_text = selector_text(&selector);
            return Some(Target {
                stage,
                selector,
                selector_text,
                arguments: base.clone(),
                span,
            });
        }
        let found = self.library.mapping(&entry.value);
        let fields: Fields = self
            .keep(found)?
            .into_iter()
            .map(|field| (field.key.clone(), field))
            .collect();
        let known: Vec<&str> = SELECTORS.iter().chain(OVERRIDES).copied().collect();
        let mut complete = true;
        for field in fields.values() {
            match field.key.as_str() {
                "Account" => selector.account = self.accounts(&field.value, true),
                "ExcludeAccount" => selector.exclude_account = self.accounts(&field.value, true),
                "OrganizationalUnit" => {
                    selector.organizational_unit = self.accounts(&field.value, true);
                }
                "ExcludeOrganizationalUnit" => {
                    selector.exclude_organizational_unit = self.accounts(&field.value, true);
                }
                "AccountsWithTag" => selector.accounts_with_tag = self.text(&field.value),
                "IncludeMasterAccount" => {
                    selector.include_master_account = self.boolean(&field.value);
                }
                "Select" => selector.select = self.text(&field.value),
                "PermissionsBoundary" => {
                    self.unsupported(field.key_span, "`PermissionsBoundary`", "leave it out");
                }
                key if OVERRIDES.contains(&key) => continue,
                _ => {
                    self.check_key(field, &known, "key of a target");
                    complete = false;
                    continue;
                }
            }
        }
        let selects = [
            "Account",
            "OrganizationalUnit",
            "AccountsWithTag",
            "IncludeMasterAccount",
            "Select",
        ];
        if complete && !selects.iter().any(|key| fields.contains_key(*key)) {
            self.problem(
                Diagnostic::error(Code::MissingArgument, stage.span, format!("the target `{}` selects no account", stage.value))
                    .help("add `Account: !Ref SomeAccount`, another binding key of OrgFormation, or `Select:` with a JSONPath"),
            );
        }
        let selector_text = selector_text(&selector);
        let arguments = self.role_arguments(&fields, Some(base));
        Some(Target {
            stage,
            selector,
            selector_text,
            arguments,
            span,
        })
    }

    fn boolean(&mut self, node: &Rc<Node>) -> Option<Spanned<bool>> {
        let found = value(self.library, node);
        if let Value::Bool(flag) = self.keep(found)? {
            Some(Spanned::new(flag, node.whole_span()))
        } else {
            self.wrong_type(
                node,
                "`true` or `false`",
                "write `true` or `false`; OrgFormation takes `yes` for text",
            );
            None
        }
    }

    fn accounts(&mut self, node: &Rc<Node>, all: bool) -> Option<Accounts> {
        let followed = self.library.follow(node);
        if all && followed.tag.is_none() && followed.text() == Some("*") {
            return Some(Accounts::All(node.whole_span()));
        }
        let items = match &followed.kind {
            Kind::Sequence(items, _) if followed.tag.is_none() => items.clone(),
            _ => vec![Rc::clone(node)],
        };
        let mut references = Vec::new();
        for item in &items {
            references.push(self.account_reference(item)?);
        }
        Some(Accounts::Refs(references))
    }
}

fn selector_text(selector: &Selector) -> String {
    let accounts = |accounts: &Accounts| match accounts {
        Accounts::All(_) => "'*'".to_owned(),
        Accounts::Refs(names) => names
            .iter()
            .map(|name| format!("!Ref {}", name.value))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut parts = Vec::new();
    for (key, value) in [
        ("Account", &selector.account),
        ("OrganizationalUnit", &selector.organizational_unit),
        (
            "ExcludeOrganizationalUnit",
            &selector.exclude_organizational_unit,
        ),
        ("ExcludeAccount", &selector.exclude_account),
    ] {
        if let Some(value) = value {
            parts.push(format!("{key}: {}", accounts(value)));
        }
    }
    if let Some(master) = &selector.include_master_account {
        parts.push(format!("IncludeMasterAccount: {}", master.value));
    }
    if let Some(tag) = &selector.accounts_with_tag {
        parts.push(format!("AccountsWithTag: {}", tag.value));
    }
    if let Some(select) = &selector.select {
        parts.push(format!("Select: {}", select.value));
    }
    parts.join("; ")
}

/// Whether `text` has the form of a region's name, such as `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    text.len() <= 32
        && parts.len() >= 3
        && parts.first().is_some_and(|part| part.len() >= 2)
        && parts
            .last()
            .is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        && parts.iter().all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names
        .into_iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn shorten(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", short.escape_debug())
}
