// Reads configuration for the master: the text stays here, what it says goes on as values. A main
// configuration is one file and those of a folder beside it, each with all that it includes.

import CLinux
import Config
import ConfigDisk
import Confinement
import Glibc
import Messages
import Posix
import Settings

enum ConfigAgent {
    /// What belongs to the answer is sent before it; nil: that was no question.
    static func answer(_ message: Message, over link: MasterLink) throws(SystemError) -> Message? {
        guard case .readConfig(let request) = message else { return nil }
        let environment = Dictionary(
            request.environment.map(keyAndValue), uniquingKeysWith: { _, last in last })
        var known: Set<String> = []
        try tell(request.path, request, environment, &known, link)
        guard request.isMain else { return .configRead }
        for path in furtherFiles(of: request.path) where !known.contains(path) {
            try tell(path, request, environment, &known, link)
        }
        return .configRead
    }

    private static func keyAndValue(_ entry: String) -> (String, String) {
        let key = entry.prefix { $0 != "=" }
        return (String(key), String(entry[key.endIndex...].dropFirst()))
    }

    /// Files of the folder `path.d`, by name.
    private static func furtherFiles(of path: String) -> [String] {
        let folder = path + ".d"
        guard let names = try? DiskFiles().list(folder) else { return [] }
        return names.filter { $0.hasSuffix(".conf") && !$0.hasPrefix(".") }.sorted().prefix(
            ConfigLimits.files
        ).map { folder + "/" + $0 }
    }

    /// One file with all that it includes, and what became of it.
    private static func tell(
        _ path: String, _ request: ConfigRequest, _ environment: [String: String],
        _ known: inout Set<String>, _ link: MasterLink
    ) throws(SystemError) {
        let checked = CheckedFiles(checksOwners: request.checksOwners)
        // Before a byte of it is looked at.
        if let report = checked.obstacle(at: path) {
            let isAbsent = report.result == .notRead && report.value == ENOENT
            if isAbsent, request.isMain { return }
            return try link.sendWaiting(.sourceRead(report))
        }
        let (plan, traces) = read(path, from: checked, environment, settles: request.settles)
        known.formUnion(plan.files)
        for message in plan.messages.prefix(MessageLimits.configNotes) {
            try link.sendWaiting(.configNoted(message))
        }
        try tell(traces, link)
        let isTooMuch = plan.workers.count > MessageLimits.configWorkers
        if isTooMuch { try link.sendWaiting(.configNoted(tooMany(plan, path))) }
        guard !plan.isBroken, !isTooMuch else {
            return try link.sendWaiting(.sourceRead(SourceReport(.broken, file: path)))
        }
        try link.sendWaiting(.daemonPlanned(plan.daemon))
        for var worker in plan.workers {
            worker.source.file = path
            try link.sendWaiting(.workerPlanned(worker))
        }
        let refused = Array(plan.refused.prefix(MessageLimits.configWorkers))
        try link.sendWaiting(.sourceRead(SourceReport(.read, file: path, refused: refused)))
    }

    /// What somebody may still be writing is read until two readings say the same.
    private static func read(
        _ path: String, from checked: CheckedFiles, _ environment: [String: String], settles: Bool
    ) -> (ConfigPlan, ReadTraces) {
        var traces = ReadTraces(checked.files)
        var plan = ConfigReader.plan(of: path, from: traces, environment: environment)
        guard settles else { return (plan, traces) }
        // Whoever writes a file anew empties it first.
        for _ in 1..<Limits.settlingReadings {
            _ = poll(nil, 0, Limits.settlingMilliseconds)
            let next = ReadTraces(checked.files)
            let again = ConfigReader.plan(of: path, from: next, environment: environment)
            let isSettled = again == plan && !next.hasEmptyFile
            (plan, traces) = (again, next)
            if isSettled { break }
        }
        if traces.isEmpty(path) {
            plan.isBroken = true
            plan.messages.append(
                ConfigMessage(
                    .error, file: path, "is empty, and that may not be all",
                    now: "apm reload \(path) takes it as it is"))
        }
        return (plan, traces)
    }

    /// Where a change would make another plan of it.
    private static func tell(_ traces: ReadTraces, _ link: MasterLink) throws(SystemError) {
        for file in traces.places.prefix(MessageLimits.configFiles) {
            try link.sendWaiting(.configFileRead(path: file))
        }
        for names in traces.names.prefix(MessageLimits.configFiles) {
            try link.sendWaiting(.configNamesListed(path: names))
        }
    }

    private static func tooMany(_ plan: ConfigPlan, _ path: String) -> ConfigMessage {
        ConfigMessage(
            .error, file: path,
            "\(plan.workers.count) workers are more than \(MessageLimits.configWorkers)",
            now: "a daemon has no more places: divide them among daemons")
    }
}
