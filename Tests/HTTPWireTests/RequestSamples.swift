// Requests and how they are read: what is accepted, in a line of words, and what is refused, with
// its fault. The unit tests and the fuzzer's first corpus are made from them.

import HTTPWire

struct RequestSample: Sendable {
    let text: String
    /// What it means, or why it is refused.
    let meaning: String
    let fault: RequestFault?

    /// `>` is a line's end, so that a request stands in one line here.
    init(_ text: String, _ meaning: String) {
        self.text = Self.expand(text)
        self.meaning = meaning
        fault = nil
    }

    init(_ text: String, _ fault: RequestFault) {
        self.text = Self.expand(text)
        meaning = ""
        self.fault = fault
    }

    /// Each scalar is a byte, so that any byte can be said.
    var bytes: [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    private static func expand(_ text: String) -> String {
        String(
            text.unicodeScalars.reduce(into: String.UnicodeScalarView()) { expanded, scalar in
                if scalar == ">" {
                    expanded.append("\r")
                    expanded.append("\n")
                } else {
                    expanded.append(scalar)
                }
            })
    }
}

enum RequestSamples {
    static let all = accepted + lines + hosts + bodies + fields + connections + expectations

    /// METHOD target host body, then what else is said.
    static let accepted: [RequestSample] = [
        RequestSample("GET / HTTP/1.1>Host: a>>", "GET / a none keeps"),
        RequestSample(">GET / HTTP/1.1>Host: a>>", "GET / a none keeps"),
        RequestSample("GET / HTTP/1.0>>", "GET /  none 1.0"),
        RequestSample("GET / HTTP/1.0>Host: a>Connection: Keep-Alive>>", "GET / a none keeps 1.0"),
        RequestSample(
            "HEAD /x?y=%20z&w HTTP/1.1>host:a.b:80>>", "HEAD /x?y=%20z&w a.b:80 none keeps"),
        RequestSample("GET /a|b{c}\"^`\\<' HTTP/1.1>Host: a>>", "GET /a|b{c}\"^`\\<' a none keeps"),
        RequestSample("OPTIONS * HTTP/1.1>Host: a>>", "OPTIONS * a none keeps"),
        RequestSample("M-SEARCH / HTTP/1.1>Host: a>>", "M-SEARCH / a none keeps"),
        RequestSample("get / HTTP/1.1>Host: a>>", "get / a none keeps"),
        RequestSample("GET http://a/b HTTP/1.1>Host: a>>", "GET /b a none keeps"),
        RequestSample("GET http://A:80/b HTTP/1.1>Host: a>>", "GET /b a none keeps"),
        RequestSample("GET HTTPS://a HTTP/1.1>Host: a:443>>", "GET / a:443 none keeps"),
        RequestSample("GET http://a?q HTTP/1.1>Host: a>>", "GET /?q a none keeps"),
        RequestSample("GET http://a/b HTTP/1.0>>", "GET /b a none 1.0"),
        RequestSample("GET / HTTP/1.1>Host: [::1]:8080>>", "GET / [::1]:8080 none keeps"),
        RequestSample("GET / HTTP/1.1>Host: a:>>", "GET / a: none keeps"),
        RequestSample("GET / HTTP/1.1>Host:\t a \t>>", "GET / a none keeps"),
        RequestSample("GET / HTTP/1.1>Host: a>X: >Y:>Z: \t>>", "GET / a none keeps"),
        RequestSample("GET / HTTP/1.1>Host: a>X: \u{80}\u{FF}>>", "GET / a none keeps"),
        RequestSample("GET / HTTP/1.1>!#$%&'*+-.^_`|~09AZaz: 1>Host: a>>", "GET / a none keeps"),
        RequestSample("POST / HTTP/1.1>Host: a>Content-Length: 5>>", "POST / a 5 keeps"),
        RequestSample("POST / HTTP/1.1>Host: a>Content-Length: 0>>", "POST / a none keeps"),
        RequestSample("POST / HTTP/1.1>Host: a>Content-Length: 0005>>", "POST / a 5 keeps"),
        RequestSample(
            "POST / HTTP/1.1>Host: a>Content-Length: 999999999999999999>>",
            "POST / a 999999999999999999 keeps"),
        RequestSample(
            "POST / HTTP/1.1>Host: a>Transfer-Encoding: chunked>>", "POST / a chunked keeps"),
        RequestSample(
            "POST / HTTP/1.1>Host: a>transfer-encoding:CHUNKED>>", "POST / a chunked keeps"),
    ]

