"""The cases: an organization, a template in two versions, and who may become what: written by hand, not computed.

A role is named `Account/RoleName`. `reach` says of each principal every role that it may become, through every hop; what is
not listed must be refused.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MASTER = "102938475610"


@dataclass
class Account:
    name: str
    id: str
    tags: dict = field(default_factory=dict)
    given: bool = True  # whether the organization's file states the id, or OrgFormation makes the account


@dataclass
class User:
    account: str
    name: str


@dataclass
class Role:
    """A role that is there before, and may be assumed by its account."""

    account: str
    name: str


@dataclass
class Token:
    """A token of a CI system."""

    issuer: str
    claims: dict
    aud: str = "sts.amazonaws.com"


@dataclass
class Service:
    """A service that takes the role on for a resource of its own."""

    account: str
    role: str
    service: str
    source: str


@dataclass
class App:
    """An app, whose services `infer` writes into its macro."""

    macro: str
    id: str
    services: str  # what it writes
    without: tuple = ()  # a service and an action that is taken out of its partial: nothing can be deployed


@dataclass
class Version:
    template: str
    reach: list
    apps: list = field(default_factory=list)  # the AppIds
    holds: list = field(default_factory=list)  # Account/what must be there: roles, users, `policy:NAME`, `oidc:URL`
    lacks: list = field(default_factory=list)  # and what must not
    app: App = None  # the app that the roles then deploy
    refused: str = ""  # how CloudFormation refuses the version; what was there is there still
    first: list = field(default_factory=list)  # accounts that are deployed to before that
    verdict: str = ""  # how `diff` begins what it says of the deployment
    free: list = field(default_factory=list)  # users whose access keys are deleted first, by hand
    stays: list = field(default_factory=list)  # Account/user that no longer is in a stack, but stays
    accounts: dict = field(default_factory=dict)  # accounts that the organization calls otherwise from now on, old name to new
    by_hand: bool = False  # the template is deployed as it is, without deploy-roles
    in_place: bool = False  # what is there stays, with its id; so do access keys
    partials: list = field(default_factory=list)  # built-in partials that are changed: (name, text, other text)


@dataclass
class Case:
    name: str
    accounts: list
    versions: list
    organization: str = ""  # the text, where it is not made of `accounts`
    tasks: bool = False  # by perform-tasks, which expands by itself, or by update-stacks
    concurrent: tuple = (1, 10)  # each in a world of its own
    before: list = field(default_factory=list)  # users and roles that are there before
    policies: list = field(default_factory=list)  # managed policies that are there before: (account, path, name)
    waits: str = ""  # how deploy-roles refuses what the case needs, while it is not there yet
    sessions: int = 1000  # from how many of the sessions of a principal the next hop is tried


def organization(accounts, with_ids):
    text = "AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization:\n  Root:\n    Type: OC::ORG::OrganizationRoot\n    Properties:\n"
    text += "      DefaultOrganizationAccessRoleName: OrganizationAccountAccessRole\n"
    text += f"  Management:\n    Type: OC::ORG::MasterAccount\n    Properties: {{ AccountName: management, AccountId: '{MASTER}', RootEmail: m@example.com }}\n"
    for a in accounts:
        known = f"AccountId: '{a.id}', " if with_ids or a.given else ""
        tags = ", ".join(f"{k}: {v}" for k, v in a.tags.items())
        text += f"  {a.name}:\n    Type: OC::ORG::Account\n    Properties: {{ AccountName: {a.name}, {known}RootEmail: {a.name}@example.com, Tags: {{ {tags} }} }}\n"
    return text


HEAD = "AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization: !Include ./organization.yml\nDefaultOrganizationBindingRegion: eu-west-1\n\nResources:\n"


def change(text, *pairs):
    for before, after in pairs:
        assert len(re.findall(re.escape(before), text)) == 1, f"{before!r} is not there once"
        text = text.replace(before, after)
    return text


def deploys(app, *accounts, test=False):
    return {f"{a}/{app}-{kind}" for a in accounts for kind in ["DeployerRole"] + ["TestRole"] * test}


# ------------------------------------------------------------------------------------------------ the shipped example


def shipped():
    text = (ROOT / "org/roles.src.yml").read_text()
    organization = (ROOT / "org/organization.yml").read_text()
    found = re.findall(r"^  (\w+):\n    Type: OC::ORG::Account\n.*?AccountId: '(\d+)'", organization, re.S | re.M)
    bookshop = User("ToolsAccount", "bookshop-GitHubActionsUser")
    builds = Service("ToolsAccount", "payments-CodeBuildRole", "codebuild.amazonaws.com", "project/payments-build")
    test = deploys("payments", "DevAccount", "StagingAccount", test=True)
    prod = deploys("payments", "ProdAccount", "ProdLibrariesAccount")
    build_role = {"ToolsAccount/payments-CodeBuildRole"}
    first = Version(
        text,
        [(bookshop, deploys("bookshop", "DevAccount", "StagingAccount", "ProdAccount")), (builds, build_role | test | prod)],
        ["bookshop", "payments"],
        ["StagingAccount/bookshop-CloudFormationExecutionRole", "DevAccount/on-call"],
        ["SandboxAccount/bookshop-DeployerRole", "ProdAccount/payments-TestRole"],
    )
    # A service more, an account less, a trust more.
    changed = change(
        text,
        ("      staging: !Ref StagingAccount\n", ""),
        ("      - CodeBuild: [reports]\n", "      - CodeBuild: [reports]\n      - GitHubUser\n"),
        ("      - ssm\n", "      - ssm\n      - sns\n"),
    )
    second = Version(
        changed,
        [
            (bookshop, deploys("bookshop", "DevAccount", "ProdAccount")),
            (builds, build_role | test | prod),
            (User("ToolsAccount", "payments-GitHubActionsUser"), test | prod),
        ],
        ["bookshop", "payments"],
        ["StagingAccount/payments-DeployerRole"],
        ["StagingAccount/bookshop-DeployerRole", "StagingAccount/bookshop-CloudFormationExecutionRole"],
    )
    return Case("shipped", [Account(n, i) for n, i in found], [first, second], organization, tasks=True, concurrent=(10,))


# ------------------------------------------------------------------------------------------------ every trust

GITHUB = "token.actions.githubusercontent.com"
GITLAB = "gitlab.com"
BITBUCKET = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"
CIRCLE = "oidc.circleci.com/org/0aa11bb2-1234-4cde-9876-aabbccddeeff"
BUILDKITE = "agent.buildkite.com"

TRUSTS = """\
  Hub: !DeployRoles
    AppId: hub
    ToolsAccount: !Ref ToolsAccount
    Services: [logs, sqs]
    TestRole: true
    TrustedBy:
      - GitHubOidc: { Repository: acme/hub, RepositoryId: 456789, OwnerId: 123456, Provider: create }
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
  Direct: !DeployRoles
    AppId: direct
    Services: [logs]
    TestRole: true
    TrustedBy:
      - GitHubOidc: { Repository: acme/direct, RepositoryId: 99, OwnerId: 123456, Provider: create, Direct: true }
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
  Lab: !DeployRoles
    AppId: lab
    ToolsAccount: !Ref ToolsAccount
    Services: [logs]
    TrustedBy:
      - GitLabOidc: { Project: acme/lab, ProjectId: 7, Branches: { dev: develop, prod: main }, Provider: create }
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
  Bucket: !DeployRoles
    AppId: bucket
    ToolsAccount: !Ref ToolsAccount
    Services: [logs]
    TrustedBy:
      - BitbucketOidc:
          Workspace: acme
          WorkspaceId: 0aa11bb2-1234-4cde-9876-aabbccddeeff
          RepositoryId: 5ff66ee7-4321-4abc-8765-ffeeddccbbaa
          Environments: { dev: 11111111-aaaa-4bbb-8ccc-dddddddddddd, prod: 22222222-aaaa-4bbb-8ccc-dddddddddddd }
          Provider: create
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
  Circle: !DeployRoles
    AppId: circle
    ToolsAccount: !Ref ToolsAccount
    Services: [logs]
    TrustedBy:
      - CircleCiOidc:
          OrganizationId: 0aa11bb2-1234-4cde-9876-aabbccddeeff
          ProjectId: 5ff66ee7-4321-4abc-8765-ffeeddccbbaa
          Origin: github.com/acme/circle
          Branches: { dev: develop, prod: main }
          Provider: create
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
  Kite: !DeployRoles
    AppId: kite
    ToolsAccount: !Ref ToolsAccount
    Services: [logs]
    TrustedBy:
      - BuildkiteOidc: { Organization: acme, Pipeline: kite-deploy, Branches: { dev: develop, prod: main }, Provider: create }
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
  Built: !DeployRoles
    AppId: built
    ToolsAccount: !Ref ToolsAccount
    Services: [logs]
    TrustedBy: [CodeBuild]
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
  Used: !DeployRoles
    AppId: used
    ToolsAccount: !Ref ToolsAccount
    Services: [logs]
    TrustedBy: [GitHubUser]
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
  Known: !DeployRoles
    AppId: known
    Services: [logs]
    TrustedBy:
      - Principal: !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:role/company-ci'
      - Principal: !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/jenkins'
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
"""


def github(repository, number, environment):
    return Token(
        GITHUB,
        {
            "sub": f"repo:{repository}:environment:{environment}",
            "repository_id": str(number),
            "repository_owner_id": "123456",
            "environment": environment,
        },
    )


def gitlab(branch):
    claims = {"project_id": "7", "namespace_id": "8", "ref": branch, "ref_type": "branch", "ref_path": f"refs/heads/{branch}"}
    return Token(GITLAB, {"sub": f"project_path:acme/lab:ref_type:branch:ref:{branch}", **claims}, f"https://{GITLAB}")


def bitbucket(environment):
    step = "33333333-aaaa-4bbb-8ccc-dddddddddddd"
    repository = "5ff66ee7-4321-4abc-8765-ffeeddccbbaa"
    sub = f"{{{repository}}}:{{{environment}}}:{{{step}}}"
    audience = "ari:cloud:bitbucket::workspace/0aa11bb2-1234-4cde-9876-aabbccddeeff"
    claims = {"repositoryUuid": f"{{{repository}}}", "deploymentEnvironmentUuid": f"{{{environment}}}"}
    return Token(BITBUCKET, {"sub": sub, "workspaceUuid": "{0aa11bb2-1234-4cde-9876-aabbccddeeff}", **claims}, audience)


def circle(branch):
    organization, project = CIRCLE.split("/")[-1], "5ff66ee7-4321-4abc-8765-ffeeddccbbaa"
    origin = "github.com/acme/circle"
    sub = f"org/{organization}/project/{project}/user/44444444-aaaa-4bbb-8ccc-dddddddddddd/vcs-origin/{origin}/vcs-ref/refs/heads/{branch}"
    claims = {"oidc.circleci.com/project-id": project, "oidc.circleci.com/vcs-origin": origin, "oidc.circleci.com/vcs-ref": f"refs/heads/{branch}"}
    return Token(CIRCLE, {"sub": sub, **claims}, organization)


def buildkite(branch):
    sub = f"organization:acme:pipeline:kite-deploy:ref:refs/heads/{branch}:commit:{'a' * 40}:step:deploy"
    return Token(BUILDKITE, {"sub": sub, "organization_slug": "acme", "pipeline_slug": "kite-deploy", "build_branch": branch})


def by_stage(app, kind, token, dev, prod, test=False):
    """Two tokens, of which each becomes the role of its stage and what that reaches."""
    return [
        (token(dev), {f"ToolsAccount/{app}-{kind}-dev"} | deploys(app, "DevAccount", test=test)),
        (token(prod), {f"ToolsAccount/{app}-{kind}-prod"} | deploys(app, "ProdAccount", test=test)),
    ]


def trusts():
    accounts = [Account("ToolsAccount", "012345678901", given=False), Account("DevAccount", "210987654321", given=False), Account("ProdAccount", "098765432109", given=False)]
    both = ("DevAccount", "ProdAccount")

    def reach(hub_prod="prod"):
        found = by_stage("hub", "GitHubActionsRole", lambda e: github("acme/hub", 456789, e), "dev", hub_prod, test=True)
        found += [(github("acme/direct", 99, e), deploys("direct", a, test=True)) for e, a in zip(("dev", "prod"), both)]
        found += by_stage("lab", "GitLabRole", gitlab, "develop", "main")
        found += by_stage("bucket", "BitbucketRole", bitbucket, "11111111-aaaa-4bbb-8ccc-dddddddddddd", "22222222-aaaa-4bbb-8ccc-dddddddddddd")
        found += by_stage("circle", "CircleCiRole", circle, "develop", "main")
        found += by_stage("kite", "BuildkiteRole", buildkite, "develop", "main")
        return found + [
            (Service("ToolsAccount", "built-CodeBuildRole", "codebuild.amazonaws.com", "project/built-x"), {"ToolsAccount/built-CodeBuildRole"} | deploys("built", *both)),
            # The same service for a project of another name, and another service.
            (Service("ToolsAccount", "built-CodeBuildRole", "codebuild.amazonaws.com", "project/other"), set()),
            (Service("ToolsAccount", "built-CodeBuildRole", "lambda.amazonaws.com", "project/built-x"), set()),
            (User("ToolsAccount", "used-GitHubActionsUser"), deploys("used", *both)),
            (Role("ToolsAccount", "company-ci"), deploys("known", *both)),
            (User("ToolsAccount", "jenkins"), deploys("known", *both)),
            # Tokens of another repository, stage, branch, number or audience.
            (github("acme/other", 456789, "dev"), set()),
            (github("acme/hub", 456789, "staging"), set()),
            (github("acme/hub", 1, "dev"), set()),
            (Token(GITHUB, github("acme/hub", 456789, "dev").claims, "sigstore"), set()),
            (Token(GITHUB, {**github("acme/hub", 456789, "dev").claims, "repository_owner_id": "1"}), set()),
            (gitlab("feature"), set()),
            (Token("gitlab.example.com", gitlab("main").claims), set()),
            (bitbucket("55555555-aaaa-4bbb-8ccc-dddddddddddd"), set()),
            (circle("feature"), set()),
            (buildkite("feature"), set()),
        ]

    apps = ["hub", "direct", "lab", "bucket", "circle", "kite", "built", "used", "known"]
    providers = [f"ToolsAccount/oidc:{u}" for u in (GITHUB, GITLAB, BITBUCKET, CIRCLE, BUILDKITE)] + [f"{a}/oidc:{GITHUB}" for a in both]
    first = Version(HEAD + TRUSTS, reach(), apps, providers)
    # Another environment for production, a service more, and one way in less.
    text = change(
        HEAD + TRUSTS,
        ("OwnerId: 123456, Provider: create }", "OwnerId: 123456, Environments: { dev: dev, prod: live }, Provider: create }"),
        ("Services: [logs, sqs]", "Services: [logs, sqs, sns]"),
        ("      - Principal: !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/jenkins'\n", ""),
    )
    changed = [pair for pair in reach("live") if pair[0] != User("ToolsAccount", "jenkins")]
    changed += [(User("ToolsAccount", "jenkins"), set()), (github("acme/hub", 456789, "prod"), set())]
    second = Version(text, changed, apps, providers)
    return Case("trusts", accounts, [first, second], before=[Role("ToolsAccount", "company-ci"), User("ToolsAccount", "jenkins")])


# ------------------------------------------------------------------------------------------------ many accounts


def shards():
    many = [Account(f"Shop{n:03}Account", f"0000000{n:05}", {"shop": "'yes'"}) for n in range(100, 142)]
    tools = Account("ToolsAccount", "000000000007")
    text = HEAD + """\
  Chain: !DeployRoles
    AppId: chain-of-shops-with-a-very-long-name
    ToolsAccount: !Ref ToolsAccount
    Services: [sqs]
    TestRole: true
    Targets:
      shops: { AccountsWithTag: shop }
