// Events and entries as the kernel lays them out, whole, cut and senseless.

import Glibc
import Testing

@testable import apm_agent

struct FolderEventTests {
    private func bytes<Value>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }

    private func event(_ watch: Int32, _ mask: UInt32, _ name: String, padded: Int) -> [UInt8] {
        let text = Array(name.utf8)
        return bytes(watch) + bytes(mask) + bytes(UInt32(7)) + bytes(UInt32(padded)) + text
            + [UInt8](repeating: 0, count: padded - text.count)
    }

    @Test func eventsComeOneAfterTheOther() {
        let input =
            event(1, 8, "app.js", padded: 16) + event(-1, 0x4000, "", padded: 0)
            + event(2, 0x100, "sixteen-letters!", padded: 32)
        #expect(
            FolderEvent.list(in: input.span.bytes) == [
                FolderEvent(watch: 1, mask: 8, name: Array("app.js".utf8)),
                FolderEvent(watch: -1, mask: 0x4000, name: []),
                FolderEvent(watch: 2, mask: 0x100, name: Array("sixteen-letters!".utf8)),
            ])
    }

    @Test func cutAnywhereNothingIsMadeUp() {
        let one = event(1, 8, "app.js", padded: 16)
        let input = one + event(2, 8, "b", padded: 16)
        for length in 0...input.count {
            let found = FolderEvent.list(in: Array(input[..<length]).span.bytes)
            #expect(found.count == (length < one.count ? 0 : length < input.count ? 1 : 2))
        }
    }

    @Test func aLengthThatCannotBeEndsTheList() {
        let forged = bytes(Int32(1)) + bytes(UInt32(8)) + bytes(UInt32(0)) + bytes(UInt32.max)
        #expect(FolderEvent.list(in: (forged + [1, 2, 3]).span.bytes).isEmpty)
    }

    private func entry(_ name: String, _ type: UInt8, length: Int? = nil) -> [UInt8] {
        let text = Array(name.utf8) + [0]
        let whole = (19 + text.count + 7) / 8 * 8
        return bytes(UInt64(5)) + bytes(UInt64(6)) + bytes(UInt16(length ?? whole)) + [type] + text
            + [UInt8](repeating: 0, count: whole - 19 - text.count)
    }

    @Test func entriesAreReadWithoutTheFolderItself() {
        let input =
            entry(".", 4) + entry("..", 4) + entry("src", 4) + entry("app.js", 8)
            + entry("link", 10) + entry("?", 0)
        let found = FolderEntry.list(in: input.span.bytes)
        #expect(found.map(\.kind) == [.folder, .file, .file, .unknown])
        #expect(
            found.map { String(decoding: $0.name, as: UTF8.self) }
                == ["src", "app.js", "link", "?"])
    }

    @Test func senselessEntriesEndTheList() {
        #expect(FolderEntry.list(in: entry("a", 8, length: 3).span.bytes).isEmpty)
        #expect(FolderEntry.list(in: entry("a", 8, length: 4096).span.bytes).isEmpty)
        let whole = entry("a", 8)
        for length in 0..<whole.count {
            #expect(FolderEntry.list(in: Array(whole[..<length]).span.bytes).isEmpty)
        }
    }

    /// Any bytes end.
    @Test func noiseEnds() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let noise = (0..<Int.random(in: 0..<200)).map { _ in
                UInt8.random(in: 0...8, using: &random)
            }
            _ = FolderEvent.list(in: noise.span.bytes)
            _ = FolderEntry.list(in: noise.span.bytes)
        }
    }
}
