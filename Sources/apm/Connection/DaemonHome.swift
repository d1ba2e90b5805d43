// Where the daemon of this caller is to be found: the folder of its control socket and its log.

import CLinux
import Glibc

struct DaemonHome: Equatable {
    /// Holds the control socket.
    let folder: String
    /// The daemon's own log.
    let log: String

    var control: String { folder + "/control" }
    /// The daemon's main configuration.
    var configuration: String {
        self == .system ? "/etc/apm/apm.conf" : folder + "/config.conf"
    }

    /// Of the daemon that root runs for all.
    static let system = DaemonHome(folder: "/run/apm", log: "/var/log/apm.log")

    /// APM_HOME when it is set; else the system's daemon for root, and one's own for others.
    static func find(_ surroundings: Surroundings) throws(Failure) -> DaemonHome {
        let home = try choose(surroundings)
        var address = sockaddr_un()
        guard apm_unix_address(home.control, &address) > 0 else {
            throw Failure(
                "the path of the control socket is longer than 107 bytes: "
                    + Visible.text(home.control),
                now: "set APM_HOME to a shorter path")
        }
        return home
    }

    private static func choose(_ surroundings: Surroundings) throws(Failure) -> DaemonHome {
        if let chosen = try readable("APM_HOME", surroundings) {
            return try within(resolved(chosen), variable: "APM_HOME", below: "")
        }
        if surroundings.uid == 0 { return system }
        guard let home = try readable("HOME", surroundings) else {
            throw Failure(
                "HOME is not set, so there is no place for your daemon",
                now: "set HOME, or APM_HOME to a folder of yours")
        }
        return try within(home, variable: "HOME", below: "/.apm")
    }

    /// A variable that is set to something. One that cannot be read is not the same as none: it
    /// would lead to another daemon.
    private static func readable(
        _ name: String, _ surroundings: Surroundings
    ) throws(Failure) -> String? {
        guard !surroundings.isUnreadable(name) else {
            throw Failure(
                "\(name) is not UTF-8", now: "set \(name) to a path that is UTF-8, or unset it")
        }
        return surroundings.filled(name)
    }

    /// Where a path leads to: the daemon itself refuses symbolic links. What is not there yet, or
    /// not absolute, stays as it is.
    private static func resolved(_ path: String) -> String {
        guard path.hasPrefix("/"), let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(validatingCString: found) ?? path
    }

    private static func within(
        _ folder: String, variable: String, below: String
    ) throws(Failure) -> DaemonHome {
        guard folder.hasPrefix("/") else {
            throw Failure(
                "\(variable) is not an absolute path: \(Visible.text(folder))",
                now: "set \(variable) to a path that begins with /")
        }
        let trimmed = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        return DaemonHome(folder: trimmed + below, log: trimmed + below + "/apm.log")
    }
}
