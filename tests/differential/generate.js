'use strict';
/*
 * Random files, each with many pairs: one role or user of its own name, its policies, and what they refer to, in two
 * versions. The neighbors in a file matter, so all kinds of pairs are in each.
 */
const { changedPolicy, changedTrust, clone, policy, trust } = require('./policies.js');
const { Random } = require('./random.js');
const { Alias, Anchored, Call, Raw, Writer } = require('./yaml.js');

const ACCOUNTS = { Root: '444444444444', Dev: '111111111111', Prod: '222222222222', Tools: '333333333333' };

/** Kinds of files with few pairs and nothing beside: much else in a file would give these away. */
const ALONE = ['alias', 'pieces', 'list', 'later', 'tag', 'path'];

/** YAML allows nearly any character in the name of an anchor. */
const ANCHORS = ['aN', '/aN', '.aN', '-aN', 'a.N', '+aN', 'a/N', '@aN', 'aN*', '\u00e4N', 'a:N', '_aN'];

/** One pair: `number` makes its names its own. */
class Pair {
    constructor(random, number, file) {
        Object.assign(this, { random, number, file });
        this.old = {};
        this.new = {};
        this.anchors = { old: {}, new: {} };
        this.spelling = { old: `${number} a`, new: random.chance(80) ? `${number} a` : `${number} b` };
        this.kind = random.chance(84) ? 'role' : 'user';
        this.accounts = random.weighted([[7, ['Dev']], [2, ['Dev', 'Prod']], [1, ['Prod']]]);
        this.id = `P${number}`;
        this.build();
    }

    binding(accounts) {
        const named = accounts.map(name => new Call('Ref', name));
        return { Account: named.length === 1 ? named[0] : named, Region: 'eu-west-1' };
    }

    resource(type, properties, accounts = this.accounts) {
        return { Type: `AWS::${type}`, OrganizationBinding: this.binding(accounts), Properties: properties };
    }

    put(id, older, newer) {
        if (older) this.old[id] = older;
        if (newer) this.new[id] = newer;
    }

    build() {
        if (this.file.alone) return this.buildAlone(this.file.alone);
        const { random } = this;
        const documents = [policy(random)];
        while (random.chance(35) && documents.length < 3) documents.push(policy(random));
        const newer = documents.map(clone);
        const at = random.below(documents.length);
        const what = random.weighted([[70, 'policy'], [this.kind === 'role' ? 22 : 0, 'trust'], [8, 'nothing']]);
        if (what === 'policy') newer[at] = changedPolicy(random, documents[at]);
        if (random.chance(6)) newer.splice(random.below(newer.length), 1);
        const boundary = random.chance(16) ? policy(random) : undefined;
        const sides = {
            old: { documents, boundary, properties: {}, channels: documents.map(() => this.channel()) },
            new: { documents: newer, boundary: boundary && clone(boundary), properties: {} },
        };
        sides.new.channels = newer.map((_, index) => (random.chance(88) ? sides.old.channels[index] : this.channel()));
        if (boundary && random.chance(40)) sides.new.boundary = changedPolicy(random, boundary);
        if (boundary && random.chance(4)) sides.new.boundary = undefined;
        if (this.kind === 'role') {
            sides.old.trust = random.chance(what === 'trust' ? 95 : 40) ? trust(random) : this.plainTrust();
            sides.new.trust = what === 'trust' ? changedTrust(random, sides.old.trust) : clone(sides.old.trust);
        }
        this.besides(sides, documents);
        const group = this.kind === 'user' && random.chance(55) ? `G${this.number}` : undefined;
        for (const side of ['old', 'new']) this.write(side, sides[side], group);
    }

