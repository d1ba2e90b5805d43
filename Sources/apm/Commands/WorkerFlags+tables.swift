// The flags of a worker by the keys of their options; a test compares both tables with that of the
// options.

import Settings

extension WorkerFlags {
    /// Flags that stand once.
    static var single: [(key: String, flag: WritableKeyPath<WorkerFlags, String?>)] {
        [
            ("name", \.name), ("exec", \.exec), ("path", \.path), ("instances", \.instances),
            ("user", \.user), ("env_index", \.envIndex), ("env_file", \.envFile),
            ("restart", \.restart), ("restart_delay", \.restartDelay),
            ("max_restarts", \.maxRestarts), ("restart_err", \.restartErr),
            ("err_delay", \.errDelay), ("max_err_restarts", \.maxErrRestarts),
            ("err_grace", \.errGrace), ("restart_backoff", \.restartBackoff),
            ("startup_grace", \.startupGrace), ("depends_timeout", \.dependsTimeout),
            ("kill_timeout", \.killTimeout), ("stop_signal", \.stopSignal), ("stdin", \.stdin),
            ("rolling", \.rolling), ("rolling_delay", \.rollingDelay),
            ("memory_limit", \.memoryLimit), ("memory_high", \.memoryHigh),
            ("cpu_limit", \.cpuLimit), ("pids_limit", \.pidsLimit),
            ("watch_delay", \.watchDelay), ("watch_conf", \.watchConf), ("log", \.log),
            ("err_log", \.errLog), ("prefix", \.prefix), ("log_time_format", \.logTimeFormat),
            ("strip_ansi", \.stripANSI),
            ("lowercase_hdrs", \.serving.lowercaseHdrs),
            ("trust_proxy", \.serving.trustProxy),
            ("keep_alive", \.serving.keepAlive),
            ("max_conns", \.serving.maxConns),
            ("trace_header", \.serving.traceHeader),
            ("max_request_line", \.serving.maxRequestLine),
            ("max_header_size", \.serving.maxHeaderSize),
            ("max_headers", \.serving.maxHeaders),
            ("max_body", \.serving.maxBody),
            ("header_timeout", \.serving.headerTimeout),
            ("body_timeout", \.serving.bodyTimeout),
            ("send_timeout", \.serving.sendTimeout),
            ("response_timeout", \.serving.responseTimeout),
            ("queue_limit", \.serving.queueLimit),
            ("queue_timeout", \.serving.queueTimeout),
            ("access_log", \.serving.accessLog),
            ("drain_timeout", \.serving.drainTimeout),
            ("connector", \.serving.connector),
            ("augur_full_scan", \.later.augurFullScan),
            ("stats_interval", \.later.statsInterval),
            ("health_check", \.later.healthCheck),
            ("health_check_interval", \.later.healthCheckInterval),
            ("health_check_timeout", \.later.healthCheckTimeout),
            ("health_check_threshold", \.later.healthCheckThreshold), ("syslog", \.later.syslog),
            ("syslog_tag", \.later.syslogTag), ("log_max_size", \.later.logMaxSize),
            ("log_max_files", \.later.logMaxFiles), ("session_persist", \.later.sessionPersist),
            ("session_wait", \.later.sessionWait),
            ("ipc_timeout", \.later.ipcTimeout),
            ("tls", \.later.tls), ("tls_cert", \.later.tlsCert), ("tls_key", \.later.tlsKey),
            ("tls_ca", \.later.tlsCa),
        ]
    }

    /// Flags that may be repeated.
    static var repeated: [(key: String, flag: WritableKeyPath<WorkerFlags, [String]>)] {
        [
            ("params", \.params), ("env", \.env), ("restart_on_exit_codes", \.restartOnExitCodes),
            ("depends_on", \.dependsOn), ("watch", \.watch), ("watch_ignore", \.watchIgnore),
            ("server", \.serving.server), ("trusted_proxies", \.serving.trustedProxies),
            ("listen", \.later.listen),
        ]
    }
}
