// Accounts, environment files and what root must not run, in words.

import Control
import Glibc
import Messages
import Posix

enum IdentityWords {
    // MARK: accounts

    static func account(_ name: String, _ refusal: Refusal) -> Failure {
        let isDefined = !refusal.worker.isEmpty
        let worker = Visible.text(refusal.worker)
        let before = isDefined ? "\(worker) is not started: " : ""
        let again = "apm remove \(worker), then apm run it anew"
        switch refusal.reason {
        case .unknownAccount where isDefined:
            return Failure(
                before + "there is no account \(name) any more",
                now: "create the account again, or define it for another one: \(again)")
        case .unknownAccount:
            return Failure(
                "there is no account \(name)",
                now: "name one that exists with --user; getent passwd shows them")
        case .accountChanged:
            return Failure(
                before + "the account \(name) is uid \(UInt32(bitPattern: refusal.value)) now, it "
                    + "was \(UInt32(bitPattern: refusal.other)) when \(worker) was defined",
                now: "if that is right, define it anew: \(again)")
        case .needsRoot:
            return Failure(
                before + "this daemon runs as uid \(UInt32(bitPattern: refusal.value)) and cannot "
                    + "become \(name)",
                now: "leave --user out, or let root's daemon run it: the same command as root",
                .notPermitted)
        case .accountRefused:
            return Failure(
                before + "the system's answer for the account \(name) is odd: another name, or no "
                    + "number",
                now: "see what it says: getent passwd \(name)")
        default:
            return Failure(
                before + "the account \(name) cannot be looked up" + reason(refusal.value),
                now: "try again; if it stays so, see what is wrong: getent passwd \(name)")
        }
    }

    private static func reason(_ code: Int32) -> String {
        code == 0 ? "" : ": \(ErrorText.of(code))"
    }

    // MARK: environment files

    static func environmentFile(_ path: String, _ refusal: Refusal) -> Failure {
        let worker = Visible.text(refusal.worker)
        let before = worker.isEmpty ? "" : "\(worker) is not started: "
        switch refusal.reason {
        case .envFileBadLine:
            return Failure(
                before + "line \(refusal.value) of \(path) is no KEY=value",
                now: "put that line right; a comment begins with #, a quote has its end on its line"
            )
        case .envFileTooLarge where refusal.value == 0:
            return Failure(
                before + "\(path) has more than \(MessageLimits.environmentFileBytes) bytes",
                now: "shorten it, or choose another one with --env-file")
        case .envFileTooLarge:
            return Failure(
                before + "line \(refusal.value) of \(path) is too much",
                now: "a line has at most \(MessageLimits.environmentEntryBytes) bytes, "
                    + "a file \(MessageLimits.environmentEntries) variables")
        case .envFileNotOpened: return notOpened(path, refusal, before)
        default:
            return Failure(
                before + "\(path) cannot be read" + reason(refusal.value),
                now: "look at the file and its disk, or choose another one with --env-file")
        }
    }

    private static func notOpened(
        _ path: String, _ refusal: Refusal, _ before: String
    ) -> Failure {
        switch refusal.step {
        case .envFolder:
            return Failure(
                before + "\(path) is refused: others can change a folder above it",
                now: "put it where root alone can write, or run it as another user with --user")
        case .envKind:
            return Failure(
                before + "\(path) is refused: not a regular file with one name that root or you "
                    + "alone can change",
                now: "look at it: ls -l \(path)")
        default:
            return Failure(
                before + "\(path) cannot be opened" + reason(refusal.value),
                now: "create it and let it be read, or choose another one with --env-file")
        }
    }

    // MARK: what root must not run

    static func ownerAdvice(_ uid: UInt32) -> String {
        guard uid != 0 else {
            return "let root alone write there (chmod), or run it as another user with --user"
        }
        let name = localAccount(uid).map(Visible.text) ?? "NAME (uid \(uid))"
        return "run it as its owner: --user \(name)"
    }

    /// As the local file has it: who keeps accounts elsewhere sees the number.
    static func localAccount(_ uid: UInt32, in path: String = "/etc/passwd") -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while getline(&line, &room, file) > 0 {
            guard let line, let text = String(validatingCString: line) else { continue }
            let fields = text.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count >= 3, fields[2] == String(uid) { return String(fields[0]) }
        }
        return nil
    }
}
