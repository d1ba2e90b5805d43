// Fuzzes the language of configuration files: parser, includes, reader, writer, rewriting. An input
// is the text of a file; behind each 0x1E byte stands the text of another, which it may include as
// `1`, `2` and so on.

import Config
import Glibc
import Fuzzing
import Settings

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let files = InputFiles([UInt8](UnsafeBufferPointer(start: start, count: count)))
    let plan = ConfigReader.plan(of: "/etc/0", from: files, environment: ["HOME": "/home/me"])
    for message in plan.messages { check(message, in: files) }
    precondition(!plan.isBroken || (plan.hasErrors && plan.workers.isEmpty), "a broken plan")
    for worker in plan.workers {
        precondition(worker.settings.problem() == nil, "a worker that cannot be run")
        checkWriting(worker.settings)
    }
    if let first = plan.workers.first(where: { $0.source.blockFile == "/etc/0" }) {
        checkRewriting(first.settings, files)
    }
    checkPlantedBug(plan)
    return 0
}

/// Half of the changes are libFuzzer's; the others put in a piece of the language.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32
) -> Int {
    var random = Random(seed: seed)
    if random.below(2) == 0 { return mutateBytes(start, count, room) }
    var input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    for _ in 0...random.below(3) {
        let place = random.below(input.count + 1)
        input.insert(contentsOf: random.pick(pieces), at: place)
    }
    let kept = input.prefix(room)
    _ = UnsafeMutableBufferPointer(start: start, count: room).update(fromContentsOf: kept)
    return kept.count
}

private let pieces: [[UInt8]] = {
    let words = [
        ";", "{", "}", "\n", "#", "//", ",", ":", "=", " ", "\"", "'", "`", "\\", "worker {",
        "exec n;", "cmd n a;", "params a b;", "include 1;", "include *;", "\u{1E}", "name a;",
        "path $HOME;", "env A=1;",
    ]
    let blocks = [
        OptionTable.worker, OptionTable.vanguard, OptionTable.onCrash, OptionTable.statsd,
        OptionTable.dashboard, OptionTable.module, OptionTable.daemon, OptionTable.top,
    ]
    let keys = blocks.flatMap { $0.map { "\($0.key) \($0.standard);" } }
    let names = BlockKind.allCases.map { "\($0.rawValue) {" }
    return (words + keys + names).map { Array($0.utf8) }
}()

struct InputFiles: ConfigFiles {
    private let texts: [[UInt8]]

    init(_ input: [UInt8]) {
        texts = input.split(separator: 0x1E, omittingEmptySubsequences: false).map { Array($0) }
    }

    func text(_ path: String) -> [UInt8]? {
        guard path.hasPrefix("/etc/"), let number = Int(path.dropFirst(5)), number >= 0,
            number < texts.count, String(number) == path.dropFirst(5)
        else { return nil }
        return texts[number]
    }

    func read(_ path: String) throws(ConfigFileProblem) -> [UInt8] {
        if let text = text(path) { return text }
        throw ConfigFileProblem(.missing, "\(path) does not exist", now: "name another")
    }

    func list(_ folder: String) throws(ConfigFileProblem) -> [String] {
        if folder == "/etc" { return texts.indices.map { String($0) } }
        throw ConfigFileProblem(.missing, "\(folder) does not exist", now: "name another")
    }
}

/// It fits the wire, and names a place that there is.
private func check(_ message: ConfigMessage, in files: InputFiles) {
    precondition(message.text.utf8.count <= SettingsLimits.messageBytes, "a long message")
    precondition(message.advice.utf8.count <= SettingsLimits.messageBytes, "a long advice")
    guard message.line > 0, let text = files.text(message.file) else { return }
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    precondition(message.line <= lines.count, "a line that is not there")
    precondition(
        message.column <= lines[Int(message.line) - 1].count + 1, "a column that is not there")
}

/// No text has a way to write a `$` into a path that has both kinds of quotes that leave it alone.
private func canBeWritten(_ settings: WorkerSettings) -> Bool {
    !OptionTable.paths.contains { option in
        settings.texts(option).contains { text in
            text.contains("$") && text.contains("'") && text.contains("`")
        }
    }
}

private func checkWriting(_ settings: WorkerSettings) {
    guard canBeWritten(settings) else { return }
    let text = ConfigWriter.worker(settings, in: "/etc")
    let plan = ConfigReader.plan(of: "/etc/0", from: InputFiles(Array(text.utf8)))
    precondition(plan.workers.map(\.settings) == [settings], "another worker was written")
}

private func checkRewriting(_ settings: WorkerSettings, _ files: InputFiles) {
    let rewriting = BlockRewriting(
        path: "/etc/0", files: files, environment: ["HOME": "/home/me"])
    if let same = try? rewriting.changing(settings.name, to: settings) {
        precondition(same == files.text("/etc/0"), "nothing was to change")
    }
    var other = settings
    other.instances = 7
    other.params = ["a b"]
    other.restart.toggle()
    // What it gives out it has read again; here it is only to end.
    _ = try? rewriting.changing(settings.name, to: other)
    _ = try? rewriting.removing(settings.name)
}

/// A defect that only certain settings of a worker reach.
private func checkPlantedBug(_ plan: ConfigPlan) {
    #if PLANTED_BUG
        if plan.workers.contains(where: { $0.settings.params.count == 5 && $0.settings.restart }) {
            _ = write(2, "planted bug\n", 12)
            abort()
        }
    #endif
}
