// Memory for bytes that have to wait. A connection without any holds none. Sizes are powers of two;
// what is given back is kept for the next one, up to a limit for each size.

import Glibc

/// Bytes in memory of the pool; trivial, so whoever copies it must know who gives it back.
struct Buffer {
    fileprivate(set) var memory: UnsafeMutableRawPointer?
    var start: UInt32 = 0
    var end: UInt32 = 0
    fileprivate var order: UInt8 = 0

    var count: Int { Int(end - start) }
    var isEmpty: Bool { end == start }
    var capacity: Int { memory == nil ? 0 : 1 << Int(order) }

    /// What it holds.
    var bytes: UnsafeRawBufferPointer {
        guard let memory else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: memory + Int(start), count: count)
    }

    /// Where more can be written.
    var room: UnsafeMutableRawBufferPointer {
        guard let memory else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        return UnsafeMutableRawBufferPointer(
            start: memory + Int(end), count: capacity - Int(end))
    }
}

final class BufferPool {
    /// Orders of the smallest and of the largest buffer.
    static let smallest = 9
    static let largest = 25
    /// From here on memory is the kernel's, and goes back to it.
    private static let mapped = 17
    /// Bytes of one size that are kept.
    private static let keptBytes = 1_048_576

    /// Bytes of all buffers that are out.
    private(set) var heldBytes = 0
    /// So much is held that whoever makes more wait has to go.
    var isStrained: Bool { heldBytes > Limits.heldBytes }
    private var heads = [UnsafeMutableRawPointer?](repeating: nil, count: largest + 1)
    private var kept = [Int](repeating: 0, count: largest + 1)

    /// Makes room for so many bytes behind those that are there.
    @inline(__always)
    func reserve(_ buffer: inout Buffer, _ byteCount: Int) {
        if buffer.capacity - Int(buffer.end) >= byteCount { return }
        enlarge(&buffer, byteCount)
    }

    private func enlarge(_ buffer: inout Buffer, _ byteCount: Int) {
        let wanted = buffer.count + byteCount
        if let memory = buffer.memory, wanted <= buffer.capacity {
            memmove(memory, memory + Int(buffer.start), buffer.count)
        } else {
            let order = max(Self.smallest, Int.bitWidth - (wanted - 1).leadingZeroBitCount)
            let memory = take(order)
            if let old = buffer.memory {
                memcpy(memory, old + Int(buffer.start), buffer.count)
                give(old, Int(buffer.order))
            }
            buffer.memory = memory
            buffer.order = UInt8(order)
        }
        buffer.end -= buffer.start
        buffer.start = 0
    }

    func append(_ bytes: UnsafeRawBufferPointer, to buffer: inout Buffer) {
        guard let from = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(&buffer, bytes.count)
        guard let to = buffer.memory else { return }
        memcpy(to + Int(buffer.end), from, bytes.count)
        buffer.end += UInt32(bytes.count)
    }

    /// Takes bytes off the front; without any left the memory goes back.
    func consume(_ byteCount: Int, of buffer: inout Buffer) {
        buffer.start += UInt32(byteCount)
        if buffer.isEmpty { release(&buffer) }
    }

    @inline(__always)
    func release(_ buffer: inout Buffer) {
        guard let memory = buffer.memory else { return }
        give(memory, Int(buffer.order))
        buffer = Buffer()
    }

    private func take(_ order: Int) -> UnsafeMutableRawPointer {
        precondition(order <= Self.largest, "a buffer beyond its bound")
        heldBytes += 1 << order
        if let head = heads[order] {
            heads[order] = head.load(as: UnsafeMutableRawPointer?.self)
            kept[order] -= 1
            return head
        }
        let memory = order < Self.mapped ? malloc(1 << order) : Mapped.pages(1 << order)
        guard let memory else { breach("no memory") }
        return memory
    }

    private func give(_ memory: UnsafeMutableRawPointer, _ order: Int) {
        heldBytes -= 1 << order
        if kept[order] < max(2, Self.keptBytes >> order) {
            memory.storeBytes(of: heads[order], as: UnsafeMutableRawPointer?.self)
            heads[order] = memory
            kept[order] += 1
        } else if order < Self.mapped {
            free(memory)
        } else {
            munmap(memory, 1 << order)
        }
    }
}
