// Flags of workers that serve: declared as those of WorkerFlags are.

import ArgumentParser
import Settings

struct ServerFlags: ParsableArguments {
    @Option(parsing: .unconditionalSingleValue, help: WorkerFlags.text("server"))
    var server: [String] = []
    @Option(parsing: .unconditional, help: WorkerFlags.text("lowercase_hdrs"))
    var lowercaseHdrs: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("trust_proxy"))
    var trustProxy: String?
    @Option(parsing: .unconditionalSingleValue, help: WorkerFlags.text("trusted_proxies"))
    var trustedProxies: [String] = []
    @Option(parsing: .unconditional, help: WorkerFlags.text("keep_alive"))
    var keepAlive: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("max_conns"))
    var maxConns: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("trace_header"))
    var traceHeader: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("max_request_line"))
    var maxRequestLine: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("max_header_size"))
    var maxHeaderSize: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("max_headers"))
    var maxHeaders: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("max_body"))
    var maxBody: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("header_timeout"))
    var headerTimeout: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("body_timeout"))
    var bodyTimeout: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("send_timeout"))
    var sendTimeout: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("response_timeout"))
    var responseTimeout: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("queue_limit"))
    var queueLimit: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("queue_timeout"))
    var queueTimeout: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("access_log"))
    var accessLog: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("drain_timeout"))
    var drainTimeout: String?
    @Option(parsing: .unconditional, help: WorkerFlags.text("connector"))
    var connector: String?
}
