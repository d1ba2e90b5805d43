// Whose request it is: no field of a stranger's changes that.

import Bytes
import HTTPWire
import Settings
import Testing

@testable import apm_proxyd

@Suite struct ClientAddressTests {
    private func resolved(
        _ fields: [String], peer: String = "127.0.0.1", trusting: [String] = ["127.0.0.0/8", "::1"]
    ) throws -> String {
        var settings = ServerSettings()
        settings.trustedProxies = trusting.compactMap { IPNetwork($0) }
        let head = (["GET / HTTP/1.1", "Host: x"] + fields + ["", ""]).joined(separator: "\r\n")
        let window = Array(head.utf8)
        var parser = RequestParser()
        var progress = HeadProgress()
        #expect(parser.parse(window.span.bytes, &progress) == .complete)
        let address = ClientAddress(settings)
        let from = try #require(HostAddress(text: peer))
        guard parser.head.namesClient, address.isTrusted(from) else { return from.text }
        return address.resolve(parser.fields, window.span.bytes, peer: from).text
    }

    @Test(arguments: [
        ["X-Forwarded-For: 1.2.3.4"], ["X-Real-IP: 1.2.3.4"], ["Forwarded: for=1.2.3.4"],
        ["x_forwarded_for: 1.2.3.4"], ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 5.6.7.8"],
        ["True-Client-IP: 1.2.3.4"], ["CF-Connecting-IP: 1.2.3.4"], ["Client_IP: 1.2.3.4"],
    ])
    func aStrangersWordChangesNothing(_ fields: [String]) throws {
        #expect(try resolved(fields, peer: "198.51.100.9") == "198.51.100.9")
    }

    @Test func theNearestUntrustedAddressOfATrustedChainWins() throws {
        #expect(try resolved(["X-Forwarded-For: 1.2.3.4"]) == "1.2.3.4")
        #expect(try resolved(["X-Forwarded-For: 6.6.6.6, 1.2.3.4"]) == "1.2.3.4")
        #expect(try resolved(["X-Forwarded-For: 6.6.6.6 , 1.2.3.4 , 127.0.0.5"]) == "1.2.3.4")
        #expect(
            try resolved(["X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 1.2.3.4"]) == "1.2.3.4")
        #expect(try resolved(["X-Forwarded-For: 127.0.0.2"]) == "127.0.0.1")
    }

    @Test(arguments: ["unknown", "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4:x", "[::1", ","])
    func garbageInAChainLeavesThePeer(_ value: String) throws {
        #expect(try resolved(["X-Forwarded-For: 6.6.6.6, \(value)"]) == "127.0.0.1")
    }

    @Test func aRealIPCountsWhereThereIsNoChainAndOneOfIt() throws {
        #expect(try resolved(["X-Real-IP: 1.2.3.4"]) == "1.2.3.4")
        #expect(try resolved(["X-Real-IP: 1.2.3.4", "X-Real-IP: 5.6.7.8"]) == "127.0.0.1")
        #expect(try resolved(["X-Real-IP: 6.6.6.6", "X-Forwarded-For: 1.2.3.4"]) == "1.2.3.4")
        #expect(try resolved(["X_Real_IP: 6.6.6.6"]) == "127.0.0.1")
        #expect(try resolved(["Forwarded: for=6.6.6.6"]) == "127.0.0.1")
    }

    @Test func networksOfVersion6AndMappedAddresses() throws {
        let trusting = ["2001:db8::/33", "10.0.0.0/8"]
        let field = ["X-Forwarded-For: 1.2.3.4"]
        #expect(try resolved(field, peer: "2001:db8:7fff::1", trusting: trusting) == "1.2.3.4")
        #expect(
            try resolved(field, peer: "2001:db8:8000::1", trusting: trusting)
                == "2001:db8:8000::1")
        #expect(try resolved(field, peer: "::ffff:10.1.2.3", trusting: trusting) == "1.2.3.4")
        #expect(try resolved(field, peer: "::ffff:11.1.2.3", trusting: trusting) == "11.1.2.3")
        #expect(try resolved(field, peer: "9.9.9.9", trusting: ["0.0.0.0/0"]) == "9.9.9.9")
    }

    @Test func nobodyIsTrustedWhereProxiesAreNot() throws {
        var settings = ServerSettings()
        settings.trustProxy = false
        let peer = try #require(HostAddress(text: "127.0.0.1"))
        #expect(!ClientAddress(settings).isTrusted(peer))
    }
}

@Suite struct HostAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("1.2.3.4:80", "1.2.3.4"),
        ("::", "::"), ("::1", "::1"), ("[2001:db8::1]:443", "2001:db8::1"), ("[::1]", "::1"),
        ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1::8", "1::8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("fe80::", "fe80::"),
        ("::ffff:1.2.3.4", "1.2.3.4"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ])
    func isReadAndWritten(_ text: String, _ written: String) throws {
        #expect(try #require(HostAddress(text: text)).text == written)
    }

    @Test(arguments: [
        "", ".", "1.2.3.", "256.1.1.1", "1.2.3.4:", "1.2.3.4:123456", ":", ":::", "1:2",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "[::1]x", "[::1]:",
        "::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", " 1.2.3.4", "1:2:3:4:5:6:7:", "1::2:3:4:5:6:7:8",
    ])
    func isRefused(_ text: String) {
        #expect(HostAddress(text: text) == nil)
    }

    @Test func agreesWithTheAddressesOfSettings() throws {
        for text in ["10.0.0.1", "2001:db8::1", "::", "fe80::1:0:0:1", "::ffff:1.2.3.4"] {
            let address = try #require(IPAddress(text))
            #expect(HostAddress(address) == HostAddress(text: text))
        }
    }
}

extension HostAddress {
    init?(text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span.bytes, 0..<bytes.count)
    }

    var text: String {
        String(
            decoding: [UInt8](unsafeUninitializedCapacity: 64) { memory, count in
                var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
                write(into: &writer)
                count = writer.count
            }, as: UTF8.self)
    }
}
