// Instances: their pipes, from the hello to the end.

import CLinux
import EventLoop
import Frames
import Glibc
import Messages
import Posix

extension Switchboard {
    // MARK: opening

    func openInstance(_ plan: ConnectedInstance, _ descriptors: [Int32]) {
        guard instances[Int(plan.instance)] == nil, let key = FrameKey(rawValue: plan.key),
            let worker = workers[plan.worker]
        else { breach("instance \(plan.instance) is open, or has no worker or no key") }
        let instance = Instance(
            plan, key: key, worker: worker, figures: figures.instance(plan.instance),
            input: descriptors[0], output: descriptors[1], text: descriptors[2])
        instances[Int(plan.instance)] = instance
        worker.instances.append(instance)
        let left = instance.figures
        if left.piece(FiguresLayout.outgoingOffset) != .whole
            || left.piece(FiguresLayout.incomingOffset) != .whole
        {
            instance.isCut = true
            return fail(instance, .cutFrame)
        }
        if left.greetings & InstanceFigures.greeted == 0 {
            greet(instance)
        } else {
            // A predecessor's sessions are gone with it.
            send(FrameHeader(.forget), to: instance)
            if left.greetings & InstanceFigures.wasGreeted != 0 { admit(instance) }
        }
        watchInput(instance)
        watchOutput(instance)
    }

    private func greet(_ instance: Instance) {
        let hello = ProxyHello(
            worker: instance.worker.name, instance: instance.number - min(instance.number, 1))
        pool.reserve(&instance.unwritten, 1024)
        var encoder = FrameEncoder(key: instance.decoder.key, into: instance.unwritten.room)
        encoder.begin(FrameHeader(.hello, code: FrameHeader.version))
        hello.write(into: &encoder.writer)
        guard encoder.finish() else { breach("a long hello") }
        instance.unwritten.end += UInt32(encoder.writer.count)
        instance.helloEnd = instance.written + UInt64(instance.unwritten.count)
        markDirty(instance)
    }

    /// Its connector has greeted: it takes requests.
    private func admit(_ instance: Instance) {
        guard instance.state == .greeting else { return }
        instance.state = .ready
        instance.worker.ready.append(instance)
        link.send(.instanceReady(instance.place))
        serveQueue(instance.worker)
    }

    // MARK: writing

    func send(
        _ header: FrameHeader, head: RawSpan = RawSpan(), payload: RawSpan = RawSpan(),
        to instance: Instance
    ) {
        pool.reserve(
            &instance.unwritten, FrameHeader.byteCount + head.byteCount + payload.byteCount)
        var encoder = FrameEncoder(key: instance.decoder.key, into: instance.unwritten.room)
        guard encoder.write(header, head: head, payload: payload) else { breach("a long frame") }
        instance.unwritten.end += UInt32(encoder.writer.count)
        markDirty(instance)
    }

    func markDirty(_ instance: Instance) {
        if instance.unwritten.count > Limits.mostUnwrittenBytes { fail(instance, .doesNotRead) }
        guard !instance.isDirty else { return }
        instance.isDirty = true
        dirtyInstances.append(instance)
    }

    func flush(_ instance: Instance) {
        instance.isDirty = false
        guard instance.state != .failed, instances[Int(instance.place)] === instance else {
            return pool.release(&instance.unwritten)
        }
        if instance.hasCaughtUp, !instance.isFull { goOn(instance) }
        guard !instance.isBlocked, !instance.unwritten.isEmpty else { return }
        tellWork()
        let bytes = instance.unwritten.bytes
        let outgoing = FiguresLayout.outgoingOffset
        figures.touch(instance.place)
        instance.figures.setPiece(outgoing, .touched)
        let count = Glibc.write(instance.input, bytes.baseAddress, bytes.count)
        let code = count < 0 ? errno : 0
        if count > 0 { advance(instance, by: count, in: bytes) }
        if let end = instance.helloEnd, instance.written >= end {
            instance.helloEnd = nil
            instance.figures.greet(InstanceFigures.greeted)
        }
        let isWhole = instance.frameEnd == instance.written
        instance.figures.setPiece(outgoing, isWhole ? .whole : .cut)
        figures.letGo()
        guard code == 0 || code == EAGAIN || code == EINTR else { return breakInput(instance) }
        if count > 0 { pool.consume(count, of: &instance.unwritten) }
        if !instance.unwritten.isEmpty { block(instance) }
        if !instance.isFull { goOn(instance) }
    }

