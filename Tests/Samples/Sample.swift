// The samples of StrictnessTests' requests.txt and responses.txt: blocks of lines, each with a sign
// of what it says. Read by whoever is held to them: the parser, and the built apm-proxyd.

import Documents

/// A sample as it stands in its file.
public struct Sample: Sendable {
    public let kind: String
    public let name: String
    /// What stands behind each sign, in order, escapes still in it.
    private var lines: [Character: [String]] = [:]

    private init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }

    /// The lines of a sign, each as bytes.
    public func lines(_ sign: Character) -> [[UInt8]] {
        (lines[sign] ?? []).map { Escapes.bytes(of: $0) }
    }

    /// The lines of a sign, all as one.
    public func bytes(_ sign: Character) -> [UInt8] {
        Escapes.bytes(of: (lines[sign] ?? []).joined())
    }

    /// The samples of a file of Tests/StrictnessTests.
    public static func all(in file: String) throws -> [Sample] {
        var samples: [Sample] = []
        var kind = ""
        let text = try Documents.text(of: "Tests/StrictnessTests/\(file)")
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("[") {
                kind = String(line.dropFirst().dropLast())
            } else if line.hasPrefix("= ") {
                samples.append(Sample(kind: kind, name: String(line.dropFirst(2))))
            } else if let sign = line.first, !samples.isEmpty {
                samples[samples.count - 1].lines[sign, default: []].append(
                    String(line.dropFirst(2)))
            }
        }
        return samples
    }
}

public enum Escapes {
    /// `\r \n \t \\ \x00`, and `\{3*ab}` for ababab, within which the others may stand.
    public static func bytes(of text: String) -> [UInt8] { bytes(of: Array(text.utf8)[...]) }

    private static func bytes(of text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == 0x5C, let sign = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch sign {
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "x"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                bytes.append(UInt8(digits, radix: 16) ?? 0x3F)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "{"):
                let inside = rest.prefix { $0 != UInt8(ascii: "}") }
                rest = rest.dropFirst(inside.count + 1)
                let digits = inside.prefix { $0 != UInt8(ascii: "*") }
                let once = Self.bytes(of: inside.dropFirst(digits.count + 1))
                let times = Int(String(decoding: digits, as: UTF8.self)) ?? 0
                for _ in 0..<times { bytes += once }
            default: bytes.append(sign)
            }
        }
        return bytes
    }

    /// Bytes in words for people.
    public static func text(of bytes: [UInt8]) -> String {
        bytes.map { byte in
            (0x20..<0x7F).contains(byte)
                ? String(Unicode.Scalar(byte)) : "\\x" + String(byte, radix: 16)
        }.joined()
    }
}
