// A small app of the CDK, with what its constructs bring along: a custom resource, log groups, assets, and tags.
const cdk = require('aws-cdk-lib');
const { aws_apigatewayv2: apigateway, aws_dynamodb: dynamodb, aws_events: events, aws_events_targets: targets } = cdk;
const { aws_lambda: lambda, aws_lambda_event_sources: sources, aws_logs: logs, aws_s3: s3 } = cdk;
const { aws_secretsmanager: secrets, aws_sns: sns, aws_sns_subscriptions: subscriptions, aws_sqs: sqs } = cdk;
const { HttpLambdaIntegration } = require('aws-cdk-lib/aws-apigatewayv2-integrations');

const appId = process.env.APP_ID || 'cdkorders';
const app = new cdk.App({ analyticsReporting: false });
const stack = new cdk.Stack(app, 'Orders', {
  stackName: `${appId}-dev`,
  env: { account: '300000000003', region: 'eu-west-1' },
  tags: { team: 'orders' },
});

const failed = new sqs.Queue(stack, 'Failed', { enforceSSL: true });
const jobs = new sqs.Queue(stack, 'Jobs', { deadLetterQueue: { queue: failed, maxReceiveCount: 3 } });
const table = new dynamodb.Table(stack, 'Table', {
  partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
  billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
  stream: dynamodb.StreamViewType.NEW_IMAGE,
  removalPolicy: cdk.RemovalPolicy.DESTROY,
});
const files = new s3.Bucket(stack, 'Files', {
  bucketName: `${appId}-dev-files`,
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  encryption: s3.BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  autoDeleteObjects: true,
  removalPolicy: cdk.RemovalPolicy.DESTROY,
});
const password = new secrets.Secret(stack, 'Password', { secretName: `${appId}-dev-password` });
const handler = (id, more) => new lambda.Function(stack, id, {
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: lambda.Code.fromAsset(`${__dirname}/handler`),
  functionName: `${appId}-dev-${id.toLowerCase()}`,
  logGroup: new logs.LogGroup(stack, `${id}Logs`, {
    logGroupName: `/aws/lambda/${appId}-dev-${id.toLowerCase()}`,
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: cdk.RemovalPolicy.DESTROY,
  }),
  ...more,
});
const take = handler('Take', { tracing: lambda.Tracing.ACTIVE });
const work = handler('Work', { reservedConcurrentExecutions: 2 });
const changed = handler('Changed');
table.grantReadWriteData(take);
password.grantRead(take);
files.grantReadWrite(work);
work.addEventSource(new sources.SqsEventSource(jobs, { batchSize: 5 }));
changed.addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.LATEST }));
const live = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: take.currentVersion });

const api = new apigateway.HttpApi(stack, 'Api', { apiName: `${appId}-dev` });
api.addRoutes({ path: '/orders', methods: [apigateway.HttpMethod.POST], integration: new HttpLambdaIntegration('Post', live) });

const topic = new sns.Topic(stack, 'Cancelled', { topicName: `${appId}-dev-cancelled` });
topic.addSubscription(new subscriptions.SqsSubscription(jobs));
const bus = new events.EventBus(stack, 'Bus', { eventBusName: `${appId}-dev` });
new events.Rule(stack, 'Paid', { eventBus: bus, eventPattern: { source: ['payments'] }, targets: [new targets.LambdaFunction(work)] });
new events.Rule(stack, 'Nightly', { schedule: events.Schedule.rate(cdk.Duration.days(1)), targets: [new targets.SqsQueue(jobs)] });
new cdk.aws_ssm.StringParameter(stack, 'Url', { parameterName: `/${appId}/dev/url`, stringValue: api.apiEndpoint });
new cdk.aws_cloudwatch.Alarm(stack, 'FailedAlarm', {
  alarmName: `${appId}-dev-failed`,
  metric: failed.metricApproximateNumberOfMessagesVisible(),
  threshold: 1,
  evaluationPeriods: 1,
});
