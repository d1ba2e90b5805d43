// What happens on the pipe beside plain exchanges: closes, late and unknown frames, prints.

import Frames
import Testing

@Suite struct StreamTests {
    @Test(arguments: Language.all)
    func aClientThatGoesIsTold(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let id = try peer.open("/hold")
        #expect(try peer.exchange("/hello").text == "hello")
        peer.close(id, .clientGone)
        let answer = try peer.answer(to: id)
        #expect(answer.isClosed && answer.status == 0)
        try peer.pump("what the handler prints") { $0.log.count >= 7 }
        #expect(String(decoding: peer.log, as: UTF8.self) == "closed\n")
    }

    /// A close that crosses the end of the answer is answered by nothing.
    @Test(arguments: Language.all)
    func lateFramesOfOverSessionsAreDropped(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let id = try peer.open("/hello")
        _ = try peer.answer(to: id)
        let frames = peer.frames
        peer.send(FrameHeader(.credit, session: id), payload: [0, 0, 1, 0])
        peer.send(FrameHeader(.close, session: id))
        peer.send(FrameHeader(.data, session: id, flags: .end), payload: [1, 2, 3])
        peer.send(FrameHeader(.save, session: id), payload: [1, 2, 3])
        #expect(try peer.exchange("/hello").text == "hello")
        #expect(peer.frames == frames + 1)
    }

    @Test(arguments: Language.all)
    func framesOfUnknownKindsAreSkipped(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        for kind in [UInt8(0x06), 0x20, 0x30, 0xFE] {
            let session = [UInt8](repeating: 7, count: 4)
            peer.send(raw: [0xF9, 0x31, 0x7A, 0x5C, kind, 0xFF, 9, 9] + session + [3, 0, 2, 1])
            peer.send(raw: [UInt8](repeating: 0xF9, count: 3 + 258))
        }
        #expect(try peer.exchange("/hello").text == "hello")
        #expect(peer.frames == 2, "its hello and one answer")
    }

    /// However the bytes are cut.
    @Test(arguments: Language.all)
    func framesMayComeByteByByte(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let body = [UInt8](repeating: 0x61, count: 20)
        let id = try peer.open("POST", "/echo", body: body)
        try peer.dribble()
        #expect(try peer.answer(to: id).body == body)
    }

    @Test(arguments: Language.all)
    func openSessionsOutliveADrain(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let id = try peer.open("/chunks/3/50")
        try peer.pump("the beginning") { !$0[id].body.isEmpty }
        peer.send(FrameHeader(.drain))
        #expect(try peer.answer(to: id).text == "chunk 0\nchunk 1\nchunk 2\n")
        #expect(try peer.waitForEnd() == 0)
    }

    /// A new proxy has the same slots again.
    @Test(arguments: Language.all)
    func afterAForgetNothingIsSaidOfTheSessionsBefore(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let held = try peer.open("/hold")
        let delayed = try peer.open("/delay/50")
        let begun = try peer.open("/chunks/3/50")
        try peer.pump("the beginning") { !$0[begun].body.isEmpty }
        peer.send(FrameHeader(.forget))
        try peer.pump("what the handler prints") { $0.log.count >= 7 }
        #expect(try peer.exchange("/delay/300").text == "delayed 300")
        #expect(peer[held].state.answer == .awaited && peer[delayed].state.answer == .awaited)
        #expect(peer[begun].state.answer == .begun)
    }

    @Test(arguments: Language.all)
    func printsAreLinesOfTheLog(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        #expect(try peer.exchange("/print").text == "printed")
        try peer.pump("the line") { $0.log.count >= 16 }
        #expect(String(decoding: peer.log, as: UTF8.self) == "printed: é ✓\n")
        #expect(peer.text.isEmpty && peer.errors.isEmpty)
    }

    /// What a child writes is text, whatever it looks like, and the answer is whole.
    @Test(arguments: Language.all)
    func whatAChildPrintsIsNoFrame(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let forged: [UInt8] = [
            0xF9, 0x31, 0x7A, 0x5D, 0x11, 1, 200, 0, 1, 0, 0x30, 0, 0, 0, 1, 0, 0x21, 0x0A,
        ]
        let printed = forged + [0xF9, 0x31, 0x7A, 0xFF, 0xFE] + forged
        let answer = try peer.exchange("POST", "/subprocess", body: printed)
        #expect(answer.text == "done" && answer.frames == 1)
        try peer.pump("what the child printed") {
            $0.text.count + $0.log.count + $0.errors.count >= printed.count
        }
        #expect(peer.text + peer.log + peer.errors == printed)
        #expect(try peer.exchange("/hello").text == "hello")
    }

    @Test(arguments: Language.all)
    func itEndsWhenItsInputDoes(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        _ = try peer.open("/hold")
        #expect(try peer.exchange("/hello").text == "hello")
        #expect(try peer.waitForEnd() == 0)
        #expect(peer.errors.isEmpty)
    }

    /// Nothing that was said is lost when it ends.
    @Test(arguments: Language.all)
    func anExitSendsWhatWaits(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        let id = try peer.open("/exit/3")
        #expect(try peer.answer(to: id).text == "exiting")
        #expect(try peer.waitForEnd(closesInput: false) == 3)
        #expect(String(decoding: peer.log, as: UTF8.self) == "exit\n")
    }
}

@Suite struct StartTests {
    private func words(_ text: String, _ wanted: [String]) {
        for word in wanted { #expect(text.contains(word), "\(word) in: \(text)") }
    }

    private func arguments(_ language: Language) -> [String] {
        [language.interpreter, Language.folder + language.echo]
    }

    @Test(arguments: Language.all)
    func withoutAPMItSaysSo(_ language: Language) throws {
        let result = try WorkerProcess.run(arguments(language))
        #expect(result.code == 1)
        #expect(result.output.isEmpty)
        words(result.errors, ["apm run"])
    }

    /// A worker that is not connected has no frames on its standard input.
    @Test(arguments: Language.all)
    func withoutAProxyItSaysWhatToSet(_ language: Language) throws {
        let result = try WorkerProcess.run(
            arguments(language), environment: ["APM=1"], input: "/dev/null")
        #expect(result.code == 1)
        words(result.errors, ["server", "connector true"])
    }

    @Test(arguments: Language.all)
    func aSilentPipeIsNoProxy(_ language: Language) throws {
        let process = try WorkerProcess(arguments(language), environment: ["APM=1"])
        var text: [UInt8] = []
        while let bytes = try process.nextErrors() { text += bytes }
        #expect(process.reap() == 1)
        words(String(decoding: text, as: UTF8.self), ["server", "connector true"])
    }

    @Test(arguments: Language.all)
    func anotherVersionOfTheProtocolIsRefused(_ language: Language) throws {
        let process = try WorkerProcess(arguments(language), environment: ["APM=1"])
        process.write([0xF9, 0x31, 0x7A, 0x5C, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        var text: [UInt8] = []
        while let bytes = try process.nextErrors() { text += bytes }
        #expect(process.reap() == 1)
        words(String(decoding: text, as: UTF8.self), ["version 2", "-update"])
    }

    @Test(arguments: Language.all)
    func bytesThatAreNoFrameEndIt(_ language: Language) throws {
        let peer = try ConnectorPeer(language)
        peer.send(raw: Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        #expect(try peer.waitForEnd(closesInput: false) == 1)
        words(String(decoding: peer.errors, as: UTF8.self), ["no frame"])
    }
}
