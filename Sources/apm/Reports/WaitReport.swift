// How a wait for a worker has ended.

import Control
import Settings

struct WaitReport {
    let selection: Selection
    let session: Session

    func show(
        _ outcome: Outcome, _ connection: ControlConnection
    ) throws(Failure) -> ExitValue {
        switch outcome.result {
        case .done, .already, .begun:
            let isPart = selection.instance != 0
            let count = Count.of(outcome.instances, "instance")
            let name = Visible.text(selection.written)
            try session.console.print("\(name): \(isPart ? "running" : "\(count) running")\n")
            return .ok
        case .diedEarly, .finished, .overtaken, .rollStopped:
            let command = Command.info(Selection(name: selection.name))
            var info: WorkerInfo?
            if case .informed(let found)? = try? connection.ask(command).reply { info = found }
            var failure = Self.failure(selection, outcome, info)
            if connection.isLook, info != nil {
                let name = Visible.text(selection.name)
                failure.now = "who operates the daemon can start it; apm info \(name) shows more"
            }
            throw failure
        }
    }

    /// Why it does not run, and will not.
    static func failure(
        _ selection: Selection, _ outcome: Outcome, _ info: WorkerInfo?
    ) -> Failure {
        let name = Visible.text(selection.written)
        let worker = Visible.text(selection.name)
        guard let info else {
            return Failure("\(name) was removed meanwhile", now: "apm list shows what there is")
        }
        guard outcome.result != .overtaken else {
            let isStopping = info.instances.contains { $0.state == .stopping }
            return Failure(
                "\(name) is \(isStopping ? "being " : "")stopped, and nothing starts it by itself",
                now: "apm start \(name); with --timeout, wait goes on until somebody has done so")
        }
        let report = outcome.report
        let isOneOfMany = selection.instance == 0 && info.instances.count > 1
        let subject = isOneOfMany ? "\(worker)#\(report.instance)" : name
        let verb = report.cause == .notStarted ? "was not started: " : ""
        let next =
            outcome.result == .finished
            ? "apm start \(name) runs it again; apm log \(name) shows what it said"
            : "apm log \(name) shows what it said; when it is put right: apm start \(name)"
        return Failure(
            "\(subject) \(verb)\(report.sentence(info.settings)), and nothing restarts it",
            now: next)
    }
}