    /// There is room again: for bodies that wait, and for requests.
    private func goOn(_ instance: Instance) {
        instance.hasCaughtUp = false
        if instance.hasStarved {
            instance.hasStarved = false
            var slot = instance.firstSession
            while slot != Session.none {
                let session = sessions[slot]
                if session.pointee.hasClient { lookAgain(clients[session.pointee.client]) }
                slot = session.pointee.next
            }
        }
        if instance.worker.queued > 0 { serveQueue(instance.worker) }
    }

    /// Counts what was written, and finds the first end of a frame behind it.
    private func advance(
        _ instance: Instance, by count: Int, in bytes: UnsafeRawBufferPointer
    ) {
        let start = instance.written
        instance.written += UInt64(count)
        if count == bytes.count {
            instance.frameEnd = instance.written
            return
        }
        while instance.frameEnd < instance.written {
            let offset = Int(instance.frameEnd - start)
            let head = bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt16.self)
            let payload = bytes.loadUnaligned(fromByteOffset: offset + 14, as: UInt16.self)
            instance.frameEnd += UInt64(FrameHeader.byteCount + Int(head) + Int(payload))
        }
    }

    /// Whether it closes its input is told by itself.
    private func watchInput(_ instance: Instance) {
        let token = Token.of(Token.input, Int(instance.place))
        guard (try? loop.add(instance.input, for: .none, token: token)) != nil else {
            return fail(instance, .closedPipe)
        }
        instance.isInputWatched = true
    }

    func unwatchInput(_ instance: Instance) {
        guard instance.isInputWatched else { return }
        loop.remove(instance.input)
        instance.isInputWatched = false
        instance.isBlocked = false
        timers.disarm(.unread(instance.place))
    }

    private func block(_ instance: Instance) {
        let token = Token.of(Token.input, Int(instance.place))
        guard (try? loop.change(instance.input, to: .writable, token: token)) != nil else {
            return fail(instance, .closedPipe)
        }
        instance.isBlocked = true
        timers.arm(.unread(instance.place), at: now + Limits.unreadNanoseconds)
    }

    /// Its standard input has room, or nobody reads there any more.
    func look(at instance: Instance, _ event: ReadyEvent) {
        if event.isHungUp { return breakInput(instance) }
        guard instance.isBlocked else { return }
        let token = Token.of(Token.input, Int(instance.place))
        guard (try? loop.change(instance.input, to: .none, token: token)) != nil else {
            return fail(instance, .closedPipe)
        }
        instance.isBlocked = false
        timers.disarm(.unread(instance.place))
        flush(instance)
    }

    /// It has closed its standard input: it gets nothing more, what it has may still be answered.
    private func breakInput(_ instance: Instance) {
        guard instance.isInputWatched else { return }
        unwatchInput(instance)
        pool.release(&instance.unwritten)
        fail(instance, .closedPipe)
        redirect(instance)
    }

    /// One that goes on ending them, slowly, has the time that it needs.
    func endingIsOverdue(_ instance: Instance) {
        guard instance.abandoned >= Limits.abandonedSessions else { return }
        let end = instance.abandonedEndedAt + Limits.unreadNanoseconds
        if end > now { return timers.arm(.unended(instance.place), at: end) }
        fail(
            instance, .doesNotRead,
            "it has ended none of \(instance.abandoned) sessions that were closed")
    }

    // MARK: reading

    func watchOutput(_ instance: Instance) {
        guard !instance.isRead, !instance.hasEnded, !instance.isClosing else { return }
        let token = Token.of(Token.output, Int(instance.place))
        guard (try? loop.add(instance.output, for: .readable, token: token)) != nil else {
            return fail(instance, .closedPipe)
        }
        instance.isRead = true
    }

    func unwatchOutput(_ instance: Instance) {
        guard instance.isRead else { return }
        loop.remove(instance.output)
        instance.isRead = false
    }

    /// What it has written: the rest of a long frame, and a piece of what stands behind that.
    func readOutput(_ instance: Instance) {
        let isLong = instance.partial.count > Self.shortPartialBytes
        readPiece(instance)
        if isLong, instance.partial.isEmpty { readPiece(instance) }
    }

    private func readPiece(_ instance: Instance) {
        guard !instance.hasEnded, instance.unwrittenText.isEmpty else { return }
        tellWork()
        let incoming = FiguresLayout.incomingOffset
        figures.touch(instance.place)
        let before = instance.figures.piece(incoming)
        instance.figures.setPiece(incoming, .touched)
        let (count, window) = read(instance)
        let code = count < 0 ? errno : 0
        figures.letGo()
        guard count > 0 else {
            instance.figures.setPiece(incoming, before)
            if count == 0 || (code != EAGAIN && code != EINTR) { endOutput(instance) }
            return
        }
        if instance.isClosing { instance.leftover -= count }
        decode(window, instance)
        instance.figures.setPiece(incoming, instance.partial.isEmpty ? .whole : .cut)
        flushText(instance)
    }

    /// Behind a short piece of a frame in shared memory, behind a long one in its own, and there no
    /// further than the frame.
    private func read(_ instance: Instance) -> (Int, UnsafeRawBufferPointer) {
        let held = instance.partial.count
        if held <= Self.shortPartialBytes {
            let start = UnsafeMutableRawBufferPointer(rebasing: workerMemory[held...])
            if held > 0 {
                workerMemory.copyMemory(from: instance.partial.bytes)
            }
            let most = instance.hasToldStray ? Limits.strayReadBytes : Limits.workerReadBytes
            let count = Glibc.read(instance.output, start.baseAddress, most)
            guard count > 0 else { return (count, UnsafeRawBufferPointer(start: nil, count: 0)) }
            pool.release(&instance.partial)
            return (count, UnsafeRawBufferPointer(rebasing: workerMemory[..<(held + count)]))
        }
        let most = max(instance.partialNeeds - held, 1)
        pool.reserve(&instance.partial, most)
        let room = UnsafeMutableRawBufferPointer(rebasing: instance.partial.room[..<most])
        let count = Glibc.read(instance.output, room.baseAddress, room.count)
        guard count > 0 else { return (count, UnsafeRawBufferPointer(start: nil, count: 0)) }
        instance.partial.end += UInt32(count)
        return (count, instance.partial.bytes)
    }

    private func decode(_ window: UnsafeRawBufferPointer, _ instance: Instance) {
        let bytes = window.bytes
        var offset = 0
        loop: while offset < window.count {
            switch instance.decoder.next(in: bytes, at: offset) {
            case .frame(let header, let head, let payload):
                offset = payload.upperBound
                switch header.kind {
                case .log: addText(window, payload, instance)
                case .hello: takeHello(bytes.extracting(head), instance)
                default: take(header, head, payload, bytes, from: instance)
                }
            case .text(let range):
                addText(window, range, instance)
                offset = range.upperBound
            case .damaged(let problem, let range):
                takeDamaged(problem, bytes, at: offset, of: instance)
                addText(window, range, instance)
                offset = range.upperBound
            case .incomplete(let needs):
                instance.partialNeeds = needs
                break loop
            }
        }
        tellStray(instance)
        if instance.partial.isEmpty {
            pool.append(UnsafeRawBufferPointer(rebasing: window[offset...]), to: &instance.partial)
        } else {
            pool.consume(offset, of: &instance.partial)
        }
    }

    /// Binary data among its text, or somebody who guesses its key.
    private func tellStray(_ instance: Instance) {
        guard !instance.hasToldStray, instance.decoder.strayKeyBytes > Limits.strayKeyBytes else {
            return
        }
        instance.hasToldStray = true
        note(
            .warning,
            "\(instance.name): it prints binary data, in which frames are looked for in vain")
    }

    private func takeHello(_ head: RawSpan, _ instance: Instance) {
        do throws(FrameProblem) {
            let hello = try WorkerHello(head)
            guard instance.figures.greetings & InstanceFigures.wasGreeted == 0 else {
                return note(.warning, "\(instance.name): it greets a second time")
            }
            instance.figures.greet(InstanceFigures.wasGreeted)
            note(.info, "\(instance.name): its connector is \(hello.connector)")
            admit(instance)
        } catch {
            fail(
                instance, .badHello,
                "its hello must name its connector, once and in at most 128 bytes")
        }
    }

    /// The pipe has ended: nothing more will be answered.
    func endOutput(_ instance: Instance) {
        instance.hasEnded = true
        unwatchOutput(instance)
        let rest = instance.partial.bytes
        if !rest.isEmpty, !instance.decoder.isCutFrame(rest.bytes) {
            addText(rest, 0..<rest.count, instance)
        }
        pool.release(&instance.partial)
        retire(instance)
        instance.state = .failed
        endSessions(instance)
        flushText(instance)
        fail(instance, .closedPipe)
    }
}
