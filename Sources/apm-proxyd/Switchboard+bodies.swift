// Bodies of requests: from the client into the pipe of its instance, as far as the worker has given
// credit; and the ones that nobody wants.

import Bytes
import Frames
import Glibc
import HTTPWire
import Messages

/// How far a body was taken from a window.
struct BodyFill {
    var offset: Int
    var isEnd = false
    /// A status, when it is no body or too long; else 0.
    var refusal = 0
}

extension Switchboard {
    /// Writes into a payload what the window holds of a body, and not more than one frame and the
    /// credit take. Decoded bytes are never more than raw ones.
    func fill(
        _ session: SessionPointer, _ worker: Worker, _ window: RawSpan, _ offset: Int,
        into writer: inout BufferWriter
    ) -> BodyFill {
        let credit = Int(session.pointee.state.toWorker.bytes)
        let most = min(window.byteCount - offset, FrameLimits.payloadBytes, credit)
        switch session.pointee.body {
        case .none: return BodyFill(offset: offset, isEnd: true)
        case .length:
            let count = Int(min(UInt64(most), session.pointee.bodyLeft))
            writer.write(window.extracting(offset..<offset + count))
            session.pointee.bodyLeft -= UInt64(count)
            session.pointee.bodyTaken += UInt64(count)
            return BodyFill(offset: offset + count, isEnd: session.pointee.bodyLeft == 0)
        case .chunked:
            return fillChunked(
                session, worker, window.extracting(0..<offset + most), offset, into: &writer)
        }
    }

    private func fillChunked(
        _ session: SessionPointer, _ worker: Worker, _ window: RawSpan, _ offset: Int,
        into writer: inout BufferWriter
    ) -> BodyFill {
        var fill = BodyFill(offset: offset)
        while true {
            switch session.pointee.chunked.next(in: window, at: fill.offset) {
            case .data(let range):
                writer.write(window.extracting(range))
                fill.offset = range.upperBound
                session.pointee.bodyTaken += UInt64(range.count)
                if session.pointee.bodyTaken > worker.settings.maxBody {
                    fill.refusal = 413
                    return fill
                }
            case .trailer(let name, let value, let next):
                // What bears the name of the trace is the proxy's own word.
                let traceName = worker.traceName
                if !window.equals(name, traceName.span.bytes) {
                    keepTrailer(session, window.extracting(name), window.extracting(value))
                }
                fill.offset = next
            case .end(let next):
                fill.offset = next
                fill.isEnd = true
                return fill
            case .incomplete(let next):
                fill.offset = next
                return fill
            case .refused(let fault):
                fill.refusal = fault.status
                return fill
            }
        }
    }

    private func keepTrailer(_ session: SessionPointer, _ name: RawSpan, _ value: RawSpan) {
        pool.reserve(&session.pointee.trailer, name.byteCount + value.byteCount + 3)
        var writer = BufferWriter(session.pointee.trailer.room)
        writer.write(name)
        writer.write(": ")
        writer.write(value)
        writer.write("\n")
        session.pointee.trailer.end += UInt32(writer.count)
    }

    /// The last frame of a body that has a trailer.
    func endBody(_ session: SessionPointer, _ instance: Instance) {
        let trailer = session.pointee.trailer.bytes
        let header = FrameHeader(.data, session: session.pointee.id, flags: .end)
        send(header, head: trailer.bytes, to: instance)
        account(session, .data, 0, isEnd: true)
        pool.release(&session.pointee.trailer)
    }

    func account(
        _ session: SessionPointer, _ kind: FrameKind, _ payload: Int, isEnd: Bool
    ) {
        do throws(FrameProblem) {
            try session.pointee.state.send(
                FrameHeader(kind, flags: isEnd ? .end : [], payloadCount: UInt16(payload)))
        } catch {
            breach("a body out of turn: \(error)")
        }
    }

