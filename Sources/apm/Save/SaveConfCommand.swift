// saveconf: what runs is written back to the files that it is from, or one worker into a file that
// it is from then on. The daemon tells the settings; apm writes, with the caller's rights.

import ArgumentParser
import Control
import Glibc
import Settings

struct SaveConf: Act {
    static let configuration = CommandConfiguration(
        entry: "saveconf",
        discussion: """
            Only what differs from what a file says is changed in it: values where they stand, new \
            keys behind the last one of the worker's block. Comments, includes and all other bytes \
            stay. With a name, that worker alone; with a file, the worker is put there (a new file \
            is made where there is none) and reloaded from there from then on. Workers that were \
            started by run have no file: on a terminal apm asks for one.
            """)

    @Argument(help: ArgumentHelp("A worker, and a file for it.", valueName: "name|file"))
    var words: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        guard words.count <= 2 else {
            throw .usage(
                "saveconf takes a worker and a file",
                now: "apm saveconf saves all; apm saveconf NAME FILE puts one worker into a file")
        }
        let name = try words.first.map { word throws(Failure) in
            try WorkerReference.readWhole(word, for: "saveconf").name
        }
        if words.count == 2, words[1].isEmpty {
            throw .usage("the file has no name", now: "apm saveconf NAME FILE, like: app.conf")
        }
        guard let connection = try session.find() else {
            throw Failure(
                "the daemon does not run, so there is nothing to save", now: "apm start starts it",
                .notRunning)
        }
        var saving = try Saving(connection, session, needed: name)
        if let name, words.count == 2 {
            return try saving.save(name, into: session.absolute(words[1]))
        }
        return try saving.save(name)
    }
}

/// One call of saveconf.
struct Saving {
    private let connection: ControlConnection
    private let session: Session
    /// All workers, in the daemon's order.
    private var workers: [WorkerInfo] = []
    private var hasFailed = false

    init(
        _ connection: ControlConnection, _ session: Session, needed name: String?
    ) throws(Failure) {
        self.connection = connection
        self.session = session
        if let name { _ = try connection.askAbout(.info(Selection(name: name))) }
        workers = try Self.infos(connection)
    }

    /// Requests that are under way at once: the daemon drops whom its answers pile up for.
    private static let batch = 16

    private static func infos(_ connection: ControlConnection) throws(Failure) -> [WorkerInfo] {
        let names = connection.names()
        var infos: [WorkerInfo] = []
        var start = 0
        while start < names.count {
            let part = names[start..<min(start + batch, names.count)]
            var found: [WorkerInfo?] = Array(repeating: nil, count: part.count)
            let commands = part.map { Command.info(Selection(name: $0)) }
            try connection.askEach(commands, waits: false) { place, answer throws(Failure) in
                // One that was removed meanwhile is told nothing of.
                if case .informed(let info) = answer.reply { found[place] = info }
            }
            infos += found.compactMap(\.self)
            start += batch
        }
        return infos
    }

    /// A definition never changes hands: what somebody else has defined is not put into a file of
    /// the caller's, not by root either, because it would run as the caller from then on. And who
    /// does not own it does not see all of it.
    private func isOwn(_ worker: WorkerInfo) -> Bool {
        worker.owner == session.surroundings.uid
    }

    private func foreign(_ worker: WorkerInfo) -> Failure {
        Failure(
            "\(Visible.text(worker.settings.name)) belongs to uid \(worker.owner)",
            now: "that user saves it, with the same command", .notPermitted)
    }

    // MARK: Into their own files

    /// All workers; with a name that one alone.
    mutating func save(_ name: String?) throws(Failure) -> ExitValue {
        let meant = workers.filter { name == nil || $0.settings.name == name }
        let others = meant.filter { !isOwn($0) }
        let own = meant.filter(isOwn)
        if let first = others.first {
            guard name == nil else { throw foreign(first) }
            let names = Self.list(others.map(\.settings.name))
            session.console.note("left out, because they belong to somebody else: \(names)")
        }
        var files: [String] = []
        for worker in own where !worker.source.blockFile.isEmpty {
            let file = worker.source.blockFile
            if !files.contains(file) { files.append(file) }
        }
        let groups = Dictionary(grouping: own, by: \.source.blockFile)
        for file in files { try save(groups[file] ?? [], to: file) }
        try saveHomeless(groups[""] ?? [])
        if meant.isEmpty { try session.console.print("no workers: nothing to save\n") }
        return hasFailed ? .failed : .ok
    }

