// The decoder against every kind of frame: whole, cut at every byte, among text, damaged; and
// against bytes that come in any pieces.

import Testing

@testable import Frames

/// What a reader gets out of a stream: frames with their parts, text, and damage.
struct Stream: Equatable {
    struct Piece: Equatable {
        let header: FrameHeader
        let head: [UInt8]
        let payload: [UInt8]
    }

    var pieces: [Piece] = []
    /// Stray bytes, and how many frames were before each.
    var text: [UInt8] = []
    var places: [Int] = []
    var problems: [FrameProblem] = []
    var rest: [UInt8] = []

    /// Reads `bytes`, handed over in pieces of the given sizes, over and over.
    init(_ bytes: [UInt8], key: FrameKey, from sender: FrameSender, sizes: [Int]) {
        var decoder = FrameDecoder(key: key, sender: sender)
        var window: [UInt8] = []
        var given = 0
        var turn = 0
        while given < bytes.count {
            let end = min(given + max(sizes[turn % sizes.count], 1), bytes.count)
            window += bytes[given..<end]
            given = end
            turn += 1
            window.removeFirst(take(&decoder, window))
        }
        rest = window
    }

    /// Steps as far as the window goes; how many bytes of it are done with.
    private mutating func take(_ decoder: inout FrameDecoder, _ window: [UInt8]) -> Int {
        var offset = 0
        while true {
            switch decoder.next(in: window.span.bytes, at: offset) {
            case .frame(let header, let head, let payload):
                pieces.append(
                    Piece(
                        header: header, head: Array(window[head]), payload: Array(window[payload])))
                offset = payload.upperBound
            case .text(let range):
                precondition(range.lowerBound == offset && !range.isEmpty, "a step without bytes")
                addText(window[range])
                offset = range.upperBound
            case .damaged(let problem, let range):
                problems.append(problem)
                addText(window[range])
                offset = range.upperBound
            case .incomplete(let needs):
                precondition(needs > window.count - offset, "asks for what is there")
                precondition(needs <= FrameLimits.frameBytes, "asks for too much")
                return offset
            }
        }
    }

    private mutating func addText(_ bytes: ArraySlice<UInt8>) {
        text += bytes
        places += bytes.map { _ in pieces.count }
    }
}

@Suite struct FrameDecoderTests {
    private let key = FrameSamples.key

    private func read(
        _ bytes: [UInt8], from sender: FrameSender = .worker, sizes: [Int] = [1 << 20]
    ) -> Stream {
        Stream(bytes, key: key, from: sender, sizes: sizes)
    }

