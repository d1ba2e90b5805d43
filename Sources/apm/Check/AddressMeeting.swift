// Addresses of a file's workers that cannot be had beside each other. Pure, and linear in the
// number of workers: a file may give every one the same port.

import Settings

/// A worker that cannot have an address beside one that stands before it.
struct AddressMeeting: Equatable {
    let worker: Int
    let wanted: ServerAddress
    /// Whose the other address is: a worker before it, or itself.
    let other: Int
    let taken: ServerAddress

    /// Of each worker the first one; workers are places in the list.
    static func of(_ workers: [WorkerSettings]) -> [AddressMeeting] {
        var ports: [UInt16: Port] = [:]
        var found: [AddressMeeting] = []
        for (index, worker) in workers.enumerated() {
            let own = worker.servers.map { (address: $0, reach: AddressReach($0)) }
            for (place, (wanted, reach)) in own.enumerated() {
                let twin = own[..<place].first { $0.reach.collides(with: reach) }
                    .map { Holder(worker: index, address: $0.address) }
                guard let holder = ports[reach.port]?.holder(of: reach) ?? twin else { continue }
                found.append(
                    AddressMeeting(
                        worker: index, wanted: wanted, other: holder.worker, taken: holder.address))
                break
            }
            for (address, reach) in own {
                ports[reach.port, default: Port()]
                    .add(Holder(worker: index, address: address), reach)
            }
        }
        return found
    }

    private struct Holder {
        let worker: Int
        let address: ServerAddress
    }

    /// The first worker that has each of its hosts.
    private struct Port {
        private var any: Holder?
        private var allHosts: Holder?
        private var hosts: [[UInt8]: Holder] = [:]

        func holder(of reach: AddressReach) -> Holder? {
            reach.isAllHosts ? any : allHosts ?? hosts[reach.host]
        }

        mutating func add(_ holder: Holder, _ reach: AddressReach) {
            any = any ?? holder
            if reach.isAllHosts { allHosts = allHosts ?? holder }
            hosts[reach.host] = hosts[reach.host] ?? holder
        }
    }
}
