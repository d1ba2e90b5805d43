// What holds for Python alone: errors of handlers, prints of all sorts, threads, waiting handlers.

import Documents
import Glibc
import Testing

/// A worker of its own, for one test.
private struct Script {
    let folder: TemporaryFolder
    let path: String

    /// `handler` is the body of on_connect(session).
    init(_ handler: String, before: String = "") throws {
        folder = try TemporaryFolder()
        let indented = handler.split(separator: "\n", omittingEmptySubsequences: false)
            .map { "    " + $0 + "\n" }.joined()
        path = try folder.write(
            "worker.py",
            """
            import os, subprocess, sys, threading
            sys.dont_write_bytecode = True
            sys.path.insert(0, '\(Language.folder)')
            from apm_module import ApmModule, BodyTooLarge, SessionClosed
            \(before)
            def on_connect(session):
            \(indented)
            ApmModule(on_connect).run()
            print('ran')

            """)
    }

    func start(windowBytes: UInt32 = 65_535) throws -> ConnectorPeer {
        try ConnectorPeer(.python, script: path, windowBytes: windowBytes)
    }
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct PythonTests {
    /// Programs run on Python 3.6 still.
    @Test func noSyntaxIsNewerThanPython3_6() throws {
        let check = "import ast, sys; ast.parse(sys.argv[1], feature_version=(3, 6))"
        let source = try Documents.text(of: "connectors/apm_module.py")
        let result = try WorkerProcess.run(["python3", "-c", check, source])
        #expect(result.code == 0, "\(result.errors)")
        let newer = try WorkerProcess.run(["python3", "-c", check, "(a := 1)"])
        #expect(newer.code == 1)
    }

    @Test func anErrorCostsItsSessionAlone() throws {
        let script = try Script(
            """
            if session.path == '/begun':
                session.write('a')
                session.write('b')
            if session.path == '/held':
                session.write('c')
            if session.path == '/later':
                def on_data(data, is_binary):
                    raise KeyError('in a callback')
                session.on_data = on_data
                return
            raise KeyError('in the handler')
            """)
        let peer = try script.start()
        for path in ["/", "/held"] {
            let answer = try peer.exchange(path)
            #expect(answer.status == 500 && answer.text == "Internal Server Error\n")
        }
        let begun = try peer.exchange("/begun")
        #expect(begun.status == 200 && begun.text == "ab" && begun.isClosed)
        #expect(try peer.exchange("POST", "/later", body: [1]).status == 500)
        #expect(try peer.waitForEnd() == 0)
        let errors = text(peer.errors)
        #expect(errors.components(of: "KeyError: 'in the handler'") == 3, "\(errors)")
        #expect(errors.contains("Traceback") && errors.contains("in a callback"))
    }

    /// A client that goes, or sends too much, is no error of the program.
    @Test func aBodyThatDoesNotComeIsNoError() throws {
        let script = try Script("session.end(str(len(session.body(10))))")
        let peer = try script.start()
        #expect(
            try peer.exchange("POST", "/", body: [UInt8](repeating: 1, count: 11)).status == 413)
        let gone = try peer.open("POST", "/", body: [1], ends: false)
        #expect(try peer.exchange("POST", "/", body: [1, 2]).text == "2")
        peer.close(gone, .clientGone)
        #expect(try peer.answer(to: gone).isClosed)
        #expect(peer.errors.isEmpty)
    }

    @Test func anyTextMayBePrinted() throws {
        let script = try Script(
            """
            print('a\\udc80b')
            sys.stdout.buffer.write(b'\\xff\\n')
            sys.stdout.flush()
            os.write(1, b'\\xf9\\x31\\x7a\\x5c\\n')
            sys.stderr.write('c\\udc80\\n')
            session.end('said')
            """)
        let peer = try script.start()
        #expect(try peer.exchange("/").text == "said")
        let wanted = Array("a\\udc80b\n".utf8) + [0xFF, 0x0A, 0xF9, 0x31, 0x7A, 0x5C, 0x0A]
        try peer.pump("the prints") { $0.log.count >= wanted.count && !$0.errors.isEmpty }
        #expect(peer.log == wanted)
        #expect(text(peer.errors) == "c\\udc80\n")
        #expect(peer.text.isEmpty)
    }

    /// More than any pipe holds, while the handler waits for the child.
    @Test func aChildMayPrintAlot() throws {
        let script = try Script(
            """
            subprocess.check_call(['head', '-c', '3000000', '/dev/zero'])
            session.end('done')
            """)
        let peer = try script.start()
        #expect(try peer.exchange("/").text == "done")
        try peer.pump("the prints") { $0.log.count >= 3_000_000 }
        #expect(peer.log == [UInt8](repeating: 0, count: 3_000_000))
    }

