// What must be true of the frames that were found, and of those behind them.

import Bytes
import Frames
import Fuzzing

/// A frame behind garbage is found, unless one before it still waits for its bytes.
func checkResynchronisation(_ bytes: [UInt8], _ sender: FrameSender, _ model: FrameModel) {
    guard !model.isCut else { return }
    let header = FrameHeader(.data, session: SessionID(slot: 9, generation: 1), payloadCount: 3)
    let frame = Frame(header: header, head: [], payload: [1, 2, 3])
    let outcome = Outcome(bytes + encoded(frame), from: sender, .none)
    require(outcome.frames.last == frame, "a frame behind garbage is found")
    require(outcome.fates.suffix(19).allSatisfy { $0 == .frame }, "all of it")
    require(!outcome.isCut, "nothing is left")
}

func checkFields(_ frames: [Frame]) {
    require(keyBytes.first == key.firstByte, "the first byte of a key")
    for frame in frames {
        let session = frame.header.session
        require(!frame.header.kind.name.isEmpty, "a kind has a name")
        guard session != .none else { continue }
        let again = SessionID(slot: session.slot, generation: session.generation)
        require(again == session, "an id is a slot and a generation")
        guard frame.header.kind == .credit else { continue }
        let bytes = [UInt8](unsafeUninitializedCapacity: 20) { memory, count in
            var encoder = FrameEncoder(key: key, into: UnsafeMutableRawBufferPointer(memory))
            require(encoder.writeCredit(credit(of: frame), session: session), "room for credit")
            count = encoder.writer.count
        }
        require(bytes == encoded(frame), "one frame of credit")
    }
}

private func credit(of frame: Frame) -> UInt32 {
    frame.payload.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
}

/// What is read of a hello is read again of what is written of it.
func checkHellos(_ frames: [Frame]) {
    for frame in frames {
        let named = FrameDecoder.keyOfHello(encoded(frame).span.bytes)
        require((named == key) == (frame.header.kind == .hello), "a hello names its key")
        if let hello = try? ProxyHello(frame.head.span.bytes) {
            let again = written { hello.write(into: &$0) }
            require((try? ProxyHello(again.span.bytes)) == hello, "one hello of a proxy")
        }
        if let hello = try? WorkerHello(frame.head.span.bytes) {
            let again = written { hello.write(into: &$0) }
            require((try? WorkerHello(again.span.bytes)) == hello, "one hello of a worker")
        }
    }
}

private func written(_ body: (inout BufferWriter) -> Void) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: FrameLimits.helloBytes) { memory, count in
        var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
        body(&writer)
        require(!writer.isFull, "a hello does not grow")
        count = writer.count
    }
}

/// All frames as if they were of one session: nothing breaks, a frame that is refused changes
/// nothing, credit stays in its bounds, and what is over stays so.
func checkSession(_ frames: [Frame], closesAfter turns: Int) {
    var state = SessionState()
    for (turn, frame) in frames.enumerated() {
        let before = state
        let granted = credit(of: frame)
        let isTaken = (try? state.receive(frame.header, credit: granted)) != nil
        require(isTaken || state == before, "a refused frame changes nothing")
        require(!isTaken || before.answer != .ended, "nothing comes behind the end")
        if !isTaken, frame.header.endsWorker { state.endWorker() }
        require(!frame.header.endsWorker || state.answer == .ended, "an end is an end")
        let middle = state
        let isSent = (try? state.send(frame.header)) != nil
        require(isSent || state == middle, "a refused frame changes nothing")
        require(!isSent || !middle.isRequestEnded, "nothing is sent behind the end")
        if turn == turns { require(state.close() || state.isOver, "one close") }
        if turn > turns { require(!state.close() && state.isClosed || state.isOver, "one close") }
        let held = state
        let isGranted = (try? state.grant(granted)) != nil
        require(isGranted || state == held, "refused credit changes nothing")
        for credit in [state.toWorker, state.fromWorker] {
            require(Int(credit.bytes) <= FrameLimits.creditBytes, "the limit of credit")
        }
        require(!before.isOver || state.isOver, "what is over stays so")
    }
}
