// The named limits of a worker's settings.

public enum SettingsLimits {
    public static let nameBytes = 64
    public static let pathBytes = 4096
    public static let arguments = 4096
    /// One argument or one KEY=value.
    public static let argumentBytes = 32 * 1024
    public static let environment = 4096
    public static let instances = 256
    /// Bytes of a user's name.
    public static let userBytes = 256
    /// The largest memory limit: 2^50 bytes.
    public static let memoryBytes: UInt64 = 1 << 50
    /// Hundredths of one processor.
    public static let cpuPercent: UInt32 = 100_000
    public static let processes: UInt32 = 4_194_304
    public static let exitCodes = 64
    /// Names in depends_on.
    public static let dependencies = 64
    /// Patterns in watch and in watch_ignore, and bytes of one of them.
    public static let patterns = 256
    public static let patternBytes = 256
    public static let formatBytes = 256
    public static let urlBytes = 2048
    /// Values of one option that is kept as texts, and bytes of each.
    public static let keptValues = 4096
    public static let keptValueBytes = 4096
    /// Bytes of all of them, each with 2 for its length.
    public static let keptBytes = 256 * 1024
    /// Addresses that one worker's servers have.
    public static let servers = 64
    /// Networks in one list.
    public static let networks = 4096
    /// What options may set for the head of a request: bytes of its line, bytes of all, fields.
    public static let requestLineBytes: ClosedRange<UInt32> = 64...61_440
    public static let headerBytes: ClosedRange<UInt32> = 256...61_440
    public static let headers: ClosedRange<UInt32> = 1...512
    public static let queuedRequests: UInt32 = 65_536
    public static let channels = 64
    public static let methods = 64
    /// Panels of a dashboard.
    public static let modules = 64
    /// What a message about a file says, and what it advises.
    public static let messageBytes = 1024
    /// Longest delay or time-out, in milliseconds: one day.
    public static let milliseconds: UInt32 = 86_400_000
}
