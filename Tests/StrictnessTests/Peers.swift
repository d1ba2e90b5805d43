// Runs peers.py: the readings of nginx, HAProxy and h11 of the same streams.

import Documents
import Glibc
import Samples

struct PeerReading: Sendable {
    let stream: String
    let peer: String
    let reading: StreamReading
}

struct PeerError: Error {
    let text: String
}

enum Peers {
    static let names = ["h11", "haproxy", "nginx"]

    /// The peers' readings, by the name of the stream.
    static func read(_ streams: [(name: String, bytes: [UInt8])]) throws -> [String: [PeerReading]]
    {
        let input = streams.map { "\($0.name) \(hexadecimal($0.bytes))" }
        var readings: [String: [PeerReading]] = [:]
        for line in try run("peers.py", input) {
            let reading = try parse(line)
            readings[reading.stream, default: []].append(reading)
        }
        return readings
    }

    /// The lines that a script of this folder makes of these; it has a folder of its own.
    static func run(_ script: String, _ input: [String]) throws -> [String] {
        var template = Array("/tmp/apm-strictness-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw PeerError(text: "mkdtemp: \(errno)") }
        let folder = template.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        defer { _ = system("rm -rf '\(folder)'") }
        try write(input, to: folder + "/input")
        let path = Documents.root() + "/Tests/StrictnessTests/" + script
        let command = "/usr/bin/python3 -B '\(path)' '\(folder)' <'\(folder)/input'"
        guard let pipe = popen(command, "re") else { throw PeerError(text: "popen: \(errno)") }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&room, 1, room.count, pipe)
            if count == 0 { break }
            bytes += room[..<count]
        }
        guard pclose(pipe) == 0 else {
            throw PeerError(text: "\(script) failed; `make prepare` installs what it needs")
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func write(_ lines: [String], to path: String) throws {
        guard let file = fopen(path, "we") else { throw PeerError(text: "\(path): \(errno)") }
        defer { fclose(file) }
        for line in lines { fputs(line + "\n", file) }
    }

    private static func parse(_ line: String) throws -> PeerReading {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 3, let last = words.last else { throw PeerError(text: line) }
        var reading = StreamReading()
        for word in words[2..<words.count - 1] {
            let parts = word.split(separator: ":", omittingEmptySubsequences: false)
                .map { bytes(of: String($0)) }
            guard parts.count == 4 else { throw PeerError(text: line) }
            reading.requests.append(
                FoundRequest(method: parts[0], target: parts[1], host: parts[2], body: parts[3]))
        }
        switch last {
        case "done": reading.end = .done
        case "waits": reading.end = .waits
        default:
            guard let status = Int(last) else { throw PeerError(text: line) }
            reading.end = .refused(status)
        }
        return PeerReading(stream: words[0], peer: words[1], reading: reading)
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    static func bytes(of text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(digits[index...index + 1]), radix: 16) ?? 0
        }
    }
}
