// Options of a worker whose features come later: they are read, checked, kept, shown and written.
// A number is never given to another option; one that becomes a field of WorkerSettings leaves this
// table, and its number is left out from then on.

extension OptionTable {
    /// Numbers from 0x0001 on.
    static let kept: [ConfigOption] = starting + health + logging + sessions + channels + tls

    private static let starting: [ConfigOption] = [
        .kept(
            0x0001, "augur_full_scan", .flag, standard: "false",
            "Look for missing packages before each start, and refuse it"),
        .kept(
            0x0003, "stats_interval", .milliseconds, standard: "1000",
            "Wait between two looks at CPU and memory"),
    ]

    private static let health: [ConfigOption] = [
        .kept(
            0x0010, "health_check", .health,
            "Address that is asked for health, or on: the program reports it"),
        .kept(
            0x0011, "health_check_interval", .milliseconds, standard: "5000",
            "Wait between two questions or reports"),
        .kept(
            0x0012, "health_check_timeout", .milliseconds, standard: "3000",
            "How long an answer may take"),
        .kept(
            0x0013, "health_check_threshold", .number(1...1000), standard: "3",
            "Failures one after the other that mean unhealthy"),
    ]

    private static let logging: [ConfigOption] = [
        .kept(
            0x0020, "syslog", .url(["syslog"]),
            "Where the log is sent too, like syslog://localhost:514"),
        .kept(
            0x0021, "syslog_tag", .text(SettingsLimits.nameBytes), standard: "name",
            inWords: true, "Tag of each line that is sent"),
        .kept(0x0022, "log_max_size", .bytes, "Size from which a log file is rotated"),
        .kept(
            0x0023, "log_max_files", .number(1...1000), standard: "5",
            "Rotated log files that are kept"),
    ]

    private static let sessions: [ConfigOption] = [
        .kept(
            0x0037, "session_persist", .flag, standard: "false",
            "Open sessions survive a rolling restart"),
        .kept(
            0x0038, "session_wait", .milliseconds, standard: "5000",
            "How long a new instance may take to accept such a session"),
    ]

    private static let channels: [ConfigOption] = [
        .kept(0x0040, "listen", .channels, "Channels between workers that it listens on"),
        .kept(
            0x0041, "ipc_timeout", .milliseconds, standard: "500",
            "How long its requests on channels wait for a reply"),
    ]

    private static let tls: [ConfigOption] = [
        .kept(0x0050, "tls", .flag, standard: "false", "All its servers speak TLS"),
        .kept(0x0051, "tls_cert", .path, "File with the certificate chain, PEM"),
        .kept(0x0052, "tls_key", .path, "File with the private key, PEM"),
        .kept(
            0x0053, "tls_ca", .path,
            "File with the authorities that must have signed a client's certificate"),
    ]
}
