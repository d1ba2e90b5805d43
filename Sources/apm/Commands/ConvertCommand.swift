// convert: PM2's ecosystem files as worker blocks. Needs no daemon and starts none.

import ArgumentParser

struct Convert: Act {
    static let configuration = CommandConfiguration(
        entry: "convert",
        discussion: """
            Takes .json, .js, .cjs, .mjs and Procfile. JavaScript is evaluated by the node in \
            PATH, within 10 seconds, with a small environment and the rights of the file's owner. \
            What has no counterpart stands over its block as # WARN:. Without an output file it \
            goes to standard output.
            """)

    @Option(help: ArgumentHelp("Take env_NAME over env.", valueName: "name"))
    var env: String?
    @Flag(help: "Replace an output file that is there.") var force = false
    @Argument(help: ArgumentHelp("The ecosystem file, and the file to write.", valueName: "file"))
    var files: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        guard let input = files.first, files.count <= 2 else {
            throw .usage(
                files.isEmpty
                    ? "convert needs an ecosystem file"
                    : "convert takes one file, and one to write to",
                now: "apm convert ecosystem.config.js apm.conf")
        }
        let file = try EcosystemFile.find(input, session.surroundings)
        let conversion = try convert(file, session)
        let text = ConversionText.of(conversion, from: file.path)
        guard files.count == 2 else {
            try session.console.print(text)
            return .ok
        }
        try OutputFile.write(text, to: files[1], replaces: force, session.surroundings)
        let workers = Count.of(conversion.workers.count, "worker")
        let remarks = conversion.workers.reduce(conversion.warnings.count) {
            $0 + $1.warnings.count
        }
        let look = remarks == 0 ? "" : "; look at \(Count.of(remarks, "# WARN: line"))"
        try session.console.print("\(Visible.text(files[1])): \(workers)\(look)\n")
        return .ok
    }

    private func convert(
        _ file: borrowing EcosystemFile, _ session: Session
    ) throws(Failure) -> Conversion {
        let scenery = Scenery(
            folder: file.folder, home: session.surroundings.filled("HOME"),
            processors: Scenery.processors, environment: env, look: Scenery.look)
        switch file.kind {
        case .procfile:
            let bytes = try file.read()
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure("\(file.shown) is not UTF-8", now: "save it as UTF-8")
            }
            return try naming(file) { () throws(Failure) in
                try Procfile.convert(text, in: scenery)
            }
        case .json:
            let document = try json(of: file)
            var conversion = try naming(file) { () throws(Failure) in
                try Ecosystem.convert(document.value, in: scenery)
            }
            conversion.warnings += document.repeated.map {
                "\($0) stands twice; the last one counts"
            }
            return conversion
        case .javaScript:
            let outcome = try NodeEvaluation.evaluate(file, session.surroundings)
            var conversion = try naming(file) { () throws(Failure) in
                try Ecosystem.convert(outcome.value, in: scenery)
            }
            if !outcome.asked.isEmpty {
                conversion.warnings.append(
                    "not set when the file was evaluated, which asks for it: "
                        + outcome.asked.joined(separator: ", "))
            }
            return conversion
        }
    }

    private func json(
        of file: borrowing EcosystemFile
    ) throws(Failure) -> JSONReader.Document {
        let bytes = try file.read()
        do throws(JSONReader.Problem) {
            return try JSONReader.read(bytes)
        } catch {
            throw Failure(
                "\(file.shown):\(error.line):\(error.column) \(error.text)", now: error.advice)
        }
    }

    /// The file's name before what is wrong in it.
    private func naming<Result>(
        _ file: borrowing EcosystemFile, _ convert: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        do throws(Failure) {
            return try convert()
        } catch {
            var named = error
            named.what = "\(file.shown): \(error.what)"
            throw named
        }
    }
}
