// Root's daemon and files that others have a hand in: what root loads runs as root only where root
// alone can say what it is, and nobody's secret is shown.

import Glibc
import Testing

extension SystemTests {
    @Suite(.enabled(if: isRoot, "root's own rules need root"))
    struct ConfigOwnerTests {
        private static let nobody: uid_t = 65_534

        private func daemon() throws -> TestDaemon {
            let daemon = try TestDaemon()
            chmod(daemon.home, 0o755)
            return daemon
        }

        /// uid of the only process of a worker.
        private func uid(of name: String, _ daemon: TestDaemon) -> String? {
            ProcessTable.status(daemon.pid(of: name), "Uid").map { String($0.prefix { $0 != " " }) }
        }

        /// `/` as the folder, which everybody may enter.
        private func block(_ daemon: TestDaemon, _ name: String, _ more: String = "") -> String {
            daemon.block(name, "path /; \(more)")
        }

        @Test func rootsOwnFileRunsAsRoot() throws {
            let daemon = try daemon()
            let path = daemon.file(
                "roots.conf", holding: block(daemon, "a") + block(daemon, "b", "user nobody;"),
                mode: 0o600)
            let load = daemon.apm("load", path)
            #expect(load.status == 0, "\(load.errors)")
            #expect(uid(of: "a", daemon) == "0" && uid(of: "b", daemon) == "65534")
            daemon.end()
        }

        @Test func whatOneUserCanChangeRunsAsThatUser() throws {
            let daemon = try daemon()
            let path = daemon.file(
                "theirs.conf", holding: block(daemon, "a") + block(daemon, "r", "user root;"),
                mode: 0o600)
            chown(path, Self.nobody, Self.nobody)
            let load = daemon.apm("load", path)
            #expect(load.status == 1 && load.output.contains("1 started, 1 refused"))
            #expect(load.errors.contains("cannot run as root"), "\(load.errors)")
            #expect(uid(of: "a", daemon) == "65534")
            // A folder of theirs makes root's file theirs.
            mkdir(daemon.home + "/theirs", 0o755)
            let inside = daemon.file("theirs/in.conf", holding: block(daemon, "in"))
            chown(daemon.home + "/theirs", Self.nobody, Self.nobody)
            #expect(daemon.apm("load", inside).status == 0)
            #expect(uid(of: "in", daemon) == "65534")
            // Root without capabilities cannot even enter this one.
            chmod(daemon.home + "/theirs", 0o700)
            chown(inside, Self.nobody, Self.nobody)
            #expect(daemon.apm("reload", inside).output.contains("1 unchanged"))
            daemon.end()
        }

        @Test func whatAnybodyCanChangeIsRefused() throws {
            let daemon = try daemon()
            let path = daemon.file("open.conf", holding: block(daemon, "a"))
            chmod(path, 0o666)
            let file = daemon.apm("load", path)
            BadInputTests.expectTwoLines(file, holding: "others can change \(path)")
            mkdir(daemon.home + "/open", 0o755)
            let inside = daemon.file("open/in.conf", holding: block(daemon, "a"))
            chmod(daemon.home + "/open", 0o777)
            let folder = daemon.apm("load", inside)
            BadInputTests.expectTwoLines(folder, holding: "others can change \(daemon.home)/open")
            #expect(file.status == 77 && folder.status == 77 && daemon.listed.isEmpty)
            daemon.end()
        }

        @Test func aForeignIncludeInRootsFileIsRefused() throws {
            let daemon = try daemon()
            let part = daemon.file("part.conf", holding: "# TOPSECRET\nTOPSECRET")
            chown(part, Self.nobody, Self.nobody)
            let path = daemon.file(
                "roots.conf", holding: block(daemon, "a") + "include part.conf;\n")
            let load = daemon.apm("load", path)
            #expect(load.status == 1 && load.errors.contains("\(part) can be changed by uid 65534"))
            #expect(!load.errors.contains("TOPSECRET") && daemon.listed.isEmpty)
            daemon.end()
        }

        /// A user's file includes what root alone can read: not a byte of it is shown.
        @Test func aSecretIncludeShowsNothing() throws {
            let daemon = try daemon()
            let secret = daemon.file("secret", holding: "TOPSECRET 1;\n", mode: 0o600)
            let path = daemon.file("theirs.conf", holding: "include \(secret);\n")
            mkdir(daemon.home + "/theirs", 0o755)
            let link = daemon.home + "/theirs/link.conf"
            symlink(secret, link)
            chown(path, Self.nobody, Self.nobody)
            lchown(link, Self.nobody, Self.nobody)
            chown(daemon.home + "/theirs", Self.nobody, Self.nobody)
            for file in [path, link] {
                let load = daemon.apm("load", file)
                #expect(load.status != 0 && load.errors.contains("Permission denied"))
                #expect(!load.errors.contains("TOPSECRET"), "\(load.errors)")
            }
            #expect(!daemon.log.contains("TOPSECRET") && daemon.listed.isEmpty)
            daemon.end()
        }

        @Test func aFileInOtherHandsChangesNothingOfRoots() throws {
            let daemon = try daemon()
            let path = daemon.file("roots.conf", holding: block(daemon, "a") + block(daemon, "b"))
            #expect(daemon.apm("load", path).status == 0)
            let before = daemon.workers.sorted()
            _ = daemon.file("roots.conf", holding: block(daemon, "a", "env THEIRS=1;"))
            chown(path, Self.nobody, Self.nobody)
            for words in [["reload", path], ["reload", "a"]] {
                let reload = Program.run(
                    TestDaemon.executables + "/apm", words, environment: daemon.environment)
                #expect(reload.status == 1, "\(words): \(reload.output)")
                #expect(reload.errors.contains("belongs to uid 0"), "\(reload.errors)")
            }
            #expect(daemon.workers.sorted() == before)
            #expect(ProcessTable.carrying("THEIRS=1").isEmpty)
            daemon.end()
        }

        /// In a user's own daemon the files are that user's affair.
        @Test func aUsersOwnDaemonReadsWhatItsUserMayRead() throws {
            let daemon = try TestDaemon(uid: Self.nobody)
            let path = daemon.file("own.conf", holding: daemon.block("a"))
            let load = daemon.apm("load", path)
            #expect(load.status == 0, "\(load.errors)")
            #expect(uid(of: "a", daemon) == "65534")
            let secret = daemon.file("secret.conf", holding: "TOPSECRET", mode: 0o600)
            let refused = daemon.apm("load", secret)
            BadInputTests.expectTwoLines(refused, holding: "Permission denied")
            #expect(!refused.errors.contains("TOPSECRET"))
            daemon.end()
        }
    }
}
