// Sees to it that a helper goes on that touches pipes of workers: looks at what it touches as long
// as it works (StallWatch), asks for a sign of life when it has worked, and draws the consequences.
// An idle one is left in peace: nothing is armed then.

import Glibc
import Messages
import Posix

/// Whoever keeps the pipes that a helper touches, each at its place.
protocol PipeKeeper: AnyObject {
    /// What the helper says that it touches.
    var sight: StallWatch.Sight { get }
    /// A process that waits for that pipe as the helper seems to.
    func witness(of place: UInt32) -> PipeWitness?
    /// Somebody holds up that pipe.
    func endHolder(of place: UInt32)
    /// Who could be ended is ended, and the pipe is held up still.
    func giveUp(_ place: UInt32)
}

final class HelperWatch {
    private let process: HelperProcess
    private let reactor: Reactor
    private unowned let keeper: any PipeKeeper
    private var stall = StallWatch()
    private var witness: PipeWitness?
    /// It said that it works, so it is looked at until then.
    private var looksUntil = Int64.min
    private var isLooking = false
    /// What was seen when it was asked for a sign of life.
    private var asked: StallWatch.Sight?

    init(_ process: HelperProcess, reactor: Reactor, keeper: any PipeKeeper) {
        self.process = process
        self.reactor = reactor
        self.keeper = keeper
    }

    /// It may not come back: what it is told now may be lost with it.
    var isInDoubt: Bool { stall.isInDoubt }

    /// Another process: nothing that was seen is its doing.
    func reset() {
        stall = StallWatch()
        witness = nil
        asked = nil
        isLooking = false
        reactor.disarm(.helperLook(process.role))
        reactor.disarm(.helperAnswer(process.role))
    }

    func hasWork() {
        looksUntil = Clock.monotonicNanoseconds + MasterLimits.helperWork.nanoseconds
        lookSoon()
    }

    private func lookSoon() {
        guard !isLooking else { return }
        isLooking = true
        reactor.arm(.helperLook(process.role), after: MasterLimits.helperLook)
    }

    func look() {
        isLooking = false
        guard process.state == .open else { return }
        let sight = keeper.sight
        switch stall.look(sight, witnessWaits: witness?.isWaiting ?? false) {
        case .fine: witness = nil
        case .suspect(let place): witness = keeper.witness(of: place)
        case .heldUp(let place): keeper.endHolder(of: place)
        case .hopeless(let place): return keeper.giveUp(place)
        }
        if sight.place != nil || Clock.monotonicNanoseconds < looksUntil {
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
        asked = keeper.sight
        reactor.arm(.helperAnswer(process.role), after: MasterLimits.helperPatience)
    }

    func answered() {
        asked = nil
        reactor.disarm(.helperAnswer(process.role))
    }

    /// It may have much to do: as long as it touches pipes it is alive.
    func answerIsOverdue() {
        guard process.state == .open, let asked else { return }
        if asked.touches != keeper.sight.touches { return waitForAnswer() }
        process.fail("does not answer")
    }
}
