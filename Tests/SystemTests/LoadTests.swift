// load and unload with real daemons and files: what is started, what is refused and how it is told.

import Glibc
import Testing

extension SystemTests {
    @Suite struct LoadTests {
        @Test func aFileIsLoadedOnceAndUnloaded() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration(
                "app.conf", daemon.block("web"), daemon.block("api", "depends_on db;"),
                daemon.block("db"))
            let first = daemon.apm("load", path)
            #expect(first.status == 0, "\(first.errors)\(first.output)")
            #expect(first.output.contains("3 started"), "\(first.output)")
            #expect(daemon.listed.sorted() == ["api", "db", "web"])
            #expect(daemon.workers.count == 3)
            let pid = daemon.pid(of: "web")
            let again = daemon.apm("load", path)
            #expect(again.status == 0 && again.output.contains("3 already running"))
            #expect(daemon.pid(of: "web") == pid)
            let info = daemon.apm("info", "api").output
            #expect(info.contains("from \(path):5"), "\(info)")
            #expect(daemon.apm("list", "--json").output.contains("\"file\":\"\(path)\""))
            // What was stopped is started, with the settings that it has.
            daemon.apm("stop", "web")
            #expect(daemon.apm("load", path).output.contains("1 started, 2 already running"))
            daemon.run("other", probe: "sleep")
            let gone = daemon.apm("unload", path)
            #expect(gone.status == 0 && gone.output.contains("3 removed"), "\(gone.output)")
            #expect(daemon.listed == ["other"])
            BadInputTests.expectTwoLines(
                daemon.apm("unload", path), holding: "no worker is from")
            daemon.end()
        }

        @Test func pathsAreSeenFromTheFilesFolder() throws {
            let daemon = try TestDaemon()
            mkdir(daemon.home + "/conf", 0o755)
            let path = daemon.file("conf/a.conf", holding: daemon.block("a"))
            #expect(daemon.apm("load", path).status == 0)
            #expect(
                daemon.apm("info", "a", "--json").output.contains(
                    "\"path\":\"\(daemon.home)/conf\""))
            daemon.end()
        }

        @Test func aWrongWorkerIsRefusedAndTheOthersGoOn() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration(
                "app.conf", "worker bad { params x; }\n", daemon.block("good"))
            let load = daemon.apm("load", path)
            #expect(load.status == 1)
            #expect(load.errors.contains("\(path):1:"), "\(load.errors)")
            #expect(load.errors.contains("error: "), "\(load.errors)")
            #expect(load.output.contains("1 started, 1 refused"), "\(load.output)")
            #expect(daemon.listed == ["good"])
            daemon.end()
        }

        @Test func aFileThatIsNotUnderstoodStartsNothing() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration("app.conf", daemon.block("a"), "worker b { exec 'x\n")
            let load = daemon.apm("load", path)
            #expect(load.status == 1 && load.errors.contains("\(path):"), "\(load.errors)")
            #expect(load.output.contains("a file was refused"), "\(load.output)")
            #expect(daemon.listed.isEmpty)
            daemon.end()
        }

        @Test func aProgramThatCannotBeExecutedIsTold() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration(
                "app.conf", "worker bad { exec /no/such/program; }\n", daemon.block("good"))
            let load = daemon.apm("load", path)
            #expect(load.status == 1 && load.errors.contains("bad was not started"))
            #expect(daemon.listed.sorted() == ["bad", "good"])
            daemon.end()
        }

        @Test func includesAreReadAndCirclesAreNamed() throws {
            let daemon = try TestDaemon()
            mkdir(daemon.home + "/d", 0o755)
            _ = daemon.file("d/one.conf", holding: daemon.block("one"))
            _ = daemon.file("d/two.conf", holding: daemon.block("two"))
            let path = daemon.configuration("main.conf", "include d/*.conf;\n")
            #expect(daemon.apm("load", path).output.contains("2 started"))
            let info = daemon.apm("info", "two").output
            #expect(info.contains("from \(daemon.home)/d/two.conf:1, loaded with \(path)"))
            // A file that is included can be unloaded alone.
            #expect(daemon.apm("unload", daemon.home + "/d/one.conf").status == 0)
            #expect(daemon.listed == ["two"])
            let circle = daemon.configuration("circle.conf", "include circle.conf;\n")
            let load = daemon.apm("load", circle)
            #expect(load.status == 1 && load.errors.contains("circle"), "\(load.errors)")
            daemon.end()
        }

        @Test func whatIsNoFileIsRefused() throws {
            let daemon = try TestDaemon()
            let fifo = daemon.home + "/fifo"
            mkfifo(fifo, 0o644)
            for path in [fifo, "/dev/zero", daemon.home, daemon.home + "/none.conf"] {
                let load = daemon.apm("load", path)
                #expect(load.status != 0 && !load.errors.isEmpty, "\(path): \(load.errors)")
                #expect(load.milliseconds < 5000, "\(path)")
            }
            let large = daemon.file("large.conf", holding: String(repeating: "#", count: 2 << 20))
            #expect(daemon.apm("load", large).errors.contains("more than"))
            let words = [["load"], ["load", "a", "b"], ["unload"], ["reload"], ["boot", "x"]]
            for word in words {
                let run = Program.run(
                    TestDaemon.executables + "/apm", word, environment: daemon.environment)
                #expect(run.status == 2, "\(word): \(run.errors)")
            }
            #expect(daemon.listed.isEmpty)
            daemon.end()
        }

        @Test func aThousandWorkersAreReloadedAtOnce() throws {
            let daemon = try TestDaemon()
            let blocks = (0..<1000).map { number in
                "worker w\(number) { exec /bin/true; startup_grace 0; }\n"
            }
            let path = daemon.configuration("many.conf", blocks.joined())
            let load = daemon.apm("load", path, seconds: 60)
            #expect(load.status == 0, "\(load.errors.prefix(400))")
            #expect(load.output.contains("1000 started"))
            let reload = daemon.apm("reload", path)
            #expect(reload.output.contains("1000 unchanged"), "\(reload.output.suffix(200))")
            print("a reload of 1,000 unchanged workers: \(reload.milliseconds) ms")
            #expect(daemon.apm("unload", path, seconds: 60).output.contains("1000 removed"))
            daemon.end()
        }

        @Test func aNewDaemonKnowsWhereItsWorkersAreFrom() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration("app.conf", daemon.block("a"))
            #expect(daemon.apm("load", path).status == 0)
            daemon.awaitState(path)
            kill(daemon.pid, SIGKILL)
            let dead = daemon.pid
            eventually("it is dead") { !ProcessTable.isAlive(dead) }
            try daemon.startAgain()
            eventually("it runs again") { daemon.pid(of: "a") != 0 }
            #expect(daemon.apm("info", "a").output.contains("from \(path):1"))
            let pid = daemon.pid(of: "a")
            #expect(daemon.apm("reload", path).output.contains("1 unchanged"))
            #expect(daemon.pid(of: "a") == pid)
            daemon.end()
        }
    }
}
