// What the fuzzers of streams share: how bytes come in pieces, and how a broken rule ends a run.

import Glibc

/// Ends the run with `rule` as its last line. Other than a precondition it says in an optimized
/// build, too, what was broken.
public func require(_ holds: @autoclosure () -> Bool, _ rule: StaticString) {
    if holds() { return }
    _ = write(2, "broken rule: ", 13)
    _ = write(2, rule.utf8Start, rule.utf8CodeUnitCount)
    _ = write(2, "\n", 1)
    abort()
}

/// Where bytes are cut.
public enum Cuts {
    case none
    /// Pieces of one byte for 0; else their sizes, up to 64 bytes, follow from the number.
    case seeded(UInt8)
}

/// Hands bytes over in pieces, those in front that are not done with again each time; `take` says
/// how many are done with, or nil when it wants no more.
public func feed(_ bytes: [UInt8], _ cuts: Cuts, _ take: (inout [UInt8]) -> Int?) {
    var window: [UInt8] = []
    var given = 0
    var sizes = Sizes(cuts)
    while given < bytes.count {
        let next = min(given + sizes.next(), bytes.count)
        window += bytes[given..<next]
        given = next
        guard let taken = take(&window) else { return }
        require(taken >= 0 && taken <= window.count, "no more is taken than is there")
        window.removeFirst(taken)
    }
}

private struct Sizes {
    private var random: Random
    private let largest: Int

    init(_ cuts: Cuts) {
        switch cuts {
        case .none:
            random = Random(seed: 0)
            largest = .max
        case .seeded(let seed):
            random = Random(seed: UInt32(seed))
            largest = 1 + Int(seed) % 64
        }
    }

    mutating func next() -> Int {
        largest == .max ? largest : 1 + random.below(largest)
    }
}

/// Inputs are short and limits are not. In an input, FE FE n c stands for 8 (n + 1) bytes c, and
/// FE FF n for the line before it n times more.
public func unpack(_ packed: ArraySlice<UInt8>, most: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(packed.count)
    var rest = packed
    while let first = rest.popFirst(), bytes.count < most {
        guard first == 0xFE, rest.count >= 2 else {
            bytes.append(first)
            continue
        }
        let number = Int(rest[rest.startIndex + 1])
        if rest.first == 0xFE, rest.count >= 3 {
            bytes += repeatElement(rest[rest.startIndex + 2], count: 8 * (number + 1))
            rest = rest.dropFirst(3)
        } else if rest.first == 0xFF {
            let end = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            let start = bytes[..<max(end - 1, 0)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            let line = Array(bytes[start..<end])
            for _ in 0..<number where bytes.count < most { bytes += line }
            rest = rest.dropFirst(2)
        } else {
            bytes.append(first)
        }
    }
    return bytes
}
