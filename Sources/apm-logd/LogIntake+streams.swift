// Streams: from the pipe's arrival to its end.

import EventLoop
import Glibc
import Messages
import Posix

extension LogIntake {
    /// Takes a pipe in; what a predecessor read of it and did not write comes first.
    func openStream(_ plan: StreamPlan, _ pipe: consuming Descriptor) {
        guard streams[plan.stream] == nil, ended[plan.stream] == nil else {
            breach("stream \(plan.stream) is open")
        }
        guard let log = logs[plan.log], !log.isClosing else { breach("no log \(plan.log)") }
        let header = journal.streamHeader(plan.stream)
        if !header.adopt(plan.stream, in: log) {
            note(.alert, "journal damaged: lines of \(plan.prefix) may be lost")
        }
        let stream = LogStream(plan: plan, pipe: pipe, log: log, header: header)
        streams[stream.id] = stream
        log.streams.insert(stream.id)
        starts[stream.id] = plan.keepsStart ? [] : nil
        touch(stream)
        if log.awaited == stream.id {
            log.awaited = nil
            if settle(stream, stream.resume(output, &clock)) { unblock(log) }
        } else if !log.isBlocked {
            watch(stream)
        }
        busy.insert(stream.id)
    }

    /// The stream may already have ended by itself: the two messages cross.
    func closeStream(_ id: UInt32) {
        guard let stream = streams[id], stream.drain == nil else { return }
        stream.drain = Limits.drainBytes
        busy.insert(id)
    }

    /// The master has closed its copy of an ended stream's pipe: here goes the last one, and who
    /// holds up the pipe holds up this process and not the master.
    func releaseStream(_ id: UInt32) {
        guard let stream = ended.removeValue(forKey: id) else {
            breach("stream \(id) has not ended")
        }
        tellWork()
        journal.watch.begin(id)
        stream.closePipe()
        journal.watch.end()
    }

    /// Before pipes are touched: the master looks whether that comes to an end.
    private func tellWork() {
        let now = Clock.monotonicNanoseconds
        guard now >= tellsWorkAt else { return }
        tellsWorkAt = now + Limits.workNanoseconds
        link.send(.working)
    }

    /// Reads one piece and writes one output.
    func turn(_ stream: LogStream) {
        guard !stream.log.isBlocked else { return }
        tellWork()
        journal.watch.begin(stream.id)
        let fill = stream.fill(into: journal.descriptor)
        journal.watch.end()
        if case .bytes(let piece) = fill {
            if stream.plan.keepsStart { keepStart(of: stream, piece) }
            touch(stream)
        }
        if stream.hasEnded { unwatch(stream) }
        let stamp = Clock.realtimeMicroseconds
        guard settle(stream, stream.writeNext(output, &clock, stamp: stamp)) else { return }
        if stream.isDone {
            end(stream)
        } else if stream.hasMore || stream.hasEnded || stream.drain != nil {
            busy.insert(stream.id)
        }
    }

    /// Draws the consequences of a write; false when the log failed.
    func settle(_ stream: LogStream, _ outcome: LogStream.Outcome) -> Bool {
        switch outcome {
        case .nothing: break
        case .written(let lead): publish(stream, lead)
        case .failed(let errno):
            fail(stream.log, errno)
            return false
        }
        return writeOwnLines(stream.log)
    }

    /// Shows what was just written to those who look.
    private func publish(_ stream: LogStream, _ lead: LineLead) {
        let plan = stream.plan
        guard plan.source != .accessLog else { return }
        journal.recentLines(plan.worker).append(
            output.content, lead: lead, instance: plan.instance)
        for (id, tail) in tails where tail.wants(plan) {
            tail.add(output.content, of: stream.id, lead: lead)
            serve(id, isGone: false)
        }
    }

    private func end(_ stream: LogStream) {
        unwatch(stream)
        let lines = stream.header.lines
        // First: once the master has heard of the end, the place may be another stream's.
        stream.header.clear()
        link.send(.streamEnded(stream.id, lines: lines))
        streams[stream.id] = nil
        ended[stream.id] = stream
        stream.log.streams.remove(stream.id)
        closeIfUnused(stream.log)
    }

    func watch(_ stream: LogStream) {
        guard !stream.isWatched, !stream.hasEnded, let pipe = stream.pipe.number else { return }
        let token = Token.stream(stream.id).number
        do { try loop.add(pipe, for: .readable, token: token) } catch {
            breach("stream \(stream.id): \(error.text)")
        }
        stream.isWatched = true
    }

    func unwatch(_ stream: LogStream) {
        guard stream.isWatched, let pipe = stream.pipe.number else { return }
        loop.remove(pipe)
        stream.isWatched = false
    }

    // MARK: Memory

    private func touch(_ stream: LogStream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        touched.append(stream.id)
        if releaseAt == nil { releaseAt = Clock.monotonicNanoseconds + Limits.releaseNanoseconds }
    }

    /// A hundred quiet workers cost nothing but a page each.
    func releaseMemory() {
        for id in touched {
            guard let stream = streams[id], stream.isTouched else { continue }
            stream.isTouched = false
            stream.header.moveCarryToFront()
            stream.header.releaseUnused()
        }
        touched.removeAll(keepingCapacity: true)
        output.release()
        releaseAt = nil
    }
}
