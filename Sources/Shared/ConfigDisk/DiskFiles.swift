// Configuration files on this machine's disks, read with the rights of whoever asks. Only regular
// files are read, so that nothing waits for a FIFO or a device, and only so much of them; links are
// followed, as people link what they have enabled.

import CLinux
import Config
import Glibc
import Posix

public struct DiskFiles: ConfigFiles {
    /// Asked about each file that was opened, before a byte of it is read; throws to refuse it.
    public typealias Check = (_ file: Int32, _ path: String) throws(ConfigFileProblem) -> Void

    private let check: Check?

    public init(check: Check? = nil) { self.check = check }

    public func read(_ path: String) throws(ConfigFileProblem) -> [UInt8] {
        let file = try Self.open(path, flags: O_NOCTTY)
        try Self.checkKind(of: file.raw, path)
        try check?(file.raw, path)
        return try Self.content(of: file.raw, path)
    }

    public func list(_ folder: String) throws(ConfigFileProblem) -> [String] {
        let number = try Self.open(folder, flags: O_DIRECTORY).release()
        guard let stream = fdopendir(number) else {
            let code = errno
            _ = close(number)
            throw Self.problem("list", folder, code)
        }
        defer { _ = closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(
                    to: CChar.self, capacity: MemoryLayout.size(ofValue: start.pointee)
                ) { String(validatingCString: $0) }
            }
            // A name that is no text cannot be asked for either.
            guard let name, name != ".", name != ".." else { continue }
            guard names.count < ConfigLimits.folderNames else {
                throw ConfigFileProblem(
                    .refused, "\(folder) holds more than \(ConfigLimits.folderNames) names",
                    now: "put the configuration into a folder of its own")
            }
            names.append(name)
        }
        if errno != 0 { throw Self.problem("list", folder, errno) }
        return names
    }

    private static func open(
        _ path: String, flags: Int32
    ) throws(ConfigFileProblem) -> Descriptor {
        while true {
            let number = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags)
            if number >= 0 { return Descriptor(owning: number) }
            let code = errno
            if code != EINTR { throw problem("read", path, code) }
        }
    }

    private static func checkKind(of file: Int32, _ path: String) throws(ConfigFileProblem) {
        let size = apm_file_size(file)
        if size < 0 {
            // Nothing is taken by a read of nothing, and a folder is told from all else by it.
            var byte: UInt8 = 0
            let isFolder = Glibc.read(file, &byte, 0) < 0 && errno == EISDIR
            throw ConfigFileProblem(
                .refused, "\(path) is \(isFolder ? "a folder" : "no regular file")",
                now: isFolder ? "name the files in it: \(path)/*.conf" : "name a regular file")
        }
        if size > ConfigLimits.fileBytes { throw tooLong(path) }
    }

    /// All of it: what says its size is 0 (in /proc) may have more.
    private static func content(
        of file: Int32, _ path: String
    ) throws(ConfigFileProblem) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= ConfigLimits.fileBytes {
            let count = Glibc.read(file, &piece, piece.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw problem("read", path, errno)
            }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
        throw tooLong(path)
    }

    private static func tooLong(_ path: String) -> ConfigFileProblem {
        ConfigFileProblem(
            .refused, "\(path) has more than \(ConfigLimits.fileBytes) bytes",
            now: "put parts of it in files of their own, and include those")
    }

    private static func problem(
        _ operation: String, _ path: String, _ code: Int32
    ) -> ConfigFileProblem {
        let kind: ConfigFileProblem.Kind =
            switch code {
            case ENOENT: .missing
            case ENOTDIR: .notAFolder
            default: .refused
            }
        let advice =
            switch code {
            case ENOENT, ENOTDIR: "check the path, or make the file"
            case EACCES, EPERM: "let the user read it who loads the configuration"
            default: "try again; it may be held by another program"
            }
        let error = SystemError(operation, subject: path, code: code)
        return ConfigFileProblem(kind, "cannot \(error.text)", now: advice)
    }
}
