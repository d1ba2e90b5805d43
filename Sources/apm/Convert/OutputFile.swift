// The file that a conversion goes to: there as a whole, or not at all.

import Glibc
import Posix

enum OutputFile {
    /// Writes a file of the caller's; `replaces`: also over one that is there.
    static func write(
        _ text: String, to named: String, replaces: Bool, _ surroundings: Surroundings
    ) throws(Failure) {
        let path = try surroundings.absolute(named)
        var entry = stat()
        if lstat(path, &entry) == 0 {
            guard entry.st_mode & S_IFMT == S_IFREG else {
                throw Failure(
                    "\(Visible.text(named)) is there and is no plain file",
                    now: "name another file to write to")
            }
            guard replaces else { throw exists(named) }
        }
        var template = Array("\(path).XXXXXX".utf8CString)
        let number = mkstemp(&template)
        guard number >= 0 else { throw failure("cannot be written", named) }
        let file = Descriptor(owning: number)
        do throws(Failure) {
            try fill(file.raw, with: Array(text.utf8), named)
            try name(template, path, replaces: replaces, named)
        } catch {
            unlink(template)
            throw error
        }
    }

    private static func fill(
        _ file: Int32, with bytes: [UInt8], _ named: String
    ) throws(Failure) {
        let mask = umask(0)
        umask(mask)
        guard fchmod(file, 0o644 & ~mask) == 0 else { throw failure("cannot be written", named) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    file, buffer.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot be written", named) }
            offset += count
        }
        guard fsync(file) == 0 else { throw failure("cannot be written", named) }
    }

    /// A link takes no name that is taken meanwhile; a rename takes any.
    private static func name(
        _ template: [CChar], _ path: String, replaces: Bool, _ named: String
    ) throws(Failure) {
        if replaces {
            guard rename(template, path) == 0 else { throw failure("cannot be replaced", named) }
            return
        }
        guard link(template, path) == 0 else {
            if errno == EEXIST { throw exists(named) }
            // Some file systems have no links.
            guard errno == EPERM || errno == EOPNOTSUPP, rename(template, path) == 0 else {
                throw failure("cannot be written", named)
            }
            return
        }
        unlink(template)
    }

    private static func exists(_ named: String) -> Failure {
        Failure(
            "\(Visible.text(named)) is there already",
            now: "name another file, or replace it with --force")
    }

    private static func failure(_ what: String, _ named: String) -> Failure {
        let code = errno
        return Failure(
            "\(Visible.text(named)) \(what): \(ErrorText.of(code))",
            now: code == ENOENT
                ? "make its folder first" : "look at its folder, its rights and its disk",
            code == EACCES || code == EPERM ? .notPermitted : .failed)
    }
}
