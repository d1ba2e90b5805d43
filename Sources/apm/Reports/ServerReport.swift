// What `info` shows of a worker that serves: what apm-proxyd has counted.

import Control

enum ServerReport {
    static func text(_ server: ServerFigures, _ info: WorkerInfo, colours: Bool) -> String {
        var table = Table(["REQUESTS", "NUMBER", "OPEN", "FAILED", "P50", "P99"])
        table.add(cells("all", server.traffic))
        for row in info.instances {
            guard let connector = row.connector else { continue }
            table.add(cells("#\(row.number)", connector.traffic))
        }
        var text = table.rendered(colours: colours)
        text += "\(Count.of(Int(server.connections), "connection")) open, "
        text += "\(Count.of(Int(server.waiting), "request")) waiting, "
        text += "\(Amounts.count(server.refused)) refused\n"
        return text
    }

    private static func cells(_ name: String, _ traffic: Traffic) -> [Table.Cell] {
        [
            Table.Cell(name), Table.Cell(Amounts.count(traffic.requests)),
            Table.Cell(Amounts.count(UInt64(traffic.open))),
            Table.Cell(
                Amounts.count(traffic.failed), traffic.failed == 0 ? nil : .yellow),
            Table.Cell(Durations.latency(traffic.median)),
            Table.Cell(Durations.latency(traffic.slowest)),
        ]
    }

    static func notes(_ info: WorkerInfo) -> [String] {
        var notes: [String] = []
        let silent = info.instances.filter {
            $0.state == .running && $0.connector?.isReady == false
        }
        if !silent.isEmpty {
            let names = silent.map { "#\($0.number)" }.joined(separator: ", ")
            let verb = silent.count == 1 ? "has" : "have"
            notes.append(
                "\(names) \(verb) not greeted: does the program load the connector of APM?")
        }
        let later = info.settings.servers.filter { $0.scheme != .http }.map(\.text)
        if !later.isEmpty {
            notes.append("this version serves http alone, not \(later.joined(separator: ", "))")
        }
        if let lines = info.server?.droppedLines, lines > 0 {
            notes.append("\(Amounts.count(lines)) lines of its access log were left out")
        }
        return notes
    }
}
