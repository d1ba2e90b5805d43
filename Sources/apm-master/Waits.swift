// Requests whose answer is an outcome: they wait until the instances concerned run, or rest, or one
// has died early. Pure decisions over states; the supervisor asks after every change.

import Control
import Posix

/// A client and the number of its request.
struct Asker: Hashable {
    let client: UInt32
    let request: UInt32

    /// The daemon itself: clients are counted from 1.
    static let nobody = Asker(client: 0, request: 0)
    /// Whoever wants something done through the look socket; the request is the order's number.
    static let lookers = UInt32.max
}

/// Waits of one request for several workers or goals: answered by the first that ends otherwise
/// than done, else by the last.
final class WaitGroup {
    /// Instances that the answer counts.
    let instances: Int
    private var open: Int
    private var isAnswered = false

    init(instances: Int, waits: Int) {
        self.instances = instances
        open = waits
    }

    /// One has ended; whether this is the answer.
    func isAnswered(by result: Outcome.Result) -> Bool {
        open -= 1
        guard !isAnswered, result != .done || open == 0 else { return false }
        isAnswered = true
        return true
    }
}

final class Wait {
    enum Goal {
        case running
        case resting
        case removed
        /// All run; over when one rests, because nothing starts it by itself.
        case up
        /// As `up`, but what rests from the beginning, or is stopped, is waited for too.
        case upPatiently
    }

    enum Judgement: Equatable {
        case pending
        /// All run; judged again at this time (monotonic nanoseconds), when their grace is over.
        case graceUntil(Int64)
        case done
        case overtaken
        case died(Int)
        case finished(Int)
        case rollStopped(Int)
    }

    let id: UInt32
    let asker: Asker
    let kind: ControlKind
    let goal: Goal
    /// Of `running`: the roll that brings them there.
    let roll: Roll?
    let instances: [Instance]
    let worker: Worker
    /// Those that are answered together with it.
    let group: WaitGroup?
    /// All its events are applied: it may be judged.
    var isArmed = false
    /// Of `upPatiently`: places of instances that were seen not to rest.
    private var seenMoving: Set<Int> = []

    init(
        id: UInt32, asker: Asker, kind: ControlKind, goal: Goal, worker: Worker,
        instances: [Instance], group: WaitGroup? = nil, roll: Roll? = nil
    ) {
        self.group = group
        self.roll = roll
        self.id = id
        self.asker = asker
        self.kind = kind
        self.goal = goal
        self.worker = worker
        self.instances = instances
    }

    func judge(now: Int64) -> Judgement {
        switch goal {
        case .running: roll.map(judgeRoll) ?? judgeRunning(now)
        case .resting, .removed: judgeResting()
        case .up, .upPatiently: judgeUp()
        }
    }

    private func judgeResting() -> Judgement {
        var result = Judgement.done
        for instance in instances {
            switch instance.state {
            case .stopped, .exited, .errored: continue
            case .draining(.stay), .stopping(.stay), .sweeping(.stop), .stopping(.judge),
                .sweeping(.exit), .sweeping(.fail):
                result = .pending
            case .waiting, .held, .starting, .running, .draining(.start), .draining(.hold),
                .stopping(.start), .stopping(.hold), .sweeping(.start), .sweeping(.hold),
                .sweeping(.wait):
                return .overtaken
            }
        }
        return result
    }

    private func judgeUp() -> Judgement {
        guard !worker.isBeingRemoved else { return .overtaken }
        // Those that the worker has no more are not waited for.
        let kept = instances.enumerated().filter { worker.has($0.element) }
        guard !kept.isEmpty else { return .overtaken }
        var result = Judgement.done
        for (index, instance) in kept {
            switch instance.state {
            case .running:
                seenMoving.insert(index)
                if !instance.isReady { result = .pending }
            case .waiting, .held, .starting, .draining(.start), .draining(.hold),
                .stopping(.start), .stopping(.hold), .stopping(.judge), .sweeping(.start),
                .sweeping(.hold), .sweeping(.wait),
                .sweeping(.exit), .sweeping(.fail):
                seenMoving.insert(index)
                result = .pending
            case _ where worker.starts.concern(instance):
                // What it needs is being looked at.
                result = .pending
            case .draining(.stay), .stopping(.stay), .sweeping(.stop), .stopped:
                guard goal == .upPatiently else { return .overtaken }
                result = .pending
            case .exited, .errored:
                guard goal == .upPatiently, !seenMoving.contains(index) else {
                    return instance.state == .exited ? .finished(index) : .died(index)
                }
                result = .pending
            }
        }
        return result
    }

    private func judgeRoll(_ roll: Roll) -> Judgement {
        switch roll.plan.result {
        case nil: .pending
        case .done: .done
        case .overtaken: .overtaken
        case .stopped(let number):
            instances.firstIndex { $0.number == number }.map(Judgement.rollStopped) ?? .overtaken
        }
    }

    private func judgeRunning(_ now: Int64) -> Judgement {
        var graceEnds: Int64 = 0
        var isPending = false
        for (index, instance) in instances.enumerated() {
            switch instance.state {
            case .running where instance.isGreeting || instance.isFaulted: isPending = true
            // Who has greeted is there: no early death is waited for.
            case .running where instance.connection != nil: continue
            case .running:
                let grace = Int64(instance.worker.settings.startupGrace) * 1_000_000
                graceEnds = max(graceEnds, (instance.process?.startedAt ?? now) + grace)
            case .starting, .held, .draining(.start), .draining(.hold), .stopping(.start),
                .stopping(.hold), .stopping(.judge), .sweeping(.start), .sweeping(.hold):
                isPending = true
            case .draining(.stay), .stopping(.stay), .sweeping(.stop), .stopped:
                return .overtaken
            case .sweeping(.exit), .exited: return .finished(index)
            case .sweeping(.wait), .waiting:
                let isSuccess = instance.lastExit.cause == .code && instance.lastExit.value == 0
                return isSuccess ? .finished(index) : .died(index)
            case .sweeping(.fail), .errored: return .died(index)
            }
        }
        if isPending { return .pending }
        return now >= graceEnds ? .done : .graceUntil(graceEnds)
    }
}
