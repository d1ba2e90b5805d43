// The named limits of configuration files.

public enum ConfigLimits {
    /// Bytes of one file.
    public static let fileBytes = 1024 * 1024
    /// Bytes of all files that one load reads; one that is included twice counts twice.
    public static let totalBytes = 16 * 1024 * 1024
    /// Files that one load reads.
    public static let files = 4096
    /// Files that include each other in a row.
    public static let includeDepth = 16
    /// Names of one folder.
    public static let folderNames = 65536
    /// Statements of all files together.
    public static let statements = 200_000
    /// Blocks within blocks.
    public static let blockDepth = 16
    /// Errors of one file's syntax after which the rest of it is not looked at.
    public static let syntaxErrors = 25
    /// Errors, and warnings as well, that are told; how many more there are is told too.
    public static let messages = 100
    /// Columns that the values of a list take in one line before the key is repeated.
    static let columns = 72
    /// Bytes of a file's own text that a message repeats.
    static let quotedBytes = 60
}
