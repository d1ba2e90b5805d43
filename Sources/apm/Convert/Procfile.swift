// A Procfile: `name: command`, one a line. A command that only a shell can carry out gets one.
// Pure, given the scenery.

import Settings

enum Procfile {
    static func convert(
        _ text: String, in scenery: Scenery
    ) throws(Failure) -> Conversion {
        var conversion = Conversion()
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let line = trimmed(line)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let colon = line.firstIndex(of: ":") else {
                throw problem(index, "is not NAME: COMMAND")
            }
            let name = trimmed(line[..<colon])
            let command = trimmed(line[line.index(after: colon)...])
            guard !name.isEmpty, !command.isEmpty else {
                throw problem(index, "has no \(name.isEmpty ? "name" : "command")")
            }
            guard conversion.workers.count < ConvertLimits.apps else {
                throw problem(index, "is one more than \(ConvertLimits.apps) commands")
            }
            conversion.workers.append(worker(name, command, in: scenery))
        }
        guard !conversion.workers.isEmpty else {
            throw Failure("it holds no command", now: "its lines are written as NAME: COMMAND")
        }
        try conversion.check()
        return conversion
    }

    private static func worker(
        _ name: String, _ command: String, in scenery: Scenery
    ) -> ConvertedWorker {
        var worker = ConvertedWorker()
        worker.settings.name = AppConversion.fit(name)
        if worker.settings.name != name {
            worker.warnings.append(
                "name: \(Visible.text(name)) is no name for a worker; "
                    + "\(worker.settings.name) was taken")
        }
        worker.settings.path = scenery.folder
        worker.settings.restart = true
        worker.settings.restartErr = true
        setCommand(command, of: &worker, in: scenery)
        if name == "release" {
            worker.warnings.append("release: it would be restarted like a service; run it by hand")
        }
        return worker
    }

    private static func setCommand(
        _ command: String, of worker: inout ConvertedWorker, in scenery: Scenery
    ) {
        var words = ShellWords.needsShell(command) ? [] : (ShellWords.split(command) ?? [])[...]
        var variables: [String] = []
        while let first = words.first, isAssignment(first) {
            variables.append(first)
            words.removeFirst()
        }
        guard let program = words.first, !program.isEmpty else {
            worker.settings.exec = "/bin/sh"
            worker.settings.params = ["-c", command]
            worker.warnings.append(
                "command: only a shell can carry it out; write exec before the program, so that "
                    + "signals reach it")
            return
        }
        worker.settings.env = variables
        worker.settings.exec =
            program.contains("/") ? scenery.resolve(program, from: scenery.folder) : program
        worker.settings.params = Array(words.dropFirst())
    }

    private static func isAssignment(_ word: String) -> Bool {
        guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
            return false
        }
        return word[..<equals].allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
        guard let end = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(text[start...end])
    }

    private static func problem(_ index: Int, _ text: String) -> Failure {
        Failure("line \(index + 1) \(text)", now: "its lines are written as NAME: COMMAND")
    }
}
