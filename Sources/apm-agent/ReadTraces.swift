// What a reading of configuration has depended on: files, also those that are not there, the links
// that lead to them, and patterns of names. A change of any of these may change what it says.

import Config
import ConfigDisk
import Messages

final class ReadTraces: ConfigFiles {
    private let files: DiskFiles
    private var known: Set<String> = []
    /// Absolute paths, in the order of reading.
    private(set) var places: [String] = []
    /// Absolute paths whose last part is a pattern.
    private(set) var names: [String] = []

    /// Files that were read and have nothing in them.
    private var emptyFiles: Set<String> = []

    init(_ files: DiskFiles) { self.files = files }

    var hasEmptyFile: Bool { !emptyFiles.isEmpty }
    func isEmpty(_ path: String) -> Bool { emptyFiles.contains(path) }

    func read(_ path: String) throws(ConfigFileProblem) -> [UInt8] {
        for place in [path] + LinkTrail.places(of: path) { note(place, in: \.places) }
        let bytes = try files.read(path)
        if bytes.isEmpty { emptyFiles.insert(path) }
        return bytes
    }

    func list(_ folder: String) throws(ConfigFileProblem) -> [String] { try files.list(folder) }

    func looked(in folder: String, for pattern: String) {
        note(folder == "/" ? "/" + pattern : folder + "/" + pattern, in: \.names)
    }

    private func note(_ path: String, in list: ReferenceWritableKeyPath<ReadTraces, [String]>) {
        guard path.utf8.count <= MessageLimits.watchPathBytes,
            self[keyPath: list].count < MessageLimits.configFiles,
            known.insert(path).inserted
        else { return }
        self[keyPath: list].append(path)
    }
}
