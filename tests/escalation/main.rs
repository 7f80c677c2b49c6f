//! No way up: every generated file against the table of `docs/security.md`.
//!
//! For each golden case with roles, for `org/roles.yml` and for the files beside this one, the walk
//! asks along every path whether it is open; the table says what the answer must be. Cases with
//! policies of an author are held to it like the others: what such a policy allows is evaluated, and
//! where it opens a path, `AUTHORS` has to say so. What the guard closes it cannot open; `holes`
//! shows that with policies that allow everything, and that the walk notices what is wrong.
//!
//! | file | what it does |
//! |---|---|
//! | `../iam/oracle` | the rules of IAM: one request, one answer |
//! | `world` | a generated file, worked out for each account |
//! | `walk`, `tools` | the paths, as requests: in an account of the app, and from the Tools account |
//! | `callers` | who might ask to become a role |
//! | `regions` | no statement of a macro with `Regions` reaches another region |
//! | `holes` | what must be noticed |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

mod callers;
mod holes;
#[path = "../iam/oracle.rs"]
mod iam;
mod regions;
#[path = "../support/mod.rs"]
mod support;
mod tools;
mod walk;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use deploy_roles::partials::Partials;
use deploy_roles::workspace::own_partials::{self, FolderFlag};
use deploy_roles::workspace::sources;
use deploy_roles::yaml::lookup::Library;
use deploy_roles::{ExpandRequest, PlannedTemplate, plan};

use holes::{File, HOLES};
use iam::Context;
use walk::{Verdicts, boundary, may, walk};
use world::{Account, Entity, World};

/// So many golden cases have roles at least; fewer, and some were not walked.
const LEAST_CASES: usize = 55;

/// The accounts of `organization.yml` in most golden cases.
const ACCOUNTS: [(&str, &str); 4] = [
    ("ToolsAccount", "200000000002"),
    ("DevAccount", "300000000003"),
    ("StagingAccount", "400000000004"),
    ("ProdAccount", "012345678901"),
];

/// What a need of the table is in the file: a statement of the execution role or the
/// `DeployerRole`, the latter's trust policy included.
const NEEDS: &[(&str, &str)] = &[
    ("iam", "ManageAppRoles"),
    ("iam", "ManageBoundedRoles"),
    ("iam-policies", "AppPolicies"),
    ("lambda", "LambdaFunctions"),
    ("lambda: trafficShifting", "LambdaTrafficShifting"),
    ("codedeploy", "DeployApplications"),
    ("appsync", "GraphqlApiParts"),
    ("pipes", "Pipes"),
    ("firehose", "DeliveryStreams"),
    ("kinesis: resourcePolicy", "StreamPolicies"),
    ("route53", "DnsRecords"),
    ("route53", "AllDnsRecords"),
    ("route53: delegate", "AllDnsRecords"),
    ("ec2", "SecurityGroups"),
    ("wafv2: associate", "WebAclAssociations"),
    ("s3", "WriteAppBuckets"),
    ("sns", "Topics"),
    ("sqs", "Queues"),
    ("dynamodb", "Tables"),
    ("logs", "LogGroups"),
    ("events: busPolicy", "EventBusPolicy"),
    ("states", "StateMachines"),
    ("scheduler", "Schedules"),
    ("cloudformation", "NestedStacks"),
    ("kms", "ManageKeys"),
    ("cognito-idp", "UserPools"),
    ("secretsmanager: resourcePolicy", "PutSecretPolicies"),
    ("serverless: bucketPlugin", "ChangeBuckets"),
    ("AssumeBootstrapRoles", "AssumeBootstrapRoles"),
    ("a shared bucket", "SamManagedBucket"),
    ("a shared bucket", "V4Buckets"),
    ("a shared bucket", "DirectAssets"),
    ("a stack of SAM", "CreateSamManagedStack"),
    ("a stack of SAM", "CompanionStack"),
    ("DeleteStacks", "DeleteStacks"),
    ("CloudFormationCli", "FinishStacks"),
    ("TrustPrincipals", "TrustPrincipals"),
    ("TrustPrincipals", "TrustPrincipalsByArn"),
];

