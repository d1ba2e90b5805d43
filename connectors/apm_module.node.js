// The APM connector for Node.js: apm_module.node.js (CommonJS, Node 10 or newer).
'use strict'
const fs = require('fs')
const http = require('http')
const https = require('https')
const net = require('net')
const path = require('path')
const stream = require('stream')
const url = require('url')

const THIS_FILE = {
    name: 'apm_module.node.js',
    path: __filename,
    isMain: require.main === module,
    lastLine: 'module.exports = ApmModule',
}

// From here to the last line both forms of the connector are the same.
//
// APM hands requests to a worker through its standard input and takes the answers from its standard
// output, as frames: docs/FRAMES.md. docs/CONNECTORS.md says how to use this file.
//
// - A batch of frames that was read is answered with one write.
// - The head of a request is one text, decoded when a getter is asked for something in it.
// - Each side of a session sends no more than the other one has given credit for.
const VERSION = '3.0.0'
const PROTOCOL = 1

const KIND = {
    hello: 0x00, log: 0x03, forget: 0x04, request: 0x10, response: 0x11, data: 0x12, credit: 0x14,
    close: 0x16, save: 0x18,
}
/** Of an id: the rest of it counts how often the slot was given out. */
const SLOT_BITS = 0xfffff
const END = 1
const RESTORED = 2
const CLOSE_REASONS = [
    'clientGone', 'clientStalled', 'workerStalled', 'workerFault', 'clientFault',
]

const HEADER_BYTES = 16
const PIECE_BYTES = 65535
const FRAME_BYTES = HEADER_BYTES + 2 * PIECE_BYTES
const READ_BYTES = 262144
/** More than the largest frame: as much as the pipe takes, so that a batch is one write. */
const WRITE_BYTES = 1048576
/** What one session may keep waiting for credit before a further write is an error. */
const QUEUE_BYTES = 67108864
const BODY_BYTES = 1048576
const SAVED_BYTES = PIECE_BYTES
/** An apm-proxyd that hangs is replaced within 10 s: longer than that. */
const HANDSHAKE_MS = 20000
const UPDATE_BYTES = 1048576
const UPDATE_MS = 30000
const INSTALLED = '/usr/share/apm/connectors'

const NOT_A_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const NOT_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/

let only = null

/** Two lines: what failed, and what to do now. */
function fail(what, advice) {
    try {
        fs.writeSync(2, `apm_module: ${what}\n  ${advice}\n`)
    } catch (error) {
        // Nobody reads them.
    }
    process.exit(1)
}

function failUnconnected(what) {
    fail(what, 'set server, or connector true, for this worker; then apm restart it')
}

/** What Node would do with an error that nobody catches, at each version of it. */
function crash(error) {
    const text = error instanceof Error ? error.stack || String(error) : `Uncaught ${error}`
    try {
        fs.writeSync(2, `${text}\n`)
    } catch (failure) {
        // Nobody reads it.
    }
    process.exit(1)
}

function decoded(text) {
    try {
        return decodeURIComponent(text)
    } catch (error) {
        return text
    }
}

function isThenable(value) {
    return value !== null && typeof value === 'object' && typeof value.then === 'function'
}

/** A close-on-exec descriptor of our own for the pipe that `fd` is open on; else `fd`. */
function reopened(fd, flags) {
    const file = `/proc/self/fd/${fd}`
    try {
        // Fails where nobody has the other end; without the flag it would wait for somebody.
        fs.closeSync(fs.openSync(file, flags | fs.constants.O_NONBLOCK))
        return fs.openSync(file, flags)
    } catch (error) {
        return fd
    }
}

/** Opens `file` as descriptor `fd`, which is given up for it. */
function replace(fd, file, flags) {
    let probe
    try {
        probe = fs.openSync(file, flags)
    } catch (error) {
        return
    }
    fs.closeSync(fd)
    // Gets the lowest free number.
    fs.openSync(file, flags)
    fs.closeSync(probe)
}

/** The lines that a field has in the head of an answer. */
function fieldLines(name, value) {
    if (NOT_A_TOKEN.test(name) || name === '') {
        throw new TypeError(`${JSON.stringify(name)} is no name of a header`)
    }
    if (Array.isArray(value)) {
        let lines = ''
        for (const each of value) lines += fieldLines(name, each)
        return lines
    }
    const text = typeof value === 'string' ? value : String(value)
    if (NOT_A_VALUE.test(text)) {
        throw new TypeError(`the value of header ${name} has characters that no header may have`)
    }
    return `${name}: ${text}\n`
}

function statusCode(value) {
    const code = Number(value)
    if (!Number.isInteger(code) || code < 200 || code > 599) {
        throw new RangeError(`${value} is no status of an answer: 200 to 599`)
    }
    return code
}

