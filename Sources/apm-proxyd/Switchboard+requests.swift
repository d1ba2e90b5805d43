// Requests of HTTP: from the head to the instance that gets it, or to the refusal.

import Bytes
import Frames
import Glibc
import HTTPWire
import Messages

extension Switchboard {
    // MARK: heads

    func readHead(_ client: ClientPointer) {
        for _ in 0..<Limits.readsPerTurn {
            guard client.pointee.isOpen, client.pointee.reading == .head, client.pointee.mayRead
            else { return }
            if client.pointee.input.isEmpty {
                // What comes behind the request may have to wait until it is answered.
                let most = pool.isStrained ? Limits.heldByOne : Limits.headReadBytes
                let room = UnsafeMutableRawBufferPointer(rebasing: clientMemory[..<most])
                guard let count = receive(client, into: room) else { return }
                let window = UnsafeRawBufferPointer(rebasing: room[..<count])
                parse(client, window, isShared: true)
            } else {
                if pool.isStrained, client.pointee.input.count > Limits.heldByOne {
                    note(.warning, "too much waits of clients that send slowly: one is cut off")
                    return drop(client)
                }
                pool.reserve(&client.pointee.input, 1)
                let room = client.pointee.input.room
                guard let count = receive(client, into: room) else { return }
                client.pointee.input.end += UInt32(count)
                parse(client, client.pointee.input.bytes, isShared: false)
            }
        }
        if client.pointee.mayRead, client.pointee.reading == .head { lookAgain(client) }
    }

    /// The head that begins with the window, which lies in shared memory or is `input`.
    private func parse(
        _ client: ClientPointer, _ window: UnsafeRawBufferPointer, isShared: Bool
    ) {
        let worker = worker(of: client)
        switch worker.parser.parse(window.bytes, &client.pointee.progress) {
        case .complete: begin(client, worker, window, isShared: isShared)
        case .refused(let fault): refuse(client, fault.status)
        case .incomplete:
            if isShared { pool.append(window, to: &client.pointee.input) }
            if client.pointee.wait != .head {
                arm(client, .head, worker.settings.headerTimeout)
            }
        }
    }

    /// The answer is out, and another request may come, or is there.
    func next(_ client: ClientPointer) {
        client.pointee.isAnswered = false
        client.pointee.reading = .head
        client.pointee.progress = HeadProgress()
        client.pointee.dropped = 0
        client.pointee.wait = .none
        if client.pointee.input.isEmpty {
            arm(client, .idle, worker(of: client).settings.keepAlive)
        } else {
            parse(client, client.pointee.input.bytes, isShared: false)
        }
        if client.pointee.mayRead { lookAgain(client) }
    }

    /// The head is complete, in the worker's parser.
    private func begin(
        _ client: ClientPointer, _ worker: Worker, _ window: UnsafeRawBufferPointer,
        isShared: Bool
    ) {
        let isFresh = client.pointee.wait != .queue
        if isFresh { worker.figures.count(FiguresLayout.requestsOffset) }
        let settings = worker.settings
        if case .length(let length) = worker.parser.head.body, length > settings.maxBody {
            return refuse(client, 413, window)
        }
        // Who waits already comes first.
        if worker.queued == 0 || !isFresh, let instance = worker.choose() {
            return forward(client, worker, instance, window, isShared: isShared)
        }
        guard worker.canWait, settings.queueTimeout > 0,
            worker.queued < Int(settings.queueLimit)
        else { return refuse(client, 503, window) }
        if isShared { pool.append(window, to: &client.pointee.input) }
        client.pointee.reading = .queued
        enqueue(client, worker)
        arm(client, .queue, settings.queueTimeout)
    }

    // MARK: the queue

    private func enqueue(_ client: ClientPointer, _ worker: Worker) {
        client.pointee.queuePrevious = worker.lastQueued
        client.pointee.queueNext = Client.none
        if worker.lastQueued == Client.none {
            worker.firstQueued = client.pointee.number
        } else {
            clients[worker.lastQueued].pointee.queueNext = client.pointee.number
        }
        worker.lastQueued = client.pointee.number
        worker.queued += 1
    }

    func unqueue(_ client: ClientPointer) {
        let worker = worker(of: client)
        let (previous, next) = (client.pointee.queuePrevious, client.pointee.queueNext)
        if previous == Client.none {
            worker.firstQueued = next
        } else {
            clients[previous].pointee.queueNext = next
        }
        if next == Client.none {
            worker.lastQueued = previous
        } else {
            clients[next].pointee.queuePrevious = previous
        }
        worker.queued -= 1
        client.pointee.reading = .head
    }

