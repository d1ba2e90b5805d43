// A home folder with a profile.

import Glibc
import Testing

enum Home {
    static func folder(profile: String) throws -> String {
        var template = Array("/tmp/apm-agent.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let file = open(folder + "/.profile", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(write(file, profile, profile.utf8.count) == profile.utf8.count)
        close(file)
        return folder
    }

    static func remove(_ folder: String) {
        unlink(folder + "/.profile")
        rmdir(folder)
    }
}
