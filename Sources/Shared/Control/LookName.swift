// What the look socket of a daemon is called: an abstract name, so that everybody can reach it.

public enum LookName {
    /// Of the system's daemon.
    public static let system = "apm"

    /// Of the daemon of `uid`; `folder` is where APM_HOME has moved it, nil where it is at its
    /// usual place.
    public static func of(uid: UInt32, movedTo folder: String? = nil) -> String {
        guard let folder else { return uid == 0 ? system : "\(system)-\(uid)" }
        // FNV-1a: names must differ, and anybody may compute them.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in folder.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "\(system)-\(uid)-" + String(hash, radix: 16)
    }
}
