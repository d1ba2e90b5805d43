// Who can change a path: each way in which another account gets a hand in it, on real folders.

import CLinux
import Glibc
import Testing

extension SystemTests {
    @Suite(.enabled(if: isRoot, "root's own rules need root"))
    struct ChangersTests {
        private static let ann: uid_t = 61_001
        private static let bob: uid_t = 61_002

        enum Found: Equatable {
            case rootAlone
            case one(uid_t)
            case anybody(String)
            case error(Int32)
        }

        /// A folder of root's below /tmp, gone after the test.
        private func inFolder(_ body: (String) throws -> Void) throws {
            var template = Array("/tmp/apm-changers.XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            let folder = String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            defer {
                _ = Program.run("/bin/rm", ["-r", "--", folder], environment: ["PATH=/bin"])
            }
            chmod(folder, 0o755)
            try body(folder)
        }

        private func make(_ path: String, _ owner: uid_t, _ mode: mode_t, isFolder: Bool = false) {
            if isFolder {
                mkdir(path, 0o700)
            } else {
                close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600))
            }
            chown(path, owner, owner)
            chmod(path, mode)
        }

        private func look(_ path: String, opened: String? = nil) -> Found {
            let file = open(opened ?? path, O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            var found = apm_changers()
            var place = [CChar](repeating: 0, count: APM_PLACE_BYTES)
            let result = apm_who_can_change(file, path, &found, &place)
            guard result == 0 else { return .error(-result) }
            if found.anybody {
                let bytes = place.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                return .anybody(String(decoding: bytes, as: UTF8.self))
            }
            return found.who == 0 ? .rootAlone : .one(found.who)
        }

        @Test func rootsFileInRootsFoldersIsRootsAlone() throws {
            #expect(look("/etc/passwd") == .rootAlone)
            try inFolder { folder in
                make(folder + "/f", 0, 0o644)
                #expect(look(folder + "/f") == .rootAlone)
                #expect(look(folder + "//./f") == .rootAlone)
            }
        }

        @Test func theOwnerOfAnyPartIsTheOne() throws {
            try inFolder { folder in
                make(folder + "/d", Self.ann, 0o755, isFolder: true)
                make(folder + "/d/root", 0, 0o644)
                make(folder + "/d/own", Self.ann, 0o400)
                make(folder + "/d/other", Self.bob, 0o644)
                make(folder + "/f", Self.bob, 0o400)
                #expect(look(folder + "/d/root") == .one(Self.ann))
                #expect(look(folder + "/d/own") == .one(Self.ann))
                #expect(look(folder + "/d/other") == .anybody(folder + "/d/other"))
                #expect(look(folder + "/f") == .one(Self.bob))
                #expect(look(folder + "/d/../f") == .anybody(folder + "/d/../f"))
            }
        }

        @Test func whoMayWriteCounts() throws {
            try inFolder { folder in
                make(folder + "/world", 0, 0o646)
                make(folder + "/group", 0, 0o664)
                chown(folder + "/group", 0, Self.ann)
                make(folder + "/rootsgroup", 0, 0o664)
                #expect(look(folder + "/world") == .anybody(folder + "/world"))
                #expect(look(folder + "/group") == .anybody(folder + "/group"))
                #expect(look(folder + "/rootsgroup") == .rootAlone)
                make(folder + "/d", 0, 0o777, isFolder: true)
                make(folder + "/d/f", 0, 0o644)
                #expect(look(folder + "/d/f") == .anybody(folder + "/d"))
            }
        }

        @Test func inAStickyFolderTheNamesOwnerCounts() throws {
            try inFolder { folder in
                make(folder + "/t", 0, 0o1777, isFolder: true)
                make(folder + "/t/root", 0, 0o644)
                make(folder + "/t/ann", Self.ann, 0o644)
                make(folder + "/t/d", Self.ann, 0o755, isFolder: true)
                make(folder + "/t/d/f", 0, 0o644)
                symlink("root", folder + "/t/link")
                lchown(folder + "/t/link", Self.bob, Self.bob)
                #expect(look(folder + "/t/root") == .rootAlone)
                #expect(look(folder + "/t/ann") == .one(Self.ann))
                #expect(look(folder + "/t/d/f") == .one(Self.ann))
                #expect(look(folder + "/t/link") == .one(Self.bob))
                chown(folder + "/t", Self.bob, Self.bob)
                chmod(folder + "/t", 0o1777)
                #expect(look(folder + "/t/root") == .one(Self.bob))
                #expect(look(folder + "/t/ann") == .anybody(folder + "/t/ann"))
            }
        }

        @Test func linksLeadThroughTheirFoldersAndTheirTargets() throws {
            try inFolder { folder in
                make(folder + "/ann", Self.ann, 0o755, isFolder: true)
                make(folder + "/f", 0, 0o644)
                symlink("../f", folder + "/ann/back")
                symlink(folder + "/ann", folder + "/there")
                symlink("loop", folder + "/loop")
                #expect(look(folder + "/ann/back") == .one(Self.ann))
                #expect(look(folder + "/there/back") == .one(Self.ann))
                #expect(look(folder + "/loop", opened: folder + "/f") == .error(ELOOP))
            }
        }

        @Test func anotherFileThanTheOpenOneIsTold() throws {
            try inFolder { folder in
                make(folder + "/a", 0, 0o644)
                make(folder + "/b", 0, 0o644)
                #expect(look(folder + "/a", opened: folder + "/b") == .error(ESTALE))
                #expect(look(folder + "/c", opened: folder + "/b") == .error(ENOENT))
                #expect(look("a", opened: folder + "/a") == .error(EINVAL))
                #expect(look("/", opened: folder + "/a") == .error(EISDIR))
                let long = String(repeating: "/.", count: 2048)
                #expect(look(long + folder + "/a") == .error(ENAMETOOLONG))
            }
        }
    }
}
