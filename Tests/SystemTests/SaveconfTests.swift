// saveconf with real daemons: what is written, what stays, that a reload then finds nothing to do,
// and what is not written.

import Glibc
import Testing

extension SystemTests {
    @Suite struct SaveconfTests {
        private func text(_ path: String) -> String { ProcessTable.read(path) ?? "" }

        @Test func updatesAreWrittenAndAReloadFindsNothingToDo() throws {
            let daemon = try TestDaemon()
            let inner = daemon.file(
                "inner.conf",
                holding: "# inner\r\n" + daemon.block("b").replacing("\n", with: "\r\n"))
            let before = """
                # The first line; é.
                daemon { auto_reload off; }   # kept

                worker a {
                    exec   \(TestDaemon.probe);   # the program
                    params sleep; startup_grace 50;
                    env \(daemon.marker);
                    // before the end
                }
                include inner.conf;

                """
            let path = daemon.configuration("app.conf", before + daemon.block("untouched"))
            chmod(path, 0o640)
            let innerBefore = text(inner)
            #expect(daemon.apm("load", path).status == 0)
            let quiet = daemon.apm("saveconf")
            #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet)")
            #expect(
                quiet.output == "\(path): nothing to change\n\(inner): nothing to change\n",
                "\(quiet.output)")
            let update = daemon.apm(
                "update", "a", "--instances", "2", "--env", daemon.marker, "--env", "X=a b")
            #expect(update.errors == "note: saved with: apm saveconf a\n", "\(update)")
            daemon.apm("update", "b", "--kill-timeout", "700")
            let pids = daemon.workers.sorted()
            let save = daemon.apm("saveconf")
            #expect(save.status == 0 && save.errors.isEmpty, "\(save)")
            #expect(
                text(path)
                    == before.replacing(
                        "    env \(daemon.marker);\n",
                        with: "    env \(daemon.marker);\n    env X=a b;\n    instances 2;\n")
                    + daemon.block("untouched")
                    || text(path)
                        == before.replacing(
                            "    env \(daemon.marker);\n",
                            with:
                                "    env \(daemon.marker);\n    instances 2;\n    env X=a b;\n")
                        + daemon.block("untouched"),
                "\(text(path))")
            #expect(text(inner).hasPrefix("# inner\r\nworker b {\r\n"))
            let lines = text(inner).split(separator: "\r\n").filter {
                !$0.contains("kill_timeout 700;")
            }
            #expect(lines == innerBefore.split(separator: "\r\n"), "\(text(inner))")
            var entry = stat()
            #expect(stat(path, &entry) == 0 && entry.st_mode & 0o7777 == 0o640)
            let reload = daemon.apm("reload", path)
            #expect(reload.output.contains("3 unchanged"), "\(reload)")
            #expect(daemon.workers.sorted() == pids)
            // Lines have moved, and the daemon knows.
            #expect(daemon.apm("info", "untouched").output.contains("from \(path):13"))
            #expect(ProcessTable.entries(daemon.home).allSatisfy { !$0.hasPrefix(".apm-") })
            daemon.end()
        }

        @Test func oneWorkerGetsAFileOfItsOwn() throws {
            let daemon = try TestDaemon()
            daemon.run("w", ["--kill-timeout", "900"], probe: "sleep")
            let pid = daemon.pid(of: "w")
            let left = daemon.apm("saveconf")
            BadInputTests.expectTwoLines(left, holding: "w")
            #expect(left.status == 1 && left.errors.contains("apm saveconf w FILE"))
            let path = daemon.home + "/w.conf"
            let save = daemon.apm("saveconf", "w", path)
            #expect(save.status == 0 && save.output == "\(path): saved w\n", "\(save)")
            var entry = stat()
            #expect(stat(path, &entry) == 0 && entry.st_mode & 0o7777 == 0o600)
            #expect(daemon.apm("info", "w").output.contains("from \(path):1"))
            #expect(daemon.apm("reload", path).output.contains("1 unchanged"))
            #expect(daemon.apm("reload", "w").output.contains("1 unchanged"))
            #expect(daemon.pid(of: "w") == pid)
            #expect(daemon.apm("saveconf").output == "\(path): nothing to change\n")
            // Into a file with others in it, whose bytes stay.
            let others = daemon.configuration("others.conf", "# first\n", daemon.block("x"))
            let before = text(others)
            #expect(daemon.apm("saveconf", "w", others).status == 0)
            #expect(text(others).hasPrefix(before + "\nworker {\n"), "\(text(others))")
            // A new daemon knows it.
            daemon.awaitState(others)
            kill(daemon.pid, SIGKILL)
            let dead = daemon.pid
            eventually("it is dead") { !ProcessTable.isAlive(dead) }
            try daemon.startAgain()
            eventually("it runs again") { daemon.pid(of: "w") != 0 }
            #expect(daemon.apm("info", "w").output.contains("from \(others):7"))
            daemon.end()
        }

        @Test func aRenamedWorkerKeepsItsBlock() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration("app.conf", daemon.block("a"), daemon.block("b"))
            let before = text(path)
            #expect(daemon.apm("load", path).status == 0)
            daemon.apm("rename", "a", "z")
            let save = daemon.apm("saveconf", "z")
            #expect(save.status == 0, "\(save)")
            #expect(text(path) == before.replacing("worker a {", with: "worker z {"))
            #expect(daemon.apm("reload", path).output.contains("2 unchanged"))
            // What the file has lost is told, the others are saved.
            daemon.configuration("app.conf", daemon.block("b"))
            daemon.apm("update", "b", "--kill-timeout", "800")
            let lost = daemon.apm("saveconf")
            #expect(lost.status == 1 && lost.errors.contains("does not define z any more"))
            #expect(text(path).contains("kill_timeout 800;"))
            daemon.end()
        }

        @Test func aTerminalIsAsked() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            daemon.run("v", probe: "sleep")
            let terminal = try Terminal(
                TestDaemon.executables + "/apm", ["saveconf"], environment: daemon.environment)
            terminal.expect("[\(daemon.home)/config.conf]: ")
            terminal.type("\n")
            terminal.expect("saved w")
            terminal.type("-\n")
            #expect(terminal.end() == 1)
            #expect(terminal.screen.contains("v is not saved"), "\(terminal.screen)")
            #expect(text(daemon.home + "/config.conf").contains("w;"))
            daemon.end()
        }

        @Test func whatCannotBeWrittenIsToldAndStays() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration("app.conf", daemon.block("a"))
            #expect(daemon.apm("load", path).status == 0)
            daemon.apm("update", "a", "--kill-timeout", "800")
            let before = text(path)
            // A second name of the file.
            link(path, daemon.home + "/second")
            BadInputTests.expectTwoLines(daemon.apm("saveconf", "a"), holding: "hard links")
            unlink(daemon.home + "/second")
            #expect(text(path) == before)
            let broken = daemon.file("app.conf", holding: before + "worker x {")
            BadInputTests.expectTwoLines(daemon.apm("saveconf", "a"), holding: "app.conf:")
            #expect(text(broken) == before + "worker x {")
            let fifo = daemon.home + "/fifo"
            mkfifo(fifo, 0o600)
            for target in [fifo, daemon.home, daemon.home + "/none/a.conf", "/dev/null"] {
                let save = daemon.apm("saveconf", "a", target)
                BadInputTests.expectTwoLines(save, holding: target)
                #expect(save.status != 0 && save.milliseconds < 2000)
            }
            _ = daemon.file("app.conf", holding: before)
            // A link is followed, and stays one.
            let link = daemon.home + "/link.conf"
            symlink(path, link)
            #expect(daemon.apm("saveconf", "a", link).status == 0)
            #expect(text(path).contains("kill_timeout 800;"))
            var entry = stat()
            #expect(lstat(link, &entry) == 0 && entry.st_mode & S_IFMT == S_IFLNK)
            daemon.end()
        }

        @Test func manyWorkersOfOneFileAreSavedAtOnce() throws {
            let daemon = try TestDaemon()
            let blocks = (0..<200).map { "worker w\($0) { exec /bin/true; startup_grace 0; }\n" }
            let path = daemon.configuration("many.conf", blocks.joined())
            #expect(daemon.apm("load", path, seconds: 60).status == 0)
            for number in 0..<200 { daemon.apm("update", "w\(number)", "--kill-timeout", "700") }
            let save = daemon.apm("saveconf")
            #expect(save.status == 0, "\(save)")
            print("200 changed workers of one file are saved in \(save.milliseconds) ms")
            let expected = (0..<200).map {
                "worker w\($0) { exec /bin/true; startup_grace 0; kill_timeout 700; }\n"
            }
            #expect(text(path) == expected.joined())
            #expect(daemon.apm("reload", path).output.contains("200 unchanged"))
            #expect(daemon.apm("unload", path, seconds: 60).status == 0)
            daemon.end()
        }
    }

    /// Attempt 5 of THREATS.md: root writes where others can redirect it.
    @Suite(.enabled(if: isRoot, "root's own rules need root"))
    struct SaveconfTargetTests {
        private static let nobody: uid_t = 65_534

        private func text(_ path: String) -> String { ProcessTable.read(path) ?? "" }

        private func expectRefusal(
            _ save: Finished, sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(save.status == 77, "\(save)", sourceLocation: sourceLocation)
            #expect(
                save.errors.contains("is not written by root"), "\(save)",
                sourceLocation: sourceLocation)
        }

        @Test func rootSavesNothingWhereOthersCanRedirect() throws {
            let daemon = try TestDaemon()
            chmod(daemon.home, 0o755)
            daemon.run("w", probe: "sleep")
            let victim = daemon.configuration("victim.conf", daemon.block("v"))
            let before = text(victim)
            let theirs = daemon.home + "/theirs"
            mkdir(theirs, 0o755)
            symlink(victim, theirs + "/link.conf")
            let own = daemon.file("theirs/own.conf", holding: "# theirs\n")
            for path in [theirs, own, theirs + "/link.conf"] {
                lchown(path, Self.nobody, Self.nobody)
            }
            for name in ["link.conf", "own.conf", "new.conf"] {
                expectRefusal(daemon.apm("saveconf", "w", theirs + "/" + name))
            }
            // A link of theirs in a folder for all.
            mkdir(daemon.home + "/open", 0o1777)
            chmod(daemon.home + "/open", 0o1777)
            symlink(victim, daemon.home + "/open/link.conf")
            lchown(daemon.home + "/open/link.conf", Self.nobody, Self.nobody)
            expectRefusal(daemon.apm("saveconf", "w", daemon.home + "/open/link.conf"))
            expectRefusal(daemon.apm("saveconf", "w", daemon.home + "/open/new.conf"))
            let open = daemon.file("open.conf", holding: "# open\n")
            chmod(open, 0o666)
            expectRefusal(daemon.apm("saveconf", "w", open))
            #expect(text(victim) == before && text(own) == "# theirs\n")
            #expect(text(open) == "# open\n")
            #expect(Set(ProcessTable.entries(theirs)) == ["link.conf", "own.conf"])
            #expect(ProcessTable.entries(daemon.home + "/open") == ["link.conf"])
            #expect(!daemon.apm("info", "w").output.contains("from /"))
            daemon.end()
        }

        @Test func aSourceThatWasSwappedIsNotWritten() throws {
            let daemon = try TestDaemon()
            chmod(daemon.home, 0o755)
            let path = daemon.configuration("app.conf", daemon.block("a"))
            #expect(daemon.apm("load", path).status == 0)
            daemon.apm("update", "a", "--kill-timeout", "800")
            let victim = daemon.configuration("victim.conf", daemon.block("a"))
            let before = text(victim)
            unlink(path)
            symlink(victim, path)
            lchown(path, Self.nobody, Self.nobody)
            chown(daemon.home, Self.nobody, Self.nobody)
            let swapped = daemon.apm("saveconf", "a")
            chown(daemon.home, 0, 0)
            #expect(swapped.status != 0 && text(victim) == before, "\(swapped)")
            unlink(path)
            daemon.configuration("app.conf", daemon.block("a"))
            chown(path, Self.nobody, Self.nobody)
            let theirs = daemon.apm("saveconf")
            #expect(theirs.status == 1, "\(theirs)")
            #expect(theirs.errors.contains("is not written by root"), "\(theirs)")
            #expect(text(path) == before)
            daemon.end()
        }

        /// A user's worker that claims to be from root's file must not get into it.
        @Test func whatSomebodyElseDefinedIsNotSavedByRoot() throws {
            let daemon = try TestDaemon()
            chmod(daemon.home, 0o755)
            let theirs = daemon.configuration("theirs.conf", daemon.block("api", "path /;"))
            chown(theirs, Self.nobody, Self.nobody)
            #expect(daemon.apm("load", theirs).status == 0)
            let roots = daemon.configuration("roots.conf", "worker api { exec true; }\n")
            let before = text(roots)
            let put = daemon.apm("saveconf", "api", roots)
            #expect(put.status == 77 && put.errors.contains("belongs to uid 65534"), "\(put)")
            daemon.apm("update", "api", "--kill-timeout", "800")
            let all = daemon.apm("saveconf")
            #expect(all.status == 0 && all.errors.contains("left out"), "\(all)")
            #expect(text(roots) == before && !text(theirs).contains("800"))
            daemon.end()
        }

        /// A user's own daemon saves what is the user's.
        @Test func aUsersOwnDaemonSavesWithTheUsersRights() throws {
            let daemon = try TestDaemon(uid: Self.nobody)
            daemon.run("w", probe: "sleep")
            let path = daemon.home + "/w.conf"
            #expect(daemon.apm("saveconf", "w", path).status == 0)
            var entry = stat()
            #expect(stat(path, &entry) == 0 && entry.st_uid == Self.nobody)
            let roots = daemon.file("roots.conf", holding: "# root's\n")
            let save = daemon.apm("saveconf", "w", roots)
            #expect(save.status == 77 && text(roots) == "# root's\n", "\(save)")
            daemon.end()
        }
    }
}
