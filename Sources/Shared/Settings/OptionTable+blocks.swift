// Options of the blocks of a worker, of the daemon's block, and of the top of a file. All but two
// are kept as texts until their features come. A module of a dashboard stands as often as there are
// modules: each is kept as one text (BlockText) among the values of the one option `module`.

extension OptionTable {
    /// The blocks that may stand in a worker, `module` apart, which stands in a dashboard.
    public static let blocks: [OptionBlock] = [vanguard, onCrash, statsd, dashboard]

    /// All options that WorkerSettings can hold: a worker's own, then those of its blocks.
    public static let ofWorkers: [ConfigOption] = ([worker] + blocks).flatMap { $0 }

    /// The block of a worker by the word before its `{`.
    public static func block(_ name: String) -> OptionBlock? { blocks.first { $0.name == name } }

    /// What the network is kept out with. Numbers from 0x0100 on.
    public static let vanguard = OptionBlock(
        "vanguard",
        [
            .kept(
                0x0100, "allow_ip", .networks, "Networks that alone may connect"),
            .kept(0x0101, "ban_ip", .networks, "Networks that may not connect"),
            .kept(
                0x0102, "ban_path", .patterns(SettingsLimits.keptValues),
                "Paths that are refused: *.end, start*, *part*, or the whole"),
            .kept(
                0x0103, "ban_response", .text(SettingsLimits.formatBytes),
                standard: "Forbidden", "What a refused request is told"),
            .kept(
                0x0104, "allow_method", .methods, "Methods that alone are passed on"),
            .kept(0x0105, "ban_method", .methods, "Methods that are refused"),
            .kept(
                0x0106, "rate_limit", .number(0...1_000_000), standard: "0",
                "Requests a second of one address, 0 = any"),
            .kept(
                0x0107, "rate_burst", .number(1...1_000_000),
                standard: "rate_limit", inWords: true, "Requests that may come at once"),
            .kept(
                0x0108, "ban_ttl", .milliseconds, standard: "0",
                "How long an address is banned that asks too often, 0 = not"),
            .kept(
                0x0109, "log", .flag, standard: "true",
                "A line in the log for each refusal"),
            .kept(
                0x010A, "log_summary", .seconds, standard: "0",
                "Wait between two lines that count refusals, 0 = none"),
        ])

    /// What is told when an instance crashes. Numbers from 0x0200 on.
    public static let onCrash = OptionBlock(
        "on_crash",
        [
            .kept(
                0x0200, "url", .url(["http", "https"]), required: true,
                "Address that is called after a crash"),
            .kept(
                0x0201, "method", .choice(["POST", "GET"]), standard: "POST",
                "POST sends what happened; GET sends nothing"),
            .kept(
                0x0202, "debounce", .milliseconds, standard: "5000",
                "Least wait between two calls; less than 5000 is taken as that"),
            .kept(
                0x0203, "log_lines", .number(0...200), standard: "0",
                "Last lines of the log that are sent along"),
            .kept(
                0x0204, "log_source", .choice(["err", "out"]), standard: "err",
                "Which output these lines are from"),
            .kept(
                0x0205, "secret", .secret,
                "Key that what is sent is signed with, HMAC-SHA256"),
        ])

    /// Where figures are sent. Numbers from 0x0300 on.
    public static let statsd = OptionBlock(
        "statsd",
        [
            .kept(
                0x0300, "host", .hostPort, required: true,
                "Where figures are sent over UDP"),
            .kept(
                0x0301, "prefix", .text(SettingsLimits.formatBytes),
                standard: "apm.<worker>", inWords: true, "Before the name of each figure"),
            .kept(
                0x0302, "interval", .seconds, standard: "1",
                "Wait between two sendings"),
        ])

