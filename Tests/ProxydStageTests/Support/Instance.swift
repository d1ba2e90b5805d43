// An instance of a worker, played by the test: the other ends of its pipes. It says what the test
// wants it to say, right or wrong.

import Bytes
import Frames
import Glibc
import Messages
import Posix
import Testing

/// A frame that came from the proxy.
struct StageFrame {
    let header: FrameHeader
    let head: [UInt8]
    let payload: [UInt8]

    var kind: FrameKind { header.kind }
    var session: SessionID { header.session }
    var isEnd: Bool { header.flags.contains(.end) }
    var isRestored: Bool { header.flags.contains(.restored) }
}

final class Instance: @unchecked Sendable {
    let plan: ConnectedInstance
    let key: FrameKey
    var place: UInt16 { plan.instance }
    /// The proxy's ends: the writing end of standard input, the reading end of standard output, the
    /// writing end of the pipe for text. The master keeps them for the next proxy.
    private(set) var passed: [Int32]
    /// The worker's ends, and the reading end of its text.
    private(set) var input: Int32
    private(set) var output: Int32
    let text: Int32
    private var decoder: FrameDecoder
    private var buffer: [UInt8] = []
    private var offset = 0
    private var room = [UInt8](repeating: 0, count: 262_144)

    init(place: UInt16, worker: UInt16, number: UInt16, textPipeBytes: Int32?) throws {
        key = FrameKey(random: UInt32.random(in: 0...UInt32.max))
        plan = ConnectedInstance(
            instance: place, worker: worker, number: number, key: key.rawValue)
        let standardInput = try Pipe()
        let standardOutput = try Pipe()
        let textPipe = try Pipe(bytes: textPipeBytes)
        passed = [standardInput.writing, standardOutput.reading, textPipe.writing]
        input = standardInput.reading
        output = standardOutput.writing
        text = textPipe.reading
        decoder = FrameDecoder(key: key, sender: .proxy)
    }

    deinit {
        die()
        closePassed()
        close(text)
    }

    // MARK: its life

    func enlargeOutput(_ bytes: Int32) { Pipe.enlarge(output, bytes) }

    /// Takes the proxy's hello and answers it.
    func greet() throws {
        let hello = try expect(.hello)
        _ = try ProxyHello(hello.head.span.bytes)
        let head = "connector: stage 1\n"
        write(frame(FrameHeader(.hello, code: FrameHeader.version), head: Array(head.utf8)))
    }

