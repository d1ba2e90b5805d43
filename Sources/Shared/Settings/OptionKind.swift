// The kinds of values that options take.

public enum OptionKind: Sendable, Equatable {
    /// Text of so many bytes at most.
    case text(Int)
    /// Text that those who may only look are not shown.
    case secret
    /// Texts, each as it is.
    case texts
    /// A file or folder, which may hold `$NAME`.
    case path
    /// A file, or `off`, which is not to be set.
    case pathOrOff
    /// A program: a path when it holds a `/`, else looked up in PATH.
    case program
    case flag
    case number(ClosedRange<UInt64>)
    /// A number with a sign and a fraction.
    case decimal
    case milliseconds
    case seconds
    /// Bytes, written as a number with K, M, G or T.
    case bytes
    /// Hundredths of one processor.
    case percent
    case exitCodes
    case signal
    case choice([String])
    /// Names of workers.
    case names
    /// Patterns of paths, so many at most.
    case patterns(Int)
    /// Addresses and networks, like 10.0.0.0/8.
    case networks
    /// Methods of HTTP.
    case methods
    /// Channels between workers.
    case channels
    /// Addresses to listen on, like http://0.0.0.0:3000.
    case addresses
    /// A host and a port.
    case hostPort
    /// An address of this host.
    case ip
    /// An address with one of these schemes.
    case url([String])
    /// `on`, or the address of a probe.
    case health
    /// The name of a header.
    case header
    /// A colour as CSS has it.
    case colour
    /// Blocks, each as one text of `key value;` (BlockText).
    case block

    /// Whether it holds several values.
    public var isRepeated: Bool {
        switch self {
        case .texts, .exitCodes, .names, .patterns, .networks, .methods, .channels, .addresses,
            .block:
            true
        case .text, .secret, .path, .pathOrOff, .program, .flag, .number, .decimal, .milliseconds,
            .seconds,
            .bytes, .percent, .signal, .choice, .hostPort, .ip, .url, .health, .header, .colour:
            false
        }
    }

    /// What it takes, in a word or two.
    public var word: String {
        switch self {
        case .text, .secret, .texts: "text"
        case .path: "path"
        case .pathOrOff: "path|off"
        case .program: "program"
        case .flag: "true|false"
        case .number, .decimal: "number"
        case .milliseconds: "ms"
        case .seconds: "seconds"
        case .bytes: "size"
        case .percent: "percent"
        case .exitCodes: "codes"
        case .signal: "signal"
        case .choice(let words): words.joined(separator: "|")
        case .names: "names"
        case .patterns: "patterns"
        case .networks: "networks"
        case .methods: "methods"
        case .channels: "channels"
        case .addresses: "addresses"
        case .hostPort: "host:port"
        case .ip: "ip"
        case .url: "url"
        case .health: "on|url"
        case .header: "header"
        case .colour: "colour"
        case .block: "block"
        }
    }
}
