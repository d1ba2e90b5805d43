// Exit → restart or stay. Pure: no clock, no randomness of its own.
//
// A death by signal N that nobody asked for is an error with the code 128 + N. Limits count since
// the last start by a person. `err_grace` as documented: an error exit counts against
// `max_err_restarts` only when the instance had run at least that long.

import Control
import Glibc
import Settings

/// What counts against the limits.
struct RestartTally: Equatable, Sendable {
    var normal: UInt32 = 0
    /// Error restarts that count.
    var error: UInt32 = 0
    /// Error exits in a row without a good run between, for the back-off.
    var errorsInRow: UInt32 = 0
    /// Runs too short to be of use, one after the other.
    var shortRunsInRow: UInt32 = 0
    /// Whether the program has been executed since the last start by a person.
    var hasRun = false
}

struct RestartDecision: Equatable, Sendable {
    enum Cause: Equatable, Sendable {
        case normal, error
    }

    var verdict: InstanceEvent.Verdict
    var cause: Cause
    var delayMilliseconds: UInt32
    /// No restart because this limit is used up.
    var usedUp: String?
    var tally: RestartTally
}

enum RestartPolicy {
    /// Delay that a back-off begins with where `err_delay` is 0.
    static let smallestBackoffBase: UInt32 = 100
    /// A run at least this long, in milliseconds, ends a back-off.
    static let goodRun: UInt64 = 10_000

    /// After so many runs of less than this, in milliseconds, one after the other, a delay is at
    /// least `crashLoopDelay`: a program that cannot live must not cost a processor and a disk.
    static let shortRuns: UInt32 = 20
    static let shortRun: UInt64 = 100
    static let crashLoopDelay: UInt32 = 100

    /// `jitter`: 0 ..< 1024, random, spreads delays of a back-off by a tenth.
    static func decide(
        _ exit: ExitReport, settings: WorkerSettings, tally: RestartTally, jitter: UInt32
    ) -> RestartDecision {
        // It would do it again.
        if exit.cause == .heldUpLog {
            return RestartDecision(
                verdict: .fail, cause: .error, delayMilliseconds: 0, usedUp: nil, tally: tally)
        }
        let code = exitCode(exit)
        var decision =
            code == 0
            ? afterSuccess(settings, tally)
            : afterError(exit, settings, tally, jitter)
        if exit.uptimeMilliseconds < shortRun {
            decision.tally.shortRunsInRow.countUp()
        } else {
            decision.tally.shortRunsInRow = 0
        }
        if decision.tally.shortRunsInRow > shortRuns {
            decision.delayMilliseconds = max(decision.delayMilliseconds, crashLoopDelay)
        }
        return decision
    }

    /// 0 ..< 256; nil when the program was never executed.
    private static func exitCode(_ exit: ExitReport) -> Int32? {
        switch exit.cause {
        case .code: exit.value
        case .signal: 128 + exit.value
        case .outOfMemory: 128 + SIGKILL
        case .heldUpLog, .faulted, .notStarted, .none: nil
        }
    }

    private static func afterSuccess(
        _ settings: WorkerSettings, _ tally: RestartTally
    ) -> RestartDecision {
        var decision = RestartDecision(
            verdict: .complete, cause: .normal, delayMilliseconds: settings.restartDelay,
            usedUp: nil, tally: tally)
        decision.tally.errorsInRow = 0
        let wanted =
            settings.restartOnExitCodes.isEmpty
            ? settings.restart : settings.restartOnExitCodes.contains(0)
        guard wanted else { return decision }
        if settings.maxRestarts > 0, tally.normal >= settings.maxRestarts {
            decision.verdict = .fail
            decision.usedUp = "max_restarts \(settings.maxRestarts)"
            return decision
        }
        decision.verdict = .restart
        decision.tally.normal.countUp()
        return decision
    }

    private static func afterError(
        _ exit: ExitReport, _ settings: WorkerSettings, _ tally: RestartTally, _ jitter: UInt32
    ) -> RestartDecision {
        let uptime = exit.uptimeMilliseconds
        var decision = RestartDecision(
            verdict: .fail, cause: .error, delayMilliseconds: 0, usedUp: nil, tally: tally)
        if uptime >= goodRun { decision.tally.errorsInRow = 0 }
        guard restarts(exit, settings, tally) else { return decision }
        if settings.maxErrRestarts > 0, tally.error >= settings.maxErrRestarts {
            decision.usedUp = "max_err_restarts \(settings.maxErrRestarts)"
            return decision
        }
        decision.verdict = .restart
        decision.delayMilliseconds = errorDelay(settings, decision.tally.errorsInRow, jitter)
        if uptime >= UInt64(settings.errGrace) { decision.tally.error.countUp() }
        decision.tally.errorsInRow.countUp()
        return decision
    }

    private static func restarts(
        _ exit: ExitReport, _ settings: WorkerSettings, _ tally: RestartTally
    ) -> Bool {
        // A fault has no code that could be listed.
        if exit.cause == .faulted { return settings.restartErr }
        let code = exitCode(exit)
        // What a person starts and what cannot even be executed is told to that person, not
        // retried.
        guard code != nil || tally.hasRun else { return false }
        guard !settings.restartOnExitCodes.isEmpty else { return settings.restartErr }
        guard let code, let byte = UInt8(exactly: code) else { return false }
        return settings.restartOnExitCodes.contains(byte)
    }

    private static func errorDelay(
        _ settings: WorkerSettings, _ errorsInRow: UInt32, _ jitter: UInt32
    ) -> UInt32 {
        guard settings.restartBackoff > 0 else { return settings.errDelay }
        let base = settings.errDelay == 0 ? smallestBackoffBase : settings.errDelay
        let doubled = UInt64(base) << UInt64(min(errorsInRow, 31))
        let capped = min(doubled, UInt64(max(settings.restartBackoff, base)))
        let spread = capped / 10 * UInt64(jitter % 1024) / 1024
        return UInt32(capped - spread)
    }
}

extension UInt32 {
    /// One more, and at the end of the range no more.
    mutating func countUp() {
        if self < .max { self += 1 }
    }
}