/** Why a body did not come whole. Where nobody catches it, it ends its session and nothing else. */
class ApmBodyError extends Error {
    constructor(session, status, text) {
        super(text)
        this.session = session
        /** 413: beyond the limit; 499: the client has gone, or was answered already. */
        this.status = status
    }
}

/** One request and its answer. */
class ApmSession {
    constructor(apm, id, head, isRestored, hasEnded) {
        this.onClose = null
        this._apm = apm
        this._id = id
        this._head = head
        this._lines = null
        this._isRestored = isRestored
        this._data = null
        this._deliversSoon = false
        // The request: what has come and was not taken yet, and who takes it.
        this._hasEnded = hasEnded
        this._held = null
        this._taken = 0
        this._isTaking = false
        this._onData = null
        this._onEnd = null
        this._body = null
        // The answer: what is still to be said, and how much may be.
        this.active = true
        this._status = 0
        this._fields = ''
        this._named = null
        this._hasBegun = false
        this._waits = false
        this._first = null
        this._credit = apm._window
        this._queue = null
        this._queued = 0
        this._endsQueue = false
        this._drainers = null
    }

    // The request.

    get protocol() {
        return 'http'
    }

    get method() {
        return this._head.slice(0, this._head.indexOf(' '))
    }

    /** Path and query, as the client wrote them. */
    get path() {
        const head = this._head
        return head.slice(head.indexOf(' ') + 1, head.indexOf('\n'))
    }

    /** The decoded parts of the path. */
    get path_array() {
        const target = this.path
        const end = target.indexOf('?')
        const parts = (end < 0 ? target : target.slice(0, end)).split('/')
        return parts.filter((part) => part !== '').map(decoded)
    }

    /** What stands behind the question mark. */
    get query() {
        const target = this.path
        const start = target.indexOf('?')
        return start < 0 ? '' : target.slice(start + 1)
    }

    /** Decoded; a name that comes several times has an array. */
    get query_object() {
        const object = Object.create(null)
        for (const pair of this.query.split('&')) {
            if (pair === '') continue
            const text = pair.replace(/\+/g, ' ')
            const sign = text.indexOf('=')
            const name = decoded(sign < 0 ? text : text.slice(0, sign))
            const value = sign < 0 ? '' : decoded(text.slice(sign + 1))
            const known = object[name]
            if (known === undefined) object[name] = value
            else if (Array.isArray(known)) known.push(value)
            else object[name] = [known, value]
        }
        return object
    }

    /** Names and values in turn, as the client wrote them. */
    get rawHeaders() {
        const lines = this._split()
        const list = []
        for (let index = 2; index < lines.length - 1; index++) {
            const line = lines[index]
            const colon = line.indexOf(':')
            list.push(line.slice(0, colon), line.slice(colon + 2))
        }
        return list
    }

    /** By names in small letters; a field that comes several times is joined. */
    get headers() {
        const object = Object.create(null)
        const list = this.rawHeaders
        for (let index = 0; index < list.length; index += 2) {
            const name = list[index].toLowerCase()
            const known = object[name]
            if (known === undefined) object[name] = list[index + 1]
            else object[name] = known + (name === 'cookie' ? '; ' : ', ') + list[index + 1]
        }
        // Asked for again, it is the same one.
        Object.defineProperty(this, 'headers', { value: object })
        return object
    }

    /** The first value of each name, decoded. */
    get cookies() {
        const object = Object.create(null)
        for (const pair of (this.headers.cookie || '').split(';')) {
            const sign = pair.indexOf('=')
            if (sign < 0) continue
            const name = pair.slice(0, sign).trim()
            let value = pair.slice(sign + 1).trim()
            if (value.length > 1 && value[0] === '"' && value.endsWith('"')) {
                value = value.slice(1, -1)
            }
            if (object[name] === undefined) object[name] = decoded(value)
        }
        return object
    }

    get remoteIp() {
        return this._split()[1].split(' ')[0]
    }

    get scheme() {
        return this._split()[1].split(' ')[1]
    }

    get httpVersion() {
        return this._split()[1].split(' ')[2]
    }

    get sessionId() {
        return this._id >>> 0
    }

    get instanceId() {
        return this._apm.instanceId
    }

    get sessionType() {
        return this._isRestored ? 'restored' : 'new'
    }

    get sessionData() {
        if (this._data === null) this._data = {}
        return this._data
    }

    set sessionData(data) {
        this._data = data
    }

    /** Keeps sessionData: an instance that gets this session after this one finds it there. */
    saveSessionData() {
        if (!this.active) return false
        const text = Buffer.from(JSON.stringify(this.sessionData))
        if (text.length > SAVED_BYTES) {
            throw new RangeError(`sessionData has ${text.length} bytes: at most ${SAVED_BYTES}`)
        }
        this._apm._frame(KIND.save, 0, 0, this._id, text)
        return true
    }

    _split() {
        if (this._lines === null) this._lines = this._head.split('\n')
        return this._lines
    }

    // The body of the request.

    get onData() {
        return this._onData
    }