"""
    app = "chain-of-shops-with-a-very-long-name"
    user = User("ToolsAccount", f"{app}-GitHubActionsUser")
    names = [a.name for a in many]
    first = Version(text, [(user, deploys(app, *names, test=True))], [app], ["ToolsAccount/policies:2"])
    fewer = change(text, ("      shops: { AccountsWithTag: shop }\n", "      shops: { AccountsWithTag: shop, ExcludeAccount: !Ref Shop120Account }\n"))
    names = [name for name in names if name != "Shop120Account"]
    second = Version(fewer, [(user, deploys(app, *names, test=True))], [app], ["ToolsAccount/policies:2"], [f"Shop120Account/{app}-DeployerRole"])
    return Case("shards", [tools, *many], [first, second], concurrent=(10,), sessions=3)


# ------------------------------------------------------------------------------------------------ a small company


def small():
    # The Tools account is not the first: only the order that the roles ask for lets it be deployed first.
    accounts = [Account("DevAccount", "001234567890"), Account("ToolsAccount", "000000000012"), Account("ProdAccount", "012345678901")]
    text = HEAD + """\
  # The Tools account is deployed to, as well.
  Shop: !DeployRoles
    AppId: shop
    ToolsAccount: !Ref ToolsAccount
    Services: [lambda, logs, iam]
    PermissionsBoundary: true
    TestRole: true
    TrustedBy: [GitHubUser, CodeBuild]
    Path: /deploy/
    Targets: { tools: !Ref ToolsAccount, dev: !Ref DevAccount, prod: !Ref ProdAccount }
  # The same accounts, trust by condition, a boundary that is there already.
  Wiki: !DeployRoles
    AppId: wiki
    ToolsAccount: !Ref ToolsAccount
    Services: [lambda, iam]
    TrustShape: condition
    PermissionsBoundary: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/company/Boundary'
    Targets: { tools: !Ref ToolsAccount, dev: !Ref DevAccount, prod: !Ref ProdAccount }
