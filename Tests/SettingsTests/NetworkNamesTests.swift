// Addresses of hosts, networks and servers: each spelling has one canonical form.

import Testing

@testable import Settings

@Suite struct NetworkNamesTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"),
        ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:0:0:0:0:0:0", "1::"),
        ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"), ("::ffff:1.2.3.4", "::ffff:102:304"),
        ("fe80:0:0:0:1:0:0:0", "fe80::1:0:0:0"), ("0:0:0:0:0:0:0:1", "::1"),
    ])
    func addresses(_ text: String, _ canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.text == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.-4", "a.b.c.d", ":", ":::",
        "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8",
        "::1%eth0", "1.2.3.4::", "٣.1.1.1",
    ])
    func whatIsNoAddress(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("10.1.2.3/8", "10.0.0.0/8"), ("10.0.0.1", "10.0.0.1"), ("10.0.0.1/32", "10.0.0.1"),
        ("1.2.3.4/0", "0.0.0.0/0"), ("192.168.255.255/17", "192.168.128.0/17"),
        ("2001:db8::ffff/32", "2001:db8::/32"), ("::1/128", "::1"), ("::/0", "::/0"),
    ])
    func networks(_ text: String, _ canonical: String) throws {
        let network = try #require(IPNetwork(text))
        #expect(network.text == canonical)
        #expect(IPNetwork(canonical) == network)
    }

    @Test(arguments: ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8/8", "10/8"])
    func whatIsNoNetwork(_ text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test(arguments: [
        ("http://0.0.0.0:3000", "http://0.0.0.0:3000"), (":8080", "http://0.0.0.0:8080"),
        ("localhost:80", "http://127.0.0.1:80"), ("*:80", "http://0.0.0.0:80"),
        ("HTTPS://192.0.2.7", "https://192.0.2.7:443"), ("ws://[::1]:9/", "ws://[::1]:9"),
        ("wss://0.0.0.0", "wss://0.0.0.0:443"),
        ("tcp://:5432", "tcp://0.0.0.0:5432"),
        ("tls://127.0.0.1:6432", "tls://127.0.0.1:6432"), ("[::]:80", "http://[::]:80"),
    ])
    func servers(_ text: String, _ canonical: String) throws {
        let address = try #require(ServerAddress(text))
        #expect(address.text == canonical)
        #expect(ServerAddress(canonical) == address)
    }

    @Test(arguments: [
        "", "3000", "localhost", "tcp://db", "tls://db:6432", "https://example.com", "ftp://x:1",
        "http://", "http://:0", ":65536", ":",
        "http://a b:1", "http://x:1/path", "http://x:1?q", "::1:80", "[::1]", "[1.2.3.4]:80",
        "http://x:-1", "http://x:1:2", "http://1.2.3.4:1/path", "http://1.2.3.4:1?q",
        "http://1.2.3.4:-1", "http://1.2.3.4:1:2",
    ])
    func whatIsNoServer(_ text: String) {
        #expect(ServerAddress(text) == nil)
    }
}
