// Descriptors 0 to 2, before anything else is opened: whoever calls apm may have closed them, and
// what is opened next gets the lowest free number.

import Glibc

enum StandardDescriptors {
    /// Opens the null device, for reading alone, in the place of each one that is closed: no socket
    /// gets its number and the answers that are meant for people, and a write still fails.
    static func fill() {
        for number in STDIN_FILENO...STDERR_FILENO {
            guard fcntl(number, F_GETFD) < 0, errno == EBADF else { continue }
            // Those below are open, so it gets this one.
            guard open("/dev/null", O_RDONLY) == number else { _exit(ExitValue.failed.rawValue) }
        }
    }
}
