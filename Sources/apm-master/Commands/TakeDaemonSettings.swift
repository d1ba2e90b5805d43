// What files say of the daemon itself. It counts in the main configuration alone, and only where
// nobody but the daemon's own user, or root, has a hand in that file.

import Control
import Settings

extension Supervisor {
    func takeDaemonSettings(of loading: Loading) {
        // By name, nothing but those workers is meant.
        guard loading.names == nil else { return }
        for (file, settings) in loading.daemon.sorted(by: { $0.key < $1.key }) {
            guard let reader = loading.sources[file] else { continue }
            let problem = problem(of: settings, in: file, reader)
            if let problem { keep([problem], as: reader, for: loading) }
            guard file == configuration, reader.uid == daemonUid else { continue }
            warn(of: settings, reader, loading)
            if !loading.isDry { take(settings) }
        }
        guard loading.file == configuration, loading.isMain, loading.sources[configuration] == nil,
            case .load = loading.job
        else { return }
        // A file that is not there wants what holds without one.
        take(loading.failedFiles.contains(configuration) ? nil : DaemonSettings())
    }

    /// nil: nobody could read what they are; they stay as they were.
    func take(_ settings: DaemonSettings?) {
        if let settings {
            if settings.autoReload != daemonSettings.autoReload {
                notes.info(
                    settings.autoReload
                        ? "files are read again when they change (auto_reload)"
                        : "files are not read again when they change")
            }
            daemonSettings = settings
        }
        daemonSettingsTaken(settings)
        configWatchesChanged()
    }

    private func problem(
        of settings: DaemonSettings, in file: String, _ reader: ConfigReader
    ) -> ConfigMessage? {
        guard !settings.isOfNoBlock else { return nil }
        guard file == configuration else {
            return ConfigMessage(
                .warning, file: file, "its daemon { } does not count: this is not \(configuration)",
                now: "move it there, then: apm boot")
        }
        guard reader.uid != daemonUid else { return nil }
        return ConfigMessage(
            .warning, file: file,
            "its daemon { } does not count: it was read as uid \(reader.uid), not as the daemon's",
            now: "give the file to the daemon's user, who loads it: apm boot")
    }

    /// What is meant, but may have been meant otherwise. Where nobody has asked, the log tells.
    private func warn(of settings: DaemonSettings, _ reader: ConfigReader, _ loading: Loading) {
        if !settings.allowGroup.isEmpty, !admitsGroups {
            let warning = ConfigMessage(
                .warning, file: configuration,
                "allow_group is left out: this daemon is its own user's alone",
                now: "remove it; the system's daemon lets groups in")
            keep([warning], as: reader, for: loading)
        }
        guard settings.isOperatedByEveryone, loading.asker != .nobody else { return }
        let warning = ConfigMessage(
            .warning, file: configuration, DaemonDoors.everyone,
            now: "if this is not meant, remove: operate everyone")
        keep([warning], as: reader, for: loading)
    }
}
