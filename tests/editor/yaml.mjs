// Runs the cases of cases.yml in the YAML language server, in a copy of the example, with the schema that `deploy-roles schema` writes
// and the settings that docs/editor.md shows. Then takes a line out of the settings: what the page warns of must happen.
//
//     node yaml.mjs BINARY

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { Editor } from './client.mjs';

const HERE = new URL('.', import.meta.url).pathname;
const ROOT = resolve(HERE, '../..');
const CURSOR = '<|>';
const LEAST_CASES = 35;
const failures = [];

function check(holds, name, said) {
    if (!holds) {
        failures.push(name);
        console.log(`FAIL ${name}\n     ${said}`);
    }
}

/** The first JSON block of the page: the settings of VS Code. */
function settingsOfThePage() {
    const page = readFileSync(join(ROOT, 'docs/editor.md'), 'utf8');
    return JSON.parse(page.match(/```json\n(.*?)```/s)[1]);
}

function placeOf(text) {
    const before = text.slice(0, text.indexOf(CURSOR)).split('\n');
    return { line: before.length - 1, character: before.at(-1).length };
}

const shown = (problem) => `${problem.range.start.line + 1}:${problem.range.start.character + 1} ${problem.message}`;
const matches = (text, expected) => (expected.endsWith('...') ? text.startsWith(expected.slice(0, -3)) : text === expected);

/** `text` with the edits of a quick fix. */
function edited(text, fix, uri) {
    const [edit] = fix.edit.changes[uri];
    const lines = text.split('\n');
    const at = ({ line, character }) => lines.slice(0, line).join('\n').length + (line > 0 ? 1 : 0) + character;
    return text.slice(0, at(edit.range.start)) + edit.newText + text.slice(at(edit.range.end));
}

async function run(editor, one, number) {
    const written = one.file ? readFileSync(join(ROOT, one.file), 'utf8') : one.text;
    const text = written.replace(CURSOR, '');
    const { uri, problems } = await editor.open(one.as ?? `case-${number}.src.yml`, text);
    if (one.completion || one.includes) {
        const labels = (await editor.completion(uri, placeOf(written))).map((item) => item.label);
        const offered = labels.filter((label) => !label.startsWith('!'));
        const missing = (one.includes ?? one.completion).filter((label) => !offered.includes(label));
        const more = one.completion ? offered.filter((label) => !one.completion.includes(label)) : [];
        check(missing.length + more.length === 0, one.name, `not offered: ${missing}; offered: ${more}`);
    }
    if (one.hover) {
        const hover = await editor.hover(uri, placeOf(written));
        for (const expected of one.hover) {
            check(hover.includes(expected), one.name, `not shown: ${expected}; shown: ${hover}`);
        }
    }
    if (one.problems) {
        const found = problems.map(shown);
        const same = found.length === one.problems.length && one.problems.every((expected) => found.some((text) => matches(text, expected)));
        check(same, one.name, `shown: ${JSON.stringify(found)}`);
    }
    if (one.fixes) {
        const fixes = await editor.fixes(uri, problems);
        const missing = one.fixes.filter((title) => !fixes.some((fix) => fix.title === title));
        check(missing.length === 0, one.name, `no quick fix: ${missing}`);
        if (one.fixed && missing.length === 0) {
            const text_after = edited(text, fixes.find((fix) => fix.title === one.fixes[0]), uri);
            check(text_after === one.fixed, one.name, `fixed: ${text_after}`);
        }
    }
    editor.close(uri);
}

/** Without the line for mappings, a tag means a scalar, and the macro is a problem. */
async function withoutALine(folder, settings) {
    const tags = settings['yaml.customTags'].filter((tag) => tag !== '!DeployRoles mapping');
    const editor = await Editor.start(folder, { ...settings, 'yaml.customTags': tags });
    const text = 'Resources:\n  Shop: !DeployRoles\n    AppId: shop\n    Targets: { dev: !Ref DevAccount }\n';
    const { problems } = await editor.open('tags.src.yml', text);
    check(problems.some((problem) => problem.message.includes('Unresolved tag: !DeployRoles')), 'both lines of the tag are needed', `shown: ${problems.map(shown)}`);
    await editor.stop();
}

const binary = resolve(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'deploy-roles-editor-'));
try {
    cpSync(join(ROOT, 'org'), join(folder, 'org'), { recursive: true });
    const schema = execFileSync(binary, ['schema'], { cwd: folder });
    writeFileSync(join(folder, 'deploy-roles.schema.json'), schema);
    const settings = { ...settingsOfThePage(), 'yaml.schemaStore': { enable: false } };
    const cases = parse(readFileSync(join(HERE, 'cases.yml'), 'utf8'));
    check(cases.length >= LEAST_CASES, 'no case is lost', `${cases.length} of at least ${LEAST_CASES} cases`);
    const editor = await Editor.start(folder, settings);
    for (const [number, one] of cases.entries()) {
        await run(editor, one, number);
    }
    await editor.stop();
    await withoutALine(folder, settings);
    if (failures.length === 0) {
        console.log(`ok   editor: ${cases.length} cases in the YAML language server`);
    }
} finally {
    rmSync(folder, { recursive: true });
}
process.exit(failures.length === 0 ? 0 : 1);
