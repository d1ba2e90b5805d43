// seeds TARGET FOLDER, with a target as in fuzz/run: writes one input for each sample of the unit
// tests, in the form that the fuzzer of that name reads. Samples longer than `longest` are left
// out.

import Control
import Frames
import Glibc
import HTTPWire
import Messages

let longest = 16 * 1024

var written = 0

@MainActor func save(_ input: [UInt8], in folder: String) {
    guard input.count <= longest else { return }
    guard let file = fopen("\(folder)/seed-\(written)", "wbe") else {
        perror(folder)
        exit(1)
    }
    _ = fwrite(input, 1, input.count, file)
    fclose(file)
    written += 1
}

/// A byte that the fuzzer reads as this origin (fuzz-messages).
func origin(_ sender: Role, _ phase: Phase, descriptors: UInt16) -> UInt8 {
    sender.rawValue | (phase == .open ? 8 : 0) | UInt8(descriptors) << 4
}

/// Datagrams, each behind its length (fuzz-control).
func conversation(asMaster: Bool, _ datagrams: [[UInt8]]) -> [UInt8] {
    datagrams.reduce(into: [asMaster ? 0 : 1]) { input, datagram in
        input.append(UInt8(truncatingIfNeeded: datagram.count))
        input.append(UInt8(truncatingIfNeeded: datagram.count >> 8))
        input += datagram
    }
}

@MainActor func saveMessages(in folder: String) {
    for message in MessageSamples.all {
        for (sender, phase) in MessageSamples.origins(of: message.kind) {
            guard let row = Permit.row(for: message.kind, from: sender, in: phase) else { continue }
            save(
                [origin(sender, phase, descriptors: row.descriptors)] + message.encoded(),
                in: folder)
        }
    }
}

@MainActor func saveControl(in folder: String) {
    let hello = Command.hello(.cli, version: Version.text).encoded(id: 1)
    for command in ControlSamples.commands {
        let isHello = command.kind == .hello
        let datagrams = command.encoded(id: 2)
        save(conversation(asMaster: true, isHello ? datagrams : hello + datagrams), in: folder)
    }
    for reply in ControlSamples.replies {
        save(conversation(asMaster: false, reply.encoded(id: 2)), in: folder)
    }
    save(conversation(asMaster: true, hello + inSmallParts()), in: folder)
    for look in ControlSamples.looks { save([0x40] + look.encoded(), in: folder) }
}

/// A short `run` in parts of 100 bytes: long ones alone would never be tried in full.
func inSmallParts() -> [[UInt8]] {
    let whole = ControlSamples.commands(of: .run)[1].encoded(id: 7)[0]
    let body = Array(whole[MessageHeader.byteCount...])
    return stride(from: 0, to: body.count, by: 100).map { start in
        let end = min(start + 100, body.count)
        return MessageHeader.datagram(
            kind: ControlKind.run.rawValue, id: 7, flags: end < body.count ? .more : [],
            body: Array(body[start..<end]))
    }
}

/// Each text alone, and each as what another file includes (fuzz-config).
@MainActor func saveConfig(in folder: String) {
    for text in ConfigSamples.texts + ConfigSamples.broken {
        save(Array(text.utf8), in: folder)
        save(Array("include 1;\nworker w { exec n; include 1, 2; }\u{1E}\(text)".utf8), in: folder)
    }
}

/// One frame each, all frames of a sender in a row, and frames among text (fuzz-frames).
@MainActor func saveFrames(in folder: String) {
    let key = FrameSamples.key
    let samples = FrameSamples.all.filter { $0.header.frameBytes < 1000 }
    for sample in samples {
        save([sample.sender == .proxy ? 0xFE : 0xFF] + sample.bytes(key: key), in: folder)
    }
    for sender in [FrameSender.proxy, .worker] {
        let rows = samples.filter { $0.sender == sender }.map { $0.bytes(key: key) }
        let first: UInt8 = sender == .proxy ? 0x0E : 0x0F
        save([first] + rows.flatMap { $0 }, in: folder)
        save([first] + rows.flatMap { Array("text\n".utf8) + $0 }, in: folder)
        save([first] + Array("twenty letters of text\n\u{E9}".utf8) + [0xF8] + rows[0], in: folder)
        // Sessions that are closed with their first frame, or the second, or not.
        let parts = samples.filter { $0.sender == sender && $0.header.kind == .data }
        let response = FrameHeader(.response, session: FrameSamples.session, code: 200)
        let begin = FrameSample(.worker, response, payload: [0x61]).bytes(key: key)
        let whole = (sender == .worker ? begin : []) + parts.flatMap { $0.bytes(key: key) }
        for turn in [first & 1, first & 1 | 2, first] { save([turn] + whole, in: folder) }
        // Each byte of a header with a value that it cannot have.
        for (row, place) in rows.prefix(40).flatMap({ row in (4..<16).map { (row, $0) } }) {
            var broken = row
            broken[place] ^= 0xFF
            save([first] + broken + rows[0], in: folder)
        }
    }
}

