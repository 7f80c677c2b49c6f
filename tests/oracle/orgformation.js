#!/usr/bin/env node
'use strict';
/*
 * What OrgFormation itself makes of templates: its own parser, binder and task runner over many files in one process,
 * with no AWS call (sockets are shut). One JSON line per file on stdout, in the order given.
 *
 *   orgformation.js [--readers | --readers-only] FILE[::ORGFILE]...      or the same list, one a line, on stdin: `-`
 *
 *     ORGFILE         the organization file, for a template without an `Organization` of its own
 *     --readers       adds `data`: the file as OrgFormation's YAML reader reads it, includes left as text (see `data` and `withoutIncludes` below)
 *     --readers-only  only that: {file, data | dataError}
 *     --texts         the same of texts: stdin holds each as a JSON string on a line
 *
 *   {file, organization?, ok, error?, kind?, warnings, order: ["Account/region"], accounts: {logicalId: id},
 *    targets: [{account, accountId, region, resources: {id: type}, dependsOnAccounts, dependencies, dangling, bytes, template}]}
 *
 * `ok` is OrgFormation's acceptance; `dangling` names a Ref, GetAtt, Sub or DependsOn that finds nothing in that target.
 * Accounts without an AccountId in the organization get 100000000001, 100000000002, ...
 *
 * exit 0: every file accepted, nothing dangles; 1: not so; 2: wrong call, or aws-organization-formation is not installed.
 */
const fs = require('fs');
const path = require('path');

const [major] = process.versions.node.split('.').map(Number);
if (major < 18) {
    process.stderr.write(`orgformation.js: node ${process.versions.node} is too old, 18 or newer is needed\n`);
    process.exit(2);
}

// Nothing on this path has business with a network: whatever tries fails loudly instead of asking somebody's AWS account.
require('net').Socket.prototype.connect = function () {
    throw new Error('this oracle makes no network connection');
};
// stdout is for the results alone
console.log = console.info = console.debug = console.error;

const home = path.join(__dirname, 'node_modules', 'aws-organization-formation', 'dist', 'src');
const of = p => {
    try {
        return require(path.join(home, p));
    } catch (err) {
        process.stderr.write(`orgformation.js: cannot load OrgFormation (run tests/oracle/setup): ${err.message.split('\n')[0]}\n`);
        process.exit(2);
    }
};
const { CloudFormationBinder } = of('cfn-binder/cfn-binder.js');
const { PersistedState } = of('state/persisted-state.js');
const { GlobalState } = of('util/global-state.js');
const { AwsUtil } = of('util/aws-util.js');
const { ConsoleUtil } = of('util/console-util.js');
const { UpdateStacksCommand } = of('commands/update-stacks.js');
const { BaseCliCommand } = of('commands/base-command.js');
const { GenericTaskRunner } = of('core/generic-task-runner.js');
const { yamlParse } = of('yaml-cfn/index.js');

// The only places on this path where OrgFormation would ask AWS.
AwsUtil.enabledRegions = [];
AwsUtil.GetPrincipalOrgId = async () => 'o-offline000';
AwsUtil.GetCloudFormationExport = async () => undefined;
BaseCliCommand.StateBucketName = 'organization-formation-offline';

const PSEUDO = ['AWS::AccountId', 'AWS::NotificationARNs', 'AWS::NoValue', 'AWS::Partition', 'AWS::Region', 'AWS::StackId',
    'AWS::StackName', 'AWS::URLSuffix'];

