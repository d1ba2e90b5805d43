// The payload of a close frame: nothing, or a code and a reason in UTF-8.

import Bytes

public enum WebSocketClose {
    /// Codes that may stand in a frame: those that the RFC and its registry define for it, and what
    /// libraries and programs agree on.
    public static func isAllowed(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The code; nil for an empty payload.
    static func read(_ payload: RawSpan) throws(WebSocketFault) -> UInt16? {
        guard payload.byteCount > 0 else { return nil }
        guard payload.byteCount > 1 else { throw .badClose }
        let code = UInt16(payload.byte(0)) << 8 | UInt16(payload.byte(1))
        guard isAllowed(code) else { throw .badClose }
        var check = UTF8Check()
        guard check.take(payload.extracting(droppingFirst: 2)), check.isComplete else {
            throw .badText
        }
        return code
    }

    /// A close frame of a server. A reason that is too long is cut between two characters; a code
    /// that may not be sent is our own bug and traps.
    public static func write(
        code: UInt16, reason: String = "", into writer: inout BufferWriter
    ) {
        precondition(isAllowed(code), "no code to send")
        var kept = reason
        while kept.utf8.count > HTTPLimits.reasonBytes { kept.unicodeScalars.removeLast() }
        WebSocketHeader(.close, payloadCount: UInt64(2 + kept.utf8.count)).write(into: &writer)
        writer.writeLittleEndian(code.byteSwapped)
        writer.write(utf8: kept)
    }
}
