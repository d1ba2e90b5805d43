// What apm finds around itself: environment, folder, who calls. Read once and passed on, so that
// everything above can be tested with other surroundings. Accounts are never looked up.

import Glibc
import Settings

struct Surroundings {
    /// A variable of the environment; nil when it is not set or not UTF-8.
    var variable: (String) -> String?
    /// Whether a variable is set, but not UTF-8.
    var isUnreadable: (String) -> Bool = { _ in false }
    /// The current folder; empty when it is gone.
    var folder: String
    var uid: UInt32
    /// Standard output and error are terminals.
    var outputIsTerminal: Bool
    var errorsAreTerminal: Bool
    /// Columns of the terminal that standard output is; nil when it is none, or does not say.
    var columns: Int?

    static func ofProcess() -> Surroundings {
        Surroundings(
            variable: { name in getenv(name).flatMap { String(validatingCString: $0) } },
            isUnreadable: { name in
                getenv(name).map { String(validatingCString: $0) == nil } ?? false
            },
            folder: currentFolder(), uid: geteuid(),
            outputIsTerminal: isatty(STDOUT_FILENO) == 1,
            errorsAreTerminal: isatty(STDERR_FILENO) == 1, columns: terminalColumns())
    }

    /// A variable that is set to something.
    func filled(_ name: String) -> String? {
        guard let value = variable(name), !value.isEmpty else { return nil }
        return value
    }

    /// Whether the locale's characters are UTF-8. Without any it is C, whose are not.
    var speaksUTF8: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { filled($0) }.first ?? "C"
        let name = locale.prefix { $0 != "@" }
        guard let dot = name.lastIndex(of: ".") else { return false }
        return ["utf-8", "utf8"].contains(name[dot...].dropFirst().lowercased())
    }

    /// A path seen from the current folder. `..` stays: what is above a symbolic link is the
    /// kernel's to say.
    func absolute(_ path: String) throws(Failure) -> String {
        guard path.hasPrefix("/") || !folder.isEmpty else {
            throw Failure(
                "the current folder is gone", now: "change to another one, or use absolute paths")
        }
        return PathText.absolute(path, in: folder)
    }

    private static func terminalColumns() -> Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    private static func currentFolder() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let found = getcwd(buffer.baseAddress, buffer.count) else { return "" }
            return String(validatingCString: found) ?? ""
        }
    }
}
