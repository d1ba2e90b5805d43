// The named limits of the message channels.

public enum MessageLimits {
    /// Bytes of one message, header included; larger plans come in parts.
    public static let messageBytes = 16 * 1024
    /// Bytes of a plan put together from its parts (argv and environment up to 1 MB).
    public static let planBytes = 1024 * 1024 + 16 * 1024
    /// Descriptors that one message may carry.
    public static let descriptors = 3
    /// Bytes of a version text.
    public static let versionBytes = 64
    /// Bytes of a time format.
    public static let formatBytes = 256
    /// Bytes of a line prefix: what settings allow, and the instance's number behind it.
    public static let prefixBytes = 512
    /// Bytes of one line of the daemon's own log.
    public static let noteBytes = 2048
    /// Workers that one `tailLog` may name.
    public static let tailWorkers = 64
    /// Log streams open at once: what all instances together may have (MasterLimits).
    public static let streams = 10_240
    /// Log files open at once.
    public static let logs = 2048
    /// Bytes of an account's name, home folder and shell.
    public static let accountNameBytes = 256
    public static let accountPathBytes = 4096
    /// Further groups of an account.
    public static let groups = 1024
    /// Bytes of a login's PATH.
    public static let searchPathBytes = 8192
    /// Bytes of an environment file, its entries, and bytes of one of them.
    public static let environmentFileBytes = 1024 * 1024
    public static let environmentEntries = 4096
    public static let environmentEntryBytes = 32 * 1024
    /// Bytes of a request that came to the look socket, and of the reply to it.
    public static let orderBytes = 256
    public static let orderAnswerBytes = 8192
    /// What a watch is told: patterns wanted and ignored, files, and bytes of each.
    public static let watchPatterns = 256
    public static let watchPatternBytes = 256
    public static let watchedFiles = 256
    public static let watchPathBytes = 4096
    /// Bytes of a path that a watch tells of.
    public static let shownPathBytes = 1024
    /// Variables that a configuration file may refer to, and bytes of all that belongs to it.
    public static let configVariables = 256
    /// What is said of one configuration: workers, messages, files.
    public static let configWorkers = 1024
    public static let configNotes = 256
    public static let configFiles = 4096
    /// Workers with a place for their recent lines.
    public static let workers = 1024
    /// Listeners that apm-proxyd has at once.
    public static let servers = 1024
    /// Starts of instances that apm-proxyd has at once: those that run, and as many that end.
    public static let connectedInstances = 2048
}
