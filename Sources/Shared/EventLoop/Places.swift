// Who gets a place in a table that strangers can fill, and who makes room: pure. Nobody can keep
// others out by coming often, and root always gets in.

public struct Places: Equatable, Sendable {
    /// All places; of them, those that one uid may take, and those that only root and the daemon's
    /// own user may take.
    public struct Limits: Equatable, Sendable {
        public let all: Int
        public let ofOne: Int
        public let keptForRoot: Int

        public init(all: Int, ofOne: Int, keptForRoot: Int) {
            self.all = all
            self.ofOne = ofOne
            self.keptForRoot = keptForRoot
        }
    }

    private let limits: Limits
    /// Whoever the daemon belongs to, beside root.
    private let ownUid: UInt32
    private var taken = 0
    private var takenBy: [UInt32: Int] = [:]

    public init(_ limits: Limits, ownUid: UInt32) {
        self.limits = limits
        self.ownUid = ownUid
    }

    /// Whose place must be given up before one of this uid gets one; nil: there is room.
    public func crowded(by uid: UInt32) -> UInt32? {
        if isPreferred(uid) { return taken < limits.all ? nil : largest }
        if takenBy[uid, default: 0] >= limits.ofOne { return uid }
        return taken < limits.all - limits.keptForRoot ? nil : largest
    }

    /// Who has most; root and the daemon's own user only where nobody else is there.
    private var largest: UInt32? {
        let others = takenBy.filter { !isPreferred($0.key) }
        return (others.isEmpty ? takenBy : others).max { $0.value < $1.value }?.key
    }

    private func isPreferred(_ uid: UInt32) -> Bool { uid == 0 || uid == ownUid }

    public mutating func take(_ uid: UInt32) {
        taken += 1
        takenBy[uid, default: 0] += 1
    }

    public mutating func give(_ uid: UInt32) {
        taken -= 1
        let left = takenBy[uid, default: 1] - 1
        takenBy[uid] = left > 0 ? left : nil
    }
}
