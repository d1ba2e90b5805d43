// The figures, mapped: a memfd of the master's that outlives this process (FiguresLayout). Who is
// killed leaves in it exactly the stores that were made, in program order: each that matters is
// followed by `apm_order()`.

import CLinux
import Glibc
import Messages
import Posix

final class Figures {
    private let memory: UnsafeMutableRawPointer
    /// Where the counts of what the master has closed go.
    private let nowhere: UnsafeMutableRawPointer

    /// Maps them for good; the descriptor is closed.
    init(_ file: consuming Descriptor) throws(SystemError) {
        guard apm_file_size(file.raw) >= Int64(FiguresLayout.byteCount) else {
            throw SystemError("figures", code: EINVAL)
        }
        let mapped = mmap(
            nil, FiguresLayout.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file.raw, 0)
        guard let mapped, mapped != MAP_FAILED else { throw SystemError("mmap", code: errno) }
        memory = mapped
        guard let spare = Mapped.pages(FiguresLayout.instanceBytes) else {
            throw SystemError("mmap", code: errno)
        }
        nowhere = spare
    }

    func worker(_ slot: UInt16) -> WorkerFigures {
        WorkerFigures(
            words: memory + FiguresLayout.workersOffset + Int(slot) * FiguresLayout.workerBytes)
    }

    func instance(_ place: UInt16) -> InstanceFigures {
        InstanceFigures(
            words: memory + FiguresLayout.instancesOffset
                + Int(place) * FiguresLayout.instanceBytes)
    }

    /// Of a worker that is closed, and of one without a place.
    var noWorker: WorkerFigures { WorkerFigures(words: nowhere) }
    var noInstance: InstanceFigures { InstanceFigures(words: nowhere) }

    /// A call on a pipe of this instance begins. Who holds the other end can make it last (see
    /// JournalLayout): the master looks here for one that does not come back.
    @inline(__always)
    func touch(_ place: UInt16) {
        let words = memory + FiguresLayout.watchOffset
        words.storeBytes(of: words.load(as: UInt64.self) &+ 1, as: UInt64.self)
        apm_order()
        words.storeBytes(of: UInt32(place) + 1, toByteOffset: 8, as: UInt32.self)
        apm_order()
    }

    @inline(__always)
    func letGo() {
        apm_order()
        (memory + FiguresLayout.watchOffset).storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
        apm_order()
    }
}

struct WorkerFigures {
    let words: UnsafeMutableRawPointer

    func count(_ offset: Int) {
        let word = words + offset
        word.storeBytes(of: word.load(as: UInt64.self) &+ 1, as: UInt64.self)
    }

    func set(_ offset: Int, _ number: Int) {
        words.storeBytes(of: UInt32(clamping: number), toByteOffset: offset, as: UInt32.self)
    }
}

struct InstanceFigures {
    let words: UnsafeMutableRawPointer

    /// Where a pipe stands; what a predecessor left may be any number, which means nothing good.
    func piece(_ offset: Int) -> FiguresLayout.Piece {
        let word = words.load(fromByteOffset: offset, as: UInt32.self)
        return FiguresLayout.Piece(rawValue: word) ?? .cut
    }

    @inline(__always)
    func setPiece(_ offset: Int, _ piece: FiguresLayout.Piece) {
        apm_order()
        words.storeBytes(of: piece.rawValue, toByteOffset: offset, as: UInt32.self)
        apm_order()
    }

    static let greeted: UInt32 = 1
    static let wasGreeted: UInt32 = 2

    var greetings: UInt32 {
        words.load(fromByteOffset: FiguresLayout.greetingsOffset, as: UInt32.self)
    }

    func greet(_ bit: UInt32) {
        apm_order()
        words.storeBytes(
            of: greetings | bit, toByteOffset: FiguresLayout.greetingsOffset, as: UInt32.self)
        apm_order()
    }

    func count(_ offset: Int) {
        let word = words + offset
        word.storeBytes(of: word.load(as: UInt64.self) &+ 1, as: UInt64.self)
    }

    func setSessions(_ number: Int) {
        words.storeBytes(
            of: UInt32(clamping: number), toByteOffset: FiguresLayout.sessionsOffset,
            as: UInt32.self)
    }

    /// One more answer that took so long.
    func countAnswer(nanoseconds: Int64) {
        let bucket = FiguresLayout.bucket(microseconds: UInt64(max(0, nanoseconds)) / 1000)
        let word = words + FiguresLayout.bucketsOffset + 4 * bucket
        word.storeBytes(of: word.load(as: UInt32.self) &+ 1, as: UInt32.self)
    }
}
