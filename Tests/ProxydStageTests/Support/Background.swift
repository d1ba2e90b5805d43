// Work beside the test: a thread that is waited for, for what two sides must do at once.

import Frames
import Glibc
import Synchronization
import Testing

final class Background {
    private var thread = pthread_t()
    private var isJoined = false

    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    init(_ body: @escaping @Sendable () -> Void) throws {
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, work)
        try #require(result == 0, "pthread_create")
    }

    func join() {
        if !isJoined { pthread_join(thread, nil) }
        isJoined = true
    }

    deinit { join() }
}

/// An instance that answers by itself until it is told to stop.
final class EchoInstance {
    private let isStopped = Flag()
    private let thread: Background

    final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    /// `answer` gets each request's frame, and what comes later of its body.
    init(
        _ instance: Instance, _ answer: @escaping @Sendable (Instance, StageFrame) throws -> Void
    ) throws {
        let stopped = isStopped
        thread = try Background {
            while !stopped.isSet {
                do {
                    if let frame = try instance.frame(Deadline(milliseconds: 20)) {
                        try answer(instance, frame)
                    }
                } catch {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }

    /// Says "hi" to each request whose body has ended.
    convenience init(greeting instance: Instance) throws {
        try self.init(instance) { instance, frame in
            switch frame.kind {
            case .request, .data:
                if frame.isEnd {
                    instance.respond(frame.session, 200, [], "hi")
                } else if !frame.payload.isEmpty {
                    instance.credit(frame.session, UInt32(frame.payload.count))
                }
            case .close: instance.send(.close, frame.session)
            default: break
            }
        }
    }

    func stop() {
        isStopped.set()
        thread.join()
    }

    deinit { stop() }
}
