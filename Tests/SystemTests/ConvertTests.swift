// Ecosystem files through the real apm and the real node: what they may do meanwhile, with whose
// rights they do it, and where the result goes.

import Glibc
import Testing

extension SystemTests {
    @Suite struct ConvertTests {
        /// A folder of files, gone after the test; everybody may enter it.
        struct Place {
            let folder: String

            init() throws {
                var template = Array("/tmp/apm-convert.XXXXXX".utf8CString)
                try #require(mkdtemp(&template) != nil)
                folder = String(
                    decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
                chmod(folder, 0o755)
            }

            @discardableResult
            func file(_ name: String, _ text: String, mode: mode_t = 0o644) -> String {
                let path = folder + "/" + name
                let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
                _ = write(file, text, text.utf8.count)
                close(file)
                chmod(path, mode)
                return path
            }

            func read(_ name: String) -> String? { ProcessTable.read(folder + "/" + name) }

            func convert(
                _ words: [String], path: String = "/usr/local/bin:/usr/bin:/bin",
                seconds: Double = 30, uid: uid_t? = nil
            ) -> Finished {
                Program.run(
                    TestDaemon.executables + "/apm", ["convert"] + words,
                    environment: [
                        "PATH=\(path)", "HOME=\(folder)", "APM_HOME=\(folder)/home",
                        "SECRET=of-the-caller",
                    ], seconds: seconds, uid: uid)
            }

            func remove() {
                _ = Program.run("/bin/rm", ["-r", "--", folder], environment: ["PATH=/bin"])
            }
        }

        private func inPlace(_ body: (Place) throws -> Void) throws {
            let place = try Place()
            defer { place.remove() }
            try body(place)
            #expect(access(place.folder + "/home", F_OK) != 0, "a daemon was started")
        }

        private func expectTwoLines(
            _ finished: Finished, _ status: Int32, _ says: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let lines = finished.errors.split(separator: "\n")
            #expect(
                finished.status == status && lines.count == 2 && lines[0].hasPrefix("apm: ")
                    && lines[1].hasPrefix("  ") && finished.output.isEmpty,
                "\(finished)", sourceLocation: sourceLocation)
            for text in says {
                #expect(
                    finished.errors.contains(text), "\(text): \(finished)",
                    sourceLocation: sourceLocation)
            }
        }

