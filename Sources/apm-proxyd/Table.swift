// Records by number, in one stretch of memory that costs nothing until it is touched. The number
// given back last is given out first, so that the memory that is used stays small and warm.

import Glibc
import Posix

struct Table<Element> {
    let capacity: Int
    private let elements: UnsafeMutablePointer<Element>
    /// The numbers that were given back.
    private let free: UnsafeMutablePointer<UInt32>
    private var freeCount = 0
    /// Numbers from here on were never given out.
    private(set) var touched = 0

    init(capacity: Int) throws(SystemError) {
        self.capacity = capacity
        elements = try Mapped.memory(capacity)
        free = try Mapped.memory(capacity)
    }

    subscript(number: UInt32) -> UnsafeMutablePointer<Element> { elements + Int(number) }

    /// Nil when all are given out. The record is whatever it was before, zeros at first.
    mutating func take() -> UInt32? {
        if freeCount > 0 {
            freeCount -= 1
            return free[freeCount]
        }
        guard touched < capacity else { return nil }
        touched += 1
        return UInt32(touched - 1)
    }

    mutating func give(_ number: UInt32) {
        free[freeCount] = number
        freeCount += 1
    }
}

enum Mapped {
    /// Zeroed memory for so many values, kept for good.
    static func memory<Value>(_ count: Int) throws(SystemError) -> UnsafeMutablePointer<Value> {
        guard let start = pages(count * MemoryLayout<Value>.stride) else {
            throw SystemError("mmap", code: errno)
        }
        return start.bindMemory(to: Value.self, capacity: count)
    }

    /// Zeroed pages, or nil.
    static func pages(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let start = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return start == MAP_FAILED ? nil : start
    }
}
