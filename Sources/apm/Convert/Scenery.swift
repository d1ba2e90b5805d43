// Where an ecosystem file stands, as far as its meaning depends on it. The file system is asked
// through here alone, so that conversions can be tested without one.

import Glibc

struct Scenery {
    /// The folder of the file, absolute.
    var folder: String
    /// The home that `~` stands for; nil when it is not known.
    var home: String?
    /// Processors of this machine.
    var processors: Int
    /// Whose `env_NAME` is taken, by --env.
    var environment: String?
    var look: (String) -> Program

    /// What lies at a path.
    enum Program: Equatable {
        case missing
        case folder
        /// A file that can be executed as it is.
        case executable
        /// Any other file.
        case script
    }

    /// The file system as it is.
    static func look(at path: String) -> Program {
        var entry = stat()
        guard stat(path, &entry) == 0 else { return .missing }
        if entry.st_mode & S_IFMT == S_IFDIR { return .folder }
        guard entry.st_mode & S_IFMT == S_IFREG else { return .script }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            // Not to be read, but perhaps to be executed.
            return entry.st_mode & 0o111 != 0 ? .executable : .script
        }
        defer { close(file) }
        var head: [UInt8] = [0, 0, 0, 0]
        let count = read(file, &head, head.count)
        let isProgram = head == [0x7F] + Array("ELF".utf8) || head.starts(with: Array("#!".utf8))
        return count == 4 && isProgram && entry.st_mode & 0o111 != 0 ? .executable : .script
    }

    /// Processors that this process may use.
    static var processors: Int {
        let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        return max(1, count)
    }

    /// Absolute, as seen from `base`; `~` is the home.
    func resolve(_ path: String, from base: String) -> String {
        if let home, path == "~" || path.hasPrefix("~/") {
            return Self.tidy(home + path.dropFirst(1))
        }
        if path.hasPrefix("/") { return Self.tidy(path) }
        return Self.tidy(base + "/" + path)
    }

    /// Without `//`, `/./` and a slash at the end. `..` stays: what is above a symbolic link is the
    /// kernel's to say.
    private static func tidy(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }
}
