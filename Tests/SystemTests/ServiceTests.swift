// As a service: what the service manager is told over its socket, which here is the test's own.

import CLinux
import Glibc
import Testing

extension SystemTests {
    @Suite struct ServiceTests {
        /// A socket like the service manager's.
        private final class Manager {
            let path: String
            let socket: Int32
            private(set) var told: [String] = []

            init() throws {
                path = "/tmp/apm-notify.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
                socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
                var address = sockaddr_un()
                let length = apm_unix_address(path, &address)
                let bound = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(socket, $0, length)
                    }
                }
                try #require(bound == 0)
                _ = fcntl(socket, F_SETFL, O_NONBLOCK)
            }

            deinit {
                close(socket)
                unlink(path)
            }

            /// Reads what has come; whether `words` was ever told.
            func heard(_ words: String) -> Bool {
                var room = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = recv(socket, &room, room.count, 0)
                    guard count > 0 else { break }
                    told.append(String(decoding: room[0..<count], as: UTF8.self))
                }
                return told.contains { $0.split(separator: "\n").contains(Substring(words)) }
            }
        }

        @Test func aServiceManagerIsToldHowItIs() throws {
            let manager = try Manager()
            let daemon = try TestDaemon(
                service: ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=20000"])
            eventually("it is ready") { manager.heard("READY=1") }
            eventually("its status is told") { manager.heard("STATUS=no worker is defined") }
            daemon.run("w", ["--instances", "2"], probe: "sleep")
            eventually("the new status is told") {
                manager.heard("STATUS=2 of 2 instances are running")
            }
            let before = manager.told.count { $0 == "WATCHDOG=1" }
            eventually("signs of life keep coming") {
                _ = manager.heard("")
                return manager.told.count { $0 == "WATCHDOG=1" } >= before + 3
            }
            daemon.end()
            #expect(manager.heard("STOPPING=1"))
            let last = manager.told.last { $0.hasPrefix("STOPPING=1") }
            #expect(last?.contains("EXTEND_TIMEOUT_USEC=15000000") == true)
        }

        @Test func aManagerThatDoesNotReadCostsNothing() throws {
            let manager = try Manager()
            let daemon = try TestDaemon(
                service: ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=2000"])
            // Its queue is full long before this.
            for _ in 0..<20 {
                let listed = daemon.apm("list")
                #expect(listed.status == 0)
                #expect(listed.milliseconds < 1000)
            }
            daemon.end()
        }
    }
}
