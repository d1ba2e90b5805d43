// The named limits of a worker's settings.

public enum SettingsLimits {
    public static let nameBytes = 64
    public static let pathBytes = 4096
    public static let arguments = 4096
    /// One argument or one KEY=value.
    public static let argumentBytes = 32 * 1024
    public static let environment = 4096
    public static let instances = 256
    public static let exitCodes = 64
    public static let formatBytes = 256
    /// Longest delay or time-out, in milliseconds: one day.
    public static let milliseconds: UInt32 = 86_400_000
}
