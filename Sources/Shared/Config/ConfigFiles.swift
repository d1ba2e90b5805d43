// What reading a configuration needs of the world. The caller gives it, so that this module calls
// no system and tests need no disk.

/// Why a file or folder was not read, in words.
public struct ConfigFileProblem: Error, Equatable, Sendable {
    public enum Kind: Sendable {
        /// Nothing has that name.
        case missing
        /// What has that name is no folder.
        case notAFolder
        case refused
    }

    public var kind: Kind
    /// What failed, with the path.
    public var text: String
    /// What to do now.
    public var advice: String

    public init(_ kind: Kind, _ text: String, now advice: String) {
        self.kind = kind
        self.text = text
        self.advice = advice
    }
}

public protocol ConfigFiles {
    /// All bytes of a regular file of at most `ConfigLimits.fileBytes`. The path is absolute,
    /// without `.`, `..` and doubled slashes.
    func read(_ path: String) throws(ConfigFileProblem) -> [UInt8]
    /// The names in a folder, in any order, without `.` and `..`.
    func list(_ folder: String) throws(ConfigFileProblem) -> [String]
    /// Names in a folder that fit this pattern, or are just this, decide what is read. For who
    /// wants to know when there are others.
    func looked(in folder: String, for pattern: String)
}

extension ConfigFiles {
    public func looked(in folder: String, for pattern: String) {}
}
