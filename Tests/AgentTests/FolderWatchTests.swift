// Real folders, watched as the agent watches them.

import Glibc
import Messages
import Testing

@testable import apm_agent

/// A folder of its own, removed at the end.
private final class Folder {
    let path: String

    init() {
        var template = Array("/tmp/apm-watch.XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil)
        path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        var pid = pid_t()
        let words: [String] = ["rm", "-rf", path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        posix_spawn(&pid, "/bin/rm", nil, nil, arguments, nil)
        waitpid(pid, nil, 0)
        for argument in arguments { free(argument) }
    }

    func make(_ name: String) { mkdir("\(path)/\(name)", 0o755) }

    func write(_ name: String) {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT, 0o644)
        #expect(file >= 0)
        _ = Glibc.write(file, "x", 1)
        close(file)
    }

    func move(_ from: String, _ to: String) {
        #expect(Glibc.rename("\(path)/\(from)", "\(path)/\(to)") == 0)
    }
}

@Suite(.serialized) struct FolderWatchTests {
    private let folder = Folder()

    private func watch(
        _ wanted: [String], _ ignored: [String] = [], below: String = ""
    ) -> FolderWatch {
        FolderWatch(
            WatchPlan(
                folder: folder.path + below, wanted: wanted, ignored: ignored,
                delayMilliseconds: 0))
    }

