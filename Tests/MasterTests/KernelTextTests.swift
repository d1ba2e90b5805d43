// Numbers in files of the kernel, and what is not one.

import Testing

@testable import apm_master

private func value(_ key: StaticString, _ text: String) -> UInt64? {
    KernelText.value(of: key, in: Array(text.utf8).span.bytes)
}

private func number(_ index: Int, _ text: String) -> UInt64? {
    KernelText.number(index, in: Array(text.utf8).span.bytes)
}

private func processes(_ text: String, atMost limit: Int = 64) -> [Int32]? {
    var found: [Int32] = []
    let count = KernelText.processes(in: Array(text.utf8).span.bytes, atMost: limit) {
        found.append($0)
    }
    return count == nil ? nil : found
}

@Suite struct KernelTextTests {
    private let events = "low 0\nhigh 3\nmax 12\noom 2\noom_kill 5\noom_group_kill 1\n"
    private let usage = "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n"

    @Test func valuesAreFoundByTheirWholeKey() {
        #expect(value("oom", events) == 2)
        #expect(value("oom_kill", events) == 5)
        #expect(value("low", events) == 0)
        #expect(value("oom_group_kill", events) == 1)
        #expect(value("usage_usec", usage) == 1_234_567)
        #expect(value("usec", usage) == nil)
        #expect(value("usage", usage) == nil)
        #expect(value("kill", events) == nil)
    }

    @Test func aLastLineMayBeWithoutItsEnd() {
        #expect(value("oom", "low 0\noom 7") == 7)
    }

    @Test(arguments: [
        "", "\n", "oom", "oom ", "oom\n", "oom \n", "oom -1\n", "oom 1 2\n", "oom max\n",
        "oom  1\n", "oom\t1\n", "oom 18446744073709551616\n", "oom 99999999999999999999999\n",
        "x oom 1\n", "oom 1x\n",
    ])
    func garbageHasNoValue(_ text: String) {
        #expect(value("oom", text) == nil)
    }

    @Test func theLargestNumberIsOne() {
        #expect(value("oom", "oom 18446744073709551615\n") == .max)
    }

    @Test func wordsOfALineAreCountedFromZero() {
        #expect(number(0, "4096\n") == 4096)
        #expect(number(1, "5000 321 200 10 0 90 0\n") == 321)
        #expect(number(0, "12") == 12)
        #expect(number(7, "5000 321 200 10 0 90 0\n") == nil)
        #expect(number(1, "5000\n321\n") == nil)
        for text in ["", "\n", "max\n", " 1\n", "-1\n", "1.5\n"] {
            #expect(number(0, text) == nil, "\(text)")
        }
    }

    @Test func processIdsAreLines() {
        #expect(processes("1\n22\n4194304\n") == [1, 22, 4_194_304])
        #expect(processes("") == [])
        #expect(processes("7") == [7])
    }

    /// A sum over some of them would be wrong, so there is none.
    @Test(arguments: ["1\n0\n", "1\n\n2\n", "1\nx\n", "99999999999\n", "-1\n", "1 2\n"])
    func idsThatCannotBeToldMakeTheWholeUnknown(_ text: String) {
        #expect(processes(text) == nil)
    }

    @Test func moreThanTheLimitIsUnknown() {
        let text = (1...65).map { "\($0)\n" }.joined()
        #expect(processes(text) == nil)
        #expect(processes(text, atMost: 65)?.count == 65)
        #expect(processes("1\n", atMost: 0) == nil)
        #expect(processes("", atMost: 0) == [])
    }
}
