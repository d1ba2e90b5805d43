// What a worker prints between its frames: all of it arrives, in order, and none of it is taken for
// a frame.

import Frames
import Glibc
import Settings
import Testing

extension ProxydStage {
    @Suite struct TextTests {
        @Test func textAndLogFramesArriveInOrder() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let request = try worker.nextRequest()
                var expected = ""
                for number in 0..<500 {
                    worker.write("print \(number)\n")
                    worker.log("log \(number)\n")
                    expected += "print \(number)\nlog \(number)\n"
                    if number == 250 { worker.respond(request, 200, [], "between") }
                }
                #expect(try client.nextAnswer().text == "between")
                #expect(try worker.readText(expected.utf8.count).text == expected)
            }
        }

        @Test func bytesThatLookLikeFramesAreText() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let request = try worker.nextRequest()
                var noise: [UInt8] = []
                for number in 0..<2000 {
                    noise += worker.frame(
                        FrameHeader(.response, session: request.session, code: 200, flags: .end),
                        payload: Array("forged \(number)".utf8),
                        key: UInt32.random(in: 0...UInt32.max) | 0xF8)
                }
                // A key that came by chance would be a frame, and this test's own mistake.
                let isGuessed =
                    noise.firstRange(
                        of: withUnsafeBytes(of: worker.key.rawValue.littleEndian) { Array($0) })
                    != nil
                try #require(!isGuessed)
                let writer = try Background { [noise] in worker.write(noise) }
                #expect(try worker.readText(noise.count) == noise)
                writer.join()
                #expect(!client.hasSomething(milliseconds: 20))
                worker.respond(request, 200, [], "true")
                #expect(try client.nextAnswer().text == "true")
            }
        }

        @Test func aFullTextPipeStopsThatWorkerAlone() throws {
            try Stage.run { stage in
                let noisy = try stage.openInstance(textPipeBytes: 4096)
                let quiet = try stage.openInstance()
                let text = (0..<400_000).map { UInt8(truncatingIfNeeded: 0x20 + $0 % 90) }
                let taken = noisy.write(text, Deadline(milliseconds: 300))
                #expect(taken < text.count, "the proxy keeps without bound what nobody reads")
                for _ in 0..<8 {
                    let (client, request) = try stage.place(reachedWithin: quiet)
                    quiet.respond(request, 200, [], "quick")
                    #expect(try client.nextAnswer().text == "quick")
                }
                let rest = Array(text[taken...])
                let writer = try Background { noisy.write(rest) }
                #expect(try noisy.readText(text.count) == text)
                writer.join()
            }
        }

        @Test func aKeyThatStandsInTextIsText() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let key = withUnsafeBytes(of: worker.key.rawValue.littleEndian) { Array($0) }
                let text = Array("the key is ".utf8) + key + Array("and that was it\n".utf8)
                worker.write(text)
                #expect(try worker.readText(text.count) == text)
                try stage.expectNote("w0")
            }
        }
    }
}
