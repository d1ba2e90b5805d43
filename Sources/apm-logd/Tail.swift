// One client that looks at the lines of some workers, over a stream socket that never blocks here.
// It gets the recent lines whole; of what comes later it loses lines when it does not read, and is
// told how many.

import CLinux
import Glibc
import Messages
import Posix

final class Tail {
    let socket: Descriptor
    /// Who looks.
    var uid: UInt32 { request.uid }
    private var request: TailRequest
    private var queue: [UInt8]
    private var sent = 0
    private var skipped = 0
    /// Whose unfinished line was queued last.
    private var unfinished: UInt32?
    /// Whether the event loop waits for room.
    var isWaiting = false

    /// `recent` goes first, however long it is.
    init(socket: consuming Descriptor, request: TailRequest, recent: [UInt8]) {
        self.socket = socket
        self.request = request
        queue = recent
    }

    func wants(_ plan: StreamPlan) -> Bool {
        request.follows && (request.instance == 0 || request.instance == plan.instance)
            && request.workers.contains(plan.worker)
    }

    /// A worker is gone: who looks at no other has seen all there is.
    func forget(worker: UInt16) {
        request.workers.removeAll { $0 == worker }
        if request.workers.isEmpty { request.follows = false }
    }

    /// Queues an output of `stream`, or counts its lines as skipped.
    func add(_ output: UnsafeRawBufferPointer, of stream: UInt32, lead: LineLead) {
        let continues = lead == .continues && unfinished == stream
        let bytes = continues ? output : output.withoutRest(of: lead)
        guard !bytes.isEmpty else { return }
        guard queue.count - sent + bytes.count <= Limits.tailBytes else {
            skipped += bytes.reduce(0) { $1 == newline ? $0 + 1 : $0 }
            return
        }
        if !continues { endLine() }
        queue += bytes
        unfinished = bytes.last == newline ? nil : stream
    }

    private func endLine() {
        if unfinished != nil { queue.append(newline) }
        unfinished = nil
        guard skipped > 0 else { return }
        queue += Array("-- \(skipped) lines skipped --\n".utf8)
        skipped = 0
    }

    enum Progress {
        case allSent
        case waiting
        /// The client is gone, or has all it asked for.
        case over
    }

    /// Sends what the socket takes.
    func flush() -> Progress {
        while sent < queue.count {
            let count = queue.withUnsafeBytes {
                apm_send(socket.raw, $0.baseAddress.map { $0 + sent }, queue.count - sent, nil, 0)
            }
            if count < 0 { return count == -Int(EAGAIN) ? .waiting : .over }
            sent += count
            guard sent == queue.count else { continue }
            queue.removeAll(keepingCapacity: false)
            sent = 0
            if skipped > 0 { endLine() }
        }
        return request.follows ? .allSent : .over
    }
}

private let newline = UInt8(ascii: "\n")
