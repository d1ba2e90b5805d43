// What was meant.

import Settings
import Testing

@testable import apm

struct NearMissTests {
    @Test(arguments: [
        ("lst", "list"), ("stauts", "status"), ("retsart", "restart"), ("infos", "info"),
        ("remvoe", "remove"),
    ])
    func findsTheNearest(_ word: String, _ meant: String) {
        #expect(NearMiss.nearest(to: word, in: CommandTable.words) == meant)
    }

    @Test(arguments: ["node", "list", "x", "", "deploy"])
    func isSilentWhereNothingIsNear(_ word: String) {
        #expect(NearMiss.nearest(to: word, in: CommandTable.words) == nil)
    }

    @Test func oneByteIsNearNothing() {
        #expect(NearMiss.nearest(to: "a", in: ["b", "ab"]) == nil)
        #expect(NearMiss.nearest(to: "ab", in: ["a"]) == nil)
        #expect(NearMiss.nearest(to: "ab", in: ["a", "ac"]) == "ac")
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("ab", "ba", 1), ("kitten", "sitting", 3),
        ("list", "list", 0),
    ])
    func countsEdits(_ left: String, _ right: String, _ edits: Int) {
        #expect(NearMiss.distance(Array(left.utf8), Array(right.utf8)) == edits)
    }
}
