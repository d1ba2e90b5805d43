// Limits that hold only together: what all instances may have fits what there is.

import Control
import Messages
import Testing

@testable import apm_master

@Suite struct LimitsTests {
    @Test func allInstancesTogetherHaveStreamsEnough() {
        let wanted = MasterLimits.instances * MasterLimits.streamsOfInstance
        #expect(wanted <= MessageLimits.streams)
        #expect(MasterLimits.streamsOfInstance >= MasterLimits.unreadStreams + 2)
    }

    @Test func aStreamFitsTheWordForAnUnfinishedLine() {
        #expect(MessageLimits.streams < 1 << 16)
    }

    @Test func aLookComesTwiceWhileWorkIsTold() {
        #expect(MasterLimits.helperWork >= .seconds(1) + MasterLimits.helperLook)
    }
}
