// What an app executes: its script, by an interpreter or by itself, and the arguments.

import Settings

extension AppConversion {
    /// What PM2 runs files by, by the ends of their names.
    private static let interpreters = [
        "js": "node", "cjs": "node", "mjs": "node", "sh": "bash", "py": "python3", "rb": "ruby",
        "php": "php", "pl": "perl", "ts": "bun", "tsx": "bun", "coffee": "coffee", "ls": "lsc",
    ]

    mutating func convertProgram(_ what: String) throws(Failure) {
        let interpreter = fields.text("exec_interpreter") ?? ""
        let before = fields.texts("node_args") { ShellWords.split($0) }
        guard let script = fields.text("script"), !script.isEmpty, !script.utf8.contains(0) else {
            let name = fields.text("name").map { " (\(Visible.text($0)))" } ?? ""
            throw Failure(
                "\(what)\(name) has no script",
                now: "give it one, or take it out of the file, then repeat the command")
        }
        let after = fields.texts("args") { ShellWords.split($0) }
        let path = scenery.resolve(script, from: worker.settings.path)
        let kind = scenery.look(path)
        worker.settings.name = Self.stem(of: script)
        if kind == .missing, script.contains(" "), interpreter.isEmpty {
            setCommand(script, after)
        } else if interpreter == "none" {
            setProgram(script, path, kind)
            worker.settings.params = after
        } else if !interpreter.isEmpty {
            setInterpreter(interpreter)
            worker.settings.params = before + [script] + after
        } else {
            chooseProgram(script, path, kind, before, after)
        }
        if kind == .missing, script.contains("/") {
            fields.remark("script", "\(path) is not there")
        }
        checkArguments()
    }

    private static func stem(of script: String) -> String {
        let base = WorkerName.base(of: script)
        guard let dot = base.lastIndex(of: "."), dot != base.startIndex else { return base }
        return String(base[..<dot])
    }

    /// PM2 hands a script with blanks to a shell; that is needed for some alone.
    private mutating func setCommand(_ command: String, _ after: [String]) {
        let words = ShellWords.needsShell(command) ? [] : ShellWords.split(command) ?? []
        if let program = words.first {
            let path = scenery.resolve(program, from: worker.settings.path)
            worker.settings.name = Self.stem(of: program)
            setProgram(program, path, scenery.look(path))
            worker.settings.params = words.dropFirst() + after
        } else {
            worker.settings.exec = "bash"
            worker.settings.params = ["-c", command]
            worker.settings.name = Self.stem(of: String(command.prefix { $0 != " " }))
            if !after.isEmpty { fields.remark("args", "PM2 gives a script with blanks none") }
        }
    }

    /// A file is named by its whole path; any other word is looked up in PATH.
    private mutating func setProgram(_ script: String, _ path: String, _ kind: Scenery.Program) {
        worker.settings.exec = kind == .missing && !script.contains("/") ? script : path
    }

    private mutating func setInterpreter(_ interpreter: String) {
        if interpreter.hasPrefix("node@") {
            worker.settings.exec = "node"
            fields.remark(
                "interpreter", "\(interpreter) would be looked up by nvm; exec can name its path")
        } else {
            worker.settings.exec =
                interpreter.contains("/") || interpreter.hasPrefix("~")
                ? scenery.resolve(interpreter, from: worker.settings.path) : interpreter
        }
    }

    private mutating func chooseProgram(
        _ script: String, _ path: String, _ kind: Scenery.Program, _ before: [String],
        _ after: [String]
    ) {
        let base = WorkerName.base(of: script)
        let dot = base.lastIndex(of: ".")
        let ending = dot.map { String(base[base.index(after: $0)...]) } ?? ""
        if let interpreter = Self.interpreters[ending], dot != base.startIndex {
            worker.settings.exec = interpreter
            worker.settings.params = before + [script] + after
            if interpreter == "bun" || interpreter == "coffee" || interpreter == "lsc" {
                fields.remark("script", "PM2 takes \(interpreter), or a copy of its own, for it")
            }
        } else if kind == .executable || kind == .missing {
            setProgram(script, path, kind)
            worker.settings.params = after
            if !before.isEmpty { fields.remark("node_args", "no interpreter runs \(script)") }
            if base == "serve", kind == .missing {
                fields.remark("script", "PM2 has a file server of that name; this runs serve")
            }
        } else {
            worker.settings.exec = "node"
            worker.settings.params = before + [script] + after
            fields.remark("script", "\(script) does not say what runs it; node was taken")
        }
    }

    /// NUL bytes cannot be passed on.
    private mutating func checkArguments() {
        let fit = worker.settings.params.filter { !$0.utf8.contains(0) }
        guard fit.count < worker.settings.params.count else { return }
        worker.settings.params = fit
        fields.remark("args", "arguments with NUL bytes were left out")
    }
}
