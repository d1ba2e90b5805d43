// A helper of a running daemon, held against its tables in docs/PRIVILEGES.md.

import Documents
import Glibc
import Testing

struct ConfinedHelper {
    let name: String
    /// 0 while there is none.
    let pid: (TestDaemon) -> pid_t
    /// Makes the daemon start it; looked at before each call, since calls end it.
    var wake: (TestDaemon) throws -> Void = { _ in }
    /// Where they are not those of every helper.
    var arguments: [String: [Int64]] = [:]

    /// A daemon whose helper may be killed by what it is made to do.
    func daemon() throws -> TestDaemon {
        let daemon = try TestDaemon()
        daemon.expectedAlerts = ["\(name) ended: forbidden system call"]
        return daemon
    }

    /// The one that waits in its loop, confined.
    func waiting(_ daemon: TestDaemon) throws -> pid_t {
        try wake(daemon)
        var found: pid_t = 0
        eventually("\(name) sleeps in its loop") {
            found = pid(daemon)
            return found != 0 && ProcessTable.state(found) == "S"
                && ProcessTable.status(found, "Seccomp") == "2"
        }
        return found
    }

    func perform(
        _ call: String, _ arguments: [Int64], of daemon: TestDaemon
    ) throws -> InjectedCall {
        let victim = try waiting(daemon)
        usleep(2000)
        let end = InjectedCall(call, arguments, of: victim)
        if end.hasEnded { eventually("it is gone") { pid(daemon) != victim } }
        return end
    }

    /// Each call of the table ends as it says; one that every program makes is allowed, so that the
    /// other ends mean something.
    func expectEnds(inTableHeaded heading: String) throws {
        let rows = try Documents.table(in: "docs/PRIVILEGES.md", headed: [heading, "end"])
        #expect(rows.count >= 40)
        var daemon = try daemon()
        for (index, row) in rows.enumerated() {
            // One that dies again and again is started again ever later: a fresh daemon.
            if index % 4 == 3 {
                _ = try waiting(daemon)
                daemon.end()
                daemon = try self.daemon()
            }
            let victim = daemon.pid
            let end = try perform(
                row[0],
                arguments[row[0]] ?? InjectedCall.arguments(of: row[0], against: victim),
                of: daemon)
            #expect("\(end)" == row[1], "\(row[0])")
        }
        let own = try waiting(daemon)
        let control = try perform("getpid", [0, 0, 0, 0, 0, 0], of: daemon)
        #expect(control == .returned(Int64(own)))
        daemon.end()
    }

    /// It has these limits, soft and hard, and no group.
    func expectLimits(inTableHeaded heading: String, of daemon: TestDaemon) throws {
        let helper = try waiting(daemon)
        let limits = try #require(ProcessTable.read("/proc/\(helper)/limits"))
        let rows = try Documents.table(in: "docs/PRIVILEGES.md", headed: [heading, "value"])
        #expect(rows.count >= 3)
        for row in rows {
            let line = try #require(
                limits.split(separator: "\n").first { $0.hasPrefix(row[0]) })
            let values = line.dropFirst(row[0].count).split(separator: " ")
            // Of open files no more than this machine lets the daemon have.
            var own = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &own)
            let most = row[0] == "Max open files" ? Int(clamping: own.rlim_max) : .max
            let wanted = try #require(Int(row[1]))
            #expect(values[0] == values[1] && Int(values[0]) == min(wanted, most), "\(line)")
        }
        #expect(ProcessTable.status(helper, "Groups") == "")
    }

    /// Nothing is open but what begins with one of these, sockets, an epoll set and /dev/null.
    func expectDescriptors(_ own: [String], of daemon: TestDaemon) throws {
        let helper = try waiting(daemon)
        let descriptors = ProcessTable.entries("/proc/\(helper)/fd")
        #expect(descriptors.count > 3)
        for name in descriptors {
            let target = ProcessTable.target("/proc/\(helper)/fd/\(name)")
            let isKnown = (["/dev/null", "socket:", "anon_inode:[eventpoll]"] + own)
                .contains { target.hasPrefix($0) }
            #expect(isKnown, "\(target)")
        }
    }
}
