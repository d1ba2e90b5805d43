// Clients that ask again and again over connections that they keep, in a thread of their own: what
// they were answered is counted, and so is every request that got no whole answer.

import CLinux
import Glibc
import Synchronization

/// What came of the requests.
struct LoadCounts: Sendable {
    /// Whole answers by their status.
    var statuses: [Int: Int] = [:]
    /// Requests without a whole answer, by what happened instead.
    var failures: [String: Int] = [:]
    /// Connections that were refused.
    var refused = 0
    /// The longest time without any whole answer, in milliseconds.
    var longestGap = 0.0

    var answered: Int { statuses.values.reduce(0, +) }
    var failed: Int { failures.values.reduce(0, +) }
}

final class LoadGenerator: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let answered = Atomic<Int>(0)
    private let counts = Mutex(LoadCounts())
    private let port: UInt16
    private let request: [UInt8]
    private let clients: Int
    private let thread = Mutex<pthread_t>(pthread_t())

    init(port: UInt16, path: String = "/hello", clients: Int = 16) {
        self.port = port
        self.clients = clients
        request = Array("GET \(path) HTTP/1.1\r\nHost: load.test\r\n\r\n".utf8)
    }

    func begin() {
        var thread = pthread_t()
        let this = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { raw in
                if let raw { Unmanaged<LoadGenerator>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, this)
        self.thread.withLock { $0 = thread }
    }

    /// Whole answers so far.
    var progress: Int { answered.load(ordering: .relaxed) }

    /// What is in progress is finished; then it is counted.
    func end() -> LoadCounts {
        isOver.store(true, ordering: .relaxed)
        pthread_join(thread.withLock { $0 }, nil)
        return counts.withLock { $0 }
    }

    private func run() {
        var connections = (0..<clients).map { _ in LoadConnection(port: port) }
        var counts = LoadCounts()
        var last = Moment.now
        while true {
            let isOver = isOver.load(ordering: .relaxed)
            for index in connections.indices where connections[index].isIdle {
                if isOver { continue }
                connections[index].begin(request, &counts)
            }
            var ready = connections.map {
                pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0)
            }
            if isOver, connections.allSatisfy(\.isIdle) { break }
            guard poll(&ready, UInt(ready.count), 100) > 0 else { continue }
            for index in connections.indices where ready[index].revents != 0 {
                guard connections[index].receive(&counts) else { continue }
                counts.longestGap = max(counts.longestGap, Moment.now.milliseconds(since: last))
                last = Moment.now
                answered.add(1, ordering: .relaxed)
            }
        }
        for connection in connections { connection.close() }
        let result = counts
        self.counts.withLock { $0 = result }
    }
}

/// One connection, with one request in progress at most. Bodies have a length.
private struct LoadConnection {
    let port: UInt16
    private(set) var socket: Int32 = -1
    private(set) var isIdle = true
    private var received: [UInt8] = []

    init(port: UInt16) { self.port = port }

    func close() {
        if socket >= 0 { _ = Glibc.close(socket) }
    }

    mutating func begin(_ request: [UInt8], _ counts: inout LoadCounts) {
        if socket < 0, !connect() {
            counts.refused += 1
            usleep(1000)
            return
        }
        received = []
        guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return fail("the request was not taken", &counts) }
        isIdle = false
    }

    private mutating func connect() -> Bool {
        let number = Loopback.connect(port)
        guard number >= 0 else { return false }
        socket = number
        return true
    }

    private mutating func fail(_ what: String, _ counts: inout LoadCounts) {
        counts.failures[what, default: 0] += 1
        isIdle = true
        close()
        socket = -1
    }

    /// Whether a whole answer has come.
    mutating func receive(_ counts: inout LoadCounts) -> Bool {
        var room = [UInt8](repeating: 0, count: 16 * 1024)
        let count = recv(socket, &room, room.count, 0)
        guard count > 0 else {
            let what = count == 0 ? "the connection was closed" : String(cString: strerror(errno))
            fail(received.isEmpty ? what : "in the middle: " + what, &counts)
            return false
        }
        received += room[0..<count]
        guard let answer = HTTPAnswer(received) else { return false }
        guard answer.isWhole else { return false }
        counts.statuses[answer.status, default: 0] += 1
        isIdle = true
        if answer.closes {
            close()
            socket = -1
        }
        return true
    }
}

/// An answer with a length, as far as it has come.
struct HTTPAnswer {
    let status: Int
    /// Names in small letters.
    let fields: [String: String]
    let body: String
    private let length: Int

    /// Nil as long as its head has not come.
    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let name = line.prefix { $0 != ":" }
            fields[name.lowercased()] = String(
                line.dropFirst(name.count + 1).drop { $0 == " " })
        }
        self.fields = fields
        body = String(text[end.upperBound...])
        length = fields["content-length"].flatMap { Int($0) } ?? 0
    }

    var isWhole: Bool { body.utf8.count >= length }
    var closes: Bool { fields["connection"]?.lowercased() == "close" }
}

enum Loopback {
    /// A connected socket, or -1.
    static func connect(_ port: UInt16) -> Int32 {
        let number = Glibc.socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return -1 }
        guard with(port, { Glibc.connect(number, $0, $1) }) == 0 else {
            close(number)
            return -1
        }
        var wait = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        return number
    }

    /// A port that is free at the moment.
    static func freePort() -> UInt16 {
        let number = Glibc.socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(number) }
        _ = with(0) { bind(number, $0, $1) }
        var place = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &place) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(number, $0, &size)
            }
        }
        return UInt16(bigEndian: place.sin_port)
    }

    private static func with(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// One request over a connection of its own; nil: no whole answer came.
    static func get(_ path: String, port: UInt16) -> HTTPAnswer? {
        let number = connect(port)
        guard number >= 0 else { return nil }
        defer { close(number) }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: load.test\r\n\r\n".utf8)
        guard
            send(number, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return nil }
        var received: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = recv(number, &room, room.count, 0)
            guard count > 0 else { return nil }
            received += room[0..<count]
            if let answer = HTTPAnswer(received), answer.isWhole { return answer }
        }
    }
}
