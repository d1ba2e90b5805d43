// reload: what has not changed goes on, the rest comes to where the file has it.

import Glibc
import Testing

extension SystemTests {
    @Suite struct ReloadTests {
        /// Two workers, loaded.
        private func loaded(_ daemon: TestDaemon) -> String {
            let path = daemon.configuration("app.conf", daemon.block("a"), daemon.block("b"))
            #expect(daemon.apm("load", path).status == 0)
            return path
        }

        @Test func theDifferenceIsCarriedOut() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon)
            let (a, b) = (daemon.pid(of: "a"), daemon.pid(of: "b"))
            daemon.configuration(
                "app.conf", daemon.block("c"), daemon.block("a"),
                daemon.block("b", "env NEW=1;"))
            let reload = daemon.apm("reload", path)
            #expect(reload.status == 0, "\(reload.errors)")
            #expect(reload.output.contains("1 started, 1 updated, 1 unchanged"))
            #expect(daemon.pid(of: "a") == a && daemon.pid(of: "b") != b)
            #expect(ProcessTable.carrying("NEW=1").count == 1)
            daemon.configuration("app.conf", daemon.block("a"))
            #expect(daemon.apm("reload", path).output.contains("2 removed"))
            #expect(daemon.listed == ["a"] && daemon.pid(of: "a") == a)
            daemon.end()
        }

        /// What a person has stopped stays so.
        @Test func whatHasFailedIsTriedAgainWithOtherSettings() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon)
            kill(daemon.pid(of: "a"), SIGKILL)
            eventually("a has failed") { daemon.apm("list").output.contains("errored") }
            #expect(daemon.apm("stop", "b").status == 0)
            #expect(daemon.apm("reload", path).output.contains("2 unchanged"))
            #expect(daemon.apm("list").output.contains("errored"))
            daemon.configuration(
                "app.conf", daemon.block("a", "env NEW=1;"), daemon.block("b", "env NEW=1;"))
            let reload = daemon.apm("reload", path)
            #expect(reload.status == 0, "\(reload.errors)")
            #expect(!daemon.apm("list").output.contains("errored"))
            #expect(ProcessTable.carrying("NEW=1").count == 1)
            #expect(daemon.apm("list").output.contains("stopped"))
            daemon.end()
        }

        @Test func whatARunningProcessCanHaveItGets() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon)
            let a = daemon.pid(of: "a")
            daemon.configuration(
                "app.conf", daemon.block("a", "kill_timeout 77; log_time_format %T; prefix x;"),
                daemon.block("b"))
            let reload = daemon.apm("reload", path)
            #expect(reload.output.contains("a: updated: kill_timeout"), "\(reload.output)")
            #expect(daemon.pid(of: "a") == a)
            #expect(daemon.apm("info", "a", "--json").output.contains("\"kill_timeout\":77"))
            // What is gone from the file has its default again.
            daemon.configuration("app.conf", daemon.block("a"), daemon.block("b"))
            #expect(daemon.apm("reload", path).status == 0)
            let info = daemon.apm("info", "a", "--json").output
            #expect(info.contains("\"kill_timeout\":2000") && info.contains("\"prefix\":null"))
            #expect(info.contains("%Y-%m-%d"), "\(info)")
            #expect(daemon.pid(of: "a") == a)
            daemon.end()
        }

        @Test func oneWorkerIsReloadedByItsName() throws {
            let daemon = try TestDaemon()
            _ = loaded(daemon)
            let (a, b) = (daemon.pid(of: "a"), daemon.pid(of: "b"))
            daemon.configuration(
                "app.conf", daemon.block("a", "env A=1;"), daemon.block("b", "env B=1;"),
                daemon.block("c"))
            let reload = daemon.apm("reload", "a")
            #expect(reload.status == 0 && reload.output.contains("1 updated"), "\(reload.output)")
            #expect(daemon.pid(of: "a") != a && daemon.pid(of: "b") == b)
            #expect(daemon.listed.sorted() == ["a", "b"])
            daemon.configuration("app.conf", daemon.block("a"))
            BadInputTests.expectTwoLines(
                daemon.apm("reload", "b"), holding: "does not define b any more")
            #expect(daemon.pid(of: "b") == b)
            BadInputTests.expectTwoLines(daemon.apm("reload", "x"), holding: "no worker is called")
            daemon.run("byhand", probe: "sleep")
            BadInputTests.expectTwoLines(
                daemon.apm("reload", "byhand"), holding: "not loaded from a file")
            daemon.end()
        }

        @Test func aDryRunChangesNothing() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon)
            let before = daemon.workers.sorted()
            daemon.configuration(
                "app.conf", daemon.block("a", "env A=1;"), daemon.block("c"))
            let dry = daemon.apm("reload", path, "--dry-run")
            #expect(dry.status == 0, "\(dry.errors)")
            for line in ["~ a: env (restart)", "+ c", "- b", "nothing was changed"] {
                #expect(dry.output.contains(line), "\(dry.output)")
            }
            #expect(daemon.workers.sorted() == before && daemon.listed == ["a", "b"])
            daemon.end()
        }

        @Test func forceRestartsWhatHasNotChanged() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon)
            daemon.apm("stop", "b")
            let a = daemon.pid(of: "a")
            #expect(daemon.apm("reload", path).output.contains("2 unchanged"))
            #expect(daemon.pid(of: "a") == a)
            let forced = daemon.apm("reload", path, "--force")
            #expect(forced.output.contains("1 restarted, 1 unchanged"), "\(forced.output)")
            #expect(daemon.pid(of: "a") != a && daemon.pid(of: "b") == 0)
            daemon.end()
        }

        @Test func aFileThatIsNotUnderstoodChangesNothing() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon)
            let before = daemon.workers.sorted()
            daemon.configuration("app.conf", daemon.block("a", "env A=1;"), "worker b {\n")
            let reload = daemon.apm("reload", path)
            #expect(reload.status == 1 && reload.errors.contains("\(path):"), "\(reload.errors)")
            #expect(daemon.workers.sorted() == before)
            // One that is wrong goes on as it was, the others change.
            daemon.configuration("app.conf", daemon.block("a", "env A=1;"), "worker b { }\n")
            let partly = daemon.apm("reload", path)
            #expect(partly.status == 1, "\(partly.output)")
            #expect(partly.output.contains("1 updated, 1 refused"), "\(partly.output)")
            #expect(ProcessTable.carrying("A=1").count == 1)
            #expect(daemon.listed == ["a", "b"] && daemon.pid(of: "b") != 0)
            unlink(path)
            BadInputTests.expectTwoLines(daemon.apm("reload", path), holding: "cannot be read")
            #expect(daemon.listed == ["a", "b"])
            daemon.end()
        }

        @Test func aNameOfSomebodyElsesIsRefused() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon)
            daemon.run("byhand", probe: "sleep")
            let pid = daemon.pid(of: "byhand")
            daemon.configuration(
                "app.conf", daemon.block("a"), daemon.block("b"), daemon.block("byhand"))
            let reload = daemon.apm("reload", path)
            #expect(reload.status == 1 && reload.errors.contains("called byhand already"))
            #expect(daemon.pid(of: "byhand") == pid)
            daemon.end()
        }
    }
}
