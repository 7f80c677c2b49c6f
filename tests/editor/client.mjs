// The YAML language server as an editor uses it: over stdio, with the settings that docs/editor.md shows.

import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import rpc from 'vscode-jsonrpc/node.js';

const HERE = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

export class Editor {
    /** Starts the server for `folder`; `settings` is what is in the editor's settings file. */
    static async start(folder, settings) {
        const editor = new Editor();
        const server = join(HERE, 'node_modules/yaml-language-server/bin/yaml-language-server');
        editor.process = spawn(process.execPath, [server, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
        editor.folder = pathToFileURL(folder).href;
        editor.connection = rpc.createMessageConnection(
            new rpc.StreamMessageReader(editor.process.stdout),
            new rpc.StreamMessageWriter(editor.process.stdin),
        );
        editor.waiting = new Map();
        editor.configure(nested(settings));
        editor.connection.onNotification('textDocument/publishDiagnostics', (found) => editor.waiting.get(found.uri)?.(found.diagnostics));
        editor.connection.onRequest('client/registerCapability', () => null);
        editor.connection.listen();
        await editor.connection.sendRequest('initialize', {
            processId: process.pid,
            rootUri: editor.folder,
            workspaceFolders: [{ uri: editor.folder, name: 'folder' }],
            capabilities: {
                textDocument: {
                    completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
                    hover: { contentFormat: ['markdown'] },
                    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } } },
                },
                workspace: { configuration: true, workspaceFolders: true },
            },
        });
        editor.connection.sendNotification('initialized', {});
        return editor;
    }

    configure(settings) {
        this.connection.onRequest('workspace/configuration', ({ items }) => items.map((item) => settings[item.section] ?? {}));
    }

    /** Opens a text; its URI, and the problems that the server shows. */
    async open(name, text) {
        const uri = `${this.folder}/${name}`;
        const shown = new Promise((resolve) => this.waiting.set(uri, resolve));
        this.connection.sendNotification('textDocument/didOpen', {
            textDocument: { uri, languageId: 'yaml', version: 1, text },
        });
        return { uri, problems: await shown };
    }

    close(uri) {
        this.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    }

    async completion(uri, position) {
        const found = await this.connection.sendRequest('textDocument/completion', { textDocument: { uri }, position });
        return Array.isArray(found) ? found : (found?.items ?? []);
    }

    async hover(uri, position) {
        const found = await this.connection.sendRequest('textDocument/hover', { textDocument: { uri }, position });
        return found?.contents?.value ?? '';
    }

    async fixes(uri, problems) {
        const all = [];
        for (const problem of problems) {
            const context = { diagnostics: [problem], only: ['quickfix'] };
            const found = await this.connection.sendRequest('textDocument/codeAction', { textDocument: { uri }, range: problem.range, context });
            all.push(...(found ?? []));
        }
        return all;
    }

    async stop() {
        await this.connection.sendRequest('shutdown');
        this.connection.sendNotification('exit');
        this.process.kill();
    }
}

/** `yaml.customTags` is `customTags` of the section `yaml`. */
function nested(settings) {
    const sections = {};
    for (const [key, value] of Object.entries(settings)) {
        const [section, name] = key.split('.');
        (sections[section] ??= {})[name] = value;
    }
    return sections;
}