"""
    shop = User("ToolsAccount", "shop-GitHubActionsUser")
    wiki = User("ToolsAccount", "wiki-GitHubActionsUser")
    builds = Service("ToolsAccount", "shop-CodeBuildRole", "codebuild.amazonaws.com", "project/shop-build")
    build_role = {"ToolsAccount/shop-CodeBuildRole"}
    every = ("ToolsAccount", "DevAccount", "ProdAccount")
    boundaries = [f"{a}/policy:shop-AppBoundary" for a in every]
    shops = deploys("shop", *every, test=True)
    first = Version(text, [(shop, shops), (builds, build_role | shops), (wiki, deploys("wiki", *every))], ["shop", "wiki"], boundaries)
    changed = change(
        text,
        ("    TrustedBy: [GitHubUser, CodeBuild]\n", "    TrustedBy: [CodeBuild]\n"),
        ("    Services: [lambda, iam]\n", "    Services: [lambda, iam, dynamodb]\n"),
        ("    Targets: { tools: !Ref ToolsAccount, dev: !Ref DevAccount, prod: !Ref ProdAccount }\n  # The same", "    Targets: { tools: !Ref ToolsAccount, dev: !Ref DevAccount }\n  # The same"),
    )
    fewer = deploys("shop", *every[:2], test=True)
    second = Version(
        changed,
        [(builds, build_role | fewer), (wiki, deploys("wiki", *every))],
        ["shop", "wiki"],
        boundaries[:2],
        ["ToolsAccount/shop-GitHubActionsUser", "ProdAccount/shop-DeployerRole", "ProdAccount/policy:shop-AppBoundary"],
        free=[shop],
    )
    return Case("small", accounts, [first, second], policies=[(a, "/company/", "Boundary") for a in every])


# ------------------------------------------------------------------------------------------------ one group for many accounts


def bindings():
    accounts = [Account("ToolsAccount", "000000000012")] + [Account(f"App{n}Account", f"00000000010{n}", {"stage": "dev"}) for n in range(1, 4)] + [Account("ProdAccount", "012345678901")]
    text = HEAD + """\
  Bound: !DeployRoles
    AppId: bound
    ToolsAccount: !Ref ToolsAccount
    Layout: per-binding
    Services: [lambda, logs]
    TestRole: true
    Targets:
      dev: { AccountsWithTag: stage }
      prod: { Account: !Ref ProdAccount, Deny: ['lambda:DeleteFunction'] }
