// Surroundings for tests: nothing of the real environment gets in.

import Glibc

@testable import apm

enum Stage {
    static func surroundings(
        _ variables: [String: String] = [:], folder: String = "/home/ann/site", uid: UInt32 = 1000,
        isTerminal: Bool = false, unreadable: [String] = []
    ) -> Surroundings {
        Surroundings(
            variable: { variables[$0] }, isUnreadable: { unreadable.contains($0) },
            folder: folder, uid: uid, outputIsTerminal: isTerminal,
            errorsAreTerminal: isTerminal)
    }

    /// A fresh folder, 0700.
    static func folder() throws -> String {
        var template = Array("/tmp/apm-cli-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw Failure("mkdtemp", now: "") }
        return String(cString: path)
    }
}
