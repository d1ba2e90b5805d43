// Circles of workers that depend on each other. Pure, linear, and without recursion: a chain may be
// as long as a file.

import Settings

enum DependencyCircles {
    private enum Mark {
        case unseen
        case onPath
        case done
    }

    /// Each circle once, as indices in the order in which each depends on the next. Of circles that
    /// share a part, not all are named.
    static func of(_ workers: [WorkerSettings]) -> [[Int]] {
        let places = Dictionary(
            workers.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let needs = workers.map { worker in worker.dependsOn.compactMap { places[$0] } }
        var marks = Array(repeating: Mark.unseen, count: workers.count)
        var circles: [[Int]] = []
        for start in workers.indices where marks[start] == .unseen {
            // The path walked, and which need of each is next.
            var path = [start]
            var next = [0]
            marks[start] = .onPath
            while let worker = path.last {
                guard next[path.count - 1] < needs[worker].count else {
                    marks[worker] = .done
                    path.removeLast()
                    next.removeLast()
                    continue
                }
                let need = needs[worker][next[path.count - 1]]
                next[path.count - 1] += 1
                switch marks[need] {
                case .unseen:
                    marks[need] = .onPath
                    path.append(need)
                    next.append(0)
                case .onPath:
                    if let begin = path.lastIndex(of: need) {
                        circles.append(Array(path[begin...]))
                    }
                case .done: continue
                }
            }
        }
        return circles
    }
}