    /// Requests that wait go on, in their order, as far as instances can take them; without hope
    /// for one they are refused.
    func serveQueue(_ worker: Worker) {
        while worker.firstQueued != Client.none {
            let client = clients[worker.firstQueued]
            if !worker.canWait {
                refuseQueued(client)
            } else if worker.ready.contains(where: \.takesRequests) {
                unqueue(client)
                client.pointee.progress = HeadProgress()
                parse(client, client.pointee.input.bytes, isShared: false)
            } else {
                return
            }
        }
    }

    func refuseQueued(_ client: ClientPointer) {
        unqueue(client)
        let window = client.pointee.input.bytes
        let worker = worker(of: client)
        client.pointee.progress = HeadProgress()
        // The parser's table belongs to another request by now; the log wants this one's line.
        guard worker.parser.parse(window.bytes, &client.pointee.progress) == .complete else {
            return refuse(client, 503)
        }
        refuse(client, 503, window)
    }

    // MARK: forwarding

    /// Writes the request and what is there of its body into the instance's pipe.
    private func forward(
        _ client: ClientPointer, _ worker: Worker, _ instance: Instance,
        _ window: UnsafeRawBufferPointer, isShared: Bool
    ) {
        guard let session = sessions.take() else { return refuse(client, 503, window) }
        let head = worker.parser.head
        open(session, for: client, head, worker)
        attach(session, to: instance)
        let most = min(window.count - head.byteCount, FrameLimits.payloadBytes)
        pool.reserve(&instance.unwritten, head.byteCount + most + Self.headSlack)
        var encoder = FrameEncoder(key: instance.decoder.key, into: instance.unwritten.room)
        encoder.begin(FrameHeader(.request, session: session.pointee.id))
        writeHead(client, session, worker, window.bytes, into: &encoder)
        encoder.beginPayload()
        let start = encoder.writer.count
        let fill = fill(session, worker, window.bytes, head.byteCount, into: &encoder.writer)
        let isEnd = fill.isEnd && session.pointee.trailer.isEmpty
        let payload = encoder.writer.count - start
        guard fill.refusal == 0 else {
            detach(session)
            release(session, of: client)
            return refuse(client, fill.refusal, window)
        }
        guard encoder.finish(adding: isEnd ? .end : []) else { breach("a head beyond its bounds") }
        account(session, .request, payload, isEnd: isEnd)
        commit(session, instance, encoder.writer.count, keepsCopy: isEnd)
        keepLine(session, worker, window)
        var offset = fill.offset
        if fill.isEnd {
            if !isEnd { endBody(session, instance) }
        } else {
            offset = pump(client, session, instance, worker, window.bytes, offset)
            guard client.pointee.isOpen, !client.pointee.isAnswered else { return }
        }
        if fill.isEnd { client.pointee.reading = .answer }
        settle(client, session, instance, isPending: offset < window.count)
        keepRest(client, window, from: offset, isShared: isShared)
        awaitMore(client)
        if head.expectsContinue, client.pointee.reading == .body, session.pointee.bodyTaken == 0 {
            writeContinue(client)
        }
        if client.pointee.reading == .body, client.pointee.mayRead { lookAgain(client) }
    }

    /// More than a request's head grows by on its way into a frame.
    private static let headSlack = 1024

    private func open(
        _ session: SessionPointer, for client: ClientPointer, _ head: RequestHead,
        _ worker: Worker
    ) {
        client.pointee.session = session.pointee.id.slot
        client.pointee.reading = .body
        session.pointee.client = client.pointee.number
        session.pointee.startedAt = now
        session.pointee.context = ResponseContext(head)
        if client.pointee.isLeaving || worker.settings.keepAlive == 0 {
            session.pointee.context.keepsAlive = false
        }
        switch head.body {
        case .none: session.pointee.body = .none
        case .length(let length):
            session.pointee.body = .length
            session.pointee.bodyLeft = length
        case .chunked: session.pointee.body = .chunked
        }
    }

