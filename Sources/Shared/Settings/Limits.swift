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
    public static let patterns = 64
    public static let patternBytes = 256
    public static let formatBytes = 256
    /// What a message about a file says, and what it advises.
    public static let messageBytes = 1024
    /// Longest delay or time-out, in milliseconds: one day.
    public static let milliseconds: UInt32 = 86_400_000
}
