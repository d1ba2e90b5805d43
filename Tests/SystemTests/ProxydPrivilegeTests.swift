// docs/PRIVILEGES.md against the shipped, running apm-proxyd: its limits, its descriptors, and what
// becomes of each forbidden call that ptrace makes it perform.

import Testing

extension SystemTests {
    @Suite(.enabled(if: isRoot, "looking into other processes needs root"))
    struct ProxydPrivilegeTests {
        private let proxyd = ConfinedHelper(
            name: "apm-proxyd", pid: \.proxyd, wake: serve,
            // What the conditions forbid: any option but TCP_NODELAY and SO_LINGER.
            arguments: ["setsockopt": [3, 1, 2, InjectedCall.text, 4, 0]])

        /// A worker serves, though it never greets.
        private static func serve(_ daemon: TestDaemon) throws {
            guard !daemon.apm("list").output.contains("web") else { return }
            let run = daemon.run(
                "web", ["--server", "http://127.0.0.1:\(Loopback.freePort())", "--no-wait"],
                probe: "sleep")
            try #require(run.status == 0, "\(run.errors)")
        }

        @Test func proxydLimitsItself() throws {
            let daemon = try proxyd.daemon()
            try proxyd.expectLimits(inTableHeaded: "limit of apm-proxyd", of: daemon)
            try proxyd.expectDescriptors(["pipe:", "/memfd:apm-figures"], of: daemon)
            daemon.end()
        }

        @Test func forbiddenCallsOfProxydEndAsDocumented() throws {
            try proxyd.expectEnds(inTableHeaded: "call of apm-proxyd")
        }
    }
}
