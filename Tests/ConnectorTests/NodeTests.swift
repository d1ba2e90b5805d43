// What holds for Node.js alone: its two forms, its errors, its streams.

import Documents
import Glibc
import Testing

@Suite struct NodeTests {
    static let forms = [Language.node, Language.nodeModule]

    /// All but how others are imported and how it is exported.
    @Test(arguments: [
        ("apm_module.node", "\n// From here to the last line", "ApmModule\n"),
        ("echo/echo.node", "\nconst TEXT", "})\n"),
    ])
    func theTwoFormsAreTheSame(_ name: String, _ start: String, _ end: String) throws {
        let bodies = try ["js", "mjs"].map { form in
            let text = try Documents.text(of: "connectors/\(name).\(form)")
            let body = try #require(text.firstRange(of: start))
            let rest = text[body.lowerBound...]
            #expect(rest.hasSuffix(end))
            let hasExport = name.hasPrefix("apm_module")
            return String(hasExport ? rest.dropLast(end.count) : rest[...])
                .replacing("module.exports = ", with: "").replacing("export default ", with: "")
        }
        #expect(bodies[0] == bodies[1])
        #expect(bodies[0].count > 1000)
    }

    /// As without a connector: the stack on the error output, and the exit code 1.
    @Test(arguments: forms, ["crash", "reject"])
    func anErrorThatNobodyCatchesEndsIt(_ form: Language, how: String) throws {
        let peer = try ConnectorPeer(form)
        let answered = try peer.open("/hello")
        let crashed = try peer.open("/\(how)")
        let behind = try peer.open("/hello")
        #expect(try peer.waitForEnd(closesInput: false) == 1)
        let errors = String(decoding: peer.errors, as: UTF8.self)
        #expect(errors.contains("Error: \(how)ed as asked\n    at "), "\(errors)")
        #expect(errors.contains("echo.node."))
        // What the others had said is sent, also behind it.
        #expect(peer[answered].text == "hello" && peer[behind].text == "hello")
        #expect(peer[crashed].state.answer == .awaited)
    }

    private func script(_ text: String, in folder: TemporaryFolder) throws -> String {
        let connector = Language.folder + Language.node.connector
        return try folder.write(
            "worker.js", "const ApmModule = require('\(connector)')\n" + text + "\n")
    }

    @Test func handlersOfTheProgramWin() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            process.on('uncaughtException', (error) => console.log(`mine ${error.message}`))
            process.on('unhandledRejection', (error) => console.log(`too ${error.message}`))
            new ApmModule((session) => {
                if (session.path === '/a') throw new Error('a')
                if (session.path === '/b') return Promise.reject(new Error('b'))
                session.end('on')
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker)
        _ = try peer.open("/a")
        _ = try peer.open("/b")
        #expect(try peer.exchange("/c").text == "on")
        try peer.pump("both") { $0.log.count >= 13 }
        #expect(String(decoding: peer.log, as: UTF8.self) == "mine a\ntoo b\n")
    }

    /// A client that goes, or sends too much, ends no worker whose handler did not think of it.
    @Test func aBodyThatDoesNotComeEndsItsSessionAlone() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            new ApmModule(async (session) => {
                const body = await session.body(10)
                session.end(`${body.length}`)
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker)
        let gone = try peer.open("POST", "/", body: [1], ends: false)
        let large = try peer.open("POST", "/", body: [UInt8](repeating: 1, count: 11))
        #expect(try peer.answer(to: large).status == 413)
        peer.close(gone, .clientGone)
        #expect(try peer.answer(to: gone).isClosed)
        #expect(try peer.exchange("POST", "/", body: [1, 2, 3]).text == "3")
        #expect(peer.errors.isEmpty)
    }

    @Test func callbacksRunWhereTheyWereSet() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            const place = new (require('async_hooks').AsyncLocalStorage)()
            new ApmModule((session) => {
                place.run(session.path, () => {
                    session.onData = () => session.write(`${place.getStore()} `)
                    session.onEnd = () => session.end(place.getStore())
                })
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker)
        for path in ["/a", "/b"] {
            #expect(try peer.exchange("POST", path, body: [1]).text == "\(path) \(path)")
        }
    }

    /// What is read next is not read into the memory of a body: that may be given to a thread.
    @Test func aBodyMayBeGivenAway() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            const { port1 } = new (require('worker_threads').MessageChannel)()
            new ApmModule(async (session) => {
                const body = await session.body()
                const count = body.length
                port1.postMessage(body, [body.buffer])
                session.end(`${count}, then ${body.length}`)
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker)
        for count in [20_000, 20_000, 0, 0] {
            let body = [UInt8](repeating: 1, count: count)
            #expect(try peer.exchange("POST", "/", body: body).text == "\(count), then 0")
        }
    }

