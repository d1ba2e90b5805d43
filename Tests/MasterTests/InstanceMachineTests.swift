// The machine against docs/INSTANCE.md, row by row, and over all states × events.

import Documents
import Testing

@testable import apm_master

/// One row of the table in docs/INSTANCE.md.
struct InstanceRowOfDocs: Sendable, CustomStringConvertible {
    let from: String
    let on: String
    let to: String
    let doing: String
    var description: String { "\(from) + \(on)" }
}

private func documented() throws -> [InstanceRowOfDocs] {
    try Documents.table(in: "docs/INSTANCE.md", headed: ["from", "event", "to", "effects"]).map {
        InstanceRowOfDocs(from: $0[0], on: $0[1], to: $0[2], doing: $0[3])
    }
}

private func effectsText(_ effects: [InstanceEffect]) -> String {
    effects.map { String(describing: $0) }.joined(separator: ", ")
}

@Suite struct InstanceMachineTests {
    @Test func everyDocumentedRowHolds() throws {
        let states = Dictionary(uniqueKeysWithValues: InstanceState.all.map { ($0.text, $0) })
        let events = Dictionary(uniqueKeysWithValues: InstanceEvent.all.map { ($0.text, $0) })
        let rows = try documented()
        #expect(rows.count > 50)
        for row in rows {
            let state = try #require(states[row.from], "no state \(row.from)")
            let event = try #require(events[row.on], "no event \(row.on)")
            let (next, effects) = InstanceMachine.transition(state, event)
            #expect(next.text == row.to, "\(row)")
            #expect(effectsText(effects) == row.doing, "\(row)")
        }
    }

    @Test func whatIsNotDocumentedCannotHappenAndChangesNothing() throws {
        let known = Set(try documented().map { "\($0.from) + \($0.on)" })
        for state in InstanceState.all {
            for event in InstanceEvent.all where !known.contains("\(state.text) + \(event.text)") {
                let (next, effects) = InstanceMachine.transition(state, event)
                #expect(next == state, "\(state.text) + \(event.text)")
                #expect(effects == [.alert], "\(state.text) + \(event.text)")
            }
        }
    }

    @Test func effectsThatReportAtOnceComeLast() {
        for state in InstanceState.all {
            for event in InstanceEvent.all {
                let effects = InstanceMachine.transition(state, event).1
                for effect in effects.dropLast() {
                    #expect(
                        effect != .spawn && effect != .drain && effect != .sweep,
                        "\(state.text) + \(event.text)")
                }
            }
        }
    }

    /// From every state, stop and the events that then follow lead to rest.
    @Test func stopAlwaysLeadsToRest() {
        for start in InstanceState.all {
            var state = InstanceMachine.transition(start, .stop).0
            if case .draining = state {
                state = InstanceMachine.transition(state, .drained).0
            }
            if case .stopping = state {
                state = InstanceMachine.transition(state, .ended(.restart)).0
            }
            if case .sweeping = state { state = InstanceMachine.transition(state, .swept).0 }
            #expect(state == .stopped, "from \(start.text)")
        }
    }

    /// A restart asked for again and again ends in one start.
    @Test func restartsWhileStoppingAreOneRestart() {
        var state = InstanceState.running
        for _ in 0..<200 { state = InstanceMachine.transition(state, .restart).0 }
        #expect(state == .draining(.start))
        state = InstanceMachine.transition(state, .drainTimeout).0
        for _ in 0..<200 { state = InstanceMachine.transition(state, .restart).0 }
        #expect(state == .stopping(.start))
        state = InstanceMachine.transition(state, .ended(.fail)).0
        let (next, effects) = InstanceMachine.transition(state, .swept)
        #expect(next == .starting)
        #expect(effects == [.spawn])
    }
}
