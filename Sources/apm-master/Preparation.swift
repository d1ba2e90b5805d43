// What a start needs beside its settings, found step by step without waiting: the account, its
// environment file, the PATH of its login. Only when all of it is known is anything started.

import CLinux
import Control
import Glibc
import Messages
import Posix
import Settings

final class Preparation {
    enum Outcome {
        case ready(Prepared)
        case refused(Refusal)
    }

    /// Names it, its agent and its opener.
    let id: UInt32
    let settings: WorkerSettings
    let owner: uid_t
    let group: gid_t
    /// The uid of the account when the worker was defined; nil: it is defined now.
    let accountUid: uid_t?
    let done: (Outcome) -> Void
    var prepared = Prepared()
    var opener: EnvironmentOpener?
    /// Where the agent gets the file from; -1: there is none.
    var file: Int32 = -1

    /// Whom it runs as, in words.
    var accountName: String { settings.user.isEmpty ? "uid \(owner)" : settings.user }

    init(
        id: UInt32, settings: WorkerSettings, owner: uid_t, group: gid_t, accountUid: uid_t?,
        done: @escaping (Outcome) -> Void
    ) {
        self.id = id
        self.settings = settings
        self.owner = owner
        self.group = group
        self.accountUid = accountUid
        self.done = done
    }
}

extension WorkerSettings {
    /// Whether a start has to wait for an account or a file.
    func needPreparation(of owner: uid_t) -> Bool {
        needsAccount(of: owner) || !envFile.isEmpty
    }

    /// Whether it runs as a user who has to be looked up.
    func needsAccount(of owner: uid_t) -> Bool {
        !user.isEmpty || Authority.runsAsOwner(owner, daemonUid: geteuid())
    }
}

/// Carries preparations out.
final class Preparer {
    private let agents: Agents
    private let reactor: Reactor
    private let notes: Notes
    private var underWay: [UInt32: Preparation] = [:]

    init(agents: Agents, reactor: Reactor, notes: Notes) {
        self.agents = agents
        self.reactor = reactor
        self.notes = notes
    }

    /// `done` is called later, or from here when nothing could be begun.
    func begin(_ preparation: Preparation) {
        underWay[preparation.id] = preparation
        preparation.settings.needsAccount(of: preparation.owner)
            ? findAccount(preparation) : openFile(preparation)
    }

    /// `done` is not called any more.
    func cancel(_ id: UInt32) {
        guard let preparation = underWay.removeValue(forKey: id) else { return }
        agents.cancel(id)
        close(preparation)
    }

    private func finish(_ preparation: Preparation, _ outcome: Preparation.Outcome) {
        guard underWay.removeValue(forKey: preparation.id) != nil else { return }
        close(preparation)
        preparation.done(outcome)
    }

    /// A file that nobody has taken may be slow to close.
    private func close(_ preparation: Preparation) {
        closeOpener(of: preparation)
        if preparation.file >= 0 { _ = apm_close_elsewhere([preparation.file], 1) }
        preparation.file = -1
    }

    private func refuse(
        _ preparation: Preparation, _ reason: Refusal.Reason, _ subject: String, value: Int32 = 0,
        step: ExitReport.Step = .none, other: Int32 = 0
    ) {
        finish(
            preparation,
            .refused(
                Refusal(reason, subject: subject, value: value, step: step, other: other)))
    }

    // MARK: account

    private func findAccount(_ preparation: Preparation) {
        let name = preparation.accountName
        let user = preparation.settings.user
        let question: Message =
            user.isEmpty ? .resolveUid(preparation.owner) : .resolveAccount(name: user)
        let task = AgentTask(
            job: .account, identity: nil, questions: [(question, nil)]
        ) { [unowned self] outcome in
            switch outcome {
            case .answered(let answers):
                switch answers.first {
                case .accountResolved(let answer)?, .uidResolved(let answer)?:
                    accountFound(preparation, answer)
                default: refuse(preparation, .accountNotRead, name, value: EPROTO)
                }
            case .failed: refuse(preparation, .accountNotRead, name)
            case .late: refuse(preparation, .accountNotRead, name, value: ETIMEDOUT)
            }
        }
        agents.run(preparation.id, task)
    }

    private func accountFound(_ preparation: Preparation, _ answer: AccountAnswer) {
        let name = preparation.accountName
        switch answer.result {
        case .found: break
        case .unknown: return refuse(preparation, .unknownAccount, name)
        case .failed: return refuse(preparation, .accountNotRead, name, value: answer.errno)
        case .tooLarge: return refuse(preparation, .accountNotRead, name, value: E2BIG)
        }
        let isForItsOwner = preparation.settings.user.isEmpty
        let checked =
            isForItsOwner
            ? Identity.checked(answer, for: preparation.owner)
            : Identity.checked(answer, for: preparation.settings.user)
        guard case .success(let identity) = checked else {
            return refuse(preparation, .accountRefused, name)
        }
        if let before = preparation.accountUid, before != identity.uid {
            return refuse(
                preparation, .accountChanged, name, value: Int32(bitPattern: identity.uid),
                other: Int32(bitPattern: before))
        }
        guard geteuid() == 0 || identity.uid == geteuid() else {
            return refuse(
                preparation, .needsRoot, name, value: Int32(bitPattern: geteuid()))
        }
        guard Authority.mayRun(as: identity.uid, owner: preparation.owner) else {
            return refuse(preparation, .onlyAsYourself, name)
        }
        preparation.prepared.identity = identity
        preparation.prepared.isForItsOwner = isForItsOwner
        openFile(preparation)
    }

