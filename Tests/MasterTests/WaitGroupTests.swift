// Several waits, one answer.

import Testing

@testable import apm_master

@Suite struct WaitGroupTests {
    @Test func theLastOneAnswersWhenAllAreDone() {
        let group = WaitGroup(instances: 5, waits: 3)
        #expect(!group.isAnswered(by: .done))
        #expect(!group.isAnswered(by: .done))
        #expect(group.isAnswered(by: .done))
    }

    @Test func theFirstThatEndsOtherwiseAnswersAndNobodyAfterIt() {
        let group = WaitGroup(instances: 5, waits: 3)
        #expect(!group.isAnswered(by: .done))
        #expect(group.isAnswered(by: .diedEarly))
        #expect(!group.isAnswered(by: .overtaken))
    }
}