@MainActor func saveRequests(in folder: String) {
    for sample in RequestSamples.all { save([0x14] + sample.bytes, in: folder) }
    // One more than the limits of the fuzzer, and of Connection.
    save(
        [0x14] + Array("GET / HTTP/1.1\r\nHost: a\r\nx: y\r\n".utf8) + [0xFE, 0xFF, 30], in: folder)
    save(
        [0x14] + Array("GET / HTTP/1.1\r\nHost: a\r\nx:".utf8) + [0xFE, 0xFE, 90, 0x61], in: folder)
    save([0x14] + Array("GET /".utf8) + [0xFE, 0xFE, 31, 0x61], in: folder)
    // Fields of each length that claim to know the client.
    for name in [
        "X-Forwarded-For", "x_forwarded_for", "X-Forwarded-Proto", "X-Forwarded", "X-Real-IP",
        "x_real_ip", "Forwarded", "X-Client-IP", "Forwarded-For", "True-Client-IP",
        "CF-Connecting-IP", "CF-Connecting-IPv6", "X-Cluster-Client-IP",
        "X-Original-Forwarded-For",
    ] {
        let fields = "Host: a\r\n\(name): b\r\nX: y\r\n\r\n"
        save([0x14] + Array("GET / HTTP/1.1\r\n\(fields)".utf8), in: folder)
    }
    let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for version in ["13", "12"] {
        let fields = "\(key)Sec-WebSocket-Version: \(version)\r\n\r\n"
        save([0x14] + Array((upgrade + fields).utf8), in: folder)
    }
}

/// What begins with FE stands for many bytes there (`unpack`).
@MainActor func saveBodies(in folder: String) {
    let long: [UInt8] = [0xFE, 0xFE, 0xFF, 0x61]
    for text in [
        "0\r\n\r\n", "3;x=y\r\nabc\r\n0;z\r\n\r\n", "a \r\n0123456789\r\n0\r\nX: y\r\n\r\n",
        "fffffffffffffff\r\nabc", "1\r\na\r\n2\r\nbc\r\n0\r\nhost: a\r\n\r\n",
    ] {
        save([0x15] + Array(text.utf8), in: folder)
    }
    save([0xFF] + Array("1;".utf8) + long, in: folder)
    save([0xFF] + Array("0\r\nX: ".utf8) + long + long + long + long + [0x61], in: folder)
    save([0xFF] + Array("0\r\nX: y\r\n".utf8) + [0xFE, 0xFF, 33, 13, 10], in: folder)
    let chunk = Array("1;".utf8) + [0xFE, 0xFE, 124, 0x61] + Array("\r\n\n\r\n".utf8)
    save([0xFF] + (0..<17).flatMap { _ in chunk } + Array("0\r\n\r\n".utf8), in: folder)
    let data = Array("800;".utf8) + [0xFE, 0xFE, 124, 0x61, 13, 10] + long + [13, 10]
    save([0xFF] + (0..<8).flatMap { _ in data } + Array("0\r\n\r\n".utf8), in: folder)
}

/// Flags, status, then blocks and payloads between NULs (fuzz-response).
@MainActor func saveResponses(in folder: String) {
    for text in [
        "a: b\n\0ok", "content-length: 2\n\0ok", "content-length: 4\nDate: x\n\0ok\0ok\0",
        "connection: x\nkeep-alive: 1\ntransfer-encoding: y\nupgrade: z\ntrailer: a\n",
        "proxy-connection: a\nserver: s\n\0o", "\0ok\0ok\0x: y\nhost: a\n", "\0\0",
        "content-length: 3\n\0ok", "content-length: 1\n\0ok", "a: b\r\n\0ok", "\0\0ok\0a\n",
    ] {
        for flags: UInt8 in [0x04, 0x05, 0x06, 0x07, 0x00, 0x0C, 0x64, 0x84, 0xA4, 0xA6] {
            save([flags, 0x32] + Array(text.utf8), in: folder)
        }
    }
    let fields: [UInt8] = [255, 255, 3].flatMap { [0xFE, 0xFF, $0] }
    save([0x04, 0] + Array("a: b\n".utf8) + fields, in: folder)
    // Every status.
    for number in UInt8.min...UInt8.max {
        for flags: UInt8 in [0xC4, 0xE4] { save([flags, number], in: folder) }
    }
}

@MainActor func saveSockets(in folder: String) {
    let masked: [[UInt8]] = [
        [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69],
        [0x01, 0x81, 1, 2, 3, 4, 0x69, 0x80, 0x80, 1, 2, 3, 4],
        [0x82, 0xFE, 0, 126, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 126),
        [0x89, 0x81, 0, 0, 0, 0, 1, 0x8A, 0x80, 0, 0, 0, 0],
        [0x88, 0x85, 0, 0, 0, 0, 3, 0xE8, 0x62, 0x79, 0x65],
        [0x81, 0x84, 0, 0, 0, 0, 0xF0, 0x9F, 0x98, 0x80],
        [0x81, 0x86, 0, 0, 0, 0, 0xE0, 0xA0, 0x80, 0xED, 0x9F, 0xBF],
        [0x81, 0x81, 0, 0, 0, 0, 0xFF], [0x88, 0x83, 0, 0, 0, 0, 3, 0xE8, 0xFF],
        [0x81, 0x90, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: 16), [0xF1, 0x80],
    ]
    for bytes in masked { save([0x17] + bytes, in: folder) }
}

@MainActor func writeSeeds() -> Int32 {
    let arguments = CommandLine.arguments
    switch arguments.dropFirst().first {
    case "messages" where arguments.count == 3: saveMessages(in: arguments[2])
    case "control" where arguments.count == 3: saveControl(in: arguments[2])
    case "config" where arguments.count == 3: saveConfig(in: arguments[2])
    case "frames" where arguments.count == 3: saveFrames(in: arguments[2])
    case "request" where arguments.count == 3: saveRequests(in: arguments[2])
    case "response" where arguments.count == 3: saveResponses(in: arguments[2])
    case "chunked" where arguments.count == 3: saveBodies(in: arguments[2])
    case "websocket" where arguments.count == 3: saveSockets(in: arguments[2])
    default: return 64
    }
    return written > 0 ? 0 : 1
}

exit(writeSeeds())
