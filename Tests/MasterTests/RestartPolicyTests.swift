// Exit → restart or stay, rule by rule.

import Control
import Settings
import Testing

@testable import apm_master

private func decide(
    _ exit: ExitReport, tally: RestartTally = RestartTally(hasRun: true), jitter: UInt32 = 0,
    _ change: (inout WorkerSettings) -> Void
) -> RestartDecision {
    var settings = WorkerSettings()
    change(&settings)
    return RestartPolicy.decide(exit, settings: settings, tally: tally, jitter: jitter)
}

private let success = ExitReport(cause: .code, value: 0)
private let failure = ExitReport(cause: .code, value: 3)
private let killed = ExitReport(cause: .signal, value: 9)

@Suite struct RestartPolicyTests {
    @Test func nothingRestartsByDefault() {
        #expect(decide(success) { _ in }.verdict == .complete)
        #expect(decide(failure) { _ in }.verdict == .fail)
        #expect(decide(killed) { _ in }.verdict == .fail)
    }

    @Test func restartIsForSuccessAlone() {
        #expect(decide(success) { $0.restart = true }.verdict == .restart)
        #expect(decide(failure) { $0.restart = true }.verdict == .fail)
    }

    @Test func restartErrIsForErrorsAndSignals() {
        #expect(decide(success) { $0.restartErr = true }.verdict == .complete)
        #expect(decide(failure) { $0.restartErr = true }.verdict == .restart)
        #expect(decide(killed) { $0.restartErr = true }.verdict == .restart)
    }

    @Test func delaysAreTheirOwn() {
        let normal = decide(success) {
            $0.restart = true
            $0.restartDelay = 7
        }
        #expect(normal.delayMilliseconds == 7)
        #expect(normal.cause == .normal)
        let error = decide(failure) {
            $0.restartErr = true
            $0.errDelay = 9
        }
        #expect(error.delayMilliseconds == 9)
        #expect(error.cause == .error)
    }

    @Test func limitMeansThatManyRestarts() {
        var tally = RestartTally(hasRun: true)
        for _ in 0..<3 {
            let decision = decide(failure, tally: tally) {
                $0.restartErr = true
                $0.maxErrRestarts = 3
            }
            #expect(decision.verdict == .restart)
            tally = decision.tally
        }
        let last = decide(failure, tally: tally) {
            $0.restartErr = true
            $0.maxErrRestarts = 3
        }
        #expect(last.verdict == .fail)
        #expect(last.usedUp == "max_err_restarts 3")
    }

    @Test func normalLimitEndsInErrored() {
        let decision = decide(success, tally: RestartTally(normal: 2, hasRun: true)) {
            $0.restart = true
            $0.maxRestarts = 2
        }
        #expect(decision.verdict == .fail)
        #expect(decision.usedUp == "max_restarts 2")
    }

