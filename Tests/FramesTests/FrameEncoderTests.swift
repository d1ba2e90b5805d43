// Frames written in place: lengths set behind them, and what does not fit taken back.

import Testing

@testable import Frames

@Suite struct FrameEncoderTests {
    /// What `write` makes in memory of `room` bytes.
    private func encoded(_ room: Int, _ write: (inout FrameEncoder) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: room) { memory, count in
            let lent = UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: room)
            var encoder = FrameEncoder(key: FrameSamples.key, into: lent)
            write(&encoder)
            count = encoder.writer.count
        }
    }

    @Test func aFrameWrittenInPlaceIsTheSameAsAWholeOne() {
        let sample = FrameSamples.samples(of: .response)[1]
        let bytes = encoded(256) { encoder in
            encoder.begin(
                FrameHeader(.response, session: FrameSamples.session, code: 200, flags: .end))
            encoder.writer.write("a: ")
            encoder.writer.write("b\n")
            encoder.beginPayload()
            encoder.writer.write("ok")
            let fits = encoder.finish()
            #expect(fits)
        }
        #expect(bytes == sample.bytes(key: FrameSamples.key))
    }

    @Test func aFrameThatDoesNotFitIsTakenBackAndThoseBeforeItStand() {
        let frame = FrameSamples.samples(of: .log)[0]
        let one = frame.bytes(key: FrameSamples.key)
        for room in 0..<one.count * 2 {
            let bytes = encoded(room) { encoder in
                for _ in 0..<2 {
                    let fits = encoder.writer.room >= one.count
                    let isWritten = encoder.write(
                        frame.header, head: frame.head.span.bytes,
                        payload: frame.payload.span.bytes)
                    #expect(isWritten == fits)

                }
            }
            #expect(bytes == (room >= one.count ? one : []), "\(room)")
        }
    }

    @Test func partsLongerThanTheirFieldsAreTakenBack() {
        let long = [UInt8](repeating: 0, count: 65_536)
        let header = FrameHeader(.data, session: FrameSamples.session)
        let empty: [UInt8] = []
        let bytes = encoded(200_000) { encoder in
            let results = [
                encoder.write(header, head: long.span.bytes, payload: empty.span.bytes),
                encoder.write(header, head: empty.span.bytes, payload: long.span.bytes),
                encoder.write(FrameHeader(.drain)),
            ]
            #expect(results == [false, false, true])
        }
        #expect(bytes.count == 16)
    }

    @Test func creditIsANumber() {
        let bytes = encoded(64) { $0.writeCredit(65_536, session: FrameSamples.session) }
        #expect(bytes == FrameSamples.samples(of: .credit)[0].bytes(key: FrameSamples.key))
    }
}