"""
    user = User("ToolsAccount", "bound-GitHubActionsUser")
    every = ["App1Account", "App2Account", "App3Account", "ProdAccount"]
    first = Version(text, [(user, deploys("bound", *every, test=True))], ["bound"])
    changed = change(text, ("{ AccountsWithTag: stage }", "{ AccountsWithTag: stage, ExcludeAccount: !Ref App2Account }"), ("[lambda, logs]", "[lambda, logs, sns]"))
    every.remove("App2Account")
    second = Version(changed, [(user, deploys("bound", *every, test=True))], ["bound"], [], ["App2Account/bound-DeployerRole"])
    return Case("bindings", accounts, [first, second], concurrent=(10,), waits="`Layout: per-binding` is not implemented")


# ------------------------------------------------------------------------------------------------ an app


def app():
    accounts = [Account("ToolsAccount", "000000000012"), Account("DevAccount", "012345678901")]
    text = HEAD + """\
  Bookshop: !DeployRoles
    AppId: bookshop
    ToolsAccount: !Ref ToolsAccount
    Targets: { dev: !Ref DevAccount }
"""
    user = User("ToolsAccount", "bookshop-GitHubActionsUser")
    services = "[lambda: eventSource, logs, iam, sns, dynamodb, sqs]"
    first = Version(text, [(user, deploys("bookshop", "DevAccount"))], ["bookshop"], app=App("Bookshop", "bookshop", services))
    own = change(text, ("Resources:\n", "Definitions:\n  DeployRoles:\n    Partials: ./partials\n\nResources:\n"), ("    AppId: bookshop\n", f"    AppId: bookshop\n    Services: {services}\n"))
    without = App("Bookshop", "bookshop", services, without=("sqs", "sqs:CreateQueue"))
    second = Version(own, [(user, deploys("bookshop", "DevAccount"))], ["bookshop"], app=without)
    return Case("app", accounts, [first, second], concurrent=(10,))


# ------------------------------------------------------------------------------------------------ what CloudFormation refuses


def renames():
    accounts = [Account("ToolsAccount", "000000000012"), Account("DevAccount", "001234567890"), Account("ProdAccount", "012345678901")]
    macro = """\
  Shop: !DeployRoles
    AppId: shop
    ToolsAccount: !Ref ToolsAccount
    Services: [sqs, logs]
    PermissionsBoundary: true
    TrustedBy: [GitHubUser]
    Targets: { dev: !Ref DevAccount, prod: !Ref ProdAccount }
