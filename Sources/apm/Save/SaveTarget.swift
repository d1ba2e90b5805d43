// A configuration file that is about to be written anew. It is replaced as a whole by a file of the
// same owner, mode and attributes, or stays as it is. Folder and file are held open from the first
// look to the last, so that what is replaced is what was read. A link is followed, and stays; a
// file with several names is refused, because only one of them would get the new text.

import CLinux
import Config
import ConfigDisk
import Glibc
import Posix

final class SaveTarget {
    /// As it was asked for, absolute.
    let path: String
    /// Empty where it is new.
    let bytes: [UInt8]
    var isNew: Bool { entry == nil }

    private let folder: Descriptor
    /// In that folder.
    private let name: String
    private let file: Descriptor?
    private let entry: stat?

    /// Opens it with the caller's rights. Root writes only what root alone can change, the folders
    /// above it included: elsewhere others could put something of root's in its place.
    init(_ path: String, isNewAllowed: Bool = false, uid: UInt32) throws(Failure) {
        self.path = path
        let real = try Self.resolved(path, isNewAllowed: isNewAllowed)
        name = String(real[real.index(after: real.lastIndex(of: "/") ?? real.startIndex)...])
        let folderPath = ConfigPath.folder(of: real)
        let number = open(folderPath, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw Self.failure("its folder cannot be opened", path) }
        folder = Descriptor(owning: number)
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let opened = openat(folder.raw, name, flags)
        if opened < 0 {
            guard errno == ENOENT, isNewAllowed else {
                throw Self.failure("cannot be read", path)
            }
            file = nil
            entry = nil
            bytes = []
            if uid == 0 { try Self.checkChangers(of: folder.raw, folderPath, for: path) }
            return
        }
        let file = Descriptor(owning: opened)
        let entry = try Self.checkKind(of: file.raw, path)
        if uid == 0 {
            try Self.checkChangers(of: file.raw, path, for: path)
            try Self.checkChangers(of: file.raw, real, for: path)
        }
        guard faccessat(folder.raw, name, W_OK, 0) == 0 else {
            throw Self.failure("cannot be written", path)
        }
        bytes = try Self.content(of: file.raw, path)
        self.entry = entry
        self.file = consume file
    }

    // MARK: Looking

