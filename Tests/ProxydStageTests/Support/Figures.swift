// The figures of apm-proxyd as the master reads them.

import CLinux
import Glibc
import Messages
import Posix
import Testing

final class Figures {
    let descriptor: Int32
    private let memory: UnsafeMutableRawPointer

    init() throws {
        descriptor = apm_memfd("figures", false)
        try #require(descriptor >= 0, "memfd")
        try #require(ftruncate(descriptor, off_t(FiguresLayout.byteCount)) == 0)
        let mapped = mmap(
            nil, FiguresLayout.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        memory = try #require(mapped != MAP_FAILED ? mapped : nil, "mmap")
    }

    deinit {
        munmap(memory, FiguresLayout.byteCount)
        close(descriptor)
    }

    func clear(instance: UInt16) {
        memset(memory + place(instance), 0, FiguresLayout.instanceBytes)
    }

    /// Says of a pipe where its proxy died.
    func set(_ instance: Instance, _ offset: Int, _ piece: FiguresLayout.Piece) {
        memory.storeBytes(
            of: piece.rawValue, toByteOffset: place(instance.place) + offset, as: UInt32.self)
    }

    func accepted(worker: UInt16 = 0) -> UInt64 { word(worker, FiguresLayout.acceptedOffset) }
    func requests(worker: UInt16 = 0) -> UInt64 { word(worker, FiguresLayout.requestsOffset) }
    func refused(worker: UInt16 = 0) -> UInt64 { word(worker, FiguresLayout.refusedOffset) }
    func open(worker: UInt16 = 0) -> UInt32 { half(worker, FiguresLayout.openOffset) }
    func waiting(worker: UInt16 = 0) -> UInt32 { half(worker, FiguresLayout.waitingOffset) }
    func droppedLines(worker: UInt16 = 0) -> UInt64 {
        word(worker, FiguresLayout.droppedLinesOffset)
    }

    func sessions(_ instance: Instance) -> UInt32 {
        memory.load(
            fromByteOffset: place(instance.place) + FiguresLayout.sessionsOffset, as: UInt32.self)
    }

    func served(_ instance: Instance) -> UInt64 {
        memory.load(
            fromByteOffset: place(instance.place) + FiguresLayout.servedOffset, as: UInt64.self)
    }

    func failed(_ instance: Instance) -> UInt64 {
        memory.load(
            fromByteOffset: place(instance.place) + FiguresLayout.failedOffset, as: UInt64.self)
    }

    func piece(_ instance: Instance, _ offset: Int) -> UInt32 {
        memory.load(fromByteOffset: place(instance.place) + offset, as: UInt32.self)
    }

    func greetings(_ instance: Instance) -> UInt32 {
        piece(instance, FiguresLayout.greetingsOffset)
    }

    /// Answers by the time that they took.
    func buckets(_ instance: Instance) -> [UInt32] {
        (0..<FiguresLayout.buckets).map {
            piece(instance, FiguresLayout.bucketsOffset + 4 * $0)
        }
    }

    private func place(_ instance: UInt16) -> Int {
        FiguresLayout.instancesOffset + Int(instance) * FiguresLayout.instanceBytes
    }

    private func word(_ worker: UInt16, _ offset: Int) -> UInt64 {
        memory.load(
            fromByteOffset: FiguresLayout.workersOffset + Int(worker) * FiguresLayout.workerBytes
                + offset, as: UInt64.self)
    }

    private func half(_ worker: UInt16, _ offset: Int) -> UInt32 {
        memory.load(
            fromByteOffset: FiguresLayout.workersOffset + Int(worker) * FiguresLayout.workerBytes
                + offset, as: UInt32.self)
    }
}
