// Whoever asked is gone: what they asked for is done all the same, and told to nobody. Nothing may
// go on waiting for them where no quota sees it: neither what waits now, nor what would begin to
// wait later, when a definition or a configuration is on its way.

import Control

extension Supervisor {
    /// A client is gone.
    func clientLeft(_ client: UInt32) {
        feed.leave(client)
        enders.removeAll { $0.client == client }
        forgetWaits(of: client) { $0.client == client }
    }

    /// One request of a client is given up.
    func askerLeft(_ asker: Asker) {
        forgetWaits(of: asker.client) { $0 == asker }
    }

    private func forgetWaits(of client: UInt32, where isGone: (Asker) -> Bool) {
        for wait in waits.of(client: client) where isGone(wait.asker) { forget(wait) }
        forgetStarts(where: isGone)
        for draft in drafts.values where isGone(draft.asker) { draft.waits = false }
        for loading in loadings.values where isGone(loading.asker) { stopWaiting(for: loading) }
    }

    private func forget(_ wait: Wait) {
        waits.remove(wait)
        reactor.disarm(.startupGrace(wait.id))
        if wait.goal == .running { forgetStarts(wait.instances) }
    }

    /// All of it is begun, and then it is over.
    private func stopWaiting(for loading: Loading) {
        loading.waits = false
        for draft in drafts.values where draft.loading === loading { draft.waits = false }
        let rows = Set(loadRows.filter { $0.value.loading === loading }.keys)
        for worker in preparing.values {
            worker.starts.change { request in
                if request.asker.client == Asker.nobody.client,
                    rows.contains(request.asker.request)
                {
                    request.waits = false
                }
            }
        }
        for wait in waits.of(client: Asker.nobody.client) where rows.contains(wait.asker.request) {
            forget(wait)
            let outcome = Outcome(result: .begun, instances: UInt16(wait.instances.count))
            answer(wait.asker, .outcome(wait.kind, outcome), nil)
        }
    }

    /// Requests of a client that are not answered yet.
    func waitCount(of client: UInt32) -> Int {
        let loading = loadings.values.count { $0.asker.client == client }
        let defining = drafts.values.count { $0.asker.client == client }
        return preparing.values.reduce(waits.count(ofClient: client) + loading + defining) {
            $0 + $1.starts.count(of: client)
        }
    }
}
