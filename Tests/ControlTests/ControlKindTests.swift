// Kinds of the control socket: pairs of request and reply.

import Control
import Testing

@Suite struct ControlKindTests {
    @Test func everyRequestHasAReplyOfItsOwn() {
        for kind in ControlKind.allCases where kind.isRequest {
            #expect(kind.reply?.rawValue == kind.rawValue + 1, "\(kind)")
        }
    }

    @Test func everyReplyButRefusedAnswersARequest() {
        for kind in ControlKind.allCases where !kind.isRequest && kind != .refused {
            #expect(ControlKind(rawValue: kind.rawValue - 1)?.isRequest == true, "\(kind)")
        }
    }

    @Test func numbersAreApartFromThoseOfHelpers() {
        for kind in ControlKind.allCases { #expect(kind.rawValue >> 8 == 1) }
    }
}

/// Numbers that stand in C as well.
@Suite struct ExitReportTests {
    @Test func stepsKeepTheNumbersOfTheSpawnReport() {
        let steps = ExitReport.Step.allCases.map { "\($0.rawValue) \($0)" }
        #expect(
            steps == [
                "0 none", "1 clone", "2 group", "3 session", "4 identity", "5 path",
                "6 descriptors", "7 exec", "8 deadline", "9 log", "10 logFolder", "11 logFile",
                "20 pathUnsafe", "21 execUnsafe", "22 envFile", "23 envFolder", "24 envKind",
                "25 logDisk",
            ])
    }
}
