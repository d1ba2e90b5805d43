// The house rules, held against every file of the repository.

import FoundationEssentials
import Testing

@Suite struct SizeTests {
    @Test func theTreeWasFound() {
        #expect(Tree.paths.contains("Package.swift"))
        #expect(Tree.sources.count > 20)
    }

    @Test func noFileOfCodeHasMoreThan600Lines() {
        for file in Tree.code {
            #expect(file.lines.count <= 601, "\(file.path)")
        }
        let smells = Tree.code.filter { $0.lines.count > 401 }
        for file in smells { print("more than 400 lines: \(file.path)") }
    }

    @Test func noFunctionHasMoreThan70Lines() {
        for file in Tree.code {
            for span in Functions.spans(in: file) {
                #expect(span.length <= 70, "\(file.path):\(span.line)")
            }
        }
    }

    @Test func noLineOfCodeHasMoreThan100Columns() {
        for file in Tree.code {
            for (index, line) in file.lines.enumerated() where line.utf8.count > 100 {
                #expect(line.count <= 100, "\(file.path):\(index + 1)")
            }
        }
    }

    @Test func theReadmeHasAtMost120Lines() {
        #expect(Tree.read("README.md").components(separatedBy: "\n").count <= 121)
    }

    @Test func noFileIsLargerThanAMegabyte() {
        for path in Tree.paths { #expect(Tree.byteCount(of: path) <= 1_048_576, "\(path)") }
    }
}

@Suite struct WordTests {
    @Test func everySourceSaysFirstWhatItIs() {
        for file in Tree.code { #expect(file.text.hasPrefix("// "), "\(file.path)") }
    }

    @Test func noFileIsNamedAfterNothing() {
        let whole: Set = [
            "Utils", "Util", "Types", "Helpers", "Common", "Misc", "Constants", "Extensions",
        ]
        let endings = ["Manager", "Util", "Utils", "Service", "Impl", "Base"]
        for file in Tree.code {
            let stem = String(file.name.prefix { $0 != "." })
            #expect(!whole.contains(stem), "\(file.path)")
            #expect(!endings.contains { stem.hasSuffix($0) }, "\(file.path)")
        }
    }

    /// What each import or construct costs, or hides, stands in the architecture document.
    @Test func sourcesUseNothingBanned() {
        let banned = [
            "import Foundation", "import Dispatch", "import NIO", "try!", "fatalError(",
            "@unchecked Sendable {}", "unowned(unsafe)",
        ]
        for file in Tree.sources where file.isSwift {
            for (index, line) in file.lines.enumerated() {
                let code = String(line.drop { $0 == " " })
                if code.hasPrefix("//") { continue }
                for word in banned where isUsed(word, in: code, of: file) {
                    Issue.record("\(word) in \(file.path):\(index + 1)")
                }
            }
        }
    }

    private func isUsed(_ word: String, in code: String, of file: SourceFile) -> Bool {
        guard code.contains(word) else { return false }
        if word != "import Foundation" { return true }
        // The command line alone may take the small half, for JSON.
        return
            !(code.hasSuffix("import FoundationEssentials") && file.path.hasPrefix("Sources/apm/"))
    }

    @Test func nothingWasLeftForLater() {
        // Put together here, so that this file does not hold them.
        let markers = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        for path in Tree.paths where !path.hasSuffix(".json") {
            let text = Tree.read(path)
            for marker in markers where text.contains(marker) {
                for (index, line) in text.components(separatedBy: "\n").enumerated()
                where line.split(whereSeparator: { !$0.isLetter }).contains(Substring(marker)) {
                    Issue.record("\(marker) in \(path):\(index + 1)")
                }
            }
        }
    }
}

@Suite struct ReachTests {
    /// A folder of code that Package.swift does not name is never built.
    @Test func everySourceBelongsToATarget() {
        let package = Tree.read("Package.swift")
        for file in Tree.sources {
            let parts = file.path.split(separator: "/")
            let target = parts[1] == "Shared" ? parts[2] : parts[1]
            #expect(package.contains("\"\(target)\""), "\(file.path)")
        }
    }

    /// Something that a file declares is used in another one; else the file is dead.
    @Test func everySourceIsUsedByAnother() {
        let words = Tree.sources.map { Set(Self.words(of: $0.text)) }
        var holders: [Substring: Int] = [:]
        for set in words { for word in set { holders[word, default: 0] += 1 } }
        for file in Tree.sources where file.name != "main.swift" {
            let declared = Self.declarations(in: file)
            if declared.isEmpty { continue }
            #expect(declared.contains { holders[$0, default: 0] > 1 }, "\(file.path) is dead")
        }
    }

    private static func words(of text: String) -> [Substring] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }

    private static func declarations(in file: SourceFile) -> Set<Substring> {
        let keywords: Set<Substring> = ["struct", "enum", "class", "protocol", "func", "extension"]
        var declared: Set<Substring> = []
        for line in file.lines {
            let words = words(of: line)
            for (keyword, name) in zip(words, words.dropFirst()) {
                if keywords.contains(keyword) { declared.insert(name) }
            }
            if file.isC { declared.formUnion(words.filter { $0.hasPrefix("apm_") }) }
        }
        return declared
    }
}

/// The rules' own instruments.
@Suite struct InstrumentTests {
    @Test func functionsAreMeasured() {
        let swift = SourceFile(
            path: "a.swift",
            text: "struct A {\n    public mutating func b(\n        c: Int\n    ) {\n    }\n}\n")
        #expect(Functions.spans(in: swift) == [FunctionSpan(line: 2, length: 4)])
        let c = SourceFile(path: "a.c", text: "int a;\nstatic int b(\n    int c) {\n    d();\n}\n")
        #expect(Functions.spans(in: c) == [FunctionSpan(line: 2, length: 4)])
    }
}
