// A decoder of the chunked coding that is slow, simple and has all bytes at once; nothing in it is
// shared with ChunkedBody but the limits.

import Fuzzing
import HTTPWire

struct ChunkedModel {
    private(set) var data: [UInt8] = []
    private(set) var trailers: [[UInt8]] = []
    private(set) var end: Int?
    private(set) var fault: RequestFault?

    private let bytes: [UInt8]
    private var place = 0
    private var allowance = HTTPLimits.extensionBytes

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        do throws(RequestFault) {
            while let size = try readSize() {
                if size == 0 {
                    try readTrailer()
                    return
                }
                guard try readData(size) else { return }
            }
        } catch {
            fault = error
        }
    }

    /// The line at `place`, which may have so many bytes; nil when its end is not there.
    private mutating func line(
        most: Int, or tooLong: RequestFault
    ) throws(RequestFault) -> ArraySlice<UInt8>? {
        let start = place
        for index in start..<bytes.count {
            guard index - start <= most else { throw tooLong }
            let byte = bytes[index]
            if byte == 13 {
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == 10 else { throw .badByte }
                place = index + 2
                return bytes[start..<index]
            }
            guard byte >= 0x20 && byte != 0x7F || byte == 9 else { throw .badByte }
        }
        guard bytes.count - start <= most else { throw tooLong }
        return nil
    }

    private mutating func readSize() throws(RequestFault) -> UInt64? {
        guard let line = try line(most: HTTPLimits.chunkLineBytes, or: .badChunk) else {
            return nil
        }
        let digits = line.prefix { Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }
        let rest = line[digits.endIndex...]
        guard let size = UInt64(String(decoding: digits, as: UTF8.self), radix: 16),
            digits.count <= HTTPLimits.chunkDigits,
            [nil, 0x3B].contains(rest.first { $0 != 0x20 && $0 != 9 })
        else { throw .badChunk }
        guard rest.count <= allowance else { throw .tooManyExtensions }
        let earned = size >= 1 << 20 ? 1 << 16 : Int(size) / 16
        allowance = min(allowance - rest.count + earned, HTTPLimits.extensionBytes)
        return size
    }

    /// Data and its end; false when not all of it is there.
    private mutating func readData(_ size: UInt64) throws(RequestFault) -> Bool {
        let there = bytes[place...].prefix(Int(size))
        data += there
        place += there.count
        guard UInt64(there.count) == size else { return false }
        for byte: UInt8 in [13, 10] {
            guard place < bytes.count else { return false }
            guard bytes[place] == byte else { throw .badChunk }
            place += 1
        }
        return true
    }

    private mutating func readTrailer() throws(RequestFault) {
        var left = HTTPLimits.trailerBytes
        var count = 0
        while true {
            guard left >= 2 else { throw .trailerTooLong }
            guard let line = try line(most: left - 2, or: .trailerTooLong) else { return }
            if line.isEmpty {
                end = place
                return
            }
            guard let field = Self.field(line) else { throw .badTrailer }
            guard count < HTTPLimits.trailerFields else { throw .trailerTooLong }
            count += 1
            if Self.isPassedOn(field) { trailers.append(field) }
            left -= line.count + 2
        }
    }

    /// `name:value` without the blanks around the value; nil when it is none or may not be there.
    private static func field(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let name = line.prefix { $0 != 0x3A }
        guard !name.isEmpty, name.count < line.count, name.allSatisfy(isToken) else { return nil }
        let text = String(decoding: name, as: UTF8.self).lowercased()
        let banned = ["content-length", "transfer-encoding", "host", "connection", "trailer"]
        guard !banned.contains(text) else { return nil }
        var value = line[(name.endIndex + 1)...]
        while value.first == 0x20 || value.first == 9 { value.removeFirst() }
        while value.last == 0x20 || value.last == 9 { value.removeLast() }
        return Array(name) + [0x3A] + value
    }

    private static func isPassedOn(_ field: [UInt8]) -> Bool {
        let name = String(decoding: field.prefix { $0 != 0x3A }, as: UTF8.self).lowercased()
        return !FieldNames.ofConnection.contains(name) && !FieldNames.isClaim(Array(name.utf8))
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
