// Whose configuration is, looked at before a byte of it is read: who else can change a file can say
// what runs.

import CLinux
import Config
import ConfigDisk
import Glibc
import Messages
import Posix

struct CheckedFiles {
    /// Files that others than root and this process's user can change are refused.
    let checksOwners: Bool

    /// Who else has a hand in an open file, or in its path.
    enum Hand: Equatable {
        case nobody
        case one(uid_t)
        case anybody(String)
    }

    /// The disk, with that rule.
    var files: DiskFiles {
        DiskFiles { file, path throws(ConfigFileProblem) in
            guard checksOwners else { return }
            switch Self.hand(in: file, path) {
            case .success(.nobody): return
            case .success(.one(let uid)):
                throw ConfigFileProblem(
                    .refused,
                    "\(path) can be changed by uid \(uid), who is not whose file this is",
                    now: "give it, and the folders above it, to root: chown root \(path)")
            case .success(.anybody(let place)):
                throw ConfigFileProblem(
                    .refused, "\(path) can be changed by others, because of \(place)",
                    now: "take that away: chmod go-w \(place)")
            case .failure(let code):
                throw ConfigFileProblem(
                    .refused, "cannot see whose \(path) is: \(ErrorText.of(code))",
                    now: "look at the folders above it")
            }
        }
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
        switch Self.hand(in: file.raw, path) {
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

    private static func hand(in file: Int32, _ path: String) -> Found {
        var found = apm_changers()
        var place = [CChar](repeating: 0, count: Int(APM_PLACE_BYTES))
        let result = apm_who_can_change(file, path, &found, &place)
        guard result == 0 else { return .failure(-result) }
        if found.anybody {
            let bytes = place.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let text = String(decoding: bytes.prefix(4000), as: UTF8.self)
            return .success(.anybody(text))
        }
        let isOurs = found.who == 0 || found.who == geteuid()
        return .success(isOurs ? .nobody : .one(found.who))
    }
}