    /// A forked child prints as its parent does; it answers nothing and takes no requests.
    @Test func aForkedChildIsNoWorker() throws {
        let script = try Script(
            """
            pid = os.fork()
            if pid == 0:
                print('child')
                session.end('child')
                return
            session.end(str(os.waitpid(pid, 0)[1]))
            """)
        let peer = try script.start()
        for _ in 0..<3 { #expect(try peer.exchange("/").text == "0") }
        try peer.pump("the prints") { $0.log.count >= 18 }
        #expect(text(peer.log) == "child\nchild\nchild\n")
    }

    @Test func thePipesAreOutOfReach() throws {
        let script = try Script(
            """
            own = os.readlink('/proc/self/fd/500'), os.readlink('/proc/self/fd/501')
            cat = subprocess.check_output(['cat'])
            links = subprocess.check_output(
                ['ls', '-l', '/proc/self/fd'], close_fds=False).decode()
            session.end('%r %r' % (cat, [link for link in own if link in links]))
            """)
        #expect(try script.start().exchange("/").text == "b'' []")
    }

    /// Not only until run() returns.
    @Test func theLastWordsAreKept() throws {
        let script = try Script(
            "session.end()", before: "import atexit; atexit.register(print, 'end')")
        let peer = try script.start()
        _ = try peer.exchange("/")
        #expect(try peer.waitForEnd() == 0)
        #expect(text(peer.log + peer.text) == "ran\nend\n")
    }

    /// In a thread only the thread waits.
    @Test(arguments: ["", "in a thread"])
    func aWriterIsHeldBackByItsClient(_ place: String) throws {
        let script = try Script(
            """
            def stream():
                count = 0
                while count < 100 and session.write(b'x' * 10000):
                    count += 1
                print(count)
                session.close()
            if session.path != '/':
                session.end('quick')
            elif '\(place)':
                threading.Thread(target=stream).start()
            else:
                stream()
            """)
        let peer = try script.start()
        let slow = try peer.open("/")
        peer.stopGranting(to: slow)
        try peer.pump("a full window") { $0[slow].body.count == 65_535 }
        let other = try peer.open("/")
        peer.stopGranting(to: other)
        try peer.pump("another one") { $0[other].body.count == 65_535 }
        #expect(try peer.exchange("/quick").text == "quick")
        #expect(peer.log.isEmpty, "both wait")
        peer.close(other, .clientGone)
        try peer.pump("its last words") { !$0.log.isEmpty }
        #expect(Int(text(peer.log).dropLast()).map { $0 < 20 } == true)
        try peer.grant(1_000_000, to: slow)
        #expect(try peer.answer(to: slow).body.count == 1_000_000)
    }

    /// Requests beyond wait, and are answered when the others are done.
    @Test func moreHandlersWaitThanMayDoSo() throws {
        let script = try Script("session.end('x' * len(session.body()))")
        let peer = try script.start()
        let ids = try (0..<150).map { _ in
            try peer.open("POST", "/", body: [UInt8](repeating: 1, count: 10), ends: false)
        }
        let whole = try peer.open("/")
        for id in ids.reversed() { peer.send([2], to: id, ends: true) }
        for id in ids { #expect(try peer.answer(to: id).body.count == 11) }
        #expect(try peer.answer(to: whole).body.isEmpty)
        #expect(peer.errors.isEmpty)
    }

    @Test func aThreadReadsABody() throws {
        let script = try Script(
            """
            def work():
                session.end(session.body(200000))
            threading.Thread(target=work).start()
            """)
        let peer = try script.start()
        let body = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) }
        #expect(try peer.exchange("POST", "/", body: body).body == body)
    }

    /// Answers are written together, but not when handlers take their time.
    @Test func aSlowHandlerHoldsNoAnswerBack() throws {
        let script = try Script(
            """
            session.end('a')
            if session.path == '/last':
                open(gate).read()
            else:
                time.sleep(0.01)
            """,
            before: "import time; gate = os.path.dirname(os.path.abspath(__file__)) + '/gate'")
        let gate = script.folder.path + "/gate"
        #expect(mkfifo(gate, 0o600) == 0)
        let peer = try script.start()
        let ids = try ["/", "/", "/last"].map { try peer.open("GET", $0) }
        for id in ids.prefix(2) { #expect(try peer.answer(to: id).text == "a") }
        let end = open(gate, O_WRONLY | O_CLOEXEC)
        #expect(end >= 0)
        close(end)
        #expect(try peer.answer(to: ids[2]).text == "a")
    }

    @Test func headersAndDataOfManyTypes() throws {
        let script = try Script(
            """
            session.status(202).header('x-a', '1').header('X-B', ['2', 3])
            session.write(bytearray(b'a'), {'x-status': 201, 'x-c': 4, 'x-d': b'\\xe9'})
            for late in (session.status, lambda _: session.write('', {'a': 'b'})):
                try:
                    late(404)
                except ValueError as error:
                    print(error)
            for data in (1, None, ['a']):
                try:
                    session.write(data)
                except TypeError:
                    print('refused')
            session.write(memoryview(b'b'))
            session.write('\\u2713')
            session.close(500, 'too late')
            print(session.active, session.write('c'))
            """)
        let peer = try script.start()
        let answer = try peer.exchange("/")
        #expect(answer.status == 201)
        #expect(answer.text == "ab✓")
        #expect(answer.fields.dropLast() == ["x-a: 1", "X-B: 2", "X-B: 3", "x-c: 4"])
        let late = "the answer has begun: too late for its status and headers\n"
        let wanted = late + late + "refused\nrefused\nrefused\nFalse False\n"
        try peer.pump("the prints") { $0.log.count >= wanted.utf8.count }
        #expect(text(peer.log) == wanted)
    }

    /// What the proxy must not be left to find out by counting.
    @Test func aLargeWholeAnswerTellsItsLength() throws {
        let script = try Script("session.end('x' * 100000, {'x-a': 'b'})")
        let answer = try script.start().exchange("/")
        #expect(answer.body.count == 100_000)
        #expect(answer.fields == ["x-a: b", "content-length: 100000"])
    }
}

extension String {
    /// How often a text stands in it.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
