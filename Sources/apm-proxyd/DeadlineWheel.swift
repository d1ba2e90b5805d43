// Deadlines of connections: four wheels of 64 slots, each slot of one as long as all of the one
// before. A deadline that moves into the future, as nearly all do, costs one store: the connection
// stays in its slot and is put further when that one is due. No clock inside.

import Posix

struct DeadlineWheel {
    /// Ticks are 2^24 ns, 17 ms.
    static func tick(_ nanoseconds: Int64) -> Int64 { nanoseconds >> 24 }

    private struct Node {
        /// When it is due; 0 = never.
        var deadline: Int64
        /// The tick that its slot stands for.
        var armed: Int64
        var previous: UInt32
        var next: UInt32
        /// Slot + 1; 0 = in none.
        var slot: UInt32
    }

    private static let none = UInt32.max
    private static let levels = 4

    private let nodes: UnsafeMutablePointer<Node>
    private var heads = [UInt32](repeating: none, count: 64 * levels)
    /// A bit for each slot that holds something.
    private var filled = [UInt64](repeating: 0, count: levels)
    private var current: Int64

    init(capacity: Int, now nanoseconds: Int64) throws(SystemError) {
        nodes = try Mapped.memory(capacity)
        current = Self.tick(nanoseconds)
    }

    /// Due at this time; nanoseconds.
    mutating func arm(_ number: UInt32, at nanoseconds: Int64) {
        let node = nodes + Int(number)
        let deadline = Self.tick(nanoseconds) + 1
        node.pointee.deadline = deadline
        if node.pointee.slot != 0 {
            if node.pointee.armed <= deadline { return }
            unlink(number)
        }
        insert(number, deadline)
    }

    /// Never due; it may stay where it is until its slot is.
    mutating func disarm(_ number: UInt32) {
        nodes[Int(number)].deadline = 0
    }

    /// The number is nobody's any more.
    mutating func remove(_ number: UInt32) {
        nodes[Int(number)].deadline = 0
        if nodes[Int(number)].slot != 0 { unlink(number) }
    }

    /// When to come again, in nanoseconds; nil = nothing is armed.
    var next: Int64? {
        var first: Int64?
        for level in 0..<Self.levels where filled[level] != 0 {
            let shift = Int64(6 * level)
            let place = current >> shift
            let turned = (place + 1) & 63
            let bits = filled[level]
            let rotated = turned == 0 ? bits : bits >> UInt64(turned) | bits << UInt64(64 - turned)
            let tick = (place + 1 + Int64(rotated.trailingZeroBitCount)) << shift
            first = min(first ?? tick, tick)
        }
        return first.map { $0 << 24 }
    }

    /// Adds the numbers whose deadline has come; each is armed no more.
    mutating func advance(to nanoseconds: Int64, _ due: inout [UInt32]) {
        let now = Self.tick(nanoseconds)
        while current < now {
            // Nothing in the first wheel: on to where the second one turns.
            if filled[0] == 0 { current = min(now - 1, current | 63) }
            current += 1
            var level = 1
            while level < Self.levels, current & (1 << Int64(6 * level) - 1) == 0 {
                empty(level, &due)
                level += 1
            }
            empty(0, &due)
        }
    }

    private mutating func empty(_ level: Int, _ due: inout [UInt32]) {
        let slot = level * 64 + Int(current >> Int64(6 * level)) & 63
        var number = heads[slot]
        guard number != Self.none else { return }
        heads[slot] = Self.none
        filled[level] &= ~(1 << UInt64(slot & 63))
        while number != Self.none {
            let node = nodes + Int(number)
            let next = node.pointee.next
            node.pointee.slot = 0
            if node.pointee.deadline > current {
                insert(number, node.pointee.deadline)
            } else if node.pointee.deadline != 0 {
                node.pointee.deadline = 0
                due.append(number)
            }
            number = next
        }
    }

    private mutating func insert(_ number: UInt32, _ deadline: Int64) {
        // The slot that is being emptied comes again only after a whole turn.
        let tick = max(deadline, current + 1)
        let distance = tick - current
        let level = distance < 64 ? 0 : distance < 4096 ? 1 : distance < 262_144 ? 2 : 3
        let reached = min(tick, current + 63 << 18)
        let slot = level * 64 + Int(reached >> Int64(6 * level)) & 63
        let node = nodes + Int(number)
        node.pointee.armed = deadline
        node.pointee.slot = UInt32(slot + 1)
        node.pointee.previous = Self.none
        node.pointee.next = heads[slot]
        if heads[slot] != Self.none { nodes[Int(heads[slot])].previous = number }
        heads[slot] = number
        filled[level] |= 1 << UInt64(slot & 63)
    }

    private mutating func unlink(_ number: UInt32) {
        let node = nodes + Int(number)
        let slot = Int(node.pointee.slot) - 1
        let (previous, next) = (node.pointee.previous, node.pointee.next)
        if previous == Self.none { heads[slot] = next } else { nodes[Int(previous)].next = next }
        if next != Self.none { nodes[Int(next)].previous = previous }
        if heads[slot] == Self.none { filled[slot / 64] &= ~(1 << UInt64(slot & 63)) }
        node.pointee.slot = 0
    }
}
