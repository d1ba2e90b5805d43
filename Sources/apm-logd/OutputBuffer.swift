// Where the output of one write is put together: one for the process, allocated once.

import CLinux
import Glibc

final class OutputBuffer {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: Limits.outputBytes, alignment: 4096)
    let head = UnsafeMutableRawPointer.allocate(byteCount: Limits.headBytes * 2, alignment: 64)
    /// Bytes in use.
    var count = 0
    var headCount = 0

    deinit {
        bytes.deallocate()
        head.deallocate()
    }

    var content: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

    /// Gives the memory back until the next write.
    func release() {
        madvise(bytes, Limits.outputBytes, MADV_DONTNEED)
    }
}