    private mutating func save(_ workers: [WorkerInfo], to path: String) throws(Failure) {
        let live = Set(self.workers.map(\.settings.name))
        do throws(Failure) {
            var file = try SavedFile(path, uid: session.surroundings.uid)
            file.save(workers, live: live)
            for failure in file.failures { report(failure) }
            if try file.write() {
                try session.console.print(
                    "\(Visible.text(path)): saved \(Self.list(file.changed))\n")
                setSources(file.places)
            } else if file.failures.isEmpty {
                try session.console.print("\(Visible.text(path)): nothing to change\n")
            }
        } catch {
            report(error)
        }
    }

    /// Lines have moved: what `info` says of them moves along. Where that fails, nothing is lost.
    private func setSources(_ places: [SavedFile.Place]) {
        let sources = Dictionary(
            workers.map { ($0.settings.name, $0.source) }, uniquingKeysWith: { first, _ in first })
        for place in places where sources[place.name] != place.source {
            let command = SourceCommand(name: place.name, source: place.source)
            _ = try? connection.ask(.setSource(command))
        }
    }

    // MARK: Into a file of their own

    mutating func save(_ name: String, into path: String) throws(Failure) -> ExitValue {
        guard let worker = workers.first(where: { $0.settings.name == name }) else {
            throw Failure(
                "there is no worker \(Visible.text(name))", now: "apm list shows which there are",
                .noSuchWorker)
        }
        guard isOwn(worker) else { throw foreign(worker) }
        try put(worker, into: path)
        return .ok
    }

    private mutating func put(_ worker: WorkerInfo, into path: String) throws(Failure) {
        let name = worker.settings.name
        // A file that another one includes is loaded with that one.
        let loaded = workers.first { $0.source.blockFile == path }?.source.file ?? path
        makeMainFolder(for: path)
        var file = try SavedFile(path, isNewAllowed: true, uid: session.surroundings.uid)
        try file.add(worker, loadedWith: loaded)
        let isWritten = try file.write()
        guard let place = file.places.first else {
            throw Failure(
                "\(Visible.text(path)) was written, but does not define \(Visible.text(name))",
                now: "look at it: apm check \(Visible.text(path))")
        }
        _ = try connection.ask(.setSource(SourceCommand(name: name, source: place.source)))
        if let index = workers.firstIndex(where: { $0.settings.name == name }) {
            workers[index].source = place.source
        }
        let what = isWritten ? "saved" : "is its file; nothing to change for"
        try session.console.print("\(Visible.text(path)): \(what) \(Visible.text(name))\n")
    }

    /// The folder of root's main configuration, which an installation may not have made.
    private func makeMainFolder(for path: String) {
        guard path == connection.home.configuration, connection.home == .system else { return }
        mkdir("/etc/apm", 0o755)
    }

    // MARK: Without a file

    private mutating func saveHomeless(_ workers: [WorkerInfo]) throws(Failure) {
        guard !workers.isEmpty else { return }
        guard session.console.errorsAreTerminal, isatty(STDIN_FILENO) == 1 else {
            let names = workers.map(\.settings.name)
            let first = names.count == 1 ? Visible.text(names[0]) : "NAME"
            return report(
                Failure(
                    "not saved, because started by hand and without a file: \(Self.list(names))",
                    now: "give it one: apm saveconf \(first) FILE"))
        }
        var offered = connection.home.configuration
        for worker in workers {
            guard let answer = ask(worker.settings.name, offered) else {
                report(
                    Failure(
                        "\(Visible.text(worker.settings.name)) is not saved",
                        now: "apm saveconf \(Visible.text(worker.settings.name)) FILE saves it"))
                continue
            }
            do throws(Failure) {
                offered = try session.absolute(answer)
                try put(worker, into: offered)
            } catch {
                report(error)
            }
        }
    }

    /// nil: into none.
    private func ask(_ name: String, _ offered: String) -> String? {
        session.console.write(
            "\(Visible.text(name)) has no file. Save it to (- for none) "
                + "[\(Visible.text(offered))]: ")
        guard let line = readLine() else {
            session.console.write("\n")
            return nil
        }
        let answer = String(line.drop { $0 == " " })
        if answer == "-" { return nil }
        return answer.isEmpty ? offered : answer
    }

    private mutating func report(_ failure: Failure) {
        hasFailed = true
        session.console.report(failure)
    }

    /// Names, the first ones where there are many.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).map { Visible.text($0) }.joined(separator: ", ")
        return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }
}
