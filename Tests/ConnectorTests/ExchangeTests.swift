// Requests and answers through each connector.

import Frames
import Testing

private func json(
    _ method: String, _ path: String, _ fields: [(String, String)], _ body: String = ""
) -> String {
    let pairs = fields.map { "[\"\($0.0)\",\"\($0.1)\"]" }.joined(separator: ",")
    return "{\"m\":\"\(method)\",\"p\":\"\(path)\",\"h\":[\(pairs)],\"b\":\"\(body)\"}"
}

@Suite struct ExchangeTests {
    @Test(arguments: Language.all)
    func theHelloNamesLanguageAndVersion(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let word = language.name.prefix { $0 != "," }
        #expect(peer.greeting == "connector: \(word) 3.0.0\n")
    }

    @Test(arguments: Language.all)
    func aWholeAnswerIsOneFrame(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/hello")
        #expect(answer.status == 200)
        #expect(answer.text == "hello")
        #expect(answer.fields == ["content-type: text/plain"])
        #expect(answer.frames == 1)
        #expect(answer.state.isOver)
        #expect(peer.text.isEmpty && peer.log.isEmpty && peer.errors.isEmpty)
    }

    @Test(arguments: Language.all)
    func theHandlerSeesTheRequestAsItWasSent(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        var fields = [("Host", "x.org"), ("User-Agent", "a: b"), ("Accept", ""), ("accept", "b")]
        for index in 5...14 { fields.append(("X-Field-\(index)", "value \(index)")) }
        let answer = try peer.exchange(
            "POST", "/a%20b?c=1&d=%C3%A9", fields: fields.map { "\($0.0): \($0.1)" },
            body: Array("four".utf8))
        #expect(answer.text == json("POST", "/a%20b?c=1&d=%C3%A9", fields, "four"))
        #expect(answer.fields == ["content-type: application/json"])
        #expect(answer.frames == 1)
    }

    @Test(arguments: Language.all)
    func valuesAreLatin1(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/", fields: ["X-Name: é"])
        #expect(answer.text == json("GET", "/", [("X-Name", "Ã©")]))
    }

    @Test(arguments: Language.all)
    func everythingThatASessionTells(_ language: Language) throws {
        let peer = try ConnectorPeer(language, instance: 4)
        let answer = try peer.exchange(
            "/session/a%2Fb/%zz/?x=1&y=a+b&x=%C3%A9&z&__proto__=1",
            fields: [
                "Host: x.org", "X-Two: 1", "Cookie: a=1; b=%20c; a=2", "x-two: 2",
                "Cookie: d=\"e\"; __proto__=f",
            ])
        let told = [
            "\"protocol\":\"http\"", "\"method\":\"GET\"",
            "\"path\":\"/session/a%2Fb/%zz/?x=1&y=a+b&x=%C3%A9&z&__proto__=1\"",
            "\"path_array\":[\"session\",\"a/b\",\"%zz\"]",
            "\"query\":\"x=1&y=a+b&x=%C3%A9&z&__proto__=1\"",
            "\"query_object\":{\"x\":[\"1\",\"é\"],\"y\":\"a b\",\"z\":\"\",\"__proto__\":\"1\"}",
            "\"cookies\":{\"a\":\"1\",\"b\":\" c\",\"d\":\"e\",\"__proto__\":\"f\"}",
            "\"headers\":{\"host\":\"x.org\",\"x-two\":\"1, 2\","
                + "\"cookie\":\"a=1; b=%20c; a=2; d=\\\"e\\\"; __proto__=f\"}",
            "\"remoteIp\":\"203.0.113.7\"", "\"scheme\":\"https\"", "\"httpVersion\":\"1.1\"",
            "\"instanceId\":\"4\"", "\"sessionType\":\"new\"", "\"sessionData\":{}",
            "\"active\":true",
        ]
        #expect(answer.text == "{\(told.joined(separator: ","))}")
    }

