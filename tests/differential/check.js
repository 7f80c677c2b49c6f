'use strict';
/*
 * What `diff` says of each principal, compared with what the evaluator decides.
 *
 * In: two templates, the accounts, the JSON of `diff`. Out: a tally, and what is wrong:
 * - `missed`: the new side allows a request that the old one refuses, and nothing was reported for it;
 * - `witness`: a certain gain whose request the old side allows, or the new one refuses.
 *
 * What a principal may do is decided by its own policies, except where a role of the file is assumed in its account: there, its
 * trust policy is asked as well, and if both sides are asked in this way, either of them may have reported the gain.
 *
 * A value that is not known may have any value, so a claim must hold in several worlds; in each, one value for each hole.
 * If two inline documents have one name, IAM keeps one, and nobody says which: each is a world, too.
 */
const { Permissions, Trust } = require('./evaluator.js');
const { Random } = require('./random.js');
const { filled, holes } = require('./reader.js');
const { calls, callers, contexts, keys, statements } = require('./requests.js');

/** How much is tried for each principal. */
const CALLS = 26;
const ROLES = 3;
const CONTEXTS = 26;
const WORLDS = 4;

/** Values that something unknown may have. */
const VALUES = ['a', 'x/y', '*', '${aws:username}', 'joe'];
const IDS = ['111111111111', '777777777777'];

/** Everything that is not known, with a value for each. */
const worlds = (random, unknown) => {
    if (unknown.size === 0) return [{}];
    // In the last one, each value is like nothing else.
    return Array.from({ length: WORLDS + 1 }, (_, at) =>
        Object.fromEntries(
            [...unknown].map((key, index) => {
                if (key.startsWith('id of ')) return [key, IDS[at % 2]];
                if (at === WORLDS) return [key, `like-${index}/nothing`];
                return [key, at === 0 ? VALUES[index % 2] : random.pick(VALUES)];
            }),
        ),
    );
};

/** The documents of a side, of which those with one name exclude each other. */
const choices = documents => {
    const byName = new Map();
    for (const { name, document } of documents) {
        const all = byName.get(name) || [];
        if (!all.some(known => JSON.stringify(known) === JSON.stringify(document))) all.push(document);
        byName.set(name, all);
    }
    let found = [[]];
    for (const all of byName.values()) found = all.flatMap(one => found.map(rest => [...rest, one]));
    return found.slice(0, 4);
};

/** One principal on one side, in one world. */
class Side {
    constructor(principal, documents, world, bystanders) {
        this.principal = principal && filled(principal, world);
        this.documents = principal ? documents.map(one => filled(one, world)) : [];
        this.bystanders = bystanders.map(one => filled({ arn: one.arn, tags: one.tags }, world));
        this.own = new Permissions(this.documents, this.principal?.boundary);
        this.trust = new Trust(this.principal?.trust);
    }

    policies() {
        return [...this.documents, this.principal?.boundary];
    }

    /** What is true of the principal and the target on this side, whatever a request says. */
    facts(target, role = this.bystanders.find(one => one.arn === target)) {
        // Of these, only a request of a user has a user name, and that is its own (IAM user guide, "Request information that
        // you can use for policy variables": of an assumed role, `aws:username` is not present).
        const found = { 'aws:username': this.principal?.kind === 'user' ? this.principal.name : undefined };
        for (const [key, value] of Object.entries(this.principal?.tags || {})) found[`aws:principaltag/${key.toLowerCase()}`] = value;
        if (role) {
            for (const prefix of ['iam:resourcetag/', 'aws:resourcetag/']) {
                found[`${prefix}env`] = undefined;
                for (const [key, value] of Object.entries(role.tags)) found[prefix + key.toLowerCase()] = value;
            }
        }
        return found;
    }

    allows(request, id) {
        if (!this.principal) return false;
        return this.own.allow({ ...request, context: this.sent(request), principal: this.principal.arn }, id);
    }