/// What policies of an author open or close: the golden case, the app, the paths, and by which
/// policy.
const AUTHORS: &[(&str, &str, &[&str], &str)] = &[
    (
        "permissions-boundary",
        "wiki",
        &[
            "E11 policies",
            "E15",
            "E15 policies",
            "E2",
            "E6 app",
            "E7 deploy",
        ],
        "its `ExecutionPolicies` allow `iam:*`",
    ),
    (
        "generated-partials-allowed",
        "app",
        &["E6 app"],
        "a person allowed `iam:PassRole` to ECS and Glue by name",
    ),
    (
        "any-branch-deploys-a-later-stage",
        "environments",
        &["T5", "T6"],
        "its `Environments` are `*`, which is a warning",
    ),
    (
        "any-branch-deploys-a-later-stage",
        "live",
        &["T5"],
        "its `Branches` are `**`, which is a warning",
    ),
    (
        "any-branch-deploys-an-earlier-stage",
        "projects",
        &["T5"],
        "its later stages also accept branches by a wildcard",
    ),
    (
        "services-route53-in-one-zone",
        "app",
        &["E8 records"],
        "its `ExecutionPolicies` deny the zones of others",
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A row of the table.
#[derive(Debug)]
struct Row {
    path: String,
    needs: Vec<String>,
    unbounded: Verdict,
    bounded: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Open,
    Closed,
    /// There is nothing to ask.
    None,
}

impl Verdict {
    fn parse(cell: &str) -> Self {
        match cell {
            "open" => Verdict::Open,
            "closed" => Verdict::Closed,
            "–" => Verdict::None,
            other => panic!("`{other}` is no verdict"),
        }
    }
}

/// The table of `docs/security.md`.
fn table() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let quoted = |cell: &str| -> Vec<String> {
        let parts = cell.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    let rows: Vec<Row> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [path, what, needs, unbounded, bounded, why] = cells[..] else {
                panic!("not six cells: {line}");
            };
            assert!(!what.is_empty() && !why.is_empty(), "nothing said: {line}");
            Row {
                path: quoted(path).remove(0),
                needs: quoted(needs),
                unbounded: Verdict::parse(unbounded),
                bounded: Verdict::parse(bounded),
            }
        })
        .collect();
    assert!(rows.len() > 40, "only {} rows", rows.len());
    rows
}

/// A golden case's plan, for the numbers of its accounts and for who must be in its file.
fn planned(folder: &Path) -> PlannedTemplate {
    let mut library = Library::default();
    let mut read = |name: &str| sources::read_template(&mut library, &folder.join(name)).unwrap();
    let template = read("input.src.yml");
    let flag = std::fs::read_to_string(folder.join("organization-flag")).ok();
    let organization = flag.map(|name| read(name.lines().next().unwrap()));
    let own = folder.join("partials");
    let flag = FolderFlag::read(own.is_dir().then_some(own.as_path()));
    let path = folder.join("input.src.yml");
    let overrides = own_partials::read(&mut library, (Some(template), &path), flag).unwrap();
    let partials = Partials::new(&mut library, &overrides).unwrap();
    let request = ExpandRequest {
        template,
        organization,
        overrides,
        moved: None,
    };
    plan(&library, &request, &partials).unwrap()
}

fn numbers(planned: &PlannedTemplate) -> BTreeMap<String, String> {
    let accounts = planned.organization.accounts.iter().enumerate();
    accounts
        .map(|(at, account)| {
            // AWS will give it one.
            let number = account.account_id.clone();
            let number =
                number.unwrap_or_else(|| format!("{:012}", 990_000_000_000_u64 + at as u64));
            (account.logical_id.clone(), number)
        })
        .collect()
}

/// A case about names: what is written by hand in it has no policies, and is bound in ways that the walk
/// does not read.
const ABOUT_NAMES: &str = "resources-bound-in-other-ways-do-not-clash";

/// Every golden case with roles, by name, with its folder.
fn cases() -> Vec<(String, PathBuf)> {
    let folders = std::fs::read_dir(root().join("tests/golden")).unwrap();
    let mut cases: Vec<(String, PathBuf)> = folders
        .map(|entry| entry.unwrap().path())
        .filter(|folder| !folder.ends_with(ABOUT_NAMES))
        .filter(|folder| {
            let text = std::fs::read_to_string(folder.join("expected.yml"));
            text.is_ok_and(|text| text.contains("-DeployerRole"))
        })
        .map(|folder| {
            (
                folder.file_name().unwrap().to_str().unwrap().to_owned(),
                folder,
            )
        })
        .collect();
    cases.sort();
    assert!(cases.len() >= LEAST_CASES, "only {} cases", cases.len());
    cases
}

/// A file's text, and what else it takes to read it.
struct Source {
    text: String,
    numbers: BTreeMap<String, String>,
    folder: PathBuf,
}

