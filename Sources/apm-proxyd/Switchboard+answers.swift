// Answers: from the frames of an instance to the client, and what ends a session.

import Bytes
import Frames
import Glibc
import HTTPWire
import Messages

extension Switchboard {
    /// A frame of a session. Whatever is wrong with it is the session's matter alone.
    func take(
        _ header: FrameHeader, _ head: Range<Int>, _ payload: Range<Int>, _ window: RawSpan,
        from instance: Instance
    ) {
        guard let session = sessions[header.session], session.pointee.instance == instance.place
        else {
            if !sessions.isFormer(header.session, of: instance.place) {
                note(.warning, "\(instance.name): a \(header.kind) frame for no session of its own")
            }
            return
        }
        var granted: UInt32 = 0
        if header.kind == .credit {
            granted = UInt32(
                littleEndian: window.unsafeLoadUnaligned(
                    fromByteOffset: payload.lowerBound, as: UInt32.self))
        }
        do throws(FrameProblem) {
            try session.pointee.state.receive(header, credit: granted)
        } catch {
            return refuse(header, error, session, instance)
        }
        if session.pointee.hasClient, !session.pointee.state.isClosed {
            let client = clients[session.pointee.client]
            switch header.kind {
            case .response, .data:
                answer(
                    client, session, instance, header, window.extracting(head),
                    window.extracting(payload))
            case .credit: lookAgain(client)
            case .close: closed(client, session, instance, window.extracting(payload))
            case .save: keep(client, session, window.extracting(payload))
            case .pass: return passOn(client, session, instance)
            default: break
            }
        }
        if session.pointee.hasInstance, session.pointee.state.isOver { detach(session) }
    }

    /// Bytes that bear the key and are no frame. Their session, if they name one, will have no
    /// other answer.
    func takeDamaged(
        _ problem: FrameProblem, _ bytes: RawSpan, at offset: Int, of instance: Instance
    ) {
        guard let header = try? FrameHeader(unchecked: bytes, at: offset) else {
            return note(.warning, "\(instance.name): a frame is none: \(problem.words)")
        }
        if header.kind == .hello, instance.state == .greeting {
            return fail(instance, .badHello, "its hello is refused: \(problem.words)")
        }
        guard let session = sessions[header.session], session.pointee.instance == instance.place
        else {
            return note(
                .warning, "\(instance.name): a \(header.kind) frame is none: \(problem.words)")
        }
        refuse(header, problem, session, instance)
    }

    private func refuse(
        _ header: FrameHeader, _ problem: FrameProblem, _ session: SessionPointer,
        _ instance: Instance
    ) {
        // It may be the last one: then the worker takes the session for ended.
        if header.endsWorker { session.pointee.state.endWorker() }
        spoil(session, instance, "a \(header.kind) frame is refused: \(problem.words)")
        if session.pointee.hasInstance, session.pointee.state.isOver { detach(session) }
    }

    private func answer(
        _ client: ClientPointer, _ session: SessionPointer, _ instance: Instance,
        _ header: FrameHeader, _ head: RawSpan, _ payload: RawSpan
    ) {
        let isEnd = header.flags.contains(.end)
        // They cost no credit.
        guard
            header.code >= 200 || header.kind == .data
                || client.pointee.output.count <= Limits.interimBytes
        else { return spoil(session, instance, "informational responses without an end") }
        if pool.isStrained, client.pointee.output.count > Limits.heldByOne {
            note(.warning, "too much waits for clients that do not read: one is cut off")
            return cut(client, .clientStalled)
        }
        date.refresh(now)
        pool.reserve(
            &client.pointee.output,
            ResponseEncoder.room(block: head.byteCount, payload: payload.byteCount))
        var encoder = ResponseEncoder(into: client.pointee.output.room)
        let part = ResponsePart(payload, isEnd: isEnd)
        do throws(ResponseFault) {
            if header.kind == .response {
                if client.pointee.isLeaving { session.pointee.context.keepsAlive = false }
                let body = try encoder.begin(
                    status: Int(header.code), block: head, part, to: session.pointee.context,
                    date: date.field.bytes)
                if !body.isInterim {
                    session.pointee.response = body
                    session.pointee.status = Int(header.code)
                }
            } else if var body = session.pointee.response {
                try encoder.write(part, trailer: head, of: &body)
                session.pointee.response = body
            }
        } catch {
            return spoil(session, instance, "its answer is refused: \(error.words)")
        }
        client.pointee.output.end += UInt32(encoder.writer.count)
        session.pointee.sentBytes += UInt64(encoder.writer.count)
        session.pointee.ungranted += payload.byteCount
        markDirty(client)
        if isEnd { finish(client, session) } else if session.pointee.hasHead { awaitMore(client) }
    }

