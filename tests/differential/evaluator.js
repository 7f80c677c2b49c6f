'use strict';
/*
 * IAM's decision on one request, by @cloud-copilot/iam-simulate: a program that is not ours, and shares nothing with
 * `src/iam`. It runs only here, in tests; nothing of it is shipped. Its policies are read once, which its public
 * function does not allow, so the parts behind that function are called.
 *
 * It guesses or differs in three places, which are put right here before it is asked:
 * - In `NotPrincipal`, it lets an account stand for its users and roles ("need to do research", says its source). IAM's
 *   guide: with Deny, a principal is exempt only if it is listed itself. So NotPrincipal is decided here.
 * - It resolves `${...}` in every version. IAM does so only from 2012-10-17 on.
 * - It reads `${*}`, `${?}`, and `${$}` as wildcards' escapes only beside wildcards; random values do not use them.
 */
const { createRequire } = require('module');
const path = require('path');

// It compares ASCII names by locale, which takes most of its time. In lower case, they compare the same.
const { localeCompare } = String.prototype;
String.prototype.localeCompare = function (other, locales, options) {
    const isPlain = options?.sensitivity === 'base' && /^[\x20-\x7e]*$/.test(this + other);
    if (!isPlain) return localeCompare.call(this, other, locales, options);
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
const NAMED = { name: 'p' };
const EVERYTHING = loadPolicy({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }, NAMED);

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

const list = value => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

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
        this.policies = policies.map(one => loadPolicy(versioned(one), NAMED));
        this.boundary = boundary && [loadPolicy(versioned(boundary), NAMED)];
    }

    /** Whether `{action, target, context, principal}` is allowed, in account `id`. */
    allow(request, id) {
        return isAllowed({
            request: asked(request, request.principal, id),
            identityPolicies: this.policies,
            permissionBoundaries: this.boundary,
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
        const { caller } = request;
        const key = `${caller.kind}:${caller.name}`;
        if (!this.known.has(key)) this.known.set(key, loadPolicy(this.for(caller), NAMED));
        return isAllowed({
            request: asked(request, caller.name, id),
            identityPolicies: [EVERYTHING],
            resourcePolicy: this.known.get(key),
        });
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
    return new AwsRequestImpl(principal, { resource: target, accountId: id }, request.action, new RequestContextImpl(context), target === '*');
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
