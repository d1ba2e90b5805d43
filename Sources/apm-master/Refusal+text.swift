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
        case .envFileBadLine: return "line \(value) of \(subject) is no KEY=value"
        default:
            let about = "\(reason) \(subject)"
            return value == 0 || step.namesAnOwner
                ? about : "\(about): \(ErrorText.of(value))"
        }
    }
}
