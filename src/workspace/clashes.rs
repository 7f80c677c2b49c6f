//! Names that two templates of one call would both create in an account.
//!
//! In: the templates of a run, one after the other. Out: a problem for each name that an earlier
//! template has taken. It refuses those, as [`crate::expand`](mod@crate::expand) refuses them within
//! one template.
//!
//! A name that a resource surely has in an account is refused. If a task can change where the resource is, or
//! it has a condition, that is a warning.
//!
//! The hard part: logical ids of accounts mean something within one organization only. Two
//! templates have an account in common if both give its account id, or if both read it from the
//! same file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use crate::arguments::rules::NAME_CLASH;
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::expand::Expansion;
use crate::expand::model::plan::{BodyPlan, Planned};
use crate::expand::names::{clash_level, may_be_elsewhere};
use crate::expand::rules::APP_ID_PREFIX;
use crate::files;
use crate::organization::Account;
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Library;

/// An account, whichever template names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum AccountKey {
    /// By its account id.
    Id(String),
    /// By the file that defines it, and its logical id there.
    Entry(PathBuf, String),
}

/// What an account can have once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum HeldName {
    /// The principals of an app.
    App(String),
    /// The OIDC provider of an issuer.
    Provider(String),
    /// A role, user, or managed policy: the property that names it, and the name. IAM compares names
    /// without regard to case.
    Named(&'static str, String),
}

/// The names that the templates before have taken.
#[derive(Debug, Default)]
pub struct Claims {
    templates: Vec<PathBuf>,
    taken: HashMap<(AccountKey, HeldName), NameOwner>,
    /// The ids of apps, each with its first template and the organizations of all, for those that begin
    /// with another one.
    apps: BTreeMap<String, (usize, Vec<usize>)>,
    /// The accounts of each organization, once.
    organizations: Vec<HashSet<AccountKey>>,
}

/// The template that has a name.
#[derive(Clone, Copy, Debug)]
struct NameOwner {
    template: usize,
    /// Whether it surely has the name.
    is_certain: bool,
}

/// A name that a template takes in an account of its organization, by its logical id there.
struct Taken<'run> {
    account: Cow<'run, str>,
    claim: HeldName,
    span: Span,
    is_certain: bool,
}

/// A name that a template takes in an account, whichever template names the account.
#[derive(Clone, Debug)]
struct KeyedName {
    key: AccountKey,
    /// The account's logical id in the template's organization.
    account: String,
    claim: HeldName,
    span: Span,
    is_certain: bool,
}

/// All names that one template takes. Plain data: it outlives what it was read from.
#[derive(Clone, Debug)]
pub struct TemplateClaims {
    /// The ids of the apps of its macros.
    apps: Vec<Spanned<String>>,
    /// Every account of its organization.
    accounts: HashSet<AccountKey>,
    names: Vec<KeyedName>,
}

impl TemplateClaims {
    /// What `expansion` takes, whose files are in `library`.
    pub fn of(library: &Library, expansion: &Expansion) -> Self {
        let planned = &expansion.planned;
        let accounts = &planned.organization.accounts;
        let keys: HashMap<&str, AccountKey> = accounts
            .iter()
            .map(|account| (account.logical_id.as_str(), key(library, account)))
            .collect();
        let names = all_taken(expansion).into_iter().filter_map(|taken| {
            Some(KeyedName {
                key: keys.get(&*taken.account)?.clone(),
                account: taken.account.into_owned(),
                claim: taken.claim,
                span: taken.span,
                is_certain: taken.is_certain,
            })
        });
        Self {
            apps: planned
                .macros
                .iter()
                .map(|own| own.plan.app_id.clone())
                .collect(),
            names: names.collect(),
            accounts: keys.into_values().collect(),
        }
    }
}