    /** Whether it may assume `role`, by its own policies, and by what the trust policy says of it or its account. */
    assumes(request, role, id) {
        if (!this.principal || !role) return false;
        const { arn } = this.principal;
        const context = { ...this.sent(request, role), 'aws:principalarn': arn, 'aws:principalaccount': arn.split(':')[4] };
        const trust = new Trust(role.trust).of({ kind: 'AWS', name: arn });
        return this.own.allow({ ...request, context, principal: arn }, id, trust);
    }

    /** The context of the request that is sent if this one is tried, about a `role` of the file. */
    sent(request, role) {
        const context = { ...request.context };
        for (const [key, value] of Object.entries(this.facts(request.target, role))) {
            if (value === undefined) delete context[key];
            else context[key] = value;
        }
        // A session of a role always says when its token was issued.
        if (this.principal.kind === 'role') context['aws:tokenissuetime'] ??= ['2026-03-01T00:00:00Z'];
        // What an ARN has an account for is owned by it (IAM user guide, "AWS global condition context keys": the key is the
        // account that owns the resource). Some actions do not have the key, but none of IAM or STS.
        const [, service, owner] = /^arn:aws:([^:]*):[^:]*:(\d{12}):/.exec(request.target) || [];
        if (owner && (service === 'iam' || context['aws:resourceaccount'] !== undefined)) context['aws:resourceaccount'] = owner;
        return context;
    }

    /** `request.caller.of` is the place of a role of the file, whose ARN is that of this side. */
    letsIn(request, id) {
        if (!this.principal) return false;
        const { caller } = request;
        const name = caller.of === undefined ? caller.name : this.bystanders[caller.of].arn;
        const context = { ...request.context };
        const account = caller.kind === 'AWS' && name.split(':')[4];
        if (account) {
            context['aws:principalarn'] = name;
            context['aws:principalaccount'] = account;
        } else {
            // Who is no principal of IAM does not call with the ARN of one.
            delete context['aws:principalarn'];
        }
        return this.trust.allow({ ...request, context, target: this.principal.arn, caller: { kind: caller.kind, name } }, id);
    }
}

class Check {
    constructor(seed) {
        this.seed = seed;
        this.tally = { principals: 0, none: 0, gains: 0, maybe: 0, witnesses: 0, requests: 0 };
        this.wrong = [];
    }

    /**
     * `pair` is {label, older, newer, others, roles, id, values}: the principal on both sides, other roles of its file as
     * {older, newer}, all roles of its account as {older, newer, isQuiet} (nothing is reported of who assumes them), the id of its
     * account, the values on the new side of what a witness may name;
     * `answer` is what `diff` reports for it: {gains, isMaybe}.
     */
    principal(pair, answer) {
        const { older, newer } = pair;
        const random = new Random(`${this.seed} ${pair.label}`);
        this.tally.principals += 1;
        const kind = answer.isMaybe ? 'maybe' : answer.gains.some(gain => gain.certain) ? 'gains' : 'none';
        this.tally[kind] += 1;
        const [olds, news] = [choices(older?.documents || []), choices(newer?.documents || [])];
        const unknown = holes([older || null, newer || null, pair.others, pair.id]);
        const isCertain = answer.gains.filter(gain => gain.certain);
        const confirmed = new Set();
        let found;
        for (const world of worlds(random, unknown)) {
            for (const [at, documents] of news.entries()) {
                // The same choice on both sides, if both have one; else any.
                for (const old of olds.length === news.length ? [olds[at]] : olds) {
                    const sides = {
                        old: new Side(older, old, world, pair.others.map(one => one.older)),
                        new: new Side(newer, documents, world, pair.others.map(one => one.newer)),
                        id: filled(pair.id, world),
                    };
                    for (const gain of isCertain) if (!confirmed.has(gain) && this.confirms(random, sides, pair, gain, world)) confirmed.add(gain);
                    if (!found && !answer.isMaybe) found = this.missed(random, sides, pair, answer, world);
                }
            }
        }
        this.tally.witnesses += isCertain.length;
        for (const gain of isCertain) {
            if (confirmed.has(gain)) continue;
            this.report('witness', pair, { witness: gain.witness, statement: `${gain.statement} of ${gain.policy}`, way: gain.way });
        }
        if (found) this.report('missed', pair, found);
    }

