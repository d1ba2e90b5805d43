// check: what a configuration file says, what is wrong with it, and what a reload would do; nothing
// is done. The daemon is asked first, where one runs; then apm gives up all but reading, and only
// then it reads the text. So no process that could do something with it ever sees the text, and no
// second one is needed.

import ArgumentParser
import Config
import ConfigDisk
import Control
import Settings

struct Check: Act {
    static let configuration = CommandConfiguration(
        entry: "check",
        discussion: """
            Tells what is wrong, as FILE:LINE:COLUMN, and what a reload would do: + new, ~ \
            changed, - removed, = unchanged, ! refused; without a daemon, which workers it has. \
            Exit code 1 when something is refused, 0 with warnings alone.
            """)

    @Flag(help: "Print JSON.") var json = false
    @Argument(help: .file) var files: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let path = try session.file(of: files, for: "check")
        let environment = try RunPlan.environment(session.surroundings)
        let running = RunningView.of(path, environment, in: session)
        let check = try CheckRights.enter(for: path, uid: session.surroundings.uid)
        let variables = Dictionary(
            environment.map(Self.keyAndValue), uniquingKeysWith: { _, last in last })
        let reading = ConfigReader.reading(
            of: path, from: DiskFiles(check: check), environment: variables)
        let hints = CheckHints(
            reading, running: running.names, searchPath: variables["PATH"] ?? "")
        let report = CheckReport(path, reading.plan, hints.messages(), running)
        try report.show(json: json, in: session)
        return report.hasFailed ? .failed : .ok
    }

    private static func keyAndValue(_ entry: String) -> (String, String) {
        let key = entry.prefix { $0 != "=" }
        return (String(key), String(entry[key.endIndex...].dropFirst()))
    }
}
