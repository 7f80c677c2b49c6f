//! The rows about code that runs with a role: E4, E5, and E6.
//!
//! In: a principal. Out: the paths that are open for certain. Refuses nothing.

use std::collections::BTreeSet;

use crate::lint::escalation::calls::{call, first, is_example, plain};
use crate::lint::escalation::examples::{Examples, literal, regional};
use crate::lint::escalation::path::PathReach::{Any, Named};
use crate::lint::escalation::path::{ChainStep, EscalationPath};
use crate::lint::escalation::rows::common::{
    BUCKETS, CodeRunner, FUNCTIONS, INSTANCES, MACHINES, PROJECTS, ROLES, STACKS, created_role,
    path,
};
use crate::lint::escalation::rows::listed::{CHANGES, OTHER_RUNNERS};
use crate::lint::escalation::walker::Walker;
use crate::template::resolve::OWN;
use crate::template::symbol::Symbol;

const SCHEDULES: Examples = Examples {
    end: "/anything",
    ..regional("scheduler", "schedule/")
};
const PIPES: Examples = regional("pipes", "pipe/");
const STREAMS: Examples = regional("firehose", "deliverystream/");
const JOBS: Examples = regional("glue", "job/");
const TASKS: Examples = Examples {
    end: ":1",
    ..regional("ecs", "task-definition/")
};
const SERVICES: Examples = Examples {
    end: "/anything",
    ..regional("ecs", "service/")
};
const TRIGGERS: Examples = regional("glue", "trigger/");

const RUNNERS: &[CodeRunner] = &[
    CodeRunner {
        service: "lambda.amazonaws.com",
        words: "its code",
        calls: &[
            &[call("lambda:CreateFunction", &FUNCTIONS)],
            &[
                call("lambda:InvokeFunction", &FUNCTIONS),
                call("lambda:InvokeAsync", &FUNCTIONS),
                plain("lambda:CreateEventSourceMapping"),
                call("lambda:AddPermission", &FUNCTIONS),
            ],
        ],
    },
    CodeRunner {
        service: "states.amazonaws.com",
        words: "its state machine",
        calls: &[
            &[call("states:CreateStateMachine", &MACHINES)],
            &[
                call("states:StartExecution", &MACHINES),
                call("states:StartSyncExecution", &MACHINES),
            ],
        ],
    },
    CodeRunner {
        service: "scheduler.amazonaws.com",
        words: "its schedule",
        calls: &[&[call("scheduler:CreateSchedule", &SCHEDULES)]],
    },
    CodeRunner {
        service: "appsync.amazonaws.com",
        words: "its data source",
        calls: &[
            &[plain("appsync:CreateGraphqlApi")],
            &[plain("appsync:CreateDataSource")],
        ],
    },
    CodeRunner {
        service: "pipes.amazonaws.com",
        words: "its pipe",
        calls: &[&[call("pipes:CreatePipe", &PIPES)]],
    },
    CodeRunner {
        service: "firehose.amazonaws.com",
        words: "its delivery stream",
        calls: &[&[call("firehose:CreateDeliveryStream", &STREAMS)]],
    },
    CodeRunner {
        service: "ec2.amazonaws.com",
        words: "its instance",
        calls: &[&[
            call("ec2:RunInstances", &INSTANCES),
            call("ec2:RequestSpotInstances", &INSTANCES),
        ]],
    },
    CodeRunner {
        service: "codebuild.amazonaws.com",
        words: "its build",
        calls: &[
            &[call("codebuild:CreateProject", &PROJECTS)],
            &[
                call("codebuild:StartBuild", &PROJECTS),
                call("codebuild:StartBuildBatch", &PROJECTS),
            ],
        ],
    },
    CodeRunner {
        service: "ecs-tasks.amazonaws.com",
        words: "its container",
        calls: &[
            &[call("ecs:RegisterTaskDefinition", &TASKS)],
            &[
                call("ecs:RunTask", &TASKS),
                call("ecs:StartTask", &TASKS),
                call("ecs:CreateService", &SERVICES),
            ],
        ],
    },
    CodeRunner {
        service: "glue.amazonaws.com",
        words: "its job",
        calls: &[
            &[call("glue:CreateJob", &JOBS)],
            &[
                call("glue:StartJobRun", &JOBS),
                call("glue:CreateTrigger", &TRIGGERS),
            ],
        ],
    },
    CodeRunner {
        service: "cloudformation.amazonaws.com",
        words: "its stack",
        calls: &[&[call("cloudformation:CreateStack", &STACKS)]],
    },
];

impl CodeRunner {
    /// The steps that make it run.
    fn runs(&self, walker: &Walker<'_>) -> Option<Vec<ChainStep>> {
        self.calls
            .iter()
            .map(|calls| first(walker, calls))
            .collect()
    }

    /// `iam:PassRole` of this role to the service.
    fn passes(&self, walker: &Walker<'_>, role: &[Symbol]) -> Option<ChainStep> {
        let key = ("iam:passedtoservice", Some(self.service));
        walker.step("iam:PassRole", role, &[key])
    }
}

/// Services that deploy: whoever gives them the role of an administrator means to.
const DEPLOYING: &[&str] = &["cloudformation.amazonaws.com", "codebuild.amazonaws.com"];