    /**
     * Called with each piece of the body, a Buffer. Where it returns a Promise, the next piece
     * waits for that.
     */
    set onData(callback) {
        this._onData = callback
        this._deliverSoon()
    }

    get onEnd() {
        return this._onEnd
    }

    /** Called behind the last piece. */
    set onEnd(callback) {
        this._onEnd = callback
        this._deliverSoon()
    }

    /** The whole body, as a Buffer. Rejected beyond `limit` bytes, and when the client goes. */
    body(limit = BODY_BYTES) {
        if (this._body === null) {
            const whole = this._takeWhole(limit)
            this._body = whole !== null ? Promise.resolve(whole)
                : new Promise((resolve, reject) => this._collect(limit, resolve, reject))
        }
        return this._body
    }

    /** The body, where all of it came with the request, as small ones do. */
    _takeWhole(limit) {
        const held = this._held
        if (!this._hasEnded || !this.active || this._onEnd !== null) return null
        if (held === null) return Buffer.alloc(0)
        if (held.length > 1 || held[0].length > limit) return null
        this._held = null
        return held[0]
    }

    _collect(limit, resolve, reject) {
        const pieces = []
        let count = 0
        const stop = (status, text) => {
            this._onData = this._onEnd = null
            this._reject = null
            reject(new ApmBodyError(this, status, text))
        }
        this._onData = (piece) => {
            count += piece.length
            if (count > limit) stop(413, `the body has more than ${limit} bytes`)
            else pieces.push(piece)
        }
        this._onEnd = () => {
            this._reject = null
            resolve(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))
        }
        this._reject = stop
        if (this.active) this._deliver()
        else stop(499, 'the session is over')
    }

    _receive(piece, hasEnded) {
        // Nobody will take it any more.
        if (!this.active) return
        if (hasEnded) this._hasEnded = true
        if (piece !== null) {
            if (this._held === null) this._held = [piece]
            else this._held.push(piece)
        }
        this._deliver()
    }

    /** To callbacks that were just set, once all of them are, and where they were. */
    _deliverSoon() {
        if (this._deliversSoon) return
        this._deliversSoon = true
        process.nextTick(deliver, this)
    }

    /** Hands on what has come, as long as somebody takes it. */
    _deliver() {
        while (!this._isTaking && this._onData && this._held !== null) {
            const piece = this._held.shift()
            if (this._held.length === 0) this._held = null
            const result = this._onData(piece, true)
            if (isThenable(result)) {
                this._isTaking = true
                const goOn = () => {
                    this._isTaking = false
                    this._took(piece.length)
                    this._deliver()
                }
                result.then(goOn)
                return
            }
            this._took(piece.length)
        }
        if (this._hasEnded && this._held === null && !this._isTaking && this._onEnd) {
            const callback = this._onEnd
            this._onEnd = null
            callback()
        }
    }

    /** Gives credit for what was taken, a good part of the window at once. */
    _took(count) {
        this._taken += count
        if (this._hasEnded || !this.active || this._onData === null) return
        if (this._taken * 2 < this._apm._window) return
        const bytes = Buffer.allocUnsafe(4)
        bytes.writeUInt32LE(this._taken, 0)
        this._taken = 0
        this._apm._frame(KIND.credit, 0, 0, this._id, bytes)
    }

    // The answer.

    status(code) {
        this._refuseLate('a status')
        this._status = statusCode(code)
        return this
    }

    /** Sets a header of the answer; an array of values makes several fields. */
    header(name, value) {
        this._refuseLate('a header')
        const lines = fieldLines(name, value)
        if (this._named === null) this._named = new Map()
        this._named.set(name.toLowerCase(), lines)
        return this
    }

    /**
     * More of the answer: a string or bytes. The first one may bring headers; x-status among them
     * is the status. False when what was written waits for the client: drained() tells when it no
     * longer does. What is written to a session that is over is dropped.
     */
    write(data, headers) {
        if (!this.active) return false
        if (headers) this._take(headers)
        if (!this._hasBegun && !this._waits) {
            this._waits = true
            this._first = data
            this._apm._await(this)
            return true
        }
        this._begin()
        this._push(data)
        return this._queued === 0
    }

    /** The same: HTTP has no bytes beside the body. */
    writeRaw(data) {
        return this.write(data)
    }

    /** Ends the answer, with `data` as its last or only part. */
    end(data, headers) {
        if (!this.active) return
        if (headers) this._take(headers)
        if (!this._hasBegun) {
            if (!this._waits) {
                this._respond(data === undefined ? null : data, true)
                return
            }
            if (data === undefined || data === null) {
                this._waits = false
                const first = this._first
                this._first = null
                this._respond(first, true)
                return
            }
            this._begin()
        }
        this._push(data, true)
    }

    /**
     * Ends the answer. Where nothing was said yet, `code` is the status of the answer and `reason`
     * its text; without a code the session is aborted.
     */
    close(code, reason) {
        if (!this.active) return
        const isSilent = !this._hasBegun && !this._waits
        if (isSilent && code !== undefined) {
            this._status = statusCode(code)
            this.end(reason, reason ? { 'content-type': 'text/plain; charset=utf-8' } : undefined)
        } else if (isSilent && this._status === 0 && this._named === null) {
            this.abort()
        } else {
            this.end()
        }
    }

    /** Breaks off: the client gets a 502, or its connection is cut. */
    abort() {
        if (!this.active) return
        this._apm._frame(KIND.close, 0, 0, this._id, null)
        this._finish()
    }

    /** Resolved when all that was written has gone out, or will never. */
    drained() {
        if (this._queued === 0) return Promise.resolve()
        return new Promise((resolve) => {
            if (this._drainers === null) this._drainers = [resolve]
            else this._drainers.push(resolve)
        })
    }

    _refuseLate(what) {
        if (this._hasBegun) throw new Error(`the answer has begun: too late for ${what}`)
    }

    _take(headers) {
        this._refuseLate('headers')
        let fields = this._fields
        for (const name in headers) {
            const value = headers[name]
            if (name.length === 8 && name.toLowerCase() === 'x-status') {
                this._status = statusCode(value)
            } else if (value !== undefined) {
                if (this._named !== null) this._named.delete(name.toLowerCase())
                fields += fieldLines(name, value)
            }
        }
        this._fields = fields
    }

    /** Sends what was written first, if it still waits for an end to go with. */
    _begin() {
        if (!this._waits) return
        this._waits = false
        const first = this._first
        this._first = null
        this._respond(first, false)
    }

    /** The frame that begins the answer, and ends it where all of it fits. */
    _respond(data, ends) {
        const apm = this._apm
        let head = this._fields
        if (this._named !== null) for (const lines of this._named.values()) head += lines
        if (head.length > PIECE_BYTES) {
            throw new RangeError(`the headers have ${head.length} bytes: at most ${PIECE_BYTES}`)
        }
        this._hasBegun = true
        const code = this._status === 0 ? 200 : this._status
        if (typeof data === 'string') {
            if (data.length * 3 <= PIECE_BYTES && data.length * 3 <= this._credit) {
                const sent = apm._response(ends ? END : 0, code, this._id, head, data)
                this._credit -= sent
                if (ends) this._finish()
                return
            }
        }
        const bytes = asBytes(data)
        const count = Math.min(bytes.length, PIECE_BYTES, this._credit)
        const isWhole = count === bytes.length
        // What is known here, the proxy cannot see in the first of several frames.
        if (ends && !isWhole && !/^content-length:/im.test(head)) {
            head += `content-length: ${bytes.length}\n`
        }
        const piece = isWhole ? bytes : bytes.subarray(0, count)
        this._credit -= count
        apm._response(isWhole && ends ? END : 0, code, this._id, head, piece)
        if (isWhole && ends) this._finish()
        else if (!isWhole) this._push(bytes.subarray(count), ends)
    }

    /** Sends more of the answer as far as the credit goes; the rest waits. */
    _push(data, ends) {
        const bytes = asBytes(data)
        if (this._queued > QUEUE_BYTES) {
            // A slow client must not end the worker, nor fill its memory.
            process.stderr.write(
                `apm_module: a session was aborted, ${this._queued} bytes waited for its client\n` +
                '  when write() returns false, await session.drained()\n')
            this.abort()
            return
        }
        if (bytes.length > 0) {
            if (this._queue === null) this._queue = []
            this._queue.push(bytes)
            this._queued += bytes.length
        }
        if (ends) this._endsQueue = true
        this._pump()
    }

    _pump() {
        while (this._queued > 0) {
            const bytes = this._queue[0]
            const count = Math.min(bytes.length, PIECE_BYTES, this._credit)
            if (count === 0) return
            if (count === bytes.length) this._queue.shift()
            else this._queue[0] = bytes.subarray(count)
            this._queued -= count
            this._credit -= count
            const ends = this._endsQueue && this._queued === 0
            this._apm._frame(KIND.data, ends ? END : 0, 0, this._id, bytes.subarray(0, count))
            if (ends) {
                this._finish()
                return
            }
        }
        if (this._endsQueue) {
            this._apm._frame(KIND.data, END, 0, this._id, null)
            this._finish()
        } else {
            this._wake()
        }
    }

    _grant(count) {
        this._credit += count
        if (this._queued > 0) this._pump()
    }

    _wake() {
        const drainers = this._drainers
        if (drainers === null) return
        this._drainers = null
        for (const resolve of drainers) resolve()
    }

    /** Nothing more is said in this session. */
    _finish(reason) {
        this.active = false
        this._waits = false
        this._first = null
        this._queue = null
        this._queued = 0
        this._held = null
        if (this._hasEnded || reason !== undefined) this._apm._sessions.remove(this)
        if (this._drainers !== null) this._wake()
        if (this._reject) {
            this._reject(499, 'the session was over before its body')
        }
        if (this.onClose !== null) process.nextTick(this.onClose, reason)
    }
}
// Only while a body is collected, so not a field of each session.
ApmSession.prototype._reject = null

