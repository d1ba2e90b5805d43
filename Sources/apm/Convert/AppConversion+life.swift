// When an app is started again, and how it is stopped.

import Settings

extension AppConversion {
    /// Where the delays of PM2 stop growing, in milliseconds.
    private static let longestBackoff: UInt32 = 15_000

    mutating func convertRestarts() {
        let restarts = fields.truth("autorestart") ?? true
        worker.settings.restart = restarts
        worker.settings.restartErr = restarts
        if let most = fields.number("max_restarts", most: 1_000_000) {
            worker.settings.maxErrRestarts = most
            fields.remark(
                "max_restarts",
                most == 0
                    ? "0 was none at all for PM2, and is any number here"
                    : "PM2 counts deaths within min_uptime; max_err_restarts counts every error")
        }
        if let delay = fields.milliseconds("restart_delay") {
            worker.settings.restartDelay = delay
            worker.settings.errDelay = delay
        }
        if let first = fields.milliseconds("exp_backoff_restart_delay"), first > 0 {
            worker.settings.errDelay = min(first, Self.longestBackoff)
            worker.settings.restartBackoff = Self.longestBackoff
            fields.remark(
                "exp_backoff_restart_delay",
                "waits double from err_delay up to restart_backoff; PM2's grow by half")
        }
        convertStopCodes()
    }

    /// Code 0 is a setting of its own; others would have to be all but those that are listed.
    private mutating func convertStopCodes() {
        guard let value = fields.take("stop_exit_codes") else { return }
        let entries: [PlainValue] = if case .list(let list) = value { list } else { [value] }
        var others: [String] = []
        for entry in entries {
            guard let text = entry.plainText, let code = UInt8(text) else {
                fields.remark("stop_exit_codes", "holds \(entry.plainText ?? entry.kind)")
                continue
            }
            if code == 0 { worker.settings.restart = false } else { others.append(text) }
        }
        if !others.isEmpty {
            fields.remark(
                "stop_exit_codes",
                "restart_on_exit_codes lists the opposite, the codes that restart; it restarts on "
                    + others.prefix(ConvertLimits.listed).joined(separator: ", "))
        }
    }

    /// PM2 asks with SIGINT.
    mutating func convertStop() {
        if let number = SignalName.number("SIGINT") { worker.settings.stopSignal = number }
        if let timeout = fields.milliseconds("kill_timeout") {
            worker.settings.killTimeout = timeout
        }
    }
}