        @Test func nodeIsThere() {
            #expect(
                Program.run("/usr/bin/env", ["node", "-v"], environment: ["PATH=/usr/bin:/bin"])
                    .status == 0, "install nodejs: scripts/prepare does")
        }

        @Test func everyKindOfFileIsConverted() throws {
            try inPlace { place in
                let app = "name: 'api', script: './server.js'"
                place.file("server.js", "")
                place.file("package.json", "{\"type\": \"commonjs\"}")
                let files = [
                    place.file("e.json", "{apps: [{\(app)}]} // end"),
                    place.file(
                        "e.config.js",
                        "console.log('noise'); module.exports = {apps: [{\(app)}]}"),
                    place.file("e.cjs", "exports.apps = [{\(app)}]"),
                    place.file("e.mjs", "export default {apps: [{\(app)}]}"),
                    place.file("named.mjs", "export const apps = [{\(app)}]"),
                    place.file("late.js", "module.exports = Promise.resolve([{\(app)}])"),
                ]
                for file in files {
                    let finished = place.convert([file])
                    #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished)")
                    #expect(
                        finished.output == """
                            # Converted by apm convert from \(file)

                            worker {
                                name         api;
                                exec         node;
                                params       ./server.js;
                                path         \(place.folder);
                                restart      true;
                                restart_err  true;
                                stop_signal  SIGINT;
                            }

                            """)
                }
                let procfile = place.convert([place.file("Procfile", "web: node server.js")])
                #expect(procfile.status == 0 && procfile.output.contains("name         web;"))
            }
        }

        struct Bad: Sendable, CustomStringConvertible {
            let name: String
            let text: String
            let says: [String]
            var status: Int32 = 1
            var description: String { name }
        }

        static let bad = [
            Bad(
                name: "throws.js", text: "\n\nthrow new Error('boom')",
                says: [
                    "throws.js:3: Error: boom"
                ]),
            Bad(name: "throws.mjs", text: "\nthrow null", says: ["throws.mjs: null"]),
            Bad(name: "syntax.js", text: "a = 1\nb = [ }", says: ["syntax.js:2: SyntaxError"]),
            Bad(name: "syntax.mjs", text: "export {", says: ["syntax.mjs: SyntaxError"]),
            Bad(name: "function.js", text: "module.exports = () => ({})", says: ["a function"]),
            Bad(name: "nothing.js", text: "module.exports = undefined", says: ["nothing"]),
            Bad(name: "text.js", text: "module.exports = 'x'", says: ["is a text"]),
            Bad(
                name: "module.js", text: "\nrequire('no-such-module')",
                says: [
                    "module.js:2: the module no-such-module is not there", "npm install",
                ]),
            Bad(
                name: "file.js", text: "require('./gone')",
                says: [
                    "file.js:1: the module ./gone", "put it there",
                ]),
            Bad(name: "exit.js", text: "process.exit(7)", says: ["process.exit(7)"]),
            Bad(name: "really.js", text: "process.reallyExit(7)", says: ["without an answer"]),
            Bad(name: "abort.js", text: "process.abort()", says: ["ended by signal 6"]),
            Bad(name: "waits.mjs", text: "await new Promise(() => {})", says: ["never comes"]),
            Bad(
                name: "circular.js",
                text: "const a = {script: 'a', env: {}}; a.env.self = a; module.exports = [a]",
                says: ["[0].env.self holds itself"]),
            Bad(
                name: "deep.js",
                text: "let a = {}; for (let i = 0; i < 99; i++) a = {a}; module.exports = [a]",
                says: ["levels deep"]),
            Bad(name: "many.js", text: "module.exports = new Array(1e9)", says: ["values"]),
            Bad(
                name: "large.js", text: "module.exports = [{script: 'x'.repeat(2e6)}]",
                says: ["larger than"]),
            Bad(
                name: "flood.js",
                text: "for (;;) require('fs').writeSync(3, 'x'.repeat(1e6))",
                says: ["larger than"]),
            Bad(
                name: "lies.js", text: "require('fs').writeSync(3, '{]')",
                says: ["cannot be read"]),
            Bad(
                name: "bad.json", text: "{apps: [\n{script: process.env.X}]}",
                says: [
                    "bad.json:2:10 holds JavaScript"
                ]),
            Bad(name: "e.yml", text: "apps:", says: ["none of .json"], status: 2),
            Bad(name: "Procfile", text: "web", says: ["Procfile: line 1"]),
        ]

        @Test(arguments: bad)
        func whatCannotBeConvertedIsTold(_ row: Bad) throws {
            try inPlace { place in
                let finished = place.convert([place.file(row.name, row.text)])
                expectTwoLines(finished, row.status)
                for text in row.says { #expect(finished.errors.contains(text), "\(finished)") }
                #expect(finished.milliseconds < 9_000, "\(finished)")
            }
        }

        @Test func whatHangsIsEndedWithAllThatItStarted() throws {
            try inPlace { place in
                let file = place.file(
                    "hang.js",
                    """
                    const child = require('child_process').spawn('sleep', ['1000']);
                    require('fs').writeFileSync(__dirname + '/pid', String(child.pid));
                    for (;;);
                    """)
                let finished = place.convert([file])
                expectTwoLines(finished, 124, "within 10 seconds")
                #expect(finished.milliseconds < 20_000)
                let child = try #require(place.read("pid").flatMap { pid_t($0) })
                eventually("its child is gone") { !ProcessTable.isAlive(child) }
            }
        }

        @Test func whatAFilePrintsIsNoAnswer() throws {
            try inPlace { place in
                let file = place.file(
                    "noise.js",
                    """
                    process.stdout.write('x'.repeat(1e7)); process.stderr.write('y'.repeat(1e7));
                    process.on('exit', () => { for (;;); });
                    require('child_process').spawn('sleep', ['1000'], {stdio: 'inherit'});
                    module.exports = [{script: 'a'}];
                    """)
                let finished = place.convert([file])
                #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished)")
                #expect(finished.output.contains("exec         a;"))
                #expect(finished.milliseconds < 9_000)
            }
        }

        @Test func theEnvironmentIsSmall() throws {
            try inPlace { place in
                let file = place.file(
                    "env.js",
                    """
                    const {SECRET, HOME} = process.env;
                    const all = Object.keys(process.env).sort().join();
                    const stdin = require('fs').readFileSync(0).length;
                    const env = {SECRET, HOME, all, stdin};
                    module.exports = [{script: 'a', cwd: process.cwd(), env}];
                    """)
                let finished = place.convert([file])
                #expect(finished.status == 0, "\(finished)")
                let says = [
                    "# WARN: not set when the file was evaluated, which asks for it: SECRET",
                    "# WARN: env.SECRET: was undefined here", "path         \(place.folder);",
                    "HOME=\(place.folder)", "\"all=HOME,PATH\"", "stdin=0",
                ]
                for text in says { #expect(finished.output.contains(text), "\(text): \(finished)") }
                #expect(!finished.output.contains("of-the-caller"))
            }
        }

        @Test func withoutNodeItIsTold() throws {
            try inPlace { place in
                let file = place.file("e.js", "module.exports = []")
                expectTwoLines(
                    place.convert([file], path: place.folder), 1, "no node in PATH", "install")
            }
        }

        @Test func theOutputIsWrittenWhole() throws {
            try inPlace { place in
                let file = place.file("e.json", "[{script: 'a', cron_restart: '* * * * *'}]")
                let output = place.folder + "/apm.conf"
                let first = place.convert([file, output])
                #expect(first.status == 0 && first.errors.isEmpty, "\(first)")
                #expect(first.output == "\(output): 1 worker; look at 1 # WARN: line\n")
                let text = place.read("apm.conf") ?? ""
                #expect(text == place.convert([file]).output)
                var entry = stat()
                #expect(stat(output, &entry) == 0 && entry.st_mode & 0o777 == 0o644)
                expectTwoLines(place.convert([file, output]), 1, "is there already", "--force")
                #expect(place.read("apm.conf") == text)
                place.file("e.json", "[{script: 'b'}]")
                #expect(place.convert([file, output, "--force"]).status == 0)
                #expect(place.read("apm.conf")?.contains("exec         b;") == true)
                expectTwoLines(
                    place.convert([file, place.folder]), 1, "is no plain file")
                expectTwoLines(
                    place.convert([file, place.folder + "/no/x"]), 1, "make its folder")
                symlink(output, place.folder + "/link")
                expectTwoLines(
                    place.convert([file, place.folder + "/link", "--force"]), 1, "no plain file")
                #expect(
                    ProcessTable.entries(place.folder).sorted() == ["apm.conf", "e.json", "link"])
            }
        }

        @Test func wrongFilesAreTold() throws {
            try inPlace { place in
                expectTwoLines(place.convert([place.folder + "/gone.json"]), 1, "No such file")
                mkdir(place.folder + "/folder.json", 0o755)
                expectTwoLines(place.convert([place.folder + "/folder.json"]), 1, "is no file")
                mkfifo(place.folder + "/fifo.js", 0o644)
                expectTwoLines(place.convert([place.folder + "/fifo.js"]), 1, "is no file")
                let large = String(repeating: " ", count: 1 << 20) + "[]"
                expectTwoLines(place.convert([place.file("l.json", large)]), 1, "larger than")
                let file = place.file("env.json", "[{script: 'a', env_x: {A: 1}}]")
                expectTwoLines(place.convert([file, "--env", "y"]), 2, "one of: x")
                #expect(place.convert([file, "--env", "x"]).output.contains("A=1"))
            }
        }
    }

    @Suite(.enabled(if: isRoot, "becoming another uid needs root"))
    struct ConvertRightsTests {
        private static let ann: uid_t = 61_001

        private static let tells = """
            const {execSync} = require('child_process');
            module.exports = [{script: 'a', env: {ID: `${process.getuid()}:${process.getgid()}:`
                + process.getgroups().join() + ':' + process.geteuid()}}];
            """

        private func inPlace(_ body: (ConvertTests.Place) throws -> Void) throws {
            let place = try ConvertTests.Place()
            defer { place.remove() }
            try body(place)
        }

        private func expectRefused(_ finished: Finished, _ says: String) {
            #expect(finished.status == 77 && finished.output.isEmpty, "\(finished)")
            #expect(finished.errors.contains(says), "\(finished)")
        }

        @Test func rootEvaluatesItsOwnFileAsRoot() throws {
            try inPlace { place in
                let finished = place.convert([place.file("e.js", Self.tells)])
                #expect(finished.output.contains("ID=0:0:"), "\(finished)")
            }
        }

        @Test func aFileOfAnotherUserRunsAsThatUser() throws {
            try inPlace { place in
                let file = place.file("e.js", Self.tells)
                chown(file, Self.ann, Self.ann)
                // Nobody's group for who has no account.
                #expect(place.convert([file]).output.contains("ID=61001:65534:65534:61001"))
                let account = try #require(getpwnam("nobody")).pointee
                chown(file, account.pw_uid, account.pw_gid)
                let finished = place.convert([file])
                let id = "ID=\(account.pw_uid):\(account.pw_gid):"
                #expect(finished.output.contains(id), "\(finished)")
                #expect(!finished.output.contains(":0"), "\(finished)")
            }
        }

        @Test func aFolderOfAnotherUserMakesItThatUsers() throws {
            try inPlace { place in
                let file = place.file("e.js", Self.tells)
                chown(place.folder, Self.ann, Self.ann)
                #expect(place.convert([file]).output.contains("ID=61001:65534:65534:61001"))
            }
        }

        @Test func whatSeveralCanChangeIsNotEvaluated() throws {
            try inPlace { place in
                let file = place.file("e.js", Self.tells, mode: 0o666)
                expectRefused(place.convert([file]), "chmod go-w \(file)")
                chmod(file, 0o644)
                chmod(place.folder, 0o777)
                expectRefused(place.convert([file]), "chmod go-w \(place.folder)")
                chmod(place.folder, 0o755)
                chown(file, Self.ann, Self.ann)
                chown(place.folder, 61_002, 61_002)
                expectRefused(place.convert([file]), "others than the owner")
                // Text is not evaluated, whoever wrote it.
                let json = place.file("e.json", "[{script: 'a'}]", mode: 0o666)
                #expect(place.convert([json]).status == 0)
            }
        }

        @Test func rootRunsNoNodeThatOthersCanChange() throws {
            try inPlace { place in
                let file = place.file("e.js", Self.tells)
                mkdir(place.folder + "/bin", 0o755)
                place.file("bin/node", "#!/bin/sh\n", mode: 0o755)
                chown(place.folder + "/bin", Self.ann, Self.ann)
                expectRefused(
                    place.convert([file], path: place.folder + "/bin:/usr/bin"), "node in PATH")
            }
        }

        @Test func othersEvaluateNoStrangersFile() throws {
            try inPlace { place in
                let file = place.file("e.js", Self.tells)
                #expect(place.convert([file], uid: Self.ann).output.contains("ID=61001:61001"))
                chown(file, 61_002, 61_002)
                expectRefused(place.convert([file], uid: Self.ann), "belongs to uid 61002")
                chown(file, Self.ann, Self.ann)
                chmod(file, 0o666)
                expectRefused(place.convert([file], uid: Self.ann), "everybody can write")
            }
        }
    }
}
