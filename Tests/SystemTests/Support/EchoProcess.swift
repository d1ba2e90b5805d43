// A process that only answers, beside one that is measured: the time it takes for an answer is what
// the machine itself takes away at that moment.

import Glibc

final class EchoProcess {
    private let pid: pid_t
    private let there = PipeEnds()
    private let back = PipeEnds()

    init() {
        let report = PipeEnds()
        var pidfd: Int32 = -1
        pid = Program.spawn(
            "/bin/cat", [], [], (there.reading, back.writing, back.writing, -1), report.writing,
            nil, &pidfd)
        for descriptor in [
            there.reading, back.writing, report.reading, report.writing, pidfd,
        ] { close(descriptor) }
    }

    /// Milliseconds for a byte there and back.
    func answer() -> Double {
        let started = Moment.now
        var byte: UInt8 = 1
        guard write(there.writing, &byte, 1) == 1, read(back.reading, &byte, 1) == 1 else {
            return 0
        }
        return Moment.now.milliseconds(since: started)
    }

    func end() {
        close(there.writing)
        close(back.reading)
        Program.end(pid)
    }
}
