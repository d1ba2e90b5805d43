// One call of apm: where it stands, where it prints, how it gets to the daemon.

import Control
import Glibc

struct Session {
    let surroundings: Surroundings
    var console: Console
    var choice = DaemonChoice.auto

    func telling(deeds: Bool) -> Session {
        var session = self
        session.console.tellsDeeds = deeds
        return session
    }

    /// A connection to the daemon; nil when none runs.
    func find() throws(Failure) -> ControlConnection? {
        if choosesFreely, let connection = try letIn() { return connection }
        return try ControlConnection.open(try home(), uid: surroundings.uid)
    }

    /// A connection to the daemon, which is started when none runs.
    func reach() throws(Failure) -> ControlConnection {
        if let connection = try find() { return connection }
        guard choice != .system || surroundings.uid == 0 else {
            throw Failure(
                "the system's daemon does not run",
                now: "root starts it: apm start; without --system you have one of your own",
                .notRunning)
        }
        let home = try home()
        try DaemonStart.start(home, surroundings)
        return try ControlConnection.openStarted(home, uid: surroundings.uid)
    }

    /// A connection for looking; nil when there is no daemon to look at. Who is not let in looks
    /// from outside, and who has no daemon looks at the system's.
    func view() throws(Failure) -> ControlConnection? {
        do throws(Failure) {
            if let connection = try find() { return connection }
        } catch {
            guard error.refusal == .closedDoor, let address = try address(),
                let connection = try ControlConnection.look(at: address, try home())
            else { throw error }
            return connection
        }
        if choice == .system { return try ControlConnection.look(at: .system, .system) }
        guard choosesFreely else { return nil }
        do throws(Failure) {
            return try ControlConnection.look(at: .system, .system)
        } catch {
            // Whoever poses as the system's daemon keeps nobody from a daemon of their own.
            console.note(error.what)
            return nil
        }
    }

    /// After a connection for looking from outside was lost: another one, because an apm-guid that
    /// has ended has a successor. What else has failed is thrown.
    func lookAgain(
        _ connection: ControlConnection, after failure: Failure
    ) throws(Failure) -> ControlConnection {
        guard connection.isLook, failure.status == .unreachable, let next = try view(),
            next.isLook
        else { throw failure }
        // Greets, and shows that it answers.
        _ = try next.ask(.status)
        return next
    }

    /// A connection for starting, stopping and restarting, with a daemon that is started when none
    /// runs. Who is not let in asks from outside: the daemon may let everybody operate it.
    func operate() throws(Failure) -> ControlConnection {
        do throws(Failure) {
            return try reach()
        } catch {
            guard error.refusal == .closedDoor, let address = try address(),
                let connection = try ControlConnection.look(at: address, try home())
            else { throw error }
            connection.closedDoor = error
            return connection
        }
    }

    /// The same, with a daemon that is started when there is none to look at.
    func viewOrReach() throws(Failure) -> ControlConnection {
        if let connection = try view() { return connection }
        return try reach()
    }

    /// Says when the other daemon has workers, too. Never waits long, never starts a daemon.
    func noteOther(than connection: ControlConnection) {
        guard surroundings.uid != 0, surroundings.filled("APM_HOME") == nil else { return }
        let isSystem = connection.home == .system
        do throws(Failure) {
            guard let other = try other(thanSystem: isSystem),
                case .statusTold(let status) = try other.ask(.status).reply, status.workers > 0
            else { return }
            let count = Count.of(status.workers, "worker")
            console.note(
                isSystem
                    ? "a daemon of your own has \(count), too: apm list --user"
                    : "the system's daemon has \(count), too: apm list --system")
        } catch {
            // Somebody poses as a daemon; that it is slow, or going, is nobody's concern here.
            if error.status == .notPermitted { console.note(error.what) }
        }
    }

    /// The failure, with what to do where the worker that was not found is the other daemon's.
    func explained(_ failure: Failure) -> Failure {
        guard case .unknownWorker(let name)? = failure.refusal, choosesFreely else {
            return failure
        }
        let isSystem = access(DaemonHome.system.control, W_OK) == 0
        guard let other = try? other(thanSystem: isSystem),
            case .listed(let rows)? = try? other.ask(.list).reply,
            rows.contains(where: { $0.name == name })
        else { return failure }
        var explained = failure
        explained.now =
            isSystem
            ? "a daemon of your own has one of this name: repeat it with --user"
            : "the system's daemon has one of this name: repeat it with --system"
        return explained
    }

    /// The own daemon where the system's is meant, else the system's; nil where it does not run.
    private func other(thanSystem isSystem: Bool) throws(Failure) -> ControlConnection? {
        try ControlConnection.look(
            at: isSystem ? .own(surroundings.uid) : .system, isSystem ? try ownHome() : .system,
            within: Self.otherMilliseconds)
    }

    private static let otherMilliseconds: Int32 = 50

    /// Whoever is no root, and has named no daemon.
    private var choosesFreely: Bool {
        choice == .auto && surroundings.uid != 0 && surroundings.filled("APM_HOME") == nil
    }

    /// The system's daemon, where it lets the caller in.
    private func letIn() throws(Failure) -> ControlConnection? {
        guard access(DaemonHome.system.control, W_OK) == 0 else { return nil }
        return try ControlConnection.open(.system, uid: surroundings.uid)
    }

    private func home() throws(Failure) -> DaemonHome {
        choice == .system ? .system : try ownHome()
    }

    private func ownHome() throws(Failure) -> DaemonHome { try DaemonHome.find(surroundings) }

    private func address() throws(Failure) -> LookAddress? {
        if choice == .system { return .system }
        let home = try ownHome()
        return surroundings.filled("APM_HOME") == nil
            ? .own(surroundings.uid) : .moved(to: home.folder, uid: surroundings.uid)
    }
}
