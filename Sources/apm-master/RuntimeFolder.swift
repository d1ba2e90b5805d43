// The folder of a daemon: made 0700 (0710 for a group that is admitted), locked against a second
// daemon, with pid file and control socket. What is wrong with it is told before the daemon says
// that it is ready.

import CLinux
import Glibc
import Posix

/// Why a daemon does not start.
enum StartError: Error {
    /// Another daemon of this folder runs.
    case running(pid: Int32)
    case failed(String)
}

struct RuntimeFolder: ~Copyable {
    let home: Home
    /// Which folder it is, whatever it is called: for names that no other daemon may have.
    let identity: FileIdentity
    /// Locked as long as the daemon lives: the folder itself, so that nothing in it has to stay.
    private let folder: Descriptor
    /// For files in it; valid as long as this lives.
    var descriptor: Int32 { folder.raw }

    /// Makes and locks the folder; its owner must be this uid and nobody else may enter.
    init(_ home: Home) throws(StartError) {
        let folder = try Self.openFolder(home.folder, isSystem: home.isSystem)
        guard flock(folder.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw .running(pid: Self.pidInside(home.pid))
        }
        try Self.clearLeftovers(in: folder.raw, home)
        self.home = home
        identity = FileIdentity(of: folder.raw)
        self.folder = folder
    }

    /// Looked at and changed through one descriptor: no link can be put in its place meanwhile.
    private static func openFolder(
        _ path: String, isSystem: Bool
    ) throws(StartError) -> Descriptor {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure("make folder", path) }
        let number = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else {
            guard errno != ENOTDIR && errno != ELOOP else {
                throw .failed("\(path) is not a folder; set APM_HOME to a folder of your own")
            }
            throw failure("open folder", path)
        }
        let folder = Descriptor(owning: number)
        var information = stat()
        guard fstat(folder.raw, &information) == 0 else { throw failure("look at", path) }
        guard information.st_uid == geteuid() else {
            throw .failed(
                "\(path) is uid \(information.st_uid)'s; set APM_HOME to a folder of your own")
        }
        // A daemon that was killed had opened it to a group, which is looked up anew.
        if isSystem, information.st_mode & 0o077 == 0o010, fchmod(folder.raw, 0o700) == 0 {
            return folder
        }
        // Not closed here: it may be a folder that others need.
        guard information.st_mode & 0o077 == 0, path != "/" else {
            throw .failed("\(path) is open to others; chmod 700 it, or choose another APM_HOME")
        }
        return folder
    }

    /// What a dead daemon left is removed; what is no daemon's is somebody's, and stays.
    private static func clearLeftovers(in folder: Int32, _ home: Home) throws(StartError) {
        let kinds: [(String, mode_t)] = [("control", 0o140000), ("apm.pid", 0o100000)]
        for (name, kind) in kinds {
            var information = stat()
            guard fstatat(folder, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let isOurs = information.st_uid == geteuid() && information.st_size < 16
            guard isOurs, information.st_mode & S_IFMT == kind else {
                throw .failed("\(home.folder)/\(name) is not APM's; set APM_HOME to another folder")
            }
            _ = unlinkat(folder, name, 0)
        }
    }

    private borrowing func writePid() throws(StartError) {
        let text = Array("\(getpid())\n".utf8)
        let file = openat(folder.raw, "apm.pid", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Self.failure("create", home.pid) }
        defer { close(file) }
        guard write(file, text, text.count) == text.count else {
            throw Self.failure("write", home.pid)
        }
    }

    /// The pid that the running daemon wrote; 0 when it cannot be read.
    private static func pidInside(_ path: String) -> Int32 {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 16)
        let count = read(file, &text, text.count)
        var pid: Int32 = 0
        for byte in text.prefix(max(0, count)) {
            guard (48...57).contains(byte), pid < 100_000_000 else { break }
            pid = pid * 10 + Int32(byte - 48)
        }
        return pid
    }

    /// The listening control socket, and the pid file. Bound by its name in the folder, so that no
    /// path is followed.
    borrowing func listen() throws(StartError) -> Descriptor {
        var address = sockaddr_un()
        guard apm_unix_address(home.control, &address) > 0 else {
            throw .failed("\(home.control) is too long for a socket; shorten APM_HOME")
        }
        let length = apm_unix_address("control", &address)
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = socket(AF_UNIX, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Self.failure("make socket", home.control) }
        let listener = Descriptor(owning: number)
        guard fchdir(folder.raw) == 0 else { throw Self.failure("enter", home.folder) }
        let before = umask(0o177)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener.raw, $0, length)
            }
        }
        let code = errno
        _ = umask(before)
        _ = chdir("/")
        guard bound == 0 else {
            throw .failed(SystemError("cannot bind", subject: home.control, code: code).text)
        }
        // Connections inherit it, also those that are not accepted yet; older kernels know no such
        // thing, there each client is told again.
        _ = apm_refuse_descriptors(listener.raw)
        guard Glibc.listen(listener.raw, 128) == 0 else {
            throw Self.failure("listen", home.control)
        }
        try writePid()
        return listener
    }

    /// Lets a group reach the control socket, and nothing else: the folder cannot be listed, and
    /// what else is in it is the daemon's user's alone. Needs the right to give files away.
    borrowing func admit(_ group: gid_t) throws(SystemError) {
        let asItIs = uid_t.max
        guard fchownat(folder.raw, "control", asItIs, group, AT_SYMLINK_NOFOLLOW) == 0,
            fchmodat(folder.raw, "control", 0o660, 0) == 0,
            fchown(folder.raw, asItIs, group) == 0, fchmod(folder.raw, 0o710) == 0
        else { throw SystemError("cannot open", subject: home.folder, code: errno) }
    }

    /// Lets nobody in but the daemon's own user.
    borrowing func dismiss() throws(SystemError) {
        let asItIs = uid_t.max
        guard fchmod(folder.raw, 0o700) == 0, fchown(folder.raw, asItIs, getegid()) == 0,
            fchmodat(folder.raw, "control", 0o600, 0) == 0,
            fchownat(folder.raw, "control", asItIs, getegid(), AT_SYMLINK_NOFOLLOW) == 0
        else { throw SystemError("cannot close", subject: home.folder, code: errno) }
    }

    /// At the daemon's end: nothing stays but the log.
    borrowing func clear() {
        for name in ["control", "apm.pid", StateKeeper.name, StateKeeper.unfinished] {
            _ = unlinkat(folder.raw, name, 0)
        }
        closeToGroup()
    }

    /// A next daemon may start while this one is on its way out. Nothing may be written here then.
    borrowing func unlock() { flock(folder.raw, LOCK_UN) }

    /// Undoes `admit`. Its owner may, whatever rights are left.
    private borrowing func closeToGroup() {
        var information = stat()
        guard fstat(folder.raw, &information) == 0, information.st_mode & 0o010 != 0 else { return }
        _ = fchmod(folder.raw, 0o700)
        _ = fchown(folder.raw, uid_t.max, getegid())
    }

    private static func failure(_ operation: String, _ path: String) -> StartError {
        .failed(SystemError("cannot " + operation, subject: path, code: errno).text)
    }
}
