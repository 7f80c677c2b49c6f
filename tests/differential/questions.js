'use strict';
/*
 * What `can` answers to random questions, compared with what the evaluator decides.
 *
 * In: the newer template of a random file, the answers of `can --format json`. Out: a tally, and what is wrong:
 * - `no`: the answer is no, and a request that matches is allowed;
 * - `yes`: the answer is yes, and its example is refused, or is not one that matches;
 * - `all`: all requests that match are said to be allowed, and one is refused.
 * "Maybe" is counted by itself.
 */
const { Side, choices, spelledOut, worlds } = require('./check.js');
const { Trust } = require('./evaluator.js');
const { Random } = require('./random.js');
const { filled, holes } = require('./reader.js');
const { calls, contexts, keys, statements } = require('./requests.js');
const { ACTIONS } = require('./vocabulary.js');

/** How much is tried for each question. */
const CALLS = 40;
const CONTEXTS = 30;

const escaped = text => text.replace(/[.+^${}()|[\]\\]/g, '\\$&');
const matches = (pattern, text, flags = '') => new RegExp(`^${escaped(pattern).replace(/\*/g, '.*').replace(/\?/g, '.')}$`, `s${flags}`).test(text);

/** Whether a resource is one that a question without an account means. */
const isOwn = (action, target, id) => action.startsWith('sts:') || [id, '', undefined].includes(target.split(':')[4]);

/** Up to `most` contexts in which these keys have these values; `undefined` is a key that a request lacks. */
const contextsWith = (random, byKey, fixed, most) => {
    const free = new Map([...byKey].filter(([key]) => !(key in fixed)));
    const given = Object.fromEntries(Object.entries(fixed).filter(([, value]) => value !== undefined));
    return contexts(random, free, given, most);
};

/** Whether two values of a key are one; `undefined` is a request without the key. */
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** A principal that is asked about. To assume a role of the file, the trust policy of the role must let it in, too. */
class Asked extends Side {
    constructor(principal, documents, world, roles) {
        super(principal, documents, world, []);
        this.roles = new Map(roles.map(role => filled(role, world)).map(role => [role.arn, new Trust(role.trust)]));
    }

    allows(request, id) {
        if (!super.allows(request, id)) return false;
        const trust = request.action === 'sts:AssumeRole' && this.roles.get(request.target);
        if (!trust) return true;
        const { arn: name } = this.principal;
        const context = { ...this.sent(request), 'aws:principalarn': name, 'aws:principalaccount': id };
        return trust.allow({ ...request, context, caller: { kind: 'AWS', name } }, id);
    }
}

class Questions {
    constructor(seed) {
        this.seed = seed;
        this.tally = { questions: 0, yes: 0, no: 0, maybe: 0, all: 0, requests: 0 };
        this.wrong = [];
    }

    /** A question about a principal, as arguments of `can`. */
    ask(random, principal, world, id) {
        const documents = principal.documents.map(one => filled(one.document, world));
        const all = statements([...documents, principal.boundary && filled(principal.boundary, world)]);
        const tried = calls(random, [], all, { names: [], most: CALLS, withLater: false });
        const known = tried.length && random.chance(75) ? random.pick(tried) : { action: random.pick(ACTIONS)[0] };
        const action = random.chance(80) ? known.action : known.action.replace(/(:[A-Z][a-z]+).*/, '$1*');
        let resource;
        if (known.target && known.target !== '*' && /^arn:[^*?\s]*$/.test(known.target) && random.chance(60)) {
            resource = random.chance(60) ? known.target : `${known.target.slice(0, known.target.lastIndexOf(':') + 1)}*`;
        }
        const where = {};
        let lists = new Set();
        const byKey = [...keys(all)].filter(([key]) => key.includes(':') && !key.startsWith('aws:principal') && key !== 'aws:username');
        if (byKey.length && random.chance(35)) {
            const [key, values] = random.pick(byKey);
            const value = random.pick(values);
            const text = Array.isArray(value) ? value[0] : value;
            lists = new Set(byKey.filter(([, values]) => values.some(Array.isArray)).map(([key]) => key));
            if (text === undefined) where[key] = undefined;
            else if (/^[^*?=$]+$/.test(text)) where[key] = text;
        }
        return { who: principal.name, kind: principal.kind, account: principal.account, action, resource, where, lists: [...lists], id };
    }

