// Where an app's output goes, and which files it is restarted by.

import Settings

extension AppConversion {
    // MARK: Logs

    mutating func convertLogs() {
        let output = logFile("out_file")
        let errors = logFile("error_file")
        let both = logFile("log_file")
        worker.settings.log = output ?? both ?? ""
        worker.settings.errLog = errors ?? ""
        if both != nil, output != nil {
            fields.remark("log_file", "there is no third file for both; out_file was taken")
        }
        if worker.settings.errLog == worker.settings.log { worker.settings.errLog = "" }
        if fields.truth("disable_logs") == true {
            worker.settings.log = "/dev/null"
            worker.settings.errLog = ""
        }
        let isFile = !["", "/dev/null"].contains(worker.settings.log)
        if fields.truth("merge_logs") == false, worker.settings.instances > 1, isFile {
            fields.remark(
                "merge_logs", "all instances write to one file; the prefix tells them apart")
        }
        convertStamp()
    }

    private mutating func logFile(_ name: String) -> String? {
        // `log: true` asks for PM2's own place.
        if case .truth(let isOn)? = fields.peek(name) {
            _ = fields.take(name)
            if isOn { fields.remark(name, "true is no path; lines go to the daemon's log") }
            return nil
        }
        guard let text = fields.text(name), !text.isEmpty else { return nil }
        if text == "NULL" || text == "/dev/null" { return "/dev/null" }
        return scenery.resolve(text, from: worker.settings.path)
    }

    /// Lines have a stamp anyway; `time` alone needs nothing.
    private mutating func convertStamp() {
        _ = fields.truth("time")
        guard let written = fields.text("log_date_format"), !written.isEmpty else { return }
        let day = DayFormat(written)
        if !day.missing.isEmpty {
            fields.remark(
                "log_date_format",
                "\(day.missing.joined(separator: ", ")) has no counterpart and was left out")
        }
        guard day.format.contains("%") else { return }
        worker.settings.logTimeFormat = day.format
    }

    // MARK: Files that are watched

    mutating func convertWatch() {
        let delay = fields.milliseconds("watch_delay")
        let ignored = fields.texts("ignore_watch") { [$0] }
        let patterns = watched()
        guard !patterns.isEmpty else { return }
        keep("watch", patterns)
        let ignores = ignored.isEmpty ? ["node_modules"] : ignored
        keep("watch_ignore", unique(ignores.compactMap { ignorePattern($0) }))
        if let delay { keep("watch_delay", [String(delay)]) }
    }

    private mutating func watched() -> [String] {
        switch fields.peek("watch") {
        case nil: return []
        case .truth(let isOn)?:
            _ = fields.take("watch")
            return isOn ? ["*"] : []
        default:
            let paths = fields.texts("watch") { [$0] }
            return unique(paths.filter { !$0.isEmpty }.map { watchPattern($0) })
        }
    }

    /// PM2 takes folders, files and globs; APM takes `*x`, `x*`, `*x*` and exact paths.
    private mutating func watchPattern(_ written: String) -> String {
        let path = plain(written)
        if path == "." || path.isEmpty { return "*" }
        let firstStar = path.firstIndex { "*?[{!(".contains($0) }
        guard let firstStar else {
            let full = scenery.resolve(path, from: worker.settings.path)
            return scenery.look(full) == .folder ? path + "/*" : path
        }
        var rest = path[firstStar...]
        while rest.hasPrefix("**/") { rest = rest.dropFirst(3) }
        let before = path[..<firstStar]
        let isSuffix = rest.hasPrefix("*") && !rest.dropFirst().contains { "*?[{!(/".contains($0) }
        if before.isEmpty, isSuffix { return String(rest) }
        if ["*", "**", "**/*", "*.*"].contains(path[firstStar...]) {
            return before.isEmpty ? "*" : before + "*"
        }
        let wider = before.isEmpty ? "*" : before + "*"
        fields.remark(
            "watch", "\(written) is no pattern of APM; \(wider) was taken, which is wider")
        return String(wider)
    }

    private mutating func ignorePattern(_ written: String) -> String? {
        var path = plain(written)
        for ending in ["/**/*", "/**", "/*", "/"] where path.hasSuffix(ending) {
            path = String(path.dropLast(ending.count))
        }
        while path.hasPrefix("**/") { path = String(path.dropFirst(3)) }
        if path.hasPrefix("*"), !path.dropFirst().contains(where: { "*?[{(\\|^$+/".contains($0) }) {
            return path == "*" ? nil : path
        }
        guard !path.isEmpty, !path.contains(where: { "*?[{(\\|^$+".contains($0) }) else {
            fields.remark("ignore_watch", "\(written) is no pattern of APM: left out")
            return nil
        }
        return "*\(path)*"
    }

    /// Without `./`, and from the working directory.
    private func plain(_ written: String) -> String {
        var path = written[...]
        while path.hasPrefix("./") { path = path.dropFirst(2) }
        if path.hasSuffix("/"), path.count > 1 { path = path.dropLast() }
        let folder = worker.settings.path + "/"
        return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : String(path)
    }

    private func unique(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}
