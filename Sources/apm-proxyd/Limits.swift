// The named limits of apm-proxyd, and its one way to give up. What a worker's options set is in
// ServerSettings.

import Glibc

enum Limits {
    static let openFiles: UInt64 = 131_072
    /// Of these, kept for what the master sends: pipes of all instances, listeners and logs.
    static let keptFiles: UInt64 = 8_448
    static let eventsAtOnce = 512
    /// Connections of all servers together; beyond it the backlogs wait.
    static let clients = 120_000
    /// Requests at once, and those that their client has given up and their worker has not.
    static let sessions = 131_072
    /// Connections of one server that are accepted in one turn of the loop.
    static let acceptsPerTurn = 64
    /// Read from a client at once: a head or what comes with it, and a body.
    static let headReadBytes = 65_536
    static let bodyReadBytes = 262_144
    /// Reads of one client in one turn.
    static let readsPerTurn = 4
    /// Read from a worker at once: as much as its pipe holds.
    static let workerReadBytes = 1_048_576
    /// Beyond what waits to be written to an instance, it gets no request and no body.
    static let unwrittenBytes = 1_048_576
    /// Beyond it, an instance that is asked for nothing more does not read: credit and closes come
    /// on top of requests and bodies.
    static let mostUnwrittenBytes = 8_388_608
    /// All that waits, of clients and workers together; beyond it, whoever makes more than this
    /// wait is cut off.
    static let heldBytes = 268_435_456
    static let heldByOne = 16_384
    /// Informational responses that wait for their client.
    static let interimBytes = 65_536
    /// Sessions of one instance that their clients gave up and that it has not ended: beyond it,
    /// requests wait until it has.
    static let abandonedSessions = 128
    /// Bytes in its text that a key could begin with: more is no accident.
    static let strayKeyBytes: UInt64 = 65_536
    /// Read at once from a worker that prints so many: to look through them takes long, and the
    /// others have to wait.
    static let strayReadBytes = 16_384
    /// What is read of the output of an instance that has gone: the largest pipe, and more.
    static let leftoverBytes = 4_194_304
    /// Of a body that nobody wants, this much is read before the connection is closed instead.
    static let discardedBytes: UInt64 = 1_048_576
    /// How much is read, and how long, of a client that has its last answer; and how long it may
    /// pause.
    static let lingeringBytes: UInt64 = 134_217_728
    static let lingeringNanoseconds: Int64 = 20_000_000_000
    static let lingeringPauseMilliseconds: UInt32 = 3_000
    /// Lines of an access log that wait for its pipe.
    static let accessBytes = 262_144
    /// Bytes of a request line in an access log.
    static let accessLineBytes = 2048
    /// Notes in a second, and at once.
    static let notesRate = 10.0
    static let notesBurst = 20.0
    /// The master is told of work at most this often.
    static let workNanoseconds: Int64 = 1_000_000_000
    /// How long nothing is accepted when there are no descriptors left.
    static let acceptPauseNanoseconds: Int64 = 100_000_000
    /// Idle connections that make room then: more than one server accepts in one turn, so that the
    /// others get some of it.
    static let evictedClients = 512
    /// An instance that takes nothing for so long, while requests wait, or ends none of so many
    /// sessions that were closed, does not read.
    static let unreadNanoseconds: Int64 = 120_000_000_000
    /// How long the text of an instance that has gone waits for its log.
    static let lastTextNanoseconds: Int64 = 5_000_000_000
    /// Messages handled before the clients get their turn.
    static let messagesAtOnce = 256
    /// Rounds of writing in one turn: a finished answer may begin the next request.
    static let flushesPerTurn = 4
    /// Addresses of a forwarding chain that are looked at.
    static let chainAddresses = 32
}

/// The master broke the protocol, or a call failed that cannot fail: a successor does better.
func breach(_ reason: String) -> Never {
    let line = Array("apm-proxyd: \(reason)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(EX_SOFTWARE)
}