/// Whether a service runs the code of an app with the roles that it is passed.
pub(in crate::lint) fn runs_code(service: &str) -> bool {
    let mut runners = RUNNERS.iter().chain(OTHER_RUNNERS);
    !DEPLOYING.contains(&service) && runners.any(|runner| runner.service == service)
}

/// Code with a role of its making (E4), or with one of others (E6): the first service that runs it.
pub(super) fn with_role(walker: &Walker<'_>) -> Option<EscalationPath> {
    let passed = walker.examples("iam:PassRole", &ROLES);
    let any = ROLES.any();
    if passed.len() == 1 && !walker.may_any(&["iam:PassRole"]) {
        return None;
    }
    let is_bounded = walker.who.permissions.boundary.is_some();
    let created = created_role(walker).filter(|_| !is_bounded);
    let running = RUNNERS
        .iter()
        .chain(OTHER_RUNNERS)
        .filter_map(|runner| Some((runner, runner.runs(walker)?)));
    let running: Vec<(&CodeRunner, Vec<ChainStep>)> = running.collect();
    if let Some((role, steps)) = created {
        let found = running
            .iter()
            .find_map(|(runner, run)| Some((runner, runner.passes(walker, &role)?, run)));
        if let Some((runner, pass, run)) = found {
            let steps = [steps, vec![pass], run.clone()].concat();
            return Some(path("E4", Any, runner.with("a role of its making"), steps));
        }
    }
    // Who names each role means to pass it, unless that leads to everything.
    let (examples, named): (Vec<_>, Vec<_>) = passed
        .into_iter()
        .partition(|role| role == &any || is_example(role));
    let mut examples = examples.into_iter();
    let of_others = examples.find_map(|role| {
        let (runner, pass, run) = running
            .iter()
            .find_map(|(runner, run)| Some((runner, runner.passes(walker, &role)?, run)))?;
        let reach = if role == any { Any } else { Named };
        let steps = [vec![pass], run.clone()].concat();
        Some(path("E6", reach, runner.with("roles of others"), steps))
    });
    of_others.or_else(|| {
        let mut named = named.into_iter();
        named.find_map(|role| {
            let services = administrator(walker, &role)?;
            let mut running = running.iter();
            let (runner, pass, run) = running.find_map(|(runner, run)| {
                let is_trusted = services.contains(runner.service);
                is_trusted.then(|| Some((runner, runner.passes(walker, &role)?, run)))?
            })?;
            let steps = [vec![pass], run.clone()].concat();
            let words = runner.with("a role of this template that may do everything");
            Some(path("E6", Any, words, steps))
        })
    })
}

/// The services that a role of the template trusts, if it may do everything.
fn administrator<'run>(walker: &Walker<'run>, role: &[Symbol]) -> Option<&'run BTreeSet<String>> {
    let policies = walker.policies;
    let mut principals = policies.principals.iter();
    let other = principals.find(|other| other.arn == role)?;
    let next = Walker::of(policies, other)?;
    let is_near = next.own.is_near(walker.own);
    (is_near && next.is_administrator()).then_some(&other.services)
}

impl CodeRunner {
    fn with(&self, roles: &str) -> String {
        format!("{} runs with {roles}", self.words)
    }
}

/// Code of others, which is changed (E5), in every way.
pub(super) fn of_others(walker: &Walker<'_>) -> Vec<EscalationPath> {
    let changed = CHANGES.iter().filter_map(|(calls, words)| {
        let (call, others) = calls.split_first()?;
        // Nearly every principal may make none of these calls about anything.
        let may = calls.iter().all(|call| walker.may_any(&[call.action]));
        let step = may.then(|| call.of_others(walker)).flatten()?;
        let reach = if call.is_of_any(&step.target) {
            Any
        } else {
            Named
        };
        let others = others.iter().map(|call| call.of_others(walker));
        let others: Vec<ChainStep> = others.collect::<Option<_>>()?;
        let steps = [vec![step], others].concat();
        Some(path("E5", reach, *words, steps))
    });
    changed.chain(packages(walker)).collect()
}

/// Packages in the buckets that frameworks share.
fn packages(walker: &Walker<'_>) -> Option<EscalationPath> {
    let buckets = [
        format!("cdk-hnb659fds-assets-{OWN}-us-east-1"),
        "aws-sam-cli-managed-default-samclisourcebucket-anything".to_owned(),
        "serverless-framework-deployments-us-east-1-anything".to_owned(),
    ];
    // Who may write to each bucket is not after these.
    let named = walker.examples("s3:PutObject", &BUCKETS);
    let is_shared = |text: &str| buckets.iter().any(|bucket| bucket.starts_with(text));
    let mut named = named.iter().filter_map(|symbols| {
        let chars = symbols.iter().skip(literal("arn:aws:s3:::").len());
        let name = chars.map_while(|symbol| match symbol {
            Symbol::Char(c) => Some(*c),
            _ => None,
        });
        let name: String = name.collect();
        let name = name.split("anything").next()?.split('/').next()?.to_owned();
        (!name.is_empty()).then_some(name)
    });
    named.find(|name| is_shared(name))?;
    let mut steps = buckets.iter().filter_map(|bucket| {
        let package = literal(&format!("arn:aws:s3:::{bucket}/anything"));
        walker.step("s3:PutObject", &package, &[])
    });
    let words = "it replaces packages of other apps, before they are deployed";
    Some(path("E5", Named, words, vec![steps.next()?]))
}
