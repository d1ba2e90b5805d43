// Text of instances, on its way to their log. What the log's pipe does not take waits here, and
// while it does, the instance is not read: it waits, and nobody else.

import EventLoop
import Glibc
import Messages

extension Switchboard {
    func addText(
        _ window: UnsafeRawBufferPointer, _ range: Range<Int>, _ instance: Instance
    ) {
        pool.append(UnsafeRawBufferPointer(rebasing: window[range]), to: &instance.unwrittenText)
    }

    /// Text goes on to the log. What its pipe does not take waits, and so does the instance.
    func flushText(_ instance: Instance) {
        while !instance.unwrittenText.isEmpty, !instance.isTextBlocked {
            let bytes = instance.unwrittenText.bytes
            let count = Glibc.write(instance.text, bytes.baseAddress, bytes.count)
            if count > 0 {
                pool.consume(count, of: &instance.unwrittenText)
            } else if errno == EAGAIN {
                let token = Token.of(Token.text, Int(instance.place))
                guard (try? loop.add(instance.text, for: .writable, token: token)) != nil else {
                    return dropText(instance)
                }
                instance.isTextBlocked = true
            } else if errno != EINTR {
                return dropText(instance)
            }
        }
        if instance.unwrittenText.isEmpty { watchOutput(instance) } else { unwatchOutput(instance) }
    }

    func unblockText(_ instance: Instance) {
        guard instance.isTextBlocked else { return }
        loop.remove(instance.text)
        instance.isTextBlocked = false
        flushText(instance)
        if instance.isClosing { finishClosing(instance) }
    }

    /// Nobody takes the text.
    func dropText(_ instance: Instance) {
        let count = instance.unwrittenText.count
        if count > 0 { note(.warning, "\(instance.name): \(count) bytes of its text are lost") }
        if instance.isTextBlocked { loop.remove(instance.text) }
        instance.isTextBlocked = false
        pool.release(&instance.unwrittenText)
        if instance.isClosing { finishClosing(instance) } else { watchOutput(instance) }
    }
}
