// Log files: who may be written to, full disks, and no line lost or doubled when apm-logd dies.

import Glibc
import Testing

extension SystemTests {
    @Suite struct LogTests {
        /// Numbers of the lines `<stamp> <prefix> NNNNNNNNNN x...` in a log, in order.
        static func numbers(in path: String) -> [Int] {
            guard let text = ProcessTable.read(path) else { return [] }
            var numbers: [Int] = []
            for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
                let words = line.split(separator: UInt8(ascii: " "))
                guard words.count == 4, words[2].count == 10 else { continue }
                var number = 0
                for byte in words[2] { number = number * 10 + Int(byte) - 48 }
                numbers.append(number)
            }
            return numbers
        }

        @Test func noLineIsLostOrDoubledWhenLogdIsKilled() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd ended: signal 9"]
            let path = daemon.home + "/numbers.log"
            let count = 400_000
            daemon.run(
                "n", ["--log", path, "--strip-ansi", "--log-time-format", "%T.%F"],
                probe: "numbers", String(count), "100")
            for _ in 0..<8 {
                usleep(30_000)
                let logd = daemon.logd
                if logd != 0 { kill(logd, SIGKILL) }
                eventually("apm-logd is back", within: 2) {
                    let now = daemon.logd
                    return now != 0 && now != logd
                }
            }
            eventually("all lines are written", within: 20) {
                !daemon.apm("list", "--json").output.contains("\"running\":1")
                    && Self.numbers(in: path).count >= count
            }
            let numbers = Self.numbers(in: path)
            #expect(numbers.count == count)
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
            let exit = daemon.apm("list", "--json").output
            #expect(exit.contains("\"code\":0"), "the worker noticed: \(exit)")
            daemon.end()
        }

        @Test func aDeadLogdIsBackWithinATenthOfASecond() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd ended: signal 9"]
            let first = daemon.logd
            let started = Moment.now
            kill(first, SIGKILL)
            eventually("another apm-logd runs", within: 1) {
                let now = daemon.logd
                return now != 0 && now != first
            }
            #expect(Moment.now.milliseconds(since: started) < 100)
            eventually("it is told") { daemon.log.contains("apm-logd ended: signal 9") }
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "mounting a small disk needs root"))
        func aFullDiskHoldsItsOwnWorkerAlone() throws {
            let daemon = try TestDaemon()
            let disk = daemon.home + "/disk"
            mkdir(disk, 0o755)
            #expect(mount("none", disk, "tmpfs", 0, "size=1m") == 0)
            let full = disk + "/full.log"
            let other = daemon.home + "/other.log"
            daemon.run(
                "full", ["--log", full, "--strip-ansi", "--log-time-format", "%T.%F"],
                probe: "numbers", "20000", "100")
            eventually("it is told") { daemon.log.contains("cannot be written") }
            daemon.run(
                "other", ["--log", other, "--strip-ansi", "--log-time-format", "%T.%F"],
                probe: "numbers", "20000", "100")
            eventually("the other one is written") { Self.numbers(in: other).count == 20_000 }
            #expect(daemon.apm("info", "full").output.contains("No space left"))
            #expect(daemon.workers.count == 1, "the full one waits")
            #expect(mount("none", disk, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
            eventually("the rest is written") { Self.numbers(in: full).count == 20_000 }
            #expect(Self.numbers(in: full) == Array(1...20_000))
            daemon.apm("remove", "full")
            eventually("the disk is let go of") { umount(disk) == 0 }
            rmdir(disk)
            daemon.end()
        }

        @Test func aStreamThatEndedEarlyIsNobodyElses() throws {
            let daemon = try TestDaemon()
            daemon.apm(
                "run", "--name", "quiet", "--env", daemon.marker, "--startup-grace", "50", "--",
                "sh", "-c", "exec >&- 2>&-; exec sleep 1000")
            let path = daemon.home + "/loud.log"
            daemon.run("loud", ["--log", path], probe: "numbers", "0", "40", "2000")
            daemon.apm("stop", "quiet")
            daemon.apm("remove", "quiet")
            let before = ProcessTable.read(path)?.utf8.count ?? 0
            eventually("the other one is still written") {
                (ProcessTable.read(path)?.utf8.count ?? 0) > before + 4000
            }
            #expect(daemon.workers.count == 1)
            daemon.end()
        }

        @Test func aLogOfTwoWorkersStaysWhenOneIsRemoved() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/shared.log"
            daemon.run("a", ["--log", path], probe: "print", "2")
            daemon.run("b", ["--log", path], probe: "print", "2")
            let logd = daemon.logd
            daemon.apm("remove", "a")
            daemon.apm("start", "b")
            eventually("it is still written") {
                (ProcessTable.read(path) ?? "").split(separator: "\n").count == 6
            }
            #expect(daemon.logd == logd)
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "mounting a small disk needs root"))
        func aCrashLoopOnAFullDiskTakesNothingFromOthers() throws {
            let daemon = try TestDaemon()
            let disk = daemon.home + "/disk"
            mkdir(disk, 0o755)
            #expect(mount("none", disk, "tmpfs", 0, "size=64k") == 0)
            daemon.run(
                "loop", ["--log", disk + "/full.log", "--restart-err", "--err-delay", "0"],
                probe: "numbers", "4000", "100")
            daemon.apm("remove", "loop")
            daemon.apm(
                "run", "--name", "loop", "--env", daemon.marker, "--log", disk + "/full.log",
                "--restart-err", "--err-delay", "0", "--no-wait", "--", "sh", "-c",
                "yes | head -c 4000; exit 1")
            eventually("it waits for its log") { daemon.log.contains("loop waits") }
            #expect(ProcessTable.descriptorCount(daemon.pid) < 100)
            let other = daemon.run("other", probe: "sleep")
            #expect(other.status == 0, "\(other.errors)")
            daemon.apm("remove", "loop")
            daemon.apm("remove", "other")
            #expect(mount("none", disk, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
            eventually("the disk is let go of") { umount(disk) == 0 }
            rmdir(disk)
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "root's own rules need root"))
        func rootDoesNotWriteWhereOthersCanRedirect() throws {
            let daemon = try TestDaemon()
            let open = daemon.home + "/open"
            mkdir(open, 0o777)
            chmod(open, 0o777)
            let secret = daemon.file("secret", holding: "untouched\n", mode: 0o600)
            symlink(secret, open + "/link.log")
            for path in [open + "/new.log", open + "/link.log"] {
                let run = daemon.run("w", ["--log", path], probe: "print", "1")
                #expect(run.status != 0, "\(path)")
                #expect(run.errors.contains("folder"), "\(run.errors)")
            }
            link(secret, daemon.home + "/second-name.log")
            let linked = daemon.run(
                "w", ["--log", daemon.home + "/second-name.log"], probe: "print", "1")
            #expect(linked.status != 0)
            #expect(ProcessTable.read(secret) == "untouched\n")
            for name in ["link.log", "new.log"] { unlink(open + "/" + name) }
            rmdir(open)
            daemon.end()
        }

        @Test func longLinesAndPartialLinesSurvive() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/long.log"
            let script = "head -c 100000 /dev/zero | tr '\\0' 'a'; echo; printf tail"
            daemon.apm(
                "run", "--name", "l", "--env", daemon.marker, "--log", path, "--strip-ansi",
                "--log-time-format", "%T", "--startup-grace", "50", "--", "sh", "-c", script)
            eventually("both lines are there") {
                (ProcessTable.read(path) ?? "").hasSuffix("tail\n")
            }
            let lines = (ProcessTable.read(path) ?? "").split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first?.filter { $0 == "a" }.count == 100_000)
            daemon.end()
        }

        @Test func theLongestPrefixOfManyInstancesIsWritten() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/prefix.log"
            let prefix = String(repeating: "p", count: 256)
            daemon.run(
                "p", ["--log", path, "--prefix", prefix, "--instances", "2", "--strip-ansi"],
                probe: "print", "1")
            eventually("both are there") {
                let text = ProcessTable.read(path) ?? ""
                return text.contains(prefix + "#1 line 1\n")
                    && text.contains(prefix + "#2 line 1\n")
            }
            daemon.end()
        }

        @Test func whatIsEndedWhileLogdIsAwayIsLetGoOf() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd ended: signal 9"]
            daemon.run("held", probe: "sleep")
            let worker = try #require(daemon.workers.first)
            let outside = open("/proc/\(worker)/fd/1", O_WRONLY | O_CLOEXEC)
            defer { close(outside) }
            awayForAMoment(daemon)
            daemon.apm("remove", "held")
            // The pipe is open out here still; in the daemon nobody reads it any more.
            var end = pollfd(fd: outside, events: 0, revents: 0)
            #expect(poll(&end, 1, 5000) == 1)
            #expect(Int32(end.revents) & Int32(POLLERR) != 0)
            daemon.end()
        }

        /// Kills one apm-logd after the other, until the next takes half a second to come.
        private func awayForAMoment(_ daemon: TestDaemon) {
            for _ in 0..<7 {
                var logd: pid_t = 0
                eventually("apm-logd runs") {
                    logd = daemon.logd
                    return logd != 0
                }
                kill(logd, SIGKILL)
                eventually("it is dead") { daemon.logd != logd }
            }
        }

        @Test func aNewWorkerHasNoLinesOfAnOldOne() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd ended: signal 9"]
            daemon.run("old", probe: "print", "3")
            eventually("it is logged") { daemon.apm("log", "old").output.contains("line 3") }
            eventually("it has ended") { daemon.apm("list").output.contains("exited") }
            awayForAMoment(daemon)
            daemon.apm("remove", "old")
            daemon.run("new", probe: "sleep")
            eventually("apm-logd is back") { daemon.logd != 0 }
            eventually("its lines can be asked for") { daemon.apm("log", "new").status == 0 }
            #expect(daemon.apm("log", "new").output == "")
            daemon.end()
        }

        @Test func aLogdThatAlwaysDiesBeginsAnewAndThenWithoutItsStreams() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd"]
            let path = daemon.home + "/on.log"
            daemon.run(
                "on", ["--log", path, "--instances", "2"], probe: "numbers", "0", "40", "9000")
            eventually("the streams are left out", within: 20) {
                let logd = daemon.logd
                if logd != 0 { kill(logd, SIGSEGV) }
                return daemon.log.contains("is not told of the 4 streams")
            }
            #expect(daemon.log.contains("it begins anew"))
            daemon.apm("restart", "on")
            let before = ProcessTable.read(path)?.utf8.count ?? 0
            eventually("they are logged again", within: 10) {
                (ProcessTable.read(path)?.utf8.count ?? 0) > before + 4000
            }
            daemon.end()
        }

        @Test func followingEndsWithTheWorker() throws {
            let daemon = try TestDaemon()
            daemon.run("f", probe: "print", "3")
            let shell = Program.run(
                "/bin/sh",
                [
                    "-c",
                    "'\(TestDaemon.executables)/apm' log -f f & "
                        + "'\(TestDaemon.executables)/apm' remove f; wait",
                ],
                environment: daemon.environment, seconds: 10)
            #expect(shell.status == 0, "\(shell.errors)")
            daemon.end()
        }

        @Test func followingShowsNewLines() throws {
            let daemon = try TestDaemon()
            daemon.run("f", probe: "numbers", "0", "40", "10000")
            let followed = Program.run(
                "/usr/bin/timeout",
                ["1", TestDaemon.executables + "/apm", "log", "-f", "-n", "5", "f"],
                environment: daemon.environment)
            #expect(followed.output.split(separator: "\n").count > 30, "\(followed.output)")
            daemon.end()
        }
    }
}
