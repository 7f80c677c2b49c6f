//! What 30 real apps need, as `infer` says it, and whether that is right.
//!
//! The apps are in `tests/infer/apps`, without the names of their owners. `tests/infer/expected.txt`
//! has the line of each, and what no service grants; `SNAPSHOTS=overwrite cargo test --test infer`
//! (`make snapshots`) rewrites it. The other tests ask the statements of the partials themselves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use deploy_roles::arguments::write::services;
use deploy_roles::files::LocalDisk;
use deploy_roles::infer::actions::{Needed, needs};
use deploy_roles::infer::answer::entries;
use deploy_roles::infer::arns::Arns;
use deploy_roles::infer::grants::{Asked, StatementText, of_service};
use deploy_roles::infer::model::{AppTemplates, Need, NeedKind, NeedReason};
use deploy_roles::infer::partial::files::files;
use deploy_roles::infer::partial::lacking::lacking;
use deploy_roles::infer::partial::{Generated, Lacking, generate};
use deploy_roles::infer::passing::passed_to;
use deploy_roles::infer::read::{AppArgument, read};
use deploy_roles::infer::refused::is_refused;
use deploy_roles::infer::resources::resources;
use deploy_roles::infer::suggestion::{AppNeeds, GivenServices, Suggestion, suggest};
use deploy_roles::partials::Partials;
use deploy_roles::source::Sources;
use deploy_roles::yaml::lookup::Library;

/// So many apps there are; fewer, and some were lost.
const APPS: usize = 30;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/infer")
}

/// An app with what it needs, and the services that are suggested for it.
struct App {
    name: String,
    templates: AppTemplates,
    needed: Needed,
    suggestion: Suggestion,
    /// What the resource of an action can be, by type and action.
    arns: RefCell<BTreeMap<(String, String), Vec<String>>>,
}

/// Services with their options.
type Chosen = BTreeMap<String, BTreeSet<String>>;

impl App {
    fn read(path: &Path, partials: &Partials) -> Self {
        let argument = AppArgument {
            path: path.to_owned(),
            root: folder(),
        };
        let (app, _) = read(&mut Sources::default(), &LocalDisk, &[argument]).unwrap();
        let needed = needs(&app);
        let arns = Arns::default();
        let wanted = AppNeeds {
            app: &app,
            needs: &needed.needs,
            arns: &|type_name, action| resources(&arns, type_name, action),
        };
        let suggestion = suggest(wanted, partials, &GivenServices::default()).unwrap();
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            templates: app,
            needed,
            suggestion,
            arns: RefCell::default(),
        }
    }

    fn type_of(&self, need: &Need) -> &str {
        &self.templates.resources[need.resource].type_name
    }

    /// The services of the suggestion.
    fn chosen(&self) -> Chosen {
        let services = self.suggestion.services.iter();
        services
            .map(|service| {
                let options = service.options.iter().map(|option| option.name.clone());
                (service.name.clone(), options.collect())
            })
            .collect()
    }

    /// What `chosen` services do not grant: types with actions. Not what cannot be created at all.
    fn not_granted(&self, chosen: &Chosen, partials: &Partials) -> BTreeSet<(String, String)> {
        let statements: Vec<_> = chosen
            .iter()
            .flat_map(|(service, options)| {
                let options: Vec<&String> = options.iter().collect();
                of_service(partials, service, &options).unwrap()
            })
            .collect();
        let mut missing = BTreeSet::new();
        for need in &self.needed.needs {
            let type_name = self.type_of(need);
            let is_open = need.kind != NeedKind::ServiceLinkedRole && !is_refused(&need.action);
            if !is_open || self.is_uncovered(type_name) {
                continue;
            }
            let key = (type_name.to_owned(), need.action.clone());
            if !missing.contains(&key) && !self.is_granted(need, &statements) {
                missing.insert(key);
            }
        }
        missing
    }

    fn is_granted(&self, need: &Need, statements: &[StatementText]) -> bool {
        let type_name = self.type_of(need);
        let mut arns = self.arns.borrow_mut();
        let key = (type_name.to_owned(), need.action.clone());
        let arns = arns
            .entry(key)
            .or_insert_with(|| resources(&Arns::default(), type_name, &need.action));
        let asked = Asked {
            action: &need.action,
            arns,
            services: (need.kind == NeedKind::PassRole).then(|| passed_to(type_name)),
            through: None,
        };
        statements.iter().any(|statement| statement.allows(asked))
    }

    /// Whether the log group of `need` is granted under the name that it has, if the app's names begin
    /// with `app-`.
    fn is_granted_by_name(&self, need: &Need, statements: &[StatementText]) -> bool {
        let name = &self.templates.resources[need.resource].properties["LogGroupName"];
        let name = name.as_str().unwrap();
        let (folder, own) = name.split_at(name.rfind('/').map_or(0, |at| at + 1));
        let arn = format!("arn:aws:logs:eu-west-1:111122223333:log-group:{folder}app-{own}");
        let asked = Asked {
            action: &need.action,
            arns: &[arn],
            services: None,
            through: None,
        };
        statements.iter().any(|statement| statement.allows(asked))
    }

    fn is_uncovered(&self, type_name: &str) -> bool {
        let mut uncovered = self.suggestion.uncovered.iter();
        uncovered.any(|one| one.is_whole_type && one.type_name == type_name)
    }

    /// The line, and what is not granted.
    fn shown(&self) -> String {
        let mut out = format!("{}\n", self.name);
        for line in services(&entries(&self.suggestion), 0, "\n").lines() {
            writeln!(out, "  {line}").unwrap();
        }
        for one in &self.suggestion.uncovered {
            if one.is_whole_type {
                writeln!(out, "  not created: {}", one.type_name).unwrap();
                continue;
            }
            let actions: BTreeSet<&str> = one
                .missing
                .iter()
                .map(|reason| reason.action.as_str())
                .collect();
            let actions: Vec<&str> = actions.into_iter().collect();
            writeln!(
                out,
                "  not granted: {}: {}",
                one.type_name,
                actions.join(", ")
            )
            .unwrap();
        }
        out
    }
}