    /// Sends what the window holds, frame by frame, and gives back where it stopped. The client may
    /// be answered then, or dropped.
    func pump(
        _ client: ClientPointer, _ session: SessionPointer, _ instance: Instance,
        _ worker: Worker, _ window: RawSpan, _ start: Int
    ) -> Int {
        var offset = start
        while offset < window.byteCount {
            guard session.pointee.state.toWorker.bytes > 0, !instance.isFull else {
                if instance.isFull { instance.hasStarved = true }
                return offset
            }
            let most = min(window.byteCount - offset, FrameLimits.payloadBytes)
            pool.reserve(&instance.unwritten, FrameHeader.byteCount + most)
            var encoder = FrameEncoder(key: instance.decoder.key, into: instance.unwritten.room)
            encoder.begin(FrameHeader(.data, session: session.pointee.id))
            encoder.beginPayload()
            let fill = fill(session, worker, window, offset, into: &encoder.writer)
            let payload = encoder.writer.count - FrameHeader.byteCount
            guard fill.refusal == 0 else {
                fail(client, fill.refusal, .clientFault)
                return offset
            }
            let isEnd = fill.isEnd && session.pointee.trailer.isEmpty
            if payload > 0 || isEnd {
                guard encoder.finish(adding: isEnd ? .end : []) else { breach("a long payload") }
                instance.unwritten.end += UInt32(encoder.writer.count)
                markDirty(instance)
                account(session, .data, payload, isEnd: isEnd)
            }
            if fill.isEnd {
                if !isEnd { endBody(session, instance) }
                client.pointee.reading = .answer
                return fill.offset
            }
            // The line of a chunk that is not complete: more has to come.
            guard fill.offset > offset, fill.offset < window.byteCount else { return fill.offset }
            offset = fill.offset
        }
        return offset
    }

    /// What is left of a window waits in the client's own memory.
    func keepRest(
        _ client: ClientPointer, _ window: UnsafeRawBufferPointer, from offset: Int,
        isShared: Bool
    ) {
        if isShared {
            guard offset < window.count else { return }
            pool.append(
                UnsafeRawBufferPointer(rebasing: window[offset...]), to: &client.pointee.input)
        } else {
            pool.consume(offset, of: &client.pointee.input)
        }
    }

    // MARK: reading

    func readBody(_ client: ClientPointer) {
        guard client.pointee.hasSession else { return }
        let session = sessions[client.pointee.session]
        guard session.pointee.hasInstance, let instance = instances[Int(session.pointee.instance)]
        else { return }
        let credit = Int(session.pointee.state.toWorker.bytes)
        guard credit > 0, !instance.isFull else {
            if instance.isFull { instance.hasStarved = true }
            return
        }
        let worker = instance.worker
        let window: UnsafeRawBufferPointer
        let isShared: Bool
        if !client.pointee.input.isEmpty, session.pointee.isStarved || !client.pointee.mayRead {
            isShared = false
            window = client.pointee.input.bytes
        } else {
            guard client.pointee.mayRead,
                let read = read(client, session, most: min(credit, Limits.bodyReadBytes))
            else { return }
            (window, isShared) = read
        }
        let before = session.pointee.bodyTaken
        let offset = pump(client, session, instance, worker, window.bytes, 0)
        guard client.pointee.isOpen, client.pointee.hasSession, !client.pointee.isAnswered else {
            return
        }
        settle(client, session, instance, isPending: offset < window.count)
        keepRest(client, window, from: offset, isShared: isShared)
        if client.pointee.reading == .answer || session.pointee.bodyTaken > before
            || session.pointee.isStarved
        {
            awaitMore(client)
        }
        if client.pointee.reading == .body, client.pointee.mayRead { lookAgain(client) }
    }

    /// Whether bytes that were read wait for the instance.
    func settle(
        _ client: ClientPointer, _ session: SessionPointer, _ instance: Instance, isPending: Bool
    ) {
        session.pointee.isStarved =
            isPending && client.pointee.reading == .body
            && (session.pointee.state.toWorker.bytes == 0 || instance.isFull)
    }

