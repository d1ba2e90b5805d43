// Makes the bytes of an answer from what a worker said: status line, fields, Date, Connection, and
// the framing of the body that fits the client. The bytes are written into the caller's memory;
// with less room than `ResponseEncoder.room` says, nothing is.

import Bytes

/// What an answer must know of its request.
public struct ResponseContext: Equatable, Sendable {
    public var isHead: Bool
    public var isVersion10: Bool
    /// Another request may come on this connection.
    public var keepsAlive: Bool

    public init(isHead: Bool = false, isVersion10: Bool = false, keepsAlive: Bool = true) {
        self.isHead = isHead
        self.isVersion10 = isVersion10
        self.keepsAlive = keepsAlive
    }

    public init(_ head: RequestHead) {
        self.init(
            isHead: head.isHead, isVersion10: head.isVersion10, keepsAlive: head.keepsAlive)
    }
}

/// The part of an answer that one frame brings.
public struct ResponsePart: ~Escapable {
    public let payload: RawSpan
    /// Nothing comes behind it.
    public let isEnd: Bool

    @_lifetime(copy payload)
    public init(_ payload: RawSpan, isEnd: Bool) {
        self.payload = payload
        self.isEnd = isEnd
    }
}

/// The body of an answer that has begun.
public struct ResponseBody: Equatable, Sendable {
    enum Framing: Equatable, Sendable {
        /// What comes is dropped: there is no body, or the client asked for none.
        case none
        case length(left: UInt64)
        case chunked
        case untilClose
    }

    var framing: Framing
    /// Whether the connection is of use behind the end of this answer.
    public internal(set) var keepsAlive: Bool
    /// Not an answer yet: a 1xx, which another head follows.
    public internal(set) var isInterim = false
}

public struct ResponseEncoder {
    public var writer: BufferWriter

    /// `memory` must outlive the encoder.
    public init(into memory: UnsafeMutableRawBufferPointer) {
        writer = BufferWriter(memory)
    }

    /// Bytes that an answer with so many bytes of head block and payload takes at most.
    public static func room(block: Int, payload: Int) -> Int {
        // A line has at least four bytes and gets one more.
        block + block / 4 + payload + HTTPLimits.responseOverhead
    }

    /// Writes a head and the first part of the body. `date` is what `HTTPDate` rendered. When it
    /// throws nothing was written.
    public mutating func begin(
        status: Int, block: RawSpan, _ part: borrowing ResponsePart, to context: ResponseContext,
        date: RawSpan
    ) throws(ResponseFault) -> ResponseBody {
        let start = writer.count
        do throws(ResponseFault) {
            if status < 200 { return try writeInterim(status, block, context) }
            guard status <= 599 else { throw .badStatus }
            writeStatus(status)
            let fields = try ResponseFields(block, into: &writer)
            if !fields.hasDate {
                writer.write("Date: ")
                writer.write(date)
                writer.write("\r\n")
            }
            var body = writeFraming(status, fields.length, part, context)
            writer.write("\r\n")
            try write(part, trailer: RawSpan(), of: &body)
            return body
        } catch {
            writer.rewind(to: start)
            throw error
        }
    }

    /// Writes another part. `trailer` is the head block of the last one. When it throws nothing was
    /// written and the body is where it was.
    public mutating func write(
        _ part: borrowing ResponsePart, trailer: RawSpan, of body: inout ResponseBody
    ) throws(ResponseFault) {
        let start = writer.count
        var next = body.framing
        do throws(ResponseFault) {
            switch body.framing {
            case .none: break
            case .length(let left):
                let count = UInt64(part.payload.byteCount)
                guard count <= left else { throw .bodyTooLong }
                guard !part.isEnd || count == left else { throw .bodyTooShort }
                writer.write(part.payload)
                next = .length(left: left - count)
            case .chunked: try writeChunk(part, trailer)
            case .untilClose: writer.write(part.payload)
            }
            guard !writer.isFull else { throw .noRoom }
            body.framing = next
        } catch {
            writer.rewind(to: start)
            throw error
        }
    }

