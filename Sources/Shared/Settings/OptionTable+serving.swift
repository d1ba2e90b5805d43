// Options of workers that serve: where, for how long, and how much.

extension OptionTable {
    /// In the order of SettingKey, behind the others.
    public static let serving: [ConfigOption] = [
        .typed(.server, .addresses, "Where clients connect: http, https, ws, wss, tcp or tls"),
        .typed(
            .lowercaseHeaders, .flag, standard: "false",
            "Names of headers reach the program in lower case"),
        .typed(
            .trustProxy, .flag, standard: "true",
            "Believe trusted_proxies about the address of the client"),
        .typed(
            .trustedProxies, .networks, standard: "loopback", inWords: true,
            "Networks of proxies that are believed"),
        .typed(
            .keepAlive, .milliseconds, standard: "120000",
            "How long a connection may be idle between two requests, 0 = it is closed"),
        .typed(
            .maxConnections, count, standard: "0", "Most connections of a server at once, 0 = any"),
        .typed(.traceHeader, .header, "Header with an id that each request gets"),
        .typed(
            .maxRequestLine, .number(wide(SettingsLimits.requestLineBytes)), standard: "8192",
            "Bytes of the longest request line; more is a 414"),
        .typed(
            .maxHeaderSize, .number(wide(SettingsLimits.headerBytes)), standard: "32768",
            "Bytes of the largest head of a request; more is a 431"),
        .typed(
            .maxHeaders, .number(wide(SettingsLimits.headers)), standard: "100",
            "Most headers of a request; more is a 431"),
        .typed(.maxBody, .bytes, standard: "64M", "Largest body of a request; more is a 413"),
        .typed(
            .headerTimeout, .milliseconds, standard: "15000",
            "How long the head of a request may take; then it is a 408, 0 = any"),
        .typed(
            .bodyTimeout, .milliseconds, standard: "30000",
            "How long a client may send nothing of a body; then it is a 408, 0 = any"),
        .typed(
            .sendTimeout, .milliseconds, standard: "60000",
            "How long a client may take nothing of an answer; then it is cut, 0 = any"),
        .typed(
            .responseTimeout, .milliseconds, standard: "60000",
            "How long the program may take to answer; then it is a 504, 0 = any"),
        .typed(
            .queueLimit, .number(0...UInt64(SettingsLimits.queuedRequests)), standard: "1024",
            "Most requests that wait while no instance is ready; more is a 503"),
        .typed(
            .queueTimeout, .milliseconds, standard: "10000",
            "How long they wait; then it is a 503"),
        .typed(
            .accessLog, .pathOrOff, standard: "off", inWords: true,
            "File with a line for each request"),
        .typed(
            .drainTimeout, .milliseconds, standard: "0",
            "How long requests in progress may take before a stop"),
        .typed(
            .connector, .flag, standard: "false",
            "The program speaks with a connector, though it serves nothing"),
    ]

    private static func wide(_ range: ClosedRange<UInt32>) -> ClosedRange<UInt64> {
        UInt64(range.lowerBound)...UInt64(range.upperBound)
    }
}
