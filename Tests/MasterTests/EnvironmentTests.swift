// Lists of KEY=value put over each other.

import Testing

@testable import apm_master

@Suite struct EnvironmentTests {
    @Test func laterWinsAndKeepsItsPlace() {
        let merged = Environment.merged([["A=1", "B=2"], ["A=3", "C=4"], ["C=5"]])
        #expect(merged == ["A=3", "B=2", "C=5"])
    }

    @Test func keysWithCommonBeginningsStayApart() {
        #expect(Environment.merged([["AB=1", "A=2", "ABC=3"]]) == ["AB=1", "A=2", "ABC=3"])
    }

    @Test func valuesMayHoldEqualsSigns() {
        #expect(Environment.merged([["A=b=c"], ["A=d=e=f"]]) == ["A=d=e=f"])
    }
}