fn partials() -> Partials {
    Partials::new(&mut Library::default(), &[]).unwrap()
}

fn apps(partials: &Partials) -> Vec<App> {
    let paths = std::fs::read_dir(folder().join("apps")).unwrap();
    let mut paths: Vec<PathBuf> = paths.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), APPS);
    paths.iter().map(|path| App::read(path, partials)).collect()
}

#[test]
fn the_line_of_each_app_is_as_expected() {
    let shown: Vec<String> = apps(&partials()).iter().map(App::shown).collect();
    let shown = shown.join("\n");
    let file = folder().join("expected.txt");
    if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
        std::fs::write(&file, shown).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap();
    let differs = expected
        .lines()
        .zip(shown.lines())
        .find(|(one, other)| one != other);
    assert!(
        expected == shown,
        "tests/infer/expected.txt is not current ({differs:?}): run `make snapshots`"
    );
}

#[test]
fn everything_that_created_types_need_is_granted() {
    let partials = partials();
    for app in apps(&partials) {
        let known: BTreeSet<(String, String)> = app
            .suggestion
            .uncovered
            .iter()
            .flat_map(|one| {
                let actions = one.missing.iter();
                actions.map(|reason| (one.type_name.clone(), reason.action.clone()))
            })
            .filter(|(type_name, _)| !app.is_uncovered(type_name))
            .collect();
        assert_eq!(
            app.not_granted(&app.chosen(), &partials),
            known,
            "{}",
            app.name
        );
    }
}

#[test]
fn every_option_grants_what_its_service_does_not_grant_without_it() {
    let partials = partials();
    let mut options = 0;
    for app in apps(&partials) {
        for service in &app.suggestion.services {
            let on: Vec<&String> = service.options.iter().map(|option| &option.name).collect();
            for option in &service.options {
                let fewer: Vec<&&String> = on.iter().filter(|one| **one != &option.name).collect();
                let fewer: Vec<&String> = fewer.into_iter().copied().collect();
                let (with, without) = (
                    of_service(&partials, &service.name, &on).unwrap(),
                    of_service(&partials, &service.name, &fewer).unwrap(),
                );
                let place = format!("{}: {}: {}", app.name, service.name, option.name);
                assert!(!option.reasons.is_empty(), "{place}");
                for reason in &option.reasons {
                    let same = |need: &&Need| {
                        need.resource == reason.resource && need.action == reason.action
                    };
                    let need = app.needed.needs.iter().find(same).unwrap();
                    let by_name = NeedReason::Property("LogGroupName".to_owned());
                    let is_granted = |statements: &[StatementText]| {
                        if reason.because == by_name {
                            app.is_granted_by_name(need, statements)
                        } else {
                            app.is_granted(need, statements)
                        }
                    };
                    assert!(is_granted(&with), "{place}: {}", need.action);
                    assert!(!is_granted(&without), "{place}: {}", need.action);
                }
                options += 1;
            }
        }
    }
    assert!(options > 38, "{options}");
}

#[test]
fn without_any_service_something_is_not_granted() {
    let partials = partials();
    let mut all = 0;
    for app in apps(&partials) {
        let chosen = app.chosen();
        let least = app.not_granted(&chosen, &partials).len();
        for service in chosen.keys() {
            let mut fewer = chosen.clone();
            fewer.remove(service);
            let missing = app.not_granted(&fewer, &partials);
            assert!(missing.len() > least, "{}: {service}", app.name);
            all += 1;
        }
    }
    assert!(all > 120, "{all} services");
}

#[test]
fn the_same_app_has_the_same_answer() {
    let partials = partials();
    let path = folder().join("apps/app-20.json");
    let first = App::read(&path, &partials);
    let second = App::read(&path, &partials);
    assert_eq!(
        format!("{:?}", first.suggestion),
        format!("{:?}", second.suggestion)
    );
}

/// What is generated for the rest of what `templates` need, with these actions allowed.
fn generated(
    (templates, needed): (&AppTemplates, &Needed),
    suggestion: &Suggestion,
    partials: &Partials,
    allowed: &BTreeSet<String>,
) -> Generated {
    let needs = lacking(templates, &needed.needs, &[suggestion]);
    generate(Lacking {
        app: templates,
        arns: &Arns::default(),
        needs: &needs,
        allowed,
        is_taken: &|name| partials.catalog.services.has(name),
    })
}

