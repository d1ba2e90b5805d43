// Values of several parts. Parts stand in one text, with commas or blanks between them, or in
// several texts; each is there once.

import Patterns

extension OptionValue {
    /// Codes from 0 to 255.
    public static func exitCodes(
        _ key: String, _ texts: [String]
    ) throws(ValueProblem) -> [UInt8] {
        var codes: [UInt8] = []
        for text in texts {
            let parts = parts(text)
            if parts.isEmpty {
                throw ValueProblem(key, text, "holds no exit code", takes: "0 to 255, like 1,75")
            }
            for part in parts {
                guard isDigits(part), let code = UInt8(part) else {
                    throw ValueProblem(
                        key, text, "holds no exit code: \(part.prefix(32))",
                        takes: "0 to 255, like 1,75,130")
                }
                if !codes.contains(code) { codes.append(code) }
            }
        }
        guard codes.count <= SettingsLimits.exitCodes else {
            throw ValueProblem(
                key, nil, "\(codes.count) codes are too many",
                takes: "at most \(SettingsLimits.exitCodes); restart_err means every error")
        }
        return codes
    }

    /// Names of workers.
    static func workerNames(_ key: String, _ texts: [String]) throws(ValueProblem) -> [String] {
        let takes = "names of workers, like db,cache"
        return try list(
            key, texts, most: SettingsLimits.dependencies, takes: takes
        ) { (part) throws(ValueProblem) in
            if let problem = WorkerName.problem(part) {
                throw ValueProblem(key, part, problem, takes: takes)
            }
            return part
        }
    }

    /// Channels between workers.
    static func channels(_ key: String, _ texts: [String]) throws(ValueProblem) -> [String] {
        let takes = "names of at most \(SettingsLimits.nameBytes) bytes, like jobs,prices"
        return try list(
            key, texts, most: SettingsLimits.channels, takes: takes
        ) { (part) throws(ValueProblem) in
            guard part.utf8.count <= SettingsLimits.nameBytes, isPlain(part) else {
                throw ValueProblem(key, part, "is no name of a channel", takes: takes)
            }
            return part
        }
    }

    /// Methods of HTTP, in capitals.
    static func methods(_ key: String, _ texts: [String]) throws(ValueProblem) -> [String] {
        let takes = "methods, like GET,POST"
        return try list(
            key, texts, most: SettingsLimits.methods, takes: takes
        ) { (part) throws(ValueProblem) in
            guard part.utf8.count <= 32, isToken(part) else {
                throw ValueProblem(key, part, "is no method", takes: takes)
            }
            return part.uppercased()
        }
    }

    static func networks(_ key: String, _ texts: [String]) throws(ValueProblem) -> [String] {
        let takes = "addresses and networks, like 10.0.0.0/8,2001:db8::/32"
        return try list(
            key, texts, most: SettingsLimits.networks, takes: takes
        ) { (part) throws(ValueProblem) in
            guard let network = IPNetwork(part) else {
                throw ValueProblem(key, part, "is no address and no network", takes: takes)
            }
            return network.text
        }
    }

    static func addresses(_ key: String, _ texts: [String]) throws(ValueProblem) -> [String] {
        try list(
            key, texts, most: SettingsLimits.servers, takes: ServerAddress.takes
        ) { (part) throws(ValueProblem) in
            guard let address = ServerAddress(part) else {
                throw ValueProblem(key, part, "is no address", takes: ServerAddress.takes)
            }
            return address.text
        }
    }

    /// Patterns of paths, which may hold blanks, but no commas.
    static func patterns(
        _ key: String, _ texts: [String], most: Int = SettingsLimits.patterns
    ) throws(ValueProblem) -> [String] {
        let takes =
            "patterns like *.js,src/*,*lib*,a.conf, of at most "
            + "\(SettingsLimits.patternBytes) bytes"
        var patterns = UniqueTexts()
        for text in texts {
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let pattern = withoutBlanks(part)
                if let problem = Pattern.problem(pattern) {
                    throw ValueProblem(key, pattern, problem, takes: takes)
                }
                guard pattern.utf8.count <= SettingsLimits.patternBytes else {
                    throw ValueProblem(key, pattern, "is too long", takes: takes)
                }
                patterns.append(pattern)
            }
        }
        return try patterns.checked(key, most: most)
    }

    private static func withoutBlanks(_ text: Substring) -> String {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }

    private static func list(
        _ key: String, _ texts: [String], most: Int, takes: String,
        _ read: (String) throws(ValueProblem) -> String
    ) throws(ValueProblem) -> [String] {
        var entries = UniqueTexts()
        for text in texts {
            let parts = parts(text)
            if parts.isEmpty { throw ValueProblem(key, text, "names nothing", takes: takes) }
            for part in parts { entries.append(try read(part)) }
        }
        return try entries.checked(key, most: most)
    }

    private static func parts(_ text: String) -> [String] {
        text.split { $0 == "," || $0 == " " || $0 == "\t" }.map(String.init)
    }

    /// Without blanks, control characters and what nobody can see.
    static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.value > 0x20 && !(0x7F...0x9F).contains(scalar.value)
                    && !scalar.properties.isWhitespace
                    && scalar.properties.generalCategory != .format
            }
    }

    /// What HTTP calls a token.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                let character = Unicode.Scalar(byte)
                return character.isASCII
                    && (character.properties.isAlphabetic || (0x30...0x39).contains(byte)
                        || "!#$%&'*+-.^_`|~".unicodeScalars.contains(character))
            }
    }
}

/// Texts in their order, each once.
private struct UniqueTexts {
    private var texts: [String] = []
    private var known: Set<String> = []

    mutating func append(_ text: String) {
        if known.insert(text).inserted { texts.append(text) }
    }

    func checked(_ key: String, most: Int) throws(ValueProblem) -> [String] {
        guard texts.count <= most else {
            throw ValueProblem(key, nil, "\(texts.count) are too many", takes: "at most \(most)")
        }
        return texts
    }
}