    /// The whole answer is made.
    private func finish(_ client: ClientPointer, _ session: SessionPointer) {
        client.pointee.isAnswered = true
        client.pointee.keeps = session.pointee.response?.keepsAlive ?? false
        guard client.pointee.reading == .body else { return }
        // The worker has answered and wants no more of the body.
        close(session, .clientGone)
        client.pointee.mayRead = true
        let isLong =
            session.pointee.body == .length && session.pointee.bodyLeft > Limits.discardedBytes
        if client.pointee.keeps, !isLong {
            client.pointee.reading = .discard
            lookAgain(client)
        } else {
            client.pointee.keeps = false
            client.pointee.reading = .answer
        }
    }

    /// The worker has ended it before its answer was complete.
    private func closed(
        _ client: ClientPointer, _ session: SessionPointer, _ instance: Instance, _ reason: RawSpan
    ) {
        let words = reason.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        note(.info, "\(instance.name): it has closed a session: \(words.isEmpty ? "-" : words)")
        fail(client, 502, .clientGone)
    }

    private func keep(
        _ client: ClientPointer, _ session: SessionPointer, _ payload: RawSpan
    ) {
        pool.release(&session.pointee.saved)
        if pool.isStrained, payload.byteCount > Limits.heldByOne {
            note(.warning, "too much is kept for sessions: one is cut off")
            return fail(client, 502, .workerFault)
        }
        payload.withUnsafeBytes { pool.append($0, to: &session.pointee.saved) }
    }

    /// The client's socket has taken something: the worker may send as much more.
    func grantCredit(_ client: ClientPointer) {
        guard client.pointee.hasSession else { return }
        let session = sessions[client.pointee.session]
        let taken = session.pointee.ungranted - client.pointee.output.count
        guard taken >= FrameLimits.windowBytes / 4, session.pointee.hasInstance,
            session.pointee.state.answer == .begun, !session.pointee.state.isClosed,
            let instance = instances[Int(session.pointee.instance)],
            (try? session.pointee.state.grant(UInt32(taken))) != nil
        else { return }
        session.pointee.ungranted -= taken
        pool.reserve(&instance.unwritten, FrameHeader.byteCount + 4)
        var encoder = FrameEncoder(key: instance.decoder.key, into: instance.unwritten.room)
        encoder.writeCredit(UInt32(taken), session: session.pointee.id)
        instance.unwritten.end += UInt32(encoder.writer.count)
        markDirty(instance)
    }

    // MARK: passing on

    /// The instance does not want it: the next one is asked, until all have been.
    private func passOn(
        _ client: ClientPointer, _ session: SessionPointer, _ instance: Instance
    ) {
        detach(session)
        session.pointee.passes += 1
        if session.pointee.passes < instance.worker.ready.count, !session.pointee.copy.isEmpty,
            let next = instance.worker.choose(after: instance)
        {
            return forward(session, to: next)
        }
        note(.warning, "\(instance.worker.name): no instance wants the request")
        fail(client, 502, .clientGone)
    }

