// What is wrong with a value that a person wrote: one error for flags and for files.

public struct ValueProblem: Error, Equatable, Sendable {
    /// What can be done now.
    public enum Advice: Equatable, Sendable {
        /// The option takes something else, which this says.
        case takes(String)
        case otherwise(String)
    }

    /// As the option is called: `restart_delay`.
    public var key: String
    /// The value as it was written; nil where `text` says all.
    public var value: String?
    /// What is wrong with it, as the rest of a sentence.
    public var text: String
    public var advice: Advice

    public init(_ key: String, _ value: String?, _ text: String, takes: String) {
        self.key = key
        self.value = value
        self.text = text
        advice = .takes(takes)
    }

    public init(_ key: String, _ value: String?, _ text: String, now advice: String) {
        self.key = key
        self.value = value
        self.text = text
        self.advice = .otherwise(advice)
    }

    /// `restart_delay: 'x' is not a time`. A long value is cut; `shown` makes it fit for where it
    /// goes to.
    public func sentence(
        for name: String? = nil, shown: (String) -> String = { $0 }
    ) -> String {
        guard let value else { return "\(name ?? key): \(text)" }
        let start = value.prefix(Self.shownCharacters)
        let mark = start.endIndex == value.endIndex ? "" : "…"
        return "\(name ?? key): '\(shown(String(start)))\(mark)' \(text)"
    }

    /// `restart_delay takes milliseconds`.
    public func now(for name: String? = nil) -> String {
        switch advice {
        case .takes(let what): "\(name ?? key) takes \(what)"
        case .otherwise(let words): words
        }
    }

    private static let shownCharacters = 128
}