impl Claims {
    /// The problems of the names of `expansion`, that of the template at `path`, that an earlier one
    /// has. Its own are taken from now on.
    pub fn add(
        &mut self,
        path: &Path,
        library: &Library,
        expansion: &Expansion,
    ) -> Vec<Diagnostic> {
        self.take(path, &TemplateClaims::of(library, expansion))
    }

    /// The same, for the names of a template that is not at hand any more.
    pub fn take(&mut self, path: &Path, claims: &TemplateClaims) -> Vec<Diagnostic> {
        let at = self.templates.len();
        self.templates.push(path.to_owned());
        let mut problems = self.begin_alike(at, claims);
        let mut reported: HashSet<Span> = HashSet::new();
        for taken in &claims.names {
            let own = NameOwner {
                template: at,
                is_certain: taken.is_certain,
            };
            let known = (taken.key.clone(), taken.claim.clone());
            let holder = self.taken.entry(known).or_insert(own);
            if holder.template != at && reported.insert(taken.span) {
                let is_certain = holder.is_certain && taken.is_certain;
                let other = self.templates.get(holder.template);
                problems.extend(other.map(|other| clash(taken, other, is_certain)));
            }
            if taken.is_certain && !holder.is_certain {
                *holder = own;
            }
        }
        problems
    }

    /// The ids of apps that begin with one of another template, or the reverse. In which accounts does not
    /// matter within one template either: a target that is added later would be a hole.
    fn begin_alike(&mut self, at: usize, claims: &TemplateClaims) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        let own = self.organization(&claims.accounts);
        for app in &claims.apps {
            for (other, (template, organizations)) in self.alike(&app.value) {
                let is_long = is_below(&app.value, other);
                let (long, short) = if is_long {
                    (&app.value, other)
                } else {
                    (other, &app.value)
                };
                let mut theirs = organizations
                    .iter()
                    .filter_map(|index| self.organizations.get(*index));
                let is_shared = theirs.any(|accounts| !accounts.is_disjoint(&claims.accounts));
                if let Some(path) = self.templates.get(*template).filter(|_| is_shared) {
                    problems.push(prefix(app, (long, short), path));
                }
            }
        }
        for app in &claims.apps {
            let entry = self.apps.entry(app.value.clone());
            let (_, organizations) = entry.or_insert_with(|| (at, Vec::new()));
            if !organizations.contains(&own) {
                organizations.push(own);
            }
        }
        problems
    }

    /// The place of these accounts in the list of organizations.
    fn organization(&mut self, accounts: &HashSet<AccountKey>) -> usize {
        let known = self.organizations.iter().position(|one| one == accounts);
        known.unwrap_or_else(|| {
            self.organizations.push(accounts.clone());
            self.organizations.len() - 1
        })
    }

    /// The ids of earlier apps that `app` begins with, and those that begin with it, in their order.
    fn alike<'a>(
        &'a self,
        app: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a (usize, Vec<usize>))> {
        let dashes = app.match_indices('-');
        let shorter = dashes.filter_map(|(at, _)| self.apps.get_key_value(app.get(..at)?));
        let longer = self
            .apps
            .range::<str, _>((Bound::Excluded(app), Bound::Unbounded));
        // Between an id and those below it, there can only be others that begin with it.
        let longer = longer.take_while(move |(other, _)| other.starts_with(app));
        shorter.chain(longer.filter(move |(other, _)| is_below(other, app)))
    }
}

/// Whether the deploy roles of the app `short` can change what the app `long` names.
fn is_below(long: &str, short: &str) -> bool {
    let rest = long.strip_prefix(short);
    rest.is_some_and(|rest| rest.starts_with('-'))
}

fn key(library: &Library, account: &Account) -> AccountKey {
    if let Some(id) = &account.account_id {
        return AccountKey::Id(id.clone());
    }
    let file = library.sources.path(account.span.file);
    AccountKey::Entry(files::real(file), account.logical_id.clone())
}

