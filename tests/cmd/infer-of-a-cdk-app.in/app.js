// An app of the CDK in two stacks: one with nested stacks, one in a stage, which is an assembly of its own.
const cdk = require('aws-cdk-lib');
const { aws_dynamodb: dynamodb, aws_iam: iam, aws_kinesis: kinesis, aws_lambda: lambda } = cdk;
const { aws_lambda_event_sources: sources, aws_s3: s3, aws_stepfunctions: states } = cdk;

const app = new cdk.App({ analyticsReporting: false });
const env = { account: '300000000003', region: 'eu-west-1' };

const shop = new cdk.Stack(app, 'Shop', { stackName: 'shop-dev', env });
const files = new s3.Bucket(shop, 'Files', {
  bucketName: 'shop-dev-files',
  autoDeleteObjects: true,
  removalPolicy: cdk.RemovalPolicy.DESTROY,
});

const orders = new cdk.NestedStack(shop, 'Orders');
const table = new dynamodb.Table(orders, 'Table', {
  partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
  stream: dynamodb.StreamViewType.NEW_IMAGE,
});
const work = new lambda.Function(orders, 'Work', {
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: lambda.Code.fromAsset(`${__dirname}/handler`),
});
work.addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.LATEST }));
files.grantRead(work);

const billing = new cdk.NestedStack(orders, 'Billing');
new states.StateMachine(billing, 'Pay', {
  stateMachineName: 'shop-dev-pay',
  definitionBody: states.DefinitionBody.fromChainable(new states.Pass(billing, 'Nothing')),
});
new iam.ManagedPolicy(billing, 'MayPay', {
  managedPolicyName: 'shop-dev-may-pay',
  statements: [new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: ['*'] })],
});

const stage = new cdk.Stage(app, 'Reports', { env });
const reports = new cdk.Stack(stage, 'Clicks', { stackName: 'shop-dev-clicks' });
new kinesis.Stream(reports, 'Stream', { streamName: 'shop-dev-clicks' });
