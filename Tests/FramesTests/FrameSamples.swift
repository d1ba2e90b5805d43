// Frames of every kind: plain ones and those at the edges of each field. The unit tests and the
// fuzzer's first corpus are made from them.

import Frames

/// A frame and who writes it.
struct FrameSample: Sendable {
    let sender: FrameSender
    let header: FrameHeader
    let head: [UInt8]
    let payload: [UInt8]

    /// The lengths in `header` are set here.
    init(
        _ sender: FrameSender, _ header: FrameHeader, head: [UInt8] = [], payload: [UInt8] = []
    ) {
        var header = header
        header.headCount = UInt16(head.count)
        header.payloadCount = UInt16(payload.count)
        self.sender = sender
        self.header = header
        self.head = head
        self.payload = payload
    }

    func bytes(key: FrameKey) -> [UInt8] {
        let size = FrameHeader.byteCount + head.count + payload.count
        return [UInt8](unsafeUninitializedCapacity: size) { memory, count in
            var encoder = FrameEncoder(key: key, into: UnsafeMutableRawBufferPointer(memory))
            encoder.write(header, head: head.span.bytes, payload: payload.span.bytes)
            count = encoder.writer.count
        }
    }
}

enum FrameSamples {
    /// F9 31 7A 5C on the wire.
    static let key = FrameKey(random: 0x5C7A_31F9)
    static let session = SessionID(slot: 7, generation: 3)
    private static let lastSession = SessionID(rawValue: .max)

    static var all: [FrameSample] { FrameKind.allCases.flatMap(samples(of:)) }

    static func samples(of kind: FrameKind) -> [FrameSample] {
        switch kind {
        case .hello:
            [
                FrameSample(
                    .proxy, FrameHeader(.hello, code: 1),
                    head: Array("worker: api\ninstance: 0\nwindow: 262144\n".utf8)),
                FrameSample(
                    .worker, FrameHeader(.hello, code: 1),
                    head: Array("connector: node 3.0.0\n".utf8)),
            ]
        case .drain: [FrameSample(.proxy, FrameHeader(.drain))]
        case .forget: [FrameSample(.proxy, FrameHeader(.forget))]
        case .log:
            [FrameSample(.worker, FrameHeader(.log), payload: Array("a\n".utf8))]
        case .request: requests
        case .response:
            [100, 200, 599].map {
                FrameSample(
                    .worker, FrameHeader(.response, session: session, code: $0, flags: .end),
                    head: Array("a: b\n".utf8), payload: Array("ok".utf8))
            }
        case .data:
            [FrameSender.proxy, .worker].flatMap { sender in
                [
                    FrameSample(
                        sender, FrameHeader(.data, session: lastSession),
                        payload: [UInt8](repeating: 0xF9, count: 64)),
                    FrameSample(
                        sender, FrameHeader(.data, session: session, flags: .end),
                        head: Array("x: 1\n".utf8)),
                ]
            }
        case .credit:
            [FrameSender.proxy, .worker].map {
                FrameSample($0, FrameHeader(.credit, session: session), payload: [0, 0, 1, 0])
            }
        case .close:
            CloseReason.allCases.map {
                FrameSample(.proxy, FrameHeader(.close, session: session, code: $0.rawValue))
            } + [
                FrameSample(
                    .worker, FrameHeader(.close, session: session), payload: Array("why".utf8))
            ]
        case .save:
            [FrameSender.proxy, .worker].map {
                FrameSample($0, FrameHeader(.save, session: session), payload: [1, 2, 3])
            }
        case .pass: [FrameSample(.worker, FrameHeader(.pass, session: session))]
        }
    }

    private static var requests: [FrameSample] {
        let head = Array("GET / HTTP\n127.0.0.1 http 1.1\nHost: a\n".utf8)
        return [
            FrameSample(
                .proxy, FrameHeader(.request, session: session, flags: .end), head: head),
            FrameSample(
                .proxy, FrameHeader(.request, session: session, flags: [.end, .restored]),
                head: head, payload: Array("hi".utf8)),
            FrameSample(
                .proxy, FrameHeader(.request, session: session),
                head: [UInt8](repeating: 0x61, count: FrameLimits.headBytes),
                payload: [UInt8](repeating: 0x62, count: FrameLimits.payloadBytes)),
        ]
    }
}
