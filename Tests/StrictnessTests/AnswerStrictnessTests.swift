// What clients get of what workers say, as h11 reads it: one answer, with no line but the worker's
// and our own, and one opinion about what becomes of the connection.

import Samples
import Testing

/// What h11 has found.
struct FoundAnswer {
    let statuses: [String]
    let body: [UInt8]
    let fields: [[UInt8]]
    let end: String
    let bytesBehind: Int

    init(_ words: [String]) throws {
        guard words.count == 6, let behind = Int(words[5]) else {
            throw PeerError(text: words.joined(separator: " "))
        }
        statuses = words[1].split(separator: ",").map(String.init)
        body = Peers.bytes(of: String(words[2].dropFirst()))
        fields = words[3].dropFirst().split(separator: ":").map { Peers.bytes(of: String($0)) }
        end = words[4]
        bytesBehind = behind
    }

    /// As the samples write it.
    var line: String {
        let text = Escapes.text(of: body)
        return (statuses + ["\"\(text)\"", end]).joined(separator: " ")
    }
}

@Suite struct AnswerStrictnessTests {
    private static let compared = Result { () throws -> [(Sample, EncodedAnswer, FoundAnswer)] in
        let samples = try Sample.all(in: "responses.txt")
        let answers = samples.map { EncodedAnswer($0) }
        let input = zip(samples, answers).map { sample, answer in
            let method = answer.isHead ? "HEAD" : "GET"
            let state = answer.keepsAlive ? "open" : "closed"
            return "\(sample.name) \(method) \(state) \(Peers.hexadecimal(answer.bytes))"
        }
        let output = try Peers.run("client.py", input).map { line in
            line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        }
        guard output.map({ $0.first ?? "" }) == samples.map(\.name) else {
            throw PeerError(text: "other answers than those that were asked for")
        }
        return try zip(zip(samples, answers), output).map { pair, words in
            (pair.0, pair.1, try FoundAnswer(words))
        }
    }

    @Test func theSamplesAreManyAndEachHasAName() throws {
        let names = try Sample.all(in: "responses.txt").map(\.name)
        #expect(names.count >= 100)
        #expect(Set(names).count == names.count)
    }

    @Test func aClientFindsWhatTheSampleSays() throws {
        for (sample, answer, found) in try Self.compared.get() {
            let expected = Escapes.text(of: sample.bytes(">"))
            #expect(answer.isCut == (expected == "cut"), "\(sample.name)")
            if answer.isCut {
                // It knows that this was not all.
                #expect(found.end == "broken", "\(sample.name)")
            } else {
                #expect(found.line == expected, "\(sample.name)")
            }
        }
    }

    @Test func aClientFindsOneAnswer() throws {
        for (sample, answer, found) in try Self.compared.get() {
            let final = found.statuses.filter { !$0.hasPrefix("1") }
            #expect(final.count == 1, "\(sample.name)")
            #expect(found.bytesBehind == 0, "\(sample.name)")
            if !answer.isCut {
                #expect(found.end == (answer.keepsAlive ? "keeps" : "closes"), "\(sample.name)")
            }
        }
    }

    @Test func noLineIsAnybodyElses() throws {
        let own = ["date", "content-length", "content-type", "transfer-encoding", "connection"]
        for (sample, answer, found) in try Self.compared.get() {
            let said = answer.lines.map { line in
                let text = Escapes.text(of: line)
                let name = text.prefix { $0 != ":" }
                return name.lowercased() + text.dropFirst(name.count)
            }
            for field in found.fields {
                let text = Escapes.text(of: field)
                let name = String(text.prefix { $0 != ":" })
                let isKnown = own.contains(name) || said.contains(text)
                #expect(isKnown, "\(sample.name): \(text)")
            }
        }
    }
}
