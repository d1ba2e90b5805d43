// Changes that keep a message well-formed more often than libFuzzer's own: texts and lists are a
// count and its entries, and a change to one of the two alone ends in a refusal.

/// splitmix64: the same seed gives the same changes.
public struct Random {
    private var state: UInt64
    public init(seed: UInt32) { state = UInt64(seed) }

    public mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(max(limit, 1)))
    }

    public mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[below(choices.count)]
    }
}

public enum FieldMutation {
    /// Bytes that one entry takes: of a text, of lists of numbers, texts, helpers, instances,
    /// workers. 0 = a text of the length that stands there.
    private static let entrySizes = [1, 1, 2, 2, 0, 0, 9, 43, 48]
    private static let numbers: [UInt64] = [
        0, 1, 2, 3, 64, 255, 256, 1023, 1024, 4095, 65535, .max,
    ]

    /// One to three changes to a datagram's body, which begins at `start`.
    public static func apply(to bytes: inout [UInt8], from start: Int, _ random: inout Random) {
        for _ in 0...random.below(3) {
            guard bytes.count > start + 2 else { return }
            let position = start + random.below(bytes.count - start - 1)
            switch random.below(4) {
            case 0: grow(&bytes, at: position, &random)
            case 1: shrink(&bytes, at: position, &random)
            case 2: setNumber(&bytes, at: position, &random)
            default: bytes[position] = UInt8(truncatingIfNeeded: random.below(256))
            }
        }
    }

    /// Takes the u16 at `position` for a count: adds to it, and as many entries behind it.
    private static func grow(_ bytes: inout [UInt8], at position: Int, _ random: inout Random) {
        let count = number(in: bytes, at: position)
        let added = 1 + random.below(4)
        let size = entrySize(in: bytes, at: position, &random)
        guard count + added <= 4096 else { return }
        setCount(&bytes, at: position, to: count + added)
        let first = Array(bytes.dropFirst(position + 2).prefix(size))
        let isCopy = count > 0 && first.count == size && random.below(2) == 0
        let filler: UInt8 = size == 1 ? 0x61 : 0
        let entry = isCopy ? first : Array(repeating: filler, count: size)
        for _ in 0..<added { bytes.insert(contentsOf: entry, at: position + 2) }
    }

    private static func entrySize(
        in bytes: [UInt8], at position: Int, _ random: inout Random
    ) -> Int {
        let size = random.pick(entrySizes)
        guard size == 0 else { return size }
        return position + 3 < bytes.count ? 2 + min(number(in: bytes, at: position + 2), 64) : 2
    }

    /// The reverse of `grow`.
    private static func shrink(_ bytes: inout [UInt8], at position: Int, _ random: inout Random) {
        let count = number(in: bytes, at: position)
        let removed = min(count, 1 + random.below(4))
        let size = removed * entrySize(in: bytes, at: position, &random)
        guard removed > 0, bytes.count - position - 2 >= size else { return }
        setCount(&bytes, at: position, to: count - removed)
        bytes.removeSubrange(position + 2..<position + 2 + size)
    }

    private static func setNumber(_ bytes: inout [UInt8], at position: Int, _ random: inout Random)
    {
        let value = random.pick(numbers)
        for index in 0..<random.pick([1, 2, 4, 8]) where position + index < bytes.count {
            bytes[position + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
    }

    private static func number(in bytes: [UInt8], at position: Int) -> Int {
        Int(bytes[position]) | Int(bytes[position + 1]) << 8
    }

    private static func setCount(_ bytes: inout [UInt8], at position: Int, to count: Int) {
        bytes[position] = UInt8(truncatingIfNeeded: count)
        bytes[position + 1] = UInt8(truncatingIfNeeded: count >> 8)
    }
}

/// libFuzzer's own change of `count` bytes in a buffer of `room`; gives the new count.
@_silgen_name("LLVMFuzzerMutate")
public func mutateBytes(_ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int) -> Int
