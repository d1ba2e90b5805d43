// The pipes of connected instances, each from its start until apm-proxyd has read the last of them.

import CLinux
import Control
import Frames
import Glibc
import Messages
import Posix

extension ProxyBook {
    /// One start of one instance. Whoever holds it cannot mean another that got its place later.
    final class Connection {
        let plan: ConnectedInstance
        weak var instance: Instance?
        /// For notes, when the instance is gone.
        let label: String
        /// The writing end of its standard input: closing it never waits for anybody.
        let input: Descriptor
        /// The reading end of its standard output.
        var output: Descriptor?
        /// The writing end of the pipe for its text. Its ends are apm-proxyd's and apm-logd's.
        let text: Descriptor
        let textStream: LogBook.Stream?
        /// Its connector has greeted.
        var isReady = false
        /// It has taken too long to.
        var isOverdue = false
        /// It gets no new work.
        var isDraining = false
        /// Its tree is gone: apm-proxyd reads what is there and closes its pipes.
        var isFinished = false
        /// No apm-proxyd is told of it any more: it may be what one waited for.
        var isLeftOut = false
        /// The apm-proxyd that waits for its pipe and does not end; 0 = none.
        var heldBy: pid_t = 0

        init(
            plan: ConnectedInstance, instance: Instance, input: Int32, output: Int32, text: Int32,
            textStream: LogBook.Stream?
        ) {
            self.plan = plan
            self.instance = instance
            label = instance.label
            self.input = Descriptor(owning: input)
            self.output = Descriptor(owning: output)
            self.text = Descriptor(owning: text)
            self.textStream = textStream
        }

        /// Its place is its own still.
        var isCurrent = true
        var place: UInt16 { plan.instance }
    }

    /// Whether another start may have its pipes.
    var hasRoom: Bool { connections.count < MessageLimits.connectedInstances }

    /// Takes the ends of a started process over: what it prints that is no frame goes to its log.
    func connect(
        _ instance: Instance, input: Int32, output: Int32
    ) throws(SystemError) -> Connection {
        var owned = [input, output]
        guard let place = freePlaces.take() else {
            _ = apm_close_elsewhere(owned, 2)
            throw SystemError("connect", subject: instance.label, code: ENFILE)
        }
        do {
            let text = try DescriptorPair.pipe()
            for end in [text.reading, text.writing] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            owned += [text.reading, text.writing]
            // From the kernel's own random numbers.
            let key = FrameKey(random: .random(in: .min ... .max))
            enlarge(output)
            let plan = ConnectedInstance(
                instance: UInt16(place), worker: instance.worker.recentSlot,
                number: instance.number, key: key.rawValue)
            let stream = logs.open(
                instance.streamPlan(.standardOutput, keepsStart: false), pipe: text.reading)
            let connection = Connection(
                plan: plan, instance: instance, input: input, output: output, text: text.writing,
                textStream: stream)
            figures.clear(instance: UInt16(place))
            connections[UInt16(place)] = connection
            tell(connection)
            return connection
        } catch {
            freePlaces.give(place)
            _ = apm_close_elsewhere(owned, Int32(owned.count))
            throw error
        }
    }

    /// A long pipe saves turns. All of them together stay below what the kernel lets one user have
    /// before it makes new pipes tiny.
    private func enlarge(_ output: Int32) {
        let share = MasterLimits.pipeBytes / (connections.count + 1)
        var size = MasterLimits.pipeLongest
        while size > share { size /= 2 }
        while size > MasterLimits.pipeShortest, fcntl(output, Int32(APM_PIPE_SIZE), Int32(size)) < 0
        {
            size /= 2
        }
    }

    /// Everything that a new apm-proxyd must know of it.
    func tell(_ connection: Connection) {
        guard !connection.isLeftOut, let output = connection.output.number else { return }
        process.send(
            .openInstance(connection.plan),
            descriptors: [connection.input.raw, output, connection.text.raw])
        if connection.isDraining { process.send(.drainInstance(connection.place)) }
        if connection.isFinished { process.send(.closeInstance(connection.place)) }
        // One that hangs has not said that it works: nobody else would notice.
        watch.ask()
    }

    /// It gets no new work; `drained` is reported when it has none. False: there is nobody to ask.
    func drain(_ connection: Connection) -> Bool {
        guard connection.isCurrent, !connection.isFinished, !connection.isLeftOut else {
            return false
        }
        connection.isDraining = true
        process.send(.drainInstance(connection.place))
        watch.ask()
        return true
    }

