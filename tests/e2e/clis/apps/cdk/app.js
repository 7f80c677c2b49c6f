// A small app of the CDK: what the stand-in can create, with a package.
const cdk = require('aws-cdk-lib');

const app = new cdk.App({ analyticsReporting: false });
const stack = new cdk.Stack(app, 'Orders', {
  stackName: '@APP@-dev',
  env: { account: '@ACCOUNT@', region: 'eu-west-1' },
  tags: { team: 'orders' },
  synthesizer: process.env.DIRECT ? new cdk.CliCredentialsStackSynthesizer() : undefined,
});
const name = process.env.LOOKUP ? cdk.aws_ssm.StringParameter.valueFromLookup(stack, process.env.LOOKUP) : 'hello';
const jobs = new cdk.aws_sqs.Queue(stack, 'Jobs', { visibilityTimeout: cdk.Duration.seconds(30) });
new cdk.aws_sns.Topic(stack, 'Done', { topicName: '@APP@-dev-done' });
new cdk.aws_ssm.StringParameter(stack, 'Greeting', { parameterName: '/@APP@/dev/greeting', stringValue: name });
const work = new cdk.aws_lambda.Function(stack, 'Work', {
  runtime: cdk.aws_lambda.Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: cdk.aws_lambda.Code.fromAsset(`${__dirname}/handler`),
  functionName: '@APP@-dev-work',
});
jobs.grantSendMessages(work);
if (process.env.IMAGE) {
  const code = cdk.aws_lambda.DockerImageCode.fromImageAsset(`${__dirname}/image`);
  new cdk.aws_lambda.DockerImageFunction(stack, 'Draw', { code, functionName: '@APP@-dev-draw' });
}
