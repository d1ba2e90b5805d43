// What must be true of an answer that was written, and of one that was refused.

import Bytes
import Fuzzing
import HTTPWire

func checkAnswer(_ answer: Answer) {
    let said = WorkerHead(answer.block)
    withEncoder(answer.memory) { encoder in
        var body: ResponseBody
        do throws(ResponseFault) {
            body = try encoder.begin(answer)
        } catch {
            require(encoder.writer.count == 0, "half an answer")
            checkRefusal(error, answer, said)
            return
        }
        require(said != nil && answer.hasStatus, "what is wrong is refused")
        guard let said else { return }
        if answer.status < 200 {
            require(body.isInterim, "a 1xx is no answer yet")
            checkInterim(Array(encoder.writer.written), answer, said)
            return
        }
        require(!body.isInterim, "an answer is no 1xx")
        let isWhole = writeRest(answer, said, &encoder, &body)
        checkRead(Array(encoder.writer.written), answer, said, isWhole)
        guard isWhole, body.keepsAlive else { return }
        checkNext(answer, &encoder)
    }
}

/// The other parts; whether all were taken, and the last one was the end.
private func writeRest(
    _ answer: Answer, _ said: WorkerHead, _ encoder: inout ResponseEncoder,
    _ body: inout ResponseBody
) -> Bool {
    for (payload, isEnd) in answer.parts.dropFirst() {
        let before = (encoder.writer.count, body)
        let trailer = isEnd ? answer.trailer : []
        do throws(ResponseFault) {
            try encoder.write(
                ResponsePart(payload.span.bytes, isEnd: isEnd), trailer: trailer.span.bytes,
                of: &body)
        } catch {
            require(encoder.writer.count == before.0 && body == before.1, "half a part")
            let hasReason =
                switch error {
                case .bodyTooLong, .bodyTooShort: said.length != nil
                case .badField, .tooManyFields: isEnd && WorkerHead.trailer(trailer) == nil
                case .badStatus, .badLength, .noRoom: false
                }
            require(hasReason, "what is right is not refused")
            return false
        }
    }
    return answer.isEnded
}

extension Answer {
    fileprivate var hasStatus: Bool { (100...599).contains(status) && status != 101 }

    fileprivate var hasBody: Bool { !context.isHead && status != 204 && status != 304 }
}

private func checkRefusal(_ fault: ResponseFault, _ answer: Answer, _ said: WorkerHead?) {
    let payload = UInt64(answer.parts[0].payload.count)
    let length = said?.length
    let hasReason =
        switch fault {
        case .badStatus: !answer.hasStatus
        case .badField, .tooManyFields: said == nil
        case .badLength: said == nil || answer.status < 200 && length != nil
        case .bodyTooLong: length.map { payload > $0 } ?? false
        case .bodyTooShort: length.map { payload < $0 } ?? false && answer.parts[0].isEnd
        case .noRoom: false
        }
    require(hasReason, "what is right is not refused")
}

/// The head of a 1xx, and none for an old client.
private func checkInterim(_ bytes: [UInt8], _ answer: Answer, _ said: WorkerHead) {
    guard !answer.context.isVersion10 else {
        require(bytes.isEmpty, "an old client gets no 1xx")
        return
    }
    let reading = ClientReader.read(bytes, from: 0, isHead: answer.context.isHead)
    require(reading.fault == nil && reading.end == bytes.count, "one 1xx")
    require(reading.status == answer.status, "the status of a 1xx")
    require(reading.fields == said.fields, "the fields of a 1xx")
}

private func checkRead(_ bytes: [UInt8], _ answer: Answer, _ said: WorkerHead, _ isWhole: Bool) {
    let reading = ClientReader.read(bytes, from: 0, isHead: answer.context.isHead)
    require(reading.fault == nil, "a client can read it")
    require(reading.status == answer.status, "the status")
    require(reading.reason.count < 40, "the reason")
    let own: [UInt8] = said.fields.contains { $0.isNamed("date") } ? [] : Array("date".utf8)
    var names = said.fields.map(\.name)
    if !own.isEmpty { names.append(own) }
    let framing = ["content-length", "transfer-encoding", "connection"].map { Array($0.utf8) }
    let others = reading.fields.filter { !framing.contains($0.name) }
    require(others.map(\.name) == names, "no field more and none less")
    require(others.starts(with: said.fields), "what was said")
    require(!reading.isToClose || answer.context.isVersion10, "a framing")
    let isClosing = reading.fields.contains {
        $0.isNamed("connection") && $0.value == Array("close".utf8)
    }
    require(isClosing || answer.context.keepsAlive, "an end of the connection is said")
    if reading.isToClose { require(isClosing, "a body to the end is said to be one") }
    guard answer.hasBody else {
        require(reading.end == bytes.count && reading.body.isEmpty, "no body")
        return
    }
    let sent = Array(answer.parts.map(\.payload).joined())
    require(sent.starts(with: reading.body), "no byte that was not sent")
    guard isWhole else { return }
    require(reading.end == bytes.count, "one answer")
    require(reading.body == sent, "the body")
    let trailer = reading.isChunked ? WorkerHead.trailer(answer.trailer) : []
    require(reading.trailer == trailer, "the trailer")
}

/// What comes next is found where it begins.
private func checkNext(_ answer: Answer, _ encoder: inout ResponseEncoder) {
    let start = encoder.writer.count
    let date = date
    let fits = encoder.writeNotice(status: 503, to: answer.context, date: date.span.bytes)
    require(fits, "room for a notice")
    let bytes = Array(encoder.writer.written)
    let second = ClientReader.read(bytes, from: start, isHead: answer.context.isHead)
    require(second.status == 503 && second.end == bytes.count, "the next answer")
}
