// Flags whose options are kept, and not acted on by this version: declared as those of WorkerFlags
// are, so that definitions written today mean the same later.

import ArgumentParser
import Control
import Settings

struct LaterFlags: ParsableArguments {
    @Option(parsing: .unconditional, help: WorkerFlags.text("augur_full_scan"))
    var augurFullScan: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("stats_interval"))
    var statsInterval: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("health_check"))
    var healthCheck: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("health_check_interval"))
    var healthCheckInterval: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("health_check_timeout"))
    var healthCheckTimeout: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("health_check_threshold"))
    var healthCheckThreshold: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("syslog")) var syslog: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("syslog_tag")) var syslogTag: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("log_max_size")) var logMaxSize: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("log_max_files"))
    var logMaxFiles: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("session_persist"))
    var sessionPersist: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("session_wait"))
    var sessionWait: String?
    @Option(parsing: .unconditionalSingleValue, help: WorkerFlags.text("listen"))
    var listen: [String] = []
    @Option(parsing: .unconditional, help: WorkerFlags.text("ipc_timeout")) var ipcTimeout: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("tls")) var tls: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("tls_cert")) var tlsCert: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("tls_key")) var tlsKey: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("tls_ca")) var tlsCa: String?
}

/// What is said of options that nothing acts on yet.
enum Kept {
    static let mark = "Kept, not acted on yet"

    /// One note on all of them that are set.
    static func note(_ settings: WorkerSettings, _ session: Session) {
        if let note = note(on: settings) { session.console.note(note) }
    }

    static func note(on settings: WorkerSettings) -> String? {
        let keys = settings.unused.map(\.fullKey)
        guard let last = keys.last else { return nil }
        if keys.count == 1 { return "\(last) is kept, and not acted on by this version" }
        let others = keys.dropLast().joined(separator: ", ")
        return "\(others) and \(last) are kept, and not acted on by this version"
    }
}
