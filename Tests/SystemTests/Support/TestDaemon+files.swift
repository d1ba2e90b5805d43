// Configuration of a daemon under test: files in its folder, and what runs of them.

import Glibc
import Testing

extension TestDaemon {
    /// A worker that sleeps, as a block.
    func block(_ name: String, _ more: String = "") -> String {
        """
        worker \(name) {
            exec \(TestDaemon.probe); params sleep; startup_grace 50; env \(marker);
            \(more)
        }

        """
    }

    /// A configuration file of these blocks.
    @discardableResult
    func configuration(_ name: String, _ blocks: String...) -> String {
        file(name, holding: blocks.joined())
    }

    /// Of the only instance of a worker; 0 where none runs.
    func pid(of name: String) -> pid_t {
        let json = apm("info", name, "--json").output
        guard let place = json.range(of: "\"pid\":") else { return 0 }
        return pid_t(json[place.upperBound...].prefix { $0.isNumber }) ?? 0
    }

    /// Names in the order of the list.
    var listed: [String] {
        apm("list", "--json").output.components(of: "\"name\":\"").map { part in
            String(part.prefix { $0 != "\"" })
        }
    }

    /// Waits until the state file holds a text.
    func awaitState(_ text: String) {
        eventually("\(text) is noted") {
            (ProcessTable.read(home + "/state") ?? "").contains(text)
        }
    }
}

extension String {
    /// What stands after each of these.
    fileprivate func components(of mark: String) -> [Substring] {
        Array(split(separator: mark, omittingEmptySubsequences: false).dropFirst())
    }

    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
