// The fields that PM2 knows of an app: by which names, and what is said of those that APM has no
// counterpart for. A test compares the list with the conversions.

enum PM2Fields {
    /// Other names, as PM2 takes them; camelCase has become snake_case before.
    static let aliases = [
        "exec": "script", "cmd": "script", "command": "script", "interpreter": "exec_interpreter",
        "interpreter_args": "node_args", "out": "out_file", "output": "out_file",
        "out_log": "out_file", "error": "error_file", "err": "error_file",
        "err_file": "error_file", "err_log": "error_file", "log": "log_file", "pid": "pid_file",
        "cron": "cron_restart", "combine_logs": "merge_logs", "user": "uid",
    ]

    /// A field without counterpart.
    struct Missing: Sendable {
        /// Values that need no remark: they ask for what APM does anyway.
        var quiet: [PlainValue] = []
        let remark: String
    }

    static let missing: [String: Missing] = [
        "cron_restart": Missing(
            quiet: [.number(0), .text("0"), .text("")],
            remark: "there is no schedule; a cron job can call: apm restart NAME"),
        "min_uptime": Missing(
            remark: "every error restart counts; err_grace is the opposite: runs that are shorter "
                + "do not count"),
        "kill_retry_time": Missing(
            remark: "nothing is repeated; after kill_timeout the whole tree gets SIGKILL"),
        "listen_timeout": Missing(remark: "a start waits for startup_grace"),
        "wait_ready": Missing(
            quiet: [.truth(false)],
            remark: "process.send('ready') is not heard; say READY=1 on NOTIFY_SOCKET"),
        "shutdown_with_message": Missing(
            quiet: [.truth(false)],
            remark: "process.send('shutdown') is not sent; stop_signal asks the program to end"),
        "watch_options": Missing(remark: "files are watched by inotify, without options"),
        "gid": Missing(remark: "the program gets the groups of its user"),
        "pid_file": Missing(remark: "no file is written; apm info NAME --json tells the pid"),
        "namespace": Missing(
            quiet: [.text("default")], remark: "there are no namespaces; commands take names"),
        "source_map_support": Missing(
            quiet: [.truth(false)], remark: "give node --enable-source-maps in params"),
        "disable_source_map_support": Missing(
            quiet: [.truth(true)], remark: "nothing is put into node"),
        "vizion": Missing(quiet: [.truth(false)], remark: "versions are not looked up"),
        "pmx": Missing(quiet: [.truth(false)], remark: "nothing is put into node"),
        "automation": Missing(quiet: [.truth(false)], remark: "nothing is put into node"),
        "treekill": Missing(
            quiet: [.truth(true)], remark: "a stop always ends all that was started"),
        "trace": Missing(quiet: [.truth(false)], remark: "there is no tracing"),
        "disable_trace": Missing(quiet: [.truth(true)], remark: "there is no tracing"),
        "deep_monitoring": Missing(quiet: [.truth(false)], remark: "there is no tracing"),
        "v8": Missing(quiet: [.truth(false)], remark: "nothing is put into node"),
        "event_loop_inspector": Missing(
            quiet: [.truth(false)], remark: "nothing is put into node"),
        "io": Missing(remark: "there is no PM2 Plus"),
        "filter_env": Missing(
            quiet: [.truth(false), .truth(true)],
            remark: "workers have an environment of their own: a few variables, and env"),
        "post_update": Missing(remark: "commands after an update are not carried out"),
        "log_type": Missing(remark: "lines are written as text"),
        "force": Missing(
            quiet: [.truth(false)], remark: "a name is taken once; copy or --name make a second"),
        "windows_hide": Missing(quiet: [.truth(true), .truth(false)], remark: ""),
        "install_url": Missing(remark: "it is a field of modules"),
        "write": Missing(quiet: [.truth(false)], remark: "it has no meaning here"),
        "username": Missing(remark: "it has no meaning here; uid names the account"),
        "increment_var": Missing(
            remark: "no variable is counted up; env_index gives the index, from 0"),
        "execute_command": Missing(
            quiet: [.truth(true), .truth(false)], remark: ""),
        "version": Missing(remark: "it has no meaning here"),
    ]

    /// Fields that the conversions take.
    static let taken: Set<String> = [
        "script", "name", "name_prefix", "append_env_to_name", "cwd", "args", "exec_interpreter",
        "node_args", "instances", "exec_mode", "autorestart", "max_restarts", "restart_delay",
        "exp_backoff_restart_delay", "stop_exit_codes", "max_memory_restart", "kill_timeout",
        "watch", "ignore_watch", "watch_delay", "env", "port", "out_file", "error_file",
        "log_file", "merge_logs", "disable_logs", "time", "log_date_format", "instance_var", "uid",
    ]

    static var all: [String] { taken.sorted() + missing.keys.sorted() }

    /// The name that this file knows a field by. Names of environments keep their case.
    static func canonical(_ written: String) -> String {
        if written.hasPrefix("env_") { return written }
        var name = ""
        for character in written {
            if character.isASCII, character.isUppercase {
                name += "_" + character.lowercased()
            } else {
                name.append(character)
            }
        }
        return aliases[name] ?? name
    }
}