    /// write() says when to wait, and drained() when no longer.
    @Test func writersAreHeldBackByTheirClient() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            new ApmModule(async (session) => {
                let count = 0
                const piece = Buffer.alloc(10000, 'x')
                while (session.active && count < 100) {
                    count++
                    if (!session.write(piece)) {
                        console.log(`waits after ${count}`)
                        await session.drained()
                        console.log('goes on')
                    }
                }
                session.end()
                console.log(`ends ${session.active}`)
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker, windowBytes: 65_535)
        let id = try peer.open("/")
        peer.stopGranting(to: id)
        try peer.pump("a writer that waits") { !$0.log.isEmpty }
        #expect(String(decoding: peer.log, as: UTF8.self) == "waits after 7\n")
        try peer.grant(1_000_000, to: id)
        #expect(try peer.answer(to: id).body.count == 1_000_000)
        let other = try peer.open("/")
        peer.stopGranting(to: other)
        try peer.pump("a full window") { $0[other].body.count == 65_535 }
        peer.close(other, .clientGone)
        let wanted = "waits after 7\ngoes on\nends false\nwaits after 7\ngoes on\nends false\n"
        try peer.pump("its last words") { $0.log.count >= wanted.utf8.count }
        #expect(String(decoding: peer.log, as: UTF8.self) == wanted)
    }

    /// While nobody reads the pipe, nothing is lost, and prints wait instead of filling memory.
    @Test func aFullPipeLosesNothing() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            new ApmModule((session) => {
                const line = 'x'.repeat(999)
                for (let count = 0; count < 5000; count++) console.log(line)
                session.end(`${process.memoryUsage().arrayBuffers < 16777216}`)
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker)
        let id = try peer.open("/")
        try peer.dribble()
        try peer.process.waitForFullOutput()
        #expect(try peer.answer(to: id).text == "true")
        #expect(peer.log.count == 5_000_000)
        #expect(peer.log.allSatisfy { $0 == 0x78 || $0 == 0x0A })
    }

    private func inode(of descriptor: Int32) -> String {
        var entry = stat()
        return fstat(descriptor, &entry) == 0 ? "\(entry.st_ino)" : "none"
    }

    /// No child gets what answers go through, nor requests where they come through a pipe.
    @Test(arguments: [true, false])
    func thePipesAreOutOfReach(_ hasPipe: Bool) throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            const child = require('child_process')
            const fs = require('fs')
            new ApmModule((session) => {
                const inherited = child.spawnSync('sh', ['-c', 'stat -Lc %i /proc/self/fd/*'], {
                    stdio: ['inherit', 'pipe', 'inherit'],
                })
                session.end(`${inherited.stdout}${fs.fstatSync(1).ino}\\n`)
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker, hasPipe: hasPipe)
        let inodes = try peer.exchange("/").text.split(separator: "\n").map(String.init)
        #expect(inodes.count > 3)
        #expect(!inodes.contains(inode(of: peer.process.output)))
        #expect(!inodes.contains(inode(of: peer.process.input)))
    }

    /// Before the hello there is no key, so these are no frames; and nothing is lost.
    @Test func printsBeforeTheHelloAreText() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            console.log('first')
            new ApmModule((session) => session.end('x'))
            console.log('starting')
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker)
        #expect(String(decoding: peer.text, as: UTF8.self) == "first\nstarting\n")
        #expect(try peer.exchange("/").text == "x")
    }

    /// What the proxy must not be left to find out by counting.
    @Test func aLargeWholeAnswerTellsItsLength() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            new ApmModule((session) => {
                const own = session.path === '/own' ? { 'Content-Length': '100000' } : {}
                session.end('x'.repeat(100000), own)
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker)
        let answer = try peer.exchange("/")
        #expect(answer.body.count == 100_000)
        #expect(answer.fields == ["content-length: 100000"])
        #expect(try peer.exchange("/own").fields == ["Content-Length: 100000"])
    }

    @Test func anUnreadAnswerIsMergedWithItsEnd() throws {
        let folder = try TemporaryFolder()
        let worker = try script(
            """
            new ApmModule(async (session) => {
                await null
                session.write('Hello ✓', { 'content-type': 'text/plain', 'X-Status': '201' })
                await null
                session.close()
                session.write('late')
            })
            """, in: folder)
        let peer = try ConnectorPeer(.node, script: worker)
        let answer = try peer.exchange("/")
        #expect(answer.status == 201)
        #expect(answer.text == "Hello ✓")
        #expect(answer.fields == ["content-type: text/plain"])
        #expect(answer.frames == 1)
    }
}