/// The built-in partials with generated ones.
fn with_generated(generated: &Generated) -> Partials {
    let mut library = Library::default();
    let mut own = Vec::new();
    for partial in &generated.partials {
        let file = library.sources.add(&partial.name, partial.text.as_str());
        own.push((format!("services/{}", partial.name), file));
    }
    Partials::new(&mut library, &own).unwrap()
}

/// How many needs of the apps are granted, and how many apps have everything.
#[derive(Default)]
struct Share {
    granted: usize,
    all: usize,
    apps: usize,
}

impl Share {
    fn count(&mut self, app: &App, suggestion: &Suggestion) {
        let is_asked =
            |need: &&Need| need.kind != NeedKind::ServiceLinkedRole && !is_refused(&need.action);
        let all = app.needed.needs.iter().filter(is_asked).count();
        let missing: usize = suggestion
            .uncovered
            .iter()
            .map(|one| one.missing.len())
            .sum();
        self.all += all;
        self.granted += all - missing;
        self.apps += usize::from(missing == 0);
    }

    fn row(&self, with: &str) -> String {
        let tenths = self.granted * 1000 / self.all;
        format!(
            "| {with} | {} of {} ({}.{}%) | {} of {APPS} |",
            self.granted,
            self.all,
            tenths / 10,
            tenths % 10,
            self.apps
        )
    }
}

#[test]
fn generated_partials_grant_all_but_what_is_held_back() {
    let built_in = partials();
    let mut shares = [Share::default(), Share::default(), Share::default()];
    for app in apps(&built_in) {
        shares[0].count(&app, &app.suggestion);
        let mut allowed = BTreeSet::new();
        for share in &mut shares[1..] {
            let about = (&app.templates, &app.needed);
            let found = generated(about, &app.suggestion, &built_in, &allowed);
            let partials = with_generated(&found);
            let arns = Arns::default();
            let wanted = AppNeeds {
                app: &app.templates,
                needs: &app.needed.needs,
                arns: &|type_name, action| resources(&arns, type_name, action),
            };
            let suggestion = suggest(wanted, &partials, &GivenServices::default()).unwrap();
            share.count(&app, &suggestion);
            for one in &suggestion.uncovered {
                for reason in &one.missing {
                    let mut held = found.held.iter();
                    assert!(
                        held.any(|held| held.action == reason.action),
                        "{}: {} is neither granted nor held back",
                        app.name,
                        reason.action
                    );
                }
            }
            let names = suggestion.services.iter().map(|service| &service.name);
            let names: BTreeSet<&String> = names.collect();
            for partial in &found.partials {
                assert!(
                    names.contains(&partial.name),
                    "{}: {}",
                    app.name,
                    partial.name
                );
            }
            let can_be = found.held.iter().filter(|held| held.can_be_allowed);
            allowed.extend(can_be.map(|held| held.action.clone()));
        }
    }
    let page = std::fs::read_to_string(folder().join("../../docs/generated-partials.md")).unwrap();
    let rows: Vec<String> = shares
        .iter()
        .zip([
            "the built-in services",
            "generated partials, without `--allow`",
            "generated partials, with `--allow`",
        ])
        .map(|(share, with)| share.row(with))
        .collect();
    let rows = rows.join("\n");
    assert!(
        page.contains(&rows),
        "docs/generated-partials.md must have:\n{rows}"
    );
}

/// The walk and the programs that are not ours read the golden case: it must hold what is generated
/// for these apps today.
#[test]
fn the_golden_partials_are_those_of_the_apps() {
    let paths = std::fs::read_dir(folder().join("apps")).unwrap();
    let mut paths: Vec<PathBuf> = paths.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let arguments: Vec<AppArgument> = paths
        .into_iter()
        .map(|path| AppArgument {
            path,
            root: folder(),
        })
        .collect();
    let (templates, _) = read(&mut Sources::default(), &LocalDisk, &arguments).unwrap();
    let needed = needs(&templates);
    let (arns, built_in) = (Arns::default(), partials());
    let wanted = AppNeeds {
        app: &templates,
        needs: &needed.needs,
        arns: &|type_name, action| resources(&arns, type_name, action),
    };
    let suggestion = suggest(wanted, &built_in, &GivenServices::default()).unwrap();
    let about = (&templates, &needed);
    let found = generated(about, &suggestion, &built_in, &BTreeSet::new());
    let golden = folder().join("../golden/generated-partials-of-apps/partials");
    let mut paths = BTreeSet::new();
    for file in files(&found.partials, "tests/infer/apps", |_| Ok(None)).unwrap() {
        let path = golden.join(&file.path);
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            std::fs::write(&path, &file.text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == file.text, "{} is not current", file.path);
        paths.insert(path.file_name().unwrap().to_owned());
    }
    let there = std::fs::read_dir(golden.join("services")).unwrap();
    let there: BTreeSet<_> = there.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, paths);
}
