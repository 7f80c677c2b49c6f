#!/usr/bin/env node
'use strict';
/*
 * Compares `deploy-roles diff --format json` on random files with an evaluator of IAM policies that is not ours.
 *
 *   main.js BINARY [--pairs N] [--seed TEXT] [--each N] [--figures FILE] [--keep DIR]
 *   main.js BINARY --files OLD NEW ORGANIZATION
 *   main.js BINARY --questions N [--seed TEXT] [--figures FILE] [--keep DIR] [--at N,N...]
 *   main.js BINARY --self-test
 *
 * --pairs N      principals to compare, at least
 * --seed TEXT    the same seed tries the same files and requests
 * --each N       pairs in each file
 * --questions N  ask `can` so many random questions instead
 * --figures FILE writes the numbers there as JSON, with the seed, the day, and the versions
 * --keep DIR     leaves the files of what is wrong there
 * --at N,N...    asks questions about these files of the seed alone, as the labels of reports number them
 * --self-test    changes the answers of `diff`, and looks whether each kind of fault is found
 *
 * If fewer gains or denials of gains are seen than random pairs have, that is a fault, too.
 * Exit 0: everything agrees; 1: it does not; 2: wrong call, or something cannot run.
 */
const { spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const fail = text => {
    process.stderr.write(`tests/differential: ${text}\n`);
    process.exit(2);
};

const arguments_ = () => {
    const found = { pairs: 150, seed: 'deploy-roles', each: 30 };
    const [binary, ...rest] = process.argv.slice(2);
    if (!binary) fail('which binary?');
    while (rest.length) {
        const flag = rest.shift();
        if (flag === '--self-test') found.selfTest = true;
        else if (flag === '--files') found.files = rest.splice(0, 3);
        else if (['--pairs', '--each', '--questions'].includes(flag)) found[flag.slice(2)] = Number(rest.shift());
        else if (['--seed', '--figures', '--keep'].includes(flag)) found[flag.slice(2)] = rest.shift();
        else if (flag === '--at') found.at = rest.shift().split(',').map(Number);
        else fail(`unknown argument ${flag}`);
    }
    return { binary: path.resolve(binary), ...found };
};

let modules;
try {
    modules = { ...require('./check.js'), ...require('./evaluator.js'), ...require('./generate.js'), ...require('./questions.js'), ...require('./random.js'), ...require('./reader.js') };
} catch (error) {
    fail(`${error.message.split('\n')[0]}: run tests/oracle/setup`);
}
const { Check, Questions, Random, Template, generate, hole, mapped } = modules;

/** What `diff` reports, of two files in a folder. */
const run = (binary, folder, flags) => {
    const found = spawnSync(binary, ['diff', '--only', 'access', '--format', 'json', '--against', './old.yml', '-o', 'out.yml', ...flags, 'new.yml'], {
        cwd: folder,
        encoding: 'utf8',
        maxBuffer: 1 << 30,
    });
    if (found.error) fail(found.error.message);
    if (found.status !== 0) fail(`diff failed with ${found.status} in ${folder}:\n${found.stderr.slice(0, 2000)}`);
    const [file] = JSON.parse(found.stdout).files;
    if (!file || !file.access) fail(`diff compared nothing in ${folder}`);
    return file.access;
};

/** The number in the names of a pair; what is not named for a pair concerns all. */
const numberOf = id => (/^[A-Z](\d{3,})/.exec(id) || [])[1];

/** Compares one file; returns the pairs that all have to be maybe, if something common is. */
const compare = (check, { old, newer, accounts, label }, access) => {
    const templates = [old, newer].map(text => new Template(text, accounts));
    const [olds, news] = templates.map(template => template.principals());
    const maybe = new Set();
    let everything = false;
    for (const { what } of access.undecided) {
        const number = numberOf(what);
        if (number) maybe.add(number);
        else everything = true;
    }
    const all = new Map();
    for (const [side, found] of [['older', olds], ['newer', news]]) {
        for (const one of found) {
            const key = `${one.account} ${one.kind} ${one.name}`;
            all.set(key, { ...all.get(key), [side]: one });
        }
    }
    const reported = new Map();
    for (const change of access.principals) for (const account of change.accounts) reported.set(`${account} ${change.kind} ${change.name}`, change);
    for (const change of access.principals) {
        if (change.gains.some(gain => !gain.certain)) change.logical_ids.map(numberOf).forEach(number => maybe.add(number));
    }
    const isQuiet = (key, { newer }) => !everything && !maybe.has(numberOf(newer.logicalId)) && !reported.get(key)?.gains.some(gain => gain.way === 'assume');
    const roles = [...all].filter(([, { newer }]) => newer?.kind === 'role').map(([key, one]) => ({ ...one, isQuiet: isQuiet(key, one) }));
    for (const [key, { older, newer }] of all) {
        if (!newer) continue;
        const number = numberOf(newer.logicalId);
        const others = [...all.values()].filter(
            one => number && one.newer && one.older && one.newer !== newer && one.newer.account === newer.account && numberOf(one.newer.logicalId) === number,
        );
        const change = reported.get(key) || { gains: [], accounts: [] };
        // What several accounts gain alike has one witness, in the first of them.
        const [from, to] = [accounts[change.accounts[0]], accounts[newer.account]];
        const gains = from && to && from !== to ? mapped(change.gains, text => text.replaceAll(from, to)) : change.gains;
        const id = accounts[newer.account] === null ? hole(`id of ${newer.account}`) : accounts[newer.account];
        const values = templates[1].values(newer.account);
        check.principal({ label: `${label} ${key}`, older, newer, others, roles: roles.filter(one => one.newer.account === newer.account), id, values }, { gains, isMaybe: everything || maybe.has(number) });
    }
};

/** Leaves the files of a folder, and what is wrong with the answers about them. */
const kept = (keep, label, folder, wrong) => {
    const target = path.join(keep, label.split(' ').pop());
    fs.mkdirSync(target, { recursive: true });
    for (const name of fs.readdirSync(folder)) fs.copyFileSync(path.join(folder, name), path.join(target, name));
    fs.writeFileSync(path.join(target, 'wrong.json'), JSON.stringify(wrong, null, 1));
};

/** Compares one file, as `change` makes it of the answer. */
const one = (check, { binary, keep }, file, label, change = access => access) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'differential-'));
    try {
        fs.writeFileSync(path.join(folder, 'old.yml'), file.old);
        fs.writeFileSync(path.join(folder, 'new.yml'), file.new);
        fs.writeFileSync(path.join(folder, 'organization.yml'), file.organization);
        const access = run(binary, folder, file.style === 'json' ? ['--organization', 'organization.yml'] : []);
        const before = check.wrong.length;
        compare(check, { old: file.old, newer: file.new, accounts: file.accounts, label }, change(access));
        if (keep && check.wrong.length > before) kept(keep, label, folder, check.wrong.slice(before));
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
};

