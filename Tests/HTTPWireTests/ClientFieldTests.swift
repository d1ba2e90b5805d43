// What fields that speak for the client are, and that none of them reaches a worker unasked.

import Testing

@testable import HTTPWire

@Suite struct ClientFieldTests {
    private func kind(_ name: String) -> ClientField {
        let bytes = Array(name.utf8)
        return ClientField(bytes.span.bytes, 0..<bytes.count)
    }

    @Test func namesAreKnownInAnySpelling() {
        #expect(kind("X-Forwarded-For") == .chain)
        #expect(kind("x-forwarded-for") == .chain)
        #expect(kind("X-REAL-IP") == .address)
        #expect(kind("X-Forwarded-Proto") == .forwarded)
        #expect(kind("X-Forwarded-Client-Cert") == .forwarded)
        for name in [
            "x_forwarded_for", "X-Forwarded_For", "x_real_ip", "X-Forwarded", "x_forwarded_proto",
            "Forwarded", "Forwarded-For", "Client-IP", "X-Client-IP", "X-Remote-Addr",
            "True_Client_IP", "CF-Connecting-IP", "CF-Connecting-IPv6", "X-Cluster-Client-IP",
            "X-Envoy-External-Address", "X-Original-Forwarded-For",
        ] {
            #expect(kind(name) == .dropped, "\(name)")
        }
        for name in [
            "Cookie", "Content-Type", "Cache-Control", "X-Request-Id", "X-Forwarder", "Referrer",
            "X-Real-IPs", "Forwarded-Fo", "x-forward", "X", "Content-Length", "True-Client-IPs",
        ] {
            #expect(kind(name) == .none, "\(name)")
        }
    }

    private func passed(_ names: [String], isTrusted: Bool) -> [String] {
        let fields = names.map { "\($0): 1\r\n" }.joined()
        let window = Array("GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n".utf8)
        var parser = RequestParser()
        var progress = HeadProgress()
        let step = parser.parse(window.span.bytes, &progress)
        #expect(step == .complete)
        #expect(parser.head.namesClient == names.contains { $0.lowercased() == "x-forwarded-for" })
        let lines = parser.block(window, isTrusted: isTrusted).split(separator: "\n").dropFirst(3)
        return lines.map { String($0.prefix { $0 != ":" }) }
    }

    @Test func noneOfThemIsPassedOnButWhatATrustedProxySaysOfTheRequest() {
        let names = [
            "X-Forwarded-For", "x_forwarded_for", "X-Forwarded-Proto", "Forwarded", "Accept",
            "Client-IP", "X-Forwarded-Host", "X-Id",
        ]
        #expect(passed(names, isTrusted: false) == ["Accept", "X-Id"])
        #expect(
            passed(names, isTrusted: true)
                == ["X-Forwarded-Proto", "Accept", "X-Forwarded-Host", "X-Id"])
    }

    @Test func fieldsCanBeDroppedByName() {
        let window = Array("GET / HTTP/1.1\r\nHost: x\r\nX-Id: 1\r\nA: 2\r\nx-id: 3\r\n\r\n".utf8)
        var parser = RequestParser()
        var progress = HeadProgress()
        let step = parser.parse(window.span.bytes, &progress)
        #expect(step == .complete)
        let name = Array("x-ID".utf8)
        let isHeld = parser.holds(name.span.bytes, in: window.span.bytes)
        #expect(isHeld)
        parser.drop(name.span.bytes, in: window.span.bytes)
        #expect(parser.block(window).hasSuffix("Host: x\nA: 2\n"))
    }
}
