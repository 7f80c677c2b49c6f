#!/usr/bin/env node
// What OrgFormation's own reader makes of tasks files, which standard input names, one a line. Prints one JSON object a file:
// {file, tasks: [{type, name, template, tasks: [...]}]} or {file, error}. Exit 0 all read, 2 OrgFormation cannot be loaded.
'use strict';

const fs = require('fs');
const path = require('path');

require('net').Socket.prototype.connect = function () {
    throw new Error('this oracle makes no network connection');
};
console.log = console.info = console.debug = console.error;

const home = path.join(__dirname, 'node_modules', 'aws-organization-formation', 'dist', 'src');
let BuildConfiguration;
try {
    ({ BuildConfiguration } = require(path.join(home, 'build-tasks', 'build-configuration.js')));
} catch (error) {
    process.stderr.write(`tasks.js: cannot load OrgFormation (run tests/oracle/setup): ${error.message.split('\n')[0]}\n`);
    process.exit(2);
}

// The configuration of the task and of those that it includes; a template must be there.
function read(file) {
    const configuration = new BuildConfiguration(file, {});
    configuration.enumBuildTasks({ parsedParameters: {} });
    return configuration.tasks.map((task) => {
        const folder = path.dirname(file);
        const found = { type: task.Type, name: task.LogicalName };
        if (task.Template) {
            found.template = path.relative(process.cwd(), path.join(folder, task.Template));
            fs.accessSync(path.join(folder, task.Template));
        }
        if (task.StackName) {
            found.stack = task.StackName;
        }
        if (task.Type === 'include') {
            found.tasks = read(path.join(folder, task.Path));
        }
        return found;
    });
}

for (const file of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    let line;
    try {
        line = { file, tasks: read(file) };
    } catch (error) {
        line = { file, error: error.message };
    }
    process.stdout.write(JSON.stringify(line) + '\n');
}
