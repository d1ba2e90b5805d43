// What is told of answers: in the figures, and in the access log.

import Bytes
import Glibc
import HTTPWire
import Messages

extension Switchboard {
    /// The request line is kept until the answer is out, where a log wants it.
    func keepLine(_ session: SessionPointer, _ worker: Worker, _ window: UnsafeRawBufferPointer) {
        guard worker.accessLog != nil else { return }
        pool.append(line(worker, window), to: &session.pointee.line)
    }

    /// The request line of the head in the worker's parser, cut to what a log takes.
    private func line(_ worker: Worker, _ window: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer
    {
        let start = Int(worker.parser.head.method.start)
        var end = start
        let most = min(window.count, start + Limits.accessLineBytes)
        while end < most, window[end] != 0x0D { end += 1 }
        return UnsafeRawBufferPointer(rebasing: window[start..<end])
    }

    /// The answer is out, or will never be.
    func report(_ client: ClientPointer, _ session: SessionPointer) {
        guard !session.pointee.isReported else { return }
        session.pointee.isReported = true
        let nanoseconds = now - session.pointee.startedAt
        if session.pointee.hasHead, let instance = lastInstance(session) {
            instance.figures.count(FiguresLayout.servedOffset)
            instance.figures.countAnswer(nanoseconds: nanoseconds)
        }
        let worker = worker(of: client)
        guard worker.accessLog != nil else { return }
        let entry = AccessEntry(
            client: session.pointee.address, status: session.pointee.status,
            sentBytes: session.pointee.sentBytes,
            microseconds: UInt64(max(0, nanoseconds)) / 1000,
            instance: session.pointee.instanceNumber)
        log(entry, worker, session.pointee.line.bytes, trace: session.pointee.trace)
    }

    /// An answer of the proxy's own to a request that no instance had.
    func logRefusal(
        _ client: ClientPointer, _ worker: Worker, _ status: Int, _ byteCount: Int,
        _ window: UnsafeRawBufferPointer?
    ) {
        guard worker.accessLog != nil else { return }
        var whose = client.pointee.peer
        if let window { whose = address(of: client, worker, window.bytes) }
        let entry = AccessEntry(
            client: whose, status: status, sentBytes: UInt64(byteCount),
            microseconds: 0, instance: 0)
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        log(entry, worker, window.map { line(worker, $0) } ?? none, trace: 0)
    }

    private func log(
        _ entry: AccessEntry, _ worker: Worker, _ request: UnsafeRawBufferPointer,
        trace number: UInt64
    ) {
        guard let log = worker.accessLog else { return }
        date.refresh(now)
        let isAdded = log.add(entry, request: request, stamp: date.stamp, pool: pool) { writer in
            if number > 0 { trace.write(number, into: &writer) }
        }
        if !isAdded { worker.figures.count(FiguresLayout.droppedLinesOffset) }
        guard !log.isDirty else { return }
        log.isDirty = true
        dirtyLogs.append(worker)
    }
}
