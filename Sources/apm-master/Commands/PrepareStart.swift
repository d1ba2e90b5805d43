// start and restart of a worker whose account or environment file has to be looked at first. What
// runs keeps running meanwhile; requests that come later wait for the next look, because what they
// want to see may have changed since this one began.

import Control
import Settings

/// A start or restart that somebody asked for.
struct StartRequest {
    let kind: ControlKind
    var concerned: [Instance]
    var asker: Asker
    var waits: Bool
}

/// Of one worker.
struct PendingStarts {
    /// The preparation under way, and who waits for it.
    var preparation: UInt32?
    /// The worker's, when it began.
    var revision = 0
    var current: [StartRequest] = []
    /// Came after it had begun.
    var next: [StartRequest] = []

    func count(of client: UInt32) -> Int {
        current.count { $0.asker.client == client } + next.count { $0.asker.client == client }
    }

    /// Whether this one starts as soon as all is known.
    func concern(_ instance: Instance) -> Bool {
        (current + next).contains { request in request.concerned.contains { $0 === instance } }
    }

    mutating func change(_ body: (inout StartRequest) -> Void) {
        for index in current.indices { body(&current[index]) }
        for index in next.indices { body(&next[index]) }
    }
}

extension Supervisor {
    func begin(_ request: StartRequest, of worker: Worker) {
        guard worker.settings.needPreparation(of: worker.owner) else { return perform(request) }
        guard worker.starts.preparation != nil else {
            worker.starts.current = [request]
            return prepare(worker)
        }
        worker.starts.next.append(request)
    }

    private func perform(_ request: StartRequest) {
        switch request.kind {
        case .restarted:
            restart(request.concerned, asker: request.asker, waits: request.waits)
        default:
            start(
                request.concerned, asker: request.asker, waits: request.waits, kind: request.kind)
        }
    }

    private func prepare(_ worker: Worker) {
        let preparation = Preparation(
            id: takeId(), settings: worker.settings, owner: worker.owner, group: worker.group,
            accountUid: worker.accountUid
        ) { [unowned self] outcome in prepared(worker, outcome) }
        worker.starts.preparation = preparation.id
        worker.starts.revision = worker.revision
        preparing[worker.id] = worker
        preparer.begin(preparation)
    }

    private func prepared(_ worker: Worker, _ outcome: Preparation.Outcome) {
        // It was for settings that are no longer its.
        if worker.starts.revision != worker.revision, !worker.isBeingRemoved {
            return prepare(worker)
        }
        let requests = worker.starts.current
        worker.starts.current = worker.starts.next
        worker.starts.next = []
        worker.starts.preparation = nil
        preparing[worker.id] = nil
        // A mistyped program can have taken its definition along meanwhile.
        guard !worker.isBeingRemoved else {
            let refusal = Refusal(.beingRemoved, subject: worker.settings.name)
            for request in requests + worker.starts.current {
                answer(request.asker, .refused(refusal), nil)
            }
            worker.starts = PendingStarts()
            return
        }
        switch outcome {
        case .ready(let prepared):
            worker.prepared = prepared
            renewWatch(of: worker)
            for request in requests { perform(request) }
        case .refused(var refusal):
            refusal.worker = worker.settings.name
            notes.warning("\(worker.settings.name) is not started: \(refusal.text)")
            for request in requests { answer(request.asker, .refused(refusal), nil) }
        }
        if !worker.starts.current.isEmpty { prepare(worker) }
        settle(worker)
    }

    /// These instances are to rest: who waits for their start is told so, and the others of the
    /// same request go on. Gives whether there was anything to cancel.
    func cancelStarts(of concerned: [Instance], of worker: Worker) -> Bool {
        leaveRoll(concerned, of: worker)
        guard let preparation = worker.starts.preparation else { return false }
        var overtaken: [StartRequest] = []
        worker.starts.change { request in
            let left = request.concerned.filter { one in !concerned.contains { $0 === one } }
            guard left.count < request.concerned.count else { return }
            overtaken.append(request)
            request.concerned = left
            request.asker = .nobody
            request.waits = false
        }
        worker.starts.current.removeAll { $0.concerned.isEmpty }
        worker.starts.next.removeAll { $0.concerned.isEmpty }
        for request in overtaken {
            let outcome = Outcome(
                result: .overtaken, instances: UInt16(request.concerned.count))
            answer(request.asker, .outcome(request.kind, outcome), nil)
        }
        if worker.starts.current.isEmpty { drop(preparation, of: worker) }
        return !overtaken.isEmpty
    }

    private func drop(_ preparation: UInt32, of worker: Worker) {
        preparer.cancel(preparation)
        worker.starts.preparation = nil
        preparing[worker.id] = nil
        worker.starts.current = worker.starts.next
        worker.starts.next = []
        if !worker.starts.current.isEmpty { prepare(worker) }
    }

    /// The daemon ends.
    func abandonStarts() {
        for worker in preparing.values {
            if let preparation = worker.starts.preparation { preparer.cancel(preparation) }
            let requests = worker.starts.current + worker.starts.next
            worker.starts = PendingStarts()
            for request in requests { answer(request.asker, .refused(Refusal(.ending)), nil) }
        }
        preparing = [:]
    }

    /// Whoever asked is gone: what they asked for is done all the same, and told to nobody.
    func forgetStarts(where isGone: (Asker) -> Bool) {
        for worker in preparing.values {
            worker.starts.change { request in
                guard isGone(request.asker) else { return }
                request.asker = .nobody
                request.waits = false
            }
        }
    }
}