    private static let lines: [RequestSample] = [
        RequestSample(">>GET / HTTP/1.1>Host: a>>", .badMethod),
        RequestSample(" GET / HTTP/1.1>Host: a>>", .badMethod),
        RequestSample("GE T / HTTP/1.1>Host: a>>", .badVersion),
        RequestSample("G@T / HTTP/1.1>Host: a>>", .badMethod),
        RequestSample("G\u{E9}T / HTTP/1.1>Host: a>>", .badMethod),
        RequestSample("GET>Host: a>>", .badMethod),
        RequestSample("\(String(repeating: "A", count: 33)) / HTTP/1.1>>", .badMethod),
        RequestSample("GET\t/ HTTP/1.1>Host: a>>", .badMethod),
        RequestSample("GET  / HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET / HTTP/1.1 >Host: a>>", .badVersion),
        RequestSample("GET /  HTTP/1.1>Host: a>>", .badVersion),
        RequestSample("GET /\tHTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET /a b HTTP/1.1>Host: a>>", .badVersion),
        RequestSample("GET / >Host: a>>", .badVersion),
        RequestSample("GET />Host: a>>", .badVersion),
        RequestSample("GET />>", .badVersion),
        RequestSample("GET /#x HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET /\u{E9} HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET * HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("OPTIONS ** HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("options * HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET a HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET ?a HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET a:80 HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET ftp://a/ HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET http:// HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET http:///a HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET http://u@a/ HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("GET http://a:x/ HTTP/1.1>Host: a>>", .badTarget),
        RequestSample("CONNECT a:80 HTTP/1.1>Host: a:80>>", .connect),
        RequestSample("CONNECT /a HTTP/1.1>Host: a>>", .connect),
        RequestSample("CONNECT * HTTP/1.1>Host: a>>", .connect),
        RequestSample("GET / HTTP/1>Host: a>>", .badVersion),
        RequestSample("GET / HTTP/11>Host: a>>", .badVersion),
        RequestSample("GET / HTTP/1.10>Host: a>>", .badVersion),
        RequestSample("GET / HTTP/01.1>Host: a>>", .badVersion),
        RequestSample("GET / http/1.1>Host: a>>", .badVersion),
        RequestSample("GET / HTTP/1,1>Host: a>>", .badVersion),
        RequestSample("GET / HTTP/1.x>Host: a>>", .badVersion),
        RequestSample("GET / XTTP/1.1>Host: a>>", .badVersion),
        RequestSample("GET / HTTP/0.9>Host: a>>", .unknownVersion),
        RequestSample("GET / HTTP/1.2>Host: a>>", .unknownVersion),
        RequestSample("GET / HTTP/2.0>Host: a>>", .unknownVersion),
        RequestSample("PRI * HTTP/2.0>>SM>>", .unknownVersion),
        RequestSample("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", .badByte),
    ]

    private static let hosts: [RequestSample] = [
        RequestSample("GET / HTTP/1.1>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a>Host: a>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a>hOsT: b>>", .badHost),
        RequestSample("GET / HTTP/1.0>Host: a>Host: a>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host:>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a b>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a,b>>", "GET / a,b none keeps"),
        RequestSample("GET / HTTP/1.1>Host: a/b>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a@b>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a?b>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a:b>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a:65536>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: a:80:80>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: :80>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: []>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: [::1>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: [::1]x>>", .badHost),
        RequestSample("GET / HTTP/1.1>Host: \u{E9}>>", .badHost),
        RequestSample("GET http://a/ HTTP/1.1>Host: b>>", .foreignHost),
        RequestSample("GET http://a/ HTTP/1.1>Host: a:81>>", .foreignHost),
        RequestSample("GET https://a/ HTTP/1.1>Host: a:80>>", .foreignHost),
        RequestSample("GET http://a/ HTTP/1.1>>", .badHost),
    ]

    private static func post(_ fields: String) -> String {
        "POST / HTTP/1.1>Host: a>\(fields)>>"
    }

    /// Two readings of where a body ends are a way to smuggle a request past somebody.
    private static let bodies: [RequestSample] =
        [
            "5, 5", "5,6", "+5", "-5", "-0", "5 5", "0x5", "5;", "5.0", "", "a", "1e3", "\u{B2}",
            "1000000000000000000", "18446744073709551621", "99999999999999999999999999999999",
            "0000000000000000000005",
        ].map { RequestSample(post("Content-Length: \($0)"), .badLength) } + [
            RequestSample(post("Content-Length: 5>Content-Length: 5"), .badLength),
            RequestSample(post("Content-Length: 5>content-length: 6"), .badLength),
            RequestSample(post("Content-Length: 5>Transfer-Encoding: chunked"), .ambiguousBody),
            RequestSample(post("Transfer-Encoding: chunked>Content-Length: 5"), .ambiguousBody),
            RequestSample(post("Transfer-Encoding: chunked>Content-Length: 0"), .ambiguousBody),
            RequestSample(
                post("Transfer-Encoding: chunked>Transfer-Encoding: chunked"), .ambiguousBody),
            RequestSample(
                post("Transfer-Encoding: chunked>Transfer-Encoding: identity"), .ambiguousBody),
            RequestSample(post("Transfer-Encoding: chunked, chunked"), .ambiguousBody),
            RequestSample(post("Transfer-Encoding: chunked, gzip"), .ambiguousBody),
            RequestSample(post("Transfer-Encoding:"), .ambiguousBody),
            RequestSample(post("Transfer-Encoding: \"chunked\""), .ambiguousBody),
            RequestSample(post("Transfer-Encoding: chunked;q=1"), .ambiguousBody),
            RequestSample(post("Transfer-Encoding: ,chunked"), .unknownCoding),
            RequestSample(post("Transfer-Encoding: gzip, chunked"), .unknownCoding),
            RequestSample(post("Transfer-Encoding: xchunked"), .unknownCoding),
            RequestSample(post("Transfer-Encoding: identity"), .unknownCoding),
            RequestSample(
                "POST / HTTP/1.0>Host: a>Transfer-Encoding: chunked>>", .ambiguousBody),
            RequestSample(post("Transfer-Encoding : chunked"), .badField),
            RequestSample(post("Transfer-Encoding\u{B}: chunked"), .badByte),
            RequestSample(post("X: y>\tTransfer-Encoding: chunked"), .badField),
            RequestSample(post("Transfer-Encoding:> chunked"), .badField),
            RequestSample(post("Content-Length: 5\nTransfer-Encoding: chunked"), .badByte),
            RequestSample(post("Content-Length: 5\rTransfer-Encoding: chunked"), .badByte),
            RequestSample(post("Content_Length: 5"), "POST / a none keeps"),
        ]

    private static let fields: [RequestSample] =
        [
            "X : y", "X\t: y", " X: y", "\tX: y", ": y", "X", "X y: z", "(X): y", "X\u{E9}: y",
            "X,: y", "\"X\": y", "X;: y", "X{: y", "@: y", " ", "\t", "X/: y", "[X]: y",
        ].map { RequestSample(post($0), .badField) } + [
            RequestSample("GET / HTTP/1.1> Host: a>>", .badField),
            RequestSample("GET / HTTP/1.1>Host: a> b>>", .badField),
            RequestSample("GET / HTTP/1.1\nHost: a>>", .badByte),
            RequestSample("GET / HTTP/1.1>Host: a\n>", .badByte),
            RequestSample("GET / HTTP/1.1>Host: a>\n", .badByte),
            RequestSample("GET / HTTP/1.1>Host: a\r>>", .badByte),
            RequestSample("GET / HTTP/1.1\rHost: a>>", .badByte),
            RequestSample("GET / HTTP/1.1>Host: a>X: \ry>>", .badByte),
            RequestSample("GET / HTTP/1.1>Host: a>X: y\u{0}>>", .badByte),
            RequestSample("GET / HTTP/1.1>Host: a>X: y\u{7F}>>", .badByte),
            RequestSample("\nGET / HTTP/1.1>Host: a>>", .badByte),
            RequestSample("\r\rGET / HTTP/1.1>Host: a>>", .badByte),
        ]

    private static let connections: [RequestSample] = [
        RequestSample(post("Connection: close"), "POST / a none"),
        RequestSample(post("Connection: keep-alive, CLOSE"), "POST / a none"),
        RequestSample(post("Connection: close>Connection: keep-alive"), "POST / a none"),
        RequestSample(post("Connection: , ,x,"), "POST / a none keeps"),
        RequestSample(post("Connection:"), "POST / a none keeps"),
        RequestSample(post("Connection: a b"), .badConnection),
        RequestSample(post("Connection: \"close\""), .badConnection),
        RequestSample(
            post("Connection: \(String(repeating: "a,", count: 33))"), .badConnection),
        RequestSample(
            post("Connection: Upgrade>Upgrade: WebSocket"), "POST / a none keeps webSocket"),
        RequestSample(post("Connection: upgrade>Upgrade: h2c"), "POST / a none keeps other"),
        RequestSample(post("Upgrade: websocket"), "POST / a none keeps"),
        RequestSample(
            post("Connection: upgrade>Upgrade: websocket>Upgrade: websocket"),
            "POST / a none keeps other"),
        RequestSample(
            "GET / HTTP/1.0>Connection: upgrade>Upgrade: websocket>>", "GET /  none 1.0"),
    ]

    private static let expectations: [RequestSample] = [
        RequestSample(post("Expect: 100-Continue>Content-Length: 1"), "POST / a 1 keeps expects"),
        RequestSample(post("Expect: 100-continue"), "POST / a none keeps"),
        RequestSample(post("Expect: 200-ok"), .unknownExpectation),
        RequestSample(post("Expect:"), .unknownExpectation),
        RequestSample(post("Expect: 100-continue>Expect: 100-continue"), .unknownExpectation),
        RequestSample(
            "POST / HTTP/1.0>Expect: 100-continue>Content-Length: 1>>", "POST /  1 1.0"),
    ]
}