    @Test func shortRunsDoNotCountUnderErrGrace() {
        var short = failure
        short.uptimeMilliseconds = 99
        var long = failure
        long.uptimeMilliseconds = 100
        #expect(
            decide(short) {
                $0.restartErr = true
                $0.errGrace = 100
            }.tally.error == 0)
        #expect(
            decide(long) {
                $0.restartErr = true
                $0.errGrace = 100
            }.tally.error == 1)
    }

    @Test func exitCodesOverrideBothRules() {
        let codes: (inout WorkerSettings) -> Void = {
            $0.restart = true
            $0.restartErr = true
            $0.restartOnExitCodes = [3, 137]
        }
        #expect(decide(failure, codes).verdict == .restart)
        #expect(decide(killed, codes).verdict == .restart)
        #expect(decide(success, codes).verdict == .complete)
        #expect(decide(ExitReport(cause: .code, value: 4), codes).verdict == .fail)
    }

    /// As any other death by SIGKILL.
    @Test(arguments: [0, ExitReport.overOwnLimit])
    func deathForWantOfMemoryIsAnError(_ value: Int32) {
        let exit = ExitReport(cause: .outOfMemory, value: value)
        #expect(decide(exit) { $0.restart = true }.verdict == .fail)
        #expect(decide(exit) { $0.restartErr = true }.verdict == .restart)
        #expect(decide(exit) { $0.restartOnExitCodes = [137] }.verdict == .restart)
        #expect(decide(exit) { $0.restartOnExitCodes = [0, 1, 9, 128] }.verdict == .fail)
    }

    @Test func exitCodeZeroCanBeListed() {
        #expect(decide(success) { $0.restartOnExitCodes = [0] }.verdict == .restart)
    }

    @Test func whoHeldUpItsLogIsNotStartedAgain() {
        let held = ExitReport(cause: .heldUpLog, value: 9)
        let decision = decide(held) {
            $0.restart = true
            $0.restartErr = true
            $0.restartOnExitCodes = [137]
        }
        #expect(decision.verdict == .fail)
        #expect(decision.cause == .error)
    }

    @Test func aFaultIsAnErrorOfNoExitCode() {
        let fault = ExitReport(cause: .faulted, value: 2)
        #expect(decide(fault) { $0.restart = true }.verdict == .fail)
        #expect(decide(fault) { $0.restartErr = true }.verdict == .restart)
        #expect(decide(fault) { $0.restartErr = true }.cause == .error)
        #expect(decide(fault) { $0.restartOnExitCodes = [0, 2, 143] }.verdict == .fail)
        let listed = decide(fault) {
            $0.restartErr = true
            $0.restartOnExitCodes = [1]
        }
        #expect(listed.verdict == .restart)
    }

    @Test func whatWasNeverExecutedIsNotRetried() {
        let unstarted = ExitReport(cause: .notStarted, value: 2, step: .exec)
        #expect(
            decide(unstarted, tally: RestartTally()) { $0.restartErr = true }.verdict == .fail)
        #expect(
            decide(unstarted, tally: RestartTally(hasRun: true)) { $0.restartErr = true }.verdict
                == .restart)
    }

    @Test(arguments: [(0, 500), (1, 1000), (2, 2000), (3, 3000), (30, 3000), (4_000_000, 3000)])
    func backoffDoublesUpToItsCap(_ row: (errors: UInt32, delay: UInt32)) {
        let decision = decide(
            failure, tally: RestartTally(errorsInRow: row.errors, hasRun: true)
        ) {
            $0.restartErr = true
            $0.restartBackoff = 3000
        }
        #expect(decision.delayMilliseconds == row.delay)
    }

    @Test func backoffSpreadsByATenthAtMost() {
        for jitter in stride(from: UInt32(0), to: 1024, by: 31) {
            let delay = decide(failure, jitter: jitter) {
                $0.restartErr = true
                $0.restartBackoff = 3000
            }.delayMilliseconds
            #expect((450...500).contains(delay))
        }
    }

    @Test func aCrashLoopIsSlowedDown() {
        var short = failure
        short.uptimeMilliseconds = 5
        var tally = RestartTally(hasRun: true)
        var delays: [UInt32] = []
        for _ in 0..<25 {
            let decision = decide(short, tally: tally) {
                $0.restartErr = true
                $0.errDelay = 0
            }
            tally = decision.tally
            delays.append(decision.delayMilliseconds)
        }
        #expect(delays.prefix(20).allSatisfy { $0 == 0 })
        #expect(delays.dropFirst(20).allSatisfy { $0 == RestartPolicy.crashLoopDelay })
        short.uptimeMilliseconds = 500
        let long = decide(short, tally: tally) {
            $0.restartErr = true
            $0.errDelay = 0
        }
        #expect(long.delayMilliseconds == 0)
    }

    @Test func aGoodRunEndsTheBackoff() {
        var long = failure
        long.uptimeMilliseconds = RestartPolicy.goodRun
        let decision = decide(long, tally: RestartTally(errorsInRow: 5, hasRun: true)) {
            $0.restartErr = true
            $0.restartBackoff = 60_000
        }
        #expect(decision.delayMilliseconds == 500)
        #expect(decision.tally.errorsInRow == 1)
    }
}