function deliver(session) {
    session._deliversSoon = false
    session._deliver()
}

function asBytes(data) {
    if (data === null || data === undefined) return Buffer.alloc(0)
    if (typeof data === 'string') return Buffer.from(data)
    if (Buffer.isBuffer(data)) return data
    if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    if (data instanceof ArrayBuffer) return Buffer.from(data)
    throw new TypeError('what is written is a string, a Buffer or an array of bytes')
}

/**
 * The sessions that are open, by slot. A Map that all of them pass through leaves chains of its old
 * tables behind, with what was in them: V8 took milliseconds to collect those.
 */
class SessionTable {
    constructor() {
        this._slots = []
    }

    find(id) {
        const session = this._slots[id & SLOT_BITS]
        return session && session._id === id ? session : undefined
    }

    all() {
        return this._slots.filter((session) => session !== null)
    }

    add(session) {
        const slot = session._id & SLOT_BITS
        // With holes it would become a table, too.
        while (this._slots.length <= slot) this._slots.push(null)
        this._slots[slot] = session
    }

    remove(session) {
        const slot = session._id & SLOT_BITS
        if (this._slots[slot] === session) this._slots[slot] = null
    }
}

/** What process.stdout becomes: each print is a `log` frame. */
class ApmOutput extends stream.Writable {
    constructor(apm) {
        super({ decodeStrings: true })
        this._apm = apm
        this.fd = 1
    }

