// How much of a table of root's daemon those may fill who are not root, one by one and together: so
// that no stranger keeps others out, and nobody keeps root out. Pure. A user's own daemon has that
// user alone, and no quotas.

import Glibc

/// Places of a table that are taken.
struct TableUse: Equatable, Sendable {
    var total = 0
    /// By all who are not root.
    var strangers = 0
    /// By the one who asks for more.
    var own = 0

    /// Of places with owners, for one who asks.
    init(_ owners: some Sequence<(owner: uid_t, places: Int)>, for uid: uid_t) {
        for (owner, places) in owners {
            total += places
            if owner != 0 { strangers += places }
            if owner == uid { own += places }
        }
    }
}

enum Quota {
    /// The number that would be exceeded if `uid` took so many places more in a table of `limit`;
    /// nil when it may have them.
    static func exceeded(
        by places: Int, of limit: Int, _ use: TableUse, uid: uid_t, daemonUid: uid_t
    ) -> Int? {
        if use.total + places > limit { return limit }
        guard daemonUid == 0, uid != 0 else { return nil }
        let together = limit / MasterLimits.strangersParts * MasterLimits.strangersShare
        if use.strangers + places > together { return together }
        let alone = limit / MasterLimits.ownParts
        return use.own + places > alone ? alone : nil
    }
}
