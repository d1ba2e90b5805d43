// What a file's reader does not say, because it is right as a text: programs and folders that this
// machine has not, dependencies that nobody is, circles of them, addresses that two workers want,
// crash loops that never end. All of it warnings: what is missing now may be there when the file is
// loaded, and of two workers one may be stopped.

import Config
import Glibc
import Messages
import Settings

struct CheckHints {
    private let reading: ConfigReading
    private let running: Set<String>
    private let folders: [Substring]
    private var found: [ConfigMessage] = []
    private var left = 0
    /// What was looked at already.
    private var seen: [String: FileSight] = [:]

    /// - Parameters:
    ///   - running: names of workers that there are beside those of the file.
    ///   - searchPath: folders of programs, separated by colons.
    init(_ reading: ConfigReading, running: Set<String>, searchPath: String) {
        self.reading = reading
        self.running = running
        folders = searchPath.split(separator: ":")
    }

    func messages() -> [ConfigMessage] {
        var hints = self
        let workers = reading.plan.workers
        guard workers.count <= MessageLimits.configWorkers else {
            return [
                ConfigMessage(
                    .error, file: reading.plan.files.first ?? "",
                    "\(workers.count) workers are more than \(MessageLimits.configWorkers)",
                    now: "a daemon has no more places: divide them among daemons")
            ]
        }
        hints.lookAtOrder()
        hints.lookAtAddresses()
        for (index, worker) in workers.enumerated() {
            hints.lookAtRestarts(worker.settings, index)
            hints.lookAtFiles(worker.settings, index)
        }
        hints.found.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        if hints.left > 0 {
            hints.found.append(
                ConfigMessage(
                    .warning, file: reading.plan.files.first ?? "",
                    "\(Count.of(UInt32(hints.left), "more warning"))",
                    now: "set right what is named above, then check again"))
        }
        return hints.found
    }

    private mutating func tell(
        _ index: Int, _ key: String, _ text: String, now advice: String
    ) {
        guard found.count < ConfigLimits.messages else {
            left += 1
            return
        }
        found.append(reading.message(.warning, about: key, ofWorker: index, text, now: advice))
    }

    // MARK: Options that act on each other

    private mutating func lookAtRestarts(_ settings: WorkerSettings, _ index: Int) {
        guard settings.errGrace > 0, settings.maxErrRestarts > 0,
            settings.restartErr || !settings.restartOnExitCodes.isEmpty
        else { return }
        tell(
            index, "err_grace",
            "a program that dies within \(settings.errGrace) ms each time is restarted for ever: "
                + "only longer runs count against max_err_restarts",
            now: "leave err_grace out, or set restart_backoff so that it waits longer each time")
    }

    /// Names that nobody has, and circles.
    private mutating func lookAtOrder() {
        let names = reading.plan.workers.map(\.settings.name)
        let known = Set(names).union(reading.plan.refused).union(running)
        for (index, worker) in reading.plan.workers.enumerated() {
            for name in worker.settings.dependsOn where !known.contains(name) {
                let near = NearMiss.nearest(to: name, in: names)
                tell(
                    index, "depends_on", "no worker is called '\(name)'",
                    now: near.map { "did you mean \($0)?" }
                        ?? "a start waits depends_timeout for it: correct or remove it")
            }
        }
        for circle in DependencyCircles.of(reading.plan.workers.map(\.settings)) {
            let path = (circle + circle.prefix(1)).map { names[$0] }
            let shown = path.count > 8 ? Array(path.prefix(7)) + ["…"] : path
            tell(
                circle[0], "depends_on",
                "workers wait for each other in a circle: \(shown.joined(separator: " → "))",
                now: "take one of these depends_on away; until then the circle is cut somewhere")
        }
    }

    private mutating func lookAtAddresses() {
        let workers = reading.plan.workers
        for meeting in AddressMeeting.of(workers.map(\.settings)) {
            let (wanted, taken) = (meeting.wanted.text, meeting.taken.text)
            let other = workers[meeting.other].settings.name
            if meeting.other == meeting.worker {
                tell(
                    meeting.worker, "server", "\(taken) and \(wanted) are in each other's way",
                    now: "leave one of them out: an address of all hosts has every host's")
            } else {
                tell(
                    meeting.worker, "server",
                    wanted == taken
                        ? "\(other) has \(wanted), too"
                        : "\(other) has \(taken), so \(wanted) is taken",
                    now: "choose another port: one of the two alone can be started")
            }
        }
    }

    // MARK: This machine

    private mutating func lookAtFiles(_ settings: WorkerSettings, _ index: Int) {
        lookAtProgram(settings, index)
        switch sight(settings.path) {
        case .missing:
            tell(
                index, "path", "there is no folder \(settings.path)",
                now: "make it, or correct path")
        case .file, .program:
            tell(index, "path", "\(settings.path) is no folder", now: "name the folder in path")
        case .folder, .unseen: break
        }
        if !settings.envFile.isEmpty, sight(settings.envFile) == .missing {
            tell(
                index, "env_file", "there is no file \(settings.envFile)",
                now: "make it, or correct env_file: no start succeeds without it")
        }
        for (key, log) in [("log", settings.log), ("err_log", settings.errLog)]
        where !log.isEmpty {
            let folder = ConfigPath.folder(of: log)
            guard sight(folder) == .missing else { continue }
            tell(
                index, key, "there is no folder \(folder) for the log",
                now: "make it: mkdir -p \(folder)")
        }
    }

    private mutating func lookAtProgram(_ settings: WorkerSettings, _ index: Int) {
        let exec = settings.exec
        guard exec.contains("/") else {
            // Of another user the PATH is not known here.
            guard settings.user.isEmpty, !folders.isEmpty else { return }
            for folder in folders {
                switch sight("\(folder)/\(exec)") {
                case .program, .unseen: return
                case .file, .folder, .missing: continue
                }
            }
            return tell(
                index, "exec", "no program '\(exec)' is found in PATH",
                now: "install it, or name it by its whole path")
        }
        switch sight(exec) {
        case .missing:
            tell(
                index, "exec", "there is no program \(exec)",
                now: "correct exec, or put the program there")
        case .folder:
            tell(index, "exec", "\(exec) is a folder", now: "name the program in it")
        case .file:
            tell(index, "exec", "\(exec) cannot be executed", now: "chmod +x \(exec)")
        case .program, .unseen: break
        }
    }

    /// What a path leads to, as far as it can be seen.
    private enum FileSight {
        case missing
        case folder
        case file
        case program
        case unseen
    }

    private mutating func sight(_ path: String) -> FileSight {
        if let known = seen[path] { return known }
        var entry = stat()
        let result: FileSight
        if stat(path, &entry) != 0 {
            result = errno == ENOENT || errno == ENOTDIR ? .missing : .unseen
        } else if entry.st_mode & S_IFMT == S_IFDIR {
            result = .folder
        } else {
            result = entry.st_mode & 0o111 != 0 ? .program : .file
        }
        seen[path] = result
        return result
    }
}