/** What CloudFormation would refuse in a target's template because it names something that is not there. */
function dangling(template) {
    const resources = new Set(Object.keys(template.Resources || {}));
    const known = new Set([...resources, ...Object.keys(template.Parameters || {}), ...PSEUDO]);
    const conditions = new Set(Object.keys(template.Conditions || {}));
    const found = [];
    const walk = (node, where) => {
        if (node === null || typeof node !== 'object') return;
        const keys = Object.keys(node);
        if (keys.length === 1 && keys[0] === 'Ref' && !known.has(node.Ref)) {
            found.push(`${where}: Ref ${JSON.stringify(node.Ref)}`);
        }
        if (keys.length === 1 && keys[0] === 'Fn::GetAtt') {
            const value = node['Fn::GetAtt'];
            const resource = Array.isArray(value) ? value[0] : String(value).split('.')[0];
            if (!resources.has(resource)) found.push(`${where}: GetAtt ${JSON.stringify(value)}`);
        }
        if (keys.length === 1 && keys[0] === 'Fn::Sub') {
            const value = node['Fn::Sub'];
            const text = Array.isArray(value) ? value[0] : value;
            const locals = Array.isArray(value) && value[1] ? value[1] : {};
            for (const match of String(text).matchAll(/\$\{([^!}][^}]*)\}/g)) {
                const name = match[1].trim();
                if (!(name in locals) && !known.has(name) && !resources.has(name.split('.')[0])) {
                    found.push(`${where}: Sub \${${name}}`);
                }
            }
        }
        for (const key of keys) walk(node[key], `${where}/${key}`);
    };
    walk(template.Resources, 'Resources');
    walk(template.Outputs, 'Outputs');
    for (const [id, resource] of Object.entries(template.Resources || {})) {
        for (const other of [].concat(resource.DependsOn || [])) {
            if (!resources.has(other)) found.push(`Resources/${id}: DependsOn ${other}`);
        }
        if (resource.Condition !== undefined && !conditions.has(resource.Condition)) {
            found.push(`Resources/${id}: Condition ${resource.Condition}`);
        }
        if (!/^[A-Za-z0-9]+$/.test(id)) found.push(`Resources/${id}: logical id is not alphanumeric`);
    }
    return found;
}

let warnings = [];
for (const name of ['LogWarning', 'LogError']) ConsoleUtil[name] = message => warnings.push(String(message));
for (const name of ['LogInfo', 'LogDebug', 'Out']) ConsoleUtil[name] = () => undefined;

/** All that OrgFormation keeps in static places: put back before every file, so that no file sees the one before. */
function forget() {
    warnings = [];
    GlobalState.Init(undefined, undefined);
    ConsoleUtil.state = undefined;
    AwsUtil.isPartition = false;
    AwsUtil.CfnExportsCache = {};
    GenericTaskRunner.RethrowTaskErrors = false;
}

async function deployments(file, organization) {
    const template = await UpdateStacksCommand.createTemplateUsingOverrides({ organizationFile: organization }, file);
    const section = template.organizationSection;
    if (!section.masterAccount) throw new Error('the organization has no OC::ORG::MasterAccount (update-stacks would fail on it)');

    const isAccount = r => r.type === 'OC::ORG::Account' || r.type === 'OC::ORG::MasterAccount';
    const taken = new Set(section.resources.filter(isAccount).map(r => r.accountId).filter(Boolean));
    let next = 100000000001;
    const fresh = () => {
        while (taken.has(String(next))) next++;
        return String(next++);
    };
    const accounts = {};
    const state = PersistedState.CreateEmpty(section.masterAccount.accountId);
    for (const r of section.resources) {
        const physicalId = isAccount(r) ? accounts[r.logicalId] = r.accountId || fresh() : `offline-${r.logicalId}`;
        state.setBinding({ type: r.type, logicalId: r.logicalId, physicalId, lastCommittedHash: r.calculateHash() });
    }
    const logical = Object.fromEntries(Object.entries(accounts).map(([name, id]) => [id, name]));
    const name = id => logical[id] || id;

    GlobalState.Init(state, template);
    const binder = () => new CloudFormationBinder('print', template, state, {});
    const targets = (await binder().enumBindings()).map(binding => {
        const body = binding.template.createTemplateBody({ output: 'json', outputCrossAccountExports: true });
        const made = JSON.parse(body);
        return {
            account: binding.accountLogicalId,
            accountId: binding.accountId,
            region: binding.region,
            resources: Object.fromEntries(Object.entries(made.Resources).map(([id, r]) => [id, r.Type])),
            dependsOnAccounts: binding.accountDependencies.map(name),
            dependencies: binding.dependencies.map(d => ({ parameter: d.parameterName, from: name(d.outputAccountId), export: d.outputName })),
            dangling: dangling(made),
            bytes: Buffer.byteLength(body),
            template: made,
        };
    });

    // The order is OrgFormation's too: its own tasks through its own runner, only the deployment itself left out.
    const order = [];
    const tasks = await binder().enumTasks();
    for (const task of tasks) task.perform = async () => { order.push(`${name(task.accountId)}/${task.region}`); };
    await GenericTaskRunner.RunTasks(tasks, {
        getName: task => `Stack in account ${name(task.accountId)} (${task.region})`,
        getVerb: () => 'update',
        maxConcurrentTasks: 1,
        failedTasksTolerance: 0,
        logVerbose: false,
    });
    return { ok: true, order, accounts, targets };
}

