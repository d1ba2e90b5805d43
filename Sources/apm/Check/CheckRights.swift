// The rights that a file is checked with: the caller's, less all that reading does not need. Root
// reads as whom the file belongs to, and looks at whose each file is before a byte of it is read.

import ConfigDisk
import Config
import Confinement
import Glibc
import Posix

enum CheckRights {
    /// O_PATH, which the headers keep from Swift.
    private static let pathOnly: Int32 = 0x20_0000
    /// nogroup, nobody.
    private static let nobody: UInt32 = 65_534

    /// There is no way back. Gives what is to be asked about each file.
    static func enter(for path: String, uid: UInt32) throws(Failure) -> DiskFiles.Check? {
        var reader = uid
        if uid == 0 {
            reader = owner(of: path)
            if reader != 0 { try become(reader) }
        }
        do throws(SystemError) {
            try Confinement.enterCheck()
        } catch {
            throw Failure(
                "rights cannot be given up: \(error.text)",
                now: "nothing was read; look whether this is a sandbox that forbids it")
        }
        guard uid == 0 else { return nil }
        return check(for: reader)
    }

    /// Whom a file belongs to. What several can change is refused later, and read by nobody's
    /// rights until then.
    private static func owner(of path: String) -> UInt32 {
        let number = openat(AT_FDCWD, path, pathOnly | O_CLOEXEC)
        guard number >= 0 else { return 0 }
        let file = Descriptor(owning: number)
        switch try? Changers.of(file.raw, at: path) {
        case .root: return 0
        case .one(let uid): return uid
        case .anybody, nil: return nobody
        }
    }

    private static func become(_ uid: UInt32) throws(Failure) {
        // As root these set all ids of the process, the saved ones too.
        guard setgroups(0, nil) == 0, setgid(nobody) == 0, setuid(uid) == 0 else {
            throw Failure(
                "cannot become uid \(uid), whose file this is: \(ErrorText.of(errno))",
                now: "check it as that user")
        }
    }

    /// Files that others than root and the reader can change define nothing.
    private static func check(for reader: UInt32) -> DiskFiles.Check {
        { (file: Int32, path: String) throws(ConfigFileProblem) in
            let changers: Changers
            do throws(SystemError) {
                changers = try Changers.of(file, at: path)
            } catch {
                throw ConfigFileProblem(
                    .refused, "cannot \(error.text)", now: "look at it and its folders: ls -ld")
            }
            switch changers {
            case .root: return
            case .one(reader): return
            case .one(let other):
                throw ConfigFileProblem(
                    .refused, "\(path) can be changed by uid \(other), and defines nothing here",
                    now: "give it, and the folders above it, to root: chown root \(path)")
            case .anybody(let place):
                throw ConfigFileProblem(
                    .refused, "\(path) can be changed by others, because of \(place)",
                    now: "take that away: chmod go-w \(place)")
            }
        }
    }
}
