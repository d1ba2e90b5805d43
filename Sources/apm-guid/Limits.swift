// The named limits of apm-guid, and its one way to give up.

import EventLoop
import Glibc

enum Limits {
    static let openFiles: UInt64 = 2048
    /// Lookers at once; of them, those of one uid, and places that root alone may take.
    static let clients = Places.Limits(all: 1024, ofOne: 512, keptForRoot: 32)
    /// Connections accepted, and messages of one looker handled, in one turn of the loop.
    static let acceptsPerTurn = 64
    static let messagesPerTurn = 4
    /// Messages that a looker may send at once, and how many come back to it each second.
    static let burst = 128.0
    static let rate = 64.0
    /// How long a looker who has sent too much is not read.
    static let pauseNanoseconds: Int64 = 100_000_000
    /// Orders passed on to the master and not answered yet, and those of one uid.
    static let orders = 64
    static let ordersOfOne = 16
    /// A looker must greet within this time, and take its answer.
    static let patienceNanoseconds: Int64 = 2_000_000_000
    /// What was taken less than this ago is shown again.
    static let freshNanoseconds: Int64 = 50_000_000
    /// Messages of the master handled before the lookers get their turn.
    static let messagesAtOnce = 64
}

/// The master broke the protocol, or a call failed that cannot fail: a successor does better.
func breach(_ reason: String) -> Never {
    let line = Array("apm-guid: \(reason)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(EX_SOFTWARE)
}
