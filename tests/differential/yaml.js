'use strict';
/* Values as YAML in all its forms: block and flow, four kinds of scalars, anchors, short and long functions, JSON. */

/** A function of CloudFormation: `new Call('Sub', 'a${B}')`. */
class Call {
    constructor(name, argument) {
        Object.assign(this, { name, argument });
    }
}

/** Text that is written as it is, without quotes. */
class Raw {
    constructor(text) {
        this.text = text;
    }
}

/** A value that has an anchor, and one that refers to it. */
class Anchored {
    constructor(name, value) {
        Object.assign(this, { name, value });
    }
}
class Alias {
    constructor(name) {
        this.name = name;
    }
}

const RESERVED = /^(true|false|null|yes|no|on|off|y|n|~)$/i;
const PLAIN = /^[A-Za-z\/](?:[A-Za-z0-9_\/.+=-]|:(?=[A-Za-z0-9_\/*:-]))*$/;

const long = name => (name === 'Ref' ? 'Ref' : `Fn::${name}`);

class Writer {
    /** `style` is `mixed`, `block`, `flow`, or `json`; a file that `isPlain` has no comments, and no keys in quotes. */
    constructor(random, style, { isPlain } = {}) {
        Object.assign(this, { random, style, isPlain });
    }

    /** The lines of a mapping, indented. */
    document(value) {
        if (this.style === 'json') return `${JSON.stringify(this.plainly(value), null, this.random.pick([0, 1, 2]))}\n`;
        return this.mapping(value, '');
    }

    /** `value` as JSON has it: without short functions, anchors, and raw text. */
    plainly(value) {
        if (Array.isArray(value)) return value.map(one => this.plainly(one));
        if (value instanceof Call) {
            const isAttribute = value.name === 'GetAtt' && typeof value.argument === 'string';
            return { [long(value.name)]: this.plainly(isAttribute ? value.argument.split('.') : value.argument) };
        }
        if (value instanceof Raw) return /^[1-9]\d*$/.test(value.text) ? Number(value.text) : value.text;
        if (value instanceof Anchored || value instanceof Alias) throw new Error('JSON has no anchors');
        if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.plainly(one)]));
        return value;
    }

    mapping(value, indent) {
        return Object.entries(value)
            .map(([key, one]) => `${indent}${this.key(key)}:${this.after(one, indent)}`)
            .join('');
    }

    key(key) {
        if (key === '<<') return key; // in quotes, it merges nothing
        if (PLAIN.test(key) && !RESERVED.test(key) && (this.isPlain || !this.random.chance(15))) return key;
        return this.random.chance(50) ? `'${key}'` : `"${key}"`;
    }

    isFlow() {
        if (this.style === 'flow') return true;
        return this.style === 'mixed' && this.random.chance(25);
    }

    comment() {
        return !this.isPlain && this.random.chance(3) ? ' # as before: {a: [*b' : '';
    }

    /** What follows `key:` or `-`, with its line end. */
    after(value, indent) {
        if (value instanceof Anchored) return ` &${value.name}${this.after(value.value, indent)}`;
        const isCollection = value !== null && typeof value === 'object' && Object.getPrototypeOf(value).constructor !== Alias && !(value instanceof Call) && !(value instanceof Raw);
        const isEmpty = isCollection && Object.keys(value).length === 0;
        if (!isCollection || isEmpty || this.isFlow()) {
            const block = typeof value === 'string' && this.block(value, indent);
            return block || ` ${this.flow(value)}${this.comment()}\n`;
        }
        if (Array.isArray(value)) {
            const inner = this.random.chance(50) ? `${indent}  ` : `${indent}`;
            const at = indent === '' ? '  ' : inner;
            return `${this.comment()}\n${value.map(one => this.item(one, at)).join('')}`;
        }
        return `${this.comment()}\n${this.mapping(value, `${indent}  `)}`;
    }

    item(value, indent) {
        const isMapping = value && typeof value === 'object' && value.constructor === Object && Object.keys(value).length > 0;
        if (!isMapping || this.isFlow()) return `${indent}-${this.after(value, `${indent}  `)}`;
        const text = this.mapping(value, `${indent}  `);
        return `${indent}- ${text.slice(indent.length + 2)}`;
    }

    /** A block scalar, now and then. */
    block(text, indent) {
        if (text === '' || !this.random.chance(4)) return undefined;
        return ` ${this.random.pick(['>-', '|-'])}\n${indent}    ${text}\n`;
    }

    flow(value) {
        if (Array.isArray(value)) return `[${value.map(one => this.flow(one)).join(', ')}]`;
        if (value instanceof Raw) return value.text;
        if (value instanceof Alias) return `*${value.name} `;
        if (value instanceof Anchored) return `&${value.name} ${this.flow(value.value)}`;
        if (value instanceof Call) return this.call(value);
        if (value && typeof value === 'object') {
            return `{${Object.entries(value).map(([key, one]) => `${this.key(key)}: ${this.flow(one)}`).join(', ')}}`;
        }
        return this.scalar(value);
    }

    call({ name, argument }) {
        if (this.random.chance(75)) return `!${name} ${this.flow(argument)}`;
        const isAttribute = name === 'GetAtt' && typeof argument === 'string';
        return `{'${long(name)}': ${this.flow(isAttribute ? argument.split('.') : argument)}}`;
    }

    scalar(value) {
        if (typeof value !== 'string') return String(value);
        const way = this.random.weighted([[6, 'plain'], [4, 'single'], [3, 'double'], [1, 'escaped']]);
        if (way === 'plain' && PLAIN.test(value) && !RESERVED.test(value)) return value;
        if (way === 'double') return JSON.stringify(value);
        if (way === 'escaped' && value) return `"\\u${value.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(value).slice(2)}`;
        return `'${value.replaceAll("'", "''")}'`;
    }
}

module.exports = { Alias, Anchored, Call, Raw, Writer };
