// Files on a real disk: what is read, and what is refused without waiting.

import Config
import ConfigDisk
import Glibc
import Testing

@Suite struct DiskFilesTests {
    /// A folder of this test's own, removed with all that is in it.
    struct Folder: ~Copyable {
        let path: String

        init() {
            var template = Array("/tmp/apm-config-XXXXXX".utf8CString)
            path = template.withUnsafeMutableBufferPointer { room in
                String(cString: mkdtemp(room.baseAddress.unsafelyUnwrapped))
            }
        }

        deinit {
            for name in ["a.conf", "b.conf", "fifo", "link", "long", "sub"] {
                _ = unlink("\(path)/\(name)")
                _ = rmdir("\(path)/\(name)")
            }
            _ = rmdir(path)
        }

        func write(_ name: String, _ text: String) {
            guard let file = fopen("\(path)/\(name)", "we") else { return }
            _ = fwrite(Array(text.utf8), 1, text.utf8.count, file)
            fclose(file)
        }
    }

    private func problem(_ path: String) -> ConfigFileProblem? {
        do throws(ConfigFileProblem) {
            _ = try DiskFiles().read(path)
            return nil
        } catch {
            return error
        }
    }

    @Test func filesAreRead() throws {
        let folder = Folder()
        folder.write("a.conf", "worker a { exec n; }\ninclude b*;")
        folder.write("b.conf", "worker b { exec m; }")
        _ = symlink("b.conf", folder.path + "/link")
        #expect(try DiskFiles().read(folder.path + "/link") == Array("worker b { exec m; }".utf8))
        #expect(Set(try DiskFiles().list(folder.path)) == ["a.conf", "b.conf", "link"])
        let plan = ConfigReader.plan(of: folder.path + "/a.conf", from: DiskFiles())
        #expect(plan.workers.map(\.settings.name) == ["a", "b"])
        #expect(plan.workers.map(\.settings.path) == [folder.path, folder.path])
        #expect(plan.messages == [])
    }

    @Test func whatIsNoFileIsRefused() {
        let folder = Folder()
        _ = mkfifo(folder.path + "/fifo", 0o600)
        _ = mkdir(folder.path + "/sub", 0o700)
        folder.write("a.conf", "")
        for (path, text, kind) in [
            ("\(folder.path)/fifo", "is no regular file", ConfigFileProblem.Kind.refused),
            ("\(folder.path)/sub", "is a folder", .refused),
            ("/dev/zero", "is no regular file", .refused),
            ("\(folder.path)/none", "No such file or directory", .missing),
            ("\(folder.path)/a.conf/none", "Not a directory", .notAFolder),
        ] {
            let problem = problem(path)
            #expect(problem?.text.hasSuffix(text) == true, "\(path)")
            #expect(problem?.text.contains(path) == true)
            #expect(problem?.kind == kind)
        }
    }

    @Test func longFilesAreRefused() {
        let folder = Folder()
        folder.write("long", String(repeating: "#", count: ConfigLimits.fileBytes))
        #expect(problem(folder.path + "/long") == nil)
        folder.write("long", String(repeating: "#", count: ConfigLimits.fileBytes + 1))
        #expect(problem(folder.path + "/long")?.text.hasSuffix("more than 1048576 bytes") == true)
    }

    @Test func aCheckComesBeforeTheFirstByte() {
        let folder = Folder()
        folder.write("a.conf", "secret")
        let refusing = DiskFiles { (_, path) throws(ConfigFileProblem) in
            throw ConfigFileProblem(.refused, "\(path) is not yours", now: "ask")
        }
        let plan = ConfigReader.plan(of: folder.path + "/a.conf", from: refusing)
        #expect(plan.isBroken)
        #expect(plan.messages.map(\.text) == ["\(folder.path)/a.conf is not yours"])
    }
}
