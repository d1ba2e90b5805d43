// The daemon's folder, and what is left of it.

import Glibc
import Testing

@testable import apm_master

@Suite struct RuntimeFolderTests {
    @Test(.enabled(if: geteuid() == 0, "giving files to a group needs root"))
    func whatWasOpenToAGroupIsClosedAgain() throws {
        var template = Array("/tmp/apm-folder.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { rmdir(path) }
        let home = try #require(Home.chosen(apmHome: path, home: nil, uid: geteuid()))
        let folder = try RuntimeFolder(home)
        close(creat(path + "/control", 0o600))
        try folder.admit(65_534)
        var information = stat()
        #expect(stat(path, &information) == 0)
        #expect(information.st_mode & 0o777 == 0o710 && information.st_gid == 65_534)
        folder.clear()
        #expect(stat(path, &information) == 0)
        #expect(information.st_mode & 0o777 == 0o700 && information.st_gid == getegid())
        #expect(access(path + "/control", F_OK) != 0)
    }
}