/** The day, and what is compared: the tool, by its version and commit, and the evaluator. */
const versions = binary => {
    const output = (program, args) => (spawnSync(program, args, { cwd: __dirname, encoding: 'utf8' }).stdout || '').trim();
    const lock = JSON.parse(fs.readFileSync(path.join(__dirname, '..', 'oracle', 'package-lock.json'), 'utf8'));
    return {
        day: new Date().toISOString().slice(0, 10),
        version: `${output(binary, ['--version']).split(' ').pop()} (${output('git', ['rev-parse', '--short=10', 'HEAD'])})`,
        evaluator: lock.packages['node_modules/@cloud-copilot/iam-simulate'].version,
    };
};

const count = (check, kind) => check.wrong.filter(one => one.kind === kind).length;

/** Answers that are wrong on purpose, the kind of fault that each is, and the files that it is looked for in, if not in the first. */
const FAULTS = [
    ['missed', 'nothing is reported', () => ({ principals: [], undecided: [] })],
    ['witness', 'the losses are reported as gains', access => ({ ...access, principals: access.principals.map(it => ({ ...it, gains: it.loses, loses: [] })) })],
    [
        'witness',
        'no key has a value',
        access => ({
            ...access,
            principals: access.principals.map(it => ({ ...it, gains: it.gains.map(gain => ({ ...gain, witness: gain.witness && { ...gain.witness, context: {}, conditions: [] } })) })),
        }),
    ],
    [
        'witness',
        'nobody is said to call',
        access => ({
            ...access,
            principals: access.principals.map(it => ({
                ...it,
                gains: it.gains.map(gain => (gain.way === 'assume' && gain.witness ? { ...gain, witness: { ...gain.witness, target: '' } } : gain)),
            })),
        }),
    ],
    [
        'missed',
        'trust policies give nothing by name',
        access => ({
            ...access,
            principals: access.principals.map(it => ({ ...it, gains: it.gains.filter(gain => gain.way === 'assume' || !gain.policy.startsWith('the trust policy of')) })),
        }),
        ['roles 5', 'roles 7', 'roles 9'],
    ],
];

const selfTest = options => {
    for (const [kind, what, change, labels = ['self-test']] of FAULTS) {
        const check = new Check('self-test');
        for (const label of labels) one(check, options, generate(label, 40), label, change);
        const found = count(check, kind);
        if (found < 2) fail(`only ${found} faults are found if ${what}`);
    }
};

/** How many questions each file is asked. */
const ASKED = 40;

