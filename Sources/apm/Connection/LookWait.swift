// wait through the look socket, which answers at once: apm asks again and again, and judges what it
// sees.

import Control

struct LookWait {
    let selection: Selection
    let session: Session
    private(set) var connection: ControlConnection
    private var judge: LookJudge

    private static let pause: Int32 = 250

    init(_ selection: Selection, over connection: ControlConnection, in session: Session) {
        self.selection = selection
        self.connection = connection
        self.session = session
        judge = LookJudge(isPatient: selection.waits)
    }

    /// Until all instances concerned run, or one of them will not. Ctrl-C, and the end of the
    /// patience, are thrown.
    mutating func outcome(_ waiting: Waiting) throws(Failure) -> Outcome {
        let interrupts = Interrupts()
        defer { waiting.clear() }
        while true {
            if let outcome = judge.judge(try rows()) { return outcome }
            let left = waiting.pause
            switch interrupts.wait(for: -1, atMost: left < 0 ? Self.pause : min(left, Self.pause)) {
            case .interrupted: throw ControlConnection.interrupted
            case .ready, .otherClosed, .nothing: try waiting.pass()
            }
        }
    }

    /// Of the instances concerned. An apm-guid that has ended has a successor.
    private mutating func rows() throws(Failure) -> [InstanceRow] {
        do throws(Failure) {
            return try Self.rows(of: selection, connection)
        } catch {
            guard error.status == .unreachable, let next = try session.view() else { throw error }
            connection = next
            return try Self.rows(of: selection, next)
        }
    }

    private static func rows(
        of selection: Selection, _ connection: ControlConnection
    ) throws(Failure) -> [InstanceRow] {
        let command = Command.info(Selection(name: selection.name))
        guard case .informed(let info) = try connection.askAbout(command).reply else { return [] }
        if selection.instance == 0 { return info.instances }
        let rows = info.instances.filter { $0.number == selection.instance }
        guard rows.isEmpty else { return rows }
        throw Refusals.failure(
            Refusal(
                .noSuchInstance, subject: selection.name, value: Int32(info.instances.count)))
    }
}

/// Judges as the master does, from what can be seen. Pure. What is being stopped is known only once
/// it rests.
struct LookJudge {
    /// Somebody may start what rests.
    let isPatient: Bool
    /// Instances that were seen not to rest.
    private var moved: Set<UInt16> = []

    init(isPatient: Bool) { self.isPatient = isPatient }

    /// nil: it goes on.
    mutating func judge(_ rows: [InstanceRow]) -> Outcome? {
        var isPending = false
        for row in rows {
            switch row.state {
            case .running: moved.insert(row.number)
            case .waiting, .starting, .stopping:
                moved.insert(row.number)
                isPending = true
            case .stopped where !isPatient: return Self.outcome(.overtaken, row, rows)
            case .exited where !isPatient || moved.contains(row.number):
                return Self.outcome(.finished, row, rows)
            case .errored where !isPatient || moved.contains(row.number):
                return Self.outcome(.diedEarly, row, rows)
            case .stopped, .exited, .errored: isPending = true
            }
        }
        return isPending ? nil : Outcome(result: .done, instances: UInt16(clamping: rows.count))
    }

    private static func outcome(
        _ result: Outcome.Result, _ row: InstanceRow, _ rows: [InstanceRow]
    ) -> Outcome {
        Outcome(
            result: result, instances: UInt16(clamping: rows.count), report: row.lastExit)
    }
}
