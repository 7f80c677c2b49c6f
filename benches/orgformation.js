#!/usr/bin/env node
'use strict';
/*
 * OrgFormation's own work on a template before it would talk to AWS: it loads the file and makes a template for every
 * target.
 *
 *   orgformation.js [--load] NODE_MODULES FILE     prints {targets, load, bind, write, bytes}: the number of
 *                                                  targets, three times in seconds, and what it would send;
 *                                                  with --load, which stops before the targets, {load}
 *   orgformation.js --templates FOLDER NODE_MODULES FILE      also writes each target's template there, as JSON
 */
const fs = require('fs');
const path = require('path');

require('net').Socket.prototype.connect = () => {
    throw new Error('a benchmark makes no network connection');
};
console.log = console.info = console.debug = console.error;

const onlyLoads = process.argv[2] === '--load';
const folder = process.argv[2] === '--templates' ? process.argv[3] : undefined;
const [modules, file] = process.argv.slice(folder ? 4 : onlyLoads ? 3 : 2);
const of = name => require(path.resolve(modules, 'aws-organization-formation', 'dist', 'src', name));
const { CloudFormationBinder } = of('cfn-binder/cfn-binder.js');
const { TemplateRoot } = of('parser/parser.js');
const { PersistedState } = of('state/persisted-state.js');
const { AwsUtil } = of('util/aws-util.js');
const { GlobalState } = of('util/global-state.js');

AwsUtil.enabledRegions = [];
AwsUtil.GetPrincipalOrgId = async () => 'o-offline000';

async function main() {
    const begin = process.hrtime.bigint();
    const template = await TemplateRoot.create(file, {});
    const loaded = process.hrtime.bigint();
    if (onlyLoads) {
        process.stdout.write(JSON.stringify({ load: Number(loaded - begin) / 1e9 }) + '\n');
        return;
    }
    const { masterAccount, resources } = template.organizationSection;
    const state = PersistedState.CreateEmpty(masterAccount.accountId);
    for (const r of resources) {
        const physicalId = r.accountId || `offline-${r.logicalId}`;
        state.setBinding({ type: r.type, logicalId: r.logicalId, physicalId, lastCommittedHash: r.calculateHash() });
    }
    GlobalState.Init(state, template);
    const bindings = await new CloudFormationBinder('roles', template, state, {}).enumBindings();
    const bound = process.hrtime.bigint();
    let bytes = 0;
    bindings.forEach((binding, at) => {
        const body = binding.template.createTemplateBody();
        bytes += Buffer.byteLength(body);
        if (folder) fs.writeFileSync(path.join(folder, `${at}.json`), body);
    });
    const written = process.hrtime.bigint();
    process.stdout.write(JSON.stringify({
        targets: bindings.length,
        load: Number(loaded - begin) / 1e9,
        bind: Number(bound - loaded) / 1e9,
        write: Number(written - bound) / 1e9,
        bytes,
    }) + '\n');
}

main().catch(err => {
    process.stderr.write(`orgformation.js: ${err.stack}\n`);
    process.exitCode = 2;
});