    /// Sends the frame that was kept to another instance, under a new id.
    func forward(_ session: SessionPointer, to instance: Instance) {
        sessions.renew(session)
        session.pointee.state = SessionState()
        attach(session, to: instance)
        let copy = session.pointee.copy.bytes
        let headCount = Int(copy.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
        let start = FrameHeader.byteCount + headCount
        let isSaved = !session.pointee.saved.isEmpty
        let header = FrameHeader(
            .request, session: session.pointee.id, flags: isSaved ? [.end, .restored] : .end)
        session.pointee.frameStart = instance.written + UInt64(instance.unwritten.count)
        send(
            header, head: copy.bytes.extracting(FrameHeader.byteCount..<start),
            payload: copy.bytes.extracting(start..<copy.count), to: instance)
        account(session, .request, copy.count - start, isEnd: true)
        if isSaved {
            send(
                FrameHeader(.save, session: session.pointee.id),
                payload: session.pointee.saved.bytes.bytes, to: instance)
        }
    }

    // MARK: failing

    /// The worker broke a rule of this session. What it goes on to send for it is dropped.
    private func spoil(_ session: SessionPointer, _ instance: Instance, _ reason: String) {
        guard session.pointee.hasClient, !session.pointee.state.isClosed else { return }
        note(.warning, "\(instance.name): a request fails: \(reason)")
        fail(clients[session.pointee.client], 502, .workerFault)
    }

    /// The request cannot be answered as it should: this status, or, where the head of an answer is
    /// out, the end of the connection.
    func fail(_ client: ClientPointer, _ status: Int, _ reason: CloseReason) {
        guard client.pointee.hasSession else { return drop(client) }
        let session = sessions[client.pointee.session]
        if session.pointee.hasHead { return cut(client, reason) }
        countFailure(session, status)
        close(session, reason)
        var context = session.pointee.context
        let isComplete = client.pointee.reading == .answer
        if !isComplete || client.pointee.isLeaving { context.keepsAlive = false }
        session.pointee.status = status
        session.pointee.sentBytes = UInt64(writeNotice(client, status, context))
        client.pointee.isAnswered = true
        client.pointee.keeps = context.keepsAlive
        client.pointee.reading = .answer
        arm(client, .none, 0)
        guard !isComplete else { return }
        pool.release(&client.pointee.input)
        client.pointee.mayRead = true
    }

    /// What the client has got of an answer is not all, and it shall see that.
    func cut(_ client: ClientPointer, _ reason: CloseReason) {
        if client.pointee.hasSession {
            let session = sessions[client.pointee.session]
            countFailure(session, 502)
            close(session, reason)
        }
        drop(client, reset: true)
    }

    private func countFailure(_ session: SessionPointer, _ status: Int) {
        if status < 500 {
            worker(of: clients[session.pointee.client]).figures.count(
                FiguresLayout.refusedOffset)
        } else if let instance = lastInstance(session) {
            instance.figures.count(FiguresLayout.failedOffset)
        }
    }

    // MARK: the ends of a session

    func attach(_ session: SessionPointer, to instance: Instance) {
        session.pointee.instance = instance.place
        session.pointee.lastInstance = instance.place
        session.pointee.instanceNumber = instance.number
        session.pointee.previous = Session.none
        session.pointee.next = instance.firstSession
        let slot = session.pointee.id.slot
        if instance.firstSession != Session.none {
            sessions[instance.firstSession].pointee.previous = slot
        }
        instance.firstSession = slot
        instance.sessions += 1
    }

    /// The session is over for its instance.
    func detach(_ session: SessionPointer) {
        guard let instance = instances[Int(session.pointee.instance)] else {
            preconditionFailure("a session without its instance")
        }
        let (previous, next) = (session.pointee.previous, session.pointee.next)
        if previous == Session.none {
            instance.firstSession = next
        } else {
            sessions[previous].pointee.next = next
        }
        if next != Session.none { sessions[next].pointee.previous = previous }
        if session.pointee.isAbandoned {
            session.pointee.isAbandoned = false
            instance.abandoned -= 1
            instance.abandonedEndedAt = now
            if instance.abandoned == Limits.abandonedSessions - 1 {
                instance.hasCaughtUp = true
                markDirty(instance)
            }
        }
        session.pointee.instance = Session.noInstance
        instance.sessions -= 1
        if instance.sessions == 0 { tellDrained(instance) }
        if !session.pointee.hasClient { free(session) }
    }

    /// The proxy ends the session; the worker is told where it has not ended it, too.
    func close(_ session: SessionPointer, _ reason: CloseReason) {
        guard session.pointee.hasInstance, session.pointee.state.close(),
            let instance = instances[Int(session.pointee.instance)]
        else { return }
        send(
            FrameHeader(.close, session: session.pointee.id, code: reason.rawValue), to: instance)
        guard !session.pointee.state.isOver else { return detach(session) }
        session.pointee.isAbandoned = true
        instance.abandoned += 1
        if instance.abandoned == Limits.abandonedSessions {
            timers.arm(.unended(instance.place), at: now + Limits.unreadNanoseconds)
        }
    }

    /// The client lets go of the session.
    func release(_ session: SessionPointer, of client: ClientPointer) {
        client.pointee.session = Client.none
        session.pointee.client = Client.none
        if !session.pointee.hasInstance { free(session) }
    }

    /// The client has gone in the middle of it.
    func abandon(_ client: ClientPointer) {
        let session = sessions[client.pointee.session]
        if session.pointee.status == 0 { session.pointee.status = 499 }
        report(client, session)
        // Freed with the last one who holds it.
        let isHeld = session.pointee.hasInstance
        release(session, of: client)
        if isHeld { close(session, .clientGone) }
    }

    private func free(_ session: SessionPointer) {
        pool.release(&session.pointee.copy)
        pool.release(&session.pointee.saved)
        pool.release(&session.pointee.line)
        pool.release(&session.pointee.trailer)
        sessions.give(session)
    }

    func lastInstance(_ session: SessionPointer) -> Instance? {
        let place = session.pointee.lastInstance
        return place == Session.noInstance ? nil : instances[Int(place)]
    }

    /// The answer is out.
    func finishAnswer(_ client: ClientPointer) {
        client.pointee.isAnswered = false
        if client.pointee.isLeaving { client.pointee.keeps = false }
        if client.pointee.hasSession {
            let session = sessions[client.pointee.session]
            report(client, session)
            if client.pointee.reading == .discard, client.pointee.keeps {
                arm(client, .body, worker(of: client).settings.bodyTimeout)
                return lookAgain(client)
            }
            // A client that is told its end may still be sending.
            release(session, of: client)
        }
        if client.pointee.keeps { next(client) } else { closeBehindAnswer(client) }
    }
}
