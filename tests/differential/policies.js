'use strict';
/*
 * Random policies, and what people make of them: the new side is mostly the old one with little changed. A change is
 * one that a fault of `diff` could overlook: a condition that is turned, a network cut in halves, a Deny that is gone.
 */
const { list } = require('./evaluator.js');
const { NOT_PRINCIPALS, PRINCIPALS, TESTS, TOPICS, TRUST_TESTS } = require('./vocabulary.js');

const clone = value => structuredClone(value);
const one = values => (values.length === 1 ? values[0] : values);

/** An operator with all that may stand around it, and values that go with it. */
const test = (random, types) => {
    const type = random.pick(Object.values(types));
    const key = random.pick(type.keys);
    if (random.chance(9)) return { operator: 'Null', key, values: random.pick(['true', 'false']) };
    const operator = random.pick(type.operators);
    const isPlain = /Equals/.test(operator) && type.plain;
    const values = one(random.some(isPlain ? type.plain : type.values, type.operators.length === 1 ? 1 : 3));
    const qualifier = type.qualifiers ? random.pick(type.qualifiers) : random.chance(4) ? random.pick(['ForAllValues:', 'ForAnyValue:']) : '';
    return { operator: qualifier + operator + (random.chance(18) ? 'IfExists' : ''), key, values };
};

const condition = (random, types) => {
    const found = {};
    for (let left = random.weighted([[6, 1], [3, 2], [1, 3]]); left > 0; left--) {
        const { operator, key, values } = test(random, types);
        found[operator] = { ...found[operator], [key]: values };
    }
    return found;
};

/** A statement of a role's own policy on one topic, so that statements meet. */
const statement = (random, topic, effect) => {
    const found = { Effect: effect || (random.chance(30) ? 'Deny' : 'Allow') };
    const actions = found.Effect === 'Deny' && random.chance(25) ? ['*'] : random.some(topic.actions, 3);
    // An Allow of nearly everything is rare: `diff` needs a second for one.
    found[random.below(1000) < (found.Effect === 'Deny' ? 160 : 3) ? 'NotAction' : 'Action'] = one(actions);
    if (found.NotAction && found.Effect === 'Allow') found.NotAction = one([...new Set([...list(found.NotAction), 's3:*', 'iam:*'])].slice(0, 3));
    found[random.chance(12) ? 'NotResource' : 'Resource'] = one(random.some(topic.resources, 3));
    if (random.chance(55)) found.Condition = condition(random, TESTS);
    return found;
};

const document = (random, statements) => ({ ...(random.chance(92) ? { Version: '2012-10-17' } : {}), Statement: statements });

const policy = random => {
    const topic = random.weighted([[8, TOPICS[0]], [6, TOPICS[1]], [4, TOPICS[2]], [2, TOPICS[3]], [1, TOPICS[4]]]);
    const all = [statement(random, topic, 'Allow')];
    while (random.chance(55) && all.length < 5) all.push(statement(random, random.chance(85) ? topic : random.pick(TOPICS)));
    return { document: document(random, all), topic };
};

const trustStatement = (random, effect) => {
    const isDeny = effect === 'Deny';
    const found = { Effect: effect };
    if (isDeny && random.chance(55)) found.NotPrincipal = clone(random.pick(NOT_PRINCIPALS));
    else found.Principal = clone(random.pick(PRINCIPALS));
    const isToken = JSON.stringify(found.Principal || '').includes('Federated');
    found.Action = isToken ? 'sts:AssumeRoleWithWebIdentity' : random.pick(['sts:AssumeRole', 'sts:AssumeRole', 'sts:*', ['sts:AssumeRole', 'sts:TagSession']]);
    if (isDeny && isToken) found.Action = 'sts:*';
    if (random.chance(45)) found.Condition = condition(random, { ...TRUST_TESTS, network: TESTS.network, date: TESTS.date, bool: TESTS.bool });
    return found;
};

const trust = random => {
    const all = [trustStatement(random, 'Allow')];
    while (random.chance(45) && all.length < 4) all.push(trustStatement(random, random.chance(35) ? 'Deny' : 'Allow'));
    return { Version: '2012-10-17', Statement: all };
};

const TYPES = { ...TESTS, ...TRUST_TESTS };
const typeOf = (key, operator) =>
    Object.values(TYPES).find(type => type.keys.some(known => known.toLowerCase() === key.toLowerCase()) && type.operators.some(known => operator.includes(known)));

/** Halves of a network, and the whole of two. */
const networks = (random, values) => {
    const whole = { '10.0.0.0/8': ['10.0.0.0/9', '10.128.0.0/9'], '192.168.0.0/24': ['192.168.0.0/25', '192.168.0.128/25'] };
    for (const [all, halves] of Object.entries(whole)) {
        if (values.includes(all)) return [...values.filter(it => it !== all), ...(random.chance(70) ? halves : halves.slice(0, 1))];
        if (halves.every(half => values.includes(half))) return [...values.filter(it => !halves.includes(it)), all];
    }
    return random.some(TESTS.network.values, 3);
};

