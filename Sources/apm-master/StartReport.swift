// What a starting daemon tells whoever started it, over standard output: one line, `ready PID` or
// `running PID` or `failed TEXT`. With --daemon standard output is then let go of.

import Glibc

struct StartReport {
    let isDaemon: Bool

    func ready() {
        write("ready \(getpid())\n")
        guard isDaemon else { return }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] { dup2(null, descriptor) }
        close(null)
    }

    func failed(_ error: StartError) {
        switch error {
        case .running(let pid):
            write("running \(pid)\n")
            complain("another daemon runs here with pid \(pid)", "stop it with: apm exit daemon")
        case .failed(let text):
            write("failed \(text)\n")
            complain("the daemon cannot start: \(text)", "put this right, then start it again")
        }
    }

    /// Two lines for a person who runs the daemon by hand.
    private func complain(_ what: String, _ remedy: String) {
        guard !isDaemon else { return }
        let text = "apm-master: \(what)\n  \(remedy)\n"
        _ = Glibc.write(STDERR_FILENO, text, text.utf8.count)
    }

    private func write(_ line: String) {
        guard isDaemon else { return }
        _ = Glibc.write(STDOUT_FILENO, line, line.utf8.count)
    }
}
