// One event, in words and as JSON. Pure but for the local time.

import Control
import Glibc
import Messages

enum EventReport {
    /// `2026-05-04 03:02:01 api#2 started, pid 4711`, without a line end.
    static func text(_ event: Happening, colours: Bool) -> String {
        let time = localTime(event.time / 1_000_000)
        let subject = subject(event)
        let words = words(event)
        guard colours else { return "\(time) \(subject) \(words)" }
        return "\(Paint.dim.on(time)) \(Paint.bold.on(subject)) \(paint(event).on(words))"
    }

    /// The instance's number only where there are several.
    private static func subject(_ event: Happening) -> String {
        if event.kind == .helperEnded { return event.role.processName }
        let hasNumber = event.instance > 0 && event.instances > 1
        return Visible.text(event.name) + (hasNumber ? "#\(event.instance)" : "")
    }

    private static func words(_ event: Happening) -> String {
        let report = event.report
        switch event.kind {
        case .defined: return "defined, \(Count.of(event.instances, "instance"))"
        case .removed: return "removed"
        case .started: return "started, pid \(event.pid)"
        case .exited, .oom: return report.sentence(nil)
        case .restarted: return "is restarted \(cause(event))"
        case .failed where report.cause == .notStarted:
            return "was not started: \(report.sentence(nil))"
        case .failed:
            return event.hasUsedUpRestarts
                ? "stays errored: its restarts are used up"
                : "stays errored: no rule restarts it"
        case .stopped where report.cause == .none: return "stopped"
        case .stopped:
            return "stopped after \(Durations.text(report.uptimeMilliseconds)): \(report.short)"
        case .helperEnded: return "ended and is started again; apm status tells more"
        case .renamed: return "is called \(Visible.text(event.about)) now"
        case .updated: return "updated: \(Visible.text(event.about))"
        case .held: return "waits for \(Visible.text(event.about))"
        case .startedWithout:
            return "is started without \(Visible.text(event.about)): depends_timeout is over"
        case .rollStopped: return "did not come up: its rolling restart ends here"
        }
    }

    private static func cause(_ event: Happening) -> String {
        switch event.cause {
        case .none, .person: "as asked"
        case .success: "after success, attempt \(event.attempt)"
        case .error: "after an error, attempt \(event.attempt)"
        case .watch: "after a change of \(Visible.text(event.about))"
        }
    }

    private static func paint(_ event: Happening) -> Paint {
        switch event.kind {
        case .started: .green
        case .restarted, .held, .startedWithout: .yellow
        case .oom, .failed, .helperEnded, .rollStopped: .red
        case .exited: isError(event) ? .red : .dim
        case .defined, .removed, .stopped, .renamed, .updated: .dim
        }
    }

    /// An end whose reason may stand in the instance's last lines.
    static func isError(_ event: Happening) -> Bool {
        switch event.kind {
        case .oom: true
        case .exited: event.report.cause != .code || event.report.value != 0
        default: false
        }
    }

    /// Seconds since 1970, as the clock on the wall shows them.
    static func localTime(_ seconds: UInt64) -> String {
        var moment = time_t(clamping: seconds)
        var parts = tm()
        guard localtime_r(&moment, &parts) != nil else { return "-" }
        let date = [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday].map(twoDigits)
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits)
        return date.joined(separator: "-") + " " + time.joined(separator: ":")
    }

    private static func twoDigits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}

extension JSON {
    /// What belongs to the kind of event, and nothing else.
    init(_ event: Happening) {
        var fields = [
            Field(name: "time_ms", value: .number(event.time / 1000)),
            Field(name: "event", value: .text(event.kind.word)),
        ]
        if event.kind == .helperEnded {
            fields.append(Field(name: "helper", value: .text(event.role.processName)))
            self = .object(fields)
            return
        }
        fields.append(Field(name: "worker", value: .text(event.name)))
        if event.instance > 0 {
            fields.append(Field(name: "instance", value: .number(event.instance)))
        }
        switch event.kind {
        case .defined: fields.append(Field(name: "instances", value: .number(event.instances)))
        case .started: fields.append(Field(name: "pid", value: .number(event.pid)))
        case .exited, .oom, .stopped, .rollStopped:
            fields.append(Field(name: "exit", value: JSON(event.report)))
        case .failed:
            fields.append(Field(name: "exit", value: JSON(event.report)))
            fields.append(
                Field(name: "restarts_used_up", value: .truth(event.hasUsedUpRestarts)))
        case .restarted:
            fields.append(Field(name: "cause", value: .text(event.cause.word)))
            if event.cause == .watch {
                fields.append(Field(name: "file", value: .text(event.about)))
            } else if event.cause != .person {
                fields.append(Field(name: "attempt", value: .number(event.attempt)))
            }
        case .renamed: fields.append(Field(name: "new_name", value: .text(event.about)))
        case .updated: fields.append(Field(name: "settings", value: .words(event.about)))
        case .held, .startedWithout:
            fields.append(Field(name: "depends_on", value: .words(event.about)))
        case .removed, .helperEnded: break
        }
        self = .object(fields)
    }
}

extension JSON {
    /// A list, as the daemon writes it.
    fileprivate static func words(_ text: String) -> JSON {
        .texts(text.split(separator: ",").map { String($0.drop { $0 == " " }) })
    }
}

extension Happening.Kind {
    /// The word for it in JSON.
    var word: String {
        switch self {
        case .defined: "defined"
        case .removed: "removed"
        case .started: "started"
        case .exited: "exited"
        case .oom: "oom"
        case .restarted: "restarted"
        case .failed: "failed"
        case .stopped: "stopped"
        case .helperEnded: "helper_ended"
        case .renamed: "renamed"
        case .updated: "updated"
        case .held: "held"
        case .startedWithout: "started_without"
        case .rollStopped: "roll_stopped"
        }
    }
}

extension Happening.Cause {
    var word: String {
        switch self {
        case .none: "none"
        case .success: "success"
        case .error: "error"
        case .person: "person"
        case .watch: "watch"
        }
    }
}