    report(kind, pair, what) {
        this.wrong.push({ kind, label: pair.label, what, older: pair.older, newer: pair.newer });
    }

    /** A request that is new although nothing was reported for it. */
    missed(random, sides, pair, answer, world) {
        const [older, newer] = [sides.old, sides.new].map(side => statements(side.policies()));
        const isSame = JSON.stringify([older, sides.old.facts('')]) === JSON.stringify([newer, sides.new.facts('')]);
        const names = [...new Set([...sides.old.bystanders, ...sides.new.bystanders].map(one => one.arn))];
        const isNone = answer.gains.length === 0;
        const known = new Set(answer.gains.filter(gain => gain.way === 'do').flatMap(gain => gain.actions));
        if (!isSame || pair.others.length > 0) {
            const byKey = keys([...older, ...newer]);
            for (const { action, target } of calls(random, older, newer, { names, most: CALLS, withLater: isNone })) {
                if (known.has(action)) continue;
                for (const context of contexts(random, byKey, {}, CONTEXTS)) {
                    const request = { action, target, context };
                    this.tally.requests += 1;
                    if (sides.new.allows(request, sides.id) && !sides.old.allows(request, sides.id)) return { request, world };
                }
            }
        }
        const assuming = known.has('sts:AssumeRole') ? undefined : this.missedAssuming(random, sides, pair, world);
        if (assuming) return assuming;
        return answer.gains.some(gain => gain.way === 'assume') ? undefined : this.missedCaller(random, sides, world);
    }

    /** A role of the account that the principal may assume now, of which neither its own policies nor those of the role told. */
    missedAssuming(random, sides, pair, world) {
        const [, , , , account] = sides.new.principal.arn.split(':');
        const quiet = pair.roles.filter(one => one.isQuiet && one.newer !== pair.newer && mayTrust(one.newer.trust, account));
        for (const [older, newer] of random.shuffle(quiet).slice(0, ROLES).map(one => this.inWorld(one, world))) {
            const both = [...sides.old.policies(), ...sides.new.policies(), older?.trust, newer.trust];
            const byKey = keys(statements(both));
            for (const context of contexts(random, byKey, {}, CONTEXTS)) {
                const request = { action: 'sts:AssumeRole', target: newer.arn, context };
                this.tally.requests += 1;
                if (sides.new.assumes(request, newer, sides.id) && !sides.old.assumes(request, older, sides.id)) return { request, world };
            }
        }
        return undefined;
    }

    inWorld({ older, newer }, world) {
        return [older, newer].map(one => one && filled({ arn: one.arn, trust: one.trust, tags: one.tags }, world));
    }

    missedCaller(random, sides, world) {
        const [older, newer] = [sides.old, sides.new].map(side => statements([side.principal?.trust]));
        if (newer.length === 0) return undefined;
        if (JSON.stringify([older, sides.old.bystanders]) === JSON.stringify([newer, sides.new.bystanders])) return undefined;
        const known = sides.new.bystanders.map((_, of) => ({ kind: 'AWS', of }));
        const byKey = keys([...older, ...newer]);
        for (const caller of callers(random, older, newer, known)) {
            const action = caller.kind === 'Federated' ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole';
            for (const context of contexts(random, byKey, {}, CONTEXTS)) {
                const request = { action, caller, context };
                this.tally.requests += 1;
                if (sides.new.letsIn(request, sides.id) && !sides.old.letsIn(request, sides.id)) return { request, world };
            }
        }
        return undefined;
    }

