// Has the local node evaluate an ecosystem file that is a program, with the rights of who owns it.

import Glibc
import Posix

enum NodeEvaluation {
    /// What of the caller's environment the file may see.
    private static let inherited = ["HOME", "USER", "LOGNAME", "LANG", "TZ", "NODE_PATH"]
    private static let usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    struct Outcome: Equatable {
        var value: PlainValue
        /// Variables that the file looked for and did not find.
        var asked: [String] = []
    }

    static func evaluate(
        _ file: borrowing EcosystemFile, _ surroundings: Surroundings
    ) throws(Failure) -> Outcome {
        let uid = try file.evaluator(for: surroundings.uid)
        var run = BoundedRun(
            program: "node", arguments: ["node", "--no-warnings", "-e", NodeScript.text, file.path])
        run.search = surroundings.filled("PATH") ?? usualPath
        run.folder = file.folder
        run.isRootsAlone = surroundings.uid == 0 && uid == 0
        if uid == surroundings.uid {
            run.environment = ["PATH=\(run.search)"]
            for name in inherited {
                guard let value = surroundings.variable(name) else { continue }
                run.environment.append("\(name)=\(value)")
            }
        } else {
            let account = try Account.find(uid)
            run.account = account
            run.environment = [
                "PATH=\(usualPath)", "HOME=\(account.home.isEmpty ? "/" : account.home)",
                "USER=\(account.name)", "LOGNAME=\(account.name)",
            ]
        }
        let finished: BoundedRun.Finished
        do throws(SystemError) {
            finished = try run.finish(answeringOn: .three)
        } catch {
            throw notStarted(error, file.shown, file.folder)
        }
        return try outcome(of: finished, shown: file.shown, folder: file.folder)
    }

    private static func notStarted(
        _ error: SystemError, _ shown: String, _ folder: String
    ) -> Failure {
        let words = ErrorText.of(error.code)
        switch (error.operation, error.code) {
        case ("execute", ENOENT):
            return Failure(
                "\(shown) is a program for node, and there is no node in PATH",
                now: "install Node.js, or convert on a machine that has it")
        case ("execute", EPERM):
            return Failure(
                "others than root could change the node in PATH, so root does not run it",
                now: "convert it as its owner, or set PATH to a node of root's", .notPermitted)
        case ("path", _):
            return Failure(
                "\(Visible.text(folder)) cannot be entered by the owner of \(shown): \(words)",
                now: "let the owner of the file enter its folder")
        case ("identity", _):
            return Failure(
                "node cannot be run as the owner of \(shown): \(words)",
                now: "convert it as its owner", .notPermitted)
        default:
            return Failure(
                "node cannot be run: \(error.text)", now: "try it alone: node --version")
        }
    }

    /// The answer of the script, which is believed no more than the file.
    static func outcome(
        of finished: BoundedRun.Finished, shown: String, folder: String
    ) throws(Failure) -> Outcome {
        switch finished.end {
        case .late:
            let seconds = ConvertLimits.nodeNanoseconds / 1_000_000_000
            throw Failure(
                "\(shown) was not evaluated within \(seconds) seconds",
                now: "it must export its apps without waiting for anything", .timedOut)
        case .flood: throw tooLarge(shown)
        case .signal(let number):
            throw Failure(
                "node was ended by signal \(number) while it evaluated \(shown)",
                now: "try it alone: node \(shown)")
        case .code: break
        }
        guard !finished.answer.isEmpty else {
            throw Failure(
                "node ended without an answer while it evaluated \(shown)",
                now: "try it alone: node \(shown)")
        }
        guard let answer = try? JSONReader.read(finished.answer).value else {
            throw Failure(
                "node's answer for \(shown) cannot be read",
                now: "write the apps as plain values, or as JSON")
        }
        guard case .text(let failure)? = answer.field("failure") else {
            return Outcome(
                value: restored(answer.field("value") ?? .undefined), asked: asked(answer))
        }
        throw explained(failure, Details(answer, shown: shown, folder: folder))
    }

    private static func asked(_ answer: PlainValue) -> [String] {
        guard case .list(let names)? = answer.field("asked") else { return [] }
        return names.prefix(ConvertLimits.listed).compactMap { name in
            name.plainText.map { Visible.text(String($0.prefix(64))) }
        }
    }

    /// What JSON has no word for is marked.
    private static func restored(_ value: PlainValue) -> PlainValue {
        switch value {
        case .list(let values): return .list(values.map(restored))
        case .object(let fields):
            if fields.count == 1, fields[0].name == NodeScript.oddKey,
                case .text(let words) = fields[0].value
            {
                return .odd(Visible.text(String(words.prefix(64))))
            }
            return .object(fields.map { .init(name: $0.name, value: restored($0.value)) })
        default: return value
        }
    }

    /// What the answer tells of a failure.
    private struct Details {
        let shown: String
        let folder: String
        private let answer: PlainValue

        init(_ answer: PlainValue, shown: String, folder: String) {
            self.answer = answer
            self.shown = shown
            self.folder = Visible.text(folder)
        }

        func text(_ name: String) -> String {
            Visible.text(String((answer.field(name)?.plainText ?? "").prefix(400)))
        }

        /// `/a/b.js:7`, or the file alone.
        var place: String {
            let (file, line) = (text("file"), text("line"))
            return file.isEmpty || line.isEmpty ? shown : "\(file):\(line)"
        }
    }

    private static func tooLarge(_ shown: String) -> Failure {
        Failure(
            "what \(shown) exports is larger than \(ConvertLimits.fileBytes) bytes",
            now: "divide it into several files")
    }

    private static func explained(_ failure: String, _ details: Details) -> Failure {
        let shown = details.shown
        switch failure {
        case "thrown":
            let name = details.text("name")
            let said = (name.isEmpty ? "" : name + ": ") + details.text("message")
            return Failure("\(details.place): \(said)", now: "try it alone: node \(shown)")
        case "missing":
            let module = details.text("module")
            let isFile = module.hasPrefix(".") || module.hasPrefix("/")
            return Failure(
                "\(details.place): the module \(module) is not there",
                now: isFile
                    ? "put it there, then repeat the command"
                    : "install what the file needs: cd \(details.folder) && npm install")
        case "exit":
            return Failure(
                "\(shown) called process.exit(\(details.text("code"))) before it had exported its "
                    + "apps",
                now: "take that call out, then repeat the command")
        case "pending":
            return Failure(
                "\(shown) waits for something that never comes",
                now: "it must export its apps without waiting for anything")
        case "function":
            return Failure(
                "\(shown) exports a function", now: "export the object: { apps: [ … ] }")
        case "nothing":
            return Failure(
                "\(shown) exports nothing", now: "begin it with: module.exports = { apps: [ … ] }")
        case "circular":
            return Failure(
                "\(shown): \(details.text("path")) holds itself", now: "write it as plain values")
        case "deep":
            return Failure(
                "\(shown): \(details.text("path")) is too many levels deep",
                now: "write it as plain values")
        case "many":
            return Failure(
                "\(shown) exports more than \(ConvertLimits.values) values",
                now: "divide it into several files")
        case "large": return tooLarge(shown)
        default:
            return Failure(
                "node's answer for \(shown) cannot be read",
                now: "write the apps as plain values, or as JSON")
        }
    }
}
