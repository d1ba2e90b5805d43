// One connection of a client. It holds memory for bytes only while there are some that wait, so an
// idle one costs this record and its deadline.

import HTTPWire

struct Client {
    /// What the bytes are that come next.
    enum Reading: UInt8 {
        /// A request's head.
        case head
        /// The head is there and waits for an instance; nothing more is read.
        case queued
        /// The request's body.
        case body
        /// The request is complete; the next one is not read before the answer is out.
        case answer
        /// The rest of a body that nobody wants, before the next request.
        case discard
        /// The last answer is out; what comes is dropped, so that the client can read it.
        case linger
    }

    /// What its deadline is for.
    enum Wait: UInt8 {
        case none, idle, head, queue, body, answer, send, linger
    }

    static let none = UInt32.max

    let number: UInt32
    /// -1 = closed.
    var descriptor: Int32
    /// The server's place.
    let server: UInt32
    var session = Self.none
    /// Neighbours in the queue of its worker.
    var queuePrevious = Self.none
    var queueNext = Self.none
    let peer: HostAddress
    var progress = HeadProgress()
    var reading = Reading.head
    var wait = Wait.none
    /// The kernel may have bytes of the client, or an end.
    var mayRead = false
    /// The kernel takes bytes for it.
    var mayWrite = true
    /// It will send no more.
    var isHalfClosed = false
    /// There is something to be done for it at the end of this turn.
    var isDirty = false
    /// It stands in the list of those that are read again in the next turn.
    var isAgain = false
    /// The whole answer is in `output`.
    var isAnswered = false
    /// Another request may follow this answer.
    var keeps = true
    /// The server closes: no other request may follow.
    var isLeaving = false
    /// Bytes that were read and are not used: the beginning of a head, what follows a request, the
    /// end of a piece of a chunked body.
    var input = Buffer()
    /// Bytes that it gets.
    var output = Buffer()
    /// Of a body or after the last answer, what was dropped.
    var dropped: UInt64 = 0
    var lingersUntil: Int64 = 0

    init(number: UInt32, descriptor: Int32, server: UInt32, peer: HostAddress) {
        self.number = number
        self.descriptor = descriptor
        self.server = server
        self.peer = peer
    }

    var isOpen: Bool { descriptor >= 0 }
    var hasSession: Bool { session != Self.none }
}

typealias ClientPointer = UnsafeMutablePointer<Client>

extension Client {
    /// It is between two requests, or has sent nothing yet.
    var isIdle: Bool { reading == .head && input.isEmpty && output.isEmpty }
}