impl Source {
    fn of(file: File) -> Self {
        let (folder, name, planned) = match file {
            File::Example => {
                let folder = root().join("org");
                let mut library = Library::default();
                let template = folder.join("roles.src.yml");
                let template = sources::read_template(&mut library, &template).unwrap();
                let partials = Partials::new(&mut library, &[]).unwrap();
                let request = ExpandRequest {
                    template,
                    organization: None,
                    overrides: Vec::new(),
                    moved: None,
                };
                let planned = plan(&library, &request, &partials).unwrap();
                (folder, "roles.yml", Some(planned))
            }
            File::Golden(case) => {
                let folder = root().join("tests/golden").join(case);
                let planned = planned(&folder);
                (folder, "expected.yml", Some(planned))
            }
            File::Own(name) => (root().join("tests/escalation"), name, None),
        };
        let own = ACCOUNTS.map(|(name, number)| (name.to_owned(), number.to_owned()));
        Source {
            text: std::fs::read_to_string(folder.join(name)).unwrap(),
            numbers: planned.map_or(BTreeMap::from(own), |planned| numbers(&planned)),
            folder,
        }
    }

    fn world(&self) -> World {
        World::read(&self.text, &self.numbers, &self.folder)
    }
}

/// The files that are walked beside the golden cases.
const OTHERS: [(&str, File); 2] = [
    ("org/roles.yml", File::Example),
    ("web-identity.yml", File::Own("web-identity.yml")),
];

const AT_HOME: [File; 2] = [
    File::Golden("test-role-follows-services"),
    File::Golden("permissions-boundary"),
];

fn worlds() -> Vec<(String, World)> {
    let goldens = cases().into_iter().map(|(name, folder)| {
        let text = std::fs::read_to_string(folder.join("expected.yml")).unwrap();
        let planned = planned(&folder);
        let world = World::read(&text, &numbers(&planned), &folder);
        everybody_is_there(&name, &planned, &world);
        (name, world)
    });
    let others = OTHERS.map(|(name, file)| (name.to_owned(), Source::of(file).world()));
    // Everything in one account: CI comes from where it deploys to.
    let at_home = AT_HOME.map(|file| {
        let mut source = Source::of(file);
        source.text = source.text.replace("DevAccount", "ToolsAccount");
        (format!("{file:?} in one account"), source.world())
    });
    goldens.chain(others).chain(at_home).collect()
}

/// Every account that a macro selects was read, with its app: else the walk would pass over it.
fn everybody_is_there(name: &str, planned: &PlannedTemplate, world: &World) {
    let numbers = numbers(planned);
    for planned in &planned.macros {
        for selection in &planned.plan.selections {
            let number = &numbers[&selection.account];
            let role = format!("{}-DeployerRole", planned.arguments.app_id.value);
            let account = world.accounts.iter().find(|account| account.id == *number);
            assert!(
                account.is_some_and(|account| account.entity(&role).is_some()),
                "{name}: no {role} in {number}"
            );
        }
    }
}

/// Whether an app has what a path needs.
fn has(account: &Account, app: &str, need: &str) -> bool {
    let names: Vec<&str> = NEEDS
        .iter()
        .filter(|(name, _)| *name == need)
        .map(|(_, name)| *name)
        .collect();
    assert!(!names.is_empty(), "the test does not know what `{need}` is");
    let execution = account.execution(app, &|name| name.starts_with(&format!("{app}-")));
    let deployer = account.entity(&format!("{app}-DeployerRole")).unwrap();
    let policies = execution.policies.iter().chain(&deployer.policies);
    policies
        .map(|(_, document)| document)
        .chain(&deployer.trust)
        .flat_map(|document| &document.statements)
        // Statements for several regions are joined, with their names.
        .flat_map(|statement| {
            std::iter::once(statement.sid.as_str()).chain(statement.sid.split("And"))
        })
        .any(|name| names.contains(&name))
}

/// What the table says of one path of one app in one account.
fn expected(row: &Row, account: Option<&Account>, app: &str) -> Verdict {
    let bounded = account.is_some_and(|account| boundary(account, app).is_some());
    let verdict = if bounded { row.bounded } else { row.unbounded };
    let lacks = |account: &Account| row.needs.iter().any(|need| !has(account, app, need));
    match verdict {
        Verdict::Open if account.is_some_and(lacks) => Verdict::Closed,
        verdict => verdict,
    }
}