"""
    text = HEAD + macro
    user = User("ToolsAccount", "shop-GitHubActionsUser")
    both = [(user, deploys("shop", "DevAccount", "ProdAccount"))]
    builds = Service("ToolsAccount", "shop-CodeBuildRole", "codebuild.amazonaws.com", "project/shop-build")
    taken, replaced = "already exists in stack arn:aws:cloudformation:", "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename "
    refuses = "CloudFormation refuses this"
    store = change(text, ("  Shop: !", "  Store: !"))
    kept = change(store, ("    AppId: shop\n", "    AppId: shop\n    LogicalIds: { 'Store*': 'Shop*' }\n"))
    renamed = change(kept, ("!Ref DevAccount", "!Ref DevelopmentAccount"))
    both_kept = change(renamed, ("{ 'Store*': 'Shop*' }", "{ 'Store*': 'Shop*', 'StoreDevelopmentAccount*': 'ShopDevAccount*' }"))
    bound = change(renamed, ("    AppId: shop\n", "    AppId: shop\n    Layout: per-binding\n"))
    nobody = change(bound, ("{ dev: !Ref DevelopmentAccount, prod: !Ref ProdAccount }", "{ none: { Account: !Ref ToolsAccount, Services: [] } }"))
    after = [(user, deploys("shop", "DevelopmentAccount", "ProdAccount"))]
    versions = [
        Version(text, both, ["shop"]),
        # The macro has another name.
        Version(store, [], refused=taken, verdict=refuses),
        Version(kept, both, ["shop"], verdict="nothing refused", in_place=True),
        # The account is the same, and has another name from now on.
        Version(renamed, [], refused=taken, accounts={"DevAccount": "DevelopmentAccount"}, verdict=refuses),
        Version(both_kept, after, ["shop"], verdict="nothing refused", in_place=True),
        # The Tools account, which is deployed to first, takes the new ARNs before the others refuse.
        Version(change(both_kept, ("    AppId: shop\n", "    AppId: shop\n    Path: /deploy/\n")), [], refused=replaced, first=["ToolsAccount"], verdict=refuses),
        # Another layout needs two deployments.
        Version(bound, [], refused=taken, first=["ToolsAccount"], verdict=refuses),
        Version(nobody, [(user, deploys("shop", "ToolsAccount"))], ["shop"], lacks=["DevelopmentAccount/shop-DeployerRole"]),
        Version(bound, after, ["shop"], verdict="nothing refused"),
        # The user has a key, which works on outside of any stack.
        Version(
            change(bound, ("[GitHubUser]", "[CodeBuild]")),
            [(user, set()), (builds, {"ToolsAccount/shop-CodeBuildRole"} | after[0][1])],
            ["shop"],
            stays=["ToolsAccount/shop-GitHubActionsUser"],
            verdict="maybe refused",
        ),
    ]
    return Case("renames", accounts, versions, concurrent=(10,))


# ------------------------------------------------------------------------------------------------ hand-written roles


def adopts():
    """The page docs/adopting.md, from the article's roles on."""
    folder = ROOT / "docs/adopting/org"
    organization, hand = ((folder / name).read_text() for name in ("organization.yml", "launchpad.yml"))
    page = (ROOT / "docs/adopting.md").read_text()
    first, last = re.findall(r"^```yaml\n(.*?)^```$", page, re.S | re.M)
    found = re.findall(r"^  (\w+):\n    Type: OC::ORG::Account\n.*?AccountId: '(\d+)'", organization, re.S | re.M)
    removed, added = (re.findall(rf"^\{sign}  Description: (.*)$", page, re.M)[0] for sign in "-+")
    described = [("tools/cross-account-policy", removed, added)]
    user = User("ToolsAccount", "slslaunchpad-GitHubActionsUser")
    targets = ["DevAccount", "StagingAccount", "ProdAccount"]
    reach = [(user, deploys("slslaunchpad", *targets))]
    taken, replaced = "already exists in stack arn:aws:cloudformation:", "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename "
    refuses = "CloudFormation refuses this"
    ids = last[last.index("    LogicalIds:\n"):]
    versions = [
        Version(hand, reach, ["slslaunchpad"], ["ToolsAccount/policy:slslaunchpad-GithubActionsCrossAccountPolicy"], by_hand=True),
        # Other logical ids.
        Version(first, [], refused=taken, verdict=refuses),
        # The logical ids stay, and the description of the policy does not.
        Version(first + ids, [], refused=replaced, verdict=refuses),
        # The description stays, and the logical ids do not.
        Version(change(last, (ids, "")), [], refused=taken, verdict=refuses, partials=described),
        Version(last, reach, ["slslaunchpad"], [f"{a}/policy:slslaunchpad-DeployLambdaFunctions" for a in targets], verdict="nothing refused", in_place=True),
        # From now on it is a macro like others: an account leaves, a service comes.
        Version(
            change(last, ("          - !Ref StagingAccount\n", ""), ("sqs, ssm]", "sqs, ssm, kinesis]")),
            [(user, deploys("slslaunchpad", "DevAccount", "ProdAccount"))],
            ["slslaunchpad"],
            lacks=["StagingAccount/slslaunchpad-DeployerRole"],
            verdict="nothing refused",
        ),
    ]
    return Case("adopts", [Account(n, i) for n, i in found], versions, organization, concurrent=(10,))


def cases():
    return [shipped(), trusts(), shards(), small(), bindings(), app(), renames(), adopts()]