    @Test(arguments: Language.all)
    func aFieldMayComeSeveralTimes(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/hdr")
        #expect(
            answer.fields == [
                "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Multi: one", "X-Multi: two",
            ])
    }

    @Test(arguments: Language.all, [200, 204, 304, 404, 500, 599])
    func anyStatus(_ language: Language, code: UInt16) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/status/\(code)")
        #expect(answer.status == code)
        #expect(answer.text == (code == 204 || code == 304 ? "" : "status \(code)"))
    }

    @Test(arguments: Language.all)
    func anAnswerInPieces(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/chunks/3/20")
        #expect(answer.text == "chunk 0\nchunk 1\nchunk 2\n")
        #expect(answer.frames >= 3)
    }

    @Test(arguments: Language.all)
    func sessionsAreAnsweredInAnyOrder(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let slow = try peer.open("/delay/200")
        let pieces = try peer.open("/chunks/2/50")
        let quick = try (0..<200).map { _ in try peer.open("/hello") }
        for id in quick { #expect(try peer.answer(to: id).text == "hello") }
        #expect(peer[slow].state.answer == .awaited)
        #expect(try peer.answer(to: pieces).text == "chunk 0\nchunk 1\n")
        #expect(try peer.answer(to: slow).text == "delayed 200")
    }

    /// Without credit the rest waits; other sessions go on.
    @Test(arguments: Language.all)
    func aLargeAnswerKeepsToTheCredit(_ language: Language) throws {
        let peer = try ConnectorPeer(language, windowBytes: 65_535)
        let slow = try peer.open("/size/1048576")
        peer.stopGranting(to: slow)
        try peer.pump("a full window") { $0[slow].body.count == 65_535 }
        #expect(try peer.exchange("/hello").text == "hello")
        #expect(peer[slow].body.count == 65_535)
        try peer.grant(1, to: slow)
        try peer.pump("one byte more") { $0[slow].body.count == 65_536 }
        try peer.grant(1_048_576, to: slow)
        let answer = try peer.answer(to: slow)
        #expect(answer.body == [UInt8](repeating: 0x78, count: 1_048_576))
    }

    @Test(arguments: Language.all, [0, 1, 65_535, 65_536, 70_000])
    func answersOfAnySize(_ language: Language, size: Int) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/size/\(size)")
        #expect(answer.body.count == size)
        if size <= 65_535 { #expect(answer.frames == 1) }
    }

    private static let body = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    @Test(arguments: Language.all, [65_535, 262_144])
    func aMegabyteThereAndBack(_ language: Language, windowBytes: UInt32) throws {
        let peer = try ConnectorPeer(language, windowBytes: windowBytes)
        let answer = try peer.exchange("POST", "/echo", body: Self.body)
        #expect(answer.body == Self.body)
        #expect(answer.state.isOver)
    }

    @Test(arguments: Language.all)
    func aBodyThatIsCollected(_ language: Language) throws {
        let peer = try ConnectorPeer(language, windowBytes: 65_535)
        let answer = try peer.exchange("POST", "/body/2000000", body: Self.body)
        #expect(answer.text == "1048576")
        let small = try peer.exchange("POST", "/body/2000000")
        #expect(small.text == "0")
        let whole = try peer.exchange("POST", "/whole", body: Array(Self.body[..<1_024]))
        #expect(whole.body == Array(Self.body[..<1_024]))
        let none = try peer.exchange("POST", "/whole")
        #expect(none.body.isEmpty)
    }

    @Test(arguments: Language.all)
    func aBodyBeyondTheLimitIsRefused(_ language: Language) throws {
        let peer = try ConnectorPeer(language, windowBytes: 65_535)
        let id = try peer.open("POST", "/body/100000", body: Self.body)
        try peer.pump("the answer") { $0[id].state.answer == .ended }
        #expect(peer[id].status == 413)
        #expect(!peer[id].state.isRequestEnded, "nothing more was asked for")
        peer.close(id, .clientGone)
        #expect(try peer.exchange("/hello").text == "hello")
    }

    @Test(arguments: Language.all)
    func aBodyInSmallPieces(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let id = try peer.open("POST", "/echo", body: Array("a".utf8), ends: false)
        try peer.pump("a byte") { $0[id].text == "a" }
        peer.send(Array("bc".utf8), to: id)
        try peer.pump("two more") { $0[id].text == "abc" }
        peer.send([], to: id, ends: true)
        #expect(try peer.answer(to: id).text == "abc")
    }

    /// The end of a body may bring a trailer.
    @Test(arguments: Language.all)
    func aTrailerIsPartOfTheEnd(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let id = try peer.open("POST", "/none", body: Array("a".utf8), ends: false)
        peer.send(
            FrameHeader(.data, session: id, flags: .end), head: "x-sum: 1\n",
            payload: Array("b".utf8))
        #expect(try peer.answer(to: id).text.hasSuffix("\"b\":\"ab\"}"))
    }

    /// Who does not read gives no credit.
    @Test(arguments: Language.all)
    func aBodyThatNobodyTakesGetsNoCredit(_ language: Language) throws {
        let peer = try ConnectorPeer(language, windowBytes: 65_535)
        let id = try peer.open("POST", "/hold", body: Self.body)
        #expect(try peer.exchange("/hello").text == "hello")
        #expect(peer[id].credited == 0)
        peer.close(id, .clientStalled)
        #expect(try peer.answer(to: id).isClosed)
    }

    @Test(arguments: Language.all)
    func aSessionIsClosedWithoutAnAnswer(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/abort")
        #expect(answer.isClosed)
        #expect(answer.status == 0)
    }

    @Test(arguments: Language.all)
    func closingWithACodeIsAnAnswer(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/close/403")
        #expect(answer.status == 403)
        #expect(answer.text == "closed with 403")
        #expect(answer.frames == 1)
    }

    @Test(arguments: Language.all)
    func dataIsSavedAndComesBack(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let first = try peer.open("/save")
        let saved = try #require(try peer.answer(to: first).saved)
        #expect(String(decoding: saved, as: UTF8.self) == "{\"kept\":1}")
        #expect(peer[first].text == "new {}")
        let second = try peer.open("/save", flags: .restored)
        peer.send(FrameHeader(.save, session: second), payload: saved)
        #expect(try peer.answer(to: second).text == "restored {\"kept\":1}")
    }

    /// A handler cannot make a second answer, or a field of its own, out of a value.
    @Test(arguments: Language.all)
    func aLineBreakInAValueIsRefused(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let answer = try peer.exchange("/inject")
        #expect(answer.text == "refused refused refused")
        #expect(answer.fields == ["content-type: text/plain"])
    }
}
