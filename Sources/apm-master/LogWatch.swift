// Sees to it that apm-logd goes on: looks at what it touches as long as it works (StallWatch), asks
// for a sign of life when it has worked, and draws the consequences. An idle one is left in peace:
// nothing is armed then.

import Glibc
import Messages
import Posix

final class LogWatch {
    private let process: HelperProcess
    private let reactor: Reactor
    private unowned let book: LogBook
    private var stall = StallWatch()
    private var witness: PipeWitness?
    /// It said that it works, so it is looked at until then.
    private var looksUntil = Int64.min
    private var isLooking = false
    /// What was seen when it was asked for a sign of life.
    private var asked: StallWatch.Sight?

    init(_ process: HelperProcess, reactor: Reactor, book: LogBook) {
        self.process = process
        self.reactor = reactor
        self.book = book
    }

    /// It may not come back: what it is told now may be lost with it.
    var isInDoubt: Bool { stall.isInDoubt }

    /// Another apm-logd: nothing that was seen is its doing.
    func reset() {
        stall = StallWatch()
        witness = nil
        asked = nil
        isLooking = false
        reactor.disarm(.helperLook)
        reactor.disarm(.helperAnswer)
    }

    func hasWork() {
        looksUntil = Clock.monotonicNanoseconds + MasterLimits.helperWork.nanoseconds
        lookSoon()
    }

    private func lookSoon() {
        guard !isLooking else { return }
        isLooking = true
        reactor.arm(.helperLook, after: MasterLimits.helperLook)
    }

    func look() {
        isLooking = false
        guard process.state == .open else { return }
        let sight = book.journal.sight
        switch stall.look(sight, witnessWaits: witness?.isWaiting ?? false) {
        case .fine: witness = nil
        case .suspect(let stream): witness = book.witness(of: stream)
        case .heldUp(let stream): book.endHolder(of: stream)
        case .hopeless(let stream): return book.giveUp(stream)
        }
        if sight.stream != nil || Clock.monotonicNanoseconds < looksUntil {
            lookSoon()
        } else {
            ask()
        }
    }

    // MARK: signs of life

    /// All is told; is it there?
    func ask() {
        guard asked == nil else { return }
        process.send(.ping)
        waitForAnswer()
    }

    private func waitForAnswer() {
        asked = book.journal.sight
        reactor.arm(.helperAnswer, after: MasterLimits.helperPatience)
    }

    func answered() {
        asked = nil
        reactor.disarm(.helperAnswer)
    }

    /// It may have much to do: as long as it touches pipes it is alive.
    func answerIsOverdue() {
        guard process.state == .open, let asked else { return }
        if asked.touches != book.journal.sight.touches { return waitForAnswer() }
        process.fail("does not answer")
    }
}
