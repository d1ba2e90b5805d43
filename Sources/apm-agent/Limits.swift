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
}
