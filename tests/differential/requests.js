'use strict';
/*
 * The requests that a pair of policies is tried with: actions, resources, callers, and contexts, made from all that both
 * sides write and from what lies just beside it. Small differences hide at the edges: the first address after a network, a
 * second before a date, a key that is missing, a letter in another case.
 */
const { list, mapped } = require('./evaluator.js');
const { ACTIONS, LATER_ACTIONS, isMultivalued, isPossible } = require('./vocabulary.js');

const escaped = text => text.replace(/[.+^${}()|[\]\\]/g, '\\$&');

/** Whether a pattern with `*` and `?` matches a text. Only chooses what to try; the evaluator decides. */
const globs = new Map();
const matches = (pattern, text) => {
    let known = globs.get(pattern);
    if (!known) {
        known = new RegExp(`^${escaped(pattern).replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i');
        if (globs.size > 20000) globs.clear();
        globs.set(pattern, known);
    }
    return known.test(text);
};

const statements = documents => documents.filter(Boolean).flatMap(one => list(one.Statement));

/** Texts that a pattern matches, and some that it just does not. */
const instances = pattern => {
    if (!/[*?]/.test(pattern)) return [pattern];
    const fill = (star, one) => pattern.replaceAll('*', star).replaceAll('?', one);
    return [fill('', 'x'), fill('x', 'x'), fill('x/y', 'y'), fill('Xx', 'X')];
};

const flipped = text => {
    const at = text.search(/[a-z](?=[^a-z]*$)/i);
    if (at < 0) return text;
    const c = text[at];
    return text.slice(0, at) + (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()) + text.slice(at + 1);
};

/** The head of one pattern with the tail of another: what both match, if anything is. */
const crossed = (one, other) => {
    const [head, tail] = [one.slice(0, one.search(/[*?]|$/)), other.slice(other.lastIndexOf('*') + 1)];
    return other.includes('*') ? [head + tail, `${head}x${tail}`] : [];
};

const resourcePatterns = all => [...new Set(all.flatMap(one => [...list(one.Resource), ...list(one.NotResource)]))];

/** Pairs of an action and a resource, of which the new side may allow each. */
const calls = (random, older, newer, { names, most, withLater }) => {
    const both = [...older, ...newer];
    const patterns = resourcePatterns(both);
    const texts = new Set(names);
    for (const pattern of patterns) {
        const variables = ['joe', 'x'].map(value => pattern.replace(/\$\{[^}]*\}/g, value));
        for (const text of variables.flatMap(instances)) texts.add(text);
        texts.add(flipped(instances(pattern)[0]));
        for (const text of crossed(pattern, random.pick(patterns))) texts.add(text);
    }
    const allowed = newer.filter(one => one.Effect === 'Allow');
    const isAsked = action =>
        allowed.some(one => one.NotAction !== undefined || list(one.Action).some(pattern => matches(pattern, action)));
    const found = [];
    for (const [action, shape] of [...ACTIONS, ...(withLater ? LATER_ACTIONS : [])]) {
        if (!isAsked(action)) continue;
        const resources = shape === null ? ['*'] : [...texts].filter(text => shape.test(text));
        if (shape !== null && resources.length === 0) continue;
        for (const target of resources) {
            const isMet = allowed.some(
                one => one.NotResource !== undefined || list(one.Resource).some(it => it.includes('$') || matches(it, target)),
            );
            if (isMet) found.push({ action, target });
        }
    }
    return random.shuffle(found).slice(0, most);
};

const FILL = { AWS: 'AWS', Service: 'Service', Federated: 'Federated' };

/** Who may try to assume a role: those that the trust policies list, and others beside them. */
const callers = (random, older, newer, known) => {
    const found = new Map();
    const add = (kind, name) => found.set(`${kind}:${name}`, { kind, name });
    const stranger = () => add('AWS', 'arn:aws:iam::999000999000:user/zed');
    for (const statement of [...older, ...newer]) {
        for (const principal of [statement.Principal, statement.NotPrincipal]) {
            if (principal === undefined) continue;
            if (typeof principal === 'string') {
                stranger();
                add('Service', 'ec2.amazonaws.com');
                continue;
            }
            for (const [kind, names] of Object.entries(principal)) {
                if (!(kind in FILL)) throw new Error(`unknown kind of principal ${kind}`);
                for (const name of list(names)) {
                    const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(name);
                    if (kind === 'AWS' && name === '*') stranger();
                    else if (account) for (const who of ['user/bob', 'role/zed']) add('AWS', `arn:aws:iam::${account[1]}:${who}`);
                    else add(kind, name);
                }
            }
        }
        for (const test of conditionsOf(statement)) {
            if (test.key === 'aws:principalarn') for (const value of test.values.flatMap(instances)) if (/^arn:aws:iam::\d{12}:(role|user)\/./.test(value)) add('AWS', value);
            if (test.key === 'aws:principalaccount') for (const value of test.values) if (/^\d{12}$/.test(value)) add('AWS', `arn:aws:iam::${value}:user/bob`);
        }
    }
    stranger();
    return [...found.values(), ...known];
};

/** The conditions of a statement, each key under each operator. */
const conditionsOf = statement =>
    Object.entries(statement.Condition || {}).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]) => {
            const [, qualifier, plain] = /^(?:(For(?:All|Any)Values?):)?(.*)$/.exec(operator);
            return { key: key.toLowerCase(), qualifier, operator: plain.replace(/IfExists$/, ''), values: list(values).map(String) };
        }),
    );

const around = {
    numbers: values => values.map(Number).flatMap(n => [n - 1, n, n + 1, n + 0.5]).map(String),
    dates: values =>
        values.flatMap(value => {
            const at = Date.parse(value);
            return [at - 1000, at, at + 1000].map(time => new Date(time).toISOString().replace('.000Z', 'Z'));
        }),
    networks: values => values.flatMap(edges).concat('203.0.113.9', '2001:db8:ffff::9'),
};

/** The first and last address of a network, and those beside it. */
const edges = network => {
    const [address, length] = network.split('/');
    if (address.includes(':')) {
        const base = address.replace(/::$/, '');
        return [`${base}::`, `${base}::1`, `${base}:8000::1`, `${base}:ffff:ffff:ffff:ffff:ffff:ffff`.split(':').slice(0, 8).join(':')];
    }
    const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const size = 2 ** (32 - (length === undefined ? 32 : Number(length)));
    const start = Math.floor(first / size) * size;
    const dotted = n => [24, 16, 8, 0].map(shift => Math.floor(n / 2 ** shift) % 256).join('.');
    return [start, start + size - 1, start - 1, start + size, start + Math.floor(size / 2)].filter(n => n >= 0 && n < 2 ** 32).map(dotted);
};

/** The values of a key that may tell two sides apart; `undefined` is a request without the key. */
const candidates = tests => {
    const single = new Set();
    for (const { operator, values } of tests) {
        if (operator.startsWith('Numeric')) around.numbers(values).forEach(one => single.add(one));
        else if (operator.startsWith('Date')) around.dates(values).forEach(one => single.add(one));
        else if (operator.endsWith('IpAddress')) around.networks(values).forEach(one => single.add(one));
        else if (operator === 'Bool') ['true', 'false'].forEach(one => single.add(one));
        else if (operator === 'Null') single.add('zz');
        else {
            const texts = values.flatMap(value => ['joe', 'x'].map(it => value.replace(/\$\{[^}]*\}/g, it)));
            for (const text of texts.flatMap(instances)) single.add(text);
            single.add(flipped(instances(values[0] || 'a')[0]));
            for (const text of crossed(values[0] || '', values[values.length - 1] || '')) single.add(text);
            single.add('zz');
        }
    }
    single.delete('');
    return [...single];
};

/** The keys that statements speak of, in conditions or as variables, each with the values to try. */
const keys = both => {
    const tests = new Map();
    for (const test of both.flatMap(conditionsOf)) {
        if (!tests.has(test.key)) tests.set(test.key, []);
        tests.get(test.key).push(test);
    }
    const found = new Map([...tests].map(([key, all]) => [key, candidates(all)]));
    mapped(both, text => {
        for (const [, variable] of text.matchAll(/\$\{([^},]*)[^}]*\}/g)) {
            const key = variable.toLowerCase();
            if (key.includes(':')) found.set(key, [...(found.get(key) || []), 'joe', 'x']);
        }
        return text;
    });
    return new Map(
        [...found].map(([key, all]) => {
            const values = all.filter(value => isPossible(key, value));
            const [a = 'zz', b = a] = values;
            const several = values.slice(1).map((value, at) => [values[at], value]);
            const tried = isMultivalued(key) ? [...values.map(one => [one]), ...several, [a, 'zz'], [b, 'zz'], values.slice(0, 4)] : values;
            return [key, [undefined, ...tried]];
        }),
    );
};

/** Up to `most` contexts over these keys, besides what `given` fixes. */
const contexts = (random, keys, given, most) => {
    const free = [...keys].filter(([key]) => !(key in given));
    const size = free.reduce((product, [, values]) => product * values.length, 1);
    const at = number => {
        const context = { ...given };
        for (const [key, values] of free) {
            const value = values[number % values.length];
            if (value !== undefined) context[key] = value;
            number = Math.floor(number / values.length);
        }
        return context;
    };
    if (size <= most) return Array.from({ length: size }, (_, number) => at(number));
    return Array.from({ length: most }, () => {
        const context = { ...given };
        for (const [key, values] of free) {
            const value = random.pick(values);
            if (value !== undefined) context[key] = value;
        }
        return context;
    });
};

module.exports = { calls, callers, contexts, keys, statements };
