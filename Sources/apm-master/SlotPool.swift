// Numbers 0 ..< limit, each given once until it comes back.

struct SlotPool {
    private let limit: UInt32
    private var next: UInt32 = 0
    private var returned: [UInt32] = []

    init(_ limit: Int) {
        self.limit = UInt32(limit)
    }

    mutating func take() -> UInt32? {
        if let slot = returned.popLast() { return slot }
        guard next < limit else { return nil }
        next += 1
        return next - 1
    }

    mutating func give(_ slot: UInt32) {
        returned.append(slot)
    }
}
