'use strict';
/*
 * What one template gives each account: its roles and users with all that applies to them. Read by OrgFormation's own
 * YAML reader, and worked out here, independent of `src`: the generator is not asked what it meant.
 *
 * In: the text of a template, and accounts {name: id or null}. Out: principals
 *   {kind, name, account, arn, logicalId, trust, documents: [{name, document}], boundary, tags}
 * A text may contain holes, `\u0001key\u0002`, for what is not known: a parameter without a default, an import, the id of an
 * account. Equal keys are equal values, on both sides. Refuses (throws) what it does not know.
 */
const path = require('path');
const { list, mapped } = require('./evaluator.js');

const { yamlParse } = require(
    path.join(__dirname, '..', 'oracle', 'node_modules', 'aws-organization-formation', 'dist', 'src', 'yaml-cfn', 'index.js'),
);

const hole = key => `\u0001${key}\u0002`;
const HOLE = /\u0001([^\u0002]*)\u0002/g;

/** Scalars as CloudFormation turns them into text. */
const textual = value => {
    if (value instanceof Date) return value.toISOString();
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return value;
};

class Template {
    constructor(text, accounts) {
        const data = yamlParse(text);
        this.resources = data.Resources || {};
        this.parameters = data.Parameters || {};
        this.accounts = accounts;
        this.known = new Map();
        /** The policies of each account, by their ARNs and by whom they attach themselves to. */
        this.policies = new Map();
    }

    /** The names of the accounts that a resource is created in. */
    places(resource) {
        const binding = resource.OrganizationBinding || {};
        const excluded = list(binding.ExcludeAccount).map(one => one.Ref);
        const named = list(binding.Account).flatMap(one => (one === '*' ? Object.keys(this.accounts).filter(name => name !== 'Root') : [one.Ref]));
        return named.filter(name => !excluded.includes(name));
    }

    /** The properties of a resource in an account, without functions. */
    properties(id, account) {
        const key = `${account} ${id}`;
        if (!this.known.has(key)) this.known.set(key, this.value(this.resources[id].Properties || {}, account));
        return this.known.get(key);
    }

    value(data, account) {
        if (Array.isArray(data)) return data.map(one => this.value(one, account));
        if (data instanceof Date || data === null || typeof data !== 'object') return textual(data);
        const keys = Object.keys(data);
        if (keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'))) {
            return this.call(keys[0], data[keys[0]], account);
        }
        return Object.fromEntries(keys.map(key => [key, this.value(data[key], account)]));
    }

    call(name, argument, account) {
        switch (name) {
            case 'Ref':
                return this.reference(argument, account);
            case 'Fn::GetAtt':
                return this.attribute(argument[0], argument.slice(1).join('.'), account);
            case 'Fn::Join': {
                const [separator, parts] = argument;
                return this.value(parts, account).join(separator);
            }
            case 'Fn::Sub':
                return this.substitute(argument, account);
            case 'Fn::ImportValue':
                return hole(`ImportValue ${argument}`);
            default:
                throw new Error(`unknown function ${name}`);
        }
    }

