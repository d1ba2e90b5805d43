// All agents that run, and the tasks that wait because enough of them do. A slow one holds its own
// place until its deadline, and nothing else. Those that last have no places: whoever starts them
// counts them.

import CLinux
import Glibc
import Messages
import Posix

final class Agents {
    private let executable: HelperExecutable
    private let nullDevice: Int32
    private let reactor: Reactor
    private let notes: Notes
    private var running: [UInt32: AgentProcess] = [:]
    private var waiting: [(id: UInt32, task: AgentTask)] = []
    /// Killed, but not gone yet: a process in a disk's hands goes when that lets it.
    private var leaving: Set<pid_t> = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes, alignment: 16)

    init(
        beside folder: String, nullDevice: Int32, reactor: Reactor, notes: Notes
    ) throws(SystemError) {
        executable = try HelperExecutable(.agent, beside: folder)
        self.nullDevice = nullDevice
        self.reactor = reactor
        self.notes = notes
    }

    deinit {
        buffer.deallocate()
    }

    /// `id` names it from now on; `done` is called later, never from here.
    func run(_ id: UInt32, _ task: AgentTask) {
        waiting.append((id, task))
        reactor.arm(.agentStart, after: .zero)
    }

    /// Nobody wants its answer any more; `done` is not called.
    func cancel(_ id: UInt32) {
        waiting.removeAll { $0.id == id }
        if running[id] != nil { end(id) }
    }

    /// As many as there are places for.
    func startWaiting() {
        while let next = waiting.firstIndex(where: { $0.task.lasts || hasPlace }) {
            let (id, task) = waiting.remove(at: next)
            guard leaving.count < MasterLimits.agentsLeaving else {
                task.done(.failed("cannot be started: too many that were killed do not end"))
                continue
            }
            start(id, task)
        }
    }

    private var hasPlace: Bool {
        running.values.count { !$0.task.lasts } < MasterLimits.agents
    }

    private func start(_ id: UInt32, _ task: AgentTask) {
        do {
            let spawned = try executable.spawn(
                HelperPlan(agent: task.job, as: task.identity, nullDevice: nullDevice))
            let agent = AgentProcess(spawned, task)
            running[id] = agent
            try reactor.watch(spawned.link, as: .agent(id))
            reactor.arm(.agent(id), after: MasterLimits.agentDeadline)
            if !agent.ask() { finish(id, .failed("does not take its questions")) }
        } catch {
            let isRunning = running[id] != nil
            isRunning ? finish(id, .failed(error.text)) : task.done(.failed(error.text))
        }
    }

    func ready(_ id: UInt32) {
        guard let agent = running[id] else { return }
        let outcome = agent.receive(into: buffer)
        hear(agent, id)
        if let outcome { finish(id, outcome) }
    }

    /// It may be ended by who hears.
    private func hear(_ agent: AgentProcess, _ id: UInt32) {
        guard let hears = agent.task.hears else { return }
        if agent.hasGreeted { reactor.disarm(.agent(id)) }
        for message in agent.takeHeard() where running[id] != nil { hears(message) }
    }

    func timedOut(_ id: UInt32) { finish(id, .late) }

    private func finish(_ id: UInt32, _ outcome: AgentOutcome) {
        guard let agent = running[id] else { return }
        end(id)
        if case .failed(let reason) = outcome {
            notes.warning("apm-agent \(agent.task.job.rawValue) \(reason)")
        }
        agent.task.done(outcome)
    }

    private func end(_ id: UInt32) {
        guard let agent = running.removeValue(forKey: id) else { return }
        if let link = agent.descriptor { reactor.forget(link) }
        reactor.disarm(.agent(id))
        agent.end()
        leaving.insert(agent.pid)
        if !waiting.isEmpty { reactor.arm(.agentStart, after: .zero) }
    }

    /// A child was reaped; false when it was no agent that was ended. One that ends by itself is
    /// heard of over its link, which may still hold its answer.
    func childEnded(_ pid: pid_t) -> Bool {
        if let (id, agent) = running.first(where: { $0.value.pid == pid }) {
            let outcome = agent.receive(into: buffer)
            hear(agent, id)
            finish(id, outcome ?? .failed("has ended"))
        }
        return leaving.remove(pid) != nil
    }

    /// At the daemon's end.
    func endAll() {
        waiting = []
        for id in running.keys { end(id) }
    }
}