    _write(bytes, encoding, callback) {
        this._apm._print(bytes)
        callback()
    }
}

class ApmModule {
    /** `onConnect` is called with each session. */
    constructor(onConnect) {
        if (typeof onConnect !== 'function') {
            throw new TypeError('new ApmModule(onConnect): a function is called with each session')
        }
        if (only !== null) throw new Error('a process has one ApmModule, and this is another')
        if (!process.env.APM) {
            fail('APM is not set in the environment: this program was not started by APM',
                'start it with apm run, or from a configuration file with apm load')
        }
        only = this
        this.instanceId = '0'
        this._onConnect = onConnect
        this._key = 0
        this._hasGreeted = false
        this._window = 0
        this._sessions = new SessionTable()
        // What is to be written: the first bytes of `_out`.
        this._out = Buffer.allocUnsafeSlow(WRITE_BYTES)
        this._end = 0
        this._isScheduled = false
        /** Sessions whose first words wait for an end to go with. */
        this._waiting = []
        this._flush = this._flush.bind(this)
        // The part of a frame whose rest has not come yet.
        this._carry = null
        this._carried = 0
        this._catchCrashes()
        this._takeDescriptors()
        this._deadline = setTimeout(() => {
            failUnconnected('APM does not speak on the standard input of this program')
        }, HANDSHAKE_MS)
    }

    /** A program's own handlers win. */
    _catchCrashes() {
        process.on('uncaughtException', (error) => {
            if (process.listenerCount('uncaughtException') === 1) crash(error)
        })
        process.on('unhandledRejection', (error) => {
            if (error instanceof ApmBodyError) {
                const session = error.session
                if (session._hasBegun) session.abort()
                else session.close(error.status, `${error.message}\n`)
            } else if (process.listenerCount('unhandledRejection') === 1) {
                throw error
            }
        })
        // What was said before an exit is still sent.
        process.on('exit', this._flush)
    }

    /**
     * Moves the pipes to descriptors of our own, which no child inherits. Then what a child prints
     * goes where the error output goes and never into a frame, and what it reads is empty. What
     * cannot be opened again, as a socket or the pipe of another user, stays where it is.
     */
    _takeDescriptors() {
        const kind = statOrNull(0)
        if (kind === null || !kind.isFIFO() && !kind.isSocket()) {
            failUnconnected('the standard input of this program is no pipe of APM')
        }
        const { O_RDONLY, O_WRONLY, O_APPEND } = fs.constants
        const input = reopened(0, O_RDONLY)
        if (input !== 0) replace(0, '/dev/null', O_RDONLY)
        this._fd = reopened(1, O_WRONLY)
        if (this._fd !== 1) replace(1, '/proc/self/fd/2', O_WRONLY | O_APPEND)
        this._listen(input)
        const output = new ApmOutput(this)
        Object.defineProperty(process, 'stdout', {
            configurable: true, enumerable: true, get: () => output,
        })
        // The console keeps the stream that it used first.
        console._stdout = output
    }

