//! Calls about code that runs with a role, from public lists of escalations: for E5 and E6.
//!
//! In: nothing. Out: calls. Refuses nothing.

use crate::lint::escalation::calls::{PathCall, call, plain};
use crate::lint::escalation::examples::{Examples, regional};
use crate::lint::escalation::rows::common::{
    CodeRunner, FUNCTIONS, INSTANCES, MACHINES, PROJECTS, STACKS,
};

const CONTAINERS: Examples = Examples {
    end: "/anything",
    ..regional("ecs", "task/")
};
const CLUSTERS: Examples = regional("ecs", "cluster/");
const ENDPOINTS: Examples = regional("glue", "devEndpoint/");
const SESSIONS: Examples = regional("glue", "session/");
const APPS: Examples = Examples {
    end: "/anything",
    ..regional("apprunner", "service/")
};
const DEFINITIONS: Examples = regional("batch", "job-definition/");
const QUEUES: Examples = regional("batch", "job-queue/");
const INTERPRETERS: Examples = regional("bedrock-agentcore", "code-interpreter-custom/");
const NOTEBOOKS: Examples = regional("sagemaker", "notebook-instance/");
const TRAINING: Examples = regional("sagemaker", "training-job/");
const PROCESSING: Examples = regional("sagemaker", "processing-job/");
const PIPELINES: Examples = regional("datapipeline", "pipeline/");
const APPLICATIONS: Examples = regional("emr-serverless", "/applications/");
const STREAMED: Examples = regional("kinesisanalytics", "application/");
const DOCUMENTS: Examples = regional("ssm", "document/");
const AUTOMATIONS: Examples = Examples {
    end: ":1",
    ..regional("ssm", "automation-definition/")
};
const GROUPS: Examples = Examples {
    end: "/anything",
    ..regional("codedeploy", "deploymentgroup:")
};

/// A service that runs code, with its words and the calls that make it run.
const fn runner(
    service: &'static str,
    words: &'static str,
    calls: &'static [&'static [PathCall]],
) -> CodeRunner {
    CodeRunner {
        service,
        words,
        calls,
    }
}

/// Services that apps rarely have, each with the id of its path in the list of Datadog's `pathfinding.cloud` (the folder
/// `data/paths/aws` of the repository `DataDog/pathfinding.cloud`; read in November 2026), or with the page of AWS
/// that says what the calls do.
pub(super) const OTHER_RUNNERS: &[CodeRunner] = &[
    // cloudformation-002 and -005, with a role that is passed
    runner(
        "cloudformation.amazonaws.com",
        "a stack",
        &[&[call("cloudformation:UpdateStack", &STACKS)]],
    ),
    runner(
        "cloudformation.amazonaws.com",
        "a stack",
        &[
            &[call("cloudformation:CreateChangeSet", &STACKS)],
            &[call("cloudformation:ExecuteChangeSet", &STACKS)],
        ],
    ),
    // "Actions, resources, and condition keys for Amazon EC2" of the Service Authorization Reference: both depend on
    // `iam:PassRole`
    runner(
        "ec2.amazonaws.com",
        "an instance",
        &[&[
            call("ec2:AssociateIamInstanceProfile", &INSTANCES),
            call("ec2:ReplaceIamInstanceProfileAssociation", &INSTANCES),
        ]],
    ),
    // apprunner-001
    runner(
        "tasks.apprunner.amazonaws.com",
        "its service",
        &[&[call("apprunner:CreateService", &APPS)]],
    ),
    // batch-001: a job is about its definition and its queue
    runner(
        "ecs-tasks.amazonaws.com",
        "its job",
        &[
            &[call("batch:RegisterJobDefinition", &DEFINITIONS)],
            &[call("batch:SubmitJob", &DEFINITIONS)],
            &[call("batch:SubmitJob", &QUEUES)],
        ],
    ),
    // bedrock-001
    runner(
        "bedrock-agentcore.amazonaws.com",
        "its code",
        &[
            &[plain("bedrock-agentcore:CreateCodeInterpreter")],
            &[call(
                "bedrock-agentcore:StartCodeInterpreterSession",
                &INTERPRETERS,
            )],
            &[call(
                "bedrock-agentcore:InvokeCodeInterpreter",
                &INTERPRETERS,
            )],
        ],
    ),
    // sagemaker-001, and -002 and -003
    runner(
        "sagemaker.amazonaws.com",
        "its notebook",
        &[
            &[call("sagemaker:CreateNotebookInstance", &NOTEBOOKS)],
            &[call(
                "sagemaker:CreatePresignedNotebookInstanceUrl",
                &NOTEBOOKS,
            )],
        ],
    ),
    runner(
        "sagemaker.amazonaws.com",
        "its job",
        &[&[
            call("sagemaker:CreateTrainingJob", &TRAINING),
            call("sagemaker:CreateProcessingJob", &PROCESSING),
        ]],
    ),
    // glue-001 and -007
    runner(
        "glue.amazonaws.com",
        "its endpoint",
        &[&[plain("glue:CreateDevEndpoint")]],
    ),
    runner(
        "glue.amazonaws.com",
        "its session",
        &[
            &[call("glue:CreateSession", &SESSIONS)],
            &[call("glue:RunStatement", &SESSIONS)],
        ],
    ),
    // datapipeline-001
    runner(
        "datapipeline.amazonaws.com",
        "its pipeline",
        &[
            &[plain("datapipeline:CreatePipeline")],
            &[call("datapipeline:PutPipelineDefinition", &PIPELINES)],
            &[call("datapipeline:ActivatePipeline", &PIPELINES)],
        ],
    ),
    // emrserverless-001
    runner(
        "emr-serverless.amazonaws.com",
        "its job",
        &[
            &[plain("emr-serverless:CreateApplication")],
            &[call("emr-serverless:StartJobRun", &APPLICATIONS)],
        ],
    ),
    // kinesisanalytics-001
    runner(
        "kinesisanalytics.amazonaws.com",
        "its application",
        &[
            &[plain("kinesisanalytics:CreateApplication")],
            &[call("kinesisanalytics:StartApplication", &STREAMED)],
        ],
    ),
    // ssm-003
    runner(
        "ssm.amazonaws.com",
        "its automation",
        &[
            &[call("ssm:CreateDocument", &DOCUMENTS)],
            &[call("ssm:StartAutomationExecution", &AUTOMATIONS)],
        ],
    ),
];

