// Streams: from the pipe's arrival to its end.

import EventLoop
import Glibc
import Messages
import Posix

extension LogIntake {
    /// Takes a pipe in; what a predecessor read of it and did not write comes first.
    func openStream(_ plan: StreamPlan, _ pipe: consuming Descriptor) {
        guard streams[plan.stream] == nil else { breach("stream \(plan.stream) is open") }
        guard let log = logs[plan.log], !log.isClosing else { breach("no log \(plan.log)") }
        let header = journal.streamHeader(plan.stream)
        if !header.adopt(for: plan.log) {
            // A successor that died of it would only be followed by another that does.
            header.reset(for: plan.log)
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

    /// Reads one piece and writes one output.
    func turn(_ stream: LogStream) {
        guard !stream.log.isBlocked else { return }
        if case .bytes(let piece) = stream.fill(into: journal.descriptor) {
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
        stream.log.streams.remove(stream.id)
        closeIfUnused(stream.log)
    }

    func watch(_ stream: LogStream) {
        guard !stream.isWatched, !stream.hasEnded else { return }
        let token = Token.stream(stream.id).number
        do { try loop.add(stream.pipe.raw, for: .readable, token: token) } catch {
            breach("stream \(stream.id): \(error.text)")
        }
        stream.isWatched = true
    }

    func unwatch(_ stream: LogStream) {
        guard stream.isWatched else { return }
        loop.remove(stream.pipe.raw)
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