    _listen(fd) {
        const version = process.versions.node.split('.').map(Number)
        const options = { fd, readable: true, writable: false }
        const hasOnread = version[0] > 12 || version[0] === 12 && version[1] >= 10
        if (hasOnread) {
            options.onread = {
                buffer: Buffer.allocUnsafeSlow(READ_BYTES),
                callback: (count, bytes) => {
                    this._read(bytes, count)
                    return true
                },
            }
        }
        this._input = new net.Socket(options)
        if (!hasOnread) {
            this._input.on('data', (bytes) => this._read(bytes, bytes.length))
        }
        this._input.on('error', () => this._inputEnded())
        this._input.on('end', () => this._inputEnded())
        this._input.resume()
    }

    _inputEnded() {
        if (this._hasGreeted) process.exit(0)
        failUnconnected('the standard input of this program ended before APM said anything')
    }

    // What comes in.

    /** Takes all frames of what was read. */
    _read(bytes, count) {
        let offset = 0
        while (this._carried > 0 && offset < count) {
            const wanted = this._carried < HEADER_BYTES
                ? HEADER_BYTES : frameBytes(this._carry, 0)
            const added = Math.min(wanted - this._carried, count - offset)
            bytes.copy(this._carry, this._carried, offset, offset + added)
            this._carried += added
            offset += added
            if (this._carried < HEADER_BYTES) continue
            this._checkKey(this._carry, 0)
            if (this._carried === frameBytes(this._carry, 0)) {
                this._carried = 0
                this._takeFrame(this._carry, 0)
            }
        }
        while (count - offset >= HEADER_BYTES) {
            this._checkKey(bytes, offset)
            const size = frameBytes(bytes, offset)
            if (count - offset < size) break
            this._takeFrame(bytes, offset)
            offset += size
        }
        if (offset < count) {
            if (this._carry === null) this._carry = Buffer.allocUnsafeSlow(FRAME_BYTES)
            bytes.copy(this._carry, 0, offset, count)
            this._carried = count - offset
        }
    }

    _checkKey(bytes, at) {
        const key = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24
        if (key === this._key && this._hasGreeted) return
        if (!this._hasGreeted && bytes[at] >= 0xf8 && bytes[at + 4] === KIND.hello) {
            this._key = key
            return
        }
        if (!this._hasGreeted) failUnconnected('what comes on the standard input is not from APM')
        fail('what came on the standard input is no frame',
            'something else reads it: give child processes a stdin of their own')
    }

    _takeFrame(bytes, at) {
        const kind = bytes[at + 4]
        const head = at + HEADER_BYTES
        const payload = head + (bytes[at + 12] | bytes[at + 13] << 8)
        const end = payload + (bytes[at + 14] | bytes[at + 15] << 8)
        const id = bytes[at + 8] | bytes[at + 9] << 8 | bytes[at + 10] << 16 | bytes[at + 11] << 24
        try {
            if (kind === KIND.request) {
                const text = bytes.toString('latin1', head, payload)
                this._open(id, bytes[at + 5], text, copied(bytes, payload, end))
            } else if (kind === KIND.hello) {
                const version = bytes[at + 6] | bytes[at + 7] << 8
                this._greet(version, bytes.toString('utf8', head, payload))
            } else if (kind === KIND.forget) {
                for (const session of this._sessions.all()) session._finish('forgotten')
            } else {
                const session = this._sessions.find(id)
                // A frame for a session that is over is late; an unknown kind is of later.
                if (session === undefined) return
                this._takeOf(session, kind, bytes, at, copied(bytes, payload, end))
            }
        } catch (error) {
            // Thrown where it ends the program, or is caught by its handler, but not the batch.
            process.nextTick(() => {
                throw error
            })
        }
    }

    /** A frame of a session that is open. */
    _takeOf(session, kind, bytes, at, payload) {
        if (kind === KIND.data) {
            const hasEnded = (bytes[at + 5] & END) !== 0
            if (hasEnded && !session.active) this._sessions.remove(session)
            session._receive(payload, hasEnded)
        } else if (kind === KIND.credit) {
            if (session.active && payload !== null && payload.length === 4) {
                session._grant(payload.readUInt32LE(0))
            }
        } else if (kind === KIND.save) {
            if (session._data === null && session._isRestored) {
                session._data = parsed(payload)
                this._connect(session)
            }
        } else if (kind === KIND.close) {
            if (session.active) this._frame(KIND.close, 0, 0, session._id, null)
            const wasActive = session.active
            session._hasEnded = true
            if (wasActive) session._finish(CLOSE_REASONS[bytes[at + 6]] || 'clientGone')
            else this._sessions.remove(session)
        }
    }

