// What a reload has to do: the workers that a file has defined against those that it defines now.
// Pure, total on any plan, linear in workers.

import Settings

struct PlanDiff: Equatable {
    /// A worker that there is.
    struct Current {
        let name: String
        let settings: WorkerSettings
    }

    enum Deed: Equatable {
        case start(PlannedWorker)
        /// Nothing but its place in the file may have changed.
        case keep(PlannedWorker)
        /// These settings differ.
        case update(PlannedWorker, SettingKeys)
        case remove
        /// The file gives a name twice; the first one counts.
        case ignore
    }

    struct Entry: Equatable {
        let name: String
        let deed: Deed
    }

    /// Those of the plan in its order, then those that are gone from it.
    private(set) var entries: [Entry] = []

    /// `refused`: names that the file defines in a way that nobody could carry out; what runs under
    /// them is left as it is. What stands under a worker's environment is its caller's and is not
    /// compared.
    init(from current: [Current], to plan: [PlannedWorker], refused: Set<String> = []) {
        let known = Dictionary(
            current.map { ($0.name, $0.settings) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        entries.reserveCapacity(current.count + plan.count)
        for planned in plan {
            let name = planned.settings.name
            guard seen.insert(name).inserted else {
                entries.append(Entry(name: name, deed: .ignore))
                continue
            }
            let deed = known[name].map { Self.compare($0, planned) } ?? .start(planned)
            entries.append(Entry(name: name, deed: deed))
        }
        for worker in current where !seen.contains(worker.name) && !refused.contains(worker.name) {
            entries.append(Entry(name: worker.name, deed: .remove))
        }
    }

    /// Most are equal, which is seen without going through all settings.
    private static func compare(_ settings: WorkerSettings, _ planned: PlannedWorker) -> Deed {
        var wanted = planned.settings
        wanted.baseEnvironment = settings.baseEnvironment
        if wanted == settings { return .keep(planned) }
        return .update(planned, wanted.differences(from: settings))
    }
}
