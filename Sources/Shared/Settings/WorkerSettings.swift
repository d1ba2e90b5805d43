// What a person may say about a worker. The option table (OptionTable.swift) gives each field its
// key, kind, default and help; the wire form stands in WorkerSettings+wire.swift.

/// A worker's definition. Times are milliseconds; an empty text or list means "not set".
public struct WorkerSettings: Equatable, Sendable {
    public enum StandardInput: UInt8, Sendable, CaseIterable {
        /// A socket that never ends and never brings anything; called `pipe` as its user sees it.
        case pipe = 0
        /// /dev/null: reading gives the end of file.
        case null = 1
    }

    public var name = ""
    public var exec = ""
    public var params: [String] = []
    /// Working directory, absolute.
    public var path = ""
    public var instances: UInt16 = 1
    /// The account that the program runs as; empty = whoever defined the worker.
    public var user = ""

    /// KEY=value, set over `baseEnvironment`.
    public var env: [String] = []
    /// Name of the variable that gets the instance's index, counted from 0.
    public var envIndex = ""
    /// An absolute path of a file with KEY=value lines, which stand under `env`; empty = none.
    public var envFile = ""
    /// What stands under `env`: PATH, HOME and the like of whom the worker runs for.
    public var baseEnvironment: [String] = []

    public var restart = false
    public var restartDelay: UInt32 = 250
    public var maxRestarts: UInt32 = 0
    public var restartErr = false
    public var errDelay: UInt32 = 500
    public var maxErrRestarts: UInt32 = 0
    /// Uptime from which a restart counts against `maxErrRestarts`; 0 = every one counts.
    public var errGrace: UInt32 = 0
    /// When not empty: restarts on these codes alone; a death by signal N counts as 128 + N.
    public var restartOnExitCodes: [UInt8] = []
    /// Longest delay of an error restart; delays double from `errDelay` up to it. 0 = fixed delay.
    public var restartBackoff: UInt32 = 0
    public var startupGrace: UInt32 = 2000
    /// Names of workers that must run before this one is started.
    public var dependsOn: [String] = []
    /// How long a start waits for them; then it goes on without.
    public var dependsTimeout: UInt32 = 30_000

    public var killTimeout: UInt32 = 2000
    /// Signal number that asks the program to end.
    public var stopSignal: UInt8 = 15
    public var standardInput = StandardInput.pipe
    /// Restarts take one instance after the other.
    public var rolling = false
    /// Between two instances of such a restart.
    public var rollingDelay: UInt32 = 1000

    /// Bytes that an instance with all its processes may use; beyond it the kernel ends the
    /// instance. 0 = any.
    public var memoryLimit: UInt64 = 0
    /// Bytes from which an instance is slowed down and its memory reclaimed. 0 = never.
    public var memoryHigh: UInt64 = 0
    /// Hundredths of one processor that an instance may use. 0 = any.
    public var cpuLimit: UInt32 = 0
    /// Processes and threads that an instance may have at once. 0 = any.
    public var pidsLimit: UInt32 = 0

    /// Patterns of files below `path` (Shared/Patterns); when one changes the worker is restarted.
    public var watch: [String] = []
    /// Patterns of files and folders that do not count.
    public var watchIgnore: [String] = []
    /// How long nothing more must change before the restart.
    public var watchDelay: UInt32 = 200
    /// Restarted too when the file that defines it changes.
    public var watchConf = false

    /// Absolute paths; empty = the daemon's log, or `log` for `errLog`.
    public var log = ""
    public var errLog = ""
    /// Empty = the worker's name.
    public var prefix = ""
    public var logTimeFormat = WorkerSettings.defaultLogTimeFormat
    public var stripANSI = false

    /// Where clients connect.
    public var servers: [ServerAddress] = []
    public var serverSettings = ServerSettings()
    /// An absolute path of a file with a line for each request; empty = none.
    public var accessLog = ""
    /// How long requests in progress may take when it is stopped; then it is asked to end.
    public var drainTimeout: UInt32 = 0
    /// It speaks with a connector, though it serves nothing.
    public var connector = false

    /// Whether its standard input and output carry frames.
    public var isConnected: Bool { connector || !servers.isEmpty }

    /// Options whose features come later, in ascending order of their numbers.
    public var kept: [KeptOption] = []

    /// Orange date and time, grey microseconds.
    public static let defaultLogTimeFormat = "ç214-%Y-%m-%d %Tç59-.%FçR-"

    public init() {}
}