    _greet(version, head) {
        if (version !== PROTOCOL) {
            fail(`APM speaks version ${version} of the protocol, this connector ${PROTOCOL}`,
                `update it: node ${THIS_FILE.path} -update`)
        }
        for (const line of head.split('\n')) {
            const colon = line.indexOf(': ')
            if (line.slice(0, colon) === 'instance') this.instanceId = line.slice(colon + 2)
            if (line.slice(0, colon) === 'window') this._window = Number(line.slice(colon + 2))
        }
        if (!(this._window > 0)) failUnconnected('the greeting of APM has no window')
        clearTimeout(this._deadline)
        this._hasGreeted = true
        const fields = Buffer.from(`connector: node ${VERSION}\n`)
        this._reserve(HEADER_BYTES + fields.length)
        fields.copy(this._out, this._end + HEADER_BYTES)
        this._put(KIND.hello, 0, PROTOCOL, 0, fields.length, 0)
    }

    _open(id, flags, head, piece) {
        const session = new ApmSession(
            this, id, head, (flags & RESTORED) !== 0, (flags & END) !== 0)
        if (piece !== null) session._held = [piece]
        try {
            // A restored one begins with what was kept.
            if ((flags & RESTORED) === 0) this._connect(session)
        } finally {
            // Most are answered at once, and nothing more comes for them.
            if (session.active || !session._hasEnded) this._sessions.add(session)
        }
    }

    _connect(session) {
        // Called without `this`, as a function of the program's own.
        const onConnect = this._onConnect
        onConnect(session)
    }

    // What goes out.

    /** Makes room for `count` bytes behind what is there. */
    _reserve(count) {
        if (!this._isScheduled) this._schedule()
        if (this._end + count > this._out.length) this._write()
    }

    /** The header before a head and a payload that stand behind it already. */
    _put(kind, flags, code, id, headCount, payloadCount) {
        const out = this._out
        const key = this._key
        let at = this._end
        out[at++] = key
        out[at++] = key >> 8
        out[at++] = key >> 16
        out[at++] = key >> 24
        out[at++] = kind
        out[at++] = flags
        out[at++] = code
        out[at++] = code >> 8
        out[at++] = id
        out[at++] = id >> 8
        out[at++] = id >> 16
        out[at++] = id >> 24
        out[at++] = headCount
        out[at++] = headCount >> 8
        out[at++] = payloadCount
        out[at++] = payloadCount >> 8
        this._end = at + headCount + payloadCount
    }

    /** A frame without a head. */
    _frame(kind, flags, code, id, payload) {
        const count = payload === null ? 0 : payload.length
        this._reserve(HEADER_BYTES + count)
        if (count > 0) this._out.set(payload, this._end + HEADER_BYTES)
        this._put(kind, flags, code, id, 0, count)
    }

    /** A response whose payload is known to fit. Returns the bytes of its payload. */
    _response(flags, code, id, head, data) {
        const isText = typeof data === 'string'
        const most = isText ? data.length * 3 : data.length
        this._reserve(HEADER_BYTES + head.length + most)
        const at = this._end + HEADER_BYTES
        let count
        if (isText) {
            // Most often all is ASCII, and one call writes both.
            count = this._out.write(head + data, at) - head.length
            if (count !== data.length) {
                this._out.write(head, at, 'latin1')
                count = this._out.write(data, at + head.length)
            }
        } else {
            if (head !== '') this._out.write(head, at, 'latin1')
            this._out.set(data, at + head.length)
            count = data.length
        }
        this._put(KIND.response, flags, code, id, head.length, count)
        return count
    }

    _print(bytes) {
        if (!this._hasGreeted) {
            // Without the key there are no frames yet, and text is text.
            for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
                const piece = bytes.subarray(offset, offset + PIECE_BYTES)
                this._reserve(piece.length)
                this._out.set(piece, this._end)
                this._end += piece.length
            }
            return
        }
        for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
            this._frame(KIND.log, 0, 0, 0, bytes.subarray(offset, offset + PIECE_BYTES))
        }
    }

    /** A session's first words go out with the batch, or before it with the session's end. */
    _await(session) {
        this._waiting.push(session)
        if (!this._isScheduled) this._schedule()
    }

    /** Once all that can be answered now was answered. */
    _schedule() {
        this._isScheduled = true
        setImmediate(this._flush)
    }

    _flush() {
        this._isScheduled = false
        if (this._waiting.length > 0) {
            const waiting = this._waiting
            this._waiting = []
            for (const session of waiting) session._begin()
        }
        this._write()
    }

    /**
     * Writes what there is. When the pipe is full it waits, as prints of any program do: a proxy
     * always reads, what a slow client does not take is held back by credit.
     */
    _write() {
        let start = 0
        while (start < this._end) {
            try {
                start += fs.writeSync(this._fd, this._out, start, this._end - start)
            } catch (error) {
                // Somebody made it non-blocking. Else nobody reads any more, and the end of the
                // input comes next.
                if (error.code !== 'EAGAIN') break
                pause()
            }
        }
        this._end = 0
    }
}

/** Waits for a millisecond without running anything else. */
function pause() {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
}

/** What was kept may be of another version of the program. */
function parsed(payload) {
    try {
        return JSON.parse(payload.toString())
    } catch (error) {
        return {}
    }
}

