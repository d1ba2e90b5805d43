// docs/PRIVILEGES.md against the shipped, running apm-guid: its limits, its descriptors, and what
// becomes of each forbidden call that ptrace makes it perform.

import Testing

extension SystemTests {
    @Suite(.enabled(if: isRoot, "looking into other processes needs root"))
    struct GuidPrivilegeTests {
        private let guid = ConfinedHelper(
            name: "apm-guid", pid: \.guid, wake: look,
            // What the conditions forbid: another option than who looks, another file than 2.
            arguments: [
                "getsockopt": [3, 1, 59, InjectedCall.text, InjectedCall.text, 0],
                "write": [3, InjectedCall.text, 1, 0, 0, 0],
            ])

        private static func look(_ daemon: TestDaemon) throws {
            try ControlPeer(at: daemon.look).leave()
        }

        @Test func guidLimitsItself() throws {
            let daemon = try guid.daemon()
            try guid.expectLimits(inTableHeaded: "limit of apm-guid", of: daemon)
            try guid.expectDescriptors([], of: daemon)
            daemon.end()
        }

        @Test func forbiddenCallsOfGuidEndAsDocumented() throws {
            try guid.expectEnds(inTableHeaded: "call of apm-guid")
        }
    }
}
