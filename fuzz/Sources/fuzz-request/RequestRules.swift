// What a head means, from RequestModel: held against what RequestParser says.

import Bytes
import Fuzzing
import HTTPWire

func checkHead(_ whole: RequestOutcome, _ model: RequestModel, _ bytes: [UInt8]) {
    guard let head = whole.head else { return }
    require(head.byteCount == model.byteCount, "one end of a head")
    require(bytes[head.method.range] == model.method, "one method")
    require(!model.method.elementsEqual("CONNECT".utf8), "no tunnel")
    require(head.isHead == model.method.elementsEqual("HEAD".utf8), "HEAD")
    require(head.isVersion10 == model.isVersion10, "one version")
    require(model.lineBytes <= limits.lineBytes, "the limit of the line")
    require(model.byteCount <= limits.headBytes, "the limit of the head")
    require(model.fields.count <= limits.fields, "the limit of fields")
    require(whole.fields.count == model.fields.count, "one number of fields")
    for (field, other) in zip(whole.fields, model.fields) {
        require(small(bytes[field.name.range]) == other.name, "one name")
        require(bytes[field.value.range] == other.value, "one value")
    }
    checkHost(head, model, bytes)
    checkBody(head, model)
    checkConnection(head, model)
    require(whole.block == block(of: model), "one block")
    let trusted = block(of: model, isTrusted: true)
    require(small(whole.trusted[...]) == small(trusted[...]), "one block of a trusted proxy")
    if let first = model.fields.first?.name {
        require(whole.dropped == block(of: model, without: first), "one block without a field")
    }
    let namesClient = model.fields.contains {
        ["x-forwarded-for", "x-real-ip"].contains(String(decoding: $0.name, as: UTF8.self))
    }
    require(head.namesClient == namesClient, "whether a client is named")
    let context = ResponseContext(head)
    require(context.isHead == head.isHead, "an answer knows its request")
    require(context.keepsAlive == head.keepsAlive, "an answer knows its request")
    if let accept = whole.accept {
        checkAccept(accept)
        require(head.upgrade == .webSocket && head.body == .none, "a handshake is asked for")
        require(model.values(of: "sec-websocket-key").count == 1, "a handshake has one key")
    }
}

/// The 101 is the head of one answer.
private func checkAccept(_ accept: WebSocketHandshake) {
    let text = [UInt8](unsafeUninitializedCapacity: 256) { memory, count in
        var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
        let offered: [UInt8] = [0x61]
        accept.write(subprotocol: offered.span.bytes, into: &writer)
        require(!writer.isFull, "a 101 has its size")
        count = writer.count
    }
    let lines = String(decoding: text, as: UTF8.self).split(
        separator: "\r\n", omittingEmptySubsequences: false)
    require(lines.count == 7 && lines.suffix(2) == ["", ""], "a 101 is one head")
    require(accept.accept.count == 28, "the digest of a key")
}

private func checkHost(_ head: RequestHead, _ model: RequestModel, _ bytes: [UInt8]) {
    let hosts = model.values(of: "host")
    require(hosts.count == 1 || model.isVersion10 && hosts.isEmpty, "one host")
    if let host = hosts.first { require(bytes[head.host.range] == host, "the same host") }
    require(head.host.isEmpty || !hosts.isEmpty || head.form == .absolute, "no other host")
    let names = hosts.first.map { small($0) } ?? []
    let blanks: [UInt8] = [0x20, 9, 0x2F, 0x40, 0x3F, 0x23, 0x5C]
    require(!names.contains(where: blanks.contains), "a host is no path and no user")
    require(hosts.isEmpty || !names.isEmpty, "a host is not empty")
}

/// One reading of where a body ends.
private func checkBody(_ head: RequestHead, _ model: RequestModel) {
    let lengths = model.values(of: "content-length")
    let codings = model.values(of: "transfer-encoding")
    require(lengths.count + codings.count <= 1, "one framing")
    if let coding = codings.first {
        require(!model.isVersion10, "no coding in HTTP/1.0")
        require(small(coding).elementsEqual("chunked".utf8), "the coding is known")
        require(head.body == .chunked, "chunked")
    } else if let length = lengths.first {
        require(length.allSatisfy { (0x30...0x39).contains($0) }, "a length is digits")
        let number = UInt64(String(decoding: length, as: UTF8.self))
        require(number != nil, "a length is a number")
        require(head.body == (number == 0 ? .none : .length(number ?? 0)), "one length")
    } else {
        require(head.body == .none, "no body")
    }
}

