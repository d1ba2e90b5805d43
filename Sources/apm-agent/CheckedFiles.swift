// The disk as configuration is read from it: regular files alone, opened so that nothing can hold
// the reader up, and, where owners matter, looked at before a byte is read: who else can change a
// file can say what runs.

import CLinux
import Config
import Glibc
import Messages
import Posix

struct CheckedFiles: ConfigFiles {
    /// Files that others than root and this process's user can change are refused.
    let checksOwners: Bool

    /// Who else has a hand in an open file, or in its path.
    enum Hand: Equatable {
        case nobody
        case one(uid_t)
        case anybody(String)
    }

    // MARK: ConfigFiles

    func read(_ path: String) throws(ConfigFileProblem) -> [UInt8] {
        let file = try open(path)
        guard checksOwners else { return try bytes(of: file, path) }
        switch hand(in: file, path) {
        case .success(.nobody): return try bytes(of: file, path)
        case .success(.one(let uid)):
            throw ConfigFileProblem(
                .refused, "\(path) can be changed by uid \(uid), who is not whose file this is",
                now: "give it, and the folders above it, to root: chown root \(path)")
        case .success(.anybody(let place)):
            throw ConfigFileProblem(
                .refused, "\(path) can be changed by others, because of \(place)",
                now: "take that away: chmod go-w \(place)")
        case .failure(let code): throw problem(path, code)
        }
    }

    func list(_ folder: String) throws(ConfigFileProblem) -> [String] {
        guard let stream = opendir(folder) else { throw problem(folder, errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count <= ConfigLimits.folderNames, let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    String(validatingCString: $0)
                }
            }
            // A name that is no text is no name of a file that could be told.
            guard let name, name != ".", name != ".." else { continue }
            names.append(name)
        }
        return names
    }

    // MARK: whose it is

    /// O_PATH, which the headers keep from Swift.
    private static let pathOnly: Int32 = 0x20_0000

    /// Why a file that was asked for is not even looked at; nil: it may be read.
    func obstacle(at path: String) -> SourceReport? {
        // Not opened for reading yet: it need not be ours to read, to see whose it is.
        let number = openat(AT_FDCWD, path, Self.pathOnly | O_CLOEXEC)
        guard number >= 0 else { return unreachable(path, errno) }
        let file = Descriptor(owning: number)
        guard checksOwners else { return nil }
        switch hand(in: file, path) {
        case .success(.nobody): return nil
        case .success(.one(let uid)):
            return SourceReport(.belongs, file: path, value: Int32(bitPattern: uid))
        case .success(.anybody(let place)):
            return SourceReport(.open, file: path, subject: place)
        case .failure(let code): return unreachable(path, code)
        }
    }

    /// A folder that root itself may not enter without its rights says whose all below it is.
    private func unreachable(_ path: String, _ code: Int32) -> SourceReport {
        let failed = SourceReport(.notRead, file: path, value: code)
        guard checksOwners, geteuid() == 0, code == EACCES else { return failed }
        var place = path[...]
        while let slash = place.lastIndex(of: "/"), slash != place.startIndex {
            place = place[..<slash]
            var entry = stat()
            guard stat(String(place), &entry) == 0 else { continue }
            guard entry.st_uid != 0 else { return failed }
            return SourceReport(.belongs, file: path, value: Int32(bitPattern: entry.st_uid))
        }
        return failed
    }

    private enum Found {
        case success(Hand)
        case failure(Int32)
    }

    private func hand(in file: borrowing Descriptor, _ path: String) -> Found {
        var found = apm_changers()
        var place = [CChar](repeating: 0, count: Int(APM_PLACE_BYTES))
        let result = apm_who_can_change(file.raw, path, &found, &place)
        guard result == 0 else { return .failure(-result) }
        if found.anybody {
            let bytes = place.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let text = String(decoding: bytes.prefix(4000), as: UTF8.self)
            return .success(.anybody(text))
        }
        let isOurs = found.who == 0 || found.who == geteuid()
        return .success(isOurs ? .nobody : .one(found.who))
    }

    // MARK: bytes

    /// Nothing that is opened here can wait for another process.
    private func open(_ path: String) throws(ConfigFileProblem) -> Descriptor {
        let number = openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard number >= 0 else { throw problem(path, errno) }
        let file = Descriptor(owning: number)
        var entry = stat()
        guard fstat(file.raw, &entry) == 0 else { throw problem(path, errno) }
        guard entry.st_mode & S_IFMT == S_IFREG else {
            let kind = entry.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no regular file"
            throw ConfigFileProblem(
                .refused, "\(path) is \(kind)", now: "name a file with configuration in it")
        }
        return file
    }

    private func bytes(
        of file: borrowing Descriptor, _ path: String
    ) throws(ConfigFileProblem) -> [UInt8] {
        let limit = ConfigLimits.fileBytes
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= limit {
            let count = Glibc.read(file.raw, &room, room.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw problem(path, errno) }
            if count == 0 { return bytes }
            bytes += room[..<count]
        }
        throw ConfigFileProblem(
            .refused, "\(path) has more than \(limit) bytes",
            now: "put parts of it in files of their own, and include those")
    }

    private func problem(_ path: String, _ code: Int32) -> ConfigFileProblem {
        let kind: ConfigFileProblem.Kind =
            switch code {
            case ENOENT: .missing
            case ENOTDIR: .notAFolder
            default: .refused
            }
        let advice =
            switch code {
            case ENOENT: "check how it is written"
            case EACCES, EPERM: "let it be read by whom it is loaded as"
            default: "look at it: ls -l \(path)"
            }
        return ConfigFileProblem(
            kind, "\(path) cannot be read: \(ErrorText.of(code))", now: advice)
    }
}
