// `api` or `api#2`: a worker, or one of its instances, as people write it. Instances are counted
// from 1.

import Control
import Settings

enum WorkerReference {
    /// What `text` refers to.
    static func read(_ text: String) throws(Failure) -> Selection {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        if let problem = WorkerName.problem(name) {
            throw Failure(
                "no worker can be called '\(Visible.text(name))': the name \(problem)",
                now: "apm list shows all workers", .noSuchWorker)
        }
        guard parts.count == 2 else { return Selection(name: name) }
        let digits = parts[1]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(digits)
        else {
            throw .usage(
                "'\(Visible.text(text))' names no instance",
                now: "write the worker's name, #, and a number from 1: \(name)#1")
        }
        guard number > 0 else {
            throw .usage("there is no \(name)#0", now: "instances are counted from 1: \(name)#1")
        }
        return Selection(name: name, instance: number)
    }

    /// For what concerns a worker as a whole.
    static func readWhole(_ text: String, for command: String) throws(Failure) -> Selection {
        let selection = try read(text)
        guard selection.instance == 0 else {
            throw .usage(
                "\(command) takes a whole worker, not one instance",
                now: "apm \(command) \(selection.name)")
        }
        return selection
    }
}

extension Selection {
    /// As it was written.
    var written: String { instance == 0 ? name : "\(name)#\(instance)" }
}
