// Texts as execve wants them: one block of memory, freed with its owner.

import Glibc

public struct ArgumentVector: ~Copyable {
    /// NULL at the end; valid as long as this lives.
    public let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let text: UnsafeMutablePointer<CChar>

    public init(_ texts: [String]) {
        var bytes = 0
        for entry in texts { bytes += entry.utf8.count + 1 }
        text = .allocate(capacity: max(1, bytes))
        pointers = .allocate(capacity: texts.count + 1)
        var next = text
        for (index, entry) in texts.enumerated() {
            pointers[index] = next
            for byte in entry.utf8 {
                next.pointee = CChar(bitPattern: byte)
                next += 1
            }
            next.pointee = 0
            next += 1
        }
        pointers[texts.count] = nil
    }

    deinit {
        pointers.deallocate()
        text.deallocate()
    }
}
