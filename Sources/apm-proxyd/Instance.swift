// The pipes of one start of an instance: frames out, frames and text in, text on to its log.

import Frames
import Messages

final class Instance {
    enum State {
        /// Its connector has not greeted.
        case greeting
        case ready
        /// It gets no new session.
        case draining
        /// It cannot go on: it gets nothing and is not asked.
        case failed
    }

    let place: UInt16
    let number: UInt16
    let worker: Worker
    let figures: InstanceFigures
    /// Ends of its standard input and output, and of the pipe for text.
    let input: Int32
    let output: Int32
    let text: Int32
    var decoder: FrameDecoder
    var state = State.greeting

    /// Frames that are not written yet.
    var unwritten = Buffer()
    /// Bytes written so far, and the first end of a frame from there on.
    var written: UInt64 = 0
    var frameEnd: UInt64 = 0
    /// Where the hello ends in the pipe; nil: it is behind us.
    var helloEnd: UInt64?
    /// The loop looks whether it has closed its input, and, where that is blocked, for room.
    var isInputWatched = false
    var isBlocked = false
    var isDirty = false
    /// Clients wait with their bodies until there is room.
    var hasStarved = false
    /// It takes requests again, which those that wait do not know.
    var hasCaughtUp = false

    /// The beginning of a frame, and how many bytes it must have.
    var partial = Buffer()
    var partialNeeds = 0
    /// Text that its pipe did not take. While there is some, the instance is not read.
    var unwrittenText = Buffer()
    var isTextBlocked = false
    /// The loop looks for output.
    var isRead = false
    /// Its output has ended, or is of no use.
    var hasEnded = false
    /// The master has told that its processes are gone.
    var isClosing = false
    var leftover = Limits.leftoverBytes
    /// A predecessor died within a frame: nothing is read of it, nothing written.
    var isCut = false
    var hasToldStray = false
    /// The master wants to know when it has no session any more.
    var isDrainAwaited = false
    /// The master was told that it cannot go on.
    var hasFailed = false

    /// Its sessions, linked, and those that the client has given up among them.
    var firstSession = Session.none
    var sessions = 0 {
        didSet { figures.setSessions(sessions) }
    }
    var abandoned = 0
    /// When it last ended one of those (monotonic nanoseconds).
    var abandonedEndedAt: Int64 = 0

    init(
        _ plan: ConnectedInstance, key: FrameKey, worker: Worker, figures: InstanceFigures,
        input: Int32, output: Int32, text: Int32
    ) {
        place = plan.instance
        number = plan.number
        self.worker = worker
        self.figures = figures
        self.input = input
        self.output = output
        self.text = text
        decoder = FrameDecoder(key: key, sender: .worker)
        figures.setSessions(0)
    }

    /// More waits for it than one should add to.
    var isFull: Bool { unwritten.count >= Limits.unwrittenBytes }

    /// It has room for another request, and does not lag far behind with what clients gave up.
    var takesRequests: Bool { !isFull && abandoned < Limits.abandonedSessions }

    /// As people call it.
    var name: String { "\(worker.name)#\(number)" }
}
