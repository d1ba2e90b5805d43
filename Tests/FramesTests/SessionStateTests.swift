// A session row by row: what a worker may send when, credit, and when a slot is free again.

import Testing

@testable import Frames

@Suite struct SessionStateTests {
    private static let session = FrameSamples.session

    private func header(
        _ kind: FrameKind, _ code: UInt16 = 0, end: Bool = false, payload: UInt16 = 0
    ) -> FrameHeader {
        FrameHeader(
            kind, session: Self.session, code: code, flags: end ? .end : [], payloadCount: payload)
    }

    /// A session whose request was sent in one frame.
    private func asked(windowBytes: UInt32 = 65_535) throws -> SessionState {
        var state = SessionState(windowBytes: windowBytes)
        try state.send(header(.request, end: true))
        return state
    }

    @Test func anAnswerInOneFrameEndsTheSession() throws {
        var state = try asked()
        try state.receive(header(.response, 200, end: true, payload: 5))
        let isTold = state.close()
        #expect(state.isOver && !isTold)
    }

    @Test func anAnswerInPiecesEndsWithItsLast() throws {
        var state = try asked()
        try state.receive(header(.response, 103))
        try state.receive(header(.response, 200))
        #expect(state.answer == .begun)
        try state.receive(header(.data, payload: 9))
        #expect(!state.isOver)
        try state.receive(header(.data, end: true))
        #expect(state.isOver)
    }

    @Test func anAnswerBeforeTheRequestsEndLeavesTheSessionOpen() throws {
        var state = SessionState()
        try state.send(header(.request))
        try state.receive(header(.response, 413, end: true))
        #expect(!state.isOver)
        try state.send(header(.data, end: true))
        #expect(state.isOver)
    }

    @Test func framesOutOfTurnAreRefusedAndChangeNothing() throws {
        var state = try asked()
        let before = state
        for frame in [
            header(.data, payload: 1), header(.response, 100, end: true),
            header(.response, 102, payload: 1),
        ] {
            #expect(throws: FrameProblem.outOfTurn) { try state.receive(frame) }
        }
        #expect(state == before)
        try state.receive(header(.response, 200))
        for frame in [header(.response, 200), header(.pass)] {
            #expect(throws: FrameProblem.outOfTurn) { try state.receive(frame) }
        }
        try state.receive(header(.close))
        #expect(throws: FrameProblem.outOfTurn) { try state.receive(header(.data)) }
    }

    @Test func nothingIsSentBehindTheEnd() throws {
        var state = try asked()
        #expect(throws: FrameProblem.outOfTurn) { try state.send(header(.data)) }
        #expect(throws: FrameProblem.outOfTurn) { try state.send(header(.credit)) }
    }

    @Test func bytesNeedCredit() throws {
        var state = try asked(windowBytes: 10)
        #expect(throws: FrameProblem.creditExceeded) {
            try state.receive(header(.response, 200, payload: 11))
        }
        try state.receive(header(.response, 200, payload: 10))
        #expect(throws: FrameProblem.creditExceeded) {
            try state.receive(header(.data, payload: 1))
        }
        try state.grant(5)
        try state.receive(header(.data, end: true, payload: 5))
        #expect(state.fromWorker.bytes == 0)
    }

    @Test func creditIsBounded() throws {
        var state = SessionState(windowBytes: 10)
        try state.send(header(.request, payload: 10))
        #expect(throws: FrameProblem.creditExceeded) { try state.send(header(.data, payload: 1)) }
        for wrong in [0, UInt32(FrameLimits.creditBytes) + 1, .max] {
            #expect(throws: FrameProblem.creditExceeded) {
                try state.receive(header(.credit, payload: 4), credit: wrong)
            }
        }
        try state.receive(header(.credit, payload: 4), credit: UInt32(FrameLimits.creditBytes))
        #expect(Int(state.toWorker.bytes) == FrameLimits.creditBytes)
    }

    @Test func onlyAnUntouchedRequestIsPassedOn() throws {
        var whole = try asked()
        try whole.receive(header(.pass))
        #expect(whole.isOver)
        var open = SessionState()
        try open.send(header(.request))
        #expect(throws: FrameProblem.outOfTurn) { try open.receive(header(.pass)) }
        try open.send(header(.data, end: true, payload: 1))
        #expect(throws: FrameProblem.outOfTurn) { try open.receive(header(.pass)) }
    }

    @Test func aClosedSessionKeepsItsSlotUntilTheWorkerHasEnded() throws {
        var state = SessionState()
        try state.send(header(.request))
        let told = [state.close(), state.close()]
        #expect(told == [true, false])
        #expect(!state.isOver)
        try state.receive(header(.data, payload: 1))
        try state.receive(header(.close))
        #expect(state.isOver)
    }

    @Test func kindsThatOpenNothingAreRefused() throws {
        var state = try asked()
        for kind in [FrameKind.hello, .drain, .log, .forget, .request] {
            #expect(throws: FrameProblem.wrongSender) { try state.receive(header(kind)) }
        }
    }
}
