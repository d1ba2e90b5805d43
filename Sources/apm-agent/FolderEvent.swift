// What the kernel tells of watched folders (inotify(7)), and the entries of a folder
// (getdents64(2)), decoded. Pure and total: bytes that make no sense end the list.

import Bytes

struct FolderEvent: Equatable {
    /// The number of the watch; -1 in an overflow.
    var watch: Int32
    /// IN_CREATE and the like.
    var mask: UInt32
    /// Of the entry that it is about; empty = the folder itself.
    var name: [UInt8]

    static func list(in bytes: RawSpan) -> [FolderEvent] {
        var reader = ByteReader(bytes)
        var events: [FolderEvent] = []
        while let event = try? FolderEvent(reading: &reader) { events.append(event) }
        return events
    }
}

extension FolderEvent {
    private init(reading reader: inout ByteReader) throws(DecodeError) {
        watch = try reader.readInt32()
        mask = try reader.readUInt32()
        // A cookie that brings the two halves of a rename together; both count for themselves here.
        _ = try reader.readUInt32()
        // Filled with zeros up to its length.
        let padded = try reader.readBytes(atMost: Limits.nameBytes)
        name = Array(padded.prefix { $0 != 0 })
    }
}

struct FolderEntry: Equatable {
    enum Kind: Equatable {
        case folder
        /// Whatever has no entries: a symbolic link, too.
        case file
        /// The file system does not say.
        case unknown
    }

    var name: [UInt8]
    var kind: Kind

    /// All but `.` and `..`.
    static func list(in bytes: RawSpan) -> [FolderEntry] {
        var reader = ByteReader(bytes)
        var entries: [FolderEntry] = []
        while let entry = try? FolderEntry(reading: &reader) {
            if entry.name != [dot], entry.name != [dot, dot], !entry.name.isEmpty {
                entries.append(entry)
            }
        }
        return entries
    }

    private static let dot = UInt8(ascii: ".")
    /// d_ino, d_off, d_reclen, d_type.
    private static let headBytes = 19

    private init(reading reader: inout ByteReader) throws(DecodeError) {
        _ = try reader.readUInt64()
        _ = try reader.readUInt64()
        let length = Int(try reader.readUInt16())
        switch try reader.readUInt8() {
        case 0: kind = .unknown
        case 4: kind = .folder
        default: kind = .file
        }
        guard length >= Self.headBytes else { throw .badValue }
        name = []
        var hasEnded = false
        for _ in Self.headBytes..<length {
            let byte = try reader.readUInt8()
            hasEnded = hasEnded || byte == 0
            if !hasEnded { name.append(byte) }
        }
    }
}