/// What files show.
#[derive(Default)]
struct Met {
    /// Of a path: in which column of the table, and with which verdict.
    verdicts: BTreeSet<(&'static str, bool, Verdict)>,
    /// Paths that an author opens: the case and the path.
    by_authors: BTreeSet<(&'static str, &'static str)>,
}

/// Where a file differs from the table; what it shows goes into `met`.
fn differences(table: &[Row], name: &str, world: &World, met: &mut Met) -> Vec<String> {
    let mut wrong = Vec::new();
    for ((app, number), verdicts) in walk(world) {
        let account = world.accounts.iter().find(|account| account.id == number);
        let bounded = account.is_some_and(|account| boundary(account, &app).is_some());
        for (path, ways) in verdicts {
            let Some(row) = table.iter().find(|row| row.path == path) else {
                wrong.push(format!("docs/security.md has no row {path}"));
                continue;
            };
            let found = if ways.is_empty() {
                Verdict::Closed
            } else {
                Verdict::Open
            };
            let differs = expected(row, account, &app) != found;
            let author = AUTHORS.iter().find(|(case, theirs, paths, _)| {
                name.contains(case) && *theirs == app && paths.contains(&path)
            });
            match author {
                Some((case, ..)) if differs => {
                    met.by_authors.insert((case, path));
                }
                _ if differs => wrong.push(format!(
                    "{name}: {app} in {number}: {path} is {found:?}: {ways:?}"
                )),
                _ => {
                    met.verdicts.insert((path, bounded, found));
                }
            }
        }
    }
    wrong
}

#[test]
fn every_file_keeps_to_the_table() {
    let table = table();
    let mut met = Met::default();
    let mut wrong: Vec<String> = worlds()
        .iter()
        .flat_map(|(name, world)| differences(&table, name, world, &mut met))
        .collect();
    for row in &table {
        // Where both columns say the same, one is enough.
        let differ = row.bounded != row.unbounded;
        for (bounded, verdict) in [(false, row.unbounded), (true, row.bounded)] {
            let seen = met.verdicts.iter().any(|(path, column, found)| {
                *path == row.path && *found == verdict && (*column == bounded || !differ)
            });
            if verdict != Verdict::None && !seen {
                wrong.push(format!(
                    "{} is nowhere {verdict:?}, bounded: {bounded}",
                    row.path
                ));
            }
        }
    }
    for (case, _, paths, why) in AUTHORS {
        let stale = paths
            .iter()
            .filter(|path| !met.by_authors.contains(&(case, path)));
        wrong.extend(
            stale.map(|path| format!("{case}: {path} is as the table says, although {why}")),
        );
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// E11 as it happens: two templates, each of which sees only its own app.
#[test]
fn an_app_id_that_begins_with_another_one_is_as_the_table_says() {
    let file = |app: &str| {
        let text = format!(
            "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  App: !DeployRoles\n    \
             AppId: {app}\n    ToolsAccount: !Ref ToolsAccount\n    Targets: {{ dev: !Ref DevAccount }}\n"
        );
        let text = support::expanded(&text, Some(support::ORGANIZATION)).unwrap();
        let numbers = [
            ("ToolsAccount", "000000000002"),
            ("DevAccount", "000000000003"),
        ];
        let numbers = numbers.map(|(name, number)| (name.to_owned(), number.to_owned()));
        World::read(&text, &BTreeMap::from(numbers), root())
    };
    let world = file("shop").and(file("shop-admin"));
    assert_eq!(world.apps(), ["shop", "shop-admin"]);
    let mut met = Met::default();
    let wrong = differences(&table(), "shop", &world, &mut met);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let account = world
        .accounts
        .iter()
        .find(|account| account.id == "000000000003");
    let account = account.unwrap();
    let [shop, admin] = ["shop", "shop-admin"].map(|app| {
        let name = format!("{app}-CloudFormationExecutionRole");
        account.entity(&name).unwrap()
    });
    let change =
        |who: &Entity, of: &Entity| may(who, "iam:PutRolePolicy", &of.arn, &Context::default());
    assert!(
        change(shop, admin),
        "`E11 rights` is closed: say so in docs/security.md"
    );
    assert!(!change(admin, shop) && !change(shop, shop) && !change(admin, admin));
}

/// The paths that are open in some account in `found` and were not in `before`.
fn opened(
    before: &BTreeMap<(String, String), Verdicts>,
    found: &BTreeMap<(String, String), Verdicts>,
) -> BTreeSet<String> {
    let mut opened = BTreeSet::new();
    for (place, verdicts) in found {
        for (path, ways) in verdicts {
            let was = before.get(place).and_then(|verdicts| verdicts.get(path));
            if !ways.is_empty() && was.is_none_or(Vec::is_empty) {
                opened.insert((*path).to_owned());
            }
        }
    }
    opened
}

#[test]
fn every_hole_is_noticed() {
    let mut wrong = Vec::new();
    let mut noticed: BTreeSet<String> = BTreeSet::new();
    for hole in HOLES {
        let mut source = Source::of(hole.file);
        let before = walk(&source.world());
        for edit in hole.edits {
            source.text = edit.apply(&source.text);
        }
        let found = opened(&before, &walk(&source.world()));
        let meant: BTreeSet<String> = hole.opens.iter().map(|path| (*path).to_owned()).collect();
        if found != meant {
            wrong.push(format!("{:?} opens {found:?}, not {meant:?}", hole.edits));
        }
        noticed.extend(found);
    }
    for row in table() {
        let closed = [row.unbounded, row.bounded].contains(&Verdict::Closed);
        if closed && !noticed.contains(&row.path) {
            wrong.push(format!("no hole opens {}", row.path));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
