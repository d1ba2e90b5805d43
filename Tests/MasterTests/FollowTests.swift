// Waits for a worker that runs, over the states of its instances; and the feed of events.

import Control
import Glibc
import Messages
import Settings
import Testing

@testable import apm_master

@Suite struct UpWaitTests {
    private func worker(instances: UInt16) -> Worker {
        var settings = WorkerSettings()
        settings.instances = instances
        let worker = Worker(
            id: 1, owner: 0, group: 0, settings: settings, recentSlot: 0, logs: [:],
            accountUid: nil)
        worker.instances = (1...instances).map {
            Instance(id: UInt32($0), worker: worker, number: $0)
        }
        return worker
    }

    private func wait(_ goal: Wait.Goal, _ worker: Worker) -> Wait {
        Wait(
            id: 1, asker: .nobody, kind: .waited, goal: goal, worker: worker,
            instances: worker.instances)
    }

    @Test(arguments: InstanceState.all)
    func eachStateHasAnAnswer(_ state: InstanceState) {
        let worker = worker(instances: 1)
        worker.instances[0].state = state
        let answer = wait(.up, worker).judge(now: 0)
        switch state {
        case .running: #expect(answer == .done)
        case .exited: #expect(answer == .finished(0))
        case .errored: #expect(answer == .died(0))
        case .stopped, .draining(.stay), .stopping(.stay), .sweeping(.stop):
            #expect(answer == .overtaken)
        default: #expect(answer == .pending)
        }
    }

    /// Which is not before its connector has greeted, or has taken too long to.
    @Test func whatIsConnectedRunsWhenItHasGreeted() throws {
        let worker = worker(instances: 1)
        let instance = worker.instances[0]
        let ends = (0..<3).map { _ in open("/dev/null", O_RDWR | O_CLOEXEC) }
        let plan = ConnectedInstance(instance: 0, worker: 0, number: 1, key: 0)
        let connection = ProxyBook.Connection(
            plan: plan, instance: instance, input: ends[0], output: ends[1], text: ends[2],
            textStream: nil)
        instance.connection = connection
        instance.state = .running
        #expect(!instance.isReady && !worker.isUp && instance.rollEvent == .comesUp)
        #expect(wait(.up, worker).judge(now: 0) == .pending)
        #expect(wait(.running, worker).judge(now: 0) == .pending)
        connection.isOverdue = true
        #expect(!worker.isUp && instance.rollEvent == .fails)
        #expect(wait(.up, worker).judge(now: 0) == .pending)
        #expect(wait(.running, worker).judge(now: 0) == .done)
        connection.isReady = true
        #expect(instance.isReady && worker.isUp && instance.rollEvent == .runs)
        #expect(wait(.up, worker).judge(now: 0) == .done)
        #expect(wait(.running, worker).judge(now: 0) == .done)
    }

    @Test(arguments: InstanceState.all)
    func thePatientWaitForWhatRestsToo(_ state: InstanceState) {
        let worker = worker(instances: 1)
        worker.instances[0].state = state
        let answer = wait(.upPatiently, worker).judge(now: 0)
        #expect(answer == (state == .running ? .done : .pending))
    }

    @Test func anEndThatIsSeenIsToldToThePatientToo() {
        let worker = worker(instances: 2)
        let wait = wait(.upPatiently, worker)
        worker.instances[0].state = .errored
        worker.instances[1].state = .errored
        #expect(wait.judge(now: 0) == .pending)
        worker.instances[1].state = .starting
        #expect(wait.judge(now: 0) == .pending)
        worker.instances[1].state = .errored
        #expect(wait.judge(now: 0) == .died(1))
    }

    @Test func aStartThatIsBeingPreparedIsWaitedFor() {
        let worker = worker(instances: 2)
        worker.instances[0].state = .running
        worker.starts.next = [
            StartRequest(
                kind: .started, concerned: [worker.instances[1]], asker: .nobody, waits: false)
        ]
        #expect(wait(.up, worker).judge(now: 0) == .pending)
        worker.starts = PendingStarts()
        #expect(wait(.up, worker).judge(now: 0) == .overtaken)
    }

