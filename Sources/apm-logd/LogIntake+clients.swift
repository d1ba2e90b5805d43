// Clients: those who follow lines, and those who wait for the start of a worker.

import CLinux
import EventLoop
import Messages
import Posix

extension LogIntake {
    /// Sends recent lines, then new ones if wanted. Where places are lacking, the first client of
    /// whoever has most makes room.
    func openTail(_ request: TailRequest, _ socket: consuming Descriptor) {
        if let crowd = places.crowded(by: request.uid),
            let first = tails.filter({ $0.value.uid == crowd }).keys.min()
        {
            drop(first)
        }
        var recent: [UInt8] = []
        for worker in request.workers {
            recent += journal.recentLines(worker).last(
                Int(request.lines), instance: request.instance)
        }
        lastTail &+= 1
        let tail = Tail(socket: socket, request: request, recent: recent)
        let token = Token.tail(lastTail).number
        // Its end is always told; room is asked for when it is missed.
        guard (try? loop.add(tail.socket.raw, for: .none, token: token)) != nil else { return }
        tails[lastTail] = tail
        places.take(tail.uid)
        serve(lastTail, isGone: false)
    }

    /// Sends to a client what its socket takes, and lets go of one that is gone or content.
    func serve(_ id: UInt32, isGone: Bool) {
        guard let tail = tails[id] else { return }
        let progress = isGone ? .over : tail.flush()
        let isWaiting = progress == .waiting
        if progress != .over, isWaiting != tail.isWaiting {
            tail.isWaiting = isWaiting
            let interest: Interest = isWaiting ? .writable : .none
            let token = Token.tail(id).number
            if (try? loop.change(tail.socket.raw, to: interest, token: token)) != nil { return }
        } else if progress != .over {
            return
        }
        drop(id)
    }

    private func drop(_ id: UInt32) {
        guard let tail = tails.removeValue(forKey: id) else { return }
        loop.remove(tail.socket.raw)
        places.give(tail.uid)
    }

    /// A worker is removed: its recent lines go, and so does who follows it alone.
    func forget(_ worker: UInt16) {
        journal.recentLines(worker).forget()
        for (id, tail) in tails {
            tail.forget(worker: worker)
            serve(id, isGone: false)
        }
    }

    func keepStart(of stream: LogStream, _ piece: UnsafeRawBufferPointer) {
        guard let count = starts[stream.id]?.count, count < Limits.startBytes else { return }
        starts[stream.id]?.append(contentsOf: piece.prefix(Limits.startBytes - count))
    }

    /// Shows what the stream has read first, its latest bytes included; it may have ended already.
    func showStart(_ id: UInt32, _ socket: consuming Descriptor) {
        if let stream = streams[id] { turn(stream) }
        let start = starts[id] ?? []
        // A fresh socket has room for so little; what does not fit has no reader.
        _ = start.withUnsafeBytes { apm_send(socket.raw, $0.baseAddress, $0.count, nil, 0) }
    }
}
