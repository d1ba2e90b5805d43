// Fuzzes WebSocketReader. The first byte of an input says in which pieces the rest comes: where
// they are cut makes no difference. What was read and is written again is read the same.

import Bytes
import Fuzzing
import HTTPWire

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let bytes = [UInt8](input.dropFirst())
    let whole = SocketOutcome(bytes, .none)
    require(whole == SocketOutcome(bytes, .seeded(first)), "cuts make no difference")
    if let code = whole.fault?.closeCode {
        require([1002, 1007, 1009].contains(code), "the client is told")
    }
    let again = SocketOutcome(whole.written, .none)
    require(again.fault == nil, "what is written can be read")
    require(again.messages == whole.messages, "the same messages")
    require(again.controls == whole.controls, "the same control frames")
    return 0
}

struct SocketOutcome: Equatable {
    var messages: [[UInt8]] = []
    var controls: [[UInt8]] = []
    var fault: WebSocketFault?
    private var message: [UInt8] = []

    init(_ bytes: [UInt8], _ cuts: Cuts) {
        var reader = WebSocketReader(from: .client, messageBytes: 512)
        feed(bytes, cuts) { window in
            window.withUnsafeMutableBytes { take(&reader, $0) }
        }
        message = []
    }

    private mutating func take(
        _ reader: inout WebSocketReader, _ window: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var offset = 0
        while true {
            switch reader.next(in: window, at: offset) {
            case .message(let range, let isText, let isFirst, let isLast, let next):
                if isFirst { message = [isText ? 1 : 2] }
                message += window[range]
                require(message.count <= 513, "the limit of a message")
                if isLast { messages.append(message) }
                offset = next
            case .ping(let range, let next):
                controls.append([9] + window[range])
                offset = next
            case .pong(let range, let next):
                controls.append([10] + window[range])
                offset = next
            case .close(let code, let range, let next):
                let words = code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []
                controls.append([8] + words + window[range])
                offset = next
            case .incomplete(let place): return place
            case .refused(let reason):
                fault = reason
                return nil
            }
        }
    }
}

extension SocketOutcome {
    /// The frames of a client that says the same: messages whole, a close last.
    fileprivate var written: [UInt8] {
        let payloads = messages + controls
        let room = payloads.reduce(0) { $0 + $1.count + 16 }
        return [UInt8](unsafeUninitializedCapacity: room) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            for payload in payloads {
                guard let opcode = WebSocketOpcode(rawValue: payload[0]) else { continue }
                var bytes = Array(payload.dropFirst())
                let mask: UInt32 = 0x0403_0201
                WebSocketHeader(opcode, mask: mask, payloadCount: UInt64(bytes.count))
                    .write(into: &writer)
                bytes.withUnsafeMutableBytes {
                    WebSocketHeader.applyMask(mask, to: $0, phase: 0)
                }
                writer.write(bytes.span.bytes)
                if opcode == .close, bytes.count >= 2 { checkClose(Array(payload.dropFirst())) }
            }
            require(!writer.isFull, "a frame does not grow")
            count = writer.count
        }
    }
}

/// The same close, as a server says it.
private func checkClose(_ payload: [UInt8]) {
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 160, alignment: 1)
    defer { memory.deallocate() }
    var writer = BufferWriter(memory)
    let reason = String(decoding: payload.dropFirst(2), as: UTF8.self)
    WebSocketClose.write(code: code, reason: reason, into: &writer)
    var reader = WebSocketReader(from: .server, messageBytes: 512)
    let step = reader.next(in: UnsafeMutableRawBufferPointer(rebasing: memory[..<writer.count]))
    let end = writer.count
    require(step == .close(code, (end - payload.count + 2)..<end, next: end), "the same close")
}
