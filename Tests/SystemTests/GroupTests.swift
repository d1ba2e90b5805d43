// Where processes live, what they use, and which limits hold: as far as this machine's control
// groups go. What needs controllers is tried in the guest (Tests/lab).

import Glibc
import Testing

extension SystemTests {
    @Suite struct GroupTests {
        /// A number of the first worker in `list --json`; nil for null.
        private func figure(_ name: String, in text: String) -> Double? {
            let parts = text.split(separator: "\"\(name)\":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            return Double(parts[1].prefix { $0.isNumber || $0 == "." })
        }

        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func theDaemonAndItsHelperAreBesideTheWorkers() throws {
            let daemon = try TestDaemon()
            daemon.run("w", ["--instances", "2"], probe: "sleep")
            let leaf = ProcessTable.group(daemon.pid)
            #expect(leaf.hasSuffix("/supervisor"), "\(leaf)")
            #expect(ProcessTable.group(daemon.logd) == leaf)
            let tree = leaf.dropLast("supervisor".count)
            let groups = daemon.workers.map { ProcessTable.group($0) }
            #expect(Set(groups).count == 2)
            for group in groups { #expect(group.hasPrefix(tree + "workers/"), "\(group)") }
            daemon.end()
        }

        @Test(
            .enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"),
            .enabled(if: isRoot, "root's own rules need root"))
        func aDelegatedGroupIsUsedAndStays() throws {
            let daemon = try TestDaemon()
            daemon.apm("exit", "daemon")
            let unit = try DelegatedGroup("live")
            try unit.start(daemon)
            daemon.run("w", probe: "sleep")
            #expect(ProcessTable.group(daemon.pid) == unit.name + "/supervisor")
            #expect(ProcessTable.group(daemon.logd) == unit.name + "/supervisor")
            let worker = try #require(daemon.workers.first)
            #expect(ProcessTable.group(worker).hasPrefix(unit.name + "/workers/"))
            let pid = daemon.pid
            daemon.end()
            waitpid(pid, nil, 0)
            // Only when it is empty; nothing of the daemon's is in it.
            #expect(rmdir(unit.path) == 0)
        }

        /// Somebody else lives in it, so it is not the daemon's alone.
        @Test(
            .enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"),
            .enabled(if: isRoot, "root's own rules need root"))
        func aGroupWithOthersInItIsNotTaken() throws {
            let daemon = try TestDaemon()
            daemon.apm("exit", "daemon")
            let unit = try DelegatedGroup("shared")
            let other = Program.start("/bin/sleep", ["1000"])
            #expect(ProcessTable.enter(unit.path, other))
            try unit.start(daemon)
            let pid = daemon.pid
            #expect(!ProcessTable.group(pid).hasPrefix(unit.name))
            #expect(ProcessTable.group(other) == unit.name)
            daemon.end()
            waitpid(pid, nil, 0)
            Program.end(other)
            eventually("nothing is left in it") { rmdir(unit.path) == 0 }
        }

        @Test func figuresArePlausible() throws {
            let daemon = try TestDaemon()
            daemon.run("hog", probe: "hog", "40")
            eventually("it has touched its memory") { daemon.log.contains("touched 40") }
            let hog = daemon.apm("list", "--json").output
            let memory = try #require(figure("memory_bytes", in: hog), "\(hog)")
            #expect((40_000_000...80_000_000).contains(memory), "\(memory)")
            daemon.apm("remove", "hog")

            daemon.run("burner", probe: "burn", "300")
            eventually("it has burnt its time") { daemon.log.contains("burnt") }
            let burner = daemon.apm("list", "--json").output
            let time = try #require(figure("cpu_ms", in: burner), "\(burner)")
            #expect((300...600).contains(time), "\(time)")
            let share = try #require(figure("cpu_percent", in: burner), "\(burner)")
            #expect((1...110).contains(share), "\(share)")
            let info = daemon.apm("info", "burner", "--json").output
            #expect(try #require(figure("cpu_ms", in: info)) >= 300, "\(info)")
            #expect(daemon.apm("list").output.contains("MEMORY"))

            daemon.apm("stop", "burner")
            let rest = daemon.apm("list", "--json").output
            #expect(rest.contains("\"cpu_percent\":null,\"cpu_ms\":null,\"memory_bytes\":null"))
            daemon.end()
        }

        /// The whole tree is counted, and a restart begins at nothing.
        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func childrenAreCountedAndRunsAreNot() throws {
            let daemon = try TestDaemon()
            daemon.run("hog", probe: "hog", "40", "child")
            eventually("its child has touched its memory") {
                daemon.log.contains("touched 40")
            }
            let hog = daemon.apm("list", "--json").output
            #expect(try #require(figure("memory_bytes", in: hog)) > 40_000_000, "\(hog)")
            daemon.apm("remove", "hog")

            // The first run uses up time, the second one finds the file and does nothing.
            let script =
                "[ -e ran ] && exec sleep 1000; : >ran; '\(TestDaemon.probe)' burn 400 & "
                + "until grep -q burnt apm.log; do sleep 0.01; done; kill $!; wait; exit 0"
            daemon.apm(
                "run", "--name", "twice", "--env", daemon.marker, "--path", daemon.home,
                "--restart", "--restart-delay", "0", "--startup-grace", "0", "--", "/bin/sh", "-c",
                script)
            eventually("the second run has begun") {
                daemon.apm("list", "--json").output.contains("\"normal\":1")
            }
            let twice = daemon.apm("list", "--json").output
            #expect(try #require(figure("cpu_ms", in: twice)) < 300, "\(twice)")
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func withoutGroupsTheMainProcessIsCounted() throws {
            let daemon = try TestDaemon(uid: 65_534)
            daemon.run("hog", probe: "hog", "40")
            eventually("it has touched its memory") { daemon.log.contains("touched 40") }
            let list = daemon.apm("list", "--json").output
            #expect(try #require(figure("memory_bytes", in: list)) > 40_000_000, "\(list)")
            #expect(figure("cpu_ms", in: list) != nil, "\(list)")
            daemon.end()
        }

        /// The kernel refuses the group: the start fails in words, and once it does not, works.
        @Test(
            .enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"),
            .enabled(if: isRoot, "root's own rules need root"))
        func aGroupThatIsRefusedIsToldInWords() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            daemon.apm("stop", "w")
            let leaf = ProcessTable.group(daemon.pid)
            let mount = try #require(
                ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first {
                    access($0 + leaf, F_OK) == 0
                })
            let bound = mount + leaf.dropLast("supervisor".count) + "workers/cgroup.max.descendants"
            #expect(ProcessTable.write("0", to: bound))
            let refused = daemon.apm("start", "w")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("cannot make its control group"), "\(refused.errors)")
            #expect(daemon.apm("list", "--json").output.contains("\"state\":\"errored\""))
            #expect(ProcessTable.write("max", to: bound))
            #expect(daemon.apm("start", "w").status == 0)
            daemon.end()
        }

        /// Each missing controller is told once, whatever is started how often.
        @Test func limitsWithoutEffectAreToldOnce() throws {
            let daemon = try TestDaemon(uid: isRoot ? 65_534 : nil)
            var told = false
            for name in ["one", "two"] {
                let run = daemon.run(
                    name, ["--memory-limit", "1G", "--memory-high", "1G"], probe: "sleep")
                #expect(run.status == 0, "\(run.errors)")
                daemon.apm("restart", name)
                told = run.errors.contains("note: memory_limit has no effect")
            }
            let isUnmet = daemon.apm("info", "two", "--json").output
                .contains("\"limits_without_effect\":[\"memory_limit\",\"memory_high\"]")
            let warnings = daemon.log.split(separator: "\n").filter {
                $0.contains("has no effect")
            }
            #expect(warnings.count == (isUnmet ? 1 : 0), "\(warnings)")
            #expect(daemon.apm("info", "two").output.contains("has no effect") == isUnmet)
            #expect(told == isUnmet)
            daemon.end()
        }
    }
}
