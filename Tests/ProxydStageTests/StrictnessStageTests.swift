// The streams of Tests/StrictnessTests/requests.txt through the running process: what its parser is
// held to beside nginx, HAProxy and h11 holds for what a worker gets and what a client is answered.

import Samples
import Settings
import Testing

/// What the process made of a stream.
private struct Reading {
    /// The requests that the worker got, and the status of a refusal, as the samples write them.
    var lines: [[UInt8]] = []
    /// Final answers with 200.
    var answered = 0
    var end = Client.End.reset
    /// Requests that the worker still waits for.
    var begun = 0
}

extension ProxydStage {
    @Suite struct StrictnessStageTests {
        /// In one piece, and byte by byte: where the pieces end changes nothing.
        @Test(arguments: [Int.max, 1])
        func aStreamIsReadAsTheSampleSays(pieceBytes: Int) throws {
            let samples = try Sample.all(in: "requests.txt")
            #expect(samples.count >= 300)
            var settings = ServerSettings()
            // Lengths beyond 32 bits are read, and waited for.
            settings.maxBody = SettingsLimits.memoryBytes
            try Stage.run(settings) { stage in
                let instance = try stage.openInstance()
                let worker = try RecordingWorker(instance)
                for sample in samples {
                    do {
                        let reading = try read(
                            sample, in: pieceBytes, through: stage, instance, worker)
                        expect(reading, of: sample)
                    } catch {
                        Issue.record("\(sample.name): \(error)")
                        _ = worker.take()
                    }
                }
            }
        }

        private func expect(_ reading: Reading, of sample: Sample) {
            let expected = Self.verdict(of: sample)
            #expect(
                reading.lines.map { Escapes.text(of: $0) }
                    == expected.lines.map { Escapes.text(of: $0) }, "\(sample.name)")
            #expect(reading.answered == expected.requests, "\(sample.name)")
            // Not a byte behind the last answer, and no reset that could take it away.
            #expect(reading.end == .closed(after: ""), "\(sample.name)")
            #expect(reading.begun == 0, "\(sample.name)")
        }

        /// The sample's lines without the word for what is not seen from outside, and how many of
        /// them are requests.
        private static func verdict(of sample: Sample) -> (lines: [[UInt8]], requests: Int) {
            var lines = sample.lines(">")
            if lines.last == Array("waits".utf8) { lines.removeLast() }
            let isRefusal = lines.last.map { Int($0.text) != nil } ?? false
            return (lines, lines.count - (isRefusal ? 1 : 0))
        }

        private func read(
            _ sample: Sample, in pieceBytes: Int, through stage: Stage, _ instance: Instance,
            _ worker: RecordingWorker
        ) throws -> Reading {
            let client = try stage.connect()
            var rest = sample.bytes("<")[...]
            while !rest.isEmpty {
                client.send(Array(rest.prefix(pieceBytes)))
                rest = rest.dropFirst(pieceBytes)
            }
            var reading = Reading()
            var refusal: Int?
            var isLast = false
            for line in Self.verdict(of: sample).lines {
                let isHead = line.starts(with: Array("HEAD ".utf8))
                let answer = try nextFinalAnswer(of: client, isHead: isHead)
                isLast = answer["connection"] == ["close"]
                if answer.status == 200 {
                    reading.answered += 1
                } else {
                    refusal = answer.status
                    #expect(isLast, "\(sample.name): refused, and not closed")
                }
            }
            // Who is told that this was all need do nothing for it; else the stream ends here, and
            // what has not come as a whole is no request.
            if !isLast { client.halfClose() }
            reading.end = try client.end()
            // Whatever else was in the stream is with the worker by now, or never will be.
            try stage.ping()
            let hasEnded = Wait.until { stage.figures.sessions(instance) == 0 }
            guard hasEnded else { throw StageError("a session does not end") }
            let got = worker.take()
            reading.begun = got.begun
            reading.lines = got.whole.map(\.line)
            if let refusal { reading.lines.append(Array("\(refusal)".utf8)) }
            return reading
        }

        private func nextFinalAnswer(of client: Client, isHead: Bool) throws -> Answer {
            while true {
                let answer = try client.nextAnswer(isHead: isHead)
                if answer.status != 100 { return answer }
            }
        }
    }
}
