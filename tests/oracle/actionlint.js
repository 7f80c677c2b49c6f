#!/usr/bin/env node
// actionlint over the workflows that standard input names, one a line. Prints one JSON array of
// {line, column, message, kind} a workflow. Exit 0 all read, 2 actionlint cannot run.
//
// actionlint 1.7.7 is older than GitHub's `uses: $/path`, which is `uses: ./path` of the workflow's own commit; it gets
// to see the latter. Whether that action is there, and takes what it is given, is looked at by workflows.py.
'use strict';

const fs = require('fs');
const path = require('path');

// Node 18 has it, but not as a global.
globalThis.crypto ??= require('crypto').webcrypto;

async function main() {
    const home = path.join(__dirname, 'node_modules', '@tktco', 'node-actionlint', 'build', 'run-lint.js');
    const { runLint } = require(home);
    const files = fs.readFileSync(0, 'utf8').split('\n').filter(Boolean);
    for (const file of files) {
        const text = fs.readFileSync(file, 'utf8').replace(/(\buses: )\$\//g, '$1./');
        const found = await runLint(text, file);
        console.log(JSON.stringify(found.filter((finding) => finding.message)));
    }
}

main().then(
    () => process.exit(0),
    (error) => {
        console.error(`actionlint.js: ${error.message}`);
        process.exit(2);
    },
);
