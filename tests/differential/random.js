'use strict';
/* Random numbers from a seed: the same seed gives the same run on every machine. */

class Random {
    /** `seed` is any text. */
    constructor(seed) {
        // FNV-1a, so that seeds that look alike start apart.
        let hash = 0x811c9dc5;
        for (const c of String(seed)) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193);
        this.state = hash >>> 0;
    }

    /** A number from 0 up to `limit`, without it (mulberry32). */
    below(limit) {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let t = this.state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) % limit;
    }

    chance(percent) {
        return this.below(100) < percent;
    }

    pick(of) {
        return of[this.below(of.length)];
    }

    /** One of `[[weight, value]...]`. */
    weighted(of) {
        let at = this.below(of.reduce((sum, [weight]) => sum + weight, 0));
        for (const [weight, value] of of) {
            if (at < weight) return value;
            at -= weight;
        }
        throw new Error('weights are lost');
    }

    /** 1 to `most` different ones of `of`. */
    some(of, most) {
        const found = new Set();
        for (let left = 1 + this.below(most); left > 0; left--) found.add(this.pick(of));
        return [...found];
    }

    shuffle(of) {
        const all = [...of];
        for (let at = all.length - 1; at > 0; at--) {
            const other = this.below(at + 1);
            [all[at], all[other]] = [all[other], all[at]];
        }
        return all;
    }
}

module.exports = { Random };
