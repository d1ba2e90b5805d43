// Small files of the kernel: read and written whole.

import Glibc

enum KernelFile {
    static func read(_ path: String, limit: Int) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var room = [UInt8](repeating: 0, count: limit)
        let count = Glibc.read(file, &room, limit)
        return count >= 0 ? String(decoding: room[0..<count], as: UTF8.self) : nil
    }

    /// Bytes that a look at a file takes; what is behind them is not seen.
    private static let room = 4096

    /// Looks at a file below an open folder without allocating anything; nil when it cannot be
    /// read.
    static func look<Result>(
        at name: String, in folder: Int32, _ body: (RawSpan) -> Result?
    ) -> Result? {
        let file = openat(folder, name, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { bytes in
            let count = Glibc.read(file, bytes.baseAddress, bytes.count)
            guard count >= 0 else { return nil }
            return body(UnsafeRawBufferPointer(rebasing: bytes[0..<count]).bytes)
        }
    }

    /// Whether a cgroup.events has the line `populated 1`. By bytes: this is on the way of every
    /// restart.
    static func saysPopulated(_ events: some Sequence<UInt8>) -> Bool {
        let line: StaticString = "populated 1"
        var matched = 0
        for byte in events {
            if byte != line.utf8Start[matched] { matched = 0 }
            if byte == line.utf8Start[matched] { matched += 1 }
            if matched == line.utf8CodeUnitCount { return true }
        }
        return false
    }

    static func write(_ text: String, to path: String) -> Bool {
        write(text, to: path, in: AT_FDCWD) == 0
    }

    /// 0, or the errno of what was refused.
    static func write(_ text: String, to name: String, in folder: Int32) -> Int32 {
        let file = openat(folder, name, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return errno }
        defer { close(file) }
        let count = text.utf8.count
        let written = Glibc.write(file, text, count)
        if written < 0 { return errno }
        return written == count ? 0 : EIO
    }
}
