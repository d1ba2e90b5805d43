// Where a daemon keeps its files. APM_HOME moves all of them into one folder; without it root uses
// the system's folders and a user ~/.apm.

import Control
import Glibc

struct Home: Equatable, Sendable {
    /// Control socket and pid file; 0700, locked.
    var folder: String
    /// The daemon's own log.
    var log: String
    /// Tells this daemon's control groups from those of others.
    var isSystem: Bool
    /// The abstract name of the look socket.
    var look: String
    /// The main configuration.
    var configuration: String

    var control: String { folder + "/control" }
    var pid: String { folder + "/apm.pid" }

    /// nil when neither APM_HOME nor HOME says where.
    static func chosen(apmHome: String?, home: String?, uid: uid_t) -> Home? {
        if let apmHome, !apmHome.isEmpty {
            guard apmHome.hasPrefix("/") else { return nil }
            var folder = apmHome[...]
            while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
            let path = String(folder)
            return Home(
                folder: path, log: folder + "/apm.log", isSystem: false,
                look: LookName.of(uid: uid, movedTo: path), configuration: folder + "/config.conf")
        }
        let look = LookName.of(uid: uid)
        if uid == 0 {
            return Home(
                folder: "/run/apm", log: "/var/log/apm.log", isSystem: true, look: look,
                configuration: "/etc/apm/apm.conf")
        }
        guard let home, home.hasPrefix("/") else { return nil }
        return Home(
            folder: home + "/.apm", log: home + "/.apm/apm.log", isSystem: false, look: look,
            configuration: home + "/.apm/config.conf")
    }

    /// Whether there is a main configuration, or a folder of further ones. Asked once, before the
    /// loop: what does not answer would not have given the daemon its folder either.
    var hasConfiguration: Bool {
        access(configuration, F_OK) == 0 || access(configuration + ".d", F_OK) == 0
    }

    /// A short name that no other daemon has: FNV-1a over the folder, by name and identity, and
    /// uid.
    func groupName(uid: uid_t, identity: FileIdentity) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(folder) \(identity.device) \(identity.inode) \(uid)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return "apm-" + String(hash, radix: 16)
    }
}
