// How an instance ended, for the daemon's own log.

import Control
import Posix
import Settings

extension ExitReport {
    /// Continues a sentence that begins with the instance.
    var text: String {
        switch cause {
        case .none: "has not ended"
        case .code: "ended with exit code \(value) after \(uptimeMilliseconds) ms"
        case .signal:
            "was ended by \(SignalName.text(UInt8(clamping: value))) after \(uptimeMilliseconds) ms"
        case .heldUpLog: "was ended because it held up its log pipe"
        case .notStarted: "was not started (\(step): \(ErrorText.of(value)))"
        }
    }
}
