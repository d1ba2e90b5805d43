// How an instance ended, for the daemon's own log.

import Control
import Posix
import Settings

extension ExitReport {
    private var faultText: String {
        switch fault {
        case .badHello: "its greeting is no hello"
        case .closedPipe: "it has closed its standard input or output"
        case .doesNotRead: "it does not read its standard input"
        case nil: "apm-proxyd cannot go on with it"
        }
    }

    /// Continues a sentence that begins with the instance.
    func text(memoryLimit: UInt64) -> String {
        switch cause {
        case .none: "has not ended"
        case .code: "ended with exit code \(value) after \(uptimeMilliseconds) ms"
        case .signal:
            "was ended by \(SignalName.text(UInt8(clamping: value))) after \(uptimeMilliseconds) ms"
        case .outOfMemory:
            "was killed by the kernel after \(uptimeMilliseconds) ms: "
                + memoryReason(limit: memoryLimit)
        case .notStarted where step.namesAnOwner:
            "was not started (\(step): uid \(value) can change it)"
        case .heldUpLog: "was ended because it held up its log pipe"
        case .faulted: "was ended after \(uptimeMilliseconds) ms: \(faultText)"
        case .notStarted: "was not started (\(step): \(ErrorText.of(value)))"
        }
    }
}
