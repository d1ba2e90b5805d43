// The parser beside nginx, HAProxy and h11: what two of them refuse is refused here, and no stream
// has two readings. Where we differ is a row of docs/STRICTNESS.md.

import Documents
import Testing

/// A stream with all that is read in it.
struct ComparedStream {
    let name: String
    let ours: StreamReading
    let peers: [PeerReading]

    /// Peers that refuse it, here or further on.
    var refusing: [PeerReading] { peers.filter { $0.reading.end.isRefusal } }

    /// Why this stream is no agreement, for each peer; empty when all agree.
    var deviations: [String: String] {
        peers.reduce(into: [:]) { found, peer in
            if let why = disagreement(with: peer.reading) { found[peer.peer] = why }
        }
    }

    /// Requests that both have found are the same, and where both read on to the end, neither has
    /// found more.
    private func disagreement(with peer: StreamReading) -> String? {
        for (mine, theirs) in zip(ours.requests, peer.requests) where mine != theirs {
            return "another request"
        }
        if ours.end.isRefusal { return nil }
        if ours.end == .done, peer.end == .done, ours.requests.count != peer.requests.count {
            return "another number of requests"
        }
        return peer.requests.count > ours.requests.count ? "more requests" : nil
    }

    var text: String {
        "\(name): \(ours.text)"
            + peers.map { "\n  \($0.peer): \($0.reading.text) \($0.reading.end)" }.joined()
    }
}

@Suite struct RequestStrictnessTests {
    private static func samples() throws -> [Sample] { try Sample.all(in: "requests.txt") }

    @Test func theSamplesAreManyAndTheirNamesAreOnes() throws {
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

    @Test func dump() throws {
        let streams = try Self.samples().map { ($0.name, $0.bytes("<")) }
        let readings = try Peers.read(streams)
        for (name, bytes) in streams {
            let compared = ComparedStream(
                name: name, ours: StreamReader.read(bytes), peers: readings[name] ?? [])
            if !compared.deviations.isEmpty { print("DEV \(compared.deviations) \(compared.text)") }
            if !compared.ours.end.isRefusal, compared.refusing.count >= 2 {
                print("LOOSE \(compared.text)")
            }
            if compared.ours.end.isRefusal, compared.refusing.count < 2 {
                print("STRICT\(compared.refusing.count) \(compared.text)")
            }
        }
    }
}
