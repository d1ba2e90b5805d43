// Why a request is refused. Its connection is closed behind the answer: after bytes that can be
// read in two ways, nobody knows where the next request begins.

public enum RequestFault: Error, Equatable, Sendable, CaseIterable {
    /// A line with a control character, a bare CR or a bare LF.
    case badByte
    case badMethod
    case badTarget
    case badVersion
    /// HTTP, but neither 1.0 nor 1.1.
    case unknownVersion
    /// CONNECT: this is no forward proxy.
    case connect
    /// A line that is no field, folded ones among them.
    case badField
    /// No Host, two of them, or one that is none.
    case badHost
    /// The target names another host than Host does.
    case foreignHost
    /// Two Content-Lengths, or one that is no number.
    case badLength
    /// Content-Length beside Transfer-Encoding, or the latter twice or in HTTP/1.0.
    case ambiguousBody
    /// A transfer coding other than chunked.
    case unknownCoding
    /// An expectation other than 100-continue.
    case unknownExpectation
    /// Connection names too many options, or something that is none.
    case badConnection
    case lineTooLong
    case headTooLong
    case tooManyFields
    /// A chunk's size line or end.
    case badChunk
    /// More extensions than a body may have.
    case tooManyExtensions
    /// A trailer field that is none, or that may not stand there.
    case badTrailer
    case trailerTooLong

    /// The status of the answer.
    public var status: Int {
        switch self {
        case .unknownVersion: 505
        case .connect: 405
        case .unknownCoding: 501
        case .unknownExpectation: 417
        case .lineTooLong: 414
        case .headTooLong, .tooManyFields, .trailerTooLong: 431
        case .badByte, .badMethod, .badTarget, .badVersion, .badField, .badHost, .foreignHost,
            .badLength, .ambiguousBody, .badConnection, .badChunk, .tooManyExtensions,
            .badTrailer:
            400
        }
    }
}
