// Who gets a place among the lookers, and who makes room: pure. Nobody can keep others out by
// connecting often, and root always gets in.

struct Places {
    private(set) var taken = 0
    private var takenBy: [UInt32: Int] = [:]
    /// Whoever the daemon belongs to, beside root.
    let ownUid: UInt32

    init(ownUid: UInt32) { self.ownUid = ownUid }

    /// Whose looker must make room before one of this uid gets a place; nil: there is room.
    func crowded(by uid: UInt32) -> UInt32? {
        if isPreferred(uid) { return taken < Limits.clients ? nil : largest }
        if takenBy[uid, default: 0] >= Limits.clientsOfOne { return uid }
        return taken < Limits.clients - Limits.clientsKeptForRoot ? nil : largest
    }

    /// Who has most; root and the daemon's own user only where nobody else is there.
    private var largest: UInt32? {
        let others = takenBy.filter { !isPreferred($0.key) }
        return (others.isEmpty ? takenBy : others).max { $0.value < $1.value }?.key
    }

    private func isPreferred(_ uid: UInt32) -> Bool { uid == 0 || uid == ownUid }

    mutating func take(_ uid: UInt32) {
        taken += 1
        takenBy[uid, default: 0] += 1
    }

    mutating func give(_ uid: UInt32) {
        taken -= 1
        let left = takenBy[uid, default: 1] - 1
        takenBy[uid] = left > 0 ? left : nil
    }
}
