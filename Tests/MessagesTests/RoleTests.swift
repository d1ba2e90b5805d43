// Roles and kinds: numbers that travel, and names that people see.

import Messages
import Testing

@Suite struct RoleTests {
    @Test func numbersAndNamesStay() {
        let table = Role.allCases.map { "\($0.rawValue) \($0.processName)" }
        #expect(
            table == [
                "0 apm-master", "1 apm-logd", "2 apm", "3 apm-agent", "4 apm-guid", "5 apm-proxyd",
            ])
    }
}
