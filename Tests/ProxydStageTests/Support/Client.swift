// A client of apm-proxyd: a TCP connection that sends what the test wants it to send, and reads
// answers with a reader of its own, so that a mistake in the code under test cannot hide in it.

import Glibc
import Posix
import Testing

final class Client: @unchecked Sendable {
    private(set) var descriptor: Int32
    private var buffer: [UInt8] = []
    private var room = [UInt8](repeating: 0, count: 65_536)

    /// How a connection ended.
    enum End: Equatable {
        /// The peer has sent its FIN, behind these bytes.
        case closed(after: String)
        case reset
    }

    init(to host: String, port: UInt16, receiveBytes: Int32? = nil) throws {
        let family = host.contains(":") ? AF_INET6 : AF_INET
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(family, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
        try #require(descriptor >= 0, "socket")
        if var receiveBytes {
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes,
                socklen_t(MemoryLayout<Int32>.size))
        }
        var one: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = try SocketAddress(host: host, port: port)
        let result = address.use { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS, Wait.writable(descriptor, .patient) else {
            throw StageError("connect: errno \(errno)")
        }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { throw StageError("connect: errno \(code)") }
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Goes with an RST.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Will send no more, and goes on reading.
    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: sending

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        let sent = send(bytes, .patient)
        if sent < bytes.count { Issue.record("the proxy took \(sent) of \(bytes.count) bytes") }
    }

    /// How many bytes were taken before the time had passed or the peer was gone.
    func send(_ bytes: [UInt8], _ deadline: Deadline) -> Int {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done,
                    Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                done += count
            } else if errno != EAGAIN || !Wait.writable(descriptor, deadline) {
                break
            }
        }
        return done
    }

    // MARK: reading

    private enum Fill { case bytes, end, reset, nothing }

    private func fill(_ deadline: Deadline) -> Fill {
        guard Wait.readable(descriptor, deadline) else { return .nothing }
        let count = recv(descriptor, &room, room.count, 0)
        if count == 0 { return .end }
        if count < 0 { return errno == EAGAIN ? .nothing : .reset }
        buffer += room[..<count]
        return .bytes
    }

    /// Whether bytes come, or the end, before the time has passed.
    func hasSomething(milliseconds: Int = 150) -> Bool {
        !buffer.isEmpty || Wait.readable(descriptor, Deadline(milliseconds: milliseconds))
    }

    /// The next answer, informational ones included.
    func nextAnswer(isHead: Bool = false, _ deadline: Deadline = .patient) throws -> Answer {
        while true {
            if let read = try Answer.read(buffer, isHead: isHead, hasEnded: false) {
                buffer.removeFirst(read.count)
                return read.answer
            }
            switch fill(deadline) {
            case .bytes: break
            case .end:
                guard let read = try Answer.read(buffer, isHead: isHead, hasEnded: true) else {
                    throw StageError("the connection ended after: \(buffer.suffix(300).text)")
                }
                buffer.removeFirst(read.count)
                return read.answer
            case .reset: throw StageError("reset after: \(buffer.suffix(300).text)")
            case .nothing: throw StageError("no whole answer came: \(buffer.suffix(300).text)")
            }
        }
    }

    /// Reads to the end of the connection.
    func end(_ deadline: Deadline = .patient) throws -> End {
        while true {
            switch fill(deadline) {
            case .bytes: break
            case .end:
                defer { buffer = [] }
                return .closed(after: buffer.text)
            case .reset: return .reset
            case .nothing: throw StageError("it is still open, after: \(buffer.suffix(300).text)")
            }
        }
    }

    /// Reads and forgets, until so many bytes have come or the end; for what is too much to keep.
    func swallow(_ count: Int, _ deadline: Deadline = .patient) -> Int {
        var done = buffer.count
        buffer = []
        while done < count {
            let fill = fill(deadline)
            done += buffer.count
            buffer.removeAll(keepingCapacity: true)
            guard fill == .bytes else { break }
        }
        return done
    }

    /// Reads until these bytes have come.
    func read(until text: String) throws -> String {
        while true {
            let read = buffer.text
            if let range = read.firstRange(of: text) {
                buffer.removeFirst(read[..<range.upperBound].utf8.count)
                return String(read[..<range.upperBound])
            }
            guard fill(.patient) == .bytes else {
                throw StageError("\(text) did not come: \(read.suffix(300))")
            }
        }
    }
}

/// The text of a request without a body.
func get(_ target: String = "/", _ fields: String...) -> String {
    "GET \(target) HTTP/1.1\r\nHost: stage.test\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// The text of a request with a body of known length.
func post(_ body: String, _ fields: String...) -> String {
    "POST /post HTTP/1.1\r\nHost: stage.test\r\nContent-Length: \(body.utf8.count)\r\n"
        + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
}
