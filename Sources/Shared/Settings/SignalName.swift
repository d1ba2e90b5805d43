// Signal names and numbers of Linux (signal(7); the numbers are those of x86-64 and aarch64).

public enum SignalName {
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ]

    /// Every signal that has a name.
    public static let all = (UInt8(1)...64).map(text).filter { $0.hasPrefix("SIG") }

    /// `SIGTERM` for 15; real-time signals as `SIGRTMIN+N`; the number where there is no name.
    public static func text(_ number: UInt8) -> String {
        switch number {
        case 1...31: "SIG" + names[Int(number) - 1]
        case 34: "SIGRTMIN"
        case 35...64: "SIGRTMIN+\(number - 34)"
        default: String(number)
        }
    }

    /// The number of `SIGTERM`, `term`, `15`, `SIGRTMIN+3`; nil when there is no such signal.
    public static func number(_ text: String) -> UInt8? {
        if let number = UInt8(text) { return (1...64).contains(number) ? number : nil }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if name.hasPrefix("RTMIN") {
            if name == "RTMIN" { return 34 }
            guard name.hasPrefix("RTMIN+"), let offset = UInt8(name.dropFirst(6)), offset <= 30
            else {
                return nil
            }
            return 34 + offset
        }
        return names.firstIndex(of: name).map { UInt8($0 + 1) }
    }
}
