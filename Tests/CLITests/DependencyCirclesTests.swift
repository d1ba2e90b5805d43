// Circles of workers: which are found, and that long chains are no trouble.

import Settings
import Testing

@testable import apm

@Suite struct DependencyCirclesTests {
    private func workers(_ needs: [(String, [String])]) -> [WorkerSettings] {
        needs.map { name, others in
            var settings = WorkerSettings()
            settings.name = name
            settings.dependsOn = others
            return settings
        }
    }

    @Test func circlesAreFoundOnce() {
        #expect(
            DependencyCircles.of(workers([("a", ["b"]), ("b", ["c", "x"]), ("c", [])])).isEmpty)
        #expect(
            DependencyCircles.of(workers([("a", ["b"]), ("b", ["c"]), ("c", ["b"])])) == [[1, 2]])
        #expect(DependencyCircles.of(workers([("a", ["a"]), ("b", ["a"])])) == [[0]])
        #expect(
            DependencyCircles.of(
                workers([("a", ["b"]), ("b", ["a"]), ("c", ["d"]), ("d", ["c"])]))
                == [[0, 1], [2, 3]])
        // Two ways to the same worker are none.
        #expect(
            DependencyCircles.of(
                workers([("a", ["b", "c"]), ("b", ["d"]), ("c", ["d"]), ("d", [])])
            )
            .isEmpty)
    }

    @Test func aLongChainIsNoTrouble() {
        let chain = (0..<20_000).map { ("w\($0)", ["w\($0 + 1)"]) }
        #expect(DependencyCircles.of(workers(chain)).isEmpty)
        let circle = chain + [("w20000", ["w0"])]
        #expect(DependencyCircles.of(workers(circle)).map(\.count) == [20_001])
    }
}