    @Test func whatTheWorkerHasNoMoreIsNotWaitedFor() {
        let worker = worker(instances: 2)
        let both = wait(.upPatiently, worker)
        worker.instances[0].state = .running
        worker.instances[1].state = .stopping(.stay)
        #expect(both.judge(now: 0) == .pending)
        worker.instances.removeLast()
        #expect(both.judge(now: 0) == .done)
        worker.instances = []
        #expect(both.judge(now: 0) == .overtaken)
    }

    @Test func allOfThemCount() {
        let worker = worker(instances: 3)
        let wait = wait(.up, worker)
        for instance in worker.instances { instance.state = .starting }
        worker.instances[0].state = .running
        #expect(wait.judge(now: 0) == .pending)
        for instance in worker.instances { instance.state = .running }
        #expect(wait.judge(now: 0) == .done)
        worker.isBeingRemoved = true
        #expect(wait.judge(now: 0) == .overtaken)
    }
}

@Suite struct EventFeedTests {
    private final class Box {
        var replies: [(Asker, [Happening])] = []
    }

    private func feed() -> (EventFeed, Box) {
        let feed = EventFeed()
        let box = Box()
        feed.deliver = { asker, reply in
            if case .happened(let list) = reply { box.replies.append((asker, list)) }
        }
        return (feed, box)
    }

    @Test func whoAsksForTheNewNameHearsOfTheRename() {
        let (feed, box) = feed()
        for (client, name) in [(UInt32(1), "old"), (2, "new"), (3, "other")] {
            let command = EventsCommand(selections: [Selection(name: name)])
            feed.subscribe(Asker(client: client, request: 1), to: command)
        }
        box.replies = []
        feed.tell { Happening(.renamed, at: $0, name: "old", about: "new") }
        feed.tell { Happening(.updated, at: $0, name: "old", about: "new") }
        feed.flush()
        let kinds = Dictionary(
            uniqueKeysWithValues: box.replies.map { ($0.0.client, $0.1.map(\.kind)) })
        #expect(kinds == [1: [.renamed, .updated], 2: [.renamed]])
    }

    @Test func withNobodyThereNothingIsMade() {
        let (feed, box) = feed()
        feed.tell { _ in
            Issue.record("made for nobody")
            return Happening(.defined, at: 0)
        }
        feed.flush()
        #expect(box.replies.isEmpty)
    }

    @Test func aTurnIsSentTogetherToWhoWantsIt() {
        let (feed, box) = feed()
        feed.subscribe(Asker(client: 1, request: 7), to: EventsCommand())
        feed.subscribe(
            Asker(client: 2, request: 8),
            to: EventsCommand(selections: [Selection(name: "api", instance: 2)]))
        #expect(box.replies.map(\.1) == [[], []])
        box.replies = []
        for (name, instance) in [("api", UInt16(1)), ("api", 2), ("web", 1), ("api", 0)] {
            feed.tell { Happening(.started, at: $0, name: name, instance: instance) }
        }
        #expect(box.replies.isEmpty)
        feed.flush()
        let counts = Dictionary(uniqueKeysWithValues: box.replies.map { ($0.0, $0.1.count) })
        #expect(counts == [Asker(client: 1, request: 7): 4, Asker(client: 2, request: 8): 2])
        feed.leave(1)
        #expect(!feed.isRead(by: 1) && feed.isRead(by: 2))
        feed.flush()
        #expect(box.replies.count == 2)
    }

    @Test func manyComeInSeveralMessagesAndNeverPileUp() {
        let (feed, box) = feed()
        feed.subscribe(Asker(client: 1, request: 1), to: EventsCommand())
        box.replies = []
        for _ in 0..<MasterLimits.happenings { feed.tell { Happening(.removed, at: $0) } }
        let counts = box.replies.map(\.1.count)
        #expect(counts.allSatisfy { $0 == ControlLimits.happenings })
        #expect(counts.reduce(0, +) == MasterLimits.happenings)
        feed.flush()
        #expect(box.replies.count == counts.count)
    }
}
