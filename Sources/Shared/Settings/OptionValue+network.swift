// Values that name places in a network, and those that end up in HTTP and in pages.

extension OptionValue {
    /// `on`, an address, or off, which is not to be set.
    static func health(_ key: String, _ text: String) throws(ValueProblem) -> [String] {
        let takes = "on, off, or an address like http://127.0.0.1:3000/health"
        if text.contains("://") { return [try url(key, text, schemes: ["http", "https"])] }
        guard let isOn = try? truth(key, text) else {
            throw ValueProblem(key, text, "is neither on nor an address", takes: takes)
        }
        return isOn ? ["on"] : []
    }

    /// `scheme://host…`; as it was written, the scheme in small letters.
    static func url(
        _ key: String, _ text: String, schemes: [String]
    ) throws(ValueProblem) -> String {
        let example = schemes.first == "syslog" ? "localhost:514" : "example.com/path"
        let takes = "an address like \(schemes.first ?? "")://\(example)"
        guard let colon = text.firstRange(of: "://"), text.utf8.count <= SettingsLimits.urlBytes,
            isPlain(text)
        else { throw ValueProblem(key, text, "is no address", takes: takes) }
        let scheme = text[..<colon.lowerBound].lowercased()
        guard schemes.contains(scheme) else {
            throw ValueProblem(key, text, "has another scheme", takes: takes)
        }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard NetworkHost(String(host)) != nil else {
            throw ValueProblem(key, text, "names no host", takes: takes)
        }
        return "\(scheme)://\(rest)"
    }

    /// `localhost:8125`, `[::1]:8125`.
    static func hostPort(_ key: String, _ text: String) throws(ValueProblem) -> String {
        guard let host = NetworkHost(text), host.port != nil else {
            throw ValueProblem(
                key, text, "is not a host with a port", takes: "host:port, like localhost:8125")
        }
        return host.text
    }

    static func ip(_ key: String, _ text: String) throws(ValueProblem) -> String {
        guard let address = IPAddress(text) else {
            throw ValueProblem(
                key, text, "is no address", takes: "an address, like 127.0.0.1 or ::1")
        }
        return address.text
    }

    static func header(_ key: String, _ text: String) throws(ValueProblem) -> String {
        guard text.utf8.count <= SettingsLimits.nameBytes, isToken(text) else {
            throw ValueProblem(
                key, text, "is no name of a header", takes: "a name, like x-request-id")
        }
        return text
    }

    /// `#47d16c`, `red`, `rgb(71, 209, 108)`. Only what can stand in a style sheet as one value.
    static func colour(_ key: String, _ text: String) throws(ValueProblem) -> String {
        let takes = "a colour, like #47d16c, red or rgb(71, 209, 108)"
        let bad = ValueProblem(key, text, "is no colour", takes: takes)
        if text.hasPrefix("#") {
            let digits = text.dropFirst()
            guard [3, 4, 6, 8].contains(digits.count),
                digits.allSatisfy({ $0.isASCII && $0.isHexDigit })
            else { throw bad }
            return text
        }
        let name = text.prefix { $0.isASCII && $0.isLetter }
        let rest = text.dropFirst(name.count)
        if !name.isEmpty, name.count <= 32, rest.isEmpty { return text }
        guard !name.isEmpty, text.utf8.count <= 64, rest.hasPrefix("("), rest.hasSuffix(")"),
            rest.dropFirst().dropLast().utf8.allSatisfy(isPartOfColour)
        else { throw bad }
        return text
    }

    private static func isPartOfColour(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: " "), UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: "%"),
            UInt8(ascii: "/"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
