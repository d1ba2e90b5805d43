// The waits of all clients, found by worker and counted by client: neither grows with the number of
// the others'.

struct WaitList {
    private var byId: [UInt32: Wait] = [:]
    private var byWorker: [UInt32: Set<UInt32>] = [:]
    private var counts: [UInt32: Int] = [:]

    subscript(id: UInt32) -> Wait? { byId[id] }

    /// Every wait is for instances of one worker.
    mutating func add(_ wait: Wait) {
        byId[wait.id] = wait
        byWorker[wait.worker.id, default: []].insert(wait.id)
        counts[wait.asker.client, default: 0] += 1
    }

    mutating func remove(_ wait: Wait) {
        guard byId.removeValue(forKey: wait.id) != nil else { return }
        let worker = wait.worker.id
        byWorker[worker]?.remove(wait.id)
        if byWorker[worker]?.isEmpty == true { byWorker[worker] = nil }
        let left = counts[wait.asker.client, default: 1] - 1
        counts[wait.asker.client] = left > 0 ? left : nil
    }

    func of(worker: UInt32) -> [Wait] {
        (byWorker[worker] ?? []).compactMap { byId[$0] }
    }

    func of(client: UInt32) -> [Wait] {
        guard counts[client] != nil else { return [] }
        return byId.values.filter { $0.asker.client == client }
    }

    func count(ofClient client: UInt32) -> Int { counts[client] ?? 0 }
}
