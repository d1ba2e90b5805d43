// From looks to findings: no haste, no verdict without a witness, and an end.

import Testing

@testable import apm_master

@Suite struct StallWatchTests {
    private func sight(_ touches: UInt64, _ stream: UInt32?) -> StallWatch.Sight {
        StallWatch.Sight(touches: touches, place: stream)
    }

    @Test func whatMovesIsFine() {
        var watch = StallWatch()
        for touches in 0..<10 {
            #expect(watch.look(sight(UInt64(touches), 3), witnessWaits: true) == .fine)
        }
        for _ in 0..<10 { #expect(watch.look(sight(10, nil), witnessWaits: true) == .fine) }
    }

    @Test func whatStandsStillIsFirstWitnessedThenEndedThenGivenUp() {
        var watch = StallWatch()
        #expect(watch.look(sight(1, 3), witnessWaits: false) == .fine)
        #expect(watch.look(sight(1, 3), witnessWaits: false) == .suspect(3))
        #expect(watch.look(sight(1, 3), witnessWaits: true) == .heldUp(3))
        #expect(watch.look(sight(1, 3), witnessWaits: true) == .hopeless(3))
    }

    @Test func withoutAWitnessNothingFollowsHoweverLongItSaysSo() {
        var watch = StallWatch()
        for _ in 0..<100 {
            let finding = watch.look(sight(1, 3), witnessWaits: false)
            #expect(finding == .fine || finding == .suspect(3))
        }
    }

    @Test func whatWasEndedInTimeIsFineAgain() {
        var watch = StallWatch()
        for waits in [false, false, true] { _ = watch.look(sight(1, 3), witnessWaits: waits) }
        #expect(watch.look(sight(2, 4), witnessWaits: false) == .fine)
        #expect(watch.look(sight(2, 4), witnessWaits: false) == .suspect(4))
    }

    @Test func aPipeThatIsFreeAgainIsNotGivenUp() {
        var watch = StallWatch()
        for waits in [false, false, true] { _ = watch.look(sight(1, 3), witnessWaits: waits) }
        #expect(watch.look(sight(1, 3), witnessWaits: false) == .fine)
    }
}
