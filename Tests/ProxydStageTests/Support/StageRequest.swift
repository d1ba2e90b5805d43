// A request as a worker gets it.

import Frames
import Testing

struct StageRequest {
    let session: SessionID
    let method: String
    let target: String
    let address: String
    let scheme: String
    let version: String
    let fields: [Field]
    let payload: [UInt8]
    let isEnd: Bool
    let isRestored: Bool

    struct Field: Equatable {
        let name: String
        let value: String
    }

    init(_ frame: StageFrame) throws {
        session = frame.session
        payload = frame.payload
        isEnd = frame.isEnd
        isRestored = frame.isRestored
        var lines = frame.head.split(separator: 0x0A, omittingEmptySubsequences: false)
        let last = lines.popLast()
        try #require(last?.isEmpty == true, "the last line has its LF")
        try #require(lines.count >= 2)
        let first = lines[0].text.split(separator: " ", omittingEmptySubsequences: false)
        let second = lines[1].text.split(separator: " ")
        try #require(first.count == 2 && second.count >= 3)
        method = String(first[0])
        target = String(first[1])
        address = String(second[0])
        scheme = String(second[1])
        version = String(second[2])
        fields = try lines[2...].map { line in
            let text = line.text
            let colon = try #require(text.firstRange(of: ": "), "\(text)")
            return Field(
                name: String(text[..<colon.lowerBound]), value: String(text[colon.upperBound...]))
        }
    }

    /// The values of a field, whatever the case of its name.
    subscript(name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
}
