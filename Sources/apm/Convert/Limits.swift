// The named limits of `convert`.

enum ConvertLimits {
    /// Bytes of a file that is read, and of what node answers.
    static let fileBytes = 1 << 20
    /// Lists and objects within each other.
    static let depth = 64
    /// Values of one file, all together.
    static let values = 100_000
    /// Bytes of a number as it is written.
    static let numberBytes = 64
    static let apps = 1000
    /// How long node may take for a file.
    static let nodeNanoseconds: Int64 = 10_000_000_000
    /// How long the system may take to look an account up.
    static let accountNanoseconds: Int64 = 5_000_000_000
    static let accountBytes = 64 * 1024
    /// Supplementary groups of an account.
    static let groups = 1024
    /// How long a process that was killed may take to be gone.
    static let farewellMilliseconds: Int32 = 2000
    /// Characters of a remark over a block.
    static let remarkLength = 300
    /// Names that one remark lists.
    static let listed = 20
}
