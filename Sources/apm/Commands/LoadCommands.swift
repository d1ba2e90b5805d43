// load, unload, reload, boot: configuration files, carried out by the daemon. The text of a file is
// read there, with the caller's rights, not here.

import ArgumentParser
import Config
import Control
import Glibc

struct Load: Act {
    static let configuration = CommandConfiguration(
        entry: "load",
        discussion: """
            Workers that run already are left alone; apm reload changes them. A worker that the \
            file defines wrongly is refused, and the others go on; a file that is not understood \
            starts nothing.
            """)

    @Flag(help: "Return at once, not after startup_grace.") var noWait = false
    @Argument(help: .file) var files: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let path = try session.file(of: files, for: "load")
        let command = LoadCommand(
            file: path, waits: !noWait,
            environment: try RunPlan.environment(session.surroundings))
        return try LoadSummary(subject: path, session: session)
            .show(try session.reach().ask(.load(command), waits: true).reply)
    }
}

struct Unload: Act {
    static let configuration = CommandConfiguration(
        entry: "unload", discussion: "The file itself is not looked at, and stays.")

    @Flag(help: "Return at once, not when it is done.") var noWait = false
    @Argument(help: .file) var files: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let path = try session.file(of: files, for: "unload")
        let command = UnloadCommand(file: path, waits: !noWait)
        return try LoadSummary(subject: path, session: session)
            .show(try session.reach().ask(.unload(command), waits: true).reply)
    }
}

struct Reload: Act {
    static let configuration = CommandConfiguration(
        entry: "reload",
        discussion: """
            New workers are started, those that are gone from the file stopped and removed, \
            changed ones get their settings: at once where a running process can have them, else \
            by a restart, in turn where rolling is set. What has not changed goes on. With a name, \
            that worker alone. What contains a slash or ends in .conf is a file.
            """)

    @Flag(help: "Restart workers that have not changed, too.") var force = false
    @Flag(help: "Tell what would be done: + new, ~ changed, - removed.") var dryRun = false
    @Flag(help: "Return at once, not after startup_grace.") var noWait = false
    @Argument(help: ArgumentHelp("A file, or a worker from one.", valueName: "file|name"))
    var targets: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let target = try session.file(of: targets, for: "reload", isWord: true)
        let connection = try session.reach()
        var command = ReloadCommand(waits: !noWait, forces: force, isDry: dryRun)
        command.environment = try RunPlan.environment(session.surroundings)
        if try Self.isFile(target, connection, session) {
            command.file = try session.absolute(target)
        } else {
            command.name = try WorkerReference.readWhole(target, for: "reload").name
        }
        let answer = try connection.askAbout(.reload(command), waits: true)
        let subject = command.file.isEmpty ? command.name : command.file
        return try LoadSummary(subject: subject, isDry: dryRun, session: session)
            .show(answer.reply)
    }

    /// A file by how it is written, else a worker, else a file that there is.
    private static func isFile(
        _ target: String, _ connection: ControlConnection, _ session: Session
    ) throws(Failure) -> Bool {
        if target.contains("/") || target.hasSuffix(".conf") { return true }
        if connection.names().contains(target) { return false }
        return access(try session.absolute(target), F_OK) == 0
    }
}

struct Boot: Act {
    static let configuration = CommandConfiguration(
        entry: "boot",
        discussion: """
            That is /etc/apm/apm.conf and what is in /etc/apm/apm.conf.d, or your own \
            ~/.apm/config.conf; with APM_HOME, its config.conf. The daemon does it when it starts. \
            Workers that run already are left alone.
            """)

    @Flag(help: "Return at once, not after startup_grace.") var noWait = false
    @Argument(help: .hidden) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        if let first = names.first {
            throw .usage(
                "boot takes no file", now: "apm load \(Visible.text(first)) loads another one")
        }
        let command = BootCommand(
            waits: !noWait, environment: try RunPlan.environment(session.surroundings))
        return try LoadSummary(subject: "configuration", session: session)
            .show(try session.reach().ask(.boot(command), waits: true).reply)
    }
}

extension ArgumentHelp {
    static var file: ArgumentHelp {
        ArgumentHelp("A configuration file.", valueName: "file")
    }
}

extension Session {
    /// The one file that a command takes, absolute; with `isWord` as it was written.
    func file(
        of words: [String], for command: String, isWord: Bool = false
    ) throws(Failure) -> String {
        guard let first = words.first, !first.isEmpty else {
            throw .usage("\(command) needs a file", now: "apm \(command) FILE, like: app.conf")
        }
        guard words.count == 1 else {
            throw .usage(
                "\(command) takes one file",
                now: "one after the other: apm \(command) \(Visible.text(first)), then the next")
        }
        return isWord ? first : try absolute(first)
    }

    /// Without `.` and `..`: the daemon knows a file by its path as a text.
    func absolute(_ path: String) throws(Failure) -> String {
        guard path.hasPrefix("/") || surroundings.folder.hasPrefix("/") else {
            throw Failure(
                "the current folder is gone", now: "name the file by its whole path")
        }
        return ConfigPath.resolved(path, in: surroundings.folder)
    }
}
