//! Holes put into a generated file on purpose, each with the paths that it opens.

/// A hole.
pub(crate) struct Hole {
    /// Which file it is put into.
    pub(crate) file: File,
    pub(crate) edits: &'static [Edit],
    /// The paths that are then open and were not before: these and no others.
    pub(crate) opens: &'static [&'static str],
}

/// A file without holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum File {
    /// `org/roles.yml`, as the README shows it.
    Example,
    /// A golden case.
    Golden(&'static str),
    /// A file beside this one.
    Own(&'static str),
}

/// A change of the text, made wherever it fits, and at least once.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    /// Leaves out the statement of this Sid.
    Drop(&'static str),
    /// Leaves out the condition of the statement of this Sid.
    DropCondition(&'static str),
    /// Puts a statement before that of a Sid.
    Add(&'static str, &'static str),
    /// Puts other text in the place of some.
    Replace(&'static str, &'static str),
}

const EVERYTHING: &str = "{ Sid: Hole, Effect: Allow, Action: '*', Resource: '*' }";
const ALL_OF_IAM: &str = "{ Sid: Hole, Effect: Allow, Action: 'iam:*', Resource: '*' }";

pub(crate) const HOLES: &[Hole] = &[
    // The guard.
    Hole {
        file: File::Example,
        edits: &[Edit::Drop("DenyOwnRoles")],
        opens: &["E1", "E13", "E2", "E6 deploy", "E7 deploy"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Replace(
            "${AWS::AccountId}:role/bookshop-DeployerRole'",
            "${AWS::AccountId}:role/x'",
        )],
        opens: &["E13", "E2", "E6 deploy", "E7 deploy"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Replace(
            "iam:DetachRolePolicy\n                  - iam:UpdateAssumeRolePolicy\n",
            "iam:DetachRolePolicy\n",
        )],
        opens: &["E13"],
    },
    // Policies of an author that allow too much: the guard holds.
    Hole {
        file: File::Example,
        edits: &[Edit::Add("DenyOwnRoles", ALL_OF_IAM)],
        opens: &["E11 policies", "E15", "E15 policies", "E6 app"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Add("DenyOwnRoles", EVERYTHING)],
        opens: &[
            "E11 policies",
            "E15",
            "E15 policies",
            "E4 appsync",
            "E4 firehose",
            "E4 pipes",
            "E4 scheduler",
            "E4 states",
            "E5 instances",
            "E5 other",
            "E6 app",
            "E8 delegation",
            "E8 events",
            "E8 groups",
            "E8 kinesis",
            "E8 kms",
            "E8 other",
            "E8 pools",
            "E8 records",
            "E8 secrets",
            "E8 sns",
            "E8 taken",
            "E8 url",
            "E8 wafv2",
            "E9 named",
        ],
    },
    // The same without the guard.
    Hole {
        file: File::Example,
        edits: &[
            Edit::Add("DenyOwnRoles", ALL_OF_IAM),
            Edit::Drop("DenyBoundaryEdit"),
        ],
        opens: &["E11 policies", "E14", "E15", "E15 policies", "E6 app"],
    },
    // The boundary has the name of a policy of the app.
    Hole {
        file: File::Golden("services-managed-policies"),
        edits: &[Edit::Drop("DenyBoundaryEdit")],
        opens: &["E14"],
    },
    Hole {
        file: File::Golden("services-managed-policies"),
        edits: &[Edit::Replace("policy/wiki-*", "policy/*")],
        opens: &["E15"],
    },
    // Conditions.
    Hole {
        file: File::Example,
        edits: &[Edit::DropCondition("PassAppRoles")],
        opens: &["E6 app"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::DropCondition("PassExecutionRole")],
        opens: &["E6 CI"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::DropCondition("ChangeStacks")],
        opens: &["E10", "E10 SAM", "E10 delete"],
    },
    Hole {
        file: File::Golden("framework-sam"),
        edits: &[Edit::DropCondition("DeleteStacks")],
        opens: &["E10"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Drop("GuardRoleStacks")],
        opens: &["E9 named"],
    },
    Hole {
        file: File::Golden("all-services-with-all-options"),
        edits: &[Edit::DropCondition("LambdaUrls")],
        opens: &["E8 url"],
    },
    Hole {
        file: File::Golden("services-cognito"),
        edits: &[Edit::DropCondition("UserPools")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-cognito-options"),
        edits: &[Edit::DropCondition("UserPoolGroups")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-cognito-options"),
        edits: &[Edit::DropCondition("UserPoolIdentityProviders")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-cognito-options"),
        edits: &[Edit::DropCondition("UserPoolResourceServers")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-cognito-options"),
        edits: &[Edit::DropCondition("UserPoolBranding")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-cognito-options"),
        edits: &[Edit::DropCondition("UserPoolRisk")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-security-groups"),
        edits: &[Edit::DropCondition("SecurityGroups")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-certificates"),
        edits: &[Edit::DropCondition("Certificates")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-appsync"),
        edits: &[Edit::DropCondition("GraphqlApis")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("services-route53"),
        edits: &[Edit::DropCondition("DnsRecords")],
        opens: &["E8 delegation"],
    },
    Hole {
        file: File::Golden("test-role-of-states-and-cognito"),
        edits: &[Edit::DropCondition("TestUsers")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("framework-sam-resolve-s3"),
        edits: &[Edit::DropCondition("CreateSamManagedStack")],
        opens: &["E10", "E10 other"],
    },
    Hole {
        file: File::Golden("framework-sam-resolve-s3"),
        edits: &[Edit::DropCondition("FinishSamManagedStack")],
        opens: &["E10 other"],
    },
    Hole {
        file: File::Golden("framework-sam-resolve-s3"),
        edits: &[Edit::DropCondition("MakeSamManagedBucket")],
        opens: &["E8 other"],
    },
    Hole {
        file: File::Golden("framework-sam-resolve-image-repos"),
        edits: &[Edit::DropCondition("CompanionStack")],
        opens: &["E10"],
    },
    Hole {
        file: File::Golden("framework-sam-resolve-image-repos"),
        edits: &[Edit::DropCondition("MakeCompanionRepositories")],
        opens: &["E8 other"],
    },
    // Names.
    Hole {
        file: File::Example,
        edits: &[Edit::Replace("function:bookshop-*", "function:*")],
        opens: &["E5 other", "E8 other"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Replace("stack/bookshop-*/*", "stack/*/*")],
        opens: &["E10 other"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Replace("role/bookshop-*", "role/*")],
        opens: &["E15"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Replace(
            "lambda:GetFunction\n",
            "lambda:UpdateFunctionCode\n",
        )],
        opens: &["E5 CI"],
    },
    // CI itself.
    Hole {
        file: File::Example,
        edits: &[Edit::Add("PassExecutionRole", ALL_OF_IAM)],
        opens: &["E16", "E6 CI"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Add("AssumeDeployRoles", EVERYTHING)],
        opens: &["E16", "T3"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Replace(
            "${ProdAccount}:role/bookshop-DeployerRole",
            "*:role/bookshop-DeployerRole",
        )],
        opens: &["T3"],
    },
    // Trust.
    Hole {
        file: File::Example,
        edits: &[Edit::Replace(
            " Service: cloudformation.amazonaws.com",
            " Service: [cloudformation.amazonaws.com, lambda.amazonaws.com]",
        )],
        opens: &["T1"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::DropCondition("TrustCodeBuild")],
        opens: &["T2"],
    },
    Hole {
        file: File::Example,
        edits: &[Edit::Add(
            "TrustPrincipals",
            "{ Sid: Hole, Effect: Allow, Principal: { AWS: '*' }, Action: [sts:AssumeRole, sts:TagSession] }",
        )],
        opens: &["T2"],
    },
    Hole {
        file: File::Golden("trust-shape-condition"),
        edits: &[Edit::Replace("user/app-GitHubActionsUser'", "user/*'")],
        opens: &["T2"],
    },
    Hole {
        file: File::Golden("trust-shape-condition"),
        edits: &[Edit::DropCondition("TrustPrincipalsByArn")],
        opens: &["T4"],
    },
    // A role that CI comes from, in an account that is deployed to, and named like the app's.
    Hole {
        file: File::Example,
        edits: &[Edit::Replace(
            "${ToolsAccount}:user/bookshop-GitHubActionsUser'",
            "${DevAccount}:role/bookshop-release'",
        )],
        opens: &["T3", "T7", "T8"],
    },
    // Tokens.
    Hole {
        file: File::Own("web-identity.yml"),
        edits: &[Edit::DropCondition("TrustGitHubDev")],
        opens: &["T5", "T6"],
    },
    // What is left is a pattern that other owners' names match as well.
    Hole {
        file: File::Own("web-identity.yml"),
        edits: &[Edit::Replace(
            "                token.actions.githubusercontent.com:repository_id: '4567'\n",
            "",
        )],
        opens: &["T5"],
    },
    Hole {
        file: File::Own("web-identity.yml"),
        edits: &[Edit::Replace("StringEquals:", "StringEqualsIfExists:")],
        opens: &["T5"],
    },
    Hole {
        file: File::Own("web-identity.yml"),
        edits: &[Edit::Replace(
            "${ProdAccount}:role/app-DeployerRole'",
            "${ProdAccount}:role/app-DeployerRole'\n          - { Sid: Hole, Effect: Allow, Action: 'sts:AssumeRole', Resource: '*' }",
        )],
        opens: &["T3"],
    },
    Hole {
        file: File::Golden("trusted-by-github-oidc"),
        edits: &[
            Edit::Replace("environment:dev", "environment:prod"),
            Edit::Replace(
                "environment:\n                  - dev",
                "environment:\n                  - prod",
            ),
        ],
        opens: &["T6"],
    },
    Hole {
        file: File::Golden("nested-stacks-with-a-path"),
        edits: &[Edit::Drop("KeepRoleStacks")],
        opens: &["E9 named"],
    },
    Hole {
        file: File::Golden("nested-stacks-with-a-path"),
        edits: &[
            Edit::Drop("DenyPassOwnRoles"),
            Edit::Add(
                "DenyOwnRoles",
                "{ Sid: Hole, Effect: Allow, Action: 'iam:PassRole', Resource: '*' }",
            ),
        ],
        opens: &["E15", "E6 app", "E6 deploy"],
    },
    // Without a role of its own: CloudFormation has the policies that nobody else has.
    Hole {
        file: File::Golden("framework-cdk"),
        edits: &[Edit::Drop("DenyOwnRoles")],
        opens: &["E13", "E2", "E6 deploy", "E7 deploy"],
    },
    // The boundary.
    Hole {
        file: File::Golden("permissions-boundary"),
        edits: &[Edit::Drop("DenyWithoutBoundary")],
        opens: &["B1", "E11 rights", "E3 administrator"],
    },
    Hole {
        file: File::Golden("permissions-boundary"),
        edits: &[
            Edit::DropCondition("ManageBoundedRoles"),
            Edit::Drop("DenyWithoutBoundary"),
        ],
        opens: &["B1", "E11 rights", "E3 administrator", "E4"],
    },
    Hole {
        file: File::Golden("permissions-boundary"),
        edits: &[Edit::Drop("DenyBoundaryRemoval")],
        opens: &["B1"],
    },
    Hole {
        file: File::Golden("permissions-boundary"),
        edits: &[Edit::Drop("BoundaryDenyAdmin")],
        opens: &["B2", "E3 administrator", "E4"],
    },
    Hole {
        file: File::Golden("permissions-boundary"),
        edits: &[Edit::Drop("BoundaryDenyDeployRoles")],
        opens: &["B2"],
    },
    Hole {
        file: File::Golden("permissions-boundary"),
        edits: &[Edit::Drop("BoundaryDenyStacks")],
        opens: &["B3"],
    },
    Hole {
        file: File::Golden("permissions-boundary"),
        edits: &[Edit::Drop("BoundaryDenyOtherCode")],
        opens: &["B3"],
    },
];

impl Edit {
    pub(crate) fn apply(&self, text: &str) -> String {
        let changed = match self {
            Edit::Replace(from, to) => text.replace(from, to),
            Edit::Drop(sid) => edited(text, sid, |_| Vec::new()),
            Edit::DropCondition(sid) => edited(text, sid, |statement| {
                let at = statement
                    .iter()
                    .position(|line| line.trim() == "Condition:")
                    .unwrap_or_else(|| panic!("{sid} has no condition"));
                let inside = indent(&statement[at]);
                let end = statement[at + 1..]
                    .iter()
                    .position(|line| indent(line) <= inside)
                    .map_or(statement.len(), |length| at + 1 + length);
                [&statement[..at], &statement[end..]].concat()
            }),
            Edit::Add(sid, added) => edited(text, sid, |statement| {
                let added = format!("{}- {added}", " ".repeat(indent(&statement[0])));
                [vec![added], statement.to_vec()].concat()
            }),
        };
        assert_ne!(changed, text, "{self:?} changes nothing");
        changed
    }
}

/// The text with every statement of one Sid changed.
fn edited(text: &str, sid: &str, change: impl Fn(&[String]) -> Vec<String>) -> String {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut edited = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].trim() == format!("- Sid: {sid}") {
            let own = indent(&lines[at]);
            let end = lines[at + 1..]
                .iter()
                .position(|line| indent(line) <= own)
                .map_or(lines.len(), |length| at + 1 + length);
            edited.extend(change(&lines[at..end]));
            at = end;
        } else {
            edited.push(lines[at].clone());
            at += 1;
        }
    }
    edited.join("\n")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
