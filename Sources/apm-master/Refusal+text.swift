// Why a restored worker is not started, for the daemon's own log.

import Control
import Posix

extension Refusal {
    var text: String {
        let now = UInt32(bitPattern: value)
        switch reason {
        case .unknownAccount: return "there is no account \(subject) any more"
        case .accountChanged:
            return "the account \(subject) is uid \(now) now, it was \(UInt32(bitPattern: other))"
        case .addressTaken:
            let (wanted, other) = Self.addresses(subject)
            return worker.isEmpty
                ? "\(wanted) and \(other) are in each other's way"
                : "\(worker) has \(other), which \(wanted) overlaps"
        case .portNeedsRoot: return "ports below \(value) are for workers of root: \(subject)"
        case .addressNotBound: return "\(subject) cannot be bound: \(ErrorText.of(value))"
        case .envFileBadLine: return "line \(value) of \(subject) is no KEY=value"
        default:
            let about = "\(reason) \(subject)"
            return value == 0 || step.namesAnOwner
                ? about : "\(about): \(ErrorText.of(value))"
        }
    }

    private static func addresses(_ subject: String) -> (wanted: Substring, other: Substring) {
        let parts = subject.split(separator: " ")
        return (parts.first ?? "", parts.last ?? "")
    }
}
