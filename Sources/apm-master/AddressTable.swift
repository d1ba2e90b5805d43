// Which worker has which address, and whether another may be had beside it. Pure. No two workers
// meet on a port: an address of all hosts is every host's, of either version. What one worker has
// itself need only be what the kernel keeps apart: all hosts of version 4 and all of version 6.

import Settings

struct AddressTable {
    /// An address that a worker has.
    struct Entry: Equatable {
        let address: ServerAddress
        /// The worker's id.
        let worker: UInt32
    }

    /// Why an address cannot be had: what is there already.
    struct Obstacle: Equatable {
        let wanted: ServerAddress
        let other: Entry
    }

    private(set) var entries: [Entry] = []

    /// What keeps `worker` from having these beside all that others have; nil: nothing.
    func obstacle(to wanted: [ServerAddress], of worker: UInt32) -> Obstacle? {
        for (place, address) in wanted.enumerated() {
            if let other = entries.first(where: {
                $0.worker != worker && AddressReach($0.address).meets(AddressReach(address))
            }) {
                return Obstacle(wanted: address, other: other)
            }
            if let twin = wanted[..<place].first(where: {
                AddressReach($0).collides(with: AddressReach(address))
            }) {
                let own = Entry(address: twin, worker: worker)
                return Obstacle(wanted: address, other: own)
            }
        }
        return nil
    }

    mutating func add(_ address: ServerAddress, of worker: UInt32) {
        entries.append(Entry(address: address, worker: worker))
    }

    mutating func remove(_ address: ServerAddress, of worker: UInt32) {
        entries.removeAll { $0 == Entry(address: address, worker: worker) }
    }
}