    /// What was last told to have changed; nil: nothing that counts.
    private func change(_ watch: FolderWatch) throws -> String? {
        while true {
            var ready = pollfd(
                fd: try #require(watch.descriptor), events: Int16(POLLIN), revents: 0)
            // Everything that a test does is done: the kernel has queued its events by then.
            guard poll(&ready, 1, 0) > 0 else { break }
            _ = try watch.read()
        }
        return watch.notesChange() ? watch.lastChange.text : nil
    }

    @Test func contentsCountAndLooksDoNot() throws {
        folder.write("a.js")
        folder.write("b.txt")
        let watch = watch(["*.js"])
        try watch.open()
        #expect(try change(watch) == nil)
        close(open(folder.path + "/a.js", O_RDONLY))
        chmod(folder.path + "/a.js", 0o600)
        utimensat(AT_FDCWD, folder.path + "/a.js", nil, 0)
        folder.write("b.txt")
        #expect(try change(watch) == nil)
        folder.write("a.js")
        #expect(try change(watch) == "a.js")
        folder.move("b.txt", "new.js")
        #expect(try change(watch) == "new.js")
        unlink(folder.path + "/new.js")
        #expect(try change(watch) == "new.js")
        symlink("a.js", folder.path + "/link.js")
        #expect(try change(watch) == "link.js")
    }

    @Test func foldersBelowAreWatchedAndIgnoredOnesAreNot() throws {
        for name in ["src", "src/deep", "node_modules", "node_modules/x", "dist"] {
            folder.make(name)
        }
        let watch = watch(["*.js"], ["*node_modules*", "*dist/*"])
        try watch.open()
        #expect(watch.folders.count == 3)
        folder.write("node_modules/x/a.js")
        folder.write("dist/a.js")
        #expect(try change(watch) == nil)
        folder.write("src/deep/a.js")
        #expect(try change(watch) == "src/deep/a.js")
    }

    @Test func newFoldersAreLookedInto() throws {
        let watch = watch(["*.js"])
        try watch.open()
        folder.make("new")
        folder.make("new/deep")
        folder.write("new/deep/a.js")
        // Made before the watch could know of the folder.
        #expect(try change(watch) == "new/deep/a.js")
        #expect(watch.folders.count == 3)
        folder.write("new/deep/b.js")
        #expect(try change(watch) == "new/deep/b.js")
        folder.make("empty")
        #expect(try change(watch) == nil && watch.folders.count == 4)
        rmdir(folder.path + "/empty")
        #expect(try change(watch) == nil && watch.folders.count == 3)
    }

    @Test func aRenamedFolderKeepsItsPlaceInPaths() throws {
        folder.make("a")
        folder.make("a/b")
        folder.write("a/b/x.js")
        let watch = watch(["*.js"])
        try watch.open()
        folder.move("a", "c")
        #expect(try change(watch) == "c/b/x.js")
        #expect(watch.folders.count == 3)
        folder.write("c/b/x.js")
        #expect(try change(watch) == "c/b/x.js")
        folder.make("away")
        _ = try change(watch)
        #expect(rename(folder.path + "/c", folder.path + "/../apm-away-\(getpid())") == 0)
        #expect(try change(watch) == "c")
        #expect(watch.folders.count == 2)
        rename(folder.path + "/../apm-away-\(getpid())", folder.path + "/c")
        #expect(try change(watch) == "c/b/x.js")
    }

    @Test func linksAreNotFollowedButForTheFolderItself() throws {
        folder.make("real")
        folder.make("outside")
        symlink(folder.path + "/outside", folder.path + "/real/link")
        symlink("real", folder.path + "/current")
        let watch = watch(["*"], below: "/current")
        try watch.open()
        #expect(watch.folders.count == 1)
        folder.write("outside/a")
        #expect(try change(watch) == nil)
        folder.write("real/a")
        #expect(try change(watch) == "a")
        // Set to another folder.
        symlink("outside", folder.path + "/next")
        folder.move("next", "current")
        #expect(try change(watch) == nil && watch.wantsReopening)
        try watch.open()
        #expect(try change(watch) == "a")
        folder.write("outside/b")
        #expect(try change(watch) == "b")
    }

    @Test func aMissingFolderIsWaitedFor() throws {
        let watch = watch(["*.js"], below: "/x/y")
        func reason() -> WatchFailure.Reason? {
            do { try watch.open() } catch { return error.reason }
            return nil
        }
        #expect(reason() == .folderMissing)
        folder.make("z")
        #expect(try change(watch) == nil && !watch.wantsReopening)
        folder.make("x")
        #expect(try change(watch) == nil && watch.wantsReopening)
        #expect(reason() == .folderMissing)
        folder.make("x/y")
        folder.write("x/y/a.js")
        #expect(try change(watch) == nil && watch.wantsReopening)
        #expect(reason() == nil)
        #expect(try change(watch) == "a.js")
        // And away again.
        folder.move("x/y", "x/old")
        #expect(try change(watch) == nil && watch.wantsReopening)
        #expect(reason() == .folderMissing)
        folder.move("x/old", "x/y")
        #expect(try change(watch) == nil && watch.wantsReopening)
        #expect(reason() == nil)
    }

    @Test func filesAloneAreWatchedByTheirFolders() throws {
        folder.make("a")
        folder.make("b")
        let files = ["/a/x.conf", "/b/y.conf"].map { folder.path + $0 }
        let watch = FolderWatch(WatchPlan(files: files, delayMilliseconds: 0))
        try watch.open()
        #expect(watch.folders.count == 2)
        folder.write("a/other.conf")
        folder.make("a/x.conf.d")
        #expect(try change(watch) == nil && watch.folders.count == 2)
        folder.write("a/x.conf")
        #expect(try change(watch)?.hasSuffix("/a/x.conf") == true)
        folder.write("b/temporary")
        folder.move("b/temporary", "b/y.conf")
        #expect(try change(watch)?.hasSuffix("/b/y.conf") == true)
    }

    /// One that is missing does not make the others count, nor lose what happens to them.
    @Test func filesInMissingFoldersAreWaitedForAlone() throws {
        folder.make("a")
        folder.write("a/x.conf")
        let files = ["/a/x.conf", "/b/y.conf", "/c/z.conf"].map { folder.path + $0 }
        let watch = FolderWatch(WatchPlan(files: files, delayMilliseconds: 0))
        for _ in 0..<3 {
            try watch.open()
            #expect(watch.folders.count == 1)
            #expect(try change(watch) == nil)
        }
        folder.make("b")
        folder.write("b/y.conf")
        #expect(try change(watch) == nil && watch.wantsReopening)
        try watch.open()
        #expect(try change(watch)?.hasSuffix("/b/y.conf") == true)
        folder.write("a/x.conf")
        folder.make("c")
        #expect(try change(watch)?.hasSuffix("/a/x.conf") == true && watch.wantsReopening)
        try watch.open()
        #expect(try change(watch) == nil && watch.folders.count == 3)
        folder.move("a", "old")
        folder.make("a")
        folder.write("a/x.conf")
        #expect(try change(watch) == nil && watch.wantsReopening)
        try watch.open()
        #expect(try change(watch)?.hasSuffix("/a/x.conf") == true)
        folder.write("old/x.conf")
        #expect(try change(watch) == nil)
    }

    /// What happens while nothing is watched counts when something is again.
    @Test func whatWasGivenUpCountsLater() throws {
        folder.write("a.js")
        let watch = watch(["*.js"])
        try watch.open()
        watch.giveUp()
        #expect(watch.descriptor == nil)
        try watch.open()
        #expect(try change(watch) == "a.js")
        try watch.open()
        #expect(try change(watch) == nil)
    }

    @Test func whatMayNotBeReadIsSkippedAndTold() throws {
        folder.make("a")
        folder.make("closed")
        chmod(folder.path + "/closed", 0)
        let watch = watch(["*"])
        try watch.open()
        // Root reads it all the same.
        guard geteuid() != 0 else { return #expect(watch.folders.count == 3) }
        #expect(watch.folders.count == 2 && watch.folders.skipped == 1)
        #expect(watch.folders.firstSkipped.text == "closed" && watch.folders.errno == EACCES)
    }

    @Test func aPatternForTheFolderItselfIsTold() throws {
        let watch = watch(["*"], ["*apm-watch*"])
        let failure = #expect(throws: WatchFailure.self) { try watch.open() }
        #expect(failure?.reason == .allIgnored)
    }

    /// More than the kernel keeps: nothing is lost, because all is looked through again.
    @Test func anOverflowCountsAsAChange() throws {
        let watch = watch(["*.js"])
        try watch.open()
        let text = try #require(read("/proc/sys/fs/inotify/max_queued_events"))
        let most = try #require(Int(text.prefix { $0.isNumber }))
        try #require(most <= 100_000)
        // Two names in turn: the kernel puts equal events behind each other together.
        let names = ["a", "b"].map { "\(folder.path)/\($0).txt" }
        for round in 0...most / 2 {
            let name = names[round % 2]
            close(open(name, O_WRONLY | O_CREAT, 0o644))
            unlink(name)
        }
        var isLost = false
        var ready = pollfd(fd: try #require(watch.descriptor), events: Int16(POLLIN), revents: 0)
        while poll(&ready, 1, 0) > 0 { isLost = try watch.read() || isLost }
        #expect(isLost && watch.notesChange())
    }

    private func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var room = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(file, &room, 64)
        return count > 0 ? String(decoding: room[..<count], as: UTF8.self) : nil
    }
}
