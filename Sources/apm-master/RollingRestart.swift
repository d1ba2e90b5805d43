// A restart that takes one instance after the other, so that the others serve meanwhile. Pure: no
// clock and no process inside; the supervisor performs the effects and tells the events.

struct RollingRestart: Equatable {
    enum Step: Equatable {
        /// Asked to restart; its new program does not run yet.
        case restarting(UInt16)
        /// It runs, and must outlive its startup_grace.
        case proving(UInt16)
        /// rolling_delay, before the next one.
        case pausing
        case over(Result)
    }

    enum Result: Equatable {
        case done
        /// Instances were taken out of it, or all of it was given up.
        case overtaken
        /// This one did not come up; those after it were not touched.
        case stopped(at: UInt16)
    }

    /// The first three: of the instance under way. What does not fit the step changes nothing.
    enum Event: Equatable {
        case runs
        /// It is on its way up, perhaps once more.
        case comesUp
        case fails
        /// One that this roll has restarted has ended, and nothing starts it again.
        case ends(UInt16)
        /// startup_grace or rolling_delay is over.
        case elapsed
        /// Somebody wants these stopped.
        case leave(Set<UInt16>)
    }

    enum Effect: Equatable {
        case restart(UInt16)
        case armGrace
        case armPause
        case disarm
    }

    private(set) var step = Step.pausing
    /// Those whose turn comes.
    private(set) var queue: [UInt16]
    /// Those that are restarted.
    private var done: [UInt16] = []
    private var isCurtailed = false

    /// Those that do not serve come first: so no more than one is missing at a time.
    init(_ instances: [(number: UInt16, isRunning: Bool)]) {
        queue =
            instances.filter { !$0.isRunning }.map(\.number)
            + instances.filter(\.isRunning).map(\.number)
    }

    var result: Result? {
        guard case .over(let result) = step else { return nil }
        return result
    }

    /// How many are restarted.
    var restarted: UInt16 { UInt16(done.count) }

    /// The instance under way.
    var current: UInt16? {
        switch step {
        case .restarting(let number), .proving(let number): number
        case .pausing, .over: nil
        }
    }

    mutating func begin() -> [Effect] { next() }

    mutating func handle(_ event: Event) -> [Effect] {
        if case .leave(let numbers) = event { return leave(numbers) }
        switch (step, event) {
        case (.restarting(let number), .runs):
            step = .proving(number)
            return [.armGrace]
        case (.proving(let number), .comesUp):
            step = .restarting(number)
            return [.disarm]
        case (.restarting(let number), .fails), (.proving(let number), .fails):
            step = .over(.stopped(at: number))
            return [.disarm]
        case (.proving(let number), .elapsed):
            done.append(number)
            return pause()
        case (.restarting, .ends(let number)), (.proving, .ends(let number)),
            (.pausing, .ends(let number)):
            guard let place = done.firstIndex(of: number) else { return [] }
            done.remove(at: place)
            step = .over(.stopped(at: number))
            return [.disarm]
        case (.pausing, .elapsed): return next()
        case (.restarting, _), (.proving, _), (.pausing, _), (.over, _): return []
        }
    }

    private mutating func leave(_ numbers: Set<UInt16>) -> [Effect] {
        if result != nil { return [] }
        let before = queue.count
        queue.removeAll(where: numbers.contains)
        let losesCurrent = current.map(numbers.contains) ?? false
        if losesCurrent || queue.count < before { isCurtailed = true }
        if losesCurrent { return [.disarm] + pause() }
        guard step == .pausing, queue.isEmpty else { return [] }
        return [.disarm] + pause()
    }

    private mutating func pause() -> [Effect] {
        if queue.isEmpty { return next() }
        step = .pausing
        return [.armPause]
    }

    private mutating func next() -> [Effect] {
        guard !queue.isEmpty else {
            step = .over(isCurtailed ? .overtaken : .done)
            return []
        }
        let number = queue.removeFirst()
        step = .restarting(number)
        return [.restart(number)]
    }
}

extension Instance {
    /// What it means for a roll whose turn is this instance's; nil: nothing.
    var rollEvent: RollingRestart.Event? {
        guard state == .running else { return state.rollEvent }
        // What is connected runs for a roll when its connector has greeted.
        return isReady ? .runs : isGreeting || isFaulted ? .comesUp : .fails
    }
}

extension InstanceState {
    /// What it means for a roll whose turn is this instance's; nil: nothing.
    var rollEvent: RollingRestart.Event? {
        switch self {
        case .running: .runs
        case .starting, .draining(.start), .stopping(.start), .stopping(.judge),
            .sweeping(.start):
            .comesUp
        case .sweeping(.wait), .sweeping(.exit), .sweeping(.fail), .waiting, .exited, .errored:
            .fails
        case .stopped, .held, .draining(.stay), .draining(.hold), .stopping(.stay),
            .stopping(.hold), .sweeping(.stop), .sweeping(.hold):
            nil
        }
    }
}

/// A roll of one worker, and who waits for it sees how it ended.
final class Roll {
    var plan: RollingRestart
    /// Instances that it is about.
    let instances: UInt16
    /// When its last pause began (monotonic nanoseconds).
    var pausedAt: Int64 = 0

    init(of instances: [Instance]) {
        plan = RollingRestart(instances.map { ($0.number, $0.state == .running) })
        self.instances = UInt16(instances.count)
    }
}
