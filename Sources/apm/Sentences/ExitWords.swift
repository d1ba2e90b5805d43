// How an instance ended, in words.

import Control
import Glibc
import Posix
import Settings

extension ExitReport.Step {
    /// The word for it in JSON and in short remarks.
    var word: String {
        switch self {
        case .none: "start"
        case .clone: "clone"
        case .group: "group"
        case .session: "session"
        case .identity: "identity"
        case .path: "path"
        case .descriptors: "descriptors"
        case .exec: "exec"
        case .deadline: "deadline"
        case .log: "log"
        case .logFolder: "log_folder"
        case .logFile: "log_file"
        case .logDisk: "log_disk"
        case .pathUnsafe: "path_unsafe"
        case .execUnsafe: "exec_unsafe"
        case .envFile: "env_file"
        case .envFolder: "env_folder"
        case .envKind: "env_kind"
        }
    }

    /// What was not possible, with the settings that it was about.
    func sentence(_ settings: WorkerSettings?) -> String {
        let program = settings.map { Visible.text($0.exec) } ?? "the program"
        let folder = settings.map { Visible.text($0.path) } ?? "its working directory"
        switch self {
        case .none: return "cannot start"
        case .clone: return "cannot make a process"
        case .group: return "cannot make its control group, with its limits"
        case .session: return "cannot prepare its session and limits"
        case .identity: return "cannot become its user"
        case .path: return "cannot enter \(folder)"
        case .descriptors: return "cannot prepare its input and output"
        case .exec: return "cannot execute \(program)"
        case .deadline: return "did not get to its program in time"
        case .log: return "cannot open its log"
        case .logFolder: return "a folder above its log is, or can be written by, somebody else's"
        case .logDisk: return "its log is on the network or in a program's file system"
        case .logFile: return "its log is not a regular file with one name and the right owner"
        case .pathUnsafe: return "it would run as root, and others can change \(folder)"
        case .execUnsafe: return "it would run as root, and others can change \(program)"
        case .envFile: return "cannot open its environment file"
        case .envFolder: return "a folder above its environment file can be changed by others"
        case .envKind: return "its environment file is not a regular file with one name"
        }
    }
}

extension ExitReport {
    /// `exit 1`, `SIGKILL`, `out of memory`, `not started: exec`; empty when it never ended.
    var short: String {
        switch cause {
        case .none: ""
        case .code: "exit \(value)"
        case .signal: SignalName.text(UInt8(clamping: value))
        case .heldUpLog: "held up its log"
        case .faulted: faultWords.short
        case .notStarted: "not started: \(step.word)"
        case .outOfMemory: "out of memory"
        }
    }

    /// The same as a sentence that follows the worker's name.
    func sentence(_ settings: WorkerSettings?) -> String {
        let age = Durations.text(uptimeMilliseconds)
        switch cause {
        case .none: return "ended"
        case .code where value == 0:
            return "ended by itself after \(age), without an error (exit 0)"
        case .code: return "ended after \(age) with exit code \(value)"
        case .signal: return "was ended after \(age) by \(short)"
        case .outOfMemory:
            let reason = memoryReason(limit: settings?.memoryLimit ?? 0)
            return "was killed by the kernel after \(age): \(reason)"
        case .heldUpLog:
            return "was ended after \(age) because it held up the pipe to its log"
        case .faulted: return "was ended after \(age) because \(faultWords.sentence)"
        case .notStarted where waitsForLog:
            return "its log has not taken what it wrote before"
        case .notStarted:
            let reason = value == 0 || step.namesAnOwner ? "" : ": \(ErrorText.of(value))"
            return step.sentence(settings) + reason
        }
    }

    private var faultWords: (short: String, sentence: String, advice: String) {
        switch fault {
        case .badHello:
            (
                "bad hello", "it greeted with no hello of version 1 that names its connector",
                "use a connector of APM, or correct its own"
            )
        case .closedPipe:
            (
                "closed a pipe", "it closed its standard input or output, where its requests come",
                "load the connector of APM in it, or leave --server out"
            )
        case .doesNotRead:
            (
                "did not read", "it did not read its standard input, where its requests come",
                "find out where it hangs"
            )
        case nil: ("faulted", "apm-proxyd could not go on with it", "put it right")
        }
    }

    /// The start waits until its log has taken the output of earlier ones.
    var waitsForLog: Bool { cause == .notStarted && step == .log && value == EAGAIN }

    /// What helps against it, as the beginning of a sentence.
    func advice(_ settings: WorkerSettings?) -> String {
        if cause == .outOfMemory { return memoryAdvice(settings?.memoryLimit ?? 0) }
        if cause == .faulted { return faultWords.advice }
        guard cause == .notStarted, let settings else { return "put it right" }
        let program = Visible.text(settings.exec)
        switch (step, value) {
        case (.pathUnsafe, let uid), (.execUnsafe, let uid):
            return IdentityWords.ownerAdvice(UInt32(bitPattern: uid))
        case (.exec, let code): return Self.execAdvice(code, program)
        case (.path, ENOENT): return "create the folder, or choose another one with --path"
        case (.path, _): return "choose a folder that you may enter, with --path"
        default: return "put it right"
        }
    }

    private func memoryAdvice(_ limit: UInt64) -> String {
        value == Self.overOwnLimit && limit > 0
            ? "let it use less, or give it more with --memory-limit"
            : "let it use less, or make room for it"
    }

    private static func execAdvice(_ code: Int32, _ program: String) -> String {
        let isPath = program.utf8.contains(UInt8(ascii: "/"))
        switch code {
        case ENOENT where !isPath: return "install \(program), or look at your PATH"
        case ENOENT: return "look at the path, and at the interpreter in its first line"
        case EACCES where isPath:
            return "it must be a file that you may execute: ls -ld \(program)"
        case EACCES: return "a folder of your PATH has it, but you may not execute it"
        case ENOTDIR: return "a part of its path is a file, not a folder"
        case E2BIG: return "give it fewer or shorter arguments and variables"
        case EISDIR: return "name a program in that folder, not the folder"
        case ENOEXEC: return "its first line must name its interpreter: #!/path/to/interpreter"
        default: return "put it right"
        }
    }
}
