// The file to convert: what kind it is, its bytes, and whose rights it may be evaluated with.

import CLinux
import Glibc
import Posix

struct EcosystemFile: ~Copyable {
    enum Kind: Equatable {
        case json
        case javaScript
        case procfile
    }

    let kind: Kind
    /// As it was named, fit for a terminal.
    let shown: String
    /// Absolute.
    let path: String
    /// The folder that it lies in, absolute.
    let folder: String
    private let descriptor: Descriptor
    private let entry: stat

    private init(
        kind: Kind, shown: String, path: String, descriptor: consuming Descriptor, entry: stat
    ) {
        self.kind = kind
        self.shown = shown
        self.path = path
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        folder = slash == path.startIndex ? "/" : String(path[..<slash])
        self.descriptor = descriptor
        self.entry = entry
    }

    /// A regular file that the caller may read.
    static func find(
        _ named: String, _ surroundings: Surroundings
    ) throws(Failure) -> EcosystemFile {
        let shown = Visible.text(named)
        guard !named.isEmpty, !named.utf8.contains(0) else {
            throw .usage("the file to convert has no name", now: "apm convert ecosystem.config.js")
        }
        guard let kind = kind(of: named) else { throw unknownKind(named) }
        let path = try surroundings.absolute(named)
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard number >= 0 else {
            let code = errno
            throw Failure(
                "\(shown) cannot be read: \(ErrorText.of(code))",
                now: code == ENOENT
                    ? "name the ecosystem file that there is" : "make it readable for you",
                code == EACCES || code == EPERM ? .notPermitted : .failed)
        }
        let descriptor = Descriptor(owning: number)
        var entry = stat()
        guard fstat(number, &entry) == 0, entry.st_mode & S_IFMT == S_IFREG else {
            throw Failure("\(shown) is no file", now: "name the ecosystem file itself")
        }
        return EcosystemFile(
            kind: kind, shown: shown, path: path, descriptor: descriptor, entry: entry)
    }

    static func kind(of path: String) -> Kind? {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if name == "Procfile" || name.hasPrefix("Procfile.") { return .procfile }
        guard let dot = name.lastIndex(of: ".") else { return nil }
        switch name[name.index(after: dot)...].lowercased() {
        case "json", "json5": return .json
        case "js", "cjs", "mjs": return .javaScript
        default: return nil
        }
    }

    private static func unknownKind(_ path: String) -> Failure {
        let shown = Visible.text(path)
        let isYAML = path.hasSuffix(".yml") || path.hasSuffix(".yaml")
        return .usage(
            "\(shown) is none of .json, .js, .cjs, .mjs and Procfile",
            now: isYAML
                ? "write it as JSON first, for example with: yq -o=json . \(shown)"
                : "apm convert takes PM2's ecosystem files, like ecosystem.config.js")
    }

    /// All that is in it.
    borrowing func read() throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= ConvertLimits.fileBytes {
            let count = Glibc.read(descriptor.raw, &room, room.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(
                    "\(shown) cannot be read: \(ErrorText.of(errno))", now: "look at its disk")
            }
            if count == 0 { return bytes }
            bytes += room[..<count]
        }
        throw Failure(
            "\(shown) is larger than \(ConvertLimits.fileBytes) bytes",
            now: "divide it into several files")
    }

    /// Whose rights node may have for it. Root lends nobody its own: what somebody else can change
    /// is evaluated as that somebody, and what several can, not at all. Others evaluate their own
    /// files, and root's.
    borrowing func evaluator(for uid: UInt32) throws(Failure) -> UInt32 {
        guard uid == 0 else {
            guard Trust.isTrusted(entry.st_uid, by: uid), entry.st_mode & S_IWOTH == 0 else {
                throw Failure(
                    entry.st_mode & S_IWOTH == 0
                        ? "\(shown) belongs to uid \(entry.st_uid), and node would evaluate it "
                            + "with your rights"
                        : "everybody can write to \(shown), and node would evaluate it with your "
                            + "rights",
                    now: "read it; if you trust it, convert a copy of your own", .notPermitted)
            }
            return uid
        }
        var found = apm_changers()
        var place = [CChar](repeating: 0, count: Int(APM_PLACE_BYTES))
        let result = apm_who_can_change(descriptor.raw, path, &found, &place)
        guard result == 0 else {
            throw Failure(
                "who can change \(shown) is not known: \(ErrorText.of(-result))",
                now: "repeat the command when nobody moves it")
        }
        guard !found.anybody else {
            let bytes = place.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let culprit = Visible.text(String(decoding: bytes, as: UTF8.self))
            throw Failure(
                "others than the owner of \(shown) can write to \(culprit), and node would "
                    + "evaluate it",
                now: "take that right away (chmod go-w \(culprit)), or convert it as its owner",
                .notPermitted)
        }
        return found.who
    }
}