    @Test(arguments: FrameSamples.all)
    func whatIsEncodedComesBack(_ sample: FrameSample) {
        let stream = read(sample.bytes(key: key), from: sample.sender)
        #expect(
            stream.pieces == [
                Stream.Piece(header: sample.header, head: sample.head, payload: sample.payload)
            ])
        #expect(stream.text.isEmpty && stream.rest.isEmpty)
    }

    @Test(arguments: FrameSamples.all)
    func aFrameCutAnywhereIsIncomplete(_ sample: FrameSample) {
        let bytes = sample.bytes(key: key)
        var decoder = FrameDecoder(key: key, sender: sample.sender)
        for length in 0..<bytes.count where length < 200 || length > bytes.count - 4 {
            let cut = Array(bytes[..<length])
            let step = decoder.next(in: cut.span.bytes)
            let needs = length < 16 ? 16 : bytes.count
            #expect(step == .incomplete(needs: needs), "\(length)")
            let isCut = decoder.isCutFrame(cut.span.bytes)
            #expect(isCut == (length >= 4))
        }
    }

    @Test func aKindGoesOnlyTheWaysItsRuleSays() {
        for sample in FrameSamples.all {
            let rule = FrameRule(of: sample.header.kind)
            let other: FrameSender = sample.sender == .proxy ? .worker : .proxy
            guard !(other == .proxy ? rule.proxySends : rule.workerSends) else { continue }
            let stream = read(sample.bytes(key: key), from: other)
            #expect(stream.problems.first == .wrongSender, "\(sample.header)")
        }
    }

    /// A header that breaks the rule of its kind, and what is said of it.
    private static let broken: [(FrameHeader, FrameProblem)] = [
        (FrameHeader(.hello, code: 2), .badCode),
        (FrameHeader(.hello, session: FrameSamples.session, code: 1), .wrongSession),
        (FrameHeader(.hello, code: 1, headCount: 4097), .wrongLength),
        (FrameHeader(.hello, code: 1, payloadCount: 1), .wrongLength),
        (FrameHeader(.log, code: 2), .badCode),
        (FrameHeader(.log, headCount: 1), .wrongLength),
        (FrameHeader(.response, code: 200), .wrongSession),
        (FrameHeader(.response, session: SessionID(rawValue: 1 << 20), code: 200), .wrongSession),
        (FrameHeader(.response, session: FrameSamples.session, code: 99), .badCode),
        (FrameHeader(.response, session: FrameSamples.session, code: 600), .badCode),
        (
            FrameHeader(.response, session: FrameSamples.session, code: 200, flags: .restored),
            .undefinedFlag
        ),
        (FrameHeader(.data, session: FrameSamples.session, headCount: 5), .wrongLength),
        (FrameHeader(.credit, session: FrameSamples.session, payloadCount: 3), .wrongLength),
        (FrameHeader(.close, session: FrameSamples.session, code: 1), .badCode),
        (FrameHeader(.close, session: FrameSamples.session, payloadCount: 1025), .wrongLength),
        (FrameHeader(.pass, session: FrameSamples.session, flags: .end), .undefinedFlag),
        (FrameHeader(.pass), .wrongSession),
    ]

    @Test(arguments: broken.indices)
    func aHeaderThatBreaksItsRuleIsNoFrame(_ index: Int) {
        let (header, problem) = Self.broken[index]
        let words = header.words(key: key)
        let bytes = [words.0, words.1].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
        }
        let stream = read(bytes)
        #expect(stream.problems == [problem])
        #expect(stream.text == bytes && stream.pieces.isEmpty)
    }

    @Test func unknownKindsAreDamage() {
        for number in UInt8.min...UInt8.max where FrameKind(rawValue: number) == nil {
            var bytes = FrameSamples.samples(of: .pass)[0].bytes(key: key)
            bytes[4] = number
            #expect(read(bytes).problems == [.unknownKind(number)])
        }
    }

    @Test func textAroundFramesIsHandedBackInItsPlace() {
        let frame = FrameSamples.samples(of: .log)[0].bytes(key: key)
        let stream = read(Array("héllo\n".utf8) + frame + Array("x".utf8) + frame + [0xFF])
        #expect(stream.pieces.count == 2)
        #expect(stream.text == Array("héllo\nx".utf8) + [0xFF])
        #expect(stream.places == [0, 0, 0, 0, 0, 0, 0, 1, 2])
    }

    @Test func framesOfAnotherKeyAreText() {
        let foreign = FrameKey(random: 0x0102_03FA)
        let bytes = FrameSamples.samples(of: .log)[0].bytes(key: foreign)
        let stream = read(bytes)
        #expect(stream.text == bytes && stream.pieces.isEmpty && stream.problems.isEmpty)
    }

    /// As far as its kind, flags and code tell; a length that was cut is taken for what it says.
    @Test func aReaderFindsTheNextFrameBehindACutOne() {
        let frame = FrameSamples.samples(of: .response)[1].bytes(key: key)
        for length in 1..<8 {
            let stream = read(Array(frame[..<length]) + [0x0A] + frame + frame)
            #expect(stream.pieces.last?.payload == Array("ok".utf8), "\(length)")
        }
    }

    @Test func startsOfAKeyAreTextWhenTheyGoOnOtherwise() {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: key.rawValue >> (8 * UInt32($0))) }
        for length in 1...3 {
            let start = Array(bytes[..<length])
            let text = start + Array("!".utf8) + start
            let stream = read(text + Array("?".utf8), sizes: [1])
            #expect(stream.text == text + Array("?".utf8))
            #expect(read(start).rest == start)
        }
    }

    @Test func strayBytesOfKeysAreCounted() {
        var decoder = FrameDecoder(key: key, sender: .worker)
        let bytes: [UInt8] = [0x41, 0xFF, 0xF8, 0xF7, 0xC3, 0xA9]
        let step = decoder.next(in: bytes.span.bytes)
        #expect(step == .text(0..<6))
        #expect(decoder.strayKeyBytes == 2)
    }

    /// Frames, text and rubbish, in any order, cut in any way: nothing is lost, nothing is read
    /// otherwise.
    @Test func theResultDoesNotDependOnWhereBytesAreCut() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 1...8, using: &random)).flatMap { _ in
                somePart(&random)
            }
            let whole = read(bytes)
            let sizes = (0..<5).map { _ in Int.random(in: 1...40, using: &random) }
            #expect(read(bytes, sizes: [1]) == whole, "\(bytes)")
            #expect(read(bytes, sizes: sizes) == whole, "\(bytes) \(sizes)")
            let taken = whole.pieces.reduce(0) { $0 + $1.header.frameBytes }
            #expect(taken + whole.text.count + whole.rest.count == bytes.count)
        }
    }

    private func somePart(_ random: inout SystemRandomNumberGenerator) -> [UInt8] {
        let samples = FrameSamples.all.filter { $0.header.frameBytes < 1000 }
        guard let sample = samples.randomElement(using: &random) else { return [] }
        var bytes = sample.bytes(key: key)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
        case 1: return Array("text\n".utf8)
        case 2:
            bytes[Int.random(in: 0..<16, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
            return bytes
        case 3: return Array(bytes[..<Int.random(in: 0..<bytes.count, using: &random)])
        default: return bytes
        }
    }

    @Test func theKeyIsLearntFromTheFirstHello() {
        let bytes = FrameSamples.samples(of: .hello)[0].bytes(key: key)
        #expect(learnt(bytes) == key)
        #expect(learnt(Array(bytes[..<15])) == nil)
        let other = FrameSamples.samples(of: .drain)[0].bytes(key: key)
        #expect(learnt(other) == nil)
    }

    private func learnt(_ bytes: [UInt8]) -> FrameKey? {
        FrameDecoder.keyOfHello(bytes.span.bytes)
    }
}

@Suite struct FrameKeyTests {
    @Test func everyRandomNumberMakesAKey() {
        for bits in [0, .max, 0xFFFF_FF00, 0x1234_5678, 0xF8F9_FAFB] as [UInt32] {
            let key = FrameKey(random: bits)
            #expect(FrameKey(rawValue: key.rawValue) == key)
            #expect(key.firstByte >= 0xF8)
        }
    }

    @Test(arguments: [0, 0xF7, 0xF8_00F8, 0xFF00_00F8, 0xF800_F8] as [UInt32])
    func otherNumbersAreNone(_ number: UInt32) {
        #expect(FrameKey(rawValue: number) == nil)
    }

    @Test func aSessionIsASlotAndAGeneration() {
        let session = SessionID(slot: UInt32(FrameLimits.slots), generation: 4097)
        #expect(session.slot == 0xFFFFF && session.generation == 1)
    }

    @Test func slotsBeyondTheTableTrap() async {
        await #expect(processExitsWith: .failure) { _ = SessionID(slot: 0, generation: 1) }
        await #expect(processExitsWith: .failure) { _ = SessionID(slot: 1 << 20, generation: 1) }
    }
}