    /** Whether the request that `diff` shows for a gain is one. */
    confirms(random, sides, pair, gain, world) {
        const { witness } = gain;
        if (!witness) return false;
        const given = {};
        // A name that both sides have means what it does on the new one.
        const values = { ...Object.fromEntries([...holes([pair.newer])].map(key => [key, world[key]])), ...world };
        const spelled = text => spelledOut(text, values, pair.values);
        for (const [key, value] of Object.entries(witness.context)) given[key] = value === null ? undefined : [value].flat().map(spelled);
        const isCall = gain.way === 'do';
        const role = isCall && OF_A_ROLE.test(gain.policy) ? this.trusted(pair, world, spelled(witness.target)) : undefined;
        const ofRole = (role || []).map(one => one?.trust);
        const both = [sides.old, sides.new].flatMap(side => statements(isCall ? [...side.policies(), ...ofRole] : [side.principal?.trust]));
        const byKey = keys(both);
        // What is shown in words, and not by a value, may be said in any way that agrees with it.
        const inWords = witness.conditions.join(' ').toLowerCase();
        const free = new Map([...byKey].filter(([key]) => !(key in given) && inWords.includes(key)));
        const fixed = {};
        for (const [key, values] of Object.entries(given)) {
            if (values === undefined) continue;
            const isList = (byKey.get(key) || []).some(Array.isArray);
            fixed[key] = isList || values.length > 1 ? values : values[0];
        }
        // What looks like a variable is one, or text of a document whose version knows none.
        const text = spelled(witness.target);
        const known = { ...fixed };
        const named = text.replace(/\$\{([a-z0-9]+:[^},]*)[^}]*\}/gi, (all, variable) => {
            const key = variable.toLowerCase();
            if (typeof known[key] !== 'string') known[key] = SOMEBODY;
            return known[key];
        });
        const tries = [[named, known], ...(named === text ? [] : [[text, fixed]])];
        return tries.some(([target, given]) => contexts(random, free, given, 600).some(context => this.isNew(sides, gain, target, context, role)));
    }

    /** Both sides of the role with this ARN. */
    trusted(pair, world, arn) {
        return pair.roles.map(one => this.inWorld(one, world)).find(([, newer]) => newer.arn === arn);
    }

    /** Whether a request is new. One that nobody can send, such as that of a caller without a name, is not. */
    isNew(sides, gain, target, context, role) {
        try {
            return this.isNewRequest(sides, gain, target, context, role);
        } catch (error) {
            if (error.message !== 'invalid.principal') throw error;
            return false;
        }
    }

    isNewRequest(sides, { way, witness: { action } }, target, context, role) {
        if (way === 'do') {
            const request = { action, target, context };
            if (role) return sides.new.assumes(request, role[1], sides.id) && !sides.old.assumes(request, role[0], sides.id);
            return sides.new.allows(request, sides.id) && !sides.old.allows(request, sides.id);
        }
        const [, kind, name] = /^(\w+)[ :](.*)$/.exec(target) || [];
        const request = { action, caller: { kind, name }, context };
        return sides.new.letsIn(request, sides.id) && !sides.old.letsIn(request, sides.id);
    }
}

/** Whether principals of an account may be let in; only chooses what to try. */
const mayTrust = (trust, account) => trust.Statement.some(one => one.Effect === 'Allow' && (one.NotPrincipal || /"\*"|\u0001/.test(JSON.stringify(one.Principal)) || JSON.stringify(one.Principal).includes(account)));

/** Where a gain is by what a role's trust policy says, and not by the principal's own policies. */
const OF_A_ROLE = /^the trust policy of /;

/** A target or a value as `diff` writes it, with a value in place of each name of something unknown. */
const spelledOut = (target, world, values) => {
    for (const [name, value] of Object.entries(values)) target = target.replaceAll(`\${${name}}`, value);
    for (const [key, value] of Object.entries(world)) {
        const [, imported] = /^ImportValue (.*)$/.exec(key) || [];
        const [, parameter] = /^parameter (.*)$/.exec(key) || [];
        const [, bucket] = /^physical id of (\w+) in/.exec(key) || [];
        if (imported) target = target.replaceAll(`!ImportValue ${imported}`, value);
        if (parameter) target = target.replaceAll(`\${${parameter}}`, value);
        if (bucket) target = target.replaceAll(`\${${bucket}.Arn}`, `arn:aws:s3:::${value}`);
        const [, account] = /^id of (.*)$/.exec(key) || [];
        if (account) target = target.replaceAll('${AWS::AccountId}', value).replaceAll(`\${${account}}`, value);
    }
    return target;
};

/** The value of a variable that a witness names without one. */
const SOMEBODY = 'joe';

module.exports = { Check, Side, choices, spelledOut, worlds };