    /** A role of which one thing changes. */
    buildAlone(kind) {
        const { random, number } = this;
        this.kind = 'role';
        this.accounts = kind === 'list' ? ['Dev', 'Prod'] : ['Dev'];
        const say = (Effect, Action, Resource, rest) => ({ Effect, Action, Resource, ...rest });
        const read = say('Allow', 's3:GetObject', 'arn:aws:s3:::bN/x');
        const pass = say('Allow', 'iam:PassRole', 'arn:aws:iam::OWN:role/*');
        const [later, but] = random.pick([['brandnew:*', 'brandnew:AnotherAction'], ['s3:GetNewThing*', 's3:GetNewThingAnotherAction']]);
        const action = random.pick(['sts:AssumeRole', 'iam:PassRole']);
        const tagged = say('Allow', action, '*', { Condition: { StringEquals: { [random.pick(['iam:ResourceTag/env', 'aws:ResourceTag/env'])]: 'dev' } } });
        const all = {
            alias: [[read], [{ ...read, Resource: 'arn:aws:s3:::bN/*' }]],
            pieces: [[pass, say('Deny', 'iam:PassRole', 'PIECES:role/admin')], [pass]],
            list: [[say('Allow', action, 'arn:aws:iam::OWN:role/app')], [say('Allow', action, 'PROD:role/app')]],
            later: [[read], [read, say('Allow', later, '*'), say('Deny', but, '*')]],
            tag: [[tagged], [tagged]],
            path: [[read], [read]],
        };
        const trust = this.plainTrust();
        const other = `r${number}-c`;
        if (kind === 'path') trust.Statement.push({ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNTS.Dev}:role/app/${other}` }, Action: 'sts:AssumeRole' });
        ['old', 'new'].forEach((side, at) => {
            const document = { Version: '2012-10-17', Statement: all[kind][at] };
            this.write(side, { documents: [{ document }], trust: clone(trust), channels: ['inline'], properties: {} });
            const changed = {
                tag: { Tags: [{ Key: 'env', Value: at === 0 ? 'prod' : 'dev' }] },
                path: { Path: at === 0 ? '/x/' : '/app/' },
            };
            if (changed[kind]) this[side][`C${number}`] = this.resource('IAM::Role', { RoleName: other, AssumeRolePolicyDocument: this.plainTrust(), ...changed[kind] });
        });
    }

    plainTrust() {
        return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
    }

    channel() {
        return this.random.weighted([[5, 'inline'], [2, 'managed'], [2, 'managed itself'], [2, 'policy'], [this.kind === 'role' ? 1 : 0, 'own resource'], [this.kind === 'user' ? 3 : 0, 'group']]);
    }

    /** What is not in the policies: tags, paths, names, other resources that they refer to. */
    besides(sides, documents) {
        const { random, number } = this;
        const first = { old: documents[0].document, new: sides.new.documents[0]?.document };
        const add = statement => {
            for (const side of ['old', 'new']) first[side]?.Statement.push(clone(statement));
        };
        const kind = random.weighted([[50, 'nothing'], [5, 'name'], [5, 'path'], [5, 'tag'], [4, 'own tag'], [8, 'bucket'], [8, 'own id'], [5, 'zero'], [5, 'version'], [3, 'bystander']]);
        const other = (side, properties, own) => ({
            ...this.resource('IAM::Role', {
                RoleName: `r${number}-c`,
                AssumeRolePolicyDocument: side && own ? own : this.plainTrust(),
                ...properties,
            }),
        });
        if (kind === 'name') {
            // Two inline documents of one name, of which IAM keeps one.
            const guard = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] };
            const words = { old: clone(guard), new: clone(guard) };
            for (const side of ['old', 'new']) sides[side].documents.push({ document: words[side] });
            for (const side of ['old', 'new']) sides[side].channels.push('inline');
            const key = this.kind === 'role' ? 'Roles' : 'Users';
            const document = clone(policy(random).document);
            document.Statement = document.Statement.filter(it => it.Effect === 'Allow');
            const name = `p${sides.new.documents.length - 1}`;
            const same = this.resource('IAM::Policy', { [key]: [new Call('Ref', this.id)], PolicyName: name, PolicyDocument: this.realized(document, 'old') });
            this.put(`S${number}`, random.chance(30) && sides.old.documents.length === sides.new.documents.length ? same : undefined, same);
        } else if (kind === 'path' && this.kind === 'role') {
            const arn = `arn:aws:iam::${ACCOUNTS[this.accounts[0]]}:role/app/r${number}-c`;
            for (const side of ['old', 'new']) {
                sides[side].trust.Statement.push({ Effect: 'Allow', Principal: { AWS: arn }, Action: 'sts:AssumeRole' });
            }
            const [a, b] = random.shuffle(['/x/', '/app/', '/']).slice(0, 2);
            this.put(`C${number}`, other('old', { Path: a }), other('new', { Path: random.chance(75) ? b : a }));
        } else if (kind === 'tag') {
            add({ Effect: 'Allow', Action: random.pick(['sts:AssumeRole', 'iam:PassRole']), Resource: `arn:aws:iam::OWN:role/r${number}-*`, Condition: { StringEquals: { [random.pick(['iam:ResourceTag/env', 'aws:ResourceTag/env'])]: 'dev' } } });
            const tags = value => ({ Tags: value === undefined ? [] : [{ Key: 'env', Value: value }] });
            const [a, b] = random.shuffle(['dev', 'prod', undefined]).slice(0, 2);
            this.put(`C${number}`, other('old', tags(a)), other('new', tags(random.chance(75) ? b : a)));
        } else if (kind === 'own tag' && this.kind === 'role') {
            add({ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::b${number}/*`, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'admin' } } });
            const [a, b] = random.shuffle(['admin', 'dev']);
            sides.old.properties.Tags = [{ Key: 'team', Value: a }];
            sides.new.properties.Tags = [{ Key: 'team', Value: random.chance(75) ? b : a }];
        } else if (kind === 'bucket') {
            add({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'BUCKET/*' });
            const bucket = (name, accounts) => this.resource('S3::Bucket', name ? { BucketName: name } : {}, accounts);
            const [a, b] = random.shuffle([`b${number}`, `n${number}`, `c${number}`]);
            const way = random.weighted([[3, 'renamed'], [3, 'moved'], [2, 'same']]);
            const at = this.accounts.slice(0, 1);
            const elsewhere = ['Tools'];
            const isMoved = way === 'moved' && this.accounts.length === 1;
            this.put(`B${number}`, bucket(isMoved ? undefined : a, at), bucket(isMoved ? undefined : way === 'renamed' ? b : a, isMoved ? elsewhere : at));
            if (this.accounts.length > 1) for (const side of ['old', 'new']) this[side][`B${number}`].OrganizationBinding = this.binding(this.accounts);
        } else if (kind === 'own id') {
            add({ Effect: 'Allow', Action: 'iam:PassRole', Resource: 'arn:aws:iam::OWN:role/*' });
            const deny = { Effect: 'Deny', Action: 'iam:PassRole', Resource: `${random.pick(['PIECES', 'arn:aws:iam::111111111111'])}:role/r${number}-a` };
            first.old.Statement.push(clone(deny));
            if (random.chance(35)) first.new?.Statement.push(clone(deny));
        } else if (kind === 'zero' && this.kind === 'role') {
            const statement = { Effect: 'Deny', Principal: '*', Action: 'sts:*', Condition: { [random.pick(['StringNotEquals', 'StringEquals'])]: { 'aws:PrincipalAccount': 'ZERO' } } };
            for (const side of ['old', 'new']) sides[side].trust.Statement.push({ Effect: 'Allow', Principal: { AWS: ['12345678901', '012345678901'].slice(1) }, Action: 'sts:AssumeRole' }, clone(statement));
            this.zero = random.shuffle(['plain', 'quoted']);
        } else if (kind === 'version') {
            add({ Effect: random.pick(['Allow', 'Deny']), Action: 's3:GetObject', Resource: `arn:aws:s3:::b${number}/UNKNOWN` });
            add({ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::b${number}/joe` });
            const [a, b] = random.shuffle(['old', 'new']);
            if (first[a]) delete first[a].Version;
            if (first[b]) first[b].Version = '2012-10-17';
        } else if (kind === 'bystander') {
            this.put(`B${number}`, this.resource('S3::Bucket', { BucketName: `z${number}` }), this.resource('S3::Bucket', { BucketName: `z${number}`, Tags: [{ Key: 'a', Value: 'b' }] }));
        }
    }

    /** The resources of one side. */
    write(side, { documents, boundary, trust, channels, properties }, group) {
        const { kind, number, random } = this;
        const own = { role: 'RoleName', user: 'UserName' }[kind];
        const found = { [own]: `r${number}-a`, ...properties };
        if (trust) found.AssumeRolePolicyDocument = this.realized(trust, side);
        const inline = [];
        const inGroup = [];
        const arns = [];
        documents.forEach(({ document }, at) => {
            const realized = this.realized(document, side);
            const PolicyName = `p${at}`;
            const reference = [new Call('Ref', this.id)];
            const key = kind === 'role' ? 'Roles' : 'Users';
            const id = `${{ managed: 'M', 'managed itself': 'A', policy: 'I', 'own resource': 'O' }[channels[at]]}${number}x${at}`;
            switch (channels[at]) {
                case 'managed':
                    this[side][id] = this.resource('IAM::ManagedPolicy', { ManagedPolicyName: `m${number}-${at}`, PolicyDocument: realized });
                    arns.push(new Call('Ref', id));
                    break;
                case 'managed itself':
                    this[side][id] = this.resource('IAM::ManagedPolicy', { ManagedPolicyName: `m${number}-${at}`, [key]: reference, PolicyDocument: realized });
                    break;
                case 'policy':
                    this[side][id] = this.resource('IAM::Policy', { PolicyName, [key]: reference, PolicyDocument: realized });
                    break;
                case 'own resource':
                    this[side][id] = this.resource('IAM::RolePolicy', { PolicyName, RoleName: reference[0], PolicyDocument: realized });
                    break;
                default:
                    (channels[at] === 'group' && group ? inGroup : inline).push({ PolicyName, PolicyDocument: this.shared(realized, side, at) });
            }
        });
        if (inline.length) found.Policies = inline;
        if (arns.length) found.ManagedPolicyArns = arns;
        if (boundary) {
            this[side][`L${number}`] = this.resource('IAM::ManagedPolicy', { ManagedPolicyName: `l${number}`, PolicyDocument: this.realized(boundary.document, side) });
            found.PermissionsBoundary = new Call('Ref', `L${number}`);
        }
        if (group) {
            this[side][group] = this.resource('IAM::Group', { GroupName: `g${number}`, ...(inGroup.length ? { Policies: inGroup } : {}) });
            found.Groups = [this.spell('ref', side).chance(50) ? new Call('Ref', group) : `g${number}`];
        }
        this[side][this.id] = this.typed(this.merged(this.resource(`IAM::${kind === 'role' ? 'Role' : 'User'}`, found), side), side);
    }

    /** The resource whose type is an alias, where the document is one: nothing in it says that it is of IAM. */
    typed(resource, side) {
        if (this.file.alone !== 'alias' || this.file.aliased !== 'documents') return resource;
        const name = this.file.anchor.replace('N', `${this.number}t`);
        this.anchors[side][`d${this.number}t`] = new Anchored(name, resource.Type);
        return { ...resource, Type: new Alias(name) };
    }

    /** The document by an alias, now and then. One alias that is understood as such would give away the others of a file. */
    shared(document, side, at) {
        const random = new Random(`${this.file.seed} alias ${this.number} ${at}`);
        if (this.file.style === 'json' || this.file.aliased !== 'documents' || !random.chance(this.file.alone ? 100 : 24)) return document;
        const name = this.file.anchor.replace('N', `${this.number}x${at}`);
        const isWhole = random.chance(60);
        this.anchors[side][`d${this.number}x${at}`] = new Anchored(name, isWhole ? document : document.Statement);
        return isWhole ? new Alias(name) : { ...document, Statement: new Alias(name) };
    }

    /** The resource by a merge key, now and then. */
    merged(resource, side) {
        const random = new Random(`${this.file.seed} merge ${this.number}`);
        if (this.file.style === 'json' || this.file.aliased !== 'resources' || !random.chance(this.file.alone ? 100 : 20)) return resource;
        const name = this.file.anchor.replace('N', `${this.number}m`);
        this.anchors[side][`d${this.number}m`] = new Anchored(name, resource);
        return { '<<': new Alias(name) };
    }

    /** Random numbers that are the same for the same text, so that what does not change is written the same way. */
    spell(text, side) {
        return new Random(`${this.file.seed} ${this.spelling[side]} ${text}`);
    }

    /** `value` with functions in place of what stands for them. */
    realized(value, side) {
        if (Array.isArray(value)) return value.map(one => this.realized(one, side));
        if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.realized(one, side)]));
        return typeof value === 'string' ? this.text(value.replace(/\b([bfqrt])N/g, `$1${this.number}`), side) : value;
    }

    text(text, side) {
        const random = this.spell(text, side);
        const sub = text => new Call('Sub', text.replaceAll('${aws:', '${!aws:'));
        if (text === 'ZERO') return (side === 'old' ? this.zero[0] : this.zero[1]) === 'plain' && this.file.style !== 'json' ? new Raw('012345678901') : '012345678901';
        if (text.startsWith('BUCKET')) {
            const rest = text.slice(6);
            if (random.chance(60)) return new Call('Sub', `\${B${this.number}.Arn}${rest}`);
            return new Call('Join', ['', [new Call('GetAtt', `B${this.number}.Arn`), rest]]);
        }
        if (text.startsWith('PIECES')) return new Call('Join', ['', ['arn:aws:iam::1111', `11111111${text.slice(6)}`]]);
        if (text.startsWith('PROD')) return new Call('Sub', `arn:aws:iam::\${Prod}${text.slice(4)}`);
        if (text.endsWith('UNKNOWN')) {
            const rest = text.slice(0, -7);
            return random.chance(50) ? new Call('Sub', `${rest}\${Free}`) : new Call('Join', ['', [rest, new Call('Ref', 'Free')]]);
        }
        if (this.kind === 'role' && this.accounts.length === 1 && text === `arn:aws:iam::OWN:role/r${this.number}-a` && random.chance(30)) {
            return random.chance(50) ? new Call('GetAtt', `${this.id}.Arn`) : new Call('Sub', `\${${this.id}.Arn}`);
        }
        if (text.includes('OWN')) {
            const way = random.weighted([[6, 'sub'], [2, 'join'], [this.accounts.length === 1 && this.file.areKnown ? 2 : 0, 'literal'], [this.accounts.length === 1 && this.file.areKnown ? 1 : 0, 'named']]);
            if (way === 'join' && !text.includes('$')) {
                const [head, tail] = text.split('OWN');
                return new Call('Join', ['', [head, new Call('Ref', 'AWS::AccountId'), tail]]);
            }
            if (way === 'literal') return text.replace('OWN', ACCOUNTS[this.accounts[0]]);
            if (way === 'named') return sub(text.replace('OWN', `\${${this.accounts[0]}}`));
            return sub(text.replace('OWN', '${AWS::AccountId}'));
        }
        if (/^arn:aws:s3:::/.test(text) && random.chance(6)) {
            if (random.chance(30)) return sub(text.replace(/^arn:aws:/, 'arn:${AWS::Partition}:'));
            if (random.chance(50)) return text.endsWith('*') ? sub(`${text.slice(0, -1)}\${Free}`) : sub(`${text}\${Given}`);
            return new Call('Join', ['', [text, new Call('ImportValue', 'far')]]);
        }
        return text;
    }
}

const PARAMETERS = { Free: { Type: 'String' }, Given: { Type: 'String', Default: 'x' } };

/** A file of `many` pairs, as `{old, new, organization, accounts, pairs}`. */
const generate = (seed, many) => {
    const random = new Random(seed);
    const file = { seed, style: random.weighted([[7, 'mixed'], [2, 'block'], [2, 'flow'], [2, 'json']]), areKnown: random.chance(82), aliased: random.pick(['documents', 'resources']), anchor: random.pick(ANCHORS) };
    const alone = new Random(`${seed} alone`);
    if (many > ALONE.length && alone.chance(12)) {
        Object.assign(file, { alone: alone.pick(ALONE), style: 'block', areKnown: true });
        many = 3;
        if (file.alone !== 'alias') file.aliased = 'nothing';
    }
    file.newStyle = file.alone || file.style === 'json' || random.chance(80) ? file.style : random.pick(['mixed', 'block', 'flow']);
    const pairs = Array.from({ length: many }, (_, at) => new Pair(new Random(`${seed} pair ${at}`), 100 + at, file));
    const text = side => {
        const header = { AWSTemplateFormatVersion: '2010-09-09-OC', Organization: new Call('Include', './organization.yml'), Parameters: PARAMETERS };
        const anchors = Object.assign({}, ...pairs.map(pair => pair.anchors[side]));
        const resources = Object.assign({}, ...pairs.map(pair => pair[side]));
        const style = side === 'old' ? file.style : file.newStyle;
        if (style === 'json') {
            // JSON has no tags, so the organization is given by a flag.
            const { Organization, ...rest } = header;
            return new Writer(new Random(`${seed} json`), style).document({ ...rest, Resources: resources });
        }
        const write = (value, name) => new Writer(new Random(`${seed} ${style} ${name}`), style, { isPlain: file.alone }).mapping({ [name]: value }, '  ');
        const section = (name, values) => (Object.keys(values).length ? `${name}:\n${Object.entries(values).map(([key, value]) => write(value, key)).join('')}` : '');
        const top = `AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization: !Include ./organization.yml\n`;
        return `${top}${section('Parameters', PARAMETERS)}${section('Definitions', anchors)}${section('Resources', resources)}`;
    };
    const accounts = { ...ACCOUNTS, ...(file.areKnown ? {} : { Dev: null }) };
    return { old: text('old'), new: text('new'), organization: organization(accounts), accounts, style: file.style, pairs };
};

const organization = accounts => {
    const lines = Object.entries(accounts).map(([name, id]) => {
        const type = name === 'Root' ? 'MasterAccount' : 'Account';
        const rest = name === 'Root' ? '' : `      RootEmail: ${name.toLowerCase()}@example.com\n`;
        return `  ${name}:\n    Type: OC::ORG::${type}\n    Properties:\n      AccountName: ${name}\n${id ? `      AccountId: '${id}'\n` : ''}${rest}`;
    });
    return `AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization:\n${lines.join('')}`;
};

module.exports = { generate };
