// The named limits of the control socket's messages.

public enum ControlLimits {
    /// A name in a request; longer than any worker's, so that a wrong one can be told in words.
    public static let nameBytes = 256
    /// What a refusal is about: a path at most.
    public static let subjectBytes = 4096
    public static let helpers = 8
    /// Workers that one `list` shows.
    public static let rows = 1024
    /// Workers that one subscription to events names.
    public static let selections = 64
    /// Events in one message.
    public static let happenings = 256
    /// Workers that a row or an outcome names as waited for, the first ones; `info` names all.
    public static let waitedFor = 4
    /// Workers that `info` names of a cycle of dependencies.
    public static let cycle = 16
    /// Workers that the report on a file tells, those that are gone included.
    public static let loadRows = 2048
    /// Bytes of the path that a row of `list` tells of where its worker was defined.
    public static let sourceBytes = 512
    /// What an event is about beside the worker's name.
    public static let aboutBytes = 1024
    /// Variables that `environment` tells, and bytes of one of them.
    public static let environment = 16_384
    public static let environmentBytes = 65_535
}
