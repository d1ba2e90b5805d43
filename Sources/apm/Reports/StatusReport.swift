// status and -v: about the daemon. Neither starts it.

import Control
import Messages

enum StatusReport {
    static func show(json: Bool, in session: Session) throws(Failure) -> ExitValue {
        guard let connection = try session.view() else {
            try session.console.print(
                json ? JSON.object(["running": .truth(false)]).line : "daemon: not running\n")
            return .notRunning
        }
        guard case .statusTold(let status) = try connection.ask(.status).reply else {
            return .failed
        }
        try session.console.print(json ? JSON(status).line : text(status))
        return .ok
    }

    static func text(_ status: DaemonStatus) -> String {
        let uptime = Durations.text(status.uptimeMilliseconds)
        var text = """
            daemon: running, pid \(status.pid), version \(Visible.text(status.version)), \
            up \(uptime)
            workers: \(status.workers), \(status.running) of \
            \(Count.of(status.instances, "instance")) running

            """
        for helper in status.helpers {
            let state = helper.pid == 0 ? "not running" : "running, pid \(helper.pid)"
            let restarts =
                helper.restarts == 0 ? "" : ", \(Count.of(helper.restarts, "restart")) so far"
            let end =
                helper.lastEnd.isEmpty || (helper.pid != 0 && helper.restarts == 0)
                ? "" : "; it ended last: \(Visible.text(helper.lastEnd))"
            text += "\(helper.role.processName): \(state)\(restarts)\(end)\n"
        }
        if !status.allowGroup.isEmpty {
            text += "allow_group: members of \(Visible.text(status.allowGroup)) operate it\n"
        }
        if status.isOperatedByEveryone {
            text += "operate: everyone may start, stop and restart its workers\n"
        }
        if status.autoReload {
            text += "auto_reload: loaded files are read again when they change\n"
        }
        if status.notesLost > 0 {
            text += "note: \(Count.of(status.notesLost, "line")) of the daemon's log were lost\n"
        }
        return text
    }
}

enum VersionReport {
    static func show(json: Bool, in session: Session) throws(Failure) -> ExitValue {
        let console = session.console
        guard !json else {
            let daemon = try daemonVersion(in: session)
            try console.print(
                JSON.object([
                    "apm": .text(Version.text), "daemon": daemon.map { .text($0) } ?? .null,
                ]).line)
            return .ok
        }
        // First, because a daemon that does not answer must not keep it back.
        try console.print("apm: \(Version.text)\n")
        let state = try daemonVersion(in: session).map { Visible.text($0) } ?? "not running"
        try console.print("daemon: \(state)\n")
        return .ok
    }

    /// nil when none runs. A daemon of another version refuses, and tells its version with that.
    private static func daemonVersion(in session: Session) throws(Failure) -> String? {
        do {
            guard let connection = try session.view(),
                case .statusTold(let status) = try connection.ask(.status).reply
            else { return nil }
            return status.version
        } catch {
            guard case .otherVersion(let version) = error.refusal else { throw error }
            return version
        }
    }
}
