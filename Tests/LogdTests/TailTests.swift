// Followers: what they get, and what a slow one misses.

import Documents
import Glibc
import Messages
import Posix
import Testing

@testable import apm_logd

struct TailTests {
    /// A tail and the client's end of its socket.
    private final class Client {
        let tail: Tail
        private var socket: Int32

        init(follows: Bool = true, recent: String = "") throws {
            let (ours, theirs) = try DescriptorPair.streamSockets()
            let request = TailRequest(
                lines: 10, follows: follows, instance: 0, workers: [2], uid: 0)
            tail = Tail(
                socket: Descriptor(owning: ours), request: request, recent: Array(recent.utf8))
            socket = theirs
        }

        deinit { leave() }

        func leave() {
            if socket >= 0 { close(socket) }
            socket = -1
        }

        func read() -> String {
            [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
                count = max(0, Glibc.read(socket, buffer.baseAddress, buffer.count))
            }.text
        }
    }

    private func add(
        _ text: String, of stream: UInt32 = 1, _ lead: LineLead = .newLine, to tail: Tail
    ) {
        Array(text.utf8).withUnsafeBytes { tail.add($0, of: stream, lead: lead) }
    }

    @Test func recentThenNew() throws {
        let client = try Client(recent: "old\n")
        let tail = client.tail
        #expect(tail.flush() == .allSent)
        add("new\n", to: tail)
        #expect(tail.flush() == .allSent)
        #expect(client.read() == "old\nnew\n")
    }

    @Test func withoutFollowingItIsOver() throws {
        let client = try Client(follows: false, recent: "old\n")
        #expect(client.tail.flush() == .over)
    }

    @Test func goneClientIsOver() throws {
        let client = try Client()
        let tail = client.tail
        client.leave()
        add("x\n", to: tail)
        #expect(tail.flush() == .over)
    }

    @Test func unfinishedLinesDoNotMix() throws {
        let client = try Client()
        let tail = client.tail
        add("long", of: 1, to: tail)
        add(" more", of: 1, .continues, to: tail)
        add("\nother\n", of: 2, .breaks, to: tail)
        add("rest of unseen\nseen\n", of: 3, .continues, to: tail)
        #expect(tail.flush() == .allSent)
        #expect(client.read() == "long more\nother\nseen\n")
    }

    @Test func slowClientIsToldWhatItMissed() throws {
        let client = try Client()
        let tail = client.tail
        let line = String(repeating: "z", count: 999) + "\n"
        var added = 0
        while tail.flush() != .waiting {
            add(line, to: tail)
            added += 1
        }
        for _ in 0..<1000 { add(line, to: tail) }
        added += 1000
        var got = ""
        while tail.flush() != .allSent { got += client.read() }
        add("after\n", to: tail)
        #expect(tail.flush() == .allSent)
        got += client.read()
        let lines = got.split(separator: "\n")
        let notice = try #require(lines.first { $0.hasSuffix("lines skipped --") })
        let skipped = try #require(Int(notice.split(separator: " ")[1]))
        #expect(skipped > 0)
        #expect(lines.count { $0.hasPrefix("z") } + skipped == added)
        #expect(lines.last == "after")
    }

    @Test func placesAreAsDocumented() throws {
        let rows = try Documents.table(
            in: "docs/PRIVILEGES.md", headed: ["table", "places", "of one uid", "kept for root"])
        let row = try #require(rows.first { $0[0] == "followers of logs" })
        let limits = Limits.tails
        #expect(row.dropFirst().map { Int($0) } == [limits.all, limits.ofOne, limits.keptForRoot])
    }
}
