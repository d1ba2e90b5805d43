// setSource: a worker's definition stands in another file from now on, or in another place of its
// own. The file is not looked at: what is in it counts when somebody loads it, with that one's
// rights.

import Control
import Settings

extension Supervisor {
    func setSource(_ command: SourceCommand, asker: Asker) {
        guard let worker = changeable(command.name, asker) else { return }
        let source = command.source
        // Their length was looked at when they were read.
        guard source.file.hasPrefix("/"), source.blockFile.hasPrefix("/") else {
            let refusal = Refusal(.badSetting, subject: "the file is not an absolute path")
            return answer(asker, .refused(refusal), nil)
        }
        guard source != worker.source else {
            return tell(asker, .sourceSet, .already, worker.instances)
        }
        worker.source = source
        stateChanged(.wishes)
        notes.info("\(command.name) is from \(source.blockFile) now")
        tell(asker, .sourceSet, .done, worker.instances)
    }
}
