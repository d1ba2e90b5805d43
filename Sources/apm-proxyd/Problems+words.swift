// What is wrong with frames and answers of workers, in words for the daemon's log.

import Frames
import HTTPWire

extension FrameProblem {
    /// Behind a colon, for people.
    var words: String {
        switch self {
        case .unknownKind(let number): "its kind \(number) is not known"
        case .wrongSender: "its kind goes the other way"
        case .undefinedFlag: "it has a flag that its kind does not have"
        case .badCode: "it has a code that its kind does not have"
        case .wrongSession: "it has no session, or one where none may be"
        case .wrongLength: "its head or payload is longer or shorter than may be"
        case .badHello: "it does not name a connector, or not as it must"
        case .outOfTurn: "it comes out of turn"
        case .creditExceeded: "it has or gives more bytes than there is credit for"
        }
    }
}

extension ResponseFault {
    /// Behind a colon, for people.
    var words: String {
        switch self {
        case .badStatus: "its status is none that may be sent"
        case .badField: "a line of its head is no field, or has a control character in it"
        case .tooManyFields: "it has too many fields"
        case .badLength: "it has two Content-Lengths, or one that is no number"
        case .bodyTooLong: "its body is longer than its Content-Length"
        case .bodyTooShort: "its body is shorter than its Content-Length"
        case .noRoom: "it is too long"
        }
    }
}
