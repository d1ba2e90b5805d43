// One pipe of one start, as the log book keeps it.

import Glibc
import Messages
import Posix

extension LogBook {
    /// Whoever holds it cannot mean another stream that got the same id later.
    final class Stream {
        var plan: StreamPlan
        /// The master's copy of the reading end; nil when it is closed.
        var pipe: Descriptor?
        /// The tree that wrote to it is gone: logd reads what is there and ends it.
        var isFinished = false
        /// logd has read it to its end.
        var hasEnded = false
        /// A client may still ask for its first bytes.
        var keepsStart: Bool
        /// No logd is told of it any more: it may be what one waited for or died of.
        var isLeftOut = false
        /// The logd that waits for its pipe and does not end; 0 = none.
        var heldBy: pid_t = 0

        init(plan: StreamPlan, pipe: Int32) {
            self.plan = plan
            self.pipe = Descriptor(owning: pipe)
            keepsStart = plan.keepsStart
        }

        var id: UInt32 { plan.stream }
    }
}
