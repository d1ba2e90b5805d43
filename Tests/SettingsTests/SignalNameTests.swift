// Signal names against the numbers of the C library, both ways.

import Glibc
import Settings
import Testing

@Suite struct SignalNameTests {
    private static let known: [(String, Int32)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP),
        ("ABRT", SIGABRT), ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL), ("USR1", SIGUSR1),
        ("SEGV", SIGSEGV), ("USR2", SIGUSR2), ("PIPE", SIGPIPE), ("ALRM", SIGALRM),
        ("TERM", SIGTERM), ("STKFLT", SIGSTKFLT), ("CHLD", SIGCHLD), ("CONT", SIGCONT),
        ("STOP", SIGSTOP), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU), ("URG", SIGURG),
        ("XCPU", SIGXCPU), ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF),
        ("WINCH", SIGWINCH), ("IO", SIGIO), ("PWR", SIGPWR), ("SYS", SIGSYS),
    ]

    @Test(arguments: known)
    func namesAndNumbersAreTheCLibrarys(_ name: String, _ number: Int32) {
        #expect(SignalName.text(UInt8(number)) == "SIG" + name)
        for spelling in ["SIG" + name, name, name.lowercased(), "sig" + name.lowercased()] {
            #expect(SignalName.number(spelling) == UInt8(number))
        }
    }

    @Test func everyNumberComesBackFromItsText() {
        for number in UInt8(1)...64 {
            #expect(SignalName.number(SignalName.text(number)) == number)
        }
    }

    @Test func realTimeSignals() {
        #expect(SignalName.text(34) == "SIGRTMIN")
        #expect(SignalName.text(37) == "SIGRTMIN+3")
        #expect(SignalName.number("RTMIN+30") == 64)
        #expect(SignalName.number("SIGRTMIN+0") == 34)
    }

    @Test func numbersWithoutANameStayNumbers() {
        for number in [UInt8(0), 32, 33, 65, 255] {
            #expect(SignalName.text(number) == String(number))
        }
    }

    @Test(arguments: [
        "", "SIG", "0", "65", "-1", "256", "TERMS", "SIGSIGTERM", "RTMIN+31", "RTMIN-1", "RTMIN+",
        "RTMAX", "term ", "1x",
    ])
    func whatIsNoSignal(_ text: String) {
        #expect(SignalName.number(text) == nil)
    }
}
