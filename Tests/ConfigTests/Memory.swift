// Configuration files that exist in memory alone, and short forms of what was read from them.

import Settings

@testable import Config

struct MemoryFiles: ConfigFiles {
    var files: [String: [UInt8]]
    /// Paths that may not be read, nor listed.
    var refused: Set<String> = []

    init(_ files: [String: String]) { self.files = files.mapValues { Array($0.utf8) } }

    func read(_ path: String) throws(ConfigFileProblem) -> [UInt8] {
        if refused.contains(path) {
            throw ConfigFileProblem(.refused, "cannot read \(path)", now: "ask")
        }
        guard let bytes = files[path] else {
            throw ConfigFileProblem(.missing, "\(path) does not exist", now: "look")
        }
        return bytes
    }

    func list(_ folder: String) throws(ConfigFileProblem) -> [String] {
        if refused.contains(folder) {
            throw ConfigFileProblem(.refused, "cannot list \(folder)", now: "ask")
        }
        let start = folder == "/" ? folder : folder + "/"
        let names = Set(
            files.keys.filter { $0.hasPrefix(start) }.compactMap {
                $0.dropFirst(start.count).split(separator: "/").first.map(String.init)
            })
        if names.isEmpty {
            throw ConfigFileProblem(.missing, "\(folder) does not exist", now: "look")
        }
        // As a kernel gives them: in any order.
        return names.sorted().reversed()
    }
}

func tree(of text: String) -> ConfigTree { tree(of: ["/etc/a.conf": text]) }

func tree(of files: [String: String]) -> ConfigTree {
    ConfigTree.read("/etc/a.conf", from: MemoryFiles(files))
}

/// `key[value|value]` and `key(label){ … }`, in one line.
func short(_ statements: [Statement]) -> String {
    statements.map { statement in
        let words = statement.words.map(\.text).joined(separator: "|")
        guard let block = statement.block else { return "\(statement.key)[\(words)]" }
        return "\(statement.key)(\(words)){\(short(block.statements))}"
    }.joined(separator: " ")
}

/// `line:column text` of each message; warnings begin with `~`.
func messages(_ tree: ConfigTree) -> [String] {
    tree.findings.told(of: "/etc/a.conf").map { message in
        let mark = message.level == .warning ? "~" : ""
        return "\(mark)\(message.line):\(message.column) \(message.text)"
    }
}