    /// The tree of its instance is gone: what is in the pipe is the last of it.
    func finish(_ connection: Connection) {
        guard connection.isCurrent, !connection.isFinished else { return }
        connection.isFinished = true
        guard !connection.isLeftOut else { return settleLeftOut(connection) }
        process.send(.closeInstance(connection.place))
        watch.ask()
    }

    /// apm-proxyd has closed its copies, or will never have any. The last copy of a worker's pipe
    /// is closed elsewhere: that waits for its lock, which who holds the other end keeps as long as
    /// it likes.
    private func closed(_ connection: Connection) {
        keepFigures(of: connection)
        connections[connection.place] = nil
        connection.isCurrent = false
        freePlaces.give(UInt32(connection.place))
        if let output = connection.output.take()?.release() { _ = apm_close_elsewhere([output], 1) }
        if let stream = connection.textStream { logs.finish(stream) }
        forgetIfDone(connection.plan.worker)
    }

    // MARK: what it says

    func helperSent(_ message: Message) {
        switch message {
        case .instanceReady(let place): hear(place) { take(.ready, of: $0) }
        case .instanceDrained(let place):
            hear(place) { connection in
                guard connection.isDraining else { return breach(place) }
                take(.drained, of: connection)
            }
        case .instanceFailed(let place, let fault):
            hear(place) { take(.failed(fault), of: $0) }
        case .instanceClosed(let place):
            hear(place) { connection in
                guard connection.isFinished else { return breach(place) }
                if !connection.isLeftOut { closed(connection) }
            }
        case .proxyNoted(let level, let text): note(level, text)
        case .working: watch.hasWork()
        case .ponged: watch.answered()
        default: return  // The permit table lets none of these through.
        }
    }

    private func hear(_ place: UInt16, _ body: (Connection) -> Void) {
        connections[place].map(body) ?? breach(place)
    }

    private func breach(_ place: UInt16) {
        process.fail("speaks of instance \(place) out of turn")
    }

    /// What is said of one that has ended crosses its end.
    private func take(_ event: Event, of connection: Connection) {
        guard !connection.isFinished, !connection.isLeftOut else { return }
        if event == .ready {
            // A new apm-proxyd says it of all that had greeted the one before.
            guard !connection.isReady else { return }
            connection.isReady = true
        }
        report(connection, event)
    }

    private func note(_ level: NoteLevel, _ text: String) {
        guard noted.take(at: Clock.monotonicNanoseconds) else {
            unnoted += 1
            return
        }
        if unnoted > 0 {
            notes.warning("apm-proxyd: \(unnoted) more lines of it are left out")
            unnoted = 0
        }
        notes.add(level, "apm-proxyd: \(text)")
    }

    // MARK: held up

    var sight: StallWatch.Sight { figures.sight }

    func witness(of place: UInt32) -> PipeWitness? {
        guard let pipe = connections[UInt16(truncatingIfNeeded: place)]?.output.number else {
            return nil
        }
        return try? PipeWitness(pipe)
    }

    /// Most likely by a process of the start that it belongs to.
    func endHolder(of place: UInt32) {
        guard let connection = connections[UInt16(truncatingIfNeeded: place)] else { return }
        guard !connection.isFinished else {
            return notes.alert("\(connection.label): a pipe of an earlier run is held up")
        }
        report(connection, .holdsUp)
    }

    func giveUp(_ place: UInt32) {
        guard let connection = connections[UInt16(truncatingIfNeeded: place)] else { return }
        connection.isLeftOut = true
        connection.heldBy = process.pid
        process.abandon("waits for a pipe")
        notes.alert("\(connection.label): its pipe is held up, and what is in it is lost")
    }

    func helperIsGone(_ pid: pid_t) {
        for connection in Array(connections.values) where connection.heldBy == pid {
            connection.heldBy = 0
            settleLeftOut(connection)
        }
    }

    private func settleLeftOut(_ connection: Connection) {
        guard connection.isLeftOut, connection.isFinished, connection.heldBy == 0 else { return }
        closed(connection)
    }

    /// The daemon ends: so that its own end closes no last copy.
    func letGo() {
        let pipes = connections.values.compactMap { $0.output.take()?.release() }
        _ = apm_close_elsewhere(pipes, Int32(pipes.count))
    }
}
