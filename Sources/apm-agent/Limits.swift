// The named limits of the agent.

enum Limits {
    /// The longest entry that an account may have.
    static let accountEntryBytes = 1024 * 1024
    /// How long a login shell may take.
    static let shellNanoseconds: Int64 = 3_000_000_000
    /// How much it may print; profiles like to greet.
    static let shellBytes = 64 * 1024
    /// How long the end of a killed shell is waited for, in milliseconds.
    static let shellFarewell: Int32 = 200
    /// How often configuration is read that somebody may still be writing, at most, and how long
    /// nothing must have changed from one time to the next.
    static let settlingReadings = 6
    static let settlingMilliseconds: Int32 = 60
    /// Symbolic links on the way to one file, as the kernel has it.
    static let links = 40
    /// Folders that one watch may have.
    static let folders = 65_536
    /// Bytes of a name in a folder, as the kernel fills it up, and of a path.
    static let nameBytes = 512
    static let pathBytes = 4096
    /// Bytes of events, and of a folder's entries, that are read at once.
    static let eventBytes = 64 * 1024
    static let entryBytes = 32 * 1024
    /// Changes that never end are told after so many delays, and not before this.
    static let debounceDelays = 10
    static let debounceNanoseconds: Int64 = 2_000_000_000
    /// From one change that is told to the next, and from one number of folders to the next.
    static let tellingNanoseconds: Int64 = 100_000_000
    static let countNanoseconds: Int64 = 1_000_000_000
    /// Wait before a watch that failed is begun again: doubled each time, up to the longest.
    static let retryNanoseconds: Int64 = 100_000_000
    static let longestRetryNanoseconds: Int64 = 30_000_000_000
    /// The same where there was too much to tell, because all folders are looked through again.
    static let rescanNanoseconds: Int64 = 1_000_000_000
    /// A watch that stood for so long has not failed at its beginning.
    static let steadyNanoseconds: Int64 = 10_000_000_000
}
