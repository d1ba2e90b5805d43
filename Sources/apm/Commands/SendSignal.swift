// SIGHUP, SIGUSR1, SIGRTMIN+3 …: a signal's name as a command. It does not go through the parser,
// which would need each name declared.

import Control
import Settings

enum SendSignal {
    static func act(
        _ name: String, words: [String], in session: Session
    ) throws(Failure) -> ExitValue {
        if words.contains("-h") || words.contains("--help") {
            try session.console.print(help(name))
            return .ok
        }
        if let flag = words.first(where: { $0.hasPrefix("-") && $0 != "--" }) {
            throw .usage(
                "\(name): unknown option \(Visible.text(flag))", now: "apm \(name) NAME, or NAME#2")
        }
        let reference = try session.worker(of: words.filter { $0 != "--" }, for: name)
        let selection = try WorkerReference.read(reference)
        guard let signal = SignalName.number(name) else { return .usage }
        let connection = try session.reach()
        let answer = try connection.askAbout(
            .signal(SignalCommand(selection: selection, signal: signal)))
        guard case .outcome(_, let outcome) = answer.reply else { return .failed }
        let reached =
            selection.instance == 0 ? " to \(Count.of(outcome.instances, "instance"))" : ""
        try session.console.print("\(Visible.text(selection.written)): \(name) sent\(reached)\n")
        return .ok
    }

    private static func help(_ name: String) -> String {
        """
        OVERVIEW: Send \(name) to the program of each instance, or of one.

        Exit code 3 when none of them runs. It is no stop: what the signal ends is restarted, or \
        not, as its settings say.

        USAGE: apm \(name) <name[#n]>

        """
    }
}
