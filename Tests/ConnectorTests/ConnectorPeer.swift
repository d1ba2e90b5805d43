// Plays the proxy for one worker: greets it, opens sessions, keeps to the credit of both sides, and
// holds each frame that comes back to the rules of its kind and of its session.

import Bytes
import Frames
import Glibc
import Testing

final class ConnectorPeer {
    /// What has come for one session, and what is still to be sent.
    struct Exchange {
        var state: SessionState
        var status: UInt16 = 0
        var informational: [UInt16] = []
        var head = ""
        var body: [UInt8] = []
        var trailer = ""
        /// Frames of the answer.
        var frames = 0
        /// Bytes of credit that the worker gave.
        var credited = 0
        var isClosed = false
        var saved: [UInt8]?
        /// Whether credit is given for what comes.
        var grants = true
        fileprivate var unsent: ArraySlice<UInt8> = []
        fileprivate var ends = true

        var text: String { String(decoding: body, as: UTF8.self) }
        var fields: [String] { head.split(separator: "\n").map(String.init) }
    }

    /// F9 31 7A 5C on the wire.
    let key = FrameKey(random: 0x5C7A_31F9)
    let process: WorkerProcess
    private let windowBytes: UInt32
    private var decoder: FrameDecoder
    private var window: [UInt8] = []
    private var outbox: [UInt8] = []
    private var lastSlot: UInt32 = 0
    private(set) var exchanges: [UInt32: Exchange] = [:]
    /// Stray bytes, the payloads of `log` frames, and the error output.
    private(set) var text: [UInt8] = []
    private(set) var log: [UInt8] = []
    private(set) var errors: [UInt8] = []
    /// The head of its hello; it has come when this is not empty.
    private(set) var greeting = ""
    /// All frames that came.
    private(set) var frames = 0
    private(set) var hasEnded = false
    private var hasClosedErrors = false
    private let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: FrameLimits.frameBytes, alignment: 16)

    /// Starts the echo worker of a language, or another script of it, and waits for its hello.
    init(
        _ language: Language, script: String? = nil, instance: UInt16 = 0,
        windowBytes: UInt32 = UInt32(FrameLimits.windowBytes), hasPipe: Bool = false
    ) throws {
        self.windowBytes = windowBytes
        decoder = FrameDecoder(key: key, sender: .worker)
        process = try WorkerProcess(
            [language.interpreter, script ?? Language.folder + language.echo],
            environment: ["APM=1"], hasPipe: hasPipe)
        send(FrameHeader(.hello, code: FrameHeader.version)) { writer in
            ProxyHello(worker: "echo", instance: instance, windowBytes: windowBytes)
                .write(into: &writer)
        }
        try pump("its hello") { !$0.greeting.isEmpty }
    }

    deinit { scratch.deallocate() }

    // What a proxy does.

    /// Opens a session. A body that `ends` is sent as far as the credit goes, the rest when there
    /// is more of it.
    func open(
        _ method: String, _ target: String, fields: [String] = ["Host: x.org"],
        body: [UInt8] = [], ends: Bool = true, flags: FrameFlags = []
    ) throws -> SessionID {
        lastSlot += 1
        let id = SessionID(slot: lastSlot, generation: 3)
        var exchange = Exchange(state: SessionState(windowBytes: windowBytes))
        let piece = body.prefix(FrameLimits.payloadBytes)
        var header = FrameHeader(.request, session: id, flags: flags)
        header.payloadCount = UInt16(piece.count)
        if ends, piece.count == body.count { header.flags.insert(.end) }
        try exchange.state.send(header)
        exchange.unsent = body.dropFirst(piece.count)
        exchange.ends = ends
        exchanges[id.rawValue] = exchange
        let lines = ["\(method) \(target)", "203.0.113.7 https 1.1"] + fields
        send(header, head: lines.map { $0 + "\n" }.joined(), payload: Array(piece))
        sendBody(of: id)
        return id
    }

    func open(_ target: String, flags: FrameFlags = []) throws -> SessionID {
        try open("GET", target, flags: flags)
    }

    /// More of a body.
    func send(_ bytes: [UInt8], to id: SessionID, ends: Bool = false) {
        exchanges[id.rawValue]?.unsent += bytes[...]
        exchanges[id.rawValue]?.ends = ends
        sendBody(of: id)
        if ends, exchanges[id.rawValue]?.state.isRequestEnded == false, bytes.isEmpty {
            send(FrameHeader(.data, session: id, flags: .end))
        }
    }

    func close(_ id: SessionID, _ reason: CloseReason) {
        if exchanges[id.rawValue]?.state.close() == true {
            send(FrameHeader(.close, session: id, code: reason.rawValue))
        }
    }

    func grant(_ bytes: UInt32, to id: SessionID) throws {
        try exchanges[id.rawValue]?.state.grant(bytes)
        send(FrameHeader(.credit, session: id)) {
            $0.writeLittleEndian(bytes)
        }
    }

    func stopGranting(to id: SessionID) {
        exchanges[id.rawValue]?.grants = false
    }

    /// A frame as it stands, whatever the rules say.
    func send(_ header: FrameHeader, head: String = "", payload: [UInt8] = []) {
        var encoder = FrameEncoder(key: key, into: scratch)
        encoder.write(header, head: Array(head.utf8).span.bytes, payload: payload.span.bytes)
        outbox += encoder.writer.written
    }

    /// Bytes as they stand.
    func send(raw bytes: [UInt8]) { outbox += bytes }

    /// The head of a hello, or the payload of a credit.
    private func send(_ header: FrameHeader, _ write: (inout BufferWriter) -> Void) {
        var encoder = FrameEncoder(key: key, into: scratch)
        encoder.begin(header)
        if header.kind == .credit { encoder.beginPayload() }
        write(&encoder.writer)
        encoder.finish()
        outbox += encoder.writer.written
    }

    /// As much of a body as there is credit for.
    private func sendBody(of id: SessionID) {
        guard var exchange = exchanges[id.rawValue] else { return }
        while !exchange.unsent.isEmpty, !exchange.state.isRequestEnded {
            let count = min(
                exchange.unsent.count, Int(exchange.state.toWorker.bytes), FrameLimits.payloadBytes)
            guard count > 0 else { break }
            var header = FrameHeader(.data, session: id)
            header.payloadCount = UInt16(count)
            if exchange.ends, count == exchange.unsent.count { header.flags = .end }
            do { try exchange.state.send(header) } catch { break }
            send(header, payload: Array(exchange.unsent.prefix(count)))
            exchange.unsent = exchange.unsent.dropFirst(count)
        }
        exchanges[id.rawValue] = exchange
    }

    // What comes back.

    subscript(id: SessionID) -> Exchange {
        exchanges[id.rawValue] ?? Exchange(state: SessionState())
    }

    /// The answer, once it is whole.
    func answer(to id: SessionID) throws -> Exchange {
        try pump("the answer of session \(id.rawValue)") { $0[id].state.answer == .ended }
        return self[id]
    }

    /// Sends a request and waits for its answer.
    func exchange(
        _ method: String, _ target: String, fields: [String] = ["Host: x.org"],
        body: [UInt8] = []
    ) throws -> Exchange {
        try answer(to: open(method, target, fields: fields, body: body))
    }

    func exchange(_ target: String, fields: [String] = ["Host: x.org"]) throws -> Exchange {
        try exchange("GET", target, fields: fields)
    }

    /// Writes what is to be written with a call for each byte.
    func dribble() throws {
        let bytes = outbox
        for byte in bytes {
            outbox = [byte]
            try pump("room") { $0.outbox.isEmpty }
        }
    }

    /// Writes what is to be written and reads what comes, until something is so.
    func pump(_ what: String, until isSo: (ConnectorPeer) -> Bool) throws {
        while !isSo(self) {
            var entries = [
                pollfd(fd: process.output, events: Int16(POLLIN), revents: 0),
                pollfd(
                    fd: hasClosedErrors ? -1 : process.errors, events: Int16(POLLIN), revents: 0),
            ]
            if !outbox.isEmpty {
                entries.append(pollfd(fd: process.input, events: Int16(POLLOUT), revents: 0))
            }
            let ready = poll(&entries, nfds_t(entries.count), WorkerProcess.patience)
            let told = String(decoding: errors, as: UTF8.self)
            try #require(ready > 0, "\(what) does not come; error output: \(told)")
            if entries.count > 2, entries[2].revents != 0 { writeOut() }
            if entries[1].revents != 0 {
                let bytes = WorkerProcess.read(process.errors)
                errors += bytes ?? []
                hasClosedErrors = bytes == nil
            }
            if entries[0].revents != 0 {
                guard let bytes = WorkerProcess.read(process.output) else {
                    hasEnded = true
                    errors += WorkerProcess.read(process.errors) ?? []
                    try #require(isSo(self), "it ended before \(what); error output: \(told)")
                    return
                }
                window += bytes
                takeFrames()
            }
        }
    }

    /// Its exit code. Closes its input first, unless it is to end by itself.
    func waitForEnd(closesInput: Bool = true) throws -> Int32? {
        if closesInput { process.closeInput() }
        try pump("its end") { $0.hasEnded }
        let code = process.reap()
        while let more = WorkerProcess.read(process.errors), !more.isEmpty { errors += more }
        return code
    }

    private func writeOut() {
        let count = outbox.withUnsafeBytes { write(process.input, $0.baseAddress, $0.count) }
        if count > 0 { outbox.removeFirst(count) } else if errno != EAGAIN { outbox = [] }
    }

    private func takeFrames() {
        var offset = 0
        reading: while offset < window.count {
            switch decoder.next(in: window.span.bytes, at: offset) {
            case .incomplete: break reading
            case .text(let range):
                text += window[range]
                offset = range.upperBound
            case .damaged(let problem, let range):
                Issue.record("a frame that is none: \(problem)")
                offset = range.upperBound
            case .frame(let header, let head, let payload):
                frames += 1
                take(
                    header, head: String(decoding: window[head], as: UTF8.self),
                    payload: Array(window[payload]))
                offset = payload.upperBound
            }
        }
        window.removeFirst(offset)
    }

    private func take(_ header: FrameHeader, head: String, payload: [UInt8]) {
        switch header.kind {
        case .hello: greeting = head
        case .log: log += payload
        default: takeAnswer(header, head: head, payload: payload)
        }
    }

    private func takeAnswer(_ header: FrameHeader, head: String, payload: [UInt8]) {
        guard var exchange = exchanges[header.session.rawValue] else {
            Issue.record("\(header.kind) for session \(header.session.rawValue), which is none")
            return
        }
        var granted: UInt32 = 0
        if header.kind == .credit {
            for byte in payload.reversed() { granted = granted << 8 | UInt32(byte) }
        }
        do {
            try exchange.state.receive(header, credit: granted)
        } catch {
            Issue.record("\(header.kind) of session \(header.session.rawValue): \(error)")
        }
        exchange.credited += Int(granted)
        switch header.kind {
        case .response where header.code < 200: exchange.informational.append(header.code)
        case .response:
            exchange.status = header.code
            exchange.head = head
            exchange.frames += 1
        case .data:
            exchange.trailer = head
            exchange.frames += 1
        case .close: exchange.isClosed = true
        case .save: exchange.saved = payload
        default: break
        }
        if header.kind == .response || header.kind == .data {
            exchange.body += payload
        }
        exchanges[header.session.rawValue] = exchange
        if !payload.isEmpty, header.kind != .credit, exchange.grants,
            exchange.state.answer == .begun, !exchange.state.isClosed
        {
            do { try grant(UInt32(payload.count), to: header.session) } catch {
                Issue.record("credit: \(error)")
            }
        }
        if granted > 0 { sendBody(of: header.session) }
    }
}
