// Which files count: three ways to look at a path, and what is ignored wins.

import Patterns
import Testing

@Suite struct FileRulesTests {
    private func rules(_ wanted: [String], _ ignored: [String] = []) -> FileRules {
        FileRules(wanted: wanted, ignored: ignored, folder: "/srv/api")
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func aFileIsSeenFromTheRootAndFromTheFolder() {
        #expect(rules(["src/*"]).wantsFile(bytes("/srv/api/src/app.js")))
        #expect(rules(["./src/*"]).wantsFile(bytes("/srv/api/src/app.js")))
        #expect(rules(["/srv/api/src/*"]).wantsFile(bytes("/srv/api/src/app.js")))
        #expect(!rules(["src/*"]).wantsFile(bytes("/srv/api/lib/src/app.js")))
        #expect(!rules(["src/*"]).wantsFile(bytes("/srv/apix/src/app.js")))
        #expect(rules(["*.js"]).wantsFile(bytes("/srv/api/a/b/c.js")))
    }

    @Test func aWholeNameIsAFilesName() {
        let rules = rules(["config.json", "src/main.py"])
        #expect(rules.wantsFile(bytes("/srv/api/config.json")))
        #expect(rules.wantsFile(bytes("/srv/api/deep/config.json")))
        #expect(!rules.wantsFile(bytes("/srv/api/xconfig.json")))
        #expect(rules.wantsFile(bytes("/srv/api/src/main.py")))
        #expect(!rules.wantsFile(bytes("/srv/api/x/src/main.py")))
    }

    @Test func whatIsIgnoredNeverCounts() {
        let rules = rules(["*.go"], ["*_generated.go", "*vendor*"])
        #expect(rules.wantsFile(bytes("/srv/api/main.go")))
        #expect(!rules.wantsFile(bytes("/srv/api/a_generated.go")))
        #expect(!rules.wantsFile(bytes("/srv/api/vendor/x.go")))
    }

    @Test func foldersAreIgnoredByAnyWayToNameThem() {
        for pattern in ["*node_modules*", "node_modules", "*node_modules/*", "node_modules/*"] {
            let rules = rules(["*"], [pattern])
            #expect(rules.ignoresFolder(bytes("/srv/api/node_modules")), "\(pattern)")
            #expect(!rules.ignoresFolder(bytes("/srv/api/node")), "\(pattern)")
        }
        #expect(rules(["*"], ["node_modules/"]).ignoresFolder(bytes("/srv/api/node_modules")))
        #expect(rules(["*"], ["*.git"]).ignoresFolder(bytes("/srv/api/.git")))
        #expect(!rules(["*"], ["node_modules/*"]).ignoresFolder(bytes("/srv/api/a/node_modules")))
        #expect(rules(["*"], ["*api*"]).ignoresFolder(bytes("/srv/api")))
    }

    @Test func nothingIsWantedWithoutPatterns() {
        #expect(!rules([]).wantsFile(bytes("/srv/api/a")))
        #expect(!rules(["*"], ["*"]).wantsFile(bytes("/srv/api/a")))
    }

    @Test func pathsAreShownBelowTheFolder() {
        #expect(rules([]).shown(bytes("/srv/api/src/a")).elementsEqual(bytes("src/a")))
        #expect(rules([]).shown(bytes("/srv/other")).elementsEqual(bytes("/srv/other")))
        let all = FileRules(wanted: ["a"], ignored: [], folder: "/")
        #expect(all.shown(bytes("/a")).elementsEqual(bytes("a")) && all.wantsFile(bytes("/a")))
    }
}