/// Every name that a template takes, in the order of its text.
fn all_taken(expansion: &Expansion) -> Vec<Taken<'_>> {
    let planned = &expansion.planned;
    let mut taken = Vec::new();
    for (own, policies) in planned.macros.iter().zip(&expansion.policies) {
        of_macro(own, policies, &mut taken);
    }
    for resource in &planned.template.resources {
        let Some(own) = &resource.physical else {
            continue;
        };
        let claim = match own.property {
            "Url" => HeldName::Provider(own.text.clone()),
            property => HeldName::Named(property, own.text.to_ascii_lowercase()),
        };
        let Some(binding) = &own.binding else {
            continue;
        };
        for account in binding.reached(&planned.organization).unwrap_or_default() {
            taken.push(Taken {
                account: Cow::Owned(account),
                claim: claim.clone(),
                span: own.span,
                is_certain: binding.is_certain,
            });
        }
    }
    taken
}

/// What a macro takes, whose managed policies have the names `policies`, by body.
fn of_macro<'run>(own: &'run Planned, policies: &[Vec<String>], taken: &mut Vec<Taken<'run>>) {
    let app = own.plan.app();
    for unit in &own.plan.units {
        let Some(body) = own.plan.body(unit.body) else {
            continue;
        };
        let providers = match body {
            BodyPlan::Tools(tools) => &tools.providers,
            BodyPlan::Target(target) => &target.providers,
        };
        let principals = body.principals(app);
        let span = own.plan.app_id.span;
        let mut claims = Vec::new();
        if !principals.is_empty() {
            claims.push((HeldName::App(app.id.to_ascii_lowercase()), span));
        }
        for principal in principals {
            let property = if principal.arn("aws", "").contains(":user/") {
                "UserName"
            } else {
                "RoleName"
            };
            let claim = HeldName::Named(property, principal.name.to_ascii_lowercase());
            claims.push((claim, span));
        }
        for policy in policies.get(unit.body.0).into_iter().flatten() {
            let name = policy.to_ascii_lowercase();
            claims.push((HeldName::Named("ManagedPolicyName", name), span));
        }
        for provider in providers {
            let url = format!("https://{}", provider.issuer);
            claims.push((HeldName::Provider(url), own.plan.name_span));
        }
        for account in unit.accounts.names() {
            for (claim, span) in &claims {
                taken.push(Taken {
                    account: Cow::Borrowed(account),
                    claim: claim.clone(),
                    span: *span,
                    is_certain: true,
                });
            }
        }
    }
}

fn clash(taken: &KeyedName, other: &Path, is_certain: bool) -> Diagnostic {
    let (account, other) = (&taken.account, other.display().to_string());
    let other = other.shown();
    let (message, help) = match &taken.claim {
        HeldName::App(app) => (
            format!("`{other}` also creates `{app}-...` roles in the account `{account}`"),
            "give one of the macros another AppId, or one macro all targets",
        ),
        HeldName::Provider(url) => (
            format!(
                "`{other}` also creates the OIDC provider `{}` in the account `{account}`, which can have only one",
                url.shown()
            ),
            "create it in only one template: remove this one, or write `Provider: expect`",
        ),
        HeldName::Named(_, name) => (
            format!(
                "`{other}` also creates `{}` in the account `{account}`",
                name.shown()
            ),
            "an account can have only one with this name: rename one, or remove it",
        ),
    };
    Diagnostic::new(&NAME_CLASH, taken.span, message)
        .help(may_be_elsewhere(help, is_certain))
        .level(clash_level(is_certain))
}

fn prefix(app: &Spanned<String>, (long, short): (&str, &str), other: &Path) -> Diagnostic {
    let message = format!(
        "the AppId `{long}` begins with the AppId `{short}` and a dash, and `{}` has the other one",
        other.shown()
    );
    Diagnostic::new(&APP_ID_PREFIX, app.span, message).help(format!(
        "the deploy roles of `{short}` can change everything named `{short}-*`, including the roles and data of `{long}`: rename one"
    ))
}