private func checkConnection(_ head: RequestHead, _ model: RequestModel) {
    let options = model.options
    func names(_ option: String) -> Bool { options.contains { $0.elementsEqual(option.utf8) } }
    require(options.count <= HTTPLimits.connectionOptions, "the limit of options")
    require(options.joined().allSatisfy(isToken), "options are tokens")
    let keeps = !names("close") && (!model.isVersion10 || names("keep-alive"))
    require(head.keepsAlive == keeps, "whether the connection stays")
    let expects = model.values(of: "expect")
    require(expects.count <= 1, "one expectation")
    require(
        expects.allSatisfy { small($0).elementsEqual("100-continue".utf8) }, "it is known")
    require(
        head.expectsContinue == (expects.count == 1 && !model.isVersion10 && head.body != .none),
        "whether the client waits")
    let upgrades = model.values(of: "upgrade")
    var upgrade = RequestHead.Upgrade.none
    if names("upgrade"), !upgrades.isEmpty, !model.isVersion10 {
        let isSocket =
            upgrades.count == 1 && small(upgrades[0]).elementsEqual("websocket".utf8)
        upgrade = isSocket ? .webSocket : .other
    }
    require(head.upgrade == upgrade, "one upgrade")
}

private func isClaim(_ name: [UInt8], isTrusted: Bool) -> Bool {
    let isForwarded = FieldNames.withHyphens(name).hasPrefix("x-forwarded")
    guard isForwarded else { return FieldNames.isClaim(name) }
    let isProper = !name.contains(0x5F) && name.count >= 13
    return !isProper || name.elementsEqual("x-forwarded-for".utf8) || !isTrusted
}

/// The block as docs/FRAMES.md says it.
private func block(
    of model: RequestModel, isTrusted: Bool = false, without dropped: [UInt8] = []
) -> [UInt8] {
    let options = model.options
    var target = model.target
    // A host that only the target names is a field in front of the others.
    var host: Slice = []
    if target.first != 0x2F && target.first != 0x2A {
        // http://host/path: what is behind the host, from the third slash or the mark on.
        let colon = target.firstIndex(of: 0x3A) ?? target.endIndex
        let rest = target[colon...].dropFirst(3)
        let path = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        if model.values(of: "host").isEmpty { host = rest[..<path] }
        target = rest[path...]
        if target.first != 0x2F { target = [0x2F] + target }
    }
    var block = model.method + [0x20] + target
    block += model.isVersion10 ? "\n::1 http 1.0\n".utf8 : "\n::1 http 1.1\n".utf8
    if !host.isEmpty { block += Array("host: ".utf8) + host + [10] }
    for field in model.fields {
        let isKept = ["host", "content-length"].contains { field.name.elementsEqual($0.utf8) }
        if FieldNames.ofConnection.contains(where: { field.name.elementsEqual($0.utf8) }) {
            continue
        }
        if field.name == dropped || isClaim(field.name, isTrusted: isTrusted) { continue }
        if !isKept && options.contains(field.name) { continue }
        block += field.name + [0x3A, 0x20] + field.value + [10]
    }
    return Array(block)
}

/// Nothing that is right is refused.
func checkRefusal(_ fault: RequestFault, _ reading: RequestModel.Reading) {
    require((400...505).contains(fault.status), "the client is told")
    guard case .head(let model) = reading else { return }
    let lengths = model.values(of: "content-length").count
    let codings = model.values(of: "transfer-encoding").count
    let hasReason =
        switch fault {
        case .badByte, .badMethod, .badVersion, .unknownVersion, .badField: false
        case .badTarget: model.target.first != 0x2F
        case .connect: model.method.elementsEqual("CONNECT".utf8)
        case .badHost: !hasPlainHost(model)
        case .foreignHost: model.target.first != 0x2F
        case .badLength: lengths > 0 && codings == 0
        case .ambiguousBody, .unknownCoding: codings > 0
        case .unknownExpectation: !model.values(of: "expect").isEmpty
        case .badConnection: !model.values(of: "connection").isEmpty
        case .lineTooLong: model.lineBytes > limits.lineBytes
        case .headTooLong: model.byteCount > limits.headBytes
        case .tooManyFields: model.fields.count > limits.fields
        case .badChunk, .tooManyExtensions, .badTrailer, .trailerTooLong: false
        }
    require(hasReason, "what is right is not refused")
}

/// One Host of nothing but letters.
private func hasPlainHost(_ model: RequestModel) -> Bool {
    let hosts = model.values(of: "host").map { small($0) }
    guard hosts.count == 1, !hosts[0].isEmpty else { return false }
    return hosts[0].allSatisfy { (0x61...0x7A).contains($0) }
}