/** JSON has no dates, bytes or infinities: they become {"!!timestamp": ...} and so on, which plain data never is. */
function plain(value) {
    if (value instanceof Date) return { '!!timestamp': value.toISOString() };
    if (value instanceof Uint8Array) return { '!!binary': Buffer.from(value).toString('base64') };
    if (typeof value === 'number' && !Number.isFinite(value)) return { '!!float': String(value) };
    if (value === undefined) return { '!!undefined': '' };
    if (Array.isArray(value)) return value.map(plain);
    if (value !== null && typeof value === 'object') {
        const entries = Object.entries(value).map(([k, v]) => [k, plain(v)]);
        const made = Object.create(null); // a key may be called __proto__
        for (const [k, v] of entries) made[k] = v;
        return made;
    }
    return value;
}

/** `!Include path` as the text it is. */
function withoutIncludes(text) {
    return text.replace(/!Include[ \t\r\n]+['"]?([^'" \t\r\n]*)['"]?/g, (_, p) => JSON.stringify(`!Include ${p}`));
}

/** The text as OrgFormation's reader reads it once includes are replaced. */
function data(text) {
    try {
        return { data: plain(yamlParse(text)) };
    } catch (err) {
        return { dataError: err.message };
    }
}

/** A line of output, at once and whole: stdout to a pipe is asynchronous, and exiting would cut it. */
function print(result) {
    const line = Buffer.from(JSON.stringify(result) + '\n');
    for (let at = 0; at < line.length;) {
        try {
            at += fs.writeSync(1, line, at);
        } catch (err) {
            if (err.code !== 'EAGAIN') throw err;
        }
    }
}

async function texts() {
    for await (const line of require('readline').createInterface({ input: process.stdin })) print(data(JSON.parse(line)));
    return 0;
}

async function main() {
    const usage = 'usage: orgformation.js [--readers | --readers-only] FILE[::ORGFILE]... | - | --texts\n';
    const flags = process.argv.slice(2).filter(a => a.startsWith('--'));
    if (flags.length === 1 && flags[0] === '--texts' && process.argv.length === 3) return texts();
    let files = process.argv.slice(2).filter(a => !a.startsWith('--'));
    if (files.length === 1 && files[0] === '-') files = fs.readFileSync(0, 'utf8').split('\n').filter(line => line !== '');
    if (flags.some(f => f !== '--readers' && f !== '--readers-only') || files.length === 0) {
        process.stderr.write(usage);
        return 2;
    }
    let fine = true;
    for (const given of files) {
        const [file, organization] = given.split('::');
        const result = { file, ...(organization && { organization }) };
        if (flags.length > 0) Object.assign(result, data(withoutIncludes(fs.readFileSync(file, 'utf8'))));
        if (!flags.includes('--readers-only')) {
            forget();
            try {
                Object.assign(result, await deployments(file, organization));
            } catch (err) {
                Object.assign(result, { ok: false, error: err.message, kind: err.constructor.name, order: [], targets: [] });
            }
            result.warnings = warnings;
            if (!result.ok || result.targets.some(t => t.dangling.length > 0)) fine = false;
        }
        print(result);
    }
    return fine ? 0 : 1;
}

main().then(code => { process.exitCode = code; }, err => {
    process.stderr.write(`orgformation.js: ${err.stack}\n`);
    process.exitCode = 2;
});
