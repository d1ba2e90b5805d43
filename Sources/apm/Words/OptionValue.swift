// The values of flags as people write them. Each function gives the value or the two lines that say
// what is wrong with it. Pure.

import Patterns
import Settings

enum OptionValue {
    static func truth(_ key: String, _ text: String) throws(Failure) -> Bool {
        switch text.lowercased() {
        case "true", "on", "yes", "1": true
        case "false", "off", "no", "0": false
        default: throw bad(key, text, "is neither true nor false", "true or false")
        }
    }

    static func number<Value: FixedWidthInteger & UnsignedInteger>(
        _ key: String, _ text: String, as type: Value.Type = Value.self, most: Value = .max
    ) throws(Failure) -> Value {
        guard isDigits(text) else {
            throw bad(key, text, "is not a number", "digits alone, like 3")
        }
        guard let value = Value(text), value <= most else {
            throw bad(key, text, "is too large", "at most \(most)")
        }
        return value
    }

    /// `500`, `500ms`, `2s`, `1m`, `1h`; a bare number is milliseconds.
    static func milliseconds(_ key: String, _ text: String) throws(Failure) -> UInt32 {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit: UInt64? =
            switch text.dropFirst(digits.count) {
            case "", "ms": 1
            case "s": 1000
            case "m": 60_000
            case "h": 3_600_000
            default: nil
            }
        guard let unit, !digits.isEmpty else {
            throw bad(key, text, "is not a time", "milliseconds, or a number with ms, s, m or h")
        }
        let product = UInt64(digits)?.multipliedReportingOverflow(by: unit)
        guard let product, !product.overflow,
            product.partialValue <= UInt64(SettingsLimits.milliseconds)
        else { throw bad(key, text, "is too long", "one day at most, which is 24h") }
        return UInt32(product.partialValue)
    }

    /// `256M`, `1G`, bytes alone.
    static func bytes(_ key: String, _ text: String) throws(Failure) -> UInt64 {
        let expected = "bytes, or a number with K, M, G or T, like 256M"
        guard let bytes = ByteSize.bytes(text) else {
            throw bad(key, text, "is not an amount of memory", expected)
        }
        guard (1...SettingsLimits.memoryBytes).contains(bytes) else {
            throw bad(key, text, bytes == 0 ? "is no memory at all" : "is too large", expected)
        }
        return bytes
    }

    /// `50%`, `150`: hundredths of one processor.
    static func percent(_ key: String, _ text: String) throws(Failure) -> UInt32 {
        let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
        guard isDigits(digits), let value = UInt32(digits),
            (1...SettingsLimits.cpuPercent).contains(value)
        else {
            throw bad(
                key, text, "is not a share of a processor",
                "1 to \(SettingsLimits.cpuPercent), like 50% for half of one and 200% for two")
        }
        return value
    }

    /// Codes from 0 to 255, separated by commas or blanks, in one value or several.
    static func exitCodes(_ key: String, _ texts: [String]) throws(Failure) -> [UInt8] {
        var codes: [UInt8] = []
        for text in texts {
            let parts = text.split(whereSeparator: { $0 == "," || $0 == " " })
            if parts.isEmpty { throw bad(key, text, "holds no exit code", "0 to 255, like 1,75") }
            for part in parts {
                guard isDigits(String(part)), let code = UInt8(part) else {
                    throw bad(key, text, "holds no exit code: \(part)", "0 to 255, like 1,75,130")
                }
                if !codes.contains(code) { codes.append(code) }
            }
        }
        guard codes.count <= SettingsLimits.exitCodes else {
            throw .usage(
                "--\(key): \(codes.count) codes are too many",
                now: "at most \(SettingsLimits.exitCodes); --restart-err restarts on every error")
        }
        return codes
    }

    /// Names of workers, separated by commas or blanks, in one value or several; each once.
    static func workerNames(_ key: String, _ texts: [String]) throws(Failure) -> [String] {
        var names: [String] = []
        for text in texts {
            let parts = text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
            if parts.isEmpty {
                throw bad(key, text, "names no worker", "names of workers, like db,cache")
            }
            for part in parts {
                if let problem = WorkerName.problem(part) {
                    throw bad(key, part, problem, "names of workers, like db,cache")
                }
                if !names.contains(part) { names.append(part) }
                guard names.count <= SettingsLimits.dependencies else {
                    throw .usage(
                        "--\(key): too many workers are named",
                        now: "at most \(SettingsLimits.dependencies)")
                }
            }
        }
        return names
    }

    /// Patterns of files, separated by commas, in one value or several; each once.
    static func patterns(_ key: String, _ texts: [String]) throws(Failure) -> [String] {
        let expected = "patterns like *.js,src/*,*lib*,a.conf"
        var patterns: [String] = []
        for text in texts {
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let pattern = String(part.trimmingBlanks)
                if let problem = Pattern.problem(pattern) {
                    throw bad(key, pattern, problem, expected)
                }
                guard pattern.utf8.count <= SettingsLimits.patternBytes else {
                    throw bad(
                        key, pattern, "is too long",
                        "patterns of at most \(SettingsLimits.patternBytes) bytes")
                }
                if !patterns.contains(pattern) { patterns.append(pattern) }
            }
        }
        guard patterns.count <= SettingsLimits.patterns else {
            throw .usage(
                "--\(key): \(patterns.count) patterns are too many",
                now: "at most \(SettingsLimits.patterns)")
        }
        return patterns
    }

    static func signal(_ key: String, _ text: String) throws(Failure) -> UInt8 {
        guard let number = SignalName.number(text) else {
            throw bad(key, text, "is no signal", "a name or number, like SIGINT or 2")
        }
        return number
    }

    static func choice(_ key: String, _ text: String, of words: [String]) throws(Failure) -> Int {
        guard let index = words.firstIndex(of: text) else {
            throw bad(key, text, "is not known", words.joined(separator: " or "))
        }
        return index
    }

    private static func isDigits(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func bad(
        _ key: String, _ text: String, _ problem: String, _ expected: String
    ) -> Failure {
        .usage(
            "--\(key): '\(Visible.text(text))' \(problem)", now: "--\(key) takes \(expected)")
    }
}

extension Substring {
    /// Without blanks at either end.
    fileprivate var trimmingBlanks: Substring {
        var rest = drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
