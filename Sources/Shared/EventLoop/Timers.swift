// Deadlines by key: a binary heap with lazy removal. Arming a key again replaces its deadline.

/// Keys with deadlines, in monotonic nanoseconds. No clock inside.
public struct Timers<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        var deadline: Int64
        var generation: UInt64
        var key: Key
    }

    private var heap: [Entry] = []
    private var current: [Key: UInt64] = [:]
    private var generation: UInt64 = 0

    public init() {}

    public mutating func arm(_ key: Key, at deadline: Int64) {
        generation += 1
        current[key] = generation
        if heap.count > 64, heap.count > 4 * current.count { compact() }
        heap.append(Entry(deadline: deadline, generation: generation, key: key))
        siftUp(heap.count - 1)
    }

    public mutating func disarm(_ key: Key) {
        current[key] = nil
        if current.isEmpty { heap.removeAll(keepingCapacity: true) }
    }

    public func isArmed(_ key: Key) -> Bool { current[key] != nil }

    /// The earliest deadline; nil when nothing is armed.
    public var next: Int64? {
        mutating get {
            dropStale()
            return heap.first?.deadline
        }
    }

    /// A key whose deadline has come, disarmed; nil when there is none.
    public mutating func popDue(now: Int64) -> Key? {
        dropStale()
        guard let first = heap.first, first.deadline <= now else { return nil }
        removeFirst()
        current[first.key] = nil
        return first.key
    }

    /// Most entries are of deadlines that were taken back: they go, however far away they lie.
    private mutating func compact() {
        let live = heap.filter { current[$0.key] == $0.generation }
        heap.removeAll(keepingCapacity: true)
        for entry in live {
            heap.append(entry)
            siftUp(heap.count - 1)
        }
    }

    private mutating func dropStale() {
        while let first = heap.first, current[first.key] != first.generation { removeFirst() }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let left = 2 * parent + 1
            var smallest = parent
            for child in [left, left + 1]
            where child < heap.count && heap[child].deadline < heap[smallest].deadline {
                smallest = child
            }
            if smallest == parent { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private mutating func siftUp(_ index: Int) {
        var child = index
        while child > 0 {
            let parent = (child - 1) / 2
            if heap[parent].deadline <= heap[child].deadline { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }
}
