// A file that is replaced as a whole: what it keeps, and that a change meanwhile wins.

import Glibc
import Testing

@testable import apm

@Suite struct SaveTargetTests {
    private final class Folder {
        let path: String

        init() throws {
            var template = Array("/tmp/apm-save.XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            let made = String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            path = made
        }

        deinit {
            for name in ["a.conf", "b.conf", "link.conf"] { unlink(path + "/" + name) }
            rmdir(path)
        }

        func write(_ name: String, _ text: String) -> String {
            let file = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o640)
            _ = Glibc.write(file, text, text.utf8.count)
            close(file)
            return path + "/" + name
        }

        func read(_ name: String) -> String {
            let file = open(path + "/" + name, O_RDONLY)
            defer { close(file) }
            var room = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(file, &room, room.count)
            return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
        }
    }

    @Test func itIsReplacedAndKeepsItsMode() throws {
        let folder = try Folder()
        let path = folder.write("a.conf", "old")
        chmod(path, 0o604)
        let target = try SaveTarget(path, uid: geteuid())
        #expect(target.bytes == Array("old".utf8) && !target.isNew)
        try target.replace(with: Array("new".utf8))
        var entry = stat()
        #expect(stat(path, &entry) == 0 && entry.st_mode & 0o7777 == 0o604)
        #expect(folder.read("a.conf") == "new")
    }

    @Test func whatWasChangedMeanwhileIsLeftAlone() throws {
        let folder = try Folder()
        let path = folder.write("a.conf", "old")
        let changed = try SaveTarget(path, uid: geteuid())
        _ = folder.write("a.conf", "other")
        #expect(throws: Failure.self) { try changed.replace(with: Array("new".utf8)) }
        #expect(folder.read("a.conf") == "other")
        // Another file in its place, a link even.
        let swapped = try SaveTarget(path, uid: geteuid())
        let other = folder.write("b.conf", "victim")
        unlink(path)
        symlink(other, path)
        #expect(throws: Failure.self) { try swapped.replace(with: Array("new".utf8)) }
        #expect(folder.read("b.conf") == "victim")
        let gone = try SaveTarget(other, uid: geteuid())
        unlink(other)
        #expect(throws: Failure.self) { try gone.replace(with: Array("new".utf8)) }
        #expect(access(other, F_OK) != 0)
    }

    @Test func aNewFileTakesNoNameThatIsTaken() throws {
        let folder = try Folder()
        let path = folder.path + "/a.conf"
        #expect(throws: Failure.self) { try SaveTarget(path, uid: 1) }
        // Under /tmp, root would not: others can make names there, not in this folder.
        let target = try SaveTarget(path, isNewAllowed: true, uid: geteuid())
        #expect(target.isNew && target.bytes.isEmpty)
        _ = folder.write("a.conf", "mine")
        #expect(throws: Failure.self) { try target.replace(with: Array("new".utf8)) }
        #expect(folder.read("a.conf") == "mine")
        symlink("/nowhere", folder.path + "/link.conf")
        #expect(throws: Failure.self) {
            try SaveTarget(folder.path + "/link.conf", isNewAllowed: true, uid: geteuid())
        }
    }
}
