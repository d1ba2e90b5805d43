// While apm waits for an outcome: the end of its patience, and a line on the terminal that says how
// far it is. Who waits asks nobody; only the line does, once a second, when somebody can see it.

import Control
import Glibc
import Posix

final class Waiting {
    /// What is waited for.
    enum Aim: Equatable {
        case start, restart, stop
        /// Somebody else's start.
        case wait
    }

    private let aim: Aim
    /// The one that is shown.
    var selection: Selection
    private let session: Session
    /// In milliseconds; nil = as long as it takes.
    private let timeout: UInt32?
    private let begun = Clock.monotonicNanoseconds
    private var nextLook: Int64
    private let showsProgress: Bool
    private var isShown = false
    private var second: ControlConnection?

    private static let lookPause: Int64 = 1_000_000_000

    init(_ aim: Aim, _ selection: Selection, timeout: UInt32?, in session: Session) {
        self.aim = aim
        self.selection = selection
        self.session = session
        self.timeout = timeout
        nextLook = begun + Self.lookPause
        showsProgress =
            session.console.errorsAreTerminal && session.surroundings.variable("TERM") != "dumb"
    }

    /// Milliseconds until `pass` has something to do; -1 = never.
    var pause: Int32 {
        let moments = [deadline, showsProgress ? nextLook : nil].compactMap { $0 }
        guard let next = moments.min() else { return -1 }
        let left = max(0, next - Clock.monotonicNanoseconds)
        return Int32(clamping: (left + 999_999) / 1_000_000)
    }

    private var deadline: Int64? { timeout.map { begun + Int64($0) * 1_000_000 } }

    /// Time has passed: the line is written anew, or the time is over.
    func pass() throws(Failure) {
        let now = Clock.monotonicNanoseconds
        if let timeout, let deadline, now >= deadline {
            clear()
            throw Self.failure(aim, selection, after: timeout, look())
        }
        guard showsProgress, now >= nextLook else { return }
        nextLook += Self.lookPause * ((now - nextLook) / Self.lookPause + 1)
        let age = UInt64(now - begun) / 1_000_000
        isShown = true
        session.console.mark(Self.line(aim, selection, after: age, look()))
    }

    /// Takes the line away.
    func clear() {
        if isShown { session.console.mark("") }
        isShown = false
    }

    /// How a worker stands.
    struct Standing {
        /// Of the instances concerned; none when they cannot be had.
        var states: [RunState] = []
        var waitsFor: [String] = []
        var roll = RollProgress()
        /// One of them runs, and its connector has not greeted.
        var isGreeting = false
    }

    /// Over a connection of its own.
    private func look() -> Standing {
        if second == nil { second = (try? session.view()) ?? nil }
        let command = Command.info(Selection(name: selection.name))
        guard case .informed(let info)? = try? second?.ask(command).reply else {
            return Standing()
        }
        let rows = info.instances.filter {
            selection.instance == 0 || $0.number == selection.instance
        }
        return Standing(
            states: rows.map(\.state), waitsFor: info.waitsFor,
            roll: selection.instance == 0 ? info.roll : RollProgress(),
            isGreeting: rows.contains { $0.state == .running && $0.connector?.isReady == false })
    }

    // MARK: words

    /// `stopping api: 2 of 4 have ended (3s)`, `starting api: waiting for db (1s)`.
    static func line(
        _ aim: Aim, _ selection: Selection, after age: UInt64, _ standing: Standing
    ) -> String {
        let name = Visible.text(selection.written)
        let start = "\(word(aim)) \(name)"
        let end = "(\(Durations.text(age)))"
        if aim != .stop, !standing.waitsFor.isEmpty {
            return "\(start): \(OutcomeReport.waiting(for: standing.waitsFor)) \(end)"
        }
        if aim == .restart, standing.roll.instances > 0 {
            let roll = standing.roll
            return "\(start): \(roll.restarted) of \(roll.instances) restarted \(end)"
        }
        let states = standing.states
        let reached = states.count { isReached(aim, $0) }
        let done = aim == .stop ? "have ended" : "running"
        let part = states.count > 1 ? ": \(reached) of \(states.count) \(done)" : ""
        return start + part + " " + end
    }

    /// What to say when the time is over.
    static func failure(
        _ aim: Aim, _ selection: Selection, after timeout: UInt32, _ standing: Standing
    ) -> Failure {
        let states = standing.states
        let name = Visible.text(selection.written)
        let time = Durations.text(UInt64(timeout))
        let goesOn = "the daemon goes on with it; apm list shows how it stands"
        let roll = standing.roll
        if aim == .restart, roll.instances > 0 {
            return Failure(
                "\(name): \(roll.restarted) of \(roll.instances) restarted after \(time), the roll "
                    + "goes on",
                now: goesOn, .timedOut)
        }
        let isReached = !states.isEmpty && states.allSatisfy { Self.isReached(aim, $0) }
        if isReached, aim != .stop, standing.isGreeting {
            return Failure(
                "\(name) runs, but has not greeted after \(time)",
                now: "the program must load the connector of APM: docs/CONNECTORS.md", .timedOut)
        }
        if isReached, aim != .stop {
            return Failure(
                "\(name) runs, but after \(time) not yet for its startup_grace",
                now: "give it more time with --timeout, or a shorter startup_grace", .timedOut)
        }
        let verb = aim == .stop ? "has not ended" : "does not run"
        let whole = states.count > 1 ? " as a whole" : ""
        let waits = standing.waitsFor
        let what = waits.isEmpty ? tally(states) : "it is \(OutcomeReport.waiting(for: waits))"
        let stands = states.isEmpty ? "" : ": \(what)"
        return Failure(
            "\(name) \(verb)\(whole) after \(time)\(stands)",
            now: aim == .wait ? "apm info \(Visible.text(selection.name)) shows more" : goesOn,
            .timedOut)
    }

    /// `it is starting`, or `2 running, 1 waiting`.
    private static func tally(_ states: [RunState]) -> String {
        if states.count == 1 { return "it is \(states[0].word)" }
        return RunState.allCases.compactMap { state in
            let count = states.count { $0 == state }
            return count == 0 ? nil : "\(count) \(state.word)"
        }.joined(separator: ", ")
    }

    private static func isReached(_ aim: Aim, _ state: RunState) -> Bool {
        switch (aim, state) {
        case (.stop, .stopped), (.stop, .exited), (.stop, .errored): true
        case (.stop, _): false
        case (_, .running): true
        case (_, _): false
        }
    }

    private static func word(_ aim: Aim) -> String {
        switch aim {
        case .start: "starting"
        case .restart: "restarting"
        case .stop: "stopping"
        case .wait: "waiting for"
        }
    }
}
