'use strict';
/*
 * What random policies speak of: actions with the shape of their resources, patterns, condition keys by type, principals.
 * Few words, so that statements meet; `N` in a pattern becomes the number of the pair, so that pairs do not meet by chance.
 */

/** An action, and the shape of its resources; `null` if it has none. Facts of AWS's service authorization reference. */
const ACTIONS = [
    ['s3:GetObject', /^arn:aws:s3:::[^/]+\/.+$/],
    ['s3:PutObject', /^arn:aws:s3:::[^/]+\/.+$/],
    ['s3:ListBucket', /^arn:aws:s3:::[^/]+$/],
    ['s3:ListAllMyBuckets', null],
    ['iam:PassRole', /^arn:aws:iam::\d{12}:role\/.+$/],
    ['iam:GetRole', /^arn:aws:iam::\d{12}:role\/.+$/],
    ['sts:AssumeRole', /^arn:aws:iam::\d{12}:role\/.+$/],
    ['lambda:InvokeFunction', /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:.+$/],
    ['sqs:SendMessage', /^arn:aws:sqs:[a-z0-9-]+:\d{12}:.+$/],
    ['sns:Publish', /^arn:aws:sns:[a-z0-9-]+:\d{12}:.+$/],
    ['dynamodb:GetItem', /^arn:aws:dynamodb:[a-z0-9-]+:\d{12}:table\/.+$/],
    ['ec2:DescribeInstances', null],
];

/** Actions that no list has yet. */
const LATER_ACTIONS = [
    ['brandnew:GetThing', /^arn:aws:brandnew:[a-z0-9-]+:\d{12}:.+$|^\*$/],
    ['brandnew:AnotherAction', /^arn:aws:brandnew:[a-z0-9-]+:\d{12}:.+$|^\*$/],
    ['s3:GetNewThingToo', /^arn:aws:s3:::[^/]+\/.+$/],
    ['s3:GetNewThingAnotherAction', /^arn:aws:s3:::[^/]+\/.+$/],
];

/** Patterns of actions that go with each other, and with resources, by topic. */
const TOPICS = [
    {
        actions: ['s3:GetObject', 's3:PutObject', 's3:Get*', 'S3:getobject', 's3:?etObject', 's3:*Object', 's3:PutObj*', 's3:ListBucket', 's3:List*'],
        resources: [
            'arn:aws:s3:::bN/*', 'arn:aws:s3:::bN*', 'arn:aws:s3:::bN/x*', 'arn:aws:s3:::bN/?', 'arn:aws:s3:::bN/*y', 'arn:aws:s3:::bN/X/*',
            'arn:aws:s3:::bN', 'arn:aws:s3:::bN/x/y', 'arn:aws:s3:::*/y', '*', 'arn:aws:s3:::bN/x/*/y', 'arn:aws:s3:::bN/${aws:username}/*',
        ],
    },
    {
        actions: ['iam:PassRole', 'iam:GetRole', 'iam:Get*', 'iam:Pass*', 'sts:AssumeRole', 'iam:*Role'],
        resources: [
            'arn:aws:iam::OWN:role/rN-*', 'arn:aws:iam::OWN:role/*', 'arn:aws:iam::111111111111:role/rN-a', 'arn:aws:iam::OWN:role/rN-a',
            'arn:aws:iam::1111111111??:role/rN-*', 'arn:aws:iam::222222222222:role/rN-?', 'arn:aws:iam::111111111111:role/app/*', '*', 'arn:aws:iam::?11111111111:role/rN-*',
        ],
    },
    {
        actions: ['lambda:InvokeFunction', 'lambda:Invoke*', 'sqs:SendMessage', 'sqs:Send*', 'sns:Publish', 'sns:Pub*', 'dynamodb:GetItem', 'dynamodb:Get*'],
        resources: [
            'arn:aws:lambda:eu-west-1:OWN:function:fN-*', 'arn:aws:lambda:eu-west-?:1111111111??:function:fN-a', 'arn:aws:sqs:eu-west-1:OWN:qN?', 'arn:aws:sqs:eu-west-1:111111111111:qN*',
            'arn:aws:sns:eu-west-1:OWN:tN', 'arn:aws:sns:eu-west-?:OWN:tN*', 'arn:aws:dynamodb:eu-west-1:OWN:table/tN*', 'arn:aws:dynamodb:eu-west-1:OWN:table/*', '*',
        ],
    },
    { actions: ['brandnew:*', 'brandnew:AnotherAction', 'brandnew:Get*', 's3:GetNewThing*', 's3:GetNewThingAnotherAction'], resources: ['*', 'arn:aws:s3:::bN/*'] },
    { actions: ['ec2:DescribeInstances', 'ec2:Describe*', 's3:ListAllMyBuckets', 's3:ListAll*'], resources: ['*', '*', 'arn:aws:s3:::bN/*'] },
];

const TEXT_KEYS = ['aws:SourceVpc', 'aws:PrincipalTag/t', 'aws:RequestTag/t', 's3:prefix', 'aws:sourcevpc', 'aws:ResourceTag/env'];

