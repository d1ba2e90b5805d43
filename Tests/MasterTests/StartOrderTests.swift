// Orders of start and stop: tables, and random graphs.

import Testing

@testable import apm_master

private func order(_ graph: KeyValuePairs<String, [String]>) -> StartOrder {
    StartOrder(
        graph.enumerated().map { place, entry in
            StartOrder.Node(id: UInt32(place + 1), name: entry.key, dependsOn: entry.value)
        })
}

/// The same numbers in each run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct StartOrderTests {
    @Test func whatIsDependedOnComesFirst() {
        let made = order(["api": ["db", "cache"], "db": ["disk"], "cache": [], "disk": []])
        #expect(made.order == [4, 2, 3, 1])
        #expect(made.waits(of: 1) == ["db", "cache"])
        #expect(made.waits(of: 3).isEmpty && made.cycles.isEmpty)
        #expect(made.dependencies(of: 1) == [2, 3])
    }

    @Test func withoutDependenciesTheOrderIsThatOfTheDefinition() {
        #expect(order(["b": [], "a": [], "c": []]).order == [1, 2, 3])
    }

    @Test func aNameThatNothingIsCalledIsWaitedForAndTold() {
        let made = order(["api": ["dbb", "db", "dbb"], "db": []])
        #expect(made.waits(of: 1) == ["dbb", "db"])
        #expect(made.unknownNames(of: 1) == ["dbb"])
        #expect(made.dependencies(of: 1) == [2])
    }

    @Test(
        arguments: [
            (["a": ["a"]], [["a"]]),
            (["a": ["b"], "b": ["a"]], [["a", "b"]]),
            (["a": ["b"], "b": ["c"], "c": ["a", "d"], "d": []], [["a", "b", "c"]]),
            (["x": ["a"], "a": ["b"], "b": ["a"]], [["a", "b"]]),
            (["a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]], [["a", "b"], ["c", "d"]]),
        ] as [(KeyValuePairs<String, [String]>, [[String]])])
    func aCycleIsNamedAndItsClosingEdgeIgnored(
        _ graph: KeyValuePairs<String, [String]>, _ cycles: [[String]]
    ) {
        let made = order(graph)
        #expect(made.cycles == cycles)
        let ids = Dictionary(uniqueKeysWithValues: graph.enumerated().map { ($1.key, $0 + 1) })
        for cycle in cycles {
            let last = UInt32(ids[cycle[cycle.count - 1]] ?? 0)
            #expect(!made.waits(of: last).contains(cycle[0]))
            #expect(made.cycle(with: cycle[0]) == cycle)
        }
    }

    @Test func chainsAddUp() {
        let made = order(["a": ["b"], "b": ["c"], "c": [], "d": []])
        #expect(made.longestChain { Int($0) } == 6)
        #expect(made.longestChain { $0 == 4 ? 100 : 1 } == 100)
        #expect(order([:]).longestChain { _ in 1 } == 0)
    }

    /// A chain as long as the table, and every worker depending on as many as it may.
    @Test func theLargestGraphsEnd() {
        let count = MasterLimits.workers + MasterLimits.drafts
        let chain = StartOrder(
            (0..<count).map { place in
                StartOrder.Node(
                    id: UInt32(place), name: "\(place)", dependsOn: ["\((place + 1) % count)"])
            })
        #expect(chain.order.count == count && chain.cycles.count == 1)
        let dense = StartOrder(
            (0..<count).map { place in
                StartOrder.Node(
                    id: UInt32(place), name: "\(place)",
                    dependsOn: (0..<64).map { "\((place * 7 + $0 * 13) % count)" })
            })
        #expect(dense.order.count == count && dense.cycles.count == MasterLimits.cycles)
    }

    @Test(arguments: 0..<200)
    func randomGraphsAreOrdered(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        let count = Int.random(in: 1...24, using: &random)
        let names = (0..<count).map { "w\($0)" }
        let nodes = names.enumerated().map { place, name in
            let most = Int.random(in: 0...4, using: &random)
            return StartOrder.Node(
                id: UInt32(place), name: name,
                dependsOn: (0..<most).map { _ in names.randomElement(using: &random) ?? "" })
        }
        let made = StartOrder(nodes)
        #expect(made.order.sorted() == nodes.map(\.id))
        let places = Dictionary(uniqueKeysWithValues: made.order.enumerated().map { ($1, $0) })
        var ignored = 0
        for node in nodes {
            for id in made.dependencies(of: node.id) {
                #expect((places[id] ?? .max) < (places[node.id] ?? 0), "\(node.name)")
            }
            ignored += Set(node.dependsOn).count - made.waits(of: node.id).count
        }
        #expect(ignored == made.cycles.count)
        for cycle in made.cycles {
            for (name, next) in zip(cycle, cycle.dropFirst() + [cycle[0]]) {
                #expect(nodes.first { $0.name == name }?.dependsOn.contains(next) == true)
            }
        }
    }
}

@Suite struct StopOrderTests {
    @Test func whoDependsOnOthersStopsFirst() {
        let starts = order(["db": [], "api": ["db"], "web": ["api"], "job": ["db"], "lone": []])
        var stops = StopOrder([1, 2, 3, 4, 5], in: starts)
        #expect(stops.takeFree() == [5, 4, 3])
        #expect(stops.takeFree().isEmpty && stops.asked == [3, 4, 5])
        stops.leave(3)
        #expect(stops.takeFree() == [2])
        stops.leave(2)
        #expect(stops.takeFree().isEmpty, "job does not rest yet")
        stops.leave(4)
        #expect(stops.takeFree() == [1])
        stops.leave(1)
        stops.leave(5)
        stops.leave(5)
        #expect(stops.members.isEmpty)
    }

    @Test func whatIsNotToBeStoppedHoldsNothingUp() {
        let starts = order(["db": [], "api": ["db"]])
        var stops = StopOrder([1], in: starts)
        #expect(stops.takeFree() == [1])
    }

    @Test func whatWasAskedBeforeIsNotAskedAgain() {
        let starts = order(["db": [], "api": ["db"]])
        var stops = StopOrder([1, 2], asked: [2], in: starts)
        #expect(stops.takeFree().isEmpty && stops.pending == [1])
        stops.leave(2)
        #expect(stops.takeFree() == [1])
    }

    @Test(arguments: 0..<100)
    func everyStopComesAndNoneTooEarly(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        let count = Int.random(in: 1...20, using: &random)
        let starts = StartOrder(
            (0..<count).map { place in
                StartOrder.Node(
                    id: UInt32(place), name: "w\(place)",
                    dependsOn: (0..<3).map { _ in
                        "w\(Int.random(in: 0..<count, using: &random))"
                    })
            })
        var stops = StopOrder(Set(0..<UInt32(count)), in: starts)
        var alive = Set(0..<UInt32(count))
        var stopping: [UInt32] = []
        for _ in 0..<count {
            for id in stops.takeFree() {
                for other in alive { #expect(!starts.dependencies(of: other).contains(id)) }
                stopping.append(id)
            }
            guard let place = stopping.indices.randomElement(using: &random) else { break }
            let id = stopping.remove(at: place)
            alive.remove(id)
            stops.leave(id)
        }
        #expect(alive.isEmpty && stops.members.isEmpty)
    }
}
