// Signs in to AWS as a step of a workflow with aws-actions/configure-aws-credentials v6.2.2 does, and leaves the session in GITHUB_ENV
// for the steps after it. The action is in no package registry, so this is written from its documentation, with the two packages
// that it works with: @actions/core reads the inputs, asks for GitHub's token, and exports; @aws-sdk/client-sts makes the calls.
//
// Unlike the action, it does not try again, and it knows only the inputs that the generated workflows give: any other one fails.
'use strict';
const core = require('@actions/core');
const sts = require('@aws-sdk/client-sts');

const INPUTS = ['audience', 'aws-access-key-id', 'aws-region', 'aws-secret-access-key', 'role-chaining', 'role-duration-seconds', 'role-session-name', 'role-to-assume'];
const SESSION = { AWS_ACCESS_KEY_ID: 'AccessKeyId', AWS_SECRET_ACCESS_KEY: 'SecretAccessKey', AWS_SESSION_TOKEN: 'SessionToken' };

// The SDK takes its credentials from the environment: `keys` go there, too.
function leave(keys) {
  for (const [variable, field] of Object.entries(SESSION)) {
    if (keys[field]) core.setSecret(keys[field]);
    core.exportVariable(variable, keys[field] || '');
  }
}

function tags() {
  const { GITHUB_REPOSITORY, GITHUB_WORKFLOW, GITHUB_ACTION, GITHUB_ACTOR, GITHUB_SHA, GITHUB_REF } = process.env;
  const values = { GitHub: 'Actions', Repository: GITHUB_REPOSITORY, Workflow: GITHUB_WORKFLOW, Action: GITHUB_ACTION, Actor: GITHUB_ACTOR, Commit: GITHUB_SHA, Branch: GITHUB_REF };
  // What a tag may not hold becomes an underscore.
  return Object.entries(values).map(([Key, value]) => ({ Key, Value: value.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256) }));
}

async function main() {
  const unknown = Object.keys(process.env).filter((name) => name.startsWith('INPUT_') && !INPUTS.includes(name.slice(6).toLowerCase()));
  if (unknown.length > 0) throw new Error(`sign-in.js does not know ${unknown}`);
  const region = core.getInput('aws-region', { required: true });
  core.exportVariable('AWS_REGION', region);
  core.exportVariable('AWS_DEFAULT_REGION', region);
  const send = (command) => new sts.STSClient({ region, maxAttempts: 1 }).send(command);
  const role = {
    RoleArn: core.getInput('role-to-assume', { required: true }),
    RoleSessionName: core.getInput('role-session-name') || 'GitHubActions',
    DurationSeconds: Number(core.getInput('role-duration-seconds') || 3600),
  };

  let session;
  const key = core.getInput('aws-access-key-id');
  if (key || core.getInput('role-chaining') === 'true') {
    if (key) leave({ AccessKeyId: key, SecretAccessKey: core.getInput('aws-secret-access-key', { required: true }) });
    await send(new sts.GetCallerIdentityCommand({}));
    session = await send(new sts.AssumeRoleCommand({ ...role, Tags: tags() }));
  } else {
    const token = await core.getIDToken(core.getInput('audience'));
    session = await send(new sts.AssumeRoleWithWebIdentityCommand({ ...role, WebIdentityToken: token }));
  }
  leave(session.Credentials);
  const { Arn } = await send(new sts.GetCallerIdentityCommand({}));
  core.info(`signed in as ${Arn}`);
}

main().catch((error) => core.setFailed(error.message));