    /// A whole answer of the proxy's own: a line of text, and further fields, each ended by CR LF.
    /// False when it did not fit.
    public mutating func writeNotice(
        status: Int, fields: StaticString = "", to context: ResponseContext, date: RawSpan
    ) -> Bool {
        let start = writer.count
        let phrase = StatusReason.phrase(of: status)
        writeStatus(status)
        writer.write("Content-Type: text/plain\r\nContent-Length: ")
        writer.writeDecimal(UInt64(phrase.utf8CodeUnitCount + 5))
        writer.write("\r\nDate: ")
        writer.write(date)
        writer.write("\r\n")
        writer.write(fields)
        writeConnection(keepsAlive: context.keepsAlive, context)
        writer.write("\r\n")
        if !context.isHead {
            writer.writeDecimal(UInt64(status))
            writer.write(" ")
            writer.write(phrase)
            writer.write("\n")
        }
        guard writer.isFull else { return true }
        writer.rewind(to: start)
        return false
    }

    /// `HTTP/1.1 100 Continue`, for a client that waits before it sends its body.
    public mutating func writeContinue() -> Bool {
        let start = writer.count
        writer.write("HTTP/1.1 100 Continue\r\n\r\n")
        guard writer.isFull else { return true }
        writer.rewind(to: start)
        return false
    }
}

extension ResponseEncoder {
    private mutating func writeStatus(_ status: Int) {
        if status == 200 {
            writer.write("HTTP/1.1 200 OK\r\n")
            return
        }
        writer.write("HTTP/1.1 ")
        writer.writeDecimal(UInt64(status))
        writer.write(" ")
        writer.write(StatusReason.phrase(of: status))
        writer.write("\r\n")
    }

    /// A 1xx of a worker; HTTP/1.0 does not know them. 101 is not a worker's to say.
    private mutating func writeInterim(
        _ status: Int, _ block: RawSpan, _ context: ResponseContext
    ) throws(ResponseFault) -> ResponseBody {
        guard status >= 100, status != 101 else { throw .badStatus }
        let start = writer.count
        writeStatus(status)
        let fields = try ResponseFields(block, into: &writer)
        guard fields.length == nil else { throw .badLength }
        writer.write("\r\n")
        guard !writer.isFull else { throw .noRoom }
        if context.isVersion10 { writer.rewind(to: start) }
        return ResponseBody(framing: .none, keepsAlive: context.keepsAlive, isInterim: true)
    }

    /// Decides how the body ends and says so. A worker that ends at once need not have said how
    /// long its body is.
    private mutating func writeFraming(
        _ status: Int, _ declared: UInt64?, _ part: borrowing ResponsePart,
        _ context: ResponseContext
    ) -> ResponseBody {
        let payload = UInt64(part.payload.byteCount)
        var body = ResponseBody(framing: .none, keepsAlive: context.keepsAlive)
        if status == 204 || status == 304 || context.isHead {
            // Of a body that is not sent the length may be told, where the worker knows it.
            let known = declared ?? (part.isEnd && payload > 0 ? payload : nil)
            if status != 204, let known { writeLength(known) }
        } else if let length = declared ?? (part.isEnd ? payload : nil) {
            writeLength(length)
            body.framing = .length(left: length)
        } else if context.isVersion10 {
            body.framing = .untilClose
            body.keepsAlive = false
        } else {
            writer.write("Transfer-Encoding: chunked\r\n")
            body.framing = .chunked
        }
        writeConnection(keepsAlive: body.keepsAlive, context)
        return body
    }

    private mutating func writeLength(_ length: UInt64) {
        writer.write("Content-Length: ")
        writer.writeDecimal(length)
        writer.write("\r\n")
    }

    private mutating func writeConnection(keepsAlive: Bool, _ context: ResponseContext) {
        if !keepsAlive {
            writer.write("Connection: close\r\n")
        } else if context.isVersion10 {
            writer.write("Connection: keep-alive\r\n")
        }
    }

    private mutating func writeChunk(
        _ part: borrowing ResponsePart, _ trailer: RawSpan
    ) throws(ResponseFault) {
        // A chunk of no bytes would be the end.
        if part.payload.byteCount > 0 {
            writer.writeHexadecimal(UInt64(part.payload.byteCount))
            writer.write("\r\n")
            writer.write(part.payload)
            writer.write("\r\n")
        }
        guard part.isEnd else { return }
        writer.write("0\r\n")
        _ = try ResponseFields(trailer, isTrailer: true, into: &writer)
        writer.write("\r\n")
    }
}
