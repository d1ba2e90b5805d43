// The master's side of the figures (FiguresLayout): a memfd of fixed size that it keeps for
// apm-proxyd. Whatever that writes can show wrong numbers and no more: nothing read here is an
// index, a length or an id. Places are cleared before they are given out.

import CLinux
import Control
import Glibc
import Messages
import Posix

final class ProxyFigures {
    private let memory: Descriptor
    private let page: UnsafeMutableRawPointer

    init() throws(SystemError) {
        let number = apm_memfd("apm-figures", false)
        guard number >= 0 else { throw SystemError("memfd_create", negated: Int(number)) }
        memory = Descriptor(owning: number)
        guard ftruncate(number, FiguresLayout.byteCount) == 0 else {
            throw SystemError("ftruncate", subject: "figures", code: errno)
        }
        // Who holds it may neither grow nor shrink it, so that looking at it cannot fault.
        _ = fcntl(number, Int32(APM_ADD_SEALS), Int32(APM_SEAL_SIZE))
        let mapped = mmap(nil, FiguresLayout.byteCount, PROT_READ, MAP_SHARED, number, 0)
        guard let mapped, mapped != MAP_FAILED else {
            throw SystemError("mmap", subject: "figures", code: errno)
        }
        page = mapped
    }

    deinit {
        munmap(page, FiguresLayout.byteCount)
    }

    /// For apm-proxyd.
    var descriptor: Int32 { memory.raw }

    /// Which instance's pipe apm-proxyd touches, as it says itself.
    var sight: StallWatch.Sight {
        apm_order()
        let place = page.load(fromByteOffset: FiguresLayout.watchOffset + 8, as: UInt32.self)
        let touches = page.load(fromByteOffset: FiguresLayout.watchOffset, as: UInt64.self)
        let places = 1...UInt32(MessageLimits.connectedInstances)
        return StallWatch.Sight(
            touches: touches, place: places.contains(place) ? place - 1 : nil)
    }

    func clear(worker: UInt16) {
        clear(Self.offset(ofWorker: worker), FiguresLayout.workerBytes)
    }

    func clear(instance: UInt16) {
        clear(Self.offset(ofInstance: instance), FiguresLayout.instanceBytes)
    }

    private func clear(_ offset: Int, _ count: Int) {
        let nothing = [UInt8](repeating: 0, count: count)
        _ = pwrite(memory.raw, nothing, count, off_t(offset))
    }

    private static func offset(ofWorker worker: UInt16) -> Int {
        FiguresLayout.workersOffset + Int(worker) * FiguresLayout.workerBytes
    }

    private static func offset(ofInstance instance: UInt16) -> Int {
        FiguresLayout.instancesOffset + Int(instance) * FiguresLayout.instanceBytes
    }
}
