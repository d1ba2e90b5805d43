// The lines of one worker or instance, as apm-logd sends them.

import Control
import Glibc
import Posix

final class LogStream {
    let selection: Selection
    let descriptor: Descriptor
    private var filter: EscapeFilter
    /// The beginning of a line whose end has not come, where lines of others may come between.
    private var held: [UInt8] = []
    private static var pieceBytes: Int { 64 * 1024 }
    /// How long apm-logd may take where nobody follows, in milliseconds.
    static let patience: Int32 = 10_000

    init(_ selection: Selection, _ descriptor: Int32, filter: EscapeFilter) {
        self.selection = selection
        self.descriptor = Descriptor(owning: descriptor)
        self.filter = filter
    }

    enum Piece {
        case bytes([UInt8])
        case nothingYet
        case end
    }

    /// What has come, fit for where it goes.
    func read() -> Piece {
        var buffer = [UInt8](repeating: 0, count: Self.pieceBytes)
        let count = Glibc.read(descriptor.raw, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return .nothingYet }
        return count <= 0 ? .end : .bytes(filter.pass(buffer[0..<count]))
    }

    /// As `read`, but whole lines alone: the rest is kept for the next time.
    func readLines() -> Piece {
        let piece = read()
        switch piece {
        case .nothingYet: return piece
        case .end:
            guard !held.isEmpty else { return .end }
            defer { held = [] }
            return .bytes(held + [Self.newline])
        case .bytes(let bytes):
            held += bytes
            guard let end = held.lastIndex(of: Self.newline) else {
                guard held.count > Self.pieceBytes else { return .nothingYet }
                defer { held = [] }
                return .bytes(held + [Self.newline])
            }
            let whole = Array(held[...end])
            held.removeFirst(end + 1)
            return .bytes(whole)
        }
    }

    private static let newline = UInt8(ascii: "\n")

    /// The last lines, without escape sequences; empty when they cannot be had.
    static func recent(
        of selection: Selection, _ lines: UInt16, over connection: ControlConnection
    ) -> String {
        let command = LogCommand(selection: selection, lines: lines, follows: false)
        guard let number = (try? connection.ask(.log(command)))?.descriptors.first else {
            return ""
        }
        let stream = LogStream(
            selection, number, filter: EscapeFilter(keepsColours: false, keepsControls: true))
        var bytes: [UInt8] = []
        var entry = pollfd(fd: stream.descriptor.raw, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, 1000) > 0 {
            switch stream.read() {
            case .bytes(let piece): bytes += piece
            case .nothingYet: continue
            case .end: return String(decoding: bytes, as: UTF8.self)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
