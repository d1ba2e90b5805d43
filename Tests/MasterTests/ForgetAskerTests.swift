// Nothing waits for a client that has left: neither now, nor when what it asked for is ready.

import Control
import Glibc
import Posix
import Settings
import Testing

@testable import apm_master

@Suite struct ForgetAskerTests {
    /// A supervisor whose helpers are never started.
    private final class Stage {
        let folder: String
        let supervisor: Supervisor
        private let null: Int32
        private(set) var answers: [(asker: Asker, reply: Reply)] = []

        init() throws {
            var template = Array("/tmp/apm-master.XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            for name in ["apm-logd", "apm-proxyd", "apm-agent"] {
                close(creat("\(folder)/\(name)", 0o700))
            }
            null = open("/dev/null", O_RDWR | O_CLOEXEC)
            let reactor = try Reactor()
            let notes = Notes()
            let logd = try HelperProcess(
                .logd, beside: folder, nullDevice: null, timeZone: nil, reactor: reactor,
                notes: notes)
            let log = open("\(folder)/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            let logs = try LogBook(
                process: logd, reactor: reactor, notes: notes, daemonLog: ("log", log))
            let proxyd = try HelperProcess(
                .proxyd, beside: folder, nullDevice: null, timeZone: nil, reactor: reactor,
                notes: notes)
            let proxy = try ProxyBook(
                process: proxyd, logs: logs, reactor: reactor, notes: notes)
            let agents = try Agents(
                beside: folder, nullDevice: null, reactor: reactor, notes: notes)
            supervisor = Supervisor(
                reactor: reactor, logs: logs, proxy: proxy, notes: notes,
                runner: InstanceRunner(
                    reactor: reactor, logs: logs, proxy: proxy, notes: notes, groups: nil,
                    nullDevice: null, openFiles: 64),
                preparer: Preparer(agents: agents, reactor: reactor, notes: notes),
                watches: FileWatches(agents: agents, reactor: reactor, notes: notes),
                agents: agents)
            supervisor.deliver = { [unowned self] asker, reply, descriptor in
                if let descriptor { close(descriptor) }
                answers.append((asker, reply))
            }
        }

        deinit {
            close(null)
            for name in ["apm-logd", "apm-proxyd", "apm-agent", "log"] {
                unlink("\(folder)/\(name)")
            }
            rmdir(folder)
        }

        /// A worker that waits for one that never runs: what is started of it is held.
        func worker() -> Worker {
            let slot: UInt16 = 0
            for (id, name, needs) in [(900, "db", []), (901, "web", ["db"])] {
                var settings = WorkerSettings()
                settings.name = name
                settings.exec = "/bin/true"
                settings.path = "/"
                settings.dependsOn = needs
                supervisor.add(
                    Worker(
                        id: UInt32(id), owner: geteuid(), group: getegid(), settings: settings,
                        recentSlot: slot, logs: [:], accountUid: nil))
            }
            return supervisor.workers[1]
        }

        /// An update that restarts, on its way.
        func draft(_ worker: Worker, _ asker: Asker) -> Draft {
            var values = worker.settings
            values.params = ["new"]
            let update = WorkerUpdate(
                worker: worker, changed: [.params], values: values, restarts: true)
            let draft = Draft(
                id: supervisor.takeId(), asker: asker, waits: true, owner: worker.owner,
                group: worker.group, settings: values, kind: .updated, update: update)
            supervisor.drafts[draft.id] = draft
            return draft
        }

        /// What a draft becomes when everything is there that it needs.
        func carryOut(_ draft: Draft) throws {
            supervisor.drafts[draft.id] = nil
            supervisor.carryOut(try #require(draft.update), draft, Prepared())
        }
    }

    @Test func whatWaitsNowIsForgotten() throws {
        let stage = try Stage()
        let worker = stage.worker()
        let asker = Asker(client: 1, request: 7)
        stage.supervisor.start(worker.instances, asker: asker, waits: true, kind: .started)
        #expect(worker.instances[0].state == .held)
        #expect(stage.supervisor.waitCount(of: 1) == 1)
        stage.supervisor.clientLeft(1)
        #expect(stage.supervisor.waitCount(of: 1) == 0)
    }

    @Test func aDraftCountsAndWaitsNoMore() throws {
        let stage = try Stage()
        let worker = stage.worker()
        stage.supervisor.start(
            worker.instances, asker: .nobody, waits: false, kind: .started)
        let draft = stage.draft(worker, Asker(client: 2, request: 1))
        #expect(stage.supervisor.waitCount(of: 2) == 1)
        stage.supervisor.clientLeft(2)
        #expect(!draft.waits)
        try stage.carryOut(draft)
        #expect(worker.settings.params == ["new"])
        #expect(stage.supervisor.waitCount(of: 2) == 0)
    }

    /// Who stays waits for it.
    @Test func aDraftOfWhoStaysWaits() throws {
        let stage = try Stage()
        let worker = stage.worker()
        stage.supervisor.start(
            worker.instances, asker: .nobody, waits: false, kind: .started)
        let draft = stage.draft(worker, Asker(client: 2, request: 1))
        stage.supervisor.clientLeft(3)
        try stage.carryOut(draft)
        #expect(stage.supervisor.waitCount(of: 2) == 1)
    }

    @Test func nobodyWaitsWhoIsNotThere() throws {
        let stage = try Stage()
        let worker = stage.worker()
        stage.supervisor.isThere = { $0.client != 4 }
        for client: UInt32 in [4, 5] {
            stage.supervisor.start(
                worker.instances, asker: Asker(client: client, request: 1), waits: true,
                kind: .started)
        }
        #expect(stage.supervisor.waitCount(of: 4) == 0)
        #expect(stage.supervisor.waitCount(of: 5) == 1)
    }

    /// Of a client with several requests one alone is given up.
    @Test func oneRequestIsGivenUp() throws {
        let stage = try Stage()
        let worker = stage.worker()
        for request: UInt32 in 1...3 {
            stage.supervisor.start(
                worker.instances, asker: Asker(client: Asker.lookers, request: request),
                waits: true, kind: .started)
        }
        stage.supervisor.askerLeft(Asker(client: Asker.lookers, request: 2))
        #expect(stage.supervisor.waitCount(of: Asker.lookers) == 2)
        stage.supervisor.clientLeft(Asker.lookers)
        #expect(stage.supervisor.waitCount(of: Asker.lookers) == 0)
    }

    /// What a configuration has begun is not waited for, either, and it gives its place up.
    @Test func aLoadingEndsWhenWhoAskedHasLeft() throws {
        let stage = try Stage()
        let worker = stage.worker()
        let loading = Loading(
            id: 50, asker: Asker(client: 6, request: 1),
            peer: Peer(pid: getpid(), uid: geteuid(), gid: getegid()),
            job: .load(startsResting: true), kind: .loaded, waits: true, environment: [],
            file: "/w.conf")
        stage.supervisor.loadings[50] = loading
        let row = stage.supervisor.open(LoadRow(name: "web", .start), loading)
        stage.supervisor.start(worker.instances, asker: row, waits: loading.waits, kind: .started)
        #expect(stage.supervisor.waitCount(of: 6) == 1)
        #expect(stage.supervisor.waitCount(of: Asker.nobody.client) == 1)
        stage.supervisor.clientLeft(6)
        #expect(stage.supervisor.loadings.isEmpty && stage.supervisor.loadRows.isEmpty)
        #expect(stage.supervisor.waitCount(of: 6) == 0)
        #expect(stage.supervisor.waitCount(of: Asker.nobody.client) == 0)
    }
}