/** Changes one condition in place. */
const changeTest = (random, statement) => {
    const operators = Object.keys(statement.Condition);
    const operator = random.pick(operators);
    const key = random.pick(Object.keys(statement.Condition[operator]));
    const values = list(statement.Condition[operator][key]);
    const put = (operator, values) => {
        statement.Condition[operator] = { ...statement.Condition[operator], [key]: one(values) };
    };
    const remove = () => {
        delete statement.Condition[operator][key];
        if (Object.keys(statement.Condition[operator]).length === 0) delete statement.Condition[operator];
    };
    const type = typeOf(key, operator);
    switch (random.below(6)) {
        case 0: {
            remove();
            put(operator.endsWith('IfExists') ? operator.slice(0, -8) : `${operator}${operator === 'Null' ? '' : 'IfExists'}`, values);
            break;
        }
        case 1: {
            if (!type) break;
            remove();
            const [, qualifier = '', suffix] = /^(For\w+:)?.*?(IfExists)?$/.exec(operator);
            const other = random.pick(type.operators);
            const isPlain = /Equals/.test(other) && type.plain && !/Arn/.test(other);
            put(qualifier + other + (suffix || ''), isPlain ? values.map(it => (/[*?]/.test(it) ? random.pick(type.plain) : it)) : values);
            break;
        }
        case 2:
            if (!type || operator === 'Null') break;
            put(operator, type === TESTS.network ? networks(random, values) : random.some(/Equals/.test(operator) && type.plain ? type.plain : type.values, type.operators.length === 1 ? 1 : 3));
            break;
        case 3:
            if (values.length > 1) put(operator, values.slice(1));
            else if (type && type.operators.length > 1) put(operator, [...new Set([...values, random.pick(type.plain || type.values)])]);
            break;
        case 4:
            if (operator.startsWith('For')) {
                remove();
                put(operator.startsWith('ForAll') ? operator.replace('ForAllValues', 'ForAnyValue') : operator.replace('ForAnyValue', 'ForAllValues'), values);
            } else if (operator !== 'Null') put('Null', [random.pick(['true', 'false'])]);
            break;
        default:
            remove();
            if (Object.keys(statement.Condition).length === 0) delete statement.Condition;
    }
};

const NUMBERS = [{ NumericLessThan: 5 }, { NumericGreaterThanEquals: 5 }];

/** Cuts one statement in two that together say the same, or a little less. */
const split = (random, all) => {
    const at = random.below(all.length);
    const halves = NUMBERS.map(half => {
        const copy = clone(all[at]);
        const [[operator, value]] = Object.entries(half);
        copy.Condition = { ...copy.Condition, [operator]: { 's3:max-keys': String(value) } };
        return copy;
    });
    if (random.chance(30)) halves[1].Condition.NumericGreaterThanEquals['s3:max-keys'] = '6';
    all.splice(at, 1, ...halves);
};

/** The other side of a list of statements. */
const changed = (random, old, fresh, replace) => {
    const all = clone(old);
    const at = random.below(all.length);
    const kind = random.weighted([[2, 'fresh'], [2, 'more'], [3, 'less'], [2, 'unbound'], [9, 'test'], [3, 'resource'], [3, 'action'], [1, 'split'], [2, 'turn'], [2, 'bound']]);
    const isBound = all.findIndex(it => it.Condition);
    switch (kind) {
        case 'fresh':
            return fresh();
        case 'more':
            all.push(replace());
            break;
        case 'less': {
            const deny = all.findIndex(it => it.Effect === 'Deny');
            if (all.length > 1) all.splice(deny >= 0 && random.chance(70) ? deny : at, 1);
            break;
        }
        case 'unbound':
            if (isBound >= 0) delete all[isBound].Condition;
            break;
        case 'test':
            if (isBound >= 0) for (let left = 1 + random.below(2); left > 0 && all[isBound].Condition; left--) changeTest(random, all[isBound]);
            else all[at] = { ...replace(), Effect: all[at].Effect };
            break;
        case 'split':
            split(random, all);
            break;
        case 'turn':
            all.reverse();
            break;
        default: {
            const other = replace();
            const keys = { resource: ['Resource', 'NotResource', 'Principal', 'NotPrincipal'], action: ['Action', 'NotAction'], bound: ['Condition'] }[kind];
            const own = keys.find(key => key in all[at]);
            const its = keys.find(key => key in other);
            if (its === undefined || (/NotPrincipal|NotAction/.test(its) && all[at].Effect === 'Allow')) break;
            if (own !== undefined) delete all[at][own];
            all[at][its] = other[its];
        }
    }
    return all;
};

const changedPolicy = (random, { document: old, topic }) => {
    const fresh = () => policy(random).document.Statement;
    const other = { ...clone(old), Statement: changed(random, old.Statement, fresh, () => statement(random, topic)) };
    if (random.chance(4)) other.Version === undefined ? (other.Version = '2012-10-17') : delete other.Version;
    return { document: other, topic };
};

const changedTrust = (random, old) => ({
    ...old,
    Statement: changed(random, old.Statement, () => trust(random).Statement, () => trustStatement(random, random.chance(35) ? 'Deny' : 'Allow')),
});

module.exports = { changedPolicy, changedTrust, clone, policy, trust };