    substitute(argument, account) {
        const [text, given] = Array.isArray(argument) ? argument : [argument, {}];
        return text.replace(/\$\{(!?)([^}]*)\}/g, (all, literal, name) => {
            if (literal) return `\${${name}}`;
            if (name in given) return this.value(given[name], account);
            const [id, ...attribute] = name.split('.');
            return attribute.length ? this.attribute(id, attribute.join('.'), account) : this.reference(name, account);
        });
    }

    id(name) {
        return this.accounts[name] === null ? hole(`id of ${name}`) : this.accounts[name];
    }

    reference(name, account) {
        if (name === 'AWS::AccountId') return this.id(account);
        if (name === 'AWS::Region') return 'eu-west-1';
        if (name === 'AWS::Partition') return 'aws';
        if (name in this.accounts) return this.id(name);
        if (name in this.parameters) {
            const fallback = this.parameters[name].Default;
            return fallback === undefined ? hole(`parameter ${name}`) : textual(fallback);
        }
        const resource = this.resources[name];
        if (!resource) throw new Error(`unknown reference ${name}`);
        if (resource.Type === 'AWS::IAM::ManagedPolicy') return this.attribute(name, 'Arn', account);
        const own = this.ownName(name, this.home(name, account));
        return own === undefined ? hole(`physical id of ${name}`) : own;
    }

    /** What has a value in an account, by the name that refers to it: parameters with a default, and the ARNs of named buckets. */
    values(account) {
        const all = Object.entries(this.parameters).filter(([, parameter]) => parameter.Default !== undefined);
        const found = Object.fromEntries(all.map(([name, parameter]) => [name, textual(parameter.Default)]));
        for (const [id, { Type, Properties }] of Object.entries(this.resources)) {
            if (Type !== 'AWS::S3::Bucket' || !Properties?.BucketName) continue;
            // Nobody in another account can name a bucket of several.
            const places = this.places(this.resources[id]);
            if (places.includes(account) || places.length === 1) found[`${id}.Arn`] = this.attribute(id, 'Arn', account);
        }
        return found;
    }

    /** The account whose copy of a resource is meant: that of the resource which refers to it, or its only one. */
    home(id, account) {
        const places = this.places(this.resources[id]);
        if (places.includes(account)) return account;
        if (places.length === 1) return places[0];
        throw new Error(`${id} is in none or several of the other accounts`);
    }

    ownName(id, account) {
        const properties = this.resources[id].Properties || {};
        const key = ['RoleName', 'UserName', 'GroupName', 'ManagedPolicyName', 'BucketName'].find(key => key in properties);
        return key && this.value(properties[key], account);
    }

    attribute(id, attribute, account) {
        if (id in this.accounts && attribute === 'AccountId') return this.id(id);
        const resource = this.resources[id];
        if (!resource || attribute !== 'Arn') throw new Error(`unknown attribute ${id}.${attribute}`);
        const home = this.home(id, account);
        const name = this.ownName(id, home);
        const named = name === undefined ? hole(`physical id of ${id} in ${home}`) : name;
        if (resource.Type === 'AWS::S3::Bucket') return `arn:aws:s3:::${named}`;
        const kind = { 'AWS::IAM::Role': 'role', 'AWS::IAM::User': 'user', 'AWS::IAM::ManagedPolicy': 'policy' }[resource.Type];
        const at = (resource.Properties || {}).Path || '/';
        return `arn:aws:iam::${this.id(home)}:${kind}${at}${named}`;
    }

    /** All roles and users, by account. */
    principals() {
        const found = [];
        for (const [id, resource] of Object.entries(this.resources)) {
            const kind = { 'AWS::IAM::Role': 'role', 'AWS::IAM::User': 'user', 'AWS::IAM::Group': 'group' }[resource.Type];
            if (!kind) continue;
            for (const account of this.places(resource)) found.push(this.principal(id, kind, account));
        }
        const groups = found.filter(one => one.kind === 'group');
        for (const user of found.filter(one => one.kind === 'user')) {
            for (const name of user.groups) {
                const group = groups.find(one => one.account === user.account && one.name === name);
                if (!group) throw new Error(`${user.name} is in an unknown group ${name}`);
                user.documents.push(...group.documents);
            }
        }
        return found.filter(one => one.kind !== 'group');
    }

    principal(id, kind, account) {
        const properties = this.properties(id, account);
        const name = this.ownName(id, account);
        const documents = list(properties.Policies).map(one => ({ name: `inline ${id} ${one.PolicyName}`, document: one.PolicyDocument }));
        for (const arn of list(properties.ManagedPolicyArns)) documents.push({ name: arn, document: this.managed(arn, account) });
        documents.push(...this.attached(id, kind, name, account));
        const boundary = properties.PermissionsBoundary;
        return {
            kind,
            name,
            account,
            logicalId: id,
            arn: `arn:aws:iam::${this.id(account)}:${kind}${properties.Path || '/'}${name}`,
            trust: properties.AssumeRolePolicyDocument,
            documents,
            boundary: boundary && this.managed(boundary, account),
            groups: list(properties.Groups),
            tags: Object.fromEntries(list(properties.Tags).map(tag => [tag.Key, tag.Value])),
        };
    }

    managed(arn, account) {
        const found = this.index(account).byArn.get(arn);
        if (!found) throw new Error(`unknown policy ${arn}`);
        return found;
    }

    /** Documents of policies that attach themselves. */
    attached(id, kind, name, account) {
        const found = this.index(account).attached.get(`${kind} ${name}`) || [];
        return found.map(one => ({ name: one.arn || `inline ${id} ${one.name}`, document: one.document }));
    }

    index(account) {
        if (!this.policies.has(account)) this.policies.set(account, this.indexed(account));
        return this.policies.get(account);
    }

    indexed(account) {
        const [byArn, attached] = [new Map(), new Map()];
        for (const [id, resource] of Object.entries(this.resources)) {
            if (!/^AWS::IAM::\w*Policy$/.test(resource.Type) || !this.places(resource).includes(account)) continue;
            const properties = this.properties(id, account);
            const arn = resource.Type === 'AWS::IAM::ManagedPolicy' ? this.attribute(id, 'Arn', account) : undefined;
            if (arn) byArn.set(arn, properties.PolicyDocument);
            for (const [kind, all, own] of [['role', 'Roles', 'RoleName'], ['user', 'Users', 'UserName'], ['group', 'Groups', 'GroupName']]) {
                for (const name of [...list(properties[all]), ...list(properties[own])]) {
                    const key = `${kind} ${name}`;
                    attached.set(key, [...(attached.get(key) || []), { arn, name: properties.PolicyName, document: properties.PolicyDocument }]);
                }
            }
        }
        return { byArn, attached };
    }
}

/** The keys of all holes in a value. */
const holes = value => {
    const found = new Set();
    mapped(value, text => {
        for (const [, key] of text.matchAll(HOLE)) found.add(key);
        return text;
    });
    return found;
};

/** `value` with its holes filled. */
const filled = (value, world) => mapped(value, text => text.replace(HOLE, (all, key) => world[key]));

module.exports = { Template, filled, hole, holes };