    arguments(question) {
        const { who, account, action, resource, where } = question;
        const keys = Object.entries(where).flatMap(([key, value]) => ['--where', `${key}=${value ?? ''}`]);
        return ['can', who, action, ...(resource ? [resource] : []), ...keys, '--account', account, '--format', 'json'];
    }

    /** Compares the answer to a question about a principal of a template, whose roles are `roles`. */
    check(label, { principal, id, values, roles }, question, answer) {
        const random = new Random(`${this.seed} ${label}`);
        this.tally.questions += 1;
        this.tally[answer.answer] += 1;
        if (answer.answer === 'maybe') return;
        const isAll = answer.requests === 'all';
        if (isAll) this.tally.all += 1;
        let isConfirmed = answer.answer === 'no';
        const documents = choices(principal.documents);
        for (const world of worlds(random, holes([principal, id]))) {
            for (const chosen of documents) {
                const own = new Asked(principal, chosen, world, roles);
                const ownId = filled(id, world);
                if (!isConfirmed) isConfirmed = this.confirms(random, own, ownId, question, answer, target => spelledOut(target, world, values));
                const wanted = answer.answer === 'no' ? true : isAll ? false : undefined;
                if (wanted === undefined) continue;
                const found = this.probe(random, own, ownId, question, wanted);
                if (found) return this.report(answer.answer === 'no' ? 'no' : 'all', label, question, { found, world });
            }
        }
        if (!isConfirmed) this.report('yes', label, question, answer.by.map(one => one.witness));
    }

    report(kind, label, question, what) {
        this.wrong.push({ kind, label: `${label} ${JSON.stringify(question)}`, what });
    }

    isAsked({ action, resource }, request, id) {
        if (!matches(action, request.action, 'i')) return false;
        return resource ? matches(resource, request.target) : isOwn(request.action, request.target, id);
    }

    /** What every request says: of a role's session, that it has no user name. */
    given({ who, kind, where, lists }) {
        const own = { 'aws:username': kind === 'user' ? who : undefined };
        return Object.assign(own, Object.fromEntries(Object.entries(where).map(([key, value]) => [key, value !== undefined && lists.includes(key) ? [value] : value])));
    }

    /** Whether a request says what the question does: what is true of a principal or a resource is said whatever is asked. */
    isSaid(question, sent) {
        return Object.entries(this.given(question)).every(([key, value]) => isSame(sent[key], value));
    }

    /** A request that matches and is allowed, or is not, whichever is wanted. */
    probe(random, own, id, question, isAllowed) {
        const all = statements([...own.documents, own.principal?.boundary]);
        const byKey = keys(all);
        const { action, resource } = question;
        const named = ACTIONS.filter(([name]) => matches(action, name, 'i'));
        const tried = calls(random, [], all, { names: resource ? [resource.replaceAll('*', 'x'), resource.replaceAll('*', 'zz/y')] : [], most: 400, withLater: false });
        // Also what no statement speaks of.
        for (const [name, shape] of isAllowed ? [] : named) {
            const target = resource ? resource.replaceAll('*', 'zz') : undefined;
            if (target && shape?.test(target)) tried.push({ action: name, target });
        }
        const asked = tried.filter(one => this.isAsked(question, one, id)).slice(0, CALLS);
        for (const { action, target } of asked) {
            for (const context of contextsWith(random, byKey, this.given(question), CONTEXTS)) {
                const request = { action, target, context };
                if (!this.isSaid(question, own.sent(request))) continue;
                this.tally.requests += 1;
                if (own.allows(request, id) === isAllowed) return request;
            }
        }
        return undefined;
    }

    /** Whether some example of the answer is one. */
    confirms(random, own, id, question, answer, spelled) {
        const all = statements([...own.documents, own.principal?.boundary]);
        const byKey = keys(all);
        return answer.by.some(({ witness }) => {
            if (!witness) return false;
            const fixed = { ...this.given(question) };
            for (const [key, value] of Object.entries(witness.context)) {
                if (value === null) fixed[key] = undefined;
                else {
                    const values = [value].flat().map(spelled);
                    fixed[key] = (byKey.get(key) || []).some(Array.isArray) ? values : values[0];
                }
            }
            const request = { action: witness.action, target: spelled(witness.target) };
            if (!this.isAsked(question, request, id)) return false;
            const isOne = sent => this.isSaid(question, sent) && Object.entries(fixed).every(([key, value]) => isSame(sent[key], value));
            return contextsWith(random, byKey, fixed, 600).some(context => isOne(own.sent({ ...request, context })) && own.allows({ ...request, context }, id));
        });
    }
}

module.exports = { Questions };