/// Calls that run code with the roles of others, all of which it takes, and what they do; from
/// `pathfinding.cloud`, if there is a path.
pub(super) const CHANGES: &[(&[PathCall], &str)] = &[
    // lambda-003
    (
        &[call("lambda:UpdateFunctionCode", &FUNCTIONS)],
        "it changes the code of functions, which runs with their roles",
    ),
    // stepfunctions-002: whatever starts it does
    (
        &[call("states:UpdateStateMachine", &MACHINES)],
        "it changes state machines, which run with their roles",
    ),
    // codedeploy-001
    (
        &[call("codedeploy:CreateDeployment", &GROUPS)],
        "it runs scripts on instances, with their roles",
    ),
    // ssm-002
    (
        &[call("ssm:SendCommand", &INSTANCES)],
        "it runs commands on instances, with their roles",
    ),
    // "UpdateFunctionConfiguration" of the AWS Lambda API Reference: `Layers`, which functions run with their own code
    (
        &[call("lambda:UpdateFunctionConfiguration", &FUNCTIONS)],
        "it adds layers to functions, whose code runs with their roles",
    ),
    // codebuild-002 and -003
    (
        &[call("codebuild:StartBuild", &PROJECTS)],
        "it starts builds with commands of its own, with their roles",
    ),
    (
        &[call("codebuild:StartBuildBatch", &PROJECTS)],
        "it starts builds with commands of its own, with their roles",
    ),
    // ssm-001
    (
        &[call("ssm:StartSession", &INSTANCES)],
        "it opens shells on instances, with their roles",
    ),
    // ec2-003
    (
        &[call("ec2-instance-connect:SendSSHPublicKey", &INSTANCES)],
        "it signs in to instances, with their roles",
    ),
    // ec2-002
    (
        &[
            call("ec2:ModifyInstanceAttribute", &INSTANCES),
            call("ec2:StopInstances", &INSTANCES),
            call("ec2:StartInstances", &INSTANCES),
        ],
        "it changes what instances run when they start, with their roles",
    ),
    // ecs-006: a command is about the task and its cluster
    (
        &[
            call("ecs:ExecuteCommand", &CONTAINERS),
            call("ecs:ExecuteCommand", &CLUSTERS),
        ],
        "it runs commands in containers, with their roles",
    ),
    // apprunner-002
    (
        &[call("apprunner:UpdateService", &APPS)],
        "it changes the code of services, which runs with their roles",
    ),
    // bedrock-002
    (
        &[
            call("bedrock-agentcore:InvokeCodeInterpreter", &INTERPRETERS),
            call(
                "bedrock-agentcore:StartCodeInterpreterSession",
                &INTERPRETERS,
            ),
        ],
        "it runs code in interpreters, with their roles",
    ),
    // sagemaker-004
    (
        &[call(
            "sagemaker:CreatePresignedNotebookInstanceUrl",
            &NOTEBOOKS,
        )],
        "it opens notebooks, which run with their roles",
    ),
    // glue-002
    (
        &[call("glue:UpdateDevEndpoint", &ENDPOINTS)],
        "it signs in to endpoints, with their roles",
    ),
];