    /// The worker's page in the GUI. Numbers from 0x0400 on.
    public static let dashboard = OptionBlock(
        "dashboard",
        [
            .kept(
                0x0400, "name", .text(SettingsLimits.formatBytes),
                standard: "worker's name", inWords: true, "Title of the page"),
            .kept(0x0401, "cols", grid(from: 1), standard: "6", "Columns of the grid"),
            .kept(0x0402, "rows", grid(from: 1), standard: "3", "Rows of the grid"),
            .kept(0x0403, "module", .block, "A block for each panel"),
        ])

    /// A panel of a dashboard.
    public static let module = OptionBlock(
        "module",
        [
            part(
                "type", .choice(["led", "counter", "text", "graph", "gauge", "heatmap"]),
                required: true, "What the panel looks like"),
            part("id", .number(0...65535), required: true, "Number that figures are sent to"),
            part("x", grid(from: 0), required: true, "Column of its left edge, from 0"),
            part("y", grid(from: 0), required: true, "Row of its upper edge, from 0"),
            part("w", grid(from: 1), required: true, "Columns that it takes"),
            part("h", grid(from: 1), required: true, "Rows that it takes"),
            part("name", .text(SettingsLimits.formatBytes), "Label in the panel"),
            part("unit", .text(32), "Unit after the value"),
            part("min", .decimal, standard: "0", "Where the scale begins"),
            part("max", .decimal, standard: "100", "Where the scale ends"),
            part("color", .colour, "Colour of what is drawn"),
            part("base_color", .colour, "Colour behind it"),
            part(
                "source", .choice(["cpu", "ram", "conn", "ior", "iow"]),
                "Figure that the daemon feeds it with"),
        ])

    /// The daemon itself. Numbers from 0x0500 on.
    public static let daemon = OptionBlock(
        "daemon",
        [
            .kept(
                0x0500, "gui_port", .number(0...65535), standard: "0",
                "Port of the GUI, which then starts by itself; 0 = it does not"),
            .kept(
                0x0501, "gui_bind", .ip, standard: "127.0.0.1",
                "Address of the GUI; others than loopback need gui_password"),
            .kept(0x0502, "gui_password", .secret, "Password of the GUI"),
            ConfigOption(
                key: "auto_reload", kind: .flag, standard: "false",
                help: "Read loaded files again when they change", since: .version("0.1"),
                storage: .daemon(.autoReload)),
            ConfigOption(
                key: "allow_group", kind: .text(SettingsLimits.userBytes),
                help: "Group whose members may operate the workers", since: .version("0.1"),
                storage: .daemon(.allowGroup)),
            ConfigOption(
                key: "operate", kind: .choice(["members", "everyone"]), standard: "members",
                help: "Who may start, stop and restart what is defined", since: .version("0.1"),
                storage: .daemon(.operate)),
        ])

    /// Beside the blocks. Numbers from 0x0600 on.
    public static let top = OptionBlock(
        "",
        [
            .kept(
                0x0600, "telemetry", .flag, standard: "true",
                "Accepted for files that have it: nothing is ever sent")
        ])

    /// The option of a number.
    public static func kept(_ id: UInt16) -> ConfigOption? { keptById[id] }

    /// The numbers of what is kept of a worker, and of the daemon.
    static let workerIds = Set(ofWorkers.compactMap(\.id))
    static let daemonIds = Set([daemon, top].flatMap { $0.compactMap(\.id) })

    private static let keptById: [UInt16: ConfigOption] = Dictionary(
        ([worker, daemon, top] + blocks).flatMap { block in
            block.compactMap { option in option.id.map { ($0, option) } }
        }, uniquingKeysWith: { $1 })

    private static func grid(from least: UInt64) -> OptionKind { .number(least...64) }

    private static func part(
        _ key: String, _ kind: OptionKind, standard: String = "", required: Bool = false,
        _ help: String
    ) -> ConfigOption {
        ConfigOption(
            key: key, kind: kind, standard: standard, required: required,
            help: help, since: .later, storage: .part)
    }
}