function statOrNull(fd) {
    try {
        return fs.fstatSync(fd)
    } catch (error) {
        return null
    }
}

function frameBytes(bytes, at) {
    return HEADER_BYTES + (bytes[at + 12] | bytes[at + 13] << 8) +
        (bytes[at + 14] | bytes[at + 15] << 8)
}

/** What is read next is read into the same memory: what is kept is copied. */
function copied(bytes, start, end) {
    return start === end ? null : Buffer.from(bytes.subarray(start, end))
}

// node apm_module.node.js -update

/** Replaces this file by the one that APM_CONNECTOR_URL, or the installed APM, has. */
function update() {
    const folder = process.env.APM_CONNECTOR_URL
    const source = folder
        ? `${folder.replace(/\/$/, '')}/${THIS_FILE.name}`
        : url.pathToFileURL(`${INSTALLED}/${THIS_FILE.name}`).href
    const advice = 'set APM_CONNECTOR_URL to the folder that has it: https://, http:// or file://'
    download(source, 5, (error, text) => {
        if (error) fail(`${source}: ${error.message}`, advice)
        const found = /^const VERSION = '(\d+\.\d+\.\d+)'$/m.exec(text)
        const isThis = text.startsWith('// The APM connector for Node.js: ' + THIS_FILE.name + ' ')
        if (!found || !isThis || !text.endsWith(`\n${THIS_FILE.lastLine}\n`)) {
            fail(`${source} is no ${THIS_FILE.name}, or only a part of it`, advice)
        }
        const old = fs.readFileSync(THIS_FILE.path, 'utf8')
        if (old === text) {
            console.log(`${THIS_FILE.name}: version ${VERSION} is the one that ${source} has`)
            return
        }
        try {
            replaceFile(THIS_FILE.path, text)
        } catch (failure) {
            fail(failure.message, 'run this as the owner of the folder')
        }
        console.log(`${THIS_FILE.name}: version ${found[1]}, it was ${VERSION}`)
    })
}

/** All or nothing: whoever loads the file meanwhile has the old one or the new one. */
function replaceFile(file, text) {
    const fresh = `${file}.${process.pid}.new`
    try {
        const fd = fs.openSync(fresh, 'wx', fs.statSync(file).mode & 0o777)
        try {
            fs.writeSync(fd, text)
            fs.fsyncSync(fd)
        } finally {
            fs.closeSync(fd)
        }
        fs.renameSync(fresh, fs.realpathSync(file))
    } catch (error) {
        try {
            fs.unlinkSync(fresh)
        } catch (failure) {
            // It was not made.
        }
        throw error
    }
}

/** Calls back with an error, or with the text. */
function download(source, redirects, callback) {
    let address
    try {
        address = new url.URL(source)
    } catch (error) {
        callback(new Error('it is no URL'))
        return
    }
    if (address.protocol === 'file:') {
        fs.readFile(url.fileURLToPath(address), 'utf8', callback)
        return
    }
    if (address.protocol !== 'https:' && address.protocol !== 'http:') {
        callback(new Error('its scheme is none of https, http and file'))
        return
    }
    const client = address.protocol === 'https:' ? https : http
    let isOver = false
    const done = (error, text) => {
        if (!isOver) callback(error, text)
        isOver = true
    }
    const request = client.get(source, (answer) => {
        const location = answer.headers.location
        if (answer.statusCode >= 300 && answer.statusCode < 400 && location) {
            answer.resume()
            follow(new url.URL(location, source), address, redirects, done)
            return
        }
        if (answer.statusCode !== 200) {
            done(new Error(`the answer has status ${answer.statusCode}`))
            request.abort()
            return
        }
        const pieces = []
        let count = 0
        answer.on('data', (piece) => {
            pieces.push(piece)
            count += piece.length
            if (count > UPDATE_BYTES) {
                done(new Error(`it has more than ${UPDATE_BYTES} bytes`))
                request.abort()
            }
        })
        answer.on('aborted', () => done(new Error('the connection broke')))
        answer.on('end', () => done(null, Buffer.concat(pieces).toString()))
    })
    request.setTimeout(UPDATE_MS, () => {
        done(new Error(`nothing came for ${UPDATE_MS / 1000} seconds`))
        request.abort()
    })
    request.on('error', done)
}

function follow(location, from, redirects, callback) {
    if (redirects === 0) {
        callback(new Error('it redirects too often'))
    } else if (location.protocol !== 'https:' && location.protocol !== from.protocol) {
        callback(new Error(`it redirects to ${location.protocol}//, which is less safe`))
    } else {
        download(location.href, redirects - 1, callback)
    }
}

if (THIS_FILE.isMain) {
    if (process.argv[2] === '-update') {
        update()
    } else {
        fail('this file is a connector, and no program',
            `load it with require or import; node ${THIS_FILE.path} -update replaces it`)
    }
}

module.exports = ApmModule