    /// Without links. Of a new file the folder alone is there.
    private static func resolved(
        _ path: String, isNewAllowed: Bool
    ) throws(Failure) -> String {
        if let found = realpath(path, nil) {
            defer { free(found) }
            if let real = String(validatingCString: found) { return real }
            throw Failure(
                "\(Visible.text(path)) leads to a name that is not UTF-8",
                now: "name another file")
        }
        var link = stat()
        guard errno == ENOENT, isNewAllowed, lstat(path, &link) != 0,
            let found = realpath(ConfigPath.folder(of: path), nil)
        else { throw failure("cannot be read", path) }
        defer { free(found) }
        let folder = String(validatingCString: found) ?? ""
        let name = path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]
        guard !folder.isEmpty, !name.isEmpty else { throw failure("is no file", path) }
        return (folder == "/" ? "" : folder) + "/" + name
    }

    private static func checkKind(of file: Int32, _ path: String) throws(Failure) -> stat {
        var entry = stat()
        guard fstat(file, &entry) == 0 else { throw failure("cannot be read", path) }
        let shown = Visible.text(path)
        guard entry.st_mode & S_IFMT == S_IFREG else {
            throw Failure("\(shown) is no regular file", now: "name a configuration file")
        }
        guard entry.st_nlink == 1 else {
            throw Failure(
                "\(shown) has \(entry.st_nlink) names (hard links), and one alone would be written",
                now: "make it a file of its own: cp \(shown) NEW; mv NEW \(shown)")
        }
        return entry
    }

    private static func checkChangers(
        of file: Int32, _ place: String, for path: String
    ) throws(Failure) {
        let shown = Visible.text(path)
        let changers: Changers
        do throws(SystemError) {
            // A folder that is the root of all has nothing above it.
            changers = place == "/" ? .root : try Changers.of(file, at: place)
        } catch {
            throw Failure("cannot \(error.text)", now: "look at it and its folders: ls -ld")
        }
        switch changers {
        case .root: return
        case .one(let uid):
            throw Failure(
                "\(shown) is not written by root: uid \(uid) can change it, or a folder above it",
                now: "that user saves it: apm saveconf; or give all of it to root",
                .notPermitted)
        case .anybody(let open):
            throw Failure(
                "\(shown) is not written by root: others can change it, because of "
                    + Visible.text(open),
                now: "take that away: chmod go-w \(Visible.text(open))", .notPermitted)
        }
    }

    private static func content(of file: Int32, _ path: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= ConfigLimits.fileBytes {
            let count = Glibc.read(file, &room, room.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw failure("cannot be read", path) }
            if count == 0 { return bytes }
            bytes += room[..<count]
        }
        throw Failure(
            "\(Visible.text(path)) has more than \(ConfigLimits.fileBytes) bytes",
            now: "put parts of it in files of their own, and include those")
    }

    // MARK: Writing

    /// Gives the file these bytes: all of them, on the disk, or none. A file that was changed since
    /// it was read is left alone.
    func replace(with bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= ConfigLimits.fileBytes else {
            throw Failure(
                "\(Visible.text(path)) would have more than \(ConfigLimits.fileBytes) bytes",
                now: "save to another file")
        }
        let draft = ".apm-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let number = openat(folder.raw, draft, flags, 0o600)
        guard number >= 0 else { throw Self.failure("cannot be written", path) }
        let output = Descriptor(owning: number)
        do throws(Failure) {
            try fill(output.raw, with: bytes)
            try name(draft)
        } catch {
            unlinkat(folder.raw, draft, 0)
            throw error
        }
        // The name is on the disk, too, where the file system can say so.
        _ = fsync(folder.raw)
    }

    private func fill(_ output: Int32, with bytes: [UInt8]) throws(Failure) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    output, buffer.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("cannot be written", path) }
            offset += count
        }
        if let entry, let source = file.number {
            var made = stat()
            guard fstat(output, &made) == 0 else { throw Self.failure("cannot be written", path) }
            let isOthers = made.st_uid != entry.st_uid || made.st_gid != entry.st_gid
            guard !isOthers || fchown(output, entry.st_uid, entry.st_gid) == 0 else {
                throw Self.failure("cannot keep its owner and group", path)
            }
            guard fchmod(output, entry.st_mode & 0o7777) == 0 else {
                throw Self.failure("cannot keep its mode", path)
            }
            let result = apm_copy_attributes(source, output)
            guard result == 0 else {
                errno = -result
                throw Self.failure("cannot keep its attributes", path)
            }
        }
        guard fsync(output) == 0 else { throw Self.failure("cannot be written", path) }
    }

    private func name(_ draft: String) throws(Failure) {
        guard let entry else {
            // A link takes no name that is taken meanwhile. Some file systems have none.
            if linkat(folder.raw, draft, folder.raw, name, 0) == 0 {
                unlinkat(folder.raw, draft, 0)
                return
            }
            guard errno == EPERM || errno == EOPNOTSUPP else {
                throw errno == EEXIST ? changed : Self.failure("cannot be written", path)
            }
            var other = stat()
            guard fstatat(folder.raw, name, &other, AT_SYMLINK_NOFOLLOW) != 0 else {
                throw changed
            }
            return try rename(draft)
        }
        var now = stat()
        guard fstatat(folder.raw, name, &now, AT_SYMLINK_NOFOLLOW) == 0,
            Self.isSame(entry, now)
        else { throw changed }
        try rename(draft)
    }

    private func rename(_ draft: String) throws(Failure) {
        guard renameat(folder.raw, draft, folder.raw, name) == 0 else {
            throw Self.failure("cannot be replaced", path)
        }
    }

    private static func isSame(_ a: stat, _ b: stat) -> Bool {
        a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size
            && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec
            && a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec
    }

    private var changed: Failure {
        Failure(
            "\(Visible.text(path)) was changed meanwhile, and is left alone",
            now: "look at it, then repeat the command")
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        let code = errno
        let advice =
            switch code {
            case ENOENT: "look how it is written; a new file needs a folder that is there"
            case EACCES, EPERM: "choose a file that you may write, or do it as whose it is"
            case ENOSPC, EDQUOT: "make room on its disk; the file is as it was"
            default: "look at its folder, its rights and its disk"
            }
        return Failure(
            "\(Visible.text(path)) \(what): \(ErrorText.of(code))", now: advice,
            code == EACCES || code == EPERM ? .notPermitted : .failed)
    }
}