    // MARK: file

    private func openFile(_ preparation: Preparation) {
        let path = preparation.settings.envFile
        guard !path.isEmpty else { return readEnvironment(preparation) }
        do {
            let opener = try EnvironmentOpener.start(
                path: path, definer: preparation.owner, group: preparation.group,
                worker: preparation.prepared.identity)
            preparation.opener = opener
            preparation.file = opener.file
            try reactor.watch(opener.reply, as: .environmentOpener(preparation.id))
            reactor.arm(
                .environmentOpener(preparation.id), after: MasterLimits.logOpenDeadline)
        } catch {
            refuse(preparation, .envFileNotOpened, path, value: error.code, step: .envFile)
        }
    }

    /// The opener has answered.
    func openerAnswered(_ id: UInt32) {
        guard let preparation = underWay[id], let opener = preparation.opener else { return }
        switch opener.answer() {
        case .notYet: return
        case .failed(let step, let value):
            refuse(
                preparation, .envFileNotOpened, preparation.settings.envFile, value: value,
                step: step)
        case .opened:
            closeOpener(of: preparation)
            readEnvironment(preparation)
        }
    }

    func openerTimedOut(_ id: UInt32) {
        guard let preparation = underWay[id] else { return }
        refuse(
            preparation, .envFileNotOpened, preparation.settings.envFile, value: ETIMEDOUT,
            step: .envFile)
    }

    private func closeOpener(of preparation: Preparation) {
        guard let opener = preparation.opener else { return }
        reactor.forget(opener.reply)
        reactor.disarm(.environmentOpener(preparation.id))
        opener.end()
        preparation.opener = nil
    }

    // MARK: environment

    /// As the worker's user; root's file is read by nobody in particular, and root has no profile
    /// that would have to be executed for a PATH.
    private func readEnvironment(_ preparation: Preparation) {
        let identity = preparation.prepared.identity
        let reader = identity?.uid == 0 ? nil : identity
        var questions: [(message: Message, descriptor: Int32?)] = []
        if let reader, !preparation.prepared.isForItsOwner {
            let login = Login(name: reader.name, home: reader.home, shell: reader.shell)
            questions.append((.readLoginPath(login), nil))
        }
        if preparation.file >= 0 {
            questions.append((.readEnvironmentFile, preparation.file))
        }
        guard !questions.isEmpty else { return finish(preparation, .ready(preparation.prepared)) }
        let task = AgentTask(job: .environment, identity: reader, questions: questions) {
            [unowned self] outcome in
            switch outcome {
            case .answered(let answers): environmentRead(preparation, answers)
            case .failed: environmentNotRead(preparation, EIO)
            case .late: environmentNotRead(preparation, ETIMEDOUT)
            }
        }
        agents.run(preparation.id, task)
    }

    private func environmentNotRead(_ preparation: Preparation, _ code: Int32) {
        let settings = preparation.settings
        settings.envFile.isEmpty
            ? refuse(preparation, .accountNotRead, preparation.accountName, value: code)
            : refuse(preparation, .envFileNotRead, settings.envFile, value: code)
    }

    private func environmentRead(_ preparation: Preparation, _ answers: [Message]) {
        let path = preparation.settings.envFile
        for answer in answers {
            switch answer {
            case .loginPathRead(let login):
                preparation.prepared.identity?.searchPath = login.path
                tell(login.source, preparation.settings)
            case .environmentFileRead(let file):
                switch file.result {
                case .read: preparation.prepared.entries = file.entries
                case .failed:
                    return refuse(preparation, .envFileNotRead, path, value: file.number)
                case .badLine:
                    return refuse(preparation, .envFileBadLine, path, value: file.number)
                case .tooLong, .longLine, .tooMany:
                    return refuse(preparation, .envFileTooLarge, path, value: file.number)
                }
            default: break  // Each answer's kind is its question's.
            }
        }
        // What a stranger says of itself goes to execve: no entry without a key.
        guard preparation.prepared.entries.allSatisfy(Environment.isAssignment) else {
            return refuse(preparation, .envFileNotRead, path, value: EPROTO)
        }
        finish(preparation, .ready(preparation.prepared))
    }

    private func tell(_ source: LoginPath.Source, _ settings: WorkerSettings) {
        let reason: String
        switch source {
        case .shell, .noLogin: return
        case .failed: reason = "did not tell its PATH"
        case .late: reason = "did not tell its PATH in time"
        }
        notes.warning(
            "\(settings.name) gets the usual PATH: the login shell of \(settings.user) \(reason)")
    }
}
