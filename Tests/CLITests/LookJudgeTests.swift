// wait through the look socket: when it is over, as far as can be seen from outside.

import Control
import Testing

@testable import apm

@Suite struct LookJudgeTests {
    struct Row: Sendable {
        /// What is seen, one look after the other; in each the instances.
        let looks: [[RunState]]
        /// Of the last look; nil = it goes on.
        let impatient: Outcome.Result?
        let patient: Outcome.Result?
    }

    @Test(arguments: [
        Row(looks: [[.running, .running]], impatient: .done, patient: .done),
        Row(looks: [[.running, .starting]], impatient: nil, patient: nil),
        Row(looks: [[.waiting]], impatient: nil, patient: nil),
        Row(looks: [[.stopping]], impatient: nil, patient: nil),
        Row(looks: [[.running, .stopped]], impatient: .overtaken, patient: nil),
        Row(looks: [[.exited]], impatient: .finished, patient: nil),
        Row(looks: [[.errored]], impatient: .diedEarly, patient: nil),
        Row(looks: [[.starting], [.errored]], impatient: .diedEarly, patient: .diedEarly),
        Row(looks: [[.starting], [.exited]], impatient: .finished, patient: .finished),
        Row(looks: [[.stopping], [.starting], [.running]], impatient: .done, patient: .done),
        Row(looks: [[.stopping], [.stopped]], impatient: .overtaken, patient: nil),
    ])
    func itIsOver(_ row: Row) {
        for (isPatient, expected) in [(false, row.impatient), (true, row.patient)] {
            var judge = LookJudge(isPatient: isPatient)
            var last: Outcome?
            for states in row.looks { last = judge.judge(Self.rows(states)) }
            #expect(last?.result == expected, "patient: \(isPatient)")
        }
    }

    @Test func theCulpritsEndIsTold() {
        var judge = LookJudge(isPatient: false)
        let outcome = judge.judge(Self.rows([.running, .errored]))
        #expect(outcome?.report.value == 2 && outcome?.instances == 2)
    }

    private static func rows(_ states: [RunState]) -> [InstanceRow] {
        states.enumerated().map { index, state in
            InstanceRow(
                number: UInt16(index + 1), state: state, pid: 0, uptimeMilliseconds: 0,
                restarts: RestartCounts(),
                lastExit: ExitReport(cause: .code, value: Int32(index + 1)))
        }
    }
}