    /// More of a body: into shared memory, or behind what waits. Not beyond the end of a body whose
    /// length is known.
    private func read(
        _ client: ClientPointer, _ session: SessionPointer, most: Int
    ) -> (UnsafeRawBufferPointer, Bool)? {
        var most = most
        if session.pointee.body == .length {
            most = Int(min(UInt64(most), session.pointee.bodyLeft))
        }
        if client.pointee.input.isEmpty {
            let room = UnsafeMutableRawBufferPointer(rebasing: clientMemory[..<most])
            guard let count = receive(client, into: room) else { return nil }
            return (UnsafeRawBufferPointer(rebasing: room[..<count]), true)
        }
        pool.reserve(&client.pointee.input, min(most, 4096))
        let room = UnsafeMutableRawBufferPointer(
            rebasing: client.pointee.input.room.prefix(most))
        guard let count = receive(client, into: room) else { return nil }
        client.pointee.input.end += UInt32(count)
        return (client.pointee.input.bytes, false)
    }

    /// What the client waits for now, with as much time as that may take.
    func awaitMore(_ client: ClientPointer) {
        guard client.pointee.hasSession else { return }
        let session = sessions[client.pointee.session]
        let settings = worker(of: client).settings
        if !client.pointee.output.isEmpty, !client.pointee.mayWrite { return }
        if client.pointee.reading == .body, session.pointee.state.toWorker.bytes > 0,
            !session.pointee.isStarved
        {
            arm(client, .body, settings.bodyTimeout)
        } else if session.pointee.hasHead {
            arm(client, .none, 0)
        } else {
            arm(client, .answer, settings.responseTimeout)
        }
    }

    // MARK: bodies that nobody wants

    /// The answer came before the body's end: the rest is read and dropped, so that the connection
    /// can go on.
    func readDiscarded(_ client: ClientPointer) {
        guard client.pointee.hasSession else { return }
        let session = sessions[client.pointee.session]
        for round in 0..<Limits.readsPerTurn {
            if round > 0 || client.pointee.input.isEmpty {
                guard client.pointee.mayRead, read(client, session, into: clientMemory) else {
                    return
                }
            }
            guard let (offset, isEnd) = skip(session, client.pointee.input.bytes.bytes) else {
                return stopDiscarding(client, session)
            }
            client.pointee.dropped += UInt64(offset)
            guard client.pointee.dropped <= Limits.discardedBytes else {
                return stopDiscarding(client, session)
            }
            pool.consume(offset, of: &client.pointee.input)
            guard isEnd else { continue }
            client.pointee.reading = .answer
            // Else the answer is out already.
            guard !client.pointee.isAnswered else { return }
            release(session, of: client)
            return next(client)
        }
        if client.pointee.mayRead { lookAgain(client) }
    }

    /// Too much, or no body: the connection ends with this answer.
    private func stopDiscarding(_ client: ClientPointer, _ session: SessionPointer) {
        client.pointee.reading = .answer
        client.pointee.keeps = false
        client.pointee.mayRead = true
        guard !client.pointee.isAnswered else { return }
        release(session, of: client)
        closeBehindAnswer(client)
    }

    private func read(
        _ client: ClientPointer, _ session: SessionPointer,
        into memory: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<Limits.headReadBytes])
        guard let count = receive(client, into: room) else { return false }
        pool.append(
            UnsafeRawBufferPointer(rebasing: room[..<count]), to: &client.pointee.input)
        return true
    }

    /// How many bytes of the window belong to the body, and whether it ends there; nil: it is none.
    private func skip(_ session: SessionPointer, _ window: RawSpan) -> (Int, Bool)? {
        if session.pointee.body == .length {
            let count = Int(min(UInt64(window.byteCount), session.pointee.bodyLeft))
            session.pointee.bodyLeft -= UInt64(count)
            return (count, session.pointee.bodyLeft == 0)
        }
        var offset = 0
        while true {
            switch session.pointee.chunked.next(in: window, at: offset) {
            case .data(let range): offset = range.upperBound
            case .trailer(_, _, let next): offset = next
            case .end(let next): return (next, true)
            case .incomplete(let next): return (next, false)
            case .refused: return nil
            }
        }
    }
}
