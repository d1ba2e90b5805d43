// Options that are kept as texts, because what acts on them comes later. They stand in ascending
// order of their numbers, each once and only where it is set, so that equal settings are equal
// lists. What the texts mean was checked where they were read (OptionValue); a daemon does not
// look.

import Bytes

/// An option that is set, and its values in their canonical form.
public struct KeptOption: Equatable, Hashable, Sendable {
    public var id: UInt16
    /// One or more.
    public var values: [String]

    public init(id: UInt16, values: [String]) {
        self.id = id
        self.values = values
    }
}

extension [KeptOption] {
    /// The values of an option; empty = not set.
    public func values(of id: UInt16) -> [String] { first { $0.id == id }?.values ?? [] }

    /// Sets an option; no values = not set.
    public mutating func set(_ id: UInt16, _ values: [String]) {
        let place = firstIndex { $0.id >= id } ?? endIndex
        let isThere = place < endIndex && self[place].id == id
        if isThere { remove(at: place) }
        if !values.isEmpty { insert(KeptOption(id: id, values: values), at: place) }
    }

    /// The numbers of those that are set in one list and not, or otherwise, in the other.
    func differences(from other: [KeptOption]) -> Set<UInt16> {
        if self == other { return [] }
        return Set(Set(self).symmetricDifference(other).map(\.id))
    }

    /// Bytes of all values, each with 2 for its length.
    public var valueBytes: Int {
        reduce(0) { $1.values.reduce($0) { $0 + $1.utf8.count + 2 } }
    }

    func write(to writer: inout ByteWriter) {
        writer.write(UInt16(count))
        for option in self {
            writer.write(option.id)
            writer.write(option.values)
        }
    }

    /// Reads what `write` wrote: known numbers in ascending order, none of them without values.
    init(reading reader: inout ByteReader, known: Set<UInt16>) throws(DecodeError) {
        self = []
        let count = try reader.readCount(atMost: known.count, smallest: 6)
        var bytes = 0
        for _ in 0..<count {
            let id = try reader.readUInt16()
            let values = try reader.readTexts(
                atMost: SettingsLimits.keptValues, each: SettingsLimits.keptValueBytes)
            bytes += values.reduce(0) { $0 + $1.utf8.count + 2 }
            guard known.contains(id), !values.isEmpty, last.map({ $0.id < id }) ?? true,
                bytes <= SettingsLimits.keptBytes
            else { throw .badValue }
            append(KeptOption(id: id, values: values))
        }
    }
}