/** Condition keys with their values and operators, by type. */
const TESTS = {
    text: {
        keys: TEXT_KEYS,
        operators: ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
        values: ['p', 'q', 'pq', 'P', 'p*', '*', '?', 'p?', '*q', '${aws:username}', 'p${aws:username}'],
        plain: ['p', 'q', 'pq', 'P', 'Pq'],
    },
    number: {
        keys: ['s3:max-keys', 'aws:MultiFactorAuthAge'],
        operators: ['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals', 'NumericGreaterThan', 'NumericGreaterThanEquals'],
        values: ['3', '5', '7', '10', '3.5'],
    },
    date: {
        keys: ['aws:CurrentTime', 'aws:TokenIssueTime'],
        operators: ['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateLessThanEquals', 'DateGreaterThan', 'DateGreaterThanEquals'],
        values: ['2026-01-01T00:00:00Z', '2026-06-01T00:00:00Z', '2027-01-01T00:00:00Z', '2026-06-01T02:00:00+02:00', '2026-06-01T00:00:01Z'],
    },
    network: {
        keys: ['aws:SourceIp', 'aws:VpcSourceIp'],
        operators: ['IpAddress', 'NotIpAddress'],
        values: ['10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9', '10.1.0.0/16', '10.1.2.3/32', '192.168.0.0/24', '192.168.0.0/25', '192.168.0.128/25', '0.0.0.0/1', '2001:db8::/32', '2001:db8:1::/48'],
    },
    arn: {
        keys: ['aws:SourceArn'],
        operators: ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike', 'StringLike', 'StringEquals', 'StringNotLike'],
        values: ['arn:aws:sns:*:*:*', 'arn:aws:sns:eu-west-1:111111111111:t', 'arn:aws:sns:eu-west-1:111111111111:t*', 'arn:aws:sns:*:111111111111:t', 'arn:aws:s3:::b', 'arn:aws:*:*:*:t'],
    },
    owner: {
        keys: ['aws:ResourceAccount'],
        operators: ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase'],
        values: ['111111111111', '222222222222', '1111111111??', '*', '1*'],
        plain: ['111111111111', '222222222222', '111111111112'],
    },
    bool: { keys: ['aws:SecureTransport', 'aws:MultiFactorAuthPresent'], operators: ['Bool'], values: ['true', 'false'] },
    binary: { keys: ['s3:x-blob'], operators: ['BinaryEquals'], values: ['QmluYXJ5', 'dGV4dA=='] },
    tags: {
        keys: ['aws:TagKeys', 'aws:PrincipalOrgPaths'],
        operators: ['StringEquals', 'StringLike', 'StringNotEquals', 'StringNotLike', 'StringEqualsIgnoreCase'],
        values: ['u', 'v', 'u*', '*', 'U'],
        plain: ['u', 'v', 'U', 'w'],
        qualifiers: ['ForAllValues:', 'ForAnyValue:'],
    },
};

/** Whether requests may say several values of a key. */
const isMultivalued = key => ['aws:tagkeys', 'aws:principalorgpaths'].includes(key);

/** Whether a request may have this value: that of `aws:SourceArn` is an ARN (IAM user guide, "AWS global condition context keys"). */
const isPossible = (key, value) => key !== 'aws:sourcearn' || /^arn:([^:]*:){4}./.test(value);

const OIDC = 'arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com';

/** Values of `Principal`, and of the other side's. */
const PRINCIPALS = [
    { AWS: 'arn:aws:iam::222222222222:root' },
    { AWS: '222222222222' },
    { AWS: 'arn:aws:iam::222222222222:user/bob' },
    { AWS: 'arn:aws:iam::222222222222:role/app/r' },
    { AWS: 'arn:aws:iam::333333333333:role/zed' },
    { AWS: '*' },
    { Service: 'lambda.amazonaws.com' },
    { Service: ['lambda.amazonaws.com', 'ec2.amazonaws.com'] },
    { Federated: OIDC },
    '*',
];

const NOT_PRINCIPALS = [
    { AWS: 'arn:aws:iam::222222222222:root' },
    { AWS: ['arn:aws:iam::222222222222:root', 'arn:aws:iam::222222222222:user/bob'] },
    { AWS: ['arn:aws:iam::222222222222:root', 'arn:aws:iam::222222222222:role/zed'] },
    { AWS: 'arn:aws:iam::222222222222:user/bob' },
    { AWS: '*' },
    { Service: 'lambda.amazonaws.com' },
    { Federated: OIDC },
];

/** Conditions that only trust policies have. */
const TRUST_TESTS = {
    account: { keys: ['aws:PrincipalAccount'], operators: ['StringEquals', 'StringNotEquals'], values: ['222222222222', '012345678901', '333333333333'], plain: ['222222222222', '012345678901'] },
    caller: {
        keys: ['aws:PrincipalArn'],
        operators: ['ArnLike', 'ArnNotLike', 'StringLike', 'StringNotLike', 'ArnEquals', 'StringEquals'],
        values: ['arn:aws:iam::222222222222:role/app/*', 'arn:aws:iam::222222222222:*', 'arn:aws:iam::222222222222:user/bob', 'arn:aws:iam::*:role/zed'],
        plain: ['arn:aws:iam::222222222222:user/bob', 'arn:aws:iam::222222222222:role/zed'],
    },
    subject: {
        keys: ['token.actions.githubusercontent.com:sub'],
        operators: ['StringEquals', 'StringLike', 'StringNotLike'],
        values: ['repo:o/a:*', 'repo:o/a:ref:refs/heads/main', 'repo:o/*', 'repo:o/a:environment:x'],
        plain: ['repo:o/a:ref:refs/heads/main', 'repo:o/a:environment:x'],
    },
    external: { keys: ['sts:ExternalId'], operators: ['StringEquals', 'StringLike', 'StringNotEquals'], values: ['e', 'f', 'e*'], plain: ['e', 'f'] },
};

module.exports = { ACTIONS, LATER_ACTIONS, NOT_PRINCIPALS, OIDC, PRINCIPALS, TESTS, TOPICS, TRUST_TESTS, isMultivalued, isPossible };
