// A memfd of fixed size that the master keeps for a helper, so that what the helper writes outlives
// it. The master reads a part of it, where two words say what the helper touches, and clears places
// before it gives them out: who gets one finds nothing of who had it before.

import CLinux
import Glibc
import Posix

final class HelperMemory {
    private let memory: Descriptor
    /// The part that the master reads.
    let page: UnsafeRawPointer
    private let readBytes: Int

    /// Its name is for people. `reading` begins at a page.
    init(_ name: String, byteCount: Int, reading range: Range<Int>) throws(SystemError) {
        let number = apm_memfd("apm-" + name, false)
        guard number >= 0 else { throw SystemError("memfd_create", negated: Int(number)) }
        memory = Descriptor(owning: number)
        guard ftruncate(number, byteCount) == 0 else {
            throw SystemError("ftruncate", subject: name, code: errno)
        }
        // Who holds it may neither grow nor shrink it, so that looking at it cannot fault.
        _ = fcntl(number, Int32(APM_ADD_SEALS), Int32(APM_SEAL_SIZE))
        let mapped = mmap(
            nil, range.count, PROT_READ, MAP_SHARED, number, off_t(range.lowerBound))
        guard let mapped, mapped != MAP_FAILED else {
            throw SystemError("mmap", subject: name, code: errno)
        }
        page = UnsafeRawPointer(mapped)
        readBytes = range.count
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: page), readBytes)
    }

    /// For the helper.
    var descriptor: Int32 { memory.raw }

    /// Which of so many pipes the helper touches, as its words at the beginning of what is read
    /// say: u64 how often it touched one, u32 which one + 1, 0 = none.
    func sight(ofPlaces places: Int) -> StallWatch.Sight {
        apm_order()
        let place = page.load(fromByteOffset: 8, as: UInt32.self)
        let touches = page.load(as: UInt64.self)
        return StallWatch.Sight(
            touches: touches, place: (1...UInt32(places)).contains(place) ? place - 1 : nil)
    }

    func clear(_ offset: Int, _ count: Int) {
        let nothing = [UInt8](repeating: 0, count: count)
        _ = pwrite(memory.raw, nothing, count, off_t(offset))
    }
}