/** The answers to `most` questions about one file, as `change` makes them. */
const oneAsked = (check, { binary, keep }, file, label, most, change = answer => answer) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'questions-'));
    try {
        fs.writeFileSync(path.join(folder, 'new.yml'), file.new);
        fs.writeFileSync(path.join(folder, 'organization.yml'), file.organization);
        const flags = ['--template', 'new.yml', ...(file.style === 'json' ? ['--organization', 'organization.yml'] : [])];
        const template = new Template(file.new, file.accounts);
        const principals = template.principals();
        const roles = principals.filter(one => one.kind === 'role');
        const before = check.wrong.length;
        const random = new Random(label);
        for (let at = 0; at < most; at++) {
            const principal = random.pick(principals);
            const id = file.accounts[principal.account];
            if (id === null) continue;
            const question = check.ask(random, principal, {}, id);
            const found = spawnSync(binary, [...check.arguments(question), ...flags], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 30 });
            if (found.error) fail(found.error.message);
            // No request is like the question.
            if (found.status === 2 && /impossible-(?:request|value)/.test(found.stderr)) continue;
            if (found.status !== 0) fail(`can failed with ${found.status} for ${JSON.stringify(question)} in ${label}:\n${found.stderr.slice(0, 2000)}`);
            const answers = JSON.parse(found.stdout).principals.filter(one => one.kind === principal.kind && one.name === principal.name && one.accounts.includes(principal.account));
            if (answers.length === 1) check.check(`${label} ${at}`, { principal, id, values: template.values(principal.account), roles }, question, change(answers[0]));
        }
        if (keep && check.wrong.length > before) kept(keep, label, folder, check.wrong.slice(before));
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
};

/** Answers that are wrong on purpose, and the kind of fault that each is. */
const WRONG_ANSWERS = [
    ['no', answer => (answer.answer === 'yes' ? { ...answer, answer: 'no' } : answer)],
    ['all', answer => (answer.answer === 'yes' ? { ...answer, requests: 'all' } : answer)],
    ['yes', answer => (answer.answer === 'no' ? { ...answer, answer: 'yes', by: answer.by } : answer)],
];

const askAll = ({ questions, seed, figures, at, ...options }) => {
    for (const [kind, change] of WRONG_ANSWERS) {
        const check = new Questions('self-test');
        oneAsked(check, { binary: options.binary }, generate('self-test', 20), 'self-test', 40, change);
        if (count(check, kind) < 2) fail(`only ${count(check, kind)} wrong answers "${kind}" are found`);
    }
    const check = new Questions(seed);
    const started = Date.now();
    let said = 0;
    for (let number = 0; check.tally.questions < questions && (!at || number < at.length); number++) {
        const label = `${seed} ${at ? at[number] : number}`;
        oneAsked(check, options, generate(label, 20), label, Math.min(ASKED, questions - check.tally.questions));
        for (const { kind, label, what } of check.wrong.slice(said)) process.stdout.write(`${kind}: ${label}: ${JSON.stringify(what)}\n`);
        said = check.wrong.length;
    }
    const result = { ...check.tally, wrong: check.wrong.length, seconds: Math.round((Date.now() - started) / 1000) };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    if (figures) {
        fs.mkdirSync(path.dirname(figures), { recursive: true });
        fs.writeFileSync(figures, `${JSON.stringify({ ...result, seed, ...versions(options.binary) }, null, 1)}\n`);
    }
    if (check.wrong.length > 0) process.exit(1);
    if (!at && Math.min(check.tally.yes, check.tally.no) < check.tally.questions / 8) fail('less was tried than random questions have');
};

const main = () => {
    const options = arguments_();
    if (options.questions) return askAll(options);
    if (options.selfTest) return selfTest(options);
    const { binary, pairs, seed, each, files, figures } = options;
    const check = new Check(seed);
    const started = Date.now();
    for (let number = 0; check.tally.principals < (files ? 1 : pairs); number++) {
        one(check, options, files ? given(files) : generate(`${seed} ${number}`, each), `${seed} ${number}`);
    }
    const { tally } = check;
    const result = { ...tally, missed: count(check, 'missed'), wrong_witnesses: count(check, 'witness') };
    for (const { kind, label, what } of check.wrong.slice(0, 12)) process.stdout.write(`${kind}: ${label}: ${JSON.stringify(what)}\n`);
    process.stdout.write(`${JSON.stringify({ ...result, seconds: Math.round((Date.now() - started) / 1000) })}\n`);
    if (figures) {
        fs.mkdirSync(path.dirname(figures), { recursive: true });
        fs.writeFileSync(figures, `${JSON.stringify({ ...result, seed, ...versions(binary) }, null, 1)}\n`);
    }
    if (check.wrong.length > 0) process.exit(1);
    const fewest = Math.min(tally.none, tally.gains, tally.witnesses, tally.requests / 100);
    if (!files && fewest < tally.principals / 6) fail('less was tried than random pairs have');
};

/** Two files of a case, and its organization. */
const given = ([old, newer, organization]) => {
    const text = fs.readFileSync(organization, 'utf8');
    const accounts = {};
    for (const [, name, body] of text.matchAll(/^ {2}(\w+):\n((?: {4}.*\n?)+)/gm)) accounts[name] = (/AccountId: '?(\d+)/.exec(body) || [])[1] || null;
    return { old: fs.readFileSync(old, 'utf8'), new: fs.readFileSync(newer, 'utf8'), organization: text, accounts, style: 'given' };
};

main();
