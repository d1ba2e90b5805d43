// Who waits for whom (depends_on): the order of starts, cycles and the edge of each that is
// ignored, and the reverse order for stops. Pure; linear in workers and names.

/// Among the workers of one moment, those that are being defined included.
struct StartOrder {
    struct Node {
        let id: UInt32
        let name: String
        let dependsOn: [String]
    }

    /// Each worker after those that it waits for; else in the order of their definition.
    private(set) var order: [UInt32] = []
    /// Names along a cycle: each depends on the next, the last on the first. The last one does not
    /// wait for the first. At most `MasterLimits.cycles` are kept.
    private(set) var cycles: [[String]] = []
    /// What a worker waits for and what there is, without the closing edges of cycles.
    private var dependencies: [UInt32: [UInt32]] = [:]
    private var names: [UInt32: [String]] = [:]
    private var unknown: [UInt32: [String]] = [:]

    init(_ nodes: [Node]) {
        let places = Dictionary(
            nodes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var walk = Walk(nodes: nodes, places: places)
        walk.run()
        order = walk.order.map { nodes[$0].id }
        cycles = walk.cycles
        for (place, node) in nodes.enumerated() where !node.dependsOn.isEmpty {
            dependencies[node.id] = walk.kept[place].map { nodes[$0].id }
            let kept = Set(walk.kept[place].map { nodes[$0].name })
            let all = Self.once(node.dependsOn)
            names[node.id] = all.filter { kept.contains($0) || places[$0] == nil }
            unknown[node.id] = all.filter { places[$0] == nil }
        }
    }

    /// Names that this worker waits for; also those that nothing is called yet.
    func waits(of id: UInt32) -> [String] { names[id] ?? [] }
    /// Of these, the ones that nothing is called.
    func unknownNames(of id: UInt32) -> [String] { unknown[id] ?? [] }
    func dependencies(of id: UInt32) -> [UInt32] { dependencies[id] ?? [] }

    /// The first cycle that this worker is in.
    func cycle(with name: String) -> [String]? { cycles.first { $0.contains(name) } }

    /// The greatest sum of weights along a chain of dependencies.
    func longestChain(_ weight: (UInt32) -> Int) -> Int {
        var sums: [UInt32: Int] = [:]
        for id in order {
            sums[id] = weight(id) + (dependencies(of: id).compactMap { sums[$0] }.max() ?? 0)
        }
        return sums.values.max() ?? 0
    }

    private static func once(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// Depth first, without recursion: what a worker depends on comes before it.
    private struct Walk {
        let nodes: [Node]
        let places: [String: Int]
        var order: [Int] = []
        var cycles: [[String]] = []
        /// Edges that do not close a cycle.
        var kept: [[Int]] = []

        private enum Mark {
            case unseen, open, done
        }

        init(nodes: [Node], places: [String: Int]) {
            self.nodes = nodes
            self.places = places
            kept = Array(repeating: [], count: nodes.count)
        }

        mutating func run() {
            let edges = nodes.map { StartOrder.once($0.dependsOn).compactMap { places[$0] } }
            var marks = Array(repeating: Mark.unseen, count: nodes.count)
            for root in nodes.indices where marks[root] == .unseen {
                var path = [(node: root, next: 0)]
                marks[root] = .open
                while let (node, next) = path.last {
                    guard next < edges[node].count else {
                        marks[node] = .done
                        order.append(node)
                        path.removeLast()
                        continue
                    }
                    path[path.count - 1].next += 1
                    let target = edges[node][next]
                    if marks[target] == .open {
                        note(target, path.map(\.node))
                        continue
                    }
                    kept[node].append(target)
                    guard marks[target] == .unseen else { continue }
                    marks[target] = .open
                    path.append((target, 0))
                }
            }
        }

        private mutating func note(_ target: Int, _ path: [Int]) {
            guard cycles.count < MasterLimits.cycles,
                let start = path.firstIndex(of: target)
            else { return }
            cycles.append(path[start...].map { nodes[$0].name })
        }
    }
}

/// Workers that are to be stopped, each when those that depend on it rest.
struct StopOrder {
    /// All that do not rest yet.
    private(set) var members: Set<UInt32>
    /// Of these, the ones that were not asked to stop yet.
    private(set) var pending: Set<UInt32>
    /// The members from the beginning on, in the order of their stops.
    private let sequence: [UInt32]
    /// How many members depend on one.
    private var dependents: [UInt32: Int] = [:]
    private let order: StartOrder

    /// `asked`: members that were asked to stop before.
    init(_ members: Set<UInt32>, asked: Set<UInt32> = [], in order: StartOrder) {
        self.members = members
        self.order = order
        pending = members.subtracting(asked)
        sequence = order.order.reversed().filter(members.contains)
        for member in members {
            for id in order.dependencies(of: member) { dependents[id, default: 0] += 1 }
        }
    }

    /// Members that were asked to stop.
    var asked: Set<UInt32> { members.subtracting(pending) }

    /// All that may be stopped now; they count as asked.
    mutating func takeFree() -> [UInt32] {
        let free = sequence.filter { pending.contains($0) && dependents[$0, default: 0] == 0 }
        pending.subtract(free)
        return free
    }

    /// It rests, or is not waited for any longer.
    mutating func leave(_ id: UInt32) {
        guard members.remove(id) != nil else { return }
        pending.remove(id)
        for dependency in order.dependencies(of: id) { dependents[dependency, default: 1] -= 1 }
    }
}
