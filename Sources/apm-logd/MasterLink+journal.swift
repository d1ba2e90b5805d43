// The first two messages: hello, then the journal.

import Confinement
import EventLoop
import Messages
import Posix

extension MasterLink {
    /// Waits for both; the loop must look at this link already.
    func awaitJournal(_ loop: borrowing EventLoop) throws(SystemError) -> Journal {
        while true {
            switch receive() {
            case .message(.hello(let role, let version), _):
                guard role == .master, version == Version.text else {
                    breach("\(role) of version \(version); this is \(Version.text)")
                }
            case .message(.openJournal, let descriptors):
                // The filter allows splice into this number alone.
                guard descriptors == [Confinement.journalDescriptor] else {
                    breach("the journal came as descriptor \(descriptors)")
                }
                return try Journal(descriptor: Confinement.journalDescriptor)
            case .message(let message, _): breach("\(message.kind.name) before the journal")
            case .none: try loop.wait(until: nil) { _ in }
            case .closed: breach("the master closed before the journal came")
            case .breach(let reason): breach(reason)
            }
        }
    }
}
