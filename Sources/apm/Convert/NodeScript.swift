// What node carries out to evaluate an ecosystem file: it loads the file, turns what that exports
// into JSON and writes it to descriptor 3, or what went wrong instead. The file may do whatever it
// likes meanwhile: print, exit, hang, throw. It runs with the rights of its owner alone, so what
// it makes of this script is its own affair; the answer is read like a stranger's.

enum NodeScript {
    /// Of what JSON has no word for: `{"$apm": "a function"}`.
    static let oddKey = "$apm"

    static let text = #"""
        'use strict';
        const fs = require('fs');
        const { pathToFileURL, fileURLToPath } = require('url');
        const file = process.argv[1];
        const write = fs.writeSync, stringify = JSON.stringify, keys = Object.keys;
        const leave = process.reallyExit.bind(process);
        const most = { bytes: 1048576, values: 100000, depth: 40, asked: 20 };
        let real = file;
        try { real = fs.realpathSync(file); } catch {}

        // Variables that the file itself looked for and did not find.
        const asked = new Set();
        const own = [file, real, pathToFileURL(real).href];
        const note = (variables, name) => {
            if (typeof name !== 'string' || name in variables || asked.size >= most.asked) return;
            const caller = String(new Error().stack).split('\n')[3] || '';
            if (own.some((path) => caller.includes(path + ':'))) asked.add(name);
        };
        process.env = new Proxy(process.env, {
            get(variables, name) { note(variables, name); return variables[name]; },
            has(variables, name) { note(variables, name); return name in variables; },
        });

        let isTold = false;
        const tell = (answer) => {
            if (isTold) return;
            isTold = true;
            let bytes = Buffer.from(stringify({ ...answer, asked: [...asked] }));
            if (bytes.length > most.bytes) bytes = Buffer.from('{"failure":"large"}');
            for (let done = 0; done < bytes.length;) done += write(3, bytes, done);
            leave(0);
        };

        class Unfit { constructor(answer) { this.answer = answer; } }

        const odd = (words) => ({ $apm: words });
        let values = 0;
        const plain = (value, path, above) => {
            if (++values > most.values) throw new Unfit({ failure: 'many' });
            switch (typeof value) {
            case 'string': case 'boolean': return value;
            case 'number': return Number.isFinite(value) ? value : odd(String(value));
            case 'bigint': return String(value);
            case 'undefined': return odd('undefined');
            case 'function': return odd('a function');
            case 'symbol': return odd('a symbol');
            }
            if (value === null) return null;
            if (above.includes(value)) throw new Unfit({ failure: 'circular', path });
            if (above.length >= most.depth) throw new Unfit({ failure: 'deep', path });
            const here = [...above, value];
            if (Array.isArray(value)) {
                if (value.length > most.values) throw new Unfit({ failure: 'many' });
                return Array.from(value, (entry, index) => plain(entry, `${path}[${index}]`, here));
            }
            if (value instanceof RegExp) return odd('a regular expression');
            if (value instanceof Map || value instanceof Set) return odd('a Map or a Set');
            if (value instanceof Promise) return odd('a promise');
            if (typeof value.toJSON === 'function') return plain(value.toJSON(), path, here);
            const object = Object.create(null);
            for (const name of keys(value))
                object[name] = plain(value[name], path ? `${path}.${name}` : name, here);
            return object;
        };

        const placeOf = (stack) => {
            let first = null;
            for (const found of stack.matchAll(/(?:^|[\s(])(file:\/\/)?(\/[^\n():]+):(\d+)/gm)) {
                let path = found[2];
                if (found[1]) try { path = fileURLToPath(found[1] + path); } catch {}
                const place = { file: path, line: Number(found[3]) };
                if (path === file || path === real) return place;
                first = first || place;
            }
            return first || {};
        };
        const thrown = (error) => {
            if (error instanceof Unfit) return error.answer;
            const text = (value) => {
                try { return String(value).slice(0, 1000); } catch { return ''; }
            };
            const isError = error !== null && typeof error === 'object' && 'message' in error;
            if (!isError) return { failure: 'thrown', message: text(error) };
            const missing = /^Cannot find (?:module|package) '([^']*)'/.exec(text(error.message));
            return {
                failure: missing ? 'missing' : 'thrown',
                name: text(error.name),
                message: text(error.message).split('\n')[0],
                module: missing ? missing[1] : '',
                ...placeOf(text(error.stack)),
            };
        };

        process.exit = (code) =>
            tell({ failure: 'exit', code: Number(code ?? process.exitCode ?? 0) });
        process.on('exit', () => tell({ failure: 'pending' }));
        process.on('uncaughtException', (error) => tell(thrown(error)));

        (async () => {
            try {
                const loaded = await import(pathToFileURL(file).href);
                let value = 'default' in loaded ? loaded.default : { ...loaded };
                if (value && value.__esModule && 'default' in value) value = value.default;
                value = await value;
                if (typeof value === 'function') return tell({ failure: 'function' });
                if (value === undefined) return tell({ failure: 'nothing' });
                tell({ value: plain(value, '', []) });
            } catch (error) {
                tell(thrown(error));
            }
        })();
        """#
}
