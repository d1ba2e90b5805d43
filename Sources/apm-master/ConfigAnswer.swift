// What an agent has said of a configuration, put together and checked: it may be a stranger's
// agent, and is believed no further than whom it runs as.

import Messages
import Settings

struct ConfigAnswer {
    var sources: [SourceReport] = []
    /// In the order of the files.
    var workers: [PlannedWorker] = []
    var messages: [ConfigMessage] = []
    /// What each of the sources depends on, by its path.
    var traces: [String: ConfigTraces] = [:]
    /// What each of them says of the daemon.
    var daemon: [String: DaemonSettings] = [:]

    /// nil: it says what was not asked for. Of a main file its folder of further ones is meant,
    /// too.
    init?(_ pieces: [Message], to request: ConfigRequest) {
        // Of the source whose report comes next.
        var traces = ConfigTraces()
        var daemon: DaemonSettings?
        for piece in pieces {
            switch piece {
            case .workerPlanned(let planned):
                guard Self.means(planned.source.file, request),
                    planned.source.blockFile.hasPrefix("/"),
                    workers.count < MessageLimits.configWorkers
                else { return nil }
                workers.append(planned)
            case .configNoted(let message):
                guard messages.count < MessageLimits.configNotes else { return nil }
                messages.append(message)
            case .configFileRead(let path):
                guard path.hasPrefix("/") else { return nil }
                traces.files.append(path)
            case .configNamesListed(let path):
                guard path.hasPrefix("/") else { return nil }
                traces.names.append(path)
            case .daemonPlanned(let settings): daemon = settings
            case .sourceRead(let report):
                guard Self.means(report.file, request),
                    !sources.contains(where: { $0.file == report.file })
                else { return nil }
                sources.append(report)
                self.traces[report.file] = traces
                self.daemon[report.file] = daemon
                traces = ConfigTraces()
                daemon = nil
            case .configRead: continue
            default: return nil
            }
        }
    }

    private static func means(_ file: String, _ request: ConfigRequest) -> Bool {
        if file == request.path { return true }
        let folder = request.path + ".d/"
        return request.isMain && file.hasPrefix(folder)
            && !file.dropFirst(folder.count).contains("/")
    }
}
