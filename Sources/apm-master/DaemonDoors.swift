// Who else is let in, as the main configuration says: a group through the control door of root's
// daemon, and everybody's orders through the look door. Changes are in force at once.

import Control
import Glibc
import Messages
import Posix
import Settings

final class DaemonDoors {
    static let everyone =
        "everybody on this machine may start, stop and restart all workers (operate everyone)"

    private let agents: Agents
    private let notes: Notes
    private let supervisor: Supervisor
    /// Opens the control door to this group alone; nil: to nobody beside root.
    var admit: (gid_t?) throws(SystemError) -> Void = { _ in }
    /// Takes everybody's orders, or does so no more.
    var admitOrders: (Bool) -> Void = { _ in }
    private var isOperatedByEveryone = false
    /// The group that is let in.
    private var admitted: gid_t?
    /// The look-up under way.
    private var lookUp: UInt32?

    init(agents: Agents, notes: Notes, supervisor: Supervisor) {
        self.agents = agents
        self.notes = notes
        self.supervisor = supervisor
    }

    /// nil: nobody could read what is wanted, and what holds stays.
    func take(_ settings: DaemonSettings?) {
        guard let settings else {
            guard supervisor.admitsGroups, admitted == nil else { return }
            return notes.warning(
                "who may come in is not known: root alone is let in until this works: apm boot")
        }
        if settings.isOperatedByEveryone != isOperatedByEveryone {
            isOperatedByEveryone = settings.isOperatedByEveryone
            admitOrders(isOperatedByEveryone)
            if isOperatedByEveryone {
                notes.warning(Self.everyone)
            } else {
                notes.info("nobody but who is let in may start, stop and restart workers")
            }
        }
        if supervisor.admitsGroups { find(settings.allowGroup) }
    }

    // MARK: the group

    /// Who is in the group gets in as soon as its number is known.
    private func find(_ wanted: String) {
        if let lookUp { agents.cancel(lookUp) }
        let name = wanted.isEmpty ? Authority.group : wanted
        let id = supervisor.takeId()
        lookUp = id
        let question = Message.resolveGroup(name: name)
        let task = AgentTask(job: .account, identity: nil, questions: [(question, nil)]) {
            [unowned self] outcome in
            lookUp = nil
            guard case .answered(let answers) = outcome,
                case .groupResolved(let answer)? = answers.first, answer.result != .failed
            else {
                // Whoever was let in may be meant no more.
                if name != supervisor.admittedGroup { close() }
                return notes.warning(
                    "group \(name) could not be looked up: "
                        + (admitted == nil ? "root alone is let in" : "it is let in as before"))
            }
            found(answer, name, isWanted: !wanted.isEmpty)
        }
        agents.run(id, task)
    }

    private func found(_ answer: GroupAnswer, _ name: String, isWanted: Bool) {
        guard answer.result == .found else {
            close()
            if isWanted { notes.warning("there is no group \(name): root alone is let in") }
            return
        }
        // The group of root, and what is no number, let nobody else in.
        guard answer.gid != 0, answer.gid != gid_t.max else { return close() }
        supervisor.admittedGroup = name
        guard answer.gid != admitted else { return }
        do {
            try admit(answer.gid)
            admitted = answer.gid
            notes.info("members of group \(name) (\(answer.gid)) are let in")
        } catch {
            notes.warning("group \(name) is not let in: \(error.text)")
            close()
        }
    }

    private func close() {
        supervisor.admittedGroup = ""
        guard admitted != nil else { return }
        do {
            try admit(nil)
            admitted = nil
            notes.info("root alone is let in")
        } catch {
            notes.alert("the door cannot be closed to the group: \(error.text)")
        }
    }
}
