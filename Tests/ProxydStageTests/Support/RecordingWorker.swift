// A worker that keeps what it gets, byte for byte, and answers each whole request with a 200 and no
// body.

import Frames
import Samples
import Synchronization

final class RecordingWorker {
    private let book = Book()
    private let instance: EchoInstance

    private final class Book: Sendable {
        /// Whole requests in the order of their ends, and those whose body still comes.
        private let state = Mutex((whole: [FoundRequest](), begun: [SessionID: FoundRequest]()))

        /// Whether its body has ended with this.
        func keep(_ frame: StageFrame) throws {
            var begun = state.withLock { $0.begun[frame.session] }
            if frame.kind == .request { begun = try FoundRequest(head: frame.head) }
            guard let begun else { throw StageError("a body without a request") }
            let request = begun.growing(by: frame.payload)
            state.withLock {
                $0.begun[frame.session] = frame.isEnd ? nil : request
                if frame.isEnd { $0.whole.append(request) }
            }
        }

        func forget(_ session: SessionID) { state.withLock { $0.begun[session] = nil } }

        func take() -> (whole: [FoundRequest], begun: Int) {
            state.withLock { state in
                defer { state = ([], [:]) }
                return (state.whole, state.begun.count)
            }
        }
    }

    init(_ instance: Instance) throws {
        let book = book
        self.instance = try EchoInstance(instance) { instance, frame in
            switch frame.kind {
            case .request, .data:
                try book.keep(frame)
                if frame.isEnd {
                    instance.respond(frame.session)
                } else if !frame.payload.isEmpty {
                    instance.credit(frame.session, UInt32(frame.payload.count))
                }
            case .close:
                book.forget(frame.session)
                instance.send(.close, frame.session)
            default: break
            }
        }
    }

    /// The whole requests since the last time, and how many were begun and neither ended nor given
    /// up.
    func take() -> (whole: [FoundRequest], begun: Int) { book.take() }
}

extension FoundRequest {
    /// What the head of a request's frame says.
    fileprivate init(head: [UInt8]) throws {
        let lines = head.split(separator: 0x0A, omittingEmptySubsequences: false)
        let words = lines[0].split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 2 else { throw StageError("no request line: \(head.text)") }
        let mark = Array("host: ".utf8)
        let hosts = lines.dropFirst(2).filter { line in
            line.prefix(mark.count).elementsEqual(mark) { $0 | 0x20 == $1 | 0x20 }
        }
        guard hosts.count <= 1 else { throw StageError("two hosts: \(head.text)") }
        self.init(
            method: Array(words[0]), target: Array(words[1]),
            host: hosts.first.map { Array($0.dropFirst(mark.count)) } ?? Array("-".utf8), body: [])
    }

    fileprivate func growing(by more: [UInt8]) -> FoundRequest {
        FoundRequest(method: method, target: target, host: host, body: body + more)
    }
}
