'use strict';
/*
 * IAM's decision on one request, by @cloud-copilot/iam-simulate: a program that is not ours, and shares nothing with
 * `src/iam`. It runs only here, in tests; nothing of it is shipped. Its policies are read once, which its public
 * function does not allow, so the parts behind that function are called.
 *
 * It guesses or differs in some places. These are put right here before it is asked:
 * - In `NotPrincipal`, it lets an account stand for its users and roles ("need to do research", says its source). IAM's
 *   guide: with Deny, a principal is exempt only if it is listed itself. So NotPrincipal is decided here.
 * - It resolves `${...}` in every version. IAM does so only from 2012-10-17 on.
 *
 * Random values avoid the others: escapes such as `${*}`, a network `/0`, dates as numbers, and `*` in a field of an ARN
 * before the last, which it does not match with a colon.
 */
const { createRequire } = require('module');
const path = require('path');

// It compares names by locale, which takes most of its time. ASCII compares the same in lower case.
const { localeCompare } = String.prototype;
const ASCII = /^[\x20-\x7e]*$/;
String.prototype.localeCompare = function (other, locales, options) {
    const ignoresCase = options?.sensitivity === 'base' || options?.sensitivity === 'accent';
    if (!ignoresCase || !ASCII.test(this) || !ASCII.test(other)) return localeCompare.call(this, other, locales, options);
    const [a, b] = [this.toLowerCase(), other.toLowerCase()];
    return a === b ? 0 : a < b ? -1 : 1;
};

const home = path.join(__dirname, '..', 'oracle', 'node_modules', '@cloud-copilot', 'iam-simulate', 'dist', 'cjs');
const inside = file => require(path.join(home, file));
const { authorize } = inside('core_engine/CoreSimulatorEngine.js');
const { AwsRequestImpl } = inside('request/request.js');
const { RequestContextImpl } = inside('requestContext.js');
const { DiscoveryContextKeyConstraints } = inside('context_keys/discoveryContextKeyConstraints.js');
const { loadPolicy } = createRequire(path.join(home, 'index.js'))('@cloud-copilot/iam-policy');

const PARAMETERS = { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) };
const list = value => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** A request whose parts are read once. */
class KnownRequest extends AwsRequestImpl {
    get resource() {
        this.knownResource ??= known(super.resource);
        return this.knownResource;
    }

    get action() {
        this.knownAction ??= super.action;
        return this.knownAction;
    }
}

/** The parts of a resource, each worked out once. */
const known = resource => {
    for (const part of ['partition', 'service', 'region', 'account', 'resource', 'value', 'accountId']) {
        if (typeof resource[part] !== 'function') continue;
        const value = resource[part]();
        resource[part] = () => value;
    }
    return resource;
};

/*
 * The evaluator reads a policy anew for each request. Here, each part of it is read once, and what it answers about the action
 * and the resource of a statement is kept, unless a variable is in it.
 */
const answers = new WeakMap();
const remembering = (module, name, key) => {
    const own = module[name];
    module[name] = (request, statement, ...rest) => {
        const kept = answers.get(statement)?.[name];
        if (!kept) return own(request, statement, ...rest);
        const asked = key(request);
        if (!kept.has(asked)) kept.set(asked, own(request, statement, ...rest));
        return kept.get(asked);
    };
};
remembering(inside('resource/resource.js'), 'requestMatchesStatementResources', request => request.resource.value());
remembering(inside('action/action.js'), 'requestMatchesStatementActions', request => request.action.value());

const READERS = ['conditions', 'resources', 'notResources', 'actions', 'notActions', 'principals', 'notPrincipals', 'effect'];
const loaded = document => {
    const policy = loadPolicy(document, { name: 'p' });
    const statements = policy.statements();
    statements.forEach((statement, at) => {
        for (const name of READERS) {
            const own = statement[name].bind(statement);
            let value;
            statement[name] = () => (value ??= own());
        }
        const { Resource, NotResource } = list(document.Statement)[at];
        const kept = { requestMatchesStatementActions: new Map() };
        if (!JSON.stringify([Resource, NotResource]).includes('${')) kept.requestMatchesStatementResources = new Map();
        answers.set(statement, kept);
    });
    policy.statements = () => statements;
    return policy;
};

const EVERYTHING = loaded({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });

/** Stands for `${` that is text, on both sides of a comparison. */
const DOLLAR = '\u00a7{';

const mapped = (value, change) => {
    if (typeof value === 'string') return change(value);
    if (Array.isArray(value)) return value.map(one => mapped(one, change));
    if (value && typeof value === 'object') {
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one, change)]));
    }
    return value;
};

/** `document` with `${...}` as its version reads it. */
const versioned = document =>
    document.Version === '2012-10-17' ? document : { ...mapped(document, text => text.replaceAll('${', DOLLAR)), Version: '2012-10-17' };

/** Whether `NotPrincipal` lists this caller itself. */
const isListed = (value, caller) => {
    if (value === '*') return true;
    return Object.entries(value).some(([kind, all]) =>
        list(all).some(one => kind === caller.kind && (one === caller.name || (kind === 'AWS' && one === '*'))),
    );
};

/** The policies of one principal, ready to be asked. */
class Permissions {
    /** `policies` and `boundary` are documents; `boundary` is undefined if there is none. */
    constructor(policies, boundary) {
        this.policies = policies.map(one => loaded(versioned(one)));
        this.boundary = boundary && [loaded(versioned(boundary))];
    }

    /** Whether `{action, target, context, principal}` is allowed, in account `id`; `trust` is the policy of the target, if it counts. */
    allow(request, id, trust) {
        return isAllowed({
            request: asked(request, request.principal, id),
            identityPolicies: this.policies,
            permissionBoundaries: this.boundary,
            resourcePolicy: trust,
        });
    }
}

/** A trust policy, ready to be asked. */
class Trust {
    constructor(document) {
        this.document = document && versioned(document);
        this.known = new Map();
    }

    /** Whether a caller `{kind, name}` may assume the role, if its own policies allow everything. */
    allow(request, id) {
        if (!this.document) return false;
        return isAllowed({
            request: asked(request, request.caller.name, id),
            identityPolicies: [EVERYTHING],
            resourcePolicy: this.of(request.caller),
        });
    }

    /** The policy as it is about a caller, read once. */
    of(caller) {
        const key = `${caller.kind}:${caller.name}`;
        if (!this.known.has(key)) this.known.set(key, loaded(this.for(caller)));
        return this.known.get(key);
    }

    for(caller) {
        const statements = list(this.document.Statement).flatMap(statement => {
            if (statement.NotPrincipal === undefined) return [statement];
            const { NotPrincipal, ...rest } = statement;
            return isListed(NotPrincipal, caller) ? [] : [{ ...rest, Principal: '*' }];
        });
        return { ...this.document, Statement: statements };
    }
}

const asked = (request, principal, id) => {
    const context = {};
    for (const [key, value] of Object.entries(request.context)) {
        context[key] = mapped(value, text => text.replaceAll('${', DOLLAR));
    }
    const target = request.target.replaceAll('${', DOLLAR);
    return new KnownRequest(principal, { resource: target, accountId: id }, request.action, new RequestContextImpl(context), target === '*');
};

const isAllowed = asked =>
    authorize({
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        simulationParameters: PARAMETERS,
        serviceSettings: { s3: {} },
        ...asked,
    }).result === 'Allowed';

module.exports = { Permissions, Trust, list, mapped };
