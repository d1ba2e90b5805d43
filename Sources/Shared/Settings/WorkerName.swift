// What a worker may be called (DESIGN: names end up in terminals, logs, prefixes and completions).

public enum WorkerName {
    /// Why `name` cannot be a worker's name, as the second half of a sentence; nil when it can.
    public static func problem(_ name: String) -> String? {
        if name.isEmpty { return "is empty" }
        if name.utf8.count > SettingsLimits.nameBytes {
            return "is longer than \(SettingsLimits.nameBytes) bytes"
        }
        if name.hasPrefix("-") || name.hasPrefix(".") { return "begins with '-' or '.'" }
        if name.hasPrefix("SIG") { return "begins with SIG, like a signal" }
        for scalar in name.unicodeScalars {
            switch scalar {
            case "/", "#", ":", ",": return "holds '\(scalar)'"
            case _ where meansSomethingToShells(scalar):
                let quote = scalar == "'" ? "\"" : "'"
                return "holds \(quote)\(scalar)\(quote), which shells do not take as it is"
            case _ where scalar.value < 0x21 || (0x7F...0x9F).contains(scalar.value):
                return "holds a blank or a control character"
            case _
            where scalar.properties.isWhitespace || scalar.properties.generalCategory == .format:
                return "holds a blank or an invisible character"
            default: continue
            }
        }
        return nil
    }

    /// A name that is typed, or that completion puts into a command line, is one word and no more.
    private static func meansSomethingToShells(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "@", "+": false
        default: (0x21...0x7E).contains(scalar.value)
        }
    }

    /// The last part of a path: what a worker is called when nobody names it.
    public static func base(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }
}
