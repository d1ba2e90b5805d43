// The parser beside nginx, HAProxy and h11: what two of them refuse is refused here, and no stream
// has two readings. Where we differ from them is a row of docs/STRICTNESS.md.

import Documents
import Samples
import Testing

/// A stream with all that is read in it.
struct ComparedStream: Sendable {
    let name: String
    let ours: StreamReading
    let peers: [PeerReading]
    /// Peers that refuse it today and not tomorrow: what they refuse does not count.
    let unsteady: Set<String>

    var refusing: Int {
        peers.count { $0.reading.end.isRefusal && !unsteady.contains($0.peer) }
    }

    /// Refused here, though not by most of the others.
    var isStricter: Bool { ours.end.isRefusal && refusing < 2 }

    var isLooser: Bool { !ours.end.isRefusal && refusing >= 2 }

    /// The peers that find something else in it.
    var disagreeing: [String] { peers.filter { isOther($0.reading) }.map(\.peer) }

    /// Requests that both find are the same; behind them, only who refuses or waits finds fewer.
    private func isOther(_ peer: StreamReading) -> Bool {
        for (mine, theirs) in zip(ours.requests, peer.requests) where mine != theirs { return true }
        let isFewer = peer.requests.count < ours.requests.count
        if isFewer { return !peer.end.isRefusal }
        return peer.requests.count > ours.requests.count && !ours.end.isRefusal
    }

    var text: String {
        "\(name): \(ours.text)"
            + peers.map { "\n  \($0.peer): \($0.reading.text)" }.joined()
    }
}

@Suite struct RequestStrictnessTests {
    private static func samples() throws -> [Sample] { try Sample.all(in: "requests.txt") }

    private static let compared = Result { () throws -> [ComparedStream] in
        let streams = try samples().map { (name: $0.name, bytes: $0.bytes("<")) }
        let readings = try Peers.read(streams)
        let rows = try Documents.table(in: document, headed: ["unsteady", "read by", "because"])
        return streams.map { name, bytes in
            ComparedStream(
                name: name, ours: StreamReader.read(bytes), peers: readings[name] ?? [],
                unsteady: Set(rows.filter { $0[0] == name }.map { $0[1] }))
        }
    }

    @Test func theSamplesAreManyAndEachHasAName() throws {
        let names = try Self.samples().map(\.name)
        #expect(names.count >= 300)
        #expect(Set(names).count == names.count)
    }

    @Test func aStreamIsReadAsTheSampleSays() throws {
        for sample in try Self.samples() {
            let reading = StreamReader.read(sample.bytes("<"))
            let expected = sample.lines(">").map { Escapes.text(of: $0) }
            #expect(reading.lines.map { Escapes.text(of: $0) } == expected, "\(sample.name)")
        }
    }

    @Test func allPeersHaveReadEveryStream() throws {
        for stream in try Self.compared.get() {
            #expect(stream.peers.map(\.peer).sorted() == Peers.names, "\(stream.name)")
        }
        // They do read: of what is accepted here, each accepts most.
        for peer in Peers.names {
            let accepted = try Self.compared.get().filter { stream in
                stream.ours.end == .done
                    && stream.peers.contains { $0.peer == peer && $0.reading == stream.ours }
            }
            #expect(accepted.count > 100, "\(peer)")
        }
    }

    @Test func whatTwoOfThemRefuseIsRefused() throws {
        for stream in try Self.compared.get() where stream.isLooser {
            Issue.record("\(stream.text)")
        }
    }

    @Test func noStreamHasTwoReadings() throws {
        var rows: Set<String> = []
        for row in try Documents.table(
            in: Self.document, headed: ["stream", "read by", "otherwise"])
        {
            rows.insert("\(row[0]) \(row[1])")
        }
        var found: Set<String> = []
        for stream in try Self.compared.get() {
            for peer in stream.disagreeing {
                found.insert("\(stream.name) \(peer)")
                #expect(rows.contains("\(stream.name) \(peer)"), "\(stream.text)")
            }
        }
        #expect(rows.subtracting(found) == [])
    }

    @Test func whereWeAreStricterIsSaid() throws {
        var said: Set<String> = []
        for row in try Documents.table(in: Self.document, headed: ["refused", "because"]) {
            said.formUnion(row[0].split(separator: ",").map { $0.filter { $0 != " " } })
        }
        let stricter = try Self.compared.get().filter(\.isStricter)
        for stream in stricter { #expect(said.contains(stream.name), "\(stream.text)") }
        #expect(said.subtracting(stricter.map(\.name)) == [])
    }

    /// A row for a stream that is none would be forgotten.
    @Test func unsteadyStreamsAreSamples() throws {
        let names = try Self.samples().map(\.name)
        let headings = ["unsteady", "read by", "because"]
        for row in try Documents.table(in: Self.document, headed: headings) {
            #expect(names.contains(row[0]) && Peers.names.contains(row[1]), "\(row)")
        }
    }

    private static let document = "docs/STRICTNESS.md"
}