    /// Its processes are gone.
    func die() {
        closeInput()
        closeOutput()
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    func closePassed() {
        for descriptor in passed { close(descriptor) }
        passed = []
    }

    // MARK: what it reads

    /// The next frame; nil when none comes in time, or its standard input has ended.
    func frame(_ deadline: Deadline) throws -> StageFrame? {
        while true {
            switch buffer.withUnsafeBytes({ decoder.next(in: $0.bytes, at: offset) }) {
            case .frame(let header, let head, let payload):
                offset = payload.upperBound
                return StageFrame(
                    header: header, head: Array(buffer[head]), payload: Array(buffer[payload]))
            case .text(let range):
                throw StageError("the proxy wrote no frame: \(Array(buffer[range]).text)")
            case .damaged(let problem, _):
                throw StageError("the proxy wrote a damaged frame: \(problem)")
            case .incomplete: break
            }
            buffer.removeFirst(offset)
            offset = 0
            guard input >= 0, Wait.readable(input, deadline) else { return nil }
            let count = read(input, &room, room.count)
            guard count > 0 else { return nil }
            buffer += room[..<count]
        }
    }

    /// The next frame of this kind; credit and what concerns other sessions is passed over.
    func expect(
        _ kind: FrameKind, _ session: SessionID? = nil, passingOver other: FrameKind = .credit
    ) throws -> StageFrame {
        let deadline = Deadline.patient
        while let frame = try frame(deadline) {
            if frame.kind == kind, session ?? frame.session == frame.session { return frame }
            guard
                frame.kind == .credit || frame.kind == other
                    || session != nil && frame.session != session
            else {
                throw StageError("\(frame.kind) in the place of \(kind): \(frame.header)")
            }
        }
        throw StageError("no \(kind) came")
    }

    func nextRequest() throws -> StageRequest {
        try StageRequest(expect(.request))
    }

    /// Nothing but credit comes for a while.
    func expectSilence(milliseconds: Int = 150) throws {
        let deadline = Deadline(milliseconds: milliseconds)
        while let frame = try frame(deadline) {
            guard frame.kind != .credit else { continue }
            throw StageError("\(frame.kind) came where nothing should")
        }
    }

    /// The rest of a request's body behind what its frame had, with credit for all of it.
    func body(of request: StageRequest) throws -> (bytes: [UInt8], trailer: String) {
        var bytes = request.payload
        if request.isEnd { return (bytes, "") }
        if !bytes.isEmpty { credit(request.session, UInt32(bytes.count)) }
        while true {
            let frame = try expect(.data, request.session)
            bytes += frame.payload
            if frame.isEnd { return (bytes, frame.head.text) }
            if !frame.payload.isEmpty { credit(request.session, UInt32(frame.payload.count)) }
        }
    }

    // MARK: what it writes

    func respond(
        _ session: SessionID, _ status: UInt16 = 200, _ fields: [String] = [],
        _ body: String = "", isEnd: Bool = true
    ) {
        let head = fields.map { $0 + "\n" }.joined()
        write(
            frame(
                FrameHeader(
                    .response, session: session, code: status, flags: isEnd ? .end : []),
                head: Array(head.utf8), payload: Array(body.utf8)))
    }

    func respond(
        _ request: StageRequest, _ status: UInt16 = 200, _ fields: [String] = [],
        _ body: String = "", isEnd: Bool = true
    ) {
        respond(request.session, status, fields, body, isEnd: isEnd)
    }

    func data(
        _ session: SessionID, _ payload: [UInt8], isEnd: Bool = false, trailer: String = ""
    ) {
        write(
            frame(
                FrameHeader(.data, session: session, flags: isEnd ? .end : []),
                head: Array(trailer.utf8), payload: payload))
    }

    func data(_ session: SessionID, _ payload: String, isEnd: Bool = false, trailer: String = "") {
        data(session, Array(payload.utf8), isEnd: isEnd, trailer: trailer)
    }

    func credit(_ session: SessionID, _ bytes: UInt32) {
        let payload = withUnsafeBytes(of: bytes.littleEndian) { Array($0) }
        write(frame(FrameHeader(.credit, session: session), payload: payload))
    }

    func send(_ kind: FrameKind, _ session: SessionID, _ payload: String = "") {
        write(frame(FrameHeader(kind, session: session), payload: Array(payload.utf8)))
    }

    func log(_ text: String) {
        write(frame(FrameHeader(.log), payload: Array(text.utf8)))
    }

    /// A frame's bytes, right or wrong.
    func frame(
        _ header: FrameHeader, head: [UInt8] = [], payload: [UInt8] = [], key other: UInt32? = nil
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 16 + head.count + payload.count)
        writer.write(other ?? key.rawValue)
        writer.write(header.kind.rawValue)
        writer.write(header.flags.rawValue)
        writer.write(header.code)
        writer.write(header.session.rawValue)
        writer.write(UInt16(head.count))
        writer.write(UInt16(payload.count))
        return writer.bytes + head + payload
    }

    /// Writes all of it; what the proxy does not take in time is the test's failure.
    func write(_ bytes: [UInt8]) {
        let written = write(bytes, .patient)
        if written < bytes.count { Issue.record("the proxy took \(written) of \(bytes.count)") }
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    /// How many bytes were taken before the time had passed.
    func write(_ bytes: [UInt8], _ deadline: Deadline) -> Int {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(output, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count > 0 {
                done += count
            } else if count < 0, errno != EAGAIN || !Wait.writable(output, deadline) {
                break
            }
        }
        return done
    }

    /// What has come out of its text pipe so far, until it holds so many bytes.
    func readText(_ count: Int) throws -> [UInt8] {
        try Pipe.read(text) { $0.count >= count }
    }
}
