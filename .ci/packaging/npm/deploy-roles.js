#!/usr/bin/env node
'use strict';
// Starts the program, which is in a package of its own for each platform: npm installs the one for this machine. Nothing runs
// at installation. Arguments, streams, signals, and the exit code pass through.
const { spawn } = require('child_process');

const name = `@deploy-roles/${process.platform}-${process.arch}`;
const known = require('../package.json').optionalDependencies;

function fail(...lines) {
    console.error(lines.map((line, i) => (i === 0 ? `error: ${line}` : `  = help: ${line}`)).join('\n'));
    process.exit(2);
}

if (!(name in known)) {
    const platforms = Object.keys(known).map(one => one.split('/')[1]);
    fail(
        `deploy-roles has no npm package for ${process.platform}-${process.arch}, only for ${platforms.join(', ')}`,
        'build it from source: `cargo install --locked --path .` in a clone'
    );
}
let program;
try {
    program = require.resolve(`${name}/bin/deploy-roles${process.platform === 'win32' ? '.exe' : ''}`);
} catch {
    fail(
        `the package \`${name}\`, which holds the program, is not installed`,
        'install without `--omit=optional` and `--no-optional`',
        'if the lock file was written on another platform, npm may have left it out: remove `node_modules` and `package-lock.json`, and run `npm install`'
    );
}
const run = spawn(program, process.argv.slice(2), { stdio: 'inherit', windowsHide: true });
// A terminal sends its signals to both; whoever runs this file knows this process alone. Either way, the program decides how it
// ends, and this process ends in the same way.
const passed = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
for (const signal of passed) {
    process.on(signal, () => run.kill(signal));
}
run.on('error', error => fail(`cannot start \`${program}\`: ${error.message}`));
run.on('exit', (code, signal) => {
    if (signal) {
        for (const one of passed) {
            process.removeAllListeners(one);
        }
        process.kill(process.pid, signal);
        // The signal ends this process, but perhaps not at once.
        setTimeout(() => process.exit(2), 1000);
    } else {
        process.exit(code);
    }
});
