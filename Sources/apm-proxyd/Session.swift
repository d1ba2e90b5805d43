// One request on its way to an instance and back. It lives until both sides have let go of it: the
// client, when it has its answer or is gone, and the instance, when each side has ended the session
// or the instance is gone. The number of its record is the slot of its id.

import Frames
import HTTPWire
import Posix

struct Session {
    static let none = UInt32.max
    static let noInstance = UInt16.max

    /// How the request's body comes.
    enum Body: UInt8 {
        case none, length, chunked
    }

    var id: SessionID
    /// The one that it was last; frames that come late for it are no offence.
    var formerID = SessionID.none
    var formerInstance = Self.noInstance
    var client = Self.none
    var instance = Self.noInstance
    /// The one that it was last.
    var lastInstance = Self.noInstance
    /// Number of the instance for people; 0 = none has had it.
    var instanceNumber: UInt16 = 0
    /// Neighbours among the sessions of its instance.
    var previous = Self.none
    var next = Self.none
    var state = SessionState()

    var context = ResponseContext()
    /// Of an answer whose head is out.
    var response: ResponseBody?
    var status = 0
    /// Bytes of the answer that were made so far.
    var sentBytes: UInt64 = 0
    /// When the request's head was complete; nanoseconds.
    var startedAt: Int64 = 0
    /// Bytes of the answer that the worker has got no credit for yet.
    var ungranted = 0
    var address = HostAddress()
    var trace: UInt64 = 0

    var body = Body.none
    var chunked = ChunkedBody()
    /// Bytes that are to come, of a body with a length.
    var bodyLeft: UInt64 = 0
    /// Bytes that came.
    var bodyTaken: UInt64 = 0
    /// Some of it waits in the client's memory until the instance can take it.
    var isStarved = false
    /// The figures and the log know of the answer.
    var isReported = false
    /// Fields behind a chunked body.
    var trailer = Buffer()

    /// The request's frame, where another instance may be asked; where in the pipe it stands.
    var copy = Buffer()
    var frameStart: UInt64 = 0
    /// What the worker wants kept.
    var saved = Buffer()
    var passes = 0
    /// The client gave it up and the worker has not ended it.
    var isAbandoned = false
    /// The request line, for the access log.
    var line = Buffer()

    init(id: SessionID) {
        self.id = id
    }

    var hasClient: Bool { client != Self.none }
    var hasInstance: Bool { instance != Self.noInstance }
    var hasHead: Bool { response != nil }
}

typealias SessionPointer = UnsafeMutablePointer<Session>

/// The sessions by slot. A slot that is given out again has another generation.
struct SessionTable {
    private var table: Table<Session>
    /// Where generations begin: not where a predecessor's did, whose sessions a worker may answer
    /// that has not read yet that they are gone.
    private let firstGeneration: UInt32
    private(set) var open = 0

    init(
        capacity: Int, firstGeneration: UInt32 = .random(in: 0..<4096)
    ) throws(SystemError) {
        self.firstGeneration = firstGeneration
        table = try Table(capacity: capacity)
        // Slot 0 is none.
        _ = table.take()
    }

    /// The session with this id; nil when there is none, or another one has its slot.
    subscript(id: SessionID) -> SessionPointer? {
        guard Int(id.slot) < table.touched, id.slot > 0 else { return nil }
        let session = table[id.slot]
        return session.pointee.id == id ? session : nil
    }

    subscript(slot: UInt32) -> SessionPointer { table[slot] }

    /// Whether a frame with this id may come late from that instance.
    func isFormer(_ id: SessionID, of instance: UInt16) -> Bool {
        guard Int(id.slot) < table.touched, id.slot > 0 else { return false }
        let session = table[id.slot]
        return session.pointee.formerID == id && session.pointee.formerInstance == instance
    }

    mutating func take() -> SessionPointer? {
        let first = table.touched
        guard let slot = table.take() else { return nil }
        open += 1
        let session = table[slot]
        if Int(slot) == first {
            session.initialize(to: Session(id: SessionID(slot: slot, generation: firstGeneration)))
        }
        return session
    }

    /// The session is over on that instance and goes on under another id.
    func renew(_ session: SessionPointer) {
        let id = session.pointee.id
        session.pointee.formerID = id
        session.pointee.formerInstance = session.pointee.instance
        session.pointee.id = SessionID(slot: id.slot, generation: id.generation &+ 1)
    }

    /// Its buffers were given back.
    mutating func give(_ session: SessionPointer) {
        let instance = session.pointee.lastInstance
        let id = session.pointee.id
        let slot = id.slot
        session.pointee = Session(id: SessionID(slot: slot, generation: id.generation &+ 1))
        session.pointee.formerID = id
        session.pointee.formerInstance = instance
        open -= 1
        table.give(slot)
    }
}
