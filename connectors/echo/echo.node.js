// A worker that tells what it was asked: for the tests and benchmarks of connectors.
'use strict'
const childProcess = require('child_process')
const ApmModule = require('../apm_module.node.js')

const TEXT = { 'content-type': 'text/plain' }
const JSON_TYPE = { 'content-type': 'application/json' }
const PIECE = Buffer.alloc(65535, 'x')

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** By the first part of the path; any other path is answered with what was asked. */
const handlers = {
    hello(session) {
        session.end('hello', TEXT)
    },

    async size(session, bytes) {
        let left = Number(bytes)
        if (left <= PIECE.length) {
            session.end(PIECE.subarray(0, left), TEXT)
            return
        }
        session.status(200)
        while (left > 0 && session.active) {
            const piece = PIECE.subarray(0, Math.min(left, PIECE.length))
            left -= piece.length
            if (!session.write(piece)) await session.drained()
        }
        session.end()
    },

    async chunks(session, count, milliseconds) {
        for (let index = 0; index < Number(count); index++) {
            if (index > 0) await wait(Number(milliseconds))
            session.write(`chunk ${index}\n`)
        }
        session.end()
    },

    status(session, code) {
        session.status(code)
        session.end(code === '204' || code === '304' ? undefined : `status ${code}`)
    },

    async delay(session, milliseconds) {
        await wait(Number(milliseconds))
        session.end(`delayed ${milliseconds}`)
    },

    hdr(session) {
        session.end('', { 'Set-Cookie': ['a=1', 'b=2'], 'X-Multi': ['one', 'two'] })
    },

    abort(session) {
        session.close()
    },

    close(session, code) {
        session.close(Number(code), `closed with ${code}`)
    },

    echo(session) {
        session.onData = async (bytes) => {
            if (!session.write(bytes)) await session.drained()
        }
        session.onEnd = () => session.end()
    },

    async whole(session) {
        session.end(await session.body(), TEXT)
    },

    async body(session, limit) {
        const body = await session.body(Number(limit))
        session.end(String(body.length))
    },

    hold(session) {
        session.onClose = () => console.log('closed')
    },

    save(session) {
        const told = `${session.sessionType} ${JSON.stringify(session.sessionData)}`
        session.sessionData.kept = 1
        session.saveSessionData()
        session.end(told)
    },

    session(session) {
        const told = {}
        for (const name of [
            'protocol', 'method', 'path', 'path_array', 'query', 'query_object', 'cookies',
            'headers', 'remoteIp', 'scheme', 'httpVersion', 'instanceId', 'sessionType',
            'sessionData', 'active',
        ]) told[name] = session[name]
        session.end(JSON.stringify(told), JSON_TYPE)
    },

    /** What no header may hold, in three ways. */
    inject(session) {
        const refusals = []
        for (const headers of [{ 'x-a': 'b\nx-c: d' }, { 'x-a: b\nx-c': 'd' }, { 'x-a': '✓' }]) {
            try {
                session.write('', headers)
            } catch (error) {
                refusals.push('refused')
            }
        }
        session.end(refusals.join(' '), TEXT)
    },

    print(session) {
        console.log('printed: é ✓')
        session.end('printed')
    },

    /** A child prints the body to the standard output that it inherits. */
    async subprocess(session) {
        const body = await session.body()
        const child = childProcess.spawn('cat', { stdio: ['pipe', 'inherit', 'inherit'] })
        child.stdin.end(body)
        child.on('close', () => session.end('done'))
    },

    exit(session, code) {
        session.end('exiting')
        console.log('exit')
        process.exit(Number(code))
    },

    crash() {
        throw new Error('crashed as asked')
    },

    async reject() {
        throw new Error('rejected as asked')
    },
}

async function tell(session) {
    const body = await session.body(16777216)
    const list = session.rawHeaders
    const pairs = []
    for (let index = 0; index < list.length; index += 2) pairs.push([list[index], list[index + 1]])
    const told = { m: session.method, p: session.path, h: pairs, b: body.toString() }
    session.end(JSON.stringify(told), JSON_TYPE)
}

new ApmModule((session) => {
    const path = session.path
    if (path === '/hello') return handlers.hello(session)
    const [name, ...rest] = path.slice(1).split('?')[0].split('/')
    const handler = Object.prototype.hasOwnProperty.call(handlers, name) ? handlers[name] : tell
    return handler(session, ...rest)
})
