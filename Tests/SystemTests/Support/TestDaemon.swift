// A daemon of its own for one test, in a folder of its own, with the release executables. `end()`
// checks that nothing is left of it: no process, descriptor, control group or unexpected alert.

import Control
import Glibc
import Testing

final class TestDaemon {
    static let root: String = {
        var path = #filePath[...]
        while let slash = path.lastIndex(of: "/") {
            path = path[..<slash]
            if access(path + "/Package.swift", F_OK) == 0 { break }
        }
        return String(path)
    }()
    private static let built = root + "/.build/release"
    /// What root executes must be root's, also where the repository is somebody else's.
    static let executables = geteuid() == 0 ? publicExecutables : built
    static let probe = executables + "/probe"
    /// Copies that every user may execute, wherever the repository lies.
    static let publicExecutables: String = {
        var template = Array("/tmp/apm-public.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return built }
        let folder = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(folder, 0o755)
        for name in [
            "apm", "apm-master", "apm-logd", "apm-proxyd", "apm-agent", "apm-guid", "probe",
        ] {
            _ = Program.run(
                "/bin/cp", ["\(built)/\(name)", folder], environment: ["PATH=/bin"])
        }
        atexit {
            _ = Program.run(
                "/bin/rm", ["-r", TestDaemon.publicExecutables], environment: ["PATH=/bin"])
        }
        return folder
    }()

    let home: String
    /// In the environment of every worker of this daemon.
    let marker: String
    private(set) var pid: pid_t = 0
    /// Alert lines that the test causes itself, by a part of their text.
    var expectedAlerts: [String] = []
    private var descriptorsBefore = 0
    private var groupsBefore: Set<String> = []

    /// Who runs apm and so the daemon; nil = whoever runs the test.
    private let uid: uid_t?
    private var folder: String { uid == nil ? Self.executables : Self.publicExecutables }

    /// `service`: variables of a service manager, which starts apm-master itself.
    init(uid: uid_t? = nil, service: [String]? = nil) throws {
        self.uid = uid
        var template = Array("/tmp/apm-test.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        home = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        marker = "APM_TEST=\(home)"
        if let uid { chown(home, uid, uid) }
        try #require(
            access(Self.executables + "/apm", X_OK) == 0 && access(Self.probe, X_OK) == 0,
            "the release executables are missing; run: make build")
        groupsBefore = Self.groups
        if let service { serviceProcess = startService(service) }
        try startAgain()
    }

    /// apm-master where a service manager has started it; a child of this process.
    private var serviceProcess: pid_t?

    private func startService(_ variables: [String]) -> pid_t {
        let report = PipeEnds()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        var pidfd: Int32 = -1
        let master = Program.spawn(
            folder + "/apm-master", [], environment + variables, (null, null, null, -1),
            report.writing, uid, &pidfd)
        for descriptor in [null, report.reading, report.writing, pidfd] { close(descriptor) }
        eventually("the service listens") { access(home + "/control", F_OK) == 0 }
        return master
    }

    /// After the daemon has died: another one.
    func startAgain(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let started = apm("start")
        try #require(started.status == 0, "\(started.errors)", sourceLocation: sourceLocation)
        pid = try #require(readPid(), sourceLocation: sourceLocation)
        eventually("apm-logd runs", sourceLocation: sourceLocation) { logd != 0 }
        descriptorsBefore = ProcessTable.descriptorCount(pid)
    }

    var environment: [String] {
        ["APM_HOME=\(home)", "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(home)", "TZ=UTC"]
    }

    /// Runs the CLI.
    @discardableResult
    func apm(_ arguments: String..., seconds: Double = 30) -> Finished {
        Program.run(
            folder + "/apm", arguments, environment: environment, seconds: seconds,
            uid: uid)
    }

    /// `apm run` of the probe in one of its modes; nothing restarts unless a flag says so.
    @discardableResult
    func run(_ name: String, _ flags: [String] = [], probe mode: String...) -> Finished {
        Program.run(
            folder + "/apm",
            ["run", "--name", name, "--env", marker, "--startup-grace", "100"] + flags
                + ["--", folder + "/probe"] + mode,
            environment: environment, uid: uid)
    }

    private func readPid() -> pid_t? {
        ProcessTable.read(home + "/apm.pid").flatMap { pid_t($0.prefix { $0 != "\n" }) }
    }

    /// Pid of its apm-logd; 0 while there is none.
    var logd: pid_t { helper("apm-logd") }
    /// The same of its apm-guid, which runs only while somebody looks.
    var guid: pid_t { helper("apm-guid") }
    /// The same of its apm-proxyd, which runs from the first connected worker on.
    var proxyd: pid_t { helper("apm-proxyd") }

    private func helper(_ name: String) -> pid_t {
        ProcessTable.children(of: pid).first {
            ProcessTable.read("/proc/\($0)/comm") == name + "\n" && ProcessTable.isAlive($0)
        } ?? 0
    }

    var control: String { home + "/control" }
    /// The abstract name that anybody may look at, after an @.
    var look: String { "@" + LookName.of(uid: uid ?? geteuid(), movedTo: home) }

    var log: String { ProcessTable.read(home + "/apm.log") ?? "" }

    /// Live processes of its workers.
    var workers: [pid_t] { ProcessTable.carrying(marker).filter(ProcessTable.isAlive) }

    /// Ends the daemon and looks for what it left.
    func end(sourceLocation: SourceLocation = #_sourceLocation) {
        let children = Set(ProcessTable.children(of: pid))
        for name in names { apm("remove", name) }
        eventually("descriptors are closed", sourceLocation: sourceLocation) {
            // A further helper that runs is three: its pidfd, its link, the report of its start.
            let helpers = [guid, proxyd].count { $0 != 0 }
            return ProcessTable.descriptorCount(pid) <= descriptorsBefore + helpers * 3
        }
        let finished = apm("exit", "daemon")
        #expect(finished.status == 0, "\(finished.errors)", sourceLocation: sourceLocation)
        eventually("the daemon ends", sourceLocation: sourceLocation) {
            !ProcessTable.isAlive(pid)
        }
        if let serviceProcess { waitpid(serviceProcess, nil, 0) }
        #expect(workers.isEmpty, "workers are left", sourceLocation: sourceLocation)
        let left = children.filter(ProcessTable.isAlive)
        #expect(left.isEmpty, "children are left", sourceLocation: sourceLocation)
        checkLog(sourceLocation)
        let groups = Self.groups.subtracting(groupsBefore)
        #expect(groups.isEmpty, "control groups are left", sourceLocation: sourceLocation)
        let names = ProcessTable.entries(home).filter {
            ["control", "apm.pid", "state", "state.new"].contains($0)
        }
        #expect(names.isEmpty, "\(names) are left", sourceLocation: sourceLocation)
        remove()
    }

    /// Control groups of daemons beside this process's own.
    private static var groups: Set<String> {
        guard let folder = GroupTreeProbe.folder else { return [] }
        return Set(ProcessTable.entries(folder).filter { $0.hasPrefix("apm-") })
    }

    private var names: [String] {
        let rows = apm("list", "--json").output.split(separator: "\"name\":\"").dropFirst()
        return rows.map { String($0.prefix { $0 != "\"" }) }
    }

    private func checkLog(_ sourceLocation: SourceLocation) {
        for line in log.split(separator: "\n") where line.contains("alert") {
            let isExpected = expectedAlerts.contains { line.contains($0) }
            #expect(isExpected, "unexpected: \(line)", sourceLocation: sourceLocation)
        }
    }

    /// Its folder, with all that is in it.
    func remove() {
        _ = Program.run("/bin/rm", ["-r", "--", home], environment: ["PATH=/bin"])
    }

    /// A file in its folder.
    func file(_ name: String, holding text: String = "", mode: mode_t = 0o644) -> String {
        let path = home + "/" + name
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
        _ = write(file, text, text.utf8.count)
        close(file)
        return path
    }
}