    /// The head of the request's frame.
    private func writeHead(
        _ client: ClientPointer, _ session: SessionPointer, _ worker: Worker, _ window: RawSpan,
        into encoder: inout FrameEncoder
    ) {
        let isTrusted = worker.address.isTrusted(client.pointee.peer)
        session.pointee.address = address(of: client, worker, window)
        if !worker.traceName.isEmpty || worker.accessLog != nil {
            traceNumber += 1
            session.pointee.trace = traceNumber
        }
        let lowercasing = worker.settings.lowercaseHeaders
        var address = BufferWriter(addressMemory)
        session.pointee.address.write(into: &address)
        // The id that a trusted proxy gave it stays.
        let name = worker.traceName
        let traces =
            !name.isEmpty && !(isTrusted && worker.parser.holds(name.span.bytes, in: window))
        if traces { worker.parser.drop(name.span.bytes, in: window) }
        let origin = RequestOrigin(
            address: address.written.bytes, isSecure: false, isTrusted: isTrusted)
        worker.parser.writeBlock(
            window, from: origin, lowercasing: lowercasing, into: &encoder.writer)
        if isTrusted, worker.parser.head.namesClient {
            encoder.writer.write(lowercasing ? "x-forwarded-for: " : "X-Forwarded-For: ")
            encoder.writer.write(address.written.bytes)
            encoder.writer.write("\n")
        }
        guard traces else { return }
        if lowercasing {
            encoder.writer.writeLowercased(name.span.bytes)
        } else {
            encoder.writer.write(name.span.bytes)
        }
        encoder.writer.write(": ")
        trace.write(session.pointee.trace, into: &encoder.writer)
        encoder.writer.write("\n")
    }

    /// Whose request it is that is in the worker's parser.
    func address(of client: ClientPointer, _ worker: Worker, _ window: RawSpan) -> HostAddress {
        let peer = client.pointee.peer
        guard worker.parser.head.namesClient, worker.address.isTrusted(peer) else { return peer }
        return worker.address.resolve(worker.parser.fields, window, peer: peer)
    }

    /// A frame of this session stands behind those that wait.
    private func commit(
        _ session: SessionPointer, _ instance: Instance, _ byteCount: Int, keepsCopy: Bool
    ) {
        session.pointee.frameStart = instance.written + UInt64(instance.unwritten.count)
        let isCheap = byteCount <= Limits.heldByOne || !pool.isStrained
        if keepsCopy, isCheap, instance.worker.ready.count > 1 {
            let frame = UnsafeRawBufferPointer(
                rebasing: UnsafeRawBufferPointer(instance.unwritten.room)[..<byteCount])
            pool.append(frame, to: &session.pointee.copy)
        }
        instance.unwritten.end += UInt32(byteCount)
        markDirty(instance)
    }

    private func writeContinue(_ client: ClientPointer) {
        pool.reserve(&client.pointee.output, 64)
        var encoder = ResponseEncoder(into: client.pointee.output.room)
        _ = encoder.writeContinue()
        client.pointee.output.end += UInt32(encoder.writer.count)
        markDirty(client)
    }

    // MARK: refusing

    /// An answer of the proxy's own to a request that no instance has. With a window, the request
    /// is the one in the worker's parser.
    func refuse(
        _ client: ClientPointer, _ status: Int, _ window: UnsafeRawBufferPointer? = nil
    ) {
        let worker = worker(of: client)
        worker.figures.count(FiguresLayout.refusedOffset)
        var context = ResponseContext(keepsAlive: false)
        if window != nil {
            context = ResponseContext(worker.parser.head)
            // With its body unread, the next request cannot be found.
            if worker.parser.head.body != .none || client.pointee.isLeaving {
                context.keepsAlive = false
            }
        }
        let count = writeNotice(client, status, context)
        logRefusal(client, worker, status, count, window)
        client.pointee.isAnswered = true
        client.pointee.keeps = context.keepsAlive
        client.pointee.reading = .answer
        if context.keepsAlive, let window {
            keepRest(
                client, window, from: worker.parser.head.byteCount,
                isShared: window.baseAddress == clientMemory.baseAddress.map { .init($0) })
        } else {
            // What comes is dropped, but read, so that the answer is not lost to a reset.
            pool.release(&client.pointee.input)
            client.pointee.mayRead = true
        }
        client.pointee.wait = .none
        wheel.disarm(client.pointee.number)
    }

    /// Bytes that were written.
    func writeNotice(_ client: ClientPointer, _ status: Int, _ context: ResponseContext) -> Int {
        date.refresh(now)
        pool.reserve(&client.pointee.output, 512)
        var encoder = ResponseEncoder(into: client.pointee.output.room)
        _ = encoder.writeNotice(
            status: status, fields: status == 503 ? "Retry-After: 1\r\n" : "", to: context,
            date: date.field.bytes)
        client.pointee.output.end += UInt32(encoder.writer.count)
        markDirty(client)
        return encoder.writer.count
    }
}

extension Worker {
    /// Whether a request that no instance can take now may hope for one.
    var canWait: Bool { isExpected || !ready.isEmpty }
}
